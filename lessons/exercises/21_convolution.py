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
    # TODO: collect the gradients of x and w, window by window
    raise NotImplementedError("exercise 21: collect the gradients of x and w, window by window")
