"""Exercise 03: a numeric gradient

    ∂f/∂xᵢ ≈ (f(x + h eᵢ) − f(x − h eᵢ)) / 2h          x of any shape, f(x) one number

eᵢ is 1 at entry i of x and 0 at all others; h is given.  f is a function that you may call as often as you
like.  Write its slope by each entry of x, in an array of x's shape.  np.ndindex(x.shape) runs over the
indices of all entries: (0, 0), (0, 1) …

After lesson 01.  This is meant to fail first.  To check it: python -m lessons check 03
"""
import numpy as np


def numeric_gradient(f, x, h):
    """∂f/∂x, of x's shape."""
    # TODO: measure the slope of f by each entry of x
    raise NotImplementedError("exercise 03: measure the slope of f by each entry of x")
