"""
PCA and LDA: which two axes?
============================

An image of a digit is 784 numbers, a sheet of paper has two axes.  Which two should one draw, and which nine
should one keep to read the digit?  PCA and LDA answer differently.

Needs: lesson 02.
From: the course notes (001), "Under-Constrained Problems", 4; lessons/DOCUMENTS.md says what they are.
New words: covariance, eigenvector, PCA, LDA, between, within, whitening, ridge.
Time: quick 5 s, full 1 min on two cores.
"""
import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import plot

lesson = begin("13_pca_lda")

# %%
# By hand: eight points
# ---------------------
# Class 0 lies below, class 1 above:
#
#     class 1, mean (0, 1):      (−3, 0.5)    (−3, 1.5)    (3, 0.5)    (3, 1.5)
#     class 0, mean (0, −1):     (−3, −1.5)   (−3, −0.5)   (3, −1.5)   (3, −0.5)
#
# *PCA*, principal component analysis, does not look at the classes.  It keeps the axis along which the points
# vary most.  The variance along x is 9.  The variance along y is 1.25, the mean of 0.5², 1.5², 0.5² and 1.5².
# So PCA keeps x.  There both classes have the mean 0: the number that is kept says nothing about the class.
#
# *LDA*, linear discriminant analysis, looks at the classes.  The variance along y has two parts: 1 *between*
# the class means, which are 1 and −1, and 0.5² = 0.25 *within* each class.  LDA keeps the axis with the
# largest ratio between/within.  The ratio is 0/9 = 0 along x, and 1/0.25 = 4 along y.  So LDA keeps y.
points = np.array([(x, middle + step) for middle in (-1, 1) for x in (-3, 3) for step in (-0.5, 0.5)])
sides = np.array([0, 0, 0, 0, 1, 1, 1, 1])
_, first, pair = judge.pca(points, 1)                           # the first axis (D, 1), all variances (D,)
lesson.check("PCA: variances 9 and 1.25, axis x", np.allclose((*pair, abs(first[0, 0])), (9, 1.25, 1)), pair)

# %%
# Two small programs
# ------------------
# PCA.  Now x (N, D) are the points, y their classes.  The *covariance* S (D, D) is (x − mean)ᵀ(x − mean)/N.
# Along a unit vector v the variance is vᵀ S v.  It is largest along an *eigenvector*, a v with S v = λ v: λ.
# The first axis has the largest λ, the second the largest of those at right angles to the first: `judge.pca`.
#
# LDA.  S_w is the mean of the classes' covariances, S_b the covariance of the class means, both weighted by
# the classes' shares.  S = S_w + S_b.  The axes w have the largest ratio  wᵀ S_b w / wᵀ S_w w.  In two steps:
#
#     1. Make S_w round.  S_w = U Λ Uᵀ: U has its eigenvectors as columns, Λ their λ.  T = U Λ^(−½): Tᵀ S_w T
#        is the identity.  Along each direction, x T has the within-class variance 1: this is *whitening*.
#     2. Now only S_b counts: PCA of the class means.
#
# Two classes have one axis, Tᵀ(m₁ − m₀); in x it is w = T Tᵀ(m₁ − m₀) = S_w⁻¹ (m₁ − m₀) (Fisher 1936).
def lda(x, y, ridge=0.0):
    """The axes (D, C), C ≤ D, for classes y (N,) of x (N, D), and between/within along each, falling (C,)."""
    shares = np.bincount(y) / len(y)
    means = np.stack([x[y == c].mean(axis=0) for c in range(len(shares))])                  # (C, D)
    within = sum(share * np.cov(x[y == c].T, bias=True) for c, share in enumerate(shares))  # S_w (D, D)
    variances, turn = np.linalg.eigh(within + ridge * np.eye(x.shape[1]))
    whiten = turn / np.sqrt(variances)                                                      # T (D, D)
    middles = np.sqrt(shares)[:, None] * (means - x.mean(axis=0)) @ whiten
    _, lengths, axes = np.linalg.svd(middles, full_matrices=False)                          # PCA of the means
    return whiten @ axes.T, lengths ** 2
def by_nearest_mean(codes, y, new):
    """The label (M,) of the class whose mean code is nearest to each of the codes `new` (M, L)."""
    means = np.stack([codes[y == c].mean(axis=0) for c in range(y.max() + 1)])
    return ((new[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)

# %%
# PCA depends on the units: with y in millimetres, not centimetres, its variance is 125, and PCA keeps y.
axis, ratios = lda(points, sides)
lesson.check("LDA: the axis y, ratios 4 and 0", np.allclose((axis[0, 0], *ratios), (0, 4, 0)), ratios)
ruler = np.array([1, 10])
along_y = judge.pca(points * ruler, 1)[1][1, 0]
lesson.check("another unit for y: PCA keeps y", np.isclose(abs(along_y), 1))
lesson.check("another unit for y: LDA's ratios stay", np.allclose(lda(points * ruler, sides)[1], ratios))

# %%
# Now a Gaussian cloud with these means and variances.  We keep one axis, and answer with the nearer mean.
# Theory: on x half of the answers are wrong.  On y a point is wrong if it lies 2 standard deviations (1.0) or
# more from its mean, towards the other class: 2.275 % of a Gaussian do.
side = np.arange(2000) % 2                                      # the class of each point: 0, 1, 0, 1, …
middles = np.stack([0 * side, 2 * side - 1], axis=1)
fitted, new = lesson.rng("cloud").normal(size=(2, 2000, 2)) * [3, 0.5] + middles
one_axis = {"PCA": judge.pca(fitted, 1)[1], "LDA": lda(fitted, side)[0][:, :1]}
figure, axes = plot.panels(3, height=2.2, width_ratios=(1.6, 1, 1))
for ax, (way, w), theory in zip(axes[1:], one_axis.items(), (0.5, 0.02275)):
    wrong = by_nearest_mean(fitted @ w, side, new @ w) != side
    lesson.claim(f"{way}: standard errors off", abs(judge.standard_errors(wrong, theory)), below=5)
    ax.hist([(new @ w)[side == c, 0] for c in (0, 1)], 40, histtype="step", color=plot.COLOURS[:2])
    ax.set(xlabel=f"{way}'s number", ylabel="points", title=f"{way}: {wrong.mean():.1%} wrong")
axes[0].scatter(*new[:300].T, s=4, c=np.take(plot.COLOURS, side[:300]))
axes[0].set(xlabel="x", ylabel="y", title="blue: class 0, red: class 1", aspect="equal", ylim=(-4, 4))
lesson.picture(figure, "cloud", "What varies most (x) need not tell the classes apart (y).  Middle and "
               "right: how often each number occurs.")

# %%
# PCA on digits: what is lost?
# ----------------------------
# Keep L axes, and put each image back together from its L numbers: x̂ = mean + Σ (v·(x − mean)) v.  On fitted
# images the mean of ‖x − x̂‖² is the sum of the variances dropped.  No other L axes lose less (Eckart and
# Young 1936).  001 wants to retain "most of the variance".  Guess first: how many axes hold 90 % of it?
(x_train, y), (x_test, y_test) = lesson.images(flat=True)
images, tests = x_train.astype(np.float64), x_test.astype(np.float64)       # (N, D)
D = images.shape[1]
mean, eigen, variances = judge.pca(images, D)                               # eigen (D, D): a column an axis

def lost(x, mean, axes):
    """The mean of ‖x − x̂‖², where x̂ is put together from the numbers on `axes` (D, L)."""
    return ((x - mean - (x - mean) @ axes @ axes.T) ** 2).sum(axis=1).mean()

rows = [(L, variances[L:].sum(), lost(images, mean, eigen[:, :L]), lost(tests, mean, eigen[:, :L]))
        for L in (2, 9, 30)]
lesson.table(rows, ["axes", "variances dropped", "error, fitted images", "error, new images"])
lesson.check("fitted images: the error is what was dropped", all(np.isclose(row[1], row[2]) for row in rows))
needed = 1 + (np.cumsum(variances) < 0.9 * variances.sum()).sum()
lesson.record(f"axes that hold 90 % of the variance, of {D}", needed)
lesson.claim("30 axes: squared error per new image", rows[2][3], near=13.9, within=0.3, data="mnist")

# %%
# Hinton and Salakhutdinov (2006) found 13.87 on MNIST with 30 axes.  But PCA learns, too: it fits the images
# it has seen.  Guess first: for 60 fitted images and 30 axes, how many times larger is the error on new ones?
some = images[lesson.rng("few").permutation(len(images))[:60]]
few_mean, few_axes, few_variances = judge.pca(some, 30)
shown = range(1, 31)
lines = {"60 images train": [few_variances[L:].sum() for L in shown],
         "60 images test": [lost(tests, few_mean, few_axes[:, :L]) for L in shown],
         "all train": [variances[L:].sum() for L in shown],
         "all test": [lost(tests, mean, eigen[:, :L]) for L in shown]}
gap = lines["60 images test"][-1] / few_variances[30:].sum()
lesson.claim("fitted to 60 images, 30 axes: error on new images / on the fitted", gap, above=2)
figure = plot.curves(lines, xlabel="axes kept", ylabel="squared error (pixel² per image)")
lesson.picture(figure, "error", f"Dashed: images that PCA was fitted to.  Dotted: new images.  With 60 "
               f"images and 30 axes, the error on new images is {gap:.1f} times that on the fitted ones.")

# %%
# LDA on digits
# -------------
# Here whitening fails: some pixels are 0 in all images, and no stretching makes their variance 1.  S_w has no
# inverse, nor has S: look at the error message.  We add a *ridge*, r = 0.001, to all variances: S_w + r I,
# I the identity.  (So LDA depends on the units, too.)  Guess first: how many axes has LDA for ten classes?
# The class means less the overall mean, weighted by shares, add up to 0: they span at most nine directions.
dead = (images.var(axis=0) == 0).sum()
try:
    np.linalg.inv(np.cov(images.T))
except np.linalg.LinAlgError as error:
    print(f"{dead} of {D} pixels never change; the inverse of the covariance: LinAlgError: {error}")
ten_axes, separation = lda(images, y, ridge=1e-3)
lesson.record("between/within along LDA's axes", separation[:9])
lesson.check("LDA has nine axes for ten classes: the tenth ratio is 0", separation[9] < 1e-10 * separation[0])
kinds = {"PCA": eigen[:, :9], "LDA": ten_axes[:, :9]}                       # (D, 9) each
tiles = {way: (axes / abs(axes).max(axis=0)).T.reshape(9, -1, int(D ** 0.5)) for way, axes in kinds.items()}
lesson.picture(plot.image_rows(tiles, signed=True), "axes", "The first nine axes as images, each scaled to "
               "−1 … 1.  Each axis is a mixture: it adds the red pixels and subtracts the blue ones.")

# %%
# The sheet of paper, and nine numbers
# ------------------------------------
# The same new images on PCA's first two axes, and on LDA's.  Then we read the first 2,000 by the nearest mean
# of a class, or the nearest training image.  LDA's axes are stretched (variance 1 within a class); so in the
# end we stretch PCA's nine, by LDA.  Guess first: who reads better on 9 axes?  Do both ways agree?
look, looked = tests[:2000], y_test[:2000]
for way, axes in kinds.items():
    lesson.picture(plot.latent_map((look[:600] - mean) @ axes[:, :2], looked[:600]), f"map_{way.lower()}",
                   f"New images on {way}'s first two axes, z₁ and z₂.  A colour and a number for each class.")
kinds["stretched"], hits = kinds["PCA"] @ lda(images @ kinds["PCA"], y)[0], {}            # PCA's nine, (D, 9)
for L, way in ((2, "PCA"), (2, "LDA"), (9, "PCA"), (9, "stretched"), (9, "LDA"), (D, "all pixels")):
    codes, new_codes = (x @ kinds[way][:, :L] if way in kinds else x for x in (images, look))
    hits[L, way] = [reader(codes, y, new_codes) == looked for reader in (by_nearest_mean, judge.nearest)]
lesson.table([(*key, *np.mean(hit, axis=1)) for key, hit in hits.items()],
             ["numbers", "", "right by the nearest mean", "right by the nearest image"])
for L in (2, 9):
    by_mean, by_image = map(judge.lead, hits[L, "LDA"], hits[L, "PCA"])     # in standard deviations
    lesson.claim(f"{L} axes, nearest mean: LDA's lead over PCA", by_mean, above=2)
    lesson.record(f"{L} axes, nearest image: LDA's lead over PCA", by_image, "standard deviations")
lesson.record("by the nearest mean, over stretched", judge.lead(hits[9, "LDA"][0], hits[9, "stretched"][0]))

# %%
# Does PCA help when images are few?
# ----------------------------------
# PCA makes a problem "less under-constrained", says 001.  LDA has such a problem when images are few: 60
# images less their ten class means span at most 50 directions; on more axes S_w has no inverse.  So we keep
# L ≤ 50 axes of PCA first, and do LDA on these, without a ridge.  The rival has a ridge and no PCA: r = 0.1,
# the best of four on the bundled test images.  Guess first: which reads new images best?
kept_axes = range(5, 51, 5)
rng, shares = lesson.rng("few images"), []                                  # shares of images read wrongly
for draw in range(10):
    chosen = np.concatenate([rng.permutation(np.flatnonzero(y == c))[:6] for c in range(10)])
    x, labels = images[chosen], y[chosen]
    axes = judge.pca(x, 50)[1]
    maps = [axes[:, :L] @ lda(x @ axes[:, :L], labels)[0][:, :9] for L in kept_axes]
    maps.append(lda(x, labels, ridge=0.1)[0][:, :9])
    own = [(by_nearest_mean(x @ w, labels, x @ w) != labels).mean() for w in maps]
    others = [(by_nearest_mean(x @ w, labels, look @ w) != looked).mean() for w in maps]
    shares.append((own, others))

# %%
own_images, new_images = np.mean(shares, axis=0)                            # (2, maps): the last has a ridge
twenty = kept_axes.index(20)
harm = judge.standard_errors([others[-2] - others[twenty] for _, others in shares])
lesson.claim("new images wrong, 50 axes less 20 axes, in standard errors", harm, above=2)
lesson.record("new images wrong: 20 axes, then LDA; LDA with a ridge", (new_images[twenty], new_images[-1]))
figure = plot.curves({"train": (kept_axes, own_images[:-1]), "test": (kept_axes, new_images[:-1])},
                     xlabel="PCA's axes kept before LDA", ylabel="share read wrongly, mean of ten draws")
lesson.picture(figure, "few", f"On 50 axes, LDA misreads {own_images[-2]:.0%} of the 60 images and "
               f"{new_images[-2]:.0%} of new ones; on 20 axes {new_images[twenty]:.0%} of new ones.")

# %%
# What goes wrong: classes that are not there, and classes that are not seen
# --------------------------------------------------------------------------
# Noise: 60 points of 64 random numbers, ten labels.  On new points 1 answer in 10 is right, by luck.  But 60
# points in 64 dimensions can be separated in any way one likes.  Crossed corners: class 0 at (1, 1) and
# (−1, −1), class 1 at (1, −1) and (−1, 1).  Both means are 0.
lots, noise = np.arange(5060) % 10, lesson.rng("noise").normal(size=(5060, 64))
seen = noise @ lda(noise[:60], lots[:60], ridge=1e-3)[0][:, :9]
right = by_nearest_mean(seen[:60], lots[:60], seen) == lots
lesson.check("noise: LDA is right about all 60 fitted points", right[:60].all())
lesson.record("noise: share of new points right", right[60:].mean())
lesson.claim("the same: standard errors off 0.1", abs(judge.standard_errors(right[60:], 0.1)), below=5)
corners, crossed = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]]), np.array([0, 0, 1, 1])
lesson.check("crossed corners: LDA's ratios are 0", np.allclose(lda(corners, crossed)[1], 0))

# %%
# What the document says, and what is right
# -----------------------------------------
# 1. “Dimensionality reduction techniques can help reduce the complexity of the problem by identifying the
#    most important features and discarding irrelevant or redundant ones.”  (001, Under-Constrained Problems,
#    4.)  PCA discards no pixel: its axes mix all that ever change.  And what varies most need not be
#    important: on the eight points PCA keeps the number that says nothing about the class.
# 2. There: “It helps reduce the problem's dimensionality and makes it less under-constrained.”  True of PCA
#    before LDA: 20 axes misread fewer new images than 50.  So does a ridge without PCA: compare the records.
# 3. There: “LDA can be used for dimensionality reduction in classification problems, where it maximizes the
#    separability of the classes.”  It maximises between/within: 0 for the crossed corners, which a bent
#    border can separate.  And it separates noise, where there are no classes.
used = (abs(eigen[:, :9]).max(axis=1) > 1e-12).sum()
lesson.check("PCA's first nine axes use every pixel that ever changes", used == D - dead, (used, D - dead))
#
# Try it yourself
# ---------------
# 1. Easy.  From which factor on does PCA keep y of the eight points?  Try rulers of 2.6 and 2.8 for the 10.
# 2. Easy.  Take only the digits 3, 5 and 8, numbered 0, 1 and 2.  How many axes has LDA?
# 3. Hard.  Give LDA a third number for each of the crossed corners, so that it tells the classes apart.
#
# Remember
# --------
# - PCA keeps the axes along which all points vary most.  It knows no classes, and depends on the units.
# - LDA keeps the axes of the largest between/within: at most C − 1 for C classes.  No ridge: in any units.
# - What is fitted to few examples looks better on them than on new ones: PCA's error, LDA's classes.
#
# Sources
# -------
# The course notes (001).  K. Pearson (1901), On lines and planes of closest fit to systems of points: PCA.
# C. Eckart and G. Young (1936), The approximation of one matrix by another of lower rank.
# R. A. Fisher (1936), The use of multiple measurements in taxonomic problems: LDA.
# G. Hinton and R. Salakhutdinov (2006), Reducing the dimensionality of data with neural networks.
lesson.end()
