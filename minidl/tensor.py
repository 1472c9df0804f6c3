"""The tape: tensors that remember how they were made, and the walk back through that memory.

Two kinds of value meet in this library.  An *array* (NumPy's or CuPy's) is a constant.  A `Tensor` holds
an array that something will be differentiated by.  A primitive applied to arrays alone is plain NumPy;
applied to at least one Tensor, it also notes what it was and what it was given.  Those notes are the tape.

The one law: a result is younger than its inputs.  So if we visit a result's ancestors from the youngest to
the oldest, every gradient is complete before it is passed on, and that is the whole of backpropagation.
"""
import itertools
from contextlib import contextmanager
from functools import wraps
from operator import attrgetter

import numpy as np

from minidl import backend

_clock = itertools.count()
_recording = True

class Tensor:
    """An array, and the primitive call that produced it (none, for a leaf).

    Tensor([1, 2]) makes a leaf, in float32 unless it is given a floating-point array.  `t.array` is the array
    itself, `t.numpy()` a copy of it on the host, and after a `backward()` a leaf's `t.grad` is its gradient.
    Whatever a Tensor is made from, its array lives on the device in use; a bare array stays where it is.
    """

    __slots__ = ("array", "grad", "op", "inputs", "params", "serial")
    __array_ufunc__ = None                      # so that `array * tensor` comes to Tensor.__rmul__

    def __init__(self, array):
        self.array = _floats(array)
        self.grad = None
        self.op, self.inputs, self.params = None, (), {}
        self.serial = next(_clock)

    shape = property(lambda self: self.array.shape)
    ndim = property(lambda self: self.array.ndim)
    size = property(lambda self: self.array.size)
    dtype = property(lambda self: self.array.dtype)

    def backward(self):
        """Add ∂self/∂leaf to `leaf.grad`, an array, for every leaf that `self` was computed from."""
        if not self.inputs:
            raise ValueError("backward: this Tensor was computed from no other, or inside no_grad()")
        for leaf, g in pullback(self).items():
            leaf.grad = g if leaf.grad is None else leaf.grad + g

    def numpy(self):
        """A copy of the array, on the host."""
        return np.array(backend.to_host(self.array))

    def item(self):
        """The one number in a tensor of size 1."""
        return self.array.item()

    __float__ = lambda self: float(self.array)
    __bool__ = lambda self: bool(self.array)
    __len__ = lambda self: len(self.array)

    def __repr__(self):
        made = f", from={self.op.__name__}" if self.op else ""
        numbers = np.array2string(backend.to_host(self.array), precision=4, threshold=100, prefix="Tensor(")
        return f"Tensor({numbers}, shape={self.shape}, {self.dtype}{made})"

    def __array__(self, *args, **kwargs):
        raise TypeError("a Tensor is not a NumPy array: use minidl's function of the same name to "
                        "differentiate through it, or t.numpy() for its numbers")

    __array_function__ = __array__              # np.sum(t) and the like

    def __setitem__(self, index, values):
        raise TypeError("a Tensor cannot be assigned to in place, for the tape may still need its old "
                        "numbers: build a new one with ops.where or ops.concatenate, or change a leaf's "
                        "t.array between two steps")

def _floats(array):
    """`array` as floating-point numbers: float32, unless it is an array of floats already."""
    if isinstance(array, Tensor):
        raise TypeError("this is a Tensor already: Tensor(t.array) makes a new leaf of the same numbers")
    made_here = not hasattr(array, "dtype")
    array = np.asarray(array) if made_here or isinstance(array, np.generic) else array
    if array.dtype.kind not in "iubf":
        raise TypeError(f"a Tensor holds floating-point numbers, and this is {describe(array)}")
    if made_here or array.dtype.kind != "f":
        array = array.astype(np.float32)
    return backend.to_device(array)

def primitive(f, broadcasts=False):
    """Make the array function `f` differentiable.

    Its derivative is written beside it, in `f.vjps`, one rule for each input: rule(g, out, *inputs, **params)
    returns g · ∂out/∂input, where g is ∂loss/∂out.  Where the inputs share the work, `f.vjps` is one function
    that returns all the gradients.  A rule is written with primitives and operators alone, so the same rule
    runs on arrays (fast) and on Tensors (and is recorded, to be differentiated again).
    """
    @wraps(f)
    def op(*inputs, **params):
        recorded = Tensor in map(type, inputs)
        arrays = [x.array if type(x) is Tensor else x for x in inputs] if recorded else inputs
        try:
            out = f(*arrays, **params)
        except (TypeError, ValueError, IndexError) as error:
            raise _explained(error, f.__name__, arrays) from error
        if not recorded:
            return out
        t = Tensor.__new__(Tensor)
        t.array = np.asarray(out) if isinstance(out, np.generic) else out
        t.grad = None
        t.op, t.inputs, t.params = (op, inputs, params) if _recording else (None, (), {})
        t.serial = next(_clock)
        return t

    op.broadcasts = broadcasts
    op.vjps = ()
    return op

def elementwise(f):
    """A primitive whose inputs broadcast; `pullback` sums each gradient back to its input's shape."""
    return primitive(f, broadcasts=True)

def value(x):
    """The array inside a Tensor; an array or a number as it is."""
    return x.array if type(x) is Tensor else x

def tape(y):
    """The tensors that `y` was computed from, and `y`, oldest first.

    The order of creation is a topological order already, so a sort is all the graph theory we need.
    """
    seen, frontier = {y}, [y]
    while frontier:
        for x in frontier.pop().inputs:
            if type(x) is Tensor and x not in seen:
                seen.add(x)
                frontier.append(x)
    return sorted(seen, key=attrgetter("serial"))

def pullback(y, g=None, wrt=None, create_graph=False):
    """{x: g · ∂y/∂x} for every leaf x, or for every tensor of `wrt`.

    y: a Tensor; g: an array of its shape, which may be left out (it is 1) where y is a single number.
    First order runs on bare arrays.  With `create_graph` the very same rules run on Tensors, and so the
    gradients can be differentiated in turn.
    """
    if type(y) is not Tensor:
        raise TypeError(f"{describe(y)} has no gradient: it was not computed from any Tensor")
    if g is None:
        if y.size != 1:
            raise ValueError(f"a gradient starts from a single number, and this has shape {y.shape}: "
                             "sum it first, or give g, the gradient to start from")
        g = np.ones_like(y.array)
    if g.shape != y.shape:
        raise ValueError(f"g, the gradient to start from, has the shape {g.shape}, and y has {y.shape}")
    history = tape(y)
    wanted = {x for x in history if not x.inputs} if wrt is None else set(wrt)
    needed = set(history) if wrt is None else _between(wanted, history)
    grads = {y: Tensor(g) if create_graph and type(g) is not Tensor else g}
    for t in reversed(history):
        if t.inputs and t in grads:
            g = grads[t] if t in wanted else grads.pop(t)
            for x, gx in zip(t.inputs, _through(t, g, needed, create_graph)):
                if gx is not None:
                    grads[x] = grads[x] + gx if x in grads else gx
    return {x: grads[x] for x in wanted if x in grads}

def _between(wanted, history):
    """The tensors of `history` through which a wanted one is reached."""
    needed = set(wanted)
    for t in history:
        if not needed.isdisjoint(x for x in t.inputs if type(x) is Tensor):
            needed.add(t)
    return needed

def _through(t, g, needed, create_graph):
    """`g`, the gradient of t, carried through the primitive that made t: a gradient for each needed input."""
    out, inputs = (t, t.inputs) if create_graph else (
        t.array, [x.array if type(x) is Tensor else x for x in t.inputs])
    rules, gs = t.op.vjps, [None] * len(inputs)
    together = rules(g, out, *inputs, **t.params) if callable(rules) else None
    for i, x in enumerate(t.inputs):
        if type(x) is Tensor and x in needed:
            if not together and rules[i] is None:
                raise TypeError(f"{t.op.__name__} has no derivative by its input {i}, which is a Tensor: "
                                "give it as an array")
            gx = together[i] if together else rules[i](g, out, *inputs, **t.params)
            if gx.shape != x.array.shape:
                if not t.op.broadcasts:
                    raise ValueError(f"{t.op.__name__}: its rule returned a gradient of shape {gx.shape} "
                                     f"for input {i}, of shape {x.shape}")
                gx = sum_to(gx, shape=x.array.shape)
            gs[i] = gx
    return gs

def grad(y, xs, create_graph=False):
    """[∂y/∂x for x in xs] of a single number y: arrays, or Tensors when `create_graph`."""
    grads = pullback(y, wrt=xs, create_graph=create_graph)
    for i, x in enumerate(xs):
        if x not in grads:
            raise ValueError(f"grad: y does not depend on xs[{i}], of shape {x.shape}: it was not computed "
                             "from that Tensor, or was computed inside no_grad()")
    return [grads[x] for x in xs]

@contextmanager
def no_grad():
    """Compute without recording."""
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before

def describe(x):
    """'float32(3, 4)' for an array, its repr for anything else; 'gpu:' marks a device array."""
    if not hasattr(x, "dtype"):
        return repr(x)
    where = "" if isinstance(x, (np.ndarray, np.generic)) else "gpu:"
    return f"{where}{x.dtype}{tuple(x.shape)}"

def _explained(error, name, arrays):
    """The same kind of error, its message led by the operation and the shapes it was given."""
    kind = next(k for k in (IndexError, TypeError, ValueError) if isinstance(error, k))
    return kind(f"{name}({', '.join(map(describe, arrays))}): {error}")

@primitive
def sum_to(x, shape):
    """x summed over the axes along which an array of `shape` would be broadcast to it."""
    lead = x.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 != x.shape[lead + i])
    return x.sum(axis=axes, keepdims=True).reshape(shape)

@primitive
def broadcast_to(x, shape):
    """x repeated, without a copy, along new axes and axes of size 1: → `shape`."""
    return np.broadcast_to(x, shape)


sum_to.vjps = (lambda g, out, x, shape: broadcast_to(g, shape=x.shape),)           # each other's transpose
broadcast_to.vjps = (lambda g, out, x, shape: sum_to(g, shape=x.shape),)
