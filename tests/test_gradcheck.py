"""The gradient check and the diagnosis: every wrong gradient rejected, most named, no right one refused."""
import re
from collections import Counter
from functools import cache

import numpy as np
import pytest
import wild_gradients as wild
from wrong_gradients import HELD_OUT, HELD_OUT_LATER, RIGHT, TWO_AT_ONCE, WRONG

from minidl import Tensor, backend, functions, gradcheck, images, losses, nn, ops, rnn
from minidl.diagnosis import CAUSES
from minidl.gradcheck import (WrongGradient, check_gradients, check_model, diagnose, jacobian_picture,
                              jacobians,
                              numeric_gradient, through_model)

rng = np.random.default_rng(7)
LABELS = np.array([2, 0, 1, 1, 2])
X = rng.standard_normal((5, 3))
NEUTRAL = {None, "constant-factor", "wrong-shape", "cotangent-ignored",
           "not-linear"}      # true, whatever is wrong


TOLD = {}


def tell(case):
    """What is said of a case; said once."""
    if id(case) not in TOLD:
        TOLD[id(case)] = diagnose(case.forward, case.backward, *case.arrays)
    return TOLD[id(case)]


def refusal(f, *arrays, **settings):
    """What check_gradients has to say against f."""
    with pytest.raises(WrongGradient) as caught:
        check_gradients(f, *arrays, **settings)
    return str(caught.value)


# The seeded mistakes


@pytest.mark.parametrize("title, cases, share",
                         [("written first", HELD_OUT, 0.9), ("written later", HELD_OUT_LATER, 0.75),
                                                 ("seeded", WRONG, 0.9)])
def test_every_wrong_gradient_is_rejected_and_most_are_named(title, cases, share):
    found = [tell(case) for case in cases]
    rejected = sum(not d.right for d in found)
    named = sum(d.cause == case.cause for d, case in zip(found, cases))
    operations = len({case.op for case in cases})
    print(f"\n{title}, {operations} operations: rejected {rejected}/{len(cases)}, named {named}/{len(cases)}")
    assert rejected == len(cases)
    assert named >= share * len(cases)


@pytest.mark.parametrize("case", HELD_OUT + HELD_OUT_LATER + WRONG,
                         ids=lambda case: f"{case.op}: {case.mistake}")
def test_a_mistake_gets_its_own_name_or_none(case):
    assert tell(case).cause in {case.cause, None}


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: f"{case.op}: {case.mistake}")
def test_a_right_gradient_passes_however_it_is_written(case):
    found = tell(case)
    assert found.right and found.cause is None, found


@pytest.mark.parametrize("case", TWO_AT_ONCE, ids=lambda case: f"{case.op}: {case.mistake}")
def test_two_mistakes_at_once_get_no_wrong_name(case):
    assert not tell(case).right
    assert tell(case).cause in {None, case.cause}


def test_a_second_mistake_on_top_gets_no_wrong_name():
    names = Counter()
    for case in HELD_OUT + HELD_OUT_LATER + WRONG:
        def backward(g, *arrays, case=case):
            grads = case.backward(g, *arrays)
            grads = grads if isinstance(grads, (tuple, list)) else [grads]
            return [a if a is None else -1.5 * a for a in grads]
        found = diagnose(case.forward, backward, *case.arrays)
        assert not found.right
        assert found.cause in NEUTRAL | {case.cause}, f"{case.op}, {case.mistake}: {found}"
        names[found.cause in NEUTRAL] += 1
    print(f"\nwith a factor −1.5 on top: no name {names[True]}, one of the two {names[False]}, a wrong one 0")


ONE_ROW = np.where(np.arange(5)[:, None] == 2, 7.0, np.arange(25.0).reshape(5, 5) ** 0.5)


@pytest.mark.parametrize("forward, backward, shape", [
    (functions.softmax, lambda g, s: g @ _softmax_jacobian(s[0]), (5, 3)),          # that of row 0, for all
    (lambda x: x @ np.arange(25.0).reshape(5, 5).T ** 0.5, lambda g, x: g @ ONE_ROW, (3, 5)),
], ids=["softmax", "matmul"])
def test_what_only_looks_like_a_known_mistake_gets_no_name(forward, backward, shape):
    found = diagnose(forward, backward, np.random.default_rng(5).standard_normal(shape))
    assert not found.right and found.cause in NEUTRAL, found


def _softmax_jacobian(s):
    p = np.exp(s) / np.exp(s).sum()
    return np.diag(p) - np.outer(p, p)


def test_the_set_is_large_and_its_names_exist():
    assert len(WRONG) >= 60 and len(HELD_OUT) >= 15 and len(RIGHT) >= 20 and len(TWO_AT_ONCE) >= 8
    assert len({case.op for case in WRONG}) >= 15
    assert {case.cause for case in WRONG + HELD_OUT + HELD_OUT_LATER} <= set(CAUSES)


def test_every_cause_but_a_few_is_met_by_a_seeded_mistake():
    met = {case.cause for case in WRONG + HELD_OUT + HELD_OUT_LATER}
    assert set(CAUSES) - met <= {"wrong-count", "entries-missed", "path-missing"}


def test_a_diagnosis_prints_in_twelve_lines_and_says_where_to_look():
    for case in WRONG:
        lines = str(tell(case)).splitlines()
        assert len(lines) <= 12 and max(map(len, lines)) <= 110, case
        assert any(line.startswith("Look at: ") for line in lines)


# Mistakes met elsewhere


@cache
def told_of_the_wild():
    return [(case, diagnose(case.forward, case.wrong, *case.arrays)) for case in wild.CASES]


def how_named(case, found):
    if found.cause in case.accept:
        return "by reading" if wild.BY_READING.get(case.name.split(":")[0]) == found.cause else "named"
    if found.cause not in wild.KNOWN | {None} and re.search(case.words, f"{found.cause} {found}", re.I):
        return "named"
    return "unnamed" if found.cause is None else "near" if found.cause in wild.NEUTRAL else "misnamed"


def test_every_mistake_met_elsewhere_is_rejected():
    assert [case.name for case, found in told_of_the_wild() if found.right is not False] == []
    assert len(wild.CASES) == 48 and {cause for case in wild.CASES for cause in case.accept} <= set(CAUSES)


@pytest.mark.parametrize("case", wild.CASES, ids=lambda case: case.name)
def test_what_mends_a_mistake_met_elsewhere_passes(case):
    found = diagnose(case.forward, case.right, *case.arrays)
    assert found.right is True and found.cause is None, found


def test_a_mistake_met_elsewhere_gets_no_false_name_and_often_its_own():
    assert [(case.name, found.cause) for case, found in told_of_the_wild()
            if how_named(case, found) == "misnamed"] == []
    for half, told, least in ("all", told_of_the_wild(), 21), ("odd", told_of_the_wild()[1::2], 6):
        tally = Counter(how_named(*each) for each in told)
        print(f"\nmet elsewhere, {half} {len(told)}: {dict(tally)}")
        assert tally["named"] >= least


# The same word for every seed


SUM = lambda x: (x * x).sum()                                                       # noqa: E731
ONE_CAUSE = {                                   # ten mistakes, each with its own name
    "sign": (SUM, lambda g, x: -2 * g * x),
    "stray-factor": (SUM, lambda g, x: g * x),
    "extra-1/N": (SUM, lambda g, x: 2 * g * x / 15),
    "zeros": (SUM, lambda g, x: 0 * g * x),
    "not-linear": (SUM, lambda g, x: abs(g) * 2 * x),
    "cotangent-ignored": (SUM, lambda g, x: 2 * x),
    "x-for-y": (np.tanh, lambda g, x: g * (1 - x * x)),
    "local-derivative-forgotten": (np.tanh, lambda g, x: g),
    "mask-missing": (lambda x: np.maximum(x, 0), lambda g, x: g),
    "flipped": (lambda x: x ** 3, lambda g, x: (3 * g * x * x)[::-1]),
}


@pytest.mark.parametrize("cause", ONE_CAUSE)
def test_a_mistake_gets_one_and_the_same_name_from_a_hundred_seeds(cause):
    assert {diagnose(*ONE_CAUSE[cause], X, seed=seed).cause for seed in range(101)} == {cause}


# No false alarm


SMOOTH = [
    (ops.tanh, 1), (ops.sigmoid, 1), (ops.exp, 1), (ops.softplus, 1), (ops.sin, 1), (ops.abs, 1),
    (ops.add, 2), (ops.subtract, 2), (ops.multiply, 2), (ops.maximum, 2), (losses.mse, 2),
    (ops.sum, 1), (ops.mean, 1), (ops.var, 1), (ops.max, 1), (ops.logsumexp, 1), (losses.bce_with_logits, 2),
    (functions.softmax, 1), (functions.log_softmax, 1), (functions.relu, 1), (functions.leaky_relu, 1),
    (lambda x: x ** 3, 1), (lambda x: ops.log(1 + x * x), 1), (lambda x: ops.sqrt(1 + x * x), 1),
    (lambda x, y: x / (1 + y * y), 2), (lambda x: x.reshape(-1)[::2], 1),
]


def test_a_thousand_right_gradients_raise_no_alarm():
    draw = np.random.default_rng(1)
    for trial in range(1000):
        f, inputs = SMOOTH[trial % len(SMOOTH)]
        shape = tuple(draw.choice([1, 2, 3, 4, 5], size=draw.integers(1, 3)))
        dtype = draw.choice([np.float32, np.float64])
        arrays = [(draw.standard_normal(shape) * draw.choice([0.1, 1, 3])).astype(dtype)
                  for _ in range(inputs)]
        assert check_gradients(f, *arrays, seed=trial).right
    print("\nfalse alarms 0/1000")


WIDE = [*SMOOTH, (lambda x: 1 / x, 1), (lambda x: ops.sqrt(ops.abs(x)), 1),
        (lambda x: ops.log(ops.abs(x)), 1)]
WIDE.remove((ops.exp, 1))                       # of 10⁶ it is infinite


def test_ten_thousand_right_gradients_of_all_sizes_raise_no_alarm():
    draw = np.random.default_rng(2)
    for trial in range(10_000):
        f, inputs = WIDE[trial % len(WIDE)]
        shape = tuple(draw.choice([1, 2, 3, 4], size=draw.integers(1, 3)))
        size = 10 ** draw.uniform(-6, 6)
        assert check_gradients(f, *(size * draw.standard_normal((inputs, *shape))), seed=trial).right


OPERATIONS = {
    "matmul": (ops.matmul, (3, 5), (5, 7)),
    "divide": (lambda x, y: x / (2 + y * y), (5, 3), (3,)),
    "power": (lambda x: x ** 3, (5, 3)),
    "tanh": (ops.tanh, (5, 3)),
    "take": (lambda x: x[np.array([0, 1, 1])], (3, 2)),
    "softmax": (functions.softmax, (5, 3)),
    "log_softmax": (functions.log_softmax, (5, 3)),
    "batch_norm": (functions.batch_norm, (5, 3), (3,), (3,)),
    "conv2d": (lambda x, w, b: images.conv2d(x, w, b, stride=2, padding=1), (2, 3, 5, 3), (2, 3, 3, 2), (2,)),
    "max_pool2d": (lambda x: images.max_pool2d(x, 3, 2), (1, 2, 5, 7)),
    "recur": (rnn.recur, (2, 3, 2), (2, 2), (2, 2)),
    "gaussian_kl": (losses.gaussian_kl, (5, 3), (5, 3)),
    "cross_entropy": (lambda s: losses.cross_entropy(s, LABELS), (5, 3)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_engine_passes_at_first_and_second_order(name):
    f, *shapes = OPERATIONS[name]
    report = check_gradients(f, *map(np.random.default_rng(3).standard_normal, shapes), order=2)
    assert report.right and len(report.inputs) == 2 * len(shapes) + 1


def test_float32_is_checked_in_float64_and_left_alone():
    x = X.astype(np.float32)
    before = x.copy()
    assert check_gradients(ops.tanh, x).inputs[0].error < 1e-8
    assert x.dtype == np.float32 and np.array_equal(x, before)


def test_a_tensor_and_a_single_number_may_be_given():
    assert check_gradients(ops.tanh, Tensor(X)).right
    assert check_gradients(lambda x: x * x, 3.0).right


def test_labels_are_constants_and_left_alone():
    report = check_gradients(losses.cross_entropy, X, LABELS)
    assert len(report.inputs) == 1 and report.inputs[0].name == "input 0"


def test_the_check_draws_from_a_generator_of_its_own():
    before = backend.rng().bit_generator.state
    check_gradients(ops.tanh, X)
    assert backend.rng().bit_generator.state == before


# What is said of a gradient


@pytest.mark.parametrize("scale, word", [(1 + 1e-9, "right"), (1 + 1e-7, "right"), (1 + 1e-6, "suspicious"),
                                         (1 + 1e-4, "suspicious"), (1.01, "wrong")])
def test_the_error_is_put_in_words(scale, word):
    found = diagnose(np.tanh, lambda g, x: scale * g * (1 - np.tanh(x) ** 2), X)
    assert found.verdict == word and found.right == (word == "right")


def test_the_worst_entry_is_shown_with_its_index():
    def backward(g, x):
        d = 2 * x * g
        d[3, 1] *= 1.5
        return d
    found = diagnose(np.square, backward, X)
    assert found.worst == (3, 1) and found.cause == "few-entries"
    index, yours, numeric = found.entries[0]
    assert index == "(3, 1)" and float(yours) / float(numeric) == pytest.approx(1.5, rel=1e-4)


def test_a_kink_is_left_out_and_named():
    report = check_gradients(functions.relu, np.array([[1.0, 0.0], [-2.0, 3.0]]))
    assert report.right and report.inputs[0].kinks == [(0, 1)] and "kink at (0, 1)" in str(report)
    assert check_gradients(ops.abs, np.array([1.0, 0.0]), order=2).inputs[0].kinks == [(1,)]


def test_a_strong_curve_is_no_kink():
    found = check_gradients(lambda x: 1 / x, np.array([0.01, -0.01, 1.0])).inputs[0]
    assert found.right and not found.kinks


SQUARE = lambda x: x * x                                                            # noqa: E731


@pytest.mark.parametrize("forward, backward, x", [
    (lambda x: 1e18 + x, lambda g, x: -g, X),                   # the output does not change at all
    (functions.relu, lambda g, x: g, np.zeros((3, 2))),         # a kink everywhere
    (lambda x: np.sin(1e7 * x), lambda g, x: 0 * x, X)])
def test_what_cannot_be_told_is_neither_right_nor_wrong(forward, backward, x):
    found = diagnose(forward, backward, x)
    assert found.right is None and found.cause is None and "cannot be told" in str(found)


def test_strict_refuses_what_cannot_be_told():
    zeros = np.zeros((3, 2))
    assert check_gradients(functions.relu, zeros).inputs[0].right is None
    with pytest.raises(WrongGradient, match="cannot be told"):
        check_gradients(functions.relu, zeros, strict=True)
    model = nn.Sequential(nn.Dense(2, 1), nn.ReLU())
    for parameter in model.parameters():
        parameter.array[...] = 0
    check_model(model, lambda y: y.sum(), np.ones((3, 2)))
    with pytest.raises(WrongGradient, match="cannot be told"):
        check_model(model, lambda y: y.sum(), np.ones((3, 2)), strict=True)


@pytest.mark.parametrize("forward, backward, x", [
    (np.log, lambda g, x: g / x, 1e-3 + 1e-3 * abs(X)), (np.log, lambda g, x: g / x, 1e-7 + 1e-7 * abs(X)),
    (lambda x: 1 / x, lambda g, x: -g / x ** 2, 1e-3 + 1e-3 * abs(X)),
    (lambda x: np.sin(1000 * x), lambda g, x: 1000 * g * np.cos(1000 * x), X),
    (lambda x: 1e9 + x, lambda g, x: g, X), (lambda x: (x + 1e6) - 1e6, lambda g, x: g, X),
    (SQUARE, lambda g, x: 2 * g * x, 1e8 * X)])
def test_a_right_gradient_at_an_awkward_size_passes_and_a_wrong_one_does_not(forward, backward, x):
    assert diagnose(forward, backward, x).right
    assert diagnose(forward, lambda g, x: 1.1 * backward(g, x), x).right is False


def test_one_wrong_entry_among_far_larger_ones_is_found():
    found = diagnose(lambda x: x * [1e6, 1], lambda g, x: g * [1e6, 0], np.array([1.0, 2]))
    assert found.right is False and found.verdict == "wrong"


def test_a_small_entry_beside_large_ones_and_a_small_term_are_not_lost_in_the_norm():
    beside = diagnose(lambda x: x * x, lambda g, x: g * np.where(abs(x) < 1, 0, 2 * x),
                      np.array([1e4, 1e-3, -2e4]))
    assert beside.right is False and beside.worst == (1,)
    decay = diagnose(lambda w: ((X @ w) ** 2).sum() + 1e-5 * (w * w).sum(),
                     lambda g, w: g * 2 * X.T @ (X @ w), np.array([0.4, -1.0, 0.7]))
    assert decay.right is False and decay.verdict == "suspicious"


@pytest.mark.parametrize("forward, backward, x, cause", [
    (lambda x: x * x, lambda g, x: 7 * g, 1e8 * X, None),                       # nothing beside 2gx
    (lambda x: 1e9 + x, lambda g, x: -g, X, "sign"),                            # known to five digits
    (lambda x: x * [1e6, 1], lambda g, x: g * [1e6, 0], np.array([1.0, 2]), None),
    (lambda x: (x * x).sum() + 1e-5 * x.sum(), lambda g, x: 2 * g * x, X, "constant-off")])
def test_what_is_nearly_right_or_nearly_nothing_fits_no_other_name(forward, backward, x, cause):
    found = diagnose(forward, backward, x)
    assert found.right is False and found.cause == cause, found


@pytest.mark.parametrize("backward, right, cause", [
    (lambda g, x: g * (1 - np.tanh(x) ** 2), True, None),
    (lambda g, x: g * np.tanh(x) ** 2 - g, False, "sign"),
    (lambda g, x: g * (1 - np.tanh(x) ** 3), False, None)])
def test_a_large_array_is_checked_along_random_ways_and_says_so(backward, right, cause):
    calls = []

    def forward(x):
        calls.append(1)
        return np.tanh(x)

    found = diagnose(forward, backward, rng.standard_normal((700, 10)))
    assert (found.right, found.cause) == (right, cause) and len(calls) < 200
    assert "along 3 random ways, as it has 7,000 entries" in str(found)


def test_inputs_may_have_names():
    found = diagnose(np.multiply, lambda g, x, w: (g * w, -g * x), X, X + 2, names=["pixels", "gains"])
    assert str(found).startswith("gains: wrong")
    assert "gains: right" in str(check_gradients(lambda x, w: x * w, X, X, names=["pixels", "gains"]))
    with pytest.raises(ValueError, match="2 arrays have 1 names"):
        diagnose(np.multiply, lambda g, x, w: (g * w, g * x), X, X, names=["pixels"])


def test_a_gradient_of_zero_says_nothing_and_is_said_to():
    assert "this check says nothing" in str(check_gradients(lambda x: functions.softmax(x).sum(), X))


def test_a_random_function_is_named_until_it_is_seeded():
    assert "random-forward" in refusal(lambda x: functions.dropout(x, 0.5), X)

    def seeded(x):
        backend.seed(3)
        return functions.dropout(x, 0.5)
    assert check_gradients(seeded, X).right


def test_leaving_the_tape_is_named():
    assert "and no Tensor" in refusal(lambda x: getattr(x, "array", x) * 2, X)


def test_a_forward_pass_in_float32_is_named():
    assert diagnose(lambda x: np.tanh(x.astype(np.float32)), lambda g, x: g, X).cause == "low-precision"


def test_too_many_gradients_are_named():
    assert diagnose(np.tanh, lambda g, x: (g, g, g), X).cause == "wrong-count"


def test_a_loop_that_ends_too_early_is_named():
    assert diagnose(np.square, lambda g, x: 2 * x * g * (np.arange(3) < 2), X).cause == "entries-missed"


def test_a_missing_statistic_without_a_name_of_its_own_is_still_a_missing_path():
    weights = np.arange(1.0, 4)
    assert diagnose(lambda x: x * np.exp((x * weights).sum(1, keepdims=True) / 5),
                    lambda g, x: g * np.exp((x * weights).sum(1, keepdims=True) / 5),
                    X).cause in {"path-missing", "diagonal-only"}


def test_arrays_without_entries_or_without_floats_are_refused():
    with pytest.raises(ValueError, match="has no entries"):
        check_gradients(ops.tanh, np.zeros((0, 3)))
    with pytest.raises(ValueError, match="nothing to differentiate by"):
        check_gradients(ops.tanh, LABELS)
    with pytest.raises(ValueError, match="order is 1 or 2"):
        check_gradients(ops.tanh, X, order=3)


# The engine broken on purpose


def with_rules(op, *rules):
    """The primitive with other rules: a copy, so that the engine stays as it is."""
    from minidl.tensor import primitive
    broken = primitive(op.__wrapped__, broadcasts=op.broadcasts)
    broken.vjps = rules
    return broken


def test_a_wrong_rule_is_rejected_with_its_name():
    broken = with_rules(ops.tanh, lambda g, z, x: g * (1 - x * x))
    assert "x-for-y" in refusal(broken, X)
    assert diagnose(broken, None, X).cause == "x-for-y"
    assert diagnose(ops.tanh, None, X).right


def test_a_rule_with_the_wrong_shape_is_named():
    broken = with_rules(ops.sum, lambda g, z, x, axis: g)
    assert diagnose(broken, None, X, axis=1).cause == "axis-not-reinserted"
    assert "rule returned a gradient of shape" in refusal(lambda x: broken(x, axis=1), X)


def test_a_rule_that_is_only_wrong_at_second_order_is_found_there():
    broken = with_rules(ops.exp, lambda g, z, x: g * getattr(z, "array", z))    # the result, as a constant
    assert check_gradients(broken, X).right
    assert "second order" in refusal(broken, X, order=2)


# Whole models


def network():
    backend.seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5),
                         nn.Dense(2 * 2 * 3, 5), nn.BatchNorm(5), nn.Tanh(), nn.Dense(5, 3))


PIXELS = rng.standard_normal((5, 1, 6, 8)).astype(np.float32)


def test_a_network_with_dropout_and_batch_norm_passes_and_is_left_as_it_was():
    model = network()
    before = model.state_dict()
    dice = backend.rng().bit_generator.state
    report = check_model(model, losses.cross_entropy, PIXELS, LABELS)
    assert backend.rng().bit_generator.state == dice
    assert [found.name for found in report.inputs][:2] == ["layers.0.w", "layers.0.b"]
    assert report.inputs[3].verdict == "zero"                   # a bias before batch normalisation
    assert all(np.array_equal(x, before[name]) and x.dtype == np.float32 for name,
               x in model.state_dict().items())


def test_a_wrong_layer_is_checked_in_full_and_pointed_at():
    class Broken(nn.Module):
        def __init__(self):
            self.first, self.last = nn.Dense(3, 5), nn.Dense(5, 2)
            self.activation = with_rules(ops.tanh, lambda g, z, x: g)

        def forward(self, x):
            return self.last(self.activation(self.first(x)))

    with pytest.raises(WrongGradient, match="tanh, after first.b: its own rule is wrong") as caught:
        check_model(Broken(), losses.mse, X, rng.standard_normal((5, 2)))
    assert len(caught.value.report.inputs[0].worst) == 2


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("op, rule, cause", [
    (ops.tanh, lambda g, z, x: g * (1 - x * x), "x-for-y"),
    (ops.sigmoid, lambda g, z, x: g * z, "wrong-local-derivative"),
    (ops.exp, lambda g, z, x: -g * z, "sign")], ids=["tanh", "sigmoid", "exp"])
def test_a_wrong_rule_in_a_network_is_named_with_its_place(op, rule, cause, place):
    class Bend(nn.Module):
        def forward(self, x):
            return with_rules(op, rule)(x)

    layers = [nn.Dense(3, 4), nn.Tanh(), nn.Dense(4, 4), nn.Tanh(), nn.Dense(4, 2), nn.Tanh()]
    layers[2 * place + 1] = Bend()
    with pytest.raises(WrongGradient) as caught:
        check_model(nn.Sequential(*layers), losses.mse, X, rng.standard_normal((5, 2)))
    line, *others = caught.value.report.hint.splitlines()[::2]
    assert line == f"{op.__name__}, after layers.{2 * place}.b: its own rule is wrong   [{cause}]"
    assert not others


def test_the_batch_is_among_the_sizes_by_which_a_mean_may_divide():
    halved = with_rules(ops.sum, lambda g, y, x, **how: np.full(x.shape, g / len(x)))
    with pytest.raises(WrongGradient) as caught:
        check_model(nn.Dense(3, 2), lambda y, t: halved((y - t) ** 2),
                    rng.standard_normal((7, 3)), rng.standard_normal((7, 2)))
    assert {found.cause for found in caught.value.report.inputs} == {"extra-1/N"}
    assert "7 is a size of the batch" in str(caught.value)


def test_a_shared_parameter_is_one_parameter():
    class Tied(nn.Module):
        def __init__(self):
            self.layer = nn.Dense(3, 2, bias=False)
            self.again = self.layer

        def forward(self, x):
            return self.again(x) @ self.layer.w.T
    assert [found.name for found in check_model(Tied(), losses.mse, X, X).inputs] == ["layer.w"]


def test_a_whole_model_can_be_diagnosed():
    assert diagnose(*through_model(nn.Sequential(nn.Dense(3, 5), nn.Tanh(), nn.Dense(5, 2)), losses.mse, X,
                                   X[:, :2])).right


# Measuring


def test_a_numeric_gradient_is_as_good_as_its_step():
    x, v = X, rng.standard_normal(X.shape)
    true = v * (1 - np.tanh(x) ** 2)
    errors = [np.abs(numeric_gradient(np.tanh, [x], v, step=h)[0] - true).max() for h in (1e-1, 6e-6, 1e-12)]
    assert errors[1] < 1e-8 < 1e-5 < min(errors[0], errors[2])
    coarse = numeric_gradient(np.tanh, [x.astype(np.float32)], v.astype(np.float32), step=1e-2)[0]
    assert 1e-8 < np.abs(coarse - true).max() < 1e-2


def test_a_numeric_gradient_of_labels_is_none():
    assert numeric_gradient(losses.cross_entropy, [X, LABELS])[1] is None


def test_the_two_jacobians_agree_and_can_be_looked_at():
    def backward(g, x):
        p = functions.softmax(x)
        return p * (g - (g * p).sum(1, keepdims=True))
    yours, numeric = jacobians(functions.softmax, backward, X)
    assert yours.shape == numeric.shape == (5, 3, 5, 3)
    assert np.abs(yours - numeric).max() < 1e-9
    import matplotlib
    matplotlib.use("Agg")
    assert jacobian_picture(functions.softmax, backward, X).axes


# --- survivors of mutation ----------------------------------------------------------------------------------

def test_a_numeric_gradient_is_of_the_sum_by_default():
    assert gradcheck.numeric_gradient(lambda x: x ** 2, [X])[0] == pytest.approx(2 * X, rel=1e-6)


def test_a_forward_pass_that_is_no_number_beside_the_input_is_blamed_and_not_the_backward_pass():
    forward, backward = (lambda x: np.where(x > 0.5, np.nan, x * x)), (lambda g, x: g * 2 * x)
    found = diagnose(forward, backward, np.array([0.5, 0.1]))
    assert found.cause == "not-finite" and "forward pass" in found.observed and "yours" not in found.observed
    found = diagnose(lambda x: x * x, lambda g, x: g * np.nan, np.array([0.5, 0.1]))
    assert found.cause == "not-finite" and "yours" in found.observed


def test_numpys_function_for_ours_is_said_to_be_that():
    for f in np.exp, np.sum, lambda x: np.maximum(x, 0):
        with pytest.raises(WrongGradient, match=r"\[no-gradient\](?s:.*)ops.exp\(x\), not np.exp\(x\)"):
            check_gradients(f, X)


def test_a_function_in_place_of_a_model_is_refused_with_the_way_to_check_it():
    with pytest.raises(TypeError, match=r"check_model takes a model.*check_gradients\(f, \*arrays\)"):
        check_model(lambda x: x, losses.mse, X, X)
