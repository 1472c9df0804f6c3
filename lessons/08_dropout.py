"""
Dropout: learning with half of the network
==========================================

At every step of the training, throw away half of each hidden layer, drawn anew.  Why should that help, and
what has to be put right afterwards?

Needs: lessons 02, 07 and 39.
From: the course notes (001), "Dropout"; lessons/DOCUMENTS.md says what they are.
New words: dropout, rate, mask, inverted dropout, correlation, Monte Carlo.
Time: quick 8 s, full 6 min on two cores.
"""
from itertools import product

import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import Tensor, backend, functions, losses, nn, optim, plot, schedules, train

lesson = begin("08_dropout")

# %%
# Four units by hand
# ------------------
# *Dropout* at the *rate* p sets each unit of a layer to 0 with probability p, in training only.  The *mask*
# says which units are kept.  Each example gets its own mask, a new one at each step.  For this example a
# dropped unit takes no part, forwards or backwards.  Four units have 2⁴ = 16 masks, equally likely at p = ½.
#
# Let a unit be h = 2, and p = 0.2.  What is left of it is 2 or 0, with the mean 0.8 · 2 = 1.6: too little.
# *Inverted dropout* divides what it keeps by 1 − p.  Now the unit is 2.5 or 0.  Its mean is 0.8 · 2.5 = 2
# again, and its variance 0.8 · 2.5² − 2² = 1.  For any h and p the variance is h² p/(1 − p).
masks = np.array(list(product([1, 0], repeat=4)))                                           # (16, 4)
counts = np.bincount((masks == 0).sum(axis=1)).tolist()
lesson.check("1, 4, 6, 4, 1 of 16 masks drop 0 to 4 units", counts == [1, 4, 6, 4, 1], counts)
lesson.rng("by hand")
fours = nn.Dropout(0.5).predict(np.ones((20_000, 4)), noise=True)                           # as in training
two = (fours == 0).sum(axis=1) == 2
lesson.claim("share of 20,000 draws that drop exactly 2 of 4", two.mean(), near=6 / 16, within=0.0171)
unit = nn.Dropout(0.2).predict(np.full(80_000, 2.0), noise=True)
lesson.claim("h = 2, p = 0.2: mean (limits are 5 standard errors)", unit.mean(), near=2, within=0.0177)

# %%
# What has to be put right
# ------------------------
# At test time all units work.  If training divided, nothing more is to be done.  If it did not, a unit is now
# larger than on average in training, 1/(1 − p) times, and the weights w after it are multiplied by 1 − p.
# For a linear layer that gives exactly the mean over all masks, each counted with its probability.
p, w = 0.2, lesson.rng("weights").normal(size=(4, 3))
h = lesson.rng("units").normal(size=4)
chance = p ** (masks == 0).sum(axis=1) * (1 - p) ** masks.sum(axis=1)                       # (16,)
mean = chance @ (masks * h @ w)                                                             # (3,)
gap = abs(mean - h @ (w * (1 - p))).max()
lesson.check("the mean over 16 masks is the layer with weights w (1 − p), to 1e-12", gap < 1e-12, gap)
ratio = (mean / (h @ (w * p))).round(9)
lesson.check("with w p, as 001 has it, the result is 4 times too small", (ratio == 4).all(), ratio)
lesson.check("minidl's dropout at test time: x, bit for bit", (nn.Dropout(p).eval()(h) == h).all())

# %%
# Two units that depend on each other
# -----------------------------------
# Why should dropout help?  Let two units be 1 for every example, and let w₁ · 1 + w₂ · 1 be 2.  Every pair
# with w₁ + w₂ = 2 does it, (5, −3) as well as (1, 1).  But at (5, −3) each unit repairs what the other does
# wrong: without the second the result is 5.  With dropout at p = ½ there are four equally likely results: 2w₁
# + 2w₂, 2w₁, 2w₂ and 0.  Their mean squared error is
#
#     ¼ [(2w₁ + 2w₂ − 2)² + (2w₁ − 2)² + (2w₂ − 2)² + 2²]  =  (w₁ + w₂ − 2)² + w₁² + w₂²
#
# That is ridge (lesson 07); in other linear regressions each weight has its own price (task 3; Wager et al.
# 2013).  It is least at (⅔, ⅔): both units do the same work.  Guess first: where does each descent end?
ends = {}
for case, kept in (("without dropout", [[1, 1]]), ("with dropout, p = ½", [[2, 2], [2, 0], [0, 2], [0, 0]])):
    inputs, pair = backend.to_device(np.array(kept, float)), Tensor(np.array([[5.0], [-3.0]]))
    train.descend(lambda: ((inputs @ pair - 2) ** 2).mean(), optim.SGD([pair], 0.2), steps=100)
    ends[case] = pair.numpy().ravel()
right = np.allclose([*ends.values()], [[5, -3], [2 / 3, 2 / 3]], atol=1e-9)
lesson.check("descent ends at (5, −3) without dropout, at (⅔, ⅔) with it", right, [*ends.values()])

# %%
w1, w2 = np.meshgrid(np.linspace(-4, 6, 101), np.linspace(-4, 6, 101))
figure, axes = plot.panels(2, height=3.2, sharey=True)
for ax, (case, end), ridge in zip(axes, ends.items(), (0, w1 ** 2 + w2 ** 2)):
    ax.clabel(ax.contour(w1, w2, (w1 + w2 - 2) ** 2 + ridge, [1, 4, 16, 34, 64], cmap="Blues_r", vmax=90))
    ax.plot(*zip((5, -3), end), "o", color=plot.COLOURS[1])
    ax.set(xlabel=f"w₁ ({case})", ylabel="w₂", aspect="equal")
lesson.picture(figure, "valley", "Lines of equal error.  Dots: start, (5, −3), and end of descent.  Without "
               "dropout it does not move: the valley w₁ + w₂ = 2 is flat.  Dropout makes it a bowl.")

# %%
# Networks that could overfit
# ---------------------------
# As in lesson 07 the images are few, and one training label in five is false.  What a network knows *by
# heart* is the share of the false labels that it answers with.  Each run draws its own images and labels, and
# trains a network at each rate: 8 epochs of five passes, for all alike, though dropout learns more slowly.
(x, y), (x_test, y_test) = lesson.images(flat=True)                                         # x (N, pixels)
look = x_test[:2000], y_test[:2000]
few, batch = lesson.pick(digits=(300, 75), mnist=(1000, 100))
rates, runs = (0, 0.25, 0.5, 0.75), 6

def thinned(rate, *sizes):
    """Dense layers of these sizes, with ReLU and dropout between them."""
    return networks.mlp(*sizes, bend=lambda: nn.Sequential(nn.ReLU(), nn.Dropout(rate)))

def cross_entropy(model, x, y):
    return losses.cross_entropy(model(x), y)

def learn(model, arrays, top, warmup=0, **settings):
    """Trains with Adam; the learning rate rises to `top` in a share `warmup` of the run, then falls to 0."""
    return train.fit(model, cross_entropy, arrays, optimizer=optim.Adam(model.parameters(), top),
                     schedule=schedules.cosine(top, warmup=warmup), **settings)

# %%
rng = lesson.rng("rates")
nets, measured = {rate: [] for rate in rates}, []
watch = {"test": lambda model: train.evaluate(model, cross_entropy, look)}
for i in range(runs):
    chosen, false = rng.permutation(len(x))[:few], slice(few // 5)
    labels = y[chosen]
    labels[false] = (labels[false] + rng.integers(1, 10, few // 5)) % 10
    once, five = (x[chosen], labels), (np.tile(x[chosen], (5, 1)), np.tile(labels, 5))
    for rate in rates:
        model = thinned(rate, x.shape[1], 256, 256, 10)
        test = learn(model, five, 0.004, epochs=8, batch_size=batch, metrics=watch, quiet=True)["test"]
        measured += train.evaluate(model, cross_entropy, once), test[-1], min(test)     # five a network
        measured += 1 - train.accuracy(model, *look), train.accuracy(model, x[chosen][false], labels[false])
        nets[rate].append(model)
    print(f"run {i + 1} of {runs}: a network is trained at each of the rates {rates}", flush=True)

# %%
# Guess first: which rate leaves the least known by heart, and which reads most test images?  The rival is p =
# 0, stopped where the test loss itself is least (lesson 07; that flatters it).  A lead below 2 is open.
names = "training loss", "test loss", "least test loss", "test errors", "by heart"
seen = np.array(measured).reshape(runs, len(rates), 5).transpose(2, 1, 0)                   # (5, rates, runs)
lesson.table(zip(rates, *seen.mean(axis=2)), ["rate p", *names])
for i in (3, 4):
    lead = judge.standard_errors(seen[i, 0] - seen[i, 2])
    lesson.claim(f"{names[i]}: less at p = ½ than at 0, in standard errors", lead, above=2)
leads = [judge.standard_errors(seen[i, 0] - seen[1, 2]) for i in (1, 2)]
lesson.record("test loss: less at p = ½ than at 0, and than at 0 stopped in time, in standard errors", leads)
figure = plot.curves({name: (rates, each.mean(axis=1)) for name, each in zip(names[:2], seen)},
                     xlabel="rate p of the training", ylabel="cross-entropy (nats per image)")
lesson.picture(figure, "rates", f"Means of {runs} runs.  Look at which rate each line is lowest.")

# %%
# Do the units depend on each other less?
# ---------------------------------------
# The course notes (001) say that without dropout the neurons “tend to form strong dependencies on each
# other”, and that dropout keeps a network from being “overly dependent on any particular neuron” and leads to
# “more diverse learned features”.  On test images we measure four things.  The first is what dropout trains:
#
# - the accuracy lost when each hidden unit is taken away with probability s = ½, and the others are doubled;
# - the rise of the loss, in %, without one unit of the last hidden layer: mean of the ten largest;
# - the share of idle units of that layer: those that are the same (mostly 0) for all images;
# - the *correlation* of two of its other units over the images, as the root mean square over all pairs.  When
#   this was written, it was less at p = ½ on the digits, but more on MNIST: no sure sign of diversity.
def with_rates(model, *shares):
    """The same model, its dropout layers set to these rates."""
    for layer, share in zip([part for part in model.modules() if isinstance(part, nn.Dropout)], shares):
        layer.rate = share
    return model

def dependence(model):
    """The rise of the loss without one unit, in %; the share of idle units; the correlation."""
    hidden, whole = model[:-1].predict(look[0]), model.predict(look[0])                     # (N, H), (N, 10)
    without = whole - hidden.T[:, :, None] * model[-1].w.numpy()[:, None]                   # (H, N, 10)
    before, after = (functions.log_softmax(s)[..., range(len(whole)), look[1]] for s in (whole, without))
    used = hidden[:, hidden.std(axis=0) > 0].T
    r = np.corrcoef(used)[np.triu_indices(len(used), 1)]
    rise = 100 * np.sort(after.mean(axis=1) / before.mean() - 1)[-10:].mean()
    return rise, 1 - len(used) / len(without), (r ** 2).mean() ** 0.5

# %%
lesson.rng("dependence")
gone = np.arange(10) / 10
reads = np.array([[[(with_rates(model, s, s).predict(look[0], noise=True).argmax(axis=1) == look[1]).mean()
                    for s in gone] for model in nets[rate]] for rate in (0, 0.5)])          # (2, runs, 10)
units = np.array([[dependence(model) for model in nets[rate]] for rate in (0, 0.5)])        # (2, runs, 3)
compared = [reads[..., 0] - reads[..., 5], *units.transpose(2, 0, 1)]                       # 4 of (2, runs)
kinds = "accuracy lost", "rise of the loss (%)", "share of idle units", "correlation of two units"
lesson.table([(kind, *each.mean(axis=1)) for kind, each in zip(kinds, compared)], ["", "at p = 0", "p = ½"])
for kind, (none, half) in zip(kinds[:3], compared):
    lesson.claim(f"{kind}: less at p = ½, in standard errors", judge.standard_errors(none - half), above=2)
less = judge.standard_errors(np.subtract(*compared[3]))
lesson.record(f"{kinds[3]}: less at p = ½, in standard errors", less)
figure = plot.curves({f"p = {rate}": (gone, each.mean(axis=0)) for rate, each in zip((0, 0.5), reads)},
                     xlabel="share s of hidden units taken away", ylabel="test images read (share)")
lesson.picture(figure, "removed", "Dashed: trained with dropout.  Look at which share s each begins to fall.")

# %%
# All of MNIST
# ------------
# With all true labels there is less to overfit.  Srivastava et al. (2014, table 2) give 1.35 % errors for
# 784 pixels, three layers of 1024 sigmoids and dropout, 1.25 % for ReLU.  Their 1.60 without
# dropout is of another network; so we train the same one at p = 0, too.  Pixels are dropped at 0.2.
# Dropout's settings were found on 10,000 training images held out, for a short run: 10 epochs at p = 0, 24
# with dropout, as its noise makes learning slower; theirs were longer.  Look whether 1.35 % is reached.  Who
# errs less (McNemar's test, lesson 02), and whose loss is less?  Between −2 and 2 that is open.
widths, lengths, top, size = lesson.pick(digits=([256] * 2, {0: 3, 0.5: 9}, 0.004, 100),
                                         mnist=([1024] * 3, {0: 10, 0.5: 24}, 0.002, 250))
hits, costs = [], []                                            # of the two networks, for each test image
for rate, epochs in lengths.items():
    lesson.rng(f"reader at {rate}")
    reader = nn.Sequential(nn.Dropout(0.4 * rate), thinned(rate, x.shape[1], *widths, 10))
    learn(reader, (x, y), top, warmup=0.2, epochs=epochs, batch_size=size)
    scores = reader.predict(x_test)
    hits.append(scores.argmax(axis=1) == y_test)
    costs.append(-functions.log_softmax(scores)[range(len(scores)), y_test])
lesson.table(zip(lengths, 100 - 100 * np.mean(hits, 1), np.mean(costs, 1)), ["p", "test errors (%)", "loss"])
lesson.record("test loss: less with dropout, in standard errors", judge.standard_errors(costs[0] - costs[1]))
lesson.record("errors: lead of dropout by McNemar's test, in standard deviations", judge.lead(*hits[::-1]))

# %%
# What the documents say, and what is right
# -----------------------------------------
# “During testing, no neurons are dropped out, and the weights of the neurons are scaled by the dropout rate.”
# (001, How Dropout Works, 3)  By 1 − p.  At p = ½ that is the same; at p = 0.2 it is 4 times as much.
#
# “During each training iteration with a dropout rate of 0.5, the network randomly chooses to drop 2 of the
# neurons in that layer.” (001, Example of Dropout)  Each by itself: exactly 2 of 4 only in 6 of 16 cases.
#
# “This ensures that the behavior during testing is equivalent to training, but without dropping neurons.”
# (001, How Dropout Works, 3)  If only linear layers follow.  *Monte Carlo* takes random masks: let z be the
# mean of 500 scores less the one pass without, in standard errors.  If both are equal, z² is 1 on average;
# else they are about √((z² − 1)/500) deviations of one mask's score apart.  The mean of ReLU(s) is not
# ReLU(mean of s).  What does it cost to forget eval(), which switches dropout off, at test time?
lesson.rng("one pass")
def z_squared(*shares):
    """(100,): the mean over the classes, for each of 100 images."""
    model, images = with_rates(nets[0.5][0], *shares), look[0][:100]
    drawn = np.array([model.predict(images, noise=True) for _ in range(500)])               # (500, 100, 10)
    return ((drawn.mean(axis=0) - model.predict(images)) ** 2 / drawn.var(axis=0, ddof=1) * 500).mean(axis=1)
apart = judge.standard_errors(z_squared(0, 0.5), 1)
lesson.claim("masks behind the last ReLU only: z² and 1, standard errors apart", abs(apart), below=5)
lesson.claim("masks behind both ReLUs: mean z²", z_squared(0.5, 0.5).mean(), above=2)
left_on = [(with_rates(model, 0.5, 0.5).predict(look[0], noise=True).argmax(axis=1) != look[1]).mean()
           for model in nets[0.5]]
lesson.record("test errors in one pass, and with dropout left on", (seen[3, 2].mean(), np.mean(left_on)))
lesson.claim("left on: more errors, in standard errors", judge.standard_errors(left_on - seen[3, 2]), above=2)

# %%
# Try it yourself
# ---------------
# 1. Easy: set p = 0.5 in the cell "What has to be put right".  Which check fails, and what does it tell?
# 2. Easy: let descent start from (5, −3) with p = ½ and no division by 1 − p.  Where does it end, and why?
# 3. Hard: show with all 16 masks that dropout on the inputs of a regression is ridge.  What does it penalise?
#
# Remember
# --------
# - At the rate p each unit is 0 with probability p: by itself, for each example, at each step.
# - What is kept is divided by 1 − p.  So at test time all units work, and nothing else is to be done.
# - In the regression, units that may be missing do not repair each other's errors: they share the work.
# - One pass is the mean over all masks for a linear layer.  For a network it is not: z² says how far off.
#
# Sources
# -------
# The course notes (001), "Dropout".
# N. Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting.
# S. Wager, S. Wang and P. Liang (2013), Dropout training as adaptive regularization.
lesson.end()
