"""Exercise 22, find the bug: windows with a stride

    z[n, i] = Σ_u w[u] · x[n, 2 i + u]          x (N, T), w (K,), z (N, OT) with OT = ⌊(T − K)/2⌋ + 1

A filter of one dimension that moves by two places at a time.  With K = 3, neighbouring windows share one
place.

After lesson 03.  This is meant to fail first.  To check it: python -m lessons check 22
"""
import numpy as np

STRIDE = 2


def forward(x, w):
    k = len(w)
    return np.stack([x[:, t:t + k] @ w for t in range(0, x.shape[1] - k + 1, STRIDE)], axis=1)


def backward(g, x, w):
    """∂loss/∂x (N, T) and ∂loss/∂w (K,)."""
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for i in range(g.shape[1]):
        window = slice(STRIDE * i, STRIDE * i + len(w))
        # As shipped: dx[:, window] = g[:, i:i + 1] * w
        dx[:, window] += g[:, i:i + 1] * w
        dw += g[:, i] @ x[:, window]
    return dx, dw


# Hint 1.  The gradient of w is right.  Some places of x's are right, too.  Which ones are not?  The
#   diagnosis names the first.
# Hint 2.  Place 2 of x is the last of window 0 and the first of window 1.  What has become of the share of
#   window 0 when window 1 has been?
# Why.  A value that is used in several places gets several shares, and the last one must not wipe out the
#   others.  With windows that only touch, stride 3 here, = would be right, and the mistake would lie in
#   wait for the day when the stride is changed.
# In minidl: overlay, in minidl/images.py.

# Slip stride-forgotten, if the windows of the way back move by one place, not by two:
#   slice(STRIDE * i, STRIDE * i + len(w)) => slice(i, i + len(w))
# Slip mean-of-the-shares, if a place's shares are divided by the number of windows that it lies in:
#   dx, dw = np => n = 0 * x; dx, dw = np
#   slice(STRIDE * i, STRIDE * i + len(w)) => slice(2 * i, 2 * i + len(w)); n[:, window] += 1
#   return dx, dw => return dx / np.maximum(n, 1), dw
