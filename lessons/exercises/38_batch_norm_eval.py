"""Exercise 38: what batch normalisation keeps for the test

    mean ← (1 − m) mean + m · (the mean of each channel in the batch)          m = 0.1
    var  ← (1 − m) var + m · (the variance of each channel, as estimated from the batch)

x (N, C, H, W) is a batch in training; mean and var (C,).  At test time the layer uses the two as constants,
for a single image if need be.  There they stand for all images, so the estimate must not be too small on
average: the sum of squares is divided by one less than the number of values.  Write the update.
(Ioffe & Szegedy 2015, algorithm 2.)

After lesson 09.  This is meant to fail first.  To check it: python -m lessons check 38
"""
import numpy as np

M = 0.1


def update(x, mean, var):
    """The running mean and variance (C,) after the batch x (N, C, H, W)."""
    # TODO: move both towards those of the batch
    raise NotImplementedError("exercise 38: move both towards those of the batch")
