"""What the cube report (002) says."""
import math
from statistics import NormalDist

import numpy as np

from lessons.errata import erratum
from minidl import Tensor, backend, losses, nn, ops, optim, schedules, train
from minidl.data import cube

S = 10 ** 1.5                                   # 15 dB as a ratio: 31.6
PLACES = np.linspace(0, 1, 101)


def kl(p, q):
    """KL(p ‖ q) in bits, over the last axis; a p of 0 counts nothing."""
    return (p * np.log2(np.maximum(p, 1e-300) / q)).sum(axis=-1)


def likeness(m, v, r):
    """E k(a, b) where a − b ~ N(m, v), for the kernel k = exp(−(a − b)²/r)   (lesson 26)."""
    return (1 + 2 * v / r) ** -0.5 * math.exp(-m ** 2 / (r + 2 * v))


def bits_that_arrive(levels, shares, s):
    """I(Y; Y + noise of deviation s) in bits; Y is levels[k] with probability shares[k]   (lesson 25)."""
    z, dz = np.linspace(-8, 8, 4001, retstep=True)
    p = np.exp(-((z[:, None] - levels) / s) ** 2 / 2) @ shares / (s * (2 * np.pi) ** 0.5)
    return -(p * np.log2(np.maximum(p, 1e-300))).sum() * dz - np.log2(2 * np.pi * np.e * s ** 2) / 2


def kl_by_cells(p, q, cells):
    """KL(p ‖ q) in nats, of clouds (n, 3) counted in cells³ cells of [−1, 1]³; an empty one counts 1e-10."""
    p, q = (np.histogramdd(x, cells, [(-1, 1)] * 3)[0] / len(x) + 1e-10 for x in (p, q))
    return (p * np.log(p / q)).sum()


def linear_vaes(betas, steps=300):
    """Error and KL per coordinate of linear VAEs of the full cube, each trained with its β: (G,) twice."""
    betas = backend.to_device(np.array(betas, float))
    gain, log_s, weight = numbers = [Tensor(np.full(betas.shape, start)) for start in (1.5, -0.5, 0.5)]
    error = lambda: (1 - weight * gain) ** 2 / 3 + (weight * ops.exp(log_s)) ** 2        # var x = 1/3
    rate = lambda: 0.5 * (gain ** 2 / 3 + ops.exp(2 * log_s) - 1 - 2 * log_s)
    loss = lambda: (error() + 3 * betas * rate()).sum()         # mean of three errors, sum of three rates
    train.descend(loss, optim.Adam(numbers, 0.05), steps, schedule=schedules.cosine(0.05))
    return error().numpy(), rate().numpy()


def by_model(x, y):
    """Where a Gaussian process that has seen y (n,) at x (n,) has its lowest mean   (lesson 36)."""
    k = lambda a, b: np.exp(-((a[:, None] - b) / 0.2) ** 2 / 2)
    return (k(PLACES, x) @ np.linalg.solve(k(x, x) + 0.01 * np.eye(len(x)), y - y.mean())).argmin()


def by_ranks(x, y):
    """Where it is most like the best quarter of trials, not the rest   (TPE, Bergstra et al. 2011)."""
    good = y <= np.quantile(y, 0.25)
    density = lambda tried: np.exp(-((PLACES[:, None] - tried) / 0.1) ** 2 / 2).mean(axis=1)
    return (density(x[good]) / density(x[~good])).argmax()


@erratum("E32", "word", lesson="34",
         ask="A network that knows nothing of x answers 0.  What is its mean squared error for the surface "
             "of the cube [−1, 1]³?  And for the full cube?",
         right="it is 5/9 for the surface and 1/3 for the full cube: other data, other errors; that the "
               "report's points fill the cube is our reading of its figure 1",
         shows="full cube: mean square of a coordinate", says=5 / 9, near=1 / 3, within=0.005)
def a_full_cube(rng):
    x = cube(30_000, "volume", rng)
    return (x ** 2).mean()                                      # 5 standard errors: 0.005


@erratum("E34", "left out", lesson="25",
         ask="A neuron's y is −1 or 1, each half of the time.  By the formula 2.51 bits arrive at 15 dB.  "
             "How many do?",
         right="the formula holds for a Gaussian y, and for any other y of the same variance it is a bound "
               "from above",
         shows="y = −1 or 1 at 15 dB: bits that arrive", says=0.5 * math.log2(1 + S), near=1, within=0.001)
def two_levels(rng):
    y = rng.choice([-1.0, 1.0], 100_000)
    z = y + S ** -0.5 * rng.normal(size=y.shape)
    times_likelier = 2 / (1 + np.exp(-2 * y * z * S))           # p(z|y) / p(z)
    return np.log2(times_likelier).mean()


@erratum("E37", "word", lesson="25",
         ask="A neuron's y has to stay between −1 and 1, and noise of deviation ½ is added.  Which y passes "
             "more bits: one that is −1 or 1, or a Gaussian cut off at −1 and 1?",
         right="of all densities of the same variance the Gaussian has the largest entropy; under another "
               "limit another is best",
         shows="|y| ≤ 1: bits of −1 or 1, less those of the best of five cut Gaussians", above=0.05)
def cut_gaussians(rng):
    y = np.linspace(-1, 1, 201)
    bells = [np.exp(-(y / width) ** 2 / 2) for width in (0.25, 0.5, 1, 2, 4)]
    best = max(bits_that_arrive(y, bell / bell.sum(), 0.5) for bell in bells)
    return bits_that_arrive(np.array([-1, 1]), np.array([0.5, 0.5]), 0.5) - best


@erratum("E44", "sign", lesson="27",
         ask="z is 0 or 1, each with probability ½; then x = 1 has the probability ¼ or ¾.  Let q be (½, "
             "½).  What is the ELBO at x = 1?",
         right="the ELBO is −(reconstruction error + KL); equation 4 holds with = in the place of ≈, as σ² "
               "is fixed; and KL = 0 only when p = q",
         shows="reconstruction error 0.837, KL 0: the ELBO", says=-0.5 * math.log(3 / 16),
         near=0.5 * math.log(3 / 16), within=0.004)
def elbo(rng):
    z = rng.integers(2, size=500_000)                           # from q
    p_x = np.where(z == 0, 0.25, 0.75)
    log_p, log_q = np.log(0.5 * p_x), np.log(0.5)               # log p(x, z) and log q(z)
    return (log_p - log_q).mean()                               # 5 standard errors: 0.0039


@erratum("E71", "word", lesson="36",
         ask="The report used Optuna, which by default sorts the settings tried into good and bad ones.  "
             "Replace each result y by e^(3y).  Does Optuna now try another setting next?  And does a "
             "method that models y?",
         right="Optuna's default, TPE, models where good and bad settings lie, p(setting | good) and "
               "p(setting | bad), and not the objective: it sees ranks only",
         shows="of 100 next trials, those that e^(3y) changes: with a model of y, less with TPE", above=25)
def changed_trials(rng):
    histories = rng.random((100, 2, 16))                        # 16 settings, 16 results
    changed = [[way(x, y) != way(x, np.exp(3 * y)) for x, y in histories] for way in (by_model, by_ranks)]
    return np.sum(changed[0]) - np.sum(changed[1])


@erratum("E72", "overclaim", lesson="30",
         ask="β is chosen from 0.01 to 1 by the least total loss, error + β KL, that a network reaches.  "
             "Which β wins?",
         right="the least total loss never falls as a weight grows: the smallest β and λ allowed win, "
               "whatever they are good for",
         shows="five β from 0.01 to 1: the one that the total loss chooses", near=0.01, within=1e-9)
def smallest_wins(rng):
    betas = np.geomspace(0.01, 1, 5)
    error, rate = linear_vaes(betas)
    return betas[(error + 3 * betas * rate).argmin()]


@erratum("E40", "left out", lesson="35",
         ask="x ~ N(0, 1) is its own code, and not even noise is added.  What does MMD² to N(0, 1) charge?  "
             "What KL(q(z|x) ‖ N(0, 1))?",
         right="for MMD any prior will do that can be drawn from; but it sees all codes as one cloud and "
               "puts no limit on what each tells of its x: here it charges 0, and the KL is infinite",
         shows="z = x: MMD² to N(0, 1)", near=0, within=0.006)
def a_code_that_tells_all(rng):
    x, prior = rng.normal(size=(2, 1000, 1))
    z = x
    return losses.mmd(z, prior, 0.91)                           # 5 standard errors: 0.0053


@erratum("E42", "factor", lesson="36",
         ask="T is half of a run.  What is β at the end of the run, t = 2T?",
         right="equation 6 ends at 1; from 1 to 10, as the runs go, is 1 + 9 min(1, t/T)",
         shows="equation 6: β at t = 2T", says=10, near=1, within=1e-9)
def end_of_the_plan(rng):
    beta = schedules.linear(0, 1, until=0.5)
    return beta(1.0)


@erratum("E73", "word", lesson="34",
         ask="The total is error + penalty; the penalty is (mean y)² + (var y − 1)².  A code is uniform, "
             "with mean 0 and variance 1.  What penalty does it pay, on average, in batches of 256?",
         right="0.0052 is error and penalty, so the error is less; by chance alone the penalty of a fresh "
               "batch of n is κ/n on average, κ = mean y⁴",
         shows="a uniform code in batches of 256: the penalty", says=0, near=1.8 / 256, within=0.0003)
def penalty_by_chance(rng):
    y = rng.uniform(-3 ** 0.5, 3 ** 0.5, (256, 16_000))         # 16,000 batches
    penalty = y.mean(axis=0) ** 2 + (y.var(axis=0) - 1) ** 2
    return penalty.mean()                                       # 5 standard errors: 0.0003


@erratum("E45", "overclaim", lesson="34",
         ask="Six neurons send each coordinate of the cube twice.  A linear decoder learns from 1,000 noisy "
             "codes.  Is its error on new points larger at 20 dB or at 15 dB?  By which factor?",
         right="at 20 dB the error on new points is about a third of that at 15 dB, which is no reason to "
               "prefer 15 dB",
         shows="new points: error at 20 dB over error at 15 dB", near=(1 + 2 * S) / (1 + 2 * 100),
         within=0.02)
def error_on_new_points(rng):
    def error(snr):
        x = rng.uniform(-1, 1, (21_000, 3))
        z = np.hstack([x, x]) + rng.normal(0, (3 * snr) ** -0.5, (21_000, 6))
        decoder = np.linalg.lstsq(z[:1000], x[:1000], rcond=None)[0]
        return ((z[1000:] @ decoder - x[1000:]) ** 2).mean()
    return error(100) / error(S)


@erratum("E33", "left out", lesson="25",
         ask="How many bits, ½ log₂(1 + SNR), arrive if 15 is a plain ratio?  How many if it is 15 dB, a "
             "ratio of 10^1.5?",
         right="an SNR needs its unit: a plain ratio of 15 gives 2.0 bits, which is outside of the report's "
               "range, and 15 dB give 2.5",
         shows="Gaussian neuron at 15 dB: bits that arrive", says=2, near=0.5 * math.log2(1 + S),
         within=0.017)
def fifteen_decibels(rng):
    y, e = rng.normal(size=200_000), rng.normal(0, S ** -0.5, 200_000)
    z = y + e
    log_p_given_y = -(e ** 2 * S - np.log(S)) / 2
    log_p = -(z ** 2 / (1 + 1 / S) + np.log(1 + 1 / S)) / 2
    return (log_p_given_y - log_p).mean() / np.log(2)           # 5 standard errors: 0.016


@erratum("E35", "word", lesson="25",
         ask="Two neurons send the same y.  At 15 dB each alone passes 2.514 bits.  How many pass through "
             "both together?",
         right="rates of single neurons add up only if the neurons are independent; the same y twice is one "
               "neuron at twice the SNR",
         shows="y through two neurons: bits that arrive", says=math.log2(1 + S),
         near=0.5 * math.log2(1 + 2 * S), within=0.025)
def one_number_twice(rng):
    y, e = rng.normal(size=(200_000, 1)), rng.normal(0, S ** -0.5, (200_000, 2))
    cov, z = np.ones((2, 2)) + np.eye(2) / S, y + e
    log_p_given_y = -(e ** 2 * S - np.log(S)).sum(axis=1) / 2
    log_p = -((z @ np.linalg.inv(cov) * z).sum(axis=1) + np.log(np.linalg.det(cov))) / 2
    return (log_p_given_y - log_p).mean() / np.log(2)           # 5 standard errors: 0.016


@erratum("E43", "left out", lesson="35",
         ask="A perfect generator: its 1,000 points and 1,000 of the data are of one distribution, the full "
             "cube.  They are counted in 10 × 10 × 10 cells, and an empty cell counts 1e-10.  What is the "
             "KL?",
         right="a KL of two samples says nothing without its estimator: even a perfect generator gets more "
               "than 2.983 here",
         shows="two samples of one cube, 1,000 cells: KL in nats", says=0, above=2.983)
def kl_of_a_perfect_generator(rng):
    data, made = (cube(1000, rng=rng) for cloud in range(2))
    return kl_by_cells(data, made, cells=10)


@erratum("E41", "overclaim", lesson="36",
         ask="f₅'s β went from 1 to 10.  The loss is the mean error of three coordinates, plus β KL.  A "
             "linear code with r nats of KL for a coordinate leaves it at best the error ⅓ e^(−2r).  From "
             "which β on is r = 0 the best?",
         right="from β = 2/9 on the best code says nothing, whatever MMD adds: at f₅'s settings β alone "
               "is enough for its failure; and one seed at two settings proves no hypothesis false",
         shows="linear networks of β = 0.01, 0.02 … 0.5: the largest β whose code says anything", near=2 / 9,
         within=0.02)
def last_word(rng):
    betas = np.arange(1, 51) / 100
    error, rate = linear_vaes(betas)
    return betas[3 * rate > 0.01].max()                         # more than 0.01 nats


@erratum("E70", "word", lesson="36",
         ask="Two settings truly differ by half a standard deviation.  Each runs with five seeds.  How "
             "often does a test at 5 % find no difference?",
         right="a null hypothesis may fail to be rejected, and that does not support it: so small a trial "
               "mostly misses a true difference",
         shows="a true difference, five seeds each: share of tests that miss it", says=0,
         near=NormalDist(0.625 ** 0.5).cdf(1.96) - NormalDist(0.625 ** 0.5).cdf(-1.96), within=0.006)
def missed_differences(rng):
    one, other = rng.normal(0, 1, (100_000, 5)), rng.normal(0.5, 1, (100_000, 5))
    difference = (other - one).mean(axis=1) / (2 / 5) ** 0.5    # in standard errors
    return (abs(difference) < 1.96).mean()


@erratum("E56", "overclaim", lesson="25",
         ask="Mix two pairs (p, q) half and half: the KL is at most the mean of the two.  Now mix two "
             "tables of X and Y: in one always X = Y = 0, in the other always X = Y = 1.  Each has I = 0.  "
             "How large is I of the mixture?",
         right="what holds for every single KL, such as KL ≥ 0, holds for I; but I is symmetric and at most "
               "H(X), which a KL need not be, and mixing can raise I",
         shows="two tables of I = 0, mixed half and half: I in bits", says=0, near=1, within=1e-9)
def mixed_tables(rng):
    joint = (np.diag([1, 0]) + np.diag([0, 1])) / 2
    product = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    return kl(joint, product).sum()


@erratum("E36", "word", lesson="34",
         ask="One y of variance ⅓ is sent twice at 15 dB (S = 31.6).  What is the mean square of the "
             "difference of the two z?",
         right="the encoder is deterministic, but its noise is drawn anew each time: the mean square is 2 "
               "var y / S",
         shows="y sent twice: mean squared difference", says=0, near=2 / 3 / S, within=0.0005)
def sent_twice(rng):
    y = backend.to_device(rng.uniform(-1, 1, 100_000))
    wire = nn.GaussianNoise((1 / 3 / S) ** 0.5)
    return ((wire(y) - wire(y)) ** 2).mean()                    # 5 standard errors: 0.0005


@erratum("E76", "word", lesson="34",
         ask="y has variance 1, and noise at 15 dB is added: z = y + ε.  What is the variance of z?",
         right="the report has to say whether it penalises y or z = y + ε: at 15 dB their variances are 3 % "
               "apart",
         shows="y of variance 1 at 15 dB: variance of z", says=1, near=1 + 1 / S, within=0.0105)
def variance_of_z(rng):
    y, e = rng.normal(size=500_000), rng.normal(0, S ** -0.5, 500_000)
    return (y + e).var()                                        # 5 standard errors: 0.0103


@erratum("E46", "left out", lesson="35",
         ask="All codes together are N(3, 4).  Do they follow a Gaussian distribution?  Do they follow the "
             "standard one, N(0, 1)?",
         right="the target has to be said: one with the mean and the variance of the codes asks nothing of "
               "the two, and draws from N(0, 1) then miss the codes",
         shows="codes N(3, 4): MMD² to N(0, 1), r = 2", says=0,
         near=likeness(0, 8, 2) + likeness(0, 2, 2) - 2 * likeness(3, 5, 2), within=0.11)
def which_gaussian(rng):
    codes = rng.normal(3, 2, (1000, 1))
    standard = rng.normal(0, 1, (1000, 1))
    return losses.mmd(codes, standard, 2)                       # 5 standard errors: 0.105


@erratum("E39", "word", lesson="30",
         ask="x is a fair bit and its own code, z = x; the prior of z is (½, ½).  What is KL(q(z|x) ‖ "
             "prior), in bits?  And how far is the cloud of all z, which MMD sees, from the prior?",
         right="both align the cloud of all codes, q(z), with the prior, but the mean KL is I(x; z) + "
               "KL(q(z) ‖ prior): it charges for all that z tells of x, too",
         shows="a fair bit: mean KL of each q(z|x), less KL of all codes, in bits", says=0, near=1,
         within=1e-9)
def each_and_all(rng):
    q, prior = np.eye(2), np.array([0.5, 0.5])                  # a row for each x
    return kl(q, prior).mean() - kl(q.mean(axis=0), prior)


@erratum("E38", "word", lesson="26",
         ask="A coin is −1 or 1, so it has the mean 0 and variance 1 of N(0, 1).  Is the MMD² between the "
             "two 0, with a Gaussian kernel?",
         right="a Gaussian kernel compares whole distributions; the kernel (1 + xy)² sees means and "
               "variances alone",
         shows="±1 against N(0, 1): MMD² with r = 0.91", says=0,
         near=likeness(0, 2, 0.91) + (1 + math.exp(-4 / 0.91)) / 2 - 2 * likeness(1, 1, 0.91), within=0.045)
def coin_against_gaussian(rng):
    coin, normal = rng.choice([-1.0, 1.0], (1000, 1)), rng.normal(size=(1000, 1))
    return losses.mmd(coin, normal, 0.91)                       # 5 standard errors: 0.044
