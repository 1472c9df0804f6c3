"""A stand-in for CuPy that runs on the host, and forbids what CuPy forbids.

A `DeviceArray` wraps a NumPy array (a subclass would be taken for one).  It answers to NumPy's names
through `__array_ufunc__` and `__array_function__`, as CuPy's arrays do: to those that CuPy 14 has, too, and
that a network, a lesson or its pictures may need.

What CuPy refuses, it refuses: a host array among the operands, an implicit copy to the host, settings that
CuPy lacks (where=, initial=, order=), `np.add.at` with a tuple for an index.  What makes CuPy wait for the
GPU, it counts: numbers, text and copies for the host, masks as an index, `nonzero`.  What CuPy computes lies
in memory in C order, whatever the order of the inputs; so it does here.  (Not always a sum: on an H100, with
CuPy 14.2, the sum over the first axis kept the order of its input.)

It is stricter in two things.  A host array as an index, which CuPy copies to the GPU in silence, step after
step, is refused.  And where CuPy is silent and NumPy raises, this raises: an index out of range, a negative
power of whole numbers, writing to what `broadcast_to` returned.
"""
from operator import attrgetter

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

UFUNCS = set("""absolute add arccos arcsin arctan arctan2 arctanh bitwise_and bitwise_or bitwise_xor cbrt ceil
    conjugate copysign cos cosh divide equal exp exp2 expm1 fabs floor floor_divide fmax fmin fmod greater
    greater_equal hypot invert isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and
    logical_not logical_or logical_xor matmul maximum minimum multiply negative not_equal positive power
    reciprocal remainder rint sign signbit sin sinh sqrt square subtract tan tanh trunc""".split())
METHODS_OF_UFUNCS = {"__call__": UFUNCS, "at": ["add", "subtract", "maximum", "minimum"],
                     "reduce": ["add", "multiply"]}
COMPUTED = set("""all allclose any arange argmax argmin argsort array_equal average bincount clip column_stack
    concatenate count_nonzero cumsum diag diff dot flatnonzero histogram isclose max mean median min nonzero
    norm outer prod ptp quantile repeat round sort stack std sum take take_along_axis tensordot
    tile tril triu unique var vstack where""".split())
MOVED = set("""broadcast_to copy copyto einsum empty_like expand_dims flip full_like moveaxis ndim
    ones_like pad ravel reshape roll shape size sliding_window_view squeeze swapaxes transpose zeros
    zeros_like""".split())
MODULES = ["numpy", "numpy.linalg", "numpy.lib.stride_tricks"]  # where CuPy has a module of the same name
WAITS = {"bincount": 2, "flatnonzero": 1, "histogram": 4, "nonzero": 1, "unique": 1}
FACTS = "shape ndim size dtype strides flags itemsize nbytes base".split()    # of which the host knows, too
METHODS_COMPUTED = """all any argmax argmin argsort clip conj cumsum dot flatten max mean min nonzero prod
    repeat round sort std sum take trace var""".split()
METHODS_MOVED = "astype copy diagonal fill put ravel reshape squeeze swapaxes transpose view".split()


class DeviceArray(NDArrayOperatorsMixin):
    """An array on the device that does not exist."""

    synchronised = 0                                            # how often anything waited for the device

    shape, ndim, size, dtype, strides, flags, itemsize, nbytes, base = (
        property(attrgetter(f"_a.{name}")) for name in FACTS)

    def __init__(self, host):
        self._a = host

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed: use .get()")

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        if ufunc.__name__ not in METHODS_OF_UFUNCS.get(method, ()):
            raise TypeError(f"the stand-in has no {ufunc.__name__}.{method}; if CuPy has it, add it there")
        if not {tuple, list}.isdisjoint(map(type, inputs)):
            return NotImplemented                               # as CuPy answers
        if method == "__call__":
            if not settings.keys() <= {"dtype", "casting"}:
                raise TypeError(f"Wrong arguments {settings}")
            settings["order"] = "C"
        if out:
            settings["out"] = tuple(map(_down, out))
        result = getattr(ufunc, method)(*map(_down, inputs), **settings)
        return out[0] if out else _up(result)

    def __array_function__(self, function, types, args, settings):
        name, known = function.__name__, function.__module__ in MODULES
        if not known or name not in COMPUTED and name not in MOVED:
            raise TypeError(f"the stand-in has no {function.__module__}.{name}; if CuPy has it, add it there")
        return _result(function, args, settings, name in COMPUTED)

    def __getattr__(self, name):
        if name in ("T", "real", "imag"):
            return _up(getattr(self._a, name))
        if name in METHODS_COMPUTED or name in METHODS_MOVED:
            method = getattr(self._a, name)
            return lambda *args, **settings: _result(method, args, settings, name in METHODS_COMPUTED)
        raise AttributeError(f"the stand-in has no attribute {name!r}; if cupy.ndarray has it, add it there")

    def __pow__(self, n):
        """By NumPy's own operator: x ** 2 is not np.power(x, 2) to the last bit in every version."""
        return _up(np.asarray(self._a ** _down(n), order="C"))

    def __getitem__(self, index):
        _count_masks(index)
        found = self._a[_down(index)]
        return _up(found if np.may_share_memory(found, self._a) else np.asarray(found, order="C"))

    def __setitem__(self, index, values):
        if isinstance(values, (tuple, list)) or isinstance(values, np.ndarray) and values.ndim:
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        _count_masks(index)
        self._a[_down(index)] = values._a if isinstance(values, DeviceArray) else values

    def __len__(self):
        return len(self._a)

    def get(self):
        """A copy on the host."""
        return self._waited(np.ndarray.copy)

    def _waited(self, f):
        DeviceArray.synchronised += 1
        return f(self._a)

    __float__ = lambda self: self._waited(float)
    __int__ = lambda self: self._waited(int)
    __complex__ = lambda self: self._waited(complex)
    __bool__ = lambda self: self._waited(bool)
    __str__ = lambda self: self._waited(str)
    __repr__ = lambda self: f"DeviceArray({self._waited(repr)})"
    __format__ = lambda self, spec: format(self._waited(np.ndarray.copy), spec)
    item = lambda self: self._waited(np.ndarray.item)
    tolist = lambda self: self._waited(np.ndarray.tolist)


def asarray(array):
    """cupy.asarray: a copy of a host array on the device; a device array as it is."""
    return array if isinstance(array, DeviceArray) else DeviceArray(np.array(array))


class lib:
    """cupy.lib, as far as NumPy's function of the same name does not answer for it."""

    class stride_tricks:
        @staticmethod
        def as_strided(x, shape, strides):
            return DeviceArray(np.lib.stride_tricks.as_strided(x._a, shape, strides))


def _down(x):
    """The host arrays inside; an error for any that was on the host before."""
    if type(x) is DeviceArray:
        return x._a
    if isinstance(x, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>: a host array met a device array")
    return type(x)(map(_down, x)) if type(x) in (tuple, list) else x


def _up(x):
    """Arrays, also those without axes, as device arrays."""
    if isinstance(x, np.ndarray):
        return DeviceArray(x)
    if isinstance(x, np.generic):
        return DeviceArray(np.asarray(x))
    return tuple(map(_up, x)) if isinstance(x, tuple) else x


def _result(function, args, settings, computed):
    """What a function of NumPy returns, as CuPy would have it."""
    DeviceArray.synchronised += WAITS.get(function.__name__, 0)
    if function.__name__ == "sliding_window_view":              # CuPy moves the shape there, and looks at it
        DeviceArray.synchronised += np.size(args[1])
    if not settings.keys().isdisjoint(["where", "initial"]):
        raise TypeError(f"{function.__name__}() got an unexpected keyword argument: {', '.join(settings)}")
    result = function(*map(_down, args), **{name: _down(x) for name, x in settings.items()})
    return _up(np.asarray(result, order="C") if computed and not isinstance(result, tuple) else result)


def _count_masks(index):
    """A mask has to be counted before its elements have a place: CuPy waits."""
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, DeviceArray) and part._a.dtype == bool:
            DeviceArray.synchronised += 1
