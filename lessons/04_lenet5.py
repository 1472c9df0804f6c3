"""
LeNet-5: reading handwriting
============================

How does a machine read a digit that somebody wrote by hand?  Nobody could write down the rules.  In 1989 a
network at Bell Labs learned its own from examples; by 1998 its successors were reading cheques.  Here is one
of them, LeNet-5, to be trained, taken apart and held against what was measured then.

Needs: lesson 02 for softmax and cross-entropy, lesson 03 for convolution and pooling; or just run it.
From: 001, "Convolutional Neural Networks", and its "CNN Architecture Example (LeNet-5)".
Time: quick 10 s, full 25 s on two cores.

That is the time on the bundled digits.  With MNIST (`python -m lessons data`) a full run takes 4 min.
"""
import numpy as np

from lessons.book import begin
from minidl import backend, images, init, losses, nn, ops, optim, plot, schedules, train
from minidl.functions import softmax, tanh
from minidl.tensor import Tensor

lesson = begin("04_lenet5")

# %%
# What the net sees
# -----------------
# An image is a grid of numbers: 0 is paper, 1 is ink.  LeNet-5 takes 32×32 of them, with room around the
# digit.  To the network we give (pixel − mean)/deviation, so that numbers of both signs, of size about 1,
# come in.
#
# The test images were written by other hands than the training images, and are looked at only to be
# counted.

(x_train, y_train), (x_test, y_test) = lesson.images(size=32)
if lesson.quick:                                # a part of MNIST; the bundled digits are few enough
    x_train, y_train, x_test, y_test = x_train[:1437], y_train[:1437], x_test[:1000], y_test[:1000]
mean, deviation = x_train.mean(), x_train.std()
seen_train, seen_test = ((x - mean) / deviation for x in (x_train, x_test))     # (N, 1, 32, 32)

lesson.record("training images", len(x_train))
lesson.record("test images", len(x_test))
lesson.record("ink, the mean pixel", mean)
lesson.picture(plot.image_grid(x_train[:30], columns=10, titles=y_train[:30]), "digits",
               "What goes in, and what should come out")

# %%
# Counting by hand
# ----------------
# A layer of O filters, each K×K over C channels, learns O·C·K² weights and O biases.  It shortens each side
# by K − 1; pooling halves it.  So, with a pencil:
#
#     input   1×32×32
#     C1      6×28×28     6 · (1·5·5 + 1)      =    156
#     S2      6×14×14     pooling              =      0
#     C3     16×10×10    16 · (6·5·5 + 1)      =  2,416
#     S4     16× 5× 5     pooling              =      0
#     C5     120         120 · (16·5·5 + 1)    = 48,120
#     F6      84          84 · (120 + 1)       = 10,164
#     output  10          10 · (84 + 1)        =    850
#                                                61,706
#
# Convolution does 86 % of the multiplications with 4 % of the numbers.  A dense layer from the image to C1's
# 4,704 values would have 4.8 million weights where C1 has 150: that is what sharing a filter saves.

def lenet5():
    """The network of 001, untrained: ReLU, max pooling and softmax, as it is usually built today."""
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2),            # C1, S2
                         nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),           # C3, S4
                         nn.Flatten(), nn.Dense(400, 120), nn.ReLU(),               # C5
                         nn.Dense(120, 84), nn.ReLU(), nn.Dense(84, 10))            # F6, the output

model = lenet5()
rows = [[type(layer).__name__, str(model[:i + 1].predict(seen_test[:1]).shape[1:]), layer.count()]
        for i, layer in enumerate(model.layers)]
lesson.table(rows, ["layer", "what comes out", "parameters"])

by_hand = 6 * (25 + 1) + 16 * (6 * 25 + 1) + 120 * (16 * 25 + 1) + 84 * (120 + 1) + 10 * (84 + 1)
lesson.claim("LeNet-5 has 61,706 parameters, by hand and by machine", by_hand == model.count() == 61_706,
             model.count())

# %%
# Learning
# --------
# The loss is the cross-entropy: −log of the probability given to the right digit.  An untrained network
# that spread its bets evenly would pay log 10 = 2.30.  Each step goes downhill on a small batch, with
# momentum.  The step length follows half a cosine down to 0; on MNIST it is long, and so a warm-up, a fifth
# of the steps, leads up to it.  Weight decay pulls each weight a little towards 0 at every step (lesson 10).
# Both keep the network from learning single images by heart: with steps of 0.02 and a decay of 0.0005 it was
# right on 99.05 % of 10,000 images held out of the training set, with these on 99.21 %.
#
# Length, batch and decay were chosen on a part of the training images.  To choose them on the test images
# would be to learn from those.

RECIPE = {"digits": dict(epochs=25, batch_size=16, learning_rate=0.01, decay=0.005, warmup=0.0),
          "mnist":  dict(epochs=15, batch_size=64, learning_rate=0.05, decay=0.001, warmup=0.2)}

def learn(net, x, y, epochs, batch_size, learning_rate, decay, warmup, **settings):
    """Trains the net on images x (N, 1, 32, 32) with labels y (N,); returns the History."""
    optimizer = optim.SGD(net.parameters(), learning_rate, momentum=0.9, weight_decay=decay)
    schedule = schedules.cosine(learning_rate, warmup=warmup)
    return train.fit(net, lambda net, x, y: losses.cross_entropy(net(x), y), (x, y), optimizer=optimizer,
                     epochs=epochs, batch_size=batch_size, schedule=schedule, **settings)

start = model[0].w.numpy()                       # C1's filters before training, for later
recipe = RECIPE["digits"] | {"epochs": 8} if lesson.quick else RECIPE[lesson.data]
history = learn(model, seen_train, y_train, **recipe,
                metrics={"test accuracy": lambda net: train.accuracy(net, seen_test, y_test)})

# %%
# A known number, and two rivals
# ------------------------------
# LeCun, Bottou, Bengio and Haffner (1998) report 0.95 % errors on MNIST's 10,000 test images for LeNet-5
# without distorted training images.  On n images an accuracy p has a standard error of √(p(1 − p)/n).
#
# A number needs company.  *Softmax regression* is our network without its hidden layers: one dense layer
# from pixels to digits, trained by the same recipe.  The *nearest neighbour* does not learn at all: it
# gives each test image the label of the training image at the smallest distance ‖a − b‖.

def nearest(x, y, x_test):
    """The label of each test image's nearest training image, by ‖a − b‖² = ‖a‖² − 2 a·b + ‖b‖²."""
    a, b = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    half = (a * a).sum(axis=1) / 2                                              # ‖b‖² is the same for all a
    return np.concatenate([y[(half - b[i:i + 500] @ a.T).argmin(axis=1)] for i in range(0, len(b), 500)])

linear = nn.Sequential(nn.Flatten(), nn.Dense(32 * 32, 10))
learn(linear, seen_train, y_train, **recipe, quiet=True)
answers = {"LeNet-5": model.predict(seen_test).argmax(axis=1),
           "softmax regression": linear.predict(seen_test).argmax(axis=1),
           "nearest neighbour": nearest(x_train, y_train, x_test)}
hits = {name: answer == y_test for name, answer in answers.items()}             # (N,) true or false
right = {name: float(hit.mean()) for name, hit in hits.items()}
lesson.table([[name, int((~hits[name]).sum()), f"{p:.2%} ± {np.sqrt(p * (1 - p) / len(y_test)):.2%}"]
              for name, p in right.items()], ["", "errors", "accuracy"])

# %%
# Are those differences luck?  Both read the same images, so count only those that one of them reads and the
# other does not.  Between equals each such image is a fair coin, and won − lost has mean 0 and standard
# deviation √(won + lost).  A lead of two deviations or more is luck once in forty times.
#
# On the bundled digits LeNet-5 beats softmax regression, but not the nearest neighbour: 1,437 images are few
# to learn 61,706 numbers from, and the neighbour has nothing to learn.  On MNIST's 60,000 it pulls away.  A
# network wants images; lesson 05 makes new ones out of those it has.

def lead(name):
    """How many standard deviations LeNet-5 is ahead of a rival."""
    won, lost = (hits["LeNet-5"] & ~hits[name]).sum(), (~hits["LeNet-5"] & hits[name]).sum()
    return float((won - lost) / np.sqrt(max(won + lost, 1)))

ours, linear_lead, nearest_lead = right["LeNet-5"], lead("softmax regression"), lead("nearest neighbour")
lesson.record("LeNet-5's test accuracy", ours)
lesson.record("LeNet-5's lead over softmax regression", linear_lead, "standard deviations")
lesson.record("LeNet-5's lead over the nearest neighbour", nearest_lead, "standard deviations")
lesson.claim("LeNet-5 reads more digits than softmax regression", linear_lead > 0, ours)
lesson.claim("on MNIST it leads the nearest neighbour by two deviations", nearest_lead > 2, nearest_lead,
             full=True, data="mnist")
lesson.claim("at least 99.2 % of MNIST, where LeCun 1998 has 99.05 %", ours >= 0.992, ours,
             full=True, data="mnist")
errors = {"LeNet-5": 100 * (1 - np.array(history["test accuracy"]))}
errors |= {name: np.full(recipe["epochs"], 100 * (1 - right[name])) for name in list(right)[1:]}
lesson.picture(plot.curves(errors, ylabel="errors on the test images, %"), "learning",
               "One epoch is one look at every training image")

# %%
# Inside
# ------
# One test image on its way through the network.  The six *filters* of C1 are drawn blue below zero and red
# above.  Each makes a *feature map*: bright where the image looks like the filter.  Pooling halves the maps.
# C3 combines all six into sixteen; by S4 only 5×5 is left of the image, and C5 and F6 are no image any
# more.
#
# Do not look for a meaning in every filter.  They began as noise, and the cosine of the angle between a
# filter and what it began as tells how much of it is noise still: 1 if it has not turned at all.

shown = seen_test[:1]                                                           # (1, 1, 32, 32)
filters = model[0].w.numpy()[:, 0]                                              # (6, 5, 5)
c1, s2, c3, s4, c5, f6, logits = (model[:i].predict(shown)[0] for i in (2, 3, 5, 6, 9, 11, 12))
a, b = filters.reshape(6, 25), start.reshape(6, 25)
lesson.record("cosine of C1's filters with their beginnings",
              (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1)))

columns = [("input\n32×32", shown[0], 1, 2.2), ("filters\n5×5", filters, 1, 1), ("C1\n28×28", c1, 1, 1),
           ("S2\n14×14", s2, 1, 1), ("C3\n10×10", c3, 2, 1.55), ("S4\n5×5", s4, 2, 1.55),
           ("C5\n120", c5.reshape(1, 40, 3), 1, 0.45), ("F6\n84", f6.reshape(1, 28, 3), 1, 0.45)]

# %%
# Each layer is drawn on one grey scale of its own, so that a map that is black has found nothing.
import matplotlib.pyplot as plt

def through_the_net():
    """The figure: a column of pictures for each layer, each layer on a scale of its own, then the answer."""
    figure = plt.figure(figsize=(6.5, 3.7))
    widths = [width for *_, width in columns]
    places = figure.add_gridspec(1, 10, width_ratios=widths + [0.05, 1.2], wspace=0.2, left=0, right=0.99,
                                 bottom=0.02, top=0.88)
    for place, (name, maps, across, _) in zip(places, columns):
        signed, down = name.startswith("filters"), -(-len(maps) // across)
        low, high = (-np.abs(maps).max(), np.abs(maps).max()) if signed else (maps.min(), maps.max())
        for cell, pixels in zip(place.subgridspec(down, across, wspace=0.06, hspace=0.06), maps):
            ax = figure.add_subplot(cell)
            ax.imshow(pixels, "RdBu_r" if signed else "gray", vmin=low, vmax=high,
                      aspect="equal" if "×" in name else "auto")
            ax.axis("off")
        head = place.get_position(figure)
        figure.text((head.x0 + head.x1) / 2, 0.9, name, ha="center", fontsize=8, linespacing=1.3)
    ax = figure.add_subplot(places[-1])
    ax.barh(range(10), softmax(logits), color="#3f90da")
    ax.set(yticks=range(10), ylim=(9.5, -0.5), xlim=(0, 1), xticks=[0, 1])
    ax.set_title("probability", fontsize=8)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=8, length=2)
    return figure

lesson.picture(through_the_net(), "through_the_net", f"A {y_test[0]} on its way through LeNet-5")

# %%
# Errors
# ------
# A row of the confusion matrix is a true digit, a column an answer.  The images below are the worst errors:
# those whose right answer got the least probability.  Some would divide a room of people, too.

probability = softmax(model.predict(seen_test))                                 # (N, 10)
answer, given = answers["LeNet-5"], probability[np.arange(len(y_test)), y_test]
matrix = plot.confusion_matrix(y_test, answer, 10)
lesson.picture(plot.confusion(matrix), "confusion", "What was taken for what")
worst = [i for i in given.argsort()[:30] if answer[i] != y_test[i]]
lesson.picture(plot.image_grid(x_test[worst], columns=10,
                               titles=[f"{y_test[i]} → {answer[i]}" for i in worst]),
               "errors", "The worst errors: true → read")

# %%
# What goes wrong if … the picture is taken at its word
# -----------------------------------------------------
# 001 describes ReLU, max pooling, softmax and cross-entropy, and illustrates them by LeNet-5.  That is
# today's LeNet-5, the one above.  In the one of 1998
#
# - the activation is f(a) = 1.7159 tanh(⅔ a), for which f(±1) = ±1;
# - S2 and S4 *average* 2×2 pixels, then multiply by one learned number and add another, for each map;
# - each map of C3 sees only some of the six below it, by a table: 60 of 96 pairs, to save work and to make
#   the maps differ;
# - the output learns nothing: each digit has a fixed code c of 84 numbers ±1, and the answer is the code
#   nearest to F6 (a *radial basis function*).  Theirs drew the digits in 7×12 pixels, ours are coin tosses.
#
# With a pencil: 156 + 2·6 + (60·25 + 16) + 2·16 + 48,120 + 10,164 = 60,000, the number in the paper.

class ScaledTanh(nn.Module):
    def forward(self, a):
        return 1.7159 * tanh(a * (2 / 3))

class Subsample(nn.Module):
    def __init__(self, maps):
        self.w = Tensor(np.ones((maps, 1, 1), np.float32))
        self.b = Tensor(np.zeros((maps, 1, 1), np.float32))

    def forward(self, x):
        return images.avg_pool2d(x, 2) * self.w + self.b                        # (N, C, H/2, W/2)

# %%
# The table of C3: which maps of S2 each of its sixteen sees.  Three neighbours, four neighbours, two pairs,
# all.

SEES = [[(i + k) % 6 for k in range(n)] for n in (3, 4) for i in range(6)]
SEES += [[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5]]

class SparseConv(nn.Module):
    """C3: 60 filters of 5×5, each between one map below and one above; the other 36 are 0 and not learned."""
    pairs = tuple(np.array([(above, below) for above, seen in enumerate(SEES) for below in seen]).T)

    def __init__(self):
        self.w = Tensor(init.glorot((60, 5, 5), 60 * 25 / 16, 60 * 25 / 6))
        self.b = Tensor(np.zeros(16, np.float32))

    def forward(self, x):
        pairs = tuple(map(backend.to_device, self.pairs))
        return images.conv2d(x, ops.add_at(self.w, index=pairs, shape=(16, 6, 5, 5)), self.b)

class Codes(nn.Module):
    """−½‖f − c‖² for each code c, f (N, 84) → (N, 10): the log of a Gaussian around c, but for a constant."""
    def __init__(self):
        self.c = backend.to_device(backend.rng().choice(np.float32([-1, 1]), (10, 84)))     # not learned

    def forward(self, f):
        return -0.5 * ops.sum((f.reshape(-1, 1, 84) - self.c) ** 2, axis=2)

# %%
# Both networks learn from the same 1,437 images, each with a step length that suits it.  The old one comes
# out a little behind; but its own optimiser, a stochastic Levenberg–Marquardt, has not been put back.

def lenet5_of_1998():
    """The network of LeCun et al. (1998), untrained, but for the drawings in its last layer."""
    dense = lambda n, m: nn.Dense(n, m, init=init.glorot)                       # noqa: E731
    return nn.Sequential(nn.Conv2d(1, 6, 5, init=init.glorot), ScaledTanh(), Subsample(6), ScaledTanh(),
                         SparseConv(), ScaledTanh(), Subsample(16), ScaledTanh(), nn.Flatten(),
                         dense(400, 120), ScaledTanh(), dense(120, 84), ScaledTanh(), Codes())

old, new = lenet5_of_1998(), lenet5()
short = RECIPE["digits"] | {"epochs": 4 if lesson.quick else 12, "quiet": True}
learn(old, seen_train[:1437], y_train[:1437], **short | {"learning_rate": 0.003})
learn(new, seen_train[:1437], y_train[:1437], **short)
for name, net in (("1998", old), ("today", new)):
    lesson.record(f"accuracy of the network of {name} after {short['epochs']} epochs",
                  train.accuracy(net, seen_test, y_test))
lesson.claim("the LeNet-5 of 1998 has 60,000 parameters, as its paper says",
             old.count() == 60_000, old.count())

# %%
# The codes look exotic and are not.  All have the same length, ‖c‖² = 84, so
#
#     −½‖f − c‖² = f·c − ½‖f‖² − 42,
#
# and softmax cancels whatever is the same for all ten.  What remains is f·c: a dense layer that never
# learns.

f = old[:-1].predict(seen_test)                                                 # (N, 84)
gap = np.abs(softmax(old.predict(seen_test)) - softmax(f @ backend.to_host(old[-1].c).T)).max()
lesson.claim("softmax of the distances to the codes is softmax of f·c, to float32", gap < 1e-4, gap)

# %%
# Try it yourself
# ---------------
# - Take away the four ReLUs.  How much is lost?  Which layers are still not linear?
# - Move the test images by 1, 2 and 4 pixels, with minidl.data.shift, and measure again.  001 speaks of
#   “translation invariance”: how far does it go?  (Lesson 05 goes further, by training on moved images.)
# - Train on 100 images, on 300, on 1,000.  From how many on does the network beat the nearest neighbour?
#
# Sources
# -------
# Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), “Gradient-based learning applied to document
# recognition”: the network, its table, its 60,000 parameters, its 0.95 %.
# Y. LeCun et al. (1989), “Backpropagation applied to handwritten zip code recognition”: its forebear.

lesson.end()
