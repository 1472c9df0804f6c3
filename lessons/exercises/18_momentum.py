"""Exercise 18: momentum that looks ahead

    v ← μ v + g,  w ← w − η v          w, v and g of one shape

slope(x) is ∇J at any place x.  The heavy ball takes g where it is: g = slope(w).  Nesterov's ball looks
ahead: it takes g at the place where this step would end if there were no new slope, g = 0.  All else is as
above, and w is where the ball is.  Write the step.

After lesson 39.  This is meant to fail first.  To check it: python -m lessons check 18
"""
import numpy as np

ETA, MU = 0.1, 0.9


def step(slope, w, v):
    """w and v after the step."""
    # TODO: look ahead for the slope, then move v and w
    raise NotImplementedError("exercise 18: look ahead for the slope, then move v and w")
