"""Exercise 55: a round of the minimax game

    G makes y = a z + b                     z (M,) is noise, y (M,) is made
    D says σ(c + v x)                       its probability that x is real; x (N,) is real
    V = mean log σ(c + v x) + mean log(1 − σ(c + v y))

This is the game of lesson 32 without w; all four weights are numbers.  D makes V large, G makes it small.  A
round is a step of D, then a step of G, which meets the D that has just learned; both have the rate η.  A step
moves the weights of one player only.  Write c, v, a and b after a round.

After lesson 32.  This is meant to fail first.  To check it: python -m lessons check 55
"""
import numpy as np

ETA = 0.2


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def play(c, v, a, b, x, z):
    """c, v, a and b after a step of D and a step of G."""
    # TODO: a step of D up V, then a step of G down V
    raise NotImplementedError("exercise 55: a step of D up V, then a step of G down V")
