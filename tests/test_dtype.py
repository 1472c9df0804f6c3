"""float32 stays float32, and float64 float64: forward, gradient, second derivative."""
import numpy as np
import pytest
from cases import CASES, Case, cotangent, first, random_like, second

from minidl import Tensor


def cast(name, dtype):
    """The row with all its floating-point arrays in `dtype`."""
    case = CASES[name]
    return Case(case.f, tuple(a.astype(dtype) for a in case.arrays),
                tuple(a.astype(dtype) if a.dtype.kind == "f" else a for a in case.constants))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", CASES)
def test_the_dtype_stays(name, dtype):
    case, v = cast(name, dtype), cotangent(name, dtype)
    y = case.f(*map(Tensor, case.arrays), *case.constants)
    assert y.dtype == dtype
    assert np.asarray(case.f(*case.arrays, *case.constants)).dtype == dtype
    assert [g.dtype for g in first(case, case.arrays, v)] == [dtype] * len(case.arrays)
    directions = random_like(name, case.arrays)
    assert [g.dtype for g in second(case, case.arrays, v, directions)] == [dtype] * len(case.arrays)
