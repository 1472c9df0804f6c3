"""Exercise 49: a sample that can be differentiated

    z = mean + σ · noise,  σ = exp(½ log_var)      all (N, L); noise ~ N(0, 1) was drawn: a constant

This is how a variational autoencoder draws its code: chance is an input, so z is an ordinary function of
the mean and of log_var = log σ².  Write the gradients of these two from g = ∂loss/∂z.

After lesson 27.  This is meant to fail first.  To check it: python -m lessons check 49
"""
import numpy as np


def forward(mean, log_var, noise):
    return mean + np.exp(0.5 * log_var) * noise


def backward(g, mean, log_var, noise):
    """∂loss/∂mean and ∂loss/∂log_var, both (N, L)."""
    # TODO: write the gradients of the mean and of the log-variance
    raise NotImplementedError("exercise 49: write the gradients of the mean and of the log-variance")
