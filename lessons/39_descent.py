"""
Descent, and a good start
=========================

The slope says which way is down.  How long should a step be, and from where does one set out?

Needs: lessons 01 and 02.
From: outside the documents; Cauchy 1847, Polyak 1964, Kingma & Ba 2015.  Its occasion is a line of the exam
paper (003), "Actualización de parámetros": θ ← θ − η∇J(θ); lessons/DOCUMENTS.md says what that paper is.
New words: learning rate, condition number, momentum, Adam, schedule, warm-up, clipping, fan-in.
Time: quick 10 s, full 30 s on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import Tensor, backend, functions, init, losses, optim, plot, schedules, train

lesson = begin("39_descent")

# %%
# By hand: a bowl
# ---------------
# J(w) = ½ (w₁² + 25 w₂²) is a long valley, flat along w₁ and steep along w₂.  Its slope is ∇J = (w₁, 25 w₂),
# its lowest point 0.  Descent (Cauchy 1847) goes w ← w − η ∇J(w), where η is the learning rate.
#
#     η = 0.04:  (5, 1) − 0.04 (5, 25) = (4.80,  0.00)     w₂ is there; w₁ keeps 0.96 of itself at each step
#     η = 0.08:  (5, 1) − 0.08 (5, 25) = (4.60, −1.00)     w₂ jumps to and fro, for ever
#     η = 0.09:  (5, 1) − 0.09 (5, 25) = (4.55, −1.25)     w₂ grows by a quarter at each step: it flies off
#
# Along an axis of curvature λ the slope is λ w, so a step multiplies w by 1 − ηλ.  This shrinks w as long as
# η < 2/λ: the largest curvature sets the limit.  The best constant rate, η = 2/(λ_min + λ_max), makes a step
# multiply the flattest and the steepest axis by ±(κ − 1)/(κ + 1): κ = λ_max/λ_min is the condition number.
start, steep = np.array([5.0, 1]), np.array([1.0, 25])
moved = [(start - rate * steep * start).tolist() for rate in (0.04, 0.08, 0.09)]
lesson.check("one step: as by hand", np.allclose(moved, [(4.8, 0), (4.6, -1), (4.55, -1.25)]), moved)

# %%
# Momentum: let the ball roll
# ---------------------------
# A velocity v keeps a share μ of itself and takes up the new slope g = ∇J(w):
#
#     v ← μ v + g;  w ← w − η v               heavy ball, or momentum (Polyak 1964)
#     v ← μ v + g;  w ← w − η (g + μ v)       Nesterov (1983): the step looks ahead along v
#
# Under a steady slope v grows to g/(1 − μ): with μ = 0.9, steps become ten times as long.  Where the slope
# changes its sign at each step, v cancels most of it.  By pencil, for J = ½ w², w = 10, η = 0.1, μ = 0.9:
# v is 10, 18, 23.4 and w is 9, 7.2, 4.86, where plain descent has 9, 8.1, 7.29.  On a bowl it is best to take
# √μ = r = (√κ − 1)/(√κ + 1) and η = 4/(√λ_min + √λ_max)².  From 1, at rest, t steps along the flattest axis
# lead to (1 + (1 − r) t) rᵗ.  Guess first: at κ = 100 descent needs 691 steps to 0.000001.  And the ball?
def heavy_ball(slope, w, steps, rate, momentum=0.9):
    """All places (steps + 1, …) of a heavy ball; with momentum 0, of plain descent."""
    v, path = 0 * w, [w]
    for _ in range(steps):
        v = momentum * v + slope(w)
        w = w - rate * v
        path.append(w)
    return np.array(path)
lesson.check("the ball: 9, 7.2, 4.86", np.allclose(heavy_ball(lambda w: w, 10, 3, 0.1)[1:], [9, 7.2, 4.86]))
t, r = np.arange(101), 9 / 11                                   # κ = 100, the axis with λ = 1
ball = heavy_ball(lambda w: w, 1.0, 100, 4 / 121, r ** 2)
lesson.check("the ball is where theory says, to 1e-12", abs(ball - (1 + (1 - r) * t) * r ** t).max() < 1e-12)
lesson.record("steps of the ball from 1 to 0.000001", int((ball > 1e-6).sum()))

# %%
# A rate for each weight: RMSProp and Adam
# ----------------------------------------
# Another idea: divide each weight's slope by its own usual size, so that each weight moves by about η.
#
#     RMSProp (Hinton 2012)      s ← ρ s + (1 − ρ) g²                                w ← w − η g/(√s + ε)
#     Adam (Kingma & Ba 2015)    m ← β₁ m + (1 − β₁) g       v ← β₂ v + (1 − β₂) g²
#                                m̂ = m/(1 − β₁ᵗ)             v̂ = v/(1 − β₂ᵗ)         w ← w − η m̂/(√v̂ + ε)
#
# m and v start at 0, too small at first; the hats mend that.  By pencil, with β₁ = 0.9: for a first slope g,
# m̂ = g and v̂ = g², so the first step is η, whatever g is (without hats, √10 η).  If −g comes next, then
# m = 0.09 g − 0.1 g and m̂ = −0.01 g/0.19 = −g/19: a step of η/19 back.
def adam(slope, w, steps, rate, b1=0.9, b2=0.999, hats=True):
    """All places (steps + 1, …) of Adam; with b1 = 0 and no hats, of RMSProp."""
    m, v, path = 0 * w, 0 * w, [w]
    for t in range(1, steps + 1):
        g = slope(w)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        m_hat, v_hat = (m / (1 - b1 ** t), v / (1 - b2 ** t)) if hats else (m, v)
        w = w - rate * m_hat / (np.sqrt(v_hat) + 1e-12)
        path.append(w)
    return np.array(path)
given = iter([np.array([4, 0.001]), np.array([-4, -0.001])])    # first and second slope, of two weights
walked = adam(lambda w: next(given), np.zeros(2), 2, rate=1.0).T
lesson.check("Adam, η = 1: 0, −1, −18/19 for both weights", np.allclose(walked, [0, -1, -18 / 19]), walked[0])

# %%
# Four balls on one bowl: descent and the heavy ball at their best, RMSProp and Adam at rates that suit them.
ways = {"descent": (heavy_ball, (2 / 26, 0), lambda p: optim.SGD(p, 2 / 26)),
        "heavy ball": (heavy_ball, (1 / 9, 4 / 9), lambda p: optim.SGD(p, 1 / 9, momentum=4 / 9)),
        "RMSProp": (adam, (0.09, 0, 0.99, False), lambda p: optim.RMSProp(p, 0.09)),
        "Adam": (adam, (0.25,), lambda p: optim.Adam(p, 0.25))}
paths = {name: ours(lambda w: w * steep, start, 60, *settings) for name, (ours, settings, _) in ways.items()}
for name, (_, _, theirs) in ways.items():
    w, curvature = Tensor(start), backend.to_device(steep)
    train.descend(lambda: (curvature * w * w).sum() / 2, theirs([w]), 60)
    lesson.check(f"{name} ends where minidl's does, to 1e-6", abs(paths[name][-1] - w.numpy()).max() < 1e-6)

# %%
figure, axes = plot.panels(2, rows=2, height=3.8, sharex=True, sharey=True)
w1, w2 = np.meshgrid(np.linspace(-2, 5.5, 99), np.linspace(-2.4, 2.4, 99))
for ax, (name, path), colour in zip(axes, paths.items(), plot.COLOURS):
    ax.contour(w1, w2, w1 ** 2 + 25 * w2 ** 2, np.geomspace(0.1, 99, 8), colors="#cccccc", linewidths=0.6)
    ax.plot(*path.T, "o-", color=colour, markersize=2.5, linewidth=0.6)
    ax.set(title=name, xlabel="w₁", ylabel="w₂")

def draw(step):
    for ax, path in zip(axes, paths.values()):
        ax.lines[0].set_data(*path[:step + 1].T)
lesson.film(figure, draw, range(0, 61, 2), "bowl", "Down the bowl: a dot is a step, a grey curve a height.")

# %%
# What Adam sees, and what it does not
# ------------------------------------
# Adam divides by the slope's size, so the scale of each weight's slope cancels.  On a bowl whose axes are
# those of the weights it walks the same path for every κ.  But it is bound to these axes.  Turn the bowl, and
# the start with it: the others' paths turn too, and Adam's does not.  Guess first: straight, at κ = 2,500,
# Adam comes within 1 % in some 80 steps.  How many if the bowl is turned at random?
def steps_to(path):
    """Steps until ‖w‖ stays below 1 % of its start, at the best of the rates; path (steps + 1, rates, D)."""
    far = (path ** 2).sum(axis=2) > 1e-4 * (path[0] ** 2).sum(axis=1)           # (steps + 1, rates)
    return int((far * np.arange(1, len(far) + 1)[:, None]).max(axis=0).min())
rng, rates, walks, rows = lesson.rng("turned"), np.geomspace(0.001, 1, 24)[:, None], [], []
turn, first = np.linalg.qr(rng.normal(size=(20, 20)))[0], rng.normal(size=(1, 20))
for how, k, q in (("straight", 25, np.eye(20)), ("straight", 2500, np.eye(20)), ("turned", 2500, turn)):
    bowl, begin_at = q.T * np.geomspace(1, k, 20) @ q, first @ q    # curvatures 1 to κ along the rows of q
    walks.append(adam(lambda w: w @ bowl, begin_at + 0 * rates, 2000, rates))
    ball_at = 4 / (1 + k ** 0.5) ** 2, ((k ** 0.5 - 1) / (k ** 0.5 + 1)) ** 2
    others = [heavy_ball(lambda w: w @ bowl, begin_at, 7000, *best) for best in ((2 / (1 + k), 0), ball_at)]
    rows.append((how, k, *map(steps_to, [*others, walks[-1]])))
lesson.table(rows, ["bowl", "κ", "steps: descent", "ball", "Adam"])
lesson.check("Adam's path is the same for both κ, to 1e-8", abs(walks[0] - walks[1])[:300].max() < 1e-8)
lesson.claim("κ = 2,500: Adam's steps, turned / straight", rows[2][4] / rows[1][4], above=3)

# %%
# Noise: why the rate must fall
# -----------------------------
# A small batch gives the slope with noise.  On ½ w² with noise of variance 1, a step makes (1 − η)² q + η² of
# q = E w².  A constant η comes to rest at q = η/(2 − η).  A schedule lets η fall: η = 1/t makes w a mean of t
# noises, q = 1/t (Robbins & Monro 1951).  For networks, d being the share of the run that is done:
#
#     cosine     η = η₀ (1 + cos πd)/2              from η₀ down to 0   (Loshchilov & Hutter 2017)
#     warm-up    η = η₀ d/d₀ while d < d₀           short steps where slopes change most, at first
#     clipping   g ← g · min(1, c/‖g‖)              no slope throws w far; c = 1: (3, 4) → (0.6, 0.8)
def mean_squares(schedule):
    """w² of 10,000 walkers that start at 1: the mean after each of 200 steps, and all of them at the end."""
    w, seen, noise = np.ones(10_000), [1.0], lesson.rng("noise")
    for step in range(200):
        w = w - schedule(step / 200) * (w + noise.normal(size=10_000))
        seen.append((w ** 2).mean())
    return (range(201), seen), w ** 2
ran = {"constant 0.1": mean_squares(lambda done: 0.1), "cosine": mean_squares(schedules.cosine(0.1)),
       "1/t": mean_squares(lambda done: 1 / (1 + 200 * done))}
for name, q in (("constant 0.1", 0.1 / 1.9), ("1/t", 1 / 200)):
    lesson.claim(f"{name}: standard errors off {q:.4f}", abs(judge.standard_errors(ran[name][1], q)), below=5)
figure = plot.curves({name: seen for name, (seen, _) in ran.items()}, "step", "mean of w²", log="y")
lesson.picture(figure, "noise", "A constant rate comes to rest at its floor; falling rates go below it.")

# %%
# A good start
# ------------
# A unit sums fan-in inputs.  If they have mean square q and the weights variance s², the sum has fan-in s² q.
# To keep q, Glorot & Bengio (2010) draw weights with s² = 2/(fan-in + fan-out), a compromise between signals
# on the way up and slopes on the way back.  He et al. (2015) take s² = 2/fan-in: ReLU throws half of q away.
# Guess first: ten layers of ReLU, drawn as Glorot says.  What is left of q = 1?  (Zero biases throughout.)
def after_ten(weights, bend):
    """The outputs (64, 256) of ten layers, for inputs of mean square 1."""
    h = backend.normal((64, 256))
    for _ in range(10):
        h = bend(h @ weights((256, 256), 256, 256))
    return backend.to_host(h)
lesson.rng("start")
for name, weights, bend, q in (("He, ReLU", init.he, functions.relu, 1), ("Glorot, |h|", init.glorot, abs, 1),
                               ("Glorot, ReLU", init.glorot, functions.relu, 0.5 ** 10)):      # |h| keeps q
    off = judge.standard_errors([(after_ten(weights, bend) ** 2).mean() for _ in range(40)], q)
    lesson.claim(f"{name}: q = {q:.4g} after ten layers, standard errors off", abs(off), below=5)
tanhs = {f"{g} ×": after_ten(lambda *fans: g * init.glorot(*fans), functions.tanh) for g in (0.5, 1, 4)}
lesson.picture(plot.histograms(tanhs, "output of a tanh in layer 10", bins=41), "layers",
               "Ten layers of tanh, from 0.5, 1, 4 times Glorot's weights: some fade to 0, some end at ±1.")

# %%
# Before you train for long
# -------------------------
# Is the first loss that of a guess, log 10 = 2.30?  It is if the last layer is drawn small.  Can the network
# learn twenty images by heart?  If not, something is broken.  And never start all weights of a layer equal,
# at 0 say: their slopes are equal too, so its units stay copies of one for ever.
def learn(x, y, epochs, schedule):
    """A network, the loss at each step, and each layer's median update/weight, ‖Δw‖/‖w‖."""
    model, seen, ratios = networks.mlp(x.shape[1], 64, 64, 10), [], []
    weights = [p for p in model.parameters() if p.ndim == 2]
    weights[-1].array *= 0.1                                    # the last layer
    optimizer, steps = optim.SGD(model.parameters(), 1.0), epochs * -(-len(x) // 32)
    for xs, ys in (batch for _ in range(epochs) for batch in train.minibatches(x, y, batch_size=32)):
        optimizer.learning_rate = schedule(len(seen) / steps)
        old = [w.array.copy() for w in weights]
        seen.append(train.train_step(lambda: losses.cross_entropy(model(xs), ys), optimizer)["loss"])
        ratios.append([((w.array - o) ** 2).sum() / (o ** 2).sum() for w, o in zip(weights, old)])
    return model, [*map(float, seen)], np.median([[*map(float, row)] for row in ratios], axis=0) ** 0.5

# %%
(x_all, y_all), (x_test, y_test) = lesson.images(flat=True)
twenty = np.concatenate([np.flatnonzero(y_all == k)[:2] for k in range(10)])            # two of each digit
lesson.rng("by heart")
_, learned, _ = learn(x_all[twenty], y_all[twenty], 300, lambda done: 0.3)
lesson.claim("first loss", learned[0], near=np.log(10), within=0.1 * np.log(10))
lesson.claim("twenty images after 300 steps: loss", learned[-1], below=0.01)

# %%
# How long are the steps of a network?
# ------------------------------------
# A rate chosen on the test images would have learned from them: we hold others out.  See how update/weight
# and loss go together.  A rule of thumb wants 0.001; look whether these agree.  With noise on a bowl, a
# falling rate must win.  A network's training may end long before its floor: compare cosine with 0.3.
cut, hits, rows = lesson.pick(digits=1000, mnist=10_000), {}, []
lesson.rng("rates")
for rate in (0.003, 0.03, 0.3, 1, "cosine"):
    schedule = schedules.cosine(0.3) if rate == "cosine" else lambda done: rate
    model, _, ratio = learn(x_all[:cut], y_all[:cut], 10, schedule)
    loss = losses.cross_entropy(model.predict(x_all[cut:2 * cut]), y_all[cut:2 * cut])
    hits[rate] = model.predict(x_test).argmax(axis=1) == y_test
    rows.append((str(rate), float(loss), *ratio))
lesson.table(rows, ["rate", "held-out loss", "update/weight: layer 1", "layer 2", "layer 3"])
times = np.exp(abs(np.log(np.array(rows[2][2:]) / 0.01)).max())
lesson.claim("rate 0.3: update/weight of every layer, times off 0.01", times, below=10)
lesson.record("cosine ahead of 0.3 on the test images", judge.lead(hits["cosine"], hits[0.3]), "deviations")

# %%
# Try it yourself
# ---------------
# 1. Let the heavy ball look ahead, as Nesterov does.  Which line changes?  Where is it after three steps?
# 2. Shuffle the labels of the twenty images.  Are they still learned by heart?
# 3. (Hard.)  A program that forgets to set its gradients to zero steps along the sum of all slopes so far: a
#    heavy ball with μ = 1.  Show that on ½ w² it swings for ever: w′² + w² − (2 − η) w′ w never changes.
#
# Remember
# --------
# The largest curvature limits the rate, η < 2/λ.  Descent then takes κ steps, the heavy ball √κ.
# Adam cancels the scale of each weight's slope, but it cannot turn a valley.
# Noise leaves a floor; only a falling rate goes below it.  A good start keeps signals: He for ReLU.
#
# Sources
# -------
# A. Cauchy 1847; H. Robbins & S. Monro 1951; B. Polyak 1964; Y. Nesterov 1983; X. Glorot & Y. Bengio 2010;
# G. Hinton 2012 (lecture 6e); D. Kingma & J. Ba 2015; K. He et al. 2015; I. Loshchilov & F. Hutter 2017.
lesson.end()
