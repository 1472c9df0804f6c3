"""
LeNet-5: reading handwriting
============================

How does a machine read a digit that somebody wrote by hand?  In 1989 a network at Bell Labs learned it from
examples; by 1998 its successors were reading cheques.  Here is one of them, LeNet-5, to be taken apart.

Needs: lessons 02 and 03.
From: the course notes (001), "Convolutional Neural Networks"; lessons/DOCUMENTS.md says what they are.
New words: feature map, momentum, warm-up, weight decay.
Time: quick 10 s, full 3 min on two cores.
"""
import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, init, losses, nn, ops, optim, plot, schedules, train
from minidl.functions import relu, softmax, tanh
from minidl.images import avg_pool2d, conv2d, max_pool2d

lesson = begin("04_lenet5")

# %%
# What the net sees
# -----------------
# An image is a grid of numbers: 0 is paper, 1 is ink.  LeNet-5 takes 32×32 of them, with room around the
# digit.  The network is given (pixel − mean)/deviation: numbers of both signs, of size about 1.  As in lesson
# 02, training images teach, validation images choose, and test images, by other people, judge once.
(x_all, y_all), (x_test, y_test) = lesson.images(size=32)                       # (N, 1, 32, 32), (N,)
order = lesson.rng("three sets").permutation(len(x_all))
x_train, x_valid = np.split(x_all[order], [len(x_all) * 11 // 12])
y_train, y_valid = np.split(y_all[order], [len(x_all) * 11 // 12])
mean, deviation = x_train.mean(), x_train.std()

def seen(x):
    return (x - mean) / deviation

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
class LeNet5(nn.Module):
    def __init__(self):
        self.c1, self.c3 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.c5, self.f6, self.output = nn.Dense(400, 120), nn.Dense(120, 84), nn.Dense(84, 10)

    def stages(self, x):
        c1 = relu(self.c1(x))                                   # (N, 6, 28, 28)
        s2 = max_pool2d(c1, 2)                                  # (N, 6, 14, 14)
        c3 = relu(self.c3(s2))                                  # (N, 16, 10, 10)
        s4 = max_pool2d(c3, 2)                                  # (N, 16, 5, 5)
        c5 = relu(self.c5(s4.reshape(-1, 400)))                 # (N, 120)
        f6 = relu(self.f6(c5))                                  # (N, 84)
        return {"C1": c1, "S2": s2, "C3": c3, "S4": s4, "C5": c5, "F6": f6, "output": self.output(f6)}

    def forward(self, x):
        return self.stages(x)["output"]

# %%
# The same by machine:
lesson.rng("network")
model = LeNet5()
first = backend.to_device(seen(x_train[:1]))
lesson.table([(name, str(z.shape[1:])) for name, z in model.stages(first).items()], ["layer", "comes out"])
by_hand = 6 * (25 + 1) + 16 * (6 * 25 + 1) + 120 * (16 * 25 + 1) + 84 * (120 + 1) + 10 * (84 + 1)
lesson.check("LeNet-5 has 61,706 parameters", by_hand == model.count() == 61_706, model.count())

# %%
# Learning
# --------
# Each step goes down the slope g of the cross-entropy of a small batch, with momentum: v ← 0.9 v + g, w ←
# w − η v, so that steps in one direction add up.  The rate η first rises, for a fifth of the steps, from 0 (a
# warm-up), then falls along half a cosine.  Weight decay λ adds λ w to a weight's slope and draws it a little
# towards 0.  Lesson 39, "Descent, and a good start", teaches how to descend.  All these numbers were chosen
# on images held out of the training set.
recipe = lesson.pick(digits={"epochs": 25, "batch_size": 16, "rate": 0.01, "decay": 0.005},
                     quick={"epochs": 8, "batch_size": 16, "rate": 0.01, "decay": 0.005},
                     mnist={"epochs": 15, "batch_size": 64, "rate": 0.05, "decay": 0.001})

def learn(net, x, y, *, rate, decay, **settings):
    """Trains the net on images x (N, 1, 32, 32) with labels y (N,); returns the History."""
    return train.fit(net, lambda net, x, y: losses.cross_entropy(net(x), y), (seen(x), y),
                     optimizer=optim.SGD(net.parameters(), rate, momentum=0.9, weight_decay=decay),
                     schedule=schedules.cosine(rate, warmup=0.2), **settings)

untrained = model.c1.w.numpy()                                  # C1's filters (6, 1, 5, 5), for later
history = learn(model, x_train, y_train, **recipe, quiet=lesson.quick, metrics={
    "validation errors, %": lambda net: 100 * (1 - train.accuracy(net, seen(x_valid), y_valid))})

# %%
# A known number, and two rivals
# ------------------------------
# LeCun, Bottou, Bengio and Haffner (1998) report 0.95 % errors on MNIST's 10,000 test images for LeNet-5
# without distorted training images.  The rivals here are those of lesson 02.  Guess first: which of the three
# reads most digits?  And which still reads an image that has moved to the right by 1, 2 or 4 of 32 pixels?
print("LeNet-5 and its rivals read the test images …")
moves = (0, 1, 2, 4)                                            # to the right; paper comes in from the left
looks = np.concatenate([np.pad(x_test, ((0, 0), (0, 0), (0, 0), (by, 0)))[..., :32] for by in moves])
flat_train, flat_looks = x_train.reshape(len(x_train), -1), looks.reshape(len(looks), -1)
said = {"LeNet-5": model.predict(seen(looks)).argmax(axis=1),
        "softmax regression": judge.softmax_regression(flat_train, y_train, flat_looks),
        "nearest neighbour": judge.nearest(flat_train, y_train, flat_looks)}
hits = {name: labels.reshape(4, -1) == y_test for name, labels in said.items()}         # (4, N), a row a move
errors = {name: 100 * (1 - hit.mean(axis=1)) for name, hit in hits.items()}             # (4,)
lead = {name: [judge.lead(*pair) for pair in zip(hits["LeNet-5"], hits[name])] for name in list(hits)[1:]}
lesson.table([(name, *wrong) for name, wrong in errors.items()],
             ["errors, %", "at rest", "moved by 1", "by 2", "by 4"])

# %%
# A lead is counted in standard deviations of won − lost (lesson 02): above two, in the direction that was
# named before, it is luck once in 44 times.  Look whether LeNet-5 beats the nearest neighbour, which learns
# nothing, after the 1,317 images of a quick run, and after MNIST's 55,000.
on_mnist = {"full": True, "data": "mnist"}
lesson.table([(name, *ahead) for name, ahead in lead.items()], ["LeNet-5's lead over", "at rest", *"124"])
lesson.claim("LeNet-5's lead over softmax regression", lead["softmax regression"][0], above=2)
lesson.claim("LeNet-5's lead over the nearest neighbour", lead["nearest neighbour"][0], above=2, **on_mnist)
lesson.claim("LeNet-5's errors, %, against those of 1998", errors["LeNet-5"][0], below=0.95, **on_mnist)
levels = {f"{name}, test": wrong[0] for name, wrong in errors.items()}
levels |= lesson.pick(digits={}, mnist={"LeCun et al. 1998, test": 0.95})
curves = {"LeNet-5, validation": history["validation errors, %"]}
curves |= {name: np.full(recipe["epochs"], level) for name, level in levels.items()}
figure = plot.curves(curves, ylabel="errors (%)", log=lesson.pick(digits="", mnist="y"))
lesson.picture(figure, "learning", f"LeNet-5 learns: after {recipe['epochs']} epochs it misreads "
               f"{errors['LeNet-5'][0]:.2f} % of the test images (dotted: looked at once).")

# %%
# Inside
# ------
# One test image on its way through the network.  The six filters of C1 are drawn blue below zero and red
# above.  Each makes a *feature map*: bright where the image looks like the filter.  Pooling halves the maps,
# C3 combines all six into sixteen, and C5 and F6 are no image any more.  A black map has found nothing.  Do
# not look for a meaning in every filter.  They began as noise; a cosine of 1 means: not turned at all.
filters = model.c1.w.numpy()
turned = (filters * untrained).sum(axis=(1, 2, 3))
turned /= np.sqrt((filters ** 2).sum(axis=(1, 2, 3)) * (untrained ** 2).sum(axis=(1, 2, 3)))
lesson.record("cosine of the angle between C1's filters and their beginnings", turned)
inside = {name: z.numpy()[0] for name, z in model.stages(backend.to_device(seen(x_test[:1]))).items()}
columns = [("input\n32×32", x_test[0], 1, 2.2), ("filters\n5×5", filters[:, 0], 1, 1),
           ("C1\n28×28", inside["C1"], 1, 1), ("S2\n14×14", inside["S2"], 1, 1),
           ("C3\n10×10", inside["C3"], 2, 1.55), ("S4\n5×5", inside["S4"], 2, 1.55),
           ("C5\n120", inside["C5"].reshape(1, 40, 3), 1, 0.45),
           ("F6\n84", inside["F6"].reshape(1, 28, 3), 1, 0.45)]                 # title, maps, across, width

# %%
import matplotlib.pyplot as plt
figure = plt.figure(figsize=(plot.WIDTH, 3.7), layout="none")
places = figure.add_gridspec(1, 10, width_ratios=[width for *_, width in columns] + [0.05, 1.2], wspace=0.2,
                             left=0, right=0.99, bottom=0.07, top=0.88)
for place, (title, maps, across, _) in zip(places, columns):
    top, colours = abs(maps).max(), "RdBu_r" if "filters" in title else "gray"
    grid = place.subgridspec(-(-len(maps) // across), across, wspace=0.06, hspace=0.06)
    for spot, pixels in zip(grid, maps):
        ax = figure.add_subplot(spot)
        ax.imshow(pixels, colours, vmin=-top if maps.min() < 0 else 0, vmax=top,
                  aspect="equal" if "×" in title else "auto")
        ax.axis("off")
    box = place.get_position(figure)
    figure.text((box.x0 + box.x1) / 2, 0.9, title, ha="center", fontsize=8, linespacing=1.3)

# %%
ax = figure.add_subplot(places[-1])
ax.barh(range(10), softmax(inside["output"]), color=plot.COLOURS[0])
ax.set(yticks=range(10), ylim=(9.5, -0.5), xlim=(0, 1), xticks=[0, 1], title="probability")
lesson.picture(figure, "through_the_net", f"A {y_test[0]} on its way through LeNet-5, which reads it as "
               f"{inside['output'].argmax()}.  Filters: blue is negative, red positive.")
chance = softmax(model.predict(seen(x_test)))[np.arange(len(y_test)), y_test]   # of the right answer
worst = [i for i in chance.argsort()[:20] if not hits["LeNet-5"][0, i]]
names = [f"{y_test[i]} → {said['LeNet-5'][i]}" for i in worst]
lesson.picture(plot.image_grid(x_test[worst], columns=10, titles=names), "errors",
               f"Its {len(worst)} worst errors, true → read: the right answer got the least probability.")

# %%
# The documents' errata: a degree of invariance, and a picture
# ------------------------------------------------------------
# 001, "Key Advantages of CNNs": "**Translation Invariance**: Pooling layers help CNNs achieve a degree of
# translation invariance, meaning the network can recognize objects in different positions in the image."
# The degree can be measured: above, the test images moved.
#
# §3: "After each convolution operation, a non-linear activation function, typically the **Rectified Linear
# Unit (ReLU)**, is applied."  Its example for that, for max pooling and for softmax is a picture of LeNet-5.
# That is today's.  In the LeNet-5 of 1998 the activation is 1.7159 tanh(⅔ a), which leaves ±1 where they are.
# S2 and S4 average 2×2 pixels, then multiply by one learned number and add another, for each map.  Each map
# of C3 sees only some of the six below it, 60 of 96 pairs.  And the output learns nothing: each digit has a
# fixed code of 84 numbers ±1 (theirs drew it, ours is tossed), and the answer is the code nearest to F6.  By
# hand: 156 + 2·6 + (60·25 + 16) + 2·16 + 48,120 + 10,164 = 60,000, as in the paper.
at_rest, _, _, by_four = hits["LeNet-5"]
lesson.claim("moved by 2: LeNet-5's lead over softmax regression", lead["softmax regression"][2], above=2)
lesson.claim("LeNet-5's lead at rest over itself, moved by 4", judge.lead(at_rest, by_four), above=2)

sees = [[(i + k) % 6 for k in range(n)] for n in (3, 4) for i in range(6)]      # three neighbours, or four
sees += [[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], range(6)]                    # two pairs, and all
mask = backend.to_device(np.float32([[[[i in maps]] for i in range(6)] for maps in sees]))

def bend(a):
    return 1.7159 * tanh(a * (2 / 3))

# %%
class LeNet5Of1998(nn.Module):
    def __init__(self):
        self.c1, self.c3 = nn.Conv2d(1, 6, 5, init=init.glorot), nn.Conv2d(6, 16, 5, init=init.glorot)
        self.c5, self.f6 = nn.Dense(400, 120, init=init.glorot), nn.Dense(120, 84, init=init.glorot)
        self.gains = [Tensor(np.ones((maps, 1, 1), np.float32)) for maps in (6, 16)]
        self.shifts = [Tensor(np.zeros((maps, 1, 1), np.float32)) for maps in (6, 16)]
        self.codes = backend.to_device(backend.rng().choice(np.float32([-1, 1]), (10, 84)))

    def forward(self, x):
        s2 = bend(avg_pool2d(bend(self.c1(x)), 2) * self.gains[0] + self.shifts[0])
        c3 = bend(conv2d(s2, self.c3.w * mask, self.c3.b))
        s4 = bend(avg_pool2d(c3, 2) * self.gains[1] + self.shifts[1])
        f6 = bend(self.f6(bend(self.c5(s4.reshape(-1, 400)))))                  # (N, 84)
        return -0.5 * ops.sum((f6.reshape(-1, 1, 84) - self.codes) ** 2, axis=2)

# %%
# Both learn from 1,317 images, each at a rate that suits it; but the optimiser of 1998, a method of second
# order, is not put back.  Look which one is ahead.
lesson.rng("1998 and today")
old, new = LeNet5Of1998(), LeNet5()
short = {"epochs": 8, "batch_size": 16, "decay": 0.005, "quiet": True}
learn(old, x_train[:1317], y_train[:1317], rate=0.003, **short)
learn(new, x_train[:1317], y_train[:1317], rate=0.01, **short)
counted = old.count() - 36 * 25                                 # of C3's 96 filters, 36 are masked
lesson.check("the LeNet-5 of 1998 has the 60,000 parameters of its paper", counted == 60_000, counted)
old_hits, new_hits = (net.predict(seen(x_test)).argmax(axis=1) == y_test for net in (old, new))
lesson.record("errors of 1998 and of today", [100 * (1 - old_hits.mean()), 100 * (1 - new_hits.mean())], "%")
lesson.claim("today's lead over 1998, by 1,317 images", judge.lead(new_hits, old_hits), above=2, **on_mnist)

# %%
# Try it yourself
# ---------------
# 1. (Easy.)  Take the four ReLUs away, and divide the rate by five, as nothing cuts the signal now.  How much
#    is lost?  Which layers are still not linear?
# 2. (Easy.)  Train on moved images: augment=lambda x: augment.shift(x, 4) draws another move for every image
#    in every epoch.  How far may the test images move now?
# 3. (Hard.)  Shuffle the pixels, in one way for all images.  Guess first: who suffers, LeNet-5, softmax
#    regression or the nearest neighbour?  Why?
#
# Remember
# --------
# - LeNet-5 is two convolutions with pooling and three dense layers: 61,706 numbers, which need many images.
# - It bears a move by two pixels better than softmax regression does.  A move by four it does not bear.
# - The LeNet-5 of today and the one of 1998 share a drawing, not the parts.
#
# Sources
# -------
# The course notes (001), "Convolutional Neural Networks".
# Y. LeCun et al. (1989), Backpropagation applied to handwritten zip code recognition.
# Y. LeCun et al. (1998), Gradient-based learning applied to document recognition: network, table, 0.95 %.
lesson.end()
