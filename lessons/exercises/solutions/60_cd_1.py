"""Exercise 60: contrastive divergence, CD-1

    ∂ log p/∂W ≈ ⟨v h⟩ − ⟨v′ h′⟩,  ∂ log p/∂b ≈ ⟨v⟩ − ⟨v′⟩,  ∂ log p/∂c ≈ ⟨h⟩ − ⟨h′⟩

v (N, D) are data; v′ is what one sweep makes of them, as in exercise 59: h is drawn from p(h | v), then v′
from p(v | h), a unit being on where its u is below its probability, u_h (N, H) and u_v (N, D).  ⟨ ⟩ are means
over the N rows.  In these means no further chance is needed: there h stands for the probabilities p(h | v),
and h′ for p(h | v′), as in lesson 38.  Write the slopes, w (D, H), b (D,) and c (H,), along which to climb.

After lesson 38.  This is meant to fail first.  To check it: python -m lessons check 60
"""
import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def slopes(v, w, b, c, u_h, u_v):
    """CD-1's slopes of log p by w (D, H), b (D,) and c (H,)."""
    # Yours: make one sweep, then compare the means before and after
    h = sigmoid(c + v @ w)                                      # p(h | v)
    drawn = 1.0 * (u_h < h)
    new = 1.0 * (u_v < sigmoid(b + drawn @ w.T))                # v′
    end = sigmoid(c + new @ w)                                  # p(h | v′)
    return (v.T @ h - new.T @ end) / len(v), (v - new).mean(axis=0), (h - end).mean(axis=0)


# Hint 1.  Four arrays: p(h | v), the h drawn from it, v′, and p(h | v′).  Which of them does v′ need, and
#   which do the means need?
# Hint 2.  ⟨v h⟩ is v.T @ h / N, a matrix (D, H).  The first term has v and p(h | v), the second v′ and
#   p(h | v′): nothing else of the sweep comes in.  The data are to become more probable, so they have the
#   plus.
# Why.  The data are pushed up, and what the machine makes of them is pushed down.  Where the two agree,
#   learning stops.  The second term should come from the model, at the end of a long chain; one sweep stays
#   near the data, so CD-1 is biased, but cheap.  Means of probabilities have less noise than means of draws.
#   On the way h must be drawn: v′ belongs to one state of it.
# In minidl: affine, in minidl/ops.py: its gradient by w is xᵀg, as here vᵀh; the rest is in lesson 38.

# Slip sign, if what the sweep made is pushed up, and the data down:
#   (v.T @ h - new.T @ end) / => (new.T @ end - v.T @ h) /
#   (v - new).mean => (new - v).mean
#   (h - end).mean => (end - h).mean
# Slip sign, if the second mean is added:
#   v.T @ h - new.T => v.T @ h + new.T
#   (v - new) => (v + new)
#   (h - end) => (h + end)
# Slip term-missing, if only the means with the data are there:
#   (v.T @ h - new.T @ end) => (v.T @ h)
#   (v - new) => v
#   (h - end) => h
# Slip missing-1/N, if the rows are added up, and not averaged:
#   / len(v), (v - new).mean(axis=0), (h - end).mean(axis=0) => , (v - new).sum(axis=0), (h - end).sum(axis=0)
# Slip not-drawn, if v′ is drawn for the probabilities of h, and not for an h that was drawn:
#   drawn = 1.0 * (u_h < h) => drawn = h
# Slip not-drawn, if v′ is its probability, and is not drawn:
#   new = 1.0 * (u_v < sigmoid(b + drawn @ w.T)) => new = sigmoid(b + drawn @ w.T)
# Slip not-drawn, if nothing is drawn on the way, neither h nor v′:
#   drawn = 1.0 * (u_h < h) => drawn = h
#   new = 1.0 * (u_v < sigmoid(b + drawn @ w.T)) => new = sigmoid(b + drawn @ w.T)
# Slip draw-for-probability, if the means with the data have the h that was drawn, and not p(h | v):
#   v.T @ h - new => v.T @ drawn - new
#   (h - end) => (drawn - end)
# Slip draw-for-probability, if h′ is drawn with u_h, which was used before:
#   end = sigmoid(c + new @ w) => end = 1.0 * (u_h < sigmoid(c + new @ w))
# Slip draw-for-probability, if all h in the means are drawn, both with the same u_h:
#   end = sigmoid(c + new @ w) => end = 1.0 * (u_h < sigmoid(c + new @ w)); h = drawn
# Slip old-state, if v′ meets p(h | v), the h from before the sweep:
#   end = sigmoid(c + new @ w) => end = h
# Slip old-state, if v′ meets the h that it was drawn for, and not p(h | v′):
#   end = sigmoid(c + new @ w) => end = drawn
# Slip inverted, if a unit is on where its u is above its probability:
#   u_h < => u_h >
#   u_v < => u_v >
# Slip bias-missing, if the visible units are without b:
#   b + drawn @ w.T => drawn @ w.T
# Slip bias-missing, if the hidden units are without c:
#   c + v @ w => v @ w
#   c + new @ w => new @ w
# Slip product-of-differences, if the slope by W is the mean of (v − v′)(h − h′):
#   (v.T @ h - new.T @ end) => ((v - new).T @ (h - end))
# Slip missing-1/N, if the second mean of v h is a sum: only the first was divided by N:
#   (v.T @ h - new.T @ end) / len(v) => v.T @ h / len(v) - new.T @ end
# Slip bias-missing, if p(h | v′) is without c:
#   c + new @ w => new @ w
