"""Exercise 11: the hyperbolic tangent

    y = tanh x = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)          x, y and g = ∂loss/∂y of one shape

Here, too, the slope is shortest in terms of y.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 11
"""
import numpy as np


def forward(x):
    return np.tanh(x)


def backward(g, x):
    """∂loss/∂x, of x's shape."""
    # Yours: write g times the slope of tanh
    y = np.tanh(x)
    return g * (1 - y * y)                                      # tanh′ = 1 − tanh²


# Hint 1.  With a = eˣ − e⁻ˣ and b = eˣ + e⁻ˣ: a′ = b and b′ = a.  The quotient rule does the rest.
# Hint 2.  (a/b)′ = (b·b − a·a) / b².  Divide it out, and remember what a/b is.
# Why.  tanh x = 2σ(2x) − 1: the same curve as the sigmoid, moved to the middle and stretched.  Its slope
#   is 1 at 0, not ¼, so a signal near 0 passes unshrunk.  That is one reason why recurrent networks
#   prefer it.
# In minidl: tanh, in minidl/ops.py.
