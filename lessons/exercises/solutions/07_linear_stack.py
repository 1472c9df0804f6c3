"""Exercise 07, find the bug: two layers, both square

    h = x w,  y = h v          x, h and y (N, D), w and v (D, D)

All the shapes below agree.  With square matrices they agree for the wrong product, too.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 07
"""
import numpy as np


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

# Slip wrong-input, if v's gradient is made with x, which goes into w, not into v:
#   h.T @ g => x.T @ g
# Slip wrong-input, if w's gradient is made with h, which comes out of w:
#   x.T @ d => h.T @ d
# Slip layer-skipped, if w's gradient is made with g itself, which has not been taken back through v:
#   x.T @ d => x.T @ g
# Slip layer-skipped, if x is given g after the way back through w alone, and not through v:
#   d @ w.T => g @ w.T
# Slip layer-skipped, if x is given what arrives at h:
#   return d @ w.T => return d
# Slip layer-skipped, if v's gradient is made with what arrives at h, not with what arrives at y:
#   h.T @ g => h.T @ d
# Slip wrong-order, if the way back leads through w first, and then through v:
#   d @ w.T => g @ w.T @ v.T
# Slip transposed, if on the way back both v and w are used as they stand:
#   d = g @ v.T => d = g @ v
#   d @ w.T => d @ w
# Slip inverse-for-transpose, if g is taken back by the inverse of v, as if the layer were to be undone:
#   g @ v.T => g @ np.linalg.inv(v)
# Slip wrong-weights, if g is taken back through w where it should be through v:
#   d = g @ v.T => d = g @ w.T
