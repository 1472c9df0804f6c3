"""The one door to the device: NumPy on the CPU, or CuPy on a GPU, by changing one setting.

    minidl.backend.use("gpu")        # before a model is built

The mathematics never asks which it is, because CuPy's arrays answer to NumPy's names (`np.exp(x)` of a CuPy
array runs on the GPU).  Only what comes from nothing has to know: data, initial weights, noise.  Random
numbers are drawn on the host, from one seeded generator, and moved; so a run is the same on both.
"""
import ctypes
import sys

import numpy as np

_cupy = None                                    # the module, while the GPU is in use
_rng = np.random.default_rng(0)

class DeviceError(RuntimeError):
    """The device that was asked for is not there."""

def use(device):
    """Put new data, weights and noise on "cpu" or "gpu".  Raises DeviceError where there is no GPU."""
    global _cupy
    if device not in ("cpu", "gpu"):
        raise ValueError(f"backend.use: the device is 'cpu' or 'gpu', not {device!r}")
    _cupy = _find_gpu() if device == "gpu" else None

def _find_gpu():
    """CuPy, once it has shown that it can reach a GPU."""
    try:
        import cupy
    except ImportError:
        raise DeviceError("the GPU needs CuPy: pip install -e '.[gpu12]' for CUDA 12, "
                          "'.[gpu13]' for CUDA 13; or stay on the CPU") from None
    try:
        cupy.zeros(1) + 1
    except Exception as error:                  # CuPy has many ways to say that there is no usable GPU
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DeviceError(f"CuPy is installed but finds no usable GPU ({reason}); stay on the CPU") from error
    return cupy

def name():
    """The device in use, "cpu" or "gpu"."""
    return "gpu" if _cupy else "cpu"

def to_device(array):
    """The array on the device in use, copied only if it was elsewhere."""
    return _cupy.asarray(array) if _cupy else to_host(array)

def to_host(array):
    """The array as NumPy's, copied only if it was on a GPU."""
    return array.get() if on_gpu(array) else array

def on_gpu(array):
    """Whether this is CuPy's array: not NumPy's, and not a table of pandas, which has a `get` too."""
    return hasattr(array, "get") and hasattr(array, "strides")

def as_array(x):
    """x as an array: of NumPy for whatever NumPy makes one of (lists, pandas' tables), on a GPU as it is."""
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError("a masked array would lose its mask here: fill it, x.filled(0), or leave entries out")
    return x if on_gpu(x) else np.asarray(x)

def as_strided(array, shape, strides):
    """A view in another shape, by steps in bytes, which nothing checks; NumPy's knows no CuPy arrays."""
    library = np if isinstance(array, np.ndarray) else sys.modules[type(array).__module__]
    return library.lib.stride_tricks.as_strided(array, shape, strides)

def seed(number):
    """Restart the one random generator; the same seed gives the same run, on the CPU and on the GPU."""
    global _rng
    _rng = np.random.default_rng(number)

def rng():
    """The one random generator, a numpy.random.Generator: it draws on the host."""
    return _rng

def normal(shape, std=1.0, dtype=np.float32):
    """Gaussian noise N(0, std²) of `shape`, on the device in use."""
    drawn = _rng.standard_normal(shape, np.float32 if dtype is np.float16 else dtype)
    return to_device((drawn * dtype(std)).astype(dtype, copy=False))

def uniform(shape, low=0.0, high=1.0, dtype=np.float32):
    """Uniform noise in [low, high) of `shape`, on the device in use."""
    return to_device(_rng.random(shape, dtype) * dtype(high - low) + dtype(low))

def keep_memory():
    """Keep freed memory, so that a training step finds the pages of the step before; `train.fit` calls it.

    Linux would take large arrays back and zero new pages for the next: half the time of a step of LeNet-5.
    This tells glibc not to (mallopt's M_MMAP_THRESHOLD, M_TRIM_THRESHOLD); elsewhere it does nothing.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if hasattr(libc, "mallopt"):
        libc.mallopt(-3, 1 << 30)
        libc.mallopt(-1, 1 << 30)
