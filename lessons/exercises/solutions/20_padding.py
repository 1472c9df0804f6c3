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
    # Yours: bring every pixel's gradient back from its place in y
    top, left = (kh - 1) // 2, (kw - 1) // 2
    return g[:, :, top:top + x.shape[2], left:left + x.shape[3]]


# Hint 1.  A number of y is a pixel of x, with the slope 1, or a zero that no x can change.  What share of
#   the gradient does a zero get?  Where in y is x[n, c, 0, 0]?
# Hint 2.  The slice begins where the frame ends, and is as long as x.  If you count from the other end:
#   what is a[0:-0]?
# Why.  Padding moves the pixels and adds constants.  On the way back the pixels' gradients move home, and
#   those of the constants are dropped, for nobody asked for them.  Cutting is the transpose of framing.
#   The two are partners, like pasting windows and taking them out.
# In minidl: pad, in minidl/ops.py: its rule is a slice that begins at the width and is as long as x.

# Slip empty-slice, if the slices end at minus the zeros behind them: where none are, all is cut off:
#   top:top + x.shape[2], left:left + x.shape[3]] => top:-(kh // 2), left:-(kw // 2)]
# Slip axes-exchanged, if KW is taken for the rows, and KH for the columns:
#   top, left = => left, top =
# Slip rounded-up, if the larger half of the zeros is thought to be above and on the left:
#   (kh - 1) // 2, (kw - 1) // 2 => kh // 2, kw // 2
# Slip one-sided-cut, if all zeros are cut off below and on the right, and none above and on the left:
#   top, left = (kh - 1) // 2, (kw - 1) // 2 => top = left = 0
# Slip one-sided-cut, if all zeros are cut off above and on the left, and none below and on the right:
#   top, left = (kh - 1) // 2, (kw - 1) // 2 => top, left = kh - 1, kw - 1
# Slip framed-twice, if g gets a frame, too, in place of losing one:
#   return g[:, :, top:top + x.shape[2], left:left + x.shape[3]] => return forward(g, kh, kw)
# Slip border-repeated, if the frame's gradients go to the border's pixels, as if it repeated them:
#   (kh - 1) // 2, (kw - 1) // 2 => (np.arange(m) - (k - 1) // 2 for m, k in zip(g.shape[2:], (kh, kw)))
#   return g => dx = np.zeros_like(x); np.add.at(dx, np.s_
#   top:top + x.shape[2] => top.clip(0, x.shape[2] - 1)[:, None]
#   left:left + x.shape[3]] => left.clip(0, x.shape[3] - 1)], g); return dx
