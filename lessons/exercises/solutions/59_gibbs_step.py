"""Exercise 59: a sweep of Gibbs sampling

    E(v, h) = −b·v − c·h − v·W h,  p(v, h) = e^(−E(v, h)) / Z

v (N, D) and h (N, H) are 0 or 1; w (D, H), b (D,) and c (H,).  A sweep draws h from p(h | v), then a new v′
from p(v | h).  The chance is given: u_h (N, H) and u_v (N, D) are uniform, from 0 to 1, and a unit is on, 1,
where its u is below its probability.  Find these probabilities from E, and write h and v′.

After lesson 38.  This is meant to fail first.  To check it: python -m lessons check 59
"""
import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def sweep(v, w, b, c, u_h, u_v):
    """h (N, H), drawn for v, and v′ (N, D), drawn for h: zeros and ones."""
    # Yours: draw h for v, then v′ for h
    h = 1.0 * (u_h < sigmoid(c + v @ w))                        # given v, the hidden units are independent
    return h, 1.0 * (u_v < sigmoid(b + h @ w.T))                # given h, the visible ones are


# Hint 1.  Take one hidden unit, and v as known.  Its part of −E is hⱼ aⱼ, with aⱼ = cⱼ + Σᵢ vᵢ Wᵢⱼ.  So on
#   against off is e^(aⱼ) against 1: what is the probability of on?
# Hint 2.  p(hⱼ = 1 | v) = σ(aⱼ).  For the visible units E has the same form, with W read the other way round:
#   that is w.T.  What is handed down is the h that was drawn.
# Why.  Each half draws from an exact conditional, so a v that comes with p(v) is followed by a v′ that comes
#   with p(v): the distribution stays, though each v changes.  Draw h truly: with p(h | v) in its place all
#   units would be a little on, a state that the machine does not have, and the chain would end elsewhere.
# In minidl: mask, in minidl/functions.py: it draws its zeros and ones in the same way.

# Slip not-drawn, if v′ is drawn for the probabilities of h, and not for the h that was drawn:
#   b + h @ w.T => b + sigmoid(c + v @ w) @ w.T
# Slip not-drawn, if h is its probability, and is not drawn:
#   h = 1.0 * (u_h < sigmoid(c + v @ w)) => h = sigmoid(c + v @ w)
# Slip not-drawn, if v′ is its probability, and is not drawn:
#   h, 1.0 * (u_v < sigmoid(b + h @ w.T)) => h, sigmoid(b + h @ w.T)
# Slip rounded, if h is on where its probability is above ½, whatever u is:
#   u_h < => 0.5 <
# Slip rounded, if v′ is on where its probability is above ½, whatever u is:
#   u_v < => 0.5 <
# Slip inverted, if h is on where its u is above its probability:
#   u_h < => u_h >
# Slip inverted, if v′ is on where its u is above its probability:
#   u_v < => u_v >
# Slip bias-missing, if the hidden units are without c:
#   c + v @ w => v @ w
# Slip bias-missing, if the visible units are without b:
#   b + h @ w.T => h @ w.T
# Slip sign, if p(h = 0 | v) is taken for p(h = 1 | v): σ(−a) for σ(a):
#   c + v @ w => -c - v @ w
# Slip sign, if p(v = 0 | h) is taken for p(v = 1 | h): σ(−a) for σ(a):
#   b + h @ w.T => -b - h @ w.T
# Slip sigmoid-missing, if u_h is compared with c + v W itself:
#   sigmoid(c + v @ w) => (c + v @ w)
# Slip sigmoid-missing, if u_v is compared with b + h Wᵀ itself:
#   sigmoid(b + h @ w.T) => (b + h @ w.T)
# Slip exponential-off, if eᵃ is taken for the probability of h = 1: it is the ratio of on to off:
#   sigmoid(c + v @ w) => np.exp(c + v @ w)
# Slip exponential-off, if eᵃ is taken for the probability of v = 1: it is the ratio of on to off:
#   sigmoid(b + h @ w.T) => np.exp(b + h @ w.T)
# Slip plus-or-minus-1, if a hidden unit that is off is −1, not 0:
#   1.0 * (u_h < sigmoid(c + v @ w)) => np.where(u_h < sigmoid(c + v @ w), 1.0, -1.0)
# Slip plus-or-minus-1, if a visible unit that is off is −1, not 0:
#   1.0 * (u_v < sigmoid(b + h @ w.T)) => np.where(u_v < sigmoid(b + h @ w.T), 1.0, -1.0)
# Slip unchanged, if v′ is v as it came:
#   h, 1.0 * (u_v < sigmoid(b + h @ w.T)) => h, v
# Slip not-drawn, if v′ is its probability for p(h | v), and nothing is drawn on the way to it:
#   h, 1.0 * (u_v < sigmoid(b + h @ w.T)) => h, sigmoid(b + sigmoid(c + v @ w) @ w.T)
# Slip not-drawn, if v′ is drawn for c + v W, which is neither an h nor its probability:
#   b + h @ w.T => b + (c + v @ w) @ w.T
# Slip chance-turned, if 1 − u_h is compared, not u_h: as probable, but not what the text says:
#   u_h < => 1 - u_h <
# Slip chance-turned, if 1 − u_v is compared, not u_v: as probable, but not what the text says:
#   u_v < => 1 - u_v <
# Slip drawn-again, if h is drawn a second time, for v′, with the same u_h:
#   return h, 1.0 * (u_v => new = 1.0 * (u_v
#   b + h @ w.T)) => b + h @ w.T)); h = 1.0 * (u_h < sigmoid(new @ w + c)); return h, new
