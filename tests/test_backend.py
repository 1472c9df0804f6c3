"""The one door to the device, and the memory behind it."""
import subprocess
import sys

import numpy as np
import pytest

from minidl import backend, images


def test_the_same_seed_draws_the_same_numbers():
    backend.seed(3)
    first = backend.normal((5,)), backend.uniform((5,))
    backend.seed(3)
    assert all(np.array_equal(a, b) for a, b in zip(first, (backend.normal((5,)), backend.uniform((5,)))))


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator alone is told")
def test_kept_memory_is_not_paged_in_again():
    """Page faults of 100 arrays of 8 MB, made and freed one by one, in a fresh process each way."""
    script = ("import numpy as np, resource; from minidl import backend; {}\n"
              "for _ in range(5): np.ones(2_000_000, np.float32)\n"
              "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
              "for _ in range(100): a, b = np.ones(2_000_000, np.float32), np.ones(9_000_000, np.float32)\n"
              "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)")
    faults = [int(subprocess.run([sys.executable, "-c", script.format(line)], capture_output=True, text=True,
                                 check=True).stdout) for line in ("backend.keep_memory()", "pass")]
    assert faults[0] < faults[1] / 3, faults


@pytest.mark.parametrize("padding", [0, 1, "same"])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3), (7, 1)])
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (5, 7), (2, 5)])
def test_the_patches_of_a_convolution_lie_inside_the_image(size, stride, padding):
    x = images._batch_last(images._framed("", np.ones((2, 3, 5, 7)), size, stride, padding))
    low, high = np.lib.array_utils.byte_bounds(images._patches(x, size, stride))
    assert np.lib.array_utils.byte_bounds(x)[0] == low and high <= np.lib.array_utils.byte_bounds(x)[1]
