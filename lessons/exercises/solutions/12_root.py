"""Exercise 12, find the bug: the square root

    y = √x          x > 0, y and g = ∂loss/∂y of one shape

The slope of the root is one over twice something.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 12
"""
import numpy as np


def forward(x):
    return np.sqrt(x)


def backward(g, x):
    """∂loss/∂x, of x's shape."""
    # As shipped: return g / (2 * x)
    return g / (2 * np.sqrt(x))


# Hint 1.  y² = x.  Differentiate both sides by x, and solve for the slope of y.
# Hint 2.  2 y y′ = 1.  Is it the input or the output that stands in the code?
# Why.  Many slopes are shortest in the output: √x′ = 1/(2y), exp′ = y, σ′ = y(1 − y), tanh′ = 1 − y².  A
#   rule written for y and given x has the right shape and is even right at some points, here at x = 1. It
#   is one of the mistakes that no error message finds.
# In minidl: sqrt, in minidl/ops.py.  Its rules are given the output, z, beside the inputs.

# Slip wrong-local-derivative, if the slope is that of 1/√x:
#   g / (2 * np.sqrt(x)) => -g / (2 * x * np.sqrt(x))
# Slip power-lowered-twice, if the power of x goes from ½ to −3/2, by two and not by one:
#   g / (2 * np.sqrt(x)) => g / (2 * x * np.sqrt(x))
# Slip g-for-x, if g stands under the root, in place of x:
#   g / (2 * np.sqrt(x)) => g / (2 * np.sqrt(g))
# Slip root-too-far, if the 2 stands under the root, with x:
#   g / (2 * np.sqrt(x)) => g / np.sqrt(2 * x)
