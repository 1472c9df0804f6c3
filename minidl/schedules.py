"""Schedules: how a number changes in the course of a run; a learning rate, the weight of a loss, a noise.

    train.fit(…, schedule=schedules.cosine(0.01))                   # the learning rate
    beta = schedules.linear(0, 4, until=0.5)                        # beta(done) in a `before_step`

The law: a schedule is a function of the share of the run that is done, from 0 to 1; it knows no steps.
"""
import math


def step_decay(start, factor, *, at):
    """start, times `factor` when each of the shares `at` is done: step_decay(0.1, 0.1, at=(0.5, 0.75))."""
    return lambda done: start * factor ** sum(done >= share for share in at)


def linear(start, end, *, until=1.0):
    """A straight line from start to end, which it reaches at the share `until`, and then keeps."""
    if not 0 < until <= 1:
        raise ValueError(f"linear: until is a share of the run, 0 < until ≤ 1, not {until}")
    return lambda done: start + (end - start) * min(done / until, 1)


def cosine(start, *, end=0.0, warmup=0.0):
    """Half a cosine from start down to end   (Loshchilov & Hutter 2017).

    With `warmup`, a straight line up to start comes first, for that share   (Goyal et al. 2017, §2.2).
    """
    if not 0 <= warmup < 1:
        raise ValueError(f"cosine: warmup is a share of the run, 0 ≤ warmup < 1, not {warmup}")

    def rate(done):
        if done < warmup:
            return start * done / warmup
        falling = min((done - warmup) / (1 - warmup), 1)
        return end + (start - end) * 0.5 * (1 + math.cos(math.pi * falling))
    return rate
