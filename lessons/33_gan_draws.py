"""
A GAN that draws: a ring, the cube, digits
==========================================

The game of lesson 32 had five numbers, and it came to rest.  Does it also come to rest when the forger is a
network?  And how does one find out what the forger never draws?

Needs: lessons 04, 13, 26, 32 and 39.
From: the course notes (001) and the exam paper (003), "GANs"; lessons/DOCUMENTS.md says what they are.
New words: mode, lost mode, fresh inspector, gradient penalty, double backward, averaged weights.
Time: quick 12 s, full 6 min on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import Tensor, backend, functions, grad, losses, nn, optim, plot, schedules, train
from minidl.data import cube, ring_of_gaussians

lesson = begin("33_gan_draws")

# %%
# By hand: the price of a lost mode
# ---------------------------------
# From lesson 32: real x have the density p, made x the density q.  The best D says D* = p/(p + q) and earns
# V* = E_p log D* + E_q log(1 − D*).  V* is least, −log 4 = −1.386, where q = p.  A place where data are dense
# is a *mode*.  Let the data have two modes, half of the points in each.  A forger draws the first perfectly,
# and never the second: a *lost mode*.  At the first, p is to q as ½ to 1: D* = ½/(½ + 1) = ⅓.  At the second
# q = 0 and D* = 1.  So V* = ½ log ⅓ + ½ log 1 + log(1 − ⅓) = −0.955: this is what the loss of a half costs.
#
# We try it on a ring of eight modes, of which the forger draws every second one.  A *fresh inspector* is a
# new D, trained only to judge (here 800 steps, batch 256, rate 0.005), while the forger rests.  Its V on new
# points is a lower bound of V*, but for chance: no D earns more than D*.
def ring(n, modes=8):                                           # (n, 2): modes N(centre, 0.1² I) on a circle
    return ring_of_gaussians(n, modes, noise=0.1, rng=backend.rng())[0]
def half_a_ring(n):
    return ring(n, modes=4)
def fresh_inspector(real, made, steps=200 if lesson.quick else 1000):       # made(n): n points (n, …)
    D = networks.mlp(made(1).shape[1], 64, 64, 1, bend=nn.Tanh)
    def loss():
        return losses.gan_discriminator(D(backend.to_device(real(256))), D(backend.to_device(made(256))))
    train.descend(loss, optim.Adam(D.parameters()), steps, schedule=schedules.cosine(0.005))
    return D
def earned(D, real, made, n=20_000):                            # V of D, on n points of each kind
    return losses.gan_value(D.predict(real(n)), D.predict(made(n)))

# %%
centres = np.array([(2 * np.cos(t), 2 * np.sin(t)) for t in np.arange(8) * np.pi / 4])      # (8, 2)
lesson.rng("lost modes")
expert = fresh_inspector(ring, half_a_ring, 800)
seen = np.concatenate([ring(5000), half_a_ring(5000)])
bumps = np.exp(-losses.squared_distances(seen.astype(float), centres) / (2 * 0.1 ** 2))     # (10,000, 8)
p, q = bumps.mean(axis=1), bumps[:, ::2].mean(axis=1)           # the densities, but for one constant
off = abs(functions.sigmoid(expert.predict(seen)[:, 0]) - p / (p + q)).mean()
lesson.claim("half a ring: mean distance of D from p/(p + q)", off, below=0.03)
lesson.claim("half a ring: V", earned(expert, ring, half_a_ring), near=-0.9548, within=0.02)

# %%
# A brake for D
# -------------
# When both players learn, they can run in circles.  The smallest game: all real points are 0, all made ones
# are one number a, and D(x) = σ(w x).  V = log ½ + log(1 − σ(w a)) has the slopes −σ w in a and −σ a in w.
# Near a = w = 0, σ is ½.  G goes down and D up, both at once, by h = 0.2: a ← a + h w/2, w ← w − h a/2.  This
# step's matrix has the determinant 1 + h²/4 = 1.01: areas grow, the players spiral outwards.  A brake is a
# term in D's loss, the *gradient penalty* R1: at real points the logit s should be flat.
#
#     D descends  −V + γ/2 · R1          R1 = E_p ‖∂s/∂x‖²
#
# Here s = w x and R1 = w², which takes h γ w from w.  The determinant is now 1.01 − 0.2 γ: areas shrink if γ
# is above 0.05 (task 3).  For a network we need the slope of a slope: minidl differentiates its backward
# pass once more, a *double backward*.  Try a neuron, s = h = tanh(w x).  Its ∂s/∂x is f = w (1 − h²), and R1
# is the mean of f².  By hand, the slope of R1 in w is the mean of 2 f (1 − h²)(1 − 2 h w x).
def r1(D, x):
    """The mean of ‖∂s/∂x‖² over x (N, …).  Each logit depends on its own x: their sum has all the slopes."""
    x = Tensor(x)
    slope, = grad(D(x).sum(), [x], create_graph=True)           # recorded, to be differentiated again
    return (slope * slope).sum() / len(x)
x = lesson.rng("R1").normal(size=6)
w = Tensor(backend.to_device(np.array(0.7)))
penalty = r1(lambda x: functions.tanh(w * x), backend.to_device(x))
slope_in_w = grad(penalty, [w])[0].item()
h = np.tanh(0.7 * x)                                            # (6,)
f = 0.7 * (1 - h * h)
by_hand = (2 * f * (1 - h * h) * (1 - 2 * h * 0.7 * x)).mean()
lesson.check("R1 is as by hand", abs(penalty.item() - (f * f).mean()) < 1e-12, penalty.item())
lesson.check("its slope, by double backward, is as by hand", abs(slope_in_w - by_hand) < 1e-12, slope_in_w)

# %%
# The recipe
# ----------
# D and G take turns, a step each, by Adam (lesson 39) with β₁ = 0.5 and β₂ = 0.99: the other player moves on,
# so old slopes mislead.  The rate falls to 0 on a cosine.  What draws in the end are *averaged weights*: a
# running mean of G's weights, over about the last tenth of the run.
def draw(G, n):                                                 # as many numbers z as G's first layer takes
    return G(backend.normal((n, G[0].w.shape[0])))              # a Tensor

# %%
def play(G, D, real, steps, batch, rate, gamma, loss=losses.gan_non_saturating, look=lambda: None):
    inspector, forger = (optim.Adam(net.parameters(), betas=(0.5, 0.99)) for net in (D, G))
    average, V = [w.array for w in G.parameters()], []          # V: of the D in play, at each step
    def before_step(done):                                      # D's turn
        inspector.learning_rate = forger.learning_rate
        true, made = backend.to_device(real(batch)), draw(G, batch).array
        V.append(-train.train_step(lambda: {"−V": losses.gan_discriminator(D(true), D(made)),
                                            "brake": r1(D, true) * (gamma / 2)}, inspector)["−V"])
        average[:] = [mean + (w.array - mean) * (10 / steps) for mean, w in zip(average, G.parameters())]
        if len(V) % (steps // 20) == 1:
            look()                                              # 20 times in a game
    train.descend(lambda: loss(D(draw(G, batch))), forger, steps, schedule=schedules.cosine(rate),
                  before_step=before_step, quiet=lesson.quick)
    G.load_state_dict(dict(zip(G.state_dict(), map(backend.to_host, average))))
    return np.mean([float(v) for v in V[-100:]])                # V in play at the end

# %%
# The ring: two losses
# --------------------
# G is 2-64-64-2, D 2-64-64-1.  They play from one start with each of lesson 32's two losses.  Recipe: batch
# 128, rate 0.005, γ = 0.1, 700 steps (full: 2,000, and again without R1).  A mode counts as drawn if 1 % of
# the points lie within three standard deviations of its centre; 12.5 % would be fair.  The slope of G's loss
# in the logit has the size D(G(z)) for minimax, and 1 − D(G(z)) for non-saturating: at D = ½ they are equal.
two_losses = {"minimax": losses.gan_minimax, "non-saturating": losses.gan_non_saturating}
ring_steps, looks, rows = 700 if lesson.quick else 2000, {}, []
for name, gamma in [(name, gamma) for gamma in ([0.1] if lesson.quick else [0.1, 0]) for name in two_losses]:
    lesson.rng("ring")
    G, D = networks.mlp(2, 64, 64, 2, bend=nn.Tanh), networks.mlp(2, 64, 64, 1, bend=nn.Tanh)
    looks[name, gamma] = film = []                              # of pairs: 400 points, the size of the slope
    def look():
        made = draw(G, 400)
        fooled = functions.sigmoid(D(made)).mean().item()       # the mean of D(G(z))
        film.append((made.numpy(), fooled if name == "minimax" else 1 - fooled))
    V = play(G, D, ring, ring_steps, 128, 0.005, gamma, two_losses[name], look)
    away = losses.squared_distances(draw(G, 4000).numpy().astype(float), centres)           # (4000, 8)
    drawn = 100 / 4000 * np.bincount(away.argmin(axis=1)[away.min(axis=1) < 0.3 ** 2], minlength=8)     # in %
    rows.append((name, gamma, V, (drawn > 1).sum(), drawn.min(), min(slope for _, slope in film)))

# %%
lesson.table(rows, ("loss of G", "γ", "V in play", "modes", "rarest, %", "least slope"))
for row in rows[:2]:
    lesson.claim(f"{row[0]}, γ = 0.1: % of the points in the rarest of 8 modes", row[4], above=1)
figure, axes = plot.panels(2, height=3.4)
for ax in axes:
    ax.scatter(*centres.T, s=250, color="#dddddd")
    ax.scatter([], [], s=3, color=plot.COLOURS[3], linewidth=0)
    ax.set(xlim=(-3, 3), ylim=(-3, 3), xlabel="x₁", ylabel="x₂", box_aspect=1, title="minimax")
def frame(i):
    for ax, name in zip(axes, two_losses):
        points, slope = looks[name, 0.1][i]
        ax.collections[1].set_offsets(points)
        ax.set_title(f"{name}, step {i * ring_steps // 20}: slope {slope:.2f}")
lesson.film(figure, frame, [0, 1, 2, 4, 8, 19] if lesson.quick else list(range(20)), "ring",
            "A generator learns the ring by either loss.  Look which mode (grey) comes last.", fps=3)

# %%
# The cube: three gauges
# ----------------------
# G is 6-64-64-3 and draws the surface of the cube [−1, 1]³.  Recipe: non-saturating, 8,000 steps, batch 256,
# rate 0.003, γ = 0.1 (quick: 1,000, 96, 0.007).  The gauges: V of a fresh inspector (1,000 steps, quick 200);
# the mean distance from the surface, | max |xᵢ| − 1 |; and MMD² (lesson 26).  Let k(x, y) be
# exp(−‖x − y‖²/r), r the median of ‖x − y‖².  MMD² is the mean of k for two real points, plus that for two
# made ones, minus twice that for one of each.  If q = p it is 0 but for chance.  How far chance goes, we see
# from real and made points mixed and parted at random.  Guess first: which gauges see a cube 2 % too small?
def surface(n):
    return cube(n, "surface", backend.rng())
steps, batch, rate, n, shuffles = (1000, 96, 0.007, 2000, 3) if lesson.quick else (8000, 256, 0.003, 4000, 20)
lesson.rng("cube")
cube_G, cube_D = networks.mlp(6, 64, 64, 3), networks.mlp(3, 64, 64, 1)
play(cube_G, cube_D, surface, steps, batch, rate, 0.1)
forgers = {"GAN": lambda n: draw(cube_G, n).array, "2 % too small": lambda n: surface(n) * np.float32(0.98),
           "Gaussian": lambda n: backend.normal((n, 3), (5 / 9) ** 0.5), "real again": surface}
r = losses.median_bandwidth(surface(1000), surface(1000))
lesson.picture(plot.slices({"real": surface(8000), "made": draw(cube_G, 8000).numpy()}), "cube",
               "A slice of the surface, real and made.  Look at the corners, and for strays inside.")

# %%
rows = []
for name, forge in forgers.items():
    cloud = backend.to_host(forge(n))
    cube_V = earned(fresh_inspector(surface, forge), surface, forge)
    rows.append((name, losses.mmd(cloud, surface(n), r), abs(abs(cloud).max(axis=1) - 1).mean(), cube_V))
lesson.table(rows, ("forger", "MMD²", "distance", "V of a fresh D"))
both = np.concatenate([surface(n), draw(cube_G, n).numpy()])
chance = [losses.mmd(*np.split(backend.rng().permutation(both), 2), r) for _ in range(shuffles)]
deviations = abs(rows[0][1] - np.mean(chance)) / np.std(chance)
lesson.claim("cube: |MMD²|", abs(rows[0][1]), below=0.001, full=True)
lesson.claim("cube: MMD² from chance's mean, in its standard deviations", deviations, below=5, full=True)
lesson.claim("cube: mean distance from the surface", rows[0][2], below=0.03, full=True)
lesson.claim("cube: V of a fresh inspector", rows[0][3], near=-np.log(4), within=0.02, full=True)

# %%
# Digits: counting
# ----------------
# G is 64-256-512-784 with a sigmoid, D 784-256-128-1.  Recipe: non-saturating, 10,000 steps, batch 64, rate
# 0.002, γ = 0.5.  How many of the ten digits does it draw?  Lesson 04's LeNet-5, trained here, reads them.
(images, labels), (new, _) = lesson.images(flat=True)
side, wide, start, digit_steps, epochs = lesson.pick(
    digits=(8, 128, 0.005, 4000, 8), mnist=(28, 512, 0.002, 10_000, 2), quick=(8, 128, 0.005, 300, 3))
def for_reader(x):                                              # (N, 1, 32, 32): framed, or enlarged
    x = x.reshape(-1, 1, side, side)
    return np.pad(x, [(0, 0), (0, 0), (2, 2), (2, 2)]) if side == 28 else x.repeat(4, 2).repeat(4, 3)
lesson.rng("reader")
reader = networks.lenet5()
train.fit(reader, lambda net, x, y: losses.cross_entropy(net(x), y), (for_reader(images), labels),
          optimizer=optim.Adam(reader.parameters()), epochs=epochs, schedule=schedules.cosine(0.003))

# %%
# The rival is a Gaussian with the mean and the 50 largest variances of the data (PCA, lesson 13).  A digit
# counts as drawn at 1 %, like a mode.  Guess first: how many digits does the Gaussian draw?
def some(x):
    return lambda n: x[backend.rng().integers(len(x), size=n)]
def gaussian(n):
    dice = backend.rng().normal(size=(n, 50)) * variances[:50] ** 0.5
    return (mean_image + dice @ pca_axes.T).clip(0, 1).astype(np.float32)
mean_image, pca_axes, variances = judge.pca(images, 50)
lesson.rng("digits")
digit_G = nn.Sequential(*networks.mlp(64, wide // 2, wide, side ** 2).layers, nn.Sigmoid())
digit_D = networks.mlp(side ** 2, wide // 2, 128, 1, bend=lambda: nn.LeakyReLU(0.2))
play(digit_G, digit_D, some(images), digit_steps, 64, start, 0.5)
artists = {"GAN": lambda n: draw(digit_G, n).array, "Gaussian": gaussian, "real again": some(images)}
album = {name: backend.to_host(forge(10)).reshape(10, side, side) for name, forge in artists.items()}
lesson.picture(plot.image_rows(album), "digits", "Ten images of each.  Look which ones you can read.")

# %%
rows = []
for name, forge in artists.items():
    belief = functions.softmax(reader.predict(for_reader(backend.to_host(forge(5000)))))    # (5000, 10)
    shares = 100 / 5000 * np.bincount(belief.argmax(axis=1), minlength=10)                  # in %
    digit_V = earned(fresh_inspector(some(images), forge), some(new), forge, 5000)     # on new images
    rows.append((name, (shares > 1).sum(), shares.min(), 100 * (belief.max(axis=1) > 0.9).mean(), digit_V))
lesson.table(rows, ("forger", "digits drawn", "rarest, %", "read with 90 % surety, %", "V of a fresh D"))
lesson.claim("the GAN's rarest digit of ten, %", rows[0][2], above=2, full=True, data="mnist")
lesson.claim("read with surety: GAN over Gaussian", rows[0][3] / rows[1][3], above=2, full=True, data="mnist")

# %%
# What the documents say, and what is right
# -----------------------------------------
# “This is a key feature of generative models like VAEs and GANs.” (001, Advantages of Stochastic Encoders and
# Decoders, 2.)  "This" is to sample from the *learned* latent distribution.  In a GAN z has a fixed one,
# N(0, I), as 003 says, too.  What is learned is G, no stochastic decoder (lesson 28): one z makes one x.
#
# Try it yourself
# ---------------
# 1. Easy.  Give the cube's G one random number, not six.  Which gauges notice?
# 2. Easy.  A forger draws two of the ring's eight modes.  What is V* now?  Let a fresh inspector confirm it.
# 3. Hard.  From which γ on do the two numbers go to rest without circling?  (Take a step's eigenvalues.)
#
# Remember
# --------
# - The best D against a forger that loses half of the data earns −0.955, not −1.386.
# - R1 keeps D flat at real points.  In the game of two numbers that stops the circling.
# - A count of modes does not say that the drawings are good.  Use several gauges, and a fresh inspector.
#
# Sources
# -------
# I. Goodfellow et al. (2014), Generative adversarial nets.  L. Mescheder et al. (2018), Which training
# methods for GANs do actually converge?: R1, the two numbers.  Y. Yazıcı et al. (2019): averaged weights.
lesson.end()
