"""Exercise 01: the chain rule, and a value that is used twice

    z = sin(x y) + x

g = ∂loss/∂z is given.  Write ∂loss/∂x and ∂loss/∂y.  Along a path, slopes multiply; where paths meet, they
add.  It is all elementwise: x, y, z and g are single numbers, or arrays of one shape.

After lesson 01.  This is meant to fail first.  To check it: python -m lessons check 01
"""
import numpy as np


def forward(x, y):
    return np.sin(x * y) + x


def backward(g, x, y):
    """∂loss/∂x and ∂loss/∂y."""
    # TODO: write the slopes by x and by y
    raise NotImplementedError("exercise 01: write the slopes by x and by y")
