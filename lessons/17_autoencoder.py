"""
The undercomplete autoencoder, and PCA
======================================

An image of 784 numbers goes through a door eight numbers wide, and has to be the same image behind it.  Which
eight?  If everything is linear, the answer has been known since 1901, and a network can only find it again.

Needs: lesson 02; lesson 13 (PCA) helps.
From: 001, "types of autoncoders" and "Regularizing Autoencoders" §1; 002, equations 3, 4; 003, "Autoencoder".
Time: quick 10 s, full 2 min on two cores.
"""
import math

import numpy as np

from lessons.book import begin
from minidl import backend, grad, losses, nn, optim, plot, schedules, train

lesson = begin("17_autoencoder")

# %%
# Four points, one number each
# ----------------------------
# An autoencoder is two functions.  The encoder turns an example x of D numbers into a code z of L; the
# decoder turns the code into x̂.  Both are trained to make the mean of ‖x − x̂‖² small.  With L < D it is
# undercomplete: it cannot copy, it has to choose.
#
# Take the points ±(3, 1) and ±(1, 3), D = 2, and L = 1.  Their mean is 0; their covariance, the mean of
# xᵀx, is [[5, 3], [3, 5]].  Along (1, 1)/√2 the variance is 8, along (1, −1)/√2 it is 2.  PCA, principal
# component analysis, keeps the directions of large variance, and its error is the sum of the variances it
# drops.  Here: the code z = x₁ + x₂ and the decoder x̂ = (z/2, z/2) send (3, 1) to (2, 2), and ‖(3, 1) −
# (2, 2)‖² = 2.
points = np.array([[3.0, 1], [1, 3], [-3, -1], [-1, -3]])

def pca(x, kept, centre=True):
    """The error E‖x − x̂‖², the variances λ (D,), falling, and the kept axes (D, L) of x (N, D)."""
    x = x - x.mean(axis=0) if centre else x
    variances, axes = np.linalg.eigh(x.T @ x / len(x))
    variances, axes = variances[::-1].clip(0), axes[:, ::-1]
    return float(variances[kept:].sum()), variances, axes[:, :kept]

error, variances, _ = pca(points, 1)
lesson.claim("by pencil: variances 8 and 2, error 2", np.allclose((*variances, error), (8, 2, 2), atol=1e-12),
             (*variances, error))

# %%
# Why no linear decoder can win against PCA
# -----------------------------------------
# A linear decoder says x̂ = z W + b.  Whatever z is, x̂ lies in one flat piece of space: b plus mixtures
# of the L rows of W.  So two things are true of every encoder, however deep:
#
#     ‖x − x̂‖²  ≥  ‖x − the point of the flat nearest to x‖²
#     its mean  ≥  λ_L₊₁ + … + λ_D                    PCA's flat is the best one (Eckart and Young 1936)
#
# For the second, let the flat go through the mean, spanned by q₁ … q_L of length 1 at right angles.  It
# loses Σⱼ λⱼ (1 − cⱼ), with cⱼ = Σₖ (vⱼ·qₖ)², vⱼ the axis of λⱼ.  Each cⱼ is between 0 and 1, and Σⱼ cⱼ =
# L.  To lose least, spend these L on the largest λ.
#
# A linear encoder E sees no more of x than its covariance C.  If the mean is 0,
#
#     E‖x − x E W‖² = tr (I − EW)ᵀ C (I − EW) = ‖√C (I − EW)‖²
#
# so the D rows of √(D C) stand in, exactly, for all N images, and a step on all of them is cheap.  In
# float64, as this is a theorem.
(x_train, _), (x_test, _) = lesson.images()
x_train, x_test = (x.reshape(len(x), -1).astype(np.float64) for x in (x_train, x_test))     # (N, D)
D, L, mean = x_train.shape[1], 8, x_train.mean(axis=0)
_, variances, axes = pca(x_train, D)
stand_in = backend.to_device(math.sqrt(D) * (axes * np.sqrt(variances)) @ axes.T)           # (D, D), √(D C)
least, axes = float(variances[L:].sum()), axes[:, :L]
lesson.record(f"PCA: error with {L} of {D} dimensions, of a variance of {variances.sum():.2f}", least)

# %%
# The linear autoencoder
# ----------------------
# Two matrices, started small.  Momentum descent, its step set by the largest variance.  As we go we note the
# angle between PCA's axis vₖ and the decoder's flat: at 0 the decoder has found vₖ.
def small(shape, fan_in, fan_out):
    return backend.normal(shape, 0.01, np.float64)

model = nn.Sequential(nn.Dense(D, L, bias=False, init=small), nn.Dense(L, D, bias=False, init=small))
encoder, decoder = model[0].w, model[1].w                       # (D, L), (L, D)
optimizer = optim.SGD(model.parameters(), 0.015 / variances[0], momentum=0.98, nesterov=True)
errors, angles, count = [], [], 800 if lesson.data == "digits" else 2000
for step in range(count):
    measured = train.train_step(lambda: losses.squared_error(model(stand_in), stand_in), optimizer)
    errors.append(measured["loss"])
    if step % 10 == 0:                                          # a look at a GPU waits for it: seldom
        q, _ = np.linalg.qr(decoder.numpy().T)                  # (D, L), at right angles
        angles.append(np.degrees(np.arccos(np.linalg.norm(axes.T @ q, axis=1).clip(0, 1))))
    if step % 200 == 0:
        print(f"step {step:4}: linear AE / PCA − 1 = {float(errors[-1]) / least - 1:.2g}", flush=True)

# %%
E, W, excess = encoder.numpy(), decoder.numpy(), [float(error) / least - 1 for error in errors]
centred = x_train - mean
copy = centred @ E @ W                                          # on the images themselves
error = float(losses.squared_error(copy, centred))
gap = error / least - 1
lesson.claim("linear AE / PCA − 1 < 1e-4, and never below 0", gap < 1e-4 and min(*excess, gap) > -1e-9, gap)
angles = np.array(angles[:50])                                  # later they stay near 0
lines = {f"v{k + 1}": (10 * np.arange(len(angles)), angles[:, k]) for k in range(L)}
lesson.picture(plot.curves(lines, xlabel="step", ylabel="angle to the decoder (degrees)"), "angles",
               "The axes of large variance are found first, the last ones wait")

# %%
# The same subspace?  The principal angles θ₁ … θ_L between two subspaces say how far one must be turned
# to become the other.  By the sum above, a flat that is turned loses at least (λ_L − λ_L₊₁) Σ sin²θ.  So
# theory tells how near to PCA's subspace an error as small as ours must be.
q, _ = np.linalg.qr(W.T)
sines = np.linalg.svd(q - axes @ (axes.T @ q))[1][:L]           # of the principal angles
bound = (error - least) / float(variances[L - 1] - variances[L])
turned = float((sines ** 2).sum())
lesson.claim("Σ sin²θ ≤ (error − PCA's) / (λ_L − λ_L₊₁)", turned <= bound + 1e-12, (turned, bound))
lesson.record("largest principal angle", math.degrees(math.asin(min(1, sines.max()))), "degrees")

# %%
# The subspace, not the axes
# --------------------------
# For any invertible M, the encoder E M with the decoder M⁻¹ W gives the same x̂, so nothing in training
# prefers PCA's axes.  The decoder's rows are mixtures of them.  Still, PCA is in there: the principal
# axes of the copies x̂ are v₁ … v_L, up to a sign.
turn = backend.rng().normal(size=(L, L))
change = abs(centred @ E @ turn @ np.linalg.solve(turn, W) - copy).max()
lesson.claim("codes z M, decoded by M⁻¹ W: the same x̂", change < 1e-10, change)
rows = W / np.linalg.norm(W, axis=1, keepdims=True)
lesson.record("largest |cosine| between two rows of the decoder", abs(rows @ rows.T - np.eye(L)).max())
found = pca(copy, L)[2]
found = found * np.sign((found * axes).sum(axis=0))
lesson.record("smallest cosine between an axis of x̂ and PCA's", (found * axes).sum(axis=0).min())
side = math.isqrt(D)
tiles = np.concatenate([axes.T, rows, found.T]).reshape(-1, side, side)
titles = [f"{name} {k + 1}" for name in ("PCA", "row", "axis") for k in range(L)]
lesson.picture(plot.image_grid(tiles, columns=L, titles=titles, signed=True), "axes",
               "PCA's axes; the decoder's rows, mixtures of them; the axes of what the autoencoder paints")

# %%
# What goes wrong: no bias, no centring (001)
# -------------------------------------------
# 001: "If the encoder and decoder are linear and the loss function is the mean squared error, then it
# reduces to Principal Component Analysis."  A linear map without a bias sends 0 to 0: its flat goes
# through the origin, not through the mean.  Move the four points by m = (4, −4).  The mean of xᵀx becomes
# C + mᵀm = [[21, −13], [−13, 21]]: 34 along (1, −1), 8 along (1, 1).  The best line through the origin
# points at the mean, and loses the 8 that PCA keeps.  A bias mends it.
moved = backend.to_device(points + [4.0, -4])

def trained(bias):
    """The error of a linear autoencoder 2 → 1 → 2 on the moved points."""
    model = nn.Sequential(nn.Dense(2, 1, bias=bias, init=small), nn.Dense(1, 2, bias=bias, init=small))
    for p in model.parameters():
        p.array = p.array.astype(np.float64)
    optimizer = optim.SGD(model.parameters(), 0.002, momentum=0.95, nesterov=True)
    for _ in range(3000):
        loss = train.train_step(lambda: losses.squared_error(model(moved), moved), optimizer)["loss"]
    return float(loss)

without, mended = trained(bias=False), trained(bias=True)
lesson.claim("without a bias the error is 8, with one it is 2",
             abs(without / 8 - 1) + abs(mended / 2 - 1) < 1e-4, (without, mended))

# %%
# How bad can it be?  A flat of L − 1 directions through the mean lies within one of L directions through the
# origin: add the direction of the mean.  So to leave out the bias costs at most one dimension.
chain = (least, pca(x_train, L, centre=False)[0], pca(x_train, L - 1)[0])
lesson.claim(f"PCA with {L} ≤ {L} through the origin ≤ PCA with {L - 1}", sorted(chain) == list(chain), chain)

# %%
# What bends, wins
# ----------------
# For the linear case 001 asks that "encoder and decoder are linear"; later it says "When the decoder is
# linear". Which of the two does it take?  The smallest curved data are an arc: 270° of the unit circle,
# (sin t, cos t), through L = 1.  Three numbers are known beforehand:
#
#     PCA                            ½ + ½ sin 2a / 2a − (sin a / a)², a = 135°            = 0.3038
#     linear encoder, any decoder    z = sin t; two t that share a z get the mean of both,
#                                    cos t = 0: (π/2 − 1) / (3π/2)                         = 0.1211
#     any encoder, any decoder       z = t                                                 = 0
a, t = 0.75 * math.pi, (np.arange(360) + 0.5) / 360 * 1.5 * math.pi - 0.75 * math.pi
arc = np.stack([np.sin(t), np.cos(t)], axis=1).astype(np.float32)                       # (360, 2)
by_theory = 0.5 + 0.5 * math.sin(2 * a) / (2 * a) - (math.sin(a) / a) ** 2
designs = {"linear → bent": (False, True), "bent → linear": (True, False), "bent → bent": (True, True)}

def part(bends, sizes, bend):
    """One Dense layer, or, if it bends, Dense layers of these sizes with `bend` between them."""
    if not bends:
        return nn.Dense(sizes[0], sizes[-1])
    layers = [layer for n, m in zip(sizes, sizes[1:]) for layer in (nn.Dense(n, m), bend())]
    return nn.Sequential(*layers[:-1])

def autoencoder(name, sizes, bend):
    """Encoder of these sizes and decoder of the same, mirrored."""
    return nn.Sequential(part(designs[name][0], sizes, bend), part(designs[name][1], sizes[::-1], bend))

# %%
flat, _, axis = pca(arc.astype(np.float64), 1)
copies, lowest = {"PCA": (arc - arc.mean(axis=0)) @ axis @ axis.T + arc.mean(axis=0)}, {}
for name in designs:
    model, x = autoencoder(name, (2, 32, 32, 1), nn.Tanh), backend.to_device(arc)
    optimizer = optim.Adam(model.parameters(), 0.01)
    history = train.descend(lambda: losses.squared_error(model(x), x), optimizer, steps=1000,
                            schedule=schedules.cosine(0.01))
    copies[name], lowest[name] = model.predict(arc), min(history["loss"])
errors = {name: float(losses.squared_error(copy, arc)) for name, copy in copies.items()}
lesson.table(errors.items(), header=("encoder → decoder", "error"))
lesson.claim("PCA on the arc: the formula's 0.3038", abs(flat / by_theory - 1) < 1e-4, flat)
lesson.claim("bent encoder, linear decoder: at no step below PCA",    # 1e-6: the network computes in float32
             lowest["bent → linear"] > flat * (1 - 1e-6), lowest["bent → linear"])
lesson.claim("linear encoder, bent decoder: below PCA, but not below 0.1211",
             0.1211 < errors["linear → bent"] < flat, errors["linear → bent"])
lesson.claim("both bent: below 0.1211", errors["bent → bent"] < 0.1211, errors["bent → bent"])

# %%
import matplotlib.pyplot as plt
with plt.rc_context(plot.STYLE):
    figure, axs = plt.subplots(1, 4, figsize=(plot.WIDTH, 2), sharex=True, sharey=True)
for ax, name in zip(axs, ("PCA", "bent → linear", "linear → bent", "bent → bent")):
    ax.plot(*np.stack([arc[::12], copies[name][::12]]).transpose(2, 0, 1), color="#bbbbbb", linewidth=0.6)
    ax.plot(*arc.T, color=plot.GREY, linewidth=1)
    ax.plot(*copies[name].T, color=plot.COLOURS[1], linewidth=1.6)
    ax.set_title(f"{name}\nerror {errors[name]:.3f}", fontsize=9)
    ax.set(aspect="equal")
    ax.axis("off")
lesson.picture(figure, "arc", "Grey: the arc.  Red: its copy through one number.  Thin: from point to copy")

# %%
# The same on images.  The theorem speaks of the images PCA was fitted to: there no linear decoder may
# win.  Of new images it says nothing.
images, new = x_train.astype(np.float32), x_test.astype(np.float32)
hidden, epochs, batch, rate = (64, 100, 64, 0.005) if lesson.data == "digits" else (256, 6, 128, 0.001)
painted = {"PCA": lambda x: (x - mean) @ axes @ axes.T + mean}
for name in designs:
    print(f"{name} …", flush=True)
    model = autoencoder(name, (D, hidden, L), nn.ReLU)
    train.fit(model, lambda model, x: losses.squared_error(model(x), x), (images,), batch_size=batch,
              optimizer=optim.Adam(model.parameters(), rate), schedule=schedules.cosine(rate), epochs=epochs,
              quiet=lesson.quick)
    painted[name] = model.predict
errors = {name: [float(losses.squared_error(paint(x), x)) for x in (images, new)]
          for name, paint in painted.items()}
lesson.table([(name, *pair) for name, pair in errors.items()], header=("", "error, fitted", "error, new"))

# %%
lesson.claim("images: a bent encoder with a linear decoder does not beat PCA",
             errors["bent → linear"][0] >= errors["PCA"][0], errors["bent → linear"][0])
for name in ("linear → bent", "bent → bent"):
    lesson.claim(f"images: {name} beats PCA, on fitted and on new ones",
                 all(np.less(errors[name], errors["PCA"])), errors[name])
some, names = new[::37][:8], ("PCA", "bent → linear", "bent → bent")
tiles = np.concatenate([some] + [painted[name](some) for name in names]).reshape(-1, side, side).clip(0, 1)
titles = [name if i == 0 else "" for name in ("new images", *names) for i in range(8)]
lesson.picture(plot.image_grid(tiles, columns=8, titles=titles), "images", f"New images, through {L} numbers")

# %%
# Squared error is a likelihood (002, equations 3 and 4)
# ------------------------------------------------------
# Suppose each coordinate of x is x̂'s plus Gaussian noise of variance σ².  Then, in nats,
#
#     −log p(x | z) = D/2 · log(2πσ²) + ‖x − x̂‖² / (2σ²)
#
# For any fixed σ² the first term is a constant and the second only scaled: the same weights are best.
# (002 puts "≈" there; it is the same place exactly.)  For fixed weights, set the derivative by σ² to 0:
# the best σ² is E‖x − x̂‖²/D, the mean squared error per coordinate, and there −log p = D/2 · (log(2πσ²)
# + 1).
#
# A scan over σ², by minidl's gaussian_nll, which was told nothing of this; x̂ is PCA's copy.
copy = painted["PCA"](x_train)
mse = float(losses.mse(copy, x_train))
scan = math.log(mse) + np.linspace(-1, 1, 201)                  # log σ², in steps of 0.01
nll = [float(losses.gaussian_nll(x_train[::20], copy[::20], log_var=s)) for s in scan]
here = math.log(losses.mse(copy[::20], x_train[::20]))          # every twentieth image is enough for a scan
best, at_mse = scan[np.argmin(nll)], float(losses.gaussian_nll(x_train, copy, log_var=math.log(mse)))
lesson.claim("the best σ² is the MSE, to a step of the scan", abs(best - here) <= 0.01, math.exp(best))
by_formula = D / 2 * (math.log(2 * math.pi * mse) + 1)
lesson.claim("there −log p = D/2 · (log 2πσ² + 1)", abs(at_mse - by_formula) < 1e-9 * D, at_mse)

# %%
# What goes wrong: to take this σ² for the noise
# ----------------------------------------------
# Let points lie on a plane in 20 dimensions, plus noise of variance 0.01 on each coordinate.  PCA with L
# = 2 takes the noise *within* the plane for signal.  So theory says MSE = 0.01 · (D − L)/D = 0.009, with
# a standard error of √(2/(N(D − L))) of that, the spread of a mean of N(D − L) squared Gaussians.
n, d, kept, noise = 5000, 20, 2, 0.01
plane = backend.rng().normal(size=(n, kept)) @ backend.rng().normal(size=(kept, d))
measured = pca(plane + backend.rng().normal(0, math.sqrt(noise), (n, d)), kept)[0] / d
deviations = (measured / (noise * (d - kept) / d) - 1) / math.sqrt(2 / (n * (d - kept)))
lesson.claim("MSE 0.009, not 0.010, within 4 standard errors", abs(deviations) < 4, (measured, deviations))

# %%
# Three habits to unlearn.  003 calls both the encoder and the loss f: they are two functions.  "MSE" is a
# mean over coordinates in 001 and 002, a sum in 003: the same best weights, until a penalty λR stands
# beside it; then λ means something D times larger or smaller.  And ‖x − x̂‖² can reach 0, where
# cross-entropy stops at the pixels' entropy (lesson 02).
#
# Try it yourself
# ---------------
# 1. Start the linear autoencoder at E = 0 and W = 0.  Why does nothing happen?
# 2. Put nn.ReLU() on the code of the linear autoencoder.  How far from PCA is it now?
# 3. Draw the arc over 180° instead of 270°.  What is now the best error of a linear encoder with any decoder?
#
# Sources
# -------
# K. Pearson (1901), On lines and planes of closest fit to systems of points in space.
# C. Eckart and G. Young (1936), The approximation of one matrix by another of lower rank.
# H. Bourlard and Y. Kamp (1988), Auto-association by multilayer perceptrons and singular value decomposition.
# P. Baldi and K. Hornik (1989), Neural networks and principal component analysis.
# M. Tipping and C. Bishop (1999), Probabilistic principal component analysis.
lesson.end()
