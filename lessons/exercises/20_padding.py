"""Exercise 20: a frame of zeros

    y = x with KH − 1 rows and KW − 1 columns of zeros around it

x (N, C, H, W), y (N, C, H + KH − 1, W + KW − 1).  In y, a window of KH × KW pixels has H × W places: this is
"same" padding at stride 1.  Half of the zeros, rounded down, are above and on the left of x.  Write
∂loss/∂x from g = ∂loss/∂y.  It must be right for every window, 1 × 1 among them.

After lesson 03.  This is meant to fail first.  To check it: python -m lessons check 20
"""
import numpy as np


def forward(x, kh, kw):
    rows, columns = ((k - 1) // 2 for k in (kh, kw))            # of zeros above, and on the left
    return np.pad(x, ((0, 0), (0, 0), (rows, kh - 1 - rows), (columns, kw - 1 - columns)))


def backward(g, x, kh, kw):
    """∂loss/∂x (N, C, H, W)."""
    # TODO: bring every pixel's gradient back from its place in y
    raise NotImplementedError("exercise 20: bring every pixel's gradient back from its place in y")
