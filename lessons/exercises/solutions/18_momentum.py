"""Exercise 18: momentum that looks ahead

    v ← μ v + g,  w ← w − η v          w, v and g of one shape

slope(x) is ∇J at any place x.  The heavy ball takes g where it is: g = slope(w).  Nesterov's ball looks
ahead: it takes g at the place where this step would end if there were no new slope, g = 0.  All else is as
above, and w is where the ball is.  Write the step.

After lesson 39.  This is meant to fail first.  To check it: python -m lessons check 18
"""
import numpy as np

ETA, MU = 0.1, 0.9


def step(slope, w, v):
    """w and v after the step."""
    # Yours: look ahead for the slope, then move v and w
    ahead = w - ETA * MU * v
    v = MU * v + slope(ahead)
    return w - ETA * v, v


# Hint 1.  Put g = 0 into the two formulas: what is v then, and where does w go?  This is the place to ask for
#   the slope.
# Hint 2.  Only the slope is asked for ahead.  The step itself begins at w, and both w and v are moved once,
#   in this order: v, then w.
# Why.  Most of a fast ball's next step is known before the slope is: −η μ v.  So measure the slope where that
#   leads: uphill the ball brakes sooner.  The lesson's formula, w ← w − η (g + μ v) with g = slope(w), is the
#   same walk, but its w is the place ahead, where the next slope is asked for.
# In minidl: SGD, in minidl/optim.py, with nesterov=True: its w is the place ahead.

# Slip heavy-ball, if the slope is asked for where the ball is, and not ahead:
#   slope(ahead) => slope(w)
# Slip looks-back, if the place where the slope is asked for is behind the ball, not ahead of it:
#   ahead = w - => ahead = w +
# Slip whole-velocity, if the place ahead is that of the whole old velocity, as if none of it were lost:
#   ETA * MU * v => ETA * v
# Slip rate-forgotten, if the way to the place ahead is not multiplied by the rate:
#   ETA * MU * v => MU * v
# Slip moved-twice, if the step begins at the place ahead, so that the old velocity moves w twice:
#   return w - ETA * v => return ahead - ETA * v
# Slip place-ahead, if w is taken for the place ahead, as in the lesson, not for the ball's own:
#   ahead = w - ETA * MU * v => g = slope(w)
#   slope(ahead) => g
#   w - ETA * v => w - ETA * (g + MU * v)
# Slip looked-twice, if the slope is that ahead, and the lesson's formula moves w ahead as well:
#   ahead = w - ETA * MU * v => g = slope(w - ETA * MU * v)
#   slope(ahead) => g
#   w - ETA * v => w - ETA * (g + MU * v)
# Slip plain-descent, if w moves by the slope alone, without the velocity:
#   w - ETA * v => w - ETA * slope(ahead)
# Slip old-velocity, if w moves by the velocity from before this step:
#   v = MU * v + slope(ahead) => u = MU * v + slope(ahead)
#   ETA * v, v => ETA * v, u
# Slip old-state, if v is returned as it was before the step:
#   v = MU * v + slope(ahead) => u = MU * v + slope(ahead)
#   ETA * v, v => ETA * u, v
# Slip mean-for-sum, if the new slope is weighed by 1 − μ, so that v is a mean of the slopes:
#   slope(ahead) => (1 - MU) * slope(ahead)
# Slip undamped, if v keeps all of itself, and so the slopes only add up:
#   v = MU * v => v = v
# Slip sign, if w moves up the slope:
#   return w - => return w +
# Slip sign, if the new slope is taken from the velocity, not added to it:
#   + slope => - slope
# Slip rate-in-the-velocity, if v ← μ v − η g is taken for the step itself, as some books have it:
#   ahead = w - ETA * MU * v => ahead = w + MU * v
#   + slope(ahead) => - ETA * slope(ahead)
#   return w - ETA * v => return w + v
# Slip order, if the results come in the order v, w:
#   return w - ETA * v, v => return v, w - ETA * v
