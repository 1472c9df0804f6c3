"""Exercise 38: what batch normalisation keeps for the test

    mean ← (1 − m) mean + m · (the mean of each channel in the batch)          m = 0.1
    var  ← (1 − m) var + m · (the variance of each channel, as estimated from the batch)

x (N, C, H, W) is a batch in training; mean and var (C,).  At test time the layer uses the two as constants,
for a single image if need be.  There they stand for all images, so the estimate must not be too small on
average: the sum of squares is divided by one less than the number of values.  Write the update.
(Ioffe & Szegedy 2015, algorithm 2.)

After lesson 09.  This is meant to fail first.  To check it: python -m lessons check 38
"""
import numpy as np

M = 0.1


def update(x, mean, var):
    """The running mean and variance (C,) after the batch x (N, C, H, W)."""
    # Yours: move both towards those of the batch
    n = x.size // x.shape[1]                                    # the values of a channel: N · H · W
    centre = x.mean(axis=(0, 2, 3), keepdims=True)
    spread = ((x - centre) ** 2).sum(axis=(0, 2, 3)) / (n - 1)
    return (1 - M) * mean + M * centre.ravel(), (1 - M) * var + M * spread


# Hint 1.  A channel is one filter's result at every place of every image.  Over which axes do its mean and
#   variance run, and how many values are that?
# Hint 2.  The mean of n numbers is nearer to them than the true mean is, so their squared distances from it
#   come out too small, by (n − 1)/n on average.  Its own batch the layer still normalises with n.
# Why.  In training the layer divides by the variance of the batch as it is, with n.  At test time the
#   number stands for images that the layer has not seen, and with n it would be too small on average: in
#   batches of two values by half.  Then all outputs at the test would be √2 times too large.  With many
#   values in a channel, n and n − 1 are nearly the same.
# In minidl: BatchNorm, in minidl/nn.py.

# Slip biased, if the sum of squares is divided by the number of values, not by one less:
#   / (n - 1) => / n
# Slip images-counted, if the number of images is taken for the number of values, in n/(n − 1):
#   / (n - 1) => / n * len(x) / (len(x) - 1)
# Slip images-counted, if the sum of squares is divided by one less than the number of images:
#   / (n - 1) => / (len(x) - 1)
# Slip correction-inverted, if the variance with n is made smaller, by (n − 1)/n, and not larger:
#   / (n - 1) => / n * (n - 1) / n
# Slip weights-swapped, if m weighs the old mean, and 1 − m the new one:
#   (1 - M) * mean + M * centre => M * mean + (1 - M) * centre
# Slip weights-swapped, if m weighs the old variance, and 1 − m the new one:
#   (1 - M) * var + M * spread => M * var + (1 - M) * spread
# Slip nothing-forgotten, if m times the new mean is added, and none of the old one taken away:
#   (1 - M) * mean + M => mean + M
# Slip nothing-forgotten, if m times the new variance is added, and none of the old one taken away:
#   (1 - M) * var + M => var + M
# Slip deviation-for-variance, if the batch's deviation, the root of the variance, is mixed in:
#   + M * spread => + M * np.sqrt(spread)
# Slip deviation-for-variance, if the deviations are mixed, and their mean is squared:
#   (1 - M) * var + M * spread => ((1 - M) * np.sqrt(var) + M * np.sqrt(spread)) ** 2
# Slip wrong-centre, if the squares are those of the distances from the running mean as it was before:
#   (x - centre) ** 2 => (x - mean[:, None, None]) ** 2
# Slip wrong-centre, if the squares are those of the distances from the new running mean:
#   (x - centre) ** 2 => (x - M * centre - (1 - M) * mean[:, None, None]) ** 2
# Slip within-images, if the variance is taken within each image, and averaged over the images:
#   ((x - centre) ** 2).sum(axis=(0, 2, 3)) / (n - 1) => x.var(axis=(2, 3), ddof=1).mean(axis=0)
# Slip within-images, if the variance is taken within each image, with n, and averaged over the images:
#   ((x - centre) ** 2).sum(axis=(0, 2, 3)) / (n - 1) => x.var(axis=(2, 3)).mean(axis=0)
# Slip channels-mixed, if one mean is taken of all channels together:
#   centre.ravel() => centre.mean()
# Slip channels-mixed, if one variance is taken of all channels together:
#   + M * spread => + M * x.var(ddof=1)
# Slip channels-mixed, if one variance, with n, is taken of all channels together:
#   + M * spread => + M * x.var()
# Slip batch-statistics, if the batch's own mean is kept, and the running one is lost:
#   (1 - M) * mean + M * centre => centre
# Slip batch-statistics, if the batch's own variance is kept, and the running one is lost:
#   (1 - M) * var + M * spread => spread
# Slip uncentred, if the squares are those of x, and no mean is taken off:
#   ((x - centre) ** 2) => (x ** 2)
# Slip uncentred, if the mean of x² is taken for the variance:
#   spread = ((x - centre) ** 2).sum(axis=(0, 2, 3)) / (n - 1) => spread = (x ** 2).mean(axis=(0, 2, 3))
# Slip order, if the results come in the order var, mean:
#   return (1 => mean, var = (1
#   + M * spread => + M * spread; return var, mean
