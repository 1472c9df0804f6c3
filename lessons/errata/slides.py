"""What the VAE slides (004) say."""
import numpy as np

from lessons.errata import erratum
from minidl import Tensor, backend, losses, ops, optim, train


@erratum("E1", "factor", lesson="27",
         ask="The encoder says that z has the variance 4: z_log_variance is log 4.  What variance does this "
             "line draw?",
         right="a deviation is exp(½ · log variance), here 2; exp(log variance) draws with the deviation 4",
         shows="log variance log 4, drawn as 004 draws it: the variance", says=4, near=16, within=0.26)
def drawn_variance(rng):
    z_mean, z_log_variance = 0, np.log(4)
    epsilon = rng.normal(size=200_000)
    return (z_mean + np.exp(z_log_variance) * epsilon).var()    # 5 standard errors: 0.253


@erratum("E57", "word", lesson="27",
         ask="A program draws with epsilon / 10, which is “small”; its KL term stays as it is.  Is the ELBO "
             "that it prints too low, right or too high?",
         right="epsilon ~ N(0, I) is not small; with a smaller one the printed ELBO is no bound: here it "
               "lies above log p(x)",
         shows="drawn with epsilon / 10: printed ELBO less log p(x), in nats", says=0, near=0.5 * np.log(10),
         within=0.002)
def small_epsilon(rng):
    """Lesson 28: z ~ N(0, 1), x ~ N(z, 0.1), x = 1.1; what is printed is largest for q = N(1, 1/1.1)."""
    x, origin, variance = np.array([[1.1]]), np.zeros((1, 1)), np.array([[1 / 1.1]])
    z = 1 + np.sqrt(variance) * rng.normal(size=(100_000, 1)) / 10
    R = losses.gaussian_nll(x + 0 * z, z, np.log(0.1))
    K = losses.gaussian_kl(origin + 1, np.log(variance))
    return losses.gaussian_nll(x, origin, np.log(1.1)) - R - K


@erratum("E48", "overclaim", lesson="29",
         ask="A VAE with one code number learns two images of 784 pixels, all −1 or all 1, with pixel noise "
             "of variance 1.  How different can the images of z = −0.1 and z = 0.1 be?",
         right="close codes decode alike on average, but no term of the loss bounds the steepest place: "
               "here z = −0.1 and 0.1 differ by more than half of what the two images differ by",
         shows="z = −0.1 and 0.1: how far apart, of the way from one image to the other", above=0.5)
def across_the_gap(rng):
    """All 784 pixels are alike: one stands for all.  q(z|x) = N(m x, s²)."""
    image = backend.to_device(np.repeat([[-1.0], [1.0]], 200, axis=0))
    m, log_s = q = [Tensor(np.array(start)) for start in (1.0, -0.7)]
    decode = lambda z: ops.tanh(z * m * ops.exp(-2 * log_s))                    # E[x|z], the best decoder
    R = lambda: 392 * losses.mse(decode(m * image + ops.exp(log_s) * backend.normal(image.shape)), image)
    train.descend(lambda: R() + (m ** 2 + ops.exp(2 * log_s) - 1) / 2 - log_s, optim.Adam(q, 0.05), 300)
    return decode(0.1).item()


@erratum("E47", "overclaim", lesson="29",
         ask="Five directions of the data have the variances 9, 4, ½, ½ and ½; a pixel's noise has the "
             "variance 1.  A VAE has one code number for each.  How many of them will encode anything?",
         right="a direction with less variance than the noise stays idle; and whichever way the axes are "
               "turned, the prior and the decoder fit as well",
         shows="five directions: how many code numbers vary with x", says=5, near=2, within=0.5)
def busy_directions(rng):
    x = backend.to_device(rng.normal(0, np.sqrt([9, 4, 0.5, 0.5, 0.5]), (500, 5)))
    gain, log_s, weight = numbers = [Tensor(np.full(5, start)) for start in (0.5, -0.5, 0.5)]
    draw = lambda: gain * x + ops.exp(log_s) * backend.normal(x.shape, dtype=np.float64)
    loss = lambda: losses.gaussian_nll(weight * draw(), x) + losses.gaussian_kl(gain * x, 2 * log_s + 0 * x)
    train.descend(loss, optim.Adam(numbers, 0.05), 300)
    return ((gain * x).numpy().var(axis=0) > 0.1).sum()
