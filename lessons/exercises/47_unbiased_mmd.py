"""Exercise 47: an MMD² that may be below 0

    k(a, b) = (1 + a·b)²          the quadratic kernel; x (N, D), y (M, D) are two clouds of points

MMD² is the mean likeness k within x, plus that within y, minus twice that between x and y.  Write the
unbiased one: its mean over many clouds is the true MMD².  So within a cloud two different points are
compared, never a point with itself.

After lesson 26.  This is meant to fail first.  To check it: python -m lessons check 47
"""
import numpy as np


def kernel(a, b):
    """k of all pairs, a (N, D) and b (M, D) → (N, M)."""
    return (1 + a @ b.T) ** 2


def unbiased_mmd(x, y):
    """The unbiased MMD², one number."""
    # TODO: three means of the kernel, each over its own pairs
    raise NotImplementedError("exercise 47: three means of the kernel, each over its own pairs")
