"""Exercise 27: max pooling, where windows overlap

    y[n, c, i, j] = max of x[n, c, 2i : 2i + 3, 2j : 2j + 3]          x (N, C, H, W), y and g (N, C, OH, OW)

Write ∂loss/∂x.  Only the largest pixel of a window moves its maximum; and one pixel can be the largest of
several windows.  The check has no ties.

After lesson 03.  This is meant to fail first.  To check it: python -m lessons check 27
"""
import numpy as np

SIZE, STRIDE = 3, 2


def windows(x):
    """(i, j, the slices of that window) for every window."""
    oh, ow = ((n - SIZE) // STRIDE + 1 for n in x.shape[2:])
    for i, j in np.ndindex(oh, ow):
        yield i, j, np.s_[:, :, STRIDE * i:STRIDE * i + SIZE, STRIDE * j:STRIDE * j + SIZE]


def forward(x):
    *_, (i, j, _) = windows(x)                                  # the last one
    y = np.empty((*x.shape[:2], i + 1, j + 1))
    for i, j, window in windows(x):
        y[:, :, i, j] = x[window].max(axis=(2, 3))
    return y


def backward(g, x):
    """∂loss/∂x (N, C, H, W)."""
    # TODO: send every g to the pixel that won its window
    raise NotImplementedError("exercise 27: send every g to the pixel that won its window")
