"""Exercise 39: a step of the lasso

    J(w) = ‖y − x w‖²/(2N) + λ ‖w‖₁          x (N, D), y (N,), w (D,)

|w| has no slope at 0, and descent along the slopes that it has never makes a weight exactly 0.  So a step has
two halves.  First w goes down the slope of the smooth part, with the rate η, to v.  Then it goes to the w at
which  ½ ‖w − v‖² + η λ ‖w‖₁  is smallest: near v, and near 0.  (This half is the *proximal* step.)

After lesson 11.  This is meant to fail first.  To check it: python -m lessons check 39
"""
import numpy as np

ETA = 0.5


def step(w, x, y, lam):
    """w (D,) after the two halves."""
    # Yours: find v, then the w of the second half
    v = w - ETA * x.T @ (x @ w - y) / len(x)
    return np.sign(v) * np.maximum(abs(v) - ETA * lam, 0)       # the soft threshold S(v, η λ)


# Hint 1.  In the second half every weight is on its own: ½ (w − v)² + η λ |w| for one number v.  Lesson 11
#   has done this by pencil, for v = 3 and v = ½, with η λ = 1.
# Hint 2.  If w > 0, the slope is w − v + η λ.  So w = v − η λ, if that is above 0.  What if w < 0?  And what
#   if neither can be?
# Why.  A weight at 0 stays there while the slope of the smooth part is below λ: that is how the lasso
#   chooses.  A step along λ sign(w) jumps over 0, back and forth.  Where a penalty has a corner, do not
#   ask for its slope, but for the best place nearby.  The step stands still just where J is smallest.
# In minidl: elastic_net, in minidl/losses.py, has no such step: there descent takes sign(w), 0 at 0, for a
#   slope.

# Slip subgradient, if the second half takes off η λ times the sign of the old w: no threshold:
#   np.sign(v) * np.maximum(abs(v) - ETA * lam, 0) => v - ETA * lam * np.sign(w)
# Slip crosses-zero, if all |v| shrink by η λ, those below η λ, too, which makes them cross 0:
#   np.maximum(abs(v) - ETA * lam, 0) => (abs(v) - ETA * lam)
# Slip rate-forgotten, if |v| shrinks by λ, not by η λ:
#   - ETA * lam, 0) => - lam, 0)
# Slip hard-threshold, if the |v| above η λ are left as they are, not made smaller:
#   np.sign(v) * np.maximum(abs(v) - ETA * lam, 0) => v * (abs(v) > ETA * lam)
# Slip wrong-side, if what is cut off by the threshold is kept, and the rest lost:
#   np.sign(v) * np.maximum(abs(v) - ETA * lam, 0) => v.clip(-ETA * lam, ETA * lam)
# Slip one-sided, if all negative v become 0:
#   np.sign(v) * np.maximum(abs(v) - ETA * lam, 0) => np.maximum(v - ETA * lam, 0)
# Slip one-sided, if negative v are left as they are:
#   np.sign(v) * np.maximum(abs(v) - ETA * lam, 0) => np.where(v > 0, np.maximum(v - ETA * lam, 0), v)
# Slip sign-lost, if the |w| are right, and their signs are lost:
#   np.sign(v) * np.maximum => np.maximum
# Slip sign-forgotten, if η λ is taken off all v, and the negative ones move away from 0:
#   np.sign(v) * np.maximum(abs(v) - ETA * lam, 0) => v - ETA * lam
# Slip ridge, if the penalty of the second half is ½ η λ ‖w‖², which makes no weight 0:
#   np.sign(v) * np.maximum(abs(v) - ETA * lam, 0) => v / (1 + ETA * lam)
# Slip order, if the weights shrink first, and the slope is still that from before:
#   v = w - => v, s = w, np.sign(w) * np.maximum(abs(w) - ETA * lam, 0); v = s -
#   return np.sign(v) * np.maximum(abs(v) - ETA * lam, 0) => return v
# Slip order, if the weights shrink first, and then go down the slope:
#   v = w - => w = np.sign(w) * np.maximum(abs(w) - ETA * lam, 0); v = w -
#   return np.sign(v) * np.maximum(abs(v) - ETA * lam, 0) => return v
# Slip first-half-only, if w is v, the end of the first half:
#   np.sign(v) * np.maximum(abs(v) - ETA * lam, 0) => v
# Slip second-half-only, if the second half sets out from w, not from v:
#   v = w - ETA * x.T @ (x @ w - y) / len(x) => v = w
# Slip sign, if the first half goes up the slope:
#   v = w - ETA => v = w + ETA
# Slip missing-1/N, if the slope of the smooth part is not divided by N:
#   / len(x) =>
# Slip stray-factor, if the slope of the smooth part is twice what it should be:
#   / len(x) => * 2 / len(x)
# Slip step-for-v, if what is shrunk is the step from w to v, not v:
#   v = w - ETA => v = - ETA
#   return np.sign(v) => return w + np.sign(v)
# Slip stale-sign, if |v| shrinks as it should, but gets the sign of the old w, not of v:
#   np.sign(v) => np.sign(w)
