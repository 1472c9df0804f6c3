"""Linear algebra: solving, and the logarithm of a determinant, for what has a Gaussian in it.

A derivative of either needs the inverse, and no inverse is ever made: a⁻¹ b is the solution x of a x = b.
"""
import numpy as np

from minidl.ops import matmul, reshape, transpose
from minidl.tensor import primitive, value


@primitive
def solve(a, b):
    """The x with a x = b, a (n, n) and b (n,) or (n, k)."""
    return np.linalg.solve(a, b)
def _solve_left(g, x, a, b):
    gb, columns = solve(transpose(a), g), (len(b), -1)          # da x + a dx = 0, so dx = −a⁻¹ da x
    return -matmul(reshape(gb, shape=columns), transpose(reshape(x, shape=columns)))
solve.vjps = (_solve_left,
              lambda g, x, a, b: solve(transpose(a), g))        # x = a⁻¹ b, so ∂b = a⁻ᵀ g


@primitive
def logdet(a):
    """log |det a| of a (n, n), by way of its factors, so that no product overflows."""
    return np.linalg.slogdet(a)[1]
def _logdet_back(g, z, a):
    return g * transpose(solve(a, np.eye(len(a), dtype=a.dtype, like=value(a))))            # g a⁻ᵀ
logdet.vjps = (_logdet_back,)
