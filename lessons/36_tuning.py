"""
Annealing and Bayesian optimisation
===================================

The loss of the cube report (002) has two weights, β and λ, and to try one pair costs a training run.  After a
few runs we know a few results.  Where should we try next?

Needs: lessons 12, 26 and 30.
From: the cube report (002), "Theory", equations 5 and 6, Table 5; lessons/DOCUMENTS.md says what it is.
New words: Gaussian process, trial, expected improvement, Bayesian optimisation, random search, pool, replay.
Time: quick 9 s, full 4 min on two cores.
"""
import math

import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, init, linalg, losses, no_grad, ops, optim, plot, schedules, train
from minidl.data import cube

lesson = begin("36_tuning")

# %%
# By hand: one height, seen
# -------------------------
# We look for the place x where an unknown function f is lowest.  Lesson 12 put a Gaussian prior on the
# heights of a curve.  A *Gaussian process* does so at all places: any heights are jointly Gaussian, with mean
# 0 and covariances k(x, x').  Ours is Matérn's k = (1 + t + t²/3) e^−t, t = √5 d/width, d the distance of x
# and x': k(x, x) = 1, and near places are alike.  We see f(x) = 1.  What do we believe of a height g where
# t = 2?  Their covariance is c = 13/3 · e^−2.  Write g = c f(x) + e.  The rest e has the covariance c − c = 0
# with f(x), so f(x) tells nothing of it.  Its variance is 1 − c².  So g has the mean c = 0.586 and the
# variance 0.656.  For n heights y, let K hold their covariances, and k those with the new height.  Likewise
# the mean is kᵀK⁻¹y, the variance 1 − kᵀK⁻¹k.  Noise in y adds its variance to the diagonal of K.
def kernel(a, b, width):                                        # a (n, D), b (M, D) → (n, M)
    t = np.sqrt(5 * ((a[:, None] - b) ** 2).sum(axis=2)) / width
    return (1 + t + t * t / 3) * np.exp(-t)
def posterior(x, y, new, noise=1e-6, width=0.2):    # x (n, D), y (n,), new (M, D) → means, deviations (M,)
    seen, across = kernel(x, x, width) + noise * np.eye(len(x)), kernel(x, new, width)          # K and k
    solved = linalg.solve(seen, np.column_stack([y, across]))   # K⁻¹y and K⁻¹k, (n, 1 + M)
    return across.T @ solved[:, 0], np.sqrt(np.maximum(1 - (across * solved[:, 1:]).sum(axis=0), 1e-12))
def believe(x, y, new, noise=1e-6):                             # so for any y: scaled, and scaled back
    m, s = posterior(x, (y - y.mean()) / y.std(), new, noise)
    return y.mean() + y.std() * m, y.std() * s
at_0, at_2 = np.zeros((1, 1)), np.full((1, 1), 2 / 5 ** 0.5)    # with the width 1, t = 2
mean_g, deviation_g = (v.item() for v in posterior(at_0, np.ones(1), at_2, noise=0, width=1))
lesson.check("0.586, 0.656", np.allclose([mean_g, deviation_g ** 2], [0.586, 0.656], atol=6e-4), mean_g)

# %%
# Expected improvement
# --------------------
# A *trial* measures a height.  Let f* be the lowest so far.  At a place with the mean m and the deviation s
# the height is m + s ε, ε ~ N(0, 1).  The trial gains f* − m − s ε, or 0 if that is negative.  With
# u = (f* − m)/s this is s (u − ε) where ε < u.  Let φ be the density of N(0, 1) and Φ(u) its share below u.
# As φ′(ε) = −ε φ(ε), the integral of −ε φ(ε) up to u is φ(u).  So the *expected improvement* is
#
#     EI = s (u Φ(u) + φ(u)) = (f* − m) Φ(u) + s φ(u)
#
# It is large where m is low, and where s is large: what we know little of may be lower still.  For g, f* = 1
# and u = 0.414/√0.656 = 0.510, so EI = 0.414 · 0.695 + 0.810 · 0.350 = 0.571.  At x itself s = 0, EI = 0.
share_below = np.vectorize(lambda u: 0.5 * math.erfc(-u / 2 ** 0.5))            # Φ
def expected_improvement(m, s, lowest):
    u = (lowest - m) / s
    return (lowest - m) * share_below(u) + s * np.exp(-u * u / 2) / (2 * math.pi) ** 0.5
gains = [float(expected_improvement(m, s, 1)) for m, s in ((mean_g, deviation_g), (1, 1e-9))]
lesson.check("0.571, and 0 at the seen place", np.allclose(gains, [0.571, 0], atol=6e-4), gains)
drawn = np.maximum(1 - mean_g - deviation_g * lesson.rng("gain").normal(size=100_000), 0)
lesson.claim("gain: standard errors off EI", abs(judge.standard_errors(drawn, gains[0])), below=5)

# %%
# Branin's function
# -----------------
# To spend each trial where EI is largest is *Bayesian optimisation*.  We test it on Branin's function (Dixon
# & Szegő 1978) of x₁ from −5 to 10 and x₂ from 0 to 15.  It has three valleys, 0.397887 deep, one at
# (π, 2.275).  In a unit box we model log f, scaled to mean 0, deviation 1 over the trials; the width is 0.2.
def branin(p):                                                  # p (N, 2), from 0 to 1 → (N,)
    x1, x2 = 15 * p[:, 0] - 5, 15 * p[:, 1]
    bend = x2 - 5.1 / (4 * math.pi ** 2) * x1 ** 2 + 5 / math.pi * x1 - 6
    return bend ** 2 + 10 * (1 - 1 / (8 * math.pi)) * np.cos(x1) + 10
lesson.check("f = 0.397887", np.allclose(branin(np.array([[(math.pi + 5) / 15, 2.275 / 15]])), 0.397887))
def search(y, places, first, trials, noise=1e-6, explore=True):
    tried = list(first)                                         # indices of places
    while len(tried) < trials:                                  # next: most EI, or without `explore` lowest m
        m, s = believe(places[tried], y[tried], places, noise)
        score = expected_improvement(m, s, y[tried].min()) if explore else -m
        score[tried] = -np.inf                                  # no place twice
        tried.append(int(score.argmax()))
    return tried

# %%
line = np.column_stack([np.linspace(0, 1, 301), np.full(301, 2.3 / 15)])        # along x₂ = 2.3
along, height = 15 * line[:, 0] - 5, np.log(branin(line))
path = search(height, line, [60, 240], 8)
figure, axes = plot.panels(3, rows=2, height=3.4, sharex=True, sharey="row")
for top, bottom, n in zip(axes[:3], axes[3:], (2, 4, 8)):
    m, s = believe(line[path[:n]], height[path[:n]], line)
    top.fill_between(along, m - 1.96 * s, m + 1.96 * s, color=plot.BLUE)
    top.plot(along, height, "--", color=plot.INK, linewidth=1)
    top.plot(along, m, color=plot.COLOURS[0])
    top.plot(along[path[:n]], height[path[:n]], "o", color=plot.INK, markersize=4)
    top.set(title=f"{n} trials", ylabel="log f")
    bottom.plot(along, expected_improvement(m, s, height[path[:n]].min()), color=plot.COLOURS[1])
    bottom.set(xlabel="x₁", ylabel="EI")
lesson.picture(figure, "posterior", "Dashed: log f.  Blue: mean and 95 % band.  Red: EI; its top is the next "
               "trial.  Look whether the band is wide there, or the mean low.")

# %%
# Does it pay?
# ------------
# On 25 × 25 places each search gets 20 trials, the first 4 by chance.  *Random search* goes on by chance.
# "Lowest mean" tries our model's lowest mean.  Optuna, if it is there, draws ten by chance.  Not tried: local
# search, by small steps from the best place.  Of n drawn places and one more, each is lowest with equal
# chance: so of M places L = (M − n)/(n + 1) are on average lower than the best of n, here 605/21 = 28.8.  A
# search that leaves L lower is worth (M − L)/(L + 1) random trials.  Guess first: how many is EI worth?
try:
    import optuna
    optuna.logging.set_verbosity(optuna.logging.WARNING)
except ImportError:
    optuna = print('Optuna is not installed; it joins in after: pip install -e ".[tune]"')     # None
def lead(one, other):           # sign test, the lower wins: (won − lost)/√(won + lost), above 2 hardly chance
    return judge.lead(one < other, other < one)
runs, square = 100 if lesson.quick else 300, np.indices((25, 25)).reshape(2, -1).T / 24         # (625, 2)
rng, lower, y = lesson.rng("searches"), {}, np.log(branin(square))      # lower: places below each run's best

# %%
for run in range(runs):
    order = rng.permutation(625)
    found = {"EI": y[search(y, square, order[:4], 20)].min(), "random": y[order[:20]].min(),
             "lowest mean": y[search(y, square, order[:4], 20, explore=False)].min()}
    if optuna:
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=int(order[0] * 625 + order[1])))
        study.optimize(lambda t: y[25 * t.suggest_int("x1", 0, 24) + t.suggest_int("x2", 0, 24)], n_trials=20)
        found["Optuna"] = study.best_value
    for way, lowest in found.items():
        lower[way] = np.append(lower.get(way, []), (y < lowest).sum())
    if run % 100 == 99: print(f"run {run + 1} of {runs}", flush=True)
lesson.table([(way, n.mean(), (625 - n.mean()) / (n.mean() + 1), lead(lower["EI"], n))
              for way, n in lower.items()], ["20 trials of", "lower places", "worth", "lead of EI"])
lesson.claim("standard errors off 605/21", abs(judge.standard_errors(lower["random"], 605 / 21)), below=5)
lesson.claim("Branin: lead of EI over random search", lead(lower["EI"], lower["random"]), above=2)

# %%
# A pool of networks, trained side by side
# ----------------------------------------
# Now 002's question.  Its f₅ makes MSE + β KL + λ MMD² small (equation 5).  We train it on the full cube; a
# code z has three numbers.  MMD² (lesson 26), with k(z, z') = e^(−‖z − z'‖²/4), compares z with N(0, I); its
# means are known: of k over z' 1.5^−1.5 e^(−‖z‖²/6), over both 2^−1.5.  Our *pool* has G networks that share
# the points and no weight: 10 β times 10 λ (quick: 4 times 4), 0.001 to 10 in equal ratios, all twice, and
# three annealed in a straight line.  Of those β goes from 1 to 10, as in 002, with λ from 0.01 to 1, or to
# 0.1; or both from 0 to 1: equation 6, min(1, t/T), by hand 0, ½, 1 at t = 0, T/2, 2T.  It never reaches 10.
size, batch, steps = (4, 64, 800) if lesson.quick else (10, 100, 3000)
equation_6 = [schedules.linear(0, 1, until=0.5)(done) for done in (0, 0.25, 1)]             # a run of 2T
lesson.check("equation 6: 0, ½, 1 at t = 0, T/2, 2T", equation_6 == [0, 0.5, 1], equation_6)
grid, groups = np.geomspace(0.001, 10, size), 2 * size * size + 3
cells = np.tile([np.repeat(grid, size), np.tile(grid, size)], 2)                # (2, 2 size²)
ends = [[1, 1, 0], [0.01, 0.01, 0]], [[10, 10, 1], [1, 0.1, 1]]     # β, λ of the three at the start, the end
weights_at = schedules.linear(*(backend.to_device(np.float32(np.hstack([cells, end]))) for end in ends))
def stacked(*sizes):                                            # w (G, in, out), b (G, 1, out) of each layer
    return [(Tensor(init.he((groups, i, o), i, o)), Tensor(backend.normal((groups, 1, o), 0.01)))
            for i, o in zip(sizes, sizes[1:])]
def through(layers, x):                                         # x (N, in) or (G, N, in) → (G, N, out)
    for w, b in layers[:-1]:
        x = ops.maximum(x @ w + b, 0)                           # ReLU
    return x @ layers[-1][0] + layers[-1][1]

# %%
def code_mmd(z):                                                # z (G, N, 3) → (G,)
    n, squares = z.shape[1], (z * z).sum(axis=2, keepdims=True)
    distances = squares + ops.transpose(squares, (0, 2, 1)) - 2 * (z @ ops.transpose(z, (0, 2, 1)))
    pairs = (ops.exp(-distances / 4).sum(axis=(1, 2)) - n) / (n * (n - 1))
    return pairs - 2 * 1.5 ** -1.5 * ops.exp(-squares / 6).mean(axis=(1, 2)) + 2 ** -1.5
def total(n, done):                                             # the loss on n new points, (G,)
    x = backend.to_device(cube(n))
    both = through(encoder, x)
    mean, log_var = both[..., :3], both[..., 3:]
    std = ops.exp(0.5 * log_var)
    z = mean + std * backend.normal(mean.shape)
    kl = 0.5 * (mean ** 2 + std ** 2 - 1 - log_var).sum(axis=2).mean(axis=1)
    beta, lam = weights_at(done)
    return ((through(decoder, z) - x) ** 2).mean(axis=(1, 2)) + beta * kl + lam * code_mmd(z)

# %%
# The objective is not the loss (lesson 30), but the unbiased MMD² of 2,000 points drawn with z ~ N(0, I) and
# 2,000 of the cube.  The first training chooses, the second judges.  Guess first: what is gained over β = 10?
lesson.rng("pool")
encoder, decoder, shares = stacked(3, 32, 32, 6), stacked(3, 32, 32, 3), []     # shares of the run done
train.descend(lambda: total(batch, shares[-1]).sum(), optim.Adam(sum(encoder + decoder, ())), steps,
              schedule=schedules.cosine(0.005), before_step=shares.append, quiet=lesson.quick)
with no_grad():
    clouds = backend.to_host(through(decoder, backend.normal((groups, 2000, 3))).array)         # (G, 2000, 3)
gauge = np.array([losses.mmd(cloud, cube(2000), 1.75) for cloud in clouds])     # 1.75: median of the cube
first, second = gauge[:-3].reshape(2, size, size)                     # a row for each β, a column for each λ
best, collapsed = np.unravel_index(first.argmin(), (size, size)), second[-1].mean()
lesson.record("best β, λ; MMD²; trained again", (*grid[[*best]], first[best], second[best]))
lesson.claim("best pair, trained again: MMD² over that of β = 10", second[best] / collapsed, below=0.1)
in_002 = min(second[grid >= 1].min(), *gauge[-3:]) / collapsed
lesson.claim("β ≥ 1, and annealed: least MMD² over that of β = 10", in_002, near=1, within=0.1)

# %%
# A *replay* searches the first table: it looks a result up where it would train.  It has 15 trials, quick 6.
# It minimises log₁₀(MMD² + 0.001), as what is far below 0.001 is chance; its model has noise, 0.01.  All 100
# share one table, and many may end at one network: a lead can be luck.  Guess first: does the lead last?
heights, retrained = np.log10(np.maximum([first, second], 0) + 0.001).reshape(2, -1)            # (size²,)
places, trials = np.indices((size, size)).reshape(2, -1).T / (size - 1), 6 if lesson.quick else 15
starts = lesson.rng("replays").permuted(np.tile(range(size * size), (100, 1)), axis=1)     # (100, size²)
replays = {"random search": starts[:, :trials]}                                 # indices (100, trials)
replays |= {way: np.array([search(heights, places, start[:3], trials, 0.01, explore=way == "EI")
                           for start in starts]) for way in ("EI", "lowest mean")}
picks = {way: tried[range(100), heights[tried].argmin(axis=1)] for way, tried in replays.items()}     # places
rows = [(way, *(lead(z[picks["EI"]], z[pick]) for z in (heights, retrained))) for way, pick in picks.items()]
lesson.table(rows, ["lead of EI over", "first table", "the same picks in the second table"])
lesson.claim("pool, first table: lead of EI over random search", rows[0][1], above=2, full=True)

# %%
figure, (left, right) = plot.panels(2, height=3, width_ratios=(1.15, 1))
left.pcolormesh(np.log10(grid), np.log10(grid), heights.reshape(size, size), cmap="gray")
figure.colorbar(left.collections[0], label="log₁₀(MMD² + 0.001)", shrink=0.8)
left.axhline(math.log10(2 / 9), color=plot.COLOURS[3], linestyle="--")
left.set(xlabel="log₁₀ λ", ylabel="log₁₀ β")
for (way, tried), mark, colour, dash in zip(replays.items(), "xo", plot.COLOURS, plot.DASHES):
    left.plot(*np.log10(grid[[tried[0] % size, tried[0] // size]]), mark, color=colour, fillstyle="none")
    low, middle, high = np.quantile(np.minimum.accumulate(heights[tried], axis=1), [0.25, 0.5, 0.75], 0)
    right.fill_between(range(1, trials + 1), low, high, color=colour, alpha=0.2, linewidth=0)
    right.plot(range(1, trials + 1), middle, color=colour, linestyle=dash, label=way)
right.set(xlabel="trials", ylabel="lowest so far, log₁₀(MMD² + 0.001)")
right.legend()
lesson.picture(figure, "pool", "Left: the pool, one replay (circles: EI, crosses: random), lesson 30's "
               "threshold (dashed).  Right: medians of 100 replays, quartiles.  Look when each gets low.")

# %%
# Errata of the cube report
# -------------------------
# 1. “In contrast, Bayesian optimisation uses past evaluation results to build a probabilistic model of the
#    objective function and new hyperparameters are selected by optimising this model, focusing expressly on
#    search areas more likely to yield good results.”  (Theory.)  "Lowest mean" optimises the model, EI goes
#    also where little is known: see Branin and task 2.  Optuna's default models good and bad settings.
# 2. “Annealing and Bayesian optimisation further supported the null hypothesis by providing evidence that
#    the performance decrease was not a result of beta or lambda settings.”  (Results Discussion.)  A null
#    hypothesis can only fail to be rejected.  And from β = 1 on there was nothing to find.
#
# Try it yourself
# ---------------
# 1. Easy: f(0) = 1 is seen with a noise of variance ½.  What are the mean and the variance of g now?
# 2. Easy: search functions drawn from the process, of covariance K, in place of Branin.  Who leads now?
# 3. Hard: let the evidence (lesson 12) choose the width at each trial.  It needs log det K.
#
# Remember
# --------
# - A Gaussian process gives each place a mean and a deviation.  EI pays for a low mean and for a wide band.
# - Random search has a theory: on average a share of 1/(n + 1) of all places is below the best of n.
# - Tune by what you want, in a wide box.  The best of many noisy trials is part luck: train it again.
#
# Sources
# -------
# The cube report (002).  J. Močkus (1975), D. Jones et al. (1998): expected improvement.  L. Dixon, G. Szegő
# (1978).  J. Bergstra et al. (2011): Optuna's default.  B. Shahriari et al. (2016): a review.
lesson.end()
