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
    # Yours: measure the slope of f by each entry of x
    slopes = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        nudge = np.zeros(x.shape)
        nudge[i] = h                                            # this entry moves, all others stay
        slopes[i] = (f(x + nudge) - f(x - nudge)) / (2 * h)
    return slopes


# Hint 1.  Forget the loop, and measure one slope, by the entry x[0, 0]: which two arrays does f need, and
#   how far apart are they?
# Hint 2.  f sees the whole of x each time, with one entry moved.  Make a new array for it, or put the entry
#   back before you go on to the next.
# Why.  A measured slope needs no calculus, so it can judge a rule that was derived.  What the step to one
#   side does wrong is of order h; to both sides that part cancels, and h² is left.  The price: two calls of
#   f for each entry, where the walk back through a network costs a few for all entries together.
# In minidl: numeric_gradient, in minidl/gradcheck.py, with a step that grows with the entry.

# Slip one-sided, if each entry is moved up only, and f there is compared with f(x):
#   f(x - nudge)) / (2 * h) => f(x)) / h
# Slip one-sided, if each entry is moved down only, and f there is compared with f(x):
#   (f(x + nudge) - f(x - nudge)) / (2 * h) => (f(x) - f(x - nudge)) / h
# Slip half-the-way, if each entry moves up only, and the rise is divided as for both sides:
#   f(x - nudge)) => f(x))
# Slip stray-factor, if the rise of f from side to side is divided by h, half of the way:
#   / (2 * h) => / h
# Slip bracket-forgotten, if the rise of f is divided by 2 and then multiplied by h:
#   / (2 * h) => / 2 * h
# Slip undivided, if the rise of f is taken for the slope: it is not divided by the way:
#   / (2 * h) =>
# Slip sign, if f above is taken from f below:
#   f(x + nudge) - f(x - nudge) => f(x - nudge) - f(x + nudge)
# Slip all-at-once, if all entries are moved together each time:
#   nudge[i] = h => nudge[...] = h
# Slip whole-rows, if a whole row of x is moved each time, not one entry:
#   nudge[i] = h => nudge[i[0]] = h
# Slip one-entry, if f is given the one entry alone, and not the whole of x:
#   f(x + nudge) - f(x - nudge) => f(x[i] + h) - f(x[i] - h)
# Slip not-put-back, if an entry is still h lower than it was while the next ones are measured:
#   / (2 * h) => / (2 * h); x = x - nudge
# Slip not-put-back, if an entry is still h higher than it was while the next ones are measured:
#   / (2 * h) => / (2 * h); x = x + nudge
# Slip not-put-back, if an entry is moved up, compared with f before, and left there for the next ones:
#   f(x - nudge)) / (2 * h) => f(x)) / h; x = x + nudge
# Slip not-put-back, if an entry, once moved, is moved again with all that come after it:
#   slopes = np.zeros(x.shape) => slopes = np.zeros(x.shape); moved = 0 * slopes
#   nudge = np.zeros(x.shape) => nudge = moved
# Slip zeros, if f is given one and the same array both times, or no slope is ever filled in:
#   f(x + nudge) - f(x - nudge) => f(x) - f(x)
# Slip entries-missed, if only the first entry is measured:
#   / (2 * h) => / (2 * h); return slopes
# Slip scaled-step, if an entry moves by h times itself, and the rise is divided as if by h:
#   nudge[i] = h => nudge[i] = h * x[i]
# Slip half-step, if an entry moves by h/2 to each side, and the rise is divided as if by h:
#   nudge[i] = h => nudge[i] = h / 2
