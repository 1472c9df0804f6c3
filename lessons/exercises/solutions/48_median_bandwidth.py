"""Exercise 48: the median heuristic

    k(a, b) = e^(−‖a − b‖² / r)          r, the bandwidth, is a squared distance

Which r?  A common choice is the median of the squared distances of all points together, those of x (N, D) and
those of y (M, D).  A pair is two different points: none is paired with itself, but two may lie at the
same place.  Write r.

After lesson 26.  This is meant to fail first.  To check it: python -m lessons check 48
"""
import numpy as np


def median_bandwidth(x, y):
    """r, one number."""
    # Yours: all the pairs, their squared distances, and the median
    points = np.concatenate([x, y])                             # (N + M, D)
    squares = ((points[:, None] - points) ** 2).sum(axis=2)     # (N + M, N + M)
    pairs = np.triu_indices(len(points), k=1)                   # each pair once, and none with itself
    return np.median(squares[pairs])


# Hint 1.  "All points together" is one cloud of N + M points.  Which pairs does it have?  Three kinds: within
#   x, within y, and between.
# Hint 2.  points[:, None] − points holds all the differences.  The square (N + M, N + M) of their squares has
#   each pair twice, which does not move the median, and the diagonal, which does: np.triu_indices(n, k=1)
#   is what lies above it.
# Why.  If r is far below all squared distances, no two points are alike; if it is far above, all are.
#   The median lies between, and grows with the scale of the points.  It is the same however the points
#   are dealt to x and y: that keeps the permutation test honest.  But it is a start, and not always the
#   best r.
# In minidl: median_bandwidth, in minidl/losses.py.

# Slip diagonal-kept, if the distance of each point from itself, 0, counts as well:
#   squares[pairs] => squares
# Slip diagonal-kept, if each pair counts once, and so does each point with itself:
#   k=1 => k=0
# Slip zeros-lost, if every 0 is left out, also those of two points at the same place:
#   squares[pairs] => squares[squares > 0]
# Slip ties-lost, if a distance that several pairs have counts once:
#   squares[pairs] => np.unique(squares[pairs])
# Slip between-only, if a pair is always one of x and one of y:
#   (points[:, None] - points) => (x[:, None] - y)
#   squares[pairs] => squares
# Slip one-cloud, if only pairs within x count:
#   np.concatenate([x, y]) => x
# Slip one-cloud, if only pairs within y count:
#   np.concatenate([x, y]) => y
# Slip within-only, if only pairs within x and pairs within y count, and none between:
#   squares[pairs] => squares[pairs][(pairs[0] < len(x)) == (pairs[1] < len(x))]
# Slip unsquared, if the distances are not squared:
#   .sum(axis=2) => .sum(axis=2) ** 0.5
# Slip squared-late, if it is the squared median of the distances: two middle ones make a difference:
#   np.median(squares[pairs]) => np.median(squares[pairs] ** 0.5) ** 2
# Slip absolute, if differences are made positive, and not squared:
#   ((points[:, None] - points) ** 2) => abs(points[:, None] - points)
# Slip coordinates-apart, if each coordinate's square counts by itself:
#   .sum(axis=2) => + 0
# Slip coordinates-averaged, if the squares are averaged over the coordinates, not summed:
#   .sum(axis=2) => .mean(axis=2)
# Slip mean-for-median, if it is the mean:
#   np.median => np.mean
# Slip upper-middle, if of the two middle ones the larger is taken, not their mean:
#   np.median(squares[pairs]) => np.sort(squares[pairs])[len(pairs[0]) // 2]
# Slip stray-factor, if it is half the median, as for a kernel with 2σ² in place of r:
#   return np.median => return 0.5 * np.median
# Slip stray-factor, if it is twice the median:
#   return np.median => return 2 * np.median
