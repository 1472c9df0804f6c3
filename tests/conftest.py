"""What every test starts from: the same random numbers, and the CPU; and what devices there are."""
from pathlib import Path

import numpy as np
import pytest

import device_stand_in
from minidl import backend


def _find_devices():
    try:
        import cupy
        cupy.zeros(1) + 1
    except Exception:                           # no CuPy, or no GPU
        return {"stand-in": device_stand_in}
    return {"stand-in": device_stand_in, "cupy": cupy}


DEVICES = _find_devices()


@pytest.fixture(autouse=True)
def fresh():
    backend.seed(0)
    yield
    backend.use("cpu")


@pytest.fixture
def no_home(monkeypatch):
    """A machine that names no folder for data, and whose user has no home."""
    def home():
        raise RuntimeError("Could not determine home directory.")
    for name in "MINIDL_DATA", "XDG_CACHE_HOME", "LOCALAPPDATA":
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", home)


@pytest.fixture(params=DEVICES)
def device(request, monkeypatch):
    """A device that new data, weights and noise go to: the stand-in, and the GPU where there is one."""
    monkeypatch.setattr(backend, "_cupy", DEVICES[request.param])
    return Device(DEVICES[request.param])


class Device:
    """A module with `asarray`, and what its arrays must be like."""

    def __init__(self, module):
        self.module, self.put, self.exact = module, module.asarray, module is device_stand_in

    def same(self, there, here, reordered=False):
        """`there` is on the device, and equals `here` on the host.

        To the last bit on the stand-in, unless sums are taken in another order there.
        """
        assert not isinstance(there, (np.ndarray, np.generic)), "this came back from the device"
        there, here = backend.to_host(there), np.asarray(here)
        assert there.dtype == here.dtype and there.shape == here.shape
        if self.exact and not reordered:
            np.testing.assert_array_equal(there, here)
        else:
            loose = 1e-9 if here.dtype == np.float64 else 1e-5 if self.exact else 1e-4  # sums, and exp
            np.testing.assert_allclose(there, here, rtol=loose, atol=loose)
