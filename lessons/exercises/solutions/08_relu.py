"""Exercise 08: the ReLU

    y = max(x, 0)          x, y and g = ∂loss/∂y of one shape

Where x > 0 the output moves with the input; where x < 0 it stays 0.  At x = 0 there is a kink and no slope;
the check does not look there.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 08
"""
import numpy as np


def forward(x):
    return np.maximum(x, 0)


def backward(g, x):
    """∂loss/∂x, of x's shape."""
    # Yours: let the right part of g through
    return g * (x > 0)


# Hint 1.  What is the slope of y at x = 2?  At x = −2?  The gradient is g times that.
# Hint 2.  A comparison such as x > 0 gives an array of True and False, and NumPy multiplies by it as by 1
#   and 0.
# Why.  A ReLU is a gate: it passes the number or stops it, and the gradient goes through the same gates
#   that the numbers went through.  A unit that is negative for every example passes no gradient and
#   learns no more: it is dead.  g itself is not touched, only multiplied into a new array: somebody else
#   may still need it.
# In minidl: relu, in minidl/functions.py.

# Slip output-for-slope, if g is multiplied by the output y, not by the slope:
#   g * (x > 0) => g * forward(x)
# Slip absolute-value, if the slope below 0 is −1, as that of |x| is:
#   g * (x > 0) => g * np.sign(x)
# Slip leak, if below 0 a hundredth of g is let through, as a ReLU would that leaks:
#   g * (x > 0) => g * np.where(x > 0, 1, 0.01)
# Slip cotangent-ignored, if the slope is returned alone, without g:
#   g * (x > 0) => 1.0 * (x > 0)
