"""The tape: what is recorded, what is walked, what is kept, and what is refused."""
import copy
import gc
import pickle
import subprocess
import sys
import threading
import time
import weakref
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest

from minidl import Tensor, functions, grad, linalg, losses, nn, no_grad, ops, optim, primitive, recording
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


def test_a_tensor_is_compared_by_its_numbers_and_found_by_what_it_is():
    a, b, c = Tensor([1.0, 2.0]), Tensor([1.0, 3.0]), np.array([0.0, 2.0])
    assert (a == b).tolist() == [True, False] and (a != b).tolist() == [False, True]
    assert (a == c).tolist() == (c == a).tolist() == [False, True] and (a == 1).tolist() == [True, False]
    assert (a == b).mean() == 0.5 and bool(Tensor(0.0) == 0) and 2.0 in a and 5.0 not in a
    assert len({a, Tensor([1.0, 2.0]), a}) == 2 and {a: "a", b: "b"}[b] == "b"


def test_a_student_can_write_a_primitive():
    @primitive
    def cube(x):
        return x ** 3
    cube.vjps = (lambda g, z, x: g * 3 * x * x,)
    x = Tensor(np.array([2.0]))
    g, = grad(cube(x).sum(), [x], create_graph=True)
    assert g.numpy().tolist() == [12] and grad(g.sum(), [x])[0].tolist() == [12]
    assert cube.__name__ == "cube" and cube(np.array([2.0])).tolist() == [8]


# --- a graph has an age -------------------------------------------------------------------------------------

def test_a_graph_that_is_older_than_a_step_is_never_differentiated():
    w = Tensor([2.0])
    y, optimiser = (w * w * w).sum(), optim.SGD([w], 0.1)
    y.backward()
    optimiser.step()
    with pytest.raises(ValueError, match=r"multiply: input \d, float32\(1,\), has been changed.*step"):
        y.backward()
    with pytest.raises(ValueError, match="has been changed"):
        grad(y, [w], create_graph=True)
    fresh = (w * w * w).sum()
    assert grad(fresh, [w])[0] == pytest.approx(3 * w.array ** 2)


def test_two_players_losses_taken_before_one_of_them_steps_are_refused():
    G, D = nn.Dense(2, 2), nn.Dense(2, 1)
    fake = G(np.ones((3, 2), np.float32))
    d_loss, g_loss = losses.gan_minimax(D(fake)), losses.gan_non_saturating(D(fake))
    optimiser = optim.SGD(D.parameters(), 0.1)
    d_loss.backward()
    optimiser.step()
    for ask in (g_loss.backward, lambda: grad(g_loss, G.parameters())):         # G's rule needs D's weights
        with pytest.raises(ValueError, match="has been changed"):
            ask()


def test_a_step_by_hand_makes_a_graph_too_old_as_well():
    w = Tensor([2.0])
    y = (w * w).sum()
    y.backward()
    w.array -= 0.1 * w.grad
    with pytest.raises(ValueError, match="has been changed"):
        y.backward()
    y = (w * w).sum()
    w.array = np.ones(1, np.float32)
    with pytest.raises(ValueError, match="has been changed"):
        y.backward()
    y = (w * w).sum()
    optim.SGD([w], 0.1)                         # takes a copy of the same numbers
    y.backward()


def test_a_parameter_without_a_gradient_does_not_age():
    a, b = Tensor([1.0]), Tensor([2.0])
    y, optimiser = (b * 3).sum(), optim.SGD([a, b], 0.1)
    (a * a).sum().backward()
    optimiser.step()                            # changes a alone
    assert grad(y, [b])[0] == 3


def test_a_copied_or_unpickled_graph_has_its_gradient():
    x = Tensor(np.array([2.0, 3.0]))
    y = (x * x * x).sum()
    for same in (copy.deepcopy((x, y)), pickle.loads(pickle.dumps((x, y)))):
        assert grad(same[1], [same[0]])[0].tolist() == [12, 27]
        same[1].backward()
        assert same[0].grad.tolist() == [12, 27] and x.grad is None


def test_a_graph_unpickled_in_another_process_has_its_gradient(tmp_path):
    x = Tensor(np.array([2.0, 3.0]))
    for _ in range(100):
        x = Tensor(x.array)                     # its number is higher than any in the new process
    (tmp_path / "graph").write_bytes(pickle.dumps((x, (x * x).sum())))
    code = ("import pickle; from minidl import grad; "
            f"x, y = pickle.load(open({str(tmp_path / 'graph')!r}, 'rb')); "
            "print(grad(y, [x])[0].tolist(), grad((y * x).sum(), [x])[0].tolist())")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[4.0, 6.0] [33.0, 43.0]", done.stderr


# --- numbers ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("f", [
    lambda w: w * np.sqrt(2.0), lambda w: np.float64(2) * w, lambda w: w / np.arange(3.0).mean(),
    lambda w: w ** np.int64(2), lambda w: np.linspace(0, 1, 11)[5] * w.sum(), lambda w: w + np.float64(1),
    lambda w: functions.leaky_relu(w, slope=np.float64(0.2)), lambda w: ops.pad(w, ((1, 1),), np.float64(1)),
    lambda w: functions.batch_norm(w.reshape(3, 1), Tensor([1.0]), Tensor([0.0]), np.float64(1e-5)),
    lambda w: ops.clip(w, np.float64(-0.5), np.float64(0.5)),
    lambda w: ops.where(w.array > 0, w, np.float64(0)),
], ids="sqrt left mean power linspace add slope fill eps clip where".split())
def test_numpys_scalars_are_numbers_and_float32_stays_float32(f):
    w = Tensor(np.array([0.3, -0.7, 1.1], np.float32))
    y = f(w)
    g, = grad(y.sum(), [w], create_graph=True)
    assert y.dtype == g.dtype == np.float32
    (g * g).sum().backward() if g.inputs else None
    assert w.grad is None or w.grad.dtype == np.float32


def test_complex_numbers_are_refused_wherever_they_meet_a_tensor():
    for act in (lambda t: t * 1j, lambda t: np.complex64(1j) * t, lambda t: t + (1 + 2j)):
        with pytest.raises(TypeError, match="complex"):
            act(leaf(3))


def test_a_number_formats_rounds_and_converts_as_numbers_do():
    for t in Tensor(2.345), Tensor([2.345]), Tensor([[2.345]]):
        assert (f"{t:.1f}", f"{t:8.3f}", int(t), round(t, 1)) == ("2.3", "   2.345", 2, 2.3)
        assert float(t) == t.item() == np.float32(2.345)
    assert round(Tensor(2.6)) == 3 and f"{leaf(3)}" == str(leaf(3))
    for act in (lambda t: f"{t:.2f}", float, int, round, Tensor.item):
        with pytest.raises(ValueError, match=r"shape \(3,\) is no single number.*t.numpy"):
            act(leaf(3))


def test_a_number_does_not_iterate():
    for act in (list, sum, lambda t: [*t]):
        with pytest.raises(TypeError, match=r"shape \(\) does not iterate.*float\(t\)"):
            act(Tensor(3.0))
    assert [float(row.sum()) for row in Tensor([[1, 2], [3, 4]])] == [3, 7]


# --- gradients belong to their leaf -------------------------------------------------------------------------

@pytest.mark.parametrize("f", [
    lambda a, b: ((a + b) ** 2).sum(), lambda a, b: (a.T.T + b).sum(), lambda a, b: a.sum() + b.sum(),
    lambda a, b: (a.reshape(-1) + b.reshape(-1)).sum(), lambda a, b: ops.concatenate([a, b]).sum(),
    lambda a, b: (a[0] * b[1]).sum(), lambda a, b: (a - b).mean()], ids=range(7))
def test_a_leafs_gradient_is_its_own_writable_array(f):
    a, b = leaf(2, 3), leaf(2, 3)
    f(a, b).backward()
    before = b.grad.copy()
    assert not np.shares_memory(a.grad, b.grad)
    a.grad *= 0
    b.grad += 0
    np.testing.assert_array_equal(b.grad, before)
    f(a, b).backward()
    np.testing.assert_array_equal(b.grad, 2 * before)


def test_the_gradient_of_a_number_is_an_array():
    x = Tensor(3.0)
    for _ in range(2):
        (x * x).backward()
        assert type(x.grad) is np.ndarray and x.grad.shape == ()


# --- recording is off for who asked ------------------------------------------------------------------------

def test_two_blocks_of_no_grad_that_overlap_leave_nothing_behind():
    x, a, b = leaf(3), no_grad(), no_grad()
    a.__enter__(), b.__enter__(), a.__exit__(None, None, None)
    assert (x * 2).op is None
    b.__exit__(None, None, None)
    assert (x * 2).op is ops.multiply


def test_a_generator_in_no_grad_leaves_its_consumer_alone():
    x = leaf(3)

    def codes():
        with no_grad():
            for k in range(3):
                y = x * k
                assert y.op is None             # also after the consumer has recorded
                yield y.array
    stream = codes()
    next(stream)
    assert (x * 2).op is ops.multiply           # while it waits
    with no_grad():
        next(stream)
        assert (x * 2).op is None
    assert all((x * 2).op is ops.multiply for _ in stream)
    half_done = codes()
    next(half_done)
    del half_done
    assert (x * 2).op is ops.multiply and not recording.blocks


def test_a_context_manager_lends_its_no_grad_and_a_function_may_be_decorated():
    x = leaf(3)

    @contextmanager
    def watching():
        with no_grad():
            yield
    with watching():
        assert (x * 2).op is None
    with ExitStack() as stack:
        stack.enter_context(no_grad())
        assert (x * 2).op is None
    assert no_grad()(lambda: x * 2)().op is None and (x * 2).op is ops.multiply


def test_a_thread_that_predicts_does_not_stop_another_from_recording():
    x, stop = leaf(3), threading.Event()

    def predict():
        while not stop.is_set():
            with no_grad():
                x * 2
    thread = threading.Thread(target=predict)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        found = [grad((x * x * x).sum(), [x])[0] for _ in range(1000)]
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(before)
    np.testing.assert_allclose(found, [3 * x.array ** 2] * 1000)


# --- what one types from habit ------------------------------------------------------------------------------

@pytest.mark.parametrize("act, message", [
    (lambda x: grad((x * x).sum(), x),                      r"xs is a list.*grad\(y, \[x\]\)"),
    (lambda x: grad(grad((x * x).sum(), [x])[0].sum(), [x]), "create_graph=True"),
    (lambda x: _one_rule(x).sum().backward(),               r"_one_rule: vjps is a tuple.*\(rule,\)"),
    (lambda x: _no_rule(x).sum().backward(),                r"_no_rule: vjps is a tuple"),
    (lambda x: _too_few(x, x).sum().backward(),             r"_too_few: vjps is a tuple with one rule"),
    (lambda x: Tensor([1.0], requires_grad=True),           "every Tensor is differentiated by"),
    (lambda x: x.sum(dim=0),                                r"sum\(float64\(3,\)\).*axis"),
    (lambda x: optim.SGD([x], lr=0.1),                      "SGD: lr is called learning_rate"),
    (lambda x: optim.SGD(x, 0.1),                           r"SGD takes a list of Tensors.*\[w, b\]"),
    (lambda x: optim.clip_grad_norm(x, 1.0),                "clip_grad_norm takes a list of Tensors"),
    (lambda x: optim.Adam(nn.Dense(2, 2)),                  r"Adam takes a list.*model.parameters\(\)"),
    (lambda x: optim.SGD([x * 1], 0.1),                     "SGD takes Tensors that you made, .*multiply"),
    (lambda x: optim.SGD([np.ones(3)], 0.1),                "SGD takes Tensors that you made"),
    (lambda x: losses.l2(leaf(2, 2)),                       "l2 takes a list of Tensors"),
    (lambda x: losses.l1([leaf(2, 2) * 1]),                 "l1 takes Tensors that you made"),
    (lambda x: nn.Sequential([nn.ReLU()]),                  r"layer 0 is list.*Sequential\(\*layers\)"),
    (lambda x: nn.Sequential(nn.ReLU),                      r"layer 0 is the class ReLU.*ReLU\(\)"),
], ids="list create rule none few requires dim lr lone clip model result array l2 l1 layers class".split())
def test_what_is_typed_from_habit_gets_a_sentence(act, message):
    with pytest.raises(TypeError, match=message):
        act(leaf(3))


def test_a_parameter_twice_in_a_list_is_refused():
    w = leaf(2, 2)
    for act in (lambda: optim.SGD([w, w], 0.1), lambda: losses.l2([w, w])):
        with pytest.raises(ValueError, match="twice"):
            act()


@pytest.mark.parametrize("name, here", [
    ("detach", "t.array"), ("view", "t.reshape"), ("exp", r"ops.exp\(t\)"), ("argmax", "t.array.argmax"),
    ("requires_grad", "a Tensor is for")])
def test_attributes_of_other_libraries_are_named_as_they_are_here(name, here):
    with pytest.raises(AttributeError, match=f"no '{name}': here it is .*{here}"):
        getattr(leaf(3), name)
    assert not hasattr(leaf(3), "no_such_thing")


def test_a_step_written_on_the_tensor_is_refused_with_the_way_to_write_it():
    w = leaf(3)
    (w * w).sum().backward()
    with pytest.raises(TypeError, match=r"w.array -= 0.1 \* w.grad"):
        w -= 0.1 * w.grad
    with no_grad():
        w -= 0.1 * w.grad                       # here it makes a new leaf, as intended
    (w * w).sum().backward()
    assert w.grad is not None


def _primitive(*rules, name):
    def f(x, *others):
        return x * 1.0
    f.__name__ = name
    op = primitive(f)
    op.vjps = rules[0] if name == "_one_rule" else rules
    return op


_one_rule = _primitive(lambda g, z, x: g, name="_one_rule")
_no_rule = _primitive(name="_no_rule")
_too_few = _primitive(lambda g, z, x, y: g, name="_too_few")


# --- nothing at all -----------------------------------------------------------------------------------------

def test_arrays_of_no_numbers_have_gradients_of_no_numbers():
    a, b = Tensor(np.zeros((4, 1, 0))), Tensor(np.zeros((0, 2)))
    y = a @ b
    assert y.shape == (4, 1, 2) and [g.shape for g in grad(y.sum(), [a, b])] == [(4, 1, 0), (0, 2)]


def test_the_mean_of_nothing_is_refused():
    for f in (ops.mean, ops.var, ops.std):
        with pytest.raises(ValueError, match=r"mean\(float64\(0, 3\)\).*empty"):
            f(leaf(0, 3))


def test_logsumexp_of_nothing_but_minus_infinity_is_minus_infinity():
    x = np.array([[-np.inf, -np.inf], [0.0, -np.inf], [np.inf, 0.0]])
    assert ops.logsumexp(x).ravel().tolist() == [-np.inf, 0, np.inf]


def test_the_new_methods_are_those_of_an_array():
    t = leaf(2, 3, 5)
    for name, settings in (("std", {}), ("std", {"axis": (0, 2)}), ("prod", {}), ("prod", {"axis": 1}),
                           ("prod", {"axis": (0, -1), "keepdims": 1}), ("std", {"axis": 1, "keepdims": 1})):
        np.testing.assert_allclose(getattr(t, name)(**settings).array, getattr(t.array, name)(**settings))
    np.testing.assert_array_equal(t.clip(-0.3, 0.4).array, t.array.clip(-0.3, 0.4))


def test_solve_and_logdet_are_numpys():
    a, b = leaf(3, 3).array + 2 * np.eye(3), leaf(3, 2).array
    np.testing.assert_allclose(a @ linalg.solve(a, Tensor(b)).array, b, atol=1e-12)
    assert float(linalg.logdet(Tensor(a))) == pytest.approx(np.log(abs(np.linalg.det(a))))
