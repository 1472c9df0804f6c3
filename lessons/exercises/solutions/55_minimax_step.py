"""Exercise 55: a round of the minimax game

    G makes y = a z + b                     z (M,) is noise, y (M,) is made
    D says σ(c + v x)                       its probability that x is real; x (N,) is real
    V = mean log σ(c + v x) + mean log(1 − σ(c + v y))

This is the game of lesson 32 without w; all four weights are numbers.  D makes V large, G makes it small.  A
round is a step of D, then a step of G, which meets the D that has just learned; both have the rate η.  A step
moves the weights of one player only.  Write c, v, a and b after a round.

After lesson 32.  This is meant to fail first.  To check it: python -m lessons check 55
"""
import numpy as np

ETA = 0.2


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def play(c, v, a, b, x, z):
    """c, v, a and b after a step of D and a step of G."""
    # Yours: a step of D up V, then a step of G down V
    y = a * z + b                                               # (M,)
    real, made = 1 - sigmoid(c + v * x), -sigmoid(c + v * y)    # the slopes of V by the logits, times N and M
    c, v = c + ETA * (real.mean() + made.mean()), v + ETA * ((real * x).mean() + (made * y).mean())
    slope = v * -sigmoid(c + v * y)                             # ∂V/∂y, times M, by the D that has learned
    return c, v, a - ETA * (slope * z).mean(), b - ETA * slope.mean()


# Hint 1.  The slope of log σ(s) is 1 − σ(s), that of log(1 − σ(s)) is −σ(s).  c acts on every logit with
#   slope 1, v with slope x or y.  To make V large, go along the slope.
# Hint 2.  a and b act on V through y only, and y acts through the logit c + v y: so ∂V/∂y has a factor v.
#   Which v, and which σ(c + v y), does G meet?
# Why.  G learns through D: v tells it which way to move, and while D has v = 0, G learns nothing.  Both play
#   for one V, D up and G down, so no loss falls for both: each step changes the landscape that the other
#   walks in.  That is why such games can go round in circles instead of coming to rest.
# In minidl: train_step, in minidl/train.py: it moves the weights of one optimiser only.

# Slip sign, if D descends V:
#   c, v = c + ETA => c, v = c - ETA
#   , v + ETA * ((real => , v - ETA * ((real
# Slip sign, if G climbs V, like D:
#   a - ETA => a + ETA
#   b - ETA => b + ETA
# Slip simultaneous, if G's step is computed with the weights that D had before its own step:
#   c, v = c + ETA => slope = v * made; c, v = c + ETA
#   slope = v * -sigmoid(c + v * y) => pass
# Slip stale-cache, if G's step has the new v, but the σ(c + v y) from before D's step:
#   slope = v * -sigmoid(c + v * y) => slope = v * made
# Slip order, if G moves first, and D meets the G that has just learned:
#   y = a * z + b => s = -v * sigmoid(c + v * (a * z + b)); MOVE; y = a * z + b
#   MOVE => a, b = a - ETA * (s * z).mean(), b - ETA * s.mean()
#   c, v, a - ETA * (slope * z).mean(), b - ETA * slope.mean() => c, v, a, b
# Slip non-saturating, if G descends −mean log σ(c + v y), the loss of the other game:
#   slope = v * -sigmoid(c + v * y) => slope = v * (sigmoid(c + v * y) - 1)
# Slip slope-of-D-missing, if V's slope by the logit is taken for its slope by y:
#   slope = v * -sig => slope = -sig
# Slip factor-missing, if a moves by the mean of ∂V/∂y, as b does:
#   (slope * z).mean() => slope.mean()
# Slip factor-missing, if v moves as c does, as if the logit were c + v:
#   ((real * x).mean() + (made * y).mean()) => (real.mean() + made.mean())
# Slip one-at-a-time, if v moves after c, along a slope in which the new c is already:
#   c, v = c + ETA => c = c + ETA
#   , v + ETA * ((real => ; NEXT; v = v + ETA * ((real
#   NEXT => real, made = 1 - sigmoid(c + v * x), -sigmoid(c + v * y)
# Slip labels-swapped, if D is taught that x is made and y is real:
#   real, made = 1 - sig => real, made = -sig
#   , -sigmoid(c + v * y) => , 1 - sigmoid(c + v * y)
# Slip term-missing, if D learns from x alone, and never sees y:
#   (real.mean() + made.mean()) => real.mean()
#   ((real * x).mean() + (made * y).mean()) => (real * x).mean()
# Slip term-missing, if D learns from y alone, and never sees x:
#   (real.mean() + made.mean()) => made.mean()
#   ((real * x).mean() + (made * y).mean()) => (made * y).mean()
# Slip both-move, if the step of G takes D's weights down V with it:
#   slope = v * -sigmoid(c + v * y) => s = -sigmoid(c + v * y); slope = v * s; MOVE
#   MOVE => c, v = c - ETA * s.mean(), v - ETA * (s * y).mean()
# Slip missing-1/N, if a step follows sums, not means:
#   real.mean() + made.mean() => real.sum() + made.sum()
#   (real * x).mean() + (made * y).mean() => (real * x).sum() + (made * y).sum()
#   (slope * z).mean(), b - ETA * slope.mean() => (slope * z).sum(), b - ETA * slope.sum()
# Slip missing-1/N, if the step of G follows a sum, not a mean:
#   (slope * z).mean(), b - ETA * slope.mean() => (slope * z).sum(), b - ETA * slope.sum()
# Slip wrong-local-derivative, if σ(s) is taken for the slope of log σ(s):
#   real, made = 1 - sig => real, made = sig
# Slip log-forgotten, if V has the probabilities themselves, not their logarithms:
#   real, made = 1 - sigmoid(c + v * x), -sigmoid( => p, q = sigmoid(c + v * x), sigmoid(
#   q = sigmoid(c + v * x), sigmoid(c + v * y) => q = sigmoid(c + v * x), sigmoid(c + v * y); NEXT
#   NEXT => real, made = p * (1 - p), -q * (1 - q)
#   slope = v * -sigmoid(c + v * y) => q = sigmoid(c + v * y); slope = -v * q * (1 - q)
# Slip wrong-local-derivative, if σ(s) − 1 is taken for the slope of log(1 − σ(s)):
#   , -sigmoid(c + v * y) => , sigmoid(c + v * y) - 1
# Slip sign, if D's step has the slope of mean log(1 − σ(c + v y)) with the other sign:
#   , -sigmoid(c + v * y) => , sigmoid(c + v * y)
# Slip wrong-divisor, if x and y are divided by their number together, as one mean:
#   (real.mean() + made.mean()) => (real.sum() + made.sum()) / (len(x) + len(z))
#   ((real * x).mean() + (made * y).mean()) => ((real * x).sum() + (made * y).sum()) / (len(x) + len(z))
# Slip one-at-a-time, if b moves after a, along a slope in which the new a is already:
#   slope = v * -sigmoid(c + v * y) => slope = v * -sigmoid(c + v * y); a = a - ETA * (slope * z).mean(); NEXT
#   NEXT => slope = v * -sigmoid(c + v * (a * z + b))
#   return c, v, a - ETA * (slope * z).mean() => return c, v, a
# Slip unchanged, if G makes no step:
#   a - ETA * (slope * z).mean(), b - ETA * slope.mean() => a, b
# Slip log-forgotten, if G's step follows the slope of 1 − σ, not that of its logarithm:
#   slope = v * -sigmoid(c + v * y) => q = sigmoid(c + v * y); slope = -v * q * (1 - q)
# Slip wrong-input, if the slope by v has the noise z where what is made, y, belongs:
#   (made * y).mean() => (made * z).mean()
