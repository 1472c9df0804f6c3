"""Exercise 42: tied weights

    z = tanh(x w + b),  x̂ = z wᵀ          x and x̂ (N, D), w (D, L), b (L,), z (N, L)

The encoder has the weights w.  The decoder has no weights of its own: it takes w again, turned round.  So the
autoencoder has half as many, and the two halves learn together.  The images x are constants.  Write ∂loss/∂w
and ∂loss/∂b from g = ∂loss/∂x̂ (N, D).

After lesson 17.  This is meant to fail first.  To check it: python -m lessons check 42
"""
import numpy as np


def forward(w, b, x):
    z = np.tanh(x @ w + b)
    return z @ w.T


def backward(g, w, b, x):
    """∂loss/∂w (D, L) and ∂loss/∂b (L,)."""
    # TODO: follow w along its two uses, and b along its one
    raise NotImplementedError("exercise 42: follow w along its two uses, and b along its one")
