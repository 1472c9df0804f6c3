"""Exercise 04: a bias, and what was broadcast

    y = x + b          x (N, D), b (D,), y (N, D)

NumPy adds the same b to each of the N rows.  g = ∂loss/∂y is (N, D).  Write ∂loss/∂x and ∂loss/∂b; a gradient
always has the shape of what it belongs to.

After lesson 01.  This is meant to fail first.  To check it: python -m lessons check 04
"""
import numpy as np


def forward(x, b):
    return x + b


def backward(g, x, b):
    """∂loss/∂x (N, D) and ∂loss/∂b (D,)."""
    # Yours: write the gradients of x and b, each in its own shape
    return g, g.sum(axis=0)


# Hint 1.  If one number of b grows by a little, how many numbers of y grow with it?  Which ones?
# Hint 2.  b was used N times, once for each row, and is paid N times.  What is paid is added up.
# Why.  Broadcasting copies b for every row, and every copy brings back a gradient.  They are copies of one
#   number, so their gradients add: the way back from a copy is a sum.  The other way round it is true as
#   well: the way back from a sum is a copy.
# In minidl: sum_to and broadcast_to, in minidl/tensor.py, are each other's derivative; pullback calls
#   sum_to.

# Slip product-rule, if the slopes are those of a product, x b, though this is a sum:
#   return g, g.sum(axis=0) => return g * b, (g * x).sum(axis=0)
# Slip product-rule, if g is multiplied by x, as in the slope of a product or of a square:
#   return g, => return g * x,
# Slip sum-too-far, if each number of b is given the sum of the whole of g, not of its column:
#   g.sum(axis=0) => np.full(len(b), g.sum())
# Slip update-for-gradient, if b is moved down its gradient, and the new b is returned:
#   g.sum(axis=0) => b - g.sum(axis=0)
# Slip right-numbers-wrong-shape, if the axis that is summed stays, with size 1:
#   g.sum(axis=0) => g.sum(axis=0, keepdims=True)
