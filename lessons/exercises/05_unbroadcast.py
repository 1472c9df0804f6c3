"""Exercise 05: undo a broadcast

    b       (3, 1)         (7,)   (5, 1, 1)          ()        the shape
    g    (5, 3, 7)    (5, 3, 7)   (5, 3, 7)   (5, 3, 7)

NumPy writes two shapes one above the other, flush right.  Along an axis that b has not got, or has with size
1, it copies b.  g is ∂loss/∂(b broadcast), a number for each copy.  Write ∂loss/∂b, which has b's shape.

After lesson 01.  This is meant to fail first.  To check it: python -m lessons check 05
"""
import numpy as np


def unbroadcast(g, shape):
    """∂loss/∂b, of this shape."""
    # TODO: pay each number of b what its copies bring back
    raise NotImplementedError("exercise 05: pay each number of b what its copies bring back")
