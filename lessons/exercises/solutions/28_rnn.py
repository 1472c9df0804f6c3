"""Exercise 28: a recurrent network, backwards through time

    hₜ = tanh(xₜ u + hₜ₋₁ w + b),  h₀ = 0          x (N, T, I), u (I, H), w (H, H), b (H,), h (N, T, H)

The output is all the states, so there is a g = ∂loss/∂h (N, T, H) for every step.  A state is used twice:
as an output, and by the next step.  So start at the last step, and hand back from each step what the one
before it needs.  Write the gradients of x, u, w and b.

After lesson 06.  This is meant to fail first.  To check it: python -m lessons check 28
"""
import numpy as np


def forward(x, u, w, b):
    h, states = np.zeros((len(x), len(w))), []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ u + h @ w + b)
        states.append(h)
    return np.stack(states, axis=1)                             # (N, T, H)


def backward(g, x, u, w, b):
    """∂loss/∂x (N, T, I), ∂loss/∂u (I, H), ∂loss/∂w (H, H) and ∂loss/∂b (H,)."""
    # Yours: walk back from the last step to the first
    h = forward(x, u, w, b)
    dx, du, dw, db = (np.zeros_like(a) for a in (x, u, w, b))
    from_next = 0                                               # nothing comes after the last step
    for t in reversed(range(x.shape[1])):
        d = (g[:, t] + from_next) * (1 - h[:, t] ** 2)          # ∂loss/∂(inside the tanh) (N, H)
        before = h[:, t - 1] if t else np.zeros_like(d)
        dx[:, t] = d @ u.T
        du += x[:, t].T @ d
        dw += before.T @ d
        db += d.sum(axis=0)
        from_next = d @ w.T                                     # to hₜ₋₁
    return dx, du, dw, db


# Hint 1.  One step is a dense layer with two inputs, xₜ and hₜ₋₁, and a tanh: exercises 04 and 09.  Write
#   the step first, with d the gradient inside the tanh; then put the loop around it, from T − 1 down to
#   0.
# Hint 2.  d = (g[:, t] + what step t + 1 handed back) · (1 − hₜ²), and what is handed back is d wᵀ.  u, w
#   and b are the same at every step, so their gradients are added up with +=.
# Why.  Unrolled, the network has T layers with one set of weights.  On its way back through them the
#   gradient is multiplied by wᵀ and by 1 − h² at every step; if that product shrinks, the past is not
#   learned from, and if it grows, the step is too large.  That is most of the difficulty with recurrent
#   networks.
# In minidl: recur, in minidl/rnn.py: the same loop, and one matrix product for all steps of dw.

# Slip local-derivative-forgotten, if the slope of the tanh is left out:
#   (g[:, t] + from_next) * (1 - h[:, t] ** 2) => g[:, t] + from_next
# Slip wrong-local-derivative, if the slope of the tanh is taken at h, and h is put through a tanh again:
#   (1 - h[:, t] ** 2) => (1 - np.tanh(h[:, t]) ** 2)
# Slip wrong-local-derivative, if 1 − h stands for the slope of the tanh:
#   (1 - h[:, t] ** 2) => (1 - h[:, t])
# Slip wrong-step, if the slope of step t is taken at hₜ₋₁, the state before:
#   (1 - h[:, t] ** 2) => (1 - (h[:, t - 1] if t else 0 * h[:, 0]) ** 2)
# Slip wrong-step, if w is paired with hₜ, the state that step t makes, not with the one it gets:
#   h[:, t - 1] if t else np.zeros_like(d) => h[:, t]
# Slip wrong-order, if the steps are walked from the first to the last:
#   reversed(range(x.shape[1])) => range(x.shape[1])
# Slip accumulates, if what was handed back before is handed on again, beside the new:
#   from_next = d @ w.T => from_next = from_next + d @ w.T
# Slip contributions-lost, if u, w and b have the share of the first step alone:
#   du += => du =
#   dw += => dw =
#   db += => db =
# Slip wrong-between-steps, if no step hands anything back to the one before it:
#   from_next = d @ w.T => from_next = 0
# Slip last-output-only, if g is used at the last step alone, as if the other states were no outputs:
#   (g[:, t] + from_next) => (g[:, t] * (t == x.shape[1] - 1) + from_next)
