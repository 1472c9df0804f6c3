"""Exercise 52: how probable is an image?  A Gaussian decoder

    p(x|z) = Π N(x_d; x̂_d, σ²)  over the D pixels of an image          x and x̂ (N, D), log σ one number
    N(x; x̂, σ²) = e^(−(x − x̂)² / 2σ²) / √(2π σ²)

x̂ is what the decoder makes of the code z, and σ, the same for all pixels, is learned with it.  Write the
logarithm of p(x|z) of each image, nothing left out, and its slope by log σ.  Both are (N,).

After lesson 28.  This is meant to fail first.  To check it: python -m lessons check 52
"""
import numpy as np


def log_likelihood(x, guess, log_sigma):
    """log p(x|z) (N,), and ∂ log p(x|z) / ∂ log σ (N,)."""
    # Yours: add up the logarithms of D densities, and differentiate
    off = (x - guess) / np.exp(log_sigma)                       # in units of σ (N, D)
    constant = 0.5 * np.log(2 * np.pi)
    log_p = -(0.5 * off ** 2 + log_sigma + constant).sum(axis=1)
    return log_p, (off ** 2 - 1).sum(axis=1)


# Hint 1.  Start with one pixel.  The logarithm of a product is a sum: the exponent, and minus the logarithm
#   of the root.  How often does each part come in an image of D pixels?
# Hint 2.  A pixel has −½ ((x − x̂)/σ)² − log σ − ½ log 2π.  By log σ the last has no slope, the second −1.
#   For the first write σ⁻² as e^(−2 log σ).
# Why.  −log σ is the price of a wide σ.  Leave it out and learn σ, and σ grows for ever.  With it, the
#   slope is 0 where σ² is the image's mean squared error: so a decoder can learn how exact it is.  The
#   constant has no slope, but without it the number is not log p(x|z), and cannot be compared with that
#   of another kind of decoder.
# In minidl: gaussian_nll, in minidl/losses.py: −log p(x|z), a mean over the images, by log σ² = 2 log σ.

# Slip sign, if the slope is that of −log p(x|z):
#   off ** 2 - 1 => 1 - off ** 2
# Slip branch-lost, if log σ has no part in the slope, only the exponent has:
#   (off ** 2 - 1) => (off ** 2)
# Slip branch-lost, if the exponent has no part in the slope, only log σ has:
#   (off ** 2 - 1) => (0 * off - 1)
# Slip counted-once, if in the slope log σ comes once an image, not once a pixel:
#   (off ** 2 - 1).sum(axis=1) => (off ** 2).sum(axis=1) - 1
# Slip variable-mistaken, if it is the slope by σ, not by log σ:
#   (off ** 2 - 1) => ((off ** 2 - 1) / np.exp(log_sigma))
# Slip variable-mistaken, if it is the slope by log σ², not by log σ:
#   (off ** 2 - 1) => 0.5 * (off ** 2 - 1)
# Slip stray-factor, if the exponent's slope has lost the 2 of its square:
#   (off ** 2 - 1) => (0.5 * off ** 2 - 1)
# Slip extra-1/N, if the slope is a mean over the pixels, not a sum:
#   (off ** 2 - 1).sum(axis=1) => (off ** 2 - 1).mean(axis=1)
# Slip constant-lost, if the ½ log 2π of each pixel is left out:
#   + constant).sum => ).sum
# Slip constant-lost, if log σ and ½ log 2π are both left out, and only the exponent is there:
#   0.5 * off ** 2 + log_sigma + constant => 0.5 * off ** 2
# Slip scale-lost, if the log σ of each pixel is left out, which the root holds:
#   + log_sigma + => +
# Slip counted-once, if log σ and ½ log 2π come once an image, not once a pixel:
#   + log_sigma + constant).sum(axis=1) => ).sum(axis=1) - log_sigma - constant
# Slip counted-once, if ½ log 2π comes once an image, not once a pixel:
#   + constant).sum(axis=1) => ).sum(axis=1) - constant
# Slip counted-once, if log σ comes once an image, not once a pixel:
#   + log_sigma + constant).sum(axis=1) => + constant).sum(axis=1) - log_sigma
# Slip sign, if it is −log p(x|z):
#   -(0.5 * off ** 2 + log_sigma => (0.5 * off ** 2 + log_sigma
# Slip sign, if log σ and ½ log 2π are added, though they are the logarithm of a divisor:
#   -(0.5 * off ** 2 + log_sigma + constant) => (-0.5 * off ** 2 + log_sigma + constant)
# Slip root-forgotten, if the logarithm of 2πσ² is taken, not that of its root:
#   + log_sigma + constant => + 2 * log_sigma + 2 * constant
# Slip root-forgotten, if the logarithm of 2π is taken, not that of its root:
#   0.5 * np.log(2 => np.log(2
# Slip root-doubled, if log σ has a factor ½, which log σ² would have:
#   + log_sigma + => + 0.5 * log_sigma +
# Slip stray-factor, if the ½ of the exponent is forgotten:
#   0.5 * off ** 2 + => off ** 2 +
# Slip unsquared, if the exponent is divided by σ, not by σ²:
#   0.5 * off ** 2 + => 0.5 * off ** 2 * np.exp(log_sigma) +
# Slip deviation-for-variance, if log σ is taken for the logarithm of the variance:
#   0.5 * off ** 2 + log_sigma + constant => 0.5 * (off ** 2 * np.exp(log_sigma) + log_sigma + 2 * constant)
# Slip exponential-off, if log σ stands for σ, without its exponential:
#   -(0.5 * off ** 2 + log_sigma => -(0.5 * (off * np.exp(log_sigma) / log_sigma) ** 2 + log_sigma
# Slip extra-1/N, if it is a mean over the pixels, not a sum:
#   constant).sum(axis=1) => constant).mean(axis=1)
# Slip density, if it is p(x|z), not its logarithm:
#   return log_p => return np.exp(log_p)
