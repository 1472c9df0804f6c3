"""Naming the mistake in a wrong gradient, as a doctor does: by its signs.

Each signature below asks one question: *is yours the right gradient, except that …?*  It answers with the
name of a cause and what was observed, or with nothing.  They are tried in order, the cheap and certain first.
To add one, write the function, give it a place in the lists after the last, and its cause a row in CAUSES.

The one law: a name is given only where numbers agree to six digits.  Two mistakes at once have no name here.

In a signature, e.a is the gradient under test ("yours"), e.n the numeric one, e.x the input, e.y the output,
e.v the cotangent ("g") and e.u another; e.yours(v) and e.numeric(v) are the gradients for any cotangent v.
"""
import math
from dataclasses import dataclass, field
from itertools import combinations, permutations, product
from textwrap import fill

import numpy as np

#   cause: (this usually means …, where to look)
CAUSES = {
    "random-forward":
        ("something is drawn afresh in it, as in dropout or noise", "seed the generator inside the function"),
    "random-backward":
        ("it draws its own mask or noise", "keep what the forward pass drew, and use that"),
    "low-precision":
        ("a cast, or a constant array of float32: too coarse for differences", "each astype and dtype="),
    "input-mutated":
        ("an assignment in place: x[…] = …, x *= … or out=x", "copy the array before you change it"),
    "cotangent-mutated":
        ("an assignment in place: g *= …, or g[mask] = 0", "copy g first: others may still need it"),
    "accumulates":
        ("it adds to an array that is kept from call to call", "where that array is made, or set to zero"),
    "stale-cache":
        ("it uses what an earlier forward pass kept",
         "where the cache is written: every time, or just once?"),
    "backward-raised":
        ("it stopped with this error before there was a gradient",
         "that line; if shapes clash, write the shape beside each array (.T of a vector changes nothing)"),
    "cast":
        ("an array of another kind of number was made for it, or what it is made of is of that kind",
         "each astype, dtype=, zeros_like and empty_like: like which array?"),
    "wrong-count":
        ("a forgotten input, or a tuple in a tuple", "the return line"),
    "no-gradient":
        ("a return is missing, or the tape was left on the way",
         "the return line; any .array or np. function"),
    "not-finite":
        ("a division by 0, the logarithm of 0, or an overflow", "every /, log, sqrt and exp"),
    "not-linear":
        ("g is used other than as a factor, such as in a mask or a square", "each place where g appears"),
    "cotangent-missing":
        ("g is a factor of some terms, and forgotten in another", "each term of this line: has it its g?"),
    "gradients-swapped":
        ("the gradients are returned in another order than the inputs", "the return line"),
    "missing-batch-sum":
        ("the input was used once for every example, and the uses are not added up",
         "the line of this input: what became of the batch axis?"),
    "missing-broadcast-sum":
        ("an axis of size 1 was broadcast, and its gradient is not summed back",
         "the line of this input: which axes were broadcast?"),
    "axis-not-reinserted":
        ("the axis that the forward pass reduced is not, or wrongly, put back",
         "the shape of g just before it is broadcast"),
    "transposed":
        ("a matrix the wrong way round: .T forgotten or too much, or two factors in the wrong order",
         "each @ of this line, with the shapes written beside it"),
    "inverse-permutation":
        ("the way back uses the permutation of the way there", "the order of axes or indices backwards"),
    "right-numbers-wrong-shape":
        ("the reshape of the forward pass is not undone", "the return line"),
    "padding-kept":
        ("the gradient of the padded array is returned",
         "the end of the backward pass: who removes the frame?"),
    "edges-missing":
        ("the gradient ends where the last window, index or step does, before the end of the input",
         "the line that makes the array of the gradient"),
    "vector-transpose":
        (".T of a 1-D array is itself: an inner or an entrywise product came out, not an outer one",
         "each .T and * of this line"),
    "empty-slice":
        ("a slice came out empty, as x[1:-0] does", "slices that end at a minus: may what follows be 0?"),
    "wrong-shape":
        ("an axis is lost or one too many, or a sum runs over another axis, or a slice has another length",
         "the shapes along this input's line"),
    "zeros":
        ("the gradient was overwritten or never filled, or the last of several = wins",
         "where its array is made"),
    "sign":
        ("a minus forgotten, or one too many", "differences, quotients, −log; the derivation on paper"),
    "stray-factor":
        ("the constant of a power or a mean lost or doubled, or one of two equal uses of the input",
         "constants in the derivation; inputs used twice"),
    "missing-1/N":
        ("the forward pass averages and yours sums", "where the forward pass divides"),
    "extra-1/N":
        ("a mean where a sum belongs, or N divided out twice: in the loss and again in the layer",
         "each / and mean"),
    "wrong-size":
        ("a mean that divides by the size of another axis, or of another array", "each / and mean"),
    "constant-factor":
        ("a constant lost; or two mistakes that multiply", "constants in the derivation"),
    "cotangent-ignored":
        ("g, the gradient that arrives from above, is forgotten", "does g appear in this line?"),
    "output-for-gradient":
        ("the output stands where g belongs", "each use of the output in this line"),
    "flipped":
        ("a kernel or a sequence runs the wrong way round",
         "indices with a minus, [::-1], convolve and correlate"),
    "kernel-flipped":
        ("the filter is turned round, or not, where the forward pass does the other",
         "[::-1], convolve and correlate"),
    "wrong-places":
        ("the values go back along another route: reshape for transpose, another index order",
         "each reshape, transpose and index"),
    "elementwise-for-matmul":
        ("* stands where @ belongs", "each * of this line"),
    "mask-missing":
        ("the backward pass of a relu, clip, dropout or max lets through what was stopped forwards",
         "where is the mask applied?"),
    "mask-inverted":
        ("the mask's comparison is the wrong way round", "the comparison"),
    "different-mask":
        ("the backward pass keeps other entries than the forward one: a mask drawn again, argmin for argmax",
         "where each of the two gets its mask or index"),
    "wrong-on-one-side":
        ("a function in two pieces, with the derivative of one", "the derivative on that side of 0"),
    "x-for-y":
        ("a derivative that is written in the output is given the input, or the other way round",
         "which of the two is the variable of that line?"),
    "wrong-local-derivative":
        ("the rule of another function, or a slip in deriving it", "the derivative, on paper"),
    "local-derivative-forgotten":
        ("the activation's own derivative is left out (the chain rule's first factor)",
         "the line before the weights' gradients"),
    "passed-through":
        ("the local derivative is forgotten; or only one branch of a sum comes back: the two look alike",
         "this input's line"),
    "branch-lost":
        ("the input is used in two places, and one of them is not added", "every use of the input, forwards"),
    "term-off":
        ("one term of the sum is lost, or has another factor or sign than forwards",
         "each term of the loss or of the derivative, with its constant"),
    "penalty-off":
        ("the penalty on the weights is not in the gradient, or with another factor than in the loss",
         "each term of the loss, and its λ and ½"),
    "data-loss-lost":
        ("only the penalty's gradient is there", "each term of the loss; = for +="),
    "mean-path-missing":
        ("the input also acts through a sum or mean over that axis, and that path is lost or mis-scaled",
         "everything that depends on the mean"),
    "variance-path-missing":
        ("the input also acts through the variance, and that path is lost or mis-scaled",
         "everything that depends on the variance"),
    "statistics-constant":
        ("mean and variance are treated as constants", "everything that depends on the two"),
    "extra-path":
        ("statistics that are constants forwards (running ones, as in evaluation) are differentiated",
         "which mean and variance does the forward pass use?"),
    "norm-path-missing":
        ("the norm is treated as a constant", "everything that depends on the norm"),
    "normaliser-path-missing":
        ("the sum of the exponentials is treated as a constant, or its path is weighed wrongly",
         "everything that depends on that sum, and each axis="),
    "row-factor":
        ("a number for each row or column is left out, doubled, or another one: a division, a weight, a sum",
         "scales: 1/σ, γ, weights; what was summed over that axis"),
    "factor-left-out":
        ("a slope on the way, or a gate or weight that multiplies forwards, is left out, or half of it",
         "the chain rule's factors, one by one"),
    "slope-inside":
        ("a function inside (tanh, σ, a norm with ε) is a line near 0, which hides what is wrong with its "
         "slope: it is forgotten, or of another layer, or on a path that does not lead through the function",
         "each activation, and where its slope is multiplied"),
    "factor-in-part":
        ("one piece of a function in pieces, or one group of entries, has lost a constant or a sign",
         "what these entries have in common, and the constants of that piece"),
    "extra-elementwise-factor":
        ("a power not lowered, or a factor used twice", "the derivative, on paper"),
    "variance-for-deviation":
        ("exp(log σ²) stands where exp(½ log σ²) belongs", "each exp and each ½"),
    "exponential-off":
        ("the exponential is forgotten, or its exponent has lost a factor 2", "each exp and each ½"),
    "diagonal-only":
        ("every output depends on a whole row, and only its own entry is followed",
         "the sums of the forward pass"),
    "wrong-axis":
        ("a sum, mean or softmax over another axis than forwards", "each axis="),
    "too-wide":
        ("it runs over a whole axis where forwards only a group, a window or the past is used",
         "each sum and mean of the way back: over which entries?"),
    "path-missing":
        ("the input also acts through one number for the whole row, and that path is lost",
         "sums, means and norms of the forward pass"),
    "contributions-lost":
        ("= where += belongs (windows that overlap, weights shared by time steps), or one of several uses "
         "left out; where an index repeats, d[index] += g adds only once",
         "each assignment into the gradient (np.add.at adds for every repeat); where its loop ends"),
    "entries-missed":
        ("the loop ends too early, or an edge is left out", "the ranges of the loops"),
    "nothing-arrives":
        ("these entries are left out on the way back: a class, a mask, an index that is never visited, or a "
         "return inside the loop",
         "what these entries have in common, and the line that should fill them"),
    "wrong-between-steps":
        ("each step by itself is right: what is wrong is handed from a step to the one before it (not added "
         "up, not transposed, without its slope, or not at all)",
         "the loop over time: what does it carry over?"),
    "wraps-around":
        ("an index −1: what comes before the first step is taken from the last one",
         "the state before the first step, on the way back"),
    "few-entries":
        ("a special case: a label, an edge, a repeated index", "what is special about these entries?"),
    "gradient-copied":
        ("the same expression was returned twice", "the return line"),
    "constant-off":
        ("a small constant, such as ε, is another one than forwards; or a term is lost that is small here",
         "the constants of both passes"),
}


@dataclass
class Diagnosis:
    """What is known of one gradient: the verdict, and for a wrong one the likely cause; print it."""
    name: str                                   # of the input
    verdict: str                                # "right" … "wrong", "zero", "drowned", "kink", "unchecked"
    right: bool | None                          # None: it cannot be told
    error: float = math.nan                     # ‖a − n‖ / (‖a‖ + ‖n‖)
    cause: str | None = None                    # a key of CAUSES
    observed: str = ""
    worst: tuple = ()                           # the index of the worst entry
    entries: list = field(default_factory=list) # (index, yours, numeric) of the three worst
    kinks: list = field(default_factory=list)   # indices of what was left out
    note: str = ""                              # how it was checked, if not entry by entry

    @property
    def usually(self):
        """What the signs usually mean."""
        return CAUSES[self.cause][0] if self.cause else "a mistake that has no name here, or two at once"

    @property
    def look(self):
        """Where to look for it."""
        return CAUSES[self.cause][1] if self.cause else "the worst entries, and jacobian_picture(…)"

    def line(self):
        """The verdict in a line."""
        about = {"zero": "the gradient is zero here, this check says nothing",
                 "unchecked": "something is amiss",
                 "drowned": "cannot be told: the differences drown in rounding; try inputs of another size",
                 "kink": "cannot be told: a kink at every entry, nothing is left to compare"}
        error = "" if math.isnan(self.error) else f", error {self.error:.1e}"
        kinks = f"; kink at {', '.join(map(str, self.kinks[:3]))}, left out" if self.kinks else ""
        return f"{self.name}: {about.get(self.verdict, self.verdict)}{error}{kinks}{self.note}"

    def __str__(self):
        if self.right is not False:
            return self.line()
        lines = [f"{self.line()}   [{self.cause or 'no known pattern'}]"]
        said = f"Observed: {self.observed}", f"This usually means: {self.usually}", f"Look at: {self.look}"
        lines += [fill(text, 104, subsequent_indent="    ") for text in said]
        return "\n".join(filter(None, [*lines, self.table()]))

    def table(self):
        """The worst entries, yours above the numeric ones."""
        rows = zip(("entry", "yours", "numeric"), zip(*self.entries))
        return "\n".join(f"    {head:8}" + "".join(f"{x:>15}" for x in row) for head, row in rows)


def explain(e):
    """(cause, what was observed) by the first signature that fits; (None, what is known) if none does."""
    alike = e.a.shape == e.n.shape
    nearly = alike and np.linalg.norm(e.a - e.n) < 1e-4 * np.linalg.norm(e.n)   # then all variants are, too
    for signature in NEARLY if nearly else FIRST + (VALUES if alike else SHAPES):
        with np.errstate(all="ignore"):
            found = signature(e)
        if found:
            return found
    if not alike:
        return "wrong-shape", f"yours is of shape {e.a.shape}, the input of shape {e.n.shape}"
    what = f"{e.bad.sum()} of {e.bad.size} entries are wrong"
    return None, what if e.bad.any() else "what is wrong are entries that are far smaller than the others"


def swapped(e):
    """Yours is the gradient of another input, for which something else is returned."""
    for j, n in enumerate(e.numbers):
        given = j != e.k and n is not None and e.mine[j] is not None
        if given and e.same(e.a, n) and not e.same(e.mine[j], n):
            return "gradients-swapped", f"what you return for {e.names[e.k]} is right for {e.names[j]}"


# --- the wrong shape ----------------------------------------------------------------------------------------


def not_summed(e):
    """Summed over some of its axes, yours is right."""
    for axes in _subsets(e.a.ndim):
        summed = e.a.sum(axes)
        if summed.size == e.n.size and e.same(summed.reshape(e.n.shape), e.n):
            cause = "missing-batch-sum" if e.a.ndim > e.n.ndim and 0 in axes else "missing-broadcast-sum"
            return cause, f"yours has the shape {e.a.shape}; summed over {_axes(axes)} it is right"


def not_put_back(e):
    """With an axis put in and broadcast, yours is right."""
    for axes in combinations(range(e.n.ndim), max(e.n.ndim - e.a.ndim, 0)):
        wider = np.expand_dims(e.a, axes)
        if _broadcasts(wider.shape, e.n.shape) and e.same(np.broadcast_to(wider, e.n.shape), e.n):
            return ("axis-not-reinserted",
                    f"yours has the shape {e.a.shape}: it is right once broadcast to {e.n.shape}")


def permuted(e):
    """With its axes in another order, yours is right."""
    for axes in permutations(range(e.a.ndim)) if e.a.ndim <= 4 else ():
        if axes != tuple(range(e.a.ndim)) and e.same(e.a.transpose(axes), e.n):
            exchanged = sum(i != axis for i, axis in enumerate(axes)) == 2      # its own inverse
            cause = "transposed" if exchanged else "inverse-permutation"
            return cause, f"with its axes in the order {axes}, yours is right"


def empty_slice(e):
    """Nothing at all is returned."""
    if not e.a.size:
        return "empty-slice", f"yours has the shape {e.a.shape}: no entries"


def reshaped(e):
    """Only the shape is wrong."""
    if e.a.size == e.n.size and e.same(e.a.reshape(e.n.shape), e.n):
        return ("right-numbers-wrong-shape",
                f"the numbers are right, in the shape {e.a.shape}, not the input's {e.n.shape}")


def framed(e):
    """Yours is right and has a frame too much, or the right one is yours and a frame of zeros."""
    for outer, inner, cause in (e.a, e.n, "padding-kept"), (e.n, e.a, "edges-missing"):
        if outer.ndim == inner.ndim and all(p >= q for p, q in zip(outer.shape, inner.shape)):
            for corner in product(*(range(p - q + 1) for p, q in zip(outer.shape, inner.shape))):
                middle = tuple(slice(c, c + q) for c, q in zip(corner, inner.shape))
                rest = outer.copy()
                rest[middle] = 0
                if e.same(outer[middle], inner) and (cause == "padding-kept" or not rest.any()):
                    return cause, f"yours has the shape {e.a.shape}, not {e.n.shape}; what is common is right"


def vector_transpose(e):
    """An inner or entrywise product of the two vectors whose outer product is right."""
    if e.n.ndim == 2 and (e.same(e.a, np.diag(e.n)) or e.same(e.a, np.trace(e.n))):
        return ("vector-transpose",
                f"yours has the shape {e.a.shape}: the right one's diagonal{', summed' * (e.a.ndim == 0)}")


# --- the right shape ----------------------------------------------------------------------------------------


def cast(e):
    """Yours holds whole numbers where the right one does not."""
    if e.whole and (e.n % 1).any() and not e.same(e.a, e.yours(e.u)):
        return "cast", "yours is an array of whole numbers, and cuts off what is behind the point"


def zeros(e):
    """Nothing comes back."""
    if np.linalg.norm(e.a) < 1e-12 * np.linalg.norm(e.n):
        return "zeros", "yours is 0 everywhere"


def negligible(e):
    """So small that what is missing is all: nothing can be told from it."""
    ratio = np.linalg.norm(e.a) / np.linalg.norm(e.n)
    if ratio < 1e-5 or ratio > 1e5:
        return None, f"yours is {ratio:.0e} times as large as the right one, and of another form"


def cotangent(e):
    """Yours is the same for every g, or right for g = the output, or not linear in g."""
    if e.same(e.a, e.numeric(e.y)):
        return "output-for-gradient", "yours is what would be right if g were the output"
    if e.same(e.a, e.yours(e.u)):
        right = ": it is right for g = 1" if e.same(e.a, e.numeric(np.ones_like(e.y))) else ""
        return "cotangent-ignored", f"yours is the same, whatever g is{right}"
    if not e.linear:
        of_0, of_u, of_both = (e.yours(g) for g in (0 * e.v, e.u, e.v + e.u))
        if of_0.any() and e.same(of_both + of_0, e.a + of_u):
            return "cotangent-missing", "for g = 0 yours is not 0; what is added to that is linear in g"
        return ("not-linear",
                "a gradient is linear in g: backward(g + g′) = backward(g) + backward(g′), and yours is not")


def factor(e):
    """A constant times the right one."""
    c = np.vdot(e.a, e.n) / np.vdot(e.n, e.n)
    if not e.same(e.a, c * e.n) or abs(c - 1) < 1e-4:           # 1 times: wrong in some other way
        return None
    known = next((k for k in (-1, 2, 0.5, 4, 0.25) if abs(c / k - 1) < 1e-5), None)
    sizes = {}
    for name, x in [*zip(e.names, e.arrays), ("the output", e.y), *e.sized]:
        for axes in _subsets(np.ndim(x)):
            what = "a size" if len(axes) == 1 else "a product of sizes"
            sizes.setdefault(math.prod(np.shape(x)[i] for i in axes), f"{what} of {name}")
    n = next((n for n in sizes if n > 1 and min(abs(c / n - 1), abs(c * n - 1)) < 1e-5), None)
    if known == -1:
        return "sign", "yours is −1 times the right one"
    if known:
        also = f"; but {n} is also {sizes[n]}: try other sizes" if n else ""
        return "stray-factor", f"yours is {known} times the right one{also}"
    if n:
        times = f"{n} times" if c > 1 else f"1/{n} of"
        return ("missing-1/N" if c > 1 else "extra-1/N",
                f"yours is {times} the right one, and {n} is {sizes[n]}")
    for p, q in permutations(sizes, 2):
        if abs(c * q / p - 1) < 1e-5 and e.grows_with_a_size(c):
            return ("wrong-size",
                    f"yours is {p}/{q} times the right one; {p} is {sizes[p]}, {q} is {sizes[q]}, and for "
                    "shorter arrays it is another ratio")
    return "constant-factor", f"yours is {c:.6g} times the right one, everywhere"


def axis_mistaken(e):
    """Yours is constant along one axis, where the right one is constant along another of that size."""
    for i, j in combinations(range(e.n.ndim), 2):
        constant = any(e.same(e.n, _share(e.n, np.ones_like(e.n), k)) for k in (i, j))
        if constant and e.same(e.a.swapaxes(i, j), e.n):
            return "axis-not-reinserted", f"it is constant along axis {i} or {j}, and yours along the other"


def cotangent_turned(e):
    """Yours is the gradient for g with two axes exchanged."""
    for i, j in combinations(range(e.y.ndim), 2):
        if e.y.shape[i] == e.y.shape[j] > 1 and e.same(e.a, e.numeric(e.v.swapaxes(i, j))):
            return "wrong-axis", f"yours is what would be right if the axes {i} and {j} of g were exchanged"


def map_transposed(e):
    """Yours is J g where Jᵀ g belongs."""
    if e.y.size == e.x.size and e.same(e.a, e.forward_derivative(e.v.reshape(e.x.shape)).reshape(e.x.shape)):
        moved = np.array_equal(np.sort(e.v, axis=None), np.sort(e.a, axis=None))
        if filters := not moved and e.x.size <= 100 and _filters(e.jacobians[1]):
            return ("kernel-flipped",
                    f"yours is J g, where Jᵀ g belongs; along {_axes(filters)}, J is a filter")
        return ("inverse-permutation" if moved else "transposed",
                "yours is J g: it takes g forwards, where Jᵀ g takes it back")


def flipped(e):
    """Read from the other end, yours is right."""
    for axes in _subsets(e.a.ndim):
        if e.same(np.flip(e.a, axes), e.n):
            return "flipped", f"read backwards along {_axes(axes)}, yours is right"


def wrong_places(e):
    """The right values, elsewhere."""
    if e.n.size > 2 and np.allclose(np.sort(e.a, axis=None), np.sort(e.n, axis=None), rtol=1e-6,
                                    atol=1e-9 * np.abs(e.n).max()):
        return "wrong-places", "your values are right, and stand in the wrong places"


def mask_missing(e):
    """Wrong just where the gradient should be 0; or right, once g is 0 where the output is."""
    if e.bad.any() and not e.bad.all() and not e.n[e.bad].any():
        return ("mask-missing",
                f"wrong at {e.bad.sum()} of {e.bad.size} entries, where it should be 0; right at the others")
    if 0 in e.y and e.y.any() and e.same(e.yours(e.v * (e.y != 0)), e.n):
        return ("mask-missing",
                "what arrives at outputs that are 0 should stop there, and yours lets it through")


def mask_inverted(e):
    """0 where the right one is not, and g where it is 0; or 0 once g is 0 where the output is 0."""
    if e.y.shape == e.x.shape and e.n.any() and not (e.a * e.n).any() and e.same(e.a + e.n, e.v):
        return "mask-inverted", "yours is 0 just where the right one is not"
    if 0 in e.y and e.y.any() and not e.yours(e.v * (e.y != 0)).any():
        return "mask-inverted", "yours carries only what arrives at outputs that are 0"


def different_mask(e):
    """Both are 0 in places, but not in the same ones."""
    if (e.a[e.bad] * e.n[e.bad] == 0).all() and e.a[e.bad].any() and e.n[e.bad].any():
        p, q = (e.index(np.argmax(e.bad & (g == 0))) for g in (e.a, e.n))
        return "different-mask", f"yours is 0 at {p}, the right one is not; at {q} it is the other way round"


def one_sided(e):
    """Wrong on one side of 0."""
    for side, where in ("x < 0", e.x < 0), ("x > 0", e.x > 0):
        if e.x.size > 11 and where.any() and not where.all() and np.array_equal(where, e.bad):
            return "wrong-on-one-side", f"yours is wrong where {side}, and only there"


#   What students take for local derivatives, of the input or the output t.
LOCAL = {
    "t": lambda t: t,                   "t²": lambda t: t * t,              "2t": lambda t: 2 * t,
    "3t²": lambda t: 3 * t * t,         "1 − t": lambda t: 1 - t,           "1 + t": lambda t: 1 + t,
    "t(1 − t)": lambda t: t * (1 - t),  "t(1 + t)": lambda t: t * (1 + t),  "1 − t²": lambda t: 1 - t * t,
    "1 + t²": lambda t: 1 + t * t,      "1/t": lambda t: 1 / t,             "1/t²": lambda t: 1 / t ** 2,
    "−1/t²": lambda t: -1 / t ** 2,     "1/(2t)": lambda t: 0.5 / t,        "√t": np.sqrt,
    "1/√t": lambda t: t ** -0.5,        "1/(2√t)": lambda t: 0.5 / t ** 0.5, "log t": np.log,
    "eᵗ": np.exp,                       "e⁻ᵗ": lambda t: np.exp(-t),        "sin t": np.sin,
    "cos t": np.cos,                    "−sin t": lambda t: -np.sin(t),     "tanh t": np.tanh,
    "1/(1 − t)": lambda t: 1 / (1 - t), "1/(1 + t)": lambda t: 1 / (1 + t), "sign t": np.sign,
    "[t > 0]": lambda t: 1.0 * (t > 0), "log(1 − t)": lambda t: np.log(1 - t),
    "1 − tanh² t": lambda t: 1 - np.tanh(t) ** 2,
    "σ(t)": lambda t: 1 / (1 + np.exp(-t)),
    "σ(−t)": lambda t: 1 / (1 + np.exp(t)),
    "σ(t)σ(−t)": lambda t: 0.25 / np.cosh(t / 2) ** 2,
    "t σ(t)σ(−t)": lambda t: t * 0.25 / np.cosh(t / 2) ** 2,
}


#   What may be left out of a product, or stand in it twice: gates, slopes and scales.
FACTORS = {"t": LOCAL["t"], "e^½t": lambda t: np.exp(t / 2)}
FACTORS |= {formula: LOCAL[formula] for formula in (
    "σ(t)", "σ(−t)", "σ(t)σ(−t)", "tanh t", "1 − tanh² t", "1 − t", "1 − t²", "t(1 − t)", "t²", "eᵗ", "√t")}


def branch_lost(e):
    """What is missing is g itself, g times a function of the input, as yours is, or yours with g turned."""
    rest, size = e.n - e.a, e.y.shape[-1:] * 2
    if e.y.shape == size and e.same(rest, e.yours(e.v.T)):
        return "branch-lost", "what is missing is yours for g transposed: the other of two factors"
    if e.y.shape != e.x.shape:
        return None
    if e.same(rest, e.v):
        return "branch-lost", "what is missing is g itself"
    if e.same(rest, -e.v):
        return "term-off", "what is missing is −g, or g is there once too often"
    if not e.elementwise or e.x.size < 4:
        return None
    for what, r in ("yours", e.a), ("what is missing", rest):
        if e.same(r, e.v * e.y / e.x):
            return "branch-lost", f"{what} is g · y/x: of a product with x, only one factor is followed"
    mine, missing = (_multiple(e, r) for r in (e.a, rest))
    if mine and missing:
        return "branch-lost", f"yours is g · {mine}, and what is missing is g · {missing}: a second term"


def local_derivative(e):
    """An elementwise function whose derivative is taken for that of another."""
    if not e.elementwise:
        return None
    other = {"x": e.y, "y": e.x}
    for formula, f in LOCAL.items():
        for letter, t in ("y", e.y), ("x", e.x):
            if np.ptp(f(t)) and e.same(e.a, e.v * f(t)):
                cause = "x-for-y" if e.same(e.n, e.v * f(other[letter])) else "wrong-local-derivative"
                return cause, f"yours is g · ({_in(formula, letter)}), with x the input and y the output"


def term_off(e):
    """What is missing is a constant times a function of the input: one term."""
    rest = e.n - e.a
    if e.x.size > 3 and (e.y.ndim == 0 or e.elementwise):
        if missing := _multiple(e, rest):
            return "term-off", f"what is missing is g · {missing}, with x the input"


def forgotten_activation(e):
    """Yours is right once g is multiplied by the slope of a common activation at the output."""
    for name, slope in (("sigmoid", e.y * (1 - e.y)), ("tanh", 1 - e.y ** 2), ("exp", e.y),
                        ("softplus", 1 - np.exp(-e.y))):
        if e.same(e.yours(e.v * slope), e.n):
            return "local-derivative-forgotten", f"yours is right, but for the slope of the {name} at the end"


def statistic_path(e):
    """What is missing is, along an axis, a multiple of 1, x − mean, x or eˣ: a path that is lost."""
    rest = e.n - e.a
    for axes in _subsets(e.x.ndim) if e.y.shape == e.x.shape else ():
        one, centred = np.ones_like(e.x), e.x - e.x.mean(axes, keepdims=True)
        for cause, kind, *paths in (
                ("mean-path-missing", "constant", one),
                ("variance-path-missing", "proportional to x − mean", centred),
                ("norm-path-missing", "proportional to x", e.x),
                ("normaliser-path-missing", "proportional to eˣ", np.exp(e.x - e.x.max(axes, keepdims=True))),
                ("statistics-constant", "a constant and a multiple of x − mean", one, centred)):
            enough = math.prod(e.x.shape[i] for i in axes) > len(paths)
            if enough and e.same(rest, sum(_share(rest, path, axes) for path in paths)):
                if e.elementwise:
                    return "extra-path", f"what is too much is {kind} along {_axes(axes)}; forwards, none mix"
                return cause, f"what is missing is {kind} along {_axes(axes)}"


def row_path(e):
    """The same for an output of another shape, if the right one shows that x's length or level is lost."""
    rest = e.n - e.a
    for axes in _subsets(e.x.ndim) if e.y.shape != e.x.shape else ():
        exp = np.exp(e.x - e.x.max(axes, keepdims=True))
        for cause, kind, path, lost in (("norm-path-missing", "proportional to x", e.x, e.n * e.x),
                                        ("normaliser-path-missing", "proportional to eˣ", exp, e.n)):
            enough = math.prod(e.x.shape[i] for i in axes) > 2
            if enough and e.same(rest, _share(rest, path, axes)):
                if np.allclose(lost.sum(axes), 0, atol=1e-6 * np.abs(lost).max()):
                    return cause, f"what is missing is {kind} along {_axes(axes)}"
                if e.y.ndim and path is e.x:
                    return "term-off", f"what is missing is a multiple of x along {_axes(axes)}"


def passed_through(e):
    """g comes back as it is."""
    if e.same(e.a, e.v):
        return "passed-through", "yours is g itself"


def elementwise_for_matmul(e):
    """g times another input, entry by entry, though each output depends on many entries."""
    for name, w in e.others:
        fits = [u for u in (w, w.T) if u.shape == e.y.shape == e.x.shape and e.same(e.a, e.v * u)]
        if fits and not e.elementwise:
            return "elementwise-for-matmul", f"yours is g times {name}, entry by entry; forwards, entries mix"


def other_factor(e):
    """An elementwise product of g and another input, that is not the right one."""
    for name, w in e.others:
        if w.shape == e.x.shape and e.elementwise:
            for formula in ("t", "1/t", "t²"):
                if e.same(e.a, e.v * LOCAL[formula](w)):
                    return "wrong-local-derivative", f"yours is g · ({formula}), with t = {name}"


def penalty(e):
    """What is missing of a loss, or all there is, is a multiple of the input or of its sign."""
    for cause, what, g in (("penalty-off", "what is missing", e.n - e.a),
                           ("data-loss-lost", "yours", e.a)):
        for kind, p in ("the input", e.x), ("the input's sign", np.sign(e.x)):
            for axes in [None, *_subsets(e.x.ndim) * (what != "yours")] if e.y.ndim == 0 else ():
                if np.size(p.sum(axes)) * 3 <= e.x.size and e.same(g, _share(g, p, axes)):
                    by = "" if axes is None else f" along {_axes(axes)}"
                    return cause if axes is None else "term-off", f"{what} is a multiple of {kind}{by}"


def extra_factor(e):
    """The right one times a function of the input, the output or another input, or divided by it."""
    for c in (0.5, 1, 2):
        for cause, sign, s in ("variance-for-deviation", "", 1), ("exponential-off", "−", -1):
            if e.same(e.a, c * e.n * np.exp(s * e.x / 2)):
                return cause, f"yours is {c} times the right one times exp({sign}½x)"
    for name, t in ("the input", e.x), ("the output", e.y), *e.others:
        for formula, f in FACTORS.items() if t.shape == e.x.shape else ():
            text = name if formula == "t" else f"{formula} with t = {name}"
            if e.same(e.a, e.n * f(t)):
                return "extra-elementwise-factor", f"yours is the right one times {text}, entry by entry"
            if e.same(e.a * f(t), e.n):
                return "factor-left-out", f"yours times {text}, entry by entry, is the right one"


def row_factor(e):
    """A factor for each row, column or channel; or the norm or deviation of an input."""
    for axes in _subsets(e.x.ndim) if np.array_equal(e.a == 0, e.n == 0) else ():
        if math.prod(e.x.shape[i] for i in axes) > 2 and e.same(e.a, _share(e.a, e.n, axes)):
            return "row-factor", f"yours is the right one times a factor that is constant along {_axes(axes)}"
    for name, w in ("the input", e.x), *e.others:
        for axes in _subsets(w.ndim) if e.x.size > 2 else ():
            for what, f in ("norm", lambda w: (w * w).sum(axes) ** 0.5), ("deviation", lambda w: w.std(axes)):
                for how, t in ("times", f(w)), ("divided by", 1 / f(w)):
                    if t.shape == e.x.shape and e.same(e.a, e.n * t):
                        return ("row-factor",
                                f"yours is the right one {how} the {what} of {name} along {_axes(axes)}")


def factor_in_part(e):
    """At some entries a constant times the right one; right at the others."""
    a, n = e.a[e.bad], e.n[e.bad]
    if 2 < a.size < e.bad.size and n.all():
        c = np.vdot(a, n) / np.vdot(n, n)
        if np.allclose(a, c * n, rtol=1e-5, atol=0) and abs(c) > 1e-6:
            return ("factor-in-part",
                    f"at {a.size} of {e.bad.size} entries, such as at {e.index(np.argmax(e.bad))}, yours is "
                    f"{c:.6g} times the right one; the others are right")


def other_input_turned(e):
    """Right, were another input transposed or flipped, or were the inputs those of an earlier call."""
    if e.same(e.a, e.numeric(e.v, e.decoy)):
        return "stale-cache", "yours is right for the inputs of an earlier call"
    for name, w in e.others:
        turned = {"transposed": w.swapaxes(-1, -2)} if w.ndim > 1 and w.shape[-1] == w.shape[-2] else {}
        turned |= {f"flipped along {_axes(axes)}": np.flip(w, axes) for axes in _subsets(w.ndim)}
        for how, u in turned.items():
            if e.same(e.a, e.numeric(e.v, [u if z is w else z for z in e.arrays])):
                return ("transposed" if how == "transposed" else "kernel-flipped",
                        f"yours is right for {name} {how}")


def slope_inside(e):
    """Right once one of the inputs is so small that what is inside is a line."""
    for j, (name, w) in enumerate(zip(e.names, e.arrays)):
        if e.elementwise or getattr(w, "dtype", None) != float or not w.any():
            continue
        a, n = e.at([1e-4 * x if i == j else x for i, x in enumerate(e.arrays)])
        for c, said in (1, "right"), (4, "4 times the right one, as if σ had slope 1 at 0, and not ¼"):
            if np.shape(a) == n.shape and np.linalg.norm(a - c * n) <= 1e-7 * np.linalg.norm(c * n):
                return "slope-inside", f"were {name} 10,000 times smaller, yours would be {said}"


def mask_inside(e):
    """Right once all inputs are positive."""
    if e.elementwise or not any(np.min(w) < 0 for _, w in [*e.others, ("", e.x)]):
        return None
    a, n = e.at([np.abs(x) if getattr(x, "dtype", None) == float else x for x in e.arrays])
    if np.shape(a) == n.shape and 0 < np.linalg.norm(n) and e.same(a, n):
        return "mask-missing", "were all inputs positive, yours would be right"


def wraps_around(e):
    """Something comes back from the outputs of the first step, which do not depend on this input."""
    for i in range(e.y.ndim) if e.y.ndim > 2 else ():
        first = np.zeros_like(e.v)
        first.swapaxes(0, i)[0] = e.v.swapaxes(0, i)[0]
        if not e.numeric(first).any() and np.linalg.norm(e.yours(first)) > 1e-3 * np.linalg.norm(e.a):
            return ("wraps-around", f"the outputs at index 0 of axis {i} do not depend on this input, "
                                    "and yours brings something back from them")


def constant_off(e):
    """Nearly right, everywhere."""
    apart = np.linalg.norm(e.a - e.n) / np.linalg.norm(e.n)
    if apart < 1e-3 and (np.abs(e.a - e.n) <= 1e-2 * np.abs(e.n))[e.kept].all():
        return "constant-off", f"yours is off by {apart:.1e} of its size: too little for a wrong formula"


def gradient_copied(e):
    """Yours is right for another input, for which the same is returned."""
    for j, n in enumerate(e.numbers):
        if j != e.k and n is not None and e.mine[j] is not None and e.same(e.a, n) and e.same(e.mine[j], n):
            return "gradient-copied", f"what you return for {e.names[e.k]} is the gradient of {e.names[j]}"


# --- the whole Jacobian: small sizes ------------------------------------------------------------------------


def diagonal_only(e):
    """The forward pass mixes the entries of an axis, and yours does not at all."""
    a, n = e.jacobians
    if e.y.shape == e.x.shape and _mixes(n) and not _mixes(a):
        own = np.einsum("ii->i", (n - a).reshape(e.x.size, e.x.size))
        if np.abs(own).max() < 1e-6 * np.abs(n).max() or _rank(n - a, _mixes(n)) == 1:
            return ("diagonal-only",
                    f"an output depends on all entries along {_axes(_mixes(n))}; yours follows only its own")


def contributions_lost(e):
    """Each output's share in yours is right or 0: some are lost."""
    a, n = (j.reshape(e.y.size, e.x.size) for j in e.jacobians)
    wrong = np.abs(a - n) > 1e-6 * np.abs(n).max()
    if (a[wrong] == 0).all():
        whole = wrong.any(0) & ~a.any(0)
        at = f"such as at {e.index(np.argmax(wrong.any(0)))}"
        if (whole == wrong.any(0)).all():
            return ("entries-missed" if _at_an_end(whole.reshape(e.x.shape)) else "nothing-arrives",
                    f"at {whole.sum()} of {whole.size} entries, {at}, nothing arrives; the others are right")
        return ("contributions-lost",
                f"at {wrong.any(0).sum()} of {e.x.size} entries, {at}, some outputs' share is missing")


def wrong_axis(e):
    """Yours mixes entries along other axes than the forward pass does."""
    a, n = e.jacobians
    if e.y.shape == e.x.shape and _mixes(a) and _mixes(n) and _mixes(a) != _mixes(n):
        return ("wrong-axis",
                f"the forward pass mixes entries along {_axes(_mixes(n))}, yours along {_axes(_mixes(a))}")


def path_missing(e):
    """What is missing of the Jacobian has rank 1 or 2 along an axis: a statistic's path."""
    a, n = e.jacobians
    if e.y.shape == e.x.shape and (axes := _mixes(n)) and axes == _mixes(a):
        size, rank = math.prod(e.x.shape[i] for i in axes), _rank(n - a, axes)
        wrong = np.abs(n - a).reshape(e.y.size, e.x.size) > 1e-6 * np.abs(n).max()
        spread = min(wrong.any(0).sum(), wrong.any(1).sum()) > e.x.size / size  # more than one row or column
        if spread and rank <= min(2, size - 2):
            return "path-missing", f"what is missing has rank {rank} along {_axes(axes)}"


def first_step_right(e):
    """Of a sequence: yours is right for the outputs of the first step, and for no others."""
    a, n = e.jacobians
    right = (np.abs(a - n) < 1e-6 * np.abs(n).max()).all(tuple(range(e.y.ndim, e.y.ndim + e.x.ndim)))
    for i in range(e.y.ndim) if e.y.ndim > 2 else ():
        by_step = np.moveaxis(right, i, 0).reshape(e.y.shape[i], -1).all(1)
        if by_step.size > 2 and by_step[0] and not by_step[1:].any() and n.take(0, i).any() \
                and _causal(n, i, e.x.shape):
            return ("wrong-between-steps",
                    f"yours is right for the outputs at index 0 of axis {i}, and wrong for all after it")


def places(e):
    """Each output's share in yours has the right values, elsewhere."""
    a, n = (j.reshape(e.y.size, e.x.size) for j in e.jacobians)
    if e.x.size > 2 and np.allclose(np.sort(a), np.sort(n), rtol=1e-5, atol=1e-6 * np.abs(n).max()):
        return ("wrong-places",
                "each output's share has the right values, in the wrong places: another stride, dilation, "
                "channel or order of indices")


def too_wide(e):
    """Yours connects entries that the forward pass does not."""
    a, n = (np.abs(j) > 1e-6 * np.abs(j).max() for j in e.jacobians)
    if e.y.shape == e.x.shape and _mixes(n) == _mixes(a) != () and (a & ~n).any() and not (n & ~a).any():
        return ("too-wide", f"along {_axes(_mixes(n))}, yours follows {a.sum()} pairs of output and input, "
                            f"and only {n.sum()} depend on each other")


GATES = "σ(t)", "σ(−t)", "tanh t", "1 − t²", "1 − tanh² t", "t(1 − t)", "σ(t)σ(−t)", "t", "1 − t"


def gate(e):
    """Right for some outputs; for the others the right one divided by a gate or slope, or with another."""
    a, n = (j.reshape(e.y.size, e.x.size) for j in e.jacobians)
    wrong = np.abs(a - n) > 1e-6 * np.abs(n).max()
    some = wrong.any(0)
    if not some.any() or not (n[wrong] != 0).all() or not ((n != 0) & ~wrong).any():
        return None
    ratio = np.where(wrong, a / np.where(wrong, n, 1), np.nan)
    low, high = (f(ratio[:, some], 0) for f in (np.nanmin, np.nanmax))
    if not np.allclose(low, high, rtol=1e-5):
        return None
    parts = [("the output", part) for i in range(e.y.ndim)
             if e.y.ndim == e.x.ndim and e.y.shape[i] % e.x.shape[i] == 0
             for part in np.split(e.y, e.y.shape[i] // e.x.shape[i], i)]
    for name, t in [("the input", e.x), *e.others, *parts]:
        values = {f: LOCAL[f](t.ravel()[some]) for f in GATES} if t.shape == e.x.shape else {}
        for formula, p in values.items():
            if e.same(low * p, np.ones_like(p)):
                return "factor-left-out", f"for some outputs, yours lacks the factor {formula}, t = {name}"
        for mine, right in (("1 − t²", "1 − tanh² t"), ("t(1 − t)", "σ(t)σ(−t)")) if values else ():
            for yours, its in (mine, right), (right, mine):
                if e.same(low * values[its], values[yours]):
                    return "x-for-y", f"for some outputs, yours has {yours} in place of {its}, t = {name}"


def few_entries(e):
    """Most are right."""
    if 0 < e.bad.sum() < e.bad.size / 3:
        first = ", ".join(str(tuple(map(int, i))) for i in np.argwhere(e.bad)[:3])
        return ("few-entries",
                f"{e.bad.sum()} of {e.bad.size} entries are wrong, such as {first}; the others are right")


def if_small(signature):
    """The signature, where there is a Jacobian to ask."""
    return lambda e: signature(e) if e.x.size * e.y.size <= 20_000 else None


FIRST = [swapped]
SHAPES = [empty_slice, reshaped, not_summed, not_put_back, permuted, framed, vector_transpose]
NEARLY = [cotangent, few_entries, constant_off]
SIMPLE = {"zeros", "sign", "stray-factor", "missing-1/N", "extra-1/N", "constant-factor", "not-linear",
          "output-for-gradient", "cotangent-ignored"}           # what a few directions are enough to see
VALUES = [
    cast, zeros, cotangent, factor,
    negligible, axis_mistaken, permuted, map_transposed, cotangent_turned, flipped,
    mask_inverted, different_mask, wrong_places, mask_missing, one_sided,
    branch_lost, local_derivative, forgotten_activation, statistic_path, row_path, passed_through,
    elementwise_for_matmul, other_factor, penalty, extra_factor, row_factor, other_input_turned, term_off,
    factor_in_part, wraps_around,
    if_small(diagonal_only), if_small(contributions_lost), if_small(wrong_axis), if_small(path_missing),
    if_small(first_step_right), if_small(places), if_small(too_wide), if_small(gate),
    slope_inside, mask_inside, few_entries, gradient_copied, constant_off,
]


# --- small helpers ------------------------------------------------------------------------------------------


def _broadcasts(shape, to):
    """Whether an array of `shape` broadcasts to the shape `to`."""
    return len(shape) <= len(to) and all(n in (1, m) for n, m in zip(shape[::-1], to[::-1]))


def _subsets(ndim):
    """Every set of axes: single ones first."""
    return [axes for k in range(1, ndim + 1) for axes in combinations(range(ndim), k)]


def _share(r, p, axes):
    """What of r is a multiple of p along the axes: p Σrp / Σpp."""
    return p * (r * p).sum(axes, keepdims=True) / (p * p).sum(axes, keepdims=True)


def _multiple(e, r):
    """r as a constant times g times a function of the input, such as "0.7 · (1/x)"; None if it is not one."""
    for formula, f in {"1": np.ones_like, **LOCAL}.items():
        p = e.v * f(e.x)
        c = np.vdot(p[e.kept], r[e.kept]) / np.vdot(p[e.kept], p[e.kept])
        if np.isfinite(c) and e.same(r, c * p):
            return f"{c:.6g}" if formula == "1" else f"{c:.6g} · ({_in(formula, 'x')})"


def _mixes(jacobian):
    """The axes along which an output depends on other entries than its own; output and input of one shape."""
    size, at, ndim = np.abs(jacobian), np.indices(jacobian.shape, sparse=True), jacobian.ndim // 2
    there = size > 1e-6 * size.max()
    return tuple(i for i in range(ndim) if (there & (at[i] != at[i + ndim])).any())


def _filters(jacobian):
    """The axes along which a short filter runs: it mixes, moves as the input does, and does not reach far."""
    ndim, limit, found = jacobian.ndim // 2, 1e-6 * np.abs(jacobian).max(), []
    for i in _mixes(jacobian) if jacobian.shape[:ndim] == jacobian.shape[ndim:] else ():
        j = np.moveaxis(jacobian, (i, ndim + i), (0, 1))
        if np.allclose(j[1:, 1:], j[:-1, :-1], atol=limit) and np.abs([j[0, -1], j[-1, 0]]).max() < limit:
            found.append(i)
    return tuple(found)


def _rank(jacobian, axes):
    """The largest rank of the Jacobian's blocks along the axes, a block for each place along the others."""
    ndim, shape = jacobian.ndim // 2, jacobian.shape
    others = tuple(i for i in range(ndim) if i not in axes)
    places, size = (math.prod(shape[i] for i in some) for some in (others, axes))
    order = [i + shift for shift in (0, ndim) for i in others + tuple(axes)]
    blocks = np.einsum("pipj->pij", jacobian.transpose(order).reshape(places, size, places, size))
    return int(np.linalg.matrix_rank(blocks, tol=1e-6 * np.abs(jacobian).max()).max())


def _at_an_end(mask):
    """Whether the mask is a block at the end of an axis."""
    for i in range(mask.ndim):
        there = np.moveaxis(mask, i, 0).reshape(mask.shape[i], -1)
        by_index = there.all(1)
        if np.array_equal(by_index, there.any(1)) and (by_index[0] or by_index[-1]) \
                and (by_index[1:] != by_index[:-1]).sum() == 1:
            return True
    return False


def _causal(jacobian, i, shape):
    """Whether axis i is time: no output depends on a later input.  Of weights, which have no time: yes."""
    steps, ndim = jacobian.shape[i], jacobian.ndim - len(shape)
    if len(shape) <= i or shape[i] != steps:
        return len(shape) <= 2
    size = np.abs(np.moveaxis(jacobian, (i, ndim + i), (0, 1))).reshape(steps, steps, -1).max(2)
    there = size > 1e-6 * size.max()
    return not np.triu(there, 1).any() and np.tril(there, -1).any()


def _axes(axes):
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"


def _in(formula, letter):
    """The formula in another letter: 1 − t² in y is 1 − y²; "tanh" keeps its t."""
    return formula.replace("tanh", "TH").replace("ᵗ", f"^{letter}").replace("t", letter).replace("TH", "tanh")
