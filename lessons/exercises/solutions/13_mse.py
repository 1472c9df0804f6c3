"""Exercise 13, find the bug: the mean squared error

    loss = mean (x − t)²          x and t (N, D); the mean is over all N · D numbers

g, what comes back to the loss, is a single number.  The targets t are constants: only x has a gradient.

After lesson 02.  This is meant to fail first.  To check it: python -m lessons check 13
"""
import numpy as np


def forward(x, t):
    return np.mean((x - t) ** 2)


def backward(g, x, t):
    """∂loss/∂x (N, D), times g."""
    difference = x - t                                          # (N, D)
    # As shipped: return g * 2 * difference / x.size / len(x)
    return g * 2 * difference / x.size


# Hint 1.  Try it with a single number: x of shape (1, 1).  Then with two rows.  When does it go wrong?
# Hint 2.  x.size is N · D.  By how many numbers does the mean divide, and by how many does the code?
# Why.  A mean divides once.  People divide in the loss "because it is a mean" and again in the layer or
#   the optimiser "because of the batch", and the learning rate has to make up for it, until the batch
#   size changes.  Choose one place.
# In minidl: mse, in minidl/losses.py; at the head of the file stands by what each loss divides.

# Slip missing-1/N, if it is divided by N alone, the number of rows:
#   difference = x - t => difference = (x - t) * x.shape[1]
# Slip missing-1/N, if it is divided by D alone, the length of a row:
#   difference = x - t => difference = (x - t) * len(x)
# Slip target-forgotten, if the slope is that of x², and t is forgotten:
#   difference = x - t => difference = x
# Slip bracket-forgotten, if the 2 multiplies x alone, and not t:
#   difference = x - t => difference = x - t / 2
# Slip sign-lost, if |x − t| stands where x − t belongs:
#   difference = x - t => difference = abs(x - t)
# Slip wrong-local-derivative, if (x − t)² itself stands where its slope belongs:
#   difference = x - t => difference = (x - t) ** 2 / 2
# Slip wrong-local-derivative, if twice (x − t)² stands where the slope of (x − t)² belongs:
#   difference = x - t => difference = (x - t) ** 2
# Slip wrong-local-derivative, if the slope is that of |x − t|:
#   difference = x - t => difference = np.sign(x - t) / 2
# Slip wrong-local-derivative, if the slope is twice that of |x − t|:
#   difference = x - t => difference = np.sign(x - t)
# Slip mean-for-slope, if the mean of 2 (x − t) over all numbers is taken for the slope by each:
#   difference = x - t => difference = np.sum(x - t) * np.ones_like(x)
# Slip mean-for-slope, if the mean of all x − t stands where each number's own belongs:
#   difference = x - t => difference = np.mean(x - t) * np.ones_like(x)
