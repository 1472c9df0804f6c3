"""Exercise 02, find the bug: a smooth absolute value

    y = √(1 + x²)          x, y and g = ∂loss/∂y of one shape

For large |x| this is nearly |x|, but it has no kink at 0.  Its slope is x / √(1 + x²), and that much is right
below.  What is missing?

After lesson 01.  This is meant to fail first.  To check it: python -m lessons check 02
"""
import numpy as np


def forward(x):
    return np.sqrt(1 + x * x)


# TODO: mend the one wrong line below
def backward(g, x):
    """∂loss/∂x, of x's shape."""
    y = forward(x)
    return x / y
