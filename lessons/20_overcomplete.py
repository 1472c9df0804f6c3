"""
Regularised and overcomplete autoencoders
=========================================

An autoencoder whose code is larger than the image could copy every image, and learn nothing about digits.
What stops it, and what only seems to?

Needs: lessons 02, 07, 08, 10, 11, 17 and 39.
From: the course notes (001), "Overcomplete Autoencoders"; lessons/DOCUMENTS.md says what they are.
New words: overcomplete, identity, gain, escape, shuffled, reproduced, gets through, stopped.
Time: quick 10 s, full 1 min on two cores.
"""
import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, losses, nn, ops, optim, plot, schedules, train
from minidl.images import avg_pool2d

lesson = begin("20_overcomplete")

# %%
# By hand: one direction
# ----------------------
# An *overcomplete* autoencoder has a code of more numbers than the image.  The course notes (001) say of it:
# “They must be regularized to prevent them from learning a trivial identity function.”  The *identity* is
# x̂ = x, whatever x is.  Take one direction, in which the data have the variance λ, with the code z = a x and
# the copy x̂ = b z.  The *gain* g = a b says how much of x comes back.  Let large weights cost μ:
#
#     J = λ (1 − a b)² + μ (a² + b²)       at best a = b, so a² = b² = g:       J = λ (1 − g)² + 2 μ g
#     the slope −2 λ (1 − g) + 2 μ is 0 at      g = 1 − μ/λ;     if μ is larger than λ, the best g is 0
#
# The four points of lesson 17, ±(3, 1) and ±(1, 3), have variance 8 along (1, 1)/√2 and 2 along (1, −1)/√2.
# With μ = 4 the gains are ½ and 0, although the code has three numbers: (3, 1) becomes (1, 1).
#
# The exam paper (003, in Spanish) adds λΩ or λR to the loss: Ω = ‖W‖² is the sum of squares of all weights,
# R = ½(‖W_e‖² + ‖W_d‖²), encoder and decoder.  It steps θ ← θ − η ∇J.  Its λ (no variance) is `factor` in the
# code.  For μ = 4 it must be 4 with Ω, but 8 with R.  By hand with R, and by minidl with Ω:
points, eta, factor = np.array([[3.0, 1], [1, 3], [-3, -1], [-1, -3]]), 0.01, 8     # points (4, 2)
rng = lesson.rng("by hand")
e, w = rng.normal(size=(2, 3)), rng.normal(size=(3, 2))         # encoder, decoder
E, W, x = Tensor(e.copy()), Tensor(w.copy()), backend.to_device(points)
for _ in range(800):
    r = 2 * (points @ e @ w - points) / 4                       # (4, 2), ∂/∂x̂ of the mean of ‖x − x̂‖²
    e, w = e - eta * (points.T @ r @ w.T + factor * e), w - eta * (e.T @ points.T @ r + factor * w)
train.descend(lambda: losses.squared_error(x @ E @ W, x) + factor / 2 * losses.l2([E, W]),
              optim.SGD([E, W], eta), 800)                      # with Ω, and half of the factor
apart, copied = abs(E.numpy() @ W.numpy() - e @ w).max(), points[0] @ e @ w
lesson.check("003's step by hand with R = minidl's with half the factor on Ω, to 1e-12", apart < 1e-12, apart)
lesson.check("by pencil: gains ½ and 0, (3, 1) becomes (1, 1)", abs(copied - 1).max() < 1e-6, copied)

# %%
# All directions at once
# ----------------------
# Box: with L2, the best linear autoencoder has PCA's axes, each with its gain as above (Kunin et al. 2019,
# for codes no larger than the image; for a larger one we measure what descent finds).  Noise of variance s²
# on the input costs on average s² times the sum of squares of the map E W (lesson 10).  So the gains are
#
#     no penalty                             1 wherever λ > 0: every mixture of training images is copied
#     μ on encoder and decoder               max(0, 1 − μ/λ)
#     noise of variance s² on the input      λ/(λ + s²)
#     μ on the encoder alone                 as near to 1 as one likes
#
# The last is an *escape*: make a small and b large.  The product copies, and hardly anything is left to pay.
# Guess first: which axes has descent not found after 1200 steps?  (To stop is a penalty, too: lesson 07.)
shrink, N, M, epochs, batch = lesson.pick(digits=(1, 1437, 360, 50, 64), mnist=(2, 5000, 1000, 30, 100))
(x_all, _), (x_all_new, _) = lesson.images()                                # of MNIST, 2×2 pixels become one
x_train, x_new = (avg_pool2d(images[:n], shrink).reshape(n, -1) for images, n in ((x_all, N), (x_all_new, M)))
D, mu = x_train.shape[1], 0.02                                              # x_train (N, D), x_new (M, D)
mean, axes, variances = judge.pca(x_train.astype(np.float64), D)            # (D,), (D, D), (D,)
stand_in = backend.to_device((axes * np.sqrt(D * variances)).T.astype(np.float32))    # for x_train: lesson 17
def linear_gains(on_encoder, on_decoder, on_map):
    """A linear autoencoder D → 2 D → D, trained: its map in PCA's axes, (D, D), the gains on the diagonal."""
    start = lesson.rng("linear")
    E, W = (Tensor(0.03 * start.normal(size=size).astype(np.float32)) for size in ((D, 2 * D), (2 * D, D)))
    def loss():
        through, price = E @ W, on_encoder * losses.l2([E]) + on_decoder * losses.l2([W])       # (D, D), ()
        return losses.squared_error(stand_in @ through, stand_in) + on_map * ops.sum(through ** 2) + price
    train.descend(loss, optim.SGD([E, W], 0.05 / variances[0], momentum=0.95, nesterov=True), 1200)
    return axes.T @ E.numpy() @ W.numpy() @ axes

# %%
prices = {"no penalty": (0, 0, 0), "μ on both": (mu, mu, 0), "noise": (0, 0, mu), "μ on encoder": (mu, 0, 0)}
formulas = {"μ on both": 1 - mu / np.maximum(variances, mu), "noise": variances / (variances + mu)}
gains = {name: linear_gains(*price) for name, price in prices.items()}
for name, formula in formulas.items():
    lesson.claim(f"{name}: gains off their formula by", abs(gains[name] - np.diag(formula)).max(), below=0.01)
middle = np.diag(gains["μ on encoder"])[(variances > mu / 2) & (variances < mu)]   # dropped by μ on both
lesson.claim("μ on encoder: least gain for λ from μ/2 to μ", middle.min(), above=0.5)

# %%
figure, (ax,) = plot.panels(1, height=2.5)
for name, colour, mark in zip(gains, plot.COLOURS, "ox^+"):
    ax.plot(variances, np.diag(gains[name]), mark, markersize=4, color=colour, label=name)
    ax.plot(variances, formulas.get(name, np.full(D, np.nan)), color=colour, linewidth=0.8)
ax.set(xscale="log", xlim=(1e-5, 2 * variances[0]), xlabel="variance λ along an axis (pixel²)", ylabel="gain")
ax.legend(loc="upper left")
lesson.picture(figure, "gains", "Marks: gains of trained linear autoencoders.  Lines: the formulas, with "
               f"μ = s² = {mu}.  Without a line the aim is 1: look which axes descent has not found yet.")

# %%
# How to see a copier
# -------------------
# The error on new digits cannot show one: the identity has none.  So show the map new digits whose pixels are
# *shuffled*, each in its own way, and measure twice; x̄ is the mean training image:
#
#     reproduced     1 − Σ‖x − x̂‖² / Σ‖x − x̄‖²          1 for x̂ = x, 0 for x̂ = x̄, below 0 for rubbish
#     gets through   Σ (x̂ − x̄)·(x − x̄) / Σ‖x − x̄‖²     1 for x̂ = x, 0 for x̂ = x̄, about 0 for rubbish
#
# Pixels without any pattern are spread evenly over all D axes; shuffled digits nearly are.  A linear map with
# gains from 0 to 1 misses the share Σ (1 − g)²/D of them.  Even PCA with half of the axes, which cannot copy,
# reproduces ½.  So compare at an equal error on digits, Σ λ (1 − g)².  To reproduce least there, let g be 0
# for the smallest λ and 1 for all others.  That is PCA: *at equal error no such map reproduces less*.
shuffled = lesson.rng("shuffle").permuted(x_new, axis=1)                    # (M, D)
def score(copier):
    """The error on new digits, as a share of their variance; of shuffled ones: reproduced, gets through."""
    error, missing = (((copier(x) - x) ** 2).sum() / ((x - mean) ** 2).sum() for x in (x_new, shuffled))
    away = shuffled - mean
    return error, 1 - missing, ((copier(shuffled) - mean) * away).sum() / (away ** 2).sum()
def at_error(error, curve):
    """The scores that a curve of scores (K, 3) has at an error, read between its points."""
    ordered = curve[curve[:, 0].argsort()].T                                # (3, K)
    return [np.interp(np.log(error), np.log(ordered[0]), values) for values in ordered]
pca = np.array([score(lambda x: (x - mean) @ axes[:, :k] @ axes[:, :k].T + mean) for k in range(1, D)])

# %%
# Bent networks
# -------------
# 001 promises: “Techniques like sparsity penalties or denoising can force the network to learn useful
# representations even when it has the capacity to simply memorize the input.”  Now D → 2 D ReLU units → D,
# an arm for each penalty; L1 prices the sum of sizes (lesson 11).  The strengths were set by hand, with the
# new digits in sight: a strength only sets the error at which an arm ends.  There it meets two rivals of
# equal error: PCA, and the plain network *stopped* on its way.  Three runs vary start and image order.
def trained(start, look=None, l2=0, l1=0, l1_code=0, std=0, rate=0):
    """A network after training, with noise of std on x, dropout of the code; Adam's decay is the λ of R."""
    lesson.rng(f"start {start}")
    coder = nn.Sequential(*[nn.GaussianNoise(std)] * (std > 0), nn.Dense(D, 2 * D), nn.ReLU())
    decoder = nn.Sequential(*[nn.Dropout(rate)] * (rate > 0), nn.Dense(2 * D, D))
    def loss(net, x):
        code = coder(x)                                                     # (N, 2 D), none below 0
        price = l1 * losses.l1(net) if l1 else l1_code / len(x) * ops.sum(code)
        return losses.squared_error(decoder(code), x) + price
    net = nn.Sequential(coder, decoder)
    train.fit(net, loss, (x_train,), optimizer=optim.Adam(net.parameters(), weight_decay=2 * l2), quiet=True,
              epochs=epochs, batch_size=batch, metrics=look, schedule=schedules.cosine(0.005))
    return net

# %%
arms = {"none": {}, "L2 on weights": {"l2": 0.01}, "L1 on weights": {"l1": 0.004},
        "noise on x": {"std": lesson.pick(digits=0.15, mnist=0.1)}, "dropout": {"rate": 0.1},
        "L1 on code": {"l1_code": lesson.pick(digits=0.05, mnist=0.03)}}
scores, stopped, painted = {}, [[], [], []], {"shuffled": shuffled}         # stopped: a score an epoch
for name, settings in arms.items():
    print(f"bent, {name} …", flush=True)
    found = []
    for i in range(3 if name in ("none", "dropout", "L1 on code") else 1):
        look = {"": lambda net: stopped[i].append(score(net.predict)) or 0}     # called after each epoch
        net = trained(i, look if name == "none" else None, **settings)
        own = score(net.predict)
        found.append((own, at_error(own[0], pca), at_error(own[0], np.array(stopped[i]))))
    scores[name], painted[name] = np.array(found), net.predict(shuffled)                # (runs, 3, 3), (M, D)

# %%
# Guess first: who reproduces less than PCA, and who less than the plain network, stopped?
# (Rivals at equal error.  If less is reproduced, but as much gets through, something is painted over it.)
lesson.table([(name, *np.delete(scores[name][0], [3, 6])) for name in arms],
             ["run 0", "error", "reproduced", "through", "by PCA", "through", "by stopped", "through"])
for name in ("L2 on weights", "L1 on weights", "noise on x"):
    ratio = scores[name][0, 0, 1] / scores[name][0, 1, 1]
    lesson.claim(f"{name}: reproduced / PCA's at equal error", ratio, near=1, within=0.15)
def lead(name, rival, measure):             # rival: 1 PCA, 2 stopped; measure: 1 reproduced, 2 gets through
    return judge.standard_errors(scores[name][:, rival, measure] - scores[name][:, 0, measure])
lesson.claim("none reproduces less than PCA, in standard errors", lead("none", 1, 1), above=2)
lesson.claim("L1 on code reproduces less than stopped, in standard errors", lead("L1 on code", 2, 1), above=2)
lesson.claim("dropout lets less through than stopped, in standard errors", lead("dropout", 2, 2), above=2)

# %%
figure, both = plot.panels(2, height=3, sharex=True)
for ax, measure, label in zip(both, (1, 2), ("reproduced of shuffled digits", "gets through")):
    ax.plot(pca[:, 0], pca[:, measure], color=plot.INK, linewidth=0.8, label="PCA: 1, 2, … axes")
    ax.plot(*np.array(stopped[0])[:, [0, measure]].T, "--", color=plot.GREY, label="none, stopped")
    for name, colour in zip(arms, (*plot.COLOURS[:4], *plot.COLOURS[5:7])):
        ax.plot(*scores[name][:, 0, [0, measure]].T, "o", markersize=4, color=colour, label=name)
    ax.set(xscale="log", xlim=(3e-3, 1), ylim=(-0.75, 1), ylabel=label, xlabel="error on new digits (share)")
both[1].legend(loc="lower left", fontsize=7)
lesson.picture(figure, "exchange", "Each dot is a trained network.  Look which dots lie on PCA's line, which "
               "below it, and which are also below the plain network, stopped at the same error (dashed).")
tiles = {name: images[:9].reshape(9, int(D ** 0.5), -1).clip(0, 1) for name, images in painted.items()}
lesson.picture(plot.image_rows(tiles), "copies", "Look who copies the top row, and who paints strokes.")

# %%
# A code too small to copy: the list
# ----------------------------------
# 001 says of smaller codes: “This forces the autoencoder to capture the most salient features of the training
# data.”  Let the code be one number z, the decoder 256 steep tanh units, and the training data 20 images.
# Guess first: what is left of their error?  What becomes of a new image?  Does it help if z² has a price?
twenty = x_train[lesson.rng("twenty").permutation(N)[:20]]
centre, steep = twenty.mean(axis=0), lesson.pick(digits=25, mnist=20)       # (D,), a number
def list_learner(price):
    """A copier of images: a trained network D → 1 → 256 → D, where z² had a price."""
    lesson.rng("list")
    encoder, wide, last = nn.Dense(D, 1), nn.Dense(1, 256), nn.Dense(256, D)
    for parameter in wide.parameters():
        parameter.array = backend.normal(parameter.shape, steep, np.float32)        # steps, each at another z
    decoder, inputs = nn.Sequential(wide, nn.Tanh(), last), backend.to_device(twenty - centre)
    def loss():
        z = encoder(inputs)                                                 # (20, 1)
        return losses.squared_error(decoder(z), inputs) + price / 20 * ops.sum(z * z)
    adam = optim.Adam(encoder.parameters() + decoder.parameters())
    train.descend(loss, adam, 2000, schedule=schedules.cosine(0.01))
    return lambda x: decoder.predict(encoder.predict(x - centre)) + centre

# %%
copier = list_learner(0)
one_axis = 20 * judge.pca(twenty.astype(np.float64), 1)[2][1:].sum()        # Σ‖x − x̂‖² of PCA, one number
left = [((f(twenty) - twenty) ** 2).sum() / one_axis for f in (copier, list_learner(1))]
lesson.claim("error on the list / PCA's with one number", left[0], below=0.1)
lesson.claim("the same, where the code had a price", left[1], below=0.2)
strange = copier(x_new)                                                     # (M, D)
to_itself = ((strange - x_new) ** 2).sum(axis=1)                            # (M,)
to_list = ((strange[:, None] - twenty) ** 2).sum(axis=2).min(axis=1)        # (M,)
lesson.claim("copies nearer to the new image than to the list", (to_itself < to_list).mean(), below=0.05)
lesson.claim("new images: error / the mean image's", to_itself.sum() / ((x_new - centre) ** 2).sum(), above=1)

# %%
# What the documents say, and what is right
# -----------------------------------------
# 1. 003, Autoencoder Regularizado: “R(θ) = ½(‖W_e‖² + ‖W_d‖²) es el término de regularización L2.”  Before,
#    “Ω_L2(W) = ‖W‖²” has the same λ.  For the same gains R needs twice the factor, above 8 in place of 4.
# 2. 001, Undercomplete Autoencoders: “One way to avoid this is to limit the capacity of the autoencoder by
#    adding a term to the cost function that penalizes the code for being large.”  See above what this left of
#    the list's error.  The escape is code / 100, decoder · 100, as for an L1 price on the code (lesson 21).
# 3. 001, Regularizing Autoencoders, 6: “This technique involves monitoring the validation error during
#    training and stopping the training process when the validation error starts to increase.”  The identity
#    has no error, so copying need not raise it.  Look whether the plain network's was least before the end:
lesson.record(f"plain: best of {epochs} epochs", [1 + int(np.array(each)[:, 0].argmin()) for each in stopped])
#
# Try it yourself
# ---------------
# 1. Easy.  By hand, let the factor be 2.  What are the gains, and what becomes of (3, 1)?
# 2. Easy.  Train "none" and "L2 on weights" on 200 images only.  What does L2 do to the error on new digits?
# 3. Hard.  Let μ be the price of the decoder's weights and of mean ‖z‖².  Which μ sends (3, 1) to (2, 1)?
#
# Remember
# --------
# - A price on all weights, or noise on the input, makes a soft PCA: it weakens the small variances most.
# - A price on one side of the product a b alone has an escape: one side small, the other large.
# - The error on new images cannot say whether a network copies: show it shuffled ones.
# - A small code is no guarantee: one number is enough to number a list.
#
# Sources
# -------
# The course notes (001).  The exam paper (003).  D. Kunin et al. (2019), Loss landscapes of regularized
# linear autoencoders.  I. Goodfellow, Y. Bengio and A. Courville (2016), Deep Learning, chapter 14.
lesson.end()
