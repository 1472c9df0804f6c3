"""Exercise 58: the free energy of a restricted Boltzmann machine

    E(v, h) = −b·v − c·h − v·W h          F(v) = −log Σ e^(−E(v, h)) over all h

The rows of v (N, D) are images; v and h are 0 or 1; w (D, H), b (D,) and c (H,).  There are 2^H different h,
far too many to be visited, if H is 500.  But no two hidden units are joined by a weight, so the sum can be
written in another way.  Write F (N,), one number for each row.

After lesson 38.  This is meant to fail first.  To check it: python -m lessons check 58
"""
import numpy as np


def free_energy(v, w, b, c):
    """F of each row of v, (N,)."""
    # TODO: write F without going through all h
    raise NotImplementedError("exercise 58: write F without going through all h")
