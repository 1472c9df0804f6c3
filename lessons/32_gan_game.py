"""
GAN: the game
=============

A forger paints, an inspector judges, and each learns from the other.  Where does such a game end, how can one
tell that it is there, and what happens if the inspector learns with the wrong sign?

Needs: lesson 02.
From: 003, "GANs".
Time: quick 8 s, full 8 s on two cores.
"""
import numpy as np

from lessons.book import begin
from minidl import Tensor, backend, functions, grad, losses, nn, optim, plot, schedules

lesson = begin("32_gan_game")

# %%
# Two players
# -----------
# The data x come from a distribution p that nobody can write down.  The generator G wants to make more of
# them.  It takes a noise z ~ N(0, I) and returns x = G(z); the distribution of what it returns is called q.
# The discriminator D looks at an x, real or made, and answers with the probability that it is real,
# D(x) = σ(s(x)).  The number s is its logit.
#
# 001 counts GANs among the stochastic models.  But G is a plain function: the same z gives the same x, to the
# bit.  All the chance is in z.  So q is nothing but N(0, I), bent by G.
z = backend.normal((1000, 2))
G = nn.Sequential(nn.Dense(2, 16), nn.Tanh(), nn.Dense(16, 1))
again = (G(z).array == G(z).array).all()
lesson.claim("a generator is deterministic: same z, same x (deviation of x over z beside it)", again,
             G(z).array.std())

# %%
# The smallest game: a coin
# -------------------------
# A real coin shows heads 3 times in 4, a forged one 1 time in 4.  D may say one number d for heads, and one
# for tails.  It is paid log d for a real coin and log(1 − d) for a forged one, on average
#
#     V = E_p log D(x) + E_q log(1 − D(x))          for heads:  ¾ log d + ¼ log(1 − d)
#
# The slope is ¾/d − ¼/(1 − d), which is 0 at d = ¾.  Nothing here is special to coins.  At any x the best
# answer is
#
#     D*(x) = p(x) / (p(x) + q(x))
#
# and what it earns is found by writing D* = ½ p/m, with m = (p + q)/2:
#
#     V(D*) = E_p log(½ p/m) + E_q log(½ q/m) = −log 4 + KL(p ‖ m) + KL(q ‖ m) = −log 4 + 2 JS(p, q)
#
# KL(p ‖ m) = E_p log(p/m) measures how far p is from m; JS, the Jensen-Shannon divergence, is the mean of the
# two.  It is 0 where p = q, and only there.  So the forger, who wants V small, can get it down to
# −log 4 = −1.386.  Then D* = ½: the inspector can only toss a coin.  Ours: JS = ¾ log 3/2 + ¼ log 1/2 = 0.131
# and V = −1.125.
p, q, d = np.array([0.75, 0.25]), np.array([0.25, 0.75]), np.arange(1, 1000)[:, None] / 1000
earned = p * np.log(d) + q * np.log(1 - d)                      # (999, 2): for each answer, heads and tails
best, V = d[earned.argmax(axis=0), 0], earned.max(axis=0).sum()
by_pencil = -np.log(4) + 2 * (0.75 * np.log(3 / 2) + 0.25 * np.log(1 / 2))
lesson.claim("of 999 answers the best are ¾ for heads and ¼ for tails", best.tolist() == [0.75, 0.25], best)
lesson.claim("they earn −log 4 + 2 JS", abs(V - by_pencil) < 1e-12, V)

# %%
# Half a game: G stands still
# ---------------------------
# Now x is a real number, so that p, q and D can be drawn.  Real: one of two bumps, N(±1.5, 0.5²).  Made:
# x = 1.2 z + ½, one broad bump.  D is a small network and sees only samples.  Integrals are sums over a fine
# grid.
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

# %%
def real(n):
    """A sample of p (n, 1)."""
    return backend.normal((n, 1), 0.5) + np.sign(backend.normal((n, 1))) * np.float32(1.5)

D = nn.Sequential(nn.Dense(1, 32), nn.Tanh(), nn.Dense(32, 32), nn.Tanh(), nn.Dense(32, 1))
optimizer, rate = optim.Adam(D.parameters(), 0.01), schedules.cosine(0.01, end=1e-6)
for i in range(3000):
    optimizer.learning_rate = rate(i / 3000)
    made = backend.normal((512, 1), 1.2) + np.float32(0.5)
    loss = losses.gan_discriminator(D(real(512)), D(made))      # −V
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %%
p, q = (normal(-1.5, 0.5) + normal(1.5, 0.5)) / 2, normal(0.5, 1.2)
s = D.predict(x[:, None].astype(np.float32))[:, 0].astype(float)
trained, optimal = functions.sigmoid(s), p / (p + q)
error, mass = abs(trained - optimal), (p + q) / 2               # mass: the density of all that D is shown
mean, largest = (error * mass).sum() * dx, error[mass > 0.05].max()
lesson.claim("D finds p/(p + q): the mean error, over all that it is shown, is below 0.03", mean < 0.03, mean)
lesson.claim("its largest error, where the density is above 0.05, is below 0.03", largest < 0.03, largest)
lesson.record("where it is shown next to nothing it guesses; the largest error between −4 and 4",
              error[abs(x) < 4].max())
V, ceiling = value(p, q, s), -np.log(4) + 2 * js(p, q)
lesson.claim("V(D) is within 0.01 of −log 4 + 2 JS, and below: no D earns more (V, ceiling)",
             ceiling - 0.01 < V <= ceiling, (V, ceiling))

# %%
import matplotlib.pyplot as plt

def draw(ax, p, q, trained, optimal):
    """Densities as areas, answers as lines."""
    for density, colour in ((p, plot.COLOURS[0]), (q, plot.COLOURS[3])):
        ax.fill_between(x, density, color=colour, alpha=0.3, linewidth=0)
    ax.plot(x, optimal, color=plot.INK, linewidth=2.5, alpha=0.3)
    ax.plot(x, trained, color=plot.COLOURS[1])
    ax.set(xlim=(-4, 4.5), ylim=(0, 1.02))

with plt.rc_context(plot.STYLE):
    figure, ax = plt.subplots(figsize=(plot.WIDTH, 2.8))
    draw(ax, p, q, trained, optimal)
    blue, red, orange = plot.COLOURS[0], plot.COLOURS[1], plot.COLOURS[3]
    for at, height, name, colour in ((-1.6, 0.42, "real, p", blue), (0.1, 0.35, "made, q", orange),
                                     (-1.8, 0.9, "D, trained", red), (-2.65, 0.22, "p/(p + q)", plot.GREY)):
        ax.text(at, height, name, ha="center", color=colour)
    ax.set(xlabel="x", ylabel="density;  probability D")
lesson.picture(figure, "optimal", "G stands still: the trained D, thin, on the best one, broad")

# %%
# The whole game, in five numbers
# -------------------------------
# Now let G learn, too.  Real: N(0, 1).  G(z) = a z + b starts far off, at a = ½ and b = 3.  For two Gaussians
# log p/q is a parabola, so the best D has the logit s(x) = c + v x + w x², exactly.  Both families hold the
# optimum: a = 1 (or −1) and b = 0, c = v = w = 0.  A round is five steps of D and one of G.
#
# Who moves?  `grad(loss, numbers)` computes slopes for these numbers alone.  So each player steps down its
# own loss, and the other's numbers stay as they are, although the loss runs through both.
def step(player, loss):
    """One step of one player's optimiser down a loss; only its numbers move."""
    for number, slope in zip(player.parameters, grad(loss, player.parameters)):
        number.grad = slope
    player.step()

def noise(n):
    """A sample of N(0, 1) in float64, (n,)."""
    return backend.normal(n, dtype=np.float64)

def play(discriminator_loss, generator_loss, rounds=200, n=512):
    """[a, b, c, v, w] before each round and after the last, (rounds + 1, 5)."""
    a, b, c, v, w = numbers = [Tensor(np.array(start)) for start in (0.5, 3.0, 0.0, 0.0, 0.0)]
    def logit(x):
        return c + v * x + w * x * x
    inspector, forger = optim.SGD([c, v, w], 0.2), optim.SGD([a, b], 0.1)
    path = [[t.array.copy() for t in numbers]]                  # to be looked at when all is done
    for _ in range(rounds):
        for _ in range(5):
            step(inspector, discriminator_loss(logit(noise(n)), logit(a * noise(n) + b)))
        step(forger, generator_loss(logit(a * noise(n) + b)))
        path.append([t.array.copy() for t in numbers])
    return np.array([[float(number) for number in row] for row in path])

# %%
# How does one read such a game?  By V?  Look at the first row.  D has not learned anything and says ½ to all,
# which earns log ½ + log ½ = −log 4, the value of the optimum, although G is hopeless.  V near −log 4 says
# that D cannot tell, not that there is nothing to tell.  One must ask what the best D would earn: V* = −log 4
# + 2 JS.
def judge(path):
    """V of the D in play, and V* of the best D, before each round and after the last: (rounds + 1, 2).T."""
    p = normal(0, 1)
    games = [(normal(b, a), c + v * x + w * x * x) for a, b, c, v, w in path]
    return np.array([(value(p, q, s), 2 * js(p, q) - np.log(4)) for q, s in games]).T

minimax = play(losses.gan_discriminator, losses.gan_minimax)
V, V_star = judge(minimax)
shown = [0, 10, 30, 70, 200]
lesson.table([(i, *minimax[i, :2], V[i], V_star[i]) for i in shown], header=("round", "a", "b", "V", "V*"))
lesson.claim("before the first round V is −log 4, and V* is nearer to its other end, 0",
             abs(V[0] + np.log(4)) < 1e-9 and V_star[0] > -np.log(2), (V[0], V_star[0]))
lesson.claim("after the last, V = −log 4 ± 0.02", abs(V[-1] + np.log(4)) < 0.02, V[-1])
lesson.claim("and V* too, which says that q is p (V*, a, b)", abs(V_star[-1] + np.log(4)) < 0.02,
             (V_star[-1], *minimax[-1, :2]))

# %%
with plt.rc_context(plot.STYLE):
    figure, axes = plt.subplot_mosaic([shown, ["V"] * 5], figsize=(plot.WIDTH, 3.8), height_ratios=[3, 4])
    for i in shown:
        a, b, c, v, w = minimax[i]
        p, q = normal(0, 1), normal(b, a)
        draw(axes[i], p, q, functions.sigmoid(c + v * x + w * x * x), p / (p + q))
        axes[i].set(title=f"round {i}", yticks=[0, 0.5, 1] if i == 0 else [], xticks=[-3, 0, 3])
    axes[0].text(-3.5, 0.2, "real", color=plot.COLOURS[0])
    axes[0].text(4.3, 0.85, "made", color=plot.COLOURS[3], ha="right")
    ax, rounds = axes["V"], np.arange(len(V))
    ax.plot(rounds, V_star, color=plot.INK, linewidth=2.5, alpha=0.3)
    ax.plot(rounds, V, color=plot.COLOURS[1])
    ax.axhline(-np.log(4), color=plot.INK, linewidth=0.6, linestyle=":")
    ax.text(200, -1.33, "−log 4", ha="right")
    ax.text(17, -0.25, "V* of the best D", color=plot.GREY)
    ax.text(4, -1.3, "V of the D in play", color=plot.COLOURS[1])
    ax.set(xlabel="round", ylabel="V (nats)")
lesson.picture(figure, "game", "Real (blue), made (orange), D (red) and the best D (grey), round by round")

# %%
# Two losses for G
# ----------------
# In the game of V, the minimax game, G descends E log(1 − D(G(z))).  003 shows that game, but gives G another
# loss, L_G = −E log D(G(z)), called non-saturating.  Both want D(G(z)) large.  Their slopes in the logit s,
# D = σ(s):
#
#     log(1 − σ(s)) = −softplus(s)          slope  −σ(s)     = −D
#     −log σ(s)     =  softplus(−s)         slope  σ(s) − 1  = D − 1
#
# A bad forger meets a D near 0.  There the first slope vanishes, when it is needed most; the second is near
# −1.  For D = 0.0025 they are −0.0025 and −0.9975: 399 times apart.
s = Tensor(np.array(np.log(0.0025 / 0.9975)))
slopes = [grad(loss(s), [s])[0].item() for loss in (losses.gan_minimax, losses.gan_non_saturating)]
error = max(abs(slopes[0] + 0.0025), abs(slopes[1] - (0.0025 - 1)))
lesson.claim("at D = 0.0025 the slopes are −D and D − 1", error < 1e-12, slopes)
lesson.record("how many times steeper the non-saturating loss is there", slopes[1] / slopes[0])

# %%
# Is it the same game, played faster?  No.  Put the best D in and hold it.  Minimax then goes down 2 JS(p, q),
# as with the coins.  The other loss is −E_q log D* = E_q log(2m/p), and that is the slope of 2 KL(m ‖ p),
# m = (p + q)/2: another landscape, with the same bottom 0 at q = p.  (Arjovsky and Bottou 2017, theorem 2.5,
# write it as KL(q ‖ p) − 2 JS.)  We compare slopes in b, at a = ½ and b = 1.
def slope_in_b(f, h=1e-4):
    return (f(normal(1 + h, 0.5)) - f(normal(1 - h, 0.5))) / (2 * h)

def kl_of_mean(p, q):
    """KL(m ‖ p) in nats."""
    m = (p + q) / 2
    return (m * np.log(m / p)).sum() * dx

p = normal(0, 1)
best = p / (p + normal(1, 0.5))                                 # D*, held
held = [slope_in_b(lambda q: (q * np.log(1 - best + 1e-300)).sum() * dx),
        slope_in_b(lambda q: -(q * np.log(best)).sum() * dx)]
divergence = [slope_in_b(lambda q: 2 * js(p, q)), slope_in_b(lambda q: 2 * kl_of_mean(p, q))]
error = np.abs(np.subtract(held, divergence)).max()
lesson.claim("against D*, minimax descends 2 JS and the other 2 KL(m ‖ p) (slopes)", error < 1e-6, held)

# %%
# From the same start the non-saturating G is at the data in a few rounds: too fast for D, which is left
# behind.  G runs past 0, shrinks to a spike (a near 0), and comes back.  Steep is not the same as straight.
heuristic = play(losses.gan_discriminator, losses.gan_non_saturating)
V_heuristic = judge(heuristic)[1]
shown = [0, 5, 10, 20, 40, 80, 200]
lesson.table([(i, minimax[i, 1], heuristic[i, 1], minimax[i, 0], heuristic[i, 0]) for i in shown],
             header=("round", "b minimax", "b non-sat.", "a minimax", "a non-sat."))
lesson.claim("it ends at the same place: V* = −log 4 ± 0.02", abs(V_heuristic[-1] + np.log(4)) < 0.02,
             V_heuristic[-1])
far = [np.flatnonzero(np.abs(v + np.log(4)) > 0.02).max() + 1 for v in (V_star, V_heuristic)]
lesson.record("rounds until V* stays within 0.02 of −log 4 (minimax, non-saturating)", far)
early = np.abs([minimax[10, 1], heuristic[10, 1]])
lesson.claim("after 10 rounds the non-saturating b is nearer to 0 (|b|: minimax, non-saturating)",
             early[1] < early[0], early)

# %%
with plt.rc_context(plot.STYLE):
    figure, (left, right) = plt.subplots(ncols=2, figsize=(plot.WIDTH, 2.8))
    s = np.linspace(-7, 5, 200)
    left.plot(s, -np.logaddexp(0, s), color=plot.COLOURS[0])
    left.plot(s, np.logaddexp(0, -s), color=plot.COLOURS[1])
    left.axvline(np.log(0.0025 / 0.9975), color=plot.INK, linewidth=0.6, linestyle=":")
    left.text(-5.8, -5.2, "D = 0.0025")
    left.text(-4.4, 5, "−log D", color=plot.COLOURS[1])
    left.text(0.5, -2.2, "log(1 − D)", color=plot.COLOURS[0], ha="right")
    left.set(xlabel="logit s of a made x:  D = σ(s)", ylabel="G's loss (nats)")
    right.plot(V_star[:121], color=plot.COLOURS[0])
    right.plot(V_heuristic[:121], color=plot.COLOURS[1])
    right.axhline(-np.log(4), color=plot.INK, linewidth=0.6, linestyle=":")
    right.set(xlabel="round", ylabel="V* of the best D (nats)")
lesson.picture(figure, "losses",
               "Minimax (blue) is flat where G is bad; non-saturating (red) is steep, and overshoots")

# %%
# What goes wrong: D climbs the wrong way
# ---------------------------------------
# 003 defines L_D = −E log D(x) − E log(1 − D(G(z))), which is −V: it has its minus already, it is small when
# D is good.  Then it says that D maximises it, by θ_D ← θ_D + η ∇L_D.  One sign too many: V is to be climbed,
# or L_D to be descended.  Both, on two Gaussians that stand still: real N(2, 1), made N(−2, 1), D = σ(w x +
# c) from w = c = 0.
#
# The best D here has the logit log p/q = 4 x.  It is wrong only where the noise reaches 2 towards the other
# side: it is right in 97.7 % of cases, and no D does better.
def train_inspector(sign, steps=300, rate=0.1):
    """L_D before each step θ + sign · η ∇L_D and after the last, (steps + 1,), and the last w and c."""
    theta, seen = [Tensor(np.array(0.0)), Tensor(np.array(0.0))], []
    for _ in range(steps + 1):
        w, c = theta
        loss = losses.gan_discriminator(w * (noise(500) + 2) + c, w * (noise(500) - 2) + c)
        seen.append(loss.array)
        slopes = grad(loss, theta)
        theta = [Tensor(t.array + sign * rate * slope) for t, slope in zip(theta, slopes)]
    return list(map(float, seen)), w.item(), c.item()

p, q = normal(2, 1), normal(-2, 1)
lowest, rows, runs = np.log(4) - 2 * js(p, q), [], {}
for name, sign in (("003: θ + η ∇L_D", +1), ("θ − η ∇L_D", -1)):
    seen, w, c = runs[name] = train_inspector(sign)
    says_real = w * x + c > 0
    right = (p * says_real + q * ~says_real).sum() * dx / 2     # an integral: no sampling error
    rows.append((name, w, c, -value(p, q, w * x + c), right))

# %%
lesson.table(rows + [("the best D", 4.0, 0.0, lowest, (p * (x > 0)).sum() * dx)],
             header=("", "w", "c", "L_D", "right"))
lesson.claim("003's ascent ends with fewer than 10 % right", rows[0][-1] < 0.1, rows[0][-1])
lesson.claim("descent ends with more than 95 % right", rows[1][-1] > 0.95, rows[1][-1])

with plt.rc_context(plot.STYLE):
    figure, (left, right) = plt.subplots(ncols=2, figsize=(plot.WIDTH, 2.8))
    for (name, (seen, w, c)), colour in zip(runs.items(), plot.COLOURS):
        left.plot(seen, color=colour)
        right.plot(x, functions.sigmoid(w * x + c), color=colour)
        left.text(300, seen[-1] * (0.15 if seen[-1] > 1 else 2), name, ha="right", color=colour)
    left.axhline(lowest, color=plot.INK, linewidth=0.6, linestyle=":")
    left.set(xlabel="step", ylabel="L_D (nats)", yscale="log")
    for density, name, at in ((p, "real", 2), (q, "made", -2)):
        right.fill_between(x, density, color=plot.GREY, alpha=0.3, linewidth=0)
        right.text(at, 0.1, name, ha="center")
    right.set(xlabel="x", ylabel="density;  probability D", xlim=(-5, 5))
lesson.picture(figure, "sign",
               "One sign apart: the loss, and the D at the end; dotted, the least possible loss")

# %%
# What goes wrong: a game without a floor
# ---------------------------------------
# 003 sums up: find arg min over G, max over D of J = −E log D(x) − E log(1 − D(G(z))).  But J = −V again.
# Right is min_G max_D V, or, the same, max_G min_D J.  As it stands the inner problem has no solution.  Let G
# be perfect, p = q = N(0, 1), and let D = σ(k x).  The best k is 0: V = −log 4.  The worst does not exist:
# for large k, each x costs |k x|, so that J grows like k E|x| = k √(2/π), for ever.
ks, p = np.array([0, 1, 10, 100, 1000]), normal(0, 1)
J = np.array([-value(p, p, k * x) for k in ks])
lesson.table(zip(ks, -J, J), header=("k", "V", "J"))
lesson.claim("V is largest at k = 0, where it is −log 4",
             (J[1:] > J[0]).all() and abs(J[0] - np.log(4)) < 1e-9, -J[0])
growth = J[1:] / ks[1:]
lesson.claim("J has no largest value: J/k goes to √(2/π) = 0.798",
             abs(growth[-1] - (2 / np.pi) ** 0.5) < 1e-3, growth)

# %%
# And played?  D climbs J, G descends J.  Neither finds a place to rest.
theirs = play(lambda real, made: -losses.gan_discriminator(real, made),
              lambda made: -losses.gan_minimax(made), rounds=5)
lesson.table([(i, *numbers[:2]) for i, numbers in enumerate(theirs)], header=("round", "a", "b"))
lesson.claim("five rounds of 003's game carry b further from 0 than it was, V's game nearer (|b|)",
             abs(theirs[5, 1]) > 3 > abs(minimax[5, 1]), (abs(theirs[5, 1]), abs(minimax[5, 1])))

# %%
# Try it yourself
# ---------------
# 1. Give D one step a round, not five, in the minimax game.  Does V still follow V*?  Does G still arrive?
# 2. Start G at a = −0.5.  Which of the two optima does it find?  Could D tell them apart?
# 3. Make the real data two bumps, as above.  G is a line and cannot.  Where does it settle, and at what V*?
#
# Sources
# -------
# I. Goodfellow et al. (2014), Generative adversarial nets.
# M. Arjovsky and L. Bottou (2017), Towards principled methods for training generative adversarial networks.
# L. Mescheder, A. Geiger and S. Nowozin (2018), Which training methods for GANs do actually converge?
lesson.end()
