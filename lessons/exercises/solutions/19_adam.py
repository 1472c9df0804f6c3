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

# Slip weights-swapped, if β₁ weighs the new gradient, and 1 − β₁ the old mean:
#   BETA1 * m + (1 - BETA1) * g => (1 - BETA1) * m + BETA1 * g
# Slip old-state, if m is left as it was before the step:
#   EPS), m, v => EPS), (m - (1 - BETA1) * g) / BETA1, v
# Slip corrected-state, if m̂ is kept for the next step, in place of m:
#   EPS), m, v => EPS), m_hat, v
# Slip corrected-state, if v̂ is kept for the next step, in place of v:
#   EPS), m, v => EPS), m, v_hat
# Slip square-forgotten, if v is a mean of g, not of g²:
#   g ** 2 => g
# Slip square-of-the-mean, if v is a mean of m², not of g²:
#   g ** 2 => m ** 2
# Slip sign, if w moves along the gradient, not against it:
#   w - ETA => w + ETA
# Slip uncorrected, if w moves by m and v, without hats:
#   m_hat / (np.sqrt(v_hat) => m / (np.sqrt(v)
# Slip half-corrected, if w moves by m̂, but v has no hat:
#   np.sqrt(v_hat) => np.sqrt(v)
# Slip root-forgotten, if the root of v̂ is missing:
#   np.sqrt(v_hat) => (v_hat)
# Slip eps-in-the-root, if ε stands under the root:
#   (np.sqrt(v_hat) + EPS) => np.sqrt(v_hat + EPS)
# Slip count-off, if t counts one step too many:
#   (1 - BETA1 ** t), v / (1 - BETA2 ** t) => (1 - BETA1 ** (t + 1)), v / (1 - BETA2 ** (t + 1))
# Slip product-for-power, if β·t stands for βᵗ:
#   (1 - BETA1 ** t), v / (1 - BETA2 ** t) => (1 - BETA1 * t), v / (1 - BETA2 * t)
# Slip power-forgotten, if 1 − β stands for 1 − βᵗ in the hats, as if each step were the first:
#   (1 - BETA1 ** t), v / (1 - BETA2 ** t) => (1 - BETA1), v / (1 - BETA2)
# Slip order, if the results come in the order m, v, w:
#   return w => w = w
#   EPS), m, v => EPS); return m, v, w
# Slip gradient-for-mean, if w moves by g, and not by the mean of the last gradients:
#   ETA * m_hat => ETA * g
# Slip sum-for-mean, if v is the sum of all g², not a mean that forgets:
#   v = BETA2 * v + (1 - BETA2) * g ** 2 => v = v + g ** 2
# Slip weight-forgotten, if the new gradient is not weighed by 1 − β₁:
#   + (1 - BETA1) * g => + g
# Slip weight-forgotten, if the new g² is not weighed by 1 − β₂:
#   + (1 - BETA2) * g ** 2 => + g ** 2
