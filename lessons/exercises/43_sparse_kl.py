"""Exercise 43: the price of being active

    h = σ(a),  ρ̂ⱼ = (1/N) Σₙ h[n, j],  loss = Σⱼ [ρ log ρ/ρ̂ⱼ + (1 − ρ) log (1 − ρ)/(1 − ρ̂ⱼ)]

a (N, L) goes into L sigmoid units, h (N, L) comes out, and ρ̂ (L,) is each unit's mean activity in the batch.
It should be ρ = 0.05; the loss, one number, is Σⱼ KL(ρ‖ρ̂ⱼ).  g is one number, too.  Write ∂loss/∂a (N, L),
times g.  Go back the way the loss was made: to ρ̂, to h, to a.

After lesson 21.  This is meant to fail first.  To check it: python -m lessons check 43
"""
import numpy as np

RHO = 0.05


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def forward(a):
    r = sigmoid(a).mean(axis=0)                                 # ρ̂ (L,)
    return (RHO * np.log(RHO / r) + (1 - RHO) * np.log((1 - RHO) / (1 - r))).sum()


def backward(g, a):
    """∂loss/∂a (N, L), times g."""
    # TODO: go from the loss to the mean activities, to h, to a
    raise NotImplementedError("exercise 43: go from the loss to the mean activities, to h, to a")
