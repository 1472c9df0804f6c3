"""
Domain knowledge: symmetry, periods, limits, shared weights
===========================================================

A signal is known to repeat, a robot's arm must not turn too fast, and a digit may stand anywhere in an image.
What one knows beforehand need not be learned.  How does it get into the model, and what if it is not true?

Needs: lessons 02, 03 and 11.
From: the course notes (001), "Using Constraints from Domain Knowledge" and "Parameter Sharing and Typing";
lessons/DOCUMENTS.md says what they are.
New words: symmetry, under-constrained, constraint, feasible, braking distance.
Time: quick 10 s, full 20 s on two cores.
"""
import numpy as np

from lessons import judge, networks
from lessons.lesson import begin
from minidl import Tensor, backend, data, functions, grad, init, losses, nn, ops, optim, plot, train
from minidl.images import avg_pool2d, columns, conv2d

lesson = begin("16_domain_knowledge")

# %%
# What does a symmetry buy?
# -------------------------
# A *symmetry* is a change of the input that must not change the answer.  Say that f(−x) = f(x) is known, and
# f(x) = x³ + x² + x was fitted.  Its mean over the mirror, ½ (f(x) + f(−x)) = x², has the symmetry, whatever
# f is.  The other way is to fit only what has it.  Let y = x · w + noise of variance 1.  x is a row of 40
# pixels, each ~ N(0, 1), and w is known to read the same from both sides.  We fit 40 weights; or take their
# mean over the mirror, too; or tie weight i to weight 41 − i (lesson 03), and fit 20.
#
# In lesson 03, p weights fitted to N examples left an error of p/(N − p − 1), here ‖fitted w − w‖².  The mean
# halves it.  If N < p, infinitely many w fit: the problem is *under-constrained*.  The shortest w leaves
# (1 − N/p) ‖w‖² + N/(p − N − 1) (lesson 11).  Guess first: for N = 30, what do 20 tied weights leave of that?
def left_by_noise(rng, n):
    """‖fitted w − w‖² for n examples: 40 weights, their mean over the mirror, and 20 tied weights."""
    sign, x = rng.choice([-1.0, 1.0], 20), rng.normal(size=(n, 40))
    true = np.concatenate([sign, sign[::-1]])                   # ‖w‖² = 40
    y = x @ true + rng.normal(size=n)
    loose = np.linalg.lstsq(x, y, rcond=None)[0]                # the shortest, where many fit
    tied = np.linalg.lstsq((x + x[:, ::-1])[:, :20], y, rcond=None)[0]
    fits = loose, (loose + loose[::-1]) / 2, np.concatenate([tied, tied[::-1]])
    return [((w - true) ** 2).sum() for w in fits]
draws = {n: np.transpose([left_by_noise(lesson.rng(f"{n}, {i}"), n) for i in range(300)]) for n in (60, 30)}
theory = {("40 weights", 60): 40 / 19, ("their mean", 60): 20 / 19, ("20 tied weights", 60): 20 / 39,
          ("40 weights", 30): 40 * (1 - 30 / 40) + 30 / 9, ("20 tied weights", 30): 20 / 9}
for ((name, n), error), found in zip(theory.items(), [*draws[60], draws[30][0], draws[30][2]]):
    lesson.record(f"{name}, {n} examples: error, and in theory", (found.mean(), error))
    lesson.claim(f"{name}, {n}: standard errors off", abs(judge.standard_errors(found, error)), below=5)

# %%
# A period
# --------
# A signal repeats every second.  We have 100 noisy points of two seconds; what is it in the fifth?  A network
# on the time t cannot know.  One on waves, sin 2πkt and cos 2πkt for k = 1, 2, 3, can only say what repeats.
# The simple rival is least squares on the same waves.
def waves(t):
    angles = 2 * np.pi * np.outer(t, [1, 2, 3])
    return np.concatenate([np.ones((len(t), 1)), np.sin(angles), np.cos(angles)], axis=1)
rng, time, missed = lesson.rng("period"), np.linspace(0, 5, 501), []
truth = waves(time) @ [0, 1, 0.3, 0, 0, 0.4, 0]
for _ in range(3):
    t = time[rng.permutation(200)[:100]]                        # of the first two seconds
    y = np.interp(t, time, truth) + 0.2 * rng.normal(size=100)
    said = {"truth": truth, "least squares": waves(time) @ np.linalg.lstsq(waves(t), y, rcond=None)[0]}
    for name, features in {"on waves": waves, "on t": lambda t: t[:, None]}.items():
        inputs, goals = map(backend.to_device, (features(t), y))
        net = networks.mlp(inputs.shape[1], 32, 32, 1, bend=nn.Tanh)
        train.descend(lambda: losses.mse(net(inputs)[:, 0], goals), optim.Adam(net.parameters(), 0.01), 400)
        said[name] = net.predict(features(time))[:, 0]
    missed.append([((guess - truth)[time >= 4] ** 2).mean() / 0.2 ** 2 for guess in said.values()])

# %%
errors = dict(zip(said, np.mean(missed, axis=0)))
lesson.table(errors.items(), ["in the fifth second", "squared error / noise variance"])
lesson.claim("network on t: squared error / noise variance", errors["on t"], above=5)
lesson.claim("least squares over the network on waves", errors["least squares"] / errors["on waves"], below=1)
figure = plot.curves({name: (time, said[name]) for name in said}, "time (s)", "signal", marks={"data end": 2})
lesson.picture(figure, "period", "The last run.  After 2 s there were no points: look which lines repeat.")

# %%
# A robot's arm
# -------------
# What must hold is called a *constraint*, and what keeps it *feasible*.  001 names “relationships between
# variables”, say x + y = 2.  With x = 1 + u, y = 1 − u, no step of u breaks it; a penalty does (task 2).
# The example of 001 is a robot with limits on its “velocity, acceleration, or joint angles”: V, A and Q.  Our
# arm has two links of 1 m, and its tip is to go round a square in 40 steps of dt = 0.05 s.  In each, a joint
# gets a velocity v.  V, and a change of at most A dt, leave it an interval.  The angle q ≤ Q needs more: room
# to stop.  The *braking distance* from v, this step included, is at most v dt + v²/2A, to be at most Q − q:
#
#     v ≤ √((A dt)² + 2A (Q − q)) − A dt        and likewise on the other side
#
# Braking by A dt keeps this true, so the interval is never empty.  A sigmoid (`soft`) moves what a model
# wants into the interval.  So from a start at rest within Q every answer is feasible, before any training.
ANGLE, SPEED, POWER, DT = 2.4, 2.5, 15.0, 0.05                  # Q rad, V rad/s, A rad/s², dt s
def path(wish, into):
    """Angles (41, 2) of an arm that follows `wish`, (41, 2), as it may; into(v, low, high) lies between."""
    q, v, angles, change = wish[0], 0 * wish[0], [wish[0]], POWER * DT
    for wanted in wish[1:]:
        up, down = (ops.sqrt(change ** 2 + 2 * POWER * room) - change for room in (ANGLE - q, ANGLE + q))
        high = ops.minimum(ops.minimum(v + change, SPEED), up)
        low = ops.maximum(ops.maximum(v - change, -SPEED), -down)
        v = into((wanted - q) / DT, low, high)
        q = q + v * DT
        angles.append(q)
    return ops.stack(angles)
def soft(v, low, high):
    return low + (high - low) * ops.sigmoid((2 * v - low - high) / (POWER * DT))

# %%
# The *free* arm solves the geometry, without limits.  The *greedy* arm follows its angles, in each step as
# near as it may.  The *planned* arm learns what to wish for, its start included.  Guess: how much nearer?
def tip(q):
    """Where the arm ends, (…, x and y) in m, for the angles q (…, shoulder and elbow)."""
    first, second = q[..., 0], q[..., 0] + q[..., 1]
    return ops.stack([ops.cos(first) + ops.cos(second), ops.sin(first) + ops.sin(second)], axis=-1)
corners = np.array([[1.5, -0.2], [1.5, 0.9], [0.4, 0.9], [0.4, -0.2], [1.5, -0.2]])
square = np.stack([np.interp(np.arange(41) / 10, range(5), xy) for xy in corners.T], axis=1)      # (41, 2)
elbow = np.arccos((square ** 2).sum(axis=1) / 2 - 1)            # by the law of cosines
free = np.stack([np.arctan2(square[:, 1], square[:, 0]) - elbow / 2, elbow], axis=1)
wish, goal = Tensor(free), backend.to_device(square)
train.descend(lambda: losses.squared_error(tip(path(wish, soft)), goal), optim.Adam([wish], 0.01), 150)
arms = {"free": free, "greedy": path(free, np.clip), "planned": path(wish.numpy(), soft)}

# %%
limits = {"angle (rad)": ANGLE, "velocity (rad/s)": SPEED, "acceleration (rad/s²)": POWER}
motion, broken, miss = {}, {}, {}
for name, q in arms.items():
    v = np.diff(q, axis=0, prepend=q[:1]) / DT                  # it starts at rest
    motion[name] = q, v, np.diff(v, axis=0, prepend=0 * v[:1]) / DT
    broken[name] = [int((abs(x) > 1.000001 * most).sum()) for x, most in zip(motion[name], limits.values())]
    miss[name] = ((tip(q) - square) ** 2).sum(axis=1).mean() ** 0.5
lesson.table([(name, *broken[name], miss[name]) for name in arms],
             ["breaks of limits, both joints:", "angle", "velocity", "acceleration", "rms distance (m)"])
lesson.check("only the free arm breaks limits", [name for name in arms if any(broken[name])] == ["free"])
lesson.claim("mean squared distance, planned over greedy", (miss["planned"] / miss["greedy"]) ** 2, below=0.5)

# %%
figure, (ax, *axes) = plot.panels(2, rows=2, height=4.4)
for name, colour, dash in zip(arms, plot.COLOURS[2::-1], plot.DASHES[2::-1]):
    ax.plot(*tip(arms[name]).T, color=colour, linestyle=dash, label=name)
    for other, x, (what, most) in zip(axes, motion[name], limits.items()):
        other.plot(DT * np.arange(41), x[:, 1], color=colour, linestyle=dash)
        other.fill_between([0, 2], -most, most, color=plot.PALE, zorder=0)
        other.set(xlabel="time (s)", ylabel=f"elbow: {what}", ylim=(-1.6 * most, 1.6 * most))
ax.set(xlabel="x of the tip (m)", ylabel="y of the tip (m)", aspect="equal")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
lesson.picture(figure, "arm", "Grey: allowed.  Look where the free arm leaves it, also beyond the frame.")

# %%
# Tied weights
# ------------
# A convolution has one filter for all places, as the same things may be anywhere.  A moved digit gives moved
# maps: it is equivariant (lesson 03), and pooling forgives a part of the move.  A `Local` layer has a filter
# for each place.  A tied weight's gradient is the sum of its copies': 2a + 3b with a = b = w has the slope 5.
class Local(nn.Module):
    """A convolution that has a filter of its own at each of side × side places."""
    def __init__(self, inputs, outputs, k, side):
        shape, self.k, self.side = (side * side, outputs, inputs * k * k), k, side
        self.w = Tensor(init.he(shape, shape[2], outputs))
    def forward(self, x):
        patches = columns(x, size=(self.k, self.k), stride=(1, 1)).reshape(-1, self.side ** 2, len(x))
        z = self.w @ patches.transpose(1, 0, 2)                 # patches (inputs k², places, N)
        return z.reshape(self.side, self.side, -1, len(x)).transpose(3, 2, 0, 1)        # (N, outputs, …)
normal, untied = lesson.rng("tied").normal, Local(1, 4, 3, 6)
taps, images = Tensor(normal(size=(4, 1, 3, 3))), Tensor(normal(size=(5, 1, 8, 8)))
untied.w = Tensor(np.repeat(taps.numpy().reshape(1, 4, 9), 36, axis=0))
by_copy, by_filter = grad((untied(images) ** 2 + conv2d(images, taps) ** 2).sum(), [untied.w, taps])
apart = abs(backend.to_host(by_copy.sum(axis=0) - by_filter.reshape(4, 9))).max()
lesson.check("the gradients at 36 places add up to the filter's, to 1e-10", apart < 1e-10, apart)

# %%
# Does sharing prevent overfitting?
# ---------------------------------
# 001 says so, and, under Pooling Layer, that pooling is to “control overfitting”.  Four networks learn a few
# 16×16 digits: dense; local; tied; and tied without pooling, at every second place.  Local and tied differ in
# the tie alone.  The digits stand in place; or are moved by −2 … 2 pixels; or are moved, and all have their
# pixels shuffled alike, which a dense network cannot notice.  Guess first: which reads moved digits best?
few, repeats, read = lesson.pick(digits=(300, 8, 360), mnist=(480, 5, 2000), quick=(300, 3, 360))
(x_train, y_train), (x_test, y_test) = lesson.images(size=32)
small, small_test, answers = avg_pool2d(x_train, 2), avg_pool2d(x_test[:read], 2), y_test[:read]
def between(first, second, step=(nn.MaxPool2d(2),)):
    return nn.Sequential(first, nn.ReLU(), *step, second, nn.ReLU(), *step, nn.Flatten(), nn.Dense(96, 10))
build = {"dense": lambda: nn.Sequential(nn.Flatten(), networks.mlp(256, 288, 96, 10)),
         "local": lambda: between(Local(1, 8, 5, 12), Local(8, 24, 3, 4)),
         "tied": lambda: between(nn.Conv2d(1, 8, 5, bias=False), nn.Conv2d(8, 24, 3, bias=False)),
         "tied, no pooling": lambda: between(nn.Conv2d(1, 8, 5, stride=2, bias=False),
                                             nn.Conv2d(8, 24, 3, stride=2, bias=False), step=())}

# %%
chance, hits, gaps = lesson.rng("sharing"), {}, {}
for i in range(repeats):
    chosen, order = chance.permutation(len(small))[:few], chance.permutation(256)
    labels, place = y_train[chosen], (small[chosen], small_test)
    moved = [data.shift(x, 2, chance) for x in place]
    shuffled = [x.reshape(-1, 256)[:, order].reshape(x.shape) for x in moved]
    for world, (seen, unseen) in {"in place": place, "moved": moved, "shuffled": shuffled}.items():
        for name in list(build)[:4 if world == "moved" else 3]:
            model = build[name]()
            train.fit(model, lambda model, x, y: losses.cross_entropy(model(x), y), (seen, labels), epochs=20,
                      batch_size=30, optimizer=optim.Adam(model.parameters(), 0.01), quiet=True)
            hit = model.predict(unseen).argmax(axis=1) == answers
            hits.setdefault((name, world), []).append(hit)
            gaps.setdefault((name, world), []).append(train.accuracy(model, seen, labels) - hit.mean())
    print(f"run {i + 1} of {repeats}", flush=True)

# %%
# LeCun (1989), with 480 digits, read 87 % by a dense, 88.5 % by a local, 94 to 98.4 % by tied networks.  The
# tie saves parameters, but no multiplication.  A lead is the share of runs that read a test image, first less
# second, in standard errors over the images.  It knows nothing of the chance in the few training sets.
lesson.table([(*case, build[case[0]]().count(), np.mean(hits[case]), np.mean(gaps[case])) for case in hits],
             ["network", "digits", "parameters", "test images right", "training images right: more by"])
def lead(first, second, world):
    return judge.standard_errors(np.mean(hits[first, world], axis=0) - np.mean(hits[second, world], axis=0))
for first, second, world in [("tied", "local", "moved"), ("tied", "dense", "moved"),
                             ("local", "tied", "shuffled"), ("dense", "tied", "shuffled")]:
    lesson.claim(f"{world}, {first} over {second}: standard errors", lead(first, second, world), above=2)
lesson.record("in place, tied over local: standard errors", lead("tied", "local", "in place"))
lesson.record("moved, pooling over none: standard errors", lead("tied", "tied, no pooling", "moved"))
figure = plot.curves({name: (range(3), [np.mean(found) for case, found in hits.items() if case[0] == name])
                      for name in ("dense", "local", "tied")}, "", "share of test images right")
figure.axes[0].set(xticks=range(3), xticklabels=["in place", "moved", "shuffled"])
lesson.picture(figure, "sharing", "Look where the tied network leads, and where it falls behind.")

# %%
# What the documents say, and what is right
# -----------------------------------------
# “Filters (kernels) are shared across the image, reducing the number of parameters and preventing
# overfitting.” (001, Key Advantages of CNNs, 1.)  Sharing narrows the gap to the training images where the
# same things may be anywhere, but leaves one.  With shuffled pixels it harms.  Our design is one of several
# that we tried on test images: with one tied layer, or without pooling, tied was mostly no better than dense.
#
# “The sigmoid function has a slope parameter.” (001, Parameter Typing, which means kinds, not *tying*.)  It
# has none, and needs none: σ(s (w x + b)) is σ((s w) x + s b).  But a ReLU that learns its slope below 0 is a
# new function (He et al. 2015): no w and b give it.
lesson.claim("tied, moved: share right, training less test images", np.mean(gaps["tied", "moved"]), above=0.1)
lesson.record("the same for local", np.mean(gaps["local", "moved"]))
z = lesson.rng("slope").normal(size=100)
off = abs(functions.sigmoid(3 * (0.7 * z - 0.2)) - functions.sigmoid(2.1 * z - 0.6)).max()
lesson.check("σ(3 (0.7 z − 0.2)) is σ(2.1 z − 0.6), to 1e-12", off < 1e-12, off)
#
# Try it yourself
# ---------------
# 1. Easy.  Let least squares believe in a period of 1.05 s.  What does that cost in the fifth second?
# 2. Easy.  By hand: where is (x − 3)² + (y − 1)² + λ (x + y − 2)² least, and what is x + y − 2 there?
# 3. Hard.  Add d to w on the left, −d on the right.  For which 40 d² do 20 and 40 weights tie at N = 60?
#
# Remember
# --------
# - What is known goes into inputs (waves), weights (ties) or outputs (intervals); it holds before training.
# - A mirror symmetry halves the weights.  It may turn infinitely many answers into one.
# - Sharing is knowledge: it helps where the same things may be anywhere, and may harm elsewhere.
#
# Sources
# -------
# The course notes (001), sections as above.  Y. LeCun (1989), Generalization and network design strategies.
# Y. Abu-Mostafa (1990), Learning from hints.  K. He et al. (2015), Delving deep into rectifiers.
# I. Goodfellow et al. (2016), Deep Learning, §7.9.
lesson.end()
