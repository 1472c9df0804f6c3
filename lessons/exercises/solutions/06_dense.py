"""Exercise 06: a dense layer

    y = x w + b          x (N, D), w (D, M), b (M,), y (N, M)

Write the three gradients from g = ∂loss/∂y (N, M).  Each weight w[i, j] carried x[n, i] to y[n, j], in every
example n; and x[n, i] went out along row i of w.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 06
"""


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
