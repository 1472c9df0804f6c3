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
    # Yours: the two β of each step, and the gradient that comes of one
    warm_up = END * np.minimum(1, 2 * done)
    cycle = 8 * done % 1                                        # the share of its cycle that is done
    cyclical = END * np.where(done < 0.5, np.minimum(1, 2 * cycle), 1)
    return warm_up, cyclical, dr + cyclical[:, None] * dk       # no slope of β: it is a constant of its step


# Hint 1.  Draw both plans on paper, with done from 0 to 1.  A line that stops rising is a minimum of two.
#   What share of its own cycle is done at done = 0.2?
# Hint 2.  In the first half a cycle is 1/8 of the run long, so 8 · done counts cycles, and 8 · done % 1 is
#   the share of the one that is running.  The gradient: of R + β K, β stands at one term; and each row of
#   dk has its own β.
# Why.  While β is small, the code is cheap, and the network learns to use it; then the price comes.  But
#   β is nothing that learns: the step only sees R + β K with the β of that step.  So the plan shapes the
#   way, and the last β decides which network is best.
# In minidl: linear, in minidl/schedules.py, is the warm-up, also as a function of the share that is done.

# Slip beta-forgotten, if the gradient is that of R + K:
#   dr + cyclical[:, None] * dk => dr + dk
# Slip beta-on-both, if β multiplies the slope of R, too:
#   dr + cyclical[:, None] * dk => cyclical[:, None] * (dr + dk)
# Slip beta-misplaced, if β multiplies the slope of R, not that of K:
#   dr + cyclical[:, None] * dk => cyclical[:, None] * dr + dk
# Slip mixture, if R has the weight 1 − β, and not 1:
#   dr + cyclical[:, None] * dk => (1 - cyclical[:, None]) * dr + cyclical[:, None] * dk
# Slip branch-lost, if the gradient is that of β K, without R:
#   dr + cyclical[:, None] * dk => cyclical[:, None] * dk
# Slip beta-forgotten, if the gradient is that of R alone:
#   dr + cyclical[:, None] * dk => dr
# Slip plan-mistaken, if the gradient has the β of the warm-up:
#   cyclical[:, None] * dk => warm_up[:, None] * dk
# Slip sign, if the slope of K is subtracted:
#   dr + cyclical[:, None] => dr - cyclical[:, None]
# Slip end-for-beta, if the gradient has END at every step:
#   cyclical[:, None] * dk => END * dk
# Slip too-slow, if the warm-up takes the whole run:
#   2 * done) => done)
# Slip unclipped, if the warm-up goes on rising in the second half:
#   np.minimum(1, 2 * done) => 2 * done
# Slip inverted, if the warm-up falls from END to 0:
#   np.minimum(1, 2 * done) => np.maximum(0, 1 - 2 * done)
# Slip larger-for-smaller, if the larger of the two is taken where the smaller belongs:
#   np.minimum(1, 2 * done) => np.maximum(1, 2 * done)
# Slip end-forgotten, if the warm-up rises to 1, not to END:
#   END * np.minimum(1, 2 * done) => np.minimum(1, 2 * done)
# Slip too-early, if the warm-up rises at the rate 1, and stops at END:
#   END * np.minimum(1, 2 * done) => np.minimum(END, done)
# Slip too-early, if the warm-up rises at the rate 2, and stops at END:
#   END * np.minimum(1, 2 * done) => np.minimum(END, 2 * done)
# Slip end-forgotten, if the cycles rise to 1, not to END:
#   END * np.where => np.where
# Slip cycles-forgotten, if the plan by cycles is the warm-up:
#   cyclical = END * np.where(done < 0.5, np.minimum(1, 2 * cycle), 1) => cyclical = warm_up
# Slip cycles-too-long, if the four cycles fill the whole run:
#   8 * done % 1 => 4 * done % 1
#   np.where(done < 0.5, np.minimum(1, 2 * cycle), 1) => np.minimum(1, 2 * cycle)
# Slip cycles-too-long, if a cycle is a quarter of the run, and two fill its first half:
#   8 * done % 1 => 4 * done % 1
# Slip cycles-go-on, if the cycles go on in the second half of the run:
#   np.where(done < 0.5, np.minimum(1, 2 * cycle), 1) => np.minimum(1, 2 * cycle)
# Slip no-plateau, if β rises during the whole of a cycle, and does not stay at END:
#   2 * cycle) => cycle)
# Slip unclipped, if β rises to 2 · END in a cycle:
#   np.minimum(1, 2 * cycle) => 2 * cycle
# Slip falls-slowly, if in the second half of a cycle β falls in a line, as it rose:
#   np.minimum(1, 2 * cycle) => 1 - abs(1 - 2 * cycle)
# Slip inverted, if β falls in a cycle, and does not rise:
#   np.minimum(1, 2 * cycle) => np.maximum(0, 1 - 2 * cycle)
# Slip no-rest, if 8 · done is not taken from 0 again in each cycle:
#   8 * done % 1 => 8 * done
