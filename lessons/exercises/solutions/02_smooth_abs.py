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
