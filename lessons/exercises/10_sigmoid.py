"""Exercise 10: the sigmoid

    y = σ(x) = 1 / (1 + e⁻ˣ)          x, y and g = ∂loss/∂y of one shape

Derive the slope, then write it in terms of y: it becomes short.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 10
"""
import numpy as np


def forward(x):
    return 1 / (1 + np.exp(-x))


def backward(g, x):
    """∂loss/∂x, of x's shape."""
    # TODO: write g times the slope of σ
    raise NotImplementedError("exercise 10: write g times the slope of σ")
