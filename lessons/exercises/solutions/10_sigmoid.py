"""Exercise 10: the sigmoid

    y = σ(x) = 1 / (1 + e⁻ˣ)          x, y and g = ∂loss/∂y of one shape

Derive the slope, then write it in terms of y: it becomes short.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 10
"""
import numpy as np


def forward(x):
    return 1 / (1 + np.exp(-x))


def backward(g, x):
    """∂loss/∂x, of x's shape."""
    # Yours: write g times the slope of σ
    y = forward(x)
    return g * y * (1 - y)                                      # σ′ = σ(1 − σ)


# Hint 1.  (1/u)′ = −u′/u², with u = 1 + e⁻ˣ.  What is u′?
# Hint 2.  σ′ = e⁻ˣ / (1 + e⁻ˣ)².  Split it into two factors: one is y = 1/(1 + e⁻ˣ), the other is e⁻ˣ/(1 +
#   e⁻ˣ).  Now express the second in y.
# Why.  σ′ = y(1 − y) is at most ¼, at x = 0, and nearly 0 where y is close to 0 or to 1.  So a sigmoid
#   shrinks every gradient to a quarter at best; ten of them in a row leave a millionth.  Deep networks
#   have ReLUs inside.
# In minidl: sigmoid, in minidl/ops.py.

# Slip bracket-forgotten, if a bracket is missing, and g multiplies only the first of two terms:
#   g * y * (1 - y) => g * y - y ** 2
# Slip inner-derivative-forgotten, if 1/u becomes −1/u², and u′ is forgotten:
#   g * y * (1 - y) => -g * y ** 2
# Slip divided-by-slope, if g is divided by the slope, not multiplied:
#   g * y * (1 - y) => g / (y * (1 - y))
# Slip slope-constant, if the slope at x = 0, ¼, is taken for that everywhere:
#   g * y * (1 - y) => g / 4
# Slip power-misplaced, if only e⁻ˣ is squared below the line, and not the whole:
#   g * y * (1 - y) => g * np.exp(-x) / (1 + np.exp(-x) ** 2)
