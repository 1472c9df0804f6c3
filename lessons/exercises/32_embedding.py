"""Exercise 32: an embedding

    y[n, t] = e[words[n, t]]          e (V, D), words (N, T) from 0 to V − 1, y (N, T, D)

Each of the V words of a language has a row of D numbers in the table e, and these are learned.  To read N
sentences of T words is to look up their rows.  Write ∂loss/∂e (V, D) from g = ∂loss/∂y (N, T, D).  A sentence
may say a word twice, so may two sentences, and some words do not occur at all.

After lesson 06.  This is meant to fail first.  To check it: python -m lessons check 32
"""
import numpy as np


def forward(e, words):
    return e[words]


def backward(g, e, words):
    """∂loss/∂e (V, D)."""
    # TODO: give each row of the table what its word has received
    raise NotImplementedError("exercise 32: give each row of the table what its word has received")
