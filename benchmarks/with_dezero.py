"""The workloads on DeZero.

It is at its best under NumPy 1: by NumPy 2's rules its `1 - y` of a float32 array is float64, and so is then
every gradient.  The labels are int16, for its cross-entropy subtracts them from float32.
"""
import numpy as np

np.int = int                                                    # it asks for what NumPy 1.24 took away
from dezero import Layer, Parameter, functions as F, optimizers  # noqa: E402


def _trained(loss, parameters, optimizer):
    """A step: forward, backward, update; it returns the loss."""
    model = Layer()
    for i, p in enumerate(parameters):
        setattr(model, f"p{i}", p)
    optimizer.setup(model)

    def step():
        model.cleargrads()
        value = loss()
        value.backward()
        optimizer.update()
        return float(value.data)
    return step


def _load(weights):
    return [Parameter(w.copy()) for w in weights]


def _dense(h, p, activation=F.relu):
    """Dense layers of the weights and biases p, an activation between them."""
    for i in range(0, len(p), 2):
        h = F.linear(activation(h) if i else h, p[i], p[i + 1])
    return h


def _flat(h):
    return F.reshape(h, (h.shape[0], -1))


def _cross_entropy(s, y):
    return F.softmax_cross_entropy(s, y.astype(np.int16))


def _softplus(x):
    return F.log(F.exp(x) + 1)                                  # it has no stable one


def lenet(x, y, weights):
    p = _load(weights)

    def loss():
        h = F.pooling(F.relu(F.conv2d(x, *p[:2])), 2, 2)
        h = F.pooling(F.relu(F.conv2d(h, *p[2:4])), 2, 2)
        return _cross_entropy(_dense(_flat(h), p[4:]), y)
    return _trained(loss, p, optimizers.MomentumSGD(0.01, 0.9))


lenet64 = lenet256 = lenet


def bnconv(x, y, weights):
    ones, zeros = np.ones(32, np.float32), np.zeros(32, np.float32)
    p, running = _load([*weights, ones, zeros, ones, zeros]), [a.copy() for a in (zeros, ones, zeros, ones)]

    def loss():
        h = F.relu(F.batch_nrom(F.conv2d(x, *p[:2]), *p[6:8], *running[:2], eps=1e-5))         # its spelling
        h = F.relu(F.batch_nrom(F.conv2d(h, *p[2:4]), *p[8:], *running[2:], eps=1e-5))
        return _cross_entropy(_dense(_flat(F.dropout(F.pooling(h, 2, 2), 0.25)), p[4:6]), y)
    return _trained(loss, p, optimizers.MomentumSGD(0.01, 0.9))


def mlp(x, y, weights):
    p = _load(weights)
    return _trained(lambda: _cross_entropy(_dense(x, p), y), p, optimizers.SGD(0.01))


def vae(x, weights):
    p, rng = _load(weights), np.random.default_rng(1)

    def loss():
        h = F.relu(_dense(x, p[:2]))
        m, v = _dense(h, p[2:4]), _dense(h, p[4:6])
        s = _dense(m + F.exp(v * 0.5) * rng.standard_normal(m.shape, np.float32), p[6:])
        return (F.sum(_softplus(s) - s * x) + F.sum(m * m + F.exp(v) - 1 - v) * 0.5) / len(x)
    return _trained(loss, p, optimizers.Adam(0.001))


def cae(x, weights):
    p = _load(weights)

    def loss():
        h = F.sigmoid(_dense(x, p[:2]))
        slope, error = h * (1 - h), F.sigmoid(_dense(h, p[2:])) - x
        return (F.sum(error * error) + F.sum(slope * slope * F.sum(p[0] * p[0], axis=0)) * 0.1) / len(x)
    return _trained(loss, p, optimizers.SGD(0.001))


def cae_deep(x, weights):
    p = _load(weights)

    def loss():
        h = F.sigmoid(_dense(x, p[:2]))
        code = F.sigmoid(_dense(h, p[2:4]))
        error = F.sigmoid(_dense(code, p[4:], F.sigmoid)) - x
        slopes = (F.reshape(F.transpose(h * (1 - h)), (256, -1, 1)) * F.reshape(p[2], (256, 1, 64))
                  * (code * (1 - code)))                                                        # (256, N, 64)
        jacobian = F.matmul(p[0], F.reshape(slopes, (256, -1)))                                 # (784, N·64)
        return (F.sum(error * error) + F.sum(jacobian * jacobian) * 0.1) / len(x)
    return _trained(loss, p, optimizers.SGD(0.001))


def cube(x, weights):
    p = _load(weights)
    return _trained(lambda: F.mean_squared_error(_dense(x, p), x) / 3, p, optimizers.Adam(0.001))


def gan(x, z, weights):
    g, d = _load(weights[:6]), _load(weights[6:])
    n = len(x)
    d_step = _trained(lambda: (F.sum(_softplus(-_dense(x, d))) + F.sum(_softplus(
        _dense(_dense(z[0], g).data, d)))) / n, d, optimizers.Adam(0.001))
    g_step = _trained(lambda: F.sum(_softplus(-_dense(_dense(z[1], g), d))) / n, g, optimizers.Adam(0.001))
    return lambda: d_step() + g_step()


def rnn(x, y, w, weights):
    p = _load([w, *weights])

    def loss():
        w, u, b, *last = p
        h = np.zeros((len(x), 64), np.float32)
        for t in range(x.shape[1]):
            h = F.tanh(F.linear(x[:, t], u, b) + F.matmul(h, w))
        return _cross_entropy(_dense(h, last), y)
    return _trained(loss, p, optimizers.SGD(0.01))


def ops10(x, w):
    def step():
        t, u = Parameter(x), Parameter(w)
        z = t
        for _ in range(100):
            z = F.tanh(z * u + t)
        loss = F.sum(z)
        loss.backward()
        return float(loss.data)
    return step
