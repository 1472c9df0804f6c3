"""Exercise 56: what a Gaussian process believes

    mean = kᵀ K⁻¹ y,   variance = 1 − kᵀ K⁻¹ k          for one new place

The heights at x (n, D) were measured.  Each of the results y (n,) has a noise of its own, of the variance
`noise`.  K (n, n) holds the covariances of the measured y with each other, k (n,) those with the height at
the new place.  `kernel` gives the covariances of the heights, without noise.  For all places of new (M, D),
write the mean and the variance of the height itself, not of a noisy measurement.

Use Cholesky's factor, np.linalg.cholesky: L with K = L Lᵀ.  Then kᵀ K⁻¹ k is (L⁻¹k)ᵀ (L⁻¹k).

After lesson 36.  This is meant to fail first.  To check it: python -m lessons check 56
"""
import numpy as np


def kernel(a, b):
    """Matérn's covariances of all pairs, a (n, D) and b (M, D) → (n, M)."""
    t = np.sqrt(5 * ((a[:, None] - b) ** 2).sum(axis=2))
    return (1 + t + t * t / 3) * np.exp(-t)


def posterior(x, y, new, noise):
    """The mean and the variance of the height at every new place, (M,) each."""
    # TODO: factor K, then write the mean and the variance by L⁻¹k and L⁻¹y
    raise NotImplementedError("exercise 56: factor K, then write the mean and the variance by L⁻¹k and L⁻¹y")
