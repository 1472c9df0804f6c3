"""The figures of the cube report (002): which reading gives each of them, or why none does."""
import math

import numpy as np

from lessons import judge, networks
from lessons.errata import erratum
from lessons.errata.report import S, kl_by_cells
from minidl import backend, losses, ops, optim, schedules, train
from minidl.data import cube


def noisy(y):
    """y (N, L) with noise at 15 dB on each neuron, as in lesson 34."""
    return y + ops.sqrt(ops.var(y, axis=0) / S) * backend.normal(y.shape)


def bits(y, e):
    """½ log₂ (var z / var e), z = y + e: the mean over the neurons of y and e (N, L)."""
    return np.log2((y + e).var(axis=0) / e.var(axis=0)).mean() / 2


def uniform_code(rng, n):
    """n codes of six neurons of variance 1, and their noise at 15 dB: (n, 6) twice."""
    y = rng.uniform(-3 ** 0.5, 3 ** 0.5, (n, 6))
    return y, rng.normal(0, y.std(axis=0) / S ** 0.5, y.shape)


def vae_of_the_cube(beta, steps=300):
    """A VAE of six neurons, trained on the full cube with KL's weight beta(share of the run that is done)."""
    vae, weight = networks.VAE(networks.mlp(3, 64, 64, 12), networks.mlp(6, 64, 64, 3)), [0.0]
    def plan(done):
        weight[0] = beta(done)
    def loss():
        x = backend.to_device(cube(256))
        x_hat, mean, log_var = vae(x)
        return ((x_hat - x) ** 2).mean() + weight[0] * losses.gaussian_kl(mean, log_var)
    adam = optim.Adam(vae.parameters())
    train.descend(loss, adam, steps, schedule=schedules.cosine(0.005), before_step=plan)
    return vae


@erratum("F1", "figure", lesson="34",
         ask="The best linear code of two neurons gives up one of the three directions.  What is its "
             "error on the full cube, even without any noise?  And on the surface?",
         right="it is v/3: 0.111 on the full cube, 0.185 on the surface, so 0.0920 is the error of a bent "
               "code: of a short training at 15 dB, or of a long one at about 10 dB; the figure cannot "
               "tell which",
         shows="PCA, two axes, full cube, no noise: the error", says=0.0920, near=1 / 9, within=0.003)
def two_directions(rng):
    x = cube(100_000, rng=rng)
    axes = judge.pca(x, 2)[1]
    return ((x - x @ axes @ axes.T) ** 2).mean()                # 5 standard errors: 0.0016


@erratum("F2", "figure", lesson="34",
         ask="The total is error + penalty; the penalty is (mean y)² + (var y − 1)².  What total has a "
             "network whose y and whose answers are always 0, on the full cube?",
         right="it is 1/3 + 1 = 4/3, and an untrained network (weights within ±1/√inputs) has about "
               "that: 0.9352 is a moment within the first epoch, or a mean over it",
         shows="f₂, untrained: the total", says=0.9352, near=4 / 3, within=0.2)
def untrained_total(rng):
    def start(shape, inputs, outputs):
        return backend.uniform(shape, -inputs ** -0.5, inputs ** -0.5)
    x = backend.to_device(cube(1000, rng=rng))
    y = networks.mlp(3, 64, 64, 6, init=start)(x)
    error = ((networks.mlp(6, 64, 64, 3, init=start)(noisy(y)) - x) ** 2).mean()
    return float(error + (ops.mean(y, axis=0) ** 2 + (ops.var(y, axis=0) - 1) ** 2).mean())


@erratum("F3", "figure", lesson="25",
         ask="The noise is always at 15 dB of the variance of y.  Which rate has an untrained network?",
         right="it has the rate of every other network, 2.51 bits; 3.006 comes out if the mean square of "
               "y is taken for its variance: in untrained networks it is about twice as large",
         shows="an untrained network at 15 dB: bits per neuron", says=3.006, near=0.5 * math.log2(1 + S),
         within=0.066)
def untrained_rate(rng):
    y = networks.mlp(3, 64, 64, 6).predict(cube(1000, rng=rng)).astype(float)
    return bits(y, rng.normal(0, y.std(axis=0) / S ** 0.5, y.shape))            # 5 standard errors: 0.066


@erratum("F4", "figure", lesson="25",
         ask="The rate at 15 dB is ½ log₂(1 + S) = 2.514 bits.  From epoch 100 to 900 nine rates lie "
             "between 2.494 and 2.530, a range of 0.036.  What has changed?",
         right="nothing need have changed: in batches of 1,000 nine measured rates of one code have a "
               "range of 0.039 on average; and 2.528 at the end is one standard deviation off",
         shows="nine batches of 1,000: range of the rates, mean of 100, in bits", says=0.036,
         near=2.97 * math.log2(math.e) * (2 / 6000) ** 0.5 / 2, within=0.0055)
def range_of_nine(rng):
    ranges = [np.ptp([bits(*uniform_code(rng, 1000)) for batch in range(9)]) for trial in range(100)]
    return np.mean(ranges)                      # 2.97 deviations: the mean range of nine from a Gaussian


@erratum("F5", "figure", lesson="34",
         ask="Six neurons send each coordinate twice, at 15 dB.  What is the mean squared error of the "
             "best linear guess on the full cube?  And on its surface?",
         right="it is v/(1 + 2S), 0.0052 for the full cube and 0.0087 for the surface: the figure fits "
               "the full cube, if the penalty in the total is nearly 0, as it can be where all batches "
               "are the same points",
         shows="two wires for each coordinate, 15 dB, full cube: the error", says=0.0052,
         near=1 / 3 / (1 + 2 * S), within=6e-5)
def two_wires(rng):
    x = rng.uniform(-1, 1, 500_000)
    z = x + rng.normal(0, (1 / 3 / S / 2) ** 0.5, x.shape)      # the mean of two wires
    return ((2 * S / (1 + 2 * S) * z - x) ** 2).mean()          # 5 standard errors: 0.00005


@erratum("F6", "figure", lesson="25",
         ask="The rate is ½ log₂(1 + SNR).  How many decibels give 2.2 bits, and how many 3.5?",
         right="they are 13 and 21 dB: no single SNR gives both; the report's table 2 has 2.49 to 2.53 bits "
               "at 15 dB",
         shows="from 2.2 to 3.5 bits: decibels", says=0, near=8, within=0.01)
def decibels(rng):
    snr = np.geomspace(1, 1000, 100_001)
    low, high = np.interp([2.2, 3.5], np.log2(1 + snr) / 2, 10 * np.log10(snr))
    return high - low


@erratum("F7", "figure", lesson="30",
         ask="A VAE of the full cube has β = 1, and a mean over coordinates as its error.  Its best code "
             "then says nothing (E41).  What is the total, error + KL?",
         right="it is v = 1/3; 0.3467 is more by 0.013, which a short run can leave, or the luck of one "
               "batch (a batch of 256 scatters by 0.011).  On the surface it would be 5/9",
         shows="f₃ on the full cube, β = 1, 300 steps: the total", says=0.3467, near=1 / 3, within=0.05)
def collapsed_total(rng):
    vae, x = vae_of_the_cube(lambda done: 1), backend.to_device(cube(20_000))
    x_hat, mean, log_var = vae(x)
    return float(((x_hat - x) ** 2).mean() + losses.gaussian_kl(mean, log_var))


@erratum("F8", "figure", lesson="34",
         ask="Eight wires at 15 dB carry three coordinates: the first x₁ + x₂ + x₃, the second x₁ + x₂ − "
             "x₃, and so on, a wire for each corner of the cube.  What is the error of the best linear "
             "guess?",
         right="it is v/(1 + 8S/3), the least of all linear codes: 0.0039 on the full cube, 0.0065 on its "
               "surface; random wires have more on average, and a network can have less",
         shows="a wire for each corner, 15 dB, full cube: the error", says=0.0042,
         near=1 / 3 / (1 + 8 / 3 * S), within=5e-5)
def wire_for_each_corner(rng):
    corners = np.stack(np.meshgrid(*[[-1, 1]] * 3)).reshape(3, 8) / 3 ** 0.5   # wires of length 1
    x = rng.uniform(-1, 1, (200_000, 3))
    z = x @ corners + rng.normal(0, (1 / 3 / S) ** 0.5, (200_000, 8))
    return ((S / (1 + 8 / 3 * S) * z @ corners.T - x) ** 2).mean()


@erratum("F9", "figure", lesson="35",
         ask="A point of the cube has three numbers, its code in f₄ has eight, with noise at 15 dB.  Can "
             "the cloud of all z be N(0, I) in eight dimensions?",
         right="it cannot be: three numbers fill only a sheet in eight dimensions, and a random "
               "linear code has an MMD² of about 0.037; so 0.0408 needs no training, and is no success",
         shows="random linear code of eight neurons, 15 dB: MMD² to N(0, I)", says=0.0408, near=0.0408,
         within=0.01)
def sheet_in_eight(rng):
    w = np.linalg.qr(rng.normal(size=(8, 3)))[0].T              # (3, 8), a random turn
    y = 3 ** 0.5 * cube(1000, rng=rng) @ (w / np.linalg.norm(w, axis=0))        # variance 1 each
    return float(losses.mmd(y + rng.normal(0, S ** -0.5, y.shape), rng.normal(size=y.shape)))


@erratum("F10", "figure", lesson="35",
         ask="A perfect generator's 1,000 points are counted in cells beside 1,000 of the data, and an "
             "empty cell counts 1e-10.  By how many times is the KL larger with 10³ cells than with 5³?",
         right="it grows from about 0.15 to about 6, and 2.983 lies between: without its estimator the "
               "figure cannot be repeated",
         shows="a perfect generator: KL with 10³ cells / with 5³", says=1, above=10)
def two_grids(rng):
    data, made = (cube(1000, rng=rng) for cloud in range(2))
    return kl_by_cells(made, data, 10) / kl_by_cells(made, data, 5)


@erratum("F11", "figure", lesson="35",
         ask="At epoch 0 f₅'s total is 184.9, with β = 1.  Can that be a mean over points, in nats?",
         right="it cannot: an untrained encoder has a few nats of KL a point; summed over a batch, the "
               "order of size fits",
         shows="an untrained encoder 3-64-64-12: KL in nats a point", below=20)
def untrained_kl(rng):
    both = networks.mlp(3, 64, 64, 12).predict(cube(4000, rng=rng))
    return float(losses.gaussian_kl(both[:, :6], both[:, 6:]))


@erratum("F12", "figure", lesson="30",
         ask="At the end f₅'s totals are 0.4364 and 0.6700, β is 10, and all drawn points lie within "
             "±0.1.  How much of each total is the error?",
         right="the decoder's answer is always nearly 0, so the error is about v = 1/3; the rest, 0.10 and "
               "0.34, is β KL and λ MMD².  On the surface v is 5/9, more than the first total: the data "
               "were not the surface",
         shows="f₅ on the full cube, β from 1 to 10, 500 steps: the error", near=1 / 3, within=0.03)
def error_at_the_end(rng):
    vae, x = vae_of_the_cube(lambda done: 1 + 9 * done, steps=500), backend.to_device(cube(50_000))
    return ((vae(x)[0] - x) ** 2).mean().item()


@erratum("F13", "figure", lesson="26",
         ask="Suppose f₅'s codes are N(0, I), like the prior; two points then have the mean likeness "
             "E k = 0.386.  The biased MMD² also counts each point with itself, k = 1.  What is it, on "
             "average, in batches of 32?",
         right="it is 2 (1 − E k)/n = 0.038 though nothing differs, and scatters by 0.012: a collapsed "
               "code can give 0.0357, 0.0309 and 0.0271; so can the root of the biased MMD², in batches "
               "of 1,000",
         shows="N(0, I) against itself, batches of 32: biased MMD², mean of 100", says=0.0309,
         near=2 * (1 - (1 + 4 / 10.7) ** -3) / 32, within=0.006)
def biased(rng):
    def alike(x, y):
        return np.exp(-losses.squared_distances(x, y) / 10.7).mean()            # r: the median
    clouds = rng.normal(size=(100, 2, 32, 6))
    return np.mean([alike(x, x) + alike(y, y) - 2 * alike(x, y) for x, y in clouds])


@erratum("F14", "figure", lesson="35",
         ask="f₅'s drawn points lie within ±0.1.  Its KL was 4.517, and 7.050 with Optuna.  Count the KL of "
             "one such cloud to the full cube in 10³ cells, and in 20³.  By how many nats do they differ?",
         right="they are 4.8 and 6.9 nats, and differ by log 8 = 2.08: 4.517 and 7.050 may come from like "
               "clouds and two estimators, and no estimator is named",
         shows="one cloud within ±0.1: KL to the cube by 20³ cells, less that by 10³", says=0,
         near=math.log(8), within=0.01)
def one_cloud(rng):
    made, kl = rng.uniform(-0.1, 0.1, (20_000, 3)), {}
    for cells in (10, 20):
        shares = np.histogramdd(made, cells, [(-1, 1)] * 3)[0] / len(made)      # of the cube: 1/cells³ each
        kl[cells] = (shares * np.log(np.maximum(shares, 1e-300) * cells ** 3)).sum()
    return kl[20] - kl[10]
