"""
The undercomplete autoencoder, and PCA
======================================

An image of 784 numbers has to pass through a code of eight, and to be the same image behind it.  Which eight?
If everything is linear, the answer has been known since 1901.  What must bend before a network keeps more?

Needs: lessons 02 and 39.
From: the course notes (001), "Undercomplete Autoencoders"; lessons/DOCUMENTS.md says what they are.
New words: autoencoder, code, undercomplete, PCA, covariance, flat, principal angle, likelihood.
Time: quick 10 s, full 2 min on two cores.
"""
import functools

import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import backend, init, losses, nn, optim, plot, schedules, train

lesson = begin("17_autoencoder")

# %%
# Four points, one number each
# ----------------------------
# An *autoencoder* is two functions.  The encoder turns an example x of D numbers into a *code* z of L, the
# decoder turns the code into x̂.  Both are trained to make the mean of ‖x − x̂‖² small.  With L < D the
# autoencoder is *undercomplete*: it cannot copy, it has to choose.
#
# Take the points ±(3, 1) and ±(1, 3), so D = 2, and L = 1.  Their mean is 0.  Their *covariance* C, the mean
# of xᵀx, is [[5, 3], [3, 5]].  Along (1, 1)/√2 the variance is 8, along (1, −1)/√2 it is 2.  The code z =
# x₁ + x₂ with decoder x̂ = (z/2, z/2) sends (3, 1) to (2, 2).  The error is 1² + 1² = 2: the variance that is
# dropped.  This is *PCA*, principal component analysis.  What we need of it:
#
#     Axes v₁, v₂, … at right angles, the eigenvectors of C: v₁ has the largest variance, its eigenvalue λ₁,
#     v₂ the largest of what is left, …  PCA keeps v₁ … v_L; its error is what it drops, λ_L₊₁ + … + λ_D.
points = np.array([[3.0, 1], [1, 3], [-3, -1], [-1, -3]])
_, axis, pair = judge.pca(points, 1)
dropped = float(losses.squared_error(points @ axis @ axis.T, points))
lesson.check("by pencil: variances 8 and 2, error 2", np.allclose((*pair, dropped), (8, 2, 2)))

# %%
# Why no linear decoder can win against PCA
# -----------------------------------------
# A linear decoder says x̂ = z W + b.  Whatever z is, x̂ lies in one *flat* piece of space: b plus mixtures of
# the L rows of W.  So two things are true of every encoder, however deep:
#
#     ‖x − x̂‖²  ≥  ‖x − the point of the flat nearest to x‖²
#     its mean  ≥  λ_L₊₁ + … + λ_D                    PCA's flat is the best one (Eckart and Young 1936)
#
# For the second, let the flat go through the mean, spanned by unit vectors q₁ … q_L at right angles.  It
# loses Σⱼ λⱼ (1 − cⱼ), with cⱼ = Σₖ (vⱼ·qₖ)².  Each cⱼ is between 0 and 1, and Σⱼ cⱼ = L.  To lose least,
# spend these L on the largest λ.
#
# A linear encoder sees no more of x than C: if the mean is 0, E‖x − x E W‖² depends on C alone.  So the D
# vectors √(D λⱼ) vⱼ, whose covariance is C, stand in for all N images, and a step on them is cheap.
(x_train, _), (x_test, _) = lesson.images(flat=True)                        # (N, D), pixels 0–1
images = x_train.astype(np.float64)                                         # as this is a theorem
D, L, side = images.shape[1], 8, int(images.shape[1] ** 0.5)
mean, axes, variances = judge.pca(images, L)                                # (D,), (D, L), (D,)
stand_in = backend.to_device((judge.pca(images, D)[1] * np.sqrt(D * variances)).T)
least = variances[L:].sum()                                                 # PCA's error

# %%
# The linear autoencoder
# ----------------------
# Two matrices, E (D, L) and W (L, D), started small.  We descend with Nesterov's momentum (lesson 39):
#
#     v ← μ v + g          w ← w − η (g + μ v)          a step to where the velocity is about to lead
#
# As we go, we note the angle between PCA's axis vₖ and the decoder's flat: at 0° the decoder has found vₖ.
def small(shape, fan_in, fan_out):
    return backend.normal(shape, 0.01, np.float64)

def basis(w):                                                               # (L, D) → (D, L)
    return np.linalg.qr(w.T)[0]                 # unit vectors at right angles, in the flat of the rows of w

lesson.rng("linear autoencoder")
encoder, decoder = nn.Dense(D, L, bias=False, init=small), nn.Dense(L, D, bias=False, init=small)
linear = nn.Sequential(encoder, decoder)
momentum = optim.SGD(linear.parameters(), 0.015 / variances[0], momentum=0.98, nesterov=True)
errors, angles = [], []
for look in range(200):
    errors += train.descend(lambda: losses.squared_error(linear(stand_in), stand_in), momentum, 10)["loss"]
    angles.append(np.degrees(np.arccos(np.linalg.norm(axes.T @ basis(decoder.w.numpy()), axis=1).clip(0, 1))))
    if look % 50 == 49:
        print(f"step {len(errors)}: linear autoencoder / PCA − 1 = {errors[-1] / least - 1:.2g}", flush=True)

# %%
# Small weights grow at a pace that the variance sets (Saxe et al. 2014).  Guess first: which axis comes last?
found_at = 10 + 10 * np.argmax(np.array(angles) < 10, axis=0)               # (L,): the step that reaches 10°
wait = found_at[-2:].mean() / found_at[:2].mean()
lesson.claim("v7 and v8 are found later than v1 and v2, times", wait, above=2)
figure, (ax,) = plot.panels(1, height=2.2)
for k in range(L):
    ax.plot(variances[k], found_at[k], "o", color=plot.COLOURS[0])
    ax.annotate(f"v{k + 1}", (variances[k], found_at[k]), (0, 5), textcoords="offset points", ha="center")
ax.set(xlabel="variance λ along the axis (pixel²)", ylabel="found at step", ylim=(0, 1.2 * found_at.max()))
lesson.picture(figure, "found", "The step at which the decoder's flat comes within 10° of each PCA axis.  "
               f"v7 and v8 take {wait:.1f} times as long as v1 and v2.")

# %%
# The flat, not the axes
# ----------------------
# The *principal angles* θ₁ … θ_L between two flats say how far to turn one until it is the other.  By the
# sum above, a turned flat loses at least (λ_L − λ_L₊₁) Σ sin²θ.  Near PCA's error, a flat is near PCA's.
E, W = encoder.w.numpy(), decoder.w.numpy()
centred = images - mean
linear_copy = centred @ E @ W                                               # of the images themselves
error = float(losses.squared_error(linear_copy, centred))
lesson.check("linear autoencoder ≥ PCA, at every step", min(*errors, error) > least * (1 - 1e-9))
lesson.claim("linear autoencoder / PCA − 1", error / least - 1, below=1e-4)
sines = np.linalg.svd(basis(W) - axes @ (axes.T @ basis(W)))[1][:L]         # of the principal angles
turned, bound = (sines ** 2).sum(), (error - least) / (variances[L - 1] - variances[L])
lesson.check("Σ sin²θ ≤ (error − PCA's) / (λ_L − λ_L₊₁)", turned <= bound + 1e-12, (turned, bound))

# %%
# For any invertible M, the encoder E M with the decoder M⁻¹ W gives the same x̂: nothing in training prefers
# PCA's axes.  Still, PCA is in there: the axes of the copies x̂ are v₁ … v_L, up to a sign.
M = lesson.rng("another basis").normal(size=(L, L))
lesson.check("E M with M⁻¹ W: the same x̂", np.allclose(centred @ E @ M @ np.linalg.solve(M, W), linear_copy))
copy_axes = judge.pca(linear_copy, L)[1]
copy_axes = copy_axes * np.sign((copy_axes * axes).sum(axis=0))
lesson.claim("axes of x̂ and PCA's: largest 1 − cosine", 1 - (copy_axes * axes).sum(axis=0).min(), below=0.01)
rows = {"PCA's axes": axes, "decoder's rows": W.T, "axes of x̂": copy_axes}
figure = plot.image_rows({name: x.T.reshape(L, side, side) for name, x in rows.items()}, signed=True)
lesson.picture(figure, "axes", "Look how the decoder's rows mix PCA's axes, and whether x̂ has PCA's axes.")

# %%
# What goes wrong: no bias, no centring
# -------------------------------------
# A linear map without a bias sends 0 to 0: its flat goes through the origin, not through the mean.  Move the
# four points by m = (4, −4).  The mean of xᵀx becomes C + mᵀm = [[21, −13], [−13, 21]]: 34 along (1, −1)/√2,
# 8 along (1, 1)/√2.  The best line through the origin points at the mean, and loses the 8 that PCA keeps.
moved = backend.to_device(points + [4.0, -4])

def trained(bias):                              # the error of a linear autoencoder 2 → 1 → 2, once trained
    lesson.rng("moved points")
    net = nn.Sequential(nn.Dense(2, 1, bias=bias, init=small), nn.Dense(1, 2, bias=bias, init=small))
    optimizer = optim.SGD(net.parameters(), 0.002, momentum=0.95, nesterov=True)
    return train.descend(lambda: losses.squared_error(net(moved), moved), optimizer, 2000)["loss"][-1]

lesson.claim("moved points, without a bias: error", trained(bias=False), near=8, within=0.01)
lesson.claim("moved points, with a bias: error", trained(bias=True), near=2, within=0.01)

# %%
# What bends, wins
# ----------------
# Now one of the two may bend.  Which?  The smallest curved data are an arc: 270° of the unit circle, (sin t,
# cos t), through L = 1.  Guess first: PCA's error is 0.3038; what is left if only the encoder bends, if only
# the decoder, if both?  Theory knows:
#
#     PCA, bent → linear     ½ + ½ sin 2a / 2a − (sin a / a)², with a = 135°                    = 0.3038
#     linear → bent          at best z = sin t; two t with one z get their mean: (½π − 1)/1½π   = 0.1211
#     bent → bent            z = t                                                              = 0
a = 0.75 * np.pi
t = (np.arange(360) + 0.5) / 360 * 2 * a - a
arc = np.stack([np.sin(t), np.cos(t)], axis=1).astype(np.float32)           # (360, 2)
arc_mean, arc_axis, (_, arc_least) = judge.pca(arc.astype(np.float64), 1)
formula = 0.5 + 0.5 * np.sin(2 * a) / (2 * a) - (np.sin(a) / a) ** 2
lesson.check(f"PCA on the arc: the formula's {formula:.4f}", abs(arc_least / formula - 1) < 1e-4, arc_least)

def autoencoder(design, *sizes, bend):          # a linear part is one Dense layer; the decoder is mirrored
    down, up = (sizes if part == "bent" else (sizes[0], sizes[-1]) for part in design.split(" → "))
    part = functools.partial(networks.mlp, bend=bend, init=init.glorot)     # a start for tanh: lesson 39
    return nn.Sequential(part(*down), part(*up[::-1]))

# %%
DESIGNS, floor = ("linear → bent", "bent → linear", "bent → bent"), 0.1211  # encoder → decoder
copies, lowest = {"PCA": (arc - arc_mean) @ arc_axis @ arc_axis.T + arc_mean}, {}
for design in DESIGNS:
    lesson.rng(f"arc, {design}")
    net, x = autoencoder(design, 2, 16, 16, 1, bend=nn.Tanh), backend.to_device(arc)
    history = train.descend(lambda: losses.squared_error(net(x), x), optim.Adam(net.parameters()), 1000,
                            schedule=schedules.cosine(0.02))                # Adam: lesson 39
    copies[design], lowest[design] = net.predict(arc), min(history["loss"])
on_arc = {name: float(losses.squared_error(painted, arc)) for name, painted in copies.items()}
shares = lowest["bent → linear"] / arc_least, lowest["linear → bent"] / floor
lesson.check("arc, every step: bent → linear ≥ PCA, linear → bent ≥ 0.1211", min(shares) > 1 - 1e-5, shares)

# %%
lesson.claim("arc: bent → linear / PCA − 1", on_arc["bent → linear"] / arc_least - 1, below=0.01)
lesson.claim("arc: linear → bent / 0.1211 − 1", on_arc["linear → bent"] / floor - 1, below=0.25)
lesson.claim("arc: bent → bent", on_arc["bent → bent"], below=0.01)
figure, row = plot.panels(4, height=1.9, sharex=True, sharey=True)
for ax, (name, painted) in zip(row, copies.items()):
    ax.plot(*np.stack([arc[::12], painted[::12]]).transpose(2, 0, 1), color="#bbbbbb", linewidth=0.6)
    ax.plot(*arc.T, color=plot.GREY, linewidth=1)
    ax.plot(*painted.T, color=plot.COLOURS[1], linewidth=1.6)
    ax.set(title=f"{name}\nerror {on_arc[name]:.4f}", aspect="equal", xlabel="x₁")
row[0].set(ylabel="x₂")
lesson.picture(figure, "arc", "Grey: the arc.  Red: its copy.  Thin: from a point to its copy.")

# %%
# The same on images
# ------------------
# The theorem speaks of the images that PCA was fitted to.  There bent → linear can reach PCA if it is trained
# to the end, and not pass it.  To take v₉ for v₈ would cost λ₈ − λ₉; half of that is our limit.  The networks
# get x − mean: else, as no pixel is below 0, a step moves the weights of a unit all one way.
rate, epochs, batch = lesson.pick(digits=(0.01, 300, 64), mnist=(0.005, 30, 256))
fitted, new = centred.astype(np.float32), (x_test - mean).astype(np.float32)
painters = {"PCA": lambda x: x @ axes @ axes.T}
for design in DESIGNS:
    print(f"{design} …", flush=True)
    lesson.rng(f"images, {design}")
    deep = autoencoder(design, D, 128, L, bend=nn.ReLU)
    train.fit(deep, lambda net, x: losses.squared_error(net(x), x), [fitted], epochs=epochs, batch_size=batch,
              optimizer=optim.Adam(deep.parameters()), schedule=schedules.cosine(rate), quiet=lesson.quick)
    painters[design] = deep.predict

# %%
left = {name: [((f(x) - x) ** 2).sum(axis=1) for x in (fitted, new)] for name, f in painters.items()}
means = {name: [each.mean() for each in both] for name, both in left.items()}
lesson.table([(name, *both) for name, both in means.items()], header=("", "error, fitted", "error, new"))
excess = means["bent → linear"][0] / least - 1
lesson.check("images: bent → linear ≥ PCA", excess > -1e-5, excess)
lesson.claim("images: bent → linear / PCA − 1", excess, below=(variances[L - 1] - variances[L]) / least / 2)
for design in ("linear → bent", "bent → bent"):
    gain = judge.standard_errors(left["PCA"][1] - left[design][1])
    lesson.claim(f"new images: {design} is below PCA by standard errors", gain, above=2)
tiles = {name: (f(new[::37][:8]) + mean).reshape(-1, side, side).clip(0, 1)
         for name, f in {"new images": np.copy, **painters}.items()}
lesson.picture(plot.image_rows(tiles), "images", f"New images, and what is left of them behind {L} numbers.  "
               f"Error: PCA {means['PCA'][1]:.2f}, bent → bent {means['bent → bent'][1]:.2f}.")

# %%
# The documents' errata
# ---------------------
# 1. The course notes (001), Undercomplete Autoencoders: "If the encoder and decoder are linear and the loss
#    function is the mean squared error, then it reduces to Principal Component Analysis."  It needs biases or
#    centred data: error 8 without, 2 with.  And it finds PCA's flat, not its axes: any M may stand between.
# 2. There, Regularizing Autoencoders 1: "When the decoder is linear and the loss function is mean squared
#    error, an undercomplete autoencoder learns the same subspace as Principal Component Analysis (PCA)."  It
#    asks for less, and is right: a bent encoder gains nothing.  It is the decoder that must not bend.
# 3. The cube report (002), equation 4, has "≈" between least squares and the largest *likelihood*, p(x | z)
#    under Gaussian noise of a fixed variance σ² around x̂.  It is "=": only the last term of −log p =
#    D/2 log 2πσ² + ‖x − x̂‖²/2σ² knows the weights.  With σ = 1, the rest is one number for all four copies:
rest = [float(losses.gaussian_nll(new, f(new))) - means[name][1] / 2 for name, f in painters.items()]
lesson.check("−log p − ½ ‖x − x̂‖² = D/2 log 2π", np.allclose(rest, D / 2 * np.log(2 * np.pi)), rest)
#
# Try it yourself
# ---------------
# 1. In `trained`, let both matrices start at 0.  What are the two errors now, and why?
# 2. Let the arc go over 180° instead of 270°.  What is now the best error of a linear encoder?
# 3. (hard) Tie the two matrices, x̂ = x Wᵀ W.  What becomes of the decoder's rows?  Are they PCA's axes?
#
# Remember
# --------
# - No autoencoder with a linear decoder is better than PCA, whatever its encoder.
# - A linear autoencoder with biases finds PCA's flat, the large variances first, but not PCA's axes.
# - It is the decoder that has to bend.  If both bend, the code can follow a curve.
#
# Sources
# -------
# The course notes (001); the cube report (002).  K. Pearson (1901), On lines and planes of closest fit.
# C. Eckart and G. Young (1936), The approximation of one matrix by another of lower rank.
# H. Bourlard and Y. Kamp (1988), Auto-association by multilayer perceptrons and singular value decomposition.
# P. Baldi and K. Hornik (1989), Neural networks and principal component analysis.
# A. Saxe, J. McClelland and S. Ganguli (2014), Exact solutions to … learning in deep linear neural networks.
lesson.end()
