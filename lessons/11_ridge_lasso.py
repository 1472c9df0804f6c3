"""
Too few equations: ridge, lasso, elastic net
============================================

Three equations for five unknowns have infinitely many answers.  Which one should one take, and who decides?

Needs: lessons 02, 07 and 39.
From: the course notes (001), "Handling Under-Constrained Problems"; lessons/DOCUMENTS.md says what they are.
New words: rank, minimum norm, ridge, lasso, elastic net, soft threshold, coordinate descent, double descent.
Time: quick 8 s, full 8 s on two cores.
"""
import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, losses, optim, plot, train

lesson = begin("11_ridge_lasso")

# %%
# By hand: one equation, two unknowns
# -----------------------------------
# w₁ + w₂ = 2 has a line of answers.  In general there are N equations X w = y, one for each example, and d
# unknown weights w, one for each column of X.  A penalty chooses.  In this lesson we always make this small:
#
#     J(w) = ‖y − X w‖²/(2N) + λ [a ‖w‖₁ + (1 − a)/2 ‖w‖²]        ‖w‖₁ = Σ |wⱼ|,   ‖w‖² = Σ wⱼ²
#
# a = 0 is *ridge*, a = 1 the *lasso*, between them is the *elastic net*.  Here N = 1, X = (1, 1) and y = 2.
# Where both weights are s > 0, the slope of J along each is −(2 − 2s) + λ [a + (1 − a) s].  It is 0 at
#
#     ridge          s = 2/(2 + λ)            λ = 1: (2/3, 2/3)
#     elastic net    s = (4 − λ)/(4 + λ)      λ = 1: (3/5, 3/5)      a = ½
#     lasso          s = (2 − λ)/2            λ = 1: (1/2, 1/2), but its J sees only the sum w₁ + w₂ = 1
#
# So every (u, 1 − u) with 0 ≤ u ≤ 1 is an answer of the lasso.  In a picture: all w of one sum w₁ + w₂ fit
# equally well.  Blow up the set of small penalty until it touches their line.  For ridge it is a disc: it
# touches in one point.  For the lasso a square on its tip: with a tip (a weight is 0) or, as here, a side.
def descend(x, y, start, lam=0.0, a=0.0, steps=500):
    """The weights (d,) at which descent on J ends that sets out from `start` (d,)."""
    rows, goal, w = backend.to_device(x), backend.to_device(y[:, None]), Tensor(start[:, None])
    train.descend(lambda: losses.mse(rows @ w, goal) * 0.5 + lam * losses.elastic_net([w], mix=a),
                  optim.SGD([w], 0.1), steps)
    return w.numpy()[:, 0]

tried = [(0, 0, 0.0), (0.5, 0, 0.0), (1, 0, 0.0), (1, 1.2, 0.6)]                 # a, and the start w₁, w₂
ends = [descend(np.ones((1, 2)), np.array([2.0]), np.array(start), lam=1, a=a) for a, *start in tried]
by_hand = [(2 / 3, 2 / 3), (0.6, 0.6), (0.5, 0.5), (0.8, 0.2)]
lesson.check("ridge, elastic net, lasso from two starts: as by hand", np.allclose(ends, by_hand), ends)

# %%
# When are there too few equations?
# ---------------------------------
# The *rank* of X is the number of rows that say something new: that are no mixture (sum of multiples) of the
# rows before.  Counted by columns it is the same.  d − rank directions u are free: X u = 0, so w + u fits as
# well as w.  An equation that one adds, as w₁ = w₂, is one row more; it helps if it is new.  Guess first:
# seven mixtures of three rows are added to these rows.  How many directions do the ten leave free?
def free(rows):
    """The directions that equations leave free: d − rank columns of length 1 at right angles."""
    _, stretch, axes = np.linalg.svd(rows)                      # rows stretch axes[i] by stretch[i], or 0
    return axes[(stretch > 1e-10 * stretch[0]).sum():].T
rng = lesson.rng("rank")
three = np.array([[1.0, 1, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 1, 1, 1]])
forty = rng.normal(size=(40, 5))[:, [0, 1, 2, 3, 0]]            # column 5 is a copy of column 1
systems = {"three": three, "three, seven mixtures": np.vstack([three, rng.normal(size=(7, 3)) @ three]),
           "forty, two columns equal": forty, "three, two new": np.vstack([three, rng.normal(size=(2, 5))])}
left_free = [free(system).shape[1] for system in systems.values()]
lesson.table(zip(systems, map(len, systems.values()), left_free), ["for 5 unknowns", "equations", "free"])
lesson.check("2, 2, 1 and 0 directions are free: the rank counts, not N", left_free == [2, 2, 1, 0])

# %%
# Without a penalty, the start decides
# ------------------------------------
# The slope of ‖y − X w‖² is −2 Xᵀ(y − X w), a mixture of the rows of X.  So descent never moves along a free
# direction: it ends at the best fit nearest to its start.  From 0 this is the one of *minimum norm* ‖w‖,
# written X⁺y; if no direction is free, it is least squares.  Ridge's J has slope 0 at (XᵀX + Nλ I)⁻¹ Xᵀy, the
# share σ²/(σ² + Nλ) of X⁺y along an axis that X stretches by σ.  For λ → 0 ridge goes to X⁺y, too.
def ridge(x, y, lam):                                           # x (…, N, d), y (…, N) → w (…, d)
    across, penalty = np.swapaxes(x, -1, -2), x.shape[-2] * lam * np.eye(x.shape[-1])
    return np.linalg.solve(across @ x + penalty, across @ y[..., None])[..., 0]
def minimum_norm(x, y):
    return (np.linalg.pinv(x) @ y[..., None])[..., 0]
right, far = np.array([2.0, 3, 6]), lesson.rng("start").normal(size=5)
shortest, nearest = minimum_norm(three, right), far + minimum_norm(three, right - three @ far)
reached = [descend(three, right, start, steps=2000) for start in (0 * far, far)] + [ridge(three, right, 1e-9)]
off = [abs(w - answer).max() for w, answer in zip(reached, (shortest, nearest, shortest))]
lesson.check("from 0, from elsewhere, ridge with λ → 0: all end where they should", max(off) < 1e-6, reached)

# %%
# The lasso: one weight at a time
# -------------------------------
# With all other weights held, J is a parabola plus λa |wⱼ|.  By pencil: ½ (w − 3)² + |w| is smallest at 2,
# and ½ (w − ½)² + |w| at 0, where |w| is steeper than the parabola.  The *soft threshold* S(c, t) moves c by
# t towards 0, and stops there: S(3, 1) = 2, S(½, 1) = 0.  *Coordinate descent* goes through the columns xⱼ:
#
#     wⱼ ← S(cⱼ, λa) / (sⱼ + λ(1 − a))       cⱼ = xⱼᵀ(y − the other columns' part)/N,     sⱼ = xⱼᵀxⱼ/N
def soft(c, t):
    return np.sign(c) * np.maximum(abs(c) - t, 0)
def coordinate_descent(x, y, lam, a, w, sweeps):
    """The minimum w (…, d) of J from the start w, for x (…, N, d) and y (…, N): many problems at once."""
    w, rest, sizes = w.copy(), y - (x @ w[..., None])[..., 0], (x ** 2).mean(axis=-2)
    for j in list(range(x.shape[-1])) * sweeps:
        column, old = x[..., j], w[..., j].copy()
        c = (column * rest).mean(axis=-1) + sizes[..., j] * old
        w[..., j] = soft(c, lam * a) / (sizes[..., j] + lam * (1 - a))
        rest = rest - column * (w[..., j] - old)[..., None]
    return w

# %%
# Forty examples, twelve columns, the last a copy of the first; y depends on the first three.  Let g be the
# slope of J without λa ‖w‖₁.  At a minimum g is −λa where wⱼ > 0, λa where wⱼ < 0, and between the two where
# wⱼ = 0.  All of that is said by w = S(w − g, λa).
draw = lesson.rng("paths").normal
x = draw(size=(40, 12))[:, [*range(11), 0]]
y = x[:, :3] @ [3, -2, 1] + draw(size=40)
lams, mixes = np.geomspace(0.03, 10, 50)[:, None], {"ridge": 0, "lasso": 1, "elastic net": 0.5}
paths = {name: coordinate_descent(x, y, lams[:, 0], a, np.zeros((50, 12)), 800) for name, a in mixes.items()}
slopes = {name: (w @ x.T - y) @ x / 40 + lams * (1 - mixes[name]) * w for name, w in paths.items()}
worst = [abs(w - soft(w - slopes[name], lams * mixes[name])).max() for name, w in paths.items()]
worst.append(max(abs(ridge(x, y, lam) - w).max() for lam, w in zip(lams[:, 0], paths["ridge"])))
lesson.check("w = S(w − g, λa) at all minima; for a = 0 they are ridge as above", max(worst) < 1e-8, worst)

# %%
figure, axes = plot.panels(3, height=2.4, sharey=True)
for ax, (name, path) in zip(axes, paths.items()):
    ax.plot(lams[:, 0], path[:, 3:11], color="#bbbbbb", linewidth=0.9)
    ax.plot(lams[:, 0], path[:, 1:3], color=plot.COLOURS[0])
    ax.plot(lams[:, 0], path[:, 0], color=plot.COLOURS[1])
    ax.plot(lams[:, 0], path[:, 11], "--", color=plot.INK)
    ax.set(xscale="log", xlabel="λ", title=f"{name}: {(path == 0).mean():.0%} zeros")
axes[0].set(ylabel="weight")
lesson.picture(figure, "paths", "Red and black dashes: column 1 and its copy.  Blue: columns 2 and 3.  Grey:"
               " the rest, unrelated to y.  Zeros: of all weights at all λ.  Look how the copies share.")

# %%
# Ridge or lasso?  What is true decides
# -------------------------------------
# Now 60 unknowns, 40 examples, noise of variance ¼.  In one world four weights are ½, the others 0.  In the
# other all sixty are from N(0, 1/60), the bell curve of mean 0 and variance 1/60.  40 more examples choose λ.
# The columns are independent, N(0, 1), so the fitted ŵ adds ‖ŵ − w‖² to the mean squared error of a new y.
# Guess first: who wins where?  And does the lasso select the right columns?
def contest(true, rng):
    """‖ŵ − w‖² of each method for true weights w (draws, 60), and the lasso's ŵ."""
    inputs, fits = rng.normal(size=(len(true), 80, 60)), {}
    outputs = (inputs @ true[..., None])[..., 0] + 0.5 * rng.normal(size=(len(true), 80))
    for method, a in mixes.items():
        w = coordinate_descent(inputs[:, :40], outputs[:, :40], np.geomspace(0.01, 3, 10)[:, None], a,
                               np.zeros((10, *true.shape)), sweeps=100)                     # (λ, draws, 60)
        miss = ((outputs[:, 40:] - (inputs[:, 40:] @ w[..., None])[..., 0]) ** 2).mean(axis=-1)
        fits[method] = w[miss.argmin(axis=0), range(len(true))]
    fits["minimum norm"] = minimum_norm(inputs[:, :40], outputs[:, :40])
    return {method: ((w - true) ** 2).sum(axis=-1) for method, w in fits.items()}, fits["lasso"]

# %%
worlds = lesson.rng("two worlds")
few, picked = contest(np.full((30, 60), 0.5) * (np.arange(60) < 4), worlds)
many, _ = contest(worlds.normal(size=(30, 60)) / 60 ** 0.5, worlds)
lesson.table([(m, few[m].mean(), many[m].mean()) for m in few], ["‖ŵ − w‖²", "four weights", "sixty weights"])
for world, of, worse, better in (("four", few, "ridge", "lasso"), ("sixty", many, "lasso", "ridge")):
    lesson.claim(f"{world} weights: {worse} is worse than {better}, by this many standard errors",
                 judge.standard_errors(of[worse] - of[better]), above=2)
lesson.claim("the lasso's columns: false ones for each true one",
             np.count_nonzero(picked[:, 4:]) / np.count_nonzero(picked[:, :4]), above=1)

# %%
# Are more unknowns than equations too many?
# ------------------------------------------
# y depends on 120 columns with true weights β, the first ones largest, Σ βⱼ² = 1, and has noise of variance
# 0.1.  X⁺y fits the first p columns to N examples.  The others act as noise, too: v = 0.1 + Σ_{j>p} βⱼ².
# For independent normal columns the mean squared error of a new y is known (Belkin, Hsu and Xu 2020):
#
#     p < N − 1:   v [1 + p/(N − p − 1)]                               the noise is fitted, too
#     p > N + 1:   v [1 + N/(p − N − 1)] + (1 − N/p) Σ_{j≤p} βⱼ²       N rows see N of p directions of β
#
# Near p = N it is infinite: in some direction the examples hardly differ, and noise is divided by nearly 0.
# Ridge is told v and Σ βⱼ²: its λ is best.  Guess first: which p is best at N = 40?  Do more examples help?
share = np.arange(1, 121) ** -0.75 / (np.arange(1, 121) ** -0.75).sum()                     # βⱼ²
def theory(n, p):
    noise = 1.1 - share[:p].sum()
    fitted = p / (n - p - 1) if p < n - 1 else n / (p - n - 1) if p > n + 1 else np.inf
    return noise * (1 + fitted) + max(0, 1 - n / p) * (1.1 - noise)
def errors(n, p):
    """The mean squared error of a new y, 60 draws: by X⁺y; by ridge, its best λ taken from the truth."""
    rng, noise = lesson.rng(f"{n} examples, {p} columns"), 1.1 - share[:p].sum()
    inputs = rng.normal(size=(60, n, 120))
    outputs = inputs @ share ** 0.5 + 0.1 ** 0.5 * rng.normal(size=(60, n))
    inputs, lam = inputs[..., :p], noise * p / (1.1 - noise) / n
    fits = minimum_norm(inputs, outputs), ridge(inputs, outputs, lam)
    return [((w - share[:p] ** 0.5) ** 2).sum(axis=-1) + noise for w in fits]

# %%
found = {(40, p): errors(40, p) for p in (2, 6, 12, 20, 30, 36, 45, 50, 60, 80, 120)}
found |= {(n, 120): errors(n, 120) for n in (20, 60, 80, 100, 112, 128, 150, 200)}
off_by = [abs(judge.standard_errors(found[40, p][0], theory(40, p))) for p in (6, 12, 20, 60, 120)]
lesson.claim("p = 6, 12, 20, 60, 120: farthest from theory, in standard errors", max(off_by), below=5)
gaps = {"N = 40: p = 6, the best below N, is worse than p = 120": found[40, 6][0] - found[40, 120][0],
        "p = 120: N = 112 is worse than N = 40": found[112, 120][0] - found[40, 120][0],
        "p = 120, N = 112: X⁺y is worse than ridge": np.subtract(*found[112, 120]),
        "p = 120, ridge: N = 40 is worse than N = 112": found[40, 120][1] - found[112, 120][1]}
for text, gap in gaps.items():
    lesson.claim(f"{text}, by this many standard errors", judge.standard_errors(gap), above=2)

# %%
figure, axes = plot.panels(2, height=2.9, sharey=True)
for ax, i, xlabel in zip(axes, (1, 0), ("columns p, at N = 40 examples", "examples N, at p = 120 columns")):
    at = sorted(key for key in found if key[1 - i] == (120, 40)[i])                         # (N, p)
    line = np.arange(at[0][i], at[-1][i] + 1)
    ax.plot(line, [theory(40, k) if i else theory(k, 120) for k in line], color=plot.COLOURS[1])
    for method, style in enumerate((".", "s--")):
        ax.plot([key[i] for key in at], [found[key][method].mean() for key in at], style,
                color=plot.COLOURS[1 - method], markersize=(8, 3)[method])
    ax.set(xlabel=xlabel, yscale="log", ylim=(0.15, 12))
axes[0].set(ylabel="mean squared error of a new y")
lesson.picture(figure, "descent", "Red: X⁺y, measured (points) and in theory (line).  Blue: ridge.  The error"
               " of X⁺y falls, rises to p = N, falls again: double descent.  What does ridge do there?")

# %%
# What the documents say, and what is right
# -----------------------------------------
# “An under-constrained problem refers to a situation where the number of constraints (or conditions) is fewer
# than the number of variables in the problem.” (001, Under-Constrained Problems.)  The rank counts: forty
# equations left a direction free.  Nor does it always help to drop unknowns: above, p = 120 beat p = 6.
#
# “It encourages sparsity by adding a penalty on the absolute values of the model parameters, pushing some
# parameters to zero.” (001, 1.)  Where two columns are equal, the lasso does not say which: it has many
# answers that are equally good.  Ridge and the elastic net have one.
#
# “Combines L1 and L2 regularization to benefit from both sparsity and smoothness in the parameters.” (001,
# 1.)  L2 makes the weights of copies equal.  But it does not know which columns are neighbours: shuffled
# columns have the same weights, shuffled.
def solved(x, name):
    return coordinate_descent(x, y, 0.3, mixes[name], np.zeros(12), 300)
one, net = solved(x, "lasso"), solved(x, "elastic net")
even = (one + one[[11, *range(1, 11), 0]]) / 2                  # column 1 and its copy share the weight
costs = [((y - x @ w) ** 2).mean() / 2 + 0.3 * abs(w).sum() for w in (one, even)]
lesson.record("column 1 and its copy: lasso, shared, elastic net", [w[[0, 11]] for w in (one, even, net)])
apart = np.ptp(costs), abs(net[0] - net[11])
lesson.check("shared, the lasso costs the same; the net's copies are equal", max(apart) < 1e-10, apart)
order = lesson.rng("order").permutation(12)
moved = abs(solved(x[:, order], "elastic net") - net[order]).max()
lesson.check("shuffled columns have the same weights, shuffled", moved < 1e-8, moved)

# %%
# Try it yourself
# ---------------
# 1. Easy.  Let coordinate descent go through the columns from last to first.  Which copy has the weight now?
# 2. Easy.  Measure column 3 in another unit: divide it by 1000.  What becomes of the lasso's weight for it?
# 3. Hard.  At p = 120 the error of X⁺y falls with N, then it rises.  Where does it turn?  Ask the formula.
#
# Remember
# --------
# - d − rank directions are free, however many equations there are.  Something else chooses the answer.
# - Descent from 0 chooses the minimum norm; ridge nearly so; the lasso chooses zeros, not always in one way.
# - No penalty is best for all: the lasso won where few columns matter, ridge where all do.
# - X⁺y is worst at p = N.  Far beyond it may be best; more examples may hurt it.  The best ridge has no peak.
#
# Sources
# -------
# The course notes (001).  A. Hoerl and R. Kennard (1970): ridge.  R. Tibshirani (1996): lasso.  H. Zou and
# T. Hastie (2005): elastic net.  M. Belkin et al. (2020), P. Nakkiran (2019): more unknowns, more data.
lesson.end()
