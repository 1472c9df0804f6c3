"""Exercise 34: dropout

    y = x · kept / (1 − rate)          x and y (N, D), kept (N, D) of True and False

Each number is dropped with probability `rate`, and those that are kept grow, so that the mean stays.  The
mask was drawn on the way there and is given here.  Write ∂loss/∂x.

After lesson 08.  This is meant to fail first.  To check it: python -m lessons check 34
"""
import numpy as np

RATE = 0.4


def forward(x, kept):
    return x * kept / (1 - RATE)


def backward(g, x, kept):
    """∂loss/∂x (N, D)."""
    # TODO: send g back the way the numbers came
    raise NotImplementedError("exercise 34: send g back the way the numbers came")
