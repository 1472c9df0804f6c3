"""
Recurrent networks, BPTT, vanishing gradients
=============================================

A sentence has no fixed length.  A recurrent network reads it a step at a time, with the same few numbers at
every step, and hands itself a state.  How far back can it remember, and how far back can it learn?

Needs: lessons 01 and 02.
From: 001, "Recurrent Neural Networks (RNNs)" and "Parameter Sharing and Typing in Neural Networks".
Time: quick 7 s, full 1 min on two cores.
"""
import re
from importlib.resources import files

import numpy as np

from lessons.book import begin
from minidl import Tensor, backend, functions, grad, losses, nn, optim, plot, rnn, schedules

lesson = begin("06_recurrent")
rng = backend.rng()

# %%
# Two steps with a pencil
# -----------------------
#     hₜ = tanh(aₜ),   aₜ = xₜ U + hₜ₋₁ W + b        oₜ = hₜ V + c
#
# x is the input, h the state, o the output.  001 draws one output, after the last step, and arrows from each
# h down to a "State".  But h is the state; every step may have an output; and all steps share U, W and V.
# Let all be single numbers: u = ½ ln 3, w = ln 3, b = 0, h₀ = 0 and the inputs 1, 0.  As tanh(½ ln 3) = ½,
# a₁ = u and h₁ = ½; then a₂ = ½ w = ½ ln 3 again, and h₂ = ½.  Now back, as in lesson 01.  tanh′ = 1 − h² = ¾
# at both steps.  With dₜ = ∂h₂/∂aₜ
#     d₂ = ¾                            ∂h₂/∂u  = x₁d₁ + x₂d₂ = 9/16 ln 3   = 0.618
#     d₁ = d₂ · w · ¾ = 9/16 ln 3       ∂h₂/∂w  = h₀d₁ + h₁d₂ = 3/8         = 0.375
#                                       ∂h₂/∂h₀ = d₁ w        = 9/16 (ln 3)² = 0.679
#
# u and w are used at each step, so each step pays in.  That is backpropagation through time, BPTT.
# If zeros follow, h stays ½: the network remembers.  But each step back is one more factor w · ¾ = 0.824.
# This is no accident.  A state that is to outlast small disturbances must shrink them, and a gradient is what
# becomes of a small disturbance (Bengio et al. 1994).
u, w, h0 = (Tensor(np.array([[v]])) for v in (np.log(3) / 2, np.log(3), 0.0))
x = backend.to_device(np.eye(30)[:1, :, None])                  # (1, 30, 1): 1, 0, 0, …
h = rnn.recur(x @ u, w, h0)[0, :, 0]                            # (30,)
found = np.array([h[1].item(), *(g.item() for g in grad(h[1], [u, w, h0]))])
error = abs(found - [1 / 2, 9 / 16 * np.log(3), 3 / 8, 9 / 16 * np.log(3) ** 2]).max()
lesson.claim("h₂, ∂h₂/∂u, ∂h₂/∂w and ∂h₂/∂h₀ are the pencil's, to 1e-14", error < 1e-14, error)
state, slope = h[29].item(), grad(h[29], [u])[0].item()
holds = abs(state - 0.5) < 1e-14 and abs(slope / (0.75 * (0.75 * np.log(3)) ** 29) - 1) < 1e-12
lesson.claim("30 steps on the state is still ½, but ∂h₃₀/∂u = ¾ (¾ ln 3)²⁹", holds, (state, slope))

# %%
# The code
# --------
# With vectors these walks take five lines each.  g is ∂loss/∂h by way of each step's own output.
def forward(a, w, h0):
    """The states h₀ … h_T (T + 1, H), from aₜ = xₜ U + b (T, H) and w (H, H)."""
    h = [h0]
    for a_t in a:
        h.append(np.tanh(a_t + h[-1] @ w))
    return np.array(h)

def bptt(g, h, w):
    """∂loss/∂a, ∂loss/∂w and ∂loss/∂h₀, from g (T, H) and the states h (T + 1, H)."""
    d, back = np.zeros_like(g), 0
    for t in reversed(range(len(g))):
        d[t] = (g[t] + back) * (1 - h[t + 1] ** 2)              # h[0] is h₀, so h[t + 1] belongs to g[t]
        back = d[t] @ w.T
    return d, h[:-1].T @ d, back                                # ∂w is the sum over the steps of hₜ₋₁ᵀ dₜ

a, w, h0, g = (rng.normal(size=shape) for shape in ((7, 5), (5, 5), (5,), (7, 5)))
h, inputs = forward(a, w, h0), [Tensor(v) for v in (a[None], w, h0[None])]
states = rnn.recur(*inputs)                                     # (1, 7, 5), a batch of one
found = [states.array[0], *grad((states * backend.to_device(g)).sum(), inputs)]
pairs = zip([h[1:], *bptt(g, h, w)], map(backend.to_host, found))
error = max(abs(ours - theirs).max() for ours, theirs in pairs)
lesson.claim("our states and gradients are those of minidl.rnn, to 1e-12", error < 1e-12, error)

# %%
# A product of T matrices
# -----------------------
#     ∂h_T/∂h₀ = W D₁ W D₂ ⋯ W D_T,      Dₜ: diagonal, with 1 − hₜ² on it
#
# Without the tanh it is the power W^T.  Its growth is ruled by the spectral radius ρ of W, the size of the
# largest eigenvalue: ‖W^T‖^(1/T) → ρ as T grows.  (‖·‖ is the most that any vector is stretched.)  For ρ
# times a rotation T need not be large: ‖W^T‖ = ρ^T.  Below 1 the gradient vanishes, above 1 it explodes.
# With the tanh, no Dₜ stretches: ρ^T is a bound; and the larger the states are, the flatter is the tanh.
H, radii, lengths = 32, (0.5, 0.9, 1.0, 1.1, 1.5), range(1, 51)
rotation, noise = np.linalg.qr(rng.normal(size=(H, H)))[0], rng.normal(0, 0.5, (50, H))

def stretch(w, a):
    """‖∂h_T/∂h₀‖ by minidl, from H copies of a (T, H): of the last state of copy i, only entry i counts."""
    h0, *constants = Tensor(np.zeros((H, H))), np.broadcast_to(a, (H, *a.shape)), w, np.eye(H)
    a, w, own = map(backend.to_device, constants)
    h = rnn.recur(a, w, h0)                                     # (H, T, H)
    return np.linalg.norm(backend.to_host(grad((h[:, -1] * own).sum(), [h0])[0]), 2)

linear, bent = (np.array([[stretch(r * rotation, a[:T]) for T in lengths] for r in radii])
                for a in (0 * noise, noise))                    # where h = 0, tanh has the slope 1
theory = np.array(radii)[:, None] ** lengths                    # (5, 50)
error, highest = abs(linear / theory - 1).max(), (bent / theory).max()
lesson.claim("linear: ‖∂h_T/∂h₀‖ = ρ^T, to 1e-12", error < 1e-12, error)
lesson.claim("tanh, driven by noise: never above ρ^T, to 1e-12 (largest ratio)", highest < 1 + 1e-12, highest)
series = {f"ρ = {r}": (lengths, line) for r, line in zip(radii, bent)}
series |= {f"_{r}": (lengths, law) for r, law in zip(radii, theory)}            # _: without a name
figure = plot.curves(series, "steps T", "‖∂h_T/∂h₀‖", log="y")
for line, law in zip(figure.axes[0].lines, figure.axes[0].lines[5:]):
    law.set(color=line.get_color(), linestyle=":", linewidth=0.8)
lesson.picture(figure, "gradient", "What T steps leave of a gradient under the tanh; dotted: the linear ρ^T")

# %%
# The adding problem
# ------------------
# A test of memory, after Hochreiter & Schmidhuber (1997).  Each step shows a number from 0 to 1 and a mark,
# which is 1 at one step of the first half and one of the second, else 0.  Say the sum of the two marked
# numbers.  Who always says 1, the mean, is wrong by the variance: 2 · 1/12 = 1/6 = 0.167.
# One exploding gradient can undo a thousand steps.  So if all gradients together are longer than 1, they are
# scaled to the length 1: clipping (Pascanu et al. 2013).  (3, 4) would become (0.6, 0.8).  It does not help
# a gradient that vanishes: T = 100 is hardly learned in our 3,000 steps: 0.13 from seed 0, 0.17 from seed 1.
def learn(model, loss, steps, rate):
    """Adam, clipped: the loss and the gradient's length before clipping, (2, steps)."""
    optimizer, schedule, history = optim.Adam(model.parameters(), rate), schedules.cosine(rate), []
    for step in range(steps):
        optimizer.learning_rate = schedule(step / steps)
        optimizer.zero_grad()
        (now := loss()).backward()
        history.append((now.array, optim.clip_grad_norm(model.parameters(), 1)))
        optimizer.step()
        if step % 500 == 499:
            recent = np.mean([float(loss) for loss, _ in history[-100:]])
            print(f"step {step + 1} of {steps}: loss {recent:.4f}", flush=True)
    return np.array([[float(number) for number in pair] for pair in history]).T

# %%
def adding(n, T):
    """Sequences (n, T, 2) of numbers and marks, and the sums (n, 1)."""
    x, steps = np.zeros((n, T, 2), np.float32), [rng.integers(T // 2, size=n), rng.integers(T // 2, T, n)]
    x[..., 0], x[np.arange(n), steps, 1] = rng.random((n, T)), 1
    return x, x.prod(axis=2).sum(axis=1, keepdims=True)

def adding_loss():
    x, target = map(backend.to_device, adding(64, T))
    return losses.mse(model(x)[:, -1], target)

lags, steps = ((5, 10), 600) if lesson.quick else ((10, 30, 100), 3000)
models, curves, errors = {}, {"always the mean": ([25, steps - 25], [1 / 6, 1 / 6])}, {}
for T in lags:
    models[T] = model = nn.Sequential(rnn.RNN(2, 64), nn.Dense(64, 1))
    loss, norms = learn(model, adding_loss, steps, rate=0.003)
    curves[f"T = {T}"] = np.arange(25, steps, 50), loss.reshape(-1, 50).mean(axis=1)
    x, target = adding(2000, T)                                 # sequences that it has never seen
    errors[T] = ((model.predict(x)[:, -1] - target) ** 2).mean()
    lesson.record(f"T = {T}: squared error, longest gradient", (errors[T], norms.max()))
lesson.claim("T = 10: better than the mean's 1/6", errors[10] < 1 / 6, errors[10])
lesson.claim("T = 30: squared error below 0.02", errors.get(30, 1) < 0.02, errors.get(30), full=True)
figure = plot.curves(curves, "step", "mean squared error", log="y")
lesson.picture(figure, "adding", "The adding problem: the longer, the later it is learned, or not at all")

# %%
# What goes wrong: parameters "used to store information" (001)
# -------------------------------------------------------------
# So 001 on recurrent networks.  But parameters are the same for every sequence; what stores is the state.
# The test: between the two marks, halfway, set the state to 0 and leave the parameters alone.  Whoever cannot
# know the first number is wrong by its variance at least, 1/12 = 0.083.
T, (x, target) = lags[1], adding(2000, lags[1])
kept, wiped = ((models[T].predict(part)[:, -1] - target) ** 2 for part in (x, x[:, T // 2:]))   # h₀ is 0
holds = wiped.mean() > 1 / 12 - 4 * wiped.std() / len(x) ** 0.5                 # 4 standard errors
lesson.claim("squared error, state kept and wiped; wiped, at least 1/12", holds, (kept.mean(), wiped.mean()))

# %%
# Forecasting
# -----------
# Two sines, and noise of deviation 0.2.  What comes next?  Persistence says: the same as now.  Nobody knows
# the noise to come, so 0.2² = 0.04 is, on average, the floor.  A sum of sines obeys a linear recursion: least
# squares on the last 50 values is the rival to fear, and it wins.  The last third is held out.
series = sum(np.sin(2 * np.pi * np.arange(1500) / p) for p in (20, 33)) + rng.normal(0, 0.2, 1500)
windows = np.lib.stride_tricks.sliding_window_view(np.float32(series), 51)[..., None]   # (1450, 51, 1)
taught, held = windows[:950], windows[1000:]                    # from steps 0–999 and 1000–1499

def next_value_loss():
    w = backend.to_device(taught[rng.integers(len(taught), size=32)])
    return losses.mse(model(w[:, :-1]), w[:, 1:])

model = nn.Sequential(rnn.RNN(1, 32), nn.Dense(32, 1))
learn(model, next_value_loss, steps=300, rate=0.01)
rule = np.linalg.lstsq(taught[:, :-1, 0], taught[:, -1], rcond=None)[0]
errors = [((said - held[:, -1]) ** 2).mean() for said in
          (held[:, -2], held[:, :-1, 0] @ rule, model.predict(held[:, :-1])[:, -1])]
lesson.claim("squared error: persistence, least squares, ours; ours < first", errors[2] < errors[0], errors)

# %%
# A text, letter by letter
# ------------------------
# It learns from the comments of lessons 01 to 03, and is tested on those of 04; so the numbers change with
# this book.  The rivals count.  Order 0: how often is each letter?  Order 1: how often after the letter
# before?  All counts begin at 1, so that nothing is impossible.  A letter given p costs −log₂ p bits.
alphabet, codes = " .,abcdefghijklmnopqrstuvwxyz", []
for path in sorted(files("lessons").glob("0[1-4]_*.py")):
    comments = " ".join(re.findall(r"^# (\w.*)", path.read_text(encoding="utf-8"), re.MULTILINE)).lower()
    codes.append([alphabet.index(letter) for letter in re.sub("[^a-z.,]+", " ", comments)])
train, test, K = np.array(sum(codes[:3], [])), np.array(codes[3]), len(alphabet)
single, double, onehot = np.bincount(train, minlength=K) + 1, np.ones((K, K)), np.eye(K, dtype=np.float32)
np.add.at(double, (train[:-1], train[1:]), 1)                   # [letter before, letter]

def next_letter_loss():
    w = train[rng.integers(len(train) - 50, size=32)[:, None] + np.arange(51)]  # (32, 51)
    scores = model(backend.to_device(onehot[w[:, :-1]]))        # (32, 50, K)
    return losses.cross_entropy(scores.reshape(-1, K), backend.to_device(w[:, 1:].ravel()))

# %%
model = nn.Sequential(rnn.RNN(K, 64), nn.Dense(64, K))
learn(model, next_letter_loss, steps=250 if lesson.quick else 600, rate=0.01)
said, next_one = functions.softmax(model.predict(onehot[test[:-1]][None])[0]), test[1:]
bits = [-np.log2(p).mean() for p in ((single / single.sum())[next_one], (double / double.sum(
    axis=1, keepdims=True))[test[:-1], next_one], said[np.arange(len(said)), next_one])]
lesson.claim("bits per letter: order 0, order 1, ours; ours < order 1", bits[2] < bits[1], bits)
written = [alphabet.index("t")]
while len(written) < 200:
    p = functions.softmax(model.predict(onehot[written[-50:]][None])[0, -1].astype(float))
    written.append(rng.choice(K, p=p))
print("it writes:", "".join(alphabet[i] for i in written))

# %%
# Try it yourself
# ---------------
# 1. Halve W before it learns: model[0].w.array *= 0.5.  Does it still learn to add at T = 10?
# 2. Find u, w and b with which a single 1 among zeros turns the state from −½ to above 0, for good.
# 3. Double the scores before the softmax that writes; halve them.  What does it write now?
#
# Sources
# -------
# Y. Bengio et al. (1994), Learning long-term dependencies with gradient descent is difficult.
# S. Hochreiter and J. Schmidhuber (1997), Long short-term memory.
# R. Pascanu et al. (2013), On the difficulty of training recurrent neural networks.
lesson.end()
