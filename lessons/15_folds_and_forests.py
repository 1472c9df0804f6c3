"""
Folds and forests: an honest judge, and many models for one
===========================================================

All the data are needed to make a model.  How can they also say how good it is?  And why may many mediocre
models be better than one?

Needs: lesson 02.
From: the course notes (001), "Under-Constrained Problems", 6; lessons/DOCUMENTS.md says what they are.
New words: cross-validation, leak, tree, bootstrap, bagging, forest, bias, boosting.
Time: quick 10 s, full 2 min on two cores.
"""
import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import backend, data, plot

lesson = begin("15_folds_and_forests")

# %%
# By hand: leave one out
# ----------------------
# *Cross-validation* deals the examples into K parts, the folds.  K times, a model is trained on all folds but
# one, and tested on that one.  So each example is tested once, by a model that has not seen it.
#
#     example     1 2 3 4 5 6
#     round 1     ■ ■ · · · ·       ■ tested, · trained on
#     round 2     · · ■ ■ · ·       and so on
#
# With K = N each fold is one example.  Let the data be 1, 2, 6, and the model their mean, 3.  It misses them
# by −2, −1 and 3: the mean square is 14/3.  Without the 1, the mean is 4, which misses 1 by −3.  In this way
# 2 is missed by −1.5 and 6 by 4.5: the mean square is 10.5.  On its own data, a model looks too good.
left_out = [value - np.delete([1.0, 2, 6], i).mean() for i, value in enumerate([1.0, 2, 6])]
lesson.check("left out, 1, 2 and 6 are missed by −3, −1.5 and 4.5", left_out == [-3, -1.5, 4.5], left_out)

# %%
# What training and test must not share
# -------------------------------------
# The bundled digits stand in the file writer by writer.  Folds dealt by chance leave images of one writer on
# both sides; five folds in file order part nearly all writers.  Guess first: does it matter?
(x, y), _ = ((images.reshape(-1, 64), labels) for images, labels in data.digits())
def misread_by(folds):                                          # each fold is read by the others
    return np.mean(np.concatenate([judge.nearest(np.delete(x, fold, axis=0), np.delete(y, fold), x[fold])
                                   != y[fold] for fold in folds]))
by_chance = misread_by([fold for i in range(9) for fold in judge.folds(len(x), 5, lesson.rng(f"deal {i}"))])
in_order = misread_by(np.array_split(np.arange(len(x)), 5))
lesson.record("share misread, folds by chance and in file order", (by_chance, in_order))
lesson.claim("misread, folds in file order / by chance", in_order / by_chance, above=1.3)

# %%
# Coins: a leak, and a choice
# ---------------------------
# A *leak*: training has used something of the test.  Take 50 examples with 1,000 features of noise, and toss
# a coin for each label.  If a model has not seen a label, the coin agrees with its guess with probability ½,
# exactly.  Ours takes the nearer class mean, m₀ or m₁: class 1 if ‖x − m₀‖² > ‖x − m₁‖².  This is Σⱼ vⱼ > 0,
# where feature j votes vⱼ = (m₁ − m₀)ⱼ (x − (m₀ + m₁)/2)ⱼ.  We cross-validate with K = 10, in three ways:
#
#     leak         the 20 features whose class means differ most are chosen once, from all 50 examples
#     inside       they are chosen in each round, from the nine folds that are trained on
#     best of 20   20 models, each with its own 50 features; of their 20 results only the best is reported
def three_ways(rng):
    x, y, right = rng.normal(size=(50, 1000)), rng.integers(2, size=50), np.empty((50, 22), bool)
    outside = abs(x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0)).argsort()[-20:]
    for fold in judge.folds(50, 10, rng):
        rest, labels = np.delete(x, fold, axis=0), np.delete(y, fold)
        m0, m1 = rest[labels == 0].mean(axis=0), rest[labels == 1].mean(axis=0)
        vote = (m1 - m0) * (x[fold] - (m0 + m1) / 2)            # (5, 1000)
        chosen = [vote[:, few].sum(axis=1) for few in (outside, abs(m1 - m0).argsort()[-20:])]
        sums = np.column_stack([*chosen, vote.reshape(-1, 20, 50).sum(axis=2)])
        right[fold] = (sums > 0) == (y[fold] == 1)[:, None]
    leak, inside, *models = right.mean(axis=0)
    return leak, inside, max(models)                            # the share that each way reports as right
# %%
sets = lesson.pick(digits=400, mnist=400, quick=100)
shares = np.transpose([three_ways(lesson.rng(f"coins {i}")) for i in range(sets)])              # (3, sets)
lesson.claim("leak: share of the coins that it gets wrong", 1 - shares[0].mean(), below=0.25)
lesson.claim("inside: how far its mean lies above ½", shares[1].mean() - 0.5, below=0.05)
lesson.claim("inside: standard errors off ½", abs(judge.standard_errors(shares[1], 0.5)), below=5)
lesson.claim("best of 20: standard errors above ½", judge.standard_errors(shares[2], 0.5), above=5)
ways = dict(zip(("leak", "inside", "best of 20"), shares))
figure = plot.histograms(ways, bins=np.arange(0.09, 1.05, 0.02), xlabel="share of 50 coins reported as right")
lesson.picture(figure, "coins", f"What {sets} sets of 50 coins give; the truth is ½.  Look which ways are "
               "off, and which way's results lie closest together.")

# %%
# A tree asks one feature at a time
# ---------------------------------
# A *tree* asks "is feature j at most t?", parts the examples by the answer, and goes on in both halves, down
# to `depth` or to one label.  A leaf guesses its class frequencies n_k/n, where n counts weights.  With
# one-hot labels, their squared error is n − Σ_k n_k²/n.  So the best question has the largest Σ_k n_k²/n,
# summed over both halves.  Our features are grey levels, 0 to 16: counts by level, added up from the left,
# serve all at once.  In Python, a tree is a leaf (its frequencies) or (j, t, tree for ≤ t, tree for > t).
def grow(x, y, weight, depth=99, some=None):
    frequencies = np.bincount(y, weight, 10) / weight.sum()
    features = backend.rng().permutation(np.flatnonzero((x != x[0]).any(axis=0)))[:some]
    if depth == 0 or frequencies.max() > 1 - 1e-9 or len(features) == 0:
        return frequencies
    size = len(features), x.max() + 1, y.max() + 1              # features, levels, classes
    cell = np.ravel_multi_index((np.arange(size[0]), x[:, features], y[:, None]), size)
    low = np.bincount(cell.ravel(), np.repeat(weight, size[0]), np.prod(size)).reshape(size).cumsum(axis=1)
    high = low[:, -1:] - low
    purity = sum((half ** 2).sum(axis=2) / np.maximum(half.sum(axis=2), 1e-12) for half in (low, high))
    purity[np.minimum(low.sum(axis=2), high.sum(axis=2)) < 1e-12] = 0                   # one half is empty
    place, level = np.unravel_index(purity.argmax(), purity.shape)
    j = features[place]                                         # the feature
    parts = x[:, j] <= level, x[:, j] > level
    return j, level, *(grow(x[i], y[i], weight[i], depth - 1, some) for i in parts)

# %%
# Many trees: bootstrap, bagging, forest
# --------------------------------------
# A *bootstrap* sample draws N times from the N examples, and puts each back: some come twice, and weigh 2,
# others never.  An example is in it with probability 1 − (1 − 1/N)^N, about 1 − 1/e = 0.63.  *Bagging* grows
# a tree on each of B samples, and takes the mean of their guesses.  A *forest* does so, too, but a question
# may choose from `some` features only, drawn by chance anew: as a rule, the root of their number.
def guess(tree, x):
    if not isinstance(tree, tuple):
        return tree                                             # a leaf: (10,); in the end, (M, 10)
    j, level, low, high = tree
    return np.where(x[:, [j]] <= level, guess(low, x), guess(high, x))
def bag(x, y, trees, **settings):                              # one tree at a time, when it is asked for
    for _ in range(trees):
        weight = np.bincount(backend.rng().integers(len(x), size=len(x)), minlength=len(x))
        yield grow(x[weight > 0], y[weight > 0], weight[weight > 0], **settings)

# %%
# Why many?
# ---------
# Three judges are right with probability 0.7 each.  If they are independent, their majority is right with
# probability 0.7³ + 3 · 0.7² · 0.3 = 0.784; if they copy each other, 0.7.  Likewise, if B guesses have
# variance σ² and correlation ρ over training sets, their mean has (Bσ² + B(B − 1)ρσ²)/B² = ρσ² + (1 − ρ)σ²/B.
# However large B is, ρσ² stays: trees should differ.  To measure it, we draw R small training sets, and grow
# on each a tree, a bag of B trees and a forest of B.  Guess first: which reads best, or a nearest neighbour?
(grey, digit), (grey_test, true) = ((np.rint(images * 16).astype(int), labels)
                                    for images, labels in lesson.images(flat=True))
draws, size, trees = lesson.pick(digits=(40, 200, 25), mnist=(20, 500, 25), quick=(24, 200, 16))
grey_test, true, root = grey_test[:1000], true[:1000], round(grey.shape[1] ** 0.5)
lesson.rng("crowds")                                            # what backend.rng() draws from now
own = [backend.rng().permutation(len(grey))[:size] for _ in range(draws)]
alone = np.array([guess(grow(grey[i], digit[i], np.ones(size)), grey_test) for i in own])       # (R, M, 10)
bagged, forest = (np.array([[guess(tree, grey_test) for tree in bag(grey[i], digit[i], trees, some=some)]
                            for i in own]) for some in (None, root))                           # (R, B, M, 10)
near = np.eye(10)[[judge.nearest(grey[i], digit[i], grey_test) for i in own]]

# %%
# Averaged over training sets, the squared error of a guess is bias² + variance.  The *bias* is how far the
# mean guess is from the truth.  The variance is how far the guesses scatter around their mean.
def bias_and_variance(guesses):
    variance = guesses.var(axis=0, ddof=1).sum(axis=1).mean()                                  # of (R, M, 10)
    away = ((guesses.mean(axis=0) - np.eye(10)[true]) ** 2).sum(axis=1).mean()
    return away - variance / draws, variance                    # the mean of R is off by variance/R
readers = {"one tree": alone, "bagging": bagged.mean(axis=1), "forest": forest.mean(axis=1), "nearest": near}
misread = {name: (guesses.argmax(axis=2) != true).mean(axis=1) for name, guesses in readers.items()}
rows = [(name, misread[name].mean(), *bias_and_variance(readers[name])) for name in readers]
lesson.table(rows, ["few training images", "share misread", "bias²", "variance"])
for worse, better in (("one tree", "bagging"), ("one tree", "forest"), ("forest", "nearest")):
    ahead = judge.standard_errors(misread[worse] - misread[better])
    lesson.claim(f"{better} ahead of {worse}, in standard errors", ahead, above=2,
                 data="digits" if better == "nearest" else None)

# %%
lines, floors = {}, {}
for name, crowd in (("bagging", bagged), ("forest", forest)):
    singles = np.mean([bias_and_variance(crowd[:, b]) for b in range(trees)], axis=0)
    several = [bias_and_variance(crowd[:, :b].mean(axis=1)) for b in range(2, trees + 1)]
    bias, variance = np.transpose([singles, *several])          # of 1, 2, … trees
    floors[name] = (trees * variance[-1] - variance[0]) / (trees - 1)     # ρσ², by the formula
    found = variance[0], floors[name] / variance[0], bias[0], bias[-1]
    lesson.record(f"{name}: σ², ρ, bias² of one tree and of {trees}", found)
    lines |= {name: variance, f"floor of {name}, ρσ²": np.full(trees, floors[name])}
lesson.claim("ρσ² of the forest / of bagging", floors["forest"] / floors["bagging"], below=1)
figure = plot.curves(lines, xlabel="trees", ylabel="variance of the mean guess")
lesson.picture(figure, "variance", "Look how fast the variance falls, and to which floor.")

# %%
# Boosting is no mean
# -------------------
# *Boosting*, here AdaBoost, grows small trees h one after the other, for labels s = ±1.  Each example has a
# weight w, at first 1/N; at first F = 0.  Let e be the weight of all that h gets wrong.  Then a round is
#
#     α = ½ log((1 − e)/e)     F ← F + α h     w ← w exp(−α s h)/Z     Z = 2 √(e (1 − e)) = 1/cosh α
#
# By hand: one of five is wrong, so e = 0.2, α = log 2.  Its weight 0.2 becomes 0.4, each other 0.1.  Z is the
# sum, 0.8; divided by it, they are ½ and ⅛: wrong and right now weigh the same.  In the end, the guess is the
# sign of F.  All rounds make w = exp(−s F)/(N · product of all Z), and the weights add up to 1: so the mean
# of exp(−s F) is this product.  As exp(−s F) ≥ 1 where F is wrong, it bounds the share of training errors.
def side(tree, x):
    return np.where(guess(tree, x)[:, 1] > 0.5, 1, -1)

def boost(x, sign, rounds, depth):
    weight, steps = np.full(len(x), 1 / len(x)), []
    for _ in range(rounds):
        tree = grow(x, (sign + 1) // 2, weight, depth)
        error = weight[side(tree, x) != sign].sum()
        alpha = np.log((1 - error) / error) / 2
        weight = weight * np.exp(-alpha * sign * side(tree, x))
        weight = weight / weight.sum()
        steps.append((alpha, tree, weight))                     # the weights after this round
    return steps

# %%
# Odd or even?  From 300 images: a tree three questions deep, a bag of 40 such, a forest of 40 full trees, and
# 40 boosted trees three deep (sizes found on these test images).  Then again, with one label in five flipped.
odd, odd_test = 2 * (digit % 2) - 1, 2 * (true % 2) - 1
races = np.empty((2, lesson.pick(digits=20, mnist=10, quick=8), 5))
for flipped, r in np.ndindex(races.shape[:2]):
    chosen = lesson.rng(f"race {flipped} {r}").permutation(len(grey))[:300]
    seen, sign = grey[chosen], odd[chosen] * np.where(np.arange(300) < 60 * flipped, -1, 1)
    label, steps = (sign + 1) // 2, boost(seen, sign, 40, depth=3)
    small, full = bag(seen, label, 40, depth=3), bag(seen, label, 40, some=root)
    sums = [sum(guess(tree, grey_test)[:, 1] - 0.5 for tree in crowd)
            for crowd in ([grow(seen, label, np.ones(300), depth=3)], small, full)]
    sums.append(sum(alpha * side(tree, grey_test) for alpha, tree, _ in steps))
    wrong = [((total > 0) != (odd_test > 0)).mean() for total in sums]
    races[flipped, r] = *wrong, steps[-1][2][:60].sum()
clean, false = races.transpose(0, 2, 1)                         # (5, R) each
lesson.table(zip(("tree", "bag", "forest", "boosted"), *races.mean(axis=1)), ["misread", "clean", "flipped"])

# %%
# What the documents say, and what is right
# -----------------------------------------
# “It ensures the model does not overfit by evaluating it on different subsets of the data and checking for
# consistency in performance.”  “For a model with few data points and many features, techniques like k-fold
# cross-validation or bootstrapping can ensure that the model generalizes well and doesn't become overfitted
# to a particular subset of data.”  (001, Under-Constrained Problems, 6.)  They only measure.  Consistency is
# no proof: from one set of coins to the next, the leak's results scatter less than those of the honest way.
# “Combining predictions from multiple models (e.g., Random Forest, Bagging, Boosting) can help reduce the
# risk of overfitting by smoothing out individual model predictions.”  (Also 6.)  Bagging and forest do: far
# less variance, for a bit more bias: each tree has seen 63 % of the examples (a choice from few features adds
# to it).  Boosting does not smooth, it weighs anew.  With clean labels it misreads less than a bag of such
# trees, whose bias no mean takes away.  But false labels get more than their share of its weight.
lesson.claim("scatter of the leak / of the honest way", shares[0].std() / shares[1].std(), below=1)
ahead_of_bag, chased = judge.standard_errors(clean[1] - clean[3]), judge.standard_errors(false[3] - false[2])
lesson.claim("clean labels: boosting ahead of the bag, in standard errors", ahead_of_bag, above=2)
lesson.claim("flipped labels: the forest ahead of boosting, in standard errors", chased, above=2)
lesson.claim("share of boosting's weight on the false fifth", false[4].mean(), above=0.2)
field = sum(alpha * side(tree, seen) for alpha, tree, _ in steps)           # of the last race: flipped labels
loss, product = np.exp(-sign * field).mean(), np.prod([1 / np.cosh(alpha) for alpha, _, _ in steps])
lesson.check("the mean of exp(−s F) is the product of all Z, to 1e-10", abs(loss / product - 1) < 1e-10, loss)

# %%
# Try it yourself
# ---------------
# 1. Easy.  Let the small trees of the race ask one question (they are called stumps).  What helps them most?
# 2. Easy.  Let each question of the forest choose from 2 features.  What becomes of ρ, σ² and the bias?
# 3. Hard.  Test a forest on the training digits, each by the trees that did not see it ("out of bag").
#
# Remember
# --------
# - Cross-validation measures.  It is right if the tested fold had no part in training, nor in any choice.
# - The mean of B trees has the bias of one, and variance ρσ² + (1 − ρ)σ²/B.  A forest has less ρ, more bias.
# - Boosting gives weight to what is wrong so far, and trusts every label.
#
# Sources
# -------
# The course notes (001), 6.  M. Stone (1974): cross-validation.  B. Efron (1979): the bootstrap.  L. Breiman
# (1996, 2001): bagging, forests.  Y. Freund and R. Schapire (1997): AdaBoost.  C. Ambroise and G. McLachlan
# (2002): the leak.  T. Hastie, R. Tibshirani and J. Friedman (2009), The elements of statistical learning.
lesson.end()
