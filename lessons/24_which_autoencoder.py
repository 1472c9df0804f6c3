"""
Which autoencoder is better?
============================

Plain, regularised, denoising, contractive, stochastic: two documents make eleven claims about which of these
autoencoders is better.  Which of the claims can be measured, and do they hold?

Needs: lessons 02, 17, 23 and 39.
From: the encoder notes (000) and the course notes (001), Q29; lessons/DOCUMENTS.md says what they are.
New words: verdict, denoising, whole map, manifold, tangent, variational, twin, gap.
Time: quick 10 s, full 2 min on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import Tensor, backend, functions, grad, init, losses, nn, ops, optim, plot, schedules, train

lesson = begin("24_which_autoencoder")

# %%
# Eleven claims
# -------------
# The encoder notes (000) say 1–3 of stochastic encoders, whose code is drawn by chance, and 4–6 of
# contractive ones.  The course notes (001), Q29, say 7 of regularised ones, and 8–11 of denoising ones.
#
#     1. “better generalize to unseen data”     4. “tend to generalize better on unseen data”
#     2. “generate new, plausible data points”  5. “more invariant to small changes in the input”
#     3. “model the uncertainty in the data”    6. “less likely to overfit to noisy data”
#     7. “tend to generalize better”            8. less “flexibility in enforcing other types of constraints”
#     9. less “control over the learned encoding”      10. “more specialized”      11. less “interpretable”
#
# (Whole sentences: DOCUMENTS.md.)  Each needs differences of two networks above 0, in three runs with other
# weights, noise, labels and training images (of the digits these overlap), but the same test images.  A mean
# 4.3 standard errors above 0 is a yes, as much below a no, else open (Student 1908: chance decides one line
# in twenty).  A *verdict* is what all lines of a claim say.
#
# By hand: noise is a penalty
# ---------------------------
# A *denoising* autoencoder sees x + ε, with noise ε of deviation s, and has to return x.  Let x be one number
# of variance v, and its copy a · x.  The noise is independent of x, so no mixed term is left:
#
#     E (a (x + ε) − x)² = (a − 1)² v + a² s²       least at a = v / (v + s²):  0.8 for v = 1, s = ½
#
# A penalty s² a² on the slope, and no noise, gives the same sum: denoising *is* regularising.  With D pixels
# and a linear code, x̂ = x W V, the slopes are W V: the Jacobian (lesson 23) of the *whole map* from x to x̂.
#
#     E ‖(x + ε) W V − x‖² = ‖x W V − x‖² + s² ‖W V‖²       contractive: ‖x W V − x‖² + λ ‖W‖²
#
# The contractive penalty sees the encoder alone: W/10 with 10 V escapes it, and does not escape s² ‖W V‖².
# (Layers that bend add second derivatives: Bishop 1995.)  Two layers multiply J: does the tape agree?
def by_double_backward(out, start):
    """Mean over the examples of ‖∂out/∂start‖²: a recorded gradient for each column of out (N, K)."""
    slopes = [grad(out[:, i].sum(), [start], create_graph=True)[0] for i in range(out.shape[1])]
    return sum((slope * slope).sum() for slope in slopes) * (1 / len(start.array))
layer_rng = lesson.rng("layers")
start, w, v = (Tensor(layer_rng.normal(size=shape)) for shape in ((7, 6), (6, 4), (4, 6)))
code = functions.sigmoid(start @ w)
copy = functions.sigmoid(code @ v)
by_hand = losses.jacobian_penalty([code * (1 - code), copy * (1 - copy)], [w, v])
pairs = zip(*([way.array, *grad(way, [w, v])] for way in (by_hand, by_double_backward(copy, start))))
lesson.check("2 layers, ‖J‖² and its slopes: by hand = tape", all(abs(a - b).max() < 1e-10 for a, b in pairs))

# %%
# What noise teaches: an arc
# --------------------------
# Images fill a small part of the space of pixels, like a curved surface: a *manifold*.  A step along its
# *tangent* leads to another image, a step across it to none.  Our manifold is 270° of a circle, and points
# have deviation 0.05 across it.  With v = 0.05² and s = 0.2 a copy should keep v/(v + s²) = 1/17 of a step
# across, and nearly all of one along.  Penalties are s² ‖J‖², of the whole map or of the encoder.
def arc(angles, radii):
    return (radii * np.stack([np.sin(angles), np.cos(angles)])).T.astype(np.float32)    # (N, 2)
def arc_net(kind, depth, s=0.2):                                # depth: of how many layers ‖J‖² has a price
    draw = lesson.rng("arc")                                    # the same start for all four
    first, second, third = (nn.Dense(*sizes, init=init.glorot) for sizes in ((2, 32), (32, 32), (32, 2)))
    def loss():
        angles, radii = draw.uniform(-0.75, 0.75, 128) * np.pi, 1 + 0.05 * draw.normal(size=128)
        x = Tensor(backend.to_device(arc(angles, radii)))
        h = functions.tanh(first(x + backend.normal(x.shape, s) if kind == "denoising" else x))
        h2 = functions.tanh(second(h))
        chain = [(1 - h * h, first.w), (1 - h2 * h2, second.w), (x * 0 + 1, third.w)][:depth]     # φ′, W
        return losses.squared_error(third(h2), x) + s * s * (depth and losses.jacobian_penalty(*zip(*chain)))
    net, steps = nn.Sequential(first, nn.Tanh(), second, nn.Tanh(), third), 800 if lesson.quick else 2000
    train.descend(loss, optim.Adam(net.parameters(), 0.02), steps, schedule=schedules.cosine(0.02))
    return net

# %%
# J stretches steps most, by s₁, one way, and least, by s₂, across it.  |cos| is 1 if the first is the
# tangent, and 2/π at random.  Plain may have 1, too.  Guess first: which whole maps have s₂ near 1/17?
def stretches(part, points):                                    # s₁, s₂ (N, 2); their directions (N, 2, 2)
    slopes = [part.predict(points + step) - part.predict(points - step) for step in 0.01 * np.eye(2)]
    return np.linalg.svd(np.stack(slopes, axis=2) / 0.02, full_matrices=False)[1:]
turns, seen, rows = np.linspace(-0.7, 0.7, 201) * np.pi, {}, []
for kind, depth in ("plain", 0), ("denoising", 0), ("penalty: map", 3), ("penalty: encoder", 1):
    whole = arc_net(kind, depth)
    for name, part in ("encoder", whole[:2]), ("whole map", whole):
        seen[kind] = gains, ways = stretches(part, arc(turns, 1))
        cosine = abs((ways[:, 0] * arc(turns + np.pi / 2, 1)).sum(axis=1)).mean()
        rows.append((kind, name, cosine, *gains.mean(axis=0)))
lesson.table(rows, ["", "J of the", "|cos|", "s₁", "s₂"])

# %%
for kind, _, cosine, _, least in rows[3], rows[5]:              # whole maps: denoising, and its penalty
    lesson.claim(f"{kind}: 1 − |cos| of the whole map", 1 - cosine, below=0.05)
    lesson.claim(f"{kind}: s₂ against 1/17, in doublings", abs(np.log2(17 * least)), below=1)
lesson.claim("penalty on the encoder: s₂ of the whole map", rows[7][4], above=0.5)
figure, axes = plot.panels(4, height=1.8, sharex=True, sharey=True)
for ax, (kind, (gains, ways)) in zip(axes, seen.items()):
    for k in (0, 1):
        ends = np.multiply.outer([-0.3, 0.3], gains[4::16, k, None] * ways[4::16, k]) + arc(turns[4::16], 1)
        ax.plot(ends[..., 0], ends[..., 1], color=plot.COLOURS[k])
    ax.set(title=kind, aspect="equal", xlabel="x₁", ylabel="x₂" * (ax is axes[0]))
lesson.picture(figure, "arc", "Steps on the arc: blue in the direction that moves the copy most, red least.  "
               "A line is as long as the copy moves.  Where red is short, steps across the arc are undone.")

# %%
# Seven networks
# --------------
# Now images.  Five share lesson 23's network, h = σ(x W + b), x̂ = σ(h Wᵀ + b′), and the cross-entropy of the
# pixels: plain; sparse, with a penalty that pulls each unit's mean to 0.05; contractive; denoising; "both",
# denoising and half of sparse's penalty.  (Weight decay, dropout, early stopping: lessons 10, 08, 07, 20.)
# Trial runs chose strengths for which copies of held-out training images, no test images, cost about twice
# plain's error.  We tried 1.5 first and saw ‖J‖² there, so its claim is not blind.  It held at 1.5, too.
#
# Box: a *variational* autoencoder (VAE, lesson 28) encodes x as a mean μ and a variance σ² for each code
# number, and decodes μ + σ ε.  Its loss is the cross-entropy R, plus K = Σ ½ (μ² + σ² − 1 − log σ²).  It has
# a layer more on each side.  So it gets a *twin*: the same layers with code μ, no chance, no K.  MMD² (lesson
# 26; here times 1000) is how far two sets of images are apart: about 0 if both have one source.
(x_all, y_all), (x_test, y_test) = lesson.images(flat=True)                             # (N, pixels)
few, units, latents, epochs, batch, rate, sparse, contract, noise = lesson.pick(
    digits=(1000, 64, 8, 20, 32, 7e-3, 0.7, 0.42, 0.56), mnist=(10_000, 256, 20, 10, 100, 3e-3, 2.3, 3, 1.2))
PENALTIES = {"sparse": lambda net, h, _: sparse * losses.sparsity_kl(h, 0.05),          # a unit's mean: 0.05
             "both": lambda net, h, _: sparse / 2 * losses.sparsity_kl(h, 0.05),
             "contractive": lambda net, h, _: contract * losses.jacobian_penalty([h - h * h], [net.w]),
             "VAE": lambda net, mean, log_var: losses.gaussian_kl(mean, log_var)}
KINDS = ("plain", "sparse", "contractive", "denoising", "both", "twin", "VAE")

# %%
class Tied(nn.Module):                                          # encode and decoder, as networks.VAE has them
    def __init__(self, pixels):
        self.w = Tensor(init.glorot((pixels, units), pixels, units))
        self.b, self.b2 = (Tensor(np.zeros(n, np.float32)) for n in (units, pixels))
    def encode(self, x):
        return functions.sigmoid(ops.affine(x, self.w, self.b)), None                   # there is no log σ²
    def decoder(self, h):
        return ops.affine(h, self.w.T, self.b2)                 # logits
def loss_of(kind, net, x):
    h, log_var = net.encode(x + backend.normal(x.shape, noise) if kind in ("denoising", "both") else x)
    z = h + ops.exp(0.5 * log_var) * backend.normal(h.shape) if kind == "VAE" else h
    return losses.bce_with_logits(net.decoder(z), x) + PENALTIES.get(kind, lambda *_: 0)(net, h, log_var)

# %%
def trained(kind, images, run):
    print(f"run {run + 1} of 3: {kind} …", flush=True)
    lesson.rng(f"training {run}")
    pixels, net = images.shape[1], Tied(images.shape[1])
    if kind in ("twin", "VAE"):
        net = networks.VAE(networks.mlp(pixels, units, 2 * latents, init=init.glorot),
                           networks.mlp(latents, units, pixels, init=init.glorot))
    train.fit(net, lambda net, x: loss_of(kind, net, x), (images,), epochs=epochs, batch_size=batch,
              optimizer=optim.Adam(net.parameters(), rate), schedule=schedules.cosine(rate), quiet=True)
    return net
def encoded(net, x, which=0):                                   # arrays; which: 0 the code, 1 log σ²
    return net.encode(backend.to_device(x.astype(np.float32)))[which].numpy()
def decoded(net, h):
    return functions.sigmoid(net.decoder(backend.to_device(h.astype(np.float32))).numpy())

# %%
# New images: the *error* ‖x − x̂‖²; the *gap*, how much it is above the training images', in percent;
# denoised, the error if x̂ is made from x + ε, with denoising's noise; MMD² of test images and decoded draws
# from a Gaussian like the codes.  The code: ‖J‖²; lesson 23's noise share (how far noise of 0.3 moves it,
# against the distance of two images); units off (h < 0.1) and digits read from 100 labels, in percent.
strange = {"digits": x_test, "noise": lesson.rng("strange").random(x_test.shape), "negatives": 1 - x_test,
           "double": (x_test + np.roll(x_test, 1, axis=0)) / 2}
def error(net, x, goal):
    return ((decoded(net, encoded(net, x)) - goal) ** 2).sum(axis=1).mean()
def mmd(made):
    return 1000 * float(losses.mmd(made.clip(0, 1).astype("f4"), x_test[:1000], 2 * x_test.var(axis=0).sum()))
def measure(net, images, labels, shake):
    h, codes, copies = encoded(net, x_test), encoded(net, images), error(net, x_test, x_test)
    small, large = (((encoded(net, x_test + s * shake) - h) ** 2).sum(axis=1).mean() for s in (0.01, 0.3))
    draws = backend.rng().multivariate_normal(codes.mean(axis=0), np.cov(codes.T), 1000)
    return {"error": copies, "gap": 100 * (copies / error(net, images, images) - 1),
            "denoised": error(net, x_test + noise * shake, x_test), "MMD²": mmd(decoded(net, draws)),
            "‖J‖²": small / 1e-4, "share": large / (2 * h.var(axis=0).sum()),
            "off": 100 * (h < 0.1).mean() if h.min() >= 0 else np.nan,
            "read": 100 * (judge.softmax_regression(codes[:100], labels, h) == y_test).mean()}

# %%
# Rivals: Gaussian pixels; PCA, as many axes as the VAE has codes.  Its share is 0.3² axes/(2 variance).
found = {}                                                      # (kind, name): three numbers, one a run
for run in range(3):
    draw, numbers = lesson.rng(f"run {run}"), {}
    order, shake = draw.permutation(len(x_all)), draw.normal(size=x_test.shape)
    images = x_all[order[:few]]
    for kind in KINDS:
        net = trained(kind, images, run)
        numbers |= {(kind, name): x for name, x in measure(net, images, y_all[order[:100]], shake).items()}
    numbers |= {(name, "log σ²"): encoded(net, x, 1).mean() for name, x in strange.items()}     # the VAE's
    numbers["N(0, I)", "MMD²"] = mmd(decoded(net, draw.normal(size=(1000, latents))))           # its draws
    numbers["pixels", "MMD²"] = mmd(draw.multivariate_normal(images.mean(axis=0), np.cov(images.T), 1000))
    numbers["PCA", "share"] = 0.3 ** 2 * latents / (2 * judge.pca(images, latents)[2][:latents].sum())
    found = {key: [*found.get(key, []), float(x)] for key, x in numbers.items()}

# %%
def shown(three):                                               # mean ± standard error of three runs
    return f"{np.mean(three):.3g} ± {np.std(three, ddof=1) / 3 ** 0.5:.1g}".replace("nan ± nan", "–")
def lead(name, kind, rival):
    return np.subtract(found[kind, name], found[rival, name])
names, rows = [name for kind, name in found if kind == "twin"], []
for half in names[:4], names[4:]:
    lesson.table([(kind, *(shown(found[kind, name]) for name in half)) for kind in KINDS], ["", *half])
for name, best in ("‖J‖²", "contractive"), ("denoised", "denoising"):
    leads = np.array([lead(name, kind, best) for kind in KINDS[:4] if kind != best])   # (rivals, runs)
    pooled = np.sqrt(leads.var(axis=1, ddof=1).mean() / 3)      # one standard error from all nine: limit 2.45
    least = leads.mean(axis=1).min() / pooled
    lesson.claim(f"{name}: {best} has the least of rows 1 to 4: standard errors", least, above=2.45)

# %%
# What the documents say, and what is right
# -----------------------------------------
# “Denoising autoencoders, by design, aim to remove noise, but they do not have the same flexibility in
# enforcing other types of constraints on the learned representation.” (001, Q29, 2.)  Noise is a penalty
# itself (the arc), and "both" carries another: 8 needs fewer units off in it.  For 1, 4, 7 (“tend to”) no
# theorem is known.  We read 3 as a larger σ² where an image is strange, 6 as better copies of noisy images
# (task 3 trains on them), 9 as a larger noise share, 11 as fewer units off.
for claim, name, one, other in (
        (1, "gap", "twin", "VAE"), (1, "error", "twin", "VAE"), (1, "read", "VAE", "twin"),
        (2, "MMD²", "twin", "N(0, I)"), (2, "MMD²", "pixels", "N(0, I)"), (3, "log σ²", "noise", "digits"),
        (3, "log σ²", "negatives", "digits"), (3, "log σ²", "double", "digits"), (8, "off", "sparse", "both"),
        (4, "gap", "plain", "contractive"), (4, "read", "contractive", "plain"),
        (5, "share", "plain", "contractive"), (5, "share", "PCA", "contractive"),
        (6, "denoised", "plain", "contractive"), (7, "gap", "denoising", "contractive"),
        (7, "gap", "denoising", "sparse"), (9, "share", "denoising", "contractive"),
        (10, "read", "contractive", "denoising"), (11, "off", "sparse", "denoising")):
    off = judge.standard_errors(lead(name, one, other))
    verdict = "yes" if off > 4.3 else "no" if off < -4.3 else "open"
    rows.append((claim, f"{name}: {one} above {other}", shown(lead(name, one, other)), verdict))
lesson.table(sorted(rows), ["claim", "it needs", "difference", "says"])
print("verdicts:", *(f"{i} {'/'.join(sorted({r[3] for r in rows if r[0] == i}))};" for i in range(1, 12)))

# %%
# Try it yourself
# ---------------
# 1. Easy.  Let the points of the arc have deviation 0.2 across it.  How much of a step across should be kept?
# 2. Easy.  Give "both" the whole strength of sparse.  Does verdict 8 change?  What does it cost?
# 3. Hard.  Train plain and contractive on noisy images (claim 6).  Whose gap on new noisy images is smaller?
#
# Remember
# --------
# - Denoising is nearly a penalty on the whole map's Jacobian: a step across keeps about v/(v + s²).
# - A penalty on the encoder alone can be escaped: the whole map still keeps steps across.  Tie the weights.
# - "Better" needs a measure, a rival of the same size, and enough runs for a standard error.
#
# Sources
# -------
# The encoder notes (000); the course notes (001), Q29.  C. Bishop (1995), Training with noise is equivalent
# to Tikhonov regularization.  P. Vincent et al. (2008): denoising.  S. Rifai et al. (2011): contractive.  D.
# P. Kingma and M. Welling (2014): VAE.  A. Gretton et al. (2012): MMD.  Student (1908): small samples.
lesson.end()
