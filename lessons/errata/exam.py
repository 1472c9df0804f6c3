"""What the exam paper (003) says."""
import math

import numpy as np

from lessons.errata import erratum
from minidl import Tensor, backend, grad, losses, nn, ops, optim, train
from minidl.data import digits


def numbers(*starts):
    """A Tensor for each number, to be learned."""
    return [Tensor(np.array(start, float)) for start in starts]


@erratum("E74", "factor", lesson="37",
         ask="Three images are the numbers 1, 2 and 6, and x̂ is one number c for all.  Which c is best by "
             "the first sum?  Which by the second, if its x is the first image?",
         right="the sum runs over i, so it is ‖xᵢ − x̂ᵢ‖², and the best c is the mean, 3; without the index "
               "it is x, 1 (and the rate γ_G is the η_G of the step)",
         shows="images 1, 2 and 6: the best c", says=1, near=3, within=1e-6)
def one_painting_for_all(rng):
    images = backend.to_device(np.array([1.0, 2.0, 6.0]))
    [c] = numbers(0)
    train.descend(lambda: losses.mse(c + 0 * images, images), optim.SGD([c], 0.2), 100)
    return c.item()


@erratum("E8", "factor", lesson="20",
         ask="A copy of x is a b x, and the cost 8 (1 − a b)² + λ Ω with λ = 4 and Ω = a² + b².  There the "
             "best a b is ½.  What is it with R in the place of Ω?",
         right="R is half of Ω: for the same effect its λ has to be twice as large; and neither counts the "
               "biases, which Θ holds",
         shows="λ = 4 with R: the best a b", says=0.5, near=0.75, within=1e-6)
def best_gain(rng):
    a, b = weights = numbers(0.5, 1)
    R = lambda: 0.5 * (a ** 2 + b ** 2)
    train.descend(lambda: 8 * (1 - a * b) ** 2 + 4 * R(), optim.SGD(weights, 0.02), 200)
    return (a * b).item()


@erratum("E2", "sign", lesson="02",
         ask="At first x̂ = ½, and l is log 2 = 0.69 nats per pixel.  We go down J by its gradient.  Is l "
             "then smaller or larger?",
         right="the cross-entropy l has its minus already: J(θ) = E[l(x, x̂)] + λ R(θ); down −l the copies "
               "get ever worse",
         shows="100 steps down 003's J: l in nats per pixel", above=math.log(2))
def down_minus_l(rng):
    x = backend.to_device(digits()[0][0][:200].reshape(200, 64))
    autoencoder = nn.Sequential(nn.Dense(64, 16), nn.Sigmoid(), nn.Dense(16, 64))
    autoencoder[-1].w.array[:] = 0                              # so that at first x̂ = σ(0) = ½
    l = lambda: losses.bce_with_logits(autoencoder(x), x)
    train.descend(lambda: -l(), optim.SGD(autoencoder.parameters(), 0.01, weight_decay=0.01), 100)    # and λR
    return l().item() / 64


@erratum("E9", "left out", lesson="02",
         ask="A grey pixel, x = ¼, is copied without any error: x̂ = ¼.  How large is l, in nats?",
         right="the least l is at x̂ = x, but it is not 0: it is the pixel's entropy, which is 0 for black "
               "and white only",
         shows="x = ¼: the least l of 999 copies, in nats", says=0,
         near=-0.25 * math.log(0.25) - 0.75 * math.log(0.75), within=1e-9)
def floor(rng):
    copies = np.arange(1, 1000) / 1000
    logits = np.log(copies / (1 - copies))
    return min(losses.bce_with_logits(np.array([s]), np.array([0.25])) for s in logits)


@erratum("E6", "word", lesson="27",
         ask="f(x; θ_e) says that log σ² is log 9, and z is drawn from N(μ, σ²).  What is z's standard "
             "deviation?",
         right="the variance is σ², the standard deviation σ (and θ_e are the encoder's parameters, not the "
               "decoder's)",
         shows="log σ² = log 9: the standard deviation of z", says=9, near=3, within=0.025)
def standard_deviation(rng):
    log_variance = np.log(9)
    z = np.exp(log_variance / 2) * rng.normal(size=200_000)
    return z.std()                                              # 5 standard errors: 0.024


@erratum("E7", "word", lesson="27",
         ask="The two numbers of z are to have variance 1 and covariance 0.8.  ⊙ multiplies number by "
             "number, here by the deviations L = (1, 1).  Which covariance does it give?",
         right="the sign ⊙ gives independent numbers, covariance 0; any other covariance matrix V needs the "
               "matrix product L ε, with L Lᵀ = V",
         shows="L ε, a matrix product: the covariance", says=0, near=0.8, within=0.015)
def covariance(rng):
    L = np.linalg.cholesky([[1, 0.8], [0.8, 1]])
    epsilon = rng.normal(size=(2, 200_000))
    return np.cov(L @ epsilon)[0, 1]                            # 5 standard errors: 0.0143


@erratum("E5", "left out", lesson="32",
         ask="D = σ(s) gives a forgery the probability 0.0025.  As functions of s, how many times as steep "
             "as the game's log(1 − D) is L_G = −log D?",
         right="these are two games with one solution: log(1 − D) has the slope −D in s, and L_G has D − 1",
         shows="D = 0.0025: slope of L_G over the game's slope", says=1, near=399, within=1e-6)
def two_games(rng):
    [s] = numbers(math.log(0.0025 / 0.9975))
    [steep] = grad(losses.gan_non_saturating(s), [s])
    [flat] = grad(losses.gan_minimax(s), [s])
    return steep.item() / flat.item()


@erratum("E3", "sign", lesson="32",
         ask="L_D is the J of E4, below.  Real x are N(2, 1), made x are N(−2, 1), and the best D is right "
             "in 97.7 % of cases.  How often is D right after 200 steps θ + η ∇L_D?",
         right="L_D has its minus signs already: D is trained to make it small, by θ − η ∇L_D, or V = −L_D "
               "large",
         shows="200 steps θ + η ∇L_D: share of right answers", says=0.977, below=0.1)
def climbed(rng):
    w, c = theta = numbers(0, 0)
    draw = lambda mean: w * backend.to_device(rng.normal(mean, 1, 500)) + c
    train.descend(lambda: -losses.gan_discriminator(draw(2), draw(-2)), optim.SGD(theta, 0.1), 200)
    return ((draw(2).numpy() > 0).mean() + (draw(-2).numpy() < 0).mean()) / 2


@erratum("E4", "sign", lesson="32",
         ask="G is perfect: real and made x are N(0, 1).  Let D = σ(k x).  Which k makes J largest?",
         right="no k: J grows with k for ever.  Right is min over G of max over D of V = −J, which is −log 4 "
               "where G is perfect",
         shows="J / k at k = 1,000", says=0, near=math.sqrt(2 / math.pi), within=0.015)
def without_a_top(rng):
    real, made = rng.normal(size=(2, 100_000))
    J = losses.gan_discriminator(1000 * real, 1000 * made)
    return J / 1000                                             # 5 standard errors: 0.013
