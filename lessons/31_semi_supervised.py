"""
Semi-supervised and unsupervised learning
=========================================

A label costs somebody's time; an image without one is nearly free.  We have a hundred labelled digits and
thousands of others.  What are the others worth, counted in labels?  And can they do harm?

Needs: lessons 02, 10, 17, 28 and 39.
From: the course notes (001), "Handling Under-Constrained Problems", 8; lessons/DOCUMENTS.md describes them.
New words: unlabelled, k-means, cluster assumption, EM, label propagation, belief, pseudo-label, purity.
Time: quick 10 s, full 3 min on two cores.
"""
from statistics import NormalDist

import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import backend, functions, losses, optim, plot, schedules, train

lesson = begin("31_semi_supervised")

# %%
# By hand: eight points without a label
# -------------------------------------
# A point at −1 is known to be red, one at 1 to be blue.  We put the boundary halfway, at 0.  Then come eight
# *unlabelled* points, in two clumps: −0.5 −0.3 −0.1 0.1 and 0.9 1.1 1.3 1.5.  *k-means* (Lloyd 1982) gives
# each to its nearest centre, moves each centre to the mean of its points, and so on.  Starting at −1 and 1:
#
#     (−0.5 − 0.3 − 0.1)/3 = −0.3      (0.1 + 0.9 + 1.1 + 1.3 + 1.5)/5 = 0.98      boundary 0.34
#
# These are the new centres; 0.1 is red now.  Round 2 brings −0.2, 1.2 and the boundary 0.5; there it ends.
# The sum of squared distances d² to the nearest centre goes 2.72, 0.6336, 0.4: no step can make it larger.
#
# *EM* (Dempster et al. 1977) lets a point count in all means, with shares e^(−d²/2) divided by their sum: by
# Bayes' rule, how probable each centre is, if all have equally many points, of variance 1 around them.  Then
# the likelihood cannot fall.  So −2 times its log cannot rise: −2 Σ log Σ e^(−d²/2) + a constant, where the
# first Σ is over points, the second over centres.  A labelled point counts for its own centre only.
def cluster(x, centres, soft, labels=(), rounds=30):
    """T draws x (T, N, D), labelled ones first; centres (T, C, D) → centres; what cannot rise (rounds, T)."""
    sums, n, own = [], len(labels), np.eye(centres.shape[1])
    length = (x * x).sum(axis=2)[..., None]                         # (T, N, 1)
    for _ in range(rounds):
        squares = length - 2 * x @ centres.swapaxes(1, 2) + (centres ** 2).sum(axis=2)[:, None]  # (T, N, C)
        least = squares.min(axis=2, keepdims=True)                  # (T, N, 1)
        share = np.exp((least - squares) / 2) if soft else own[squares.argmin(axis=2)]
        total = share.sum(axis=2, keepdims=True)                    # k-means: 1
        share = share / total
        share[:, :n] = own[list(labels)]
        sums.append((least - 2 * np.log(total))[:, n:].sum((1, 2)) + (squares * share)[:, :n].sum((1, 2)))
        centres = share.swapaxes(1, 2) @ x / (share.sum(axis=1)[..., None] + 1e-12)
    return centres, np.array(sums)
# %%
eight, start = np.array([[-0.5, -0.3, -0.1, 0.1, 0.9, 1.1, 1.3, 1.5]])[..., None], np.array([[[-1.0], [1.0]]])
halfway = [cluster(eight, start, soft=False, rounds=r)[0].mean() for r in (1, 2, 3)]
by_round = cluster(eight, start, soft=False, rounds=3)[1][:, 0]
by_hand = np.allclose([halfway, by_round], [[0.34, 0.5, 0.5], [2.72, 0.6336, 0.4]], rtol=0, atol=1e-9)
lesson.check("the boundaries and the sums of squares are as by hand", by_hand, (halfway, by_round))
# %%
# If blue begins at 0.5, one of the eight was on the wrong side before, and none is now.  If blue begins at 0,
# none was before, and one is now.  The points show where the gap is.  They do not show whether the classes
# change in the gap.  Who uses them assumes that they do: the *cluster assumption* (Chapelle et al. 2006).
#
# Clumps that are the classes, and clumps that are not
# ----------------------------------------------------
# Half of all x come from N(−1.5, 1), half from N(1.5, 1): two clumps that overlap.  EM starts from the means
# m₀ and m₁ of the red and the blue labels.  What lies on m₁'s side of b = (m₀ + m₁)/2 is said to be blue.
# First, blue *is* the right clump.  The best b is 0: Φ(−1.5) = 6.68 % are wrong (Φ: distribution function of
# N(0, 1)).  From five labels a class b has variance 1/10, so x − b has 1.1, and Φ(−1.5/√1.1) = 7.63 % are.
# Next, blue begins at 1.5, inside the right clump; all else stays.  Guess first: what do 1,000 others change?
levels = [NormalDist().inv_cdf((i + 0.5) / 1000) for i in range(1000)]      # they stand for all of N(0, 1)
all_x, all_clumps = np.add.outer([-1.5, 1.5], levels).ravel(), np.arange(2000) // 1000

def trial(name, each, many, blue):
    """200 draws, `each` labels a class: the share wrong without and with `many` unlabelled x; EM's loss."""
    rng, y, wrong = lesson.rng(f"{name} {each} {many}"), np.arange(2 * each) // each, []
    clump = rng.integers(0, 2, (200, 300 + many))                           # labels come from the first 300
    x = rng.normal(size=clump.shape) + 3 * clump - 1.5
    order = blue(x, clump)[:, :300].argsort(axis=1, kind="stable")          # red ones first, blue ones last
    labelled = np.take_along_axis(x, np.hstack([order[:, :each], order[:, -each:]]), axis=1)
    means = labelled.reshape(200, 2, each).mean(axis=2)[..., None]          # m₀ and m₁: (200, 2, 1)
    learned, sums = cluster(np.hstack([labelled, x[:, 300:]])[..., None], means, soft=True, labels=y)
    for m in means, learned:
        said = (all_x > m.mean(axis=1)) == (m[:, 1] > m[:, 0])              # blue or not: (200, 2000)
        wrong.append((said != blue(all_x, all_clumps)).mean(axis=1))
    return *wrong, sums
# %%
worlds = {"right clump": lambda x, clump: clump == 1, "above 1.5": lambda x, clump: x > 1.5}    # what is blue
amounts, best, theory = (1, 10, 100, 1000), NormalDist().cdf(-1.5), NormalDist().cdf(-1.5 / 1.1 ** 0.5)
found = {name: [trial(name, 5, many, blue) for many in amounts] for name, blue in worlds.items()}
(alone, helped, em_sums), (alone_cut, harmed, _) = (trials[-1] for trials in found.values())
lesson.check("no round of EM lowers a likelihood", (np.diff(em_sums, axis=0) <= 1e-10 * em_sums[0]).all())
lesson.claim("labels alone: standard errors from 7.63 %", abs(judge.standard_errors(alone, theory)), below=5)
lesson.claim("excess over Φ(−1.5): alone / helped", (alone.mean() - best) / (helped.mean() - best), above=4)
lesson.claim("above 1.5: the harm in standard errors", judge.standard_errors(harmed - alone_cut), above=4)
lines = {name: (amounts, [100 * np.mean(t[1]) for t in trials]) for name, trials in found.items()}
lesson.table([(n, 100 * found[n][-1][0].mean(), *lines[n][1]) for n in found], ["% wrong", "alone", *amounts])
lesson.picture(plot.curves(lines, log="x", xlabel="unlabelled x", ylabel="wrong (%)"), "harm", "The same x, "
               "two meanings of blue, five labels a class: look which line falls, and which rises.")

# %%
# Clumps that are not round
# -------------------------
# k-means finds what lies round a centre.  *Label propagation* (Zhu & Ghahramani 2002) assumes only that
# neighbours are alike.  Each point has a *belief*: a number for each class, 0 at first.  In each round it
# becomes the mean of its own and the ten nearest points'; a labelled point keeps to its label.  At last each
# class's are divided by their sum, as if classes were equally frequent (Zhu et al. 2003): the largest wins.
def neighbours(x):
    """Each point of x (N, D) itself and the ten nearest others, in any order: (N, 11)."""
    half = (x * x).sum(axis=1) / 2                              # half − a·b = (‖b − a‖² − ‖a‖²)/2: (…, N)
    return np.vstack([np.argpartition(half - a @ x.T, 10, axis=1)[:, :11] for a in np.array_split(x, 25)])

def propagate(near, known, labels, rounds=50):
    """The classes (N,) of all points: those at `known` have `labels`, (n,) each; near (N, 11)."""
    belief = np.zeros((len(near), max(labels) + 1), np.float32)
    for _ in range(rounds):
        belief = belief[near].mean(axis=1)                      # (N, 11, classes) → (N, classes)
        belief[known] = np.eye(belief.shape[1])[labels]
    return (belief / belief.sum(axis=0)).argmax(axis=1)
# %%
# Two moons, one label each.  Guess first: is k-means better than the nearer one of the two labelled points?
rng, moon, shares = lesson.rng("moons"), np.arange(400) % 2, []
for _ in range(20):
    turn = np.pi * rng.random(400)
    points = np.where(moon, (1 - np.cos(turn), 0.5 - np.sin(turn)), (np.cos(turn), np.sin(turn))).T
    points += 0.1 * rng.normal(size=points.shape)               # (400, 2)
    stars = np.array([rng.choice(np.flatnonzero(moon == side)) for side in (0, 1)])
    centres = cluster(points[None], points[None, stars], soft=False)[0][0]
    said = {"the nearer label": judge.nearest(points[stars], moon[stars], points),
            "k-means": judge.nearest(centres, moon[stars], points),
            "propagation": propagate(neighbours(points), stars, moon[stars], rounds=500)}     # moons are long
    shares.append([(answer != moon).mean() for answer in said.values()])
lesson.table([np.mean(shares, axis=0)], [f"wrong: {name}" for name in said])
lesson.claim("two moons: k-means' share wrong above propagation's", -np.diff(shares)[:, 1].mean(), above=0.1)
# %%
figure, axes = plot.panels(3, height=1.7, sharey=True)
for ax, (name, answer) in zip(axes, said.items()):
    ax.scatter(*points.T, s=3, color=np.array(plot.COLOURS)[answer])
    ax.plot(*points[stars].T, "*", color=plot.INK, markersize=10)
    ax.set(title=name, xlabel="x₁", ylabel="x₂" * (ax is axes[0]), aspect="equal")
lesson.picture(figure, "moons", "A star is a label, a colour an answer: look who gives each moon one colour.")

# %%
# A hundred labels
# ----------------
# Now `many` digits, of which `few` have a label, equally many a class.  Readers get pixels or a code: PCA's
# (lesson 17), or the mean of a VAE's q(z|x) (lesson 28: R, K).  All `many` teach the codes, without labels.
# What is set here was chosen by labels of held-out *training* images: nobody who has `few` has that help.
(x_train, y_train), (x_test, y_test) = lesson.images(flat=True)             # (N, pixels), (N,)
many, few, hidden, width, batch, rate, steps = lesson.pick(digits=(1437, 30, 128, 8, 32, 5e-3, 60),
                                                           mnist=(12_500, 100, 400, 30, 128, 2e-3, 200))
counts, right = lesson.pick(digits=(10, 30, 100, 300, 1437), mnist=(50, 100, 300, 1000, 12_500)), {}

def vae_codes(x):
    """A VAE learns from x (N, pixels): the codes (N, width) of x and of the test images."""
    vae = networks.VAE(networks.mlp(x.shape[1], hidden, 2 * width), networks.mlp(width, hidden, x.shape[1]))
    def loss(vae, x):
        logits, mean, log_var = vae(x)
        return {"R": losses.bce_with_logits(logits, x), "K": losses.gaussian_kl(mean, log_var)}
    history = train.fit(vae, loss, (x,), optimizer=optim.Adam(vae.parameters(), rate), epochs=10,
                        batch_size=batch, schedule=schedules.cosine(rate), quiet=True)
    print(f"  VAE: R {history['R'][-1]:.1f}, K {history['K'][-1]:.1f} nats an image", flush=True)
    return [vae.encoder.predict(images)[:, :width] for images in (x, x_test)]
# %%
# Three readers see labelled images only: softmax regression (linear), the nearest (1-NN), a network (weight
# decay: lesson 10).  *Pseudo-labels* (after Lee 2013): the network labels all images, a new one learns from
# those where its probability is above 0.8; three times.  Propagation: for a test image its nearest answers.
def network(x, y):                                              # learns from x (n, D) with labels y (n,)
    net, dice = networks.mlp(x.shape[1], 128, 10), backend.rng()
    def loss():
        picked = dice.integers(0, len(y), min(len(y), 256))
        return losses.cross_entropy(net(backend.to_device(x[picked])), backend.to_device(y[picked]))
    optimizer = optim.AdamW(net.parameters(), 0.01, weight_decay=1.0)
    train.descend(loss, optimizer, steps, schedule=schedules.cosine(0.01))
    return net

# %%
def answers(x, new, near, home, known, y):
    """What each reader says of `new` images, from images x, of which those at `known` have labels y."""
    net = first = network(x[known], y)
    for _ in range(3):
        belief = functions.softmax(net.predict(x))              # (N, 10)
        belief[known] = np.eye(10)[y]
        sure = belief.max(axis=1) > 0.8
        net = network(x[sure], belief[sure].argmax(axis=1))
    return {"linear": judge.softmax_regression(x[known], y, new, steps=100),
            "1-NN": judge.nearest(x[known], y, new), "network": first.predict(new).argmax(axis=1),
            "pseudo-labels": net.predict(new).argmax(axis=1), "propagation": propagate(near, known, y)[home]}
# %%
# What if labels are false?  The last view is pixels, with every third label of a class one too high (9: 0).
for draw in range(4):
    chosen = lesson.rng(f"draw {draw}").permutation(len(x_train))[:many]
    x, y = x_train[chosen], y_train[chosen]                        # (many, pixels), (many,)
    place = (np.cumsum(y[:, None] == np.arange(10), axis=0) - 1)[np.arange(many), y]        # in its class
    mean, directions, _ = judge.pca(x, width)
    views = {"pixels": (x, x_test), "PCA": ((x - mean) @ directions, (x_test - mean) @ directions),
             "VAE code": vae_codes(x), "1 in 3 false": (x, x_test)}
    for view, (seen, new) in views.items():
        given = (y + (place % 3 == 2)) % 10 if view == "1 in 3 false" else y
        seen, new = ((v - seen.mean(axis=0)) / seen.std(axis=0).max() for v in (seen, new))
        near, home = neighbours(seen), judge.nearest(seen, np.arange(many), new)        # numbers in `seen`
        for count in counts if view == "pixels" else [few]:
            known = np.flatnonzero(place < (many if count == many else count // 10))
            for reader, labels in answers(seen, new, near, home, known, given[known]).items():
                right.setdefault((reader, view, count), []).append(100 * (labels == y_test).mean())
# %%
# "Alone" is the best of linear, 1-NN and network in each draw, by the test images: in its favour.  ±: a
# standard error over four draws of labels, starts and (MNIST) images.  With all labels propagation *is* 1-NN.
READERS = ("linear", "1-NN", "network", "pseudo-labels", "propagation")
lesson.table([(r, *(f"{np.mean(right[r, v, few]):.1f} ± {np.std(right[r, v, few], ddof=1) / 2:.1f}"
                    for v in views)) for r in READERS], (f"% right, {few} labels", *views))
alone_at = np.array([np.max([right[r, "pixels", c] for r in READERS[:3]], axis=0) for c in counts])
score = {key: np.mean(four) for key, four in right.items()}
flowed, pseudo = score["propagation", "pixels", few], {v: score["pseudo-labels", v, few] for v in views}
worth = np.exp(np.interp(flowed, alone_at.mean(axis=1), np.log(counts)))
lesson.claim("propagation: points above labels alone", flowed - alone_at[1].mean(), above=5)
lesson.claim("propagation above pseudo-labels on VAE codes, points", flowed - pseudo["VAE code"], above=4)
lesson.claim("pseudo-labels: points lost by false labels", pseudo["pixels"] - pseudo["1 in 3 false"], above=5)
lesson.claim("labels that do as well alone, over those given", worth / few, above=3, full=True, data="mnist")
gains = {r: (counts, [score[r, "pixels", c] for c in counts]) for r in READERS}
lesson.picture(plot.curves(gains, log="x", xlabel="labels", ylabel="test images right (%)"), "labels", "Look "
               f"where propagation's lead ends.  {few} labels with it are worth {worth:.0f} labels alone.")

# %%
# What the documents say, and what is right
# -----------------------------------------
# “Uses a small amount of labeled data combined with a large amount of unlabeled data to improve learning
# accuracy.” (001, Under-Constrained Problems, 8.)  Not where the cluster assumption fails: above, task 3.
#
# “Techniques like clustering or dimensionality reduction help discover the underlying structure of the data
# when there are insufficient labels.” (001, Under-Constrained Problems, 8.)  A structure, not always that of
# the classes: see the moons.  *Purity* is the share of images that are of their cluster's commonest class.
ten, falls = cluster(x[None], x[None, :10], soft=False)
owner = judge.nearest(ten[0], np.arange(10), x)                 # the cluster of each image
pure = sum(np.bincount(y[owner == k], minlength=10).max() for k in range(10)) / many
lesson.claim("ten clusters of pixels: 1 − purity", 1 - pure, above=0.1)
lesson.check("k-means never raises its sum of squares", (np.diff(falls, axis=0) <= 1e-5 * falls[0]).all())

# %%
# Try it yourself
# ---------------
# 1. Easy.  Give one label a class in place of five.  How often do the clumps get each other's name?
# 2. Easy, by pencil.  Draw ten labels at random: how often is one of ten classes missing?
# 3. Hard.  Ask the digits: has an image more ink than most?  Does propagation beat 1-NN now?
#
# Remember
# --------
# - Unlabelled data show where gaps are.  That classes change in the gaps is an assumption.
# - If it holds, a few labels go far: they only have to name clumps.  If not, more data do more harm.
# - Give rivals the same: pseudo-labels on pixels, too.  Pseudo-labels keep much of what false labels taught.
#
# Sources
# -------
# The course notes (001).  S. Lloyd (1982): k-means.  A. Dempster et al. (1977): EM.  X. Zhu and Z. Ghahramani
# (2002), with J. Lafferty (2003): propagation.  D.-H. Lee (2013): pseudo-labels.  O. Chapelle et al. (2006),
# Semi-supervised learning.  D. Kingma et al. (2014): VAEs; 3.3 % wrong, 100 labels.  F. Cozman et al. (2003).
lesson.end()
