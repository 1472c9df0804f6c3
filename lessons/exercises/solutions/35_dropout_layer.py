"""Exercise 35, find the bug: a layer that drops

    y = x · kept / (1 − rate)          x and y (N, D)

The same as exercise 34, but now the layer draws its own mask.  `dice` starts afresh with every forward
pass, so that the check sees the same mask each time it asks.

After lesson 08.  This is meant to fail first.  To check it: python -m lessons check 35
"""
import numpy as np

RATE = 0.4
memory = {}                                                     # left by the forward pass for the backward


def draw(shape):
    """A mask of True and False: True with probability 1 − rate."""
    return memory["dice"].random(shape) >= RATE


def forward(x):
    memory["dice"] = np.random.default_rng(7)
    memory["kept"] = draw(x.shape)
    return x * memory["kept"] / (1 - RATE)


def backward(g, x):
    """∂loss/∂x (N, D)."""
    # As shipped: kept = draw(x.shape)
    kept = memory["kept"]
    return g * kept / (1 - RATE)


# Hint 1.  How many masks are drawn in one forward and one backward pass?  How many should it be?
# Hint 2.  The forward pass has left its mask where the backward pass can find it.
# Why.  The gradient belongs to the network that made the output: the one with these units dropped, not
#   with others.  Chance is drawn once, on the way there, and from then on it is a constant.  The same
#   holds for the noise of exercise 49.
# In minidl: dropout, in minidl/functions.py: the mask is an array on the tape, so the way back cannot
#   draw another.
