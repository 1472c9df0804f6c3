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
    # TODO: scale z so that the mean square is kept
    raise NotImplementedError("exercise 17: scale z so that the mean square is kept")
