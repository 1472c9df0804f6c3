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
    # Yours: write the two gradients
    return g * mean / len(mean), g * 0.5 * (np.exp(log_var) - 1) / len(mean)


# Hint 1.  Every entry stands alone: no sums to follow.  Differentiate ½(m² + eˡ − 1 − l) by m and by l.
# Hint 2.  m, and ½(eˡ − 1).  Then the 1/N in front, once, and g.
# Why.  Both gradients are 0 at mean 0 and variance 1, and only there: the KL pulls every code towards N(0,
#   1), the mean like a spring, the variance up if it is below 1 and down if it is above.  Against it
#   pulls the reconstruction, and where it does not, the unit collapses.
# In minidl: gaussian_kl, in minidl/losses.py.

# Slip term-missing, if the slope of −log_var is left out:
#   (np.exp(log_var) - 1) => np.exp(log_var)
# Slip exponential-off, if log_var stands where e^log_var belongs:
#   (np.exp(log_var) - 1) => (log_var - 1)
# Slip deviation-for-variance, if σ stands where σ² = e^log_var belongs:
#   (np.exp(log_var) - 1) => (np.exp(log_var / 2) - 1)
# Slip wrong-variable, if the slope is that by σ², and not by log σ²:
#   (np.exp(log_var) - 1) => (1 - np.exp(-log_var))
# Slip wrong-variable, if the slope is that by σ, and not by log σ²:
#   0.5 * (np.exp(log_var) - 1) => (np.exp(log_var / 2) - np.exp(-log_var / 2))
# Slip log-twice, if log_var is taken for σ² itself, so that −log_var becomes −log(log_var):
#   (np.exp(log_var) - 1) => (1 - 1 / log_var)
# Slip log-twice, if −log_var is differentiated as if it were −log(log_var):
#   (np.exp(log_var) - 1) => (np.exp(log_var) - 1 / log_var)
# Slip wrong-local-derivative, if e^log_var is differentiated like a power:
#   (np.exp(log_var) - 1) => (log_var * np.exp(log_var) - 1)
# Slip not-differentiated, if the terms in log_var come back as they stand in the KL:
#   (np.exp(log_var) - 1) => (np.exp(log_var) - 1 - log_var)
