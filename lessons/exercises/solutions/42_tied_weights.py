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
    # Yours: follow w along its two uses, and b along its one
    z = np.tanh(x @ w + b)                                      # (N, L)
    d = g @ w * (1 - z ** 2)                                    # ∂loss/∂(x w + b) (N, L)
    return x.T @ d + g.T @ z, d.sum(axis=0)


# Hint 1.  Call the decoder's matrix u, as if it were another: x̂ = z u, with u (L, D).  What are ∂loss/∂u and
#   ∂loss/∂w then?
# Hint 2.  u is wᵀ.  So what arrives at u arrives at w, turned round too, and is added to what w has from the
#   encoder.  Write the shapes beside it: both have to be (D, L).
# Why.  One number used in two places gets two gradients, and they add up: it is moved by the sum of what
#   both places want.  No matter that one use is turned round: turn its gradient back.  Filters that are
#   used at every place, recurrent weights used at every step and tied weights are one and the same case.
# In minidl: pullback, in minidl/tensor.py, adds up what comes back from every use of a Tensor.

# Slip branch-lost, if only the encoder's use of w is followed:
#   x.T @ d + g.T @ z => x.T @ d
# Slip branch-lost, if only the decoder's use of w is followed:
#   x.T @ d + g.T @ z => g.T @ z
# Slip mean-for-sum, if the two uses of w are averaged, not added:
#   x.T @ d + g.T @ z => (x.T @ d + g.T @ z) / 2
# Slip local-derivative-forgotten, if the slope of the tanh is left out of the encoder's use:
#   x.T @ d => x.T @ (g @ w)
# Slip local-derivative-forgotten, if the slope of the tanh is left out on the way to b:
#   d.sum(axis=0) => (g @ w).sum(axis=0)
# Slip x-for-y, if the slope of the tanh is 1 − (x w + b)², with its input, not its output:
#   (1 - z ** 2) => (1 - (x @ w + b) ** 2)
# Slip wrong-local-derivative, if the slope is that of the sigmoid, z(1 − z):
#   (1 - z ** 2) => z * (1 - z)
# Slip local-derivative-misplaced, if the decoder's use is multiplied by the slope of the tanh, too:
#   g.T @ z => g.T @ (z * (1 - z ** 2))
# Slip activation-forgotten, if the decoder's use takes x w + b for the code z:
#   g.T @ z => g.T @ (x @ w + b)
# Slip sign, if the decoder's use is taken off, not added:
#   x.T @ d + g.T @ z => x.T @ d - g.T @ z
