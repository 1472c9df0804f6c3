"""
Stochastic encoders, the reparametrisation trick and the ELBO
=============================================================

A stochastic encoder answers with a distribution of codes, and the decoder gets one code drawn from it.  The
best answer is known, but it needs a sum over all codes.  How does one train without that sum, through a draw?

Needs: lessons 02, 12, 17, 25 and 39.
From: the encoder notes (000), the course notes (001), the cube report (002), the exam paper (003) and the VAE
slides (004); lessons/DOCUMENTS.md says what they are.
New words: ELBO, reconstruction term, Kullback-Leibler term, reparametrisation, score function, baseline.
Time: quick 6 s, full 6 s on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import Tensor, backend, init, losses, nn, ops, optim, plot, schedules, train

lesson = begin("27_stochastic_encoders")

# %%
# By hand: the code is a coin
# ---------------------------
# A hidden code z is 0 or 1; its prior (lesson 12) is p(z) = ½.  We see x = 1, which has the chance p(x|0) = ¼
# or p(x|1) = ¾.  So p(x) = ½ · ¼ + ½ · ¾ = ½, and by Bayes' rule the posterior, p(z|x) = p(x|z) p(z) / p(x),
# is (¼, ¾).  The evidence p(x) (lesson 12) has two terms here.  For 100 coins it has 2¹⁰⁰: far too many.
#
# A *stochastic encoder* answers with a distribution q(z) of its own for each x.  E_q is the mean over z drawn
# from q.  Solve the log of Bayes' rule for log p(x), add and subtract log q(z), take E_q (log p(x) has no z):
#
#     log p(x)  =  E_q[log p(x|z) p(z) − log q(z)]  +  E_q[log q(z) − log p(z|x)]
#               =              ELBO                 +       KL(q ‖ posterior)
#
# Box: KL(q ‖ p) = E_q[log q − log p] ≥ 0, and it is 0 only for q = p (lesson 25).  So the ELBO, the *evidence
# lower bound*, is never above log p(x), and equals it where q is the posterior.  It needs no sum over all
# codes, only means over draws from q.  Split the logarithm of p(x|z) p(z):
#
#     −ELBO = R + K        R = E_q[−log p(x|z)]        K = KL(q ‖ p(z))
#
# R is the *reconstruction term*, K the *Kullback-Leibler term*, both in nats (log is the natural logarithm).
# 000 and 003 train by R + K, too.  (Under its equation 22, 002 calls error + KL the ELBO: it is −ELBO.)  By
# pencil, q = (½, ½) has R = ½ log 4 + ½ log 4/3 = 0.837, K = 0.  Guess first: which q has the least R + K?
def coin(q):
    """R, K and KL to the posterior, for the chances q (2,) of z = 0 and z = 1."""
    return -q @ np.log([0.25, 0.75]), q @ np.log(q / 0.5), q @ np.log(q / [0.25, 0.75])
three = {"the prior": [0.5, 0.5], "nearly sure": [0.01, 0.99], "the posterior": [0.25, 0.75]}
rows = [(name, *coin(np.array(q)), sum(coin(np.array(q))[:2])) for name, q in three.items()]
lesson.table(rows, ["q", "R", "K", "KL to the posterior", "R + K"])
off = max(abs(row[4] - row[3] - np.log(2)) for row in rows)
lesson.check("R + K − KL to the posterior = −log p(x) = log 2, to 1e-12", off < 1e-12, off)

# %%
# Two causes, four sensors
# ------------------------
# Now the code is two numbers, z ~ N(0, I), and four sensors read x = z W + noise of variance s² = ½.  An
# example is a row: z (N, 2), W (2, 4), x (N, 4).  Cause 1 moves sensors 1 to 3, cause 2 sensors 2 to 4.  With
# z in place of weights, this is lesson 12's regression, which knows posterior and evidence.  For any q = N(m,
# V) R and K have formulas, too.  (A mean square is the squared mean plus the variance; tr sums a diagonal.)
#
#     p(z|x) = N(x Wᵀ S/s², S)      S⁻¹ = I + W Wᵀ/s² = [[7, 4], [4, 7]]      p(x) = N(0, Wᵀ W + s² I)
#     R = 2 log(2π s²) + (‖x − m W‖² + tr(Wᵀ V W)) / (2 s²)       K = ½ (‖m‖² + tr V − 2 − log det V)
W, S2 = np.array([[1.0, 1, 1, 0], [0, 1, 1, 1]]), 0.5
S, C = np.linalg.inv(np.eye(2) + W @ W.T / S2), W.T @ W + S2 * np.eye(4)    # covariances: posterior's, x's
def terms(x, m, v):
    """R and K in nats, (N,) each; x (N, 4), mean m (N, 2), covariance v (2, 2) or (N, 2, 2)."""
    square = ((x - m @ W) ** 2).sum(axis=1) + np.trace(W.T @ v @ W, axis1=-2, axis2=-1)
    k = 0.5 * ((m ** 2).sum(axis=1) + np.trace(v, axis1=-2, axis2=-1) - 2 - np.linalg.slogdet(v)[1])
    return 2 * np.log(2 * np.pi * S2) + square / (2 * S2), k
def draw(n):                                                                # codes (n, 2), readings (n, 4)
    z = backend.rng().normal(size=(n, 2))
    return z, z @ W + S2 ** 0.5 * backend.rng().normal(size=(n, 4))
lesson.rng("new readings")
z_new, x_new = draw(4000)
log_p = -0.5 * (np.linalg.slogdet(2 * np.pi * C)[1] + (x_new @ np.linalg.inv(C) * x_new).sum(axis=1))
best = x_new @ W.T @ S / S2                                                 # the posterior's means (4000, 2)
lesson.check("the posterior's ELBO = log p(x), to 1e-6", abs(log_p + sum(terms(x_new, best, S))).max() < 1e-6)

# %%
# A slope through a draw
# ----------------------
# A decoder that is a network has no formula for R; one draw z ~ q estimates it.  But how does a draw change
# when q changes?  *Reparametrisation* draws ε ~ N(0, I) first, which no weight can move.  Then
#
#     std = exp(½ log_var)      z = mean + std · ε      ∂z/∂mean = 1      ∂z/∂log_var = ½ std · ε
#
# Now z is a function like any other.  (log_var may have any sign, a variance not.  003 calls σ² a
# “desviación”: it is the variance.)  Our encoder is one Dense layer, from four sensors to two means and two
# log-variances.  Its weights start at 0: q is the prior.  Each of 1,500 steps draws 256 new x, one ε each.
#
# Such a q has a diagonal V, and S is not diagonal.  V adds ½ (tr(S⁻¹ V) − log det V) to R + K.  For a
# diagonal V this is the sum over j of ½ (7 Vⱼⱼ − log Vⱼⱼ), least at Vⱼⱼ = 1/7.  The posterior has Sⱼⱼ =
# 7/33.  Guess first: which of the two will the encoder learn?  The best diagonal V leaves a gap to log p(x):
#
#     ½ (log(7 · 7) − log det S⁻¹) = ½ log(49/33) = 0.198 nats        (never below 0: Hadamard 1893)
MIX, LOG_S2 = backend.to_device(W.astype(np.float32)), float(np.log(S2))
def right(mean, log_var):
    std = ops.exp(0.5 * log_var)
    return mean + std * backend.normal(mean.shape)
def train_by(draw_code, encoder=None):
    encoder = encoder or nn.Dense(4, 4, init=lambda shape, *fans: np.zeros(shape, np.float32))
    def loss():
        x = backend.to_device(draw(256)[1].astype(np.float32))
        both = encoder(x)                                                   # (256, 4)
        mean, log_var = both[:, :2], both[:, 2:]
        z = draw_code(mean, log_var)
        return {"R": losses.gaussian_nll(x, z @ MIX, LOG_S2), "K": losses.gaussian_kl(mean, log_var)}
    train.descend(loss, optim.Adam(encoder.parameters()), steps=1500, schedule=schedules.cosine(0.02))
    return encoder

# %%
def answer(encoder, x):                                                     # m (N, 2), diagonal V (N, 2, 2)
    both = encoder.predict(x.astype(np.float32)).astype(float)
    return both[:, :2], np.exp(both[:, 2:, None]) * np.eye(2)
lesson.rng("reparametrisation")
encoder = train_by(right)
mean, cov = answer(encoder, x_new)
costs = {"the posterior": terms(x_new, best, S), "right": terms(x_new, mean, cov)}  # R and K, (4000,) each
lesson.claim("means: distance / size", np.linalg.norm(mean - best) / np.linalg.norm(best), below=0.02)
lesson.claim("mean variance of q", cov.sum() / 8000, near=1 / 7, within=0.02 / 7)
lesson.claim("log p(x) − ELBO, mean in nats", (log_p + sum(costs["right"])).mean(), near=0.198, within=0.01)

# %%
# L ⊙ ε against L ε
# -----------------
# 003 writes z = M + L ⊙ ε.  The sign ⊙ multiplies number by number: L must be the vector of deviations, and V
# is diagonal, as above.  For any other V, L is a triangular *matrix* with L Lᵀ = V, and L ε is a matrix
# product (lesson 12).  Can one trust these deviations?  Within 1.96 of them from the mean should lie 95 % of
# the true z₁.  By L ⊙ ε they are √(1/7), and 1.96 of these are 1.61 of the posterior's √(7/33): 89.2 %.
figure, axes = plot.panels(3, height=2.3, sharex=True, sharey=True)
turn, root = np.linspace(0, 2 * np.pi, 99), np.linalg.cholesky(S)           # root: L of the posterior
circle = 2 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
for i, ax in enumerate(axes):
    ax.fill(*(best[i] + circle @ root.T).T, color="#cccccc", label="posterior, L ε")
    ax.plot(*(mean[i] + circle @ cov[i] ** 0.5).T, color=plot.COLOURS[0], label="trained q, L ⊙ ε")
    ax.plot(*z_new[i], "x", color=plot.COLOURS[1], label="true z")
    ax.set(title=f"reading {i + 1}", xlabel="z₁", ylabel="z₂" * (i == 0), aspect="equal")
axes[2].legend(loc="center left", bbox_to_anchor=(1, 0.5))
lesson.picture(figure, "ellipses", "2 deviations around the means.  L ⊙ ε cannot lean: it is too narrow "
               "along the grey ellipse, which has the same shape for every reading.")
for way, deviation, hope in ("L ε", np.sqrt(S[0, 0]), 0.95), ("L ⊙ ε", np.sqrt(cov[:, 0, 0]), 0.892):
    inside = (abs(z_new - mean)[:, 0] < 1.96 * deviation).mean()
    lesson.claim(f"true z₁ within 1.96 deviations: {way}", inside, near=hope, within=0.03)

# %%
# The documents' errata, 1: the draw of 004
# -----------------------------------------
# `z <- z_mean + exp(z_log_variance) * epsilon`, with the comment “Draws a latent point using a small random
# epsilon” (004, Pseudo codes for VAE).  Right is exp(½ log_var), and ε ~ N(0, I) is not small.  004 gives no
# K.  What does a program print that draws so, with K as above?  Write v = e^log_var; a code number adds
#
#     right           ½ (6 v + v − log v)         least at 1/7          ½ (1 + log 7)      = 1.473
#     exp(log_var)    ½ (6 v² + v − log v)        least at 1/4          ½ (⅝ + log 4)      = 1.006
#     ε/10            ½ (6 v/100 + v − log v)     least at 1/1.06       ½ (1 + log 1.06)   = 0.529
#
# to R + K, as (W Wᵀ)ⱼⱼ/s² = 6.  Twice the difference to 1.473, less 0.198, is how far the printed ELBO lies
# *above* log p(x): 0.737 and 1.690 nats.  The draw's V is 1/16, 1/106.  Guess first: is the true ELBO better?
def by_004(mean, log_var):
    return mean + ops.exp(log_var) * backend.normal(mean.shape)
def small(mean, log_var):
    return mean + 0.1 * (right(mean, log_var) - mean)
for way, draw_code, true_v in ("exp(log_var)", by_004, lambda v: v @ v), ("ε/10", small, lambda v: v / 100):
    lesson.rng(way)
    m, v = answer(train_by(draw_code), x_new)
    r, k = terms(x_new, m, true_v(v))
    costs.update({f"{way}, printed": (r, terms(x_new, m, v)[1]), f"{way}, true": (r, k)})
for name, hope in zip(list(costs)[2:], (0.737, -0.462, 1.690, -1.981)):    # ½ (2 + log 33) − 7 V + log V
    lesson.claim(f"{name}: ELBO − log p(x), nats", -(log_p + sum(costs[name])).mean(), near=hope, within=0.02)
rows = [(name, r.mean(), k.mean(), (r + k).mean()) for name, (r, k) in costs.items()]
lesson.table([*rows, ("−log p(x)", "", "", -log_p.mean())], ["nats, mean of 4,000 x", "R", "K", "R + K"])

# %%
# 2: does σ tell what is unusual?
# -------------------------------
# “Stochastic encoders can model the uncertainty in the data, which is useful in applications like
# probabilistic prediction and exploration.” (000, Advantages …, 3.)  “This is crucial for applications like
# anomaly detection, where uncertainty about the input data is important.” (001, Advantages …, 3.)
#
# The posterior's S has no x in it: it is as wide for every x, also for one that no z explains.  (In other
# models S varies; no theorem makes it larger where x is unusual.)  Let sensor 2 break and read 5 too much,
# which training hardly ever shows.  An encoder with 32 tanh units can give it any σ, the root of the mean of
# V₁₁ and V₂₂.  The best log_var is −log 7 = −1.9; we train one from 0 (σ = 1), one from −4 (σ = 0.14).  Guess
# first: what do they say?  The rivals: R + K of the one layer, and x's distance to PCA's plane (lesson 17).
broken = x_new + [0, 5, 0, 0]
def bent(start):
    lesson.rng("bent")
    net = networks.mlp(4, 32, 4, bend=nn.Tanh, init=init.glorot)
    net[-1].b = Tensor(np.array([0, 0, start, start], np.float32))
    return train_by(right, net)
def found(usual, strange):                      # the share of pairs in which the strange one has more
    return np.searchsorted(np.sort(usual), strange).mean() / len(usual)
def width(net):                                 # σ (4000,) for the new readings, and for the broken
    return [np.sqrt(answer(net, x)[1].sum(axis=(1, 2)) / 2) for x in (x_new, broken)]
sigma = {"from σ = 1": width(bent(0)), "from σ = 0.14": width(bent(-4))}

# %%
figure = plot.histograms({f"{name}, {kind}": each for name, pair in sigma.items()
                          for kind, each in zip(("new", "broken"), pair)}, xlabel="σ")
lesson.picture(figure, "sigma", "Look on which side of the new readings the broken ones lie.  Training saw "
               "hardly any such reading: there σ keeps something of its start.")
lesson.rng("PCA")
centre, plane, _ = judge.pca(draw(4000)[1], 2)                              # (4,) and (4, 2)
rivals = {"R + K": [sum(terms(x, *answer(encoder, x))) for x in (x_new, broken)],
          "PCA": [(((x - centre) @ (np.eye(4) - plane @ plane.T)) ** 2).sum(axis=1) for x in (x_new, broken)]}
share = {name: found(*pair) for name, pair in (sigma | rivals).items()}
lesson.table(share.items(), ["score", "share of pairs in which the broken one has more"])
lesson.claim("one layer: the break changes σ by", abs(np.divide(*width(encoder)) - 1).max(), below=0.05)
lesson.claim("from σ = 1: pairs in which the broken has not more σ", 1 - share["from σ = 1"], below=0.25)
lesson.claim("from σ = 0.14: pairs in which the broken has more σ", share["from σ = 0.14"], below=0.25)
for name in "R + K", "PCA":
    lesson.claim(f"{name}: pairs in which the broken has not more", 1 - share[name], below=0.05)

# %%
# 3: must a draw have a slope?
# ----------------------------
# “This makes the process differentiable, which is necessary for training with backpropagation.” (000, How
# Stochastic Encoders Work, 2.)  “VAEs cannot be trained using backpropagation because of the random variable
# between input and output.  Instead they use a reparameterization trick, where backpropagation proceeds
# through parameters of the latent distribution.” (001, Variational Autoencoders.)  So they *are* trained by
# it.  Yet z needs no slope.  The slope of q in m, say, is q times the slope of log q, the *score function*:
#
#     slope of E_q[f(z)]  =  E_q[f(z) · slope of log q(z)]  =  E_q[(f(z) − b) · slope of log q(z)]
#
# Any constant b, a *baseline*, will do: E_q[slope of log q] = 0, as q sums to 1.  So z may be a coin (task
# 3).  The price: let f = (z − 3)², q = N(m, 1) and m = 0.  The slope of E_q[f] = (m − 3)² + 1 is −6.  Now z
# is ε, and so is the slope of log q.  One draw gives 2(ε − 3), of variance 4, or (ε − 3)² ε, of variance E[ε²
# (ε − 3)⁴] − 36 = 258 − 36 = 222.  The best b is 12: it leaves 78.  (Lesson 22's score is a slope by x.)
eps = lesson.rng("slopes").normal(size=200_000)
slopes = {"reparametrisation": 2 * (eps - 3), "score function": (eps - 3) ** 2 * eps,
          "with baseline 12": ((eps - 3) ** 2 - 12) * eps}
lesson.table([(way, g.mean(), g.var()) for way, g in slopes.items()], ["slope by", "mean", "variance"])
for (name, each), hope in zip(slopes.items(), (4, 222, 78)):
    lesson.claim(f"{name}: standard errors off −6", abs(judge.standard_errors(each, -6)), below=5)
    lesson.claim(f"{name}: variance", each.var(), near=hope, within=hope / 20)

# %%
# Try it yourself
# ---------------
# 1. Easy.  Draw with ε/100 in place of ε/10.  How far above log p(x) is the printed ELBO now?
# 2. Easy.  Let cause 2 move sensor 4 only, by √3.  What is left of the 0.198 nats?
# 3. Hard.  Train the coin's q₁ = 1/(1 + e^−θ) by the score function, from 64 draws a step.  Does it reach ¾?
#
# Remember
# --------
# - log p(x) = ELBO + KL(q ‖ posterior).  So train by −ELBO = R + K: no sum over all codes is needed.
# - std = exp(½ log_var), and z = mean + std · ε with ε ~ N(0, I).  Draw from the q whose K you compute.
# - A diagonal V is too narrow where the posterior leans.  Where z has no slope, there is the score function.
# - σ says how well a usual x fixes z.  Here an unusual x shows in R + K, and by its distance to PCA's plane.
#
# Sources
# -------
# The five documents, as quoted.  J. Hadamard (1893).  R. J. Williams (1992): score function and baseline.
# M. I. Jordan et al. (1999), An introduction to variational methods for graphical models.
# D. P. Kingma and M. Welling (2014); D. J. Rezende, S. Mohamed and D. Wierstra (2014): training by one draw.
lesson.end()
