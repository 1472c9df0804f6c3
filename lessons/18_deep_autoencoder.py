"""
The deep autoencoder, and training layer by layer
=================================================

More layers should say more with the same 30 numbers.  For years, many dense layers hardly learned together;
in 2006 they did, after a training layer by layer.  What was wrong, and is the detour needed today?

Needs: lessons 01, 02, 13, 17 and 39.
From: the course notes (001), "types of autoncoders"; lessons/DOCUMENTS.md says what they are.
New words: vanishing gradient, stage, pretraining, greedy, fine-tuning, binary code.
Time: quick 10 s, full 5 min on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import Tensor, backend, functions, grad, init, losses, nn, optim, plot, schedules, train

lesson = begin("18_deep_autoencoder")

# %%
# Six units in a row
# ------------------
# Let each unit have one weight and one input, the unit before it: h_k = φ(w_k h_{k−1} + b), for k = 1 … 6.
# φ is the sigmoid or the ReLU.  How much does h₆ change with the weight w_k?  The chain rule multiplies:
#
#     ∂h₆/∂w_k  =  h_{k−1} · φ′_k · (w_{k+1} φ′_{k+1}) ⋯ (w₆ φ′₆)          φ′_k: the slope of unit k
#
# Let all weights be w, and h₀ = ½.  The slope of the sigmoid is largest where its input is 0: there it is ¼.
# With b = −w/2 all six inputs are w/2 − w/2 = 0.  For the ReLU take b = 0: all is positive, its slope is 1.
#
#     sigmoid:  each h is ½       ∂h₆/∂w_k = ½ · ¼ · (w/4)^(6−k)       w = 1: ⅛ for w₆, 1/8192 for w₁
#     ReLU:     h_k = ½ wᵏ        ∂h₆/∂w_k = ½ w⁵ for every k          w = 1: ½ for all
#
# At w = 1 each sigmoid divides by 4, and ∂h₆/∂w₁ is 1,024 times smaller than ∂h₆/∂w₆: a *vanishing gradient*
# (Hochreiter 1991).  At w = 4 all are ⅛.  The ReLU is not safe by itself: at w = ½ all six slopes are 1/64.
def chain(bend, w, b):                          # the six slopes ∂h₆/∂w_k, by the tape
    h, weights = Tensor(np.array([0.5])), [Tensor(np.array([w])) for _ in range(6)]
    for weight in weights:
        h = bend(weight * h + b)
    return [backend.to_host(slope).item() for slope in grad(h.sum(), weights)]
for w in (1.0, 4.0, 0.5):
    by_pencil = [0.5 * 0.25 * (w / 4) ** (6 - k) for k in range(1, 7)], [0.5 * w ** 5] * 6
    by_tape = chain(functions.sigmoid, w, -w / 2), chain(functions.relu, w, 0.0)
    lesson.check(f"six sigmoids and six ReLUs, w = {w:g}: as by pencil", np.allclose(by_tape, by_pencil))

# %%
# The network
# -----------
# Pixels go down through layers of units to a code, and up again through the same sizes: layer up[k] undoes
# down[k].  What comes out are logits, one a pixel, for the cross-entropy of lesson 02.  Two layers are not
# bent: the last, and the code, whose numbers may be of any size and sign.
class Autoencoder(nn.Module):
    def __init__(self, sizes, bend, start):
        self.down = [nn.Dense(m, n, init=start) for m, n in zip(sizes, sizes[1:])]
        self.up = [nn.Dense(n, m, init=start) for m, n in zip(sizes, sizes[1:])]
        self.bend = bend()

    def part(self, first, last):
        """Layers first … last as an autoencoder of their own: (way down, way up), with the same weights."""
        down, up, is_code = [], [], last == len(self.down) - 1
        for k in range(first, last + 1):
            down += [self.down[k], self.bend]
            up = [self.up[k], self.bend] + up                               # up[last] comes first
        return nn.Sequential(nn.Sequential(*(down[:-1] if is_code else down)), nn.Sequential(*up[:-1]))

    def forward(self, x):
        return self.part(0, len(self.down) - 1)(x)

# %%
# The gradient in each layer, at the start
# ----------------------------------------
# The course notes (001): ReLU makes a vanishing gradient less likely.  A whole network has the same product,
# of matrices.  Glorot's weights (lesson 39) keep a signal's size where slopes are 1, as tanh's nearly are;
# the sigmoid's ¼ asks for 4 times as much; ReLU has He's.  For each layer's weights W we take the root mean
# square (rms) of ∂J/∂W at the start, J on 1,000 images.  Guess first: where does it vanish?
(x_train, _), (x_test, _) = lesson.images(flat=True)                        # (N, D), pixels 0–1
SIZES = lesson.pick(digits=(64, 128, 64, 32, 8), mnist=(784, 256, 128, 64, 30))
STARTS = {"sigmoid": (nn.Sigmoid, init.glorot), "tanh": (nn.Tanh, init.glorot), "ReLU": (nn.ReLU, init.he),
          "sigmoid × 4": (nn.Sigmoid, lambda *fans: 4 * init.glorot(*fans))}

def copying(net, x):
    return losses.bce_with_logits(net(x), x)
rms = {}
for name, start in STARTS.items():
    lesson.rng("start")
    fresh = Autoencoder(SIZES, *start)
    loss = copying(fresh, backend.to_device(x_train[:1000]))
    slopes = grad(loss, [layer.w for layer in fresh.down + fresh.up[::-1]])
    rms[name] = [float((slope * slope).mean()) ** 0.5 for slope in slopes]

# %%
for name in ("tanh", "ReLU"):
    lesson.claim(f"{name}: first layer / last layer", rms[name][0] / rms[name][-1], above=0.1)
lesson.claim("sigmoid: first layer / last layer", rms["sigmoid"][0] / rms["sigmoid"][-1], below=0.1)
figure = plot.curves(rms, "layer, from the image to its copy", "rms of ∂J/∂W", log="y")
lesson.picture(figure, "start", "Before training.  Where a line falls to the left, the gradient vanishes.")

# %%
# Stage by stage
# --------------
# 001: “Deep autoencoders can be trained greedily by pretraining a stack of shallow autoencoders.”  *Stage* 1
# is an autoencoder of two layers for the images, stage 2 one for the codes of stage 1, and so on, “often
# while keeping the weights for the existing layers fixed” (or not: task 3).  Through two layers little
# vanishes.  All stages are the *pretraining*.  It is *greedy*: a stage does not ask what later ones need.
# Then *fine-tuning* trains all layers at once.  Sigmoid codes lie in 0–1, as pixels do: cross-entropy fits.
def fit(net, x, rate, epochs, quiet=True, **others):
    return train.fit(net, copying, [x], optimizer=optim.Adam(net.parameters()), epochs=epochs, quiet=quiet,
                     batch_size=lesson.pick(digits=64, mnist=128), schedule=schedules.cosine(rate), **others)

def pretrain(net, x, rate, epochs):                                         # epochs: of each stage
    codes = x
    for k in range(len(net.down)):
        stage = net.part(k, k)
        fit(stage, codes, rate, epochs)
        codes = stage[0].predict(codes)                                     # stage[0]: its way down
    lesson.check("layers stayed fixed: the same codes", np.array_equal(net.part(0, k)[0].predict(x), codes))

# %%
# Four ways to begin
# ------------------
# All see the images equally often (on MNIST the first 6,000); where stages come first, they get half of the
# epochs.  A way's learning rate is the best of 0.003, 0.01, 0.03 for the error on training images; for stages
# the best of all nine pairs.  We tried them with other random numbers: three runs on digits, one on MNIST.
# Each way runs once in quick mode, twice on MNIST.  Guess first: which ends lowest, and which hardly learns?
runs, epochs = lesson.pick(digits=3, mnist=2, quick=1), 32
rate, stage_rate = lesson.pick(digits=(0.01, 0.03), mnist=(0.003, 0.01))
WAYS = {"sigmoid": 0.01, "sigmoid, stages": stage_rate, "sigmoid × 4": rate, "ReLU": rate}

def misses(x_hat, x):
    return ((x_hat - x) ** 2).sum(axis=1)                                   # (N,): ‖x̂ − x‖² of each image

def error(net):
    return misses(functions.sigmoid(net.predict(x_train[:500])), x_train[:500]).mean()

# %%
def run(way):
    """(epochs + 1,): the error on 500 training images, before and after each epoch that trains all layers."""
    start, _, stages = way.partition(", ")
    net = Autoencoder(SIZES, *STARTS[start])
    if stages:
        pretrain(net, x_train[:6000], stage_rate, epochs // 2 // len(net.down))
    before = error(net)
    history = fit(net, x_train[:6000], WAYS[way], epochs // 2 if stages else epochs, metrics={"error": error})
    print(f"{way}: error {history['error'][-1]:.3g}", flush=True)
    return np.array([before, *history["error"]])
errors = {}
for way in WAYS:
    lesson.rng(way)
    errors[way] = np.mean([run(way) for _ in range(runs)], axis=0)

# %%
end = {way: line[-1] for way, line in errors.items()}
lesson.claim("error: sigmoid / sigmoid, stages", end["sigmoid"] / end["sigmoid, stages"], above=1)
lesson.claim("before / after fine-tuning", errors["sigmoid, stages"][0] / end["sigmoid, stages"], above=1)
for way in ("sigmoid × 4", "ReLU"):                                         # share 1: as low as with stages
    share = (end["sigmoid"] - end[way]) / (end["sigmoid"] - end["sigmoid, stages"])
    lesson.claim(f"{way}: share of the stages' gain, without stages", share, above=0.5)
lesson.claim("ReLU at a quarter / sigmoid at the end", errors["ReLU"][epochs // 4] / end["sigmoid"], below=1)
figure = plot.curves({way: (range(epochs + 1)[-len(line):], line) for way, line in errors.items()}, log="y",
                     ylabel="squared error per training image")
lesson.picture(figure, "ways", f"Stages take {epochs // 2} epochs; their line begins when all layers train "
               "together.  Look which ways come as low without stages.")

# %%
# How much can 30 numbers hold?
# -----------------------------
# We train three ReLU networks: the code is the only hidden layer, or one of three, or one of more ("deep").
# The last two have equally many weights; the first has its own rate, the best of three as above.  On MNIST
# PCA misses by 13.87 with 30 numbers (lesson 13); Hinton and Salakhutdinov (2006) reached 3.00 with stages
# and 784-1000-500-250-30.  Each network is trained once: all standard errors count test images only.
long = lesson.pick(digits=32, mnist=20)                                     # epochs
shapes = lesson.pick(digits=((64, 8), (64, 260, 8), SIZES),
                     mnist=((784, 30), (784, 645, 30), (784, 500, 250, 30)))
mean, axes, _ = judge.pca(x_train.astype(np.float64), SIZES[-1])            # (D,), (D, L)
copies = {"test images": x_test, "PCA": (x_test - mean) @ axes @ axes.T + mean}
for name, sizes in zip(("code only", "three", "deep"), shapes):
    lesson.rng(name)
    net = Autoencoder(sizes, nn.ReLU, init.he)
    print(f"{name}: {net.count():,} weights and biases …", flush=True)
    fit(net, x_train, 0.03 if name == "code only" else rate, long, quiet=lesson.quick)
    copies[name] = functions.sigmoid(net.predict(x_test))

# %%
missed = {name: misses(copies[name], x_test) for name in ("PCA", "code only", "three", "deep")}
lesson.table([(name, each.mean()) for name, each in missed.items()], ["", "error per image"])
lesson.claim("30 numbers: error per test image", missed["deep"].mean(), below=5.0, full=True, data="mnist")
for name in ("PCA", "code only"):
    ahead = judge.standard_errors(missed[name] - missed["deep"])
    lesson.claim(f"{name} − deep, in standard errors", ahead, above=2)
lesson.record("equally many weights: three / deep", missed["three"].mean() / missed["deep"].mean())
rows = {name: x[::37][:8].reshape(8, -1, int(len(mean) ** 0.5)) for name, x in copies.items()}
lesson.picture(plot.image_rows(rows), "copies", f"Test images behind {SIZES[-1]} numbers: squared error "
               f"{missed['PCA'].mean():.2f} by PCA, {missed['deep'].mean():.2f} by the deep autoencoder.")

# %%
# Codes of zeros and ones
# -----------------------
# 001: “They can also be used to learn binary codes.”  A bit is a rounded sigmoid.  But a network that never
# met rounding uses the numbers between 0 and 1.  So we add Gaussian noise before the sigmoid: only what lies
# far out on either side comes through (Salakhutdinov and Hinton 2009).  The noise grows in training; how far,
# 1, 2, 4 or 8, was chosen on held-out training images.  At test time there is none.  The rival: the signs of
# PCA's codes, decoded by least squares.  Guess first: what does rounding cost without noise?
bits, width, laps, most = lesson.pick(digits=(16, 128, 32, 2.0), mnist=(30, 256, 25, 4.0))
numbers, wrong = {}, {}
for name, top in {"no noise": 0.0, "noise": most}.items():
    lesson.rng("bits")
    noise = nn.GaussianNoise(0.0)
    down = nn.Sequential(networks.mlp(len(mean), width, bits), noise, nn.Sigmoid())
    up = networks.mlp(bits, width, len(mean))
    print(f"{bits} bits, {name} …", flush=True)
    fit(nn.Sequential(down, up), x_train[:10000], rate, laps,
        before_step=lambda done: setattr(noise, "std", top * min(1.25 * done, 1)))
    numbers[name] = z = down.predict(x_test)                                # (N, bits), 0 to 1
    wrong[name] = [misses(functions.sigmoid(up.predict(code)), x_test) for code in (z, z.round())]

# %%
bit_axes = judge.pca(x_train.astype(np.float64), bits)[1]
signs, new_signs = (np.sign((x - mean) @ bit_axes) for x in (x_train, x_test))              # (N, bits): ±1
by_signs = misses(new_signs @ np.linalg.lstsq(signs, x_train - mean, rcond=None)[0] + mean, x_test)
rows = [(name, smooth.mean(), rounded.mean()) for name, (smooth, rounded) in wrong.items()]
lesson.table([*rows, ("signs of PCA", "", by_signs.mean())], [f"{bits} bits", "error", "error, rounded"])
plain, noisy = (rounded - smooth for _, smooth, rounded in rows)
lesson.claim("what rounding adds: noise / no noise", noisy / plain, below=0.5)
lesson.claim("signs − bits, in standard errors", judge.standard_errors(by_signs - wrong["noise"][1]), above=2)
lesson.picture(plot.histograms(numbers, "a number of the code, on test images"), "bits",
               "Look how far the numbers move to 0 and 1 when there is noise in training.")

# %%
# What the documents say, and what is right
# -----------------------------------------
# “ReLU helps in speeding up the training process and reduces the likelihood of the vanishing gradient
# problem.” (001, Activation Function.)  Against the sigmoid both hold above.  But tanh's gradient lasts, too,
# and ReLU needs a good start: at w = ½ its slopes were 1/64.  “Deep autoencoders can learn more complex
# representations of the data than shallow autoencoders.” (001, deep autoencoders.)  By the error, yes,
# against one hidden layer.  Three with as many weights did as well or better in our runs: see "three / deep".
#
# Try it yourself
# ---------------
# 1. Easy.  Let the code bend, too.  What does that cost the ReLU networks, and why?
# 2. Easy.  In the linear case stages are PCA.  Is PCA of PCA's codes as good as PCA at once?
# 3. Hard.  In each stage let all layers so far learn to copy the images.  Is that better than fixed ones?
#
# Remember
# --------
# - A layer's gradient is a product over the layers behind it.  A sigmoid's ¼ makes it vanish, layer by layer.
# - ReLU and tanh avoid that; 4 times the weights help the sigmoid.  The ReLU needed no stages here.
# - A bent layer on each side of the code saves much of the error.  Whether more layers help: measure it.
# - Noise before a sigmoid makes bits: only what lies close to 0 or 1 comes through.
#
# Sources
# -------
# The course notes (001).  S. Hochreiter (1991), Untersuchungen zu dynamischen neuronalen Netzen, a diploma
# thesis.  G. Hinton and R. Salakhutdinov (2006), Reducing the dimensionality of data with neural networks;
# its stages are Boltzmann machines.  Y. Bengio et al. (2007), Greedy layer-wise training of deep networks.
# R. Salakhutdinov and G. Hinton (2009), Semantic hashing.
lesson.end()
