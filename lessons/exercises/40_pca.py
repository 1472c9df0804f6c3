"""Exercise 40: principal component analysis

    S = (1/N) Σₙ (xₙ − mean)(xₙ − mean)ᵀ,  S v = λ v          x (N, D), mean (D,), S (D, D)
    x̂ = mean + (x − mean) V Vᵀ                                 V (D, L), one axis v in each column

The axes are the L eigenvectors v of S with the largest λ, of length 1, the largest λ first.  λ is the
variance along v.  x̂ (N, D) is what can be put together again from the L numbers (x − mean) V.  Write a
function that returns V, the L variances and x̂.  An axis may point either way: v or −v, both are right.

After lesson 13.  This is meant to fail first.  To check it: python -m lessons check 40
"""
import numpy as np


def pca(x, L):
    """The axes V (D, L), their variances (L,), falling, and x̂ (N, D)."""
    # TODO: find the axes, then go to the L numbers and back
    raise NotImplementedError("exercise 40: find the axes, then go to the L numbers and back")
