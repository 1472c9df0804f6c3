"""Exercise 46: the maximum mean discrepancy

    MMD² = mean_{i≠j} k(xᵢ, xⱼ) + mean_{i≠j} k(yᵢ, yⱼ) − 2 mean_{i,j} k(xᵢ, yⱼ),  k(a, b) = exp(−‖a − b‖² / s)

x (N, D) was generated, y (M, D) are data, and constants; s = 2 is fixed.  The result and g are single
numbers.  Write ∂MMD²/∂x: each xᵢ is pushed away from the other x and pulled towards the y.

After lesson 26.  This is meant to fail first.  To check it: python -m lessons check 46
"""
import numpy as np

S = 2.0


def kernel(a, b):
    """k of all pairs, a (N, D) and b (M, D) → (N, M)."""
    return np.exp(-((a[:, None] - b[None]) ** 2).sum(axis=2) / S)


def forward(x, y):
    n, m = len(x), len(y)
    within_x = (kernel(x, x).sum() - n) / (n * (n - 1))         # k(x, x) = 1 goes out
    within_y = (kernel(y, y).sum() - m) / (m * (m - 1))
    return within_x + within_y - 2 * kernel(x, y).mean()


def backward(g, x, y):
    """∂MMD²/∂x (N, D), times g."""
    # TODO: add up the pushes and the pulls on every x
    raise NotImplementedError("exercise 46: add up the pushes and the pulls on every x")
