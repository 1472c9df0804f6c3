"""
Min-max robustness
==================

Data are never quite right.  One can prepare for an average disturbance, or for the worst one.  What does the
worst one look like, what does it cost to be prepared for it, and when is the answer something well known?

Needs: lessons 01 and 02.
From: the course notes (001), "Using Robust Optimization"; lessons/DOCUMENTS.md says what they are.
New words: worst case, min-max, robust, ridge, portfolio, adversarial image, PGD.
Time: quick 6 s, full 3 min on two cores.
"""
import numpy as np
from numpy.linalg import norm

from lessons import judge, networks
from lessons.lesson import begin
from minidl import Tensor, backend, grad, losses, ops, optim, plot, schedules, train

lesson = begin("14_min_max")

# %%
# By hand: three worst cases
# --------------------------
# We choose w.  Then a disturbance d comes.  A *robust* w is best in the *worst case*, the d that costs most:
#
#     min over w  of  max over the d that are allowed  of  loss(w, d)             in short: *min-max*
#
# - x w should be 5, with x = 2 and w = 3, and x may be wrong by up to ½.  The error |(x + d) w − 5| is 1 for
#   d = 0.  At worst d is ½, and the error 1 + ½·3 = 2.5.
# - A *portfolio* says which share of the money goes into which asset.  One asset brings 5 ± 2, the other 4.
#   For the expected return, all goes into the first.  At worst that brings 3: then all goes into the second.
# - A classifier says + where w·x > 0.  For w = (2, −1) and x = (1, 1), w·x is 1.  Each pixel may be wrong by
#   up to 0.1.  The worst d is (−0.1, 0.1), against the signs of w, and w·x becomes 1 − 0.2 − 0.1 = 0.7.
error = max(abs((2 + d) * 3 - 5) for d in np.linspace(-0.5, 0.5, 101))
best = [max(np.linspace(0, 1, 101), key=lambda share: share * first + (1 - share) * 4) for first in (5, 3)]
score = min(2 * (1 + a) - (1 + b) for a in (-0.1, 0, 0.1) for b in (-0.1, 0, 0.1))
lesson.check("error, two portfolios and score are as by hand",
             np.allclose([error, *best, score], [2.5, 1, 0, 0.7]), (error, *best, score))

# %%
# Least squares: the worst case adds a norm
# -----------------------------------------
# Now X w should be y: 20 equations for 50 numbers w.  This is under-constrained: many w are exact.  Let X be
# wrong by any matrix D of length ‖D‖ = √(Σ Dᵢⱼ²) ≤ r.  Then the length of the error is
#
#     ‖(X + D) w − y‖  ≤  ‖X w − y‖ + ‖D w‖  ≤  ‖X w − y‖ + r ‖w‖
#
# by the triangle inequality and by Cauchy and Schwarz.  For D = r u wᵀ/‖w‖, with u = (X w − y)/‖X w − y‖, all
# three are equal: the worst case adds exactly r ‖w‖.  (Where y may be wrong, too, it is r √(‖w‖² + 1): El
# Ghaoui & Lebret 1997.)  This D has the direction of the error's gradient by X, so the tape finds it.  Guess
# first: what share of r ‖w‖ does a random D of the same length add?  It has 1,000 numbers.
rng = lesson.rng("least squares")
inputs, w_any = rng.normal(size=(20, 50)), rng.normal(size=50)                              # inputs: X
target = inputs @ rng.normal(size=50) + rng.normal(size=20)                                 # y
leaf, directions = Tensor(inputs), rng.normal(size=(2001, 20, 50))
slope, = grad(ops.sum((ops.matmul(leaf, Tensor(w_any)) - Tensor(target)) ** 2) ** 0.5, [leaf])
directions[0] = backend.to_host(slope)
changes = directions / norm(directions, axis=(1, 2), keepdims=True)                         # r = 1
added = (norm((inputs + changes) @ w_any - target, axis=1) - norm(inputs @ w_any - target)) / norm(w_any)
lesson.check("D along the gradient adds r ‖w‖, to 1e-8", abs(added[0] - 1) < 1e-8, added[0])
lesson.claim("random D: deviation of the share · √1000", added[1:].std() * 1000 ** 0.5, near=1, within=0.1)

# %%
# Which w is best in the worst case, and is it the only one?
# ----------------------------------------------------------
# Where X w ≠ y and w ≠ 0, the gradient of ‖X w − y‖ + r ‖w‖ is 0 at the minimum:
#
#     Xᵀ(X w − y)/‖X w − y‖ + r w/‖w‖ = 0,  that is,  (XᵀX + λ I) w = Xᵀy  with  λ = r ‖X w − y‖/‖w‖
#
# Box: *ridge* makes ‖X w − y‖² + λ ‖w‖² small, and this is its equation.  As λ → 0, w becomes the shortest of
# all exact ones: w₀ = Xᵀa with a = (X Xᵀ)⁻¹y.
#
# So the robust w is ridge, but its λ is not r.  And a length has a kink at 0, as |t| has: a minimum may stay
# there.  A small step h from w₀ adds ‖X h‖ + r w₀·h/‖w₀‖, and w₀·h = a·(X h) ≥ −‖a‖ ‖X h‖.  So w₀ is best up
# to r₀ = ‖w₀‖/‖a‖.  In the same way, w = 0 is best from r₁ = ‖Xᵀy‖/‖y‖ on.  For r = 0, r₀/2, (r₀ + r₁)/2 and
# 1.2 r₁ we descend from ten random starts.  Guess first: for which r do all ten end in one w?
shortest = np.linalg.pinv(inputs) @ target                                                  # w₀
r0 = norm(shortest) / norm(np.linalg.solve(inputs @ inputs.T, target))
r1 = norm(inputs.T @ target) / norm(target)
radii = [0, r0 / 2, (r0 + r1) / 2, 1.2 * r1]
w = Tensor(np.tile(rng.normal(size=(50, 10)), 4))                                           # (50, 4 · 10)
def in_the_worst_case():
    length = ops.sum((ops.matmul(Tensor(inputs), w) - Tensor(target[:, None])) ** 2, axis=0) ** 0.5
    return ops.sum(length + Tensor(np.repeat(radii, 10)) * ops.sum(w ** 2, axis=0) ** 0.5)
train.descend(in_the_worst_case, optim.SGD([w], 0.02, momentum=0.9), 1500, schedule=schedules.cosine(0.02))

# %%
ends = w.numpy().reshape(50, 4, 10)
penalty = radii[2] * norm(inputs @ ends[:, 2, 0] - target) / norm(ends[:, 2, 0])            # λ, at one end
ridge = np.linalg.solve(inputs.T @ inputs + penalty * np.eye(50), inputs.T @ target)
predicted = np.stack([shortest, ridge, 0 * ridge], axis=1)[..., None]                       # (50, 3, 1)
apart = norm(ends[:, 1:] - predicted, axis=0).max(axis=1)
lesson.check("r > 0: all ten end in one w: w₀, ridge, 0, to 0.01", apart.max() < 0.01, apart)
scatter = norm(ends[:, 0, 1:] - ends[:, 0, :1], axis=0).min() / norm(shortest)
lesson.claim("r = 0: least distance of nine ends from the first, in ‖w₀‖", scatter, above=0.5)

# %%
# A portfolio from 60 months
# --------------------------
# The course notes' (001) example.  Ten assets bring 0.3, 0.4, … 1.2 % a month in the mean: independent,
# Gaussian, with deviation 5.  In 60 months an asset has the mean m, with the standard error 5/√60 = 0.65.
# Nominal: all the money into the largest m.  Robust: the true means are in a ball of radius ρ about m.  (Ten
# squared standard normals add up to less than 18.31 in 95 % of all cases: ρ = 0.65 √18.31 = 2.8.)  At worst w
# brings m·w − ρ ‖w‖.  We only buy: wᵢ ≥ 0, Σ wᵢ = 1.  At the maximum all slopes mᵢ − ρ wᵢ/‖w‖ with wᵢ > 0 are
# one number τ, else moving money would gain.  So w is proportional to max(m − τ, 0), and that has length ρ.
# The sum of wᵢ times slope is both τ and the worst return.  Guess first: the largest m promises about 1.85 %
# a month.  What does it bring?  The rival sees nothing: equal shares.
means, rho = np.linspace(0.3, 1.2, 10), 18.31 ** 0.5 * 5 / 60 ** 0.5                        # % a month
seen = (means + 5 * lesson.rng("markets").normal(size=(1000, 60, 10))).mean(axis=1)         # m (1000, 10)
low, high = seen.min(axis=1, keepdims=True) - rho, seen.max(axis=1, keepdims=True)
for _ in range(60):                                             # halve the interval that holds τ
    tau = (low + high) / 2
    long = norm(np.maximum(seen - tau, 0), axis=1, keepdims=True) > rho
    low, high = np.where(long, tau, low), np.where(long, high, tau)
above = np.maximum(seen - tau, 0)
bought = {"nominal": np.eye(10)[seen.argmax(axis=1)], "robust": above / above.sum(axis=1, keepdims=True),
          "equal": np.full((1000, 10), 0.1)}
promised = {"nominal": seen.max(axis=1), "robust": tau[:, 0], "equal": seen.mean(axis=1)}
true = {name: weights @ means for name, weights in bought.items()}

# %%
lesson.table([(name, promised[name].mean(), true[name].mean(), np.quantile(true[name], 0.05),
               bought[name].std(axis=0).mean()) for name in bought],
             ["1,000 histories, % a month", "promised", "true", "true, 5 % quantile", "deviation of w"])
at_worst = (seen * bought["robust"]).sum(axis=1) - rho * norm(bought["robust"], axis=1)
lesson.check("τ is the worst return, to 1e-8", abs(at_worst - tau[:, 0]).max() < 1e-8)
lesson.claim("robust: share of broken promises", (true["robust"] < promised["robust"]).mean(), below=0.05)
for ahead, behind in (("nominal", "robust"), ("robust", "equal")):
    lesson.claim(f"true return, {ahead} over {behind}, in standard errors",
                 judge.standard_errors(true[ahead] - true[behind]), above=2)

# %%
# Images: a linear classifier
# ---------------------------
# Each pixel may be wrong by up to ε, even below 0 or above 1.  With labels s = ±1, s (w·x + b) should be
# above 0.  The worst d, a step of ε by the signs of the loss's gradient by the image, takes ε ‖w‖₁ = ε Σ |wᵢ|
# from it (Goodfellow et al. 2015).  Where the worst d is unique, the gradient by w of the worst loss is the
# one with that d held fixed (Danskin 1967): attack, hold d, step.  The attack itself is not differentiated.
(x_train, y_train), (x_test, y_test) = lesson.images(flat=True)
def threes_and_sevens(x, y):
    two = (y == 3) | (y == 7)
    return Tensor(x[two].astype(float)), Tensor(np.where(y[two] == 3, 1.0, -1.0))           # x, s
def worst_loss(x, s, w, b, epsilon=0):
    """Each image's worst cross-entropy, softplus(ε ‖w‖₁ − s (w·x + b)): below log 2 if it is read right."""
    return ops.softplus(epsilon * ops.sum(ops.abs(w)) - s * (ops.matmul(x, w) + b))
known, lines = threes_and_sevens(x_train, y_train), {}
x_two, s_two = threes_and_sevens(x_test, y_test)
for epsilon in (0, 0.1):
    lines[epsilon] = line = [Tensor(np.zeros(x_train.shape[1])), Tensor(0.0)]               # w, b
    train.descend(lambda: ops.mean(worst_loss(*known, *line, epsilon)), optim.Adam(line, 0.02), 200)

# %%
uphill, = grad(ops.sum(worst_loss(x_two, s_two, *lines[0])), [x_two])
held = Tensor(x_two.array + 0.1 * np.sign(uphill))
two_ways = worst_loss(held, s_two, *lines[0]), worst_loss(x_two, s_two, *lines[0], 0.1)
slopes = [backend.to_host(grad(ops.mean(way), lines[0][:1])[0]) for way in two_ways]
gaps = [abs(a - b).max() for a, b in ([way.numpy() for way in two_ways], slopes)]
lesson.check("one step = the formula; gradient with d held = its gradient; to 1e-10", max(gaps) < 1e-10, gaps)
safe = {name: worst_loss(x_two, s_two, *line, 0.1).numpy() < np.log(2) for name, line in lines.items()}
clean = [(worst_loss(x_two, s_two, *line).numpy() < np.log(2)).mean() for line in lines.values()]
lesson.record("3 or 7: share read unchanged, plain and prepared", clean)
lesson.record("3 or 7: share read in the worst case, plain and prepared", (safe[0].mean(), safe[0.1].mean()))
lesson.claim("3 or 7, prepared over plain, in standard deviations", judge.lead(safe[0.1], safe[0]), above=2)

# %%
# Images: a network
# -----------------
# A network is not linear, so one step need not find the worst d.  *PGD*, projected gradient descent on −loss
# (Madry et al. 2018), starts at a random d and repeats small steps by the signs of the gradient.  After each
# it goes back to |dᵢ| ≤ ε, and to pixels from 0 to 1.  An *adversarial image* is changed like this and now
# misread.  Three networks of one shape learn: "plain" from the images as they are, "random" with a random d,
# "prepared" attacked by 5 steps: six gradients in place of one.  Guess first: what does each read then?
def attack(scores, x, y, epsilon, steps):
    """The images x (N, D), each pixel changed by up to epsilon: at random, then to raise the loss."""
    low, high = np.maximum(x - epsilon, 0), np.minimum(x + epsilon, 1)
    image = np.clip(x + backend.uniform(x.shape, -epsilon, epsilon), low, high)
    for _ in range(steps):
        start = Tensor(image)
        uphill, = grad(losses.cross_entropy(scores(start), y), [start])
        image = np.clip(image + 2.5 * epsilon / steps * np.sign(uphill), low, high)
    return image

# %%
width, epochs, batch, rate = lesson.pick(digits=(64, 30, 32, 0.003), mnist=(256, 8, 100, 0.002))
nets, hits, trained_on = {}, {}, {"plain": (0, 0), "random": (0.1, 0), "prepared": (0.1, 5)}    # ε, steps
ways = {"unchanged": (0, 0), "random": (0.1, 0)} | {f"PGD-{steps}": (0.1, steps) for steps in (1, 5, 20, 50)}
x_all, y_all = backend.to_device(x_test), backend.to_device(y_test)
for name, strength in trained_on.items():
    lesson.rng(name)
    nets[name] = net = networks.mlp(x_train.shape[1], width, width, 10)
    train.fit(net, lambda net, x, y: losses.cross_entropy(net(attack(net, x, y, *strength)), y),
              (x_train, y_train), optimizer=optim.Adam(net.parameters(), rate), batch_size=batch,
              epochs=epochs, schedule=schedules.cosine(rate), quiet=lesson.data == "digits")
    print(f"trained: {name}; now its test images are attacked", flush=True)
    hits[name] = {way: net.predict(attack(net, x_all, y_all, *size)).argmax(axis=1) == y_test
                  for way, size in ways.items()}

# %%
lesson.table([(name, *map(np.mean, read.values())) for name, read in hits.items()], ["read, ε = 0.1", *ways])
plain, prepared = hits["plain"], hits["prepared"]
lesson.claim("plain: share read under PGD-20", plain["PGD-20"].mean(), below=0.4, data="mnist")
lesson.claim("prepared: share misread under PGD-20", 1 - prepared["PGD-20"].mean(), below=0.2, data="mnist")
for rival in ("plain", "random"):
    lesson.claim(f"PGD-20, prepared over {rival}, in standard deviations",
                 judge.lead(prepared["PGD-20"], hits[rival]["PGD-20"]), above=2)
for way in ("random", "PGD-1"):
    lesson.claim(f"plain, {way} over PGD-20, in standard deviations",
                 judge.lead(plain[way], plain["PGD-20"]), above=2, data=None if way == "random" else "mnist")

# %%
lesson.rng("pictures")
every, epsilons = lesson.pick(digits=1, mnist=5), [0, 0.025, 0.05, 0.1, 0.15, 0.2]
x_few, y_few = x_all[::every], y_all[::every]
curve = {name: (epsilons, [100 * train.accuracy(net, attack(net, x_few, y_few, each, 20), y_few)
                           for each in epsilons]) for name, net in nets.items()}
figure = plot.curves(curve, "ε, a pixel's largest change", "read under PGD-20 (%)", marks={"trained at": 0.1})
lesson.picture(figure, "by_epsilon", "Left, ε = 0: no attack.  The lower the line, the more are misread.")
fooled = np.flatnonzero(plain["unchanged"] & ~plain["PGD-20"] & prepared["PGD-20"])[:8]
x_eight, y_eight = backend.to_device(x_test[fooled]), backend.to_device(y_test[fooled])
side, rows = int(x_test.shape[1] ** 0.5), {f"digits {y_test[fooled]}": x_eight}
for name in ("plain", "prepared"):
    image = attack(nets[name], x_eight, y_eight, 0.1, 20)
    rows[f"{name} reads {nets[name].predict(image).argmax(axis=1)}"] = image
figure = plot.image_rows({name: backend.to_host(x).reshape(-1, side, side) for name, x in rows.items()})
lesson.picture(figure, "images", "Plain misread these under PGD-20, prepared did not.  Attacked anew here.")

# %%
# What the document says, and what is right
# -----------------------------------------
# “In under-constrained optimization problems, robustness techniques can help find solutions that are less
# sensitive to small variations or noise in the problem's data.”  (001, Using Robust Optimization.)  True: D
# adds r ‖w‖ at worst, and for r > 0 ten starts found one w.  But up to r₀ it is only the shortest exact one.
#
# “The objective is to minimize the worst-case scenario in a set of possible problems that can arise due to
# uncertainties.”  (There.)  The loss in the worst case is minimised.  In least squares that adds a norm.
#
# “In financial portfolio optimization, robust optimization can help generate solutions that account for
# uncertainties in the market, thus avoiding under-constrained solutions that might overfit to historical
# data.”  (There.)  True of the promises and of how w scatters.  The price is return.
#
# Try it yourself
# ---------------
# 1. Easy, by pencil: one asset brings 5 ± 2, the other 4 ± 1, but only one of them goes wrong.  Which shares?
# 2. Easy: in 95 % of all histories one m is at most 1.645 · 0.65 too high.  Take that for ρ.  What changes?
# 3. Hard: multiply the plain network's scores by 100.  Its answers stay.  Why does the attack fail?  Mend it.
#
# Remember
# --------
# - Min-max: find the worst d for this w, hold it, step with w, and repeat.
# - In a linear model the worst d costs a norm of w, r ‖w‖ or ε ‖w‖₁.  A random d of that size costs less.
# - A network is prepared for the d that it met in training.  A weak attack makes it look safer than it is.
#
# Sources
# -------
# The course notes (001), "Handling Under-Constrained Problems", 5.  J. Danskin (1967), The theory of max-min.
# L. El Ghaoui and H. Lebret (1997), Robust solutions to least-squares problems with uncertain data.
# I. Goodfellow et al. (2015), Explaining and harnessing adversarial examples.
# A. Madry et al. (2018), Towards deep learning models resistant to adversarial attacks.
lesson.end()
