"""Exercise 09, find the bug: a layer with a ReLU

    y = max(x w + b, 0)          x (N, D), w (D, M), b (M,), y (N, M)

The three products are those of exercise 06, and they are right.  The gate before them is not.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 09
"""
import numpy as np


def forward(x, w, b):
    return np.maximum(x @ w + b, 0)


# TODO: mend the one wrong line below
def backward(g, x, w, b):
    """∂loss/∂x (N, D), ∂loss/∂w (D, M) and ∂loss/∂b (M,)."""
    y = forward(x, w, b)
    d = g * (y >= 0)
    return d @ w.T, x.T @ d, d.sum(axis=0)
