"""Exercise 25, find the bug: a gain for each channel

    y[n, c, i, j] = a[c] · x[n, c, i, j]          x and y (N, C, H, W), a (C,)

Red, green and blue each get a brightness of their own, the same for all images and all pixels.

After lesson 03.  This is meant to fail first.  To check it: python -m lessons check 25
"""
import numpy as np


def forward(x, a):
    return x * a[:, None, None]


# TODO: mend the one wrong line below
def backward(g, x, a):
    """∂loss/∂x (N, C, H, W) and ∂loss/∂a (C,)."""
    da = np.sum(g * x, axis=(2, 3))
    return g * a[:, None, None], da
