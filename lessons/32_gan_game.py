"""
GAN: the game
=============

A forger paints, an inspector judges, and each learns from the other.  Where does such a game end, how can one
tell that it is there, and what happens if the inspector learns with the wrong sign?

Needs: lessons 02 and 39.
From: the exam paper (003), "GANs"; lessons/DOCUMENTS.md says what it is.
New words: generator, discriminator, logit, Jensen-Shannon divergence, minimax, non-saturating.
Time: quick 12 s, full 12 s on two cores.
"""
import numpy as np

from lessons.lesson import begin
from minidl import Tensor, backend, functions, grad, losses, nn, optim, plot, schedules, train

lesson = begin("32_gan_game")

# %%
# Two players
# -----------
# The data x come from a distribution p that nobody can write down.  The *generator* G wants to make more of
# them.  It takes a noise z ~ N(0, I) and returns x = G(z); the distribution of what it returns is called q.
# G is a plain function: the same z gives the same x.  All chance is in z.  The *discriminator* D
# looks at an x, real or made, and answers with the probability that it is real, D(x) = σ(s(x)).  The number s
# is its *logit*, and σ the sigmoid.
#
# The smallest game is a coin.  A real one shows heads 3 times in 4, a forged one 1 time in 4.  D says one
# number d for heads, and one for tails.  It is paid log d for a real coin and log(1 − d) for a forged one:
#
#     V = E_p log D(x) + E_q log(1 − D(x))          for heads:  ¾ log d + ¼ log(1 − d)
#
# The slope of that is ¾/d − ¼/(1 − d), which is 0 at d = ¾.  The same holds at any x: the best answer is
#
#     D*(x) = p(x) / (p(x) + q(x))
#
# What does it earn?  With m = (p + q)/2, D* = ½ p/m, and
#
#     V(D*) = E_p log(½ p/m) + E_q log(½ q/m) = −log 4 + KL(p ‖ m) + KL(q ‖ m) = −log 4 + 2 JS(p, q)
#
# KL(p ‖ m) = E_p log(p/m) measures how far p is from m.  JS, the *Jensen-Shannon divergence*, is the mean of
# the two, and 0 only where p = q.  The forger wants V small; the least is −log 4 = −1.386, where D* = ½: the
# inspector can only guess.  For our coins JS = ¾ log 3/2 + ¼ log 1/2 = 0.131.
real_coin, forged_coin = np.array([0.75, 0.25]), np.array([0.25, 0.75])     # heads, tails
said = np.arange(1, 1000)[:, None] / 1000
earned = real_coin * np.log(said) + forged_coin * np.log(1 - said)          # (999, 2)
best_said = said[earned.argmax(axis=0), 0]
by_pencil = -np.log(4) + 2 * (0.75 * np.log(3 / 2) + 0.25 * np.log(1 / 2))
lesson.check("of 999 answers the best are ¾ and ¼", best_said.tolist() == [0.75, 0.25], best_said)
lesson.check("they earn −log 4 + 2 JS", abs(earned.max(axis=0).sum() - by_pencil) < 1e-12, by_pencil)

# %%
# Half a game: G stands still
# ---------------------------
# Now x is a real number.  Real: one of two bumps, N(±1.5, 0.5²).  Made: x = 1.2 z + ½, one broad bump.  D is
# a small network and sees only samples.  We know p and q, and take integrals as sums over a fine grid.
x, dx = np.linspace(-8, 8, 3201, retstep=True)

def normal(mean, std):
    """The density of N(mean, std²) on the grid (X,)."""
    return np.exp(-((x - mean) / std) ** 2 / 2) / (abs(std) * (2 * np.pi) ** 0.5)

def value(p, q, s):
    """V of a D with the logits s, for densities on the grid, all (X,):  log σ(s) = −log(1 + e^−s)."""
    return -(p * np.logaddexp(0, -s) + q * np.logaddexp(0, s)).sum() * dx

def js(p, q):
    """The Jensen-Shannon divergence in nats; 10⁻³⁰⁰ is for where a density is 0."""
    m = (p + q) / 2 + 1e-300
    return (p * np.log(p / m + 1e-300) + q * np.log(q / m + 1e-300)).sum() * dx / 2

def noise(n):
    """A sample of N(0, 1) in float64, (n,)."""
    return backend.normal(n, dtype=np.float64)

# %%
# D's loss is −V, measured on a fresh sample at each step.  Adam and its falling rate are lesson 39's.
def two_bumps(n):
    """A real sample (n, 1)."""
    return backend.normal((n, 1), 0.5) + np.sign(backend.normal((n, 1))) * np.float32(1.5)

def inspector_loss():
    made = backend.normal((512, 1), 1.2) + np.float32(0.5)
    return losses.gan_discriminator(inspector(two_bumps(512)), inspector(made))

lesson.rng("half a game")
inspector = nn.Sequential(nn.Dense(1, 32), nn.Tanh(), nn.Dense(32, 32), nn.Tanh(), nn.Dense(32, 1))
train.descend(inspector_loss, optim.Adam(inspector.parameters(), 0.01), 6000,
              schedule=schedules.cosine(0.01, end=1e-6))

# %%
bumps, broad = (normal(-1.5, 0.5) + normal(1.5, 0.5)) / 2, normal(0.5, 1.2)
logits = inspector.predict(x[:, None].astype(np.float32))[:, 0].astype(float)
answer, right_answer = functions.sigmoid(logits), bumps / (bumps + broad)
off, shown = abs(answer - right_answer), (bumps + broad) / 2    # shown: the density of what D sees
lesson.claim("D against p/(p + q): the mean error over what it sees", (off * shown).sum() * dx, below=0.02)
lesson.record("its largest error, where the density is above 0.05", off[shown > 0.05].max())
earns, ceiling = value(bumps, broad, logits), -np.log(4) + 2 * js(bumps, broad)
lesson.check("V(D) is not above −log 4 + 2 JS: no D earns more", earns <= ceiling, (earns, ceiling))
lesson.claim("V(D)", earns, near=ceiling, within=0.005)

# %%
def draw(ax, real, made, played, best):
    """Densities as areas, answers as lines; the line of the D in play."""
    for density, colour in ((real, plot.COLOURS[0]), (made, plot.COLOURS[3])):
        ax.fill_between(x, density, color=colour, alpha=0.3, linewidth=0)
    ax.plot(x, best, color=plot.INK, linewidth=2.5, alpha=0.3)
    ax.set(xlim=(-4, 4.5), ylim=(0, 1.02), xlabel="x", ylabel="density;  probability D")
    return ax.plot(x, played, color=plot.COLOURS[1])[0]

figure, (ax,) = plot.panels(1)
draw(ax, bumps, broad, answer, right_answer)
lesson.picture(figure, "optimal", "G stands still: real (blue), made (orange), the trained D (red), the best "
               "D, p/(p + q) (grey).  Look whether the red line lies on the grey one.")

# %%
# The whole game, in five numbers
# -------------------------------
# Now G learns, too.  Real: N(0, 1).  G(z) = a z + b starts far off, at a = ½ and b = 3.  For two Gaussians
# log p/q is a parabola, so the best D has the logit s(x) = c + v x + w x², exactly.  Both families hold the
# optimum: a = 1 (or −1) and b = 0, c = v = w = 0.  A round is five steps of D and one of G.
#
# A step moves one player's numbers down its own loss.  The other's stay, though the loss runs through both.
def play(name, discriminator_loss, generator_loss, rounds=200, n=512):
    """[a, b, c, v, w] before each round and after the last, (rounds + 1, 5)."""
    lesson.rng(name)
    a, b, c, v, w = numbers = [Tensor(np.array(start)) for start in (0.5, 3.0, 0.0, 0.0, 0.0)]
    logit = lambda x: c + v * x + w * x * x                     # noqa: E731
    judge, forger = optim.SGD([c, v, w], 0.2), optim.SGD([a, b], 0.1)
    path = [[t.array.copy() for t in numbers]]                  # to be looked at when all is done
    for _ in range(rounds):
        for _ in range(5):
            train.train_step(lambda: discriminator_loss(logit(noise(n)), logit(a * noise(n) + b)), judge)
        train.train_step(lambda: generator_loss(logit(a * noise(n) + b)), forger)
        path.append([t.array.copy() for t in numbers])
    return np.array([[float(number) for number in row] for row in path])

# %%
# How does one read such a game?  By V?  Look at the first row of the table.  D has not learned anything and
# says ½ to all.  That earns log ½ + log ½ = −log 4, the value of the optimum, although G is far off.  So V
# near −log 4 says only that D cannot tell.  Ask what the best D would earn, V* = −log 4 + 2 JS.
standard = normal(0, 1)

def judged(path):
    """V of the D in play, and V* of the best D, before each round and after the last: (rounds + 1, 2).T."""
    games = [(normal(b, a), c + v * x + w * x * x) for a, b, c, v, w in path]
    return np.array([(value(standard, q, s), 2 * js(standard, q) - np.log(4)) for q, s in games]).T

minimax = play("minimax", losses.gan_discriminator, losses.gan_minimax)
V, V_best = judged(minimax)
lesson.table([(i, *minimax[i, :2], V[i], V_best[i]) for i in (0, 10, 30, 70, 200)],
             ("round", "a", "b", "V", "V*"))
lesson.claim("V after the last round", V[-1], near=-np.log(4), within=0.02)
lesson.claim("V* after the last round, which says that q is p", V_best[-1], near=-np.log(4), within=0.02)

# %%
def frame(i):                                                   # the game before round i
    (a, b, c, v, w), q = minimax[i], normal(minimax[i, 1], minimax[i, 0])
    above.clear()
    draw(above, standard, q, functions.sigmoid(c + v * x + w * x * x), standard / (standard + q))
    above.set_title(f"round {i}:  real (blue), made (orange), D in play (red), best D (grey)")
    for line, values in zip(below.lines, (V_best, V)):
        line.set_data(np.arange(i + 1), values[:i + 1])

figure, (above, below) = plot.panels(1, rows=2, height=4.4)
below.plot([], [], color=plot.INK, linewidth=2.5, alpha=0.3, label="V* of the best D")
below.plot([], [], color=plot.COLOURS[1], label="V of the D in play")
below.axhline(-np.log(4), color=plot.INK, linewidth=0.6, linestyle=":", label="−log 4, the optimum")
below.set(xlabel="round", ylabel="V (nats)", xlim=(0, 200), ylim=(-1.45, 0))
below.legend()
lesson.film(figure, frame, [*range(0, 40, 2), *range(40, 201, 10)], "game",
            "The minimax game, round by round.  Look how long V stays away from V*.", fps=5)

# %%
# Two losses for G
# ----------------
# In the game of V, the *minimax* game, G descends E log(1 − D(G(z))).  The exam paper (003) shows that game,
# but gives G another loss, L_G = −E log D(G(z)), called *non-saturating*.  Both want D(G(z)) large.  Their
# slopes in the logit s, D = σ(s), differ:
#
#     log(1 − σ(s)) = −softplus(s)          slope  −σ(s)     = −D
#     −log σ(s)     =  softplus(−s)         slope  σ(s) − 1  = D − 1
#
# A bad forger meets a D near 0.  There the first slope vanishes, when it is needed most; the second is near
# −1.  Guess first: from the same start, how much nearer to 0 is the second game's b after ten rounds?
far_off = Tensor(np.array(np.log(0.0025 / 0.9975)))
games = losses.gan_minimax, losses.gan_non_saturating
slopes = [grad(loss(far_off), [far_off])[0].item() for loss in games]
lesson.check("at D = 0.0025 the slopes are −D and D − 1, 399 times apart",
             np.allclose(slopes, [-0.0025, -0.9975], atol=1e-12), slopes)
steep = play("non-saturating", losses.gan_discriminator, losses.gan_non_saturating)
steep_best = judged(steep)[1]
lesson.claim("non-saturating: V* after the last round", steep_best[-1], near=-np.log(4), within=0.02)
lesson.claim("|b| after 10 rounds, minimax over non-saturating", abs(minimax[10, 1] / steep[10, 1]), above=2)

# %%
figure, (left, right) = plot.panels(2)
s = np.linspace(-7, 5, 200)
left.plot(s, -np.logaddexp(0, s))
left.plot(s, np.logaddexp(0, -s))
right.plot(V_best, label="minimax")
right.plot(steep_best, label="non-saturating")
left.set(xlabel="logit s of a made x:  D = σ(s)", ylabel="G's loss (nats)")
right.set(xlabel="round", ylabel="V* of the best D (nats)")
right.axhline(-np.log(4), color=plot.INK, linewidth=0.6, linestyle=":", label="−log 4, the optimum")
right.legend()
lesson.picture(figure, "losses", "Where G is bad, at the left, one loss is flat and the other steep.  On the "
               "right, the two games: look which one overshoots.")

# %%
# What the exam paper says (003)
# ------------------------------
# "El discriminador D se entrena para maximizar su función de costo L_D(θ_D)", by θ_D + η ∇L_D.  But its
# L_D = −E log D(x) − E log(1 − D(G(z))) is −V, and has its minus already: it is to be descended.  We try both
# signs: real N(2, 1), made N(−2, 1), D = σ(w x + c) from w = c = 0.  The best D is wrong in 2.3 % of cases.
#
# Its sum, arg min over G, max over D of J = −E log D(x) − E log(1 − D(G(z))), turns the game round: J = −V.
# Right is min_G max_D V.  We play both.
def learn(sign):
    """L_D before each of 300 steps θ + sign · 0.1 ∇L_D, and how often the last D is wrong."""
    lesson.rng("sign")
    w, c = theta = [Tensor(np.array(0.0)), Tensor(np.array(0.0))]
    def loss():
        return -sign * losses.gan_discriminator(w * (noise(500) + 2) + c, w * (noise(500) - 2) + c)
    history = train.descend(loss, optim.SGD(theta, 0.1), 300)["loss"]
    real = w.item() * x + c.item() > 0                          # where it says so
    wrong = (normal(2, 1) * ~real + normal(-2, 1) * real).sum() * dx / 2
    return [-sign * loss for loss in history], wrong

(climbed, wrong_up), (descended, wrong_down) = learn(+1), learn(-1)
lesson.claim("003's sign, θ + η ∇L_D: share of right answers", 1 - wrong_up, below=0.1)
lesson.claim("θ − η ∇L_D: share of wrong answers", wrong_down, below=0.05)
# %%
swapped = play("swapped", lambda real, made: -losses.gan_discriminator(real, made),
               lambda made: -losses.gan_minimax(made), rounds=5)
lesson.claim("|b| after five rounds, 003's game over V's", abs(swapped[5, 1] / minimax[5, 1]), above=1.5)
lines = {"θ + η ∇L_D (003)": climbed, "θ − η ∇L_D": descended}
lesson.picture(plot.curves(lines, "step", "L_D (nats)", log="y"), "sign", "One sign apart: D's loss.")

# %%
# Try it yourself
# ---------------
# 1. Start G at a = −0.5.  Which of the two optima does it find?  Could D tell them apart?
# 2. Give D one step a round, not five.  How far apart are V and V* after ten rounds?
# 3. (Hard.)  Let the real data be the two bumps.  G is a line and cannot make them.  At which V* does it end?
#
# Remember
# --------
# - D's best answer is p/(p + q); it earns −log 4 + 2 JS(p, q), which is least where q = p.
# - V near −log 4 does not say that G is good; V* does.
# - Minimax and non-saturating agree on the goal and differ in the slope: D against D − 1.
# - A loss has its sign already: descend L_D, or ascend V, never both at once.
#
# Sources
# -------
# I. Goodfellow et al. (2014), Generative adversarial nets.
# M. Arjovsky and L. Bottou (2017), Towards principled methods for training generative adversarial networks.
# The exam paper (003): its losses and its two signs.
lesson.end()
