"""Exercise 13, find the bug: the mean squared error

    loss = mean (x − t)²          x and t (N, D); the mean is over all N · D numbers

g, what comes back to the loss, is a single number.  The targets t are constants: only x has a gradient.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 13
"""
import numpy as np


def forward(x, t):
    return np.mean((x - t) ** 2)


# TODO: mend the one wrong line below
def backward(g, x, t):
    """∂loss/∂x (N, D), times g."""
    difference = x - t                                          # (N, D)
    return g * 2 * difference / x.size / len(x)
