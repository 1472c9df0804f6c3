"""Exercise 41: Fisher's direction

    w = S_w⁻¹ (m₁ − m₀),  S_w = (N₀/N) S₀ + (N₁/N) S₁          m₀, m₁, w (D,), S₀, S₁, S_w (D, D)
    ratio = wᵀ S_b w / wᵀ S_w w,  S_b = Σ_c (N_c/N) (m_c − m)(m_c − m)ᵀ          m (D,) the mean of all x

x (N, D) are points, y (N,) their classes, 0 or 1.  m_c is the mean of the N_c points of class c, and S_c is
their covariance, over N_c.  Write a function that returns w and the ratio.  w may have any length, but it
points from class 0 towards class 1.

After lesson 13.  This is meant to fail first.  To check it: python -m lessons check 41
"""
import numpy as np


def lda(x, y):
    """w (D,), and the ratio between/within along it."""
    # TODO: look from each class's own mean, then from the mean of all
    raise NotImplementedError("exercise 41: look from each class's own mean, then from the mean of all")
