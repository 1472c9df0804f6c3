"""Exercise 39: a step of the lasso

    J(w) = ‖y − x w‖²/(2N) + λ ‖w‖₁          x (N, D), y (N,), w (D,)

|w| has no slope at 0, and descent along the slopes that it has never makes a weight exactly 0.  So a step has
two halves.  First w goes down the slope of the smooth part, with the rate η, to v.  Then it goes to the w at
which  ½ ‖w − v‖² + η λ ‖w‖₁  is smallest: near v, and near 0.  (This half is the *proximal* step.)

After lesson 11.  This is meant to fail first.  To check it: python -m lessons check 39
"""
import numpy as np

ETA = 0.5


def step(w, x, y, lam):
    """w (D,) after the two halves."""
    # TODO: find v, then the w of the second half
    raise NotImplementedError("exercise 39: find v, then the w of the second half")
