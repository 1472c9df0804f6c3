"""The tape: what is recorded, what is walked, what is kept, and what is refused."""
import gc
import time
import weakref

import numpy as np
import pytest

from minidl import Tensor, functions, grad, no_grad, ops, primitive
from minidl.tensor import describe, pullback, tape, value


def leaf(*shape):
    return Tensor(np.random.default_rng(0).standard_normal(shape))


# --- what a Tensor holds ------------------------------------------------------------------------------------

@pytest.mark.parametrize("given, dtype", [
    ([1, 2], "float32"), (3, "float32"), (2.5, "float32"), ([[1.5], [2]], "float32"), (True, "float32"),
    (np.arange(3), "float32"), (np.arange(3, dtype=np.uint8), "float32"), (np.array([True]), "float32"),
    (np.float64(3), "float64"), (np.float32(3), "float32"), (np.zeros(2), "float64"),
    (np.zeros(2, "f"), "float32"), (np.zeros(2, np.float16), "float16"), (np.int64(3), "float32")])
def test_numbers_are_float32_unless_they_are_an_array_of_floats(given, dtype):
    t = Tensor(given)
    assert t.dtype == dtype and t.shape == np.shape(given) and isinstance(t.array, np.ndarray)
    np.testing.assert_array_equal(t.array, given)


def test_a_tensor_holds_the_array_itself_and_leaves_it_writable():
    a = np.ones(3)
    t = Tensor(a)
    (t * t).sum().backward()
    assert t.array is a and a.flags.writeable


@pytest.mark.parametrize("given", [1j, [1j], np.ones(2, complex), "a", ["a"], None, np.array([None])])
def test_what_is_no_real_number_is_refused(given):
    with pytest.raises(TypeError, match="floating-point numbers"):
        Tensor(given)


def test_a_tensor_of_a_tensor_is_refused():
    with pytest.raises(TypeError, match=r"Tensor\(t.array\)"):
        Tensor(Tensor([1]))
    with pytest.raises(TypeError):
        Tensor([Tensor([1.0]), Tensor([2.0])])


def test_its_numbers_come_out():
    t = Tensor([[1, 2, 3], [4, 5, 6]])
    assert (t.shape, t.ndim, t.size, len(t), t.dtype) == ((2, 3), 2, 6, 2, np.float32)
    assert float(t[1, 2]) == t[1, 2].item() == 6 and float(Tensor(2.5)) == 2.5
    copy = t.numpy()
    copy[:] = 0
    assert t.array.sum() == 21
    assert [row.array.tolist() for row in t] == [[1, 2, 3], [4, 5, 6]]
    with pytest.raises((TypeError, ValueError)):
        t.item()


def test_it_slices_as_an_array_does():
    a = np.arange(24.0).reshape(2, 3, 4)
    t = Tensor(a)
    for i in (0, -1, slice(1), (1, 2), (..., 0), (None, 1), (slice(None), slice(None, None, -1)), [0, 1, 1],
              (0, [2, 0]), a > 5, (slice(None), np.array([0, 2]), 1), np.int64(1), ()):
        np.testing.assert_array_equal(t[i].array, a[i])


def test_comparisons_give_mask_arrays():
    t, a = Tensor([1, 2, 3]), np.array([3, 2, 1])
    for mask, expected in ((t > 2, [0, 0, 1]), (t >= 2, [0, 1, 1]), (t < 2, [1, 0, 0]), (t <= 2, [1, 1, 0]),
                           (t > a, [0, 0, 1]), (a > t, [1, 0, 0]), (t <= Tensor(a.astype("f")), [1, 1, 0])):
        assert type(mask) is np.ndarray and mask.dtype == bool and mask.tolist() == expected


def test_operators_of_arrays_numbers_and_tensors_mix():
    t, a = Tensor(np.array([0.3, 1.7, 2.9])), np.full(3, 2.0)
    for f in (lambda t: a + t, lambda t: a * t, lambda t: a - t, lambda t: a / t, lambda t: a ** t,
              lambda t: t + a, lambda t: t * a, lambda t: t - a, lambda t: t / a, lambda t: t ** a,
              lambda t: 2 + t, lambda t: 2 * t, lambda t: 2 - t, lambda t: 2 / t, lambda t: 2 ** t,
              lambda t: t + 2, lambda t: t * 2, lambda t: t - 2, lambda t: t / 2, lambda t: t ** 2,
              lambda t: a @ t, lambda t: t @ a, lambda t: -t, lambda t: abs(t), lambda t: np.float64(2) * t):
        assert type(f(t)) is Tensor
        np.testing.assert_array_equal(f(t).array, f(t.array))


def test_updating_operators_make_a_new_tensor():
    t = start = leaf(3)
    t += 1
    assert t is not start and t.op is ops.add and start.op is None
    a = np.ones(3)
    with pytest.raises(TypeError):
        a += start                              # an array cannot become a Tensor in place


def test_its_methods_are_those_of_an_array():
    t = leaf(2, 3, 5)
    for name, args in (("sum", ()), ("mean", ()), ("max", ()), ("min", ()), ("var", ()), ("reshape", (5, -1)),
                       ("reshape", ((5, 6),)), ("transpose", ()), ("transpose", (2, 0, 1)),
                       ("transpose", ((2, 0, 1),)), ("swapaxes", (0, 2))):
        np.testing.assert_allclose(getattr(t, name)(*args).array, getattr(t.array, name)(*args), rtol=1e-14)
    for name in ("sum", "mean", "max", "min", "var"):
        for axis in (0, -1, (0, 2)):
            np.testing.assert_allclose(getattr(t, name)(axis=axis, keepdims=True).array,
                                       getattr(t.array, name)(axis=axis, keepdims=True), rtol=1e-13)


def test_it_prints_its_numbers_its_shape_and_what_made_it():
    assert repr(Tensor([1, 2.5])) == "Tensor([1.  2.5], shape=(2,), float32)"
    assert repr(Tensor([1]) * 2) == "Tensor([2.], shape=(1,), float32, from=multiply)"
    assert len(repr(Tensor(np.zeros((100, 100))))) < 1000
    assert describe(np.ones((2, 3), "f")) == "float32(2, 3)" and describe(3) == "3"


# --- the tape -----------------------------------------------------------------------------------------------

def test_results_remember_the_operation_the_inputs_and_the_settings():
    x, a = leaf(2, 3), np.ones(3)
    z = ops.sum(x * a, axis=1)
    assert z.op is ops.sum and z.params == {"axis": 1} and z.inputs[0].inputs == (x, a)
    assert x.op is None and x.inputs == () and x.serial < z.inputs[0].serial < z.serial
    assert tape(z) == [x, z.inputs[0], z]


def test_arrays_alone_leave_no_tape():
    assert type(ops.add(np.ones(2), 1)) is np.ndarray


def test_value_is_the_array_inside():
    t = leaf(2)
    assert value(t) is t.array and value(3) == 3


def test_backward_fills_the_leaves_and_only_the_leaves():
    x, w = leaf(3), leaf(3)
    y = x * w
    z = y.sum()
    z.backward()
    np.testing.assert_array_equal(x.grad, w.array)
    np.testing.assert_array_equal(w.grad, x.array)
    assert y.grad is None and z.grad is None


def test_a_second_backward_adds_on_leaves_and_never_on_stale_intermediates():
    x = Tensor(np.array(3.0))
    y = x * x
    z = y * x + y                               # x³ + x², slope 33 at 3
    z.backward()
    assert x.grad == 33
    z.backward()
    assert x.grad == 66


def test_gradients_of_two_losses_add_up():
    x = leaf(3)
    (2 * x).sum().backward()
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, 2 + 2 * x.array)


def test_a_diamond_is_walked_once():
    x = Tensor(np.array([1.0]))
    y = x
    for _ in range(60):                         # 2⁶⁰ paths
        y = (y + y) * 0.5
    start = time.perf_counter()
    assert grad(y.sum(), [x])[0].tolist() == [1]
    assert time.perf_counter() - start < 1


def test_unequal_arms_of_a_diamond_meet_complete():
    x = Tensor(np.array(2.0))
    a = x * 3
    b = ops.exp(ops.log(a * a))                 # a² by a longer way
    assert grad(a * b, [x])[0] == pytest.approx(3 * 27 * 4)     # (27 x³)′ = 81 x²


def test_a_chain_of_50000_steps_has_a_gradient_and_is_freed():
    x = Tensor(np.ones(2))
    y = x
    for _ in range(50_000):
        y = y * 1.0
    assert grad(y.sum(), [x])[0].tolist() == [1, 1]
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]
    del y                                       # no recursion here either


def test_memory_is_freed_without_the_garbage_collector():
    class Watched(np.ndarray):
        pass
    gc.collect()
    gc.disable()
    try:
        x, a = leaf(3), np.ones(3).view(Watched)
        gone = weakref.ref(a)
        y = ops.exp(functions.relu(x * a)).sum()
        y.backward()
        gx, = grad(y, [x], create_graph=True)
        grad(gx.sum(), [x])
        del a, y, gx
        assert gone() is None
    finally:
        gc.enable()


def test_an_unwanted_rule_is_never_called(monkeypatch):
    x, w = leaf(2, 3), leaf(3, 2)
    never = lambda *args, **params: pytest.fail("this gradient was not asked for")
    monkeypatch.setattr(ops.matrix_product, "vjps", (ops.matrix_product.vjps[0], never))
    grad((x @ w).sum(), [x])
    (x @ w.array).sum().backward()              # a constant has no gradient either
    monkeypatch.setattr(ops.exp, "vjps", (never,))
    side = ops.exp(w).sum()
    grad((x * 2).sum() + side, [x])             # nor has a branch that leads nowhere wanted


def test_grad_freezes_what_it_is_not_asked_for():
    x, w = leaf(3), leaf(3)
    y = (x * w).sum()
    g, = grad(y, [x])
    np.testing.assert_array_equal(g, w.array)
    assert type(g) is np.ndarray and x.grad is None and w.grad is None


def test_grad_reaches_intermediate_results_and_the_result_itself():
    x = leaf(3)
    y = x * 2
    z = (y * y).sum()
    gz, gy, gx = grad(z, [z, y, x])
    assert gz == 1
    np.testing.assert_allclose(gy, 2 * y.array)
    np.testing.assert_allclose(gx, 4 * y.array)


def test_pullback_starts_from_any_gradient_of_the_right_shape():
    x = leaf(2, 3)
    v = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(pullback(x * 3, v)[x], 3 * v)
    np.testing.assert_array_equal(pullback(x * 3, Tensor(v), create_graph=True)[x].array, 3 * v)


def test_create_graph_gives_tensors_that_can_be_differentiated():
    x, w = leaf(3), leaf(3)
    g, = grad((x * x * w).sum(), [x], create_graph=True)        # 2 x w
    assert type(g) is Tensor
    gx, gw = grad(g.sum(), [x, w])
    np.testing.assert_allclose(gx, 2 * w.array)
    np.testing.assert_allclose(gw, 2 * x.array)


def test_a_gradient_penalty_trains_through_the_gradient():
    x, w = leaf(5, 3), leaf(3, 1)
    g, = grad(ops.tanh(x @ w).sum(), [x], create_graph=True)
    ((g * g).sum()).backward()
    x, w, found = x.array, w.array[:, 0], w.grad[:, 0]
    t = np.tanh(x @ w)
    slope, bend = 1 - t * t, -2 * t * (1 - t * t)               # the penalty is Σ slope² ‖w‖²
    np.testing.assert_allclose(found, 2 * (slope * bend) @ x * (w @ w) + 2 * (slope @ slope) * w, rtol=1e-12)


def test_nothing_is_recorded_inside_no_grad():
    x = leaf(3)
    with no_grad():
        y = x * 2
        assert y.op is None and y.inputs == ()
        with no_grad():
            pass
        assert (x * 2).op is None               # leaving the inner one does not start recording
    assert (x * 2).op is ops.multiply
    with pytest.raises(RuntimeError), no_grad():
        raise RuntimeError
    assert (x * 2).op is ops.multiply           # an error on the way out does start it again


# --- what is refused ----------------------------------------------------------------------------------------

def test_assignment_in_place_is_refused_with_the_alternative():
    t = leaf(3)
    with pytest.raises(TypeError, match="in place.*where.*concatenate.*t.array"):
        t[0] = 1.0


@pytest.mark.parametrize("act", [np.exp, np.asarray, np.array, np.sum, np.mean, np.concatenate, np.dot,
                                 lambda t: np.maximum(t, 0), lambda t: np.add(1, t),
                                 lambda t: np.stack([t, t])],
                         ids=lambda f: f.__name__)
def test_numpys_functions_refuse_a_tensor(act):
    with pytest.raises(TypeError):
        act(leaf(3, 3))


def test_numpys_functions_say_what_to_use_instead():
    for act in np.asarray, np.sum, np.concatenate:
        with pytest.raises(TypeError, match="t.numpy"):
            act(leaf(3))


def test_a_gradient_starts_from_one_number():
    with pytest.raises(ValueError, match=r"shape \(2, 3\).*sum it"):
        (leaf(2, 3) * 2).backward()
    with pytest.raises(ValueError, match="sum it"):
        grad(leaf(3) * 2, [])


def test_a_gradient_to_start_from_has_the_shape_of_the_result():
    for g in (np.ones(3), np.ones((1, 3)), np.ones((2, 2, 3))):
        with pytest.raises(ValueError):
            pullback(leaf(2, 3) * 2, g)


def test_an_unrelated_tensor_is_refused():
    x, y = leaf(2), leaf(3)
    with pytest.raises(ValueError, match=r"does not depend on xs\[1\], of shape \(3,\)"):
        grad(x.sum(), [x, y])
    with no_grad():
        z = x.sum()
    with pytest.raises(ValueError, match="no_grad"):
        grad(z, [x])


def test_backward_of_what_was_not_computed_is_refused():
    with no_grad():
        y = leaf(2).sum()
    for t in y, Tensor(1.0):
        with pytest.raises(ValueError, match="no_grad"):
            t.backward()


def test_the_gradient_of_an_array_is_refused():
    with pytest.raises(TypeError, match="not computed from any Tensor"):
        grad(ops.sum(np.ones(3)), [leaf(3)])


def test_a_mask_that_is_a_tensor_has_no_derivative():
    x = leaf(3)
    with pytest.raises(TypeError, match="no derivative by its input 1"):
        _constant_second(x, x).sum().backward()


@primitive
def _constant_second(x, y):
    return x * 1.0
_constant_second.vjps = (lambda g, z, x, y: g, None)


@primitive
def _wrong_shape(x):
    return x * 2
_wrong_shape.vjps = (lambda g, z, x: g.sum(),)


def test_a_rule_that_returns_the_wrong_shape_is_named():
    with pytest.raises(ValueError, match=r"_wrong_shape.*shape \(\).*input 0, of shape \(3,\)"):
        _wrong_shape(leaf(3)).sum().backward()


@pytest.mark.parametrize("act, message", [
    (lambda: leaf(2, 3) @ leaf(2, 3),               r"^matrix_product\(float64\(2, 3\), float64\(2, 3\)\): "),
    (lambda: leaf(2, 3) + np.ones(2),               r"^add\(float64\(2, 3\), float64\(2,\)\): "),
    (lambda: leaf(2, 3).reshape(4),                 r"^reshape\(float64\(2, 3\)\): "),
    (lambda: leaf(2, 3).sum(axis=2),                r"^sum\(float64\(2, 3\)\): "),
    (lambda: ops.concatenate([leaf(2), leaf(2, 3)]), r"^join\(float64\(2,\), float64\(2, 3\)\): "),
    (lambda: leaf(2)["a"],                          r"^\w+\(float64\(2,\).*\): "),
    (lambda: leaf(2)[5],                            r"^cut\(float64\(2,\)\): "),
    (lambda: leaf(2)[[5]],                          r"^take\(float64\(2,\)\): "),
    (lambda: ops.expand_dims(leaf(2, 3), 3),        r"axis 3"),
], ids="matmul add reshape sum concatenate word cut take expand_dims".split())
def test_errors_name_the_operation_and_the_shapes(act, message):
    with pytest.raises((ValueError, IndexError, TypeError), match=message):
        act()


def test_iteration_ends_because_an_index_error_stays_one():
    with pytest.raises(IndexError):
        leaf(3)[3]


def test_a_tensor_is_compared_by_identity():
    a, b = Tensor([1.0]), Tensor([1.0])
    assert a != b and len({a, b}) == 2 and a in [b, a]


def test_a_student_can_write_a_primitive():
    @primitive
    def cube(x):
        return x ** 3
    cube.vjps = (lambda g, z, x: g * 3 * x * x,)
    x = Tensor(np.array([2.0]))
    g, = grad(cube(x).sum(), [x], create_graph=True)
    assert g.numpy().tolist() == [12] and grad(g.sum(), [x])[0].tolist() == [12]
    assert cube.__name__ == "cube" and cube(np.array([2.0])).tolist() == [8]
