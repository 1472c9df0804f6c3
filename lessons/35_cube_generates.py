"""
The cube II: three models that generate
=======================================

Take the encoder away: random numbers z go into the decoder, and points of a cube should come out.  The cube
report (002) gets a dot from two of its three models, and a round blob from the third.  Is that the fault of
the models, of the weights in their losses, or of the gauge, the number that judges a cloud?

Needs: lessons 25, 26, 28, 30 and 34.
From: the cube report (002), models f₃, f₄ and f₅, tables 3 to 5; lessons/DOCUMENTS.md says what it is.
New words: aggregate code, face occupancy, sliced Wasserstein distance, hole.
Time: quick 12 s, full 5 min on two cores.
"""
import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, init, losses, nn, no_grad, ops, optim, plot, schedules, train
from minidl.data import cube

lesson = begin("35_cube_generates")

# %%
# By hand: a penalty that lets everything through
# -----------------------------------------------
# Let x ~ N(0, 1), and z = a x + s ε with noise ε ~ N(0, 1), where a² + s² = 1.  The *aggregate code* q(z) is
# the mixture of q(z|x) over all x.  Here it is N(0, 1), like the prior p(z), for every s.  So the true MMD²
# between the two (lesson 26) is 0.  The best guess of x is a z; its error is s².  KL to the prior (lesson
# 28) has the mean ½ (a² + s² − 1 − log s²) = log 1/s nats.  All of it tells of x (lesson 30: q(z) = p(z)):
#
#     s          1      0.5     0.1      0.01
#     error      1      0.25    0.01     0.0001      error + λ MMD² is least at s = 0, for every λ
#     KL         0      0.69    2.30     4.61        error + β KL has the slope 2s − β/s: least at s² = β/2
#
# Guess first: what becomes of the noise in a network whose only penalty is MMD²?
a = (1 - 0.01 ** 2) ** 0.5                                      # KL for x = ±1, whose x² has the mean 1, too:
hand_kl = losses.gaussian_kl(np.array([[a], [-a]]), np.full((2, 1), 2 * np.log(0.01)))
lesson.check("KL at s = 0.01 is log 100", abs(hand_kl - np.log(100)) < 1e-12, hand_kl)

# %%
# The models
# ----------
# They have one loss: MSE + β KL + λ MMD² from q(z) to N(0, I).  The MSE is a mean over coordinates; z has L
# numbers.  f₃ has λ = 0, and in 002 β = 1.  f₅ has both penalties; 002 raises β to 10 and λ to 1 while it
# learns; we hold them there from the first step.  f₄ has L = 8, no β, and here λ = 1.  Its noise can be read
# in two ways: "same as VAE" is a learned σ, "SNR 15" noise of 15 dB, as in lesson 34.  We train both, and L =
# 3, as many as a point has.  Our own β, 0.005, is less than 1/40 of lesson 30's threshold 2v/3.  v is the
# variance of a coordinate: 5/9 on the surface, 1/3 in the full cube, here called volume.
KINDS = {"f₃, β 1": (6, 1, 0, 0), "f₅, β 10, λ 1": (6, 10, 1, 0),           # L, β, λ, noise of 15 dB?
         "f₃, β 0.005": (6, 0.005, 0, 0), "f₃ again": (6, 0.005, 0, 0),           # again: another start
         "f₅, β 0.005, λ 0.1": (6, 0.005, 0.1, 0), "f₅ again": (6, 0.005, 0.1, 0),
         "f₄, L 8": (8, 0, 1, 1), "f₄, L 3": (3, 0, 1, 1), "f₄, learned σ": (8, 0, 1, 0)}
VARIANCE = {"surface": 5 / 9} if lesson.quick else {"surface": 5 / 9, "volume": 1 / 3}
cases = [(place, kind) for place in VARIANCE for kind in KINDS]             # G of them
size, beta, weight, wired = np.float32([KINDS[kind] for _, kind in cases]).T                # (G,) each
width = np.select([size == 3, size == 6], [4.732, 10.696], 14.688).astype(np.float32)       # see to_prior
used = np.float32(np.arange(8) < size[:, None])[:, None]        # (G, 1, 8): z has 8 places, and uses L
size_, width_, wired_, used_ = map(backend.to_device, (size, width, wired[:, None, None], used))

# %%
# Lesson 30's networks side by side: one dense layer of each of G networks.  They share no weight.
class Stack(nn.Module):                                         # x (G, N, inputs) → (G, N, outputs)
    def __init__(self, inputs, outputs):
        self.w = Tensor(init.he((len(cases), inputs, outputs), inputs, outputs))
        self.b = Tensor(backend.normal((len(cases), 1, outputs), 0.01))
    def forward(self, x):
        return x @ self.w + self.b
def stacked(*sizes):
    layers = [layer for pair in zip(sizes, sizes[1:]) for layer in (Stack(*pair), nn.ReLU())]
    return nn.Sequential(*layers[:-1])                          # no ReLU at the end
def draw(n):                                                    # (G, n, 3): one cloud for all on one place
    points = {place: cube(n, place) for place in VARIANCE}
    return backend.to_device(np.stack([points[place] for place, _ in cases]))

# %%
# The true mean likeness (lesson 26) of a point z and all a ~ N(0, I) is (1 + 2/r)^(−L/2) e^(−‖z‖²/(r + 2)),
# that of two a (1 + 4/r)^(−L/2).  The bandwidth r, here `width`, is the median squared distance of two a.
def to_prior(z):                                                # z (G, N, 8) → unbiased MMD² to N(0, I), (G,)
    n, length = z.shape[1], (z * z).sum(axis=2)                 # (G, N)
    apart = length[:, :, None] + length[:, None] - 2 * (z @ ops.swapaxes(z, 1, 2))
    within = (ops.exp(-apart / width_[:, None, None]).sum(axis=(1, 2)) - n) * (1 / (n * (n - 1)))
    between = ops.exp(-length / (width_[:, None] + 2)).mean(axis=1) * (1 + 2 / width_) ** (-size_ / 2)
    return within - 2 * between + (1 + 4 / width_) ** (-size_ / 2)
def codes(encoder, x):                                          # x (G, N, 3) → z (G, N, 8), KL in nats (G, N)
    both = encoder(x)
    mean, log_var = both[..., :8], both[..., 8:]
    wire = ops.sqrt(ops.var(mean, axis=1, keepdims=True) / 10 ** 1.5 + 1e-12)           # σ at 15 dB
    std = wired_ * wire + (1 - wired_) * ops.exp(0.5 * log_var)
    kl = ((0.5 * (mean ** 2 + std ** 2 - 1) - ops.log(std)) * used_).sum(axis=2)
    return (mean + std * backend.normal(mean.shape)) * used_, kl

# %%
# Encoders are 3-H-H-16, decoders 8-H-H-3.  Each step draws new points.  A film shows `frozen` z, decoded.
hidden, batch, steps, rate = (32, 128, 1500, 0.01) if lesson.quick else (64, 256, 6000, 0.005)
lesson.rng("networks")
encoder, decoder = stacked(3, hidden, hidden, 16), stacked(8, hidden, hidden, 3)
frozen, film, way = backend.normal((len(cases), 6000, 8)) * used_, [], []       # way: KL by step
beta_, weight_ = map(backend.to_device, (beta, weight))
def loss():
    points = draw(batch)
    z, kl = codes(encoder, points)
    way.append(kl.mean(axis=1).array)                           # (G,)
    total = ((decoder(z) - points) ** 2).mean(axis=(1, 2)) + beta_ * kl.mean(axis=1) + weight_ * to_prior(z)
    return total.sum()
def film_it(done):
    if len(film) <= 11 * done + 1e-6:                           # twelve times
        with no_grad():
            film.append(decoder(frozen).array)

# %%
adam = optim.Adam(encoder.parameters() + decoder.parameters())
train.descend(loss, adam, steps, schedule=schedules.cosine(rate), before_step=film_it, quiet=lesson.quick)
film_it(1)
x = draw(10_000)
with no_grad():
    z, kl = codes(encoder, x)
    error, code_mmd = ((decoder(z) - x) ** 2).mean(axis=(1, 2)), to_prior(z[:, :2000])
    drawn = decoder(backend.normal(z.shape) * used_)
z, kl, error, code_mmd, drawn = (term.numpy() for term in (z, kl.mean(axis=1), error, code_mmd, drawn))

# %%
groups, names = (0, 2, 6, 1, 4, 7), list(KINDS)
figure, axes = plot.panels(3, rows=2, height=4.8)
for ax, group in zip(axes, groups):
    ax.scatter([], [], s=3, color=plot.COLOURS[0], linewidth=0)
    ax.set(title=names[group], xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), xlabel="x₁", ylabel="x₂", box_aspect=1)
def frame(i):
    figure.suptitle(f"step {i * steps // 11:,}", fontsize=10)
    for ax, group in zip(axes, groups):
        cloud = backend.to_host(film[i][group])
        ax.collections[0].set_offsets(cloud[abs(cloud[:, 2]) < 0.1, :2])
lesson.film(figure, frame, [0, 2, 5, 11] if lesson.quick else list(range(12)), "learning",
            "Slices |x₃| < 0.1 of what is drawn while they learn.  Which becomes a hollow square?", fps=2)

# %%
# A gauge without a floor
# -----------------------
# 002 judges by a "generative KL", and does not say how.  A common way counts points in boxes, and takes 10⁻¹⁰
# for the share of an empty one.  Its *floor* is what it gives a perfect generator: 1,000 points of the full
# cube against 1,000 others, in 10³ boxes.  A point's box is empty of the others with probability 0.999^1000 =
# 0.37.  That costs log (0.001/10⁻¹⁰) = 16 nats: 6 in all.  Guess first: how much is it in 5³ and 20³ boxes?
# And how much does the KL of one dot (last column) change from 5³ to 20³?
def histogram_kl(a, b, side):                                   # KL in nats from points a (n, 3) to points b
    p, q = (np.histogramdd(c, [np.linspace(-1, 1, side + 1)] * 3)[0].ravel() / len(c) for c in (a, b))
    return (p[p > 0] * np.log(p[p > 0] / np.maximum(q[p > 0], 1e-10))).sum()
box_rng, rows = lesson.rng("boxes"), []                     # a dot is 0.03 of the cube's size
for side in (5, 10, 20):
    trios = [[cube(1000, rng=box_rng) * np.float32(scale) for scale in (1, 1, 0.03)] for _ in range(30)]
    nats = [[histogram_kl(*pair, side) for pair in ((a, b), (a, dot), (dot, a))] for a, b, dot in trios]
    rows.append((f"{side}³", *np.mean(nats, axis=0)))
lesson.table(rows, ["boxes", "KL(cube ‖ cube)", "KL(cube ‖ dot)", "KL(dot ‖ cube)"])
lesson.claim("a perfect generator, 10³ boxes, over 002's 2.983", rows[1][1] / 2.983, above=1)
lesson.claim("one dot, 20³ boxes / 5³; 002's 7.050 / 4.517 is", rows[2][3] / rows[0][3], above=7.05 / 4.517)

# %%
# Gauges with a floor
# -------------------
# MMD², its r the median over the drawn cloud and the cube, with lesson 26's permutation test (p ≥ 0.01).  The
# *sliced Wasserstein distance*: sort both clouds along 50 random directions, and take the root of the mean
# squared gap.  The distance from the surface, | max |xᵢ| − 1 |.  *Face occupancy*: the ray from 0 through a
# point meets one of 6 · 16 cells on the faces, with equal chance for a perfect cloud.  We take KL from the
# counted shares to 1/96, never 0.  For n perfect points 2n KL is nearly χ² with mean 95 (Wilks 1938).
def face_kl(cloud):
    top, axis, index = abs(cloud).max(axis=1), abs(cloud).argmax(axis=1), np.arange(len(cloud))
    on_face = [np.minimum(2 * (cloud[index, (axis + i) % 3] / top + 1), 3).astype(int) for i in (1, 2)]
    cell = 16 * (2 * axis + (cloud[index, axis] > 0)) + 4 * on_face[0] + on_face[1]
    shares = np.bincount(cell, minlength=96) / len(cloud)
    return (shares * np.log(np.maximum(96 * shares, 1e-300))).sum()
face_rng = lesson.rng("faces")
chi = [20_000 * face_kl(cube(10_000, "surface", face_rng)) for _ in range(50)]
lesson.claim("perfect surface: 2n KL, standard errors off 95", abs(judge.standard_errors(chi, 95)), below=5)

# %%
def judged(cloud, place, rng, n=1000 if lesson.quick else 3000):       # a cloud (10,000, 3)
    real, ways = cube(10_000, place, rng), rng.normal(size=(3, 50))
    both, true = np.concatenate([cloud[:n], real[:n]]), np.repeat(np.float32([1, -1]), n)
    alike = np.exp(-losses.squared_distances(both, both) / losses.median_bandwidth(cloud[:500], real[:500]))
    np.fill_diagonal(alike, 0)                                  # no point with itself
    signs = np.vstack([true, rng.permuted(np.tile(true, (99, 1)), axis=1)])        # (100, 2n)
    gap, total = ((signs @ alike) * signs).sum(axis=1, dtype=float), alike.sum(dtype=float)
    dealt = (total + gap) / (2 * n * (n - 1)) - (total - gap) / (2 * n * n)                 # (100,)
    a, b = (np.sort(points @ (ways / np.linalg.norm(ways, axis=0)), axis=0) for points in (cloud, real))
    return (dealt[0], (dealt >= dealt[0]).mean(), ((a - b) ** 2).mean() ** 0.5,
            abs(abs(cloud).max(axis=1) - 1).mean(), face_kl(cloud))

# %%
judge_rng, clouds = lesson.rng("judges"), dict(zip(cases, drawn))
for place, v in VARIANCE.items():                               # the rival, and the floors
    clouds[place, "Gaussian"] = judge_rng.normal(0, v ** 0.5, (10_000, 3)).astype(np.float32)
    clouds[place, "the cube again"] = cube(10_000, place, judge_rng)
found = {case: judged(cloud, case[0], judge_rng) for case, cloud in clouds.items()}
known = dict(zip(cases, zip(error, kl, code_mmd)))
lesson.table([(*case, *known.get(case, [""] * 3), *found[case]) for case in clouds],
             ["", "", "error", "KL", "code MMD²", "MMD²", "p", "sliced", "distance", "faces"])

# %%
# Which models lose to the Gaussian, and do all gauges say so?  The claims are for the surface, but where they
# say "volume".  A small β cures the dot, with one penalty and with two.  f₄ draws a blob, though its codes
# have a small MMD²; with L = 3 it does better.  With MMD² alone σ shrinks and KL grows, as in the first cell.
mmd, far = ({kind: found["surface", kind][i] for kind in (*KINDS, "Gaussian")} for i in (0, 3))
dots, first, second = [list(mmd.values())[i:i + 2] for i in (0, 2, 4)]      # β 1 and 10; f₃ and f₅, β 0.005
lesson.claim("β 1 and 10 / β 0.005: MMD², least / largest", min(dots) / max(first + second), above=10)
lesson.record("β 0.005: MMD² with the second penalty / without, two networks each", sum(second) / sum(first))
lesson.claim("f₄, L 8 / Gaussian: MMD²", mmd["f₄, L 8"] / mmd["Gaussian"], above=2)
lesson.claim("f₄, L 8: MMD² of the drawn cloud / of the codes", mmd["f₄, L 8"] / code_mmd[6], above=5)
lesson.claim("f₄: MMD², L 3 / L 8", mmd["f₄, L 3"] / mmd["f₄, L 8"], below=0.1)
lesson.claim("learned σ: KL by MMD alone / by f₃", kl[8] / kl[2:4].max(), above=2)
lesson.claim("distance, f₃ again / Gaussian", far["f₃ again"] / far["Gaussian"], below=0.5, full=True)
lesson.claim("f₄, L 8, volume: error, where 002 has 0.0042", error[-3], below=0.0042, full=True)
lesson.claim("untrained: KL a point; f₅ begins at 184.9", np.median(backend.to_host(way[0][:6])), below=20)

# %%
# Holes
# -----
# Why does f₄ draw so badly, if its codes have a small MMD²?  The surface has two dimensions.  So with L = 8
# the codes are a bent sheet, a little thick by noise; N(0, I) fills eight.  A *hole* is a place that the
# decoder hardly knows: here one farther from 5,000 codes than 99 % of other codes are.
spans, outside, hole_rng = {}, {}, lesson.rng("holes")
for name, group, numbers in (("L 8", 6, 8), ("L 3", 7, 3)):
    falls = z[group, 5000:, :numbers], hole_rng.normal(size=(2000, numbers))
    away = [losses.squared_distances(fall, z[group, :5000, :numbers]).min(axis=1) ** 0.5 for fall in falls]
    spans |= {f"{name}, codes": away[0], f"{name}, N(0, I)": away[1]}
    outside[name] = (away[1] < np.quantile(away[0], 0.99)).mean()
lesson.claim("share of N(0, I) outside holes: L 8 / L 3", outside["L 8"] / outside["L 3"], below=0.1)
lesson.picture(plot.histograms(spans, xlabel="distance to the nearest of 5,000 codes"), "holes",
               "f₄: with which L does N(0, I) fall where no codes are?")

# %%
# Errata of the cube report, and its figures
# ------------------------------------------
# “The final reconstruction loss was 0.0042, the MMD loss was 0.0408, and the generative KL-divergence was
# 2.983.”  (002, Results Discussion: f₄.)  0.0042 fits noise of 15 dB in the full cube: the best linear code
# has 0.0039 (lesson 34), ours less (claim above).  A small MMD² does not make z fill N(0, I): see the holes.
# The KL means nothing without its estimator, nor do f₅'s 4.517 and 7.050.  On the surface the true KL is ∞.
# - f₃ ends at 0.3467, near a dot's 1/3 in the full cube.  On the surface no loss is below 5/9 (lesson 30).
# - f₅ goes from 184.9 to 0.4364 = 1/3 + 10 KL + 0.0309, so KL = 0.007 nats: a dot.  184.9 is no mean over
#   points (claim above); a sum over a batch can be.  Lesson 37 takes up the other figures.
#
# “This hypothesis was proven false by model f₅, in which it became clear that forcing the model to try to
# satisfy two different regularisation objectives for the same posterior-prior distribution only worsened the
# model's generative performance (as evidenced by increasing D_KL scores).”  (002, Results Discussion.)  With
# β = 10 f₅ is a dot, and so is f₃ with 1.  With β = 0.005 both draw: compare them in the table.
#
# Try it yourself
# ---------------
# 1. Easy.  Give f₃ and f₃ again β = 0.5.  Which claims fail?
# 2. Easy.  Compare 10,000 points with 10,000 in the boxes.  Is the gauge good now?
# 3. Hard.  Draw z for f₄, L 8, from a Gaussian with the mean and covariance of its codes.  Does it help?
#
# Remember
# --------
# - MMD² takes all codes as one cloud.  It bounds neither what a code tells of its point, nor the holes.
# - Too large a β makes a dot.  MMD² alone, and too many numbers in z: a blob.  Two penalties can go together.
# - Measure a gauge's floor with data against data, and its scale with a Gaussian, before you use it.
#
# Sources
# -------
# The cube report (002).  Tolstikhin et al. (2018), Wasserstein auto-encoders.  Zhao et al. (2019), InfoVAE.
# Hoffman & Johnson (2016), ELBO surgery.  Bonneel et al. (2015), for the sliced distance.  Wilks (1938).
lesson.end()
