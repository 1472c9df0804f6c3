"""How the exercises are checked: a table, at the end, and the two kinds of judge that it needs.

A backward pass is compared with the numeric gradient of its forward pass, any other function with a right
answer: minidl's own, or NumPy's.  So no exercise waits for another.  Each is tried on batches of two sizes,
in case a size is written as a number.  What is wrong is compared with the exercise's own usual slips.
"""
from contextlib import closing
from itertools import cycle, product
from statistics import NormalDist
from textwrap import fill
from typing import NamedTuple

import numpy as np

from lessons.exercises import load
from lessons.exercises.student import Failed, Student
from minidl import Tensor, functions, grad, images, losses, nn, ops, optim, rnn, schedules, train
from minidl.gradcheck import examine
from minidl.tensor import sum_to

BATCHES = 5, 3                                  # the two sizes N
TRIES = 3                                       # for each of them, where a function's values are compared
DERIVED = 1e-12                                 # as near are two right formulas; a measured slope is not


class Verdict(NamedTuple):
    """What there is to say of an exercise."""
    passed: bool
    text: str = ""
    cause: str | None = None                    # the diagnosis, or the class of the error


def judge(name, source, path, run=Student, seed=None):
    """The Verdict on the source of an exercise, run by Student or Apart; an error is told with its line."""
    fresh = START if seed is None else np.random.default_rng(seed).bit_generator.state
    rng.bit_generator.state = fresh             # the same arrays every time
    try:
        with closing(run(source, path)) as student:
            return CHECKS[name].judge(student, load(name))
    except Failed as failed:
        return Verdict(False, failed.text, failed.kind)


# --- a backward pass ----------------------------------------------------------------------------------------


class Gradient(NamedTuple):
    """A file has forward(*arrays, *constants) and backward(g, *arrays, *constants)."""
    same: object                                # as forward, by minidl or by NumPy
    arrays: list                                # the shapes of what has a gradient
    constants: list = ()                        # and of what has none
    bug: str | None = None                      # the diagnosis that it gets as it comes

    def judge(self, student, exercise):
        """The Verdict on a file: at first one plain call, then the diagnosis."""
        ours = Student(exercise.solved, exercise.name)
        if fault := lost(student, ours, "forward", "backward"):
            return fault
        names = ours.names("forward")
        for n in BATCHES:
            arrays, constants = drawn(self.arrays, n), drawn(self.constants, n)
            given, quiet = (*arrays, *constants), n != BATCHES[0]
            handed = copies(given)
            y = student.call("forward", *handed, quiet=quiet)
            if not agree(y, self.same(*given)) or not all(map(np.array_equal, handed, given)):
                return Verdict(False, "forward was right as it came, and has been changed.")
            g = normal(*np.shape(y))
            grads = student.call("backward", g.copy(), *copies(given), quiet=quiet)
            if fault := unusable("backward", grads):
                return fault

            def backward(g, *xs):               # some keep, in forward, what the way back needs
                student.call("forward", *copies(xs), *constants)
                grads = listed(student.call("backward", g, *xs, *constants))
                return grads[:len(xs)]          # the gradients of constants, if returned, do not matter

            found = examine(lambda *xs: ours.call("forward", *xs, *constants), backward, arrays,
                            names[:len(arrays)])
            if wrong := [gradient for gradient in found if not gradient.right]:
                cause, text = self.named(wrong, exercise, student, (g, *given))
                before = f"Right for N = {BATCHES[0]}, but for N = {n} (is a size written as a number?)\n"
                return Verdict(False, before * (n != BATCHES[0]) + text, cause)
            if fault := measured(listed(grads), ours, (g, *given), names):
                return fault
        return Verdict(True)

    @staticmethod
    def named(wrong, exercise, student, given):
        """(cause, text) of the first wrong gradient that a slip explains, or else one that has a name."""
        names = Student(exercise.solved, exercise.name).names("forward")
        for found in wrong:
            k = names.index(found.name) if found.name in names else None
            slip = k is not None and usual_slip(exercise, student, "backward", [given],
                                                lambda grads, k=k: listed(grads)[k])
            if slip:
                return slip[0], f"{found.line()}   [{slip[0]}]\n{slip[1]}\n{found.table()}".rstrip()
        found = next((found for found in wrong if found.cause), wrong[0])
        return found.cause, str(found)


def measured(grads, ours, given, names):
    """The Verdict on gradients that are right, but not to as many digits as a formula gives."""
    ours.call("forward", *copies(given[1:]))    # some keep what the way back needs
    rights = listed(ours.call("backward", *copies(given)))
    for name, x, right in zip(names, grads, rights):
        if x is not None and right is not None:
            far = np.linalg.norm(np.ravel(x - right)) / max(np.linalg.norm(np.ravel(right)), 1e-300)
            if far > DERIVED:
                digits = f"It agrees with the right gradient to {-np.log10(far):.0f} digits only"
                return Verdict(False, f"{name}: right, and yet not derived   [measured]\n"
                                      f"{digits}, as a slope that was measured does: derive it.", "measured")


# --- any other function -------------------------------------------------------------------------------------


class Value(NamedTuple):
    """A file has a function, whose result is one value, or a tuple of several."""
    function: str
    same: object                                # the same function, by minidl or by NumPy
    arguments: list                             # the shapes of its arguments, or functions that draw them
    parts: str = ""                             # the names of the values in its result, if it has several
    view: object = None                         # what of the result counts, where it may be one of many
    bug: str | None = None                      # the slip that it has as it comes

    def judge(self, student, exercise):
        """The Verdict on a file: its function's results beside the right ones, then the usual slips."""
        if fault := lost(student, Student(exercise.solved, exercise.name), self.function):
            return fault
        parts = self.parts.split() or ["the result"]
        trials = [drawn(self.arguments, n) for n in BATCHES for _ in range(TRIES)]
        for number, given in enumerate(trials):
            found = student.call(self.function, *copies(given), quiet=number > 0)
            if fault := unusable(self.function, found):
                return fault
            yours, right = self.seen(found), self.seen(self.same(*given))
            if len(yours) != len(right):
                return Verdict(False, f"{self.function} returns {len(right)} values ({', '.join(parts)}), "
                                      f"and not {len(yours)}.", "wrong-count")
            shapes = [a is not None and np.shape(a) == np.shape(b) for a, b in zip(yours, right)]
            if not all(shapes):
                k = shapes.index(False)
                return Verdict(False, f"{parts[k]} has the shape {np.shape(yours[k])}, not "
                                      f"{np.shape(right[k])}.", "wrong-shape")
            if wrong := [k for k, pair in enumerate(zip(yours, right)) if not agree(*pair)]:
                slips = {k: usual_slip(exercise, student, self.function, trials,
                                       lambda result, k=k: self.seen(result)[k]) for k in wrong}
                k = next((k for k in wrong if slips[k]), wrong[0])
                cause, why = slips[k] or (None, "")
                at = ", ".join(f"{name} = {x:.6g}" for name, x in zip(student.names(self.function), given)
                               if isinstance(x, (int, float, np.number)))
                head = f"{parts[k]} is wrong{' for ' * bool(at)}{at}   [{cause or 'no known pattern'}]"
                return Verdict(False, "\n".join(filter(None, [head, why, beside(yours[k], right[k])])), cause)
        return Verdict(True)

    def seen(self, result):
        """What counts of a result, as a list of values."""
        result = listed(result) if self.parts else [result]
        return listed(self.view(*result)) if self.view else result


def beside(yours, right):
    """Three entries of two arrays that differ most, side by side."""
    yours, right = np.asarray(yours, float), np.asarray(right, float)
    apart = np.where(np.isclose(yours, right, rtol=1e-9, equal_nan=True), 0, np.abs(yours - right))
    apart = np.nan_to_num(apart, nan=np.inf)
    worst = [np.unravel_index(i, right.shape) for i in np.argsort(-apart, axis=None)[:3]]
    rows = [[str(tuple(map(int, i))) for i in worst] if right.ndim else [""]]
    rows += [[f"{x[i]:.6g}" for i in worst] for x in (yours, right)]
    return "\n".join(f"    {head:8}" + "".join(f"{cell:>15}" for cell in row)
                     for head, row in zip(("entry", "yours", "right"), rows) if any(row))


# --- what both ask ------------------------------------------------------------------------------------------


def lost(student, ours, *functions):
    """The Verdict on a file without one of its functions, or with another order of its arguments."""
    for name in functions:
        if not student.has(name):
            return Verdict(False, f"The file has lost its function {name}: reset brings it back.")
        mine, meant = student.names(name), ours.names(name)
        if mine != meant and sorted(mine) == sorted(meant):
            return Verdict(False, f"{name} takes its arguments in this order: {', '.join(meant)}.",
                           "arguments-swapped")


def unusable(function, result):
    """The Verdict on a result that is neither an array, a number nor a tuple of these, nor None."""
    for x in listed(result):
        number = isinstance(x, (bool, int, float, complex, np.ndarray, np.generic))
        if not (x is None or number and np.asarray(x).dtype.kind in "biufc"):
            what = "a list in a list or tuple" if isinstance(x, (tuple, list)) else f"a {type(x).__name__}"
            what = "an array of objects" if number else what
            return Verdict(False, f"{function} returns {what}: it should be an array, or a tuple of arrays.",
                           "wrong-type")
    if result is None:
        return Verdict(False, f"{function} returns None: is a return missing?", "no-gradient")


def usual_slip(exercise, student, function, trials, part):
    """(cause, sentence) of the slip that gives this part of the results in every trial; None if none does."""
    def results(whose):
        for given in trials:
            if function == "backward":          # some keep what the way back needs
                whose.call("forward", *copies(given[1:]))
            yield part(whose.call(function, *copies(given)))

    for cause, sentence, wrong in exercise.slips:
        try:
            with np.errstate(all="ignore"):
                if all(map(agree, results(student), results(Student(wrong, cause)))):
                    said = fill(f"This is just what comes out {sentence}.", 104, subsequent_indent="    ")
                    return cause, said
        except (Failed, IndexError):
            continue


def listed(result):
    return list(result) if isinstance(result, (tuple, list)) else [result]


def copies(given):
    return [np.copy(x) if isinstance(x, np.ndarray) else x for x in given]


def agree(x, y):
    """Whether two arrays have one shape and agree to nine digits, entry by entry, however small."""
    if np.shape(x) != np.shape(y):
        return False
    return np.allclose(x, y, rtol=1e-9, atol=1e-20, equal_nan=True)


# --- the table ---------------------------------------------------------------------------------------------

N = "N"
rng = np.random.default_rng(11)
START = rng.bit_generator.state


def normal(*shape):
    return rng.standard_normal(shape)


def share(*shape):
    return rng.uniform(0.1, 0.9, shape)


def mask(*shape):
    return rng.random(shape) >= 0.4


def labels(n):
    return rng.integers(7, size=n)


def drawn(shapes, n):
    """A list with an array for each shape, n for N: normal, or by the function that leads the shape."""
    leads = [shape if callable(shape[0]) else (normal, *shape) for shape in shapes]
    return [draw(*(n if size is N else size for size in sizes)) for draw, *sizes in leads]


def count(low, high):
    return int(rng.integers(low, high))


def gradients():
    return normal(5) * [1, 10, 1e-3, 1e-6, 1e-8]


def adam(w, g, m, v, t):
    p = Tensor(w)
    p.grad, optimizer = g, optim.Adam([p])
    optimizer.state[0] |= {"m": m.copy(), "v": v.copy(), "t": t - 1}
    optimizer.step()
    return p.array, *(optimizer.state[0][letter] for letter in "mv")


def relu_layer(x, w, b):
    return functions.relu(ops.affine(x, w, b))


def filtered(x, w):
    return images.conv2d(x[:, None, None], w[None, None, None], stride=(1, 2))[:, 0, 0]


def gain(x, a):
    return x * a[:, None, None]


def recurrent(x, u, w, b):
    return rnn.recur(ops.affine(x, u, b), w, np.zeros((len(x), len(w))))


def dropped(x):
    return x * (np.random.default_rng(7).random(x.shape) >= 0.4) / 0.6


def contractive(w, b, x):
    h = functions.sigmoid(x @ w + b)
    return losses.jacobian_penalty([h * (1 - h)], [w])


def pixel_loss(q, x):
    return losses.bce_with_logits(np.log(q / (1 - q)), x)


def gan(real, fake):
    return np.stack([losses.gan_discriminator(real, fake), losses.gan_non_saturating(fake)])


def number(low, high):
    return float(rng.uniform(low, high))


def uniform(*shape):
    return rng.random(shape)


def bits(*shape):
    return 1.0 * (rng.random(shape) < 0.5)


def minimax(c, v, a, b, x, z):
    c, v, a, b = (Tensor(np.array(weight)) for weight in (c, v, a, b))
    train.train_step(lambda: losses.gan_discriminator(c + v * x, c + v * (a * z + b)), optim.SGD([c, v], 0.2))
    train.train_step(lambda: losses.gan_minimax(c + v * (a * z + b)), optim.SGD([a, b], 0.2))
    return c.item(), v.item(), a.item(), b.item()


def gaussian_process(x, y, new, noise):
    """By the joint Gaussian of y and one height: its inverse covariance has the posterior in its last row."""
    k = lambda p, q: (1 + (t := 5 ** 0.5 * np.linalg.norm(p - q)) + t * t / 3) * np.exp(-t)     # noqa: E731
    found = []
    for place in new:
        covariance = np.array([[k(p, q) for q in [*x, place]] for p in [*x, place]])
        last = np.linalg.inv(covariance + noise * np.diag([1.0] * len(x) + [0.0]))[-1]
        found.append((-last[:-1] @ y / last[-1], 1 / last[-1]))
    return tuple(np.transpose(found))


def means():
    """Of 7 places: two were measured."""
    return np.append([0.0, 1.0], normal(5))


def deviations():
    return np.append([0.0, 0.0], rng.uniform(0.8, 2, 5))


def improvement(m, s, lowest):
    gains = [NormalDist(lowest - mean, deviation) for mean, deviation in zip(m, s) if deviation]
    rest = [gain.mean * (1 - gain.cdf(0)) + gain.variance * gain.pdf(0) for gain in gains]
    return np.append(np.zeros(len(m) - len(rest)), rest)


def boltzmann(v, w, b, c):
    states = np.array(list(product([0, 1], repeat=len(c))))                           # (2^H, H)
    return -np.log(np.exp((v @ b)[:, None] + states @ c + v @ w @ states.T).sum(axis=1))


def gibbs(v, w, b, c, u_h, u_v):
    h = u_h < 1 - 1 / (1 + np.exp(np.einsum("nd,dh->nh", v, w) + c))
    return 1.0 * h, 1.0 * (u_v < 1 - 1 / (1 + np.exp(np.einsum("nh,dh->nd", h, w) + b)))


def settled(*parts):
    """Differences of means without their rounding errors: 0 for 1e-17."""
    return [x if x is None else np.round(x, 12) for x in parts]


def contrastive(v, w, b, c, u_h, u_v):
    _, swept = gibbs(v, w, b, c, u_h, u_v)
    slopes = [0, 0, 0]
    for sign, rows in (1, v), (-1, swept):
        for row in rows:
            h = ops.sigmoid(c + w.T @ row)
            slopes = [s + sign * part / len(v) for s, part in zip(slopes, (np.outer(row, h), row, h))]
    return tuple(slopes)


MACHINE = [(bits, N, 11), (11, 7), (11,), (7,)]                 # v, w, b and c, restricted Boltzmann
CHANCE = [(uniform, N, 7), (uniform, N, 11)]


def repeated(n, d):
    return normal(n - 1, d)[[*range(n - 1), 0]]                 # two points at one place


def moments(n):
    return (np.arange(n) + uniform(n)) / n      # shares of a run, one in each n-th of it


def denoising(x, u, w, v):
    shown = np.where(u < 0.3, 0, x)
    return shown, losses.squared_error(np.tanh(shown @ w) @ v, x)


def moments_mmd(x, y):
    """By the features of the kernel, √2 a and a aᵀ: the gap of their means, less what chance adds to it."""
    f, h = (np.hstack([2 ** 0.5 * z, [np.outer(a, a).ravel() for a in z]]) for z in (x, y))
    return ((f.mean(0) - h.mean(0)) ** 2 - f.var(0) / (len(x) - 1) - h.var(0) / (len(y) - 1)).sum()


def elbo(x, s, mean, log_var):
    r, k = losses.bce_with_logits(s, x), losses.gaussian_kl(mean, log_var)
    return r, k, -(r + k)


def decoder_likelihood(x, guess, log_sigma):
    nll = [losses.gaussian_nll(x[n:n + 1], guess[n:n + 1], 2 * log_sigma) for n in range(len(x))]
    share = ((x - guess) ** 2).mean(axis=1) / np.exp(2 * log_sigma)
    return -np.array(nll), x.shape[1] * (share - 1)


def plans(done, dr, dk):
    warm_up, rise = (schedules.linear(0, 1 / 9, until=share) for share in (1 / 2, 1 / 16))
    since = [share - max(start for start in (0, 1 / 8, 2 / 8, 3 / 8) if start <= share) for share in done]
    by_cycles = [rise(d) for d in since]        # after the last of the four it stays
    return np.array([*map(warm_up, done)]), np.array(by_cycles), dr + (dk.T * by_cycles).T


def framed(x, kh, kw):
    return ops.pad(x, widths=((0, 0), (0, 0), *(((k - 1) // 2, k // 2) for k in (kh, kw))))


def pasted(y, w):
    return images.conv_transpose2d(y, w, stride=2, padding=1)


def dilated(x, w):
    wide = np.kron(w[None], [1, 0, 0])[0, :-2]                  # two zeros between its weights
    return filtered(x, wide)


def running(x, mean, var):
    layer = nn.BatchNorm(len(mean))
    layer.running_mean, layer.running_var = mean.copy(), var.copy()
    layer(x)
    return layer.running_mean, layer.running_var


def lasso_step(w, x, y, lam):
    leaf = Tensor(w)
    v, t = w - 0.5 * grad(0.5 * losses.mse(x @ leaf, y), [leaf])[0], 0.5 * lam
    places = np.stack([np.zeros_like(v), v - t, v + t])         # the smallest is at one of them
    best = (0.5 * (places - v) ** 2 + t * abs(places)).argmin(axis=0)
    return np.choose(best, places)


def tied(w, b, x):
    return ops.matmul(functions.tanh(ops.affine(x, w, b)), ops.transpose(w))


def one_share():
    return float(share())


def some_measure():
    return (np.var, np.prod, np.linalg.norm)[count(0, 3)]


def central_slopes(f, x, h):
    nudges = h * np.eye(x.size).reshape(-1, *x.shape)
    return np.reshape([f(x + nudge) - f(x - nudge) for nudge in nudges], x.shape) / (2 * h)


SHAPES = cycle([(3, 1), (7,), (N, 1, 1), (1, 3, 7), (), (1, 1)])


def broadcastable(n):
    """A shape that broadcasts to (n, 3, 7): all six in turn, one for each trial."""
    return tuple(n if size is N else size for size in next(SHAPES))


def leaky_start(z, a):
    return z * (len(z) * np.mean(functions.leaky_relu(np.array([-1.0, 1.0]), a) ** 2)) ** -0.5


def some_slope():
    return (np.sin, np.tanh, np.sinh)[count(0, 3)]


def nesterov(slope, w, v):
    ahead = Tensor(w - 0.1 * 0.9 * v)
    ahead.grad, optimizer = slope(ahead.array), optim.SGD([ahead], 0.1, momentum=0.9, nesterov=True)
    optimizer.state[0]["v"] = v.copy()
    optimizer.step()
    v = optimizer.state[0]["v"]
    return ahead.array + 0.1 * 0.9 * v, v


def runs(draw=np.random.default_rng(11)):
    """Six lists of losses that fall, ties and nan among them, the least late; and a patience for each."""
    for n in (5, 5, 5, 3, 3, 3):
        losses = np.round(0.4 + 0.6 * 0.6 ** np.arange(n + 8) + 0.06 * draw.standard_normal(n + 8), 1)
        losses = np.insert(np.where(draw.random(n + 8) < 0.15, np.nan, losses), -2, 0.1)
        yield losses, int(draw.integers(1, 5))


LOSSES, PATIENCE = map(cycle, zip(*runs()))     # the same six for each check: each has cases of its own


def validation():
    return next(LOSSES)


def patience():
    return next(PATIENCE)


def stopping(losses, patience):
    model, stop = nn.Sequential(), train.EarlyStopping(patience)
    for epoch, loss in enumerate(losses, start=1):              # minidl refuses nan
        if stop.update(epoch, {"validation loss": np.inf if np.isnan(loss) else loss}, model):
            break
    return stop.best_epoch, epoch


def together(ends):
    """Both epochs as one array: a slip is known by the two."""
    return np.hstack(listed(ends)).astype(float)


def over_all_masks(h, w, b, p):
    masks = np.array(list(product([0, 1], repeat=len(w))))      # (2ᴰ, D)
    chance = np.prod(np.where(masks, 1 - p, p), axis=1)         # (2ᴰ,)
    y = (masks[:, None] * h) @ w + b                            # (2ᴰ, N, M)
    mean = np.tensordot(chance, y, 1)
    return mean, np.sqrt(np.tensordot(chance, (y - mean) ** 2, 1))


def words(*shape):
    """Words of a table of 7 rows: its last one is never said."""
    return rng.integers(6, size=shape)


def truncated(g, x, u, w, b, k):
    """By the tape: a loss for each piece, from the last state as an array."""
    total, h0 = 0, np.zeros((len(x), len(w)))
    for piece in (np.s_[:, t:t + k] for t in range(0, x.shape[1], k)):
        weights = [Tensor(a) for a in (u, w, b)]
        h = rnn.recur(ops.affine(x[piece], weights[0], weights[2]), weights[1], h0)
        total += np.array([*grad(ops.sum(g[piece] * h), weights)], object)
        h0 = h.array[:, -1]
    return tuple(total)


def lstm(a_f, a_i, a_o, a_p, c):
    cell = ops.sigmoid(a_f) * c + ops.sigmoid(a_i) * ops.tanh(a_p)
    return np.stack([ops.sigmoid(a_o) * ops.tanh(cell), cell])


def cloud(n, d):
    """n points that vary most along one axis, not round 0."""
    return normal(n, d) * (3 / np.arange(1, d + 1)) @ np.linalg.qr(normal(d, d))[0] + normal(d)


def pca(x, L):
    """By the singular values of the points."""
    mean = x.mean(axis=0)
    u, s, vt = np.linalg.svd(x - mean, full_matrices=False)
    return vt[:L].T, s[:L] ** 2 / len(x), mean + u[:, :L] * s[:L] @ vt[:L]


def upright(*parts):
    """The first of the parts with each column's largest entry above 0; the others as they are."""
    axes = np.asarray(parts[0])
    if axes.ndim == 2 and axes.size:
        axes = axes * np.sign(np.take_along_axis(axes, abs(axes).argmax(axis=0)[None], axis=0))
    return axes, *parts[1:]


def sides(n):
    """5n classes: three 0 for every two 1."""
    return np.arange(5 * n) % 5 % 2


def two_clouds(n, d):
    """Points for sides(n), each class with a spread of its own."""
    return np.where(sides(n)[:, None], 2 * cloud(5 * n, d), cloud(5 * n, d))


def lda(x, y):
    """By the eigenvectors of S_w⁻¹ S_b: one of them has a λ above 0, and that is the ratio."""
    shares, groups = np.bincount(y) / len(y), [x[y == c] for c in (0, 1)]
    within = sum(share * np.cov(group.T, bias=True) for share, group in zip(shares, groups))
    ratios, axes = np.linalg.eig(np.linalg.inv(within) @ (np.cov(x.T, bias=True) - within))
    best, apart = ratios.real.argmax(), groups[1].mean(axis=0) - groups[0].mean(axis=0)
    w = axes[:, best].real
    return w * np.sign(w @ apart), ratios[best].real


def of_length_1(w, *rest):
    """A direction, whatever its length was."""
    w = np.asarray(w, float)
    return w / (np.linalg.norm(w) or 1), *rest


def sparse(a):
    return losses.sparsity_kl(functions.sigmoid(a), 0.05)


CHECKS = {
    "01_chain_rule": Gradient(lambda x, y: ops.sin(x * y) + x, [(N,), (N,)]),
    "02_smooth_abs": Gradient(lambda x: ops.sqrt(1 + x * x), [(N, 2)], bug="cotangent-ignored"),
    "03_numeric_gradient": Value("numeric_gradient", central_slopes,
                                 [(some_measure,), (N, 2), (lambda: 10.0 ** -count(1, 3),)]),
    "04_bias": Gradient(ops.add, [(N, 2), (2,)]),
    "05_unbroadcast": Value("unbroadcast", lambda g, shape: sum_to(g, shape=shape),
                            [(N, 3, 7), (broadcastable, N)]),
    "06_dense": Gradient(ops.affine, [(N, 2), (2, 7), (7,)]),
    "07_linear_stack": Gradient(lambda x, w, v: x @ w @ v, [(N, 7), (7, 7), (7, 7)], bug="transposed"),
    "08_relu": Gradient(functions.relu, [(N, 7)]),
    "09_relu_layer": Gradient(relu_layer, [(N, 2), (2, 7), (7,)], bug="mask-missing"),
    "10_sigmoid": Gradient(ops.sigmoid, [(N, 7)]),
    "11_tanh": Gradient(ops.tanh, [(N, 7)]),
    "12_root": Gradient(ops.sqrt, [(share, N, 7)], bug="x-for-y"),
    "13_mse": Gradient(losses.mse, [(N, 7)], [(N, 7)], bug="extra-1/N"),
    "14_softmax": Gradient(functions.softmax, [(N, 7)]),
    "15_cross_entropy": Gradient(losses.cross_entropy, [(N, 7)], [(labels, N)]),
    "16_pixel_loss": Gradient(pixel_loss, [(share, N, 7)], [(share, N, 7)], bug="sign"),
    "17_initialisation": Value("initial_weights", leaky_start, [(N, 7), (one_share,)]),
    "18_momentum": Value("step", nesterov, [(some_slope,), (N,), (N,)], parts="w v"),
    "19_adam": Value("step", adam, [(5,), (gradients,), (gradients,), (lambda: gradients() ** 2,),
                                     (count, 1, 4)], parts="w m v"),
    "20_padding": Gradient(framed, [(N, 2, 7, 4)], [(lambda n: n - 1, N), (lambda n: 6 - n, N)]),
    "21_convolution": Gradient(images.conv2d, [(N, 2, 5, 3), (3, 2, 3, 2)]),
    "22_stride": Gradient(filtered, [(N, 11), (3,)], bug="contributions-lost"),
    "23_dilation": Gradient(dilated, [(N, 14), (3,)]),
    "24_transposed_convolution": Value("transposed", pasted, [(N, 4, 6, 2), (4, 2, 4, 3)]),
    "25_channel_gain": Gradient(gain, [(N, 2, 7, 3), (2,)], bug="missing-batch-sum"),
    "26_average_pool": Gradient(lambda x: images.avg_pool2d(x, 3, 2), [(N, 2, 6, 5)]),
    "27_max_pool": Gradient(lambda x: images.max_pool2d(x, 3, 2), [(N, 2, 6, 5)]),
    "28_rnn": Gradient(recurrent, [(N, 7, 2), (2, 4), (4, 4), (4,)]),
    "29_residual": Gradient(lambda x, w: x + ops.tanh(x @ w), [(N, 7), (7, 7)], bug="branch-lost"),
    "30_truncated_bptt": Value("truncated_gradients", truncated,
                               [(N, 7, 3), (N, 7, 2), (2, 3), (3, 3), (3,), (count, 2, 9)], parts="du dw db"),
    "31_gated_cell": Gradient(lstm, [(N, 7)] * 5),
    "32_embedding": Gradient(lambda e, words: e[words], [(7, 2)], [(words, N, 4)]),
    "33_early_stopping": Value("early_stopping", stopping, [(validation,), (patience,)],
                               view=together),
    "34_dropout": Gradient(lambda x, kept: x * kept / 0.6, [(N, 7)], [(mask, N, 7)]),
    "35_dropout_layer": Gradient(dropped, [(N, 7)], bug="different-mask"),
    "36_dropout_at_test": Value("at_test_time", over_all_masks, [(N, 7), (7, 2), (2,), (one_share,)],
                                parts="mean deviation"),
    "37_batch_norm": Gradient(functions.batch_norm, [(N, 2), (2,), (2,)]),
    "38_batch_norm_eval": Value("update", running, [(N, 2, 7, 4), (2,), (share, 2)], parts="mean var"),
    "39_lasso_step": Value("step", lasso_step, [(7,), (N, 7), (N,), (one_share,)]),
    "40_pca": Value("pca", pca, [(lambda n: cloud(3 * n, 7), N), (count, 1, 4)], parts="V variances x̂",
                    view=upright),
    "41_lda": Value("lda", lda, [(two_clouds, N, 3), (sides, N)], parts="w ratio", view=of_length_1),
    "42_tied_weights": Gradient(tied, [(7, 2), (2,)], [(N, 7)]),
    "43_sparse_kl": Gradient(sparse, [(N, 7)]),
    "44_denoising": Value("denoising_loss", denoising,
                          [(share, N, 7), (uniform, N, 7), (7, 2), (2, 7)], parts="x̃ loss"),
    "45_contractive": Gradient(contractive, [(7, 3), (3,)], [(N, 7)]),
    "46_mmd": Gradient(lambda x, y: losses.mmd(x, y, bandwidth=2.0), [(N, 3)], [(7, 3)]),
    "47_unbiased_mmd": Value("unbiased_mmd", moments_mmd, [(N, 2), (7, 2)]),
    "48_median_bandwidth": Value("median_bandwidth", losses.median_bandwidth, [(N, 3), (repeated, 7, 3)]),
    "49_sample": Gradient(lambda mean, log_var, noise: mean + ops.exp(0.5 * log_var) * noise,
                          [(N, 7), (N, 7)], [(N, 7)]),
    "50_gaussian_kl": Gradient(losses.gaussian_kl, [(N, 7), (N, 7)]),
    "51_elbo": Value("elbo", elbo, [(share, N, 7), (N, 7), (N, 2), (N, 2)], parts="R K ELBO"),
    "52_decoder_likelihood": Value("log_likelihood", decoder_likelihood,
                                   [(share, N, 7), (share, N, 7), (number, -1.5, -0.3)], parts="log_p slope"),
    "53_annealing": Value("anneal", plans, [(moments, N), (N, 2), (N, 2)], parts="warm-up cyclical gradient"),
    "54_gan": Gradient(gan, [(N,), (7,)]),
    "55_minimax_step": Value("play", minimax, [(number, -1, 1), (number, 1, 2), (number, 0.5, 1.5),
                                               (number, 2, 3), (N,), (7,)], parts="c v a b"),
    "56_gp_posterior": Value("posterior", gaussian_process, [(N, 2), (N,), (7, 2), (number, 0.1, 0.9)],
                             parts="mean variance"),
    "57_expected_improvement": Value("expected_improvement", improvement,
                                     [(means,), (deviations,), (count, -1, 1)]),
    "58_free_energy": Value("free_energy", boltzmann, MACHINE),
    "59_gibbs_step": Value("sweep", gibbs, [*MACHINE, *CHANCE], parts="h v′"),
    "60_cd_1": Value("slopes", contrastive, [*MACHINE, *CHANCE], parts="w b c", view=settled),
}
