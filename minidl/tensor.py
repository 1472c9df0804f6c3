"""The tape: tensors that remember how they were made, and the walk back through that memory.

Two kinds of value meet in this library.  An *array* (NumPy's or CuPy's) is a constant.  A `Tensor` holds
an array that something will be differentiated by.  A primitive applied to arrays alone is plain NumPy;
applied to at least one Tensor, it also notes what it was and what it was given.  Those notes are the tape.

The one law: a result is younger than its inputs.  So if we visit a result's ancestors from the youngest to
the oldest, every gradient is complete before it is passed on, and that is the whole of backpropagation.
(A Tensor whose array is changed counts as made anew, and a walk that finds it in its past is refused.)
"""
import itertools
from functools import wraps
from operator import attrgetter

import numpy as np

from minidl import backend
from minidl.recording import blocks, no_grad, recording         # noqa: F401, no_grad belongs to this page

_clock = itertools.count()

class Tensor:
    """An array, and the primitive call that produced it (none, for a leaf).

    Tensor([1, 2]) makes a leaf, in float32 unless it is given a floating-point array.  `t.array` is the array
    itself, `t.numpy()` a copy of it on the host, and after a `backward()` a leaf's `t.grad` is its gradient.
    Whatever a Tensor is made from, its array lives on the device in use; a bare array stays where it is.
    Operators and methods, + − * / @ ** [] .sum() .T and so on, are given to it at the end of ops.py.
    """
    __slots__ = ("_array", "grad", "op", "inputs", "params", "serial")
    __array_ufunc__ = None                      # so that `array * tensor` comes to Tensor.__rmul__

    def __init__(self, array):
        if isinstance(array, Tensor):
            raise TypeError("this is a Tensor already: Tensor(t.array) makes a new leaf of the same numbers")
        floating = floats(array)                                # float64 only if it was an array before
        self._array = backend.to_device(floating if hasattr(array, "dtype") else floating.astype(np.float32))
        self.grad = None
        self.op, self.inputs, self.params = None, (), {}
        self.serial = next(_clock)

    def _change(self, array):
        """`t.array = …` or `t.array -= …`: t counts as made anew, what was computed from it as too old."""
        self._array, self.serial = array, next(_clock)

    array = property(attrgetter("_array"), _change)
    shape = property(lambda self: self._array.shape)
    ndim = property(lambda self: self._array.ndim)
    size = property(lambda self: self._array.size)
    dtype = property(lambda self: self._array.dtype)
    computed = property(lambda self: self.op is not None or self.params is None)        # None: in no_grad()

    def backward(self):
        """Add ∂self/∂leaf to `leaf.grad`, an array, for every leaf that `self` was computed from."""
        if not self.inputs:
            raise ValueError("backward: this Tensor was computed from no other, or inside no_grad()")
        add_gradients(pullback(self))

    def numpy(self):
        """A copy of the array, on the host."""
        return np.array(backend.to_host(self.array))

    def item(self):
        """The one number in a tensor of size 1."""
        if self.size != 1:
            raise ValueError(f"a Tensor of shape {self.shape} is no single number; t.numpy() gives all")
        return self._array.item()

    __float__ = lambda self: float(self.item())
    __int__ = lambda self: int(self.item())
    __round__ = lambda self, digits=None: round(self.item(), digits)
    __format__ = lambda self, form: format(self.item(), form) if form else str(self)
    __bool__ = lambda self: bool(self.array)
    __len__ = lambda self: len(self.array)
    __hash__ = object.__hash__                  # as a key, a Tensor is itself, and not its numbers

    def __iter__(self):
        if not self.ndim:
            raise TypeError("a Tensor of shape () does not iterate: it is a number, float(t)")
        return (self[i] for i in range(len(self)))

    def __repr__(self):
        made = f", from={self.op.__name__}" if self.op else ""
        numbers = np.array2string(backend.to_host(self.array), precision=4, threshold=100, prefix="Tensor(")
        return f"Tensor({numbers}, shape={self.shape}, {self.dtype}{made})"

    def __array__(self, *args, **kwargs):
        raise TypeError("a Tensor is not a NumPy array: use minidl's function of the same name to "
                        "differentiate through it, or t.numpy() for its numbers")

    __array_function__ = __array__              # np.sum(t) and the like

    def __setstate__(self, state):
        """Copied or unpickled: after its inputs, and so younger than they are."""
        for name, part in state[1].items():
            setattr(self, name, part)
        self.serial = next(_clock)

    def __setitem__(self, index, values):
        raise TypeError("a Tensor cannot be assigned to in place, for the tape may need its old numbers: "
                        "make another with ops.where or ops.concatenate, or change t.array between steps")

_PLAIN = {np.ndarray, int, float, bool, tuple, type(None)}                      # nothing to do for _constant

def _constant(x):
    """x, but Python's number for a NumPy scalar: an np.float64 makes float64 of the float32 it meets."""
    x = x.item() if isinstance(x, np.generic) else x
    if isinstance(x, complex):
        raise TypeError(f"a Tensor holds floating-point numbers, and {x} is complex")
    return x

def primitive(f, broadcasts=False):
    """Make the array function `f` differentiable.

    Its derivative is written beside it, in `f.vjps`, one rule for each input: rule(g, out, *inputs, **params)
    returns g · ∂out/∂input, where g is ∂loss/∂out.  Where the inputs share the work, `f.vjps` is one function
    that returns all the gradients.  A rule is written with primitives and operators alone, so the same rule
    runs on arrays (fast) and on Tensors (and is recorded, to be differentiated again).
    """
    @wraps(f)
    def op(*inputs, **params):
        recorded, plain, arrays = False, True, []
        for x in inputs:                        # a loop, as nothing costs less
            if type(x) is Tensor:
                recorded, x = True, x._array
            elif type(x) not in _PLAIN:
                plain = False
            arrays.append(x)
        if recorded and not (plain and (not params or _PLAIN.issuperset(map(type, params.values())))):
            inputs, params = tuple(map(_constant, inputs)), {name: _constant(x) for name, x in params.items()}
            arrays = list(map(value, inputs))
        try:
            out = f(*arrays, **params)
        except (TypeError, ValueError, IndexError) as error:
            raise _explained(error, f.__name__, arrays) from error
        if not recorded:
            return out
        t = Tensor.__new__(Tensor)
        t._array = np.asarray(out) if isinstance(out, np.generic) else out
        t.grad = None
        t.op, t.inputs, t.params = (None, (), None) if blocks and not recording() else (op, inputs, params)
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
    return x._array if type(x) is Tensor else x

def floats(x, dtype=np.float32):
    """x, a Tensor or an array of floats, as it is; whole numbers, such as pixels of 0 to 255, as `dtype`."""
    if type(x) is Tensor:
        return x
    x = backend.as_array(x)
    if x.dtype.kind not in "iubf":
        raise TypeError(f"floating-point numbers are needed here, and this is {describe(x)}")
    return x if x.dtype.kind == "f" else x.astype(dtype)

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
        raise TypeError(f"{describe(y)} has no gradient: it was not computed from any Tensor (a gradient can "
                        "be differentiated if it was taken with create_graph=True)")
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
            _pass_on(t, grads[t] if t in wanted else grads.pop(t), grads, needed, create_graph)
    return {x: grads[x] for x in wanted if x in grads}

def _between(wanted, history):
    """The tensors of `history` through which a wanted one is reached."""
    needed = set(wanted)
    for t in history:
        if not needed.isdisjoint(x for x in t.inputs if type(x) is Tensor):
            needed.add(t)
    return needed

_RULES = "vjps is a tuple with one rule for each input, (rule,) for one, or a function that returns a list"

def _pass_on(t, g, grads, needed, create_graph):
    """Add to `grads` what g, the gradient of t, makes for the needed inputs of the primitive that made t."""
    op, rules = t.op, t.op.vjps
    out, inputs = (t, t.inputs) if create_graph else (
        t._array, [x._array if type(x) is Tensor else x for x in t.inputs])
    if together := callable(rules):
        rules = rules(g, out, *inputs, **t.params)              # no rules, but the gradients themselves
    if type(rules) is not tuple and type(rules) is not list:
        raise TypeError(f"{op.__name__}: {_RULES}")
    for i, x in enumerate(t.inputs):
        if type(x) is Tensor:
            if x.serial > t.serial:
                raise ValueError(f"{op.__name__}: input {i}, {describe(x.array)}, has been changed since, as "
                                 "by a step, and the gradient would be wrong: compute the loss anew after "
                                 "the step, or all gradients before it (and make w.T and its like anew)")
            if x in needed:
                if i >= len(rules):
                    raise TypeError(f"{op.__name__}: {_RULES}")
                gx = rules[i]
                if gx is not None and not together:
                    gx = gx(g, out, *inputs, **t.params)
                if gx is None or gx.shape != x._array.shape:
                    gx = _shaped(gx, x._array.shape, op, i)
                grads[x] = grads[x] + gx if x in grads else gx

def _shaped(gx, shape, op, i):
    """The gradient of input i in its shape: summed to it, where the primitive broadcasts, or an error."""
    if gx is not None and op.broadcasts:
        return sum_to(gx, shape=shape)
    if gx is not None:
        found = f"a gradient of shape {gx.shape} for input {i}, of shape {shape}"
        raise ValueError(f"{op.__name__}: its rule returned {found}")
    raise TypeError(f"{op.__name__} has no derivative by its input {i}, which is a Tensor: give an array")

def add_gradients(gradients):
    """Add each g of {leaf: g} to `leaf.grad`, which becomes an array that it shares with nobody."""
    given = set()
    for leaf, g in gradients.items():
        g = g if leaf.grad is None else leaf.grad + g
        if isinstance(g, np.generic):
            g = np.asarray(g)
        elif getattr(g, "base", None) is not None or id(g) in given:            # a view, or another leaf's
            g = g.copy()
        given.add(id(g))
        leaf.grad = g

def grad(y, xs, create_graph=False):
    """[∂y/∂x for x in xs] of a single number y: arrays, or Tensors when `create_graph`."""
    if type(xs) is Tensor:
        raise TypeError("grad: xs is a list of Tensors, as in dx, = grad(y, [x])")
    grads = pullback(y, wrt=xs, create_graph=create_graph)
    for i, x in enumerate(xs):
        if x not in grads:
            raise ValueError(f"grad: y does not depend on xs[{i}], of shape {x.shape}: it was not computed "
                             "from that Tensor, or was computed inside no_grad()")
    return [grads[x] for x in xs]

def leaves(name, tensors):
    """The list of Tensors that `name` is to change: leaves, each once, and none of them alone."""
    if type(tensors) is Tensor or hasattr(tensors, "parameters"):
        raise TypeError(f"{name} takes a list of Tensors, [w, b] or model.parameters(), not a single one or "
                        "the model itself")
    tensors = list(tensors)
    if wrong := [x for x in tensors if type(x) is not Tensor or x.computed]:
        raise TypeError(f"{name} takes Tensors that you made, not {wrong[0]!r:.80}")
    if len(set(tensors)) < len(tensors):
        raise ValueError(f"{name}: a Tensor stands twice in its list; model.parameters() has each once")
    return tensors

def describe(x):
    """'float32(3, 4)' for an array, its repr for anything else; 'gpu:' marks a device array."""
    return f"{'gpu:' * backend.on_gpu(x)}{x.dtype}{tuple(x.shape)}" if hasattr(x, "dtype") else repr(x)

def _explained(error, name, arrays):
    """The same kind of error, its message led by the operation and the shapes it was given."""
    kind = next(k for k in (IndexError, TypeError, ValueError) if isinstance(error, k))
    hint = "; axis and keepdims are NumPy's words" * ("'dim'" in str(error) or "'keepdim'" in str(error))
    return kind(f"{name}({', '.join(map(describe, arrays))}): {error}{hint}")

@primitive
def sum_to(x, shape):
    """x summed over the axes along which an array of `shape` would be broadcast to it."""
    if lead := x.ndim - len(shape):
        x = x.sum(axis=tuple(range(lead)))
    ones = tuple(i for i, n in enumerate(shape) if n == 1 != x.shape[i])
    return x.sum(axis=ones, keepdims=True) if ones else x

@primitive
def broadcast_to(x, shape):
    """x repeated, without a copy, along new axes and axes of size 1: → `shape`."""
    return np.broadcast_to(x, shape)

sum_to.vjps = (lambda g, out, x, shape: broadcast_to(g, shape=x.shape),)           # each other's transpose
broadcast_to.vjps = (lambda g, out, x, shape: sum_to(g, shape=x.shape),)
