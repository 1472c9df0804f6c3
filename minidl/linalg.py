"""Linear algebra: solving, and the logarithm of a determinant, for what has a Gaussian in it.

A derivative of either needs the inverse, and no inverse is ever made: a⁻¹ b is the solution x of a x = b.

Matrices on a GPU are brought to the host for it, and the GPU waits: for a few hundred rows it would gain
nothing, and CuPy has it from a library of its own, cuSOLVER, which is not everywhere.
"""
import numpy as np

from minidl import backend
from minidl.ops import matmul, reshape, transpose
from minidl.tensor import primitive, value


@primitive
def solve(a, b):
    """The x with a x = b, a (n, n) and b (n,) or (n, k)."""
    return _on_host(np.linalg.solve, a, b)
def _solve_left(g, x, a, b):
    gb, columns = solve(transpose(a), g), (len(b), -1)          # da x + a dx = 0, so dx = −a⁻¹ da x
    return -matmul(reshape(gb, shape=columns), transpose(reshape(x, shape=columns)))
solve.vjps = (_solve_left,
              lambda g, x, a, b: solve(transpose(a), g))        # x = a⁻¹ b, so ∂b = a⁻ᵀ g


@primitive
def logdet(a):
    """log |det a| of a (n, n), by way of its factors, so that no product overflows."""
    return _on_host(lambda a: np.linalg.slogdet(a)[1], a)
def _logdet_back(g, z, a):
    return g * transpose(solve(a, np.diag(np.ones_like(value(a)[0]))))          # g a⁻ᵀ
logdet.vjps = (_logdet_back,)


def _on_host(f, *arrays):
    """f of the arrays, computed on the host; the result is where they were."""
    there = set(map(backend.on_gpu, arrays))
    if len(there) > 1:
        raise TypeError("a host array met a device array")
    out = f(*map(backend.to_host, arrays))
    return backend.to_device(out) if there == {True} else out
