"""
Denoising autoencoders
======================

A network sees a spoiled image, and is trained to give back the clean one.  Many clean images may have been
spoiled into this one.  What is the best answer, and what must a network learn to give it?

Needs: lessons 02, 03, 10, 17 and 39.
From: the course notes (001), "Denoising Autoencoders"; lessons/DOCUMENTS.md says what they are.
New words: denoising, posterior mean, score, Wiener filter, Jacobian, Laplacian, transposed convolution.
Time: quick 10 s, full 3 min on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import backend, functions, init, losses, nn, optim, plot, schedules, train
from minidl.images import conv2d, conv_transpose2d

lesson = begin("22_denoising")

# %%
# Plus one or minus one
# ---------------------
# A *denoising* autoencoder gets x̃, a spoiled copy of an example x.  It answers r(x̃), and is trained to make
# the mean of ‖r(x̃) − x‖² small.  The smallest case: x is 1 or −1, both as often, and x̃ = x + noise from
# N(0, s²).  By Bayes' rule, the chances of 1 and −1 are then as exp(−(x̃ − 1)²/2s²) to exp(−(x̃ + 1)²/2s²),
# that is, as exp(x̃/s²) to exp(−x̃/s²).  The mean of x with these chances is the *posterior mean* r*:
#
#     r*(x̃) = E[x | x̃] = tanh(x̃/s²)         s = 1, x̃ = ½ ln 3: chances 3 to 1, r* = ¾ · 1 + ¼ · (−1) = ½
#
# No answer is better.  Given x̃, the mean (E) of x − r* is 0, and so is its mean product with r − r*.  So
#
#     E‖r(x̃) − x‖²  =  E‖r(x̃) − r*(x̃)‖²  +  E‖r*(x̃) − x‖²           for every r; the last is the *floor*
#
# With more candidates for x, ‖x̃ − x‖² = ‖x̃‖² − 2 x̃·x + ‖x‖², where ‖x̃‖² is the same for all of them.
def average(shown, candidates, log_chances, s):
    """E[x | x̃] (N, D) of x̃ = shown (N, D), where x was one of the candidates (K, D) before the noise."""
    fit = log_chances + (shown @ candidates.T - (candidates ** 2).sum(axis=1) / 2) / s ** 2         # (N, K)
    chances = np.exp(fit - fit.max(axis=1, keepdims=True))
    return chances @ candidates / chances.sum(axis=1, keepdims=True)
half = average(np.array([[np.log(3) / 2]]), np.array([[1.0], [-1]]), 0, s=1).item()
lesson.check("s = 1, x̃ = ½ ln 3: r* = ½", abs(half - 0.5) < 1e-12, half)

# %%
# The score: where are more examples?
# -----------------------------------
# Noise makes a bump N(x̃; x, s²) of each x.  Their mean is p_s, the density of what is shown.  By Bayes' rule
# a bump's share of p_s is the chance of its x.  Its slope is (x − x̃)/s² times the bump.  So, slope over p_s:
#
#     ∇ log p_s(x̃) = (E[x | x̃] − x̃)/s²        or       r*(x̃) = x̃ + s² ∇ log p_s(x̃)       (Miyasawa 1961)
#
# This is the *score*: an arrow to where more examples are.  A network's score is (r − x̃)/s².  Now in the
# plane: three clouds N(c, 0.2² I) around centres c, and s = 0.4.  What is shown is c plus noise of variance
# v = 0.2² + 0.4² = 0.2.  So the formula, with c in place of x and v of s², gives the true score.
line = np.linspace(-6, 6, 1201)                                             # x̃, in steps of 0.01
bumps = np.exp(-(line - 1) ** 2 / 2) + np.exp(-(line + 1) ** 2 / 2)         # p_s of ±1, but for a factor
off = abs(line + np.gradient(np.log(bumps), 0.01) - np.tanh(line))[1:-1].max()
lesson.check("±1, by differences: x̃ + s² ∇ log p_s = tanh x̃, to 1e-4", off < 1e-4, off)
centres, shares = np.array([[-1, -0.6], [1, -0.6], [0, 1.1]]), np.array([0.5, 0.3, 0.2])
def clouds(n):                                                              # (n, 2)
    return centres[backend.rng().choice(3, n, p=shares)] + 0.2 * backend.rng().normal(size=(n, 2))
def true_score(shown):                                                      # (N, 2) → (N, 2)
    return (average(shown, centres, np.log(shares), s=0.2 ** 0.5) - shown) / 0.2

# %%
# The network is told no density.  It sees pairs (x̃, x), new ones at each step.
def learn(net, draw, s, steps):
    """Trains net to give back x from x + N(0, s² I); draw(n) makes n new examples x (n, D)."""
    def loss():
        x = backend.to_device(draw(256).astype(np.float32))
        return losses.squared_error(net(x + backend.normal(x.shape, s)), x)
    train.descend(loss, optim.Adam(net.parameters()), steps, schedule=schedules.cosine(0.01))
    return net
drawing = lesson.rng("clouds")
plane = learn(networks.mlp(2, 64, 64, 2, bend=nn.Tanh, init=init.glorot), clouds, s=0.4, steps=2500)
spread = clouds(20_000) + 0.4 * drawing.normal(size=(20_000, 2))            # what is shown
true = true_score(spread)
wrong = (((plane.predict(spread) - spread) / 0.4 ** 2 - true) ** 2).sum() / (true ** 2).sum()
lesson.claim("score, squared error / squared size (1 for r = x̃)", wrong, below=0.05)
one_bump = (spread.mean(axis=0) - spread) @ np.linalg.inv(np.cov(spread.T))       # that of one Gaussian
lesson.record("the same for the best linear r", ((one_bump - true) ** 2).sum() / (true ** 2).sum())

# %%
mesh = np.stack(np.meshgrid(np.linspace(-1.8, 1.8, 13), np.linspace(-1.4, 1.8, 11)), axis=-1).reshape(-1, 2)
learned = (plane.predict(mesh) - mesh) / 0.4 ** 2
figure, (ax,) = plot.panels(1, height=3.6)
ax.quiver(*mesh.T, *true_score(mesh).T, color="#bbbbbb", width=0.012, scale=100, label="true score")
ax.quiver(*mesh.T, *learned.T, color=plot.COLOURS[1], width=0.004, scale=100, label="network's score")
ax.plot(*centres.T, "k+", markersize=12, label="centre of a cloud")
ax.set(xlabel="x₁", ylabel="x₂", aspect="equal")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
lesson.picture(figure, "score", "Look whether the red arrows lie on the grey ones, and where they do not.")

# %%
# Sound: one spectrum, two floors
# -------------------------------
# The notes (001) name “images and audio”.  Take two sounds of 12 samples.  *Hiss* is Gaussian; samples i and
# j have the covariance C = 0.8^|i − j|.  *Buzz* is a square wave of ±1, which turns over from one sample to
# the next with chance 0.1.  Its covariance, (1 − 2 · 0.1)^|i − j|, is the same.  The rival is the best linear
# answer, the *Wiener filter*: x̃ times (C + s² I)⁻¹ C.  It leaves λs²/(λ + s²) on a PCA axis of variance λ:
# 3.80 in all at s = 1.  For hiss this is the floor.  For buzz, the floor is the error of the average over all
# 2¹² buzzes.  Guess first: how far below 3.80 is it?
C = 0.8 ** abs(np.subtract.outer(np.arange(12), np.arange(12)))             # (12, 12)
buzzes = 1.0 - 2 * (np.arange(4096)[:, None] >> np.arange(12) & 1)          # (4096, 12), bits of 0 … 4095
log_chances = (buzzes[:, 1:] != buzzes[:, :-1]).sum(axis=1) * np.log(0.1 / 0.9)
sounds = {"hiss": lambda n: backend.rng().normal(size=(n, 12)) @ np.linalg.cholesky(C).T,   # (n, 12)
          "buzz": lambda n: np.where(backend.rng().random((n, 12)) < [0.5] + [0.1] * 11, -1.0, 1).cumprod(1)}
ears, left = {}, {}

# %%
for name, draw in sounds.items():
    listening = lesson.rng(name)
    ears[name] = learn(networks.mlp(12, 64, 12, bend=nn.Tanh, init=init.glorot), draw, s=1, steps=1500)
    clean = draw(4000)                                      # (4000, 12); after the loop: the buzzes
    heard = clean + listening.normal(size=clean.shape)
    ways = {"as is": heard, "Wiener": heard @ np.linalg.solve(C + np.eye(12), C),
            "network": ears[name].predict(heard)}
    ways["floor"] = average(heard, buzzes, log_chances, s=1) if name == "buzz" else ways["Wiener"]
    left[name] = {way: ((r - clean) ** 2).sum(axis=1) for way, r in ways.items()}           # (4000,) each
lesson.table([(name, *(e.mean() for e in left[name].values())) for name in left], ["error", *ways])
for name, limit in (("hiss", 0.02), ("buzz", 0.1)):
    excess = left[name]["network"].mean() / left[name]["floor"].mean() - 1
    lesson.claim(f"{name}: network's error / floor − 1", excess, below=limit)
gain = judge.standard_errors(left["buzz"]["Wiener"] - left["buzz"]["network"])
lesson.claim("buzz: network is below Wiener, standard errors", gain, above=2)

# %%
# Small noise: a price on slopes
# ------------------------------
# What does little noise do to a smooth r?  Let J be its *Jacobian*, the slopes ∂rᵢ/∂xⱼ, and Δr its
# *Laplacian*, Σⱼ ∂²r/∂xⱼ².  Expand r(x + ε) to second order, and take the mean over ε of covariance s² I:
#
#     E‖r(x + ε) − x‖²  =  ‖r(x) − x‖²  +  s² [‖J‖² + (r(x) − x)·Δr(x)]  +  terms of order s⁴
#
# By hand, r = tanh at x = 1: r = 0.7616, r′ = 1 − r² = 0.4200, r″ = −2 r r′ = −0.6397.  The bracket is
# 0.1764 + 0.2384 · 0.6397 = 0.3289.  So there is a price on slopes, but not on ‖J‖² alone.  If r is linear,
# Δr = 0, and the price is ridge with λ = s² (lesson 10).  Our network is r = h W₂ + b₂, h = tanh(x W₁ + b₁);
# its Δr is (−2 h (1 − h²) ‖w‖²) W₂, w a column of W₁.  ε is ± s√12 on each sample by turns: covariance s² I.
pencil = sum((np.tanh(1 + e) - 1) ** 2 - (np.tanh(1) - 1) ** 2 for e in (0.01, -0.01)) / (2 * 0.01 ** 2)
lesson.check("tanh at 1, noise ±0.01: price / s² is 0.3289, to 1e-3", abs(pencil - 0.3289) < 1e-3, pencil)
tiny, x, (w1, b1, w2, b2) = 0.02, clean, (p.numpy().astype(float) for p in ears["buzz"].parameters())
def loss_at(shift):
    return ((np.tanh((x + shift) @ w1 + b1) @ w2 + b2 - x) ** 2).sum(axis=1).mean()
h = np.tanh(x @ w1 + b1)                                                    # (4000, 64)
laplacian = (-2 * h * (1 - h * h) * (w1 ** 2).sum(axis=0)) @ w2             # (4000, 12)
jacobian = losses.jacobian_penalty([1 - h * h, np.ones_like(x)], [w1, w2])  # the mean of ‖J‖²
bracket = jacobian + ((h @ w2 + b2 - x) * laplacian).sum(axis=1).mean()
price = np.mean([loss_at(sign * tiny * e) - loss_at(0) for sign in (1, -1) for e in 12 ** 0.5 * np.eye(12)])
lesson.claim("buzz: price of small noise / bracket", price / tiny ** 2 / bracket, near=1, within=0.03)
lesson.claim("buzz: how far ‖J‖² alone is off", abs(jacobian * tiny ** 2 / price - 1), above=0.1)

# %%
# Images: three kinds of noise
# ----------------------------
# “The noise can be added in different ways, such as randomly setting a subset of inputs to 0 or adding
# Gaussian noise.”  (001, Denoising Autoencoders.)  Salt and pepper makes pixels white or black.  Pixels are
# between 0 and 1, so the loss is the cross-entropy −x log q − (1 − x) log(1 − q) of logits (lesson 02).  Its
# mean over the x that may have been is smallest at q = E[x | x̃], too.
#
# One network is convolutional, its decoder like the encoder “but in reverse” (001).  The reverse of stride 2
# is a *transposed convolution*: each number paints its filter, times itself, into an image twice as large,
# and overlaps add up.  It is lesson 03's way back to x: A is a convolution, Aᵀ its reverse, Ax·y = x·Aᵀy.
(x_train, y_train), (x_test, y_test) = lesson.images(flat=True)             # (N, D), pixels 0–1
x_test, y_test = x_test[:500], y_test[:500]     # all 360 digits; 500 of MNIST, for the average over 60,000
s_image, s_bump, wide, narrow = lesson.pick(digits=(0.25, 0.5, 256, 32), mnist=(0.5, 1.25, 1024, 392))
RECIPES = lesson.pick(digits={"dense": (32, 0.01, 40), "convolution": (32, 0.01, 20)},  # batch, rate, epochs
                      mnist={"dense": (128, 0.004, 3), "convolution": (64, 0.01, 2)})
NOISES = {"Gaussian": lambda x: x + backend.normal(x.shape, s_image),
          "masking": lambda x: x * (backend.uniform(x.shape) < 0.5),
          "salt and pepper": lambda x: x * ((u := backend.uniform(x.shape)) < 0.7) + (u > 0.85)}
def spoil(noise, x):                                                        # on the host, (N, D)
    return backend.to_host(noise(backend.to_device(x)))
D, side, by2 = x_train.shape[1], int(x_train.shape[1] ** 0.5), {"stride": 2, "padding": 1}
image, y, w = map(lesson.rng("A").standard_normal, ((2, 3, 8, 8), (2, 5, 4, 4), (5, 3, 4, 4)))
gap = (conv2d(image, w, **by2) * y).sum() - (image * conv_transpose2d(y, w, **by2)).sum()
lesson.check("Ax·y = x·Aᵀy, to 1e-10", abs(gap) < 1e-10, gap)

# %%
def build(name):                                                            # images (N, D) → logits (N, D)
    if name == "convolution":                                               # 28×28 → 14×14 → 7×7, and back
        return nn.Sequential(nn.Reshape(1, side, side), nn.Conv2d(1, 16, 4, **by2), nn.ReLU(),
                             nn.Conv2d(16, 32, 4, **by2), nn.ReLU(), nn.ConvTranspose2d(32, 16, 4, **by2),
                             nn.ReLU(), nn.ConvTranspose2d(16, 1, 4, **by2), nn.Flatten())
    return networks.mlp(D, narrow if name == "narrow" else wide, D, init=init.glorot)          # the code
nets = {}
for name in (*NOISES, "narrow", "convolution"):                             # the last two: Gaussian noise
    print(f"{name} …", flush=True)
    lesson.rng(name)
    nets[name], noise = build(name), NOISES.get(name, NOISES["Gaussian"])
    batch, rate, epochs = RECIPES.get(name, RECIPES["dense"])
    train.fit(nets[name], lambda net, x: losses.bce_with_logits(net(noise(x)), x), [x_train], epochs=epochs,
              batch_size=batch, schedule=schedules.cosine(rate), quiet=lesson.quick,
              optimizer=optim.Adam(nets[name].parameters()))

# %%
# One rival is the best linear answer, by least squares on spoiled training images.  Another: the average for
# Gaussian noise, over the training images.  They are few: wider bumps are better.  Look how good it is.
# Rates and `s_bump` were the best of four or more on held-out training images, under Gaussian noise; epochs
# are what the time allows.  Standard errors count the test images; each network is trained once.
def linear(noise, x):                                                       # spoiled x (N, D) → answers
    targets = np.concatenate([x_train] * (1 + 30_000 // len(x_train)))
    inputs, x = (np.c_[z, np.ones(len(z))] for z in (spoil(noise, targets), x))         # a last column of 1
    ridge = 1e-6 * len(inputs) * np.eye(D + 1)                              # against pixels that are always 0
    return (x @ np.linalg.solve(inputs.T @ inputs + ridge, inputs.T @ targets)).clip(0, 1)
lesson.rng("new images")
seen, off_by = {"clean": x_test}, {}
for name, noise in NOISES.items():
    spoiled = spoil(noise, x_test)
    r = {"as is": spoiled, "average": average(spoiled, x_train, 0, s_bump), "linear": linear(noise, spoiled)}
    r |= {other: functions.sigmoid(net.predict(spoiled)) for other, net in nets.items()}
    off_by[name] = {other: ((answer - x_test) ** 2).sum(axis=1) for other, answer in r.items()}         # (N,)
    seen |= {name: spoiled, f"restored, {name}": r[name]}
lesson.table([(name, *(e.mean() for e in off_by[name].values())) for name in NOISES], ["error", *r])

# %%
def lead(noise, better, worse):
    return judge.standard_errors(off_by[noise][worse] - off_by[noise][better])
for name in NOISES:
    least = min(lead(name, name, other) for other in ("linear", *NOISES) if other != name)
    lesson.claim(f"{name}: its network is below linear and the two others, standard errors", least, above=2)
for low, high in (("Gaussian", "average"), ("Gaussian", "narrow"), ("convolution", "linear")):
    lesson.claim(f"Gaussian noise: {low} below {high}, standard errors", lead("Gaussian", low, high), above=2)
figure = plot.image_rows({name: x[:9].reshape(9, side, side).clip(0, 1) for name, x in seen.items()})
lesson.picture(figure, "images", "New images spoiled in three ways, and what that noise's network answers.")

# %%
# What the documents say, and what is right
# -----------------------------------------
# 1. “It takes noisy data as input and produces an encoding that has fewer dimensions than the input data.”
#    (001, Denoising Autoencoders.)  It need not: noise forbids copying.  Our code is larger than the image.
#    Look at "narrow", whose code is half as large as the image: its error is the larger one.
# 2. “Denoising autoencoders focus primarily on handling noisy inputs, which may not always be ideal for
#    generalization, especially if the noise introduced during training is not representative of real-world
#    noise.”  (001, Q29, 1.)  Look at the table.  But denoising, too, is regularisation: a price on slopes.
#
# Try it yourself
# ---------------
# 1. Easy.  1000 walkers start at (3, 3) and take 600 steps x ← x + η score + √(2η) N(0, I), with η = 0.02 and
#    the network's score: a Langevin walk.  What share of them ends nearest to each centre?
# 2. Easy.  “Denoising autoencoders can be used to extract robust representations for a neural network
#    classifier.”  (001.)  From 100 labels, are codes read better than those of a network without noise?
# 3. Hard.  Missing values: a masked pixel looks like a black one.  Is the mask, as a second input, of use?
#
# Remember
# --------
# - The best answer to a spoiled example is the mean of all that it may have been.
# - (r − x̃)/s² is the slope of log p_s: it points to where more examples are.
# - Little noise is a price s² [‖J‖² + (r − x)·Δr]: denoising is a regularisation.
#
# Sources
# -------
# The course notes (001).  N. Wiener (1949): the filter.  K. Miyasawa (1961): the score.  C. Bishop (1995):
# small noise.  P. Vincent et al. (2008, 2010).  P. Vincent (2011), G. Alain and Y. Bengio (2014): the score.
lesson.end()
