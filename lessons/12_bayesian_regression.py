"""
Priors: Bayesian regression
===========================

Five points, ten unknown coefficients.  What may one believe about a curve through them, and how strongly?

Needs: lessons 02, 11 and 39.
From: the course notes (001), "Imposing Priors (Bayesian Methods)"; lessons/DOCUMENTS.md says what they are.
New words: prior, likelihood, posterior, MAP, covariance, predictive band, coverage, evidence.
Time: quick 8 s, full 8 s on two cores.
"""
import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, losses, optim, plot, train

lesson = begin("12_bayesian_regression")

# %%
# By hand: one weight, two observations
# -------------------------------------
# Write N(m, v) for the bell curve with mean m and variance v.  Before we see anything, we believe that w is
# N(0, 1): this is the *prior*.  We observe y = w x + noise at x = 1, the noise is N(0, 1), and find y = 2.
# How likely this is, seen as a function of w, is the *likelihood*.  Bayes' rule multiplies the two:
#
#     posterior(w)  ∝  prior(w) · likelihood(w)  ∝  e^(−w²/2) e^(−(2 − w)²/2)  ∝  e^(−(w − 1)²)
#
# So the *posterior*, what we believe now, is N(1, ½).  The next y at x = 1 is expected as N(1, ½ + 1).  If it
# is 2 again, the posterior is the prior of a second step: e^(−(w − 1)²) e^(−(2 − w)²/2) gives N(4/3, 1/3).
#
# For d weights m has d numbers, and the variance becomes a matrix S, the *covariance*: S_jj is the variance
# of wⱼ, and S_jk says how wⱼ and wₖ vary together.  With noise N(0, s²) one expects y at x as N(x·m, v), with
# v = s² + x·S x.  When y is seen, the same algebra gives (Kalman 1960)
#
#     m + k (y − x·m)     S − k (S x)ᵀ     with k = S x/v             y moves m, and x alone shrinks S
def learn(mean, cov, x, y, noise):
    """The belief (d,), (d, d) after one more y at x (d,), and the log density that y had before."""
    v, surprise = noise + x @ cov @ x, y - x @ mean
    gain = cov @ x / v
    log_density = -0.5 * (np.log(2 * np.pi * v) + surprise ** 2 / v)
    return mean + gain * surprise, cov - np.outer(gain, cov @ x), log_density
one = learn(np.zeros(1), np.eye(1), np.ones(1), 2.0, noise=1.0)
two = learn(*one[:2], np.ones(1), 2.0, noise=1.0)
numbers = [number.item() for number in (*one[:2], one[1] + 1, *two[:2])]
lesson.check("N(1, ½), v = 1.5, then N(4/3, ⅓)", np.allclose(numbers, [1, 0.5, 1.5, 4 / 3, 1 / 3]), numbers)

# %%
# All at once: ridge again
# ------------------------
# Let each weight have the prior N(0, t²).  Then −log posterior is, up to a constant,
#
#     ‖y − X w‖²/(2s²) + ‖w‖²/(2t²)
#
# This is ridge (lesson 11), Nλ = s²/t².  Its minimum is the most probable w, *MAP* (maximum a posteriori).
# For a bell curve it is the mean, and S⁻¹ is the matrix of second derivatives of −log posterior.  At once:
#
#     S = (XᵀX/s² + I/t²)⁻¹          m = S Xᵀy/s²
def posterior(x, y, noise, prior):
    """The mean (…, d) and covariance (…, d, d) after x (…, N, d), y (…, N); prior: N(0, prior), (d, d)."""
    across = np.swapaxes(x, -1, -2)
    cov = np.linalg.inv(across @ x / noise + np.linalg.inv(prior))
    return (cov @ across @ y[..., None])[..., 0] / noise, cov
rng = lesson.rng("all at once")
rows, goals = rng.normal(size=(20, 4)), rng.normal(size=20)
mean, cov = posterior(rows, goals, 0.25, 2 * np.eye(4))
ridge = np.linalg.solve(rows.T @ rows + 0.25 / 2 * np.eye(4), rows.T @ goals)
lesson.check("the mean is ridge with Nλ = s²/t²", abs(mean - ridge).max() < 1e-10)
w, inputs, targets = Tensor(np.zeros((4, 1))), backend.to_device(rows), backend.to_device(goals[:, None])
train.descend(lambda: losses.gaussian_nll(targets, inputs @ w, np.log(0.25)) + losses.l2([w]) / (2 * 2 * 20),
              optim.Adam([w], 0.01), steps=2000)
off = abs(w.numpy()[:, 0] - mean).max()
lesson.check("Adam on the engine's −log posterior ends there", off < 1e-4, off)

# %%
# One observation at a time
# -------------------------
# A straight line, w₁ + w₂ x, and 20 noisy points.  The posterior after one point is the prior of the next.
# Whether we learn from one point at a time or from all at once, we end with the same belief.
line = lesson.rng("line")
truth, at = np.array([-0.5, 0.8]), line.uniform(-1, 1, 20)
points = np.stack([np.ones(20), at], axis=1)
heights = points @ truth + 0.3 * line.normal(size=20)
beliefs = [(np.zeros(2), np.eye(2))]
for point, height in zip(points, heights):
    beliefs.append(learn(*beliefs[-1], point, height, noise=0.09)[:2])
gap = max(abs(a - b).max() for a, b in zip(beliefs[-1], posterior(points, heights, 0.09, np.eye(2))))
lesson.check("one at a time = all at once, to 1e-12", gap < 1e-12, gap)
shrinks = min(np.linalg.eigvalsh(b[1] - a[1]).min() for a, b in zip(beliefs[1:], beliefs))
lesson.check("no observation makes the belief wider, in any direction", shrinks > -1e-12, shrinks)
grid, sticks = np.stack(np.meshgrid(*[np.linspace(-2, 2, 121)] * 2)), line.normal(size=(2, 8))

# %%
figure, (left, right) = plot.panels(2, height=2.9)
left.set(xlabel="w₁, the height at 0", ylabel="w₂, the slope", aspect="equal")
left.plot(*truth, "x", color=plot.COLOURS[1], zorder=3)
def show(n):
    for artist in [*left.collections, *right.lines]:
        artist.remove()
    centre, root = beliefs[n][0][:, None], np.linalg.cholesky(beliefs[n][1])   # root rootᵀ = S
    far = np.linalg.norm(np.linalg.solve(root, grid.reshape(2, -1) - centre), axis=0).reshape(121, 121)
    left.contourf(*grid, far, [0, 1, 2, 3], colors=["#4394c7", "#bdd7ec", "#e6effa"])
    w1, w2 = centre + root @ sticks                             # (2, 8): from N(0, I) to N(m, S)
    right.plot([-1, 1], [w1 - w2, w1 + w2], color=plot.COLOURS[0], linewidth=0.8)
    right.plot(at[:n], heights[:n], "o", color=plot.INK, markersize=4)
    right.set(title=f"{n} points", xlabel="x", ylabel="y", ylim=(-2.5, 2.5))
lesson.film(figure, show, list(range(21)), "belief", "Left: the belief, up to 1, 2, 3 standard deviations; "
            "cross: the truth.  Right: the points, and eight lines drawn from the belief.", fps=2)

# %%
# Five points, ten coefficients
# -----------------------------
# Now y = r·w with r = (1, x, …, x⁹), t² = 1, s = 0.1, and points lie in two clumps.  The *predictive band*
# r·m ± 1.96 √v has 95 % of N(r·m, v), the new y.  X has rank 5 (lesson 11), so five directions of w are free:
# polynomials that are 0 at all five places.  This prior ties them to no other: the belief stays what it was.
def powers(x, degree):
    return x[..., None] ** np.arange(degree + 1)                # (…, degree + 1)
curve = lesson.rng("curve")
places = np.array([-0.9, -0.85, -0.8, 0.8, 0.9])
five, seen = powers(places, 9), powers(places, 9) @ curve.normal(size=10) + 0.1 * curve.normal(size=5)
m, S = posterior(five, seen, 0.01, np.eye(10))
untouched = np.linalg.svd(five)[2][5:]                          # (5, 10): X u = 0 for each row u
kept = max(abs(untouched @ S @ untouched.T - np.eye(5)).max(), abs(untouched @ m).max())
lesson.check("in the free directions the posterior is the prior", kept < 1e-9, kept)

# %%
figure, axes = plot.panels(2, height=2.7, sharey=True)
xs, sticks10 = np.linspace(-1, 1, 200), curve.normal(size=(10, 5))
along = powers(xs, 9)                                           # (200, 10)
for ax, name, centre, cov_of in zip(axes, ("prior", "posterior"), (np.zeros(10), m), (np.eye(10), S)):
    wide = 1.96 * (0.01 + (along @ cov_of * along).sum(axis=1)) ** 0.5
    ax.fill_between(xs, along @ centre - wide, along @ centre + wide, color="#dbe9f6")
    ax.plot(xs, along @ (centre[:, None] + np.linalg.cholesky(cov_of) @ sticks10), color=plot.COLOURS[0])
    ax.set(title=name, xlabel="x", ylabel="y", ylim=(-5, 5))
axes[1].plot(places, seen, "o", color=plot.INK, markersize=4)
lesson.picture(figure, "band", "The 95 % band, and five curves drawn from the belief, before and after five "
               "points.  Look how wide it is at the clumps, between them and beyond.")

# %%
# May one believe the band?
# -------------------------
# *Coverage* is the share of new y that fall into the 95 % band.  2,000 times we draw ten weights, n examples
# and a new one.  If prior and noise are true, 95 % is exact, for all n.  If the noise is twice as strong as
# believed, many examples give a band half as wide as it should be: 2Φ(0.98) − 1 = 67.3 %, where Φ(z) is the
# share of N(0, 1) below z.  Guess first: what if the true weights are ten times as large as believed?
def covered(n, rng, weights=1.0, s=0.5):
    """Which of the new y are in the band of one who believes in weights N(0, 1), noise N(0, ¼): (2000,)."""
    w, new = weights * rng.normal(size=(2000, 10)), rng.normal(size=(2000, 10))
    x = rng.normal(size=(2000, n, 10))
    y = (x @ w[..., None])[..., 0] + s * rng.normal(size=(2000, n))
    mean, cov = posterior(x, y, 0.25, np.eye(10))
    miss = (new * (w - mean)).sum(axis=1) + s * rng.normal(size=2000)
    return abs(miss) < 1.96 * (0.25 + (new[:, None] @ cov @ new[..., None])[:, 0, 0]) ** 0.5

# %%
sizes = (3, 10, 50, 200)
cases = {"all true": {}, "noise × 2": {"s": 1.0}, "weights × 10": {"weights": 10.0}}
hits = {case: [covered(n, lesson.rng(f"{case} {n}"), **true) for n in sizes] for case, true in cases.items()}
lesson.table([(case, *np.mean(hits[case], axis=1)) for case in cases], ["in truth", *sizes])
lesson.claim("all true: largest distance from 95 %, in standard errors",
             max(abs(judge.standard_errors(share, 0.95)) for share in hits["all true"]), below=5)
for case, theory in (("noise × 2", 0.673), ("weights × 10", 0.95)):
    lesson.claim(f"{case}, n = 200: distance from {theory}, in standard errors",
                 abs(judge.standard_errors(hits[case][-1], theory)), below=5)
lesson.claim("weights × 10, n = 3: share covered", hits["weights × 10"][0].mean(), below=0.5)

# %%
# Which degree?  The evidence
# ---------------------------
# The *evidence* is the density of all y before any was seen: y = X w + noise is N(0, C), C = s² I + t² XXᵀ.
# Its log is −½ (yᵀC⁻¹y + log det 2πC).  It is the product of each y's density when it came: no test set.
def log_evidence(x, y, noise, prior):
    cov = noise * np.eye(x.shape[-2]) + x @ prior @ np.swapaxes(x, -1, -2)
    square = (y * np.linalg.solve(cov, y[..., None])[..., 0]).sum(axis=-1)
    return -0.5 * (square + np.linalg.slogdet(2 * np.pi * cov)[1])
belief, chain = (np.zeros(10), np.eye(10)), -log_evidence(five, seen, 0.01, np.eye(10))
for row, value in zip(five, seen):
    *belief, log_density = learn(*belief, row, value, noise=0.01)
    chain += log_density
lesson.check("evidence = product of the densities, one y at a time", abs(chain) < 1e-9, chain)

# %%
# 200 times a cubic (degree 3), weights N(0, 1): 12 noisy points, 100 for the test.  Bayes is told t and s, so
# on average the true degree leads.  Guess first: degree 10 has 11 weights for 12 points.  Must it overfit?
cubic, evidence, errors = lesson.rng("cubics"), [], {"least squares": [], "Bayes": []}
where, true = cubic.uniform(-1, 1, size=(200, 112)), cubic.normal(size=(200, 4, 1))
values = powers(where, 3) @ true + 0.1 * cubic.normal(size=(200, 112, 1))
for k in range(11):
    x, new, y = powers(where[:, :12], k), powers(where[:, 12:], k), values[:, :12, 0]
    evidence.append(log_evidence(x, y, 0.01, np.eye(k + 1)))
    for name, w_hat in {"least squares": np.linalg.pinv(x) @ y[..., None],
                        "Bayes": posterior(x, y, 0.01, np.eye(k + 1))[0][..., None]}.items():
        errors[name].append(np.median(((new @ w_hat - values[:, 12:]) ** 2).mean(axis=1)))
leads = [judge.standard_errors(evidence[3] - evidence[k]) for k in range(11) if k != 3]
lesson.claim("log evidence: degree 3 leads any other by this many standard errors", min(leads), above=2)
lesson.claim("Bayes' test error, degree 10 over 3", np.divide(*np.take(errors["Bayes"], [10, 3])), below=3)

# %%
figure, (left_of, right_of) = plot.panels(2, height=2.7)
left_of.plot(range(1, 11), np.mean(evidence[1:], axis=1), "o-", color=plot.COLOURS[1], markersize=4)
left_of.set(xlabel="degree", ylabel="log evidence (nats)", ylim=(-12, 2))
right_of.plot(range(11), errors["least squares"], "s--", color=plot.INK, markersize=3)
right_of.plot(range(11), errors["Bayes"], "o-", color=plot.COLOURS[0], markersize=4)
right_of.set(xlabel="degree", ylabel="median test error", yscale="log")
lesson.picture(figure, "degree", f"Left: the mean of 200 cubics; {np.mean(np.argmax(evidence, 0) == 3):.0%} "
               "are highest at degree 3.  Right: new points.  Black: least squares.  Blue: with a prior.")

# %%
# Which prior is smooth?
# ----------------------
# Now the weights are heights f at 40 places; we see every fourth, s = 0.1.  N(0, 1) for each alone knows no
# neighbours.  To make them alike, let fⱼ₊₁ − 2 fⱼ + fⱼ₋₁ be N(0, 0.001), about as in our waves, and each f
# N(0, 10): the covariance is (DᵀD/0.001 + I/10)⁻¹.  Guess first: which is better on waves?  And on noise?
second = np.diff(np.eye(40), 2, axis=0)                         # D (38, 40)
priors = {"alone": np.eye(40), "alike": np.linalg.inv(second.T @ second / 0.001 + np.eye(40) / 10)}
wave, unseen, misses = lesson.rng("waves"), np.arange(40) % 4 > 0, {}
turns = wave.uniform(0.5, 1.5, size=(100, 1)) * np.arange(40) / 40 + wave.random((100, 1))
curves = {"waves": 2 ** 0.5 * np.sin(2 * np.pi * turns), "noise": wave.normal(size=(100, 40))}
for world, f in curves.items():
    heard = f[:, ~unseen] + 0.1 * wave.normal(size=(100, 10))
    said = {name: posterior(np.eye(40)[~unseen], heard, 0.01, cov)[0] for name, cov in priors.items()}
    said["lines"] = np.array([np.interp(range(40), np.arange(0, 40, 4), h) for h in heard])   # straight lines
    for name, guess in said.items():
        misses[world, name] = ((guess - f)[:, unseen] ** 2).mean(axis=1)
lesson.table([(w, *[misses[w, p].mean() for p in said]) for w in curves], ["error where unseen", *said])
for world, worse, better in (("waves", "alone", "alike"), ("noise", "alike", "alone")):
    lesson.claim(f"{world}: {worse} is worse than {better}, by this many standard errors",
                 judge.standard_errors(misses[world, worse] - misses[world, better]), above=2)

# %%
# What the documents say, and what is right
# -----------------------------------------
# “The posterior provides a more constrained set of solutions.” (001, 3.)  It is no set: the density moves,
# and no w is excluded.  It may be far too sure: look at the coverage for weights × 10 and n = 3.
#
# “In a regression problem with few observations, a Gaussian prior can be imposed on the regression
# coefficients to penalize overly large values or encourage smoother, more generalizable solutions.” (001, 3,
# Example.)  N(0, t²) for each weight is ridge: it penalizes large ones, and helped at degree 10.  But it
# knows no neighbours.  A prior on differences does: better if the world is smooth, worse if it is not.
#
# Try it yourself
# ---------------
# 1. Easy.  By hand: let the noise be N(0, 4).  What is believed after the first y = 2?
# 2. Easy.  Let the true noise be half as strong as believed.  How many new y are covered at n = 200?
# 3. Hard.  Five points, ten coefficients, t → ∞: what becomes of the mean, the band and the evidence?
#
# Remember
# --------
# - Posterior ∝ prior · likelihood.  One observation at a time, or all at once: the same belief.
# - N(0, t²) for each weight: the mean is ridge, Nλ = s²/t²; in free directions the posterior is the prior.
# - A 95 % band covers 95 % if prior and noise are true.  Many examples mend a wrong prior, not wrong noise.
# - On average the evidence is highest for the truth; one data set may mislead.  The world decides the prior.
#
# Sources
# -------
# The course notes (001).  T. Bayes (1763).  R. Kalman (1960).  D. MacKay (1992), Bayesian interpolation.
# C. Rasmussen and C. Williams (2006), Gaussian Processes for Machine Learning, chapter 2.
lesson.end()
