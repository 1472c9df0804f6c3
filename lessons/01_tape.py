"""
The tape and the gradient check
===============================

A network of 61,706 numbers gives one loss.  In which direction should each number move?  We build the machine
that answers all of it in one walk, and then the instrument that tells whether the machine is right.

Needs: calculus (the chain rule) and NumPy.
From: the exam paper (003), "Actualización de parámetros"; lessons/DOCUMENTS.md says what it is.
New words: loss, gradient, tape, backward, broadcast, gradient check, relative error, kink.
Time: quick 2 s, full 2 s on two cores.
"""
import numpy as np

from lessons import judge
from lessons.lesson import begin
from minidl import Tensor, backend, functions, grad, ops, optim, plot
from minidl.gradcheck import check_gradients, diagnose

lesson = begin("01_tape")

# %%
# The question
# ------------
# The exam paper (003) trains everything by one line, θ ← θ − η ∇J(θ).  θ: the numbers to be learned.  J: the
# *loss*, one number that says how bad they are.  ∇J: the *gradient*, the slopes ∂J/∂θ.  η: the length of the
# step.  The hard part is ∇J.  To wiggle each θ in turn takes two runs of the network: 123,412 runs for a step
# of LeNet-5 (lesson 04).  The walk back costs as much as a few runs, for any number of θ (Griewank 2008).
#
# With a pencil: J = (2θ − 6)², so ∂J/∂θ = 4(2θ − 6) = 8(θ − 3).  With η = 0.1 a step makes the distance to 3
# smaller by the factor 1 − 0.8 = 0.2.  From θ = 0, after t steps, θ = 3(1 − 0.2ᵗ): 2.4, 2.88, 2.976 …
theta = Tensor(np.array(0.0))                                   # what something will be differentiated by
descent = optim.SGD([theta], learning_rate=0.1)
for _ in range(5):
    descent.zero_grad()
    ((2 * theta - 6) ** 2).backward()                           # from here on, theta.grad is ∇J
    descent.step()                                              # θ ← θ − η ∇J
lesson.check("five steps end as by hand", abs(theta.item() - 3 * (1 - 0.2 ** 5)) < 1e-14, theta.item())

# %%
# The smallest example
# --------------------
# Two inputs, x = 2 and y = 3, and results that are used twice: s = x · y = 6, t = s + x = 8, J = s · t = 48.
# Walk back from J, and ask at each result: by how much does J change when this does?
#
#     ∂J/∂t = s                       = 6
#     ∂J/∂s = t + ∂J/∂t · 1           = 8 + 6   = 14     s is used twice: by J itself, and by t
#     ∂J/∂x = ∂J/∂s · y + ∂J/∂t · 1   = 42 + 6  = 48     x too
#     ∂J/∂y = ∂J/∂s · x               = 28
#
# Along a path, slopes multiply.  Where a value is used more than once, what comes back from its uses adds up.
# In minidl, what is done with a Tensor is written down, on the *tape*, and `grad` walks *backward* along it.
x, y = Tensor(2.0), Tensor(3.0)
s = x * y
t = s + x
J = s * t
values = {"x": x, "y": y, "s": s, "t": t, "J": J}
slopes = {name: float(slope) for name, slope in zip(values, grad(J, list(values.values())))}
lesson.check("J's slopes by x, y, s, t are as by hand", list(slopes.values()) == [48, 28, 14, 6, 1], slopes)
lesson.picture(plot.graph(J, values, slopes=slopes), "graph", "Values go down, slopes of J come back up.")

# %%
# The code: a tape for single numbers
# -----------------------------------
# A number that remembers what it was computed from, with the slope by each input, and when it was born.
class Number:
    """A value, and the pairs (input, ∂self/∂input) that it was computed from."""
    born = 0

    def __init__(self, value, sources=()):
        self.value, self.sources, self.grad = value, sources, 0.0
        self.serial = Number.born = Number.born + 1

    def __add__(self, other):
        return Number(self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):                                   # ∂(xy)/∂x = y,  ∂(xy)/∂y = x
        return Number(self.value * other.value, [(self, other.value), (other, self.value)])

# %%
# And the walk back.  When may a result pass its gradient on?  When everything that used it has paid in.  Its
# users are younger than it is.  So go from the youngest to the oldest.  minidl/tensor.py does the same.
def backward(y):
    """Add ∂y/∂x to x.grad for every x that y was computed from."""
    found, frontier = {y}, [y]
    while frontier:
        new = {x for x, _ in frontier.pop().sources} - found
        found |= new
        frontier += new
    y.grad = 1.0
    for t in sorted(found, key=lambda t: -t.serial):
        for x, slope in t.sources:
            x.grad += slope * t.grad

two, three = Number(2.0), Number(3.0)
six = two * three
backward(six * (six + two))
lesson.check("the same slopes, 48 and 28", (two.grad, three.grad) == (slopes["x"], slopes["y"]), two.grad)

# %%
# What goes wrong if we do not wait
# ---------------------------------
# The recursion that comes to mind first: give each input its share, then let it do the same, once.  But then
# s passes on the 8 that came straight from J, before the 6 that comes through t.  So x gets 8 · 3 + 6 = 30,
# and y 8 · 2 = 16.  Write J as t · s, and it is the 6 that is passed on and the 8 that is lost.
def depth_first(t, done):
    done.add(t)
    for x, slope in t.sources:
        x.grad += slope * t.grad
        if x not in done:
            depth_first(x, done)

wrong = []
for in_order in (lambda s, t: s * t, lambda s, t: t * s):
    p, q = Number(2.0), Number(3.0)
    pq = p * q
    top = in_order(pq, pq + p)
    top.grad = 1.0
    depth_first(top, set())
    wrong.append((p.grad, q.grad))
lesson.check("without waiting, (48, 28) becomes (30, 16) or (24, 12)", wrong == [(30, 16), (24, 12)], wrong)

# %%
# Two habits of the tape.  A second backward() adds: right for a loss in two parts, and the reason why every
# loop calls zero_grad().  And what was *broadcast* is summed.  In x + b, x (5, 3) and b (3,), NumPy uses each
# b five times, once a row.  Used five times, paid five times: ∂J/∂b is a sum over the rows, of b's shape.
side = Tensor(3.0)
for _ in range(2):
    (side * side).backward()
lesson.check("x² at 3 has the slope 6, and 12 after a second backward()", side.grad == 12, side.grad)
bias = Tensor(np.zeros(3))
ops.sum(backend.to_device(np.ones((5, 3))) + bias).backward()
lesson.check("a bias added to five rows has the slope 5", bias.grad.tolist() == [5, 5, 5], bias.grad)

# %%
# The gradient check
# ------------------
# A wrong derivative seldom crashes.  It learns, only worse.  So hold every rule against a measurement:
#
#     ∂f/∂w ≈ (f(w + h) − f(w − h)) / 2h,     off by h² f‴/6 + … (calculus), and by about ε |f| / h (rounding)
#
# ε is the distance from 1 to the next number: 1.2e-7 in float32, 2.2e-16 in float64.  The two errors together
# are least at h = ∛(3ε |f/f‴|), near ∛ε where f and f‴ are of one size.  Our f is Σ v · tanh(x w), its rule
# xᵀ(v · (1 − tanh²)).  v is random: equal weights would let mistakes cancel.
rng = lesson.rng("check")
inputs, weights, v = (rng.standard_normal(shape) for shape in ((5, 3), (3, 4), (5, 4)))
tanhs = np.tanh(inputs @ weights)
right = inputs.T @ (v * (1 - tanhs ** 2))

def numeric(h, back=1, precision="float64"):
    """The slope of f by each weight, from a step of h forward and of `back` · h back."""
    x, w, u = (a.astype(precision) for a in (inputs, weights, v))
    units = h * np.eye(12, dtype=precision).reshape(12, 3, 4)
    rise = [(u * (np.tanh(x @ (w + unit)) - np.tanh(x @ (w - back * unit)))).sum() for unit in units]
    return np.reshape(rise, (3, 4)) / (h * (1 + back))

def off(a, n):
    """The relative error ‖a − n‖ / (‖a‖ + ‖n‖): 0 if they are equal, never more than 1."""
    return np.linalg.norm(a - n) / (np.linalg.norm(a) + np.linalg.norm(n))

# %%
# From left to right h shrinks: at first calculus gains, then rounding takes over.  Guess first: the best h?
steps = [10 ** (-i / 4) for i in range(49)]                     # 1 … 1e-12
ways = {"central, float32": {"precision": "float32"}, "forward, float64": {"back": 0}, "central, float64": {}}
errors = {name: [off(right, numeric(h, **way)) for h in steps] for name, way in ways.items()}
theory = {t: np.finfo(t).eps ** (1 / 3) for t in ("float32", "float64")}
figure = plot.curves({name: (steps, e) for name, e in errors.items()}, "step h, smaller to the right",
                     "relative error", log="xy", marks={f"∛ε, {t}": h for t, h in theory.items()})
figure.axes[0].invert_xaxis()
lesson.picture(figure, "steps", "Error of a numeric gradient: the best step is neither large nor small.")
for t, root in theory.items():
    best = steps[np.argmin(errors[f"central, {t}"])]
    lesson.claim(f"{t}: the best step is ∛ε, but for a factor of", max(best / root, root / best), below=10)
gain = errors["central, float64"][8] / errors["central, float64"][12]          # h = 0.01 and 0.001
lesson.claim("order h²: a tenth of the step divides the error by", gain, near=100, within=1)

# %%
# Kinks
# -----
# relu(s) = max(s, 0) has a *kink* at 0.  At s = −1 its slope is 0.  A step of h = 3 crosses it and finds
# (relu(2) − relu(−4)) / 6 = 1/3: a right rule looks wrong.  How often?  Let s = x · w, w Gaussian.  A nudge
# of w_i by ±h moves s, of deviation ‖x‖, by ±h x_i.  That crosses 0 with probability √(2/π) h |x_i| / ‖x‖.
lesson.check("across the kink: 1/3 for 0", (np.maximum(2, 0) - np.maximum(-4, 0)) / 6 == 1 / 3)
rows, nudge = [], 0.001 * np.eye(10)[:, :, None]                # (10, 10, 1)
for n in (10, 100, 1000):
    dice = lesson.rng(f"kinks {n}")
    many, columns, u = (dice.normal(size=shape) for shape in ((n, 10), (10, 200), (n, 200)))
    up, down = many @ (columns + nudge), many @ (columns - nudge)       # (10, n, 200), for each row of w
    measured = (u * (np.maximum(up, 0) - np.maximum(down, 0))).sum(axis=1) / 0.002
    crossed = ((up > 0) != (down > 0)).sum(axis=1)              # (10, 200)
    rule, smooth = many.T @ (u * (many @ columns > 0)), crossed == 0
    rows.append((n, 1 - smooth.mean(), off(rule, measured), off(rule[smooth], measured[smooth])))
lesson.table(rows, ["examples", "share of weights that met a kink", "error of all", "error of the others"])
expected = 0.001 * (2 / np.pi) ** 0.5 * (abs(many).sum(axis=1) / np.linalg.norm(many, axis=1)).sum()
lesson.claim("kinks: standard errors off", abs(judge.standard_errors(crossed.sum(axis=0), expected)), below=5)
lesson.claim("the right rule, kinks and all: error", rows[-1][2], above=1e-4)
lesson.claim("the right rule, away from kinks: error", rows[-1][3], below=1e-7)

# %%
# Which error is too large?
# -------------------------
# CS231n's rule of thumb for float64: above 1e-2 a gradient is probably wrong; above 1e-4, worry; less is all
# right for an f with kinks, too much for a smooth one; below 1e-7 is good.  So check in float64, with few
# examples, which meet few kinks; and the data's part of J without its penalty, which can hide it (last row).
truth, penalty = numeric(6e-6), 2000 * weights                  # 2000 w is the gradient of 1000 ‖w‖²
bent, lost = inputs.T @ (v * (1 - tanhs)), inputs[1:].T @ (v * (1 - tanhs ** 2))[1:]
pairs = {"right": (right, truth), "right, in float32": (right, numeric(0.01, precision="float32")),
         "1 % too large": (1.01 * right, truth), "1 − y for tanh′": (bent, truth), "sign": (-right, truth),
         "first example lost": (lost, truth), "sign, under 1000 ‖w‖²": (penalty - right, penalty + truth)}
found = {name: off(*pair) for name, pair in pairs.items()}
words = {1e-7: "good", 1e-4: "all right with kinks", 1e-2: "worry", 2: "probably wrong"}
lesson.table([(name, f"{e:.0e}", next(words[top] for top in words if e < top)) for name, e in found.items()])
least = min(found[mistake] for mistake in ("1 − y for tanh′", "sign", "first example lost"))
lesson.claim("the least of three mistakes: error", least, above=1e-2)
lesson.claim("a wrong sign under a penalty: error", found["sign, under 1000 ‖w‖²"], below=1e-2)

# %%
# Is minidl right?
# ----------------
# `check_gradients` does this for every input, and with order=2 for the gradients of the gradients.  Kinks it
# finds and leaves out.  The tests of minidl check every operation; here are some.  And when it is wrong?
# `diagnose` tries the mistakes that people make.  Here, in z = x w + b, the slope by b is not summed.
cases = {
    "+ − × ÷ √": (lambda x, b: (x + b) * (x - b) / ops.sqrt(b * b + 1), (5, 3), (3,)),
    "exp log tanh": (lambda x: ops.exp(-x) * ops.log(x * x + 1) + ops.tanh(x), (5, 3)),
    "|x| relu max": (lambda x, y: abs(x) * functions.relu(y) + ops.maximum(x, y), (5, 3), (5, 3)),
    "sum mean @ .T": (lambda x, w: (x @ w).T @ x + x.sum() * w.mean(), (5, 3), (3, 2))}
worst = {}
for name, (function, *shapes) in cases.items():
    report = check_gradients(function, *map(lesson.rng(name).standard_normal, shapes), order=2)
    worst[name] = max(result.error for result in report.inputs)
lesson.table(worst.items(), ["operations", "largest error"])
lesson.claim("largest error, first and second order", max(worst.values()), below=1e-6)
arrays = [lesson.rng("diagnose").standard_normal(shape) for shape in ((5, 3), (3, 2), (2,))]
verdict = diagnose(lambda x, w, b: x @ w + b, lambda g, x, w, b: (g @ w.T, x.T @ g, g), *arrays)
print(verdict)
lesson.check("the missing sum is named", verdict.cause == "missing-batch-sum", verdict.cause)

# %%
# Try it yourself
# ---------------
# 1. Easy.  Leave `done` out of depth_first: s passes on all it has each time.  What was counted twice?
# 2. Easy.  Sum g over the batch in diagnose, and turn the sign of another gradient round.  What does it say?
# 3. Hard.  The complex step, Im f(w + ih)/h, subtracts nothing.  Add it to the picture.  Why is it 0 for |w|?
#
# Remember
# --------
# - Along a path slopes multiply; several uses of a value, or of what was broadcast, add up.
# - Walk back from the youngest result to the oldest.  A second backward() adds to the first.
# - Check in float64, by central differences with h near ∛ε, random weights, few examples, off the kinks.
#
# Sources
# -------
# The exam paper (003), "Actualización de parámetros".
# R. E. Wengert (1964), A simple automatic derivative evaluation program.  S. Linnainmaa (1970), thesis.
# A. Griewank & A. Walther (2008), Evaluating Derivatives: what a gradient costs.
# CS231n, course notes of Stanford, "Neural networks 3", gradient checks: rule of thumb, kinks, penalty.
lesson.end()
