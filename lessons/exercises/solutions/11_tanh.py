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

# Slip bracket-forgotten, if a bracket is missing, and g multiplies only the first of two terms:
#   g * (1 - y * y) => g - y * y
# Slip divided-by-slope, if g is divided by the slope, not multiplied:
#   g * (1 - y * y) => g / (1 - y * y)
# Slip wrong-local-derivative, if the slope is taken to be −y²: a term is missing:
#   g * (1 - y * y) => -g * y * y
# Slip wrong-local-derivative, if the slope is taken to be (1 − y)²:
#   g * (1 - y * y) => g * (1 - y) ** 2
# Slip wrong-local-derivative, if the slope is taken to be 1/cosh x:
#   g * (1 - y * y) => g / np.cosh(x)
# Slip wrong-local-derivative, if the slope is that of arctan, 1/(1 + x²):
#   g * (1 - y * y) => g / (1 + x * x)
# Slip not-linear, if the slope is taken at g, not at x:
#   g * (1 - y * y) => g * (1 - np.tanh(g) ** 2)
