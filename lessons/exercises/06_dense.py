"""Exercise 06: a dense layer

    y = x w + b          x (N, D), w (D, M), b (M,), y (N, M)

Write the three gradients from g = ∂loss/∂y (N, M).  Each weight w[i, j] carried x[n, i] to y[n, j], in every
example n; and x[n, i] went out along row i of w.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 06
"""
import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(g, x, w, b):
    """∂loss/∂x (N, D), ∂loss/∂w (D, M) and ∂loss/∂b (M,)."""
    # TODO: write the gradients of x, w and b
    raise NotImplementedError("exercise 06: write the gradients of x, w and b")
