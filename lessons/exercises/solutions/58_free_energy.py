"""Exercise 58: the free energy of a restricted Boltzmann machine

    E(v, h) = −b·v − c·h − v·W h          F(v) = −log Σ e^(−E(v, h)) over all h

The rows of v (N, D) are images; v and h are 0 or 1; w (D, H), b (D,) and c (H,).  There are 2^H different h,
far too many to be visited, if H is 500.  But no two hidden units are joined by a weight, so the sum can be
written in another way.  Write F (N,), one number for each row.

After lesson 38.  This is meant to fail first.  To check it: python -m lessons check 58
"""
import numpy as np


def free_energy(v, w, b, c):
    """F of each row of v, (N,)."""
    # Yours: write F without going through all h
    a = c + v @ w                                               # (N, H): −E has a term hⱼ aⱼ for each hⱼ
    return -v @ b - np.logaddexp(0, a).sum(axis=1)              # log(1 + eᵃ): hⱼ is 0 or 1


# Hint 1.  With a = c + v W, e^(−E) is e^(b·v) times one factor e^(hⱼ aⱼ) for each hidden unit.  Take H = 1:
#   what is the sum over h = 0 and 1?  And for H = 2, over the four h?
# Hint 2.  The sum of products is a product of sums: e^(b·v) Πⱼ (1 + e^(aⱼ)).  Its logarithm is a sum over j;
#   mind the sign of F.
# Why.  e^(−F(v)) / Z is the probability of v: the hidden units are summed out.  Each takes softplus(aⱼ) off
#   F, nearly 0 where it is off, nearly aⱼ where it is on, so an image to which many units respond has a low
#   F.  The slope of softplus is σ, so the gradient of F is made of the probabilities p(h | v).
# In minidl: softplus, in minidl/ops.py: the share of one hidden unit, written so that eᵃ does not overflow.

# Slip sign, if F is the logarithm of the sum, without the minus:
#   -v @ b - np.logaddexp(0, a).sum(axis=1) => v @ b + np.logaddexp(0, a).sum(axis=1)
# Slip sign, if b·v has the other sign:
#   -v @ b - => v @ b -
# Slip sign, if the part of the hidden units has the other sign:
#   -v @ b - np => -v @ b + np
# Slip sign, if a has the other sign:
#   np.logaddexp(0, a) => np.logaddexp(0, -a)
# Slip bias-missing, if the hidden units are without c:
#   a = c + v @ w => a = v @ w
# Slip bias-missing, if b·v is left out:
#   -v @ b - np => -np
# Slip log-missing, if the sum itself is returned, without its logarithm:
#   -v @ b - np.logaddexp(0, a).sum(axis=1) => np.exp(v @ b + np.logaddexp(0, a).sum(axis=1))
# Slip log-of-the-sum, if Σⱼ stands inside the logarithm, log(1 + Σⱼ e^(aⱼ)): one unit at most is on:
#   np.logaddexp(0, a).sum(axis=1) => np.log(1 + np.exp(a).sum(axis=1))
# Slip log-of-the-sum, if Σⱼ stands inside the logarithm, log Σⱼ (1 + e^(aⱼ)), where a product belongs:
#   np.logaddexp(0, a).sum(axis=1) => np.log((1 + np.exp(a)).sum(axis=1))
# Slip off-forgotten, if each hidden unit is always on, and h = 0 is not counted:
#   np.logaddexp(0, a).sum(axis=1) => a.sum(axis=1)
# Slip one-state, if only the most probable h is counted:
#   np.logaddexp(0, a).sum(axis=1) => np.maximum(a, 0).sum(axis=1)
# Slip entropy-missing, if F is the mean energy under p(h | v), that is E at h = p(h | v):
#   np.logaddexp(0, a).sum(axis=1) => (a / (1 + np.exp(-a))).sum(axis=1)
# Slip probability, if the probability σ(a) of each hidden unit is added up, and not log(1 + eᵃ):
#   np.logaddexp(0, a).sum(axis=1) => (1 / (1 + np.exp(-a))).sum(axis=1)
# Slip log-of-the-probability, if log σ(a) stands where log(1 + eᵃ) belongs:
#   np.logaddexp(0, a).sum(axis=1) => -np.logaddexp(0, -a).sum(axis=1)
# Slip mean-of-energies, if E is averaged over all h, each with the same weight:
#   np.logaddexp(0, a).sum(axis=1) => a.sum(axis=1) / 2
# Slip plus-or-minus-1, if the hidden units are −1 or 1, not 0 or 1:
#   np.logaddexp(0, a) => np.logaddexp(-a, a)
# Slip wrong-axis, if the units of all rows are added up, and not those of each row:
#   np.logaddexp(0, a).sum(axis=1) => np.logaddexp(0, a).sum()
# Slip extra-1/N, if the sum over the hidden units is a mean:
#   np.logaddexp(0, a).sum(axis=1) => np.logaddexp(0, a).mean(axis=1)
# Slip log-of-the-sum, if Σⱼ stands inside the logarithm, log(1 + e^(Σⱼ aⱼ)): all on, or all off:
#   np.logaddexp(0, a).sum(axis=1) => np.logaddexp(0, a.sum(axis=1))
# Slip bias-outside, if c·h is counted as if all h were on, whatever they are:
#   a = c + v @ w => a = v @ w
#   -v @ b - np => -v @ b - c.sum() - np
# Slip probability, if log(1 + e^p) is added up, with p the probability σ(a), and not with a:
#   np.logaddexp(0, a) => np.logaddexp(0, 1 / (1 + np.exp(-a)))
