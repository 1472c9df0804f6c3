"""Exercise 36: dropout at test time

    y = (h · kept) w + b          h and kept (N, D), w (D, M), b (M,), y (N, M)

This layer was trained with dropout that did not divide by 1 − p: each number of kept is 0 with probability p,
the rate, and 1 otherwise, independently of all others.  At test time nothing is drawn.  Write the mean of y
over all masks, which the layer puts out, and its standard deviation, which says how far one mask is from it.

After lesson 08.  This is meant to fail first.  To check it: python -m lessons check 36
"""
import numpy as np


def at_test_time(h, w, b, p):
    """The mean and the standard deviation of y over all masks, both (N, M)."""
    # Yours: find both without drawing a mask
    mean = (1 - p) * h @ w + b
    variance = p * (1 - p) * h ** 2 @ w ** 2
    return mean, np.sqrt(variance)


# Hint 1.  Begin with one unit: its share of y is h w or 0.  What is the mean of that, and what is its
#   variance?  The bias is not dropped.
# Hint 2.  Means add up; so do the variances of what is drawn independently, and standard deviations do not.
#   What becomes of a variance if the number is multiplied by w?
# Why.  With weights w (1 − p) one pass does the work of all 2ᴰ masks: for a linear layer exactly, with a ReLU
#   behind it nearly.  To divide by 1 − p in training comes to the same, and then nothing is left to do at
#   test time, which nobody can forget.  Where no formula is known, one draws many masks, as the lesson does.
# In minidl: Dropout, in minidl/nn.py, divides in training, and at test time returns x as it is.

# Slip rate-for-share, if the weights are multiplied by p, the share that is dropped, as in 001:
#   mean = (1 - p) => mean = p
# Slip unscaled, if all units work at test time with the weights of the training:
#   mean = (1 - p) * h => mean = h
# Slip inverted-dropout, if the weights are divided by 1 − p at test time:
#   mean = (1 - p) * h => mean = 1 / (1 - p) * h
# Slip bias-scaled, if the bias is made smaller with the weights, though it was never dropped:
#   (1 - p) * h @ w + b => (1 - p) * (h @ w + b)
# Slip bias-forgotten, if the bias is left out:
#   w + b => w
# Slip inverted-dropout, if the variance is that of dropout that divides by 1 − p:
#   variance = p * (1 - p) => variance = p / (1 - p)
# Slip variance-for-deviation, if the variance is returned in place of its root:
#   np.sqrt(variance) => variance
# Slip dropped-together, if all units of an example are dropped together or kept together:
#   h ** 2 @ w ** 2 => (h @ w) ** 2
# Slip deviations-added, if the units' standard deviations are added up, not their variances:
#   p * (1 - p) * h ** 2 @ w ** 2 => (np.sqrt(p * (1 - p)) * np.abs(h) @ np.abs(w)) ** 2
# Slip second-moment, if the mean of the squares is taken for the variance, less nothing:
#   variance = p * (1 - p) => variance = (1 - p)
# Slip rate-for-variance, if the variance of a mask's number is taken for p:
#   variance = p * (1 - p) => variance = p
# Slip factor-squared, if p (1 − p), the variance of a mask's number, is squared together with h:
#   variance = p * (1 - p) => variance = (p * (1 - p)) ** 2
# Slip unsquared-weights, if the variance is multiplied by w, not by its square:
#   @ w ** 2 => @ w
# Slip unsquared-units, if the variance is multiplied by h, not by its square:
#   h ** 2 @ => h @
# Slip order, if the deviation comes first, and then the mean:
#   return mean, np.sqrt(variance) => return np.sqrt(variance), mean
