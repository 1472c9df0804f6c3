"""
Latent space: the manifold, interpolation, concept vectors
==========================================================

A VAE turns images into codes, and any code into an image (lesson 28).  Do close codes decode to similar
images?  Does every direction among the codes have a meaning?  We look, and then we measure.

Needs: lessons 02, 17, 22 and 28.
From: the encoder notes (000), the course notes (001), the VAE slides (004); see lessons/DOCUMENTS.md.
New words: latent space, manifold, interpolation, concept vector, attribute, slant, shear, idle.
Time: quick 9 s, full 3 min on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import backend, functions, init, losses, nn, optim, plot, schedules, train

lesson = begin("29_latent_space")

# %%
# By hand: the vector from upright to slanted
# -------------------------------------------
# The *latent space* is the space of the codes z.  Two slanted digits have the codes (2, 0) and (4, 1), two
# upright ones (0, 0) and (2, −1).  The *concept vector* of slant leads from one mean to the other:
#
#     v = (3, ½) − (1, −½) = (2, 1)             so the digit at (2, −1), slanted, should be at (4, 0)
#
# If the decoder is linear, x̂ = z W (PCA, lesson 17), then (z + v) W = z W + v W: each image gets the same
# picture added, and half-way two images lie on top of each other.  So the rival adds and averages pixels.
def vector(codes, attribute):                                   # (N, L), (N,) → (L,): lowest fifth to highest
    low, high = np.quantile(attribute, [0.2, 0.8])
    return codes[attribute >= high].mean(axis=0) - codes[attribute <= low].mean(axis=0)
by_hand = vector(np.array([[2.0, 0], [4, 1], [0, 0], [2, -1]]), np.array([1, 1, 0, 0])).tolist()
lesson.check("v is (2, 1)", by_hand == [2, 1], by_hand)

# %%
# Three networks
# --------------
# "map" has a code of two numbers, to look at; "dense" a longer one, to work with.  The full run adds "conv",
# as in 004's example: convolutions halve the image twice, transposed ones double it twice (lesson 22).
size, long = lesson.pick(digits=(200, 20), mnist=(400, 50))
nets, by2 = {}, {"stride": 2, "padding": 1}
def dense(codes):                                               # images (N, 784) → logits (N, 784), m, log s²
    return networks.VAE(networks.mlp(784, size, 2 * codes, init=init.glorot),
                        networks.mlp(codes, size, 784, init=init.glorot))
def conv(codes):
    encoder = nn.Sequential(nn.Reshape(1, 28, 28), nn.Conv2d(1, 16, 4, **by2), nn.ReLU(),   # (N, 16, 14, 14)
                            nn.Conv2d(16, 32, 4, **by2), nn.ReLU(), nn.Flatten(),           # (N, 32 · 7 · 7)
                            nn.Dense(1568, 2 * codes, init=init.glorot))
    decoder = nn.Sequential(nn.Dense(codes, 1568, init=init.glorot), nn.ReLU(), nn.Reshape(32, 7, 7),
                            nn.ConvTranspose2d(32, 16, 4, **by2), nn.ReLU(),                # (N, 16, 14, 14)
                            nn.ConvTranspose2d(16, 1, 4, **by2), nn.Flatten())              # (N, 784)
    return networks.VAE(encoder, decoder)

# %%
# The loss is R + K (lesson 28).  Rates and epochs: from one to three trials on held-out training images.
(x_all, y_all), (x_last, y_last) = lesson.images(size=32)                   # the digits, too, at MNIST's size
x_all, x_last = (x[:, :, 2:-2, 2:-2].reshape(-1, 784) for x in (x_all, x_last))             # without a frame
x, y, x_test, y_test = x_all[:20_000], y_all[:20_000], x_last[:1000], y_last[:1000]         # to measure with
batch, *recipes = lesson.pick(                                  # network, code, rate, epochs
    digits=(32, (dense, 2, 0.01, 20), (dense, long, 0.01, 30), (conv, long, 0.01, 30)),
    mnist=(128, (dense, 2, 0.003, 8), (dense, long, 0.004, 12), (conv, long, 0.005, 5)))
def coins(net, images):                                         # lesson 28's loss, in nats per image
    logits, mean, log_var = net(images)
    return {"R": losses.bce_with_logits(logits, images), "K": losses.gaussian_kl(mean, log_var)}
for name, (build, codes, rate, epochs) in zip(["map", "dense"] + ["conv"] * (not lesson.quick), recipes):
    print(f"{name}: a code of {codes} …", flush=True)
    lesson.rng(name)
    nets[name] = build(codes)
    train.fit(nets[name], coins, (x_all,), optimizer=optim.Adam(nets[name].parameters()), epochs=epochs,
              batch_size=batch, schedule=schedules.cosine(rate), quiet=True)

# %%
# What a network makes of images, and what new images cost: R from one z each, drawn from q(z|x) = N(m, s²).
def encoded(net, images):                                       # (N, 784) → m and log s², (N, L) each
    return [part.numpy() for part in net.encode(backend.to_device(images.astype(np.float32)))]
def decoded(net, z):                                            # (N, L) → the means of p(x|z), (N, 784)
    return functions.sigmoid(net.decoder.predict(z.astype(np.float32)))
def terms(net, images, z, mean, log_var):                       # R, decoded from z, and K, in nats: (N,) each
    logits = net.decoder.predict(z.astype(np.float32))
    r = (np.logaddexp(0, logits) - images * logits).sum(axis=1)
    return r, 0.5 * (mean ** 2 + np.exp(log_var) - 1 - log_var).sum(axis=1)
rows, epsilon = [], lesson.rng("epsilon").normal(size=(len(x_test), long))
for name, net in nets.items():
    mean, log_var = encoded(net, x_test)
    std = np.exp(0.5 * log_var)
    r, k = terms(net, x_test, mean + std * epsilon[:, :mean.shape[1]], mean, log_var)       # one z each
    rows.append((name, net.count(), r.mean(), k.mean(), (r + k).mean()))
lesson.table(rows, ["nats per new image", "parameters", "R", "K", "R + K"])

# %%
# The manifold
# ------------
# Images fill a thin, curved part of the space of pixels, a *manifold*.  The decoder of "map" unrolls a sheet
# of it: 15 × 15 codes, in steps of equal probability under N(0, I).  Dice are codes drawn from N(0, I).  How
# far does an image move when z moves by 0.1, against the distance of the images of two dice?
plane, worker, dice = nets["map"], nets["dense"], lesson.rng("dice").normal(size=(2000, 2))
close, far = (np.linalg.norm(decoded(plane, dice) - decoded(plane, there), axis=1).mean()
              for there in (dice + [0.1, 0], dice[::-1]))       # E‖z − z′‖ = √π: linear gives 0.1/√π = 0.056
lesson.claim("images: a step of z by (0.1, 0) / to another die", close / far, below=0.2)
lesson.picture(plot.manifold(lambda z: decoded(plane, z).reshape(-1, 28, 28)), "manifold",
               "z₁ grows to the right, z₂ upwards.  Look whether shapes change a little at each step.")

# %%
# Interpolation
# -------------
# Walk straight from the mean m of one image's q(z|x) to another's: *interpolation*.  Is an image half-way?
# We measure ‖·‖² to the nearest training image.  A blurred image is near to many, so the rivals are blurred:
# the average of two copies (decoded m), the mean image.  Standard errors count images, with one training.
def nearest(images):                                            # (N, 784) → (N,)
    return losses.squared_distances(images.astype(np.float32), x).min(axis=1)
(m_test, log_s2), partner = encoded(worker, x_test), lesson.rng("pairs").permutation(len(x_test))
copies, differ = decoded(worker, m_test), y_test != y_test[partner]         # pairs of two digits
halves = {"code": decoded(worker, (m_test + m_test[partner]) / 2), "copies": (copies + copies[partner]) / 2}
off = {f"half-way, {name}": nearest(images[differ]) for name, images in halves.items()}
off |= {"copy": nearest(copies), "new image": nearest(x_test), "mean image": nearest(x.mean(axis=0)[None])}
lesson.table([(name, distances.mean()) for name, distances in off.items()], ["", "‖·‖² to the nearest"])
for rival in ("half-way, copies", "mean image"):
    lead = judge.standard_errors(off[rival] - off["half-way, code"])
    lesson.claim(f"half-way, code: nearer than {rival}, standard errors", lead, above=2)

# %%
# A concept vector, measured
# --------------------------
# 004 names a “smile vector”: that needs faces, and somebody to look.  We take an *attribute* that is computed
# from pixels.  *Slant*: how many pixels a stroke goes to the right per pixel upwards, the slope of the
# regression line through the ink.  A *shear* moves each row in proportion to its height: it slants.
up, right = 13.5 - np.arange(28).repeat(28), np.tile(np.arange(28), 28) - 13.5              # (784,) each
def height(images):                                             # above the middle of the ink: (N, 784)
    return up - (images @ up / images.sum(axis=1))[:, None]
def slant(images):                                              # (N, 784) → (N,)
    return (images * height(images) * right).sum(axis=1) / (images * height(images) ** 2).sum(axis=1)
def sheared(images, by):                                        # each row moved by · height to the right
    shifts, columns = by[:, None] * height(images)[:, ::28], np.arange(28)                  # (N, 28)
    return np.reshape([np.interp(columns - shift, columns, row, left=0, right=0)
                       for shift, row in zip(shifts.ravel(), images.reshape(-1, 28))], images.shape)
added = (slant(sheared(x_test, np.full(len(x_test), 0.2))) - slant(x_test)).mean()
lesson.check("a shear by 0.2 adds 0.2 to the slant, to 1e-3", abs(added - 0.2) < 1e-3, added)

# %%
# Now walk: z = m + t v for new images, t from −1 to 1; v comes from training images.  The rival adds a vector
# of pixels to the copy.  Guess first: in which walk is the correlation of t and the measured slant larger?
steps, walks = np.linspace(-1, 1, 9), {}                        # name: 9 × (N, 784)
for name in [*nets][:0:-1]:                                     # conv, dense: in the end v is that of dense
    (m_new, _), (m_train, _) = (encoded(nets[name], images) for images in (x_test, x))      # (N, L) each
    v = vector(m_train, slant(x))
    walks[name] = [decoded(nets[name], m_new + t * v) for t in steps]
walks["pixels"] = [(copies + t * vector(x, slant(x))).clip(0, 1) for t in steps]
slants = {name: np.stack([slant(images) for images in walks[name]]) for name in walks}      # (9, N)
gained = {name: np.median(each[-1] - each[0]) for name, each in slants.items()}             # median image
for name in ("dense", "pixels"):
    correlation = np.median([np.corrcoef(steps, column)[0, 1] for column in slants[name].T])
    lesson.claim(f"slant by {name}: 1 − correlation with t, median image", 1 - correlation, below=0.2)
aside = m_train[:len(x_test)] - m_train[-len(x_test):]          # (N, L): from one training image to another,
aside *= np.linalg.norm(v) / np.linalg.norm(aside, axis=1, keepdims=True)                   # as long as v
low, high = (slant(decoded(worker, m_test + t * aside)) for t in (-1, 1))
lesson.claim("slant gained: random directions / v", np.median(abs(high - low)) / gained["dense"], below=0.5)

# %%
# Add any picture with more ink top right and bottom left, and slant rises.  Is the image right?  It should be
# the middle one, sheared by as much.  The *share missed*, Σ‖moved − sheared‖²/Σ‖middle − sheared‖², is 0 for
# that, 1 for standing still.  On the bundled digits dense lost, 1.24 to 1.05 (seed 0): see its 4, and task 1.
share = {}
for name, images in walks.items():
    goals = [sheared(images[4], slants[name][end] - slants[name][4]) for end in (0, -1)]    # t = −1, t = 1
    missed = sum(((images[end] - goal) ** 2).sum(axis=1) for end, goal in zip((0, -1), goals))      # (N,)
    share[name] = missed / sum(((images[4] - goal) ** 2).sum(axis=1) for goal in goals).mean()
lesson.table([(name, gained[name], share[name].mean()) for name in walks], ["", "slant gained", "missed"])
lesson.claim("share missed: dense below pixels, standard errors",
             judge.standard_errors(share["pixels"] - share["dense"]), above=2, full=True, data="mnist")
zero, three, four = (int(np.flatnonzero(y_test == digit)[0]) for digit in (0, 3, 4))
album = {"0 to 3, code": decoded(worker, np.linspace(m_test[zero], m_test[three], 9)),
         "0 to 3, copies": np.linspace(copies[zero], copies[three], 9)}
album |= {f"slant, {name}": np.stack([images[four] for images in walks[name]]) for name in walks}
album["sheared"] = sheared(copies[[four] * 9], slants["dense"][:, four] - slants["dense"][4, four])
lesson.picture(plot.image_rows({name: images.reshape(9, 28, 28) for name, images in album.items()}), "walks",
               "Half-way from 0 to 3, look for two digits at once.  Then look which 4 leans as the last row.")

# %%
# Does every direction mean something?
# ------------------------------------
# K is a sum over the numbers of the code.  If a number's part is near 0, q is the prior, whatever x is.  We
# call it *idle* below 0.05 nats: twenty of those hold less than 1 nat.  Test: draw it from N(0, 1) instead.
# R rises, and K falls by its part.  Guess first: what does that cost for the one number that says most?
parts = 0.5 * (m_test ** 2 + np.exp(log_s2) - 1 - log_s2).mean(axis=0)      # (L,)
idle, most, s_test = parts < 0.05, parts == parts.max(), np.exp(0.5 * log_s2)
z_test = m_test + s_test * epsilon
R, K = terms(worker, x_test, z_test, m_test, log_s2)
def diced(on):                                                  # q = N(0, 1) where on (L,): R + K's rise (N,)
    return sum(terms(worker, x_test, np.where(on, epsilon, z_test), m_test * ~on, log_s2 * ~on)) - R - K
lesson.claim(f"idle numbers of {long}", idle.sum(), above=1)
lesson.record("N(0, 1) for the number that says most: R + K rises by", diced(most).mean(), "nats")
lesson.claim("N(0, 1) for all the idle / for that one", diced(idle).mean() / diced(most).mean(), below=0.1)
figure, (ax,) = plot.panels(1, height=2)
ax.bar(range(1, long + 1), np.sort(parts)[::-1])
ax.set(xlabel="numbers of the code, sorted", ylabel="part of K (nats)", xticks=range(5, long + 1, 5))
lesson.picture(figure, "idle", "What each number of the code says of an image.  Look how many say nothing.")

# %%
# May we turn the axes, z′ = T z?  The prior is round, and the decoder turns z′ back: images stay.  But our
# encoder has no covariances, only variances.  Box: let the posterior be Gaussian with inverse covariance Λ.
# The best such q has variances 1/Λᵢᵢ; R + K is above −log p(x) by ½ (Σ log Λᵢᵢ − log det Λ) ≥ 0 (Hadamard).
# By hand: diag(4, 1), turned by 45°, is (2.5 1.5; 1.5 2.5), and costs ½ log(2.5²/4) = log(5/4) = 0.2231 nats.
# Guess first: what does a random turn cost ours, where Λ = diag(1/s²)?
def turned(precisions, T):                                      # Λ's diagonal → that of T Λ Tᵀ, and the price
    after = precisions @ (T ** 2).T
    return after, 0.5 * (np.log(after) - np.log(precisions)).sum(axis=1)
_, pencil = turned(np.array([[4.0, 1]]), np.array([[1, 1], [-1, 1]]) / 2 ** 0.5)
lesson.check("a turn of diag(4, 1) by 45° costs log(5/4)", abs(pencil[0] - np.log(1.25)) < 1e-12, pencil[0])
T, _ = np.linalg.qr(lesson.rng("turn").normal(size=(long, long)))           # (L, L)
after, price = turned(1 / s_test ** 2, T)
z_back = (m_test @ T.T + epsilon / np.sqrt(after)) @ T          # z′ from the best q, turned back
R_turned, K_turned = terms(worker, x_test, z_back, m_test @ T.T, -np.log(after))
paid = (R_turned + K_turned - R - K).mean()
lesson.claim("the turn costs, in nats; Hadamard says", paid, near=price.mean(), within=price.mean() / 2)

# %%
# What the documents say, and what is right
# -----------------------------------------
# 1. “the latent space is continuously meaningful, and any two close points in the latent space will decode
#    to highly similar images” (004, Variational autoencoders).  Measured above; task 3 shows an exception.
# 2. “continuity, combined with the low dimensionality of the latent space, forces every direction in the
#    latent space to encode a meaningful axis of variation of the data” (004, the same).  Idle numbers mean
#    nothing.  Turned axes suit prior and decoder as well; only an encoder without covariances prefers some.
# 3. “This is crucial for applications like anomaly detection, where uncertainty about the input data is
#    important.”  (001, Advantages of Stochastic Encoders and Decoders, 3; 000 alike.)  Is s² larger for odd
#    images?  *AUROC*: the share of pairs in which the odd image has more (½ is chance).  No loss sees those,
#    and ReLU layers go on in straight lines: noise × ½, 1, 2 had log s² −1.5, −2.1, −3.3 (MNIST, seed 0).
noise, rows = lesson.rng("noise").random(x_test.shape), []
for name, odd in {"new": x_test, "noise": noise, "inverted": 1 - x_test, "blank": 0 * x_test[:1]}.items():
    m_odd, log_s2_odd = encoded(worker, odd)
    scores = [log_s2_odd.mean(axis=1), *terms(worker, odd, m_odd, m_odd, log_s2_odd)]       # log s², R, K
    usual = usual if rows else scores
    rows.append((name, *map(np.mean, scores), *((a[:, None] > b).mean() for a, b in zip(scores, usual))))
lesson.table(rows, ["images", "log s²", "R", "K", "AUROC: log s²", "R", "K"])
lesson.claim("AUROC of log s², noise or inverted", max(row[4] for row in rows[1:3]), below=0.5, data="mnist")

# %%
# Try it yourself
# ---------------
# 1. Easy.  Make v a mean of ten vectors, one a digit (by the labels).  Does dense miss less?  Do pixels?
# 2. Easy.  Walk along ink, the sum of the pixels, in place of slant.  Does it rise with t?
# 3. Hard.  Two images of D pixels, all −1 or all 1; a code of one number, q = N(±m, s²); pixels with noise of
#    variance 1.  What do z = −0.1 and 0.1 decode to, with the best m and s, for D = 1, 16, 784?
#
# Remember
# --------
# - Half-way between two codes is nearer to an image than the average of two images is.
# - A concept vector is a difference of means.  That the attribute moves does not prove the image right.
# - Idle numbers mean nothing.  Turned axes cost the encoder nats.  s² is no safe alarm for odd images.
#
# Sources
# -------
# The documents 000, 001, 004.  D. Kingma and M. Welling (2014): VAE.  T. White (2016): concept vectors.
# Y. Burda et al. (2016): idle units.  M. Rolínek et al. (2019): the axes.
lesson.end()
