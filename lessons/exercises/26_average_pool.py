"""Exercise 26: average pooling

    y[n, c, i, j] = mean of x[n, c, 2i : 2i + 3, 2j : 2j + 3]          x (N, C, H, W), y and g (N, C, OH, OW)

Windows of 3 × 3 that move by 2, so that neighbours overlap.  Where the last window ends before the image
does, the rest of it is not looked at.  Write ∂loss/∂x.

After lesson 03.  This is meant to fail first.  To check it: python -m lessons check 26
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
        y[:, :, i, j] = x[window].mean(axis=(2, 3))
    return y


def backward(g, x):
    """∂loss/∂x (N, C, H, W)."""
    # TODO: give every pixel its share of g, window by window
    raise NotImplementedError("exercise 26: give every pixel its share of g, window by window")
