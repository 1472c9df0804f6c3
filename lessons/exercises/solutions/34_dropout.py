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
    # Yours: send g back the way the numbers came
    return g * kept / (1 - RATE)


# Hint 1.  Given the mask, dropout multiplies each number by a constant: 0, or 1/(1 − rate).  What is the
#   slope of c x?
# Hint 2.  Two things happen to x: the mask and the scale.  Both happen to g.
# Why.  Dropout is linear: for a given mask it is a multiplication, and the way back is the same
#   multiplication.  Where nothing went through, nothing comes back.  The scale belongs to both ways;
#   without it the gradient is too small by the factor 1 − rate.
# In minidl: dropout, in minidl/functions.py, multiplies by a constant array, so that multiply's own rule
#   does the rest.

# Slip scale-forgotten, if the division by 1 − rate is left out on the way back:
#   g * kept / (1 - RATE) => g * kept
# Slip wrong-divisor, if g is divided by the rate, not by 1 − rate:
#   g * kept / (1 - RATE) => g * kept / RATE
# Slip inverted, if g is multiplied by 1 − rate, not divided by it:
#   g * kept / (1 - RATE) => g * kept * (1 - RATE)
