"""
Dense layers, softmax and cross-entropy
=======================================

A network of sums and kinks is shown a picture and says "seven".  How does it say so, how is it told how wrong
it was, and how do we find out how good it really is?

Needs: lesson 01.
From: the course notes (001), §5 to §7, and the exam paper (003); lessons/DOCUMENTS.md says what they are.
New words: logit, softmax, cross-entropy, nat, ReLU, epoch, validation set, test set.
Time: quick 4 s, full 2 min on two cores.
"""
import math

import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, functions, grad, losses, nn, optim, plot, schedules, train

lesson = begin("02_dense")

# %%
# A dense layer by hand
# ---------------------
# Every output of a dense layer is a weighted sum of all inputs, plus a number of its own, the bias:
#
#     y = x W + b            x (N, in), W (in, out), b (out,), y (N, out)
#
# One example, x = (1, 2), needs no computer: y₁ = 1·3 + 2·(−1) + 0 = 1 and y₂ = 1·0 + 2·4 + 1 = 9.  Let g be
# ∂loss/∂y, which comes back from above; we take g = (1, 10).  The weight Wᵢⱼ carried xᵢ to yⱼ, the bias bⱼ
# reached yⱼ alone, and xᵢ went out along row i of W.  So
#
#     ∂loss/∂W = xᵀ g        ∂loss/∂b = Σ g over the batch        ∂loss/∂x = g Wᵀ
#              = (1 10)               = (1, 10)                            = (1·3 + 10·0, 1·(−1) + 10·4)
#                (2 20)                                                    = (3, 39)
x, w, b = (Tensor(np.array(given)) for given in ([[1.0, 2]], [[3.0, 0], [-1, 4]], [0.0, 1]))
y = x @ w + b
g = backend.to_device(np.array([[1.0, 10]]))
found = [y.numpy().tolist()] + [slope.tolist() for slope in grad((y * g).sum(), [w, b, x])]
pencil = [[[1, 9]], [[1, 10], [2, 20]], [1, 10], [[3, 39]]]
lesson.check("by hand: y, ∂W, ∂b and ∂x", found == pencil, found)

# %%
# Softmax: scores become probabilities
# ------------------------------------
# The last layer's outputs s are called logits: any numbers, one for each of K classes.  Softmax makes them
# positive and their sum 1:  pₖ = e^sₖ / Σⱼ e^sⱼ.  If the logits are logarithms, a pencil is enough:
#
#     s = (ln 1, ln 2, ln 1)  →  p = (1, 2, 1)/4            s = (ln 3, ln 1, ln 1)  →  p = (3, 1, 1)/5
#
# Cross-entropy is the surprise at the truth, −log p[y], averaged over the examples.  Let class 1 be right in
# the first and class 2 in the second (we count from 0): the loss is (ln 2 + ln 5)/2 = ½ ln 10 nats.  A nat is
# the unit of information that goes with the natural logarithm.  A blind guess among K classes costs ln K.
# With two classes, softmax is the sigmoid of 001 §6: p₀ = 1/(1 + e^(s₁ − s₀)) = σ(s₀ − s₁).
s = np.log(np.array([[1.0, 2, 1], [3, 1, 1]]))
truth = np.array([1, 2])
by_hand = losses.cross_entropy(s, truth)
lesson.check("by hand: the loss is ½ ln 10", abs(by_hand - math.log(10) / 2) < 1e-12, by_hand)
gap = abs(functions.softmax(s[:, :2])[:, 0] - functions.sigmoid(s[:, 0] - s[:, 1])).max()
lesson.check("two classes: softmax = sigmoid, to 1e-12", gap < 1e-12, gap)

# %%
# The gradient, in two lines
# --------------------------
#
#     loss of one example:  −log p[y] = log Σⱼ e^sⱼ − s[y]
#     its derivative:       ∂/∂sₖ     = e^sₖ / Σⱼ e^sⱼ − [k = y] = pₖ − [k = y]
#
# The mean over N examples divides by N: ∂loss/∂s = (p − onehot)/N, where onehot is 1 at the right class and 0
# elsewhere: what was said minus what is true.  By hand, for the two examples above: (¼, ½ − 1, ¼)/2 =
# (1, −2, 1)/8 and (⅗, ⅕, ⅕ − 1)/2 = (3, 1, −4)/10.  Each row sums to 0.
#
# What goes wrong?  e¹⁰⁰⁰ is more than a float can hold.  For a logit of 1000 the formula says ∞/∞, which is
# NaN, "not a number".  softmax(s) = softmax(s − max s) cures it: the factor e^max cancels.
def cross_entropy_and_gradient(logits, labels):
    """The loss and ∂loss/∂s, from the formulas above; logits s (N, K), labels (N,)."""
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    onehot = np.eye(logits.shape[1])[labels]                    # (N, K)
    return -np.log((p * onehot).sum(axis=1)).mean(), (p - onehot) / len(logits)

ours = cross_entropy_and_gradient(s, truth)[1]
logits = Tensor(s)
minidls, = grad(losses.cross_entropy(logits, backend.to_device(truth)), [logits])
error = abs(np.array([ours, backend.to_host(minidls)]) - [[1/8, -1/4, 1/8], [3/10, 1/10, -4/10]]).max()
lesson.check("the gradient by our formula and by minidl is as by hand, to 1e-12", error < 1e-12, ours)
big = np.array([[1000.0, 0]])                                   # and class 1 is right
with np.errstate(all="ignore"):
    naive = cross_entropy_and_gradient(big, [1])[0]
stable = losses.cross_entropy(big, np.array([1]))
lesson.check("a logit of 1000: NaN by our formula, 1000 by minidl", np.isnan(naive) and stable == 1000)

# %%
# Training, validation, test
# --------------------------
# A network may learn its images by heart, and fail on all others.  So the images are divided into three sets,
# in this lesson and in all that follow:
#
# - The **training** images teach.  The gradient is computed from them, and from no others.
# - The **validation** images choose.  They give no gradient, but we look at them as often as we like: which
#   step length, how many layers, when to stop?
# - The **test** images judge.  We look at them once, when nothing is left to choose.
#
# Why only once?  Because to choose is to learn.  Take 1,000 networks that know nothing: each guesses one of
# ten digits, blindly.  We show the same 100 images to all of them and keep the best.  Guess first: what share
# of these images did the best one get right?  And what share of 100 new images?
# One network has k hits with probability P(k) = C(100, k) 0.1ᵏ 0.9¹⁰⁰⁻ᵏ.  All 1,000 have at most k hits with
# probability P(≤ k)¹⁰⁰⁰.  The mean of the best one's hits is the sum over k of 1 − P(≤ k)¹⁰⁰⁰.
guess = lesson.rng("guessers")

def best_of_1000():
    """The share that the best guesser has right: of the 100 images that chose it, and of 100 new ones."""
    hits = guess.integers(10, size=(1000, 200), dtype=np.int8) == 0               # let 0 be the right guess
    best = hits[hits[:, :100].sum(axis=1).argmax()]
    return best[:100].mean(), best[100:].mean()

old, new = np.array([best_of_1000() for _ in range(200)]).T     # 200 such choices
chances = [math.comb(100, k) * 0.1 ** k * 0.9 ** (100 - k) for k in range(101)]
theory = (1 - np.cumsum(chances) ** 1000).sum() / 100
lesson.table([("on the images that chose it", old.mean(), theory), ("on new images", new.mean(), 0.1)],
             ["the best of 1,000 blind guessers", "right", "theory"])
lesson.claim("old images: standard errors from theory", judge.standard_errors(old, theory), near=0, within=5)
lesson.claim("new images: standard errors from 0.1", judge.standard_errors(new, 0.1), near=0, within=5)

# %%
# A network that reads digits
# ---------------------------
# Dense layers on top of each other are still one dense layer, (x W₁) W₂ = x (W₁ W₂), unless something bends
# in between.  ReLU bends: max(0, x).  Layers of sums and kinks are called a multilayer perceptron, an MLP.
# This one has the sizes of the "300-100" network of LeCun et al. (1998).
#
# Training goes down the gradient g by Adam, w ← w − η m/√v with running means m of g and v of g²: each weight
# has a step length of its own.  The rate η falls along half a cosine to 0.  (Lesson 39, "Descent, and a good
# start", teaches both.)  An epoch is one pass over the training images.  A twelfth of the images is laid
# aside for validation; the rate 0.002 and the number of epochs were chosen there.
(x_all, y_all), (x_test, y_test) = lesson.images(flat=True)     # (N, pixels), (N,)
order = lesson.rng("three sets").permutation(len(x_all))
x_train, x_valid = np.split(x_all[order], [len(x_all) * 11 // 12])
y_train, y_valid = np.split(y_all[order], [len(x_all) * 11 // 12])
pixels = x_all.shape[1]

lesson.rng("network")
first, second, last = nn.Dense(pixels, 300), nn.Dense(300, 100), nn.Dense(100, 10)
model = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), last)

def cross_entropy(net, images, labels):
    return losses.cross_entropy(net(images), labels)

before = train.evaluate(model, cross_entropy, (x_valid, y_valid))
lesson.record("validation loss before training (a blind guess: ln 10 = 2.303)", before, "nats")

# %%
epochs, batch = lesson.pick(digits=(30, 32), mnist=(20, 64))
history = train.fit(model, cross_entropy, (x_train, y_train), validation=(x_valid, y_valid), epochs=epochs,
                    batch_size=batch, optimizer=optim.Adam(model.parameters(), 0.002),
                    schedule=schedules.cosine(0.002), quiet=lesson.quick)
curves = {"training images": history["loss"], "validation images": history["validation loss"]}
taught, unseen = history["loss"][-1], history["validation loss"][-1]
lesson.picture(plot.curves(curves, ylabel="cross-entropy (nats per image)", log="y"), "loss",
               f"The loss by epoch: it ends at {taught:.2g} nats on training images, {unseen:.2g} on others.")

# %%
# Judged once
# -----------
# A result needs something to beat.  *Softmax regression* is one dense layer from pixels to logits.  The
# *nearest neighbour* learns nothing: it gives each test image the label of the training image at the smallest
# distance ‖a − b‖.  Guess first: who reads best?
#
# Is one better, or lucky?  Count the test images on which just one of two readers is right.  If both were
# equally good, each such image would be the toss of a coin, and won − lost would have mean 0 and standard
# deviation √(won + lost) (McNemar 1947).  A lead of two deviations, for one or the other, is luck once in 22
# times; for the one that was named before, once in 44.
said = {"MLP": model.predict(x_test).argmax(axis=1),            # the only look at the test images
        "softmax regression": judge.softmax_regression(x_train, y_train, x_test),
        "nearest neighbour": judge.nearest(x_train, y_train, x_test)}
right = {name: labels == y_test for name, labels in said.items()}
errors = {name: 100 * float(np.mean(~hits)) for name, hits in right.items()}
lead = {name: judge.lead(right["MLP"], hits) for name, hits in right.items()}
lesson.table([(name, errors[name], lead[name]) for name in said], ["", "errors, %", "the MLP's lead"])

# %%
# Compare the MLP's errors with those on validation images.  The test images were written by other people than
# the rest: validation shows which choice is better, but not how well the network reads a stranger's hand.
on_valid = 100 * (1 - train.accuracy(model, x_valid, y_valid))
lesson.record("the MLP's errors on validation images", on_valid, "%")
on_mnist = {"full": True, "data": "mnist"}
lesson.claim("the MLP's lead over softmax regression", lead["softmax regression"], above=2, **on_mnist)
lesson.claim("the MLP's lead over the nearest neighbour", lead["nearest neighbour"], above=2, **on_mnist)
lesson.claim("its errors, %, where LeCun's 300-100 net has 3.05", errors["MLP"], below=3.05, **on_mnist)
taken = plot.confusion_matrix(y_test, said["MLP"], 10)
lesson.picture(plot.confusion(taken), "confusion",
               f"Which digit was taken for which: {len(y_test) - taken.trace()} errors in {len(y_test):,}.")

# %%
# The documents' errata: two minus signs
# --------------------------------------
# An autoencoder squeezes an image x, pixels between 0 and 1, through a few numbers and paints it again, x̂.
# 003, "Autoencoder regularizado (función de costo J(θ))", makes small
#
#     "J(θ) = E_x [−l(x, x̂)] + λ · R(θ).  donde […] l(x, x̂) = −Σᵢ₌₁ⁿ (xᵢ log(x̂ᵢ) + (1 − xᵢ) log(1 − x̂ᵢ))
#     es la entropía cruzada entre la entrada x y la salida reconstruida x̂."
#
# But l has its minus already: it is small when x̂ is good.  To go down on −l is to climb l, which has no top,
# and R = ½ ‖W‖² holds no bias back.  Right is J(θ) = E_x [l(x, x̂)] + λ · R(θ).  We try both, from one start:
# 16 sigmoids with random weights, then a layer of zeros.  There x̂ = σ(0) = ½, which costs −log ½ = ln 2 =
# 0.693 nats per pixel, whatever the image.  Guess first: where is each after 200 steps?
few = backend.to_device(x_train[:500])
lesson.rng("autoencoder")
encoder, decoder = nn.Dense(pixels, 16), nn.Dense(16, pixels)
decoder.w.array[:] = 0
autoencoder = nn.Sequential(encoder, nn.Sigmoid(), decoder)
start = autoencoder.state_dict()

def descent(sign):
    """E[l] in nats per pixel, before each of 200 steps down sign · E[l] + λR, with λ = 0.01."""
    autoencoder.load_state_dict(start)
    optimizer = optim.SGD(autoencoder.parameters(), learning_rate=0.01, weight_decay=0.01)     # that is λR
    path = train.descend(lambda: sign * losses.bce_with_logits(autoencoder(few), few), optimizer, steps=200)
    return sign * np.array(path["loss"]) / pixels

# %%
# Can the right one reach 0?  ∂l/∂x̂ = (x̂ − x)/(x̂ (1 − x̂)) is 0 at x̂ = x, so a perfect copy is best.  That
# costs each pixel's entropy, −x log x − (1 − x) log(1 − x): ln 2 if x is ½, on MNIST 45.5 nats per image.
down, up = descent(+1), descent(-1)
lesson.claim("down E[l] + λR: nats per pixel after 200 steps", down[-1], below=math.log(2))
lesson.claim("down 003's E[−l] + λR: nats per pixel after 200 steps", up[-1], above=math.log(2))
exact = np.clip(x_test.astype(float), 1e-12, 1 - 1e-12)         # both logarithms stay finite
entropy = -(exact * np.log(exact) + (1 - exact) * np.log(1 - exact)).sum(axis=1).mean()
price = losses.bce_with_logits(np.log(exact / (1 - exact)), exact)
holds = abs(price - entropy) < 1e-6 and round(entropy, 1) == lesson.pick(digits=13.3, mnist=45.5)
lesson.check("a perfect copy costs its pixels' entropy, nats per image", holds, price)
figure = plot.curves({"003's sign": (range(200), up), "right sign": (range(200), down)}, log="y",
                     xlabel="step", ylabel="cross-entropy (nats per pixel)")
lesson.picture(figure, "sign", f"One sign apart: from 0.69 nats per pixel to {down[-1]:.2f} or to "
               f"{up[-1]:.2f}.  A perfect copy costs {entropy / pixels:.2f}.")

# %%
# Try it yourself
# ---------------
# 1. (Easy.)  Take the two ReLUs out.  Guess first: what kind of network is left?  How many more errors?
# 2. (Easy.)  Set the weights of the last layer to 0 before training.  What is the loss before training, to
#    four digits?  Does the network still learn?
# 3. (Hard.)  Give every training label a chance of 10 % of being another digit.  Whoever knows none by heart
#    pays at least a label's entropy, 0.1 ln 9 + H(0.1) = 0.545 nats.  Does yours?  Which reader suffers most?
#
# Remember
# --------
# - A dense layer is y = x W + b, and its gradients are xᵀ g, Σ g and g Wᵀ.
# - Cross-entropy is −log p of the right class, and its gradient in the logits is (p − onehot)/N.
# - Training images teach, validation images choose, test images judge, once.
# - A lead counts when it is more than luck: two standard deviations of won − lost.
#
# Sources
# -------
# The course notes (001), "Convolutional Neural Networks"; the exam paper (003), "Autoencoder regularizado".
# C. Shannon (1948), A mathematical theory of communication.
# Y. LeCun et al. (1998), Gradient-based learning applied to document recognition.
# I. Goodfellow, Y. Bengio and A. Courville (2016), Deep Learning, §5.3 and §6.2.
# Q. McNemar (1947), Note on the sampling error of the difference between correlated proportions.
lesson.end()
