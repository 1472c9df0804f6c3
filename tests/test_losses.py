"""Losses against closed forms, integrals and plain loops."""
import math

import numpy as np
import pytest

from minidl import Tensor, grad, losses, nn, ops


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def slope(loss, x):
    """∂loss/∂x."""
    x = Tensor(np.asarray(x, float))
    return grad(loss(x), [x])[0]


# --- how far is the answer? ---------------------------------------------------------------------------------

def test_cross_entropy_is_the_mean_of_minus_log_p():
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    expected = -(math.log(0.7) + math.log(0.1)) / 2
    assert losses.cross_entropy(np.log(p) + 5, np.array([0, 1])) == pytest.approx(expected)
    assert losses.cross_entropy(np.zeros((4, 10)), np.arange(4)) == pytest.approx(math.log(10))


def test_cross_entropy_and_its_slope_stay_finite_for_large_logits():
    logits = np.array([[1e4, -1e4], [1e4, -1e4]])
    assert losses.cross_entropy(logits, np.array([0, 1])) == 1e4            # (0 + 20000) / 2
    found = slope(lambda s: losses.cross_entropy(s, np.array([0, 1])), logits)
    assert found.tolist() == [[0, 0], [0.5, -0.5]]


def test_cross_entropy_takes_labels_of_any_whole_kind():
    for labels in ([0, 2], np.array([0, 2], np.uint8), np.array([0, 2], np.int32)):
        assert losses.cross_entropy(np.zeros((2, 3)), labels) == pytest.approx(math.log(3))


@pytest.mark.parametrize("labels, message", [
    (np.array([0, 3]),              "from 0 to 3.*3 columns.*0 to 2"),
    (np.array([-1, 0]),             "from -1 to 0.*0 to 2"),
    (np.eye(3)[:2],                 r"float64\(2, 3\).*one-hot.*argmax"),
    (np.eye(3, dtype=int)[:2],      r"one-hot.*argmax"),
    (np.array([0.0, 1.0]),          "whole numbers"),
    (np.array([0, 1, 2]),           r"float64\(2, 3\), int64\(3,\).*\(N,\)"),
    (np.array([[0], [1]]),          r"labels \(N,\)")])
def test_labels_that_do_not_fit_are_refused(labels, message):
    with pytest.raises(ValueError, match="^cross_entropy.*" + message):
        losses.cross_entropy(np.zeros((2, 3)), labels)


def test_squares_are_a_mean_over_everything_or_over_the_examples():
    x, t = random(5, 3, 2), random(5, 3, 2, seed=1)
    assert losses.mse(x, t) == pytest.approx(((x - t) ** 2).mean())
    assert losses.squared_error(x, t) == pytest.approx(((x - t) ** 2).sum() / 5)


def test_bce_is_the_expected_code_length():
    s, x = random(5, 3), np.random.default_rng(1).random((5, 3))
    p = 1 / (1 + np.exp(-s))
    assert losses.bce_with_logits(s, x) == pytest.approx(-(x * np.log(p) + (1 - x) * np.log(1 - p)).sum() / 5)


def test_bce_stays_finite_for_extreme_logits():
    s, x = np.array([[1e4, -1e4, 1e4, -1e4]]), np.array([[1.0, 0, 0, 1]])
    with np.errstate(all="raise", under="ignore"):
        assert losses.bce_with_logits(s, x) == 2e4
        assert slope(lambda s: losses.bce_with_logits(s, x), s).tolist() == [[0, 0, 1, -1]]


def test_the_floor_of_bce_is_the_entropy_of_the_pixels():
    x = np.array([[0.3, 0.9]])
    floor = -(x * np.log(x) + (1 - x) * np.log(1 - x)).sum()
    assert losses.bce_with_logits(np.log(x / (1 - x)), x) == pytest.approx(floor)
    assert np.abs(slope(lambda s: losses.bce_with_logits(s, x), np.log(x / (1 - x)))).max() < 1e-15


@pytest.mark.parametrize("loss", [losses.mse, losses.squared_error, losses.bce_with_logits,
                                  losses.gaussian_nll, losses.gaussian_kl])
def test_shapes_that_would_broadcast_by_accident_are_refused(loss):
    with pytest.raises(ValueError, match=rf"^{loss.__name__}\(float64\(3, 1\), float64\(3,\)\).*one shape"):
        loss(np.zeros((3, 1)), np.zeros(3))


def test_gaussian_nll_is_minus_the_log_of_the_density():
    x, m, v = random(4, 3), random(4, 3, seed=1), np.exp(random(4, 3, seed=2))
    density = np.exp(-(x - m) ** 2 / (2 * v)) / np.sqrt(2 * np.pi * v)
    assert losses.gaussian_nll(x, m, np.log(v)) == pytest.approx(-np.log(density).sum() / 4)
    density = np.exp(-(x - m) ** 2 / 2) / np.sqrt(2 * np.pi)
    assert losses.gaussian_nll(x, m) == pytest.approx(-np.log(density).sum() / 4)
    assert losses.gaussian_nll(x, m, 0.0) == pytest.approx(losses.gaussian_nll(x, m, np.zeros((4, 3))))


# --- how far is a distribution? -----------------------------------------------------------------------------

def test_gaussian_kl_is_the_integral_that_defines_it():
    mean = np.array([[0.7, -1.2], [0.1, 0.0], [0.5, 2.0]])
    log_var = np.array([[-0.5, 0.8], [0.3, 0.0], [-2.0, 1.0]])
    z = np.linspace(-15, 15, 20001)
    total = 0.0
    for m, v in zip(mean.ravel(), np.exp(log_var).ravel()):
        q, p = (np.exp(-(z - a) ** 2 / (2 * b)) / np.sqrt(2 * np.pi * b) for a, b in ((m, v), (0, 1)))
        total += np.trapezoid(np.where(q > 0, q * np.log(np.maximum(q, 1e-300) / p), 0), z)
    assert losses.gaussian_kl(mean, log_var) == pytest.approx(total / 3, rel=1e-9)
    assert losses.gaussian_kl(np.zeros((3, 2)), np.zeros((3, 2))) == 0


def test_sparsity_kl_is_that_of_two_coins():
    h = np.array([[0.1, 0.5], [0.3, 0.7]])                      # means 0.2 and 0.6
    kl = lambda p, q: p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    assert losses.sparsity_kl(h, 0.05) == pytest.approx(kl(0.05, 0.2) + kl(0.05, 0.6))
    assert losses.sparsity_kl(np.full((3, 2), 0.05), 0.05) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("rho", [0, 1, -0.1, 2])
def test_a_sparsity_that_is_no_share_is_refused(rho):
    with pytest.raises(ValueError, match=f"sparsity_kl.*not {rho}"):
        losses.sparsity_kl(np.full((3, 2), 0.5), rho)


def test_mmd_is_its_double_sum():
    x, y, b = random(7, 3), random(5, 3, seed=1) + 0.3, 1.7
    k = lambda p, q: math.exp(-((p - q) ** 2).sum() / b)
    xx = np.mean([k(p, q) for i, p in enumerate(x) for j, q in enumerate(x) if i != j])
    yy = np.mean([k(p, q) for i, p in enumerate(y) for j, q in enumerate(y) if i != j])
    xy = np.mean([k(p, q) for p in x for q in y])
    assert losses.mmd(x, y, bandwidth=b) == pytest.approx(xx + yy - 2 * xy)


def test_mmd_of_one_distribution_is_zero_on_average_and_may_be_below():
    pairs = [(random(30, 2, seed=s), random(20, 2, seed=1000 + s)) for s in range(300)]
    found = [losses.mmd(x, y, bandwidth=2.0) for x, y in pairs]
    assert abs(np.mean(found)) < 4 * np.std(found) / math.sqrt(len(found)) and min(found) < 0
    assert np.mean([losses.mmd(x, y + 1, bandwidth=2.0) for x, y in pairs]) > 0.1


def test_the_bandwidth_is_the_median_squared_distance():
    x, y = random(7, 3), random(5, 3, seed=1)
    both = np.concatenate([x, y])
    pairs = [((p - q) ** 2).sum() for i, p in enumerate(both) for j, q in enumerate(both) if i != j]
    assert losses.median_bandwidth(x, y) == pytest.approx(np.median(pairs))
    assert losses.mmd(x, y) == pytest.approx(losses.mmd(x, y, bandwidth=np.median(pairs)))


def test_the_bandwidth_is_held_constant():
    x, y = random(7, 3), random(5, 3, seed=1)
    fixed = losses.median_bandwidth(x, y)
    found = slope(lambda t: losses.mmd(t, y), x)
    np.testing.assert_allclose(found, slope(lambda t: losses.mmd(t, y, fixed), x))


@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-9), (np.float32, 1e-3)])
def test_mmd_does_not_depend_on_where_the_origin_is(dtype, tolerance):
    x, y = random(30, 2).astype(dtype), (random(20, 2, seed=1) + 1).astype(dtype)
    assert abs(losses.mmd(x + 100, y + 100) - losses.mmd(x, y)) < tolerance


def test_mmd_of_equal_points_is_a_number():
    assert losses.mmd(np.ones((3, 2)), np.ones((4, 2))) == pytest.approx(0)
    assert np.isfinite(slope(lambda x: losses.mmd(x, np.ones((4, 2))), np.ones((3, 2)))).all()


@pytest.mark.parametrize("x, y", [((3, 1, 2), (3, 1, 2)), ((3, 2), (3, 1)), ((1, 2), (3, 2)), ((3,), (3,))])
def test_samples_that_mmd_cannot_compare_are_refused(x, y):
    with pytest.raises(ValueError, match=r"^mmd\(.*\(N, D\)"):
        losses.mmd(np.zeros(x), np.zeros(y))


# --- generative adversarial networks ------------------------------------------------------------------------

def test_gan_losses_are_their_definitions():
    real, fake = random(5, 1), random(3, 1, seed=1)
    d = lambda s: 1 / (1 + np.exp(-s))
    value = np.log(d(real)).mean() + np.log(1 - d(fake)).mean()
    assert losses.gan_value(real, fake) == pytest.approx(value)
    assert losses.gan_discriminator(real, fake) == pytest.approx(-value)
    assert losses.gan_minimax(fake) == pytest.approx(np.log(1 - d(fake)).mean())
    assert losses.gan_non_saturating(fake) == pytest.approx(-np.log(d(fake)).mean())


def test_the_value_of_the_game_is_minus_log_4_where_nothing_can_be_told_apart():
    assert losses.gan_value(np.zeros((5, 1)), np.zeros((3, 1))) == pytest.approx(-math.log(4))


def test_the_best_discriminator_is_at_the_ratio_of_the_densities():
    s = np.full((1, 1), math.log(3.0))          # three real examples to a fake one: D* = p/(p + q) = ¾
    total = 0.75 * slope(lambda s: losses.gan_discriminator(s, np.zeros((1, 1))), s) + \
        0.25 * slope(lambda s: losses.gan_discriminator(np.zeros((1, 1)), s), s)
    assert abs(total.item()) < 1e-12


def test_the_slopes_of_the_generators_losses_are_minus_d_and_d_minus_1():
    s = random(4, 1)
    d = 1 / (1 + np.exp(-s))
    np.testing.assert_allclose(slope(losses.gan_minimax, s), -d / 4)
    np.testing.assert_allclose(slope(losses.gan_non_saturating, s), (d - 1) / 4)


def test_minimax_saturates_where_the_discriminator_is_sure_and_the_other_does_not():
    sure = np.full((1, 1), -20.0)
    assert abs(slope(losses.gan_minimax, sure)).item() < 1e-8
    assert slope(losses.gan_non_saturating, sure).item() == pytest.approx(-1)
    with np.errstate(all="raise", under="ignore"):
        for loss in losses.gan_minimax, losses.gan_non_saturating:
            assert np.isfinite(loss(np.array([[-1e4], [1e4]])))
            assert np.isfinite(slope(loss, [[-1e4], [1e4]])).all()


# --- penalties ----------------------------------------------------------------------------------------------

ENCODERS = [(7, 5), (7, 5, 3), (7, 5, 3, 2), (3, 5, 7), (5, 5, 5)]
WHOLE_MAPS = [(5, 3, 5), (3, 6, 3), (6, 5, 2, 5, 6), (2, 6, 6, 2)]      # the decoder behind the encoder


def layers(x, weights, act, linear=False):
    """What each layer gives, x first; linear: the last is."""
    outputs = [x]
    for w in weights:
        a = outputs[-1] @ w + 0.1
        outputs.append(a if linear and w is weights[-1] else act(a))
    return outputs


def slopes(outputs, derivative, linear=False):
    """φ′ of each layer, 1 behind a linear one."""
    return [h * 0 + 1 if linear and h is outputs[-1] else derivative(h) for h in outputs[1:]]


@pytest.mark.parametrize("linear", [False, True], ids=["", "linear"])
@pytest.mark.parametrize("sizes", ENCODERS + WHOLE_MAPS, ids=str)
@pytest.mark.parametrize("act, derivative", [(ops.sigmoid, lambda h: h * (1 - h)),
                                             (ops.tanh, lambda h: 1 - h * h)], ids=["sigmoid", "tanh"])
def test_the_jacobian_penalty_is_double_backward(sizes, act, derivative, linear):
    x, n = Tensor(random(4, sizes[0])), 4
    weights = [Tensor(random(a, b, seed=a) * 0.5) for a, b in zip(sizes, sizes[1:])]
    outputs = layers(x, weights, act, linear)
    by_hand = losses.jacobian_penalty(slopes(outputs, derivative, linear), weights)
    rows = [grad(outputs[-1][:, i].sum(), [x], create_graph=True)[0] for i in range(sizes[-1])]
    by_double_backward = sum((row * row).sum() for row in rows) / n         # ∂hᵢ/∂x, a unit at a time
    assert abs((by_hand - by_double_backward).numpy()) < 1e-10
    for a, b in zip(grad(by_hand, weights), grad(by_double_backward, weights)):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_the_penalty_of_one_sigmoid_layer_is_rifais_equation_5():
    h, w = np.random.default_rng(0).random((3, 5)), random(7, 5)
    expected = ((h * (1 - h)) ** 2 * (w ** 2).sum(axis=0)).sum() / 3
    assert losses.jacobian_penalty([h * (1 - h)], [w]) == pytest.approx(expected)


@pytest.mark.parametrize("derivatives, weights", [(1, 0), (0, 0), (2, 1), (1, 2)])
def test_a_jacobian_needs_a_derivative_and_a_weight_of_every_layer(derivatives, weights):
    with pytest.raises(ValueError, match="jacobian_penalty.*one of each"):
        losses.jacobian_penalty([np.ones((3, 5))] * derivatives, [np.ones((5, 5))] * weights)


def test_penalties_count_weights_and_not_biases():
    model = nn.Sequential(nn.Dense(2, 3), nn.BatchNorm(3), nn.Dense(3, 1))
    for layer in model[0], model[2]:
        layer.w.array[...] = -2
        layer.b.array[...] = 100
    assert float(losses.l1(model)) == 18 and float(losses.l2(model)) == 36
    assert float(losses.elastic_net(model, mix=0.25)) == pytest.approx(0.25 * 18 + 0.375 * 36)
    assert float(losses.elastic_net(model, mix=1)) == 18 and float(losses.elastic_net(model, mix=0)) == 18
    assert float(losses.l2([model[0].w])) == 24 and float(losses.l2(model.parameters())) == 36


def test_a_penalty_on_no_weights_is_refused():
    with pytest.raises(ValueError, match="found none"):
        losses.l2([Tensor([1.0, 2.0])])


# --- at the door --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("loss", [losses.mse, losses.squared_error, losses.bce_with_logits,
                                  losses.gaussian_nll, losses.gaussian_kl], ids=lambda f: f.__name__)
@pytest.mark.parametrize("kind", [np.float64, np.int64, np.uint8, list])
def test_a_target_of_any_kind_leaves_a_float32_model_in_float32(loss, kind):
    x, target = Tensor(np.full((3, 2), 0.5, np.float32)), np.array([[0, 1], [1, 0], [1, 1]])
    given = target.tolist() if kind is list else target.astype(kind)
    found = loss(x, given)
    assert found.dtype == grad(found, [x])[0].dtype == np.float32
    assert float(found) == pytest.approx(float(loss(x, target.astype(np.float32))))


def test_images_of_bytes_do_not_wrap_round():
    dark, light = np.zeros((2, 3), np.uint8), np.full((2, 3), 200, np.uint8)
    assert losses.mse(dark, light) == 40_000 and losses.squared_error(dark, light) == 120_000
    x = Tensor(np.ones((4, 2), np.float32))
    assert losses.mmd(x, np.zeros((3, 2))).dtype == np.float32


@pytest.mark.parametrize("loss", [
    lambda: losses.mse(np.zeros((0, 2)), np.zeros((0, 2))), lambda: losses.bce_with_logits(EMPTY, EMPTY),
    lambda: losses.squared_error(EMPTY, EMPTY), lambda: losses.gaussian_nll(EMPTY, EMPTY),
    lambda: losses.gaussian_kl(EMPTY, EMPTY), lambda: losses.cross_entropy(EMPTY, np.zeros(0, int)),
    lambda: losses.sparsity_kl(EMPTY, 0.1), lambda: losses.gan_value(EMPTY, EMPTY),
    lambda: losses.jacobian_penalty([EMPTY], [np.ones((3, 2))])],
    ids="mse bce squared nll kl cross sparsity gan jacobian".split())
def test_an_empty_batch_has_one_answer(loss):
    with pytest.raises(ValueError, match=r"float64\(0, 2\).*(none|empty)"):
        loss()


EMPTY = np.zeros((0, 2))


@pytest.mark.parametrize("loss, message", [
    (lambda: losses.bce_with_logits(Tensor(np.zeros((2, 2))), np.full((2, 2), 255.0)),
     "bce_with_logits: shares from 0 to 1.*255 to 255.*x / 255"),
    (lambda: losses.bce_with_logits(Tensor(np.zeros((2, 2))), np.full((2, 2), np.nan)), "0 to 1.*nan"),
    (lambda: losses.sparsity_kl(Tensor(np.full((2, 2), 3.0)), 0.1), "sparsity_kl: shares from 0 to 1.*3 to"),
    (lambda: losses.sparsity_kl(np.full((2, 2), -0.5), 0.1),            "sparsity_kl: shares from 0 to 1"),
    (lambda: losses.gaussian_nll(np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((4, 2, 3))),
     "log_var.*fits into x"),
    (lambda: losses.mmd(np.zeros((3, 2)), np.zeros((3, 2)), bandwidth=0), "bandwidth.*above 0, not 0"),
    (lambda: losses.elastic_net([Tensor(np.ones((2, 2)))], mix=2),      "mix is a share.*not 2"),
    (lambda: losses.jacobian_penalty([np.ones((5, 3))], [np.ones((3, 4))]),
     r"jacobian_penalty: .*\(3, 4\).*\[3\]"),
    (lambda: losses.jacobian_penalty([np.ones((5, 3)), np.ones((5, 2))], [np.ones((4, 3)), np.ones((4, 2))]),
     r"jacobian_penalty: .*\(4, 2\).*\[3, 2\]"),
    (lambda: losses.jacobian_penalty([np.ones((5, 3))], []),            "jacobian_penalty"),
])
def test_what_a_loss_cannot_take_is_said_in_a_sentence(loss, message):
    with pytest.raises(ValueError, match=message):
        loss()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_sparsity_of_a_dead_or_saturated_unit_is_finite_and_so_is_its_gradient(dtype):
    h = Tensor(np.array([[0, 1, 0.5], [0, 1, 0.7]], dtype))
    loss = losses.sparsity_kl(h, 0.05)
    g, = grad(loss, [h])
    assert np.isfinite(float(loss)) and np.isfinite(g).all()
    assert (g[:, 0] < 0).all() and (g[:, 1:] > 0).all()         # the dead one is woken, the others calmed
    rho, other = np.array([0.05, 0.2]), np.array([[0.05, 0.3], [0.05, 0.1]])
    assert float(losses.sparsity_kl(other[:, :1], 0.05)) == pytest.approx(0, abs=1e-12)
    assert losses.sparsity_kl(other[:, 1:], 0.05) == pytest.approx(
        rho[0] * math.log(rho[0] / 0.2) + 0.95 * math.log(0.95 / 0.8))
