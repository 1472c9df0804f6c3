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
    # Yours: go from the loss to the mean activities, to h, to a
    h = sigmoid(a)
    r = h.mean(axis=0)
    dr = (1 - RHO) / (1 - r) - RHO / r                          # (L,), 0 where ρ̂ = ρ
    return g * dr / len(a) * h * (1 - h)


# Hint 1.  First the slope of KL by ρ̂, for one unit: ρ̂ is only in the two logarithms.  Is your slope below 0
#   where a unit is too quiet, ρ̂ < ρ?
# Hint 2.  Each h[n, j] has the share 1/N in ρ̂ⱼ.  So all N examples get the same number from unit j; they
#   differ only by σ′ = h(1 − h), each with its own h.
# Why.  The loss sees only the mean of a unit.  It pushes all examples up, or all down, and does not say
#   for which of them the unit should speak: that is left to the error of the copy.  So a unit that says
#   0.05 to everything pays nothing.  An example where σ is flat, h near 0 or 1, feels little of the
#   push.
# In minidl: sparsity_kl, in minidl/losses.py, takes h; the tape goes on to a.

# Slip per-example, if each h is compared with ρ on its own, and not the mean of the batch:
#   r = h.mean(axis=0) => r = h
# Slip wrong-axis, if the mean is taken over the units of an example, not over the batch:
#   dr = (1 - RHO) => r = h.mean(axis=1, keepdims=True); dr = (1 - RHO)
# Slip wrong-axis, if one mean is taken over the batch and the units together:
#   dr = (1 - RHO) => r = h.mean(); dr = (1 - RHO)
# Slip slope-at-the-mean, if σ′ is taken at the mean activity ρ̂, for all examples alike:
#   h * (1 - h) => r * (1 - r) * np.ones_like(h)
# Slip local-derivative-forgotten, if the slope of σ is left out: that is the gradient of h, not of a:
#   h * (1 - h) => np.ones_like(h)
# Slip wrong-local-derivative, if h stands where the slope of σ belongs:
#   h * (1 - h) => h
# Slip x-for-y, if the slope of σ is written as a(1 − a), in the input, and not in the output:
#   h * (1 - h) => a * (1 - a)
# Slip term-lost, if only the first of the two logarithms is followed, ρ log ρ/ρ̂:
#   (1 - RHO) / (1 - r) - RHO / r => -RHO / r
# Slip term-lost, if only the second of the two logarithms is followed, that of 1 − ρ̂:
#   (1 - RHO) / (1 - r) - RHO / r => (1 - RHO) / (1 - r)
# Slip inner-sign, if the second logarithm's slope has the wrong sign: 1 − ρ̂ falls as ρ̂ grows:
#   (1 - RHO) / (1 - r) - RHO / r => -(1 - RHO) / (1 - r) - RHO / r
# Slip weights-forgotten, if the two slopes are not weighed by ρ and 1 − ρ:
#   (1 - RHO) / (1 - r) - RHO / r => 1 / (1 - r) - 1 / r
# Slip rho-swapped, if ρ and ρ̂ change their places: KL(ρ̂‖ρ) is another number, with another slope:
#   (1 - RHO) / (1 - r) - RHO / r => np.log(r / RHO) - np.log((1 - r) / (1 - RHO))
# Slip value-for-slope, if the KL of each unit itself stands where its slope by ρ̂ belongs:
#   (1 - RHO) / (1 - r) - RHO / r => RHO * np.log(RHO / r) + (1 - RHO) * np.log((1 - RHO) / (1 - r))
# Slip squared-error, if the slope by ρ̂ is that of a squared error, 2(ρ̂ − ρ):
#   (1 - RHO) / (1 - r) - RHO / r => 2 * (r - RHO)
