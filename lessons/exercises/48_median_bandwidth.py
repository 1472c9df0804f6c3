"""Exercise 48: the median heuristic

    k(a, b) = e^(−‖a − b‖² / r)          r, the bandwidth, is a squared distance

Which r?  A common choice is the median of the squared distances of all points together, those of x (N, D) and
those of y (M, D).  A pair is two different points: none is paired with itself, but two may lie at the
same place.  Write r.

After lesson 26.  This is meant to fail first.  To check it: python -m lessons check 48
"""
import numpy as np


def median_bandwidth(x, y):
    """r, one number."""
    # TODO: all the pairs, their squared distances, and the median
    raise NotImplementedError("exercise 48: all the pairs, their squared distances, and the median")
