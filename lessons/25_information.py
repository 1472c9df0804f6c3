"""
Entropy, mutual information and one noisy neuron
================================================

A neuron says y, noise is added, and z arrives.  How many bits about y are left in z?  To count them we need a
measure of how far one distribution is from another.  What does "far" mean there?

Needs: lessons 02 and 13.
From: the cube report (002), "Theory", "Results Discussion", "Appendix"; lessons/DOCUMENTS.md says what it is.
New words: bit, entropy, KL divergence, mutual information, density, signal-to-noise ratio, decibel.
Time: quick 5 s, full 5 s on two cores.
"""
import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import losses, plot

lesson = begin("25_information")

# %%
# By hand: two coins
# ------------------
# An outcome of probability p tells −log₂ p *bits* when it happens: ½ tells 1 bit, ¼ tells 2.  What is rare
# tells more.  The *entropy* H(p) is what one throw tells on average.  For the coin p = (¾, ¼):
#
#     H(p) = ¾ log₂ 4/3 + ¼ log₂ 4 = ¾ · 0.415 + ¼ · 2 = 0.811 bits
#
# Somebody takes the coin for a fair one, q = (½, ½).  He counts 1 bit for each throw.  This mean of −log₂ q
# under the true p is the cross-entropy H(p, q) of lesson 02, there in nats: a bit is ln 2 = 0.693 nats.  What
# he counts too much is the *KL divergence* (Kullback & Leibler 1951).  E_p is the mean over draws from p:
#
#     KL(p ‖ q) = H(p, q) − H(p) = E_p log₂ p/q          here 1 − 0.811 = 0.189 bits
#
# If the coin is fair and he takes it for (¾, ¼), he counts KL(q ‖ p) = (½ · 0.415 + ½ · 2) − 1 = 0.208 bits
# too much.  That is another number.  So KL is not a distance: a distance is the same both ways.
def surprise(p):
    """−log₂ p in bits; a p of 0 is taken for 10⁻³⁰⁰, so that 0 · surprise is 0."""
    return -np.log2(np.maximum(p, 1e-300))

def entropy(p):
    return (p * surprise(p)).sum(axis=-1)                       # (…, K) → (…)

def kl(p, q):
    return (p * (surprise(q) - surprise(p))).sum(axis=-1)       # (…, K) twice → (…)

coin, fair = np.array([0.75, 0.25]), np.array([0.5, 0.5])
coins = entropy(coin), kl(coin, fair), kl(fair, coin)
lesson.check("H(p) and both KL are as by hand", np.allclose(coins, (0.811, 0.189, 0.208), atol=6e-4), coins)

# %%
# Never below 0, and 0 only if p = q
# ----------------------------------
# The line t − 1 touches the curve ln t at t = 1 and lies above it elsewhere.  With t = q/p (all p > 0):
#
#     KL(p ‖ q) in nats = −E_p ln q/p  ≥  −E_p (q/p − 1) = −(Σ q − Σ p) = 0          equal only if q = p
#
# (002 writes H(p||q) for KL in equation 9.  In equation 10 it is 0 "when p = q": it is 0 only then.)
# H(p) does not depend on q.  So H(p, q) and KL(p ‖ q) have the same slopes in q, and the same best q.
pairs = lesson.rng("pairs").dirichlet(np.ones(4), (2, 10_000))  # (2, 10000, 4): p and q of four outcomes
apart, same = kl(*pairs), kl(pairs[0], pairs[0])                # (10000,) each
lesson.check("10,000 pairs: KL(p ‖ p) is 0, KL(p ‖ q) above 0", same.max() == 0 < apart.min(), apart.min())

# %%
# Two bits: mutual information
# ----------------------------
# X and Y are fair bits, equal in ¾ of all cases.  Who sees Y still misses about X what the coin (¾, ¼) tells:
# 0.811 of 1 bit.  So Y tells 0.189 bits about X.  This is their *mutual information*.  It is the KL from the
# table p_XY of both to the table p_X p_Y that they would have if they were independent:
#
#     I(X; Y) = KL(p_XY ‖ p_X p_Y)          p_XY = ⅜ ⅛     p_X p_Y = ¼ ¼
#             = H(X) + H(Y) − H(X, Y)              ⅛ ⅜               ¼ ¼
#
# H(X, Y) is the entropy of all four p_XY.  I is a KL: never below 0, and 0 only if X and Y are independent.
def mutual(joint):
    """I(X; Y) in bits, of tables (…, A, B)."""
    product = joint.sum(axis=-1, keepdims=True) * joint.sum(axis=-2, keepdims=True)
    return kl(joint, product).sum(axis=-1)

bits = np.array([[3, 1], [1, 3]]) / 8
three_ways = mutual(bits), 1 + 1 - entropy(bits.ravel()), 1 - entropy(coin)
lesson.check("two bits: KL, H(X) + H(Y) − H(X, Y), 1 − H(coin)", np.ptp(three_ways) < 1e-12, three_ways)

# %%
# One noisy neuron
# ----------------
# Now y is a number of mean 0 and variance 1.  What arrives is z = y + ε, with Gaussian noise ε of variance
# s².  The *signal-to-noise ratio* is S = var y / var ε = 1/s², often in *decibels*: S = 10^(dB/10), so 15 dB
# are 31.6.  A *density* p(z) times a small width dz is the probability that z falls in there.  Its entropy is
# h(Z) = −∫ p(z) log₂ p(z) dz.  If y is known, z is unknown by ε only.  So I, by equation 12 of 002, is
#
#     I(Y; Z) = E log₂ p(z | y) / p(z) = h(Z) − h(ε)
#
# A Gaussian of variance v has h = ½ log₂(2πe v), e = 2.718.  If y is Gaussian, so is z, with variance 1 + s²:
#
#     I = ½ log₂(var z / var ε) = ½ log₂(1 + S) bits        (Shannon 1948)
#
# That is equation 3 of 002.  (In our copy its equation 13 divides var z by var z, which makes 0 bits.)  002
# gives its SNR no unit.  We read decibels: a plain ratio of 15 would make ½ log₂ 16 = 2 bits.  Guess first:
# how many bits arrive at 15 dB?  How many if y is only ever −1 or 1?
def arrives(levels, shares, s):
    """I(Y; Z) and KL(p(z) ‖ its Gaussian), bits; y, of mean 0, is levels[k] with probability shares[k]."""
    reach = abs(levels).max() + 8 * s
    z, dz = np.linspace(-reach, reach, 2001, retstep=True)
    p = np.exp(-((z[:, None] - levels) / s) ** 2 / 2) @ shares / (s * (2 * np.pi) ** 0.5)   # p(z): (2001,)
    v = (shares * levels ** 2).sum() + s ** 2
    gaussian = np.exp(-z ** 2 / (2 * v)) / (2 * np.pi * v) ** 0.5
    return entropy(p) * dz - np.log2(2 * np.pi * np.e * s ** 2) / 2, kl(p, gaussian) * dz

# %%
even, wide = 3 ** 0.5 * np.linspace(-0.999, 0.999, 1000), np.linspace(-8, 8, 1000)
inputs = {"Gaussian": (wide, np.exp(-wide ** 2 / 2) * (wide[1] - wide[0]) / (2 * np.pi) ** 0.5),
          "uniform": (even, np.full(1000, 0.001)), "−1 or 1": (np.array([-1.0, 1]), fair)}  # levels, shares
snr = 10 ** (np.arange(26) / 10)                                # S at 0, 1, … 25 dB
found = {name: np.array([arrives(*y, S ** -0.5) for S in snr]) for name, y in inputs.items()}
formula = np.log2(1 + snr) / 2
rows = [(f"{d} dB", *(found[name][d, 0] for name in inputs), formula[d]) for d in (5, 10, 13, 15, 20, 21)]
lesson.table(rows, ["bits that arrive", *inputs, "½ log₂(1 + S)"])
finer = [[1.029, 1.730, 2.514, 3.329], [0.999, 1.644, 2.371, 3.143], [0.859, 0.997, 1.000, 1.000]]
worst = max(abs(found[name][[5, 10, 15, 20], 0] - row).max() for name, row in zip(inputs, finer))
lesson.check("at 5, 10, 15, 20 dB: as on a grid 20 times finer, to 0.001", worst < 0.001, worst)
lines = {"½ log₂(1 + S)": formula} | {name: found[name][:, 0] for name in inputs}
figure = plot.curves({name: (np.arange(26), y) for name, y in lines.items()}, "S (dB)", "I(Y; Z) (bits)")
lesson.picture(figure, "neuron", "Three kinds of y: which follows the formula, and which stops at 1 bit?")

# %%
# Why the Gaussian is the limit
# -----------------------------
# Let g be the Gaussian of Z's mean and variance.  log g is a parabola, so E_p log g depends on mean and
# variance only: −E_p log₂ g = h(g).  So KL(p ‖ g) = h(g) − h(Z) ≥ 0: among all densities of one variance the
# Gaussian has the largest entropy.  As h(g) − h(ε) = ½ log₂(1 + S), I is less than that by KL(p ‖ g).  For
# uniform y, of width √12, and ever less noise, Z becomes Y and this gap ½ log₂(2πe) − log₂ √12 = 0.2546 bits.
short = max(abs(formula - found[name].sum(axis=1)).max() for name in inputs)
lesson.check("I + KL(p ‖ g) is ½ log₂(1 + S) for all three y, to 1e-5", short < 1e-5, short)
lesson.claim("uniform y, 40 dB: gap, bits", arrives(*inputs["uniform"], 0.01)[1], near=0.2546, within=0.02)

# %%
# Without p(z): a list
# --------------------
# Of a real network nobody knows p(z), the mean of p(z | y) over all y.  Draw many lists of values y₁ … y_M,
# send y₁ of each, and average log₂ p(z | y₁)/m over the lists.  Here m stands for p(z) (Poole et al. 2019):
#
#     low:  m = mean of p(z | y₁) … p(z | y_M).  This is what z tells to one who has the list and asks which
#           of its M values was sent: at most I, and at most log₂ M bits.
#     high: m = mean of p(z | y₂) … p(z | y_M).  As log bends down, E log m ≤ log E m = log p(z): too high.
#
# I lies between the two means.  Guess first: which M brings both within 0.1 bits of I, at 15 dB?
def bracket(rng, M, n, s):
    """The low and the high bits of n lists of M values, for uniform y: (n,) twice."""
    y = rng.uniform(-3 ** 0.5, 3 ** 0.5, (n, M))
    z = y[:, :1] + rng.normal(0, s, (n, 1))
    log_p = -((z - y) / s) ** 2 / 2                             # (n, M): of p(z | y), less a constant
    low = log_p[:, 0] - np.logaddexp.reduce(log_p, axis=1) + np.log(M)
    high = log_p[:, 0] - np.logaddexp.reduce(log_p[:, 1:], axis=1) + np.log(M - 1)
    return low / np.log(2), high / np.log(2)

# %%
lengths, right, s = 2 ** np.arange(2, 8), found["uniform"][15, 0], snr[15] ** -0.5          # right: I
lists = [bracket(lesson.rng(f"list of {M}"), M, 40_000, s) for M in lengths]
low, high = np.array([[half.mean() for half in both] for both in lists]).T                  # (6,) each
lesson.table(zip(lengths, low, high, low - right, high - right), ["M", "low", "high", "low − I", "high − I"])
off_low, off_high = (judge.standard_errors(half, right) for half in lists[4])
lesson.claim("M = 64: standard errors that low lies below I", -off_low, above=5)
lesson.claim("M = 64: standard errors that high lies above I", off_high, above=5)
means = {"high": (lengths, high), "low": (lengths, low), "I by the grid": (lengths, 0 * low + right)}
lesson.picture(plot.curves(means, "M, values in a list", "bits", log="xy"), "bracket",
               "Uniform y, 15 dB: look where the low and the high mean close in on I.")

# %%
# What goes wrong: adding up neurons
# ----------------------------------
# 002 reports information rates “around 2.2 - 3.5 bits for SNR 15”.  (Our table has these at 13 and 21 dB.)
# That is one neuron, not the latent layer as in 002's table 2.  Do such bits add up?  If two neurons say the
# same y, the mean of what arrives has half the noise variance: one neuron at the ratio 2S.  For Gaussian y
# these are ½ log₂(1 + 2S) = 3.003 bits at 15 dB, not 2 · 2.514 = 5.028.  If two neurons depend on one x, then
#
#     needed  ≤  I(X; Z)  ≤  limit = ½ log₂ det(1 + S C)  ≤  the sum of both ½ log₂(1 + S)
#
# for variances 1, covariances C (2×2), unit matrix 1: the limit is the Gaussian one, for both at once.  And
# needed = h(X) − ½ log₂(2πe D) (Shannon 1948): if x is guessed from z with mean squared error D, what is left
# of x has at most the entropy of a Gaussian of variance D.  Our x is uniform.  One neuron says x, the other
# runs through the same range in a zigzag of k straight pieces: k = 1 says x again.  Guess first: which k
# of 1, 3 and 8 brings most bits, and which the smallest error?
def two_neurons(k, S, n=10_000):
    """D of the best guess, the bits needed for it, log₂ p(z | x) / p(z) of n sendings, the limit."""
    second = 3 ** 0.5 * (2 * abs(((even / 3 ** 0.5 + 1) * k / 2 + 1) % 2 - 1) - 1)   # zigzag
    rng, code = lesson.rng(f"{k} pieces"), np.stack([even, second], axis=1)                 # (1000, 2)
    sent = rng.integers(0, 1000, n)
    z = code[sent] + rng.normal(0, S ** -0.5, (n, 2))
    p = np.exp(-S / 2 * losses.squared_distances(z, code))      # (n, 1000): p(z | x), less a factor
    error = ((p @ even / p.sum(axis=1) - even[sent]) ** 2).mean()               # the guess: the mean x at z
    needed = np.log2(12 ** 0.5) - np.log2(2 * np.pi * np.e * error) / 2
    told = np.log2(p[np.arange(n), sent] / p.mean(axis=1))
    return error, needed, told, np.linalg.slogdet(np.eye(2) + S * np.cov(code.T, ddof=0))[1] / np.log(4)

# %%
# With 8 pieces, z fits a few x that are far apart: it tells many bits, but the best guess lies between them.
pieces, S15 = (1, 3, 8), snr[15]
errors, needed, told, limits = zip(*[two_neurons(k, S15) for k in pieces])
chain = {"needed": needed, "I": [t.mean() for t in told], "limit": limits, "sum": [np.log2(1 + S15)] * 3}
lesson.table(zip(pieces, errors, *chain.values()), ["pieces", "error D", *chain])
twice = arrives(*inputs["uniform"], (2 * S15) ** -0.5)[0]
lesson.claim("x twice: standard errors from 2S", abs(judge.standard_errors(told[0], twice)), below=5)
lesson.claim("8 pieces: I − I of 3, in standard errors", judge.standard_errors(told[2] - told[1]), above=5)
lesson.claim("3 pieces: error / error of x twice", errors[1] / errors[0], below=1)
lesson.claim("8 pieces: error / error of 3 pieces", errors[2] / errors[1], above=1)
figure, (ax,) = plot.panels(1, height=2.2)
for (name, row), mark in zip(chain.items(), ">o|s"):
    ax.plot(row, pieces, mark, markersize=10, fillstyle="none", label=name)
ax.set(xlabel="bits", ylabel="pieces of the zigzag", yticks=pieces, ylim=(0, 9))
ax.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1))
lesson.picture(figure, "chain", "Two neurons, 15 dB: look how far above I the limit and the sum are.")

# %%
# What the cube report says (002)
# -------------------------------
# “… making everything that is true for the KL-divergence also true for mutual information (Equation 2,
# below).” (Appendix, after equation 11.)  What holds for every KL holds for I: it is ≥ 0.  But exchange p and
# q, and KL changes; exchange X and Y, and I stays.  KL has no largest value; I is at most H(X).  Mix two
# pairs (p, q) half and half, and the KL is at most the mean of theirs; I can be more.  Let table 1 say
# X = Y = 0, and table 2 X = Y = 1: both have I = 0, and their mixture has 1 bit.
#
# “Because Gaussian distributions are the most expressive.” (Theory, footnote 1.)  They have the largest
# entropy *at one variance*.  A tanh bounds |y| instead.  We send −1 or 1, and five Gaussians cut off at ±1.
mixed = [mutual(table) for table in (np.diag([1.0, 0]), np.diag([0, 1.0]), np.eye(2) / 2)]
lesson.check("I of table 1, of table 2, of both mixed: 0, 0 and 1 bit", mixed == [0, 0, 1], mixed)
rise = kl(*(pairs[:, ::2] + pairs[:, 1::2]) / 2) - (apart[::2] + apart[1::2]) / 2           # (5000,)
lesson.check("5,000 times two random pairs, mixed: KL never rises", rise.max() < 0, rise.max())
lesson.claim("four outcomes: largest KL found / log₂ 4, the largest I", apart.max() / 2, above=1)
cut = np.linspace(-1, 1, 1001)
bells = [np.exp(-(cut / width) ** 2 / 2) for width in (0.25, 0.5, 1, 2, 4)]                 # (1001,) each
best = max(arrives(cut, bell / bell.sum(), 0.5)[0] for bell in bells)
two_levels = arrives(np.array([-1.0, 1]), fair, 0.5)[0]
lesson.record("|y| ≤ 1, noise ½: −1 or 1, and the best cut Gaussian", (two_levels, best), "bits")
lesson.claim("bits of −1 or 1 / bits of the best cut Gaussian", two_levels / best, above=1)

# %%
# Try it yourself
# ---------------
# 1. Easy.  Give y four levels, ±1/√5 and ±3/√5, in place of −1 and 1.  How many bits arrive at 20 dB?
# 2. Easy.  Send over the two neurons at 6 dB.  Which k brings most bits now, and which the smallest error?
# 3. Hard.  Fit one Gaussian q to p, two bumps, by least KL(p ‖ q) and by least KL(q ‖ p).  Where do they lie?
#
# Remember
# --------
# - KL(p ‖ q) = H(p, q) − H(p) is ≥ 0, and 0 only if p = q.  It is not the same both ways.
# - I(Y; Z) is the KL from p_YZ to p_Y p_Z: what one tells about the other, the same both ways.
# - A noisy neuron carries at most ½ log₂(1 + S) bits, and that much only if y is Gaussian.
# - Bits of neurons that depend on each other do not add up.  And more bits can come with a larger error.
#
# Sources
# -------
# The cube report (002), "Theory", "Results Discussion" and "Appendix".
# C. Shannon (1948), A mathematical theory of communication.
# S. Kullback and R. Leibler (1951), On information and sufficiency.
# T. Cover and J. Thomas (2006), Elements of information theory, chapters 2, 8 to 10.
# B. Poole et al. (2019), On variational bounds of mutual information.
lesson.end()
