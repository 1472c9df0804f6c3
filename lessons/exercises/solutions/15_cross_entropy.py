"""Exercise 15: cross-entropy from logits

    loss = −(1/N) Σₙ log p[n, labels[n]]          p = softmax(s), s (N, K), labels (N,) from 0 to K − 1

g is a single number.  Write ∂loss/∂s (N, K), times g.  Do not go by way of p and exercise 14: first simplify,
log p[n, k] = s[n, k] − log Σⱼ e^s[n, j].

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 15
"""
import numpy as np


def forward(s, labels):
    s = s - s.max(axis=1, keepdims=True)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))    # (N, K)
    return -log_p[np.arange(len(s)), labels].mean()


def backward(g, s, labels):
    """∂loss/∂s (N, K), times g."""
    # Yours: write the gradient of the logits
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)                           # (N, K)
    p[np.arange(len(s)), labels] -= 1                           # p − onehot
    return g * p / len(s)


# Hint 1.  One example: −log p[y] = log Σⱼ e^sⱼ − s[y].  The first part has the slope softmax(s); the
#   second, −1 in one place.
# Hint 2.  ∂/∂s[n, k] = (p[n, k] − [k = labels[n]]) / N.  The array p[np.arange(N), labels] is the entries
#   of the right classes, and one may subtract from it.
# Why.  What was said minus what is true: the logarithm undoes the exponential, and nothing is left of
#   either.  So the gradient never vanishes while the answer is wrong, and never overflows.  Through p,
#   one would divide by a probability that may be 0.
# In minidl: _cross_entropy, in minidl/losses.py.

# Slip wrong-axis, if the softmax divides by the sum over the batch, not over the classes:
#   p = np.exp(s - s.max(axis=1, keepdims=True)) => p = np.exp(s)
#   p /= p.sum(axis=1, keepdims=True) => p /= p.sum(axis=0)
# Slip columns-for-entries, if 1 is taken off in all rows of these columns, not once in each row:
#   p[np.arange(len(s)), labels] -= 1 => p[:, labels] -= 1
# Slip label-as-number, if the number of the class is taken off in the whole row, not 1 in its place:
#   p[np.arange(len(s)), labels] -= 1 => p -= labels[:, None]
# Slip gradient-of-p, if the way ends at p: −1/p at the right class, and not yet the gradient of s:
#   p[np.arange(len(s)), labels] -= 1 => p = np.where(np.arange(s.shape[1]) == labels[:, None], -1 / p, 0)
# Slip normaliser-path-missing, if only s[y] is followed, and log Σⱼ e^sⱼ is taken for a constant:
#   p /= p.sum(axis=1, keepdims=True) => p = 0 * p
# Slip extra-slope, if p − onehot is multiplied by the slope p(1 − p) as well:
#   p[np.arange(len(s)), labels] -= 1 => q = p.copy(); p[np.arange(len(s)), labels] -= 1
#   return g * p => return g * p * q * (1 - q)
# Slip softmax-forgotten, if onehot is taken off the logits themselves, not off their softmax:
#   p = np.exp(s - s.max(axis=1, keepdims=True)) => p = s.copy()
#   p /= p.sum(axis=1, keepdims=True) =>
