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
    # Yours: the two terms of an image, their means, and the bound
    r = (np.logaddexp(0, s) - x * s).sum() / len(x)             # −log σ(s) = log(1 + e^−s)
    k = 0.5 * (mean ** 2 + np.exp(log_var) - 1 - log_var).sum() / len(x)
    return r, k, -r - k


# Hint 1.  "Per image": what happens to the costs of the pixels of one image?  And then, over the images?
#   Both terms must have the same unit, or they cannot be added.
# Hint 2.  R and K are costs, to be made small; the ELBO is a lower bound on log p(x), to be made large.  As
#   −log q = log(1 + e^−s), a pixel costs log(1 + eˢ) − x s, which is safe for large s.
# Why.  The pixels of an image are independent given z, so their probabilities multiply and their
#   logarithms add: a sum.  With a mean over 784 pixels in its place, K weighs 784 times as much, and
#   the code is given up, as with MSE + K in lesson 28.  The mean over the images does no harm: both
#   terms have it.
# In minidl: bce_with_logits and gaussian_kl, in minidl/losses.py; lessons add the two.

# Slip sign, if it is R + K, which is −ELBO, the loss:
#   -r - k => r + k
# Slip sign, if K is added to −R, not subtracted:
#   -r - k => k - r
# Slip sign, if R is taken with a plus:
#   -r - k => r - k
# Slip branch-lost, if the ELBO is −R, without K:
#   -r - k => -r
# Slip extra-1/N, if R is a mean over the pixels, too, not a sum:
#   s).sum() / len(x) => s).mean()
# Slip missing-1/N, if R is a sum over the images, not a mean:
#   s).sum() / len(x) => s).sum()
# Slip sign, if R is the mean of log p(x|z), not of −log p(x|z):
#   np.logaddexp(0, s) - x * s => x * s - np.logaddexp(0, s)
# Slip paper-lost, if only the part with log q is there, and pixels without ink cost nothing:
#   np.logaddexp(0, s) - x * s => x * np.logaddexp(0, -s)
# Slip ink-lost, if only the part with log(1 − q) is there:
#   np.logaddexp(0, s) - x * s => (1 - x) * np.logaddexp(0, s)
# Slip ink-inverted, if x and 1 − x have changed places:
#   np.logaddexp(0, s) - x * s => np.logaddexp(0, s) - (1 - x) * s
# Slip squares-for-logarithms, if a pixel costs (x − q)²:
#   np.logaddexp(0, s) - x * s => (x - 1 / (1 + np.exp(-s))) ** 2
# Slip mse-for-R, if R is the mean squared error over all pixels, which is in no nats:
#   (np.logaddexp(0, s) - x * s).sum() / len(x) => ((x - 1 / (1 + np.exp(-s))) ** 2).mean()
# Slip logits-for-q, if a pixel costs (x − s)², and s is a logit:
#   np.logaddexp(0, s) - x * s => (x - s) ** 2
# Slip target-swapped, if x and q have changed places:
#   np.logaddexp(0, s) - x * s => -np.log(x) / (1 + np.exp(-s)) - np.log(1 - x) / (1 + np.exp(s))
# Slip extra-1/N, if K is a mean over the code numbers, too, not a sum:
#   log_var).sum() / len(x) => log_var).mean()
# Slip missing-1/N, if K is a sum over the images, not a mean:
#   log_var).sum() / len(x) => log_var).sum()
# Slip stray-factor, if the ½ of K is forgotten:
#   0.5 * (mean => (mean
# Slip sign, if K is −K:
#   0.5 * (mean => -0.5 * (mean
# Slip deviation-for-variance, if e^(½ l), the deviation, stands for the variance:
#   np.exp(log_var) => np.exp(0.5 * log_var)
# Slip deviation-for-variance, if l is taken for the logarithm of the deviation:
#   np.exp(log_var) - 1 - log_var => np.exp(2 * log_var) - 1 - 2 * log_var
# Slip exponential-off, if l stands for the variance, without its exponential:
#   np.exp(log_var) - 1 - log_var => log_var - 1 - log_var
# Slip constant-lost, if the −1 of each code number is forgotten:
#   - 1 - log_var => - log_var
# Slip mean-unsquared, if the mean is not squared:
#   mean ** 2 => mean
# Slip reversed, if K is the KL of N(0, 1) from q, not of q from N(0, 1):
#   mean ** 2 + np.exp(log_var) - 1 - log_var => (mean ** 2 + 1) / np.exp(log_var) - 1 + log_var
# Slip bits-for-nats, if R is in bits, by logarithms to the base 2, and not in nats:
#   s).sum() / len(x) => s).sum() / len(x) / np.log(2)
