"""Exercise 09, find the bug: a layer with a ReLU

    y = max(x w + b, 0)          x (N, D), w (D, M), b (M,), y (N, M)

The three products are those of exercise 06, and they are right.  The gate before them is not.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 09
"""
import numpy as np


def forward(x, w, b):
    return np.maximum(x @ w + b, 0)


def backward(g, x, w, b):
    """∂loss/∂x (N, D), ∂loss/∂w (D, M) and ∂loss/∂b (M,)."""
    y = forward(x, w, b)
    # As shipped: d = g * (y >= 0)
    d = g * (y > 0)                                             # ∂loss/∂(x w + b) (N, M)
    return d @ w.T, x.T @ d, d.sum(axis=0)


# Hint 1.  Print the mask.  How many of its entries are False, and how many should be?
# Hint 2.  y is what comes out of the ReLU.  Which values can it have, and for which of them is the gate
#   shut?
# Why.  y is never negative, so y >= 0 is always true and the gate always open.  The network learns all the
#   same, only worse: units that are off are pushed about by gradients that are none of their business,
#   and nothing tells you.  Of x w + b, > and >= differ only at the kink; of y, they differ at every 0.
# In minidl: relu, in minidl/functions.py, asks its input.

# Slip bias-forgotten, if the mask is that of x w > 0, and b is forgotten:
#   (y > 0) => (x @ w > 0)
# Slip gate-misplaced, if the gate is at the layer's input, x > 0, and not at its output:
#   return d @ w.T, => return g @ w.T * (x > 0),
# Slip wrong-local-derivative, if the slope of the ReLU is taken to be y itself:
#   (y > 0) => y
# Slip input-gated, if the negative numbers of x are set to 0 in the product for w:
#   x.T @ d => np.maximum(x, 0).T @ d
