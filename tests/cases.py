"""The one table of cases: every operation, function and loss, with arrays to try it on.

A row is a name, a function, and arrays to differentiate it by; `constants` are further arguments that are not
differentiated (labels, masks, indices).  From its row an operation is checked for the first and the second
derivative, for its dtype, and on the device; and a row must notice when a rule that it uses is wrong.  Sizes
are prime and unequal, so that no wrong axis fits by chance.
"""
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np

from minidl import backend, functions, images, linalg, losses, ops, rnn
from minidl.tensor import Tensor, grad, pullback, sum_to

_rng = np.random.default_rng(4)


def R(*shape):
    """N(0, 1)."""
    return _rng.standard_normal(shape)


def P(*shape):
    """Positive numbers, 0.5–2."""
    return _rng.random(shape) * 1.5 + 0.5


@dataclass
class Case:
    f: callable
    arrays: tuple
    constants: tuple


def row(f, *arrays, constants=()):
    return Case(f, arrays, constants)


def dropped(x):
    """Dropout that drops the same elements at every call."""
    backend.seed(7)
    return functions.dropout(x, 0.3)


def masked(x):
    """Masking noise that hits the same elements at every call."""
    backend.seed(7)
    return functions.mask(x, 0.3)


MASK = np.array([[True, False, True, True, False]] * 2 + [[False, True, True, False, False]])
LABELS = np.array([2, 0, 2, 1, 2])

CASES = {
    # --- elementwise
    "add":                      row(ops.add, R(3, 5), R(3, 5)),
    "add, broadcast":           row(lambda x, y: x + y, R(2, 1, 5), R(3, 1)),
    "add, number":              row(lambda x: 2 + x + 1.5, R(3)),
    "add, itself":              row(lambda x: x + x, R(3)),
    "subtract":                 row(ops.subtract, R(3, 5), R(5)),
    "subtract, from a number":  row(lambda x: 2 - x, R(3)),
    "multiply":                 row(ops.multiply, R(2, 3, 5), R(3, 1)),
    "multiply, itself":         row(lambda x: x * x * x, R(3)),
    "multiply, array first":    row(lambda x, c: c * x, R(3), constants=(R(2, 3),)),
    "divide":                   row(ops.divide, R(3, 5), P(5)),
    "divide, a number":         row(lambda x: 2 / x, P(3)),
    "power, square":            row(lambda x: x ** 2, R(3, 2)),
    "power, fraction":          row(lambda x: x ** 1.5, P(3, 2)),
    "power, negative":          row(lambda x: x ** -2, P(3)),
    "power, both":              row(ops.power, P(3, 2), R(2)),
    "power, of a number":       row(lambda x: 1.7 ** x, R(3)),
    "negative":                 row(lambda x: -x, R(3)),
    "abs":                      row(lambda x: abs(x), R(5)),
    "exp":                      row(ops.exp, R(5)),
    "log":                      row(ops.log, P(5)),
    "sqrt":                     row(ops.sqrt, P(5)),
    "sin":                      row(ops.sin, R(5)),
    "cos":                      row(ops.cos, R(5)),
    "tanh":                     row(ops.tanh, R(5)),
    "sigmoid":                  row(ops.sigmoid, R(5)),
    "softplus":                 row(ops.softplus, R(5)),
    "maximum":                  row(ops.maximum, R(3, 5), R(5)),
    "maximum, number":          row(lambda x: ops.maximum(0.1, x), R(5)),
    "minimum":                  row(ops.minimum, R(3, 5), R(3, 1)),
    "clip":                     row(lambda x: ops.clip(x, min=-0.5, max=0.4), R(3, 5)),
    "clip, below":              row(lambda x: x.clip(0.1), R(5)),
    "where":                    row(lambda x, y, m: ops.where(m, x, y), R(3, 5), R(5), constants=(MASK,)),
    "where, number":            row(lambda x, m: ops.where(m, x, 0.0), R(3, 5), constants=(MASK,)),
    "number of no axes":        row(lambda x, y: x * y + ops.exp(x), R(), R(3)),

    # --- shape
    "reshape":                  row(lambda x: x.reshape(5, -1), R(2, 3, 5)),
    "reshape, tuple":           row(lambda x: ops.reshape(x, shape=(6, 5)), R(2, 3, 5)),
    "transpose":                row(lambda x: x.T, R(2, 3, 5)),
    "transpose, axes":          row(lambda x: x.transpose(1, 2, 0), R(2, 3, 5)),
    "transpose, negative axes": row(lambda x: x.transpose(-1, 0, -2), R(2, 3, 5)),
    "swapaxes":                 row(lambda x: x.swapaxes(0, -1), R(2, 3, 5)),
    "broadcast_to":             row(lambda x: ops.broadcast_to(x, shape=(2, 3, 5)), R(3, 1)),
    "sum_to":                   row(lambda x: sum_to(x, shape=(3, 1)), R(2, 3, 5)),
    "expand_dims":              row(lambda x: ops.expand_dims(x, 1), R(3, 2)),
    "expand_dims, last":        row(lambda x: ops.expand_dims(x, -1), R(3, 2)),
    "cut":                      row(lambda x: x[1, ::-2], R(3, 5)),
    "cut, new axis":            row(lambda x: x[None, ..., 2:4], R(3, 5)),
    "cut, one element":         row(lambda x: x[2, -1], R(3, 5)),
    "paste":                    row(lambda x: ops.paste(x, index=np.s_[1, ::2], shape=(3, 5)), R(3)),
    "take":                     row(lambda x, i: x[i], R(3, 2), constants=(np.array([0, 2, 2, 0]),)),
    "take, list":               row(lambda x: x[[0, 2, 2]], R(3, 2)),
    "take, pairs":              row(lambda x, i, j: x[i, :, j], R(3, 2, 5),
                                    constants=(np.array([0, 2, 2]), np.array([1, 4, 4]))),
    "take, mask":               row(lambda x, m: x[m], R(3, 5), constants=(MASK,)),
    "add_at":                   row(lambda x, i: ops.add_at(x, index=(i,), shape=(3, 2)), R(5, 2),
                                    constants=(np.array([0, 2, 2, 0, 2]),)),
    "index":                    row(lambda x: ops.index(x, (0, slice(1, None))), R(2, 3)),
    "pad":                      row(lambda x: ops.pad(x, widths=((1, 0), (2, 3)), fill=0.5), R(2, 3)),
    "join":                     row(lambda x, y: ops.join(x, y, axis=1), R(3, 2), R(3, 1)),
    "concatenate":              row(lambda x, y, z: ops.concatenate([x, y, z]), R(2, 3), R(1, 3), R(5, 3)),
    "concatenate, last axis":   row(lambda x, y: ops.concatenate([x, y, x], axis=-1), R(3, 2), R(3, 5)),
    "concatenate, constant":    row(lambda x, c: ops.concatenate([c, x], axis=1), R(3, 2),
                                    constants=(R(3, 5),)),
    "stack":                    row(lambda x, y: ops.stack([x, y, x], axis=1), R(3, 2), R(3, 2)),
    "stack, last axis":         row(lambda x, y: ops.stack([x, y], axis=-1), R(3, 2), R(3, 2)),

    # --- reductions
    "sum":                      row(ops.sum, R(3, 5)),
    "sum, axis":                row(lambda x: x.sum(axis=1), R(3, 5)),
    "sum, axes kept":           row(lambda x: x.sum(axis=(0, -1), keepdims=True), R(2, 3, 5)),
    "mean":                     row(lambda x: x.mean(axis=(0, 2)), R(2, 3, 5)),
    "max":                      row(lambda x: x.max(axis=(0, 2)), R(2, 3, 5)),
    "max, of all":              row(ops.max, R(3, 5)),
    "max, kept":                row(lambda x: x.max(axis=-1, keepdims=True), R(3, 5)),
    "min":                      row(lambda x: x.min(axis=0), R(3, 5)),
    "var":                      row(lambda x: x.var(axis=1), R(3, 5)),
    "std":                      row(lambda x: ops.std(x, axis=0), R(3, 5)),
    "prod":                     row(ops.prod, R(3, 2)),
    "prod, axes":               row(lambda x: ops.prod(x, axis=(0, -1), keepdims=True), R(2, 3, 5)),
    "prod, with a zero":        row(lambda x: ops.prod(x, axis=1), R(3, 5) * (1 - np.eye(3, 5))),
    "logsumexp":                row(ops.logsumexp, R(3, 5)),
    "logsumexp, axis":          row(lambda x: ops.logsumexp(x, axis=0), R(3, 1, 2)),

    # --- products
    "matmul":                   row(lambda a, b: a @ b, R(3, 5), R(5, 2)),
    "matmul, itself":           row(lambda a: a @ a, R(3, 3)),
    "matmul, row":              row(lambda a, b: a @ b, R(5), R(5, 2)),
    "matmul, row by batch":     row(lambda a, b: a @ b, R(5), R(2, 5, 3)),
    "matmul, column":           row(lambda a, b: a @ b, R(3, 5), R(5)),
    "matmul, vectors":          row(lambda a, b: a @ b, R(5), R(5)),
    "matmul, batch by 2-D":     row(lambda a, b: a @ b, R(2, 3, 5), R(5, 2)),
    "matmul, 2-D by batch":     row(lambda a, b: a @ b, R(3, 5), R(2, 5, 7)),
    "matmul, batch by batch":   row(lambda a, b: a @ b, R(2, 3, 5), R(2, 5, 2)),
    "matmul, broadcast batch":  row(lambda a, b: a @ b, R(2, 1, 3, 5), R(7, 5, 2)),
    "matmul, batch by column":  row(lambda a, b: a @ b, R(2, 3, 5), R(5)),
    "matmul, array first":      row(lambda b, a: a @ b, R(5, 2), constants=(R(3, 5),)),
    "matrix_product":           row(ops.matrix_product, R(3, 5), R(5, 2)),
    "affine":                   row(ops.affine, R(3, 5), R(5, 2), R(2)),
    "affine, sequences":        row(ops.affine, R(2, 3, 5), R(5, 2), R(2)),

    "solve":                    row(linalg.solve, R(3, 3), R(3, 2)),
    "solve, one column":        row(linalg.solve, R(3, 3), R(3)),
    "logdet":                   row(linalg.logdet, R(3, 3)),
    "logdet, of a aᵀ":          row(lambda a: linalg.logdet(a @ a.T), R(3, 5)),

    # --- images
    "conv2d":                   row(images.conv2d, R(2, 3, 5, 7), R(2, 3, 3, 2)),
    "conv2d, bias":             row(images.conv2d, R(2, 3, 5, 7), R(5, 3, 3, 2), R(5)),
    "conv2d, stride":           row(lambda x, w, b: images.conv2d(x, w, b, (2, 3), 1),
                                    R(2, 2, 6, 7), R(3, 2, 3, 2), R(3)),
    "conv2d, same":             row(lambda x, w: images.conv2d(x, w, padding="same"),
                                    R(1, 2, 5, 3), R(3, 2, 3, 2)),
    "conv2d, same, stride":     row(lambda x, w, b: images.conv2d(x, w, b, 2, "same"),
                                    R(3, 1, 5, 6), R(2, 1, 3, 3), R(2)),
    "conv2d, 1 x 1":            row(lambda x, w: images.conv2d(x, w, stride=2), R(3, 2, 5, 5), R(3, 2, 1, 1)),
    "conv2d, whole image":      row(lambda x, w: images.conv2d(x, w, padding="valid"),
                                    R(3, 2, 3, 5), R(7, 2, 3, 5)),
    "conv2d, more filters":     row(lambda x, w, b: images.conv2d(x, w, b, padding=(1, 0)),
                                    R(2, 1, 5, 5), R(7, 1, 2, 3), R(7)),
    "conv2d, fixed images":     row(lambda w, b, x: images.conv2d(x, w, b, 1, 2), R(3, 2, 5, 5), R(3),
                                    constants=(R(2, 2, 3, 5),)),
    "conv_transpose2d":         row(images.conv_transpose2d, R(2, 3, 3, 2), R(3, 2, 2, 3)),
    "conv_transpose2d, stride": row(lambda x, w, b: images.conv_transpose2d(x, w, b, (2, 3), (1, 0)),
                                    R(3, 2, 3, 2), R(2, 5, 3, 2), R(5)),
    "conv_transpose2d, twice":  row(lambda x, w: images.conv_transpose2d(x, w, stride=2, padding=1),
                                    R(2, 3, 3, 2), R(3, 2, 4, 4)),
    "max_pool2d":               row(lambda x: images.max_pool2d(x, 2), R(2, 3, 4, 5)),
    "max_pool2d, overlapping":  row(lambda x: images.max_pool2d(x, 3, stride=2, padding=1), R(2, 2, 5, 6)),
    "max_pool2d, apart":        row(lambda x: images.max_pool2d(x, (2, 1), stride=3), R(2, 1, 7, 5)),
    "avg_pool2d":               row(lambda x: images.avg_pool2d(x, 2), R(2, 3, 4, 5)),
    "avg_pool2d, overlapping":  row(lambda x: images.avg_pool2d(x, 3, stride=(2, 1), padding=1),
                                    R(2, 2, 5, 3)),

    # --- functions
    "relu":                     row(functions.relu, R(3, 5)),
    "leaky_relu":               row(functions.leaky_relu, R(3, 5)),
    "leaky_relu, slope":        row(lambda x: functions.leaky_relu(x, slope=0.2), R(3, 5)),
    "softmax":                  row(functions.softmax, R(3, 5)),
    "softmax, axis":            row(lambda x: functions.softmax(x, axis=1), R(2, 3, 5)),
    "log_softmax":              row(functions.log_softmax, R(3, 5)),
    "dropout":                  row(dropped, R(7, 5)),
    "mask":                     row(masked, R(7, 5)),
    "batch_norm":               row(functions.batch_norm, R(7, 3), R(3), R(3)),
    "batch_norm, images":       row(functions.batch_norm, R(3, 2, 3, 5), R(2), R(2)),
    "batch_norm, fixed input":  row(lambda g, b, x: functions.batch_norm(x, g, b), R(3), R(3),
                                    constants=(R(5, 3),)),
    "batch_norm, no shift":     row(lambda x, g, b: functions.batch_norm(x, g, b, eps=0.1), R(5, 3), R(3),
                                    constants=(R(3),)),
    "batch_norm, eval":         row(lambda x, g, b, m, v: functions.batch_norm(x, g, b, statistics=(m, v)),
                                    R(5, 3), R(3), R(3), constants=(R(3), P(3))),
    "batch_norm, eval, images": row(lambda x, g, b, m, v: functions.batch_norm(x, g, b, statistics=(m, v)),
                                    R(2, 3, 3, 2), R(3), R(3), constants=(R(3), P(3))),
    "recur":                    row(rnn.recur, R(3, 5, 2), R(2, 2), R(3, 2)),
    "recur, one step":          row(rnn.recur, R(3, 1, 2), R(2, 2), R(3, 2)),
    "recur, fixed start":       row(rnn.recur, R(2, 3, 3), R(3, 3), constants=(R(2, 3),)),

    # --- losses
    "cross_entropy":            row(losses.cross_entropy, R(5, 3), constants=(LABELS,)),
    "mse":                      row(losses.mse, R(3, 5), R(3, 5)),
    "squared_error":            row(losses.squared_error, R(3, 5), R(3, 5)),
    "bce_with_logits":          row(losses.bce_with_logits, R(3, 5), P(3, 5) / 2),
    "gaussian_nll":             row(losses.gaussian_nll, R(3, 5), R(3, 5), R(3, 5)),
    "gaussian_nll, one width":  row(lambda x, m: losses.gaussian_nll(x, m, -0.7), R(3, 5), R(3, 5)),
    "gaussian_kl":              row(losses.gaussian_kl, R(5, 3), R(5, 3)),
    "sparsity_kl":              row(lambda h: losses.sparsity_kl(h, 0.1), P(5, 3) / 3),
    "sparsity_kl, one unit":    row(lambda h: losses.sparsity_kl(h, 0.5), P(5, 1) / 3),
    "mmd":                      row(lambda x, y: losses.mmd(x, y, bandwidth=1.3), R(5, 2), R(3, 2)),
    "squared_distances":        row(losses.squared_distances, R(5, 2), R(3, 2)),
    "gan_value":                row(losses.gan_value, R(5, 1), R(3, 1)),
    "gan_discriminator":        row(losses.gan_discriminator, R(5, 1), R(3, 1)),
    "gan_minimax":              row(losses.gan_minimax, R(5, 1)),
    "gan_non_saturating":       row(losses.gan_non_saturating, R(5, 1)),
    "jacobian_penalty":         row(lambda d, w: losses.jacobian_penalty([d], [w]), R(3, 5), R(7, 5)),
    "jacobian_penalty, 2":      row(lambda d, e, w, v: losses.jacobian_penalty([d, e], [w, v]),
                                    R(3, 5), R(3, 2), R(7, 5), R(5, 2)),
    "jacobian_penalty, 3":      row(lambda d, e, f, w, v, u: losses.jacobian_penalty([d, e, f], [w, v, u]),
                                    R(3, 5), R(3, 2), R(3, 3), R(7, 5), R(5, 2), R(2, 3)),
    "l1":                       row(lambda w, v: losses.l1([w, v]), R(3, 5), R(5, 2)),
    "l2":                       row(lambda w, v: losses.l2([w, v]), R(3, 5), R(5, 2)),
    "elastic_net":              row(lambda w: losses.elastic_net([w], mix=0.3), R(3, 5)),
}


# --- what is asked of a row ---------------------------------------------------------------------------------

def random_like(name, arrays):
    """N(0, 1) in the shapes of `arrays`, the same for a name at every call."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return [rng.standard_normal(a.shape).astype(a.dtype) for a in arrays]


def cotangent(name, dtype=np.float64):
    """Random weights v in the shape of the row's output: never ones, which many a wrong gradient passes."""
    case = CASES[name]
    y = np.asarray(case.f(*case.arrays, *case.constants))
    return random_like("cotangent of " + name, [y])[0].astype(dtype)


def first(case, arrays, v):
    """∂/∂x of Σ v y."""
    xs = list(map(Tensor, arrays))
    return grad(ops.sum(case.f(*xs, *case.constants) * v), xs)


def bent(case, xs, v):
    """Σ v y², so that an operation that is linear has a second derivative as well."""
    y = case.f(*xs, *case.constants)
    return ops.sum(y * y * v)


def second(case, arrays, v, directions):
    """The Hessian of Σ v y² times the directions, through the gradient of a gradient."""
    xs = list(map(Tensor, arrays))
    gradients = grad(bent(case, xs, v), xs, create_graph=True)
    slope, *slopes = [ops.sum(g * d) for g, d in zip(gradients, directions)]
    for s in slopes:
        slope = slope + s
    found = pullback(slope, wrt=xs)
    return [found.get(x, np.zeros_like(x.array)) for x in xs]


@cache
def numeric_first(name, h=1e-5):
    """What `first` should be, by central differences of the forward pass."""
    case, v, gradients = CASES[name], cotangent(name), []
    for k, a in enumerate(case.arrays):
        g = np.empty_like(a)
        for i in np.ndindex(a.shape):
            low, high = ([x.copy() for x in case.arrays] for _ in range(2))
            low[k][i] -= h
            high[k][i] += h
            g[i] = ((case.f(*high, *case.constants) - case.f(*low, *case.constants)) * v).sum()
            g[i] /= high[k][i] - low[k][i]
        gradients.append(g)
    return gradients


@cache
def numeric_second(name, h=1e-5):
    """What `second` should be, by central differences of the gradient."""
    case, v, directions = CASES[name], cotangent(name), random_like(name, CASES[name].arrays)
    low, high = ([Tensor(x + s * h * d) for x, d in zip(case.arrays, directions)] for s in (-1, 1))
    low, high = (grad(bent(case, xs, v), xs) for xs in (low, high))
    return [(b - a) / (2 * h) for a, b in zip(low, high)]


def agree(exact, numeric):
    """Are they equal to a millionth of the largest entry?"""
    return all(a.shape == n.shape and np.abs(a - n).max() <= 1e-6 * max(np.abs(n).max(), 0.01)
               for a, n in zip(exact, numeric, strict=True))


def first_is_right(name):
    return agree(first(CASES[name], CASES[name].arrays, cotangent(name)), numeric_first(name))


def second_is_right(name):
    case, directions = CASES[name], random_like(name, CASES[name].arrays)
    return agree(second(case, case.arrays, cotangent(name), directions), numeric_second(name))
