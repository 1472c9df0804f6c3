"""
Convolution, stride, padding, pooling
=====================================

A dense layer that can find an edge in one corner of an image has learned nothing about the other corners.
What if one small set of weights looked everywhere?

Needs: lesson 02.
From: 001, "Convolutional Neural Networks" §1 to §5, "Parameter Sharing and Typing".
Time: quick 3 s, full 3 s on two cores.
"""
import numpy as np

from lessons.book import begin
from minidl import Tensor, backend, grad, nn, plot
from minidl.images import avg_pool2d, conv2d, max_pool2d

lesson = begin("03_convolution")
rng = backend.rng()

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
by_hand = {"edge": [[3, 2], [2, 1]], "max": [[0, 1], [1, 1]], "mean": [[0, 1], [0.75, 1]]}
measured = {"edge": conv2d(image, edge), "max": max_pool2d(image, 2), "mean": avg_pool2d(image, 2)}
measured = {name: z[0, 0].tolist() for name, z in measured.items()}
lesson.claim("edge, max pool and mean pool are as by hand", measured == by_hand, list(measured.values()))

# %%
# The whole layer
# ---------------
# An image may have C channels (red, green, blue), and a layer O filters.  A filter has weights for every
# channel: the "3x3" filter of 001 on its colour image is 3×3×3, 27 weights and a bias.  With stride s the
# filter moves by s pixels at a time, and with padding p the image gets a frame of p zeros first:
#
#     z[n, o, i, j] = b[o] + Σ_c Σ_u Σ_v w[o, c, u, v] · x[n, c, i s + u, j s + v]
#
# The sum is written down below as it stands, a loop for each index of the output.
def by_the_formula(x, w, b, stride, padding):
    """x (N, C, H, W), w (O, C, K, K), b (O,) → (N, O, OH, OW), one number at a time."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    k, (oh, ow) = w.shape[2], (np.array(x.shape[2:]) - w.shape[2]) // stride + 1
    z = np.empty((len(x), len(w), oh, ow))
    for n, o, i, j in np.ndindex(*z.shape):
        z[n, o, i, j] = b[o] + (w[o] * x[n, :, i * stride:i * stride + k, j * stride:j * stride + k]).sum()
    return z

x, w, b = rng.normal(size=(2, 3, 11, 8)), rng.normal(size=(5, 3, 4, 4)), rng.normal(size=5)
error = abs(by_the_formula(x, w, b, 2, 1) - conv2d(x, w, b, stride=2, padding=1)).max()
lesson.claim("the formula is minidl's conv2d, to 1e-12", error < 1e-12, error)

# %%
# How large is what comes out?
# ----------------------------
# The filter's first pixel stands at 0, s, 2s, …, and its last must stay inside: i s + k ≤ H + 2p.  The
# largest such i is ⌊(H + 2p − k)/s⌋, and counting from 0 there is one more:  OH = ⌊(H + 2p − k)/s⌋ + 1.  The
# two sizes that 001 gives come out, and every other one.  What the floor cuts off at the right and bottom
# edge is never looked at.
#
# "Same" padding keeps the size, as 001 says, but at stride 1 only: p = (k − 1)/2, k odd.  Else OH = ⌈H/s⌉.
def out(h, k, s=1, p=0):
    return (h + 2 * p - k) // s + 1

def measure(h, k, s=1, p=0):
    return conv2d(np.zeros((1, 1, h, h)), np.zeros((1, 1, k, k)), stride=s, padding=p).shape[2]

some = [(5, 3, 1, 0), (32, 5, 1, 0), (28, 3, 1, 1), (28, 3, 2, 1)]
lesson.table([(*case, out(*case), measure(*case)) for case in some], list("Hksp") + ["formula", "measured"])
cases = [case for case in np.ndindex(13, 7, 4, 4) if min(case[:3]) > 0 and case[1] <= case[0] + 2 * case[3]]
wrong = sum(out(*case) != measure(*case) for case in cases)
lesson.claim(f"⌊(H + 2p − k)/s⌋ + 1 is wrong in none of {len(cases)} cases", wrong == 0, wrong)
sizes = measure(5, 3), max_pool2d(np.zeros((1, 1, 4, 4)), 2).shape[2]
lesson.claim("001: a 3×3 filter makes 3×3 of 5×5, a 2×2 pool 2×2 of 4×4", sizes == (3, 2), sizes)
same = [measure(28, 5, s, "same") for s in (1, 2, 3)]
lesson.claim("'same' keeps 28 pixels at stride 1 only: ⌈28/s⌉ for s = 1, 2, 3", same == [28, 14, 10], same)

# %%
# What a filter sees
# ------------------
# A zero has edges in all directions.  Red: brighter towards the filter's positive side.  Blue: darker.
# White: nothing happens here.
_, (digits, labels) = lesson.images(size=32)
digit = digits[labels == 0][:1]                                 # (1, 1, 32, 32)
sobel = np.float32([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4    # a difference, and a blur along the edge
diagonal = np.float32([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]]) / 4
outline = np.float32([[0, -1, 0], [-1, 4, -1], [0, -1, 0]]) / 2                 # a pixel less its neighbours
bank = np.stack([sobel, sobel.T, diagonal, outline])[:, None]                   # (4, 1, 3, 3)
seen = np.concatenate([digit[0], conv2d(digit, bank, padding="same")[0]])       # (5, 32, 32)
names = ["image", "left–right", "top–bottom", "diagonal", "outline"]
lesson.picture(plot.image_grid(seen, titles=names, signed=True), "edges",
               "A digit through four filters: each edge lights up where its filter asks for it")

# %%
# What goes wrong: the name
# -------------------------
# 001 "slides (convolves)" its filter.  In mathematics a convolution turns the filter round first, and what
# layers do is called cross-correlation.  A learned filter does not care which way round it is learned, so the
# name stuck.  It matters as soon as weights come from elsewhere.  np.convolve does turn it:
x, w = rng.normal(size=50), rng.normal(size=4)
z = conv2d(x[None, None, None], w[None, None, None])[0, 0, 0]
turned, as_is = (abs(z - np.convolve(x, v, "valid")).max() for v in (w[::-1], w))
print("largest difference from np.convolve: filter turned", turned, " as it is", as_is)
lesson.claim("conv2d is np.convolve with the filter turned round", turned < 1e-12 < as_is, turned)

# %%
# A convolution is a dense layer: banded and tied
# -----------------------------------------------
# conv2d is linear, so it is some matrix M: z = x M, with image and result laid out as vectors.  Row i of M is
# what comes out for an image that is 0 but for pixel i.  We feed it all those images at once.  Two things are
# special about M: most of it is 0, as a window is small (a band); the rest is 9 numbers over and over (tied).
side, k = 8, 3
w = np.array([[-4.0, -3, -2], [-1, 1, 2], [3, 4, 5]])[None, None]
unit = np.eye(side * side).reshape(-1, 1, side, side)           # (64, 1, 8, 8)
matrix = conv2d(unit, w).reshape(side * side, -1)               # (64, 36)
x = rng.normal(size=(10, 1, side, side))
error = abs(x.reshape(10, -1) @ matrix - conv2d(x, w).reshape(10, -1)).max()
lesson.claim("conv2d is x M, a dense layer, to 1e-12", error < 1e-12, error)
found = np.count_nonzero(matrix), len(np.unique(matrix[matrix != 0]))
lesson.claim("of the 64·36 numbers in M 9·36 are not 0, and have 9 values", found == (9 * 36, 9), found)
import matplotlib.pyplot as plt
with plt.rc_context(plot.STYLE):
    figure, ax = plt.subplots(figsize=(plot.WIDTH, 3.6))
    ax.imshow(matrix.T, "RdBu_r", vmin=-abs(matrix).max(), vmax=abs(matrix).max())
    ax.set(xlabel="input pixel, row by row", ylabel="output pixel, row by row", xticks=range(0, 64, 8),
           yticks=range(0, 36, 6))
lesson.picture(figure, "matrix", "A 3×3 filter on 8×8 pixels as a dense layer: Mᵀ, 9 values over and over")

# %%
# What goes wrong: "typing"
# -------------------------
# 001 reads "parameter typing" as kinds of parameters.  The term is parameter tying: several weights of a
# network are one number.  Its gradient is the sum of theirs, since each copy passes on its share.  So a dense
# layer's gradient, added up over the places that hold the same weight, must be the filter's.  The places of
# each weight, 9 times (64, 36), ones and zeros:
places = [conv2d(unit, e).reshape(side * side, -1) for e in np.eye(9).reshape(9, 1, 1, k, k)]
v = rng.normal(size=(10, 36))                                   # any loss will do: Σ v z
x, v, m, w = backend.to_device(x), backend.to_device(v), Tensor(matrix), Tensor(w)
dense_gradient, = map(backend.to_host, grad(((x.reshape(10, -1) @ m) * v).sum(), [m]))
filter_gradient, = map(backend.to_host, grad((conv2d(x, w).reshape(10, -1) * v).sum(), [w]))
summed = [(place * dense_gradient).sum() for place in places]
error = abs(summed - filter_gradient.ravel()).max()
lesson.claim("the dense gradient, summed over the ties, is the filter's", error < 1e-12, error)

# %%
# What sharing saves: o filters on c channels have o (c k² + 1) weights and biases, however large the image
# is.  For the 32×32 colour image of 001 and six 5×5 filters, 6 · 28 · 28 outputs:
shared, dense = nn.Conv2d(3, 6, 5).count(), nn.Dense(3 * 32 * 32, 6 * 28 * 28).count()
expected = 6 * (3 * 5 ** 2 + 1), (3 * 32 * 32 + 1) * 6 * 28 * 28
lesson.claim("o(ck² + 1) numbers, not (inputs + 1) · outputs", (shared, dense) == expected, (shared, dense))

# %%
# What goes wrong: "invariant to location"
# ----------------------------------------
# 001 says that shared filters detect features "invariant to location".  Invariant would mean that a shifted
# image gives the same result.  It does not: it gives the shifted result.  That is called equivariance, and it
# is exact, but for the border, where a shift brings in what was outside.  On a ring, where the right edge
# continues at the left one, there is no border.
def shifted(x, by=1):
    return np.roll(x, by, axis=3)

def on_a_ring(x, w):
    return conv2d(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="wrap"), w)

x, w = rng.normal(size=(10, 1, 16, 16)), rng.normal(size=(4, 1, 3, 3))
error = abs(on_a_ring(shifted(x), w) - shifted(on_a_ring(x, w))).max()
lesson.claim("convolution is equivariant: filter(shift) = shift(filter), to 1e-12", error < 1e-12, error)
change = abs(on_a_ring(shifted(x), w) - on_a_ring(x, w)).mean() / abs(on_a_ring(x, w)).mean()
lesson.record("were it invariant, this would be 0: mean change / mean size", change)
error = abs(conv2d(shifted(x), w, padding=1) - shifted(conv2d(x, w, padding=1))).max(axis=(0, 1, 2))
print("with a frame of zeros instead, the columns", np.flatnonzero(error > 1e-12), "of 0 to 15 differ")

# %%
# What goes wrong: "translation invariance" by pooling
# ----------------------------------------------------
# A lone bright pixel may move inside its window unseen: 1000 and 0100 are both pooled to 10.  But 0010 gives
# 01.  How much is that in all?  Take noise, pixels uniform on 0–1.  The largest of n has mean n/(n + 1), and
# |a − b| = 2 max(a, b) − a − b.  A window of 2×2 and the one a pixel beside it see 6 pixels together, two
# windows far apart 8.  So the mean change is
#
#     shifted by one: 2 (6/7 − 4/5) = 4/35 = 0.114         unrelated: 2 (8/9 − 4/5) = 8/45 = 0.178
#
# and one pixel makes 9/14 of the difference between two images that have nothing in common.  A shift by the
# stride shifts the result.  The maximum over the whole image, global pooling, is invariant indeed, and has
# forgotten where everything was.
x = rng.random((1000, 1, 32, 32))
change = abs(max_pool2d(shifted(x), 2) - max_pool2d(x, 2)).mean(axis=(1, 2, 3))         # (1000,)
error, standard_error = abs(change.mean() - 4 / 35), change.std() / len(x) ** 0.5
lesson.claim("a shift by 1 changes a 2×2 max pool by 4/35 (± 4 standard errors)",
             error < 4 * standard_error, change.mean())
error = abs(max_pool2d(shifted(x, 2), 2) - shifted(max_pool2d(x, 2))).max()
lesson.claim("a shift by 2, the stride, shifts the pooled image by 1", error == 0, error)
error = abs(max_pool2d(shifted(x), 32) - max_pool2d(x, 32)).max()
lesson.claim("global max pooling is invariant", error == 0, error)
pooled, moved, other = (max_pool2d(d, 2) for d in (digits, shifted(digits), np.roll(digits, 1, axis=0)))
ratio = abs(moved - pooled).mean() / abs(other - pooled).mean()
lesson.record("on digits: change by one pixel / change to another digit", ratio)

# %%
# How far does a pixel of the result see?
# ---------------------------------------
# Through one k×k filter, k pixels.  Each layer adds k − 1 steps, and a step is as many input pixels as all
# strides before it multiply to:  r_l = r_{l−1} + (k_l − 1) · s₁ ⋯ s_{l−1}.  To measure it, ask for the
# gradient of one output pixel by the image: where it is not 0, the pixel sees.  (Equal positive weights, so
# that nothing cancels.)
#
# The layers are those of LeNet-5, lesson 04.  001 draws it under ReLU, max pooling and softmax; the network
# of 1998 had scaled tanhs, weighted means for pooling, filters in C3 that saw only some of the maps, and an
# output of distances to drawn digits.  The windows are the same.
stack = [("C1", 5, 1), ("S2", 2, 2), ("C3", 5, 1), ("S4", 2, 2), ("C5", 5, 1)]     # name, size, stride
z = image = Tensor(np.zeros((1, 1, 32, 32)))
r, step, rows, views = 1, 1, [], []
for name, k, s in stack:
    z = conv2d(z, backend.to_device(np.full((1, 1, k, k), 1 / k ** 2)), stride=s)
    r, step = r + (k - 1) * step, step * s
    middle = z.shape[2] // 2
    view = backend.to_host(grad(z[0, 0, middle, middle], [image])[0][0, 0])     # (32, 32)
    rows.append((name, k, s, z.shape[2], r, int(np.ptp(np.flatnonzero(view.any(axis=0)))) + 1))
    views.append(view / view.max())
lesson.table(rows, ["layer", "k", "s", "size", "formula", "measured"])
*_, formula, measured = zip(*rows)
lesson.claim("LeNet-5's layers see as the formula says", formula == measured == (5, 6, 14, 16, 32), measured)
names = [f"{name}: {n}×{n}" for (name, *_), n in zip(rows, measured)]
lesson.picture(plot.image_grid(np.stack(views), columns=5, titles=names), "receptive",
               "What the middle pixel of each LeNet-5 layer sees, and how much each input pixel counts there")

# %%
# The square is what a pixel can see; its middle counts most, as more paths lead there (Luo et al. 2016).
#
# Try it yourself
# ---------------
# 1. Give the max pool a stride of 1.  Is it equivariant to every shift now?  What did the stride buy?
# 2. Put a second channel into the matrix M, and a stride of 2.  Where do the bands go?
# 3. Which stack of 3×3 filters at stride 1 sees as far as one 7×7 filter?  Count the weights of both.
#
# Sources
# -------
# Y. LeCun et al. (1989), Backpropagation applied to handwritten zip code recognition.
# Y. LeCun et al. (1998), Gradient-based learning applied to document recognition.
# W. Luo et al. (2016), Understanding the effective receptive field in deep convolutional neural networks.
# I. Goodfellow, Y. Bengio and A. Courville (2016), Deep Learning, §7.9 and chapter 9.
lesson.end()
