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
    # TODO: walk back from the last step to the first
    raise NotImplementedError("exercise 28: walk back from the last step to the first")
