"""Exercise 51: the ELBO of a variational autoencoder

    a pixel costs −x log q − (1 − x) log(1 − q), with q = σ(s)          x and s (N, D): pixels and logits
    a code number costs ½ (m² + e^l − 1 − l)                            m and l (N, L): mean, log-variance

The first is the cost of a coin with the chance q of ink, the second the KL from N(0, 1).  Write R, K and the
ELBO, each in nats per image: the reconstruction term and the Kullback-Leibler term of an image, as means over
the images, and the bound that the two make.  What may log p(x) never be below?

After lesson 28.  This is meant to fail first.  To check it: python -m lessons check 51
"""
import numpy as np


def elbo(x, s, mean, log_var):
    """R, K and the ELBO, three numbers."""
    # TODO: the two terms of an image, their means, and the bound
    raise NotImplementedError("exercise 51: the two terms of an image, their means, and the bound")
