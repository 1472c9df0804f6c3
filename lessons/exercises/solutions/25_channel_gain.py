"""Exercise 25, find the bug: a gain for each channel

    y[n, c, i, j] = a[c] · x[n, c, i, j]          x and y (N, C, H, W), a (C,)

Red, green and blue each get a brightness of their own, the same for all images and all pixels.

After lesson 03.  This is meant to fail first.  To check it: python -m lessons check 25
"""
import numpy as np


def forward(x, a):
    return x * a[:, None, None]


def backward(g, x, a):
    """∂loss/∂x (N, C, H, W) and ∂loss/∂a (C,)."""
    # As shipped: da = np.sum(g * x, axis=(2, 3))
    da = np.sum(g * x, axis=(0, 2, 3))
    return g * a[:, None, None], da


# Hint 1.  Print the shape of the second gradient.  Then the shape of a.
# Hint 2.  a[c] was used in every image, too: by what is summed, and what is left over?
# Why.  Whatever a number was broadcast over, its gradient is summed over: rows, columns and the batch. The
#   batch is the axis most often forgotten, as it does not appear in the formula for one example.
# In minidl: sum_to, in minidl/tensor.py, works out the axes from the two shapes, once for all operations.

# Slip factor-forgotten, if a gets the sum of g alone, and x plays no part:
#   da = np.sum(g * x, axis=(0, 2, 3)) => da = np.sum(g, axis=(0, 2, 3))
# Slip product-of-sums, if g and x are each summed first, and then multiplied:
#   da = np.sum(g * x, axis=(0, 2, 3)) => da = np.sum(g, axis=(0, 2, 3)) * np.sum(x, axis=(0, 2, 3))
# Slip extra-1/N, if a gets the mean over all images and pixels, not the sum:
#   da = np.sum(g * x, axis=(0, 2, 3)) => da = np.mean(g * x, axis=(0, 2, 3))
# Slip extra-1/N, if a gets the mean over the pixels, not the sum:
#   da = np.sum(g * x, axis=(0, 2, 3)) => da = np.sum(np.mean(g * x, axis=(2, 3)), axis=0)
# Slip inverse, if g is divided by a, as if the forward pass were to be undone:
#   return g * a[:, None, None] => return g / a[:, None, None]
