"""Exercise 25: a step of Adam

    m ← β₁ m + (1 − β₁) g            a mean of the last gradients
    v ← β₂ v + (1 − β₂) g²           and of their squares
    w ← w − η m̂ / (√v̂ + ε)           with m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ)

w, g, m and v have one shape; m and v are 0 before the first step, which has t = 1.  Write the step.
(Kingma & Ba 2015, algorithm 1.)

After lesson 39.  This is meant to fail first.  To check it: python -m lessons check 25
"""
import numpy as np

ETA, BETA1, BETA2, EPS = 0.001, 0.9, 0.999, 1e-8


def step(w, g, m, v, t):
    """w, m and v after step number t."""
    # Yours: move m, v and w
    m = BETA1 * m + (1 - BETA1) * g
    v = BETA2 * v + (1 - BETA2) * g ** 2
    m_hat, v_hat = m / (1 - BETA1 ** t), v / (1 - BETA2 ** t)
    return w - ETA * m_hat / (np.sqrt(v_hat) + EPS), m, v


# Hint 1.  Three lines, as in the formula; and the corrected m̂ and v̂ are only for the step: what is kept
#   for the next time is m and v.
# Hint 2.  At t = 1, m̂ is g and v̂ is g², so the first step is nearly η · sign(g), however large g is.  Is
#   yours?  ε is outside the root.
# Why.  m starts at 0 and so is too small at first; 1 − β₁ᵗ is just how much of it is there already.  The
#   same holds for v.  Without both corrections the first step would be √10 times too long.  Every weight
#   has its own scale √v, so η says how far to step, whatever the size of the gradients.
# In minidl: Adam, in minidl/optim.py: the same, in place.
