"""
Contractive autoencoders: the Jacobian penalty by hand
======================================================

Move an image a little.  How far does its code move?  The answer is a matrix for each image, the Jacobian.  A
contractive autoencoder is trained to make it small.  Is the code with the smallest slopes the best one?

Needs: lessons 01, 02 and 17.
From: the encoder notes (000), "Contractive Encoders"; lessons/DOCUMENTS.md says what they are.
New words: Jacobian, contractive, saturated, tied weights, weight decay, noise share.
Time: quick 10 s, full 3 min on two cores.
"""
import math

import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, functions, grad, init, losses, nn, ops, optim, plot, schedules, train
from minidl.tensor import tape

lesson = begin("23_contractive")

# %%
# One layer, two units
# --------------------
# The encoder is h = σ(x W + b) with the sigmoid σ(a) = 1/(1 + e⁻ᵃ) and W (D, H).  The Jacobian J of the code
# at x is the matrix of its slopes ∂hᵢ/∂xⱼ: a row for each code number, a column for each pixel.  So the tape
# can write it, a row at a time.  As σ′ = σ(1 − σ), let dᵢ = hᵢ(1 − hᵢ), and wᵢ be column i of W:
#
#     ∂hᵢ/∂xⱼ = dᵢ Wⱼᵢ       ‖J‖² = Σᵢⱼ (∂hᵢ/∂xⱼ)² = Σᵢ dᵢ² ‖wᵢ‖²
#
# Let x = (1, 2), w₁ = (2, −1), b₁ = 0, w₂ = (1, 3), b₂ = ln 3 − 7.  Then x W + b = (0, ln 3), h = (1/2, 3/4):
#
#     d = (1/4, 3/16)     J = [[2/4, −1/4], [3/16, 9/16]]     ‖J‖² = 5/16 + 10 · 9/256 = 85/128
x = Tensor(np.array([[1.0, 2]]))
w = Tensor(np.array([[2.0, 1], [-1, 3]]))
h = functions.sigmoid(x @ w + backend.to_device(np.array([0, math.log(3) - 7])))
jacobian = np.array([backend.to_host(grad(h[0, i], [x])[0][0]) for i in range(2)])
penalty = losses.jacobian_penalty([h * (1 - h)], [w])
lesson.check("by pencil: J", abs(jacobian - [[2 / 4, -1 / 4], [3 / 16, 9 / 16]]).max() < 1e-14, jacobian)
lesson.check("by pencil: ‖J‖² = 85/128", abs(penalty.item() - 85 / 128) < 1e-14, penalty.item())

# %%
# Two ways to obey
# ----------------
# What does descent on ‖J‖² do to a weight?  W stands in ‖wᵢ‖², and in dᵢ, whose own slope is dᵢ(1 − 2hᵢ):
#
#     ∂‖J‖²/∂Wⱼᵢ  =  2 dᵢ² Wⱼᵢ   +   2 dᵢ² (1 − 2hᵢ) ‖wᵢ‖² xⱼ
#                    shrink          saturate: descent drives h > ½ towards 1, and h < ½ towards 0
#
# The first way makes the weights smaller, the second d: a unit near 0 or 1 is saturated, it hardly moves.  At
# h = ½ the second way is closed: our first unit can only shrink.
d = (h * (1 - h)).array                                         # (1, 2)
shrink = 2 * d * d * w.array
saturate = x.array.T * (2 * d * d * (1 - 2 * h.array) * (w.array ** 2).sum(axis=0))
apart = abs(shrink + saturate - grad(penalty, [w])[0]).max()
lesson.check("shrink + saturate is the gradient of ‖J‖²", float(apart) < 1e-14, (shrink, saturate))

# %%
# By hand, or by walking back twice
# ---------------------------------
# Without a formula, ask the tape: for each hᵢ its gradient by x, recorded (create_graph=True), squared and
# summed; then the gradient of that.  256 code numbers are 256 walks back, before the one that trains.  Guess
# first: how many results does the tape hold then, and how many by hand?
def by_double_backward(images, weights, bias):
    """Mean over the examples of ‖∂h/∂x‖², row by row."""
    code, total = functions.sigmoid(images @ weights + bias), 0
    for i in range(code.shape[1]):
        row, = grad(code[:, i].sum(), [images], create_graph=True)          # (N, D): ∂hᵢ/∂x of each example
        total = total + (row * row).sum()
    return total * (1 / len(images))

rng = lesson.rng("by hand")
batch, matrix, bias = (Tensor(rng.normal(size=shape)) for shape in ((5, 30), (30, 256), 256))
code = functions.sigmoid(batch @ matrix + bias)
ways = losses.jacobian_penalty([code * (1 - code)], [matrix]), by_double_backward(batch, matrix, bias)
print("results on the tape, by hand and by walking back twice:", [len(tape(way)) for way in ways])
pairs = zip(*(grad(way, [matrix, bias]) for way in ways))
lesson.check("by hand = double backward, to 1e-10", all(abs(a - b).max() < 1e-10 for a, b in pairs))

# %%
# What goes wrong: the escape
# ---------------------------
# Taken alone, the penalty asks for small numbers, not for stable ones.  Divide a ReLU's code by 100, multiply
# the decoder by 100: the same picture, the same information, and ‖J‖² is 10,000 times smaller.
#
# A sigmoid cannot be rescaled exactly.  But near 0 it is straight, σ(a) ≈ ½ + a/4.  Let W be PCA's axes V
# (lesson 17) times a small c, and the decoder 4/c · (h − ½) Vᵀ.  With 16 units ‖J‖² is c² at most, and the
# error PCA's, however small c is.  Tied weights close this way out: the decoder is W again, turned round.
# Then x̂ = c (h − ½) Vᵀ is at most c²/4 times x: for c < 2, at least (1 − c²/4)² of the variance is lost.
(x_train, y_train), (x_test, y_test) = lesson.images(flat=True)             # (N, D)
mean, axes16, _ = judge.pca(x_train.astype(np.float64), 16)
centred = x_train[:1000] - mean
c = 0.1
small = functions.sigmoid(c * centred @ axes16)
size = losses.jacobian_penalty([small * (1 - small)], [c * axes16])
untied, tied = (back * (small - 0.5) @ axes16.T for back in (4 / c, c))
ratio = losses.squared_error(untied, centred) / losses.squared_error(centred @ axes16 @ axes16.T, centred)
lost = losses.squared_error(tied, centred) / (centred ** 2).sum(axis=1).mean()
lesson.check("untied: ‖J‖² ≤ c², error / PCA's = 1", size <= c * c and abs(ratio - 1) < 0.01, (size, ratio))
lesson.check("tied: error / variance ≥ (1 − c²/4)²", lost >= (1 - c * c / 4) ** 2, lost)

# %%
# Plain, contractive, decayed
# ---------------------------
# Rifai et al. (2011) tied the weights, and so do we: x̂ = σ(h Wᵀ + b′), with the cross-entropy of the pixels
# (lesson 02), plus λ‖J‖².  The rival is weight decay, plus 0.03‖W‖²: it shrinks, but no unit has to saturate.
# One more network is contractive, but untied.  W starts as uniform noise between ±√(6/(D + H)): then signals
# neither grow nor fade on their way (Glorot and Bengio 2010).
class Autoencoder(nn.Module):
    """Codes h = σ(x W + b), and back to logits by Vᵀ, which is Wᵀ if tied."""
    def __init__(self, pixels, units, contract=0, decay=0, tied=True):
        self.w = Tensor(init.glorot((pixels, units), pixels, units))
        self.v = self.w if tied else Tensor(init.glorot((pixels, units), pixels, units))
        self.b, self.b2 = (Tensor(np.zeros(n, np.float32)) for n in (units, pixels))
        self.contract, self.decay = contract, decay

    def forward(self, images):
        return functions.sigmoid(ops.affine(images, self.w, self.b))

    def loss(self, images):
        code = self(images)
        penalty = self.contract * losses.jacobian_penalty([code * (1 - code)], [self.w])
        return {"copy": losses.bce_with_logits(ops.affine(code, self.v.T, self.b2), images),
                "penalty": penalty + self.decay * losses.l2([self.w])}

# %%
# All start from the same W and see the same batches.  The learning rate falls along half a cosine, from 0.003
# to 0.  Rifai et al. trained to convergence and chose λ; we train for few epochs, 6 on MNIST, and show all λ.
units, epochs, batch_size, few = lesson.pick(digits=(128, 40, 32, 200), mnist=(400, 6, 128, 1000))
strengths = lesson.pick(digits=(0.2, 1, 5, 25), mnist=(1, 5, 25, 100))
line = {"plain": {}} | {f"λ = {strength}": {"contract": strength} for strength in strengths}
beside = {"weight decay": {"decay": 0.03}, "untied": {"contract": strengths[-1], "tied": False}}
models = {}
for name, settings in (line | beside).items():
    print(f"{name} …", flush=True)
    lesson.rng("training")
    models[name] = Autoencoder(x_train.shape[1], units, **settings)
    train.fit(models[name], lambda model, images: model.loss(images), (x_train,), epochs=epochs,
              batch_size=batch_size, optimizer=optim.Adam(models[name].parameters(), 0.003),
              schedule=schedules.cosine(0.003), quiet=lesson.quick)

# %%
# The exchange
# ------------
# Let A be the best network for λ, B the best for μ > λ, E the error, P = ‖J‖².  Each is best at its own loss:
#
#     E_A + λ P_A ≤ E_B + λ P_B     E_B + μ P_B ≤ E_A + μ P_A     the sum:  (μ − λ) P_B ≤ (μ − λ) P_A
#
# So the larger λ has the smaller P and, by the first inequality, the larger E: for the best networks, on the
# training images.  Do ours obey on new ones?  As ‖J‖² = Σ dᵢ²‖wᵢ‖², it is ‖W‖² times a mean of d².  Shrinking
# shows in ‖W‖², saturation in d², which is 1/16 = 0.0625 at most.
codes, copies, sizes, facts = {}, {"image": x_test}, {}, {}
for name, model in models.items():
    codes[name] = model.predict(x_test)
    copies[name] = 1 / (1 + np.exp(-codes[name] @ model.v.numpy().T - model.b2.numpy()))
    weight = (model.w.numpy() ** 2).sum(axis=0)                             # (H,): ‖wᵢ‖²
    sizes[name] = (codes[name] * (1 - codes[name])) ** 2 @ weight           # (N,): ‖J‖²
    facts[name] = (sizes[name].mean(), weight.sum(), sizes[name].mean() / weight.sum(),
                   ((copies[name] - x_test) ** 2).sum(axis=1).mean())
lesson.table([(name, *row) for name, row in facts.items()], ["", "‖J‖²", "‖W‖²", "mean d²", "error"])
steps = [facts[name][0] for name in line]
lesson.claim("‖J‖² falls as λ grows: least ratio", np.divide(steps[:-1], steps[1:]).min(), above=1)
lesson.claim("λ = 1 saturates: mean d² / plain's", facts["λ = 1"][2] / facts["plain"][2], below=1)
side = math.isqrt(x_test.shape[1])
shown = {name: images[:9].reshape(9, side, side) for name, images in copies.items()}
lesson.picture(plot.image_rows(shown), "copies", "Nine new images and their copies: what a small ‖J‖ costs.")

# %%
# What a small ‖J‖ does not show
# ------------------------------
# Small noise ε of deviation s moves the code by E‖h(x + ε) − h(x)‖² = s²‖J‖².  Is that far?  It is where the
# codes of different images lie close together.  Two of them are 2 Var h apart, the variance summed over the
# units.  So look at the noise share E‖h(x + ε) − h(x)‖² / (2 Var h), for s = 0.3: divide the code by 100, and
# it stays.  And what can be read from the code?  Softmax regression learns it from a few labels (lesson 02).
# Rivals: PCA, and the nearest image in pixels.  Guess first: whose noise share is smallest?
noise = lesson.rng("noise").normal(size=x_test.shape).astype(np.float32)
encoders = {name: model.predict for name, model in models.items()}
encoders["PCA, 16 axes"] = lambda images: (images - mean) @ axes16
shares, hits = {}, {}
for name, encoder in encoders.items():
    clean = encoder(x_test)
    moved = ((encoder(x_test + 0.3 * noise) - clean) ** 2).sum(axis=1).mean()
    shares[name] = moved / (2 * clean.var(axis=0).sum())
    hits[name] = judge.softmax_regression(encoder(x_train[:few]), y_train[:few], clean) == y_test
hits["nearest, in pixels"] = judge.nearest(x_train[:few], y_train[:few], x_test) == y_test
read = {name: 100 * hit.mean() for name, hit in hits.items()}
leads = {name: judge.lead(hit, hits["plain"]) for name, hit in hits.items()}
lesson.table([(name, shares.get(name, "–"), read[name], leads[name]) for name in hits],
             ["", "noise share", "read, %", "lead over plain"])

# %%
# The lead counts images that only one of two codes reads, in deviations: beyond ±2 it is hardly luck.
figure, axes = plot.panels(2)
names = ("noise share", "PCA, 16 axes"), ("digits read, %", "nearest, in pixels")
for ax, values, (ylabel, rival) in zip(axes, (shares, read), names):
    ax.plot([values[name] for name in line], "o-", color=plot.COLOURS[0])
    ax.plot(4, values["untied"], "o", color=plot.COLOURS[1])
    ax.annotate("untied", (4, values["untied"]), (-6, -3), textcoords="offset points", ha="right")
    ax.axhline(values[rival], color=plot.GREY, linewidth=0.6)
    ax.text(1, values[rival], rival.replace(", ", "\n"), transform=ax.get_yaxis_transform(), va="center")
    ax.set(ylabel=ylabel, xticks=range(5), xticklabels=line)
axes[0].set_yscale("log")
caption = "‖J‖ falls along the blue line; red has the line's last λ, but is untied.  Look whether blue turns."
lesson.picture(figure, "reading", caption)

# %%
# What does the penalty buy?  Noise shares are compared by their ratio to plain's, readings by their lead.
strongest = list(line)[-1]
step = ((encoders["λ = 1"](x_test + 0.01 * noise) - codes["λ = 1"]) ** 2).sum(axis=1) / 0.01 ** 2
off = judge.standard_errors(step / sizes["λ = 1"], 1)
lesson.claim("noise moves the code by s²‖J‖²: standard errors off", abs(off), below=5)
lesson.claim("λ = 1 is more stable than plain", shares["λ = 1"] / shares["plain"], below=1)
lesson.claim(f"{strongest}, the smallest tied ‖J‖, is less", shares[strongest] / shares["plain"], above=1)
lesson.claim(f"plain is read better than {strongest}", judge.lead(hits["plain"], hits[strongest]), above=2)
lesson.claim(f"so is untied, with the same {strongest}", judge.lead(hits["untied"], hits[strongest]), above=2)
rivals = [judge.lead(hits["λ = 1"], hits[name]) for name in ("plain", "weight decay", "nearest, in pixels")]
lesson.claim("λ = 1 is read better than all three rivals", min(rivals), above=2, full=True, data="mnist")

# %%
# Three sentences of the encoder notes (000)
# ------------------------------------------
# "Mathematically, the contractive penalty term is:" (How Contractive Encoders Work, 2)  The formula after it,
# ‖x − x̂‖² + λ Σ(∂hᵢ/∂xⱼ)², is the whole loss.  The penalty is the sum alone, as their next item says.
#
# "In contractive encoders, regularization is done through the contractive penalty, which encourages the
# hidden representations to be insensitive to small perturbations in the input data." (Comparison, 2)  It
# encourages a small ‖J‖.  Whether the code is insensitive, its noise share says: see the claims.
#
# "By discouraging the model from learning overly sensitive or fragile representations, contractive
# autoencoders tend to generalize better on unseen data." (Advantages, 1)  No theorem says so, and the notes
# measure nothing.  Our measure is reading: look which λ lead plain here, and which lose.
print(f"at λ = 1: ‖x − x̂‖² = {facts['λ = 1'][3]:.3g}, the penalty ‖J‖² = {facts['λ = 1'][0]:.3g}")
print("lead over plain on unseen images:", ", ".join(f"{name} {leads[name]:.1f}" for name in line))

# %%
# Try it yourself
# ---------------
# 1. (Easy.)  Start with b = −3 instead of 0.  Does the plain network saturate more, and which claims change?
# 2. (Easy.)  Let the penalty shrink only: make code * (1 - code) a constant by .array.  What does mean d² do?
# 3. (Hard.)  Train "untied" five times as long.  How large is ‖∂x̂/∂x‖²?  jacobian_penalty takes two layers.
#
# Remember
# --------
# - J holds the slopes of the code.  For a sigmoid layer ‖J‖² = Σ dᵢ²‖wᵢ‖²: no double backward is needed.
# - A unit obeys by shrinking or by saturating.  A free decoder undoes the shrinking: tie it.
# - A small ‖J‖ is no merit by itself: ask how far noise moves the code, compared with another image.
#
# Sources
# -------
# The encoder notes (000).  S. Rifai et al. (2011), Contractive auto-encoders: explicit invariance during
# feature extraction.  X. Glorot and Y. Bengio (2010), Understanding the difficulty of training deep
# feedforward neural networks.
lesson.end()
