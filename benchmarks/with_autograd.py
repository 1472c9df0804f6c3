"""The workloads on autograd, which differentiates functions of NumPy arrays; convolutions are its own."""
import autograd.numpy as np
from autograd import value_and_grad
from autograd.scipy.signal import convolve

from benchmarks.updates import adam, sgd


def _trained(loss, parameters, update):
    """A step: forward, backward, update; it returns the loss."""
    gradient = value_and_grad(loss)

    def step():
        value, gradients = gradient(parameters)
        update(gradients)
        return float(value)
    return step


def _relu(x):
    return np.maximum(x, 0)


def _sigmoid(x):
    return 0.5 * np.tanh(0.5 * x) + 0.5


def _dense(h, p, activation=_relu):
    """Dense layers of the weights and biases p, an activation between them."""
    for i in range(0, len(p), 2):
        h = np.dot(activation(h) if i else h, p[i]) + p[i + 1]
    return h


def _convolve(x, w, b):
    """Its convolution turns the filters round, and wants them (C, O, KH, KW)."""
    z = convolve(x, w, axes=([2, 3], [2, 3]), dot_axes=([1], [0]), mode="valid")
    return z + b[:, None, None]


def _pool(x):
    n, c, h, w = x.shape
    return np.max(np.reshape(x, (n, c, h // 2, 2, w // 2, 2)), axis=(3, 5))


def _turned(weights):
    return [w.swapaxes(0, 1)[:, :, ::-1, ::-1].copy() if w.ndim == 4 else w for w in weights]


def _cross_entropy(s, y):
    top = np.max(s, axis=1, keepdims=True)
    log_p = s - top - np.log(np.sum(np.exp(s - top), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(y)), y])


def _softplus(x):
    return np.logaddexp(x, np.float32(0))


def lenet(x, y, weights):
    p = _turned(weights)

    def loss(p):
        h = _pool(_relu(_convolve(_pool(_relu(_convolve(x, *p[:2]))), *p[2:4])))
        return _cross_entropy(_dense(np.reshape(h, (len(x), -1)), p[4:]), y)
    return _trained(loss, p, sgd(p, 0.01, momentum=0.9))


lenet64 = lenet256 = lenet


def bnconv(x, y, weights):
    ones, zeros = np.ones(32, np.float32), np.zeros(32, np.float32)
    p, rng = [*_turned(weights), ones, zeros, ones.copy(), zeros.copy()], np.random.default_rng(1)

    def normalised(x, gamma, beta):
        mean = np.mean(x, axis=(0, 2, 3), keepdims=True)
        var = np.mean((x - mean) ** 2, axis=(0, 2, 3), keepdims=True)
        return (x - mean) / np.sqrt(var + 1e-5) * gamma[:, None, None] + beta[:, None, None]

    def loss(p):
        h = _relu(normalised(_convolve(x, *p[:2]), *p[6:8]))
        h = np.reshape(_pool(_relu(normalised(_convolve(h, *p[2:4]), *p[8:]))), (len(x), -1))
        kept = (rng.random(h.shape, np.float32) >= 0.25) * np.float32(1 / 0.75)
        return _cross_entropy(_dense(h * kept, p[4:6]), y)
    return _trained(loss, p, sgd(p, 0.01, momentum=0.9))


def mlp(x, y, weights):
    return _trained(lambda p: _cross_entropy(_dense(x, p), y), weights, sgd(weights, 0.01))


def vae(x, weights):
    rng = np.random.default_rng(1)

    def loss(p):
        h = _relu(_dense(x, p[:2]))
        m, v = _dense(h, p[2:4]), _dense(h, p[4:6])
        s = _dense(m + np.exp(0.5 * v) * rng.standard_normal(m.shape, np.float32), p[6:])
        return (np.sum(_softplus(s) - x * s) + 0.5 * np.sum(m * m + np.exp(v) - 1 - v)) / len(x)
    return _trained(loss, weights, adam(weights, 0.001))


def cae(x, weights):
    def loss(p):
        h = _sigmoid(_dense(x, p[:2]))
        error = _sigmoid(_dense(h, p[2:])) - x
        return (np.sum(error ** 2) + 0.1 * np.sum((h * (1 - h)) ** 2 * np.sum(p[0] ** 2, axis=0))) / len(x)
    return _trained(loss, weights, sgd(weights, 0.001))


def cae_deep(x, weights):
    def loss(p):
        h = _sigmoid(_dense(x, p[:2]))
        code = _sigmoid(_dense(h, p[2:4]))
        error = _sigmoid(_dense(code, p[4:], _sigmoid)) - x
        slopes = np.transpose(h * (1 - h))[:, :, None] * p[2][:, None] * (code * (1 - code))    # (256, N, 64)
        jacobian = np.dot(p[0], np.reshape(slopes, (256, -1)))                                  # (784, N·64)
        return (np.sum(error ** 2) + 0.1 * np.sum(jacobian ** 2)) / len(x)
    return _trained(loss, weights, sgd(weights, 0.001))


def cube(x, weights):
    return _trained(lambda p: np.mean((_dense(x, p) - x) ** 2), weights, adam(weights, 0.001))


def gan(x, z, weights):
    g, d = weights[:6], weights[6:]
    d_step = _trained(lambda d: np.mean(_softplus(-_dense(x, d)))
                      + np.mean(_softplus(_dense(_dense(z[0], g), d))), d, adam(d, 0.001))
    g_step = _trained(lambda g: np.mean(_softplus(-_dense(_dense(z[1], g), d))), g, adam(g, 0.001))
    return lambda: d_step() + g_step()


def rnn(x, y, w, weights):
    p = [w, *weights]

    def loss(p):
        w, u, b, *last = p
        h = np.zeros((len(x), 64), np.float32)
        for t in range(x.shape[1]):
            h = np.tanh(np.dot(x[:, t], u) + np.dot(h, w) + b)
        return _cross_entropy(_dense(h, last), y)
    return _trained(loss, p, sgd(p, 0.01))


def ops10(x, w):
    def loss(p):
        z = p[0]
        for _ in range(100):
            z = np.tanh(z * p[1] + p[0])
        return np.sum(z)
    return _trained(loss, [x, w], lambda gradients: None)
