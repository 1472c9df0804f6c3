"""
The cube I: how much fits through a noisy code?
===============================================

A point of a cube is sent through a few noisy neurons and comes back a little wrong.  How wrong must it be,
and is the best linear code the best of all?

Needs: lessons 02 and 17.
From: the cube report (002), models f₁ and f₂, tables 1 and 2; lessons/DOCUMENTS.md says what it is.
New words: signal-to-noise ratio, decibel, linear code, linear limit, kurtosis.
Time: quick 13 s, full 5 min on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import backend, nn, no_grad, ops, optim, plot, schedules, train
from minidl.data import cube

lesson = begin("34_cube")

# %%
# One number, one noisy wire
# --------------------------
# A number y, of mean 0 and variance v, is sent over a wire, and z = y + e arrives, with noise e.  The
# signal-to-noise ratio is S = var y / var e, often in decibels: S = 10^(dB/10), so 15 dB are 31.6.  (The cube
# report, 002, gives no unit; we read decibels.)  The best linear guess, z S/(1 + S), is z made a little
# smaller, and its mean squared error is v/(1 + S).
#
# Now send y over two wires and take the mean.  The noise has half the variance, S is doubled, and the error
# is v/(1 + 2S).  A cube has three coordinates, so six wires carry each of them twice.  A number that is
# uniform on [−1, 1] has v = 1/3.  Guess first: how large is the error at 15 dB?
def ratio(decibels):
    return 10 ** (decibels / 10)

snr = ratio(15)
shrink = 2 * snr / (1 + 2 * snr)
wire_rng = lesson.rng("wires")
sent = wire_rng.uniform(-1, 1, 200_000)
noise = wire_rng.normal(0, np.sqrt(1 / 3 / snr), (2, 2, len(sent)))             # two sendings over two wires
guess, again = shrink * (sent + noise).mean(axis=1)
missed = (guess - sent) ** 2
lesson.claim("two wires: the error is v/(1 + 2S), within 5 standard errors", missed.mean(),
             near=1 / 3 / (1 + 2 * snr), within=5 * missed.std() / len(missed) ** 0.5)

# %%
# The linear limit
# ----------------
# This is 0.0052, and 0.0052 is also what 002 reports of its best f₂, 6 neurons at 15 dB.  Is it a limit?
# A linear code may mix the coordinates: neuron j sends x · w_j, with w_j of length 1, as the noise grows with
# the signal.  What L neurons tell about x adds up to the matrix I + S Σ_j w_j w_jᵀ, in units of v, and the
# error per coordinate is v/3 times the trace of its inverse:
#
#     D = v/3 Σ_i 1/(1 + S λ_i)      the λ_i are the eigenvalues of Σ_j w_j w_jᵀ, and their sum is L
#       ≥ v/(1 + S L/3)              1/(1 + Sλ) is convex, so equal λ_i = L/3 are best
#
# This is the linear limit.  Two wires for each coordinate reach it.  If L < 3, 3 − L directions are lost.
def linear_limit(size, snr, v=1 / 3):
    """The error per coordinate of the best linear code of `size` neurons at the ratio snr."""
    kept = min(size, 3)
    return v / 3 * (3 - kept + kept / (1 + size / kept * snr))

print(f"linear limit: {linear_limit(2, snr):.4f} by 2 neurons, {linear_limit(6, snr):.4f} by 6 neurons")

# %%
# The network
# -----------
# Model f₁ of 002: an encoder 3-64-64-L, noise on each neuron, a decoder L-64-64-3, the mean squared error.
# The noise follows the variance of y in the batch: S stays the same, and a louder code wins nothing.
class Coder(nn.Module):
    """x (N, D) → what comes back (N, D), and the code y (N, L), which gets noise at the ratio snr."""

    def __init__(self, encoder, decoder, snr):
        self.encoder, self.decoder, self.snr = encoder, decoder, snr

    def forward(self, x):
        y = self.encoder(x)
        noise = ops.sqrt(ops.var(y, axis=0) / self.snr) * backend.normal(y.shape)
        return self.decoder(y + noise), y

def f1(size, snr, numbers=3):
    return Coder(networks.mlp(numbers, 64, 64, size), networks.mlp(size, 64, 64, numbers), snr)

# %%
# New points at each step: nothing can be learned by heart.  Adam's learning rate falls to 0 (lesson 39).
def learn(coder, draw, steps, rate=0.005, penalty=None):
    """Trains on batches draw(256); the history of the error, and of the penalty on the code."""
    def loss():
        x = backend.to_device(draw(256))
        back, y = coder(x)
        error = ((back - x) ** 2).mean()
        return {"error": error, "penalty": penalty(y)} if penalty else {"error": error}
    return train.descend(loss, optim.Adam(coder.parameters()), steps, schedule=schedules.cosine(rate),
                         quiet=steps < 10_000)

def send(coder, x):
    """What comes back of the points x, the squared error of each point, per coordinate, and the codes."""
    with no_grad():
        back, y = coder(backend.to_device(x))
    back = backend.to_host(back.array)
    return back, ((back - x) ** 2).mean(axis=1), backend.to_host(y.array)

# %%
# Without ReLUs, with weights W and B, x̂ − x = x (W B − I) + e B.  Guess first: does descent find the limit?
def linear_error(coder):
    """The exact error on the full cube of a coder that is two dense layers, without a bias."""
    w, b = (backend.to_host(layer.w.array).astype(float) for layer in (coder.encoder, coder.decoder))
    noise = (w ** 2).sum(axis=0) / coder.snr @ (b ** 2).sum(axis=1)             # in units of v
    return (((w @ b - np.eye(3)) ** 2).sum() + noise) / 9

sizes = (2, 6) if lesson.quick else (2, 3, 4, 6, 8)
lesson.rng("linear")
linear = {n: Coder(nn.Dense(3, n, bias=False), nn.Dense(n, 3, bias=False), snr) for n in sizes}
for size in sizes:
    learn(linear[size], cube, 2000, rate=0.05)
above = [linear_error(linear[size]) / linear_limit(size, snr) - 1 for size in sizes]
lesson.check("no linear network is below the limit (error / limit − 1)", min(above) > -1e-6, above)
lesson.claim("each linear network reaches it (largest error / limit − 1)", max(above), below=0.01)

# %%
# Two wires for one number, again
# -------------------------------
# Now with ReLUs.  One number goes through two neurons: its code is a point of a plane, and the codes of all
# numbers make a line.  A linear code makes a straight line.  Guess first: is there a better one?
steps = 1000 if lesson.quick else 4000
bend_rng = lesson.rng("bend")
bent = f1(2, snr, numbers=1)
learn(bent, lambda n: bend_rng.uniform(-1, 1, (n, 1)).astype(np.float32), steps)
even = np.linspace(-1, 1, 20_001, dtype=np.float32)[:, None]
_, bent_missed, bent_line = send(bent, even)
lesson.claim("two wires, one number: the network's error / the linear limit",
             bent_missed.mean() * 3 * (1 + 2 * snr), below=1)

# %%
# Both codes, each neuron divided by its deviation, so that the noise has one size:
figure, axes = plot.panels(2, height=3.2, sharex=True, sharey=True)
for ax, code, name in zip(axes, (np.hstack([even, even]), bent_line), ("linear code", "code of the network")):
    code = (code - code.mean(axis=0)) / code.std(axis=0)
    around = code[::20] + bend_rng.normal(size=code[::20].shape) / snr ** 0.5
    ax.scatter(*around.T, s=3, color=plot.COLOURS[0], linewidth=0, label="z, what arrives")
    ax.plot(*code.T, color=plot.COLOURS[1], label="y, for x from −1 to 1")
    ax.set(title=name, xlabel="neuron 1, in deviations", aspect="equal")
axes[0].set_ylabel("neuron 2, in deviations")
axes[0].legend(loc="upper left", markerscale=3)
lesson.picture(figure, "bend", "The noise is the same.  On which line are the numbers further apart?")

# %%
# The cube, full and hollow
# -------------------------
# 002 says: "The following experiment aimed to develop an autoencoder (non-VAE) capable of reconstructing 3D
# data uniformly distributed over the surface of a cube."  We train f₁ on the full cube, v = 1/3, and on its
# surface, where one coordinate in three is ±1: v = (1/3 + 1/3 + 1)/3 = 5/9.
levels = (5, 15) if lesson.quick else (5, 10, 15, 20)
variance = {"volume": 1 / 3, "surface": 5 / 9}
coders, relative, lead = {}, {}, {}
for case in [(place, level, size) for place in variance for level in levels for size in sizes]:
    place, level, size = case
    lesson.rng(f"grid {case}")
    coders[case] = f1(size, ratio(level))
    learn(coders[case], lambda n: cube(n, place), steps)
    _, squares, _ = send(coders[case], cube(20_000, place))
    limit = linear_limit(size, ratio(level), variance[place])
    relative[case], lead[case] = squares.mean() / limit, -judge.standard_errors(squares, limit)
    print(f"{place}, {level} dB, {size} neurons: {squares.mean():.5f}, {relative[case]:.2f} linear limits")

# %%
# With 3 neurons there is one for each coordinate: look whether a network gains much there.  More leave room.
lesson.claim("2 neurons, 15 dB: error / linear limit", max(relative[p, 15, 2] for p in variance), below=1)
lesson.claim("6 neurons, 5 dB: standard errors below it", min(lead[p, 5, 6] for p in variance), above=5)
lesson.claim("6 neurons and more, all levels: standard errors below it",
             min(lead[case] for case in lead if case[2] >= 6), above=5, full=True)
figure, axes = plot.panels(2, height=3, sharey=True)
for ax, place in zip(axes, variance):
    for i, level in enumerate(levels):
        heights = [relative[place, level, size] for size in sizes]
        ax.plot(sizes, heights, "o-", color=plot.COLOURS[i], label=f"{level} dB")
    ax.axhline(1, color=plot.INK, linestyle="--", linewidth=1, label="linear limit")
    ax.set(title=place, xlabel="neurons", ylabel="error / linear limit", xticks=sizes, ylim=(0, 1.2))
axes[1].legend(ncols=2)
lesson.picture(figure, "grid", "How far below the best linear code (dashed) does a network come?")

# %%
# Model f₂, and a total loss
# --------------------------
# f₂ adds a penalty on the code: (mean y)² + (var y − 1)², averaged over the neurons.  (002 puts it on z, its
# word for y as well as for y + e.)  And its 0.0052 is a *total* loss, error and penalty.  What is the penalty
# of a perfect code, of mean 0 and variance 1?  In a batch of n its mean scatters by 1/n and its variance by
# (κ − 1)/n, with the kurtosis κ = mean y⁴: in all κ/n.  A uniform y has κ = 1.8.  Guess: much, at n = 256?
def moments(y):
    return (y.mean(axis=0) ** 2 + (y.var(axis=0) - 1) ** 2).mean()

moment_rng = lesson.rng("moments")
cost = [moments(moment_rng.uniform(-3 ** 0.5, 3 ** 0.5, (256, 6))) for _ in range(2000)]
lesson.claim("a uniform code, batches of 256: the penalty is κ/n, within 5 standard errors", np.mean(cost),
             near=1.8 / 256, within=5 * np.std(cost) / len(cost) ** 0.5)

# %%
# That alone is more than 0.0052: 002 had larger batches (it does not say) or another code.  We train f₁ and
# f₂ for longer, with 6 neurons on the full cube.  Compare 0.0052 with the totals of f₂ (f₁ pays no penalty).
long, rows, curves = 1000 if lesson.quick else 16_000, [], {}
for name, penalty in {"f₁": None, "f₂": moments}.items():
    lesson.rng(f"long run of {name}")
    coder = f1(6, snr)
    history = learn(coder, cube, long, penalty=penalty)
    _, misses, codes = send(coder, cube(90_000))
    paid = [np.mean([moments(y) for y in np.array_split(codes, 90_000 // n)]) for n in (256, 10_000)]
    rows.append((name, misses.mean(), *paid, *(misses.mean() + paid)))
    curves[name] = np.arange(100, long + 1, 100), np.reshape(history["error"], (-1, 100)).mean(axis=1)
lesson.table(rows, [f"{long:,} steps", "error", "penalty at 256", "10,000", "total at 256", "10,000"])
lesson.claim("f₁, long run: error / linear limit", rows[0][1] / linear_limit(6, snr), below=1, full=True)
curves["linear limit"] = curves["f₁"][0], np.full(long // 100, linear_limit(6, snr))
lesson.picture(plot.curves(curves, xlabel="step", ylabel="error, mean of 100 steps", log="y"), "steps",
               "Six neurons, full cube.  Does the error stop at the linear limit?")

# %%
# Full or hollow?
# ---------------
# Does 0.0052 tell which cube 002 had?  Not if a network passes it on both: the full run claims so.  A slice
# tells.  At 5 dB six straight wires, two for each coordinate, blur the surface into its inside.  Guess first:
# does a network learn that nothing is there?
slice_rng = lesson.rng("slices")
surface, noisy = cube(20_000, "surface"), ratio(5)
wires = surface + slice_rng.normal(0, np.sqrt(5 / 18 / noisy), surface.shape)   # the mean of two wires
wires *= 2 * noisy / (1 + 2 * noisy)
learned = send(coders["surface", 5, 6], surface)[0]
inside = [(abs(cloud).max(axis=1) < 0.8).mean() for cloud in (wires, learned)]
lesson.claim("points inside, |x| < 0.8: by straight wires / by the network", inside[0] / inside[1], above=1)
below = -judge.standard_errors(send(coders["surface", 15, 6], surface)[1], 0.0052)
lesson.claim("surface, 6 neurons, 15 dB: standard errors below 0.0052", below, above=5, full=True)
clouds = {"full cube, by a network": send(coders["volume", 5, 6], cube(20_000))[0],
          "surface, by straight wires": wires, "surface, by a network": learned}
lesson.picture(plot.slices(clouds), "slices", "Back at 5 dB, 6 neurons, |x₃| < 0.1: compare the insides.")

# %%
# Errata of the cube report
# -------------------------
# Table 1: "Gaussian noise added to z using SNR; noise is deterministic."  The encoder is; the noise is drawn
# anew each time.  Two sendings of a number over two wires differ by 2 g² v/(2S), g = 2S/(1 + 2S):
apart = (guess - again) ** 2
lesson.claim("two sendings: mean squared difference g² v/S, within 5 standard errors", apart.mean(),
             near=shrink ** 2 / 3 / snr, within=5 * apart.std() / len(apart) ** 0.5)

# %%
# Try it yourself
# ---------------
# 1. Easy: send each number over four wires.  Which numbers of the first cell change?  What is the error?
# 2. Easy: `snr = ratio(5)`, more noise.  What is the error?  Does a bent line help more now, or less?
# 3. Hard: give all neurons one noise, with the mean of their variances.  What is the linear limit now?
#
# Remember
# --------
# - A wire at the ratio S leaves the error v/(1 + S), two wires v/(1 + 2S), L linear neurons v/(1 + S L/3).
# - A linear network reaches this limit.  A network with ReLUs can pass it, along a longer, bent line.
# - Compare an error with an error: a penalty on moments costs κ/n in a batch of n.
#
# Sources
# -------
# C. Shannon (1949), Communication in the presence of noise: it draws such a line.
lesson.end()
