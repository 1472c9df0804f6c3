"""Exercise 07, find the bug: two layers, both square

    h = x w,  y = h v          x, h and y (N, D), w and v (D, D)

All the shapes below agree.  With square matrices they agree for the wrong product, too.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 07
"""
import numpy as np


def forward(x, w, v):
    return x @ w @ v


# TODO: mend the one wrong line below
def backward(g, x, w, v):
    """∂loss/∂x (N, D), ∂loss/∂w (D, D) and ∂loss/∂v (D, D)."""
    h = x @ w                                                   # (N, D)
    d = g @ v
    return d @ w.T, x.T @ d, h.T @ g
