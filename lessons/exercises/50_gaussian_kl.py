"""Exercise 50: how far is a Gaussian from the standard one?

    KL = (1/N) Σ ½ (mean² + e^log_var − 1 − log_var)      mean and log_var (N, L); the sum is over all of them

In nats per example; the result and g are single numbers.  Write the gradients of mean and log_var.

After lesson 27.  This is meant to fail first.  To check it: python -m lessons check 50
"""
import numpy as np


def forward(mean, log_var):
    return 0.5 * (mean ** 2 + np.exp(log_var) - 1 - log_var).sum() / len(mean)


def backward(g, mean, log_var):
    """∂KL/∂mean and ∂KL/∂log_var, both (N, L), times g."""
    # TODO: write the two gradients
    raise NotImplementedError("exercise 50: write the two gradients")
