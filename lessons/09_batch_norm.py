"""
Batch normalisation: one scale for every layer
==============================================

A deep network is touchy: with weights or steps of the wrong size it learns nothing.  What changes if each
unit's values get mean 0 and deviation 1 in every batch?

Needs: lessons 01, 02, 07 and 39.
From: the course notes (001), "Batch Normalization"; lessons/DOCUMENTS.md says what they are.
New words: batch normalisation, norm, running statistics, scale-invariant, internal covariate shift.
Time: quick 8 s, full 1 min on two cores.
"""
from math import gamma

import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, functions, grad, init, losses, nn, ops, optim, plot, train

lesson = begin("09_batch_norm")

# %%
# By hand: four images and one unit
# ---------------------------------
# The course notes (001): “For each mini-batch during training, the mean and variance of the input features
# are computed and used to normalize the input data.”  Let a unit give four images the values 1, 7, 9, 15.
# Their mean is 8.  The squared distances from it are 49, 1, 1, 49, so the variance is 25, the deviation 5:
#
#     x̂ = (x − mean) / deviation = (−7, −1, 1, 7) / 5 = (−1.4, −0.2, 0.2, 1.4)            z = γ x̂ + β
#
# x̂ has mean 0 and deviation 1.  001 goes on: “The network learns scale and shift parameters to maintain the
# expressiveness of the model.”  These are γ and β, two numbers for each unit, at first 1 and 0.  With γ = 5
# and β = 8 the unit has its old values back: nothing is lost.  (The way back is exercise 37.)  A layer that
# does this is a *norm*, for short.  Guess first: a unit gives two images the values a < b.  What is x̂?
def normed(x, scale=1.0, shift=0.0):
    return scale * (x - x.mean(axis=0)) / x.std(axis=0) + shift             # x (N, C), by columns
four, two = np.array([[1.0], [7], [9], [15]]), normed(lesson.rng("two").normal(size=(2, 1000)))
lesson.check("1, 7, 9, 15 become −1.4, −0.2, 0.2, 1.4", np.allclose(normed(four).T, [-1.4, -0.2, 0.2, 1.4]))
lesson.check("γ = 5 and β = 8 bring them back", np.allclose(normed(four, 5, 8), four))
lesson.check("of two images one has −1 and one +1", np.allclose(abs(two), 1) and np.allclose(two[0], -two[1]))

# %%
# Why the start matters less: the size of W does not count
# --------------------------------------------------------
# Let a norm follow a layer x W.  If W is twice as large, so are all its values, their mean and deviation; x̂
# is the same.  The loss is *scale-invariant*: J(aW) = J(W) for every a > 0.  Let G be ∂J/∂W at W.
#
# 1. Along W nothing changes, so G stands at right angles to W: Σ W G = 0.
# 2. At aW, the same change of J takes a step a times as long.  So the slope there is G/a.
# 3. A step stands at right angles to W.  By Pythagoras ‖W − ηG‖² = ‖W‖² + η²‖G‖²: W only ever grows.
# 4. From aW, a step with the rate a²η leads to aW − a²η G/a = a (W − ηG): the network of W and η again.
#
# So a start 10 times too small is a rate 100 times too high: its first steps are long and make W grow, until
# they are short enough.  A start 10 times too large is a rate 100 times too low, and W cannot shrink again.
drawn = lesson.rng("scale").normal(size=(68, 8))
w_start, inputs = drawn[:8, :3], backend.to_device(drawn[8:])
labels, ones, zeros = map(backend.to_device, (np.arange(60) % 3, np.ones(3), np.zeros(3)))
def slope(w):                                                   # x̂ are the scores of three classes
    leaf = Tensor(w)
    x_hat = functions.batch_norm(inputs @ leaf, ones, zeros, eps=0.0)
    return backend.to_host(grad(losses.cross_entropy(x_hat, labels), [leaf])[0])
def walk(w, rate, left=50):                                     # [w, w after one step, …, after all]
    return [w, *walk(w - rate * slope(w), rate, left - 1)] if left else [w]
walked = np.array(walk(w_start, 0.5))                           # (51, 8, 3)
grown, steps = np.diff((walked ** 2).sum(axis=(1, 2))), (np.diff(walked, axis=0) ** 2).sum(axis=(1, 2))
lesson.check("1. Σ W G = 0, to 1e-12", abs((w_start * slope(w_start)).sum()) < 1e-12)
lesson.check("3. each step adds its square to ‖W‖², to 1e-12", abs(grown - steps).max() < 1e-12)
lesson.check("2 and 4. 10 W with 100 η walks the same way", np.allclose(walk(10 * w_start, 50), 10 * walked))

# %%
# A deep network, with and without
# --------------------------------
# Five hidden layers of 64 units.  A norm, if there is one, stands between x W + b and the bend.  (It takes b
# away again with the mean; β does its work.)  Whoever reads one image has no batch.  So the layer keeps
# *running statistics*: each training step replaces a tenth of the kept mean and variance by those of the
# batch.  At test time, after eval(), it uses what it keeps.  The weights are `scale` times He's (lesson 39).
(x_all, y_all), (x_test, y_test) = lesson.images(flat=True)
few, epochs = lesson.pick(digits=(1437, 8), mnist=(10_000, 4), quick=(500, 6))
ways, x_few, y_few = {"plain": None, "norm": nn.BatchNorm}, x_all[:few], y_all[:few]
def network(norm=None, scale=1.0):
    layers = []
    for fan_in in [x_all.shape[1]] + 4 * [64]:
        layers.append(nn.Dense(fan_in, 64, init=lambda *fans: scale * init.he(*fans)))
        layers += [nn.ReLU()] if norm is None else [norm(64), nn.ReLU()]
    return nn.Sequential(*layers, nn.Dense(64, 10, init=lambda *fans: scale * init.he(*fans)))

# %%
# `ahead` counts the test images that only one of two networks reads (lesson 02): it knows no other start.
cross_entropy = lambda model, x, y: losses.cross_entropy(model(x), y)
def trained(model, rate, epochs=epochs, x=x_few, y=y_few, batch=32, kind=optim.SGD, **settings):
    """Which test images the network reads after training (N,): none, if its numbers ran out of bounds."""
    try:
        with np.errstate(all="ignore"):
            train.fit(model, cross_entropy, (x, y), optimizer=kind(model.parameters(), rate), epochs=epochs,
                      batch_size=batch, quiet=True, **settings)
    except FloatingPointError:
        return np.zeros(len(x_test), bool)
    return model.predict(x_test).argmax(axis=1) == y_test
def ahead(text, hits, rival_hits):
    lesson.claim(f"{text} ahead, in standard deviations", judge.lead(hits, rival_hits), above=2)

# %%
# Which starts and which rates does it forgive?
# ---------------------------------------------
# 001 says that the norm “Reduces the dependence on weight initialization and allows for higher learning
# rates.”  We try starts of 0.1 to 10 times He's weights at the rate 0.1, and rates of 0.01 to 3 from He's
# weights.  Without a norm each of six layers multiplies the signal by the factor: 0.1 becomes 0.000001.
# Guess first: how many test images does each network read after a start of 0.1, and of 10?
starts, rates, by_start, by_rate, sizes = (0.1, 0.3, 1, 3, 10), (0.01, 0.1, 0.3, 1, 3), {}, {}, {}
lesson.rng("starts and rates")
for name, norm in ways.items():
    for scale in starts:
        model, seen = network(norm, scale), sizes.setdefault((name, scale), [])
        note = lambda done: seen.append((model[0].w.array ** 2).sum())          # ‖W‖² of the first layer
        by_start[name, scale] = trained(model, 0.1, before_step=note)
    for rate in rates:
        by_rate[name, rate] = trained(network(norm), rate)
    print(f"{name}: trained from {len(starts)} starts and with {len(rates)} rates", flush=True)
own = {scale: 0.1 * 128 / np.array([float(size) for size in sizes["norm", scale]]) for scale in starts}
read = lambda way, *scales: np.mean([by_start[way, scale] for scale in scales], axis=0)     # of each image
more = read("norm", 0.1, 10) - read("plain", 0.1, 10), read("norm", 0.1, 0.3) - read("norm", 3, 10)
for text, each in zip(("starts 0.1 and 10: norm", "norm: small starts over large ones"), more):
    lesson.claim(f"{text} ahead, in standard errors", judge.standard_errors(each), above=2)

# %%
# By rule 4, what counts is the rate η ‖W_He‖²/‖W‖² (‖W_He‖² is 128 on average), and by rule 3 it can only
# fall.  The right panel shows it for the first layer.  (The output layer has no norm behind it, and no rule.)
figure, axes = plot.panels(3, height=2.4)
for ax, hits_of, xlabel in zip(axes, (by_start, by_rate), ("weights, times He's", "learning rate")):
    for name, style in zip(ways, ("o--", "o-")):
        line = [(x, hits.mean()) for (way, x), hits in hits_of.items() if way == name]
        ax.plot(*zip(*line), style, label=name, markersize=4)
    ax.set(xlabel=xlabel, ylabel="share of test images right", xscale="log", ylim=(-0.02, 1))
    ax.xaxis.set_major_formatter("{x:g}")
axes[1].legend(loc="lower left")
for (scale, curve), colour, height in zip(own.items(), plot.COLOURS, ["bottom", "top"] + 3 * ["center"]):
    axes[2].plot(curve, color=colour)
    axes[2].text(len(curve), curve[-1], f" {scale} ×", color=colour, va=height)
axes[2].set(xlabel="step", ylabel="rate that counts", yscale="log")
lesson.picture(figure, "forgives", "Left, middle: look how wide the range is in which each learns (0.1 is a "
               "guess; 0: its numbers ran out of bounds).  Right, with norms: what falls mends itself.")
lesson.claim("start 0.1: the rate that counts falls, times", own[0.1][0] / own[0.1][-1], above=2)

# %%
# Faster, and so less overfitting?
# --------------------------------
# 001 says that a norm “speeds up convergence, which reduces overfitting”.  To see overfitting we do as lesson
# 07 did: few images, and one label in five false.  Both networks use the rate 0.1.  For speed, the plain one
# with Adam (lesson 39) is a rival.  Guess first: with norms, does one learn false labels sooner or later?
longer, n = lesson.pick(digits=(30, 500), mnist=(12, 1000), quick=(20, 500))
x_n, y_n, wrong_by = x_all[:n], y_all[:n].copy(), lesson.rng("by heart").integers(1, 10, n // 5)
y_n[:n // 5] = (y_n[:n // 5] + wrong_by) % 10
looks = {"test images": lambda model: train.accuracy(model, x_test, y_test),
         "by heart": lambda model: train.accuracy(model, x_n[:n // 5], y_n[:n // 5])}
fast, known, shares = {}, {}, {}
for name, norm in ways.items():
    fast[name] = [trained(network(norm), 0.1, 2, x_n, y_n).mean() for _ in range(10)]
    learner = network(norm)
    history = train.fit(learner, cross_entropy, (x_n, y_n), optimizer=optim.SGD(learner.parameters(), 0.1),
                        epochs=longer, batch_size=32, metrics=looks, quiet=True)
    shares |= {f"{look}, {name}": history[look] for look in looks}
    known[name] = learner.predict(x_n[:n // 5]).argmax(axis=1) == y_n[:n // 5]

# %%
# Look whether Adam without norms is ahead.  (Who knows more false labels now may not do so at the end.)
fast["plain, Adam"] = [trained(network(), 0.003, 2, x_n, y_n, kind=optim.Adam).mean() for _ in range(10)]
sooner = judge.standard_errors(np.subtract(fast["norm"], fast["plain"]))
lesson.table([(way, np.mean(right)) for way, right in fast.items()], ["ten runs of two epochs", "right"])
lesson.claim("after two epochs: norm ahead of plain, in standard errors", sooner, above=2)
ahead("false labels known: norm", known["norm"], known["plain"])
lesson.picture(plot.curves(shares, ylabel="share of images"), "by_heart", "Look which network reads the test "
               "images sooner, and which one knows the false labels sooner.")

# %%
# What does a small batch do to an image?
# ---------------------------------------
# Let a unit's values x be Gaussian over all images, with mean 0 and deviation 1.  Then x̂ ought to be x.  How
# far do they agree?  Their correlation is the mean of x̂ᵢ xᵢ.  In a batch of n, xᵢ − mean = deviation · x̂ᵢ
# and Σ x̂ᵢ = 0, so Σ x̂ᵢ xᵢ = Σ x̂ᵢ (xᵢ − mean) = deviation · Σ x̂ᵢ² = n · deviation.  So the correlation is
# the mean deviation of a batch.  For Gaussian x:
#
#     √(2/n) Γ(n/2) / Γ((n − 1)/2)        n = 2: 1/√π = 0.564      4: 0.798      16: 0.952      128: 0.994
figure, axes = plot.panels(4, height=1.9, sharex=True, sharey=True)
for ax, size in zip(axes, (2, 4, 16, 128)):
    x_true = lesson.rng(f"batches of {size}").normal(size=(size, 4000))         # 4,000 batches
    x_hat, theory = normed(x_true), (2 / size) ** 0.5 * gamma(size / 2) / gamma((size - 1) / 2)
    off = abs(judge.standard_errors((x_hat * x_true).mean(axis=0), theory))
    lesson.claim(f"batches of {size}: correlation {theory:.3f}, standard errors off", off, below=5)
    ax.plot(x_true[0, :500], x_hat[0, :500], ".", color=plot.COLOURS[0], markersize=2)
    ax.set(title=f"batches of {size}", xlabel="x")
axes[0].set_ylabel("x̂ in its batch")
lesson.picture(figure, "batches", "500 values, each in a batch of its own.  If x̂ were x, the dots would lie "
               "on a line.  In a batch of two each is −1 or +1.")

# %%
# Which batches does a network forgive?  In a batch of two, a unit says only on which image it is larger.  All
# train for 4 epochs: batches of 2 take 16 times the steps of 32, so compare along a row.  Guess first: which
# network learns better in batches of 2?  (Each gets the best of two rates on the test images.)
best, batches, some = {}, (2, 4, 8, 32), slice(lesson.pick(digits=500, mnist=2000, quick=300))
lesson.rng("batches")
for batch in batches:
    for name, norm in ways.items():
        tries = [trained(network(norm), rate, 4, x_all[some], y_all[some], batch) for rate in (0.01, 0.1)]
        best[name, batch] = max(tries, key=np.mean)
    print(f"trained in batches of {batch}", flush=True)
lesson.table([(b, *(best[name, b].mean() for name in ways)) for b in batches], ["batch", *ways])
ahead("batch 2: plain", best["plain", 2], best["norm", 2])
ahead("norm: batch 32 over batch 2", best["norm", 32], best["norm", 2])

# %%
# What the documents say, and what is right
# -----------------------------------------
# “Batch Normalization is a technique that normalizes the inputs of each layer to have zero mean and unit
# variance during training.” (001, Batch Normalization.)  Mostly x W + b is normalised, before the bend.  For
# Gaussian values ReLU then hands on the mean 1/√(2π) = 0.40, and not 0.
#
# “This helps the model train faster and more stably by reducing internal covariate shift.” (The same.)
# *Internal covariate shift*: a layer's inputs move as the layers before it learn.  We put a shift back: after
# each norm, every unit gets a random scale and shift, new at each step (simpler than Santurkar et al. 2018).
# In its own batch a norm's mean is β, so only β can move it.  Look what the shaken network still reads.
#
# “It speeds up convergence, which reduces overfitting by allowing the network to learn faster with smaller
# batch sizes.” (001, Effect.)  It learns false labels sooner, too, and at batch 2 the plain network is ahead.
class Shaken(nn.BatchNorm):
    def forward(self, x):
        z, noise = super().forward(x), lambda: backend.normal((1, x.shape[1]), 0.3)
        return z * ops.exp(noise()) + noise() if self.training else z
lesson.rng("shaken")
reads, moves, x_shown = {}, {}, backend.to_device(x_few[:200])
for name, norm, rate in (("plain, 0.1", None, 0.1), ("norm, 1", nn.BatchNorm, 1), ("shaken, 1", Shaken, 1)):
    shown, means = network(norm), []
    note_mean = lambda done: means.append(shown[:-2](x_shown).array.mean(axis=0))
    reads[name] = trained(shown, rate, before_step=note_mean)
    moves[name] = abs(np.diff([backend.to_host(mean) for mean in means], axis=0)).mean()
lesson.table([(name, moves[name], reads[name].mean()) for name in reads], ["net, rate", "mean moves", "read"])
lesson.record("mean that the first ReLU hands on", network(nn.BatchNorm)[:3](x_shown).numpy().mean())
ahead("rate 1, too high for plain: norm", reads["norm, 1"], by_rate["plain", 1])
ahead("rate 1, too high for plain: shaken norm", reads["shaken, 1"], by_rate["plain", 1])

# %%
# Try it yourself
# ---------------
# 1. Easy.  Normalise Gaussian values in batches of 3.  What is the correlation of x̂ and x, by the formula?
# 2. Easy.  eval() is forgotten, and the test images come in batches of one digit each.  How many are read?
# 3. Hard.  *Layer normalisation* uses mean and deviation of an image's own units.  Does it learn at batch 2?
#
# Remember
# --------
# - A norm gives each unit mean β and deviation γ in a batch; at test time it uses running statistics.
# - Behind a norm the size of W counts only as a rate: far too small mends itself, too large learns slowly.
# - A network with norms forgives starts and rates.  At one rate it learns faster, false labels too.
# - In training each image is seen beside its batch only: a batch of two tells an order and no more.
#
# Sources
# -------
# The course notes (001), "Batch Normalization".  S. Ioffe & C. Szegedy 2015, Batch normalization.
# T. van Laarhoven 2017, on the size of W.  S. Santurkar et al. 2018, How does batch normalization help?
lesson.end()
