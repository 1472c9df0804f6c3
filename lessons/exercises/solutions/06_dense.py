"""Exercise 06: a dense layer

    y = x w + b          x (N, D), w (D, M), b (M,), y (N, M)

Write the three gradients from g = ∂loss/∂y (N, M).  Each weight w[i, j] carried x[n, i] to y[n, j], in every
example n; and x[n, i] went out along row i of w.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 06
"""
import numpy as np


def forward(x, w, b):
    return x @ w + b


def backward(g, x, w, b):
    """∂loss/∂x (N, D), ∂loss/∂w (D, M) and ∂loss/∂b (M,)."""
    # Yours: write the gradients of x, w and b
    return g @ w.T, x.T @ g, g.sum(axis=0)


# Hint 1.  Begin with a sum for one entry: ∂loss/∂w[i, j] = Σₙ x[n, i] g[n, j].  Which matrix product sums
#   over n?
# Hint 2.  Let the shapes lead you.  Of g (N, M) and x (N, D), make w's (D, M); of g (N, M) and w (D, M),
#   make x's (N, D).  One of the two must be turned round each time.  b you know from exercise 04.
# Why.  What a matrix product sums over on the way there, its transpose spreads on the way back.  The sum
#   over the batch is hidden in xᵀg: each example adds its own outer product of x[n] and g[n].  These
#   three expressions are nearly all of the arithmetic of training a network.
# In minidl: affine, in minidl/ops.py, has these three rules; the sum for b is pullback's.

# Slip product-of-sums, if x and g are first summed over the batch and then multiplied:
#   x.T @ g => np.outer(x.sum(axis=0), g.sum(axis=0))
# Slip product-of-means, if the mean of x over the batch is multiplied by the sum of g:
#   x.T @ g => np.outer(x.mean(axis=0), g.sum(axis=0))
# Slip input-forgotten, if each weight is given the sum of g at its output, whatever x it carried there:
#   x.T @ g => np.ones_like(x).T @ g
# Slip inverse-for-transpose, if g is taken back by an inverse of w, as if the layer were to be undone:
#   g @ w.T => g @ np.linalg.pinv(w)
# Slip extra-elementwise-factor, if g is first multiplied by the output y:
#   return g @ w.T => g = g * forward(x, w, b); return g @ w.T
# Slip update-for-gradient, if w and b are moved down their gradients, and the new ones are returned:
#   x.T @ g => w - x.T @ g
#   g.sum(axis=0) => b - g.sum(axis=0)
