"""
Convolution, stride, padding, pooling
=====================================

A dense layer that can find an edge in one corner of an image has learned nothing about the other corners.
What if one small set of weights looked everywhere?

Needs: lessons 01 and 02.
From: the course notes (001), "Convolutional Neural Networks"; lessons/DOCUMENTS.md says what they are.
New words: channel, stride, padding, pooling, tied weights, receptive field, equivariant, invariant.
Time: quick 3 s, full 4 s on two cores.
"""
import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, grad, nn, plot
from minidl.images import avg_pool2d, conv2d, max_pool2d

lesson = begin("03_convolution")

# %%
# By hand: a 3×3 filter on a 4×4 image
# ------------------------------------
# Lay the filter on the image, multiply what lies on top of each other, add it all up, and move on by one.
# This filter subtracts the column on its left from the column on its right: it sees vertical edges.
#
#     0 0 1 1
#     0 0 1 1      −1 0 1       the top left window:  (1 + 1 + 1) − (0 + 0 + 0) = 3      3 2
#     0 1 1 1   ∗  −1 0 1   →   the one to its right: (1 + 1 + 1) − (0 + 0 + 1) = 2  →   2 1
#     1 1 1 1      −1 0 1
#
# Pooling looks through windows side by side, and has no weights: it keeps the largest pixel, or the mean.
image = np.array([[0.0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1]])[None, None]   # (N, C, H, W)
edge = np.array([[-1.0, 0, 1]] * 3)[None, None]                                            # (O, C, KH, KW)
by_hand = [[[3, 2], [2, 1]], [[0, 1], [1, 1]], [[0, 1], [0.75, 1]]]
by_minidl = [z[0, 0].tolist() for z in (conv2d(image, edge), max_pool2d(image, 2), avg_pool2d(image, 2))]
lesson.check("edge, max pool and mean pool are as by hand", by_minidl == by_hand, by_minidl)

# %%
# The whole layer
# ---------------
# An image has C *channels*: 3 for red, green and blue.  The course notes (001) write a colour image as
# 32 × 32 × 3, height × width × channels; here N of them are (N, 3, 32, 32).  A layer has O filters, and each
# has weights for every channel: a "3×3" filter on colour has 3·3·3 weights and a bias.  With *stride* s the
# filter moves by s pixels at a time.  With *padding* p the image gets a frame of p zeros first.
#
#     z[n, o, i, j] = b[o] + Σ_c Σ_u Σ_v w[o, c, u, v] · x[n, c, i s + u, j s + v]
#
# The filter's last pixel stays inside: i s + k ≤ H + 2p.  The largest such i is ⌊(H + 2p − k)/s⌋, and from 0
# to there it is one more: OH = ⌊(H + 2p − k)/s⌋ + 1.  What the floor cuts off is never looked at.
def conv_by_loop(x, w, b, s):
    """x (N, C, H, W) with its frame, w (O, C, K, K), b (O,) → z (N, O, OH, OW), one number at a time."""
    k = w.shape[2]
    z = np.empty((len(x), len(w), (x.shape[2] - k) // s + 1, (x.shape[3] - k) // s + 1))
    for n, o, i, j in np.ndindex(*z.shape):
        z[n, o, i, j] = b[o] + (w[o] * x[n, :, i * s:i * s + k, j * s:j * s + k]).sum()
    return z

rng = lesson.rng("layer")
x, w, b = rng.normal(size=(2, 3, 11, 8)), rng.normal(size=(5, 3, 4, 4)), rng.normal(size=5)
off = abs(conv_by_loop(x, w, b, s=2) - conv2d(x, w, b, stride=2)).max()
lesson.check("the formula is minidl's conv2d, to 1e-12", off < 1e-12, off)
cases = [case for case in np.ndindex(13, 7, 4, 4) if min(case[:3]) > 0 and case[1] <= case[0] + 2 * case[3]]
wrong = sum((h + 2 * p - k) // s + 1 != conv2d(np.zeros((1, 1, h, h)), np.zeros((1, 1, k, k)), stride=s,
                                               padding=p).shape[2] for h, k, s, p in cases)
lesson.check(f"OH is wrong in none of {len(cases)} cases, 5×5 → 3×3 among them", wrong == 0, wrong)

# %%
# What a filter sees
# ------------------
_, (digits, labels) = lesson.images(size=32)
digit = digits[labels == 0][:1]                                 # (1, 1, 32, 32)
sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])          # a difference, and a blur along the edge
bank = {"across": sobel, "down": sobel.T, "outline": np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])}
figure, axes = plot.panels(4, height=1.8)
axes[0].imshow(digit[0, 0], "gray", vmin=0, vmax=1)
for ax, taps in zip(axes[1:], bank.values()):
    found = conv2d(digit, taps[None, None].astype(np.float32), padding="same")[0, 0]
    ax.imshow(found, "RdBu_r", vmin=-abs(found).max(), vmax=abs(found).max())
for ax, name in zip(axes, ["image", *bank]):
    ax.set(xticks=[], yticks=[], xlabel=name)
lesson.picture(figure, "edges", "A digit through three filters, each on its own scale.  Red: the result is "
               "positive.  Blue: negative.  White: 0, nothing happens here.")

# %%
# A convolution is a dense layer: banded and tied
# -----------------------------------------------
# conv2d is linear, so it is some matrix M: z = x M, image and result laid out row by row.  Row i of M is
# what comes out for an image that is 0 but for pixel i; we feed it all of them at once.  Most of M is 0, as a
# window is small (a *band*).  The rest is 9 numbers over and over (*tied weights*).
kernel = np.array([[-4.0, -3, -2], [-1, 1, 2], [3, 4, 5]])[None, None]
matrix = conv2d(np.eye(64).reshape(64, 1, 8, 8), kernel).reshape(64, 36)
ties = np.count_nonzero(matrix), len(np.unique(matrix[matrix != 0]))
lesson.check("of the 64·36 numbers in M 9·36 are not 0, and have 9 values", ties == (9 * 36, 9), ties)
counts = nn.Conv2d(3, 6, 5).count(), nn.Dense(3 * 32 * 32, 6 * 28 * 28).count()
lesson.check("six 5×5 filters on 3×32×32, as filters and dense", counts == (6 * 76, 3073 * 4704), counts)
figure, (ax,) = plot.panels(1, height=3.4)
ax.set(xlabel="input pixel", ylabel="output pixel", xticks=range(0, 64, 8), yticks=range(0, 36, 6))
figure.colorbar(ax.imshow(matrix.T, "RdBu_r", vmin=-5, vmax=5), label="weight", shrink=0.8)
lesson.picture(figure, "matrix", "A 3×3 filter on 8×8 pixels as a dense layer: 9 values, over and over.")

# %%
# What does sharing buy?
# ----------------------
# Let a layer learn M from 130 Gaussian images, by least squares, where the outputs carry noise of variance 1.
# Theory: p weights fitted to N examples leave an error of p/(N − p − 1) (Breiman & Freedman 1983).  Dense, an
# output has 64 weights: 64/65.  With a window of its own it has 9: 9/120.  One filter for all has 9 weights,
# and 36 windows in every image: nearly 9/(36 · 130).  Guess first: how much better is one filter than dense?
def left_by_noise(rng):
    """The mean squared error of z: of a dense layer, of a filter for each place, of one filter for all."""
    inputs, true = rng.normal(size=(130, 8, 8)), kernel.ravel()
    windows = np.lib.stride_tricks.sliding_window_view(inputs, (3, 3), axis=(1, 2)).reshape(130, 36, 9)
    outputs = windows @ true + rng.normal(size=(130, 36))
    dense = np.linalg.lstsq(inputs.reshape(130, 64), outputs, rcond=None)[0] - matrix
    local = [np.linalg.lstsq(windows[:, o], outputs[:, o], rcond=None)[0] - true for o in range(36)]
    shared = np.linalg.lstsq(windows.reshape(-1, 9), outputs.ravel(), rcond=None)[0] - true
    return (dense ** 2).sum() / 36, np.square(local).sum() / 36, (shared ** 2).sum()

left = np.transpose([left_by_noise(lesson.rng(f"sharing {i}")) for i in range(30)])         # (3, 30)
theory = {"a dense layer": 64 / 65, "a filter for each place": 9 / 120, "one filter": 9 / (36 * 130)}
lesson.table(zip(theory, left.mean(axis=1), theory.values()), ["fitted", "error of z", "theory"])
for name, errors in zip(theory, left):
    lesson.claim(f"{name}: standard errors off", abs(judge.standard_errors(errors, theory[name])), below=5)

# %%
# The way back: by hand, and as a loop
# ------------------------------------
# Training needs the gradients by x, w and b, from g = ∂J/∂z.  At each place a window of x and the filter w
# made one z.  So g there goes back to both, each times the other: g · w to the window, g · window to the
# filter.  Windows overlap, and the filter is one for all: shares add up.  For J = 1 · z[0, 0] + 2 · z[1, 1]:
#
#              0 0 1       0 1 1     0 2 3              −1 0 1 0       0  0 0 0     −1  0 1 0
#     ∂J/∂w =  0 0 1 + 2 · 1 1 1  =  2 2 3     ∂J/∂x =  −1 0 1 0 + 2 · 0 −1 0 1  =  −1 −2 1 2
#              0 1 1       1 1 1     2 3 3              −1 0 1 0       0 −1 0 1     −1 −2 1 2
#                                                        0 0 0 0       0 −1 0 1      0 −2 0 2
def back_by_loop(g, x, w, s):
    """g (N, O, OH, OW) → ∂J/∂x (N, C, H, W), ∂J/∂w (O, C, K, K), ∂J/∂b (O,): the loop of the way there."""
    dx, dw, k = np.zeros_like(x), np.zeros_like(w), w.shape[2]
    for n, o, i, j in np.ndindex(*g.shape):
        window = np.s_[n, :, i * s:i * s + k, j * s:j * s + k]
        dx[window] += g[n, o, i, j] * w[o]
        dw[o] += g[n, o, i, j] * x[window]
    return dx, dw, g.sum(axis=(0, 2, 3))

dx, dw, db = back_by_loop(np.array([[[[1.0, 0], [0, 2]]]]), image, edge, s=1)
pencil = ([[-1, 0, 1, 0], [-1, -2, 1, 2], [-1, -2, 1, 2], [0, -2, 0, 2]], [[0, 2, 3], [2, 2, 3], [2, 3, 3]])
lesson.check("∂J/∂x and ∂J/∂w are as by hand", (dx[0, 0].tolist(), dw[0, 0].tolist()) == pencil, dw[0, 0])

# %%
# Three partners, then: windows · filter → z, g pasted through the filter → ∂J/∂x, windows · g → ∂J/∂w.
leaves = [Tensor(v) for v in (x, w, b)]
z = conv2d(*leaves, stride=2)
g = lesson.rng("back").normal(size=z.shape)
by_tape = [backend.to_host(v) for v in grad((z * backend.to_device(g)).sum(), leaves)]
apart = max(abs(ours - theirs).max() for ours, theirs in zip(back_by_loop(g, x, w, s=2), by_tape))
lesson.check("the loop's three gradients are those of minidl's tape, to 1e-12", apart < 1e-12, apart)

# %%
# How much does pooling forgive?
# ------------------------------
# A lone bright pixel may move inside its window unseen: 1000 and 0100 are both pooled to 10, but 0010 to 01.
# How much is that in all?  Take pixels uniform on 0–1.  The largest of n has mean n/(n + 1), and |a − b| =
# 2 max(a, b) − a − b.  A window of 2×2 and the one a pixel beside it see 6 pixels together, two windows far
# apart 8.  So the mean change is 2 (6/7 − 4/5) = 4/35 for a shift by one, 2 (8/9 − 4/5) = 8/45 for another
# image.  Pooling leaves 9/14 of the difference, no pooling all of it.  Guess first: how much on digits?
def shifted(images):
    return np.roll(images, 1, axis=3)                           # the right edge comes in at the left

noise = lesson.rng("pooling").random((1000, 1, 32, 32))
change = abs(max_pool2d(shifted(noise), 2) - max_pool2d(noise, 2)).mean(axis=(1, 2, 3))         # (1000,)
lesson.claim("noise, shift by one: standard errors off", abs(judge.standard_errors(change, 4 / 35)), below=5)
ways = {"none": lambda v: v, "every second pixel": lambda v: v[:, :, ::2, ::2],
        "mean": lambda v: avg_pool2d(v, 2), "max": lambda v: max_pool2d(v, 2)}
moved, other = shifted(digits), np.roll(digits, 1, axis=0)
share = {way: abs(f(moved) - f(digits)).mean() / abs(f(other) - f(digits)).mean() for way, f in ways.items()}
lesson.table(share.items(), ["pooling", "change by one pixel / change to another digit"])
lesson.claim("share of the change that max pooling leaves", share["max"] / share["none"], above=0.5)

# %%
# How far does a pixel of the result see?
# ---------------------------------------
# Through one k×k filter, k pixels.  Each layer adds k − 1 steps, and a step is as many input pixels as all
# strides before it multiply to.  For LeNet-5 (lesson 04), with filters of 5 and pools of 2 by turns, this
# *receptive field* is 5, 5 + 1·1 = 6, 6 + 4·2 = 14, 14 + 1·2 = 16, 16 + 4·4 = 32.  To measure it, ask for the
# gradient of one output pixel by the image: it sees where that is not 0.  (Equal weights: nothing cancels.)
def slopes(layers, side, draw, channels=1):
    """∂z/∂x of the middle pixel z that layers of (k, stride) make of an image x: (side, side)."""
    start = maps = Tensor(np.zeros((1, 1, side, side)))
    for left, (k, stride) in zip(reversed(range(len(layers))), layers):
        weights = draw((channels if left else 1, maps.shape[1], k, k))
        maps = conv2d(maps, backend.to_device(weights), stride=stride)
    middle = maps.shape[2] // 2
    return backend.to_host(grad(maps[0, 0, middle, middle], [start])[0][0, 0])
lenet = [(5, 1), (2, 2), (5, 1), (2, 2), (5, 1)]                # C1, S2, C3, S4, C5
views = [slopes(lenet[:i], 32, np.ones) for i in range(1, 6)]
seen = [np.count_nonzero(view.any(axis=0)) for view in views]
lesson.check("LeNet-5's layers see 5, 6, 14, 16 and 32 pixels", seen == [5, 6, 14, 16, 32], seen)
figure = plot.image_grid(np.stack([v / v.max() for v in views]), titles=["C1", "S2", "C3", "S4", "C5"])
lesson.picture(figure, "receptive", "What one pixel sees of 32×32: black nothing, white what counts most.")

# %%
# It *can* see the square.  The middle counts most, as more paths lead there: each 3×3 layer sends a path a
# step to the left, on, or to the right, with variance 2/3.  So through n layers of random weights the squared
# slopes have variance 2n/3 (Luo et al. 2016).  The square grows as n, what counts in it as √n only.
rows = []
for n in (1, 2, 4, 8):
    draws, squares = lesson.rng(f"{n} layers"), (np.arange(2 * n + 1) - n) ** 2
    random = [slopes([(3, 1)] * n, 2 * n + 1, lambda shape: draws.normal(size=shape), 8) for _ in range(200)]
    across = np.square(random).sum(axis=1)                      # (200, 2n + 1)
    variance = across.sum(axis=0) @ squares / across.sum()
    rows.append((n, 2 * n + 1, 2 * variance ** 0.5, 2 * (2 * n / 3) ** 0.5))
    errors_off = abs(judge.standard_errors(across @ (squares - 2 * n / 3)))
lesson.table(rows, ["3×3 layers", "pixels seen", "that count: 2 standard deviations", "theory"])
lesson.claim("8 layers: standard errors off", errors_off, below=5)

# %%
# What the documents say, and what is right
# -----------------------------------------
# “Each filter slides (convolves) over the input image, performing element-wise multiplication and summing the
# results to produce a feature map.” (001, Convolutional Layer.)  Convolution in mathematics turns the filter
# round first.  A learned filter does not care, a given one does.
#
# “"Same" padding keeps the output dimensions equal to the input, while "valid" padding reduces the
# dimensions.” (001, Convolutional Layer.)  At stride 1 only: else it makes ⌈H/s⌉.
#
# “The network learns to detect features that are invariant to location, which is useful for image recognition
# tasks.” (001, Parameter Sharing.)  *Invariant*: a shifted image gives the same result.  A convolution gives
# the shifted result: it is *equivariant*.  (The first column is new: there the shift brought pixels in.)
line, taps = noise[0, 0, 0], kernel.ravel()
slid = conv2d(line[None, None, None], taps[None, None, None])[0, 0, 0]
turned, as_is = (abs(slid - np.convolve(line, each, "valid")).max() for each in (taps[::-1], taps))
lesson.check("conv2d is np.convolve with the filter turned round", turned < 1e-12 < as_is, (turned, as_is))
same = [conv2d(digit, digit[:, :, :5, :5], stride=s, padding="same").shape[2] for s in (1, 2, 3)]
lesson.check("'same' makes 32, 16 and 11 of 32 pixels at stride 1, 2 and 3", same == [32, 16, 11], same)
plain, after = conv2d(noise, kernel), conv2d(shifted(noise), kernel)
equivariant, invariant = abs(after[..., 1:] - plain[..., :-1]).max(), abs(after - plain).max()
lesson.check("it is equivariant, not invariant", equivariant < 1e-12 < invariant, (equivariant, invariant))

# %%
# Try it yourself
# ---------------
# 1. Easy.  Pool the noise by 4×4 in place of 2×2.  What is the theory's change now?
# 2. Easy.  In back_by_loop write = for += in the line of dx.  Which checks fail?  When would = be right?
# 3. Hard.  How many 3×3 layers see as far as one 7×7?  Compare their weights and the variance of what counts.
#
# Remember
# --------
# - One filter looks everywhere: a dense layer whose weights are mostly 0, and otherwise tied.
# - OH = ⌊(H + 2p − k)/s⌋ + 1.  On the way back g · w goes to the window, and g · window to the filter.
# - A shifted image gives a shifted result.  Pooling forgives part of a shift: measure how much.
# - What a pixel can see grows as the number of layers, what counts for it as the root of that.
#
# Sources
# -------
# The course notes (001), "Convolutional Neural Networks", "Parameter Sharing and Typing in Neural Networks".
# Y. LeCun et al. (1989), Backpropagation applied to handwritten zip code recognition: shared weights.
# L. Breiman and D. Freedman (1983), How many variables should be entered in a regression equation?
# W. Luo et al. (2016), Understanding the effective receptive field in deep convolutional neural networks.
lesson.end()
