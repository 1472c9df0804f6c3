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
    # Yours: give every pixel its share of g, window by window
    dx = np.zeros_like(x)
    for i, j, window in windows(x):
        dx[window] += g[:, :, i, j, None, None] / SIZE ** 2
    return dx


# Hint 1.  One window of 9 pixels: by how much does its mean change with one of them?  Then think of a
#   pixel that is in two windows, or in four, or in none.
# Hint 2.  Begin with zeros in the shape of x.  In the loop, dx[window] += … : g[:, :, i, j] is (N, C), and
#   needs two more axes, [..., None, None], to reach all nine pixels.
# Why.  The way back from a mean hands the gradient out in equal parts; the way back from "looked at in
#   several windows" adds; and a pixel that no window looks at gets 0, but it does get a place in the
#   array.
# In minidl: pool and unpool, in minidl/images.py, are each other's derivative; avg_pool2d is pool with
#   equal weights.

# Slip stride-forgotten, if the windows move by 2 on the way there, and by 1 on the way back:
#   dx[window] += => dx[:, :, i:i + SIZE, j:j + SIZE] +=
# Slip not-shared, if the first pixel of a window gets all of g:
#   dx[window] => dx[:, :, STRIDE * i, STRIDE * j]
#   , None, None] / SIZE ** 2 => ]
# Slip not-shared, if the pixel in the middle of a window gets all of g:
#   dx[window] => dx[:, :, STRIDE * i + 1, STRIDE * j + 1]
#   , None, None] / SIZE ** 2 => ]
# Slip overlaps-averaged, if a pixel gets the mean of what its windows give, not the sum:
#   dx = np.zeros_like(x) => dx, hits = np.zeros_like(x), np.zeros_like(x)
#   dx[window] += g => hits[window] += 1; dx[window] += g
#   return dx => return dx / np.maximum(hits, 1)
# Slip window-too-small, if a window is 2 × 2 on the way back, so that none overlap, and each pixel has ¼:
#   dx[window] += => dx[:, :, 2 * i:2 * i + 2, 2 * j:2 * j + 2] +=
#   / SIZE ** 2 => / 4
# Slip undivided, if each pixel of a window gets all of g, and not a ninth of it:
#    / SIZE ** 2 =>
# Slip wrong-divisor, if g is divided by 3, the side of a window, and not by its 9 pixels:
#   / SIZE ** 2 => / SIZE
# Slip wrong-divisor, if g is divided by 4, the square of the stride, and not by the 9 pixels:
#   / SIZE ** 2 => / STRIDE ** 2
# Slip share-by-value, if a pixel's share of g is multiplied by the pixel: a mean takes all alike:
#   dx[window] += g => dx[window] += x[window] * g
