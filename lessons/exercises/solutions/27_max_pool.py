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
    # Yours: send every g to the pixel that won its window
    dx = np.zeros_like(x)
    for i, j, window in windows(x):
        won = x[window] == x[window].max(axis=(2, 3), keepdims=True)            # (N, C, 3, 3)
        dx[window] += won * g[:, :, i, j, None, None]
    return dx


# Hint 1.  It is exercise 26 with another share: all of g for one pixel, nothing for the other eight. Which
#   comparison is true for the winner alone?
# Hint 2.  x[window] == x[window].max(axis=(2, 3), keepdims=True) is a mask (N, C, 3, 3).  And mind the +=:
#   a pixel that wins two windows gets both gradients.
# Why.  Max pooling is a switch that the data throw: forwards it chooses a pixel, backwards it remembers
#   which.  So the mask is kept, and never differentiated: it does not change when x changes by a little.
#   Eight pixels of nine get nothing, which makes the gradient sparse.
# In minidl: window_max, in minidl/images.py.

# Slip mask-missing, if every pixel of a window gets its g, not the winner alone:
#   won * g => g
# Slip average-for-max, if g is shared by the nine pixels of a window, as in average pooling:
#   won * g[:, :, i, j, None, None] => g[:, :, i, j, None, None] / SIZE ** 2
# Slip mask-inverted, if every pixel but the winner gets g:
#   x[window] == => x[window] !=
# Slip wrong-axis, if the largest pixel of an image wins, not that of a window:
#   x[window].max(axis=(2, 3), keepdims=True) => x.max(axis=(2, 3), keepdims=True)
# Slip wrong-axis, if the largest pixel of all images wins, not that of a window:
#   x[window].max(axis=(2, 3), keepdims=True) => x.max()
# Slip wrong-axis, if a window has one winner among all images and channels:
#   x[window].max(axis=(2, 3), keepdims=True) => x[window].max()
# Slip wrong-axis, if each row of a window has its winner:
#   x[window].max(axis=(2, 3), keepdims=True) => x[window].max(axis=3, keepdims=True)
# Slip wrong-axis, if each column of a window has its winner:
#   x[window].max(axis=(2, 3), keepdims=True) => x[window].max(axis=2, keepdims=True)
# Slip different-mask, if the pixel farthest from 0 wins, not the largest:
#   x[window] == => abs(x[window]) ==
#   x[window].max(axis=(2, 3), keepdims=True) => abs(x[window]).max(axis=(2, 3), keepdims=True)
# Slip relu-for-max, if every pixel above 0 gets g, as in a relu:
#   x[window] == x[window].max(axis=(2, 3), keepdims=True) => x[window] > 0
# Slip indices-swapped, if the winner's row in its window is taken for its column:
#   won * g => won.swapaxes(2, 3) * g
# Slip stride-forgotten, if the windows move by 2 on the way there, and by 1 on the way back:
#   dx[window] += => dx[:, :, i:i + SIZE, j:j + SIZE] +=
# Slip place-forgotten, if the winner's place in its window is taken for its place in the image:
#   dx[window] += => dx[:, :, :SIZE, :SIZE] +=
