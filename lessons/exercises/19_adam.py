"""Exercise 19: a step of Adam

    m ← β₁ m + (1 − β₁) g            a mean of the last gradients
    v ← β₂ v + (1 − β₂) g²           and of their squares
    w ← w − η m̂ / (√v̂ + ε)           with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ)

w, g, m and v have one shape; m and v are 0 before the first step, which has t = 1.  Write the step.
(Kingma & Ba 2015, algorithm 1.)

After lesson 39.  This is meant to fail first.  To check it: python -m lessons check 19
"""
import numpy as np

ETA, BETA1, BETA2, EPS = 0.001, 0.9, 0.999, 1e-8


def step(w, g, m, v, t):
    """w, m and v after step number t."""
    # TODO: move m, v and w
    raise NotImplementedError("exercise 19: move m, v and w")
