"""Exercise 30: backwards through time, but only within k steps

    hₜ = tanh(xₜ u + hₜ₋₁ w + b),  h₀ = 0          x (N, T, I), u (I, H), w (H, H), b (H,), h (N, T, H)

A long sequence is cut into pieces of k steps, from its start on; the last piece may be shorter.  Forwards the
cuts change nothing: each piece goes on from the last state of the piece before.  Backwards no gradient passes
a cut.  So a piece can be learned from, and forgotten, before the next one is read.  g = ∂loss/∂h (N, T, H) is
there for every step.  Write the gradients of u, w and b, summed over all pieces.

After lesson 06.  This is meant to fail first.  To check it: python -m lessons check 30
"""
import numpy as np


def states(x, u, w, b):
    """All states h (N, T, H)."""
    h, found = np.zeros((len(x), len(w))), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ u + h @ w + b)
        found.append(h)
    return np.stack(found, axis=1)


def truncated_gradients(g, x, u, w, b, k):
    """∂loss/∂u (I, H), ∂loss/∂w (H, H) and ∂loss/∂b (H,), but for what would pass a cut."""
    # Yours: walk back as in exercise 28, and stop at the start of each piece
    h = states(x, u, w, b)
    d, from_next = np.zeros_like(h), 0                          # d: ∂loss/∂(inside the tanh)
    for t in reversed(range(x.shape[1])):                       # here the first step is 0
        d[:, t] = (g[:, t] + from_next) * (1 - h[:, t] ** 2)
        from_next = d[:, t] @ w.T if t % k else 0               # step t starts a piece: nothing passes
    before = np.concatenate([np.zeros_like(h[:, :1]), h[:, :-1]], axis=1)
    du, dw = (np.einsum("nti,ntj->ij", a, d) for a in (x, before))
    return du, dw, d.sum(axis=(0, 1))


# Hint 1.  Take your answer to exercise 28.  One thing changes: what a step hands back to the step before it.
#   For which steps t must that be nothing?
# Hint 2.  Counted from 0, the pieces start at the steps 0, k, 2k, …, where t % k is 0.  The states stay those
#   of the whole sequence: at the start of a piece, ∂w still needs the last state of the piece before.
# Why.  The state remembers across the cuts, but no gradient passes one: for what an earlier piece should
#   have kept, the weights are not told.  That is a bias, and more data do not cure it.  What one gains:
#   the memory for the states of k steps, not of the whole text, and a step of descent after each piece.
#   With k ≥ T nothing is cut.
# In minidl: recur, in minidl/rnn.py: give it the last state as an array, not as a Tensor, and the tape ends
#   there.

# Slip not-truncated, if the gradient passes every cut, as in exercise 28:
#    if t % k else 0 =>
# Slip steps-not-joined, if no step hands anything to the one before it, as for k = 1:
#   d[:, t] @ w.T if t % k else 0 => 0
# Slip cut-misplaced, if each cut comes a step late: between the first and the second step of a piece:
#   if t % k => if (t - 1) % k
# Slip cut-misplaced, if each cut comes a step early: before the last step of a piece:
#   if t % k => if (t + 1) % k
# Slip cut-misplaced, if the pieces are counted from the end of the sequence, and not from its start:
#   if t % k => if (x.shape[1] - t) % k
# Slip state-cut, if the state, too, is set to 0 at the start of each piece:
#   h = states(x, u, w, b) => h = np.hstack([states(x[:, s:s + k], u, w, b) for s in range(0, x.shape[1], k)])
#   h[:, :-1]], axis=1) => h[:, :-1]], axis=1); before[:, ::k] = 0
# Slip state-cut, if the state before a piece is taken for 0 in the gradient of w:
#   h[:, :-1]], axis=1) => h[:, :-1]], axis=1); before[:, ::k] = 0
# Slip few-steps, if only the last k steps of the sequence are walked back:
#   reversed(range(x.shape[1])) => reversed(range(max(x.shape[1] - k, 0), x.shape[1]))
#    if t % k else 0 =>
# Slip few-steps, if only the last piece gives its share, and the other pieces none:
#   reversed(range(x.shape[1])) => reversed(range((x.shape[1] - 1) // k * k, x.shape[1]))
# Slip few-steps, if only the first piece gives its share, and the other pieces none:
#   reversed(range(x.shape[1])) => reversed(range(min(k, x.shape[1])))
# Slip few-steps, if a last piece that is shorter than k gives no share:
#   reversed(range(x.shape[1])) => reversed(range(x.shape[1] // k * k))
# Slip sliding-window, if there are no cuts, and each output's gradient goes k steps back on its own:
#   h = states(x, u, w, b) => h = states(x, u, w, b); T = x.shape[1]
#   t in reversed(range(x.shape[1])) => s, t in ((s, s - i) for s in range(T) for i in range(k))
#   d[:, t] = (g[:, t] + from_next) => d[:, t] += (e := (g[:, t] if t == s else from_next)
#   ** 2) => ** 2) * (t >= 0))
#   d[:, t] @ w.T if t % k else 0 => e @ w.T
# Slip mean-for-sum, if the gradients of the pieces are averaged, not added:
#   d, from_next = np.zeros_like(h), 0 => d, from_next = np.zeros_like(h), 0; g = g / -(-x.shape[1] // k)
# Slip transposed, if a step hands back d w, and not d wᵀ:
#   w.T => w
# Slip local-derivative-forgotten, if the slope of tanh is left out:
#    * (1 - h[:, t] ** 2) =>
# Slip state-off-by-one, if hₜ stands in the gradient of w, and not hₜ₋₁:
#   (x, before) => (x, h)
