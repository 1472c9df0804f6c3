"""The whole library on another device: nothing slips back to the host, and the numbers are the same."""
import numpy as np
import pytest
from cases import CASES, Case, R, cotangent, dropped, first, random_like, second
from conftest import DEVICES
from device_stand_in import DeviceArray, asarray

from minidl import Tensor, backend, linalg, functions, images, losses, nn, ops, optim, rnn, schedules, train
from minidl.gradcheck import WrongGradient, check_gradients, check_model, diagnose
from minidl.tensor import elementwise, value


@pytest.mark.skipif("cupy" not in DEVICES, reason="no CuPy with a GPU here, only the stand-in")
def test_the_gpu_is_tested_too():
    backend.use("gpu")
    assert backend.name() == "gpu"


@pytest.mark.parametrize("name", CASES)
def test_every_row_is_the_same_on_the_device(name, device, monkeypatch):
    monkeypatch.setattr(backend, "_cupy", None)
    case, v, directions = CASES[name], cotangent(name), random_like(name, CASES[name].arrays)
    expected = [case.f(*map(Tensor, case.arrays), *case.constants).array,
                *first(case, case.arrays, v), *second(case, case.arrays, v, directions)]
    monkeypatch.setattr(backend, "_cupy", device.module)
    put = lambda arrays: tuple(map(device.put, arrays))
    there = Case(case.f, put(case.arrays), put(case.constants))
    found = [there.f(*map(Tensor, there.arrays), *there.constants).array,
             *first(there, there.arrays, device.put(v)),
             *second(there, there.arrays, device.put(v), put(directions))]
    for a, b in zip(found, expected, strict=True):
        device.same(a, b)


# --- layers, optimisers, training: the same run twice -------------------------------------------------------

def lenet():
    return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(2, 3, 3, stride=2), nn.Tanh(), nn.Flatten(),
                         nn.Dense(12, 5), nn.Sigmoid(), nn.Dense(5, 3))


MODELS = {
    "LeNet":        (lenet, (5, 1, 10, 10)),
    "batch norm":   (lambda: nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm(2), nn.LeakyReLU(),
                                           nn.AvgPool2d(2), nn.Flatten(), nn.Dense(18, 5, bias=False),
                                           nn.BatchNorm(5)), (5, 1, 8, 8)),
    "noise":        (lambda: nn.Sequential(nn.Dense(7, 5), nn.Dropout(0.4), nn.GaussianNoise(0.3),
                                           nn.MaskingNoise(0.2), nn.Softplus(), nn.Dense(5, 3)), (5, 7)),
    "decoder":      (lambda: nn.Sequential(nn.Reshape(2, 3, 4), nn.ConvTranspose2d(2, 3, 3, stride=2),
                                           nn.Sigmoid()),
                     (3, 2, 3, 4)),
    "RNN":          (lambda: rnn.RNN(3, 5), (2, 7, 3)),
}
OPTIMISERS = {
    "SGD":          lambda p: optim.SGD(p, 0.1, weight_decay=0.01),
    "momentum":     lambda p: optim.SGD(p, 0.1, momentum=0.9),
    "Nesterov":     lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
    "RMSProp":      lambda p: optim.RMSProp(p, 0.01, weight_decay=0.01),
    "Adam":         lambda p: optim.Adam(p, 0.01, weight_decay=0.01),
    "AdamW":        lambda p: optim.AdamW(p, 0.01),
}


def trained(make, shape, optimiser):
    """A model after two steps, and what it then holds.

    No gradient may be 0 in theory: what rounding leaves of it differs between two devices, and RMSProp and
    Adam scale it to full steps.  So the target is random (Σ y² of a normalised y never changes), and no bias
    stands before a batch norm, which would take it out again.
    """
    backend.seed(3)
    model = make()
    x = backend.normal(shape)
    target = backend.normal(value(model(x)).shape)
    opt = optimiser(model.parameters())
    for _ in range(2):
        y = model(x)
        train.train_step(lambda: losses.squared_error(y, target) + losses.l2(model), opt)
        y = model(x)
    return model, value(y), [p.grad for p in model.parameters()]


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("name", MODELS)
def test_every_layer_and_optimiser_is_the_same_on_the_device(name, optimiser, device, monkeypatch):
    model, y, gradients = trained(*MODELS[name], OPTIMISERS[optimiser])
    monkeypatch.setattr(backend, "_cupy", None)
    host_model, host_y, host_gradients = trained(*MODELS[name], OPTIMISERS[optimiser])
    reordered = name == "batch norm"            # its sums over a channel go by the order in memory
    device.same(y, host_y, reordered)
    for a, b in zip(gradients, host_gradients, strict=True):
        device.same(a, b, reordered)
    for (_, a), (_, b) in zip(model.named(), host_model.named(), strict=True):
        device.same(value(a), value(b), reordered)


def run_of_fit():
    backend.seed(5)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((10, 1, 10, 10)).astype(np.float32), rng.integers(0, 3, 10)
    model = lenet()
    terms = lambda m, x, y: {"wrong": losses.cross_entropy(m(x), y), "large": 0.01 * losses.l2(m)}
    history = train.fit(model, terms, (x, y), optimizer=optim.Adam(model.parameters()), epochs=2,
                        batch_size=5, quiet=True, validation=(x, y),
                        metrics={"accuracy": lambda m: train.accuracy(m, x, y)},
                        stop=train.EarlyStopping(5), schedule=schedules.cosine(0.01))
    return model, history


def test_shrinking_is_the_same_on_the_device(device, monkeypatch):
    w = np.random.default_rng(0).standard_normal((5, 3))
    here, there = Tensor(w), Tensor(device.put(w))
    monkeypatch.setattr(backend, "_cupy", None)
    here.array = np.array(w)
    optim.shrink([here], 0.3)
    monkeypatch.setattr(backend, "_cupy", device.module)
    optim.shrink([there], 0.3)
    device.same(there.array, here.array)


def test_a_cut_run_goes_on_and_noise_draws_on_the_device(device, tmp_path):
    def run(path, epochs):
        backend.seed(5)
        rng = np.random.default_rng(0)
        x, y = rng.standard_normal((12, 7)).astype(np.float32), rng.integers(0, 3, 12)
        model = nn.Sequential(nn.Dense(7, 5), nn.BatchNorm(5), nn.Dropout(0.3), nn.Dense(5, 3))
        train.fit(model, lambda m, x, y: losses.cross_entropy(m(x), y), (x, y), epochs=epochs, batch_size=4,
                  optimizer=optim.Adam(model.parameters()), checkpoint=path, quiet=True)
        return model, model.predict(x, noise=True)
    whole, drawn = run(tmp_path / "whole.npz", 3)
    run(tmp_path / "cut.npz", 2)
    goes_on, drawn_on = run(tmp_path / "cut.npz", 3)
    for (_, a), (_, b) in zip(whole.named(), goes_on.named(), strict=True):
        assert not isinstance(value(b), np.ndarray)
        np.testing.assert_array_equal(backend.to_host(value(a)), backend.to_host(value(b)))
    np.testing.assert_array_equal(drawn, drawn_on)


def test_fit_is_the_same_on_the_device(device, monkeypatch):
    model, history = run_of_fit()
    monkeypatch.setattr(backend, "_cupy", None)
    host_model, host_history = run_of_fit()
    for a, b in zip(model.parameters(), host_model.parameters(), strict=True):
        device.same(a.array, b.array)
    for name in host_history:
        np.testing.assert_allclose(history[name], host_history[name], rtol=0 if device.exact else 1e-4)


def test_clipping_is_the_same_on_the_device(device, monkeypatch):
    def clipped():
        t = Tensor(np.arange(3.0))
        (t * t).sum().backward()
        return optim.clip_grad_norm([t], 1.0), t.grad

    norm, gradient = clipped()
    monkeypatch.setattr(backend, "_cupy", None)
    host_norm, host_gradient = clipped()
    assert float(norm) == pytest.approx(host_norm)
    device.same(gradient, host_gradient)


def test_a_saved_model_is_the_same_file_and_loads_on_the_device(device, tmp_path):
    model = nn.Sequential(nn.Dense(3, 2), nn.BatchNorm(2))
    model.save(tmp_path / "model.npz")
    other = nn.Sequential(nn.Dense(3, 2), nn.BatchNorm(2)).load(tmp_path / "model.npz")
    for (_, a), (_, b) in zip(model.named(), other.named()):
        device.same(value(a), backend.to_host(value(b)))


def test_predict_returns_host_arrays(device):
    assert type(nn.Dense(3, 2).predict(np.ones((5, 3), np.float32), batch_size=2)) is np.ndarray


def test_a_tensor_on_the_device_prints_and_copies_to_the_host(device):
    t = Tensor(device.put(np.array([1.5, 2.0])))
    assert "1.5" in repr(t) and type(t.numpy()) is np.ndarray and float(t[0]) == t[0].item() == 1.5


# --- one rule: a Tensor's array lives on the device in use --------------------------------------------------

@pytest.mark.parametrize("x", [2.0, [1, 2], np.float64(0.5), np.array(0.0), np.ones(3, int), np.ones((2, 3))],
                         ids="number list scalar zero whole array".split())
def test_a_tensor_lives_on_the_device_in_use_whatever_it_is_made_from(x, device, monkeypatch):
    there, where = Tensor(x), type(device.put(np.ones(1)))
    assert type(there.array) is where and type(Tensor(there.array).array) is where
    monkeypatch.setattr(backend, "_cupy", None)
    here = Tensor(there.array)                                              # and back, when that is left
    assert type(here.array) is np.ndarray
    device.same(there.array, here.array)


# --- the gradient check, while a GPU is in use --------------------------------------------------------------

def normalised_convolution(x, w, gamma, beta):
    return functions.batch_norm(images.conv2d(x, w, stride=2, padding=1), gamma, beta)


CHECKED = {
    "tanh":                 (ops.tanh, R(3, 5)),
    "two inputs":           (lambda x, y: x * y / (y * y + 1), R(3, 5), R(5)),
    "conv and batch norm":  (normalised_convolution, R(3, 2, 5, 7), R(3, 2, 3, 2), R(3), R(3)),
    "labels":               (losses.cross_entropy, R(5, 3), np.array([2, 0, 2, 1, 2])),
    "dropout":              (dropped, R(7, 5)),
}


@pytest.mark.parametrize("name", CHECKED)
def test_gradients_are_checked_on_the_device_in_use(name, device, monkeypatch):
    f, *arrays = CHECKED[name]
    there = check_gradients(f, *arrays, order=2)
    check_gradients(f, *map(device.put, arrays))                            # given there, it is the same
    monkeypatch.setattr(backend, "_cupy", None)
    here = check_gradients(f, *arrays, order=2)
    assert [(a.name, a.verdict) for a in there.inputs] == [(b.name, b.verdict) for b in here.inputs]


@pytest.mark.parametrize("training", [True, False])
def test_a_model_is_checked_on_the_device_and_left_as_it_was(training, device):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm(2), nn.Tanh(), nn.Dropout(0.3), nn.Flatten(),
                          nn.Dense(24, 3), nn.BatchNorm(3))
    model.train(training)
    before = model.state_dict()
    assert check_model(model, losses.cross_entropy, R(5, 1, 5, 6), np.array([2, 0, 2, 1, 2])).right
    for (name, x), old in zip(model.named(), before.values(), strict=True):
        device.same(value(x), old)


@elementwise
def wrong_tanh(x):
    return np.tanh(x)
wrong_tanh.vjps = (lambda g, z, x: g * (z * z - 1),)            # the sign


def test_a_wrong_gradient_on_the_device_is_named_as_on_the_host(device):
    assert diagnose(ops.sigmoid, None, R(3, 5)).right
    with pytest.raises(WrongGradient) as info:
        check_gradients(wrong_tanh, R(3, 5))
    assert info.value.report.inputs[0].cause == "sign"
    bend = nn.Module()
    bend.forward = wrong_tanh
    with pytest.raises(WrongGradient, match="wrong_tanh, after layers.0.b: its own rule is wrong"):
        check_model(nn.Sequential(nn.Dense(5, 2), bend), losses.mse, R(3, 5), R(3, 2))


def test_a_backward_pass_in_numpy_is_diagnosed_on_the_host(device):
    seen = []
    def square(x):
        seen.append(type(x))
        return x * x
    assert diagnose(square, lambda g, x: 2 * g * x, R(3, 5)).right and set(seen) == {np.ndarray}


# --- no step waits ------------------------------------------------------------------------------------------

LOOKED_AT = {"take, mask",                                          # its elements are counted, and these are
             "solve", "solve, one column", "logdet", "logdet, of a aᵀ"}         # computed on the host


@pytest.mark.parametrize("name", [name for name in CASES if name not in LOOKED_AT])
def test_no_operation_and_no_loss_waits_for_the_device(name, monkeypatch):
    case, v = CASES[name], asarray(cotangent(name))
    monkeypatch.setattr(backend, "_cupy", DEVICES["stand-in"])
    there = Case(case.f, case.arrays, tuple(map(asarray, case.constants)))
    before = DeviceArray.synchronised
    first(there, there.arrays, v)
    assert DeviceArray.synchronised == before


def test_mmd_chooses_its_bandwidth_without_waiting(monkeypatch):
    monkeypatch.setattr(backend, "_cupy", DEVICES["stand-in"])
    before = DeviceArray.synchronised
    losses.mmd(Tensor(R(5, 2)), Tensor(R(3, 2))).backward()
    assert DeviceArray.synchronised == before


def test_every_loss_and_every_layer_is_among_those_that_do_not_wait():
    def made_in(module):
        return {name for name, x in vars(module).items() if getattr(x, "__module__", "") == module.__name__
                and name[0] != "_"}
    rows = {name.split(",")[0] for name in CASES}
    assert made_in(losses) - rows == {"median_bandwidth"}                   # which mmd calls
    layers = {type(layer).__name__ for make, _ in MODELS.values() for layer in make().modules()}
    assert made_in(nn) | {"RNN"} == layers | {"Module", "precision"}


@pytest.mark.parametrize("name", MODELS)
def test_a_training_step_never_waits_for_the_device(name, monkeypatch):
    monkeypatch.setattr(backend, "_cupy", DEVICES["stand-in"])
    make, shape = MODELS[name]
    model, x = make(), backend.normal(shape)
    y = np.zeros_like(value(model(x)))
    for optimiser in OPTIMISERS.values():
        opt = optimiser(model.parameters())
        before = DeviceArray.synchronised
        train.train_step(lambda: losses.mse(model(x), y), opt)
        optim.clip_grad_norm(model.parameters(), 0.1)
        assert DeviceArray.synchronised == before


def test_cross_entropy_does_not_look_at_labels_on_the_device(monkeypatch):
    monkeypatch.setattr(backend, "_cupy", DEVICES["stand-in"])
    before = DeviceArray.synchronised
    losses.cross_entropy(Tensor(asarray(np.ones((3, 2)))), asarray(np.array([0, 1, 0]))).backward()
    assert DeviceArray.synchronised == before


# --- mixing is refused, and the stand-in is as strict as it says --------------------------------------------

def test_solving_refuses_to_mix_devices_too(monkeypatch):
    monkeypatch.setattr(backend, "_cupy", DEVICES["stand-in"])
    with pytest.raises(TypeError, match=r"solve\(gpu:float64\(3, 3\), float64\(3,\)\): a host array met"):
        linalg.solve(Tensor(np.eye(3)), np.ones(3))


def test_mixing_devices_is_refused_with_the_operation_and_the_place(monkeypatch):
    monkeypatch.setattr(backend, "_cupy", DEVICES["stand-in"])
    with pytest.raises(TypeError, match=r"multiply\(gpu:float64\(3,\), float64\(3,\)\)"):
        Tensor(np.ones(3)) * np.ones(3)
    with pytest.raises(TypeError, match=r"\(float64\(1, 1\), gpu:float64\(1, 4\)\)"):
        images.conv2d(asarray(np.ones((1, 1, 2, 2))), np.ones((1, 1, 1, 1)))


REFUSED = {
    "a host array":         lambda d, h: d + h,
    "on the left":          lambda d, h: h * d,
    "one without axes":     lambda d, h: d * np.array(2.0),
    "a list":               lambda d, h: np.add(d, [1, 2, 3]),
    "a host out":           lambda d, h: np.add(d, 1, out=h),
    "a host array to join": lambda d, h: np.concatenate([d, h]),
    "a host mask":          lambda d, h: np.where(h > 0, d, d),
    "a host array to set":  lambda d, h: d.__setitem__(0, h[:1]),
    "a list to set":        lambda d, h: d.__setitem__(slice(None), [1, 2, 3]),
    "asarray":              lambda d, h: np.asarray(d),
    "ascontiguousarray":    lambda d, h: np.ascontiguousarray(d),
    "where=":               lambda d, h: np.add(d, 1, where=d > 0),
    "order=":               lambda d, h: np.exp(d, order="K"),
    "initial=":             lambda d, h: d.max(initial=0.0),
    "like=":                lambda d, h: np.ones(3, like=d),
    "at a tuple":           lambda d, h: np.add.at(d, ([0],), 1.0),
    "multiply.at":          lambda d, h: np.multiply.at(d, 0, 1.0),
    "maximum.reduce":       lambda d, h: np.maximum.reduce(d),
    "vecdot":               lambda d, h: np.vecdot(d, d),
    "vector_norm":          lambda d, h: np.linalg.vector_norm(d),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_device_refuses_what_the_stand_in_says_that_it_does(name, device):
    with pytest.raises((TypeError, ValueError, NotImplementedError)):
        REFUSED[name](device.put(np.ones(3)), np.ones(3))


WAITING = {                                     # and how often it waits, and what it comes to
    "a number":             (lambda d: float(d[1]), 1, 0.5),
    "a whole number":       (lambda d: int(d[2]), 1, 2),
    "a condition":          (lambda d: bool(d[2] > 0), 1, True),
    "item":                 (lambda d: d[1].item(), 1, 0.5),
    "tolist":               (lambda d: d.tolist(), 1, [0.0, 0.5, 2.0]),
    "a format":             (lambda d: f"{d[1]:.3f}", 1, "0.500"),
    "text":                 (lambda d: str(d[1]), 1, "0.5"),
    "a copy":               (lambda d: d.get().sum(), 1, 2.5),
    "a mask":               (lambda d: d[d > 0].shape, 1, (2,)),
    "nonzero":              (lambda d: np.nonzero(d)[0].shape, 1, (2,)),
    "unique":               (lambda d: np.unique(d).shape, 1, (3,)),
    "windows":              (lambda d: np.lib.stride_tricks.sliding_window_view(d, 2).shape, 1, (2, 2)),
    "all other work":       (lambda d: (np.exp(d).sum() + np.median(d) * d.argmax()).shape, 0, ()),
}


@pytest.mark.parametrize("name", WAITING)
def test_the_stand_in_counts_what_waits_for_the_device(name, device):
    f, waits, result = WAITING[name]
    before = DeviceArray.synchronised
    assert f(device.put(np.array([0.0, 0.5, 2.0]))) == result
    assert DeviceArray.synchronised == before + (waits if device.exact else 0)


IN_C_ORDER = {
    "a sum":                lambda d: d + 1,
    "a product":            lambda d: d * d,
    "exp":                  np.exp,
    "a comparison":         lambda d: d > 0,
    "where":                lambda d: np.where(d > 0, d, 0),
    "clip":                 lambda d: d.clip(0, 1),
    "a copy":               lambda d: d.copy(),
    "elements":             lambda d: d[:, [0, 2]],
    "sort":                 lambda d: np.sort(d, axis=0),
    "concatenate":          lambda d: np.concatenate([d, d]),
}


@pytest.mark.parametrize("name", IN_C_ORDER)
def test_what_a_device_computes_lies_in_c_order_whatever_it_is_computed_from(name, device):
    d = device.put(np.arange(60.0).reshape(3, 4, 5)).transpose(2, 1, 0)
    assert IN_C_ORDER[name](d).flags.c_contiguous
    assert d.copy(order="K").strides == np.zeros_like(d).strides == d.strides        # unlike these


def test_the_stand_in_keeps_results_without_axes_on_the_device():
    d = asarray(np.ones((2, 3)))
    assert all(type(r) is DeviceArray for r in (d.sum(), d[0, 0], np.exp(d).max(), d.T, d.reshape(-1)))
    assert all(type(r) is DeviceArray for r in (np.allclose(d, d), np.count_nonzero(d), np.linalg.norm(d)))
    with pytest.raises(AttributeError):
        d.setflags(write=False)


def test_the_stand_in_refuses_a_host_index_which_the_gpu_would_copy_at_each_step():
    with pytest.raises(TypeError, match="a host array met a device array"):
        asarray(np.ones(3))[np.array([0])]


def test_a_host_copy_is_a_copy():
    host = np.ones(3)
    d = asarray(host)
    d[0] = 5.0
    d.get()[1] = 7.0
    assert host.tolist() == [1, 1, 1] and d.get().tolist() == [5, 1, 1]


# --- choosing a device --------------------------------------------------------------------------------------

def test_an_unknown_device_is_refused():
    with pytest.raises(ValueError, match="'cpu' or 'gpu', not 'tpu'"):
        backend.use("tpu")


def test_asking_for_a_gpu_that_is_not_there_is_one_clear_sentence(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cupy", None)            # makes `import cupy` fail
    with pytest.raises(backend.DeviceError, match="pip install") as info:
        backend.use("gpu")
    assert "\n" not in str(info.value) and backend.name() == "cpu"


def test_cupy_without_a_usable_gpu_is_one_clear_sentence(monkeypatch):
    class Broken:
        @staticmethod
        def zeros(n):
            raise RuntimeError("cudaErrorNoDevice: no device\nand many more lines")
    monkeypatch.setitem(__import__("sys").modules, "cupy", Broken)
    with pytest.raises(backend.DeviceError, match="no usable GPU .cudaErrorNoDevice: no device.;") as info:
        backend.use("gpu")
    assert "\n" not in str(info.value) and backend.name() == "cpu"


def test_a_working_cupy_is_used(monkeypatch):
    class Working:
        zeros, asarray = np.zeros, staticmethod(asarray)
    monkeypatch.setitem(__import__("sys").modules, "cupy", Working)
    backend.use("gpu")
    assert backend.name() == "gpu" and type(backend.to_device(np.ones(2))) is DeviceArray
    backend.use("cpu")
    assert backend.name() == "cpu" and type(backend.to_device(np.ones(2))) is np.ndarray


def test_the_seed_decides_the_random_numbers():
    backend.seed(1)
    a, b = backend.normal((2, 3)), backend.uniform((2, 3), -1, 1)
    backend.seed(1)
    np.testing.assert_array_equal(a, backend.normal((2, 3)))
    np.testing.assert_array_equal(b, backend.uniform((2, 3), -1, 1))
    assert a.dtype == b.dtype == np.float32 and not np.array_equal(b, backend.uniform((2, 3), -1, 1))
    assert backend.normal((2,), dtype=np.float64).dtype == np.float64


def test_uniform_noise_fills_the_interval_from_0_to_1_or_the_one_asked_for():
    for low, high, x in (0, 1, backend.uniform((10_000,))), (-3, 2, backend.uniform((10_000,), -3, 2)):
        assert low <= x.min() < low + 0.01 and high - 0.01 < x.max() <= high
        assert abs(x.mean() - (low + high) / 2) < 4 * (high - low) / np.sqrt(12 * 10_000)


def test_normal_noise_has_the_deviation_asked_for():
    for std, x in (1, backend.normal((10_000,))), (0.3, backend.normal((10_000,), 0.3)):
        assert abs(x.var() / std ** 2 - 1) < 4 * np.sqrt(2 / 10_000)
