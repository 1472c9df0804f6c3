"""Exercise 23: dilation

    z[n, i] = Σ_u w[u] · x[n, 2 i + 3 u]          x (N, T), w (K,), z (N, OT)

The windows move by 2: the stride.  In a window, the places that w looks at are 3 apart: the dilation.  So
with few weights it sees far.  `places` lists where each output looks, and x[:, places] takes the values out:
(N, OT, K).  Write ∂loss/∂x and ∂loss/∂w from g = ∂loss/∂z.

After lesson 03.  This is meant to fail first.  To check it: python -m lessons check 23
"""
import numpy as np

STRIDE, DILATION = 2, 3


def places(x, w):
    """(OT, K): output i meets x[:, places[i, u]] through w[u]."""
    ot = (x.shape[1] - DILATION * (len(w) - 1) - 1) // STRIDE + 1
    return STRIDE * np.arange(ot)[:, None] + DILATION * np.arange(len(w))


def forward(x, w):
    return x[:, places(x, w)] @ w


def backward(g, x, w):
    """∂loss/∂x (N, T) and ∂loss/∂w (K,)."""
    # TODO: bring each output's gradient back to the x and the w it met
    raise NotImplementedError("exercise 23: bring each output's gradient back to the x and the w it met")
