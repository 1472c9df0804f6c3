"""Exercise 14: softmax

    p[n, k] = e^s[n, k] / Σⱼ e^s[n, j]          s and p (N, K): logits in, probabilities out

Write ∂loss/∂s from g = ∂loss/∂p (N, K).  Each logit moves all the probabilities of its row, for they share
a sum.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 14
"""
import numpy as np


def forward(s):
    e = np.exp(s - s.max(axis=1, keepdims=True))                # the same p, and e never overflows
    return e / e.sum(axis=1, keepdims=True)


def backward(g, s):
    """∂loss/∂s (N, K)."""
    # Yours: follow every logit to all probabilities of its row
    p = forward(s)
    return p * (g - (g * p).sum(axis=1, keepdims=True))         # ∂pᵢ/∂sⱼ = pᵢ ([i = j] − pⱼ)


# Hint 1.  For one row, ∂pᵢ/∂sⱼ has two cases.  i = j: pᵢ(1 − pᵢ).  i ≠ j: −pᵢ pⱼ.  Now sum gᵢ ∂pᵢ/∂sⱼ over
#   i.
# Hint 2.  Both cases in one: ∂pᵢ/∂sⱼ = pᵢ ([i = j] − pⱼ).  So the sum is pⱼ gⱼ − pⱼ Σᵢ gᵢ pᵢ.  The second
#   part needs one number for each row, with keepdims.
# Why.  What arrives is compared with its own mean, weighted by p: only a logit that is better than the
#   average gains.  The rows of the result sum to 0, since adding the same number to all logits changes
#   nothing.  If g is the same everywhere, the gradient is 0: a check with g = 1 would pass anything.
# In minidl: softmax, in minidl/functions.py.

# Slip factor-missing, if the p in front, a factor of the whole, is missing:
#   return p * (g - => return (g -
# Slip bracket-forgotten, if p multiplies only g, and not the sum:
#   p * (g - (g * p).sum(axis=1, keepdims=True)) => p * g - (g * p).sum(axis=1, keepdims=True)
# Slip counted-twice, if the case i = j has a term of its own, and is in the sum, too:
#   p * (g - (g => p * (g * (1 - p) - (g
# Slip own-case, if for i = j the slope is taken to be pᵢ:
#   p * (g - (g => p * (g * (1 + p) - (g
# Slip numerator-path-missing, if only the path through the sum below the line is followed:
#   p * (g - (g => -p * ((g
# Slip wrong-axis, if the exponentials of all rows together are the sum below the line:
#   p = forward(s) => p = np.exp(s) / np.exp(s).sum()
