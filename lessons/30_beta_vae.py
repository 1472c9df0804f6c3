"""
β, annealing and posterior collapse
===================================

The cube report (002) adds β times a Kullback-Leibler term to its loss, with β up to 10, and its samples get
worse.  It blames a second penalty.  From which β on does a variational autoencoder (VAE) not use its code?

Needs: lessons 17, 25, 28 and 39.
From: the cube report (002), equations 5 and 6, tables 3 and 5; lessons/DOCUMENTS.md says what it is.
New words: β-VAE, posterior collapse, threshold, tilt, annealing, warm-up.
Time: quick 9 s, full 1 min on two cores.
"""
import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, init, nn, no_grad, ops, optim, plot, schedules, train
from minidl.data import cube

lesson = begin("30_beta_vae")

# %%
# By hand: what a number costs
# ----------------------------
# A *β-VAE* (Higgins et al. 2017) puts a weight β on the Kullback-Leibler term KL.  Here, as in 002, the other
# term is the mean squared error over the D numbers of a point: loss = MSE + β KL.  Take one number x of mean
# 0 and variance v.  The encoder sends z = a x + s ε, ε ~ N(0, 1).  The best linear guess of x has the error
# d = v s²/(a²v + s²).  KL to the prior N(0, 1), averaged over x, is ½ (a²v + s² − 1 − log s²) nats.  For a
# given d it is least where a²v + s² = 1.  Then s² = d/v, and
#
#     KL = ½ log(v/d)           half the error costs ½ log 2 = 0.35 nats; d = v costs nothing
#
# A point has D such numbers: loss = d + (Dβ/2) log(v/d).  Its slope, 1 − Dβ/(2d), is 0 at d = Dβ/2, if that
# is below v.  If not, d = v is best: z tells nothing of x.  This is *posterior collapse*.  So a linear code
# has the *threshold* β = 2v/D.  The full cube, from −1 to 1, has D = 3 and v = 1/3; on its surface one
# coordinate of three is ±1, and v = (1/3 + 1/3 + 1)/3 = 5/9.  The thresholds 2v/3 are 2/9 and 10/27.
VARIANCE = {"volume": 1 / 3, "surface": 5 / 9}
def curve(beta, v):
    """MSE, and KL in nats, of the best linear code of three numbers of variance v."""
    d = np.minimum(v, 3 * beta / 2)
    return d, 1.5 * np.log(v / d)

# %%
# Can a deep network do better?  A proof
# --------------------------------------
# Box, from lesson 25: the mutual information I of x and z is the mean over z of KL(p(x|z) ‖ p(x)).  It is
# also the mean over x of KL(q(z|x) ‖ q(z)), where q(z) is the mixture of the q(z|x) of all x.  A KL is never
# below 0.  E_p is a mean over the density p; logarithms are natural.
#
# 1. The mean over x of KL(q(z|x) ‖ p(z)) is I + KL(q(z) ‖ p(z)).  So KL ≥ I.
# 2. Let m(z) be the mean of x given z.  No decoder is better than x̂ = m(z).  It leaves the squared error
#    E‖x‖² − E‖m‖².  So MSE ≥ v − E‖m‖²/3.
# 3. Let r be another density on the cube, a *tilt* of p = p(x), with the mean m.  Let t be any vector.  Then
#    log E_p e^(t·x) ≥ log E_r [e^(t·x) p/r] ≥ E_r [t·x − log(r/p)] = t·m − KL(r ‖ p).  The first ≥ is an =
#    unless r is 0 somewhere where p is not.  The second holds as log is concave.
# 4. On the cube, log E_p e^(t·x) ≤ v‖t‖²/2: see the next cell.  Put t = m/v in 3: ‖m‖² ≤ 2v KL(r ‖ p).
# 5. Take r = p(x|z), and the mean over z: E‖m‖² ≤ 2v I.  Put this in 2, and use 1:
#
#     MSE ≥ v − (2v/3) I ≥ v − (2v/3) KL         and so         loss ≥ v + (β − 2v/3) KL
#
# This holds for every encoder, decoder, prior and length of z.  Collapse has the loss v.  So from β = 2v/3 on
# nothing is better; above it all that has KL > 0 is worse; below it the linear code is better than collapse.

# %%
# Step 4: the inequality of the cube
# ----------------------------------
# A number uniform on [−1, 1] has E e^(tx) = sinh(t)/t = Σ t²ⁿ/(2n + 1)!.  Compare e^(t²/6) = Σ t²ⁿ/(6ⁿ n!).
# As (2n + 1)! ≥ 6ⁿ n! (from n to n + 1 they grow (2n + 2)(2n + 3) ≥ 6(n + 1) times), no term of the first is
# larger.  The full cube multiplies three of them, and v/2 = 1/6.
# On the surface one of the three is ±1, and E e^(tx) = cosh t.  Term by term again, cosh t is at most
# (1 + t²/3) sinh(t)/t.  The mean of 1 + tᵢ²/3 over the three places i is 1 + ‖t‖²/9 ≤ e^(‖t‖²/9).  The
# exponents add up to ‖t‖²/6 + ‖t‖²/9 = ‖t‖² · 5/18, and v/2 = 5/18.  For short t no smaller v would do:
def log_moment(t, place):
    """log E e^(t·x) on the cube's volume or surface; t (M, 3) → (M,)."""
    three = (np.sinh(t) / t).prod(axis=1)
    return np.log(three if place == "volume" else three * (t / np.tanh(t)).mean(axis=1))

t = lesson.rng("directions").normal(size=(20_000, 3)) * np.geomspace(0.05, 15, 20_000)[:, None]
for place, v in VARIANCE.items():
    used = (log_moment(t, place) / (v / 2 * (t ** 2).sum(axis=1))).max()        # of the bound
    lesson.check(f"{place}: true for 20,000 t, but not with 0.99 v", 0.99 < used <= 1, used)

# %%
# Networks, side by side
# ----------------------
# Encoders 3-H-H-6 give three means and three log-variances, decoders 3-H-H-3 guess x.  We train G of each
# side by side, one for each cloud and β.  They share the loop and the points, and no weight.
class Stack(nn.Module):
    """One dense layer of each of G networks: x (G, N, inputs) → (G, N, outputs)."""
    def __init__(self, groups, inputs, outputs):
        self.w = Tensor(init.he((groups, inputs, outputs), inputs, outputs))
        self.b = Tensor(backend.normal((groups, 1, outputs), 0.01))
    def forward(self, x):
        return x @ self.w + self.b

def stacked(groups, *sizes):
    layers = [layer for pair in zip(sizes, sizes[1:]) for layer in (Stack(groups, *pair), nn.ReLU())]
    return nn.Sequential(*layers[:-1])                          # no ReLU at the end

def draw(clouds, n):
    points = {place: cube(n, place) for place in VARIANCE}      # the same for all networks on one cloud
    return backend.to_device(np.stack([points[place] for place in clouds]))                 # (G, n, 3)

# %%
hidden, batch, steps = lesson.pick(digits=(64, 256, 3000), mnist=(64, 256, 3000), quick=(32, 128, 1500))
codes = 3                                                       # how many numbers z has
def terms(encoder, decoder, x):
    """Of each point x (G, N, 3): squared error per number and KL in nats, both (G, N); and x̂ (G, N, 3)."""
    both = encoder(x)
    mean, log_var = both[..., :codes], both[..., codes:]
    std = ops.exp(0.5 * log_var)
    x_hat = decoder(mean + std * backend.normal(mean.shape))    # of z = mean + std · ε
    return ((x_hat - x) ** 2).mean(axis=2), 0.5 * (mean ** 2 + std ** 2 - 1 - log_var).sum(axis=2), x_hat

# %%
# Each step draws new points.  Adam's rate falls to 0 (lesson 39).  β may change on the way.
def learn(name, clouds, beta, weight=1.0, between=(hidden, hidden), rate=0.005):
    """Learns by weight · MSE + beta(share done) · KL.  Of 20,000 new points ‖x‖²/3, terms(); KL by step."""
    lesson.rng(name)
    nets = stacked(len(clouds), 3, *between, 2 * codes), stacked(len(clouds), codes, *between, 3)
    adam, way = optim.Adam(nets[0].parameters() + nets[1].parameters()), []
    def loss():
        error, kl = (term.mean(axis=1) for term in terms(*nets, draw(clouds, batch))[:2])   # (G,) each
        way.append(kl.array)
        return (weight * error + backend.to_device(np.float32(beta(len(way) / steps))) * kl).sum()
    print(f"{name}: {len(clouds)} side by side, {steps} steps …", flush=True)
    train.descend(loss, adam, steps, schedule=schedules.cosine(rate), quiet=lesson.quick)
    x = draw(clouds, 20_000)
    with no_grad():
        found = (x ** 2).mean(axis=2), *(term.array for term in terms(*nets, x))
    return *(backend.to_host(term).astype(float) for term in found), np.stack([*map(backend.to_host, way)])

# %%
# Guess first: how sharply does KL go to 0 at the threshold?  The linear networks have no layers between.
sweep = [0.1, 0.25, 0.5, 0.8, 1.25, 2, 4.5]                     # in thresholds; 4.5: β = 1 on the full cube
clouds, times = np.repeat([*VARIANCE], 7), np.array(sweep * 2)      # (G,) each: 7 β on either cloud
var = np.array([VARIANCE[place] for place in clouds])           # (G,)
betas = times * 2 * var / 3
silent, error, kl, guess, _ = learn("networks", clouds, lambda done: betas)    # silent: the error of x̂ = 0
mse, spent = error.mean(axis=1), kl.mean(axis=1)                            # (G,)
*flat, _, _ = learn("linear networks", clouds, lambda done: betas, between=(), rate=0.1)
flat_silent, flat_mse, flat_spent = np.mean(flat, axis=2)
best_mse, best_spent = curve(betas, var)
lesson.table(zip(clouds, times, betas, mse, spent, flat_mse, flat_spent, best_mse, best_spent),
             ["cloud", "β / threshold", "β", "MSE", "KL, nats", "linear MSE", "KL", "pencil MSE", "KL"])
decoded = {f"{times[g]:g} × threshold": guess[g] for g in (7, 9, 12)}
lesson.picture(plot.slices({"surface": cube(20_000, "surface"), **decoded}), "decoded",
               "Slices |x₃| < 0.1: the surface, and what a network at each β makes of it.  What is left?")

# %%
# The networks stay as they are; standard errors are over 20,000 new points, each compared with x̂ = 0.  Just
# above the threshold the slope that makes KL fall is small, so the claims are for twice the threshold and on.
half, over, from_half, up = times == 0.5, times >= 2, times >= 0.5, np.flatnonzero(times < 0.8)
off_mse, off_kl = abs(flat_mse / flat_silent - best_mse / var), abs(flat_spent - best_spent)
lesson.claim("linear, from ½ on: MSE / v off the pencil's, largest", off_mse[from_half].max(), below=0.03)
lesson.claim("linear, from ½ on: KL off the pencil's, in nats, largest", off_kl[from_half].max(), below=0.03)
lesson.claim("at twice it and more: KL in nats, largest", spent[over].max(), below=0.01)
lesson.claim("and MSE / v off 1, largest", abs(mse / silent.mean(axis=1) - 1)[over].max(), below=0.02)
lesson.claim("at half the threshold: KL in nats, smallest", spent[half].min(), above=0.5)
total = error + betas[:, None] * kl                             # the loss of each point, (G, N)
lesson.claim("½: v − loss, standard errors", min(map(judge.standard_errors, (silent - total)[half])), above=5)
spare = error + 2 / 3 * var[:, None] * kl - silent              # by the proof its mean is at least 0
lesson.claim("below the proof's line, standard errors", -min(map(judge.standard_errors, spare)), below=5)

# %%
# Which β is best?
# ----------------
# For β₁ < β₂ let (E₁, K₁) and (E₂, K₂) be the MSE and KL of the best networks.  Each is best at its own β:
# E₁ + β₁K₁ ≤ E₂ + β₁K₂, and E₂ + β₂K₂ ≤ E₁ + β₂K₁.  Their sum says (β₂ − β₁)(K₂ − K₁) ≤ 0: KL falls with β.
# Then the first says that the MSE rises, and the loss does: E₁ + β₁K₁ ≤ E₂ + β₁K₂ ≤ E₂ + β₂K₂.  So the
# total loss always chooses the smallest β on offer.  (Lesson 36 chooses by what the network draws.)
rises = [min(map(judge.standard_errors, term[up + 1] - term[up])) for term in (-kl, error, total)]
lesson.claim("β by β up to 0.8: KL falls, MSE and loss rise, standard errors", min(rises), above=5)
figure, axes = plot.panels(2, height=2.9)
nats, share = np.linspace(0, 4), np.geomspace(0.1, 4.5, 200)
axes[0].plot(nats, np.exp(-2 / 3 * nats), color=plot.INK, linewidth=1, label="best linear code")
axes[0].plot((0, 1.5), (1, 0), "--", color=plot.INK, linewidth=1, label="the proof's line")
axes[1].plot(share, 1.5 * np.log(1 / share).clip(0), color=plot.INK, linewidth=1)
for place, part, mark, colour in zip(VARIANCE, (slice(7), slice(7, 14)), "ox", plot.COLOURS):
    axes[0].plot(spent[part], (mse / var)[part], mark, color=colour, label=f"networks, {place}")
    axes[1].plot(times[part], spent[part], mark, color=colour)
axes[0].set(xlabel="KL (nats)", ylabel="MSE / v")
axes[0].legend()
axes[1].set(xlabel="β / threshold", ylabel="KL (nats)", xscale="log", xticks=sweep, xticklabels=sweep)
lesson.picture(figure, "threshold", "Right: look where KL reaches 0.  Left: which networks beat the best "
               "linear code?  By the proof they stay above the dashed line.")

# %%
# Annealing, and a sum for the mean
# ---------------------------------
# *Annealing* changes β while a network learns.  A *warm-up* raises it from 0 (Bowman et al. 2016); a cyclical
# plan does so several times (Fu et al. 2019).  On the full cube three plans end at half the threshold, 1/9.
# Theory promises that they share one best network, as they end with one loss.  It does not promise that a run
# finds it in time: look how far apart their KL end.  Equation 6 of 002, min(1, t/T), ends at 1; its runs go
# from 1 to 10.  One plan has 10 first, then 1/9.  The last network has β = 4/9, but the *sum* of the squared
# errors for their mean: 3 MSE + β KL = 3 (MSE + β/3 KL).  Guess first: which networks collapse?
plans = {"constant": lambda done: 1 / 9, "warm-up": lambda done: min(1, 2 * done) / 9,
         "cyclical": lambda done: (min(1, 16 * done % 2) if done < 0.5 else 1) / 9,
         "1 to 10": lambda done: 1 + 9 * done, "min(1, t/T)": lambda done: min(1, 2 * done),
         "10, then 1/9": lambda done: 10 if done < 0.25 else 1 / 9, "sum": lambda done: 4 / 9}
_, *both, _, way = learn("annealing", ["volume"] * 7, lambda done: [plan(done) for plan in plans.values()],
                      weight=backend.to_device(np.float32([1] * 6 + [3])))
end_mse, end_kl = np.mean(both, axis=2)                         # (7,), in the order of the plans
lesson.table(zip(plans, end_mse, end_kl), ["β", "MSE at the end", "KL, nats"])
lesson.claim("constant, warm-up, cyclical: KL in nats, least", end_kl[:3].min(), above=0.5)
lesson.claim("how far apart, relative", np.ptp(end_kl[:3]) / end_kl[0], below=0.05, full=True)
lesson.claim("1 to 10, min(1, t/T): KL in nats, largest", end_kl[3:5].max(), below=0.01)
lesson.claim("sum, twice the threshold of the mean: KL in nats", end_kl[6], above=0.3)

# %%
figure, axes = plot.panels(1, rows=2, height=3.8, sharex=True)
done = np.arange(20, steps + 1, 20) / steps
for (name, plan), path, colour in zip(plans.items(), way.T[:6], plot.COLOURS):
    axes[0].plot(done, [plan(part) for part in done], color=colour)
    axes[1].plot(done, path.reshape(-1, 20).mean(axis=1), color=colour, label=name)
axes[0].axhline(2 / 9, color=plot.INK, linestyle="--", linewidth=1)
axes[0].set(yscale="log", ylim=(0.005, 15), ylabel="β", yticks=(0.1, 1, 10), yticklabels=(0.1, 1, 10))
axes[1].set(xlabel="share of the run that is done", ylabel="KL (nats)", ylim=(0, 4))
axes[1].legend(ncols=2, loc="upper right")
lesson.picture(figure, "annealing", "Look where each β ends (dashed: the threshold), and where its KL does.")

# %%
# Errata of the cube report
# -------------------------
# “Annealing and Bayesian optimisation further supported the null hypothesis by providing evidence that the
# performance decrease was not a result of beta or lambda settings.”  (002, Results Discussion.)  From β = 1
# on, above 10/27, nothing is better than collapse.  Nor with MMD: collapse can make it 0, its least value.
#
# “Both KL divergence and MMD aim to align the posterior distribution with the prior distribution but do so
# differently.”  (002, Table 5.)  MMD (lesson 26) looks at q(z) alone.  KL is I + KL(q(z) ‖ p(z)), and 0
# only if z tells nothing.  Both parts for one number of the linear code at ½ threshold (a² = 1.5, s² = ½):
x_grid, z_grid = (np.arange(400) + 0.5) / 200 - 1, np.linspace(-7, 7, 2801)
q = np.exp(-(z_grid - 1.5 ** 0.5 * x_grid[:, None]) ** 2) / np.pi ** 0.5    # N(a x, ½): (400, 2801)
q_all, prior = q.mean(axis=0), np.exp(-z_grid ** 2 / 2) / (2 * np.pi) ** 0.5
parts = [(p * np.log(p / r)).sum(axis=-1).mean() / 200 for p, r in ((q, q_all), (q_all, prior))]
by_formula = 0.5 * (1.5 * x_grid ** 2 + 0.5 - 1 - np.log(0.5)).mean()
lesson.check("KL = I + KL(q(z) ‖ p(z))", abs(sum(parts) - by_formula) < 1e-6, (by_formula, *parts))

# %%
# Try it yourself
# ---------------
# 1. Easy.  Give z six numbers in place of three.  Does the threshold move?
# 2. Easy.  Start "10, then 1/9" with 10 for half of the run.  What is its KL at the end?
# 3. Hard.  Does step 4 hold for images, with their largest variance λ₁ for v?  Look for the worst tilt t.
#
# Remember
# --------
# - Half the squared error of a number costs ½ log 2 nats.  It pays if Dβ/2 is below the number's variance.
# - On the cube no network does better than collapse above β = 2v/3: a mean moved by ‖m‖ costs ‖m‖²/2v nats.
# - In annealing the last β decides which network is best.  The total loss always chooses the smallest β.
# - A sum for a mean over D numbers makes the threshold D times as high: 3 on the cube, 784 on MNIST.
#
# Sources
# -------
# The cube report (002).  I. Higgins et al. (2017), β-VAE.  S. Bowman et al. (2016), Generating sentences from
# a continuous space.  H. Fu et al. (2019), Cyclical annealing schedule.  M. Hoffman and M. Johnson (2016),
# ELBO surgery.  S. Boucheron, G. Lugosi and P. Massart (2013), Concentration inequalities: steps 3 and 4.
lesson.end()
