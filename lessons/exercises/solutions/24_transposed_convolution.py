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
    # Yours: take the steps of A back, the last one first
    (oh, ow), (kh, kw) = y.shape[2:], w.shape[2:]
    x = np.zeros((len(y), w.shape[1], STRIDE * (oh - 1) + kh, STRIDE * (ow - 1) + kw))      # and its frame
    for i, j in np.ndindex(oh, ow):
        here = np.s_[:, :, STRIDE * i:STRIDE * i + kh, STRIDE * j:STRIDE * j + kw]
        x[here] += np.einsum("no,ocuv->ncuv", y[:, :, i, j], w)
    return x[:, :, PADDING:-PADDING, PADDING:-PADDING]


# Hint 1.  If y is 0 but for one entry, a 1 at (i, j), then Σ (A x) · y is that entry of A x: w times the
#   window there.  So which x must Aᵀ y be?  Every other y is a sum of such ones.
# Hint 2.  A is two steps: frame x, and read windows.  Backwards: every entry of y paints w, times itself,
#   into its window, with += where windows overlap; then the frame is cut off.
# Why.  If z = A x, then ∂loss/∂x = Aᵀ ∂loss/∂z: the way back through any linear layer is its transpose,
#   and (A B)ᵀ = Bᵀ Aᵀ says why the last step comes first.  As a layer of its own it makes large images of
#   small ones: 2 W of W, with a kernel of 4.  The test by two sums works for every linear map.
# In minidl: conv_transpose2d, in minidl/images.py.

# Slip contributions-lost, if a later window wipes out what an earlier one painted:
#   x[here] += => x[here] =
# Slip kernel-flipped, if w is painted turned round:
#   y[:, :, i, j], w) => y[:, :, i, j], w[:, :, ::-1, ::-1])
# Slip one-sided-cut, if the frame is cut off below and on the right only:
#   PADDING:-PADDING, PADDING:-PADDING] => :-2 * PADDING, :-2 * PADDING]
# Slip one-sided-cut, if the frame is cut off above and on the left only:
#   PADDING:-PADDING, PADDING:-PADDING] => 2 * PADDING:, 2 * PADDING:]
# Slip stride-forgotten, if the windows are taken to move by 1:
#   STRIDE * i:STRIDE * i + kh, STRIDE * j:STRIDE * j + kw] => i:i + kh, j:j + kw]
# Slip averaged, if what is painted on one pixel is averaged, not added up:
#   x = np.zeros((len(y), => times = np.zeros((1, 1, 2 * oh + kh, 2 * ow + kw)); x = np.zeros((len(y),
#   x[here] += => times[here] += 1; x[here] +=
#   return x[ => return (x / times[:, :, :x.shape[2], :x.shape[3]])[
# Slip inverse, if x is chosen so that A x comes nearest to y: an inverse of A, not its transpose:
#   return x[ => x = x[
#   PADDING, PADDING:-PADDING] => PADDING, PADDING:-PADDING]; a = np.eye(x[0].size).reshape(-1, *x[0].shape)
#   (-1, *x[0].shape) => (-1, *x[0].shape); a = np.linalg.pinv(convolution(a, w).reshape(len(a), -1))
#   (len(a), -1)) => (len(a), -1)); return (y.reshape(len(y), -1) @ a).reshape(x.shape)
