"""
Weight decay and noise: shrink or shake
=======================================

Weight decay makes the weights a little smaller in each step.  Noise injection shakes the inputs, the hidden
numbers or the weights.  When are the two the same, and what does each do for new images?

Needs: lessons 02, 07 and 39.
From: the course notes (001), "Weight Decay" and "Noise Injection"; lessons/DOCUMENTS.md says what they are.
New words: L2, ridge, weight decay, noise injection, AdamW, random walk.
Time: quick 10 s, full 40 s on two cores.
"""
import itertools

import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, grad, losses, nn, optim, plot, train

lesson = begin("10_weight_decay")

# %%
# By hand: one weight
# -------------------
# One example, x = 1 with y = 1, and the model ŷ = w x.  Four losses, and the w where each is lowest:
#
#     plain              (y − w x)²                                               1
#     L2                 (y − w x)² + λ w²                                        1/(1 + λ)
#     input shaken       mean of (y − w (x ± s))²  =  (y − w x)² + s² w²          1/(1 + s²)
#     weight shaken      mean of (y − (w ± s) x)²  =  (y − w x)² + s² x²          1
#
# The mean is over + and −: what has one factor s cancels, s² stays.  *L2*, or *ridge*, asks a price for large
# weights.  Noise on the input is the same, with λ = s².  Noise on the weight adds s² x²: there is no w in it,
# so it changes nothing.  Noise on a hidden number is noise on the input of the next layer.
s, w_all = 0.5, np.linspace(0, 1.5, 1501)
by_input = ((1 - w_all * (1 + s)) ** 2 + (1 - w_all * (1 - s)) ** 2) / 2
by_weight = ((1 - (w_all + s)) ** 2 + (1 - (w_all - s)) ** 2) / 2
lowest = [float(w_all[f.argmin()]) for f in ((1 - w_all) ** 2 + s ** 2 * w_all ** 2, by_input, by_weight)]
lesson.check("lowest with L2, input, weight shaken, λ = s² = ¼: 0.8, 0.8, 1", lowest == [0.8, 0.8, 1], lowest)

# %%
# L2 in the loss, or decay in the step?
# -------------------------------------
# With ½ λ ‖w‖² in the loss (twice the λ above, for the same price) the gradient is g + λ w.  That is L2; the
# notes (001) call it weight decay.  *Weight decay* itself shrinks w.  In plain descent both are the same:
#
#     w ← w − η (g + λ w)  =  (1 − η λ) w − η g
#
# With momentum, v ← μ v + g, they differ.  Guess first: which is weaker?  On a bowl with the slope a (w − b)
# L2 rests where a (w − b) + λ w = 0.  With decay, v = g/(1 − μ) at rest, so λ w + g/(1 − μ) = 0, that is,
# a (w − b) + λ (1 − μ) w = 0: decay with μ = 0.9 rests where L2 with λ/10 does.
a, b, eta, strength, mu = np.array([1.0, 0.1]), np.array([2.0, 2.0]), 0.1, 0.1, 0.9     # strength: λ
def path(momentum, decay, steps=50):
    """w (steps, 2) after each step on the bowl, with L2 or with weight decay."""
    w, slope, bottom, places = Tensor(np.zeros(2)), backend.to_device(a), backend.to_device(b), []
    descent = optim.SGD([w], eta, momentum, weight_decay=0 if decay else strength)      # this is L2
    for _ in range(steps):
        w.grad = slope * (w.array - bottom)
        w.array *= (1 - eta * strength) if decay else 1
        descent.step()
        places.append(w.array.copy())
    return np.array([backend.to_host(place) for place in places])

# %%
apart, apart_mu = (abs(path(m, decay=True) - path(m, decay=False)).max() for m in (0, mu))
lesson.check("plain descent: L2 = weight decay for 50 steps, to 1e-12", apart < 1e-12, apart)
lesson.record(f"momentum {mu}: their largest distance in 50 steps", apart_mu)
ends = np.array([path(mu, decay, 5000)[-1] for decay in (False, True)])
rests = a * b / (a + strength), a * b / (a + strength * (1 - mu))
lesson.check("at rest: λ for L2, λ (1 − μ) for decay, to 1e-9", abs(ends - rests).max() < 1e-9, ends)

# %%
# Adam: the two differ in kind
# ----------------------------
# Adam divides the gradient by its usual size.  With L2, λ w is in the gradient, and is divided, too.  *AdamW*
# shrinks w apart from it.  To see this alone, let the gradient be nothing but noise, of size 0.1 for one
# weight and 10 for another.  Both start at 1.  The noise moves each copy about; their mean, by theory, with
# η = 0.01 and λ = 0.1 and after 2000 steps:
#
#     AdamW                       (1 − η λ)^2000             = 0.135 for both
#     Adam + L2, size 10          (1 − η λ/10)^2000, about   = 0.819: hardly any decay
#     Adam + L2, size 0.1         (1 − η λ/0.1)^2000, about  = 0.000: the weight is wiped out
def noise_only(kind, copies=1000):
    """The mean weights (40, 2) after each 50 steps, and all copies (copies, 2) at the end."""
    lesson.rng(f"noise for {kind.__name__}")
    w, size, means = Tensor(np.ones((copies, 2))), backend.to_device(np.array([0.1, 10])), []
    optimizer = kind([w], 0.01, weight_decay=0.1)
    for step in range(1, 2001):
        w.grad = backend.normal((copies, 2), dtype=np.float64) * size
        optimizer.step()
        if step % 50 == 0:
            means.append(w.numpy().mean(axis=0))
    return np.array(means), w.numpy()

# %%
(means_w, ends_w), (means_l2, ends_l2) = noise_only(optim.AdamW), noise_only(optim.Adam)
for name, sample, theory in (("AdamW, size 0.1", ends_w[:, 0], 0.999 ** 2000),
                             ("AdamW, size 10", ends_w[:, 1], 0.999 ** 2000),
                             ("Adam + L2, size 10", ends_l2[:, 1], 0.9999 ** 2000)):
    lesson.claim(f"{name}: standard errors from theory", abs(judge.standard_errors(sample, theory)), below=5)
lesson.claim("Adam + L2, size 0.1: mean weight", abs(ends_l2[:, 0].mean()), below=0.1)
at = 50 * np.arange(1, 41)
figure = plot.curves({"Adam + L2, size 10": (at, means_l2[:, 1]), "AdamW, size 10": (at, means_w[:, 1]),
                      "AdamW, size 0.1": (at, means_w[:, 0]), "Adam + L2, size 0.1": (at, means_l2[:, 0])},
                     xlabel="step", ylabel="mean weight of 1000 copies")
lesson.picture(figure, "adam", "AdamW shrinks both weights alike.  With L2 inside Adam, the size of the "
               "gradient decides how fast a weight shrinks.")

# %%
# Noise in a linear model, exactly
# --------------------------------
# Six examples x of three numbers, ŷ = x w, squared error.  Let e run through all 2³ = 8 vectors of signs; the
# mean over these is exact.  Dropout at ½ belongs here: x becomes 0 or 2x, which is x (1 + e) with e = ±1.
#
#     inputs shaken, x + s e       adds s² Σ w²                         ridge, λ = s² (a summed loss: N s²)
#     weights shaken, w + s e      adds s² × the mean of Σ x²           no w in it: no change
#     dropout, x (1 + e)           adds Σ w² × the mean of x²           ridge, with its own λ for each weight
rng = lesson.rng("linear")
examples, answers, start = rng.normal(size=(6, 3)), rng.normal(size=(6, 1)), rng.normal(size=(3, 1))
x, y, signs = map(backend.to_device, (examples, answers, np.array([*itertools.product((-1.0, 1), repeat=3)])))
w = Tensor(backend.to_device(start))
models = {"plain": lambda e: x @ w, "inputs": lambda e: (x + s * e) @ w,
          "weights": lambda e: x @ (w + s * e[:, None]), "dropout": lambda e: (x * (1 + e)) @ w}
slopes = {place: backend.to_host(grad(sum(losses.squared_error(model(e), y) for e in signs), [w])[0]) / 8
          for place, model in models.items()}
adds = {"inputs": 2 * s ** 2 * start, "weights": 0 * start,
        "dropout": 2 * (examples ** 2).mean(axis=0)[:, None] * start}
for place, added in adds.items():
    off = abs(slopes[place] - slopes["plain"] - added).max()
    lesson.check(f"{place}: what the noise adds to the gradient is as above, to 1e-12", off < 1e-12, off)

# %%
# Noise on the weights “during each update”: two readings
# -------------------------------------------------------
#
#     fresh noise      the gradient is taken at w + e, then e is forgotten        w ← w − η a (w + e)
#     noise left in    e stays in the weights                                     w ← w − η a w + e
#
# Take a bowl that is steep along w₁, a = 1, and flat along w₂, a = 0: the examples do not say what w₂ is.
# Left in, the noise on w₂ adds up.  This is a *random walk*: after T steps its variance is T s².  On w₁ the
# slope pulls back: the variance V rests where V = (1 − η a)² V + s².  Fresh noise enters w₁ as η a e, so
# V is (η a)² times as large, and it does not move w₂ at all.
jolt, T, bowl, draws = 0.1, 200, np.array([1, 0]), lesson.rng("walk")                   # jolt: this cell's s
fresh, left_in, spread = np.zeros((4000, 2)), np.zeros((4000, 2)), []
for step in range(T):
    e = jolt * draws.normal(size=(4000, 2))
    fresh = fresh - eta * bowl * (fresh + e)
    left_in = left_in - eta * bowl * left_in + e
    spread.append((*left_in.var(axis=0), fresh[:, 0].var()))
lesson.check("fresh noise does not move the flat weight", not fresh[:, 1].any())
V = jolt ** 2 / (1 - (1 - eta) ** 2)
for name, sample, theory in zip(("steep", "flat"), left_in.T, (V, T * jolt ** 2)):
    away = abs(judge.standard_errors(sample ** 2, theory))
    lesson.claim(f"left in, {name}: variance, standard errors from theory", away, below=5)

# %%
curves = dict(zip(("left in, steep", "left in, flat", "fresh, steep"), np.transpose(spread)))
figure = plot.curves(curves, log="y", xlabel="step", ylabel="variance of the weight (4000 copies)")
lesson.picture(figure, "walk", "Noise that is left in the weights adds up where no slope pulls back.  Fresh "
               "noise leaves the flat weight at 0, which has no place on this axis.")

# %%
# New images
# ----------
# Weight decay “Prevents large weights, helping to avoid overfitting”, says 001; with noise “The model becomes
# more resilient to small variations”.  Few images train a network, and one label in five is false.  Each
# strength was the best of a few, by the loss on images held out; the rival, early stopping, sees these, too.
# Guess first: which of the six has the smallest loss on new images?
class Shaken(nn.Dense):
    """A dense layer whose weights get fresh noise in each training pass."""
    def forward(self, x):
        w = self.w + backend.normal(self.w.shape, on_w) if self.training else self.w
        return x @ w + self.b
def network(arm):
    """Pixels → 64 → 10, with the arm's noise: [layer] * False is [], no layer."""
    dense = Shaken if arm == "weights shaken" else nn.Dense
    return nn.Sequential(*[nn.GaussianNoise(on_x)] * (arm == "inputs shaken"), dense(D, 64), nn.ReLU(),
                         *[nn.GaussianNoise(on_h)] * (arm == "hidden shaken"), dense(64, 10))
def cross_entropy(net, x, y):
    return losses.cross_entropy(net(x), y)

# %%
(x_train, y_train), (x_test, y_test) = lesson.images(flat=True)                         # x (N, D)
D, runs, chance = x_train.shape[1], 7, lesson.rng("new images")
few, batch, held_out = lesson.pick(digits=(300, 20, 360), mnist=(1000, 50, 1000))
price, on_x, on_h, on_w = lesson.pick(digits=(0.5, 0.2, 2.0, 0.15), mnist=(1.0, 0.45, 2.0, 0.2))
validation = x_train[-held_out:], y_train[-held_out:]
shaken_test = x_test + 0.3 * chance.normal(size=x_test.shape).astype(np.float32)
def measure(arm, x, y):
    """Train on x, y: the loss and the share wrong on new images, the loss on shaken ones, and ‖w‖."""
    net = network(arm)
    descent = optim.AdamW(net.parameters(), 0.01, weight_decay=price * (arm == "weight decay"))
    stop = {"validation": validation, "stop": train.EarlyStopping(45)} if arm == "early stopping" else {}
    train.fit(net, cross_entropy, (x, y), optimizer=descent, epochs=45, batch_size=batch, quiet=True, **stop)
    weights = np.concatenate([p.numpy().ravel() for p in net.parameters() if p.ndim > 1])
    return (train.evaluate(net, cross_entropy, (x_test, y_test)), 1 - train.accuracy(net, x_test, y_test),
            train.evaluate(net, cross_entropy, (shaken_test, y_test)), np.linalg.norm(weights))

# %%
arms = ("plain", "weight decay", "inputs shaken", "hidden shaken", "weights shaken", "early stopping")
measured = []
for i in range(runs):
    chosen = chance.permutation(len(x_train) - held_out)[:few]
    told, false = y_train[chosen].copy(), chance.permutation(few)[:few // 5]
    told[false] = (told[false] + chance.integers(1, 10, len(false))) % 10
    measured.append([measure(arm, x_train[chosen], told) for arm in arms])
    print(f"run {i + 1} of {runs}", flush=True)
loss, _, loss_shaken, size = (dict(zip(arms, rows)) for rows in np.transpose(measured))
lead = [judge.standard_errors(loss["early stopping"] - loss[arm]) for arm in arms]
lesson.table(zip(arms, *np.mean(measured, axis=0).T, lead),
             ["", "loss", "wrong", "loss, shaken", "‖w‖", "below early stopping, standard errors"])

# %%
# Who is below early stopping?  See the last column; the claims are against plain, a weaker rival.  (Larger
# weights make hidden noise small beside the numbers that they carry.  Look at the ‖w‖ of "hidden shaken".)
for arm in ("weight decay", "inputs shaken", "weights shaken"):
    saved = judge.standard_errors(loss["plain"] - loss[arm])
    lesson.claim(f"{arm}: loss saved on new images, in standard errors", saved, above=2)
cost = {arm: loss_shaken[arm] - loss[arm] for arm in arms}      # of noise
for text, of, more, less in (("what noise costs", cost, arms[0], arms[2]), ("‖w‖", size, arms[2], arms[1])):
    lesson.claim(f"{text}: {more} less {less}, in standard errors",
                 judge.standard_errors(of[more] - of[less]), above=2)
figure, axes = plot.panels(3, height=2.4, sharey=True)
for ax, values, label in zip(axes, (loss, loss_shaken, size), ("loss, new images", "loss, shaken", "‖w‖")):
    ax.plot([values[arm] for arm in arms], -np.arange(6), "o", markersize=3, color=plot.COLOURS[0])
    ax.set(xlabel=label, xlim=(0, None), ylim=(-5.5, 0.5), yticks=range(0, -6, -1), yticklabels=arms)
lesson.picture(figure, "arms", f"A dot is one of {runs} runs; losses in nats per image; shaken: new images "
               "with noise.  Weight decay makes the weights small.  Look what makes the losses small.")

# %%
# What the document says, and what is right
# -----------------------------------------
# 1. “It is similar to L2 regularization but is specifically used in certain contexts (e.g., optimization
#    algorithms like Adam or SGD with weight decay).”  (001, Weight Regularization.)  For plain SGD the two
#    are one.  With Adam, decay leaves 0.135 of both mean weights; L2 leaves 0.819 and 0.000.
# 2. “For example, adding Gaussian noise to the weights during each update.”  (001, Noise Injection.)  Fresh
#    noise adds to the mean loss of a network that bends.  In a linear one, squared error, it adds no slope.
#    Noise that is left in adds up where the examples say nothing: the weight walks away, with variance T s².
# 3. Of dropout: “This forces the network to learn more robust features that are not reliant on any specific
#    set of neurons.”  (001, Regularizing Autoencoders, 6.)  In a linear model it is only a ridge, as above.
#
# Try it yourself
# ---------------
# 1. Easy.  With momentum 0.99, how much weaker is weight decay than L2?  Where do the two rest?
# 2. Easy.  Leave the noise on for new images, in `measure`.  What becomes of "hidden shaken"?
# 3. Hard.  L(w) = −exp(−(w + 1)²/(2·0.1²)) − 0.8 exp(−(w − 1)²/(2·0.5²)) has a deep, narrow valley at −1 and
#    a broad one at 1.  Which is deeper in the mean over Gaussian noise of 0.2 on w?  Pencil first.
#
# Remember
# --------
# - Plain SGD: L2 = weight decay.  With momentum or Adam not: take AdamW if you want decay.
# - In a linear model, noise on the inputs is ridge with λ = s²; fresh noise on the weights adds no slope.
# - Noise left in the weights adds up.  In a network, noise need not make the weights small: decay does.
#
# Sources
# -------
# The course notes (001).  I. Loshchilov and F. Hutter (2019), Decoupled weight decay regularization.
# A. Krogh and J. Hertz (1992): weight decay.  C. Bishop (1995): noise as ridge.  G. An (1996): weight noise.
lesson.end()
