"""Gradient checking: is this gradient right, and if not, what is the mistake?

A derivative can be measured: nudge an entry up and down, and see how much the result changes.  That is slow,
but needs no calculus, so it can judge the fast gradients that do.

    check_gradients(tanh, x)                    # minidl's functions, or yours made of them
    check_model(model, loss, x, labels)         # every parameter of a network
    print(diagnose(forward, backward, x))       # a backward pass written by hand, in NumPy

The one law: never weigh the outputs with ones.  For g = 1 the gradient of a softmax is 0, and mistakes in it
cancel as well; for a random g nothing cancels.
"""
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from minidl import backend
from minidl.diagnosis import SIMPLE, Diagnosis, explain
from minidl.tensor import Tensor, describe, no_grad, pullback, sum_to, tape, value

STEP = 6e-6             # ∛ε of float64, where the rounding error, ε/h, and that of the method, h², balance
TOLERANCE = 1e-6        # differences in float64 are right to about 1e-9, and a mistake is seldom below 1e-3
NOISE = 6e-15           # times Σ |v|(|y| + 1)/h: what rounding may make of a slope (ε is 2.2e-16)
at_least_1 = partial(np.maximum, 1)
# Further steps, for where the first meets a kink or drowns in rounding: a step, times this function of |x|.
LARGE, EPS = 1e-2, 2.3e-16                       # an output that the large step does not move may hide ε|y|
STEPS = (STEP, at_least_1), (1e-4, np.abs), (STEP, np.ones_like), (LARGE, at_least_1), (1e-7, at_least_1)
MANY = 5000             # entries; above that, an array is checked along random directions
WORDS = (1e-7, "right"), (1e-5, "probably right"), (1e-3, "suspicious"), (np.inf, "wrong")


# --- measuring a derivative ---------------------------------------------------------------------------------


def numeric_gradient(f, arrays, v=1.0, step=STEP):
    """[∂ Σ v f(*arrays) / ∂x for each array x of floats, None for others], by central differences.

    In the precision of the arrays: float64 is right to 1e-10 or so, float32 to 1e-4 at its best step, 1e-2.
    """
    return [_slopes(f, arrays, k, v, step)[0] if _is_float(x) else None for k, x in enumerate(arrays)]


def _nudged(f, arrays, k, step, scale=at_least_1):
    """For each entry of x = arrays[k]: its index, f at x + h and at x − h, and both h as represented."""
    arrays = list(arrays)
    x = arrays[k] = np.array(arrays[k])
    for i in np.ndindex(x.shape):
        here = x[i]
        h = step * scale(abs(here))
        x[i] = here + h
        up, above = np.array(value(f(*arrays))), x[i] - here
        x[i] = here - h
        down, below = np.array(value(f(*arrays))), here - x[i]
        x[i] = here
        yield i, up, down, above, below


def _slopes(f, arrays, k, v, step=STEP, scale=at_least_1):
    """The slope of Σ v f at each entry of arrays[k], and how much steeper it is on the right."""
    y = np.array(value(f(*arrays)))
    slope, bend = np.zeros(np.shape(arrays[k])), np.zeros(np.shape(arrays[k]))
    for i, up, down, above, below in _nudged(f, arrays, k, step, scale):
        right, left = np.sum(v * (up - y)), np.sum(v * (y - down))
        slope[i], bend[i] = (right + left) / (above + below), right / above - left / below
    return slope, bend


def _felt(f, arrays, k, v):
    """For each entry of arrays[k]: Σ |v|(|y| + 1) over outputs that a large step moves; over the others."""
    y = np.array(value(f(*arrays)))
    weight = np.abs(v) * (np.abs(y) + 1)
    moved = np.zeros(np.shape(arrays[k]))
    for i, up, down, *_ in _nudged(f, arrays, k, LARGE):
        moved[i] = np.sum(weight * ((up != y) | (down != y)))
    return moved, np.sum(weight) - moved


def _sure_slopes(f, arrays, k, v, slope, bend):
    """The slopes again, each by the step that suits it best, and how unsure each is: inf at a kink or jump.

    Two steps, h and h/2, give a third slope without the error h² (L. F. Richardson 1911), and say how far to
    trust it.  At a kink the slopes of the two sides stay apart, however small the step.  What is not finite
    by any step stays so.
    """
    size = np.abs(arrays[k])
    with np.errstate(all="ignore"):
        moved, unmoved = _felt(f, arrays, k, v)                 # by what rounding can blur this entry's slope
    first, best = slope, slope
    unsure, bent_at = np.full(slope.shape, np.inf), np.full(slope.shape, np.inf)
    for step, scale in STEPS:
        with np.errstate(all="ignore"):
            if (step, scale) != STEPS[0]:
                slope, bend = _slopes(f, arrays, k, v, step, scale)
            half, half_bend = _slopes(f, arrays, k, v, step / 2, scale)
            h = step * scale(size)
            noise, found = NOISE * moved / h + EPS * unmoved / LARGE, (4 * half - slope) / 3
            bent = np.abs(2 * half_bend - bend) > 1e-5 * np.abs(slope) + 10 * noise
            bent |= ~(np.abs(half - slope) <= 0.1 * np.abs(slope) + 10 * noise)
            across = (h > bent_at) & ~(np.abs(found - first) <= 0.1 * np.abs(found))
            doubt = np.abs(found - half)                        # by luck small, where rounding is at work:
            doubt = np.maximum(doubt, np.median(np.nan_to_num(doubt / np.abs(found))) * np.abs(found)) + noise
            doubt = np.where(bent | across, np.inf, doubt)
            surer = (doubt < unsure) & ~(np.abs(found - best) > 10 * unsure)        # nor against a surer one
        best, unsure = np.where(surer, found, best), np.where(surer, doubt, unsure)
        bent_at = np.where(bent, np.minimum(bent_at, h), bent_at)
        if (unsure <= 1e-8 * np.abs(best)).all():
            break
    return best, unsure


def jacobians(forward, backward, *arrays, wrt=0):
    """∂y/∂x for x = arrays[wrt], by the backward pass and as measured: two arrays, of y's axes and x's."""
    arrays = [_double(x) for x in arrays]
    y = np.array(value(forward(*arrays)))
    numeric = np.zeros(y.shape + arrays[wrt].shape)
    for i, up, down, above, below in _nudged(forward, arrays, wrt, STEP):
        numeric[(..., *i)] = (up - down) / (above + below)
    call = _Backward(forward, backward, arrays)
    rows = [call(row.reshape(y.shape))[wrt] for row in np.eye(y.size)]
    return np.reshape(rows, numeric.shape), numeric


def jacobian_picture(forward, backward, *arrays, wrt=0):
    """The two Jacobians and their difference side by side, a row for each output: a matplotlib Figure."""
    from minidl import plot
    yours, numeric = (j.reshape(-1, np.size(arrays[wrt]))
                      for j in jacobians(forward, backward, *arrays, wrt=wrt))
    return plot.image_grid(np.stack([yours, numeric, yours - numeric]), columns=3, signed=True,
                           titles=["yours", "numeric", "difference"],
                           title="∂output (down) / ∂input (across)")


# --- comparing it with yours --------------------------------------------------------------------------------


class Trouble(Exception):
    """What keeps two gradients from being compared: a cause and what was observed."""


class _Backward:
    """A backward pass as one reliable function: g → a list of gradients, None where there is none.

    The forward pass goes before it every time, for those that keep something; each gets copies of the arrays.
    """

    def __init__(self, forward, backward, arrays):
        self.forward, self.backward, self.arrays = forward, backward, arrays

    def __call__(self, g):
        given = [_copy(g), *map(_copy, self.arrays)]
        self.forward(*given[1:])
        try:
            found = self.backward(*given)
        except Trouble:
            raise
        except Exception as error:
            if "__array_ufunc__" in str(error) or "not a NumPy array" in str(error):
                raise Trouble("no-gradient", "NumPy met a Tensor: write ops.exp(x), not np.exp(x)") from error
            raise Trouble("backward-raised", f"{type(error).__name__}: {error}") from error
        for i, (x, before) in enumerate(zip(given, (g, *self.arrays))):
            if not _equal(x, before):
                cause, what = ("input-mutated", f"input {i - 1}") if i else ("cotangent-mutated", "g")
                raise Trouble(cause, f"the backward pass changed {what}")
        return self.aligned(found)

    def aligned(self, found):
        """A gradient for each array: the constants' ones may be None, or left out."""
        found = list(found) if isinstance(found, (tuple, list)) else [found]
        floats = [_is_float(x) for x in self.arrays]
        if len(found) == sum(floats):
            rest = iter(found)
            found = [next(rest) if is_float else None for is_float in floats]
        if len(found) != len(floats):
            raise Trouble("wrong-count", f"{len(found)} gradients for {sum(floats)} inputs")
        self.whole = [g is not None and np.asarray(value(g)).dtype.kind in "iu" for g in found]
        return [None if g is None else _real(value(g)) for g in found]


def _real(g):
    """g as a float64 array; numbers that this would change are a cause of their own."""
    g = np.asarray(g)
    if g.dtype.kind == "c" and g.imag.any():
        raise Trouble("cast", "yours is complex: its imaginary part would be lost")
    if g.dtype == np.float16:
        raise Trouble("low-precision", "yours is float16, which keeps three digits")
    return np.array(g.real, float)


class Evidence:
    """All that can be asked about one gradient; the signatures of diagnosis.py do the asking."""

    sized = ()                                  # (name, array): further sizes that a mean may divide by
    tolerance = TOLERANCE                       # more, where the numeric gradient is known to fewer digits

    def __init__(self, call, decoy, names, k, y, v, mine, numbers, seed):
        self.call, self.decoy, self.names, self.k, self.y, self.v = call, decoy, names, k, y, v
        self.arrays, self.x = call.arrays, call.arrays[k]
        self.a, self.n, self.mine, self.numbers = mine[k], numbers[k], mine, numbers
        self.whole = call.whole[k]                              # yours came as whole numbers
        self.kept = np.ones(self.x.shape, bool)                 # less the kinks
        self.u = np.random.default_rng((seed, 1)).standard_normal(y.shape)  # a second cotangent
        self.others = [(names[j], x) for j, x in enumerate(self.arrays) if j != k and _is_float(x)]

    def same(self, p, q):
        """Whether p and q agree to six digits, or as many as are known, kinks left out."""
        if np.shape(p) != np.shape(q):
            return False
        if np.shape(p) == self.kept.shape:
            p, q = p[self.kept], q[self.kept]
        return bool(0 < np.linalg.norm(p) + np.linalg.norm(q) < np.inf and _error(p, q) <= self.tolerance)

    def yours(self, v):
        """Your gradient for another cotangent."""
        return self.call(v)[self.k]

    def at(self, arrays):
        """Your gradient and the numeric one at other inputs; of unequal shapes where these are not taken."""
        try:
            y = np.array(value(self.call.forward(*map(_copy, arrays))))
            v = np.random.default_rng(0).standard_normal(y.shape)
            yours = _Backward(self.call.forward, self.call.backward, arrays)(v)[self.k]
            return np.zeros(()) if yours is None else yours, self.numeric(v, arrays)
        except Exception:                       # other sizes or signs: the function is not made for them
            return np.zeros(0), np.zeros(1)

    def grows_with_a_size(self, c):
        """Whether the constant c between yours and the right one is another once an axis is shorter."""
        for i, size in enumerate(self.x.shape):
            shorter = [x.take(range(size - 1), i) if np.ndim(x) > i and x.shape[i] == size > 2 else x
                       for x in self.arrays]
            a, n = self.at(shorter)
            if np.shape(a) == n.shape and n.any():
                other = np.vdot(a, n) / np.vdot(n, n)
                if _error(a, other * n) <= TOLERANCE and abs(other / c - 1) > 1e-3:
                    return True
        return False

    def numeric(self, v, arrays=None):
        """The numeric gradient for another cotangent, or at other inputs."""
        return _slopes(self.call.forward, self.arrays if arrays is None else arrays, self.k, v)[0]

    def forward_derivative(self, u):
        """J u: how the output changes as the input moves along u."""
        above, below = ([x + h * u if k == self.k else x for k, x in enumerate(self.arrays)]
                        for h in (STEP, -STEP))
        return (value(self.call.forward(*above)) - value(self.call.forward(*below))) / (2 * STEP)

    @cached_property
    def bad(self):
        """A mask of the wrong entries."""
        return (np.abs(self.a - self.n) > 1e-5 * np.abs(self.n) + 1e-7 * np.abs(self.n).max()) & self.kept

    @cached_property
    def linear(self):
        """Whether yours is linear in g: yours(v + u) = yours(v) + yours(u), and yours(−v) = −yours(v)."""
        b, both, back = (self.yours(g) for g in (self.u, self.v + self.u, -self.v))
        size = np.linalg.norm(self.a) + np.linalg.norm(b)
        return max(np.linalg.norm(both - self.a - b), np.linalg.norm(back + self.a)) <= TOLERANCE * size

    @cached_property
    def elementwise(self):
        """Whether each output depends on its own input alone: then g times s gives the gradient times s."""
        if self.y.shape != self.x.shape:
            return False
        s = 1 + np.arange(self.y.size).reshape(self.y.shape) ** 0.5
        return self.same(self.numeric(self.v * s), self.n * s)

    @cached_property
    def jacobians(self):
        """Yours and the numeric one, of y's shape and then x's."""
        return jacobians(self.call.forward, self.call.backward, *self.arrays, wrt=self.k)

    def index(self, i):
        """Entry number i of the input, as an index."""
        return tuple(map(int, np.unravel_index(i, self.x.shape)))


def examine(forward, backward, arrays, names=None, seed=0, tolerance=TOLERANCE, sized=()):
    """A Diagnosis for each array of floats; or a single one, of what keeps them from being compared.

    An array of more than 5,000 entries is checked along three random directions, which takes as long as three
    entries; what is wrong then gets a name only if that is enough to see it.
    """
    arrays = list(map(_double, arrays))
    names = names or _numbered(arrays)
    if len(names) != len(arrays):
        raise ValueError(f"{len(arrays)} arrays have {len(names)} names: {', '.join(names)}")
    floats = [k for k, x in enumerate(arrays) if _is_float(x)]
    if not floats:
        raise ValueError(f"nothing to differentiate by: {', '.join(map(describe, arrays))} hold no floats")
    if empty := [names[k] for k in floats if not arrays[k].size]:
        raise ValueError(f"{', '.join(empty)} has no entries: give it some, with sizes such as 3, 5 and 7")
    decoy = [0.9 * x if _is_float(x) else x for x in arrays]
    call = _Backward(forward, backward, arrays)
    try:
        y = _output(forward, arrays, decoy)
        v = np.random.default_rng(seed).standard_normal(y.shape)
        mine = _gradients(call, v)
        numbers, bends, found = [None] * len(arrays), {}, {}
        for k in floats:
            if arrays[k].size > MANY and np.shape(mine[k]) == arrays[k].shape:
                found[k] = _along_three_ways(call, decoy, names[k], k, y, v, seed, tolerance)
            else:
                with np.errstate(all="ignore"):                 # a step may leave the domain
                    numbers[k], bends[k] = _slopes(forward, arrays, k, v)
        for k in bends:
            e = Evidence(call, decoy, names, k, y, v, mine, numbers, seed)
            e.sized = sized
            found[k] = _compare(e, bends[k], tolerance)
        return [found[k] for k in floats]
    except Trouble as trouble:
        cause, observed = trouble.args
        return [Diagnosis("before comparing", "unchecked", False, cause=cause, observed=observed)]


def _along_three_ways(call, decoy, name, k, y, v, seed, tolerance):
    """The Diagnosis of a large array x: of numbers t, for x + Σ t · way, with three random ways."""
    ways = np.random.default_rng((seed, 2)).standard_normal((3, *call.arrays[k].shape))

    def moved(arrays, t):
        return [x + np.tensordot(t, ways, 1) if j == k else x for j, x in enumerate(arrays)]

    def slopes(g, t):
        mine = call.aligned(call.backward(g, *moved(call.arrays, t)))[k]
        return np.tensordot(ways, mine, ways.ndim - 1)

    small = _Backward(lambda t: call.forward(*moved(call.arrays, t)), slopes, [np.zeros(3)])
    numbers, bend = _slopes(small.forward, small.arrays, 0, v)
    e = Evidence(small, [np.full(3, 0.1)], [name], 0, y, v, small(v), [numbers], seed)
    e.sized = [("the input", call.arrays[k])]
    found = _compare(e, bend, tolerance)
    found.note = f"; along 3 random ways, as it has {call.arrays[k].size:,} entries: smaller arrays tell more"
    found.entries, found.worst, found.kinks = [], (), []
    if found.right is False and found.cause not in SIMPLE:
        found.cause, found.observed = None, "the slopes along random ways are not those of your gradient"
    return found


def _output(forward, arrays, decoy):
    """The output, once it is sure that calling the function again gives it again, and changes nothing."""
    with suppress(Exception), np.errstate(all="ignore"):
        forward(*map(_copy, decoy))                             # a cache that is written once is stale now
    own = list(map(_copy, arrays))
    out = np.array(value(forward(*own)))
    if not all(map(_equal, own, arrays)):
        raise Trouble("input-mutated", "the forward pass changed its input")
    if not _equal(out, np.array(value(forward(*map(_copy, arrays))))):
        raise Trouble("random-forward", "the same input gives another output each time")
    if out.dtype in (np.float32, np.float16):
        raise Trouble("low-precision", f"the inputs are float64, and the output is {out.dtype}")
    if not np.isfinite(out).all():
        raise Trouble("not-finite", "the output is not finite")
    return out.astype(float)


def _gradients(call, v):
    """Your gradients, once it is sure that they come out again."""
    first, second, third = call(v), call(v), call(v)
    for a, b, c in zip(first, second, third):
        if a is not None and not _equal(a, b):
            if np.shape(a) == np.shape(b) and np.allclose(b - a, c - b, rtol=1e-9):
                raise Trouble("accumulates",
                              "every further backward pass adds the same to what it returned before")
            raise Trouble("random-backward", "the same backward pass gives another gradient each time")
    return first


def _compare(e, bend, tolerance):
    """The Diagnosis of one gradient."""
    name, missing = e.names[e.k], e.a is None
    e.a = np.zeros_like(e.n) if missing else e.a
    if not np.isfinite(e.a).all():
        return Diagnosis(name, "wrong", False, cause="not-finite", observed="yours has a nan or an infinity")
    if e.a.shape != e.n.shape:
        return Diagnosis(name, "wrong", False, 1.0, *explain(e))
    unsure = np.zeros_like(e.n)
    if (np.abs(e.a - e.n) > tolerance * np.abs(e.n)).any() or (np.abs(bend) > 1e-4 * np.abs(e.n)).any() \
            or not (np.isfinite(e.n) & np.isfinite(bend)).all():
        e.n, unsure = _sure_slopes(e.call.forward, e.arrays, e.k, e.v, e.n, bend)
    e.kept = unsure < np.inf
    if not np.isfinite(e.n).all():
        return Diagnosis(name, "wrong", False, cause="not-finite",
                         observed="the forward pass, right beside this input, has a nan or an infinity")
    kinks = [tuple(map(int, i)) for i in np.argwhere(~e.kept)]
    a, n, doubt = e.a[e.kept], e.n[e.kept], np.linalg.norm(unsure[e.kept])
    size, apart = max(np.linalg.norm(a), np.linalg.norm(n)), np.linalg.norm(a - n)
    if not a.size:
        return Diagnosis(name, "kink", None, kinks=kinks)
    if size <= 2 * doubt:
        small = doubt <= TOLERANCE * np.linalg.norm(e.v)
        return Diagnosis(name, "zero" if small else "drowned", True if small else None, kinks=kinks)
    if missing:
        return Diagnosis(name, "wrong", False, cause="no-gradient",
                         observed="there is none (None), and it is not 0")
    error = _error(a, n)
    single = np.abs(a - n) > 1e-3 * np.abs(n) + 2 * unsure[e.kept]
    if error > tolerance and apart <= 2 * doubt:
        sure = doubt <= 0.01 * size             # to two digits
        return Diagnosis(name, "probably right" if sure else "drowned", sure or None, error, kinks=kinks)
    small_but_sure = error > 0.1 * tolerance and apart > 100 * doubt > 0
    e.tolerance = max(TOLERANCE, min(1e-4, 2 * doubt / size))
    right = bool(error <= tolerance and not single.any() and not small_but_sure and e.linear)
    cause, observed = (None, "") if right else explain(e)
    worst = [e.index(i) for i in np.argsort(-np.abs(e.a - e.n) * e.kept, axis=None)[:3]]
    entries = [(str(i), f"{e.a[i]:.6g}", f"{e.n[i]:.6g}") for i in worst]
    word = "wrong" if single.any() or not e.linear else _word(max(error, 1e-5 * small_but_sure))
    return Diagnosis(name, word, right, error, cause, observed, worst[0], entries, kinks)


def _error(a, n):
    """‖a − n‖ / (‖a‖ + ‖n‖): 0 if they are equal, 1 if they have nothing in common."""
    total = np.linalg.norm(a) + np.linalg.norm(n)
    return float(np.linalg.norm(a - n) / total) if total else 0.0


def _word(error):
    """The error in a word."""
    return next(word for bound, word in WORDS if error < bound)


# --- what to call -------------------------------------------------------------------------------------------


class WrongGradient(AssertionError):
    """A gradient that does not pass; its `report` has a Diagnosis for each input."""

    def __init__(self, report):
        super().__init__(f"\n{report}")
        self.report = report


@dataclass
class Report:
    """What was found out about the gradients of a function: a Diagnosis for each of its inputs."""
    title: str
    inputs: list
    hint: str = ""

    @property
    def right(self):
        return all(found.right is not False for found in self.inputs)

    def __str__(self):
        lines = [f"gradients of {self.title}: {'right' if self.right else 'WRONG'}", *map(str, self.inputs),
                 self.hint]
        return "\n".join(filter(None, lines))

    __repr__ = __str__

    def checked(self, strict=False):
        """The report itself, or WrongGradient if something is wrong in it; strict: or cannot be told."""
        if not self.right or strict and any(found.right is None for found in self.inputs):
            raise WrongGradient(self)
        return self


def check_gradients(f, *arrays, order=1, seed=0, tolerance=TOLERANCE, strict=False, names=None):
    """The Report on f's gradients by each array of floats; raises WrongGradient if one is wrong.

    f takes arrays or Tensors, and computes a Tensor of any shape with minidl's operations.  The arrays are
    copied to float64; whole numbers, such as labels, are constants.  A random f must seed itself.  order=2
    checks the gradients of Σ g·f as functions, too, of f's inputs and of g: double backward.  Prime, unequal
    sizes (3, 5, 7) tell most about a mistake, and small ones are fast.  f runs on the device in use: floats
    and labels go there for each call, and its results come back.  Where nothing can be told, as at a kink or
    where differences drown in rounding, the report says so and passes; strict=True, for tests, refuses that.
    """
    if order not in (1, 2):
        raise ValueError(f"check_gradients: the order is 1 or 2, not {order}")
    title = getattr(f, "__name__", type(f).__name__)
    inputs = examine(on_device(f), through_tape(f), arrays, names, seed, tolerance)
    report = Report(title, inputs).checked(strict)
    if order == 2:
        forward, backward, v = through_tape_twice(f, arrays, seed)
        names = [f"{name}, second order" for name in names or _numbered(arrays)] + ["the cotangent g"]
        report.inputs += examine(forward, backward, (*arrays, v), names, seed, tolerance)
    return report.checked(strict)


def check_model(model, loss, *batch, seed=0, strict=False):
    """The Report on the gradients of loss(model(batch[0]), *batch[1:]) by every parameter of the model.

    Along one random direction for each parameter; one that is wrong, or meets a kink, is checked in full.
    Then the own rule of each primitive that ran is checked, too, to name the one at fault.  A small batch
    will do, and dropout may be on: it draws the same numbers every time.  It runs on the device in use, where
    the model is.  strict=True refuses what cannot be told, too.
    """
    if not hasattr(model, "parameters"):
        raise TypeError(f"check_model takes a model, which has parameters, and not {describe(model)}; for a "
                        "function: check_gradients(f, *arrays)")
    forward, backward, *arrays = through_model(model, loss, *batch)
    names = [next(name for name, x in model.named() if x is t) for t in model.parameters()]
    sized = [("the batch", x) for x in batch]
    inputs = examine(*_along_random_ways(forward, backward, arrays, seed), names, seed)
    for k, found in enumerate(inputs):
        if found.verdict != "unchecked" and (found.kinks or found.right is not True):
            def put(x):
                return *arrays[:k], x, *arrays[k + 1:]
            inputs[k], = examine(lambda x: forward(*put(x)), lambda g, x: backward(g, *put(x))[k],
                                 arrays[k:k + 1], names[k:k + 1], seed, sized=sized)
    wrong = [found.name for found in inputs if found.right is False]
    hint = _wrong_rules(model, loss, *batch, seed=seed) if wrong else ""
    if wrong and not hint and wrong[-1] != names[-1]:
        hint = f"Gradients come from the back, and behind {wrong[-1]} all are right: look there first."
    return Report(type(model).__name__, inputs, hint).checked(strict)


def _wrong_rules(model, loss, *batch, seed=0):
    """For each primitive of the loss whose own rule is wrong: after which parameter it ran, and how."""
    tensors, batch = {id(t): name for name, t in model.named()}, [_to_device(_double(x)) for x in batch]
    with _holding(model, [_to_device(_double(t.array)) for t in model.parameters()],
                  backend.rng().bit_generator.state):
        steps, place = {}, "the batch"
        for t in tape(loss(model(batch[0]), *batch[1:])):
            place = [place, *(tensors[id(x)] for x in t.inputs if id(x) in tensors)][-1]
            if t.op:
                arrays = [np.asarray(_double(value(x))) for x in t.inputs]
                steps.setdefault((t.op, str(t.params), *map(np.shape, arrays)), (place, arrays, t.params))
    lines = []
    for (op, *_), (place, arrays, params) in steps.items():
        if sum(map(np.size, arrays)) <= 5000:                   # a difference for each entry, and more
            found = diagnose(op, None, *arrays, seed=seed, **params)
            if found.right is False:
                cause = found.cause or "no known pattern"
                lines.append(f"{op.__name__}, after {place}: its own rule is wrong   [{cause}]\n"
                             f"    {found.observed}")
    return "\n".join(lines)


def _along_random_ways(forward, backward, arrays, seed):
    """forward, backward and inputs again, as functions of a number t for each array x: x + t · way."""
    rng = np.random.default_rng(seed)
    ways = [rng.standard_normal(x.shape) for x in arrays]

    def moved(steps):
        return [x + t * way for x, t, way in zip(arrays, steps, ways)]

    def slopes(g, *steps):
        return [a if a is None else np.sum(a * way) for a, way in zip(backward(g, *moved(steps)), ways)]

    return lambda *steps: forward(*moved(steps)), slopes, [np.zeros(())] * len(arrays)


def diagnose(forward, backward, *arrays, seed=0, names=None, **params):
    """The Diagnosis of a backward pass: of a wrong gradient, a named one if there is, or of the least sure.

    forward(*arrays) → array; backward(g, *arrays) → the gradient by the array, or a tuple with one for each;
    names: of the arrays, for the messages.
    With None for backward, `forward` is a primitive of minidl, whose rules are examined, or is made of some.
    A whole model: diagnose(*through_model(model, loss, *batch)).  Only what is made of minidl's operations
    runs on the device in use; passes in NumPy stay on the host.
    """
    if backward is None:
        forward, backward = on_device(partial(forward, **params)), through_rules(forward, **params)
    found = examine(forward, backward, arrays, names, seed)
    wrong = [d for d in found if d.right is False]
    return next((d for d in wrong if d.cause), wrong[0] if wrong else
                max(found, key=lambda d: (d.right is None, np.nan_to_num(d.error))))


def on_device(f):
    """f as a function of host arrays: they go to the device in use, and what f returns comes back."""
    def there_and_back(*arrays):
        out = f(*map(_to_device, arrays))
        return list(map(_to_host, out)) if isinstance(out, list) else _to_host(out)
    return there_and_back


def through_tape(f):
    """A function made of minidl's operations → its backward pass by the tape."""
    @on_device
    def backward(g, *arrays):
        xs = [Tensor(x) if _is_float(x) else x for x in arrays]
        return _listed(pullback(_on_tape(f(*xs)), g, wrt=[x for x in xs if type(x) is Tensor]), xs)
    return backward


def through_tape_twice(f, arrays, seed=0):
    """forward: the gradients of Σ v·f in a row, from *arrays and v; its backward pass; and a random v."""
    def forward(*arrays):
        *arrays, v = arrays
        firsts = through_tape(f)(v, *arrays)
        return np.concatenate([np.ravel(np.zeros_like(x) if g is None else g)
                               for g, x in zip(firsts, filter(_is_float, arrays))])

    @on_device
    def backward(g, *arrays):
        xs = [Tensor(x) if _is_float(x) else x for x in arrays]
        *inputs, v = xs
        floats = [x for x in inputs if type(x) is Tensor]
        firsts = pullback(_on_tape(f(*inputs)), v, wrt=floats, create_graph=True)
        ends = np.cumsum([x.size for x in floats])
        parts = [g[end - x.size:end].reshape(x.shape) for x, end in zip(floats, ends)]
        total = sum(((firsts[x] * part).sum() for x, part in zip(floats, parts) if x in firsts), Tensor(0.0))
        return _listed(pullback(total, wrt=[x for x in xs if type(x) is Tensor]), xs)

    y = on_device(f)(*map(_double, arrays))
    return forward, backward, np.random.default_rng(seed + 1).standard_normal(y.shape)


def through_rules(op, **params):
    """A primitive → its backward pass by op.vjps; any other function → its backward pass by the tape."""
    if not getattr(op, "vjps", ()):
        return through_tape(lambda *xs: op(*xs, **params))

    @on_device
    def backward(g, *arrays):
        out = op(*arrays, **params)
        given = (g, out, *arrays)
        if callable(op.vjps):
            grads = op.vjps(*given, **params)
        else:
            grads = [rule(*given, **params) if rule and _is_float(x) else None
                     for rule, x in zip(op.vjps, arrays)]
        return [a if a is None or not op.broadcasts or np.shape(a) != out.shape else sum_to(a, shape=x.shape)
                for a, x in zip(grads, arrays)]
    return backward


def through_model(model, loss, *batch):
    """forward, backward, *arrays, as `diagnose` takes them: a model's loss, from its parameters."""
    tensors = model.parameters()
    batch, dice = [_to_device(_double(x)) for x in batch], backend.rng().bit_generator.state

    @on_device
    def forward(*arrays):
        with _holding(model, arrays, dice), no_grad():
            return value(loss(model(batch[0]), *batch[1:]))

    @on_device
    def backward(g, *arrays):
        with _holding(model, arrays, dice):
            return _listed(pullback(_on_tape(loss(model(batch[0]), *batch[1:])), g, wrt=tensors), tensors)

    return forward, backward, *(_double(t.array) for t in tensors)


@contextmanager
def _holding(model, arrays, dice):
    """The model with these parameters, and random numbers from `dice` on; afterwards all is as before."""
    tensors = model.parameters()
    buffers = [x for _, x in model.named() if type(x) is not Tensor]
    before = [t.array for t in tensors], [x.copy() for x in buffers]
    backend.rng().bit_generator.state = dice
    try:
        for t, x in zip(tensors, arrays):
            t.array = x
        yield
    finally:
        backend.rng().bit_generator.state = dice
        for t, x in zip(tensors, before[0]):
            t.array = x
        for x, old in zip(buffers, before[1]):
            x[...] = old


def _on_tape(y):
    """y, which must be a Tensor."""
    if type(y) is not Tensor:
        raise Trouble("no-gradient", f"the function returned {describe(y)} and no Tensor: nothing comes back")
    return y


def _listed(grads, xs):
    """The gradients of a pullback as a list, None for what is no Tensor or was not reached."""
    return [value(grads[x]) if type(x) is Tensor and x in grads else None for x in xs]


def _numbered(arrays):
    return [f"input {k}" for k in range(len(arrays))]


def _is_float(x):
    return (x if hasattr(x, "dtype") else np.asarray(x)).dtype.kind == "f"


def _to_device(x):
    """A host array on the device in use; anything else as it is."""
    return backend.to_device(x) if isinstance(x, np.ndarray) else x


def _to_host(x):
    """An array, or that of a Tensor, on the host; anything else as it is."""
    return backend.to_host(value(x)) if hasattr(x, "dtype") else x


def _double(x):
    """A float64 copy on the host of what holds floats; any other array on the host."""
    return np.array(_to_host(x), np.float64) if _is_float(x) else _to_host(x)


def _copy(x):
    return np.array(x) if hasattr(x, "dtype") else x


def _equal(x, y):
    return not hasattr(x, "dtype") or np.array_equal(x, y, equal_nan=x.dtype.kind == "f")
