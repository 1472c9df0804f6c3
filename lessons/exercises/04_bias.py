"""Exercise 04: a bias, and what was broadcast

    y = x + b          x (N, D), b (D,), y (N, D)

NumPy adds the same b to each of the N rows.  g = ∂loss/∂y is (N, D).  Write ∂loss/∂x and ∂loss/∂b; a gradient
always has the shape of what it belongs to.

After lesson 01.  This is meant to fail first.  To check it: python -m lessons check 04
"""
import numpy as np


def forward(x, b):
    return x + b


def backward(g, x, b):
    """∂loss/∂x (N, D) and ∂loss/∂b (D,)."""
    # TODO: write the gradients of x and b, each in its own shape
    raise NotImplementedError("exercise 04: write the gradients of x and b, each in its own shape")
