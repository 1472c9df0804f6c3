"""
Contractive autoencoders: the Jacobian penalty by hand
======================================================

Move an image a little.  How far does its code move?  The answer is a matrix for each image, the Jacobian, and
a contractive autoencoder pays for its size.  To train it takes the slope of a slope.  A pencil is enough.

Needs: lessons 01 and 17.
From: 000, "Contractive Encoders"; 001, "Contractive Autoencoders" and Q29.
Time: quick 10 s, full 2 min on two cores.
"""
import math
import time

import numpy as np

from lessons.book import begin
from minidl import Tensor, backend, functions, grad, init, losses, nn, ops, optim, plot, schedules, train

lesson = begin("23_contractive")

# %%
# One layer, two units
# --------------------
# The encoder is h = σ(x W + b), with σ the sigmoid, W (D, H).  Its Jacobian at x holds every slope
# ∂hᵢ/∂xⱼ.  As σ′ = σ(1 − σ),
#
#     ∂hᵢ/∂xⱼ = hᵢ(1 − hᵢ) Wⱼᵢ       ‖J‖² = Σᵢⱼ (∂hᵢ/∂xⱼ)² = Σᵢ (hᵢ(1 − hᵢ))² ‖wᵢ‖²       wᵢ: column i of W
#
# Let x = (1, 2), w₁ = (2, −1), b₁ = 0, w₂ = (1, 3), b₂ = ln 3 − 7.  Then x W + b = (0, ln 3) and h =
# (1/2, 3/4), so h(1 − h) = (1/4, 3/16), and
#
#     J = [[2/4, −1/4], [3/16, 9/16]]       ‖J‖² = 5/16 + 10 · 9/256 = 85/128
#
# Each number in J is a gradient of one code number, so the tape can write J, a row at a time.
x = Tensor(np.array([[1.0, 2]]))
w, b = Tensor(np.array([[2.0, 1], [-1, 3]])), Tensor(np.array([0, math.log(3) - 7]))
h = functions.sigmoid(x @ w + b)
J = np.array([backend.to_host(grad(h[0, i], [x])[0][0]) for i in range(2)])
penalty = losses.jacobian_penalty([h * (1 - h)], [w])
print("J =", J.round(6).tolist(), "  ‖J‖² =", penalty.item(), "  85/128 =", 85 / 128)
error = abs(J - [[2 / 4, -1 / 4], [3 / 16, 9 / 16]]).max() + abs(penalty.item() - 85 / 128)
lesson.claim("by pencil: J, and ‖J‖² = 85/128", error < 1e-14, penalty)

# %%
# Two ways to obey
# ----------------
# What does descent on ‖J‖² do to a weight?  W stands in ‖wᵢ‖², and, through h, in dᵢ = hᵢ(1 − hᵢ), whose
# own slope is d′ᵢ = dᵢ(1 − 2hᵢ).  Therefore
#
#     ∂‖J‖²/∂Wⱼᵢ  =  2 dᵢ² Wⱼᵢ   +   2 dᵢ d′ᵢ ‖wᵢ‖² xⱼ
#                    shrink          saturate: descent drives h > ½ towards 1, and h < ½ towards 0
#
# At h = ½ the second way is shut.  In our example the first unit sits there, and can only shrink.
d = (h * (1 - h)).array                                         # (1, 2)
slope, norms = d * (1 - 2 * h.array), (w.array ** 2).sum(axis=0)
shrink, saturate = 2 * d * d * w.array, x.array.T * (2 * d * slope * norms)
print("shrink:", shrink.tolist(), "  saturate:", saturate.tolist())
error = float(abs(shrink + saturate - grad(penalty, [w])[0]).max())
lesson.claim("shrink + saturate is the gradient of ‖J‖²", error < 1e-14, error)

# %%
# By hand, or by walking back twice
# ---------------------------------
# Without a formula, one would ask the tape: for each code number hᵢ its gradient by x, recorded
# (create_graph=True), squared and summed; then the gradient of that.  All examples go at once, for hᵢ of one
# example does not depend on the x of another.  For H units that is H walks back before the real one begins.
#
# For several layers minidl's formula is still short.  One example's Jacobian, transposed, is W₁ A, with A
# = diag(φ′₁) W₂ diag(φ′₂) …, so ‖J‖² = ‖W₁A‖² = Σ A ∘ (W₁ᵀW₁ A): the images' width appears only in the
# Gram matrix W₁ᵀW₁, once for the batch.
def by_double_backward(encode, x):
    """Mean over the examples of ‖∂h/∂x‖², row by row; encode: x (N, D) → h (N, H)."""
    x = Tensor(x)
    h, total = encode(x), 0
    for i in range(h.shape[1]):
        row, = grad(h[:, i].sum(), [x], create_graph=True)      # (N, D): ∂hᵢ/∂x of each example
        total = total + (row * row).sum()
    return total * (1 / len(x))

def encode(x, weights, biases):
    """The code of a stack of sigmoid layers, and each layer's h(1 − h)."""
    derivatives = []
    for w, b in zip(weights, biases):
        x = functions.sigmoid(x @ w + b)
        derivatives.append(x * (1 - x))
    return x, derivatives

# %%
# One, two and three layers; the decoder with weights of its own, or tied: each layer Wᵀ, the encoder's own
# matrix turned round.  (001 has a section on "Parameter Typing": this is it, parameter tying.)  Both ways the
# gradient of the whole loss, ‖x − x̂‖² + ‖J‖², by every parameter.
def normal(*shape):
    return Tensor(backend.rng().normal(size=shape) / math.sqrt(shape[0]))

sizes, images, rows = (30, 13, 11, 7), backend.uniform((5, 30), dtype=np.float64), []
for depth in (1, 2, 3):
    weights = [normal(n, m) for n, m in zip(sizes, sizes[1:depth + 1])]
    biases = [normal(m) for m in sizes[1:depth + 1]]
    for tied in (True, False):
        decoders = [w.T for w in weights] if tied else [normal(*w.shape[::-1]) for w in weights]
        h, derivatives = encode(images, weights, biases)
        ours = losses.jacobian_penalty(derivatives, weights)
        theirs = by_double_backward(lambda x: encode(x, weights, biases)[0], images)
        for v in reversed(decoders):
            h = h @ v                                           # a linear decoder
        error = losses.squared_error(h, images)
        learned = weights + biases + ([] if tied else decoders)
        slopes = zip(grad(error + ours, learned), grad(error + theirs, learned))
        apart = max(float(abs(a - b).max()) for a, b in slopes)
        name = f"{depth}, " + ("tied" if tied else "untied")
        rows.append((name, ours.item(), abs(ours.item() - theirs.item()), apart))
lesson.table(rows, header=("layers", "‖J‖²", "differs by", "gradient by"))
worst = max(max(row[2:]) for row in rows)
lesson.claim("by hand = double backward < 1e-10, ‖J‖² and the gradient", worst < 1e-10, worst)

# %%
# What does it save?  784 → 256, a batch of 64: the gradient of the penalty both ways.
x, w, b = backend.normal((64, 784)), Tensor(backend.normal((784, 256), 0.05)), Tensor(backend.normal(256))
seconds = []
for by_hand in (True, False):
    start = time.perf_counter()
    loss = (losses.jacobian_penalty(encode(x, [w], [b])[1], [w]) if by_hand
            else by_double_backward(lambda x: encode(x, [w], [b])[0], x))
    grad(loss, [w, b])
    seconds.append(time.perf_counter() - start)
print(f"by hand {seconds[0] * 1000:.0f} ms, by double backward {seconds[1] * 1000:.0f} ms")

# %%
# What goes wrong: the escape (000, 001)
# --------------------------------------
# 000 holds that the penalty "encourages the hidden representations to be insensitive".  Taken alone, it
# encourages small numbers.  Divide a ReLU's code by 100 and multiply the decoder by 100: the same
# picture, the same information, ‖J‖² 10,000 times smaller.  Nothing got more stable: ∂x̂/∂x has not
# changed at all.
#
# A sigmoid cannot be rescaled exactly.  But near 0 it is straight, σ(a) = ½ + a/4 − a³/48 + …  So PCA's
# axes V, times a small c, and the decoder 4/c · (h − ½) Vᵀ make a linear autoencoder (lesson 17) whose
# ‖J‖² is c²H/16 at most, H = 16 units.
#
# Tied weights close this way out.  The decoder is then c Vᵀ, x̂ is no longer than c²/4 times x, and a small c
# paints faint pictures: for c < 2 the error is at least (1 − c²/4)² of the variance.
(x_train, y_train), (x_test, y_test) = lesson.images()
x_train, x_test = x_train.reshape(len(x_train), -1), x_test.reshape(len(x_test), -1)    # (N, D)
D, few = x_train.shape[1], x_train[:500].astype(np.float64)
w, v, b = normal(D, 16).numpy(), normal(16, D).numpy(), normal(16).numpy()
code, small = functions.relu(few @ w + b), functions.relu(few @ (w / 100) + b / 100)
same = abs(code @ v - small @ (v * 100)).max()
sizes = [losses.jacobian_penalty([(code > 0) * 1.0], [matrix]) for matrix in (w, w / 100)]
lesson.claim("ReLU code / 100, decoder · 100: the same x̂, ‖J‖² 1e-4 of what it was",
             same < 1e-10 and abs(sizes[1] / sizes[0] / 1e-4 - 1) < 1e-10, sizes)

# %%
centred = few - few.mean(axis=0)
V = np.linalg.svd(centred, full_matrices=False)[2][:16].T       # (D, 16)
rows = []
for c in (3, 1, 0.3, 0.1, 0.03):
    h, (d,) = encode(centred, [c * V], [np.zeros(16)])
    untied, tied = (losses.squared_error(s * (h - 0.5) @ V.T, centred) for s in (4 / c, c))
    rows.append((c, losses.jacobian_penalty([d], [c * V]), untied, tied))
least, variance = losses.squared_error(centred @ V @ V.T, centred), (centred ** 2).sum(axis=1).mean()
lesson.table(rows, header=("c", "‖J‖²", "error, untied", "error, tied"))
lesson.claim("sigmoid units, untied: ‖J‖² goes to 0, the error to PCA's",
             untied / least - 1 < 1e-3 and rows[-1][1] <= c ** 2, (untied, least))
lesson.claim("tied: the error goes to the variance", tied >= (1 - c * c / 4) ** 2 * variance,
             (tied, variance))

# %%
# Plain, contractive, denoising
# -----------------------------
# So Rifai et al. (2011) tied theirs, and so do we: x̂ = σ(h Wᵀ + c), with cross-entropy for the pixels.  A
# plain autoencoder, contractive ones with λ = 0.2, 1, 5 and 25, and a denoising one, whose input is blurred
# by noise of deviation 0.3 (lesson 22).
class Tied(nn.Module):
    """σ(x W + b), and back by Wᵀ."""

    def __init__(self, pixels, units, penalty=0, noise=0):
        self.w = Tensor(init.glorot((pixels, units), pixels, units))
        self.b, self.c = (Tensor(np.zeros(n, np.float32)) for n in (units, pixels))
        self.penalty, self.noise = penalty, noise

    def forward(self, x):
        return functions.sigmoid(ops.affine(x, self.w, self.b))

    def loss(self, x):
        h = self(x + backend.normal(x.shape, self.noise) if self.noise and self.training else x)
        terms = {"copy": losses.bce_with_logits(ops.affine(h, self.w.T, self.c), x)}
        if self.penalty:
            terms["penalty"] = self.penalty * losses.jacobian_penalty([h * (1 - h)], [self.w])
        return terms

# %%
units, epochs, batch = (128, 40, 32) if lesson.data == "digits" else (400, 2, 128)
strengths = [f"λ = {l}" for l in (0.2, 1, 5, 25)]
designs = {"plain": {}, **{name: dict(penalty=float(name[4:])) for name in strengths},
           "denoising": dict(noise=0.3)}
models = {}
for name, settings in designs.items():
    print(f"{name} …", flush=True)
    models[name] = model = Tied(D, units, **settings)
    train.fit(model, lambda model, x: model.loss(x), (x_train,), epochs=epochs, batch_size=batch,
              optimizer=optim.Adam(model.parameters(), 0.003), schedule=schedules.cosine(0.003),
              quiet=lesson.quick)

# %%
# On new images: the mean of ‖J‖, its ratio to the plain one's, and that of the squares; the share of
# saturated units, h < 0.05 or h > 0.95; and the price, ‖x − x̂‖².  The mean image, which has no code at
# all, sets the scale.
def jacobian_norm(model, x):
    """‖J‖ of each example and h, by the pencil's formula; x (N, D) → (N,), (N, H)."""
    h = model.predict(x)
    return np.sqrt((h * (1 - h)) ** 2 @ (model.w.numpy() ** 2).sum(axis=0)), h

table, errors, ratios = [], {}, {}
for name, model in models.items():
    size, h = jacobian_norm(model, x_test)
    copy = functions.sigmoid(h @ model.w.numpy().T + model.c.numpy())
    errors[name] = ((x_test - copy) ** 2).sum(axis=1)                                   # (N,)
    plain = size if name == "plain" else plain
    ratios[name] = size.mean() / plain.mean()
    table.append((name, size.mean(), ratios[name], (size ** 2).mean() / (plain ** 2).mean(),
                  ((h < 0.05) | (h > 0.95)).mean(), errors[name].mean()))
errors["mean image"] = ((x_test - x_train.mean(axis=0)) ** 2).sum(axis=1)
table.append(("mean image", 0.0, 0.0, 0.0, 0.0, errors["mean image"].mean()))
lesson.table(table, header=("", "‖J‖", "of plain's", "squared", "saturated", "error"))
lesson.record("‖J‖ / plain's: " + ", ".join(ratios), list(ratios.values()))

# %%
# Rifai et al. (2011, table 1) measured 1000 units on MNIST: ‖J‖ 24 times smaller than plain for the
# contractive code, and 86 % of its units saturated, against 50 % of the plain one's.  But a ratio is no
# merit by itself: λ → ∞ gives ‖J‖ = 0 and the mean image.  What is left of the picture when ‖J‖ has come
# down to a tenth?
reached = next((name for name in strengths if ratios[name] <= 0.1), strengths[-1])
gain = errors["mean image"] - errors[reached]
deviations = gain.mean() / (gain.std() / math.sqrt(len(gain)))
published = {"plain": 17.5, "weight decay": 5.0, "denoising": 0.86, "contractive": 0.73}     # · 1e-4
ours = {**ratios, "contractive": ratios[reached]}
lesson.table([(name, size, size / 17.5, f"{ours[name]:.3f}" if name in ours else "–")
              for name, size in published.items()], header=("", "Rifai", "of plain's", f"ours, {reached}"))
explained = {name: float(1 - errors[name].mean() / errors["mean image"].mean()) for name in models}
lesson.claim("‖J‖ ≤ 0.1 of the plain one's, and a code that still beats the mean image by 5 standard errors",
             ratios[reached] <= 0.1 and deviations > 5, (ratios[reached], deviations))
lesson.record(f"share of the pixels' variance that {reached} still paints", explained[reached])
lesson.record("that the plain one paints", explained["plain"])
path = [(ratios[name], errors[name].mean()) for name in ("plain", *strengths)]
falls, rises = sorted(path, key=lambda p: -p[0]), sorted(path, key=lambda p: p[1])
lesson.claim("the exchange: as λ grows, ‖J‖ falls and the error rises", path == falls == rises, path)

# %%
# What is left?  Rifai et al. asked for the singular values of J: the factors by which the code stretches the
# directions of the input.  They are the roots of the eigenvalues of W diag(d²) Wᵀ, d = h(1 − h).  A code that
# follows the data keeps a few, along which digits differ, and flattens the rest.
def spectrum(model, x):
    """The singular values of J, falling, in the mean over the examples."""
    h, w = model.predict(x), model.w.numpy().astype(np.float64)
    squares = [np.linalg.eigvalsh((w * (d * d)) @ w.T)[::-1] for d in h * (1 - h)]
    return np.sqrt(np.clip(squares, 0, None)).mean(axis=0)

spectra = {name: spectrum(model, x_test[:20]) for name, model in models.items()}
shown = {name: values[:60] / values[0] for name, values in spectra.items()}
lesson.picture(plot.curves(shown, xlabel="singular value, by rank", ylabel="size, as a share of the largest"),
               "spectrum", "How many directions of the input the code still sees")
alive = {name: float(values.sum() ** 2 / (values ** 2).sum()) for name, values in spectra.items()}
lesson.record("directions in use, (Σs)²/Σs²: " + ", ".join(alive), list(alive.values()))

# %%
# And is it saturation or shrinking?  The code numbers themselves, over new images.
codes = {name: models[name].predict(x_test[:500]) for name in ("plain", "λ = 1", "λ = 25")}
lesson.picture(plot.histograms(codes, xlabel="code number h"), "saturation",
               "λ = 1 drives its units to 0 and 1; λ = 25 shrinks its weights")
norms = [float(np.linalg.norm(model.w.numpy())) for model in models.values()]
lesson.record("‖W‖: " + ", ".join(models), norms)

# %%
# Does it do what it says?  Small noise ε of variance σ² should move the code by E‖h(x + ε) − h(x)‖² = σ²‖J‖².
# Five standard errors are allowed, over 300 images with ten noises each, in float64.
deviations = []
for name, model in models.items():
    x, b, w = x_test[:300].astype(np.float64), model.b.numpy(), model.w.numpy().astype(np.float64)
    h = encode(x, [w], [b])[0]
    size = ((h * (1 - h)) ** 2) @ (w * w).sum(axis=0)
    noise = backend.rng().normal(0, 1e-4, (10, *x.shape))
    moved = ((encode(x + noise, [w], [b])[0] - h) ** 2).sum(axis=2).mean(axis=0) / 1e-8      # (300,)
    apart = moved - size
    deviations.append(float(apart.mean() / apart.std() * math.sqrt(len(x))))
lesson.claim("noise moves the code by σ²‖J‖²: standard errors off", max(map(abs, deviations)) < 5, deviations)

# %%
# Do they generalise better? (000, 001)
# -------------------------------------
# 000: contractive autoencoders "tend to generalize better on unseen data".  001 says it of regularised
# ones.  That is an observation, not a theorem, so we observe.  Softmax regression (lesson 02) on the
# codes of a few labelled images; new images, clean and with noise of deviation 0.3; and, against the
# plain code, McNemar's deviations (gained − lost)/√(gained + lost): beyond ±3 is hardly luck.  No setting
# was chosen by this table.
#
# What we saw (seed 0, MNIST): plain 88.0 %, λ = 1 90.5 %, ten deviations better, and still better under
# noise; λ = 25 67.4 %.  On the 8×8 digits, seeds 0 to 4, no contractive code did better than the plain
# one on clean images, and those with λ = 5 and 25 did far worse.  So "tend to" stands if λ is right for
# the data, and the smallest ‖J‖ is the wrong thing to ask for.
labels = 200 if lesson.data == "digits" else 1000
noisy = x_test + backend.to_host(backend.normal(x_test.shape, 0.3))

def right(features):
    """Which of the new images, clean and noisy, softmax regression on some features gets right."""
    h = features(x_train[:labels])
    centre, reader = h.mean(axis=0), nn.Dense(h.shape[1], 10)
    scale = 1 / np.sqrt(((h - centre) ** 2).mean())             # one number for the whole code
    optimizer = optim.Adam(reader.parameters(), 0.01)
    h, y = map(backend.to_device, ((h - centre) * scale, y_train[:labels]))
    for _ in range(200):
        train.train_step(lambda: losses.cross_entropy(reader(h), y), optimizer)
    return [reader.predict((features(x) - centre) * scale).argmax(axis=1) == y_test for x in (x_test, noisy)]

def against(found, plain):
    gained, lost = (found & ~plain).sum(), (plain & ~found).sum()
    return float((gained - lost) / max(1, gained + lost) ** 0.5)

found = {"pixels": right(lambda x: x)} | {name: right(model.predict) for name, model in models.items()}
lesson.table([(name, *(float(x.mean()) for x in pair), *(against(a, b) for a, b in zip(pair, found["plain"])))
              for name, pair in found.items()], header=("", "clean", "noisy", "± clean", "± noisy"))
for i, kind in enumerate(("clean", "noisy")):
    lesson.record(f"right, {kind}: " + ", ".join(found), [float(pair[i].mean()) for pair in found.values()])

# %%
# Try it yourself
# ---------------
# 1. Give the denoising model noise of deviation 1.  Does its ‖J‖ come near the contractive ones', as in
#    Rifai's table?
# 2. Start with b = −3 instead of 0.  Does the contractive model saturate more, or less?
# 3. Train the untied sigmoid autoencoder, decoder V free, with λ = 5.  Watch ‖J‖² and ‖∂x̂/∂x‖² apart.
#
# Sources
# -------
# S. Rifai, P. Vincent, X. Muller, X. Glorot and Y. Bengio (2011), Contractive auto-encoders: explicit
# invariance during feature extraction.
# G. Alain and Y. Bengio (2014), What regularized auto-encoders learn from the data-generating distribution.
# Q. McNemar (1947), Note on the sampling error of the difference between correlated proportions.
# I. Goodfellow, Y. Bengio and A. Courville (2016), Deep Learning, §7.9 and §14.7.
lesson.end()
