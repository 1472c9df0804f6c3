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
    # Yours: look from each class's own mean, then from the mean of all
    means = np.stack([x[y == 0].mean(axis=0), x[y == 1].mean(axis=0)])          # (2, D)
    apart = x - means[y]                                        # from each point's own class
    within = apart.T @ apart / len(x)                           # both classes, weighted by their shares
    w = np.linalg.solve(within, means[1] - means[0])
    between = ((means[y] - x.mean(axis=0)) @ w) ** 2            # (N,)
    return w, between.mean() / (w @ within @ w)


# Hint 1.  Take off each point's own class mean: means[y] is (N, D).  Then one product makes S_w, with the
#   right weights.  np.linalg.solve(A, b) is A⁻¹ b.
# Hint 2.  wᵀ S w is the variance of the numbers that the points get on w, so no S_b is needed: give each
#   point its class mean's number on w.  The mean of their squared distances to the mean of all is wᵀ S_b w.
# Why.  m₁ − m₀ alone looks only at where the means are; S_w⁻¹ turns w away from where each class spreads.
#   With the covariance of all points in place of S_w, w is the same for two classes, up to its length; the
#   ratio is not.  Any other direction has a smaller ratio, on these points: on new ones it may be worse.
# In minidl: solve, in minidl/linalg.py: A⁻¹ b, with its backward pass.

# Slip means-only, if w is m₁ − m₀, and the spread of the classes plays no part:
#   np.linalg.solve(within, means[1] - means[0]) => means[1] - means[0]
# Slip inverse-forgotten, if m₁ − m₀ is multiplied by S_w, not by its inverse:
#   np.linalg.solve(within, means[1] - means[0]) => within @ (means[1] - means[0])
# Slip inverse-entrywise, if each entry of S_w is inverted on its own: 1/S_w is no inverse matrix:
#   np.linalg.solve(within, means[1] - means[0]) => (means[1] - means[0]) @ (1 / within)
# Slip diagonal-only, if only the variances of S_w are used, and its covariances left out:
#   solve(within, => solve(np.diag(np.diag(within)),
# Slip sign, if w points from class 1 towards class 0:
#   means[1] - means[0]) => means[0] - means[1])
# Slip unweighted, if the two covariances count the same, though the classes are not of one size:
#   apart.T @ apart / len(x) => sum(np.cov(x[y == c].T, bias=True) for c in (0, 1)) / 2
# Slip n-minus-1, if S₀ and S₁ are divided by N_c − 1, not by N_c:
#   apart.T @ apart / len(x) => sum(np.mean(y == c) * np.cov(x[y == c].T) for c in (0, 1))
# Slip n-minus-1, if S₀ and S₁ are divided by N_c − 1, not by N_c, and added without their shares:
#   apart.T @ apart / len(x) => sum(np.cov(x[y == c].T) for c in (0, 1))
# Slip one-class, if S_w is the covariance of class 0 alone:
#   apart.T @ apart / len(x) => np.cov(x[y == 0].T, bias=True)
# Slip one-class, if S_w is the covariance of class 1 alone:
#   apart.T @ apart / len(x) => np.cov(x[y == 1].T, bias=True)
# Slip not-centred, if S_w is made of x, without its class means taken off:
#   apart.T @ apart / len(x) => x.T @ x / len(x)
# Slip total-for-within, if the variance of all points stands below, between and within together:
#   w @ within @ w => (x @ w).var()
# Slip n-minus-2, if S_w is divided by N − 2, not by N, and S_b by N:
#   apart.T @ apart / len(x) => apart.T @ apart / (len(x) - 2)
# Slip missing-1/N, if S_w is a sum over the points, and S_b a mean:
#   apart.T @ apart / len(x) => apart.T @ apart
# Slip distance-of-means, if the squared distance of the two class means on w stands above, not wᵀ S_b w:
#   between.mean() => (w @ (means[1] - means[0])) ** 2
# Slip unweighted, if wᵀ S_b w is a mean of the two classes that does not weigh their sizes:
#   between.mean() => np.mean([between[y == c].mean() for c in (0, 1)])
# Slip unweighted, if the middle of the two class means is taken for the mean of all:
#   between.mean() => ((means[1] - means[0]) @ w) ** 2 / 4
# Slip upside-down, if within stands above and between below:
#   between.mean() / (w @ within @ w) => (w @ within @ w) / between.mean()
# Slip root, if the deviations are divided, not the variances:
#   between.mean() / (w @ within @ w) => np.sqrt(between.mean() / (w @ within @ w))
