"""How the exercises are checked: a table, at the end, and the two kinds of judge that it needs.

A forward pass is compared with minidl's, and a backward pass with the numeric gradient of its own forward
pass; so no exercise waits for another.  Each is tried on batches of two sizes, in case a size is written as a
number.
"""
import inspect
import io
import re
import sys
import traceback
from bdb import BdbQuit
from contextlib import redirect_stdout
from typing import NamedTuple

import numpy as np

from minidl import Tensor, functions, images, losses, ops, optim, rnn
from minidl.gradcheck import diagnose

BATCHES = 5, 3                                  # the two sizes N


class Verdict(NamedTuple):
    """What there is to say of an exercise."""
    passed: bool
    text: str = ""
    cause: str | None = None                    # the diagnosis, or the class of the error


def judge(name, source, path):
    """The Verdict on the source of an exercise; an error in it is told with its line."""
    space = {"__name__": name, "__file__": path}
    rng.bit_generator.state = START             # the same arrays every time
    try:
        exec(compile(source, path, "exec"), space)
        return CHECKS[name].judge(space)
    except (Exception, SystemExit) as error:
        return Verdict(False, told(error, source, path), type(error).__name__)


def told(error, source, path):
    """An error in three lines at most: where in the student's file, and what; no trace through ours."""
    if type(error) is NotImplementedError:
        return str(error)
    numbers = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    where = line(source, error.lineno if isinstance(error, SyntaxError) else numbers[-1] if numbers else None)
    what = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
    if isinstance(error, (BdbQuit, EOFError)):                  # of breakpoint() and of input()
        what = "A check reads no keyboard: print(…) shows what you want to see."
    return "\n".join(filter(None, [where, what, *getattr(error, "__notes__", ())]))


def line(source, number):
    """A line of the source as "line 7: …"; nothing where there is no number."""
    lines = source.splitlines()
    return f"line {number}: {lines[number - 1].strip()}" if number and number <= len(lines) else ""


# --- a backward pass ---------------------------------------------------------------------------------------


class Gradient(NamedTuple):
    """A module has forward(*arrays, *constants) and backward(g, *arrays, *constants)."""
    same: object                                # as forward, by minidl or by NumPy
    arrays: list                                # the shapes of what has a gradient
    constants: list = ()                        # and of what has none
    bug: str | None = None                      # the diagnosis that it gets as it comes

    def judge(self, space):
        """The Verdict on a module: at first one plain call, then the diagnosis."""
        if not {"forward", "backward"} <= space.keys():
            return Verdict(False, "The file has lost its function forward or backward: reset brings it back.")
        forward, backward = space["forward"], space["backward"]
        names = list(inspect.signature(forward).parameters)
        for n in BATCHES:
            arrays, constants = list(drawn(self.arrays, n)), list(drawn(self.constants, n))
            with redirect_stdout(sys.stdout if n == BATCHES[0] else io.StringIO()):
                y = call(forward, names, *arrays, *constants)
                call(backward, ["g", *names], np.ones_like(y), *arrays, *constants)
            if not agree(y, self.same(*arrays, *constants)):
                return Verdict(False, "forward was right as it came, and has been changed.")
            with redirect_stdout(io.StringIO()):                # what it prints was shown just now
                found = diagnose(lambda *xs: forward(*xs, *constants),
                                 lambda g, *xs: first(len(xs), backward(g, *xs, *constants)), *arrays)
            if not found.right:
                text = re.sub(r"\binput (\d)", lambda k: names[int(k[1])], str(found))
                before = f"Right for N = {BATCHES[0]}, but for N = {n} (is a size written as a number?)\n"
                return Verdict(False, before * (n != BATCHES[0]) + text, found.cause)
        return Verdict(True)


def call(function, names, *arrays):
    """The function of copies of the arrays; an error also says which shapes they had."""
    try:
        return function(*[np.copy(x) if np.ndim(x) else x for x in arrays])
    except Exception as error:
        error.add_note(", ".join(f"{name} {np.shape(x)}" for name, x in zip(names, arrays)))
        raise


def first(count, found):
    """The gradients of the arrays; those of the constants, if any are returned, do not matter."""
    return found[:count] if isinstance(found, (tuple, list)) else found


def agree(x, y):
    """Whether two arrays have one shape and are equal to nine digits, entry by entry, however small."""
    return np.shape(x) == np.shape(y) and np.allclose(x, y, rtol=1e-9, atol=1e-20)


# --- a step of Adam ----------------------------------------------------------------------------------------


class Steps(NamedTuple):
    """A module has step(w, g, m, v, t) → w, m, v."""
    bug: str | None = None

    def judge(self, space):
        """The Verdict on three steps of a module, compared with minidl's Adam, then with the usual slips."""
        if "step" not in space:
            return Verdict(False, "The file has lost its function step: reset brings it back.")
        p, m, v = Tensor(normal(5)), np.zeros(5), np.zeros(5)
        adam = optim.Adam([p])
        for t in (1, 2, 3):
            w, g = p.array.copy(), normal(5) * [1, 10, 1e-3, 1e-6, 1e-8]
            found = call(space["step"], "wgmv", w, g, m, v, t)
            if not isinstance(found, (tuple, list)) or [np.shape(x) for x in found] != [(5,)] * 3:
                return Verdict(False, "step returns three arrays, w, m and v, of w's shape.", "wrong-count")
            p.grad = g
            adam.step()
            yours, right = dict(zip("wmv", found)), {"w": p.array} | adam.state[0]
            for letter in "mvw":
                if not agree(yours[letter], right[letter]):
                    return slip(letter, yours[letter], w, g, m, v, t)
            m, v = right["m"].copy(), right["v"].copy()
        return Verdict(True)


def slip(letter, yours, w, g, m, v, t):
    """The Verdict on a step of which m, v or w is wrong."""
    for cause, (which, observed, array) in slips(w, g, m, v, t).items():
        if which == letter and agree(yours, array):
            return Verdict(False, f"{letter} is wrong at t = {t}   [{cause}]\nObserved: {observed}", cause)
    return Verdict(False, f"{letter} is wrong at t = {t}   [no known pattern]\ng = {g}\n{letter} = {yours}")


def slips(w, g, m, v, t):
    """Usual slips: {cause: (which of m, v and w goes wrong first, what is observed, its value)}."""
    next_m, next_v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    m_hat, v_hat = next_m / (1 - 0.9 ** t), next_v / (1 - 0.999 ** t)
    eta, eps = 0.001, 1e-8
    return {
        "weights-swapped": ("m", "β₁ weighs the new gradient, and 1 − β₁ the old mean", 0.1 * m + 0.9 * g),
        "old-state": ("m", "m is what it was before the step", m),
        "corrected-state": ("m", "m̂ is kept for the next step, in place of m", m_hat),
        "square-forgotten": ("v", "v is a mean of g, not of g²", 0.999 * v + 0.001 * g),
        "sign": ("w", "w moves along the gradient, not against it", w + eta * m_hat / (np.sqrt(v_hat) + eps)),
        "uncorrected": ("w", "w moves by m and v without hats", w - eta * next_m / (np.sqrt(next_v) + eps)),
        "half-corrected": ("w", "w moves by m̂, but v has no hat", w - eta * m_hat / (np.sqrt(next_v) + eps)),
        "root-forgotten": ("w", "the root of v̂ is missing", w - eta * m_hat / (v_hat + eps)),
        "eps-in-the-root": ("w", "ε stands under the root", w - eta * m_hat / np.sqrt(v_hat + eps)),
    }


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
    """An array for each shape, with n for N: normal, or by the function that leads the shape."""
    for shape in shapes:
        draw, *sizes = shape if callable(shape[0]) else (normal, *shape)
        yield draw(*(n if size is N else size for size in sizes))


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


CHECKS = {
    "01_chain_rule": Gradient(lambda x, y: ops.sin(x * y) + x, [(N,), (N,)]),
    "02_smooth_abs": Gradient(lambda x: ops.sqrt(1 + x * x), [(N, 2)], bug="cotangent-ignored"),
    "03_bias": Gradient(ops.add, [(N, 2), (2,)]),
    "04_dense": Gradient(ops.affine, [(N, 2), (2, 7), (7,)]),
    "05_linear_stack": Gradient(lambda x, w, v: x @ w @ v, [(N, 7), (7, 7), (7, 7)], bug="transposed"),
    "06_relu": Gradient(functions.relu, [(N, 7)]),
    "07_relu_layer": Gradient(relu_layer, [(N, 2), (2, 7), (7,)], bug="mask-missing"),
    "08_sigmoid": Gradient(ops.sigmoid, [(N, 7)]),
    "09_tanh": Gradient(ops.tanh, [(N, 7)]),
    "10_root": Gradient(ops.sqrt, [(share, N, 7)], bug="x-for-y"),
    "11_mse": Gradient(losses.mse, [(N, 7)], [(N, 7)], bug="extra-1/N"),
    "12_softmax": Gradient(functions.softmax, [(N, 7)]),
    "13_cross_entropy": Gradient(losses.cross_entropy, [(N, 7)], [(labels, N)]),
    "14_pixel_loss": Gradient(pixel_loss, [(share, N, 7)], [(share, N, 7)], bug="sign"),
    "15_convolution": Gradient(images.conv2d, [(N, 2, 5, 3), (3, 2, 3, 2)]),
    "16_stride": Gradient(filtered, [(N, 11), (3,)], bug="contributions-lost"),
    "17_channel_gain": Gradient(gain, [(N, 2, 7, 3), (2,)], bug="missing-batch-sum"),
    "18_average_pool": Gradient(lambda x: images.avg_pool2d(x, 3, 2), [(N, 2, 6, 5)]),
    "19_max_pool": Gradient(lambda x: images.max_pool2d(x, 3, 2), [(N, 2, 6, 5)]),
    "20_rnn": Gradient(recurrent, [(N, 7, 2), (2, 4), (4, 4), (4,)]),
    "21_residual": Gradient(lambda x, w: x + ops.tanh(x @ w), [(N, 7), (7, 7)], bug="branch-lost"),
    "22_dropout": Gradient(lambda x, kept: x * kept / 0.6, [(N, 7)], [(mask, N, 7)]),
    "23_dropout_layer": Gradient(dropped, [(N, 7)], bug="different-mask"),
    "24_batch_norm": Gradient(functions.batch_norm, [(N, 2), (2,), (2,)]),
    "25_adam": Steps(),
    "26_contractive": Gradient(contractive, [(7, 2), (2,)], [(N, 7)]),
    "27_mmd": Gradient(lambda x, y: losses.mmd(x, y, bandwidth=2.0), [(N, 2)], [(7, 2)]),
    "28_sample": Gradient(lambda mean, log_var, noise: mean + ops.exp(0.5 * log_var) * noise,
                          [(N, 7), (N, 7)], [(N, 7)]),
    "29_gaussian_kl": Gradient(losses.gaussian_kl, [(N, 7), (N, 7)]),
    "30_gan": Gradient(gan, [(N,), (7,)]),
}
