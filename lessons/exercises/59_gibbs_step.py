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
    # TODO: draw h for v, then v′ for h
    raise NotImplementedError("exercise 59: draw h for v, then v′ for h")
