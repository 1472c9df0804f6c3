"""
Sparse autoencoders: let few units speak
========================================

A code of 128 numbers could simply copy an image of 64.  So one asks for a code in which few numbers are not
0.  Which penalty silences the other units, and which only makes them whisper?

Needs: lessons 02, 11, 12 and 17.
From: the course notes (001), "Sparse Autoencoders"; lessons/DOCUMENTS.md says what they are.
New words: active unit, sparse, atom, dictionary, dead unit, mean activity, point estimate.
Time: quick 10 s, full 2 min on two cores.
"""
import math

import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, functions, grad, init, losses, nn, ops, optim, plot, schedules, train

lesson = begin("21_sparse")
(x_train, y_train), (x_test, y_test) = lesson.images(flat=True)             # (N, D), pixels 0–1
x_train, x_test, y_test = x_train[:10_000], x_test[:2000], y_test[:2000]
fitted, new = x_train - x_train.mean(axis=0), x_test - x_train.mean(axis=0)
D, side = x_train.shape[1], math.isqrt(x_train.shape[1])
H, epochs, batch, rate = lesson.pick(digits=(128, 30, 50, 0.003), mnist=(256, 15, 100, 0.001))
lams, labelled = lesson.pick(digits=((0.05, 0.2, 0.6), 200), mnist=((0.1, 0.4, 1.6), 1000))
rho, low = 0.05, math.log(0.05 / 0.95)                                      # the sigmoid σ(low) is ρ

# %%
# By hand: silence, whisper, and a price list
# -------------------------------------------
# A unit wants to say the number x, and pays for what it says.  Which h makes ½(x − h)² + the price smallest?
#
#     price λ|h|         h = S(x, λ), the soft threshold of lesson 11       λ = 1:  3 → 2,    ½ → 0
#     price ½ λ h²       h = x/(1 + λ)                                      λ = 1:  3 → 3/2,  ½ → 1/4
#
# The first price silences a unit that has little to say, the second makes it whisper.  Among all h ≥ 0 the
# first answer is max(x − λ, 0), a ReLU with the bias −λ.
#
# A unit is *active* for an image if its h is not 0.  A code is *sparse* if few units are active.  The course
# notes (001) say: “This sparse activation is believed to be energy-efficient and contribute to the brain's
# ability to represent a vast amount of information with a limited number of neurons.”  Digits tell nothing
# about brains, but we can count.  There are C(100, k) ways to choose k of 100 units, so the choice alone
# says log₂ C(100, k) bits.  C(100, 5) = 100 · 99 · 98 · 97 · 96 / 120 = 75,287,520 makes 26.2 bits, 5.2 for
# each active unit.  Guess first: which k says most in all, and which k says most for each active unit?
grid = np.linspace(-4, 4, 8001)
found = [grid[(0.5 * (x - grid) ** 2 + p).argmin()] for p in (abs(grid), grid ** 2 / 2) for x in (3, 0.5)]
right = np.allclose(found, (2, 0, 1.5, 0.25)) and math.comb(100, 5) == 75_287_520
lesson.check("the best of 8001 h, and C(100, 5), are as by hand", right, found)
bits = {k: math.log2(math.comb(100, k)) for k in (1, 5, 20, 50, 80)}
lesson.table([(k, total, total / k) for k, total in bits.items()], ["active of 100", "bits", "for each"])

# %%
# The autoencoder
# ---------------
# The encoder is h = ReLU(x W + b), with H units.  The decoder is x̂ = h A + c: a sum of the rows of A, the
# *atoms*, each as loud as its unit.  A is the *dictionary*.  We divide each atom by its length in every step;
# "The escape" below says why.  At the start W = Aᵀ.  x is an image of D pixels less the mean image.
def unit(rows):                                                 # (H, D), each row divided by its length
    return rows / ops.sqrt(ops.sum(rows * rows, axis=1, keepdims=True))
class Autoencoder(nn.Module):
    """x (N, D) → h (N, H), W (D, H), A (H, D).  free: atoms of any length.  he: W begins as in lesson 39."""
    def __init__(self, pixels, units, sigmoid=False, free=False, he=False):
        atoms = unit(backend.normal((units, pixels)))
        self.encoder = nn.Dense(pixels, units, init=init.he if he else lambda *_: atoms.T.copy())
        self.encoder.b.array += np.float32(low if sigmoid else 0)                   # σ(low) = ρ
        self.atoms, self.c = Tensor(atoms), Tensor(backend.to_device(np.zeros(pixels, np.float32)))
        self.bend, self.free = functions.sigmoid if sigmoid else functions.relu, free

    def forward(self, x):
        return self.bend(self.encoder(x))

    def dictionary(self):
        return self.atoms if self.free else unit(self.atoms)

# %%
# We train on ½‖x − x̂‖² plus a price.  001 names three: "code" is λ Σⱼ |hⱼ|, "weights" is λ Σᵢⱼ |Wᵢⱼ|, and
# "KL" is β Σⱼ KL(ρ‖ρ̂ⱼ) for sigmoid units h = σ(a), whose *mean activity* ρ̂ⱼ in a batch is to be ρ = 0.05:
#
#     KL(ρ‖ρ̂) = ρ log ρ/ρ̂ + (1 − ρ) log (1 − ρ)/(1 − ρ̂)        0 at ρ̂ = ρ, else above 0     (Ng 2011)
def trained(images, code=0, weights=0, kl=0, **settings):
    """An autoencoder of images (N, D), with the λ or β of each price; settings: those of Autoencoder."""
    def loss(net, x):
        h = net(x)
        copy = losses.squared_error(ops.affine(h, net.dictionary(), net.c), x)
        price = code / len(h) * ops.sum(abs(h)) + weights * losses.l1([net.encoder.w])
        return {"copy": 0.5 * copy, "price": price + kl * losses.sparsity_kl(h, rho) if kl else price}
    lesson.rng("start")
    net = Autoencoder(D, H, **settings)
    train.fit(net, loss, (images,), optimizer=optim.Adam(net.parameters(), rate), epochs=epochs,
              batch_size=batch, schedule=schedules.cosine(rate), quiet=True)
    return net

# %%
# Zeros among the living
# ----------------------
# A unit that is 0 for every training image is *dead*, and its zeros say nothing.  So we count zeros among the
# living.  All networks begin with the same atoms.  Two have the "usual start": W by he, no mean taken off and
# so other batches.  "Free": atoms of any length.  λ and β are from trials, not held-out images: all are here.
none, weak, middle, strong = names = ["no price", *(f"code, λ = {lam}" for lam in lams)]
recipes = {name: {"code": lam} for name, lam in zip(names, (0, *lams))}
recipes |= {"code, usual start": {"code": lams[2], "he": True}, "code, free": {"code": lams[1], "free": True},
            "weights": {"weights": 0.01}, "weights, usual start": {"weights": 0.01, "he": True}}
recipes |= {f"KL, β = {beta}, free": {"kl": beta, "sigmoid": True, "free": True} for beta in (0.1, 1, 10)}
recipes["KL, β = 1"] = {"kl": 1, "sigmoid": True}
nets = {}
for name, settings in recipes.items():
    print(f"{name} …", flush=True)
    nets[name] = trained(x_train if "he" in settings else fitted, **settings)

# %%
# Guess first: which price makes zeros in h, and are the units dead or living?  "Living" are the zeros among
# living units, "tiny" is the share of |W| below 0.001.  The errors are of "new" images and of "fitted" ones.
# The rival "PCA" (lesson 17) keeps for a new image as many numbers as it has active units, the largest of D.
# "Read" is the share of new images that softmax regression (lesson 02) reads from h, after some with labels.
def mean_error(net, x):                                         # the mean of ‖x − x̂‖² over images x (N, D)
    return ((net.predict(x) @ net.dictionary().numpy() + net.c.numpy() - x) ** 2).sum(axis=1).mean()
axes_all = judge.pca(fitted.astype(float), D)[1]
squares = np.sort((new @ axes_all) ** 2, axis=1)                # (N, D): PCA's numbers, the smallest first
zeros, errors, hits = {}, {}, {}
for name, net in nets.items():
    x, x_new = (x_train, x_test) if "he" in recipes[name] else (fitted, new)
    h, h_new = net.predict(x), net.predict(x_new)
    living, zero, active = h.max(axis=0) > 0, h_new == 0, (h_new > 0).sum(axis=1)
    tiny = abs(net.encoder.w.numpy()) < 0.001
    zeros[name] = zero.mean(), 1 - living.mean(), zero[:, living].mean(), active.mean(), tiny.mean()
    hits[name] = judge.softmax_regression(h[:labelled], y_train[:labelled], h_new) == y_test
    rival = np.mean([row[:max(D - k, 0)].sum() for row, k in zip(squares, active)])
    errors[name] = (mean_error(net, x_new), rival, mean_error(net, x), hits[name].mean(),
                    judge.lead(hits[name], hits[none]))

# %%
# 001 says that sparsity keeps a network from simply copying, helps it on unseen data, and helps to classify.
# Look at "fitted", "new", "PCA", and the "lead" in reading over no price, in standard deviations (as if only
# the new images were drawn by chance).  λ also makes every h too small: task 3 fits h anew against PCA.
lesson.table([(name, *row) for name, row in zeros.items()], ",zeros,dead,living,active,tiny".split(","))
lesson.table([(name, *row) for name, row in errors.items()], ",new,PCA,fitted,read,lead".split(","))
few = [zeros[name][3] for name in names]
lesson.claim("active units fall as λ grows: least ratio", min(np.divide(few[:-1], few[1:])), above=1)
lesson.claim("weights: share of W below 0.001", zeros["weights"][4], above=0.5)
lesson.claim("living zeros: weights / code, smallest λ", zeros["weights"][2] / zeros[weak][2], below=0.5)
lesson.claim("error on new images: smallest λ / no price", errors[weak][0] / errors[none][0], above=1)
lesson.claim("error on new / PCA's: smallest", min(errors[n][0] / errors[n][1] for n in names[1:]), above=1)
rivals = [read(fitted[:labelled], y_train[:labelled], new) == y_test
          for read in (judge.softmax_regression, judge.nearest)]            # from the pixels, two of (N,)
lesson.record("pixels read by softmax regression, by the nearest image", np.mean(rivals, axis=1))
lead = min(judge.lead(hits[middle], rival) for rival in rivals)
lesson.claim(f"{middle}: lead in reading over the better", lead, above=2, full=True, data="mnist")

# %%
busiest = {n: (nets[n].predict(new) > 0).sum(axis=0).argsort()[:-9:-1] for n in (none, middle, strong)}
shown = {n: nets[n].dictionary().numpy()[best].reshape(8, side, side) for n, best in busiest.items()}
lesson.picture(plot.image_rows(shown, signed=True), "atoms", "The eight atoms that are active for most new "
               "images.  Look whether a larger λ makes them look more like digits and pieces of digits.")

# %%
# The escape
# ----------
# Divide the code by 100 and multiply the atoms by 100: x̂ is the same, Σ|hⱼ| is 100 times smaller, and no
# unit has become silent.  So our atoms have length 1, but for the "free" ones.
#
# The KL has an escape, too.  A unit that is 1 for 5 images in 100 has ρ̂ = 0.05.  So has one that says 0.05
# to all of them.  Let 16 units be σ(log ρ/(1 − ρ) + g z), with PCA's numbers z and a small g.  There σ is
# almost straight, h ≈ ρ + ρ(1 − ρ) g z, and long atoms bring z back.  By hand, the KL's slope in aᵢⱼ, of
# image i of n and unit j, is (−ρ/ρ̂ⱼ + (1 − ρ)/(1 − ρ̂ⱼ))/n · hᵢⱼ(1 − hᵢⱼ).  At ρ̂ⱼ = ρ it is 0 for all i.
a = Tensor(lesson.rng("by hand").normal(size=(20, 5)))
s = functions.sigmoid(a.numpy())
by_hand = (-rho / s.mean(axis=0) + (1 - rho) / (1 - s.mean(axis=0))) / 20 * s * (1 - s)
by_tape, = grad(losses.sparsity_kl(functions.sigmoid(a), rho), [a])
lesson.check("the slope by hand: the tape's, to 1e-12", abs(by_hand - backend.to_host(by_tape)).max() < 1e-12)
g, axes16 = 0.01, axes_all[:, :16]
quiet = functions.sigmoid(low + g * fitted @ axes16)                        # (N, 16)
copies = (quiet - rho) / (g * rho * (1 - rho)) @ axes16.T
ratio = ((copies - fitted) ** 2).sum() / ((fitted @ axes16 @ axes16.T - fitted) ** 2).sum()
escape = float(losses.sparsity_kl(quiet, rho)), ratio - 1, abs(quiet - rho).max()
lesson.check("KL 0, PCA's error, all h near 0.05", np.all(np.less(escape, (1e-5, 0.02, 0.01))), escape)

# %%
# Does training find these ways out?  Call a unit as loud as what it adds to x̂: the distance of h from its
# median over the images, times the length of its atom.  No rescaling changes that.  "Voices" are the units at
# least a tenth as loud as the loudest.  Guess first: has a larger β more voices, or fewer?
loud, voices = {}, {}
for name in (none, weak, middle, "code, free", *list(nets)[-4:]):
    code, lengths = nets[name].predict(new), np.linalg.norm(nets[name].dictionary().numpy(), axis=1)
    far = abs(code - np.median(code, axis=0)) * lengths
    loud[name] = np.sort(far, axis=1)[:, ::-1].mean(axis=0) / far.max(axis=1).mean()
    voices[name] = (np.median(lengths), np.median(nets[name].predict(fitted).mean(axis=0)),
                    (far > 0.1 * far.max(axis=1, keepdims=True)).sum(axis=1).mean())
lesson.table([(name, *row) for name, row in voices.items()], ["", "atom's length", "mean activity", "voices"])
lesson.claim("code, free: length of an atom", voices["code, free"][0], above=1)
lesson.claim("KL, β = 1, free: mean activity", voices["KL, β = 1, free"][1], near=rho, within=0.02)
lesson.claim("voices: KL, β = 10 / code", voices["KL, β = 10, free"][2] / voices[middle][2], above=1)
drawn = {name: loud[name] for name in (none, middle, "KL, β = 10, free", "KL, β = 1")}
figure = plot.curves(drawn, xlabel="units of an image, the loudest first", ylabel="loudness, the loudest = 1")
lesson.picture(figure, "loudness", "Where a curve is 0, units are silent.  Low, but above 0, they whisper.")

# %%
# The probabilistic view: one code, or all of them?
# -------------------------------------------------
# Let x be h A + c plus Gaussian noise of variance 1, and the prior (lesson 12) of h ≥ 0 be Π λ e^(−λ hⱼ).
# Then −log p(x, h) is ½‖x − x̂‖² + λ Σ hⱼ plus the constants ½ D log 2π − H log λ.  Likelihood asks for p(x),
# all h together.  The autoencoder takes one h, a *point estimate*.  A draw from this prior is never 0: the
# zeros come from taking the best h alone.  What else does that change?  Let 8 units be 0 or 1, each 1 with
# probability 0.2, and x be h A + noise of deviation s, 16 numbers.  To learn the 0.2, start from q = ½ and
# set q to the mean of h, again and again: h of the best of the 256 codes, or of all, each weighed by p(h|x).
# "Gap" is log p(x) − log p(x, best h).  Guess first: what do the two learn when s is large?
patterns = ((np.arange(256)[:, None] >> np.arange(8)) & 1).astype(float)    # (256, 8)
def learned(s, rng):
    """From 300 x: q by the best codes, q by all codes, and the mean gap at q = 0.2."""
    A = unit(rng.normal(size=(8, 16)))
    x = (rng.random((300, 8)) < 0.2) @ A + s * rng.normal(size=(300, 16))
    fit = -losses.squared_distances(x, patterns @ A) / (2 * s * s)          # (300, 256): log p(x|h) + …
    def joint(q):
        return fit + patterns.sum(axis=1) * np.log(max(q, 1e-9) / (1 - q)) + 8 * np.log(1 - q)
    best = every = 0.5
    for _ in range(20):
        best = patterns[joint(best).argmax(axis=1)].mean()
        every = (functions.softmax(joint(every)) @ patterns).mean()
    return best, every, (ops.logsumexp(joint(0.2), axis=1) - joint(0.2).max(axis=1)).mean()

# %%
trials = {s: np.array([learned(s, lesson.rng(f"s = {s}, {i}")) for i in range(15)]) for s in (0.1, 0.5, 1)}
lesson.table([(s, *trial.mean(axis=0)) for s, trial in trials.items()], ["s", "q, best", "q, all", "gap"])
off_best, off_all = (judge.standard_errors(trials[0.5][:, i], 0.2) for i in (0, 1))
lesson.claim("s = 0.5, all codes: standard errors off 0.2", abs(off_all), below=5)
lesson.claim("s = 0.5, best code: standard errors below 0.2", -off_best, above=5)

# %%
# The documents' errata
# ---------------------
# 1. “Another approach is to use a prior that pushes the representations to zero, such as λ · ∥w∥₁, which
#    indirectly controls the average number of zeros in the representation.” (001, Achieving Sparsity)  It
#    pushes W to 0.  The prior that makes zeros in h is λ Σ|hⱼ|, as in Goodfellow et al. (2016).
# 2. “Another method is to use the KL-divergence to constrain the average activation of each neuron over a set
#    of samples.” (001, Regularizing Autoencoders, 2)  A small average is no silence: look at "voices".
# 3. “In this view, the autoencoder is seen as approximating maximum likelihood training of a generative model
#    with latent variables x and h.” (001, Probabilistic View)  x is observed, only h is latent.  For h of 0s
#    and 1s log p(x, best h) is a bound, and learns another q.  For a density it is none: task 1.
#
# Try it yourself
# ---------------
# 1. Easy.  Let x = h + noise of deviation 0.1, p(h) = e^(−h) for h ≥ 0, x = 1.  Is log p(x, best h) a bound?
# 2. Easy.  Train on 150 images, for 400 epochs, with 0.002 as the smallest λ.  Does it help on new images?
# 3. Hard.  Hold the dictionary of the largest λ.  Find the best h ≥ 0 one number at a time (lesson 11), then
#    fit the active ones by least squares.  How many are active, and do they beat PCA?
#
# Remember
# --------
# - |h| with a ReLU silences a unit that has little to say.  A mean activity of 0.05 may be a whisper of all.
# - Count zeros among living units.  Hold the length of the atoms, or descent makes them long, not h sparse.
# - A penalty on W makes W tiny.  With many images a sparse code pays with its error, on new ones, too.
# - One best code is not the sum over all codes: with much noise it learns to be silent.
#
# Sources
# -------
# The course notes (001).  A. Ng (2011), Sparse autoencoder.  I. Goodfellow et al. (2016), Deep Learning.
# B. Olshausen and D. Field (1996), Emergence of simple-cell … by learning a sparse code for natural images.
lesson.end()
