"""Exercise 16, find the bug: cross-entropy of pixels

    loss = −(1/N) Σ [x log q + (1 − x) log(1 − q)]          q and x (N, D); the sum is over all of them

q is what an autoencoder painted, between 0 and 1, and x the image, a constant.  g is a single number.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 16
"""
import numpy as np


def forward(q, x):
    return -(x * np.log(q) + (1 - x) * np.log(1 - q)).sum() / len(q)


def backward(g, q, x):
    """∂loss/∂q (N, D), times g."""
    # As shipped: slope = x / q - (1 - x) / (1 - q)
    slope = (1 - x) / (1 - q) - x / q
    return g * slope / len(q)


# Hint 1.  Let a pixel be white, x = 1, and painted grey, q = ½.  Should q go up or down?  Gradient descent
#   goes against the gradient: which way does it go here?
# Hint 2.  There is a minus before the bracket.  Take the derivative of −x log q on its own.
# Why.  A sign turns descent into ascent, and a loss that has no upper end takes everything with it.
#   Document 003 writes the minus into l and once more into J = E[−l]; lesson 02 shows what comes of it.
# In minidl: bce_with_logits, in minidl/losses.py, takes logits instead of q, and so never divides by q.

# Slip by-the-logit, if the slope is q − x: right by the logit of q, as in minidl, not by q:
#   (1 - x) / (1 - q) - x / q => q - x
# Slip term-lost, if only x log q is followed, and not (1 − x) log(1 − q):
#   (1 - x) / (1 - q) - x / q => -x / q
# Slip term-lost, if only (1 − x) log(1 − q) is followed, and not x log q:
#   (1 - x) / (1 - q) - x / q => (1 - x) / (1 - q)
# Slip inner-sign, if log(1 − q) gets the slope 1/(1 − q): 1 − q falls as q grows:
#   (1 - x) / (1 - q) - x / q => -(1 - x) / (1 - q) - x / q
# Slip inner-sign, if both terms have the sign +:
#   (1 - x) / (1 - q) - x / q => (1 - x) / (1 - q) + x / q
# Slip x-and-q-swapped, if the image x and the painting q change their places:
#   (1 - x) / (1 - q) - x / q => (1 - q) / (1 - x) - q / x
# Slip value-for-slope, if the logarithms stand there themselves, and not their slopes:
#   (1 - x) / (1 - q) - x / q => -(1 - x) * np.log(1 - q) - x * np.log(q)
