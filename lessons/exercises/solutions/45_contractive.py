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

# Slip branch-lost, if w acts in Σⱼ wⱼᵢ² alone, and h is held fixed, as a constant:
#   x.T @ d + g * 2 => g * 2
# Slip branch-lost, if w acts through h alone, and Σⱼ wⱼᵢ² is held fixed, as a constant:
#   + g * 2 * w * (s ** 2).sum(axis=0) / len(x), =>,
# Slip local-derivative-forgotten, if the slope of s by h is there, and that of h by x w + b is not:
#   (1 - 2 * h) * s => (1 - 2 * h)
# Slip local-derivative-forgotten, if the slope of h by x w + b is there, and that of s by h is not:
#   * (1 - 2 * h) * s => * s
# Slip wrong-local-derivative, if s is differentiated as if it came out of a sigmoid itself, by s(1 − s):
#   (1 - 2 * h) * s => (1 - s) * s
# Slip x-for-y, if s stands for h in the slope of h(1 − h):
#   (1 - 2 * h) => (1 - 2 * s)
# Slip square-missing, if s stands where s² belongs:
#   (s ** 2).sum(axis=0) / len(x), => s.sum(axis=0) / len(x),
# Slip missing-1/N, if the examples are added up, and not averaged:
#   (w ** 2).sum(axis=0) / len(x) => (w ** 2).sum(axis=0)
#   (s ** 2).sum(axis=0) / len(x), => (s ** 2).sum(axis=0),
# Slip missing-1/N, if the examples are added up, and not averaged, on the path through h:
#   (w ** 2).sum(axis=0) / len(x) => (w ** 2).sum(axis=0)
# Slip missing-1/N, if the examples are added up, and not averaged, on the direct path:
#   (s ** 2).sum(axis=0) / len(x), => (s ** 2).sum(axis=0),
# Slip extra-1/N, if N is divided out twice on the direct path:
#   (s ** 2).sum(axis=0) / len(x), => (s ** 2).mean(axis=0) / len(x),
# Slip extra-1/N, if N is divided out twice:
#   d.sum(axis=0) => d.mean(axis=0)
# Slip path-missing, if b is held not to act at all, as it is not in Σⱼ wⱼᵢ²:
#   d.sum(axis=0) => 0 * b
# Slip sum-too-far, if, on the path through h, a unit's Σⱼ wⱼᵢ² is the sum over all units as well:
#   (w ** 2).sum(axis=0) / len(x) => (w ** 2).sum() / len(x)
