"""
Boltzmann machines
==================

A network without an output: it has only an energy, which is low for images that it likes.  What does it mean
to train it, why is its gradient so costly, and is a stack of such networks a good start for an autoencoder?

Needs: lessons 01, 02, 18, 25 and 39.
From: outside the documents; lesson 18 led here, from the course notes (001; see lessons/DOCUMENTS.md).
New words: energy, partition function, free energy, Gibbs sampling, contrastive divergence, unrolled.
Time: quick 12 s, full 3 min on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import Tensor, backend, functions, grad, init, losses, nn, optim, plot, schedules, train

lesson = begin("38_boltzmann")

# %%
# By hand: three units
# --------------------
# Each unit is on (1) or off (0).  Two are *visible*: the data v₁, v₂.  The third, h, is *hidden*.  Each state
# of the three has an *energy* E.  A low energy means a high probability:
#
#     E(v, h) = −w h (v₁ + v₂)          p(v, h) = e^(−E(v, h)) / Z          Z = Σ e^(−E) over all states
#
# Z, the *partition function*, makes all p add up to 1.  Added over h = 0 and 1, e^(−E) is 1 + e^(w(v₁ + v₂)).
# With w = log 3 these sums are 2, 4, 4 and 10; Z = 20.  To train is to raise log p of the data, here (1, 1):
# log p = log(1 + e^(2w)) − log Z.  Its slope in w is the mean of h (v₁ + v₂) with v as in the data, less its
# mean under the model.  Given v, h is on with probability ½, ¾, ¾, 0.9.  So the slope is
#
#     0.9 · 2  −  (8/20 · ¾ · 1 + 10/20 · 0.9 · 2)  =  1.8 − 1.2  =  0.6
sums = 1 + np.exp(np.log(3) * np.array([0, 1, 1, 2]))           # of the states v = 00, 01, 10, 11
h_times_v = (1 - 1 / sums) * np.array([0, 1, 1, 2])             # σ(a) = 1 − 1/(1 + eᵃ)
slope = h_times_v[3] - (sums * h_times_v).sum() / sums.sum()
lesson.check("sums 2, 4, 4, 10, slope 0.6", np.allclose([*sums, slope], [2, 4, 4, 10, 0.6]), slope)

# %%
# Six visible units, four hidden ones
# -----------------------------------
# In a *restricted* Boltzmann machine only visible units act on hidden ones and back, by weights W:
#
#     E(v, h) = −b·v − c·h − v·W h          F(v) = −b·v − Σ_j log(1 + e^(a_j)),   a = c + v W
#
# F is the *free energy*: e^(−F(v)) is the sum of e^(−E) over all h, as each h_j adds a factor 1 + e^(a_j).
# So given v, the hidden units are independent, p(h_j = 1 | v) = σ(a_j), σ being the sigmoid; and given h the
# visible ones, p(v_i = 1 | h) = σ(b_i + Σ_j W_ij h_j).  `tables` adds up all 64 · 16 = 1,024 states instead.
V = np.array([[state >> i & 1 for i in range(6)] for state in range(64)], float)            # (64, 6)
H = V[:16, :4]                                                                              # (16, 4)
def tables(w, b, c):    # p(v) (64,), p(h | v) (64, 16), p(v | h) (16, 64); of S machines, w (S, 6, 4): (S, …)
    both = np.exp(V @ w @ H.T + V @ b[..., None] + c[..., None, :] @ H.T)                   # e^(−E)
    up, down = both / both.sum(axis=-1, keepdims=True), both / both.sum(axis=-2, keepdims=True)
    return both.sum(axis=-1) / both.sum(axis=(-2, -1))[..., None], up, np.swapaxes(down, -2, -1)
def free_energy(v, w, b, c):                                    # v (N, D) → (N,)
    return -v @ b - functions.softplus(c + v @ w).sum(axis=1)
machine = w, b, c = [0.5 * lesson.rng(f"machine {shape}").normal(size=shape) for shape in ((6, 4), 6, 4)]
p_v, p_up, _ = tables(*machine)
unscaled, on = np.exp(-free_energy(V, *machine)), functions.sigmoid(c + V @ w)[:, None]      # on (64, 1, 4)
off = max(abs(unscaled / unscaled.sum() - p_v).max(), abs(np.where(H, on, 1 - on).prod(axis=2) - p_up).max())
lesson.check("p(v) is e^(−F)/Z and p(h | v) a product, to 1e-12", off < 1e-12, off)

# %%
# Three ways to one gradient
# --------------------------
# As by hand: ∂ log p/∂W = ⟨v hᵀ⟩ with data − ⟨v hᵀ⟩ under the model, ⟨ ⟩ being means.  With data, v is theirs
# and h comes from p(h | v).  For b it is ⟨v⟩, for c ⟨h⟩.  Our data are the *shifter*: three pixels, then
# these moved by one to the left or right, all round: 8 · 2 pairs.  Pixels flip with probability 0.01.
flips = [abs(V - [*left, *np.roll(left, by)]).sum(axis=1) for left in V[:8, :3] for by in (-1, 1)]
p_data = np.mean([0.01 ** n * 0.99 ** (6 - n) for n in flips], axis=0)                      # (64,)
def gradient(theta, q):                                         # of mean log p, with q (…, 64) for p(v)
    share = (p_data - q)[..., None] * tables(*theta)[1]                                     # (…, 64, 16)
    return V.T @ share @ H, share.sum(axis=-1) @ V, share.sum(axis=-2) @ H
def mean_log_p(flat):                                           # flat (34,): w, b and c in a row
    return p_data @ np.log(tables(flat[:24].reshape(6, 4), flat[24:30], flat[30:])[0])
minus_free = -free_energy(backend.to_device(V), *(leaves := [Tensor(part) for part in machine]))
on_tape = (backend.to_device(p_data) * minus_free).sum() - functions.logsumexp(minus_free)
flat, by_tape, summed = (np.concatenate([backend.to_host(part).ravel() for part in parts])
                         for parts in (machine, grad(on_tape, leaves), gradient(machine, p_v)))
by_difference = [(mean_log_p(flat + e) - mean_log_p(flat - e)) / 2e-5 for e in 1e-5 * np.eye(34)]
apart = abs(summed - [by_tape, by_difference]).max()
lesson.check("enumeration = minidl's tape = finite differences, to 1e-8", apart < 1e-8, apart)

# %%
# Why is it costly?
# -----------------
# The mean under the model runs over all states: 1,024 here, more than 2⁷⁸⁴ for images of 784 pixels.  *Gibbs
# sampling* estimates it (Geman & Geman 1984): draw h from p(h | v), then v from p(v | h), and so on: in the
# end v comes with its p(v), wherever it began.  One sweep turns probabilities q (64,) of v into q T, with
# T[v, v′] = Σ_h p(h | v) p(v′ | h).  To see whether 50,000 chains end with p(v), χ² adds up
# (count − expected)²/expected of the 64 states.  If they do, its mean is 63, its variance nearly 2 · 63.
def draw(p):
    return (backend.rng().random(p.shape, np.float32) < p).astype(p.dtype)
lesson.rng("chains")
chains = np.zeros((50_000, 6))                                  # all begin with every pixel off
for _ in range(50):
    chains = draw(functions.sigmoid(b + draw(functions.sigmoid(c + chains @ w)) @ w.T))
counts = np.bincount((chains @ 2 ** np.arange(6)).astype(int), minlength=64)
chi_squared = ((counts - 50_000 * p_v) ** 2 / (50_000 * p_v)).sum()
lesson.claim("50 sweeps: χ² of the 64 counts, deviations off 63", abs(chi_squared - 63) / 126 ** 0.5, below=5)

# %%
# Contrastive divergence
# ----------------------
# Many sweeps for each step take too long.  *Contrastive divergence*, CD-k, starts the chain at the data and
# stops after k sweeps (Hinton 2002).  Its mean step has p_data Tᵏ where p(v) belongs, which is nearer to the
# data: CD is biased.  Here these means are added up exactly.  Twelve machines climb 1,000 steps by the exact
# gradient, then each goes on in three ways.  KL(data ‖ model), lesson 25, is 0 for a perfect model.  How long
# must a chain be?  In the end each sweep multiplies the error of q by T's second largest eigenvalue λ.  Near
# λ = 1, about 1/(1 − λ) sweeps make it e times smaller.  Guess first: does CD-1 improve a trained machine?
def climb(theta, k, steps, rate=0.3, momentum=0.9):             # k = 0: exact → w, b, c and KL (steps, S)
    velocity, distances = [0, 0, 0], []
    for _ in range(steps):
        p, up, down = tables(*theta)
        q = p_data + 0 * p if k else p                              # (S, 64)
        for _ in range(k):
            q = (q[:, None] @ up @ down)[:, 0]
        distances.append((p_data * np.log(p_data / p)).sum(axis=1))
        velocity = [momentum * m + g for m, g in zip(velocity, gradient(theta, q))]
        theta = [part + rate * m for part, m in zip(theta, velocity)]
    return theta, np.array(distances)

# %%
begun = [0.5 * lesson.rng("climb").normal(size=(12, 6, 4)), np.zeros((12, 6)), np.zeros((12, 4))]
trained, first = climb(begun, 0, 1000)
onward = {name: climb(trained, k, 1000)[1] for name, k in (("exact", 0), ("CD-10", 10), ("CD-1", 1))}
exact, cd10, cd1 = (line[-1] for line in onward.values())                                   # KL (12,) each
lesson.claim("log KL: CD-1 − exact, in standard errors", judge.standard_errors(np.log(cd1 / exact)), above=2)
lesson.claim("share of CD-1's loss that CD-10 avoids", (cd1 - cd10).mean() / (cd1 - exact).mean(), above=0.5)
before, after = (1 / (1 - np.sort(abs(np.linalg.eigvals(up @ down)), axis=1)[:, -2])
                 for _, up, down in (tables(*begun), tables(*trained)))                     # (12,) each
lesson.claim("1/(1 − λ), trained / untrained, the least of 12", (after / before).min(), above=2)
lines = {name: (range(1000, 2000), line.mean(axis=1)) for name, line in onward.items()}
figure = plot.curves({"": (range(1000), first.mean(axis=1)), **lines}, "step", "KL (nats)", log="y")
lesson.picture(figure, "bias", f"Mean of 12 machines: {first[-1].mean():.3f} after 1,000 steps; CD-1 ends at "
               f"{cd1.mean():.3f}, CD-10 at {cd10.mean():.3f}, exact at {exact.mean():.3f}.  1/(1 − λ): "
               f"{np.median(before):.1f} sweeps at step 0, {np.median(after):.0f} at step 1,000 (medians).")

# %%
# Digits, with their log p
# ------------------------
# Images have too many states v for Z.  But 12 hidden units have only 4,096 states h, and Z is as well the sum
# of e^(−F) over h, with the parts of v and h exchanged.  (`grey` and `bent`: for the stack below.)
CODES = np.array([[state >> j & 1 for j in range(12)] for state in range(4096)], np.float32)
def log_p(x, w, b, c):                                          # x (N, D) → (N,), in nats
    return -free_energy(x, w, b, c) - np.logaddexp.reduce(-free_energy(CODES, w.T, c, b).astype(float))
def cd_step(x, w, b, c, k, grey=False, bent=True):              # x (N, D) → CD-k's slopes of log p by w, b, c
    hidden = functions.sigmoid if bent else np.asarray
    h = h_data = hidden(c + x @ w)
    for _ in range(k):
        h = draw(h) if bent else h + backend.rng().standard_normal(h.shape, np.float32)
        v = functions.sigmoid(b + h @ w.T) if grey else draw(functions.sigmoid(b + h @ w.T))
        h = hidden(c + v @ w)
    return (x.T @ h_data - v.T @ h) / len(x), (x - v).mean(axis=0), (h_data - h).mean(axis=0)

# %%
# Steps of 50 images, with momentum 0.9; the rate falls from 0.05.  On digits this was the best of 0.02 to 0.2
# for held-out training images.  On MNIST two starts differ more than the rates 0.05 and 0.4, so we take three
# starts.  The rival is "pixels alone", a probability for each pixel.  Task 3 has one that won on MNIST.
def learn(x, units, k, rate, epochs, **how):                    # x (N, D) → w (D, units), b (D,), c (units,)
    mean, velocity = (x.sum(axis=0) + 1) / (len(x) + 2), [0, 0, 0]
    w = 0.1 * backend.rng().standard_normal((x.shape[1], units), np.float32)
    theta = [w, np.log(mean / (1 - mean)), np.zeros(units, np.float32)]
    for done in np.repeat(np.arange(epochs) / epochs, len(x) // 50):
        some = x[backend.rng().choice(len(x), 50)]
        velocity = [0.9 * m + g for m, g in zip(velocity, cd_step(some, *theta, k, **how))]
        theta = [part + np.float32(rate * (1 - done)) * m for part, m in zip(theta, velocity)]
    return theta

# %%
(x_train, _), (x_test, _) = lesson.images(flat=True)                                        # (N, D), 0–1
ROUNDED, NEW = ((x > 0.5).astype(np.float32) for x in (x_train[:10_000], x_test))
lesson.rng("digits")
share_on = (ROUNDED.sum(axis=0) + 1) / (len(ROUNDED) + 2)                                   # (D,)
found = {"pixels alone": [NEW @ np.log(share_on) + (1 - NEW) @ np.log(1 - share_on)]}       # (starts, N) each
epochs, starts = lesson.pick(digits=(100, 1), mnist=(20, 3))
for k in (1, 10):
    print(f"CD-{k} …", flush=True)
    found[f"CD-{k}"] = [log_p(NEW, *learn(ROUNDED, 12, k, 0.05, epochs)) for _ in range(starts)]
ends = {name: np.sort(np.mean(each, axis=1)) for name, each in found.items()}               # (starts,) each
lesson.table([(name, *each[[0, -1]]) for name, each in ends.items()], ["log p (nats)", "worst start", "best"])
lead = judge.standard_errors(np.mean(found["CD-10"], axis=0) - found["pixels alone"][0])
lesson.claim("CD-10 − pixels alone, in standard errors over test images", lead, above=2)
ahead = ends["CD-10"].mean() - ends["CD-1"].mean()
lesson.claim("CD-10 − CD-1, mean of three starts, nats", ahead, above=3, full=True, data="mnist")

# %%
# A stack as a start
# ------------------
# Lesson 18 trained sigmoid autoencoders stage by stage.  Hinton & Salakhutdinov (2006) stacked machines: one
# for the images, the next for the p(h | v) of the first, and so on.  The stack is *unrolled*, down by W and
# c, up by Wᵀ and b, and fine-tuned.  v stays `grey`, p(v | h), as pixels are; the code is not `bent`: h is
# c + v W, plus N(0, 1) when drawn.  All see the images 32 times, the stack 16 of these in machines.  Rivals:
# 4 times Glorot's weights, as in lesson 18; "shuffled": the stack's weights, each layer's in random order.
# Held-out training images chose the rates: Adam's of 0.003, 0.01, 0.03 for each way, the machines' of 0.05 to
# 0.8, the last one's of 0.005 to 0.05.
SIZES = lesson.pick(digits=(64, 128, 64, 32, 8), mnist=(784, 256, 128, 64, 30))
STARTS = {"sigmoid": (nn.Sigmoid, init.glorot), "ReLU": (nn.ReLU, init.he),                 # lesson 18's
          "sigmoid × 4": (nn.Sigmoid, lambda *fans: 4 * init.glorot(*fans))}
RATES = dict(zip(("sigmoid", "sigmoid × 4", "ReLU", "shuffled", "stack"), lesson.pick(
    digits=(0.01, 0.01, 0.01, 0.01, 0.03), mnist=(0.01, 0.003, 0.003, 0.003, 0.01))))
MACHINE_RATES = lesson.pick(digits={True: 0.4, False: 0.05}, mnist={True: 0.1, False: 0.01})  # bent or not
def unroll(down, up, x, shuffled):                              # layers down to the code, and up from it
    for layer, back in zip(down, reversed(up)):
        bent = layer is not down[-1]
        w, b, c = learn(x, layer.b.size, 1, MACHINE_RATES[bent], epochs=4, grey=True, bent=bent)
        x = functions.sigmoid(c + x @ w) if bent else c + x @ w
        w = backend.rng().permutation(w.ravel()).reshape(w.shape) if shuffled else w
        for dense, weights, bias in ((layer, w, c), (back, w.T.copy(), b)):
            dense.w.array, dense.b.array = backend.to_device(weights), backend.to_device(bias)

# %%
def error(net):                                                 # ‖x − x̂‖², of the first 1,000 test images
    return ((functions.sigmoid(net.predict(x_test[:1000])) - x_test[:1000]) ** 2).sum(axis=1).mean()
def run(way, x):                                                # the error after each of its own epochs
    bend, start = STARTS.get(way, STARTS["sigmoid"])
    down, up = (networks.mlp(*sizes, bend=bend, init=start) for sizes in (SIZES, SIZES[::-1]))
    if way not in STARTS:                                       # the dense layers are every second one
        unroll(down.layers[::2], up.layers[::2], x, way == "shuffled")
    net, epochs = nn.Sequential(down, up), 32 if way in STARTS else 16
    ran = train.fit(net, lambda net, x: losses.bce_with_logits(net(x), x), [x], metrics={"error": error},
                    optimizer=optim.Adam(net.parameters()), schedule=schedules.cosine(RATES[way]),
                    batch_size=lesson.pick(digits=64, mnist=128), epochs=epochs, quiet=True)
    return ran["error"]

# %%
errors = {way: [] for way in RATES}
for i, way in ((i, way) for i in range(3) for way in RATES):            # run i: the same images for all ways
    errors[way].append(run(way, x_train[lesson.rng(f"run {i}").permutation(len(x_train))[:6000]]))
    print(f"{way}, run {i + 1} of 3: error {errors[way][-1][-1]:.3g}", flush=True)
mean = {way: np.mean(ran, axis=0)[-1] for way, ran in errors.items()}                       # at the end
best = min(mean["sigmoid"], mean["sigmoid × 4"])
lesson.claim("error: better sigmoid without a stack / stack, less 1", best / mean["stack"] - 1, above=0.2)
lesson.record("error: shuffled / stack", mean["shuffled"] / mean["stack"])
share = (mean["sigmoid"] - mean["ReLU"]) / (mean["sigmoid"] - mean["stack"])
lesson.claim("ReLU: share of the stack's gain, without a stack", share, above=0.5)
figure = plot.curves({way: (range(1, 33)[-len(ran[0]):], np.mean(ran, 0)) for way, ran in errors.items()},
                     ylabel="squared error per test image", log="y")
lesson.picture(figure, "stack", "Mean of three runs.  A stack takes 16 epochs; then its line begins.  At the "
               f"end: better sigmoid {best:.2f}, ReLU {mean['ReLU']:.2f}, stack {mean['stack']:.2f}.")

# Try it yourself
# ---------------
# 1. Easy.  By pencil: which slope in w has log p(1, 0)?
# 2. Easy.  W = 40 times the identity, b = c = −20.  How well does it copy images?  What is their log p?
# 3. Hard.  The rival: 12 + 13 D numbers, 13 lists of D pixel probabilities; an image comes from one of them.
#    Share out the images among the lists, take means, and again (EM).  Does the machine win?  Let both draw.
#
# Remember
# --------
# - An energy makes every image more or less probable; to train is to raise log p of the data.
# - Its slope is a mean with data less one under the model, by a long chain.  CD's is short, and biased.
# - A stack gives sigmoid layers a good start; ReLU from He's start gets about as far without one.
#
# Sources
# -------
# D. Ackley, G. Hinton & T. Sejnowski 1985; P. Smolensky 1986; S. Geman & D. Geman 1984; G. Hinton 2002;
# M. Carreira-Perpiñán & G. Hinton 2005; G. Hinton & R. Salakhutdinov 2006.
lesson.end()
