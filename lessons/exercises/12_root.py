"""Exercise 12, find the bug: the square root

    y = √x          x > 0, y and g = ∂loss/∂y of one shape

The slope of the root is one over twice something.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 12
"""
import numpy as np


def forward(x):
    return np.sqrt(x)


# TODO: mend the one wrong line below
def backward(g, x):
    """∂loss/∂x, of x's shape."""
    return g / (2 * x)
