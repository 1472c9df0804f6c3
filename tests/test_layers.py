"""Layers: shapes, counts, modes, statistics, names, files; and what they refuse."""
import math
import os
import pickle
import subprocess
import sys
import tracemalloc
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from minidl import Tensor, backend, functions, grad, images, init, losses, nn, ops, optim, rnn
from minidl.tensor import value


def noise(*shape, dtype=np.float32):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def lenet5():
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
                         nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
                         nn.Dense(400, 120), nn.Tanh(), nn.Dense(120, 84), nn.Tanh(), nn.Dense(84, 10))


# --- shapes and counts --------------------------------------------------------------------------------------

@pytest.mark.parametrize("layer, given, made, count", [
    (lambda: nn.Dense(7, 3),                            (5, 7),         (5, 3),         24),
    (lambda: nn.Dense(7, 3, bias=False),                (5, 2, 7),      (5, 2, 3),      21),
    (lambda: nn.Dense(7, 3),                            (5, 2, 7),      (5, 2, 3),      24),
    (lambda: nn.Conv2d(2, 3, 5),                        (4, 2, 7, 9),   (4, 3, 3, 5),   153),
    (lambda: nn.Conv2d(2, 3, (3, 2), stride=2),         (4, 2, 7, 9),   (4, 3, 3, 4),   39),
    (lambda: nn.Conv2d(2, 3, 3, padding="same"),        (4, 2, 7, 9),   (4, 3, 7, 9),   57),
    (lambda: nn.Conv2d(2, 3, 3, 2, 1, bias=False),      (4, 2, 7, 9),   (4, 3, 4, 5),   54),
    (lambda: nn.ConvTranspose2d(2, 3, 3, stride=2),     (4, 2, 3, 4),   (4, 3, 7, 9),   57),
    (lambda: nn.ConvTranspose2d(2, 3, 4, 2, 1),         (4, 2, 3, 4),   (4, 3, 6, 8),   99),
    (lambda: nn.MaxPool2d(2),                           (4, 2, 7, 9),   (4, 2, 3, 4),   0),
    (lambda: nn.MaxPool2d(3, stride=2, padding=1),      (4, 2, 7, 9),   (4, 2, 4, 5),   0),
    (lambda: nn.AvgPool2d((2, 3)),                      (4, 2, 7, 9),   (4, 2, 3, 3),   0),
    (lambda: nn.BatchNorm(2),                           (4, 2, 7, 9),   (4, 2, 7, 9),   4),
    (lambda: nn.BatchNorm(7),                           (4, 7),         (4, 7),         14),
    (lambda: nn.Dropout(0.3),                           (4, 7),         (4, 7),         0),
    (lambda: nn.GaussianNoise(0.3),                     (4, 7),         (4, 7),         0),
    (lambda: nn.Flatten(),                              (4, 2, 7, 9),   (4, 126),       0),
    (lambda: rnn.RNN(3, 5),                             (4, 7, 3),      (4, 7, 5),      45),
    (lenet5,                                            (2, 1, 28, 28), (2, 10),        61_706)])
def test_shapes_and_counts_are_those_announced(layer, given, made, count):
    layer = layer()
    assert layer(noise(*given)).shape == made and layer.count() == count
    assert value(layer(noise(*given))).dtype == np.float32


@pytest.mark.parametrize("layer, function", [
    (nn.ReLU, lambda x: np.maximum(x, 0)), (nn.LeakyReLU, lambda x: np.where(x > 0, x, 0.01 * x)),
    (nn.Sigmoid, lambda x: 1 / (1 + np.exp(-x))), (nn.Tanh, np.tanh),
    (nn.Softplus, lambda x: np.log1p(np.exp(x)))])
def test_activations_are_their_formulas(layer, function):
    x = noise(5, 3, dtype=float)
    np.testing.assert_allclose(layer()(x), function(x), rtol=1e-12)
    assert layer.__name__ in repr(layer) and layer.__doc__


def test_dense_is_x_w_plus_b():
    layer, x = nn.Dense(3, 2), noise(5, 3)
    layer.b.array[:] = [1, 2]
    np.testing.assert_allclose(layer(x).array, x @ layer.w.array + [1, 2], rtol=1e-6)


def test_an_rnn_is_the_loop_that_it_stands_for():
    model, x, h0 = rnn.RNN(3, 5), noise(2, 7, 3), noise(2, 5)
    h, states = h0, []
    for t in range(7):
        h = ops.tanh(x[:, t] @ model.u + h @ model.w + model.b)
        states.append(h)
    loop, fused = ops.stack(states, axis=1), model(x, h0)
    np.testing.assert_allclose(fused.array, loop.array, rtol=1e-5)
    for a, b in zip(*(grad((y * y * noise(2, 7, 5)).sum(), model.parameters()) for y in (fused, loop))):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(model(x).array, model(x, np.zeros((2, 5), np.float32)).array)


# --- initial weights ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(5))
def test_initial_weights_have_the_variance_of_their_papers(seed):
    backend.seed(seed)
    n = 300 * 200
    he, glorot = init.he((300, 200), 300, 200), init.glorot((300, 200), 300, 200)
    assert abs(he.var() * 300 / 2 - 1) < 4 * math.sqrt(2 / n) and abs(he.mean()) < 4 * math.sqrt(2 / 300 / n)
    limit = math.sqrt(6 / 500)
    assert np.abs(glorot).max() <= limit < np.abs(glorot).max() * 1.01
    assert abs(glorot.var() / (limit ** 2 / 3) - 1) < 4 * math.sqrt(0.8 / n)            # kurtosis 9/5
    assert he.dtype == glorot.dtype == np.float32


@pytest.mark.parametrize("kind, sizes, fan_in", [(nn.Dense, (50, 40), 50), (nn.Conv2d, (8, 16, 5), 200)])
def test_layers_start_from_he_and_zeros(kind, sizes, fan_in):
    layer = kind(*sizes)
    assert abs(layer.w.array.var() * fan_in / 2 - 1) < 4 * math.sqrt(2 / layer.w.size)
    assert not layer.b.array.any()


def test_orthogonal_weights_are_rotations_and_reflections_uniformly_drawn():
    drawn = np.stack([init.orthogonal(5) for _ in range(400)])
    assert drawn.dtype == np.float32
    assert np.abs(drawn @ drawn.swapaxes(1, 2) - np.eye(5)).max() < 1e-5
    traces, signs = np.trace(drawn, axis1=1, axis2=2), np.sign(np.linalg.det(drawn))
    assert abs(traces.mean()) < 4 / 20 and abs(signs.mean()) < 4 / 20       # 400 draws
    assert abs((traces ** 2).mean() - 1) < 4 * math.sqrt(2) / 20            # E tr² = 1, as of Haar's measure


@pytest.mark.parametrize("kind, sizes, fans", [
    (nn.Dense, (5, 3), (5, 3)), (nn.Conv2d, (2, 3, (5, 7)), (70, 105)),
    (nn.ConvTranspose2d, (2, 3, (5, 7)), (70, 105))])
def test_an_initialisation_is_told_how_many_inputs_and_outputs_meet(kind, sizes, fans):
    told = []
    kind(*sizes, init=lambda shape, *fans: (told.append(fans), np.zeros(shape, np.float32))[1])
    assert told == [fans]


def test_the_initialisation_can_be_chosen():
    assert np.abs(nn.Dense(3, 3, init=lambda shape, i, o: np.full(shape, i + o)).w.array == 6).all()


# --- train and eval -----------------------------------------------------------------------------------------

def test_modes_reach_all_parts():
    model = nn.Sequential(nn.Dense(2, 2), nn.Sequential(nn.Dropout(), nn.BatchNorm(2)))
    assert model.training and model.eval() is model
    assert not any(m.training for m in model.modules()) and len(list(model.modules())) == 5
    assert model.train() is model and all(m.training for m in model.modules())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_keeps_its_share_and_the_mean(rate, seed):
    backend.seed(seed)
    keep, n = 1 - rate, 100_000
    y = nn.Dropout(rate)(np.ones((n // 100, 100), np.float32))
    assert set(np.unique(y)) == {0, np.float32(1 / keep)}
    assert abs((y > 0).mean() - keep) < 4 * math.sqrt(rate * keep / n)
    assert abs(y.mean(dtype=float) - 1) < 4 * math.sqrt(rate / keep / n)
    fourth = keep * (1 / keep - 1) ** 4 + rate                              # E (y − 1)⁴
    assert abs(y.var(dtype=float) - rate / keep) < 4 * math.sqrt((fourth - (rate / keep) ** 2) / n) + 1e-3


@pytest.mark.parametrize("rate", [0, 0.1, 1 / 3, 0.5, 0.75, 0.999])
def test_dropout_drops_exactly_what_is_drawn_below_the_rate(rate, monkeypatch):
    class Even:                                 # draws 0, 1/n, 2/n, …
        random = staticmethod(lambda n, dtype: np.arange(n, dtype=dtype) / dtype(n))
    monkeypatch.setattr(backend, "rng", Even)
    dropped = int((functions.dropout(np.ones(65536), rate) == 0).sum())
    assert 0 <= dropped - rate * 65536 < 1


@pytest.mark.parametrize("shape", [(7, 3), (5, 3, 2, 7)])
def test_fused_batch_norm_is_the_textbooks_lines(shape):
    rng = np.random.default_rng(0)
    x, gamma, beta = (Tensor(rng.standard_normal(s)) for s in (shape, (3,), (3,)))
    channels, axes = (1, 3) + (1,) * (len(shape) - 2), (0, *range(2, len(shape)))
    centred = x - x.mean(axis=axes, keepdims=True)
    deviation = ((centred ** 2).mean(axis=axes, keepdims=True) + 1e-5) ** 0.5
    textbook = gamma.reshape(channels) * centred / deviation + beta.reshape(channels)
    fused, v = functions.batch_norm(x, gamma, beta), rng.standard_normal(shape)
    np.testing.assert_allclose(fused.array, textbook.array, rtol=1e-10, atol=1e-12)
    pairs = zip(*(grad((y * v).sum(), [x, gamma, beta]) for y in (fused, textbook)))
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10)


def test_dropout_is_drawn_afresh_at_each_call_and_off_in_eval():
    layer, x = nn.Dropout(0.5), np.ones((10, 10), np.float32)
    assert not np.array_equal(layer(x), layer(x))
    assert layer.eval()(x) is x
    np.testing.assert_array_equal(nn.Dropout(0)(x), x)


def test_the_gradient_passes_where_dropout_let_the_numbers_pass():
    x = Tensor(np.ones(1000))
    y = functions.dropout(x, 0.3)
    np.testing.assert_array_equal(grad(y.sum(), [x])[0], y.array)


@pytest.mark.parametrize("seed", range(5))
def test_gaussian_noise_has_its_moments(seed):
    backend.seed(seed)
    n, x = 100_000, np.full((1000, 100), 3.0)
    e = nn.GaussianNoise(0.2)(x) - x
    assert e.dtype == np.float64
    assert abs(e.mean()) < 4 * 0.2 / math.sqrt(n) and abs(e.var() / 0.04 - 1) < 4 * math.sqrt(2 / n)
    assert abs((e ** 4).mean() / 0.04 ** 2 - 3) < 4 * math.sqrt(96 / n)
    assert nn.GaussianNoise(0.2).eval()(x) is x


@pytest.mark.parametrize("shape", [(7, 3), (5, 3, 2, 4)])
def test_batch_norm_makes_each_channel_standard(shape):
    layer, x = nn.BatchNorm(3, eps=1e-12), 5 + 3 * noise(*shape, dtype=float)
    axes = (0, 2, 3)[:len(shape) - 1]
    y = layer(x).array
    np.testing.assert_allclose(y.mean(axis=axes), 0, atol=1e-6)
    np.testing.assert_allclose(y.var(axis=axes), 1, atol=1e-6)
    layer.gamma.array[:], layer.beta.array[:] = [1, 2, 3], [4, 5, 6]
    y = layer(x).array
    np.testing.assert_allclose(y.mean(axis=axes), [4, 5, 6], atol=1e-5)
    np.testing.assert_allclose(y.std(axis=axes), [1, 2, 3], atol=1e-5)


def test_batch_norms_running_statistics_are_those_computed_by_hand():
    layer = nn.BatchNorm(1, momentum=0.1)
    layer(np.array([[1.0], [2.0], [6.0]], np.float32))                      # mean 3, unbiased variance 7
    assert [*layer.running_mean, *layer.running_var] == pytest.approx([0.3, 1.6])
    layer(np.array([[0.0], [2.0]], np.float32))                             # mean 1, unbiased variance 2
    assert [*layer.running_mean, *layer.running_var] == pytest.approx([0.37, 1.64])
    layer.eval()
    layer.gamma.array[:], layer.beta.array[:] = 2, 1
    y = layer(np.array([[3.0]], np.float32))                                # one example is enough now
    assert y.array.item() == pytest.approx(2 * (3 - 0.37) / math.sqrt(1.64 + 1e-5) + 1)
    assert layer.running_mean.tolist() == pytest.approx([0.37])


def test_batch_norms_statistics_of_images_count_every_pixel():
    layer, x = nn.BatchNorm(2), noise(3, 2, 4, 5)
    layer(x)
    np.testing.assert_allclose(layer.running_mean, 0.1 * x.mean(axis=(0, 2, 3)), rtol=1e-4)
    np.testing.assert_allclose(layer.running_var, 0.9 + 0.1 * x.var(axis=(0, 2, 3), ddof=1), rtol=1e-5)


def test_batch_norm_in_eval_has_a_gradient_and_a_second_one():
    layer = nn.BatchNorm(2).eval()
    layer.running_var[:], layer.gamma.array[:] = [3, 8], [2, 3]
    x = Tensor(noise(5, 2, dtype=float))
    g, = grad((layer(x) ** 2).sum() * 0.5, [x], create_graph=True)
    scale = np.array([2, 3]) / np.sqrt(np.array([3, 8]) + 1e-5)
    np.testing.assert_allclose(g.array, x.array * scale ** 2, rtol=1e-6)
    np.testing.assert_allclose(grad((g * g).sum() * 0.5, [x])[0], x.array * scale ** 4, rtol=1e-6)


def test_predict_is_the_model_at_test_time_and_restores_every_mode():
    model = nn.Sequential(nn.Dense(3, 2), nn.BatchNorm(2), nn.Dropout(0.5), nn.BatchNorm(2))
    model[1].training = False                   # a frozen part of a model in training
    x = noise(10, 3)
    y = model.predict(x, batch_size=4)
    assert [m.training for m in model.modules()] == [True, True, False, True, True]
    np.testing.assert_allclose(y, model.eval()(x).array, rtol=1e-6)
    model.train()
    with pytest.raises(ValueError):
        model.predict(noise(10, 4))
    assert all(m.training for m in model.modules())
    assert not model[3].running_mean.any()      # nothing was learned from


# --- what belongs to a model --------------------------------------------------------------------------------

class Branches(nn.Module):
    def __init__(self):
        self.scale = Tensor(np.ones(2, np.float32))
        self.seen = np.zeros(3)
        self.encoder = nn.Sequential(nn.Dense(2, 3), nn.ReLU())
        self.heads = [nn.Dense(3, 1), nn.Dense(3, 2, bias=False)]
        self.rate, self.word, self.nothing = np.float64(0.5), "word", None

    def forward(self, x):
        return [head(self.encoder(x * self.scale)) for head in self.heads]


def test_attributes_are_found_by_their_dotted_names():
    model = Branches()
    assert [name for name, _ in model.named()] == [
        "scale", "seen", "encoder.layers.0.w", "encoder.layers.0.b", "heads.0.w", "heads.0.b", "heads.1.w"]
    assert len(model.parameters()) == 6 and model.count() == 2 + 9 + 4 + 6
    assert len(list(model.modules())) == 6


def test_a_shared_parameter_counts_once_and_its_gradients_add_up():
    a, b = nn.Dense(3, 3, bias=False), nn.Dense(3, 3, bias=False)
    apart = nn.Sequential(a, nn.Tanh(), b)
    b.w.array[...] = a.w.array
    x = noise(5, 3)
    ga, gb = grad((apart(x) ** 2).sum(), [a.w, b.w])
    b.w = a.w
    assert apart.count() == 9 and apart.parameters() == [a.w]
    np.testing.assert_allclose(grad((apart(x) ** 2).sum(), [a.w])[0], ga + gb, rtol=1e-4)
    apart.load_state_dict(apart.state_dict())
    twice = nn.Sequential(a, nn.Tanh(), a)
    assert twice.count() == 9


def test_a_sequential_slices_into_models_that_share_its_layers():
    model, x = lenet5(), noise(2, 1, 28, 28)
    assert len(model) == 12 and model[-1] is model.layers[11] and isinstance(model[:6], nn.Sequential)
    np.testing.assert_array_equal(model[6:](model[:6](x)).array, model(x).array)
    assert model[:4].parameters() == model.parameters()[:4]


# --- files --------------------------------------------------------------------------------------------------

def model_and_copy():
    return tuple(nn.Sequential(nn.Dense(3, 2), nn.BatchNorm(2)) for _ in range(2))


def unchanged(model, state):
    return all(np.array_equal(model.state_dict()[name], state[name]) for name in state)


def test_a_state_is_a_copy_and_comes_back():
    a, b = model_and_copy()
    a(noise(5, 3))                              # moves the running statistics
    state = a.state_dict()
    assert list(state) == ["layers.0.w", "layers.0.b", "layers.1.gamma", "layers.1.beta",
                           "layers.1.running_mean", "layers.1.running_var"]
    b.load_state_dict(state)
    assert unchanged(b, state)
    state["layers.0.w"][:] = 7
    assert not (a[0].w.array == 7).any() and not (b[0].w.array == 7).any()


def test_a_saved_model_comes_back(tmp_path):
    a, b = model_and_copy()
    a(noise(5, 3))
    for path in tmp_path / "model.npz", str(tmp_path / "without suffix"):
        a.save(path)
        assert b.load(path) is b and unchanged(b, a.state_dict())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.npz", "without suffix"]


def test_loading_writes_into_no_array_that_there_was_and_an_optimiser_goes_on():
    a, b = model_and_copy()
    mine, frozen = np.ones((3, 2), np.float32), np.zeros(2, np.float32)
    frozen.flags.writeable = False
    b[0].w, b[1].running_mean = Tensor(mine), frozen
    b.load_state_dict(a.state_dict())
    assert unchanged(b, a.state_dict()) and mine.min() == 1 and frozen.max() == 0
    optimiser = optim.SGD(b.parameters(), 0.1)
    b.load_state_dict(a.state_dict())
    before, b[0].w.grad = b[0].w.numpy(), mine
    optimiser.step()
    np.testing.assert_allclose(b[0].w.array, before - 0.1, rtol=1e-6)


@pytest.mark.parametrize("spoil, message", [
    (lambda s: s.pop("layers.0.b"),                                     "layers.0.b"),
    (lambda s: s.update(other=np.ones(2)),                              "other"),
    (lambda s: s.update({"layers.1.beta": np.ones(3, "f")}),            r"layers.1.beta.*\(3,\).*\(2,\)"),
    (lambda s: s.update({"layers.1.beta": np.ones((1, 2), "f")}),       r"layers.1.beta.*\(1, 2\).*\(2,\)"),
    (lambda s: s.update({"layers.1.beta": np.ones(2)}),                 "layers.1.beta.*float64.*float32"),
    (lambda s: s.update({"layers.1.beta": np.ones(2, int)}),            "layers.1.beta.*int64"),
], ids="missing unknown shape broadcast dtype whole".split())
def test_a_state_of_another_model_is_refused_and_changes_nothing(spoil, message, tmp_path):
    a, b = model_and_copy()
    before, state = b.state_dict(), a.state_dict()
    spoil(state)
    with pytest.raises(ValueError, match=message):
        b.load_state_dict(state)
    np.savez(tmp_path / "model.npz", **state)
    with pytest.raises(ValueError, match=message):
        b.load(tmp_path / "model.npz")
    assert unchanged(b, before)


def _text(path, good):
    path.write_text("not a model")


def _npy(path, good):
    with open(path, "wb") as file:
        np.save(file, np.ones(3))


def _pickle(path, good):
    path.write_bytes(pickle.dumps({"layers.0.w": 1}))


def _objects(path, good):
    with open(path, "wb") as file:
        np.savez(file, **{"layers.0.w": np.array([{}, []], object)})


def _other_zip(path, good):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "not an array")


@pytest.mark.parametrize("spoil", [
    lambda path, good: path.write_bytes(good[:len(good) // 2]),
    lambda path, good: path.write_bytes(good[:-5]),
    lambda path, good: path.write_bytes(b""),
    lambda path, good: path.write_bytes(good[100:]),
    lambda path, good: path.write_bytes(good.replace(b"NUMPY", b"NUMPX")),
    _text, _npy, _pickle, _objects, _other_zip,
], ids="half end empty beginning header text npy pickle objects zip".split())
def test_a_damaged_or_foreign_file_is_one_clear_error_and_changes_nothing(spoil, tmp_path):
    a, b = model_and_copy()
    before, path = b.state_dict(), tmp_path / "model.npz"
    a.save(path)
    spoil(path, path.read_bytes())
    with pytest.raises(ValueError, match="(?s)load.*(npz|another model)"):
        b.load(path)
    assert unchanged(b, before)


def test_no_flipped_byte_loads_wrong_numbers_or_another_error(tmp_path):
    a, b = model_and_copy()
    a(noise(5, 3))
    right, before, path = a.state_dict(), b.state_dict(), tmp_path / "model.npz"
    a.save(path)
    good = path.read_bytes()
    for i in range(0, len(good), 3):
        path.write_bytes(good[:i] + bytes([good[i] ^ 0x55]) + good[i + 1:])
        try:
            b.load(path)
        except ValueError:
            assert unchanged(b, before)
        else:
            assert unchanged(b, right)          # a byte that nothing depends on, such as the date
            b.load_state_dict(before)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.npz"):
        nn.Dense(2, 2).load(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failed_save_leaves_the_good_file_and_no_litter(error, tmp_path, monkeypatch):
    a, b = model_and_copy()
    path = tmp_path / "model.npz"
    a.save(path)

    def half(file, **arrays):
        file.write(b"half a file")
        raise error
    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(type(error)):
        b.save(path)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]
    assert unchanged(b.load(path), a.state_dict())


# --- what is refused ----------------------------------------------------------------------------------------

IMAGES = np.zeros((2, 3, 5, 7), np.float32)


@pytest.mark.parametrize("act, message", [
    (lambda: nn.Conv2d(4, 2, 3)(IMAGES),
     r"conv2d\(float32\(2, 3, 5, 7\), float32\(2, 4, 3, 3\)\).*\(N, C, H, W\).*one C"),
    (lambda: nn.Conv2d(3, 2, 3)(IMAGES[0]),                 r"conv2d\(float32\(3, 5, 7\).*\(N, C, H, W\)"),
    (lambda: nn.Conv2d(3, 2, 6)(IMAGES),                    r"conv2d.*\(6, 6\) does not fit.*\(5, 7\)"),
    (lambda: nn.Conv2d(3, 2, 3, padding="full")(IMAGES),    "padding.*'full'"),
    (lambda: nn.Conv2d(3, 2, 3, stride=0)(IMAGES),          "stride"),
    (lambda: nn.Conv2d(3, 2, 3, padding=-1)(IMAGES),        "padding"),
    (lambda: nn.ConvTranspose2d(4, 2, 3)(IMAGES),
     r"conv_transpose2d\(float32\(2, 3, 5, 7\), float32\(4, 2, 3, 3\)\).*one C"),
    (lambda: nn.ConvTranspose2d(3, 2, 3, padding=9)(IMAGES), "conv_transpose2d.*padding 9"),
    (lambda: nn.ConvTranspose2d(3, 2, 3, padding="same")(IMAGES), "padding.*'same'"),
    (lambda: nn.MaxPool2d(6)(IMAGES),                       r"max_pool2d.*\(6, 6\) does not fit.*\(5, 7\)"),
    (lambda: nn.AvgPool2d(6)(IMAGES),                       r"avg_pool2d.*\(6, 6\) does not fit.*\(5, 7\)"),
    (lambda: nn.MaxPool2d(2)(IMAGES[0]),                    r"max_pool2d\(float32\(3, 5, 7\)\).*\(N, C, H"),
    (lambda: nn.MaxPool2d(2, padding=2)(IMAGES),            "max_pool2d.*padding 2"),
    (lambda: nn.Dense(4, 2)(np.zeros((5, 3))),              r"Dense\(4, 2\).*float64\(5, 3\)"),
    (lambda: nn.Dense(105, 2)(IMAGES),                      r"Dense\(105, 2\).*\(2, 3, 5, 7\).*Flatten"),
    (lambda: nn.Dense(4, 2)(np.zeros(4)),                   r"Dense\(4, 2\).*float64\(4,\).*one example"),
    (lambda: nn.BatchNorm(3)(np.zeros((1, 3))),             r"BatchNorm\(float64\(1, 3\)\).*at least 2"),
    (lambda: nn.BatchNorm(4)(IMAGES),                       r"batch_norm\(float32\(2, 3, 5, 7\)\).*C.* 4"),
    (lambda: nn.BatchNorm(4).eval()(IMAGES),                r"batch_norm\(float32\(2, 3, 5, 7\)\).*C.* 4"),
    (lambda: nn.BatchNorm(3)(np.zeros((2, 3, 5))),          r"batch_norm\(float64\(2, 3, 5\)\).*\(N, C\) or"),
    (lambda: nn.Dropout(1.0)(IMAGES),                       "dropout.*0 ≤ rate < 1, not 1.0"),
    (lambda: nn.Dropout(-0.1)(IMAGES),                      "dropout.*not -0.1"),
    (lambda: rnn.RNN(3, 5)(np.zeros((7, 3))),               r"RNN\(float64\(7, 3\)\).*\(N, T, 3\).*batch"),
    (lambda: rnn.RNN(3, 5)(np.zeros((2, 7, 4))),            r"RNN\(float64\(2, 7, 4\)\).*\(N, T, 3\)"),
    (lambda: rnn.RNN(3, 5)(np.zeros((2, 0, 3))),            r"RNN\(float64\(2, 0, 3\)\)"),
    (lambda: nn.Dense(2, 2).predict(np.zeros((0, 2))),      r"predict.*float64\(0, 2\).*no examples"),
    (lambda: images.max_pool2d(IMAGES, (2, 2, 2)),          r"pair.*\(2, 2, 2\)"),
])
def test_errors_name_the_operation_the_shapes_and_the_remedy(act, message):
    with pytest.raises(ValueError, match=message):
        act()


def test_a_refused_batch_does_not_move_the_statistics():
    layer = nn.BatchNorm(3)
    for x in (np.ones((4, 3, 2)), np.ones((1, 3)), np.ones((4, 5))):
        with pytest.raises(ValueError):
            layer(x)
    assert not layer.running_mean.any() and layer.running_var.tolist() == [1, 1, 1]


def test_a_module_without_forward_says_what_is_missing():
    class Empty(nn.Module):
        pass
    with pytest.raises(NotImplementedError, match=r"Empty needs a method forward\(self, x\)"):
        Empty()(1)


def test_sizes_may_be_numpys_numbers():
    assert images.max_pool2d(IMAGES, np.int64(2)).shape == (2, 3, 2, 3)


# --- one walk over a model ----------------------------------------------------------------------------------

class Nested(nn.Module):
    def __init__(self):
        self.blocks = [[nn.Dense(4, 4), nn.Dropout(0.5)], ([nn.BatchNorm(4)],)]
        self.heads = OrderedDict(digit=nn.Dense(4, 3), noise={"deep": [nn.Dropout(0.5)]})

    def forward(self, x):
        for block in self.blocks[0] + self.blocks[1][0] + list(self.heads["noise"]["deep"]):
            x = block(x)
        return self.heads["digit"](x)


def test_one_walk_finds_layers_in_lists_tuples_and_dicts_nested():
    net, x = Nested(), noise(5, 4)
    assert net.count() == 20 + 8 + 15 and len(net.modules()) == 6
    assert list(net.state_dict()) == [
        "blocks.0.0.w", "blocks.0.0.b", "blocks.1.0.0.gamma", "blocks.1.0.0.beta",
        "blocks.1.0.0.running_mean", "blocks.1.0.0.running_var", "heads.digit.w", "heads.digit.b"]
    np.testing.assert_array_equal(net.predict(x), net.predict(x))               # dropout is off everywhere
    assert not any(module.training for module in net.eval().modules())
    other = Nested()
    other.load_state_dict(net.state_dict())
    np.testing.assert_array_equal(net.predict(x), other.predict(x))


def test_a_child_may_know_its_parent():
    net = Nested()
    net.heads["digit"].parent = net
    assert net.count() == 43 and len(net.modules()) == 6 and "Nested" in repr(net)


class Keeps(nn.Module):
    def __init__(self):
        self.d = nn.Dense(4, 3)

    def forward(self, x):
        self.x, self.h, self.shape = x, self.d(x), x.shape
        return self.h


@pytest.mark.parametrize("use", [lambda m: m(noise(2, 4)), lambda m: m.predict(noise(2, 4)),
                                 lambda m: m(Tensor(noise(2, 4)))], ids="forward predict tensor".split())
def test_what_forward_keeps_on_self_is_not_the_models(use, tmp_path):
    model = Keeps()
    before = float(losses.l2(model))
    use(model)
    assert model.count() == 15 and float(losses.l2(model)) == before
    assert list(model.state_dict()) == ["d.w", "d.b"]
    model.save(tmp_path / "model.npz")
    np.testing.assert_array_equal(Keeps().load(tmp_path / "model.npz").d.w.array, model.d.w.array)


class Tied(nn.Module):
    def __init__(self):
        self.encoder, self.decoder = nn.Dense(4, 2), nn.Dense(2, 4)
        self.decoder.w = self.encoder.w.T

    def forward(self, x):
        return self.decoder(functions.sigmoid(self.encoder(x)))


def test_weights_that_are_tied_by_computing_are_refused_with_the_way_to_tie():
    net = Tied()
    for act in (net.parameters, net.count, net.state_dict, lambda: print(net)):
        with pytest.raises(TypeError, match=r"decoder.w was computed.*transpose.*x @ self.w.T.*b.w = a.w"):
            act()


def test_a_model_prints_its_layers_shapes_and_counts():
    text = repr(nn.Sequential(nn.Conv2d(1, 6, 5), nn.BatchNorm(6), nn.ReLU(), nn.Flatten(), nn.Dense(24, 10)))
    assert text.splitlines() == [
        "Sequential: 418 parameters",
        "  layers.0    Conv2d  w (6, 1, 5, 5)  b (6,)",
        "  layers.1    BatchNorm  gamma (6,)  beta (6,)  running_mean (6,)  running_var (6,)",
        "  layers.2    ReLU", "  layers.3    Flatten", "  layers.4    Dense  w (24, 10)  b (10,)"]
    assert repr(nn.Dense(2, 3)).splitlines() == ["Dense: 9 parameters",
                                                 "              Dense  w (2, 3)  b (3,)"]


# --- at the door --------------------------------------------------------------------------------------------

GREY = np.arange(60, dtype=np.uint8).reshape(1, 3, 4, 5) * 4


@pytest.mark.parametrize("f", [
    lambda x: functions.dropout(x, 0.5), lambda x: functions.mask(x, 0.5), lambda x: functions.softmax(x),
    lambda x: functions.log_softmax(x), lambda x: images.max_pool2d(x, 2, padding=1),
    lambda x: images.avg_pool2d(x, 2, padding=1), lambda x: nn.GaussianNoise(1.0)(x),
    lambda x: nn.BatchNorm(3)(x), lambda x: nn.BatchNorm(3).eval()(x), lambda x: nn.Conv2d(3, 2, 3)(x),
    lambda x: nn.ConvTranspose2d(3, 2, 3)(x), lambda x: nn.Dense(5, 2)(x),
    lambda x: nn.Dense(5, 2)(x.tolist()), lambda x: functions.sigmoid(x), lambda x: functions.softplus(x),
    lambda x: rnn.RNN(5, 2)(x[0]), lambda x: rnn.RNN(5, 2)(x[0].tolist())],
    ids="dropout mask softmax log_softmax max avg noise bn eval conv transpose dense list σ softplus rnn rnns"
    .split())
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
def test_whole_numbers_are_taken_as_floats_and_nothing_wraps(f, dtype):
    x = GREY.astype(dtype)
    backend.seed(2)
    found = value(f(x))
    backend.seed(2)
    expected = value(f(x.astype(np.float32)))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_words_are_no_numbers():
    for f in (nn.Dense(2, 2), functions.softmax, lambda x: functions.dropout(x, 0.1)):
        with pytest.raises(TypeError, match="floating-point numbers are needed here, and this is <U1"):
            f(np.array([["a", "b"]]))


@pytest.mark.parametrize("layer, shape, made", [
    (nn.Dense(3, 2), (0, 3), (0, 2)), (nn.Conv2d(1, 2, 3), (0, 1, 5, 5), (0, 2, 3, 3)),
    (nn.ConvTranspose2d(1, 2, 3), (0, 1, 5, 5), (0, 2, 7, 7)), (nn.Flatten(), (0, 2, 3), (0, 6)),
    (nn.MaxPool2d(2), (0, 1, 4, 4), (0, 1, 2, 2)), (nn.Reshape(2, 3), (0, 6), (0, 2, 3)),
    (nn.BatchNorm(3).eval(), (0, 3), (0, 3))], ids=lambda x: type(x).__name__)
def test_a_batch_of_nothing_passes_the_layers(layer, shape, made):
    x = Tensor(np.zeros(shape, np.float32))
    y = layer(x)
    assert y.shape == made and grad(y.sum(), [x])[0].shape == shape


def test_noise_in_half_precision_stays_there():
    assert nn.GaussianNoise(0.1)(np.zeros((2, 3), np.float16)).dtype == np.float16


def test_a_set_of_layers_is_refused_as_it_has_no_order():
    model = nn.Sequential(nn.Dense(2, 2))
    model.extra = {"names": {"a", "b"}, "layers": {nn.Dense(2, 2)}}
    with pytest.raises(TypeError, match="extra.layers is a set.*in a list"):
        model.count()


def test_a_state_of_lists_is_refused():
    with pytest.raises(ValueError, match=r"w is \[\[1, 2\], \[3, 4\]\], and this model's is float32"):
        nn.Dense(2, 2).load_state_dict({"w": [[1, 2], [3, 4]], "b": [0, 0]})


def test_a_list_can_be_masked_as_it_can_be_dropped():
    for f in functions.mask, functions.dropout:
        assert f([[1, 2], [3, 4]], 0.5).shape == (2, 2)


def test_masking_noise_sets_its_share_to_0_and_leaves_the_rest():
    layer, x = nn.MaskingNoise(0.3), np.ones((200, 200), np.float32)
    y = layer(x)
    assert set(np.unique(y)) == {0, 1} and abs((y == 0).mean() - 0.3) < 4 * math.sqrt(0.21 / x.size)
    assert layer.eval()(x) is x
    with pytest.raises(ValueError, match="mask: the rate.*not 1"):
        nn.MaskingNoise(1)(x)


def test_reshape_is_the_way_back_from_flatten():
    x = noise(3, 2, 4, 5)
    np.testing.assert_array_equal(nn.Sequential(nn.Flatten(), nn.Reshape(2, 4, 5))(x), x)


def test_a_transposed_convolution_doubles_a_size():
    assert nn.ConvTranspose2d(3, 2, 4, stride=2, padding=1)(noise(2, 3, 7, 5)).shape == (2, 2, 14, 10)


def test_predictions_with_noise_spread_about_those_without():
    model = nn.Sequential(nn.Dense(3, 4), nn.Dropout(0.5), nn.BatchNorm(4))
    x, before = noise(10, 3), model[2].running_mean.copy()
    drawn = np.stack([model.predict(x, noise=True) for _ in range(2000)])
    assert (drawn.std(axis=0) > 0).all() and all(m.training for m in model.modules())
    error = drawn.std(axis=0) / math.sqrt(2000)
    assert (abs(drawn.mean(axis=0) - model.predict(x)) < 5 * error).all()       # dense, then a scale: linear
    np.testing.assert_array_equal(model[2].running_mean, before)        # batch norm stays at test time


def test_predict_takes_what_numpy_takes_in_the_precision_of_the_model():
    model, x = nn.Dense(3, 2), noise(4, 3)
    for given in (x.tolist(), x.astype(np.float64), Tensor(x), np.asfortranarray(x)):
        assert model.predict(given).dtype == np.float32
        np.testing.assert_allclose(model.predict(given), model.predict(x), rtol=1e-6)
    with pytest.raises(ValueError, match="no batches of 0"):
        model.predict(x, batch_size=0)


def test_a_recurrent_network_takes_a_single_step():
    model, x = rnn.RNN(3, 5), noise(2, 1, 3)
    expected = np.tanh(x[:, 0] @ model.u.array + model.b.array)
    np.testing.assert_allclose(model(x).array[:, 0], expected, rtol=1e-5)


# --- what a file can hold, and what it cannot ---------------------------------------------------------------

def test_an_attribute_may_be_called_file(tmp_path):
    class Odd(nn.Module):
        def __init__(self):
            self.file, self.self, self.args = Tensor([1.0]), Tensor([2.0]), Tensor([3.0])
    a, b = Odd(), Odd()
    a.file.array[:] = 7
    a.save(tmp_path / "odd.npz")
    assert unchanged(b.load(tmp_path / "odd.npz"), a.state_dict()) and b.file.array == 7


def _with_member(name, content):
    def spoil(path):
        with zipfile.ZipFile(path, "a") as file:
            file.writestr(name, content)
    return spoil


@pytest.mark.parametrize("header", [(10 ** 13,), (3, 10 ** 9)], ids=str)
def test_a_header_that_lies_costs_nothing_and_is_refused(header, tmp_path):
    a, b = model_and_copy()
    state, path = a.state_dict(), tmp_path / "model.npz"
    before = b.state_dict()
    with zipfile.ZipFile(path, "w") as file:
        for name, x in state.items():
            with file.open(f"{name}.npy", "w") as member:
                if name == "layers.0.w":
                    np.lib.format.write_array_header_1_0(member, {"descr": "<f4", "fortran_order": False,
                                                                  "shape": header})
                else:
                    np.lib.format.write_array(member, x)
    tracemalloc.start()
    with pytest.raises(ValueError, match="load.*(layers.0.w is float32|whole .npz file)"):
        b.load(path)
    assert tracemalloc.get_traced_memory()[1] < 1e6 and unchanged(b, before)
    tracemalloc.stop()


def test_a_member_that_is_no_array_is_one_clear_error(tmp_path):
    a, b = model_and_copy()
    a.save(tmp_path / "model.npz")
    _with_member("notes.txt", b"hello")(tmp_path / "model.npz")
    with pytest.raises(ValueError, match="load: .*is not a whole .npz file"):
        b.load(tmp_path / "model.npz")


@pytest.mark.skipif(os.name != "posix", reason="a process is killed by a signal")
def test_what_a_killed_save_leaves_is_gone_after_the_next(tmp_path):
    code = ("import os, signal, sys; from minidl import state; import numpy as np\n"
            "with state.aside(sys.argv[1]) as file:\n"
            "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)")
    path = tmp_path / "model[1].npz"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code, path])
    assert len(list(tmp_path.iterdir())) == 1 and not path.exists()             # one, not two
    a, b = model_and_copy()
    a.save(path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name] and unchanged(b.load(path), a.state_dict())


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="model.npz cannot be written.*no folder .*nowhere: make it"):
        nn.Dense(2, 2).save(tmp_path / "nowhere" / "model.npz")
