"""
Dense layers, softmax and cross-entropy
=======================================

A network of sums and kinks is shown a picture and says "seven".  How does it say so, how is it told how wrong
it was, and what happens if one sign in the telling is off?

Needs: lesson 01.
From: 001, "Convolutional Neural Networks" §5 to §7; 003, "Autoencoder regularizado".
Time: quick 5 s, full 1 min on two cores.
"""
import numpy as np

from lessons.book import begin
from minidl import Tensor, backend, functions, grad, losses, nn, optim, plot, schedules, train

lesson = begin("02_dense")

# %%
# A dense layer by hand
# ---------------------
# Every output of a dense layer is a weighted sum of every input, plus a number of its own, the bias:
#
#     y = x W + b            x (N, in), W (in, out), b (out,), y (N, out)
#
# One example, x = (1, 2), needs no computer: y₁ = 1·3 + 2·(−1) + 0 = 1 and y₂ = 1·0 + 2·4 + 1 = 9.  Let g be
# ∂loss/∂y, which comes back from above.  Each weight Wᵢⱼ carried xᵢ to yⱼ, each bias reached one yⱼ, and xᵢ
# went out along row i of W.  So
#
#     ∂loss/∂W = xᵀ g        ∂loss/∂b = Σ g over the batch        ∂loss/∂x = g Wᵀ
x, w, b = (Tensor(np.array(a)) for a in ([[1.0, 2]], [[3.0, 0], [-1, 4]], [0.0, 1]))
y, g = x @ w + b, backend.to_device(np.array([[1.0, 10]]))
print("y =", y.array, "  ∂W =", grad((y * g).sum(), [w])[0].tolist(), "  xᵀg =", (x.array.T @ g).tolist())

# %%
# Softmax: scores become probabilities
# ------------------------------------
# The last layer's outputs s are called logits: any numbers, one for each of K classes.  Softmax makes them
# positive and their sum 1:  pₖ = e^sₖ / Σⱼ e^sⱼ.  If the logits are logarithms, the pencil can follow:
#
#     s = (ln 1, ln 2, ln 1)  →  p = (1, 2, 1)/4            s = (ln 3, ln 1, ln 1)  →  p = (3, 1, 1)/5
#
# Cross-entropy is the surprise at the truth, −log p[y], averaged over the examples.  Let class 1 be right in
# the first and class 2 in the second (we count from 0): the loss is (ln 2 + ln 5)/2 = 1.1513 nats.  A nat is
# the unit of information that goes with the natural logarithm.  A blind guess among K classes costs ln K.
s, labels = np.log(np.array([[1.0, 2, 1], [3, 1, 1]])), np.array([1, 2])
loss = losses.cross_entropy(Tensor(s), backend.to_device(labels))
print("p =", functions.softmax(s).tolist(), "  loss =", loss.item())
lesson.claim("by hand: the loss is ½ ln 10", abs(loss.item() - np.log(10) / 2) < 1e-12, loss.item())
blind = np.array([losses.cross_entropy(np.zeros((1, k)), np.array([0])) for k in (2, 10, 1000)])
error = abs(blind - np.log([2, 10, 1000])).max()
lesson.claim("equal logits cost ln K: K = 2, 10, 1000", error < 1e-12, blind)

# %%
# The gradient, in two lines
# --------------------------
#     loss of one example:  −log p[y] = log Σⱼ e^sⱼ − s[y]
#     its derivative:       ∂/∂sₖ     = e^sₖ / Σⱼ e^sⱼ − [k = y] = pₖ − [k = y]
#
# and the mean over N examples divides by N: ∂loss/∂s = (p − onehot)/N, with a 1 at the right class in onehot
# and 0 elsewhere.  What was said minus what is true.  By hand: (¼, ½ − 1, ¼)/2 and (⅗, ⅕, ⅕ − 1)/2.  Each row
# sums to 0: probability is only moved from class to class.
def cross_entropy_and_gradient(s, labels):
    """The loss and ∂loss/∂s, from the formulas above; s (N, K), labels (N,)."""
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    onehot = np.eye(s.shape[1])[labels]                         # (N, K)
    return -np.log((p * onehot).sum(axis=1)).mean(), (p - onehot) / len(s)

print("∂s =", cross_entropy_and_gradient(s, labels)[1].round(3).tolist())
s, labels = Tensor(backend.rng().normal(0, 3, (7, 5))), backend.rng().integers(5, size=7)
loss = losses.cross_entropy(s, backend.to_device(labels))
theirs, their_gradient = loss.item(), backend.to_host(grad(loss, [s])[0])
ours, our_gradient = cross_entropy_and_gradient(s.numpy(), labels)
error = max(abs(ours - theirs), abs(our_gradient - their_gradient).max())
lesson.claim("our loss and (p − onehot)/N are minidl's, to 1e-12", error < 1e-12, error)

# %%
# What goes wrong: a logit of 1000
# --------------------------------
# e¹⁰⁰⁰ is more than a float can hold.  The formula above then says ∞/∞, which is NaN, "not a number", and NaN
# spreads to every weight.  The cure costs one subtraction: softmax(s) = softmax(s − max s), because the
# factor e^max cancels.  And log Σ e^s − s[y] never takes the logarithm of a p that has become 0.
#
# With two classes, softmax is the sigmoid of 001 §6: p₀ = 1/(1 + e^(s₁ − s₀)) = σ(s₀ − s₁).
big, truth = np.array([[1000.0, 0.0]]), np.array([1])
with np.errstate(all="ignore"):
    naive = cross_entropy_and_gradient(big, truth)[0]
stable = losses.cross_entropy(big, truth)
print("logits (1000, 0), class 1 is right: naive", naive, " minidl", stable)
lesson.claim("the naive loss of a logit of 1000 is not a number, minidl's is 1000",
             np.isnan(naive) and stable == 1000, stable)
two = backend.rng().normal(0, 5, (100, 2))
error = abs(functions.softmax(two)[:, 0] - functions.sigmoid(two[:, 0] - two[:, 1])).max()
lesson.claim("softmax over two classes is the sigmoid of the difference", error < 1e-12, error)

# %%
# A network that reads digits
# ---------------------------
# Dense layers on top of each other are still one dense layer, (x W₁) W₂ = x (W₁ W₂), unless something bends
# in between.  ReLU bends: max(0, x).  Layers of sums and kinks are called a multilayer perceptron, an MLP.
#
# A result needs something to beat.  Ours is the nearest mean: take the average image of each digit, and
# answer with the one that is closest.  It needs no descent, only a sum and a division.
(x_train, y_train), (x_test, y_test) = lesson.images()
x_train, x_test = x_train.reshape(len(x_train), -1), x_test.reshape(len(x_test), -1)     # (N, pixels)
pixels = x_train.shape[1]
wide, narrow, batch, epochs = (256, 128, 128, 10) if lesson.data == "mnist" else (64, 32, 32, 30)
means = np.stack([x_train[y_train == k].mean(axis=0) for k in range(10)])
by_mean = ((means ** 2).sum(axis=1) - 2 * x_test @ means.T).argmin(axis=1)      # ‖x − m‖² less ‖x‖²

# %%
# Training goes down the gradient by Adam, which gives every weight a step size of its own.  An epoch is one
# pass over the training images; the test images teach nothing, we only look at their loss.  The training loss
# is a mean over its epoch, during which the network improves: so it begins above the other.
model = nn.Sequential(nn.Dense(pixels, wide), nn.ReLU(),
                      nn.Dense(wide, narrow), nn.ReLU(), nn.Dense(narrow, 10))
history = train.fit(model, lambda model, x, y: losses.cross_entropy(model(x), y), (x_train, y_train),
                    optimizer=optim.Adam(model.parameters(), 0.002), schedule=schedules.cosine(0.002),
                    epochs=epochs, batch_size=batch, validation=(x_test, y_test), quiet=lesson.quick)
curves = {"train": history["loss"], "test": history["validation loss"]}
lesson.picture(plot.curves(curves, ylabel="cross-entropy (nats per image)", log="y"), "loss",
               "Loss by epoch: the training loss goes on falling when the test loss has stopped")

# %%
# Is it better, or lucky?  Count the test images on which just one of the two is right: `gained` where it is
# the network, `lost` where it is the mean.  If both were equally good, each would be the toss of a coin, and
# gained − lost have the standard deviation √(gained + lost) (McNemar 1947).  More than 2 of these is luck in
# one lesson of 44.
logits = model.predict(x_test)                                  # (N, 10)
said = logits.argmax(axis=1)
right, right_by_mean = said == y_test, by_mean == y_test
gained, lost = int((right & ~right_by_mean).sum()), int((~right & right_by_mean).sum())
lesson.table([("nearest mean", 10 * pixels, float(right_by_mean.mean())),
              ("MLP", model.count(), float(right.mean()))], header=("", "numbers", "right"))
deviations = (gained - lost) / (gained + lost) ** 0.5
lesson.claim("the MLP beats the nearest mean by more than 2 standard deviations", deviations > 2, deviations)
lesson.claim("MNIST: at least 98.0 % right", right.mean() >= 0.98, right.mean(), full=True, data="mnist")
lesson.claim("MNIST: better than the 96.95 % of the 300-100 net of LeCun et al. 1998", right.mean() > 0.9695,
             right.mean(), full=True, data="mnist")
matrix = plot.confusion_matrix(y_test, said, 10)
lesson.picture(plot.confusion(matrix), "confusion", "Which digit is taken for which, and the share found")

# %%
# The worst mistakes are those with the largest loss: sure of a wrong answer.  Some are the writer's.
surprise = -functions.log_softmax(logits)[np.arange(len(y_test)), y_test]       # (N,)
worst = surprise.argsort()[::-1][:10]
side = int(pixels ** 0.5)
names = [f"{y_test[i]} read as {said[i]}" for i in worst]
lesson.picture(plot.image_grid(x_test[worst].reshape(-1, side, side), columns=5, titles=names), "worst",
               f"The ten largest test losses, {surprise[worst[0]]:.1f} to {surprise[worst[-1]]:.1f} nats")

# %%
# What goes wrong: two minus signs (003)
# --------------------------------------
# An autoencoder squeezes an image x through a few numbers and paints it again, x̂.  003 compares the two,
# pixels between 0 and 1, by l = −Σ [x log x̂ + (1 − x) log(1 − x̂)], and then minimises J = E[−l] + λ R.  But
# l has its minus already: it is small when x̂ is good.  To descend on −l is to climb l, which has no top:
# R = ½ ‖W‖² holds the weights back, but no bias is in it.  Right is J = E[l] + λ R.
#
# Both, from one start: 16 sigmoids, their weights random, then a layer of zeros.  There x̂ = σ(0) = ½ and
# −log ½ = ln 2 = 0.693 nats per pixel, whatever the image.
few = backend.to_device(x_train[:500])
encoder, decoder = nn.Dense(pixels, 16), nn.Dense(16, pixels)
decoder.w.array[:] = 0
autoencoder = nn.Sequential(encoder, nn.Sigmoid(), decoder)
start = autoencoder.state_dict()

def descend(sign, steps=100, decay=0.01):
    """E[l] in nats per pixel, before each of some steps down sign · E[l] + λR and after the last."""
    autoencoder.load_state_dict(start)
    optimizer, measured = optim.SGD(autoencoder.parameters(), learning_rate=0.01), []
    for _ in range(steps + 1):
        l = losses.bce_with_logits(autoencoder(few), few)
        measured.append(l.array)                                # looked at when all is done
        train.train_step(lambda: sign * l + decay / 2 * losses.l2([encoder.w, decoder.w]), optimizer)
    return np.array(list(map(float, measured))) / pixels

ours, theirs = descend(+1), descend(-1)
lesson.claim("E[l] + λR lowers the loss, 003's E[−l] + λR raises it (start, right, 003)",
             ours[-1] < ours[0] < theirs[-1], (ours[0], ours[-1], theirs[-1]))

# %%
# What goes wrong: waiting for zero
# ---------------------------------
# Where x is 1 or 0, right or wrong, a perfect answer costs nothing.  A grey pixel is neither.  Its loss has
# the slope ∂l/∂x̂ = (x̂ − x) / (x̂ (1 − x̂)), which is 0 at x̂ = x: a perfect copy is the best answer.  But
# it costs H(x) = −x log x − (1 − x) log(1 − x), the pixel's entropy, which is ln 2 for x = ½.  So a loss of
# 45.5 nats per image on MNIST is no failure: it is perfection.  001 keeps this loss to "black-and-white
# images", whose floor is 0.
#
# We try 4,079 answers x̂ on every grey level, then let minidl name the price of a perfect copy.
tiny = 1e-12                                                    # keeps both logarithms away from 0

def l(x, answer):
    """003's cross-entropy of a pixel x and its copy, elementwise."""
    return -(x * np.log(np.maximum(answer, tiny)) + (1 - x) * np.log(np.maximum(1 - answer, tiny)))

greys = np.unique(x_test)[1:-1].astype(np.float64)              # (G,), without black and white
answers = np.arange(1, 16 * 255) / (16 * 255)                   # every multiple of 1/16 and of 1/255 is here
best = answers[l(greys[:, None], answers).argmin(axis=1)]       # (G,)
error = abs(best - greys).max()                                 # the pixels are float32: 24 bits
lesson.claim("the cheapest answer to a grey pixel is the pixel", error < 2 ** -24, error)

# %%
x = x_test.astype(np.float64)
copy = np.clip(x, tiny, 1 - tiny)
price, entropy = losses.bce_with_logits(np.log(copy / (1 - copy)), x), l(x, x).sum(axis=1).mean()
lesson.claim("a perfect copy costs its pixels' entropy (nats per image)", abs(price - entropy) < 1e-6, price)
lesson.claim("MNIST: that is 45.5 nats on the test set", round(entropy, 1) == 45.5, entropy, data="mnist")
at_the_mean = l(x, x.mean(axis=0)).sum(axis=1).mean()
lesson.record("the mean image, as the copy of every image, costs", at_the_mean, "nats per image")

steps, x = np.arange(len(ours)), x_train[:500].astype(np.float64)
lines = {"sign of 003": (steps, theirs), "right sign": (steps, ours),
         "entropy": (steps, np.full(len(steps), l(x, x).mean()))}
lesson.picture(plot.curves(lines, xlabel="step", ylabel="cross-entropy (nats per pixel)", log="y"), "sign",
               "One sign apart: down towards the pixels' entropy, or up without end")

# %%
# Try it yourself
# ---------------
# 1. Take the ReLUs out.  How many digits are still right?  Why is that not yet the nearest mean?
# 2. Put a Dense layer of zeros, w and b, at the end of the MLP.  What is its first loss, to four digits?
# 3. Give every training label a chance of 10 % of being another digit.  A network that knew no label by heart
#    could not go below the entropy of such a label, 0.1 ln 9 + H(0.1) = 0.545 nats.  Does yours?
#
# Sources
# -------
# C. Shannon (1948), A mathematical theory of communication.
# D. Rumelhart, G. Hinton and R. Williams (1986), Learning representations by back-propagating errors.
# Y. LeCun et al. (1998), Gradient-based learning applied to document recognition.
# I. Goodfellow, Y. Bengio and A. Courville (2016), Deep Learning, §6.2.
# Q. McNemar (1947), Note on the sampling error of the difference between correlated proportions.
lesson.end()
