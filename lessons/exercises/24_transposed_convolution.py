"""Exercise 24: transposed convolution

    A, from x to y     a convolution with stride 2, of x with a frame of zeros (`convolution`, below)
    Aᵀ, from y to x    the linear map with Σ (A x) · y = Σ x · (Aᵀ y) for all x and y, over all entries

x (N, C, H, W), w (O, C, KH, KW), y (N, O, OH, OW).  Write Aᵀ with H = 2 (OH − 1) + KH − 2, the least that A
makes OH of, and W = 2 (OW − 1) + KW − 2.  Aᵀ takes gradients back through A; an inverse of A it is not.  Try
the equation on numbers of your own.

After lesson 03.  This is meant to fail first.  To check it: python -m lessons check 24
"""
import numpy as np

STRIDE, PADDING = 2, 1


def convolution(x, w):
    """A: x (N, C, H, W) → y (N, O, OH, OW)."""
    x = np.pad(x, ((0, 0), (0, 0), (PADDING, PADDING), (PADDING, PADDING)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("ncijuv,ocuv->noij", windows[:, :, ::STRIDE, ::STRIDE], w)


def transposed(y, w):
    """Aᵀ: y (N, O, OH, OW) → x (N, C, H, W)."""
    # TODO: take the steps of A back, the last one first
    raise NotImplementedError("exercise 24: take the steps of A back, the last one first")
