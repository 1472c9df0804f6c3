"""What is timed: the eleven workloads' data and initial weights, the same numbers for every library.

A workload is one training step: forward, backward, optimiser.  Each library's file has one function for each
workload.  Called with its data, the function builds the model and returns `step`, which trains once and
returns the loss.
"""
import math

import numpy as np


def _weights(rng, *shapes):
    """He-normal weights for each shape, and zeros for each bias (a shape of one axis)."""
    fan_in = {1: lambda s: 1, 2: lambda s: s[0], 4: lambda s: math.prod(s[1:])}
    return [rng.standard_normal(s, np.float32) * np.float32(math.sqrt(2 / fan_in[len(s)](s)) * (len(s) > 1))
            for s in shapes]


def _dense(*sizes):
    """Shapes of w (in, out) and b (out,) for each pair of sizes."""
    return [shape for pair in zip(sizes, sizes[1:]) for shape in (pair, pair[1:])]


def lenet(n):
    """LeNet-5, images 32 × 32, batch n, SGD with momentum."""
    rng = np.random.default_rng(0)
    return dict(x=rng.random((n, 1, 32, 32), np.float32), y=rng.integers(0, 10, n),
                weights=_weights(rng, (6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), *_dense(400, 120, 84, 10)))


def bnconv():
    """Conv 1→32 3×3, BN, ReLU, conv 32→32 3×3, BN, ReLU, max pool, dropout ¼, dense; 28 × 28, batch 64."""
    rng = np.random.default_rng(0)
    return dict(x=rng.random((64, 1, 28, 28), np.float32), y=rng.integers(0, 10, 64),
                weights=_weights(rng, (32, 1, 3, 3), (32,), (32, 32, 3, 3), (32,), *_dense(32 * 12 * 12, 10)))


def mlp():
    """784-256-128-10, ReLU, batch 128, SGD."""
    rng = np.random.default_rng(0)
    return dict(x=rng.random((128, 784), np.float32), y=rng.integers(0, 10, 128),
                weights=_weights(rng, *_dense(784, 256, 128, 10)))


def vae():
    """784-400-(20, 20)-400-784, ReLU, Bernoulli decoder, batch 128, Adam."""
    rng = np.random.default_rng(0)
    return dict(x=rng.random((128, 784), np.float32),
                weights=_weights(rng, *_dense(784, 400), *_dense(400, 20), *_dense(400, 20),
                                 *_dense(20, 400, 784)))


def cae():
    """784-256-784, sigmoid, closed-form Jacobian penalty, batch 128, SGD."""
    rng = np.random.default_rng(0)
    return dict(x=rng.random((128, 784), np.float32), weights=_weights(rng, *_dense(784, 256, 784)))


def cae_deep():
    """784-256-64-256-784, sigmoid, exact Jacobian norm of the two-layer encoder, batch 128, SGD."""
    rng = np.random.default_rng(0)
    return dict(x=rng.random((128, 784), np.float32), weights=_weights(rng, *_dense(784, 256, 64, 256, 784)))


def cube():
    """Autoencoder 3-64-64-6-64-64-3, ReLU, batch 256, Adam."""
    rng = np.random.default_rng(0)
    return dict(x=rng.uniform(-1, 1, (256, 3)).astype(np.float32),
                weights=_weights(rng, *_dense(3, 64, 64, 6, 64, 64, 3)))


def gan():
    """G 8-64-64-2 and D 2-64-64-1, ReLU, one step of each, batch 128, Adam."""
    rng = np.random.default_rng(0)
    return dict(x=rng.standard_normal((128, 2), np.float32), z=rng.standard_normal((2, 128, 8), np.float32),
                weights=_weights(rng, *_dense(8, 64, 64, 2), *_dense(2, 64, 64, 1)))


def rnn():
    """tanh RNN, hidden 64, 50 steps, 16 inputs, dense 10 on the last state, batch 32, SGD."""
    rng = np.random.default_rng(0)
    w = rng.standard_normal((64, 64), np.float32) / np.float32(8)
    return dict(x=rng.standard_normal((32, 50, 16), np.float32), y=rng.integers(0, 10, 32), w=w,
                weights=_weights(rng, (16, 64), (64,), *_dense(64, 10)))


def ops10():
    """100 sums, 100 products and 100 tanhs of 10 numbers, and their gradient."""
    rng = np.random.default_rng(0)
    return dict(x=rng.standard_normal(10).astype(np.float32), w=rng.standard_normal(10).astype(np.float32))


WORKLOADS = {"lenet64": lambda: lenet(64), "lenet256": lambda: lenet(256), "bnconv": bnconv, "mlp": mlp,
             "vae": vae, "cae": cae, "cae_deep": cae_deep, "cube": cube, "gan": gan, "rnn": rnn,
             "ops10": ops10}
WARM_UP = 5                                     # steps before the clock starts; their losses are compared
STEPS = {"lenet64": 60, "lenet256": 20, "bnconv": 12, "mlp": 200, "vae": 80, "cae": 80, "cae_deep": 20,
         "cube": 200, "gan": 200, "rnn": 100, "ops10": 200}             # on the clock, in each process
REACH = {"lenet64": 1.0, "lenet256": 1.0, "bnconv": 1.45, "mlp": 0.9, "vae": 0.95, "cae": 0.9,
         "cae_deep": 0.25, "cube": 0.5, "gan": 0.5, "rnn": 0.4, "ops10": 0.6}   # minidl's time / PyTorch's
REACH_MIB = {"lenet256": 60}                    # memory that minidl's steps may add
TOLERANCE = 1e-3                                # of the first losses, relative
NOISY = {"bnconv": 0.15, "vae": 0.15}           # they draw noise of their own: of the first loss alone
