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
    # Yours: find the axes, then go to the L numbers and back
    mean = x.mean(axis=0)
    centred = x - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(x))          # rising
    axes = axes[:, ::-1][:, :L]
    return axes, variances[::-1][:L], mean + centred @ axes @ axes.T


# Hint 1.  np.linalg.eigh(S) gives two arrays: the λ, and the eigenvectors.  In which order are the λ?  Is an
#   eigenvector a row or a column of its array?  Try it with S = np.diag([1, 9, 4]).
# Hint 2.  eigh's λ rise, and its eigenvectors are columns: turn both round, then cut after L.  With D axes
#   instead of L, x̂ must be x.  With L axes, the mean of ‖x − x̂‖² must be the sum of the λ dropped.
# Why.  If the axes hold most of the variance, L numbers nearly replace D.  No other L axes lose less,
#   and the loss is known before: the sum of the variances dropped.  Without the mean taken off, the
#   first axis may just point towards the mean, and say little about how the points differ.
# In minidl: squared_error, in minidl/losses.py: what PCA makes as small as L axes can.  A linear autoencoder
#   that is trained on it comes to the same x̂.

# Slip mean-forgotten, if S is made of x, without its mean taken off:
#   eigh(centred.T @ centred / len(x)) => eigh(x.T @ x / len(x))
# Slip wrong-axis, if the mean is taken over the D numbers of each point, not over the points:
#   x.mean(axis=0) => x.mean(axis=1, keepdims=True)
# Slip smallest-first, if the variances are the L smallest:
#   variances[::-1][:L] => variances[:L]
# Slip smallest-first, if the axes of the smallest variances are kept:
#   axes[:, ::-1] => axes
# Slip order, if the axis of the largest variance comes last:
#   axes[:, ::-1][:, :L] => axes[:, -L:]
# Slip order, if the largest variance comes last:
#   variances[::-1][:L] => variances[-L:]
# Slip rows-for-columns, if the eigenvectors are taken for the rows of eigh's array:
#   axes = axes[:, ::-1][:, :L] => axes = axes[::-1][:L].T
# Slip missing-1/N, if S is a sum over the points, not a mean:
#    / len(x) =>
# Slip n-minus-1, if S is divided by N − 1, not by N:
#   / len(x) => / (len(x) - 1)
# Slip deviation-for-variance, if √λ stands for λ, the standard deviation for the variance:
#   variances[::-1][:L] => np.sqrt(variances[::-1][:L])
# Slip standardised, if each of the D numbers is divided by its own standard deviation first:
#   / len(x) => / len(x) / np.outer(x.std(axis=0), x.std(axis=0))
# Slip shares, if the variances are divided by their sum, over all D:
#   variances[::-1][:L] => variances[::-1][:L] / variances.sum()
# Slip mean-not-put-back, if the mean is not added again in x̂:
#   mean + centred @ axes => centred @ axes
# Slip mean-not-taken-off, if V Vᵀ is applied to x, and the mean added to that:
#   mean + centred @ axes => mean + x @ axes
# Slip mean-not-taken-off, if x̂ is x V Vᵀ, and the mean plays no part in it:
#   mean + centred @ axes => x @ axes
# Slip codes-whitened, if the numbers are divided by their standard deviations on the way to x̂:
#   centred @ axes @ axes.T => centred @ axes / np.sqrt(variances[::-1][:L]) @ axes.T
# Slip singular-values, if the singular values of x − mean stand for the variances:
#   variances[::-1][:L] => np.sqrt(variances[::-1][:L] * len(x))
