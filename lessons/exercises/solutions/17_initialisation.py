"""Exercise 17: a good start, for a ReLU that leaks

    s = x w,  h = s where s > 0,  h = a s where s < 0          x (N, fan-in), w (fan-in, fan-out), 0 ≤ a ≤ 1

He's weights keep the mean square of the signals through a ReLU, where a = 0.  Let the ReLU leak: below 0 it
has the slope a.  z (fan-in, fan-out) are normal numbers of variance 1.  Scale them to weights w for which h
has the mean square of x again, on average.  (s is above 0 as often as below.)

After lesson 39.  This is meant to fail first.  To check it: python -m lessons check 17
"""
import numpy as np


def initial_weights(z, a):
    """w (fan-in, fan-out)."""
    # Yours: scale z so that the mean square is kept
    fan_in = z.shape[0]                                         # s sums so many products
    kept = (1 + a ** 2) / 2                                     # of the mean square of s, in h
    return z / np.sqrt(fan_in * kept)


# Hint 1.  Let x have the mean square q and the weights the variance c².  Then s has the mean square
#   fan-in · c² q.  On half of the numbers h is s; on the other half it is a s.  What is the mean square of h?
# Hint 2.  Set it equal to q and solve for c², the variance.  Two known cases to test it by: He's 2/fan-in for
#   a = 0, and 1/fan-in for a = 1, where nothing is bent.  To give z the variance c², multiply it by c.
# Why.  A factor of 0.9 for each layer is 0.35 after ten layers and 0.00003 after a hundred.  So each layer
#   has to keep what it is given, and its bend says how much is lost: by a ReLU one half, by this one less.
#   The rule for another bend is found in the same way.  Only the fan-in counts: so many products are summed.
# In minidl: he, in minidl/init.py, is this for a = 0.

# Slip variance-for-deviation, if z is multiplied by the variance that the weights should have:
#   np.sqrt(fan_in * kept) => (fan_in * kept)
# Slip fan-out, if the number of outputs is counted, not that of the inputs:
#   z.shape[0] => z.shape[1]
# Slip glorot, if z is scaled as Glorot says, whatever the bend:
#   z.shape[0] => sum(z.shape)
#   (1 + a ** 2) / 2 => 1 / 2
# Slip both-fans, if the mean of fan-in and fan-out is counted, not the fan-in:
#   z.shape[0] => sum(z.shape) / 2
# Slip all-weights, if all the weights are counted, not those that meet in one output:
#   z.shape[0] => z.size
# Slip leak-forgotten, if what is below 0 is taken for lost, as in a ReLU that does not leak:
#   (1 + a ** 2) / 2 => 1 / 2
# Slip bend-forgotten, if the layer is taken for one that does not bend:
#   (1 + a ** 2) / 2 => 1
# Slip square-forgotten, if the mean square is said to be multiplied by a below 0:
#   a ** 2 => a
# Slip half-forgotten, if every number is counted twice, as if it lay on both sides of 0:
#   (1 + a ** 2) / 2 => (1 + a ** 2)
# Slip mean-for-mean-square, if the mean slope is squared, not the mean taken of the squares:
#   (1 + a ** 2) / 2 => ((1 + a) / 2) ** 2
# Slip sign, if the leak makes the mean square smaller, not larger:
#   1 + a ** 2 => 1 - a ** 2
# Slip gain-inverted, if the weights are the smaller, the more the bend loses:
#   fan_in * kept => fan_in / kept
# Slip scale-inverted, if weights are the larger, the more inputs there are:
#   z / np.sqrt => z * np.sqrt
# Slip scale-inverted, if the variance is multiplied by the fan-in, not divided by it:
#   fan_in * kept => kept / fan_in
# Slip half-rooted, if the root is taken of what the bend keeps, and not of the fan-in:
#   np.sqrt(fan_in * kept) => (fan_in * np.sqrt(kept))
# Slip half-rooted, if He's weights are divided by 1 + a², of which no root is taken:
#   np.sqrt(fan_in * kept) => (np.sqrt(fan_in / 2) * (1 + a ** 2))
# Slip half-rooted, if the root is taken of the fan-in, and not of what the bend keeps:
#   np.sqrt(fan_in * kept) => (np.sqrt(fan_in) * kept)
