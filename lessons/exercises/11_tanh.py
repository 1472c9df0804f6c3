"""Exercise 11: the hyperbolic tangent

    y = tanh x = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)          x, y and g = ∂loss/∂y of one shape

Here, too, the slope is shortest in terms of y.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 11
"""
import numpy as np


def forward(x):
    return np.tanh(x)


def backward(g, x):
    """∂loss/∂x, of x's shape."""
    # TODO: write g times the slope of tanh
    raise NotImplementedError("exercise 11: write g times the slope of tanh")
