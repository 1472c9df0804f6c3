"""The primitives: each a NumPy formula and, right under it, its derivative.

In a rule, g is ∂loss/∂z and z is the result.  The one law: a rule may keep masks and indices, but a float
that depends on an input is computed again from that input, so that the rule itself can be differentiated.
"""
import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from minidl.tensor import Tensor, broadcast_to, describe, elementwise, floats, primitive, value

# --- elementwise: inputs broadcast, and pullback sums their gradients back ----------------------------------
@elementwise
def add(x, y):
    return x + y
add.vjps = (lambda g, z, x, y: g,
            lambda g, z, x, y: g)

@elementwise
def subtract(x, y):
    return x - y
subtract.vjps = (lambda g, z, x, y: g,
                 lambda g, z, x, y: -g)

@elementwise
def multiply(x, y):
    return x * y
multiply.vjps = (lambda g, z, x, y: g * y,                      # ∂(xy)/∂x = y
                 lambda g, z, x, y: g * x)                      # ∂(xy)/∂y = x

@elementwise
def divide(x, y):
    return x / y
divide.vjps = (lambda g, z, x, y: g / y,                        # ∂(x/y)/∂x = 1/y
               lambda g, z, x, y: -g * z / y)                   # ∂(x/y)/∂y = −(x/y)/y

@elementwise
def power(x, n):
    return x ** n
def _power_left(g, z, x, n):
    straight = isinstance(n, int | float) and n in (0, 1)       # x⁰ and x¹ have no xⁿ⁻¹ to spoil at x = 0
    return g * n if straight else g * (n * x ** (n - 1))        # ∂xⁿ/∂x = n xⁿ⁻¹
def _power_right(g, z, x, n):
    return g * (z * (log(x) if hasattr(x, "dtype") else math.log(x)))           # ∂xⁿ/∂n = xⁿ ln x, for x > 0
power.vjps = (_power_left, _power_right)

@elementwise
def negative(x):
    return -x
negative.vjps = (lambda g, z, x: -g,)

@elementwise
def abs(x):
    return np.abs(x)
abs.vjps = (lambda g, z, x: g * np.sign(value(x)),)             # |x|′ = sign x, and 0 at 0 by convention

@elementwise
def exp(x):
    return np.exp(x)
exp.vjps = (lambda g, z, x: g * z,)                             # exp′ = exp

@elementwise
def log(x):
    return np.log(x)
log.vjps = (lambda g, z, x: g / x,)                             # log′ = 1/x

@elementwise
def sqrt(x):
    return np.sqrt(x)
sqrt.vjps = (lambda g, z, x: g / (2 * z),)                      # √x′ = 1/(2√x)

@elementwise
def sin(x):
    return np.sin(x)
sin.vjps = (lambda g, z, x: g * cos(x),)                        # sin′ = cos

@elementwise
def cos(x):
    return np.cos(x)
cos.vjps = (lambda g, z, x: -g * sin(x),)                       # cos′ = −sin

@elementwise
def tanh(x):
    return np.tanh(x)
tanh.vjps = (lambda g, z, x: g * (1 - z * z),)                  # tanh′ = 1 − tanh²

@elementwise
def sigmoid(x):
    """1 / (1 + e⁻ˣ); where e⁻ˣ overflows to ∞, 1/∞ = 0 is right."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-floats(x)))                     # −x of bytes would wrap round
sigmoid.vjps = (lambda g, z, x: g * (z * (1 - z)),)             # σ′ = σ(1 − σ)

@elementwise
def softplus(x):
    """log(1 + eˣ), written so that nothing overflows, as max(x, 0) + log(1 + e^−|x|).

    log(1 + …) rather than log1p: 5 times faster, and wrong by a rounding of 1 at most.
    """
    return np.maximum(x := floats(x), 0) + np.log(1 + np.exp(-np.abs(x)))
softplus.vjps = (lambda g, z, x: g * sigmoid(x),)               # softplus′ = σ

@elementwise
def maximum(x, y):
    return np.maximum(x, y)
maximum.vjps = (lambda g, z, x, y: g * (value(x) >= value(y)),  # a tie goes to x
                lambda g, z, x, y: g * (value(x) < value(y)))

def minimum(x, y):
    """The smaller of the two: −max(−x, −y)."""
    return -maximum(-x, -y)

@elementwise
def clip(x, min=-math.inf, max=math.inf):
    """x, but min where it is below, and max where it is above; min and max are numbers."""
    return np.clip(x, min, max)
clip.vjps = (lambda g, z, x, min=-math.inf, max=math.inf: g * (value(z) == value(x)),)    # 0 where it was cut

@elementwise
def where(mask, x, y):
    """x where the mask is true, y elsewhere."""
    return np.where(mask, x, y)
where.vjps = (None,                                             # a mask is not a number
              lambda g, z, mask, x, y: g * (value(mask) != 0),
              lambda g, z, mask, x, y: g * (value(mask) == 0))

# --- shape: nothing is computed, numbers move; the transpose moves them back --------------------------------
@primitive
def reshape(x, shape):
    return x.reshape(shape)
reshape.vjps = (lambda g, z, x, shape: reshape(g, shape=x.shape),)

@primitive
def transpose(x, axes=None):
    """x with its axes in the given order, reversed by default."""
    return x.transpose(axes)
def _transpose_back(g, z, x, axes=None):
    return transpose(g, axes=None if axes is None else np.argsort([a % x.ndim for a in axes]).tolist())
transpose.vjps = (_transpose_back,)

@primitive
def swapaxes(x, i, j):
    return x.swapaxes(i, j)
swapaxes.vjps = (lambda g, z, x, i, j: swapaxes(g, i=i, j=j),)

@primitive
def cut(x, index):
    """x[index], for an index of whole numbers, slices, None and `...`: no element twice (basic indexing)."""
    return x[index]

@primitive
def paste(x, index, shape):
    """Zeros of `shape` with x written at `index`: z[index] = x."""
    z = np.zeros_like(x, shape=shape)
    z[index] = x
    return z

cut.vjps = (lambda g, z, x, index: paste(g, index=index, shape=x.shape),)       # each other's transpose
paste.vjps = (lambda g, z, x, index, shape: cut(g, index=index),)

@primitive
def take(x, index):
    """x[index], for an index with arrays in it: an element may be taken twice (advanced indexing)."""
    return x[index]

@primitive
def add_at(x, index, shape):
    """Zeros of `shape` with x added at `index`, twice where it stands twice: np.add.at(z, index, x)."""
    z = np.zeros_like(x, shape=shape, order="C")
    places = np.arange(z.size, like=z).reshape(shape)[index]    # one number for each place, as CuPy wants it
    np.add.at(z.reshape(-1), places, x)
    return z

take.vjps = (lambda g, z, x, index: add_at(g, index=index, shape=x.shape),)     # each other's transpose
add_at.vjps = (lambda g, z, x, index, shape: take(g, index=index),)

@primitive
def pad(x, widths, fill=0.0):
    """x framed by `fill`; widths is ((before, after), …), a pair for each axis."""
    z = np.full_like(x, fill, shape=tuple(before + n + after for (before, after), n in zip(widths, x.shape)))
    z[_inside(x, widths)] = x
    return z
def _inside(x, widths):
    return tuple(slice(before, before + n) for (before, _), n in zip(widths, x.shape))
pad.vjps = (lambda g, z, x, widths, fill=0.0: cut(g, index=_inside(x, widths)),)

@primitive
def join(*xs, axis):
    """xs one after another along an axis they have: np.concatenate, each of them an input of its own."""
    return np.concatenate(xs, axis=axis)
def _part(g, z, *xs, axis):
    ends = np.cumsum([x.shape[axis] for x in xs]).tolist()
    around = (slice(None),) * (axis % z.ndim)
    return [cut(g, index=around + (slice(end - x.shape[axis], end),)) for x, end in zip(xs, ends)]
join.vjps = _part

def concatenate(xs, axis=0):
    """The arrays xs one after another along an axis they have."""
    return join(*xs, axis=axis)

def stack(xs, axis=0):
    """The arrays xs, all of one shape, one after another along a new axis."""
    return join(*[expand_dims(x, axis) for x in xs], axis=axis)

def expand_dims(x, axis):
    """x with a new axis of size 1."""
    axis = normalize_axis_index(axis, x.ndim + 1)
    return reshape(x, shape=(*x.shape[:axis], 1, *x.shape[axis:]))

def index(x, i):
    """x[i]."""
    parts = i if isinstance(i, tuple) else (i,)
    if all(p is None or p is ... or isinstance(p, (int, np.integer, slice)) for p in parts):
        return cut(x, index=i)
    return take(x, index=tuple(map(value, parts)))

# --- reductions ---------------------------------------------------------------------------------------------
def _axes(x, axis):
    """`axis` as a tuple of non-negative numbers: all axes for None."""
    return tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)

def _unreduce(v, x, axis):
    """v, a reduction of x over `axis`, in a shape that broadcasts against x again."""
    axes = _axes(x, axis)
    return reshape(v, shape=tuple(1 if a in axes else n for a, n in enumerate(x.shape)))

@primitive
def sum(x, axis=None, keepdims=False):
    return x.sum(axis=axis, keepdims=keepdims)
def _sum_back(g, z, x, axis=None, keepdims=False):
    return broadcast_to(_unreduce(g, x, axis), shape=x.shape)   # ∂Σx/∂x = 1
sum.vjps = (_sum_back,)

@primitive
def max(x, axis=None, keepdims=False):
    return x.max(axis=axis, keepdims=keepdims)
def _max_back(g, z, x, axis=None, keepdims=False):
    highest = value(x) == _unreduce(value(z), x, axis)
    share = highest / highest.sum(axis=axis, keepdims=True).astype(x.dtype)     # ties share the gradient
    return _unreduce(g, x, axis) * share.astype(x.dtype)
max.vjps = (_max_back,)

def min(x, axis=None, keepdims=False):
    """The smallest element along the axes: −max(−x)."""
    return -max(-x, axis=axis, keepdims=keepdims)

def mean(x, axis=None, keepdims=False):
    """The sum divided by the count."""
    if not (count := math.prod(x.shape[a] for a in _axes(x, axis))):
        raise ValueError(f"mean({describe(value(x))}): there is no mean of nothing; is a batch empty?")
    return sum(x, axis=axis, keepdims=keepdims) * (1 / count)

def var(x, axis=None, keepdims=False):
    """The mean squared distance from the mean (divided by n, not n − 1)."""
    centred = x - mean(x, axis=axis, keepdims=True)
    return mean(centred * centred, axis=axis, keepdims=keepdims)

def std(x, axis=None, keepdims=False):
    """The root of `var`; where that is 0, it has a kink, and no gradient (NaN)."""
    return sqrt(var(x, axis=axis, keepdims=keepdims))

def prod(x, axis=None, keepdims=False):
    """The product along the axes, by halves: log₂ n products of arrays, which are right at 0, too."""
    axes, kept = _axes(x, axis), [a for a in range(x.ndim) if a not in _axes(x, axis)]
    z = reshape(transpose(x, axes=(*axes, *kept)), shape=(-1, *(x.shape[a] for a in kept)))
    while (n := len(z)) > 1:
        z = concatenate([z[:n // 2] * z[n // 2:n - n % 2], z[n - n % 2:]])
    return _unreduce(z, x, axis) if keepdims else z[0]

@primitive
def logsumexp(x, axis=-1):
    """log Σ eˣ along `axis`, kept with size 1; the maximum goes out first, so that e never overflows."""
    x = floats(x)
    top = x.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)                    # of ∞ alone: not ∞ − ∞
    with np.errstate(divide="ignore"):
        return top + np.log(np.exp(x - top).sum(axis=axis, keepdims=True))
logsumexp.vjps = (lambda g, z, x, axis=-1: g * exp(x - z),)     # ∂ log Σ eˣ / ∂xᵢ = e^xᵢ / Σ eˣ, the softmax

# --- products -----------------------------------------------------------------------------------------------
@elementwise
def matrix_product(a, b):
    """a (…, n, k) @ b (…, k, m) → (…, n, m)."""
    return a @ b
def _matrix_product_right(g, z, a, b):
    if b.ndim == 2 < a.ndim:                                    # one b for all: one large product
        a, g = (reshape(t, shape=(math.prod(t.shape[:-1]), t.shape[-1])) for t in (a, g))
    return swapaxes(a, i=-1, j=-2) @ g                          # (k, n) @ (n, m)
matrix_product.vjps = (lambda g, z, a, b: g @ swapaxes(b, i=-1, j=-2),      # (n, m) @ (m, k)
                       _matrix_product_right)

@elementwise
def affine(x, w, b):
    """x (n, k) @ w (k, m) + b → (n, m), the sum in place: one array fewer to write and to read."""
    z = x @ w
    z += b
    return z
affine.vjps = (lambda g, z, x, w, b: g @ swapaxes(w, i=-1, j=-2),
               lambda g, z, x, w, b: _matrix_product_right(g, z, x, w),
               lambda g, z, x, w, b: g)                         # summed over the batch by pullback

@primitive
def gram(a):
    """The products of all pairs of rows, a (n, k) → a aᵀ (n, n)."""
    return a @ a.T
gram.vjps = (lambda g, z, a: (g + transpose(g)) @ a,)           # a stands on both sides

def matmul(a, b):
    """a (…, n, k) @ b (…, k, m) → (…, n, m); a vector is a row on the left and a column on the right."""
    if a.ndim == 1:
        row = matmul(reshape(a, shape=(1, -1)), b)
        return reshape(row, shape=row.shape[:-2] + row.shape[-1:]) if b.ndim > 1 else reshape(row, shape=())
    if b.ndim == 1:
        column = matmul(a, reshape(b, shape=(-1, 1)))
        return reshape(column, shape=column.shape[:-1])
    return matrix_product(a, b)

# --- the operators and methods of Tensor --------------------------------------------------------------------
def _swap(op):
    return lambda y, x: op(x, y)

def _shape_of(sizes):
    """(2, 3) from t.reshape(2, 3) as from t.reshape((2, 3))."""
    return tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)) else sizes

for _name, _op in {
    "__add__": add, "__radd__": add, "__sub__": subtract, "__rsub__": _swap(subtract),
    "__mul__": multiply, "__rmul__": multiply, "__truediv__": divide, "__rtruediv__": _swap(divide),
    "__pow__": power, "__rpow__": _swap(power), "__neg__": negative, "__abs__": abs,
    "__matmul__": matmul, "__rmatmul__": _swap(matmul), "__getitem__": index,
    "__gt__": lambda t, u: t.array > value(u), "__ge__": lambda t, u: t.array >= value(u),
    "__lt__": lambda t, u: t.array < value(u), "__le__": lambda t, u: t.array <= value(u),
    "__eq__": lambda t, u: t.array == value(u), "__ne__": lambda t, u: t.array != value(u),
    "sum": sum, "mean": mean, "var": var, "std": std, "max": max, "min": min, "prod": prod,
    "clip": lambda t, min=-math.inf, max=math.inf: clip(t, min=min, max=max),
    "swapaxes": lambda t, i, j: swapaxes(t, i=i, j=j),
    "reshape": lambda t, *sizes: reshape(t, shape=_shape_of(sizes)),
    "transpose": lambda t, *axes: transpose(t, axes=_shape_of(axes) or None), "T": property(transpose),
}.items():
    setattr(Tensor, _name, _op)
