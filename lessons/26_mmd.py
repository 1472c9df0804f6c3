"""
Two clouds of points: MMD and the median heuristic
==================================================

Somebody gives us two clouds of points, and no formula for either.  Do both come from one distribution?  And
can a network learn to draw such points, from a number that says how far apart two clouds are?

Needs: lessons 02, 25 and 39.
From: the cube report (002), "Theory", "Experiment", Tables 4 and 5; lessons/DOCUMENTS.md says what it is.
New words: kernel, bandwidth, maximum mean discrepancy, unbiased, median heuristic, permutation test, power.
Time: quick 8 s, full 1 min on two cores.
"""
from statistics import NormalDist

import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import backend, losses, nn, optim, plot, schedules, train

lesson = begin("26_mmd")

# %%
# By hand: two points against two points
# --------------------------------------
# Take X = {0, 2} and Y = {1, 1}.  Both have the mean 1, and yet they differ.  A *kernel* says how alike two
# points are: 1 if they are the same, near 0 if they are far apart.  Ours is the Gaussian kernel
#
#     k(a, b) = e^(−‖a − b‖² / r)      r, the *bandwidth*, is a squared distance; here r = 2
#
# The *maximum mean discrepancy*, MMD², is the mean likeness within X, plus the mean likeness within Y, minus
# twice the mean likeness between X and Y.  The *true* MMD² has means over the two distributions, not over the
# points in the clouds.  For one and the same distribution all three means are equal, and it is 0.
#
#     within X: the pair 0, 2      e^−2 = 0.135        within Y: the pair 1, 1      e^0 = 1
#     between:  all are 1 apart    e^−½ = 0.607        MMD² = 0.135 + 1 − 2 · 0.607 = −0.078
#
# How can it be below 0?  No point was paired with itself.  That makes the estimate *unbiased*: its mean over
# many clouds is the true value.  Where that is 0, it must be below 0 at times.  With each point also paired
# with itself, X has (1 + 0.135)/2 = 0.568 within, and MMD² is 0.355: never below 0, but on average too large.
def kernel(a, b, r):                                            # a (N, D), b (M, D) → (N, M)
    return np.exp(-losses.squared_distances(a, b) / r)

def biased(x, y, r):
    return kernel(x, x, r).mean() + kernel(y, y, r).mean() - 2 * kernel(x, y, r).mean()

two, ones = np.array([[0.0], [2.0]]), np.array([[1.0], [1.0]])                  # X and Y, (2, 1) each
pencil = np.exp(-2) + 1 - 2 * np.exp(-0.5), (1 + np.exp(-2)) / 2 + 1 - 2 * np.exp(-0.5)
machine = losses.mmd(two, ones, bandwidth=2), biased(two, ones, 2)
lesson.check("−0.078 (losses.mmd) and 0.355 (biased), as by hand", np.allclose(machine, pencil), machine)

# %%
# What it measures: the clouds, blurred
# -------------------------------------
# Put a bump e^(−2(u − a)²/r) on each point a.  The mean of a cloud's bumps is a curve: the cloud, blurred.
# Two bumps, at a and at b, multiplied, have the area √(πr/4) k(a, b).  So if we square the difference of two
# blurred clouds, multiply out and integrate, we get √(πr/4) times their biased MMD².  We use without proof
# that no blur makes two different distributions equal.  So the true MMD² is 0 only for one and the same.  A
# common choice of r is the *median heuristic*: the median of the squared distances of all points together.
grid = np.linspace(-9, 11, 20_001)                              # the places u
def blurred(cloud, r):                                          # the mean bump at each u
    return kernel(grid[:, None], cloud, r / 2).mean(axis=1)

area = ((blurred(two, 2) - blurred(ones, 2)) ** 2).sum() * 0.001 / (np.pi / 2) ** 0.5
lesson.check("the area is the biased MMD², to 1e-9", abs(area - pencil[1]) < 1e-9, area)
blur = lesson.rng("blur")
shown = {"N(0, 1)": blur.normal(size=(100, 1)), "±1": blur.choice([-1.0, 1.0], (100, 1))}
figure, axes = plot.panels(3, height=2.4, sharey=True)
for ax, factor in zip(axes, (1 / 64, 1, 64)):
    r = factor * losses.median_bandwidth(*shown.values())
    for (name, cloud), dash in zip(shown.items(), plot.DASHES):
        ax.plot(grid, blurred(cloud, r), linestyle=dash, label=f"100 × {name}")
    ax.set(title=f"r = {r:.2g}, biased: {biased(*shown.values(), r):.3f}", xlabel="u", ylabel="mean bump")
axes[1].legend(loc="upper center")
lesson.picture(figure, "blur", "From left to right the blur grows: points, hills, one hill.  On top: MMD².")

# %%
# Two kernels, four clouds
# ------------------------
# Write E for the mean over a distribution.  For the Gaussian kernel, if a − b ~ N(m, v), v its variance, then
# E k(a, b) = (1 + 2v/r)^−½ e^(−m²/(r + 2v)).  We fix r = 0.910, the median squared distance of two N(0, 1)
# numbers.  The rival is the *quadratic* kernel, (1 + ab)² = 1 + 2ab + a²b².  If a and b are independent, E ab
# is E a E b.  So its true MMD² is 2 (E x − E y)² + (E x² − E y²)²: it sees E x and E x² only, two *moments*.
# Four clouds meet N(0, 1): itself, a wider N(0, 1.5²), a uniform one from −√3 to √3 (below 1,000 even steps),
# and a coin, ±1.  The last two have the mean 0 and the variance 1, too.  Guess first: what does each kernel
# find?  How often is an unbiased estimate above 0 if both clouds are N(0, 1)?  (The biased one then has the
# mean (2/n)(1 − E k): n of each cloud's n² pairs are a point and itself, and count 1, not E k.)
CLOUDS = {"N(0, 1)": lambda rng, n: rng.normal(size=(n, 1)),    # n points of one number each
          "wider": lambda rng, n: rng.normal(0, 1.5, (n, 1)),
          "uniform": lambda rng, n: rng.uniform(-3 ** 0.5, 3 ** 0.5, (n, 1)),
          "coin": lambda rng, n: rng.choice([-1.0, 1.0], (n, 1))}
R = 2 * NormalDist().inv_cdf(0.75) ** 2                         # 0.910
def likeness(m, v):                                             # E k(a, b)
    return (1 + 2 * v / R) ** -0.5 * np.exp(-m ** 2 / (R + 2 * v))
true = {"N(0, 1)": 0.0, "wider": likeness(0, 2) + likeness(0, 4.5) - 2 * likeness(0, 3.25)}
for name, y in {"uniform": 3 ** 0.5 * np.arange(-999, 1000, 2) / 1000, "coin": np.array([-1.0, 1.0])}.items():
    true[name] = likeness(0, 2) + kernel(y[:, None], y[:, None], R).mean() - 2 * likeness(y, 1).mean()

def quadratic(x, y):                                            # its unbiased MMD², x and y (N, 1)
    gaps = [(a.mean() - b.mean()) ** 2 - (a.var() + b.var()) / (len(a) - 1)     # less what chance adds to it
            for a, b in ((x, y), (x ** 2, y ** 2))]
    return 2 * gaps[0] + gaps[1]

# %%
found = {}                                                      # name: three estimates of 500 pairs (3, 500)
for name in true:
    rng = lesson.rng(f"chance, {name}")
    pairs = [(CLOUDS["N(0, 1)"](rng, 100), CLOUDS[name](rng, 100)) for _ in range(500)]
    found[name] = np.transpose([(losses.mmd(*both, R), biased(*both, R), quadratic(*both)) for both in pairs])
lesson.table([(name, true[name], *found[name].mean(axis=1)) for name in true],
             header=("N(0, 1) against", "true MMD²", "unbiased", "biased", "quadratic kernel"))
off = [abs(judge.standard_errors(found[name][0], true[name])) for name in true]
off_moments = [abs(judge.standard_errors(found[name][2])) for name in ("uniform", "coin")]
lesson.claim("unbiased, all four: most standard errors off the true MMD²", max(off), below=5)
lesson.claim("biased, N(0, 1) against itself: standard errors off (2/n)(1 − E k)",
             abs(judge.standard_errors(found["N(0, 1)"][1], (1 - likeness(0, 2)) / 50)), below=5)
lesson.claim("quadratic, uniform and coin: most standard errors off 0", max(off_moments), below=5)
lesson.record("N(0, 1) against itself: share of unbiased estimates above 0", (found["N(0, 1)"][0] > 0).mean())

# %%
# The permutation test
# --------------------
# So an estimate above 0 proves nothing.  How large must it be?  Throw all 2n points together, deal them out
# to two clouds by chance, and measure again; do so 99 times.  If both clouds come from one distribution, the
# true dealing is one of 100 that are all equally probable.  Its p-value is the share of the 100 that measure
# at least as much.  We say "they differ" if p ≤ 0.05.  r may be the median: dealing does not change it.
def deal(n, deals, rng):                                        # (1 + deals, 2n): + is dealt to X, − to Y
    true_deal = np.repeat([1.0, -1.0], n)
    return np.vstack([true_deal, rng.permuted(np.tile(true_deal, (deals, 1)), axis=1)])

def mmd_dealt(alike, signs):        # kernel of all pairs (2n, 2n), signs (B, 2n) → unbiased MMD² (B,)
    n, pairs = len(alike) // 2, alike - np.diag(np.diag(alike))                 # no point with itself
    difference = ((signs @ pairs) * signs).sum(axis=1)                          # sum within − sum between
    return (pairs.sum() + difference) / (2 * n * (n - 1)) - (pairs.sum() - difference) / (2 * n ** 2)

def gaussian(z, signs, factor):                                 # 2n points z (2n, D); r = factor · median
    return mmd_dealt(kernel(z, z, factor * losses.median_bandwidth(*np.split(z, 2))), signs)

def p_value(measured):
    return (measured >= measured[0]).mean()                     # the true dealing comes first

# %%
# A test must be honest: for one distribution p ≤ 0.05 is to happen in 5 % of all tests, by false alarm.
both_clouds, fair = np.vstack([cloud[:50] for cloud in shown.values()]), lesson.rng("fair")     # (100, 1)
by_pairs = mmd_dealt((1 + both_clouds @ both_clouds.T) ** 2, deal(50, 0, fair))[0]
gap = abs(by_pairs - quadratic(*np.split(both_clouds, 2)))
lesson.check("the quadratic kernel: from all pairs as from two moments, to 1e-12", gap < 1e-12, gap)
alarms = [p_value(gaussian(fair.normal(size=(40, 1)), deal(20, 99, fair), 1)) <= 0.05 for _ in range(2000)]
lesson.claim("share of false alarms, 20 points each: within 5 standard errors", np.mean(alarms),
             near=0.05, within=5 * (0.05 * 0.95 / 2000) ** 0.5)
dealt = gaussian(both_clouds, deal(50, 999, fair), 1)
figure = plot.histograms({"999 dealings by chance": dealt[1:]}, xlabel="MMD²: 50 × N(0, 1), 50 × ±1")
figure.axes[0].axvline(dealt[0], color=plot.COLOURS[1], linestyle="--", label="the true dealing")
figure.axes[0].legend()
lesson.picture(figure, "dealings", f"Where is the true dealing?  Its p-value is {p_value(dealt):.3f}.")

# %%
# Is the median the best bandwidth?
# ---------------------------------
# The *power* of a test is how often it says "they differ" where they do.  Our guests are the quadratic kernel
# and Kolmogorov and Smirnov's test: how far is one cloud ever ahead if we count from the smallest number up?
# N(0, 1) meets 25 coins, 60 wider numbers, and 50 coins on "islands": each number of both clouds is moved by
# −10, 0 or 10.  Guess first: which tests still see those?  (002, Table 4: pairs are “more expensive”, r needs
# “additional consideration”.  True: 200 points make 19,900 pairs; for r, see below.)
FACTORS = {"median / 256": 1 / 256, "median / 16": 1 / 16, "median": 1, "16 medians": 16, "256 medians": 256}
CASES = {"25 coins": ("coin", 25, 0), "60 wider": ("wider", 60, 0), "50 on islands": ("coin", 50, 10)}
def measure(z, signs):                                          # z (2n, 1) → {test: a number a dealing (B,)}
    tests = {name: gaussian(z, signs, factor) for name, factor in FACTORS.items()}
    tests["sum of the five"] = sum(tests.values())              # the MMD² of the sum of the five kernels
    tests["quadratic"] = mmd_dealt((1 + z @ z.T) ** 2, signs)
    tests["Kolmogorov–Smirnov"] = abs(signs @ (z <= z.T)).max(axis=1)           # up to each number: X's − Y's
    return tests

# %%
power_rng, said = lesson.rng("power"), {}                       # (test, case): booleans, "they differ"?
for case, (cloud, n, step) in CASES.items():
    for _ in range(150 if lesson.quick else 400):
        z = np.vstack([CLOUDS["N(0, 1)"](power_rng, n), CLOUDS[cloud](power_rng, n)])
        z, signs = z + step * power_rng.integers(-1, 2, z.shape), deal(n, 99, power_rng)
        measured = measure(z, signs)
        for name in measured:
            said.setdefault((name, case), []).append(p_value(measured[name]) <= 0.05)
lesson.table([(name, *(np.mean(said[name, case]) for case in CASES)) for name in measured], ["power", *CASES])
for case, better, worse in (("25 coins", "median", "quadratic"), ("60 wider", "quadratic", "median"),
                            ("25 coins", "median / 16", "median"), ("60 wider", "median", "median / 256"),
                            ("50 on islands", "median / 256", "median")):
    lesson.claim(f"{case}: lead of {better} over {worse}, standard deviations",
                 judge.lead(said[better, case], said[worse, case]), above=2)

# %%
# A network that draws
# --------------------
# 002 defers MMD to a paper on "Gaussian and Uniform Mappings".  So let a network of 1-32-1 units turn numbers
# of N(0, 1) into uniform ones, from 0 to 1, by MMD² alone: Adam, rate 0.02 falling to 0, 100 new numbers of
# each in each of 1,000 steps (full: 10,000).  The judge is no MMD: how far, on average, do 10,000 outputs,
# sorted, lie from even steps?  Rivals: a straight line with the right mean and variance, and sorting 100,000
# numbers of each, the k-th becomes the k-th.  (2-D points have no order.)  Guess first: who comes nearest?
even = (np.arange(10_000)[:, None] + 0.5) / 10_000
bell = np.array([[NormalDist().inv_cdf(p)] for p in even[:, 0]])                # N(0, 1), in equal shares
source, start, target, goal = backend.normal, bell, backend.uniform, even
width = float(losses.median_bandwidth(goal[::10], goal[::10]))
lesson.rng("sorting")
ordered = [np.sort(backend.to_host(draw((100_000, 1)))[:, 0]) for draw in (source, target)]
outputs = {"line": [goal.mean() + (start - start.mean()) * goal.std() / start.std()],     # (10,000, 1) a run
           "sorting": [np.interp(start, *ordered)], "Gaussian": [], "quadratic": []}
for name, loss in {"Gaussian": lambda x, y: losses.mmd(x, y, width), "quadratic": quadratic}.items():
    for run in "123":
        lesson.rng(f"{name} {run}")
        net = networks.mlp(1, 32, 1, bend=nn.Tanh)
        train.descend(lambda: loss(net(source((100, 1))), target((100, 1))), optim.Adam(net.parameters()),
                      steps=1000 if lesson.quick else 10_000, schedule=schedules.cosine(0.02))
        outputs[name].append(net.predict(start))

# %%
far = {kind: abs(np.sort(runs, axis=1) - goal).mean() for kind, runs in outputs.items()}
lesson.table([(kind, output.mean(), output.var(), abs(np.sort(output, axis=0) - goal).mean())
              for kind, runs in outputs.items() for output in runs], ["", "mean", "variance", "distance"])
lesson.claim("distance: Gaussian kernel / straight line", far["Gaussian"] / far["line"], below=1)
lesson.claim("distance: quadratic kernel / Gaussian kernel", far["quadratic"] / far["Gaussian"], above=1)
figure, axes = plot.panels(3, height=2.4, sharey=True)
for ax, kind in zip(axes, ("line", "Gaussian", "quadratic")):
    ax.plot(even, np.sort(np.hstack(outputs[kind]), axis=0))    # a column a run
    ax.plot(even, goal, "k:", label="the goal")
    ax.set(title=f"{kind}: {far[kind]:.3f} off", xlabel="share of the outputs below", ylabel="output")
axes[0].legend()
lesson.picture(figure, "outputs", "Sorted outputs, one colour a run.  Where do they leave the goal?")

# %%
# The documents' errata
# ---------------------
# 1. 002, Table 5: “KL encourages minimizing the relative entropy between the posterior and prior, while MMD
#    encourages minimizing the difference in means and variances.”  The quadratic kernel does.  The Gaussian
#    kernel, which 002 has, compares the whole distributions: above, it knows a coin from N(0, 1).
# 2. 002, Experiment: “This decision was motivated by the desire to demonstrate a non-standard VAE approach
#    and by the knowledge that MMD is more flexible than a KL-divergence, as it can be used to control the
#    latent space to follow any desired distribution (Table 4, Appendix).”  True if one can draw from it, as
#    from the uniform one above.  But MMD² sees the codes of all x as one cloud, a VAE's KL each x's alone.
#    Let x ~ N(0, 1) be its own code.  The true MMD² is 0, each point's KL from N(0, 1) infinite (lesson 35).
#
# Try it yourself
# ---------------
# 1. Easy: the way back, from uniform numbers to N(0, 1), in 3,000 steps.  Is it still ahead of the line?
# 2. Easy: in the test of false alarms, try the five bandwidths and keep the smallest p.  What happens?
# 3. Hard: 002's f₄ ends with an MMD² of 0.0408.  By how much would we have to shift N(0, I) for it, in 8-D?
#
# Remember
# --------
# - MMD²: likeness within X, plus within Y, minus twice between.  Unbiased, it may be below 0.
# - How large is large?  Deal the points out anew: the permutation test needs no formula.
# - The Gaussian kernel compares whole distributions, through a blur; the quadratic one only two moments.
# - The median is a start and no optimum.  A blur far wider than an island hides what is on it.
#
# Sources
# -------
# The cube report (002).  A. Gretton et al. (2012), A kernel two-sample test.  D. Garreau et al. (2017), Large
# sample analysis of the median heuristic.  Y. Li et al. (2015), Generative moment matching networks.
# A. Kolmogorov (1933) and N. Smirnov (1939): the test that counts from the smallest number up.
lesson.end()
