"""Exercise 44: an autoencoder that removes noise

    r(x̃) = tanh(x̃ w) v          images x (N, D), spoiled ones x̃ and answers r (N, D), w (D, H), v (H, D)

A denoising autoencoder is shown x̃, and is trained to give back x.  Masking noise sets pixels to 0, each with
probability `RATE`: those whose u, drawn evenly between 0 and 1, is below it.  The others stay as they are.
u is (N, D).  The loss is the squared distance of an answer from what it should be, as a mean over the images.
Write x̃ and the loss.

After lesson 22.  This is meant to fail first.  To check it: python -m lessons check 44
"""
import numpy as np

RATE = 0.3


def answer(shown, w, v):
    """The network's r (N, D) to what it is shown (N, D)."""
    return np.tanh(shown @ w) @ v


def denoising_loss(x, u, w, v):
    """x̃ (N, D), and the loss, one number."""
    # TODO: spoil the images, let the network answer, and compare
    raise NotImplementedError("exercise 44: spoil the images, let the network answer, and compare")
