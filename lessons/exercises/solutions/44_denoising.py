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
    # Yours: spoil the images, let the network answer, and compare
    shown = x * (u >= RATE)
    off = answer(shown, w, v) - x                               # from the clean images
    return shown, (off ** 2).sum() / len(x)


# Hint 1.  Three things have one shape here: x, x̃ and r.  Which of them does the network see?  And from which
#   of the other two should r not differ?
# Hint 2.  u >= RATE is 1 where a pixel stays and 0 where it goes.  The squared distance of two images is a
#   sum over the pixels; only over the images is it a mean.
# Why.  If the network were shown x, or its answer compared with x̃, then what it sees would be what is
#   wanted, and it could copy.  As it is, it must learn which pixels go with which: the best answer is
#   the mean of all clean images that may have become x̃.  Dropout divides by 1 − RATE, so that sums
#   keep their size; masking noise does not.
# In minidl: mask, in minidl/functions.py, draws such noise.

# Slip spoiled-target, if the answer is compared with the spoiled image:
#   v) - x => v) - shown
# Slip clean-input, if the network is shown the clean image, as in a plain autoencoder:
#   answer(shown, w, v) - x => answer(x, w, v) - x
# Slip spoiled-target, if the network is shown the clean image, and compared with the spoiled one:
#   answer(shown, w, v) - x => answer(x, w, v) - shown
# Slip answer-masked, if the network is shown the clean image, and its answer is masked:
#   answer(shown, w, v) - x => answer(x, w, v) * (u >= RATE) - x
# Slip network-left-out, if x̃ itself is taken for the answer:
#   answer(shown, w, v) - x => shown - x
# Slip extra-1/N, if the loss is a mean over the pixels, too, not a sum:
#   (off ** 2).sum() / len(x) => (off ** 2).mean()
# Slip missing-1/N, if the loss is a sum over the images, not a mean:
#   (off ** 2).sum() / len(x) => (off ** 2).sum()
# Slip stray-factor, if the loss has a factor ½:
#   (off ** 2).sum() => 0.5 * (off ** 2).sum()
# Slip masked-pixels-only, if only the pixels that were set to 0 count in the loss:
#   (off ** 2).sum() => (off ** 2)[u < RATE].sum()
# Slip kept-pixels-only, if only the pixels that stayed count in the loss:
#   (off ** 2).sum() => (off ** 2)[u >= RATE].sum()
# Slip unsquared, if the loss is a mean of distances, not of their squares:
#   (off ** 2).sum() / len(x) => np.sqrt((off ** 2).sum(axis=1)).mean()
# Slip unsquared, if the loss is made of absolute differences, not of squares:
#   off ** 2 => abs(off)
# Slip mask-inverted, if the pixels whose u is below RATE stay, and the others go:
#   u >= RATE => u < RATE
# Slip rescaled, if the pixels that stay are divided by 1 − RATE, as they are in dropout:
#   (u >= RATE) => (u >= RATE) / (1 - RATE)
# Slip masked-to-1, if pixels are set to 1, not to 0:
#   x * (u >= RATE) => np.where(u < RATE, 1, x)
# Slip noise-added, if u is added to the image:
#   x * (u >= RATE) => x + u
# Slip noise-added, if RATE · u is added to the image:
#   x * (u >= RATE) => x + RATE * u
# Slip whole-images, if an image is kept or lost as a whole, by its first u:
#   (u >= RATE) => (u >= RATE)[:, :1]
# Slip noise-unused, if x̃ is the clean image:
#   x * (u >= RATE) => x
