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
    # TODO: follow w along its two paths, and b along its one
    raise NotImplementedError("exercise 45: follow w along its two paths, and b along its one")
