"""Exercise 21: convolution

    z[n, o, i, j] = Σ_c Σ_u Σ_v w[o, c, u, v] · x[n, c, i + u, j + v]

x (N, C, H, W), w (O, C, KH, KW), z (N, O, OH, OW) with OH = H − KH + 1, OW = W − KW + 1.  No bias, no
padding.  Write ∂loss/∂x and ∂loss/∂w from g = ∂loss/∂z.  The loop of the way there is the loop of the way
back: at each window, x's patch and w made a z; now g[:, :, i, j] gives each of the two its share.

After lesson 03.  This is meant to fail first.  To check it: python -m lessons check 21
"""
import numpy as np


def forward(x, w):
    (oh, ow), (kh, kw) = output_size(x, w), w.shape[2:]
    z = np.empty((len(x), len(w), oh, ow))
    for i, j in np.ndindex(oh, ow):
        patch = x[:, :, i:i + kh, j:j + kw]                     # (N, C, KH, KW)
        z[:, :, i, j] = np.einsum("ncuv,ocuv->no", patch, w)    # Σ over c, u and v
    return z


def output_size(x, w):
    """(OH, OW)."""
    return x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1


def backward(g, x, w):
    """∂loss/∂x (N, C, H, W) and ∂loss/∂w (O, C, KH, KW)."""
    # Yours: collect the gradients of x and w, window by window
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    kh, kw = w.shape[2:]
    for i, j in np.ndindex(output_size(x, w)):
        here = np.s_[:, :, i:i + kh, j:j + kw]
        dx[here] += np.einsum("no,ocuv->ncuv", g[:, :, i, j], w)
        dw += np.einsum("no,ncuv->ocuv", g[:, :, i, j], x[here])
    return dx, dw


# Hint 1.  For one window this is a dense layer: patch (N, C·KH·KW) times w turned round (C·KH·KW, O).  Its
#   gradients are those of exercise 06.  Begin with two arrays of zeros, and fill them in the loop.
# Hint 2.  A pixel lies in several windows, and every window uses all of w: so += for both.  In einsum's
#   letters the two shares are "no,ocuv->ncuv" and "no,ncuv->ocuv", with g[:, :, i, j] the first.
# Why.  Weights that are shared have gradients that add: w is used in every window.  And where windows
#   overlap, so do the shares of a pixel.  The gradient of x is a convolution again, with the filters
#   turned round; that of w is one of x with g.  The three are each other's derivatives, and no further
#   operation is ever needed.
# In minidl: conv2d, in minidl/images.py: all the windows at once, as one matrix product.

# Slip mean-of-the-shares, if a pixel's shares are divided by the number of windows that it lies in:
#   dx, dw = np => n = 0 * x; dx, dw = np
#   here = np.s_[:, :, i:i + kh, j:j + kw] => here = np.s_[:, :, i:i + kh, j:j + kw]; n[here] += 1
#   return dx, dw => return dx / n, dw
# Slip one-window, if w gets the sum of all g times the first window, as if all were the same:
#   return dx, dw => return dx, np.einsum("no,ncuv->ocuv", g.sum(axis=(2, 3)), x[:, :, :kh, :kw])
# Slip channels-summed, if each channel gets the sum over all channels:
#   "no,ocuv->ncuv", g[:, :, i, j], w) => "no,ocuv->nuv", g[:, :, i, j], w)[:, None]
