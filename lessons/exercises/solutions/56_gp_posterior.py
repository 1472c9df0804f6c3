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
    # Yours: factor K, then write the mean and the variance by L⁻¹k and L⁻¹y
    root = np.linalg.cholesky(kernel(x, x) + noise * np.eye(len(x)))            # L (n, n)
    across = np.linalg.solve(root, kernel(x, new))                              # L⁻¹k (n, M)
    return across.T @ np.linalg.solve(root, y), 1 - (across ** 2).sum(axis=0)


# Hint 1.  The noise of one measurement says nothing of another's, nor of a height.  So it enters only the
#   variances of the measured y.  Which entries of K are these?
# Hint 2.  K⁻¹ = L⁻ᵀ L⁻¹.  So kᵀ K⁻¹ y is (L⁻¹k)ᵀ (L⁻¹y) as well.  np.linalg.solve(L, …) gives L⁻¹ times
#   something, for all columns of kernel(x, new) at once.  Each new place needs its own sum of squares.
# Why.  What a measurement takes from the prior variance 1 is a sum of squares, so the variance never grows
#   by seeing more, and it does not depend on y at all.  Noise on the diagonal says how far to trust y; it
#   also keeps K far from singular where two places nearly coincide.  A factor can be used again; an
#   inverse is never needed.
# In minidl: solve, in minidl/linalg.py: lesson 36 solves K with it, for y and all k at once.

# Slip noise-missing, if K is without the noise:
#   + noise * np.eye(len(x)) =>
# Slip noise-missing, if K has on its diagonal a tiny number in place of the noise:
#   noise * np.eye(len(x)) => 1e-10 * np.eye(len(x))
# Slip noise-everywhere, if all entries of K have the noise, as if all measurements shared one error:
#   noise * np.eye(len(x)) => noise
# Slip noise-squared, if noise is taken for a deviation, and squared:
#   noise * np.eye(len(x)) => noise ** 2 * np.eye(len(x))
# Slip noise-twice, if the variance is that of a new measurement, with a noise of its own:
#   1 - (across => 1 + noise - (across
# Slip sign, if what was learned is added to the prior variance:
#   1 - (across => 1 + (across
# Slip prior-missing, if the 1 of the prior variance is left out, and only kᵀ K⁻¹ k is there:
#   1 - (across => (across
# Slip half-solved, if one of the two L⁻¹ is left out:
#   across.T @ np.linalg.solve(root, y), 1 - (across ** 2) => across.T @ y, 1 - (across * kernel(x, new))
# Slip half-solved, if one of the two L⁻¹ is left out:
#   across.T @ np.linalg.solve(root, y) => kernel(x, new).T @ np.linalg.solve(root, y)
# Slip inverse-missing, if K⁻¹ is left out:
#   across.T @ np.linalg.solve(root, y), 1 - (across ** 2) => kernel(x, new).T @ y, 1 - (kernel(x, new) ** 2)
# Slip inverse-missing, if K stands where K⁻¹ belongs:
#   across.T @ np.linalg.solve(root, y) => (root.T @ kernel(x, new)).T @ (root.T @ y)
#   1 - (across ** 2) => 1 - ((root.T @ kernel(x, new)) ** 2)
# Slip transposed, if Lᵀ stands where L belongs, so that K is taken for Lᵀ L:
#   across = np.linalg.solve(root, kernel => across = np.linalg.solve(root.T, kernel
#   across.T @ np.linalg.solve(root, y) => across.T @ np.linalg.solve(root.T, y)
# Slip square-missing, if the entries of L⁻¹k are added up, not their squares:
#   (across ** 2) => across
# Slip deviation-for-variance, if the root of the variance is taken:
#   1 - (across ** 2).sum(axis=0) => np.sqrt(1 - (across ** 2).sum(axis=0))
# Slip centred, if y's mean is taken off before, and put back after: the prior mean is 0:
#   across.T @ np.linalg.solve(root, y) => y.mean() + across.T @ np.linalg.solve(root, y - y.mean())
# Slip noise-squared, if noise is taken for the square of a variance, and its root for the variance:
#   noise * np.eye(len(x)) => np.sqrt(noise) * np.eye(len(x))
# Slip noise-everywhere, if k has the noise too, as if the new height were measured with the same error:
#   kernel(x, new) => kernel(x, new) + noise
# Slip extra-1/N, if the squares are averaged, and not added up:
#   (across ** 2).sum(axis=0) => (across ** 2).mean(axis=0)
# Slip weighted-mean, if y is averaged with the weights k, made to add up to 1:
#   across.T @ np.linalg.solve(root, y) => kernel(x, new).T @ y / kernel(x, new).sum(axis=0)
