"""Exercise 46: the maximum mean discrepancy

    MMD² = mean_{i≠j} k(xᵢ, xⱼ) + mean_{i≠j} k(yᵢ, yⱼ) − 2 mean_{i,j} k(xᵢ, yⱼ),  k(a, b) = exp(−‖a − b‖² / s)

x (N, D) was generated, y (M, D) are data, and constants; s = 2 is fixed.  The result and g are single
numbers.  Write ∂MMD²/∂x: each xᵢ is pushed away from the other x and pulled towards the y.

After lesson 26.  This is meant to fail first.  To check it: python -m lessons check 46
"""
import numpy as np

S = 2.0


def kernel(a, b):
    """k of all pairs, a (N, D) and b (M, D) → (N, M)."""
    return np.exp(-((a[:, None] - b[None]) ** 2).sum(axis=2) / S)


def forward(x, y):
    n, m = len(x), len(y)
    within_x = (kernel(x, x).sum() - n) / (n * (n - 1))         # k(x, x) = 1 goes out
    within_y = (kernel(y, y).sum() - m) / (m * (m - 1))
    return within_x + within_y - 2 * kernel(x, y).mean()


def backward(g, x, y):
    """∂MMD²/∂x (N, D), times g."""
    # Yours: add up the pushes and the pulls on every x
    n, m = len(x), len(y)
    push = 2 * pull_apart(x, x) / (n * (n - 1))                 # xᵢ and xⱼ are two pairs: (i, j), (j, i)
    pull = 2 * pull_apart(x, y) / (n * m)
    return g * (push - pull)


def pull_apart(a, b):
    """Σⱼ ∂k(aᵢ, bⱼ)/∂aᵢ (N, D): the slope of k is −2 (a − b) k / s."""
    difference = a[:, None] - b[None]                           # (N, M, D)
    return (-2 / S * difference * kernel(a, b)[:, :, None]).sum(axis=1)


# Hint 1.  First one pair: ∂k(a, b)/∂a = −2 (a − b) k(a, b) / s.  Then x[:, None] − y[None] holds all
#   differences (N, M, D); multiply by k[:, :, None] and sum over the axis of y.
# Hint 2.  The middle term does not know x.  In the first, xᵢ meets every xⱼ twice, as (i, j) and as (j,
#   i), so there is a 2; the pair (i, i) adds nothing.  Keep the divisors, N(N − 1) and N M.
# Why.  Where the two distributions agree, push and pull are equal on average, and x stays.  The force dies
#   off beyond a distance of √s: a point far from all data feels nothing.  That is why s is usually taken
#   from the data, as the median of the squared distances.
# In minidl: mmd, in minidl/losses.py.

# Slip diagonal-kept, if the first mean has N² pairs, as if the pairs i = j were among them:
#   pull_apart(x, x) / (n * (n - 1)) => pull_apart(x, x) / (n * n)
# Slip contributions-lost, if each x is pushed by the pairs (i, j) alone, and not by the pairs (j, i):
#   push = 2 * pull => push = pull
# Slip stray-factor, if the −2 of the last mean has lost its 2:
#   pull = 2 * pull => pull = pull
# Slip term-missing, if the x are pulled by the y, and do not push each other:
#   g * (push - pull) => -g * pull
# Slip term-missing, if the x push each other, and the y do not pull:
#   g * (push - pull) => g * push
# Slip sign, if the x pull each other, where they should push:
#   g * (push - pull) => g * (-push - pull)
# Slip sign, if the y push the x, where they should pull:
#   g * (push - pull) => g * (push + pull)
# Slip wrong-divisor, if the pairs of the x are counted as those of the y, M(M − 1):
#   pull_apart(x, x) / (n * (n - 1)) => pull_apart(x, x) / (m * (m - 1))
# Slip exponential-off, if the slope of k has lost its factor k, so that far points pull hardest:
#   difference * kernel(a, b)[:, :, None] => difference
