"""Exercise 07, find the bug: two layers, both square

    h = x w,  y = h v          x, h and y (N, D), w and v (D, D)

All the shapes below agree.  With square matrices they agree for the wrong product, too.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 07
"""


def forward(x, w, v):
    return x @ w @ v


def backward(g, x, w, v):
    """∂loss/∂x (N, D), ∂loss/∂w (D, D) and ∂loss/∂v (D, D)."""
    h = x @ w                                                   # (N, D)
    # As shipped: d = g @ v
    d = g @ v.T                                                 # ∂loss/∂h (N, D)
    return d @ w.T, x.T @ d, h.T @ g


# Hint 1.  The gradient of v is right, those of w and x are not.  What do these two have in common?
# Hint 2.  h[i] went out along row i of v, to all of y.  So what comes back to h[i] is Σⱼ g[j] v[i, j].  Is
#   that the product in the code?
# Why.  Forwards, row i of v hands out h[i]; backwards, row i collects for h[i]: the same weights, read the
#   other way.  A transpose that is forgotten between sizes of 5 and 7 is an error message.  Between 5 and
#   5 it is a network that learns badly.  So test a gradient with sizes that are all different.
# In minidl: matrix_product, in minidl/ops.py.
