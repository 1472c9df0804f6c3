"""Exercise 47: an MMD² that may be below 0

    k(a, b) = (1 + a·b)²          the quadratic kernel; x (N, D), y (M, D) are two clouds of points

MMD² is the mean likeness k within x, plus that within y, minus twice that between x and y.  Write the
unbiased one: its mean over many clouds is the true MMD².  So within a cloud two different points are
compared, never a point with itself.

After lesson 26.  This is meant to fail first.  To check it: python -m lessons check 47
"""
import numpy as np


def kernel(a, b):
    """k of all pairs, a (N, D) and b (M, D) → (N, M)."""
    return (1 + a @ b.T) ** 2


def unbiased_mmd(x, y):
    """The unbiased MMD², one number."""
    # Yours: three means of the kernel, each over its own pairs
    n, m, xx, yy = len(x), len(y), kernel(x, x), kernel(y, y)
    within_x = (xx.sum() - np.trace(xx)) / (n * (n - 1))        # without the n pairs (i, i)
    within_y = (yy.sum() - np.trace(yy)) / (m * (m - 1))
    between = kernel(x, y).mean()                               # all pairs are of two points
    return within_x + within_y - 2 * between


# Hint 1.  kernel(x, x) is a square of N · N numbers.  Where in it is a point compared with itself?  How many
#   numbers are left without these?  And is there any such pair between x and y?
# Hint 2.  The diagonal goes out of the sum and out of the count.  Here it does not hold ones: k(a, a) is
#   (1 + ‖a‖²)².  np.trace adds it up.
# Why.  With the Gaussian kernel a point is more like itself than like another, so the diagonal makes
#   two clouds look further apart than they are: by (2/n)(1 − E k), if both are n points of one
#   distribution.  Without it, errors to both sides balance.  So where the true MMD² is 0, some
#   estimates must be below it; to clip these would bring a bias back.
# In minidl: mmd, in minidl/losses.py, for the Gaussian kernel, where each point's likeness to itself is 1.

# Slip biased, if every point is also compared with itself:
#   (xx.sum() - np.trace(xx)) / (n * (n - 1)) => xx.mean()
#   (yy.sum() - np.trace(yy)) / (m * (m - 1)) => yy.mean()
# Slip half-biased, if the points of y are also compared with themselves, and those of x are not:
#   (yy.sum() - np.trace(yy)) / (m * (m - 1)) => yy.mean()
# Slip half-biased, if the points of x are also compared with themselves, and those of y are not:
#   (xx.sum() - np.trace(xx)) / (n * (n - 1)) => xx.mean()
# Slip diagonal-not-1, if k(a, a) is taken for 1, as it is for the Gaussian kernel, but not for this one:
#   np.trace(xx) => n
#   np.trace(yy) => m
# Slip still-counted, if the pairs of a point and itself go out of the sum, but not out of the count:
#   (n * (n - 1)) => n ** 2
#   (m * (m - 1)) => m ** 2
# Slip still-in-the-sum, if the pairs of a point and itself go out of the count, but not out of the sum:
#   (xx.sum() - np.trace(xx)) => xx.sum()
#   (yy.sum() - np.trace(yy)) => yy.sum()
# Slip count-off, if the sums are divided by N − 1 and M − 1, not by the numbers of pairs:
#   (n * (n - 1)) => (n - 1)
#   (m * (m - 1)) => (m - 1)
# Slip pairs-twice, if the pairs (i, j) and (j, i) are both in the sum, and counted as one:
#   (n * (n - 1)) => (n * (n - 1) / 2)
#   (m * (m - 1)) => (m * (m - 1) / 2)
# Slip pairs-once, if the pairs (i, j) and (j, i) are summed as one, and counted as two:
#   (xx.sum() - np.trace(xx)) => (xx.sum() - np.trace(xx)) / 2
#   (yy.sum() - np.trace(yy)) => (yy.sum() - np.trace(yy)) / 2
# Slip between-cut, if the pairs (i, i) between x and y are left out, though these are two points:
#   kernel(x, y).mean() => (kernel(x, y).sum() - np.trace(kernel(x, y))) / (n * m - min(n, m))
# Slip between-once, if the likeness between x and y is taken once, not twice:
#   2 * between => between
# Slip sign, if the likeness between x and y is added, not subtracted:
#   - 2 * between => + 2 * between
# Slip sign, if it is turned round: the likeness between, minus those within:
#   return within_x + within_y - 2 * between => return 2 * between - within_x - within_y
# Slip summed, if sums of the kernel stand where its means belong:
#   / (n * (n - 1)) =>
#   / (m * (m - 1)) =>
#   kernel(x, y).mean() => kernel(x, y).sum()
# Slip clipped, if what is below 0 is made 0:
#   return within_x => return max(0, within_x
#   2 * between => 2 * between)
# Slip clipped, if the sign is taken away from what is below 0:
#   return within_x => return abs(within_x
#   2 * between => 2 * between)
# Slip rooted, if the root of MMD² is returned:
#   return within_x => return np.sqrt(within_x
#   2 * between => 2 * between)
