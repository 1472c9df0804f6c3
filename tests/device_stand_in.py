"""A stand-in for CuPy that runs on the host and is stricter than CuPy is.

A `DeviceArray` wraps a NumPy array (a subclass would be taken for one).  It answers to NumPy's names
through `__array_ufunc__` and `__array_function__`, as CuPy's arrays do, for the names that CuPy 14 has.
What CuPy refuses, it refuses: a host array among the operands, an implicit copy to the host, `np.add.at`
with a tuple for an index (only arrays and scalars pass CuPy's door).  What CuPy allows, but a training step
should not do, it refuses (host arrays as an index, copied in silence) or counts (conversions to numbers,
which wait for the GPU).
"""
import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

UFUNCS = """absolute add arctan bitwise_and bitwise_or bitwise_xor cos divide equal exp expm1 floor
    floor_divide greater greater_equal invert isfinite isinf isnan less less_equal log log1p logaddexp
    logical_and logical_not logical_or matmul maximum minimum multiply negative not_equal positive power
    reciprocal remainder sign sin sqrt square subtract tanh""".split()
UFUNC_AT = ["add", "subtract", "maximum", "minimum"]            # the ufuncs of CuPy that have `.at`
FUNCTIONS = """all any arange argmax argmin argsort broadcast_to clip concatenate copy copyto cumsum diag
    dot einsum empty_like expand_dims flip full full_like isclose max mean median min moveaxis ndim nonzero
    ones ones_like outer pad prod ravel repeat reshape roll shape size sliding_window_view sort squeeze stack std sum
    swapaxes take take_along_axis tensordot tile transpose tril triu unique var where
    zeros zeros_like""".split()
MODULES = ["numpy", "numpy.lib.stride_tricks"]                  # where CuPy has a module of the same name
ATTRIBUTES = ["shape", "ndim", "size", "dtype", "strides", "itemsize", "nbytes", "T", "real", "imag"]
METHODS = """all any argmax argmin argsort astype clip copy cumsum dot fill flatten max mean min prod ravel
    repeat reshape sort squeeze std sum swapaxes take transpose var view""".split()


class DeviceArray(NDArrayOperatorsMixin):
    """An array on the device that does not exist."""

    synchronised = 0                                            # how often anything waited for the device

    def __init__(self, host):
        self._a = host

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed: use .get()")

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **settings):
        if ufunc.__name__ not in UFUNCS or (method != "__call__" and ufunc.__name__ not in UFUNC_AT):
            raise TypeError(f"CuPy has no {ufunc.__name__}.{method}")
        for x in inputs + (out or ()):
            if isinstance(x, (tuple, list)):
                return NotImplemented                           # as CuPy answers
        settings = _down({**settings, "out": out} if out else settings)
        result = getattr(ufunc, method)(*map(_down, inputs), **settings)
        return out[0] if out else _up(result)

    def __array_function__(self, function, types, args, settings):
        if function.__name__ not in FUNCTIONS or function.__module__ not in MODULES:
            raise TypeError(f"CuPy has no {function.__module__}.{function.__name__}")
        if function.__name__ == "sliding_window_view":          # CuPy moves the shape there, and looks at it
            DeviceArray.synchronised += 2
        return _up(function(*_down(args), **_down(settings)))

    def __getattr__(self, name):
        if name in ATTRIBUTES:
            return _up(getattr(self._a, name))
        if name in METHODS:
            method = getattr(self._a, name)
            return lambda *args, **settings: _up(method(*_down(args), **_down(settings)))
        raise AttributeError(f"cupy.ndarray has no attribute {name!r}")

    def __getitem__(self, index):
        return _up(self._a[_down(index)])

    def __setitem__(self, index, values):
        self._a[_down(index)] = _down(values)

    def __len__(self):
        return len(self._a)

    def get(self):
        """A copy on the host."""
        DeviceArray.synchronised += 1
        return self._a.copy()

    def _number(self, kind):
        DeviceArray.synchronised += 1
        return kind(self._a)

    def __float__(self):
        return self._number(float)

    def __int__(self):
        return self._number(int)

    def __bool__(self):
        return self._number(bool)

    def item(self):
        return self._number(np.ndarray.item)

    def tolist(self):
        return self._number(np.ndarray.tolist)

    def __format__(self, spec):
        return self._number(lambda host: format(host, spec))

    def __repr__(self):
        return f"DeviceArray({self._a!r})"


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
    if isinstance(x, DeviceArray):
        return x._a
    if isinstance(x, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>: a host array met a device array")
    if isinstance(x, (tuple, list)):
        return type(x)(map(_down, x))
    return {name: _down(v) for name, v in x.items()} if isinstance(x, dict) else x


def _up(x):
    """Arrays, also those without axes, as device arrays."""
    if isinstance(x, np.ndarray) or isinstance(x, np.generic):
        return DeviceArray(np.asarray(x))
    return tuple(map(_up, x)) if type(x) is tuple and any(isinstance(v, np.ndarray) for v in x) else x
