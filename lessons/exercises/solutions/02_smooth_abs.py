"""Exercise 02, find the bug: a smooth absolute value

    y = √(1 + x²)          x, y and g = ∂loss/∂y of one shape

For large |x| this is nearly |x|, but it has no kink at 0.  Its slope is x / √(1 + x²), and that much is right
below.  What is missing?

After lesson 01.  This is meant to fail first.  To check it: python -m lessons check 02
"""
import numpy as np


def forward(x):
    return np.sqrt(1 + x * x)


def backward(g, x):
    """∂loss/∂x, of x's shape."""
    y = forward(x)
    # As shipped: return x / y
    return g * x / y


# Hint 1.  A backward pass answers: if y has this slope for the loss, which has x?  Where is the loss in
#   this one?
# Hint 2.  The chain rule has two factors here: ∂loss/∂y, which is given, and ∂y/∂x.  Only one is in the
#   code.
# Why.  A backward pass does not return the slope of its function.  It carries a gradient through that
#   slope: it is given ∂loss/∂y and returns ∂loss/∂x.  At the end of a network g is 1, so that there one
#   may forget it and never know.  That is why the check draws g at random.
# In minidl: every rule under sqrt, exp and log, in minidl/ops.py, begins with g.

# Slip root-forgotten, if the slope is x / (1 + x²), without the root:
#   g * x / y => g * x / y ** 2
# Slip local-derivative-forgotten, if the root is differentiated, and what stands under it is not:
#   g * x / y => g / (2 * y)
# Slip sum-for-product, if the slope is added to g, not multiplied by it:
#   g * x / y => g + x / y
# Slip absolute-value, if the slope is that of |x| itself, the sign of x:
#   g * x / y => g * np.sign(x)
# Slip inverted, if g is divided by the slope:
#   g * x / y => g * y / x
