"""Optimisers against their formulas, written out in Python's own floats."""
import math

import numpy as np
import pytest

from minidl import Tensor, backend, losses, nn, optim, schedules

START, GRADIENTS = [1.0, -2.0], [[0.5, -1.0], [0.25, 3.0], [-1.5, 0.125]]


def run(optimiser, dtype=np.float64):
    """Where three steps along GRADIENTS lead from START."""
    p = Tensor(np.array(START, dtype))
    optimiser = optimiser([p])
    for g in GRADIENTS:
        p.grad = np.array(g, dtype)
        optimiser.step()
    assert p.dtype == dtype
    return p.array


def by_hand(step, **state):
    """The same, one number at a time: step(w, g, t, s) → w."""
    found = []
    for k, w in enumerate(START):
        s = dict(state)
        for t, g in enumerate(GRADIENTS, 1):
            w = step(w, g[k], t, s)
        found.append(w)
    return found


def sgd(w, g, t, s, decay=0.0):
    return w - 0.1 * (g + decay * w)


def momentum(w, g, t, s, decay=0.0):
    s["v"] = 0.9 * s["v"] + g + decay * w
    return w - 0.1 * s["v"]


def nesterov(w, g, t, s, decay=0.0):
    g = g + decay * w
    s["v"] = 0.9 * s["v"] + g
    return w - 0.1 * (g + 0.9 * s["v"])


def rmsprop(w, g, t, s, decay=0.0):
    g = g + decay * w
    s["s"] = 0.95 * s["s"] + 0.05 * g * g
    return w - 0.1 * g / (math.sqrt(s["s"]) + 1e-8)


def adam(w, g, t, s, decay=0.0, apart=0.0):
    w = w - 0.1 * apart * w
    g = g + decay * w
    s["m"] = 0.8 * s["m"] + 0.2 * g
    s["v"] = 0.99 * s["v"] + 0.01 * g * g
    return w - 0.1 * (s["m"] / (1 - 0.8 ** t)) / (math.sqrt(s["v"] / (1 - 0.99 ** t)) + 1e-8)


BETAS = {"betas": (0.8, 0.99)}


@pytest.mark.parametrize("optimiser, step", [
    (lambda p: optim.SGD(p, 0.1),                                       sgd),
    (lambda p: optim.SGD(p, 0.1, weight_decay=0.3),                     lambda *a: sgd(*a, decay=0.3)),
    (lambda p: optim.SGD(p, 0.1, 0.9),                                  momentum),
    (lambda p: optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.3),       lambda *a: momentum(*a, decay=0.3)),
    (lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True),          nesterov),
    (lambda p: optim.SGD(p, 0.1, 0.9, True, weight_decay=0.3),          lambda *a: nesterov(*a, decay=0.3)),
    (lambda p: optim.RMSProp(p, 0.1, decay=0.95),                       rmsprop),
    (lambda p: optim.RMSProp(p, 0.1, decay=0.95, weight_decay=0.3),     lambda *a: rmsprop(*a, decay=0.3)),
    (lambda p: optim.Adam(p, 0.1, **BETAS),                             adam),
    (lambda p: optim.Adam(p, 0.1, weight_decay=0.3, **BETAS),           lambda *a: adam(*a, decay=0.3)),
    (lambda p: optim.AdamW(p, 0.1, weight_decay=0.3, **BETAS),          lambda *a: adam(*a, apart=0.3)),
    (lambda p: optim.AdamW(p, 0.1, weight_decay=0, **BETAS),            adam),
], ids="sgd sgd+decay momentum momentum+decay nesterov nesterov+decay rmsprop rmsprop+decay adam adam+decay "
       "adamw adamw+0".split())
def test_three_steps_are_those_of_the_formula(optimiser, step):
    np.testing.assert_allclose(run(optimiser), by_hand(step, v=0.0, s=0.0, m=0.0), rtol=1e-12)
    np.testing.assert_allclose(run(optimiser, np.float32), run(optimiser), rtol=1e-5)


@pytest.mark.parametrize("short, full", [
    (optim.RMSProp, lambda p: optim.RMSProp(p, 0.001, decay=0.99, eps=1e-8, weight_decay=0)),
    (optim.Adam,    lambda p: optim.Adam(p, 0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0)),
    (optim.AdamW,   lambda p: optim.AdamW(p, 0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)),
    (lambda p: optim.SGD(p, 0.1), lambda p: optim.SGD(p, 0.1, momentum=0, nesterov=False, weight_decay=0))])
def test_settings_left_out_are_the_customary_ones(short, full):
    np.testing.assert_array_equal(run(short), run(full))


ALL = [lambda p: optim.SGD(p, 0.1), lambda p: optim.SGD(p, 0.1, 0.9), lambda p: optim.SGD(p, 0.1, 0.9, True),
       lambda p: optim.RMSProp(p, 0.1), lambda p: optim.Adam(p, 0.1), lambda p: optim.AdamW(p, 0.1)]
NAMES = "sgd momentum nesterov rmsprop adam adamw".split()


@pytest.mark.parametrize("optimiser", ALL, ids=NAMES)
def test_no_array_of_the_callers_is_written_to(optimiser):
    a, g = np.ones(3), np.ones(3)
    p = Tensor(a)
    optimiser = optimiser([p])
    for _ in range(3):
        p.grad = g
        optimiser.step()
    assert a.tolist() == g.tolist() == [1, 1, 1] and p.array[0] < 1


@pytest.mark.parametrize("optimiser", ALL, ids=NAMES)
def test_a_parameter_without_a_gradient_stays_as_it_is(optimiser):
    p, frozen = Tensor(np.ones(2)), Tensor(np.ones(2))
    optimiser = optimiser([p, frozen])
    p.grad = np.ones(2)
    optimiser.step()
    assert frozen.array.tolist() == [1, 1] and p.array[0] < 1


@pytest.mark.parametrize("optimiser", ALL, ids=NAMES)
def test_a_parameter_may_be_a_single_number(optimiser):
    p = Tensor(np.array(3.0))
    optimiser = optimiser([p])
    for _ in range(2):
        optimiser.zero_grad()
        (p * p).backward()
        optimiser.step()
    assert p.shape == () and float(p) < 3


@pytest.mark.parametrize("optimiser", ALL, ids=NAMES)
def test_a_bowl_is_descended(optimiser):
    p = Tensor(np.array([2.0, -3.0]))
    optimiser = optimiser([p])
    for _ in range(300):
        optimiser.zero_grad()
        ((p - 1) ** 2).sum().backward()
        optimiser.step()
    assert np.abs(p.array - 1).max() < 0.1


def test_the_first_step_of_adam_is_the_learning_rate_however_late_it_comes():
    early, late = Tensor(np.zeros(1)), Tensor(np.zeros(1))
    optimiser = optim.Adam([early, late], 0.1)
    for _ in range(10):                         # `late` is frozen for ten steps
        early.grad = np.full(1, 7.0)
        optimiser.step()
    late.grad = np.full(1, 7.0)
    optimiser.step()
    assert late.array[0] == pytest.approx(-0.1)


def test_adam_keeps_no_denormal_numbers_of_a_dead_unit():
    """0.9 times the smallest ones is rounded to the same again: for ever, and a processor is slow on them."""
    w = Tensor(np.ones(3, np.float32))
    adam = optim.Adam([w])
    for t in range(1000):
        w.grad = np.full(3, float(t == 0), np.float32)
        adam.step()
    np.testing.assert_array_equal(adam.state[0]["m"], 0)


def test_the_learning_rate_may_change_between_steps():
    p = Tensor(np.zeros(1))
    optimiser = optim.SGD([p], 0.1)
    for optimiser.learning_rate in (0.1, 1.0, 10.0):
        p.grad = np.ones(1)
        optimiser.step()
    assert p.array[0] == pytest.approx(-11.1)


def test_zero_grad_forgets():
    p = Tensor([1.0])
    optimiser = optim.SGD([p], 0.1)
    p.grad = np.ones(1, np.float32)
    optimiser.zero_grad()
    assert p.grad is None


def test_an_l2_penalty_is_weight_decay_under_sgd():
    x, y = np.random.default_rng(0).standard_normal((2, 7, 3))
    ends = []
    for decay, penalty in ((0.3, 0.0), (0.0, 0.15)):            # ½ λ ‖w‖² has the slope λ w
        w = Tensor(np.ones((3, 3)))
        optimiser = optim.SGD([w], 0.05, momentum=0.9, weight_decay=decay)
        for _ in range(20):
            optimiser.zero_grad()
            loss = losses.mse(x @ w, y)
            (loss + penalty * losses.l2([w]) if penalty else loss).backward()
            optimiser.step()
        ends.append(w.array)
    assert np.abs(ends[0] - ends[1]).max() < 1e-12


def test_an_l2_penalty_is_not_weight_decay_under_adam():
    g = lambda p: optim.Adam(p, 0.1, weight_decay=0.3)
    assert np.abs(run(g) - run(lambda p: optim.AdamW(p, 0.1, weight_decay=0.3))).max() > 0.01


@pytest.mark.parametrize("make, message", [
    (lambda: optim.SGD([], 0.1),                      "SGD: there are no parameters"),
    (lambda: optim.Adam(nn.ReLU().parameters()),      "Adam: there are no parameters"),
    (lambda: optim.SGD([Tensor([1.0])], 0),           "SGD: the learning rate must be above 0, not 0"),
    (lambda: optim.Adam([Tensor([1.0])], -1),         "Adam: the learning rate must be above 0, not -1"),
    (lambda: optim.RMSProp([Tensor([1.0])], math.nan), "RMSProp: the learning rate must be above 0, not nan"),
    (lambda: optim.SGD([Tensor([1.0])], 1, 0, True),  "SGD: Nesterov")])
def test_settings_that_make_no_sense_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- clipping and schedules ---------------------------------------------------------------------------------

def test_clipping_scales_all_gradients_together():
    p, q, none = Tensor(np.zeros(2)), Tensor(np.zeros((1, 1))), Tensor(np.zeros(1))
    p.grad, q.grad = np.array([3.0, 0.0]), np.array([[4.0]])
    given = p.grad
    assert optim.clip_grad_norm([p, q, none], 10) == 5 and p.grad.tolist() == [3, 0]        # short enough
    assert optim.clip_grad_norm([p, q, none], 1) == 5
    np.testing.assert_allclose([p.grad[0], q.grad[0, 0]], [0.6, 0.8])
    assert given.tolist() == [3, 0] and none.grad is None
    assert optim.clip_grad_norm([p, q], 1) == pytest.approx(1)


@pytest.mark.parametrize("length", [0, -1, math.nan])
def test_clipping_to_no_length_is_refused(length):
    with pytest.raises(ValueError, match="clip_grad_norm: max_norm is a length above 0"):
        optim.clip_grad_norm([Tensor([1.0])], length)


def test_clipping_keeps_the_dtype():
    p = Tensor([3.0, 4.0])
    (p * p).sum().backward()
    optim.clip_grad_norm([p], 1.0)
    assert p.grad.dtype == np.float32


def test_step_decay_multiplies_at_each_share():
    schedule = schedules.step_decay(1.0, 0.5, at=(0.5, 0.75))
    assert [schedule(done / 8) for done in range(8)] == [1, 1, 1, 1, 0.5, 0.5, 0.25, 0.25]


def test_a_line_goes_from_start_to_end_and_stays_there():
    beta = schedules.linear(0.0, 4.0, until=0.5)
    assert [beta(done / 8) for done in (0, 1, 2, 4, 8)] == [0, 1, 2, 4, 4]


def test_cosine_goes_from_start_to_end():
    schedule = schedules.cosine(1.0, end=0.2)
    assert [schedule(done) for done in (0, 0.5, 1, 1.5)] == pytest.approx([1, 0.6, 0.2, 0.2])
    rates = [schedule(done / 10) for done in range(11)]
    assert rates == sorted(rates, reverse=True) and schedules.cosine(1.0)(1) == pytest.approx(0)


def test_a_warm_up_rises_in_a_line_to_the_start_of_the_cosine():
    schedule = schedules.cosine(0.8, warmup=1 / 3)
    assert [schedule(done / 12) for done in range(5)] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert (schedule(8 / 12), schedule(1)) == (pytest.approx(0.4), pytest.approx(0))
    with pytest.raises(ValueError, match="warmup.*not 1"):
        schedules.cosine(0.8, warmup=1)


def test_a_schedule_of_steps_is_refused():
    for make in (lambda: schedules.cosine(0.1, 1000), lambda: schedules.step_decay(0.1, 0.5, 1000)):
        with pytest.raises(TypeError):
            make()


# --- what is kept, what is decayed, what is shrunk ----------------------------------------------------------

@pytest.mark.parametrize("optimiser", ALL, ids=NAMES)
def test_a_run_that_goes_on_from_a_state_is_the_same_to_the_bit(optimiser):
    rng = np.random.default_rng(0)
    gradients = rng.standard_normal((6, 2, 3))

    def steps(p, optimiser, gradients):
        for p.grad in gradients:
            optimiser.step()
        return p.array
    a = Tensor(np.ones((2, 3)))
    first = optimiser([a])
    steps(a, first, gradients[:3])
    b = Tensor(a.array)
    second = optimiser([b])
    second.learning_rate = 99.0
    state = first.state_dict()
    second.load_state_dict(state)
    for x in state.values():
        x[...] = 0                              # the state is a copy both ways
    np.testing.assert_array_equal(steps(b, second, gradients[3:]), steps(a, first, gradients[3:]))


def test_a_state_of_another_optimiser_is_refused_and_changes_nothing():
    def adam(*shape):
        return optim.Adam([Tensor(np.ones(shape))], 0.5)
    here = adam(2, 3)
    before = here.state_dict()
    for other in (optim.SGD([Tensor(np.ones((2, 3)))], 0.1, momentum=0.9), adam(3, 2), adam(2, 3, 1),
                  optim.Adam([Tensor(np.ones((2, 3), np.float32))], 0.1)):
        with pytest.raises(ValueError, match="load_state_dict: "):
            here.load_state_dict(other.state_dict())
        assert all(np.array_equal(x, before[name]) for name, x in here.state_dict().items())


def test_weight_decay_is_the_l2_penalty_of_the_whole_model_biases_and_batch_norm_left_out():
    x, y = np.random.default_rng(0).standard_normal((2, 9, 3))
    ends = []
    for decay in (0.3, 0.0):
        backend.seed(1)
        model = nn.Sequential(nn.Dense(3, 4), nn.BatchNorm(4), nn.Tanh(), nn.Dense(4, 3))
        for p in model.parameters():
            p.array = p.array.astype(float) + 0.5
        optimiser = optim.SGD(model.parameters(), 0.05, weight_decay=decay)
        for _ in range(10):
            optimiser.zero_grad()
            loss = losses.mse(model(x), y)
            (loss if decay else loss + 0.15 * losses.l2(model)).backward()
            optimiser.step()
        ends.append(np.concatenate([p.array.ravel() for p in model.parameters()]))
    assert np.abs(ends[0] - ends[1]).max() < 1e-12


def test_shrinking_is_the_proximal_step_and_makes_zeros():
    w = Tensor(np.array([3.0, -0.5, 0.2, -2.0]))
    mine = w.array
    optim.shrink([w], 0.5)
    assert w.array.tolist() == [2.5, 0, 0, -1.5] and mine.tolist() == [3, -0.5, 0.2, -2]
    with pytest.raises(ValueError, match="shrink: the amount"):
        optim.shrink([w], -1)


def test_gradient_steps_and_shrinking_solve_the_lasso():
    """Against the closed form for orthogonal inputs: every least-squares coefficient shrunk by λ / 2."""
    q, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((20, 5)))
    y = q @ [3.0, -2.0, 0.3, 0.1, 0.0] + 0.01
    w = Tensor(np.zeros((5, 1)))
    optimiser = optim.SGD([w], 0.1)
    for _ in range(300):
        optimiser.zero_grad()
        ((q @ w - y[:, None]) ** 2).sum().backward()
        optimiser.step()
        optim.shrink([w], 0.1 * 0.8)
    expected = np.sign(q.T @ y) * np.maximum(abs(q.T @ y) - 0.4, 0)
    np.testing.assert_allclose(w.array[:, 0], expected, atol=1e-10)
    assert (w.array == 0).sum() == 3


def test_a_learning_rate_in_words_is_refused():
    with pytest.raises(ValueError, match="above 0, not '1e-3'"):
        optim.SGD([Tensor([1.0])], "1e-3")
