"""Exercise 29, find the bug: a step that keeps what it had

    y = x + tanh(x w)          x and y (N, D), w (D, D)

A state that is only corrected at each step, not replaced, forgets more slowly.  The gradient of w is right.

After lesson 06.  This is meant to fail first.  To check it: python -m lessons check 29
"""
import numpy as np


def forward(x, w):
    return x + np.tanh(x @ w)


# TODO: mend the one wrong line below
def backward(g, x, w):
    """∂loss/∂x (N, D) and ∂loss/∂w (D, D)."""
    d = g * (1 - np.tanh(x @ w) ** 2)                           # ∂loss/∂(x w) (N, D)
    return d @ w.T, x.T @ d
