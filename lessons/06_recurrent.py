"""
Recurrent networks, BPTT, vanishing gradients
=============================================

A sentence has no fixed length.  A recurrent network reads it a step at a time, with the same few numbers at
every step, and hands itself a state.  How far back can it remember, and how far back can it learn?

Needs: lessons 01 and 02.
From: the course notes (001), "Recurrent Neural Networks (RNNs)"; lessons/DOCUMENTS.md says what they are.
New words: state, recurrent network, backpropagation through time, spectral radius, clipping, LSTM, bits.
Time: quick 8 s, full 1 min on two cores.
"""
import re
from importlib.resources import files

import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, functions, grad, losses, nn, optim, plot, rnn, schedules

lesson = begin("06_recurrent")

# %%
# Two steps with a pencil
# -----------------------
# A *recurrent network* has a *state* h, which each step makes from the input x and the state before:
#
#     hₜ = tanh(aₜ),   aₜ = xₜ U + hₜ₋₁ W + b        oₜ = hₜ V + c
#
# o is the output.  All steps share U, W, V, b and c.  Let all be single numbers: u = ½ ln 3, w = ln 3, b = 0,
# h₀ = 0, and let the inputs be 1 and 0.  As tanh(½ ln 3) = ½, the first step gives a₁ = u and h₁ = ½, and the
# second a₂ = ½ w = ½ ln 3 again, and h₂ = ½.  Now back, as in lesson 01.  The slope of tanh is 1 − h², here ¾
# at both steps.  With dₜ = ∂h₂/∂aₜ:
#
#     d₂ = ¾                            ∂h₂/∂u  = x₁d₁ + x₂d₂ = 9/16 ln 3   = 0.618
#     d₁ = d₂ · w · ¾ = 9/16 ln 3       ∂h₂/∂w  = h₀d₁ + h₁d₂ = 3/8         = 0.375
#                                       ∂h₂/∂h₀ = d₁ w        = 9/16 (ln 3)² = 0.679
#
# u and w are used at each step, so their gradients are sums over the steps.  This is *backpropagation through
# time*, BPTT; exercise 28 writes it for vectors.  If zeros follow, h stays ½: the network remembers.  But a
# step back multiplies the gradient by w · ¾ = 0.824.  A state that lasts must shrink small disturbances, and
# a gradient is what becomes of a small disturbance (Bengio et al. 1994).
u, w, h0 = (Tensor(np.array([[number]])) for number in (np.log(3) / 2, np.log(3), 0.0))
one_then_zeros = backend.to_device(np.eye(30)[:1, :, None])                     # (1, 30, 1)
h = rnn.recur(one_then_zeros @ u, w, h0)[0, :, 0]                               # (30,)
by_machine = np.array([h[1].item(), *(g.item() for g in grad(h[1], [u, w, h0]))])
wrong = abs(by_machine - [1 / 2, 9 / 16 * np.log(3), 3 / 8, 9 / 16 * np.log(3) ** 2]).max()
lesson.check("h₂, ∂h₂/∂u, ∂h₂/∂w and ∂h₂/∂h₀ are the pencil's, to 1e-14", wrong < 1e-14, wrong)
last = np.array([h[29].item(), grad(h[29], [u])[0].item()])
holds = abs(last / [0.5, 0.75 * (0.75 * np.log(3)) ** 29] - 1).max() < 1e-12
lesson.check("after 30 steps the state is still ½, but ∂h₃₀/∂u = ¾ (¾ ln 3)²⁹", holds, last)

# %%
# A product of T matrices
# -----------------------
#
#     ∂h_T/∂h₀ = W D₁ W D₂ ⋯ W D_T,      Dₜ: diagonal, with 1 − hₜ² on it
#
# Without the tanh it is the power W^T.  The *spectral radius* ρ of W, the size of its largest eigenvalue,
# rules how it grows: ‖W^T‖^(1/T) → ρ.  (‖·‖ is the most that any vector is stretched.)  For ρ times a
# rotation, ‖W^T‖ = ρ^T exactly: below 1 the gradient vanishes, above 1 it explodes.  With the tanh, each D
# multiplies the squared length of a vector in a random direction by the mean of (1 − h²)².  So the forecast
# of a step's factor is ρ √mean((1 − h²)²), from the states alone.  Guess first: does ρ = 1.5 still explode?
H, length, radii = 32, 50, (0.5, 0.9, 1.0, 1.1, 1.5)
rng = lesson.rng("product")
rotation, noise = np.linalg.qr(rng.normal(size=(H, H)))[0], rng.normal(0, 0.5, (length, H))

def jacobians(w, a):
    """∂h_t/∂h₀ (T, H, H) for t = 1 … T, hₜ = tanh(aₜ + hₜ₋₁ w), and the mean of each (1 − hₜ²)² (T,)."""
    h, product, products, shrinks = np.zeros(H), np.eye(H), [], []
    for a_t in a:
        h = np.tanh(a_t + h @ w)
        product = product @ w * (1 - h ** 2)                    # column j times D's entry j
        products.append(product)
        shrinks.append(((1 - h ** 2) ** 2).mean())
    return np.array(products), np.array(shrinks)

# %%
driven, forecasts = [], []
for radius in radii:
    products, shrinks = jacobians(radius * rotation, noise)
    driven.append(np.linalg.norm(products, 2, axis=(1, 2)))
    measured = ((products[-1] ** 2).sum() / H) ** (0.5 / length)                # the mean factor of a step
    forecasts.append((radius, radius * np.exp(np.log(shrinks).mean() / 2), measured))
lesson.table(forecasts, header=("ρ", "forecast of a step's factor", "measured"))
worst = max(abs(measured / forecast - 1) for _, forecast, measured in forecasts)
lesson.claim("a step's factor, driven by noise: largest relative error of the forecast", worst, below=0.05)

# %%
times = np.arange(1, length + 1)
lines = {f"ρ = {radius}": (times, line) for radius, line in zip(radii, driven)}
lines |= {f"_{radius}": (times, float(radius) ** times) for radius in radii}    # _: without a name
figure = plot.curves(lines, "steps T", "‖∂h_T/∂h₀‖", log="y")
for line, law in zip(figure.axes[0].lines, figure.axes[0].lines[5:]):
    line.set_linestyle("-")
    law.set(color=line.get_color(), linestyle=":", linewidth=0.9)
lesson.picture(figure, "gradient", "What T steps leave of a gradient.  Full lines: tanh units, driven by "
               "noise.  Dotted, in the same colours: ρ^T, without the tanh.")

# %%
# The adding problem
# ------------------
# A test of memory, after Hochreiter and Schmidhuber (1997).  Each step shows a number from 0 to 1 and a mark,
# which is 1 at one step of the first half and at one of the second, else 0.  Say the sum of the two marked
# numbers.  Always to say the mean, 1, costs the variance, 1/6.  The rival is least squares on all 2T numbers.
# It cannot multiply; it knows that each number is marked with probability 2/T, and leaves 1/6 − 1/(3T).
#
# One exploding gradient can undo a thousand steps.  *Clipping* (Pascanu et al. 2013) shortens the gradient g
# of all weights where it is longer than c = 1.  It cannot help a gradient that vanishes.
#
#     g ← g · min(1, c/‖g‖)                               (3, 4) has the length 5 and becomes (0.6, 0.8)
def learn(model, loss, steps, rate):
    """Clipped steps of Adam (lesson 02): the losses (steps,), and the longest gradient before clipping."""
    optimizer, schedule = optim.Adam(model.parameters(), rate), schedules.cosine(rate)
    history, longest = [], 0
    for step in range(steps):
        optimizer.learning_rate = schedule(step / steps)
        optimizer.zero_grad()
        now = loss()
        now.backward()
        longest = np.maximum(longest, optim.clip_grad_norm(model.parameters(), 1))
        optimizer.step()
        history.append(now.array)                               # looked at when all is done
        if step % 500 == 499:
            print(f"step {step + 1} of {steps}: loss {now.item():.4f}", flush=True)
    return np.array([float(number) for number in history]), float(longest)

# %%
def adding(n, T):
    """Sequences (n, T, 2) of numbers and marks, and the sums (n, 1)."""
    x = np.zeros((n, T, 2), np.float32)
    x[..., 0] = backend.rng().random((n, T))
    for marked in backend.rng().integers(T // 2, size=n), backend.rng().integers(T // 2, T, n):
        x[np.arange(n), marked, 1] = 1
    return x, x.prod(axis=2).sum(axis=1, keepdims=True)

def least_squares(x, y, x_test, y_test):
    """The squared errors (n,) on a test set of the best linear rule, with a constant; x (N, …), y (N, 1)."""
    x, x_test = (np.column_stack([part.reshape(len(part), -1), np.ones(len(part))]) for part in (x, x_test))
    return ((x_test @ np.linalg.lstsq(x, y, rcond=None)[0] - y_test) ** 2)[:, 0]

# %%
lesson.rng("adding")
plans = {10: (1500, 0.005), 30: (1200 if lesson.quick else 3000, 0.003), 100: (3000, 0.003)}    # steps, rate
memories, learned, errors = {}, {}, {}
for T, (steps, rate) in list(plans.items())[:2 if lesson.quick else 3]:
    memories[T] = rnn.RNN(2, 64)
    model = nn.Sequential(memories[T], nn.Dense(64, 1))
    def adding_loss():
        x, target = map(backend.to_device, adding(64, T))
        return losses.mse(model(x)[:, -1], target)
    history, longest = learn(model, adding_loss, steps, rate)
    learned[f"T = {T}"] = np.arange(25, steps, 50), history.reshape(-1, 50).mean(axis=1)
    x, target = adding(4000, T)                                 # sequences that it has never seen
    errors[T] = ((model.predict(x)[:, -1] - target) ** 2).mean()
    lesson.record(f"T = {T}: squared error, longest gradient", (errors[T], longest))

# %%
rival = judge.standard_errors(least_squares(*adding(4000, 10), *adding(4000, 10)), theory=1 / 6 - 1 / 30)
lesson.claim("T = 10: least squares, in standard errors from 1/6 − 1/(3T)", abs(rival), below=5)
lesson.claim("T = 10: squared error, and that of least squares", errors[10], below=1 / 6 - 1 / 30)
lesson.claim("T = 30: squared error, and that of least squares", errors[30], below=1 / 6 - 1 / 90)
lesson.claim("T = 30, trained for 3000 steps: squared error", errors[30], below=0.02, full=True)
figure = plot.curves(learned, "step", "mean squared error", log="y")
lesson.picture(figure, "adding", "Look how long each network does no better than 1/6, the mean.")

# %%
# The cure for a long T that is used most is the *LSTM*, long short-term memory (Hochreiter and Schmidhuber
# 1997).  It hands on a second state, the cell c, by a sum, entry by entry:
#
#     cₜ = f ∗ cₜ₋₁ + i ∗ g
#
# The gates f and i are sigmoids of xₜ and hₜ₋₁, so between 0 and 1; g is a proposal, like our tanh.  Along
# this path ∂cₜ/∂cₜ₋₁ = f, without W and without the slope of a tanh.  Where f learns to stay near 1, the
# gradient does not vanish: 0.99¹⁰⁰ = 0.37, but 0.824¹⁰⁰ is 4 · 10⁻⁹.
#
# A text, letter by letter
# ------------------------
# The network learns from the comments of all lessons but 04, and is tested on those of 04; so the numbers
# change with this book.  A letter given the probability p costs −log₂ p *bits*.  The rivals count how often
# each letter followed the last k.  Five letters more are dealt out as the counts of k − 1 letters say: so
# nothing is impossible.  Guess first: which k does the network beat?
alphabet, corpus, asked = " .,abcdefghijklmnopqrstuvwxyz", [], []
K = len(alphabet)
for path in sorted(files("lessons").glob("[0-9][0-9]_*.py")):
    comments = " ".join(re.findall(r"^# (\w.*)", path.read_text(encoding="utf-8"), re.MULTILINE)).lower()
    letters = [alphabet.index(letter) for letter in re.sub("[^a-z.,]+", " ", comments)]
    (asked if path.name.startswith("04") else corpus).extend(letters)
corpus, asked = np.array(corpus), np.array(asked)

# %%
windows = np.lib.stride_tricks.sliding_window_view             # (letters, k + 1): each run of k + 1 letters
p, bits = np.full(K, 1 / K), []
for k in range(4):
    counts = np.zeros((K,) * (k + 1))                           # [oldest letter, …, last one, next one]
    np.add.at(counts, tuple(windows(corpus, k + 1).T), 1)
    p = (counts + 5 * p) / (counts.sum(axis=-1, keepdims=True) + 5)
    bits.append(-np.log2(p[tuple(windows(asked[3 - k:], k + 1).T)]))            # of the fourth letter and on
onehot = np.eye(K, dtype=np.float32)
lesson.rng("text")
author = nn.Sequential(rnn.RNN(K, 64), nn.Dense(64, K))

def next_letter_loss():
    starts = backend.rng().integers(len(corpus) - 50, size=32)
    window = corpus[starts[:, None] + np.arange(51)]            # (32, 51)
    scores = author(backend.to_device(onehot[window[:, :-1]]))  # (32, 50, K)
    return losses.cross_entropy(scores.reshape(-1, K), backend.to_device(window[:, 1:].ravel()))

# %%
learn(author, next_letter_loss, steps=lesson.pick(digits=2000, mnist=2000, quick=600), rate=0.01)
said = functions.softmax(author.predict(onehot[asked[None, :-1]])[0])           # (letters − 1, K)
own = -np.log2(said[np.arange(len(said)), asked[1:]])[2:]
lesson.record("bits per letter, counts of 0, 1, 2, 3 letters; ours", [line.mean() for line in [*bits, own]])
leads = [judge.standard_errors(line - own) for line in bits]
lesson.claim("bits: network ahead of counts of 1 letter, in standard errors", leads[1], above=2)
lesson.claim("bits: network ahead of counts of 2 letters, in standard errors", leads[2], above=2, full=True)
lesson.claim("bits: network behind counts of 3 letters, in standard errors", -leads[3], above=2)
written = [alphabet.index("t")]
while len(written) < 200:
    chances = functions.softmax(author.predict(onehot[written[-50:]][None])[0, -1].astype(float))
    written.append(backend.rng().choice(K, p=chances))
print("it writes:", "".join(alphabet[i] for i in written))

# %%
# What goes wrong: where is the memory?
# -------------------------------------
# "For example, recurrent neural networks (RNNs) have parameters that are used to store information from
# previous time steps." (001, Parameter Typing)  The parameters are the same for every sequence; the state
# stores.  Test: set the state to 0 halfway, between the marks, and leave the parameters alone.  Least squares
# then reads the sum from the last state.  Not to know the first number costs its variance, 1/12 = 0.083.
lesson.rng("wiped")
(known, sums), (new, new_sums) = adding(4000, 10), adding(4000, 10)
memory = memories[10]
kept, wiped = (least_squares(memory.predict(known[:, first:])[:, -1], sums,
                             memory.predict(new[:, first:])[:, -1], new_sums).mean() for first in (0, 5))
lesson.claim("state kept: squared error", kept, below=0.02)
lesson.claim("state wiped halfway: squared error", wiped, near=1 / 12, within=0.02)

# %%
# Try it yourself
# ---------------
# 1. Easy: halve W before it learns, memories[T].w.array *= 0.5.  Does it still learn to add at T = 10?
# 2. Easy, with a pencil: w = ln 3, h₀ = −½, and the inputs are 0, 0.  What are h₁, h₂ and ∂h₂/∂h₀?
# 3. Hard: forecast the next value of two sines in noise.  Rival: least squares on the last 50.  Who wins?
#
# Remember
# --------
# - A recurrent network uses the same weights at each step; BPTT adds up their gradients over the steps.
# - Each step back multiplies the gradient by W and by the slopes of tanh: it vanishes, or it explodes.
# - Clipping helps against explosion; against vanishing, a sum instead of a product, as in the LSTM.
# - Count before you train: a simple rival may be better.
#
# Sources
# -------
# The course notes (001), "Recurrent Neural Networks (RNNs)", "Parameter Typing".
# Y. Bengio et al. (1994), Learning long-term dependencies with gradient descent is difficult.
# S. Hochreiter and J. Schmidhuber (1997), Long short-term memory.
# R. Pascanu et al. (2013), On the difficulty of training recurrent neural networks.
lesson.end()
