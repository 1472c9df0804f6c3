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
    # Yours: bring each output's gradient back to the x and the w it met
    at, dx = places(x, w), np.zeros_like(x)
    for i, u in np.ndindex(at.shape):
        dx[:, at[i, u]] += g[:, i] * w[u]
    return dx, np.einsum("ni,nik->k", g, x[:, at])


# Hint 1.  g[:, i] goes to every place that output i looked at: how much of it to the place that w[u] met?
#   For w the loop is over the same pairs (i, u).
# Hint 2.  Print places(x, w).  Which numbers stand there more than once, and which of 0 … T − 1 not at all?
#   dx[:, places] += … adds once where a place stands twice.
# Why.  Stride and dilation only choose where to look, so they are one list of places, used on both ways.
#   Taking values out by a list has a partner: adding them back by the same list, where a place that was
#   read twice gets two shares, and one that was never read gets 0.
# In minidl: take and add_at, in minidl/ops.py, are these two partners for any list.

# Slip stride-for-dilation, if the windows move by 3, and the places in a window are 2 apart:
#   at, dx = places(x, w), => (o, k), dx = places(x, w).shape,
#   np.zeros_like(x) => np.zeros_like(x); at = DILATION * np.arange(o)[:, None] + STRIDE * np.arange(k)
# Slip dilation-forgotten, if the places in a window are taken to be side by side:
#   at, dx = places(x, w), => (o, k), dx = places(x, w).shape,
#   np.zeros_like(x) => np.zeros_like(x); at = STRIDE * np.arange(o)[:, None] + np.arange(k)
# Slip stride-forgotten, if the windows are taken to move by 1:
#   at, dx = places(x, w), => (o, k), dx = places(x, w).shape,
#   np.zeros_like(x) => np.zeros_like(x); at = np.arange(o)[:, None] + DILATION * np.arange(k)
