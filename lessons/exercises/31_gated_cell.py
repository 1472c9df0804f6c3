"""Exercise 31: one step of an LSTM

    f = σ(a_f),  i = σ(a_i),  o = σ(a_o),  p = tanh(a_p)          three gates and a proposal, all (N, H)
    c′ = f ∗ c + i ∗ p,  h′ = o ∗ tanh(c′)                        c (N, H) is the cell before the step

Each a was made as x u + h w + b, with weights of its own; they are the inputs here.  (Lesson 06 calls the
proposal g.)  The output is h′ and c′, stacked (2, N, H): g[0] is ∂loss/∂h′, and g[1] is what the next step
hands back to c′.  Write the gradients of the four a and of c.

After lesson 06.  This is meant to fail first.  To check it: python -m lessons check 31
"""
import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def forward(a_f, a_i, a_o, a_p, c):
    f, i, o, p = sigmoid(a_f), sigmoid(a_i), sigmoid(a_o), np.tanh(a_p)
    cell = f * c + i * p
    return np.stack([o * np.tanh(cell), cell])                  # (2, N, H)


def backward(g, a_f, a_i, a_o, a_p, c):
    """∂loss/∂a_f, ∂loss/∂a_i, ∂loss/∂a_o, ∂loss/∂a_p and ∂loss/∂c, each (N, H)."""
    # TODO: find the whole gradient of c′ first, then go on to its parts
    raise NotImplementedError("exercise 31: find the whole gradient of c′ first, then go on to its parts")
