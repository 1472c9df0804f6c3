"""Every row of the table: its first and second derivative against central differences, in float64."""
import importlib
import inspect
import pkgutil
import sys

import numpy as np
import pytest
from cases import CASES, cotangent, first, first_is_right, numeric_first, second_is_right

import minidl
from minidl import Tensor, functions, grad, images, linalg, losses, ops

EXEMPT = {"median_bandwidth"}                   # a constant, computed from arrays


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_the_slope(name):
    assert first_is_right(name)


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_of_the_gradient_is_its_slope(name):
    assert second_is_right(name)


@pytest.mark.parametrize("name", CASES)
def test_no_row_has_a_gradient_of_zero(name):
    assert all(np.abs(g).max() > 1e-3 for g in numeric_first(name))


@pytest.mark.parametrize("name", CASES)
def test_arrays_alone_make_an_array(name):
    case = CASES[name]
    y = case.f(*case.arrays, *case.constants)
    assert not isinstance(y, Tensor)
    np.testing.assert_allclose(y, case.f(*map(Tensor, case.arrays), *case.constants).array, rtol=1e-14)


@pytest.mark.parametrize("name", CASES)
def test_no_row_writes_into_its_inputs(name):
    case = CASES[name]
    before = [a.copy() for a in case.arrays + case.constants]
    first(case, case.arrays, cotangent(name))
    for a, b in zip(case.arrays + case.constants, before):
        np.testing.assert_array_equal(a, b)
        assert a.flags.writeable


# --- the table is complete ----------------------------------------------------------------------------------

def primitives():
    """Every primitive of the package, once."""
    modules = [importlib.import_module(f"minidl.{m.name}") for m in pkgutil.iter_modules(minidl.__path__)]
    functions_ = [f for m in modules for f in vars(m).values() if inspect.isfunction(f)]
    return list(dict.fromkeys(f for f in functions_ if hasattr(f, "vjps")))


def code_reached():
    """The code of everything that the rows call, forward and backward."""
    seen = set()
    sys.setprofile(lambda frame, event, arg: seen.add(frame.f_code))
    try:
        for name in CASES:
            second_is_right(name)
    finally:
        sys.setprofile(None)
    return seen


def test_every_primitive_and_every_public_function_is_in_the_table():
    public = [f for m in (ops, images, functions, linalg, losses) for f in vars(m).values()
              if inspect.isfunction(f) and f.__module__ == m.__name__ and f.__name__[0] != "_"
              and f.__name__ not in EXEMPT]
    reached = code_reached()
    missing = {f.__name__ for f in public + primitives() if inspect.unwrap(f).__code__ not in reached}
    assert not missing, f"give these a row in tests/cases.py: {', '.join(sorted(missing))}"


def test_every_primitive_has_a_rule_for_each_input_or_one_for_all():
    for f in primitives():
        parameters = [p for p in inspect.signature(inspect.unwrap(f)).parameters.values()
                      if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert f.vjps, f"{f.__name__} has no derivative"
        assert callable(f.vjps) or len(f.vjps) <= len(parameters)


# --- what central differences cannot see: kinks and edges ---------------------------------------------------

def gradient(f, x):
    x = Tensor(np.array(x, float))
    return grad(ops.sum(f(x)), [x])[0].tolist()


def test_kinks_go_by_the_documented_conventions():
    assert gradient(functions.relu, [0.0]) == [0]
    assert gradient(ops.abs, [0.0]) == [0]
    assert gradient(functions.leaky_relu, [0.0]) == [0.01]
    assert gradient(lambda x: ops.maximum(x, 1.0), [1.0]) == [1]        # a tie goes to x
    assert gradient(lambda x: ops.maximum(1.0, x), [1.0]) == [0]
    assert gradient(lambda x: ops.minimum(x, 1.0), [1.0]) == [1]
    assert gradient(lambda x: ops.minimum(1.0, x), [1.0]) == [0]


def test_the_largest_elements_share_the_gradient_of_max():
    assert gradient(ops.max, [1.0, 3.0, 3.0]) == [0, 0.5, 0.5]
    assert gradient(ops.min, [1.0, 3.0, 1.0]) == [0.5, 0, 0.5]


def test_one_of_equal_pixels_gets_the_gradient_of_max_pooling():
    assert gradient(lambda x: images.max_pool2d(x, 2), np.ones((1, 1, 2, 2))) == [[[[1, 0], [0, 0]]]]


def test_max_pooling_pads_with_minus_infinity_and_not_with_zero():
    z = images.max_pool2d(np.full((1, 1, 3, 3), -5.0), 2, stride=2, padding=1)
    assert z.tolist() == [[[[-5, -5], [-5, -5]]]]


def test_average_pooling_counts_the_zeros_of_the_frame():
    assert images.avg_pool2d(np.ones((1, 1, 2, 2)), 2, padding=1).tolist() == [[[[0.25, 0.25], [0.25, 0.25]]]]


def test_transposing_by_negative_axes_goes_back_where_it_came_from():
    x, v = np.random.default_rng(0).standard_normal((2, 3, 3, 3))
    t = Tensor(x)
    g, = grad(ops.sum(t.transpose(0, -1, 1) * v), [t])          # axes of one size: no shape gives it away
    np.testing.assert_array_equal(g, v.transpose(0, 2, 1))


def test_where_takes_a_mask_of_whole_numbers_right_or_refuses_it():
    x, y = Tensor(np.ones(3)), Tensor(np.ones(3))
    try:
        z = ops.where(np.array([0, 1, 2]), x, y)
    except (TypeError, ValueError) as error:
        assert "where" in str(error) and "mask" in str(error)
    else:
        gx, gy = grad(ops.sum(z), [x, y])
        assert gx.tolist() == [0, 1, 1] and gy.tolist() == [1, 0, 0]


def test_a_square_has_every_derivative_at_zero():
    x = Tensor(np.zeros(2))
    g, = grad(ops.sum(x ** 2), [x], create_graph=True)
    h, = grad(ops.sum(g), [x], create_graph=True)
    assert g.numpy().tolist() == [0, 0] and h.numpy().tolist() == [2, 2]
    third = grad(ops.sum(h * x), [x])[0] - h.numpy()            # h x, so that x is reached
    assert third.tolist() == [0, 0]


def test_a_third_derivative_is_right():
    x = Tensor(np.array([0.3, -0.7]))
    y = ops.tanh(x)
    for _ in range(2):
        y, = grad(ops.sum(y), [x], create_graph=True)
    third, = grad(ops.sum(y), [x])
    t = np.tanh(x.array)
    np.testing.assert_allclose(third, (1 - t * t) * (6 * t * t - 2), rtol=1e-12)  # tanh‴


def test_functions_do_not_overflow_where_their_results_do_not():
    far = np.array([-1e4, -800.0, 800.0, 1e4])
    with np.errstate(all="raise", under="ignore"):
        assert ops.sigmoid(far).tolist() == [0, 0, 1, 1]
        assert ops.softplus(far).tolist() == [0, 0, 800, 1e4]
        assert ops.logsumexp(far).tolist() == [1e4]
        assert functions.softmax(far).tolist() == [0, 0, 0, 1]
        assert functions.log_softmax(far).tolist() == [-2e4, -10800, -9200, 0]
        for f in (ops.sigmoid, ops.softplus, ops.logsumexp, functions.softmax, functions.log_softmax):
            assert np.isfinite(gradient(f, far)).all()


def test_convolution_is_the_sum_that_defines_it():
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((2, 3, 5, 6)), rng.standard_normal((4, 3, 3, 2)), rng.standard_normal(4)
    z = images.conv2d(x, w, b, stride=(2, 1))
    expected = np.empty((2, 4, 2, 5))
    for n, o, i, j in np.ndindex(expected.shape):
        expected[n, o, i, j] = (x[n, :, 2 * i:2 * i + 3, j:j + 2] * w[o]).sum() + b[o]
    np.testing.assert_allclose(z, expected, rtol=1e-12)


@pytest.mark.parametrize("size, stride", [(5, 1), (5, 2), (6, 2), (7, 3), (4, 3)])
def test_same_padding_gives_as_many_outputs_as_strides_fit(size, stride):
    z = images.conv2d(np.ones((1, 1, size, size)), np.ones((1, 1, 3, 3)), stride=stride, padding="same")
    assert z.shape[2:] == (-(-size // stride),) * 2


def test_transposed_convolution_is_the_transpose_of_convolution():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 5, 7)), rng.standard_normal((4, 3, 3, 2))
    z = images.conv2d(x, w, stride=(2, 1))
    y = rng.standard_normal(z.shape)
    there = (z * y).sum()                                       # ⟨conv x, y⟩ = ⟨x, convᵀ y⟩
    back = (images.conv_transpose2d(y, w, stride=(2, 1)) * x).sum()
    np.testing.assert_allclose(there, back, rtol=1e-12)


def test_batch_norm_keeps_its_digits_far_from_the_origin():
    rng = np.random.default_rng(0)
    x, v = rng.standard_normal((2, 64, 3)).astype(np.float32)
    x += 1000
    found = []
    for dtype in np.float32, np.float64:
        xs = [Tensor(a.astype(dtype)) for a in (x, np.ones(3), np.zeros(3))]
        y = functions.batch_norm(*xs)
        found.append([y.array, *grad(ops.sum(y * v.astype(dtype)), xs)])
    for a, b in zip(*found):
        assert np.abs(a - b).max() < 1e-3 * np.abs(b).max()
