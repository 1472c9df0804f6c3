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
    # Yours: pay each number of b what its copies bring back
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))           # the axes that were put in front
    copied = tuple(i for i, n in enumerate(shape) if n == 1)    # the axes of size 1
    return np.sum(g, axis=copied, keepdims=True)


# Hint 1.  Take the shape (3, 1) and g (5, 3, 7): how many copies has one number of b, and where in g do they
#   stand?  By which axes must g be summed, and which of these are still there in the result, with size 1?
# Hint 2.  Two steps.  Sum over the axes in front, as many as g has more than b; they are gone then, and g's
#   axes stand below b's.  Then sum where b has size 1, with keepdims.  `axis` may be a tuple, even an empty
#   one.
# Why.  The way back from a copy is a sum, whatever the axis.  With this one function every operation that
#   broadcasts, + − × ÷ and more, can write its gradients as if both inputs had the shape of the output; at
#   the end they are brought back to their own.  Exercise 04 is one case of it: the shape (D,) from (N, D).
# In minidl: sum_to, in minidl/tensor.py; pullback calls it after every operation that broadcasts.

# Slip extra-1/N, if what the copies bring back is averaged, not added up:
#   g.sum(axis=tuple => g.mean(axis=tuple
#   np.sum(g, => np.mean(g,
# Slip extra-1/N, if the axes in front are averaged, not summed:
#   g.sum(axis=tuple => g.mean(axis=tuple
# Slip extra-1/N, if the axes of size 1 are averaged, not summed:
#   np.sum(g, => np.mean(g,
# Slip contributions-lost, if of all the copies only the first is paid: what the others bring back is lost:
#   g.sum(axis=tuple(range(g.ndim - len(shape)))) => g[(0,) * (g.ndim - len(shape))]
#   np.sum(g, axis=copied, keepdims=True) => g[tuple(slice(1 if n == 1 else n) for n in shape)]
# Slip contributions-lost, if along the axes in front only the first copy is paid:
#   g.sum(axis=tuple(range(g.ndim - len(shape)))) => g[(0,) * (g.ndim - len(shape))]
# Slip contributions-lost, if along the axes of size 1 only the first copy is paid:
#   np.sum(g, axis=copied, keepdims=True) => g[tuple(slice(1 if n == 1 else n) for n in shape)]
# Slip contributions-lost, if of all the copies only the last is paid, as by = in place of +=:
#   g.sum(axis=tuple(range(g.ndim - len(shape)))) => g[(-1,) * (g.ndim - len(shape))]
#   np.sum(g, axis=copied, keepdims=True) => g[tuple(slice(-1 if n == 1 else 0, None) for n in shape)]
# Slip first-numbers, if b's gradient is filled with the first numbers of g, one after the other:
#   np.sum(g, axis=copied, keepdims=True) => np.resize(g, shape)
#   g.sum(axis=tuple(range(g.ndim - len(shape)))) => g
# Slip largest, if of what the copies bring back the largest is taken, not the sum:
#   g.sum(axis=tuple => g.max(axis=tuple
#   np.sum(g, => np.max(g,
# Slip wrong-places, if g is reshaped so that b's shape comes last, and the axis before it is summed:
#   g.sum(axis=tuple(range(g.ndim - len(shape)))) => g.reshape(-1, *shape).sum(axis=0)
#   np.sum(g, axis=copied, keepdims=True) => g
# Slip sum-too-far, if each number of b is paid the sum over the whole of g:
#   np.sum(g, axis=copied, keepdims=True) => np.full(shape, np.sum(g))
