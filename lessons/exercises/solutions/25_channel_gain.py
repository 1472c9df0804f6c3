"""Exercise 25, find the bug: a gain for each channel

    y[n, c, i, j] = a[c] · x[n, c, i, j]          x and y (N, C, H, W), a (C,)

Red, green and blue each get a brightness of their own, the same for all images and all pixels.

After lesson 03.  This is meant to fail first.  To check it: python -m lessons check 25
"""


def forward(x, a):
    return x * a[:, None, None]


def backward(g, x, a):
    """∂loss/∂x (N, C, H, W) and ∂loss/∂a (C,)."""
    # As shipped: da = (g * x).sum(axis=(2, 3))
    da = (g * x).sum(axis=(0, 2, 3))
    return g * a[:, None, None], da


# Hint 1.  Print the shape of the second gradient.  Then the shape of a.
# Hint 2.  a[c] was used in every image, too: by what is summed, and what is left over?
# Why.  Whatever a number was broadcast over, its gradient is summed over: rows, columns and the batch. The
#   batch is the axis most often forgotten, as it does not appear in the formula for one example.
# In minidl: sum_to, in minidl/tensor.py, works out the axes from the two shapes, once for all operations.
