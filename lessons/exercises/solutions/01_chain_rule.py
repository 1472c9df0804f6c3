"""Exercise 01: the chain rule, and a value that is used twice

    z = sin(x y) + x

g = ∂loss/∂z is given.  Write ∂loss/∂x and ∂loss/∂y.  Along a path, slopes multiply; where paths meet, they
add.  It is all elementwise: x, y, z and g are single numbers, or arrays of one shape.

After lesson 01.  This is meant to fail first.  To check it: python -m lessons check 01
"""
import numpy as np


def forward(x, y):
    return np.sin(x * y) + x


def backward(g, x, y):
    """∂loss/∂x and ∂loss/∂y."""
    # Yours: write the slopes by x and by y
    slope = np.cos(x * y)                                       # sin′ = cos
    return g * (slope * y + 1), g * slope * x


# Hint 1.  Call s = x y.  How much does sin s change with s, and how much does s change with x?  Along the
#   path from the loss by z and s to x, the slopes multiply.
# Hint 2.  x is in z twice: inside the sine, and on its own.  Add what comes back by the two paths; the
#   second one has the slope 1.  For y there is only one path.
# Why.  Slopes multiply along a path and add where paths meet.  There is no more to backpropagation than
#   this: the rest is book-keeping, so that every path is walked once.  x is used twice and is paid twice,
#   and to forget one of the two leaves a gradient that looks reasonable and is wrong.
# In minidl: pullback, in minidl/tensor.py, adds the paths; under sin and multiply, in minidl/ops.py, are
#   the slopes.

# Slip extra-path, if y is given g by a direct path as well, which only x has:
#   g * slope * x => g * (slope * x + 1)
# Slip wrong-local-derivative, if the sine stands where its derivative belongs:
#   np.cos(x * y) => np.sin(x * y)
# Slip sign, if −cos is taken for the derivative of the sine:
#   np.cos(x * y) => -np.cos(x * y)
# Slip local-derivative-forgotten, if what comes back to s = x y goes on to x and to y without a slope:
#   slope * y + 1 => slope + 1
#   g * slope * x => g * slope
# Slip inner-value, if the cosine is taken at x alone, or at y alone, and not at x y:
#   g * (slope * y + 1), g * slope * x => g * (np.cos(x) * y + 1), g * np.cos(y) * x
# Slip cotangent-ignored, if g multiplies only one of the two paths that lead to x:
#   g * (slope * y + 1) => g * slope * y + 1
# Slip extra-slope, if the direct path to x is multiplied by the cosine as well:
#   slope * y + 1 => slope * (y + 1)
# Slip own-factor, if a factor of x y gets itself for its slope, and not the other factor:
#   g * (slope * y + 1), g * slope * x => g * (slope * x + 1), g * slope * y
