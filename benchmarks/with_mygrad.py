"""The workloads on MyGrad, with its memory guard off, as its makers advise for speed."""
import mygrad as mg
import numpy as np
from mygrad.nnet import batchnorm, conv_nd, max_pool, relu, sigmoid, softmax_crossentropy

from benchmarks.updates import adam, sgd

mg.turn_memory_guarding_off()
ONE, HALF, TENTH = np.float32([1, 0.5, 0.1])                    # a Python number would make it all float64


def _trained(loss, parameters, update):
    """A step: forward, backward, update; it returns the loss."""
    def step():
        value = loss()
        value.backward()
        update([p.grad for p in parameters])
        return float(value)
    return step


def _load(weights):
    return [mg.tensor(w) for w in weights]                      # copies


def _arrays(parameters):
    return [p.data for p in parameters]


def _dense(h, p, activation=relu):
    """Dense layers of the weights and biases p, an activation between them."""
    for i in range(0, len(p), 2):
        h = mg.matmul(activation(h) if i else h, p[i]) + p[i + 1]
    return h


def _convolve(x, w, b):
    return conv_nd(x, w, stride=1) + mg.reshape(b, (-1, 1, 1))


def _flat(h):
    return mg.reshape(h, (h.shape[0], -1))


def _softplus(x):
    return mg.logaddexp(x, np.float32(0))


def lenet(x, y, weights):
    p = _load(weights)

    def loss():
        h = max_pool(relu(_convolve(x, *p[:2])), (2, 2), 2)
        h = max_pool(relu(_convolve(h, *p[2:4])), (2, 2), 2)
        return softmax_crossentropy(_dense(_flat(h), p[4:]), y)
    return _trained(loss, p, sgd(_arrays(p), 0.01, momentum=0.9))


lenet64 = lenet256 = lenet


def bnconv(x, y, weights):
    ones, zeros = np.ones(32, np.float32), np.zeros(32, np.float32)
    p, rng = _load([*weights, ones, zeros, ones, zeros]), np.random.default_rng(1)

    def loss():
        h = relu(batchnorm(_convolve(x, *p[:2]), gamma=p[6], beta=p[7], eps=1e-5))
        h = relu(batchnorm(_convolve(h, *p[2:4]), gamma=p[8], beta=p[9], eps=1e-5))
        h = _flat(max_pool(h, (2, 2), 2))
        kept = (rng.random(h.shape, np.float32) >= 0.25) * np.float32(1 / 0.75)
        return softmax_crossentropy(_dense(h * kept, p[4:6]), y)
    return _trained(loss, p, sgd(_arrays(p), 0.01, momentum=0.9))


def mlp(x, y, weights):
    p = _load(weights)
    return _trained(lambda: softmax_crossentropy(_dense(x, p), y), p, sgd(_arrays(p), 0.01))


def vae(x, weights):
    p, rng = _load(weights), np.random.default_rng(1)

    def loss():
        h = relu(_dense(x, p[:2]))
        m, v = _dense(h, p[2:4]), _dense(h, p[4:6])
        s = _dense(m + mg.exp(v * HALF) * rng.standard_normal(m.shape, np.float32), p[6:])
        kl = mg.sum(m * m + mg.exp(v) - ONE - v) * HALF
        return (mg.sum(_softplus(s) - s * x) + kl) / np.float32(len(x))
    return _trained(loss, p, adam(_arrays(p), 0.001))


def cae(x, weights):
    p = _load(weights)

    def loss():
        h = sigmoid(_dense(x, p[:2]))
        error = sigmoid(_dense(h, p[2:])) - x
        penalty = mg.sum((h * (ONE - h)) ** 2 * mg.sum(p[0] ** 2, axis=0))
        return (mg.sum(error ** 2) + TENTH * penalty) / np.float32(len(x))
    return _trained(loss, p, sgd(_arrays(p), 0.001))


def cae_deep(x, weights):
    p = _load(weights)

    def loss():
        h = sigmoid(_dense(x, p[:2]))
        code = sigmoid(_dense(h, p[2:4]))
        error = sigmoid(_dense(code, p[4:], sigmoid)) - x
        slopes = (mg.reshape(mg.transpose(h * (ONE - h)), (256, -1, 1)) * mg.reshape(p[2], (256, 1, 64))
                  * (code * (ONE - code)))                                            # (256, N, 64)
        jacobian = mg.matmul(p[0], mg.reshape(slopes, (256, -1)))                   # (784, N·64)
        return (mg.sum(error ** 2) + TENTH * mg.sum(jacobian ** 2)) / np.float32(len(x))
    return _trained(loss, p, sgd(_arrays(p), 0.001))


def cube(x, weights):
    p = _load(weights)
    return _trained(lambda: mg.mean((_dense(x, p) - x) ** 2), p, adam(_arrays(p), 0.001))


def gan(x, z, weights):
    g, d = _load(weights[:6]), _load(weights[6:])
    d_step = _trained(lambda: mg.mean(_softplus(-_dense(x, d)))
                      + mg.mean(_softplus(_dense(_dense(z[0], g).data, d))), d, adam(_arrays(d), 0.001))
    g_step = _trained(lambda: mg.mean(_softplus(-_dense(_dense(z[1], g), d))), g, adam(_arrays(g), 0.001))
    return lambda: d_step() + g_step()


def rnn(x, y, w, weights):
    p = _load([w, *weights])

    def loss():
        w, u, b, *last = p
        h = np.zeros((len(x), 64), np.float32)
        for t in range(x.shape[1]):
            h = mg.tanh(mg.matmul(x[:, t], u) + mg.matmul(h, w) + b)
        return softmax_crossentropy(_dense(h, last), y)
    return _trained(loss, p, sgd(_arrays(p), 0.01))


def ops10(x, w):
    def step():
        t, u = mg.tensor(x), mg.tensor(w)
        z = t
        for _ in range(100):
            z = mg.tanh(z * u + t)
        loss = mg.sum(z)
        loss.backward()
        return float(loss)
    return step
