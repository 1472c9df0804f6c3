"""Exercise 45: the contractive penalty

    h = σ(x w + b),  s = h(1 − h),  penalty = (1/N) Σₙ Σᵢ sₙᵢ² Σⱼ wⱼᵢ²

x (N, D) are images, and constants; w (D, H), b (H,), h and s (N, H).  The penalty is the mean of ‖∂h/∂x‖²,
one number, and so is g.  Write its gradients by w and b.  w acts in two ways: directly, in Σⱼ wⱼᵢ², and
through h.

After lesson 23.  This is meant to fail first.  To check it: python -m lessons check 45
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward(w, b, x):
    h = sigmoid(x @ w + b)
    s = h * (1 - h)                                             # (N, H)
    return (s ** 2 * (w ** 2).sum(axis=0)).sum() / len(x)


def backward(g, w, b, x):
    """∂penalty/∂w (D, H) and ∂penalty/∂b (H,), times g."""
    # Yours: follow w along its two paths, and b along its one
    h = sigmoid(x @ w + b)
    s = h * (1 - h)
    ds = g * 2 * s * (w ** 2).sum(axis=0) / len(x)              # (N, H)
    d = ds * (1 - 2 * h) * s                                    # ∂/∂(x w + b): s′ = (1 − 2h) h′, and h′ = s
    return x.T @ d + g * 2 * w * (s ** 2).sum(axis=0) / len(x), d.sum(axis=0)


# Hint 1.  The direct path holds s fixed: 2 wⱼᵢ times (1/N) Σₙ sₙᵢ².  For the other, find ∂penalty/∂s (N,
#   H) first.
# Hint 2.  s = h − h², so ∂s/∂h = 1 − 2h; and ∂h/∂(x w + b) = s.  From there on it is a dense layer,
#   exercise 06: xᵀd and a sum over the batch.
# Why.  The penalty can fall in two ways: smaller weights, or units pushed to where the sigmoid is flat, s
#   near 0.  The two paths of the gradient are these two ways.  The first alone would be weight decay,
#   with a weight for each unit.
# In minidl: jacobian_penalty, in minidl/losses.py, for any number of layers; the tape finds both paths.
