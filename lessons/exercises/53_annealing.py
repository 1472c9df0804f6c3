"""Exercise 53: annealing, two plans for β

    loss = R + β K          β changes while a network learns; `done` is the share of the run that is done

Warm-up: in the first half of the run β rises in a straight line from 0 to END, and then stays.  Cyclical: the
first half has four cycles of equal length.  In the first half of each, β rises in a straight line from 0 to
END; in the second half it stays.  Each cycle starts at 0 again; in the second half of the run, β is END.

done (S,) are the shares at S steps.  ∂R/∂m and ∂K/∂m at these steps are dr and dk, both (S, L); m (L,) is the
mean of a code.  Write β by warm-up and β by cycles, (S,) each, and ∂loss/∂m (S, L) for β by cycles.

After lesson 30.  This is meant to fail first.  To check it: python -m lessons check 53
"""
import numpy as np

END = 1 / 9


def anneal(done, dr, dk):
    """β by warm-up (S,), β by cycles (S,), and ∂loss/∂m (S, L) for the latter."""
    # TODO: the two β of each step, and the gradient that comes of one
    raise NotImplementedError("exercise 53: the two β of each step, and the gradient that comes of one")
