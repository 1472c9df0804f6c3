"""Exercise 16, find the bug: cross-entropy of pixels

    loss = −(1/N) Σ [x log q + (1 − x) log(1 − q)]          q and x (N, D); the sum is over all of them

q is what an autoencoder painted, between 0 and 1, and x the image, a constant.  g is a single number.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 16
"""
import numpy as np


def forward(q, x):
    return -(x * np.log(q) + (1 - x) * np.log(1 - q)).sum() / len(q)


# TODO: mend the one wrong line below
def backward(g, q, x):
    """∂loss/∂q (N, D), times g."""
    slope = x / q - (1 - x) / (1 - q)
    return g * slope / len(q)
