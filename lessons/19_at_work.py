"""
Autoencoders at work
====================

The course notes say what an autoencoder is good for: to find what is odd, to compress, to fill in, to draw
maps and images, to search (task 3), to remove noise (lesson 22).  Plainer tools can do it, too.  Who wins?

Needs: lessons 11 and 17.
From: the course notes (001), "Example Use Cases for Autoencoders"; lessons/DOCUMENTS.md says what they are.
New words: residual, double exposure, AUROC, prevalence, precision, entropy, imputation, MMD².
Time: quick 8 s, full 3 min on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import init, losses, nn, optim, plot, schedules, train

lesson = begin("19_at_work")

# %%
# By hand: two digits on one photograph
# -------------------------------------
# PCA or an autoencoder copies an image x, its D pixels in a row, to x̂.  What the copy misses, r = x − x̂, is
# the *residual*.  A popular rule says: an image with a large ‖r‖² is odd.  Let PCA keep the first axis of the
# plane, with the mean (0, 0).  Then ‖r‖² is the square of the second number: 1 for the points (3, 1) and
# (1, −1), but 0 for their average (2, 0).  PCA's r is linear in x − mean, so the average of two images has
# the residual (r₁ + r₂)/2.  The mean of r is 0.  So for two images chosen independently the mean (E) of r₁·r₂
# is 0.  The average of two digits, a *double exposure*, is no digit, but PCA copies it better than one:
#
#     E ‖(r₁ + r₂)/2‖² = (E‖r₁‖² + 2 E r₁·r₂ + E‖r₂‖²) / 4 = ½ E‖r‖²
def squared(residuals):                                         # (N, D) → (N,)
    return (residuals ** 2).sum(axis=1)
points, axis = np.array([[3.0, 1], [1, -1], [2, 0]]), np.array([[1.0], [0]])
missed = squared(points - points @ axis @ axis.T)
lesson.check("‖r‖² of the two points and of their average: 1, 1, 0", missed.tolist() == [1, 1, 0], missed)

# %%
# One autoencoder, one PCA
# ------------------------
# Both turn D pixels into a code of L numbers.  Sizes, rates and epochs were set beforehand, without tuning.
n_fit, every, L = lesson.pick(digits=(1437, 1, 8), mnist=(20000, 5, 16))     # of MNIST every fifth test image
rate, epochs, batch = lesson.pick(digits=(0.01, 200, 64), mnist=(0.005, 30, 256))
(x_all, y_all), (x_last, y_last) = lesson.images(flat=True)
x, y, x_test, y_test = x_all[:n_fit], y_all[:n_fit], x_last[::every], y_last[::every]
(N, D), M, mean = x.shape, len(x_test), x.mean(axis=0)          # x (N, D), x_test (M, D), pixels 0–1
def autoencoder(size):                                          # encoder (n, D) → (n, size), and decoder
    encoder = networks.mlp(D, 128, size, init=init.glorot)
    decoder = networks.mlp(size, 128, D, init=init.glorot)
    both, cosine = nn.Sequential(encoder, decoder), schedules.cosine(rate)
    train.fit(both, lambda net, x: losses.squared_error(net(x), x), [x - mean], schedule=cosine,
              epochs=epochs, optimizer=optim.Adam(both.parameters()), batch_size=batch, quiet=lesson.quick)
    return lambda images: encoder.predict(images - mean), lambda codes: decoder.predict(codes) + mean

# %%
# A *coder* is an encoder and its decoder.  Each job makes a line of the last table.  The *lead* in it is a
# difference in standard errors over images, above 0 if the autoencoder is better.  (Other starts: --seed 1.)
def pca(fitted, size):
    middle, kept, _ = judge.pca(fitted.astype(np.float64), size)                    # (D,), (D, size)
    return lambda images: (images - middle) @ kept, lambda codes: codes @ kept.T + middle
def copied(coder, images):
    return coder[1](coder[0](images))                           # decode(encode(images))
def compare(job, measure, ours, rival, theirs, winner=None, sign=-1):       # sign: 1 if more is better
    lead = sign * judge.standard_errors(ours - theirs)
    verdicts.append((job, measure, ours.mean(), rival, theirs.mean(), lead))
    if winner:                                                  # who, we claim, is better
        title = f"{job} ({measure}, rival {rival}): lead of {winner}, standard errors"
        lesson.claim(title, -lead if winner == rival else lead, above=2)
lesson.rng("autoencoder")
coders, verdicts = {"autoencoder": autoencoder(L), "PCA": pca(x, L)}, []

# %%
# Anomaly detection: what is no digit?
# ------------------------------------
# We make odd images: the upper half of one test image on the lower half of another, and double exposures.
# Take one odd and one normal image.  *AUROC* (area under the ROC curve) is the share of such pairs in which
# the odd one has the larger score: ½ is chance, below ½ the odd ones look more normal.  A coder's score is
# ‖r‖².  Another needs no training: ‖·‖² to the nearest image in x.  Guess first: who finds which kind?
def score(way, images):                                         # (n, D) → (n,)
    if way == "nearest image":
        return losses.squared_distances(np.float32(images), x).min(axis=1)
    return squared(images - copied(coders[way], images))
normal = {way: score(way, x_test) for way in (*coders, "nearest image")}                    # (M,) each
def beaten(way, images):                                        # (n,): the share of normal images with less
    return (score(way, images)[:, None] > normal[way]).mean(axis=1)
first, second = x_test[lesson.rng("odd images").permutation(M)].reshape(2, -1, D)           # (M/2, D) each
upper = np.arange(D) < D // 2                                   # (D,): is the pixel in the upper half?
odd = {"two halves": np.where(upper, first, second), "double exposure": (first + second) / 2}
found = {(kind, way): beaten(way, odd[kind]) for kind in odd for way in normal}
lesson.table([(kind, *(found[kind, way].mean() for way in normal)) for kind in odd], ["AUROC", *normal])

# %%
# Now the ½ of the pencil.  Then PCA learns all digits but the 1, and sees a 1.  Guess first: does it find it?
# On MNIST a 1 has half the ink, ‖x‖², of the others: little to miss.  (At 8×8 as much, and an AUROC of 0.54.)
compare(f"copy through {L} numbers", "‖r‖²", normal["autoencoder"], "PCA", normal["PCA"])
halves = {way: found["two halves", way] for way in normal}
compare("find two halves", "AUROC", halves["autoencoder"], "PCA", halves["PCA"], "autoencoder", sign=1)
compare("find two halves", "AUROC", halves["autoencoder"], "nearest image", halves["nearest image"], sign=1)
lesson.claim("double exposure: PCA's AUROC", found["double exposure", "PCA"].mean(), below=0.5)
half = (score("PCA", first) + score("PCA", second)) / 4                                     # (M/2,)
off = abs(judge.standard_errors(score("PCA", odd["double exposure"]) - half))
lesson.claim("double exposure: ‖r‖² against ½ of a digit's, standard errors off", off, below=5)
without_ones = squared(x_test - copied(pca(x[y != 1], 32), x_test))                         # (M,)
one_found = (without_ones[y_test == 1][:, None] > without_ones[y_test != 1]).mean()
lesson.claim("digit 1, PCA with 32 axes of the nine others: AUROC", one_found, below=0.5, data="mnist")

# %%
# Fraud: one record in 500
# ------------------------
# The course notes name fraud detection.  Let the share of frauds, the *prevalence*, be 0.2 %.  A record has
# 20 numbers: mixtures of 10 hidden ones, plus noise of variance 1; in a fraud, of variance 4.  All is linear,
# so PCA with 10 axes will do, fitted to all records.  Then ‖r‖² is the sum of 10 squares of noise.  Tables of
# chi-squared say: it is above 19.46 in 3.48 % of the normal records, and in 90 % of the frauds.  *Precision*
# is the share of frauds in all records above.  Guess first: how large is it?  (Bayes' formula is below.)
prevalence, n, rng = 0.002, 400_000, lesson.rng("fraud")
fraud = rng.random(n) < prevalence                                                  # (n,)
noise = rng.normal(size=(n, 20)) * (1 + fraud[:, None])                             # (n, 20)
records = rng.normal(size=(n, 10)) @ rng.normal(size=(10, 20)) + noise
sizes = squared(records - copied(pca(records, 10), records))                        # ‖r‖², (n,)
auroc = (sizes[fraud][:, None] > sizes[~fraud][:10_000]).mean()
bayes = prevalence * 0.90 / (prevalence * 0.90 + (1 - prevalence) * 0.0348)
precise = fraud[sizes > 19.46]                                                      # each alarm: a fraud?
lesson.record("fraud: AUROC, precision, Bayes' formula", (auroc, precise.mean(), bayes))
lesson.claim("fraud: standard errors off Bayes", abs(judge.standard_errors(precise, bayes)), below=5)

# %%
# Compression is counted in bits
# ------------------------------
# A code of 8 numbers of 32 bits has 256 bits.  An 8×8 image of 17 grey levels has 64 log₂ 17 = 262.  So we
# round each number to a multiple of a step.  Box: numbers that come with shares p need about −Σ p log₂ p bits
# each, their *entropy* (lesson 25).  The coder, sent once, is not counted.  The rival may use PCA with L, 2L,
# 4L or all D axes, whichever is best.  Guess first: who wins at 3 L bits, who at 8 L?
def entropy(whole):                                             # whole numbers (N, L): bits of a row
    shares = [np.bincount(column - column.min()) / N for column in whole.astype(int).T]     # L lists of p
    return -sum((p[p > 0] * np.log2(p[p > 0])).sum() for p in shares)
steps = coders["PCA"][0](x).std(axis=0).min() * np.geomspace(4, 0.015, 80)                  # coarse to fine
def squeezed(encode, decode):                                   # bits, and ‖r‖² (M,), for each step
    codes, codes_test = encode(x), encode(x_test)
    return [(entropy(np.round(codes / step)), squared(x_test - decode(np.round(codes_test / step) * step)))
            for step in steps]
def lowest(points, budget):                                     # ‖r‖² (M,) of the best step and coder
    return min((r for bits, r in points if bits <= budget), key=np.mean)

# %%
by_network = squeezed(*coders["autoencoder"])
by_pca = {f"PCA, {k} axes": squeezed(*pca(x, k)) for k in (L, 2 * L, 4 * L, D)}
for budget, winner in ((3 * L, "autoencoder"), (8 * L, "best PCA")):
    ours, theirs = lowest(by_network, budget), lowest(sum(by_pca.values(), []), budget)
    compare(f"compress to {budget} bits", "‖r‖²", ours, "best PCA", theirs, winner)
lines = {name: tuple(zip(*[(bits, r.mean()) for bits, r in points if bits < 9 * L]))
         for name, points in {"autoencoder": by_network, **by_pca}.items()}
figure = plot.curves(lines, "bits per image", "‖r‖² (pixel² per image)", marks={"3 L": 3 * L, "8 L": 8 * L})
lesson.picture(figure, "bits", f"L = {L}.  Look who is lowest at 3 L and at 8 L, and which curves go flat.")

# %%
# Imputation: what stood in the hole?
# -----------------------------------
# *Imputation* fills in missing values (in images: inpainting).  A coder puts the mean into the hole, copies,
# puts the known pixels back, copies, … It may stop after the best of eight rounds, judged by the truth.  The
# rival has no such help: ridge regression from known to missing pixels, ridge 0.01.  Guess first: who wins?
def fill_in(coder, known):                                      # known (D,): True or False → filled (M, D)
    filled, rounds = np.where(known, x_test, mean), []
    for _ in range(8):
        filled = np.where(known, x_test, copied(coder, filled))
        rounds.append(filled)
    return min(rounds, key=lambda images: squared(images - x_test).mean())
def regressed(known):                                           # → filled (M, D)
    given = (x - mean)[:, known]                                # (N, K): K pixels are known
    slopes = np.linalg.solve(given.T @ given / N + 0.01 * np.eye(known.sum()), given.T @ (x - mean) / N)
    return np.where(known, x_test, mean + (x_test - mean)[:, known] @ slopes)

# %%
gaps, rows = {"lower half": upper, "3 in 10 pixels": lesson.rng("missing").random(D) > 0.3}, {}
for gap, known in gaps.items():
    filled = {"mean image": np.where(known, x_test, mean), "regression": regressed(known),
              **{name: fill_in(coder, known) for name, coder in coders.items()}}
    lost = {way: squared(x_test - images) for way, images in filled.items()}                # (M,) each
    lesson.table([(gap, *(errors.mean() for errors in lost.values()))], ["missing: ‖r‖²", *lost])
    compare(f"fill in: {gap}", "‖r‖²", lost["autoencoder"], "regression", lost["regression"], "regression")
    for way, images in {"known": np.where(known, x_test, 0.5), **filled, "true": x_test}.items():
        rows[way] = [*rows.get(way, []), *images[:4].clip(0, 1)]
square = 8, int(D ** 0.5), -1
figure = plot.image_rows({way: np.reshape(images, square) for way, images in rows.items()})
lesson.picture(figure, "holes", "Row 1: the hole in grey.  Which rows blur, and which show another digit?")

# %%
# A map
# -----
# A map needs codes of two numbers, so a network of its own.  A test image gets the digit of the nearest code.
lesson.rng("map")
maps, read = {"autoencoder": autoencoder(2)[0], "PCA": pca(x, 2)[0]}, {}
for name, encode in maps.items():
    read[name] = 1.0 * (judge.nearest(encode(x), y, encode(x_test)) == y_test)
    lesson.picture(plot.latent_map(encode(x_test[:600]), y_test[:600]), f"map_{name.lower()}",
                   f"By {name}: {read[name].mean():.0%} of the images lie nearest to a code of their digit.")
compare("read a map", "share", read["autoencoder"], "PCA", read["PCA"], "autoencoder", sign=1)

# %%
# Drawing new images
# ------------------
# Draw a code, decode it.  But which codes?  A coder does not say: we fit a Gaussian to the codes of x.  PCA's
# code on all D axes is the turned image, so this draws Gaussian pixels.  Box: *MMD²* of two sets (Gretton et
# al. 2012; lesson 26) is the mean of e^(−‖a − b‖²/w) within one, plus that within the other, minus twice that
# between them, with w the median ‖a − b‖².  It is near 0 if both come from one distribution.
dice = lesson.rng("drawn")
def draw(encode, decode):                                       # eight sets of M images
    codes = encode(x)
    drawn_codes = dice.multivariate_normal(codes.mean(axis=0), np.cov(codes.T), 8 * M)
    return np.float32(decode(drawn_codes)).reshape(8, M, D)
drawn = {name: draw(*coder) for name, coder in {**coders, "PCA, all axes": pca(x, D)}.items()}
width = losses.median_bandwidth(x_test, x_test)
far = {name: np.array([losses.mmd(images, x_test, width) for images in sets]) for name, sets in drawn.items()}
for rival, winner in (("PCA", "autoencoder"), ("PCA, all axes", "PCA, all axes")):
    compare("draw", "MMD²", far["autoencoder"], rival, far[rival], winner)
figure = plot.image_rows({name: sets[0, :8].reshape(square).clip(0, 1) for name, sets in drawn.items()})
lesson.picture(figure, "drawn", "Drawn from Gaussian codes.  Look which rows have sharp strokes, and digits.")

# %%
# The documents' errata
# ---------------------
# 1. The course notes (001), Example Use Cases for Autoencoders, 2: “By learning the distribution of normal
#    data, autoencoders can be used to detect anomalies when the reconstruction error is high (i.e., when the
#    model fails to reconstruct an unusual or out-of-distribution input).”  It learns what can be copied, not
#    how often it occurs.  PCA copies double exposures better than digits.  The autoencoder copies its own
#    drawings better than digits, but to the nearest image they look odder than digits.
# 2. There, Key Advantages of Autoencoders: “Autoencoders can be used for various tasks, including denoising,
#    compression, anomaly detection, and generative modeling.”  It has no distribution of codes to draw from.
#    By MMD², Gaussian pixels (PCA, all axes) were better: they have the mean and covariance of x.  But to the
#    nearest image they look odder still.  A VAE trains its codes to be drawn from (lesson 28).
by_itself = beaten("autoencoder", drawn["autoencoder"][0]).mean()
lesson.claim("the autoencoder's drawings: AUROC of its own ‖r‖²", by_itself, below=0.5)
seen, seen_pca = (beaten("nearest image", drawn[name][0]) for name in ("autoencoder", "PCA, all axes"))
lesson.claim("the autoencoder's drawings: AUROC of the nearest image", seen.mean(), above=0.5)
compare("draw", "nearest image's AUROC", seen, "PCA, all axes", seen_pca, "autoencoder")
lesson.table(verdicts, ["job", "measure", "autoencoder", "rival", "rival's", "lead"])

# Try it yourself
# ---------------
# 1. Easy.  Let the prevalence of fraud be 2 %.  Which changes, the AUROC or the precision?
# 2. Easy.  Let the upper half be missing in place of the lower.  Does regression still win?
# 3. Hard.  Retrieval: how many of the ten nearest codes in x show the test image's digit?  Of the pixels?
#
# Remember
# --------
# - Ask for the plain rival each time.  PCA won at 8 L bits, regression in the holes: they use more numbers.
# - An autoencoder is good where the code must be short: L numbers of three bits, or a map of two numbers.
# - A small residual means “can be copied”, not “is common”.  Double exposures hide from PCA.
# - If one record in 500 is a fraud, an AUROC of 0.98 can mean that 19 of 20 alarms are false.
#
# Sources
# -------
# The course notes (001), also "types of autoncoders" and "Regularizing Autoencoders", 3 (fraud, imputation).
# N. Japkowicz, C. Myers and M. Gluck (1995), A novelty detection approach to classification.
# G. Hinton and R. Salakhutdinov (2006), Reducing the dimensionality of data with neural networks.
lesson.end()
