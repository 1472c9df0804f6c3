"""How results are judged, and the networks that lessons share."""
import ast

import numpy as np
import pytest

from lessons import contents, judge, networks
from minidl import backend, data, functions, images, nn


def test_standard_errors_are_those_of_the_mean():
    sample = np.array([1.0, 2.0, 3.0, 6.0])                     # mean 3, s² = (4 + 1 + 0 + 9) / 3
    assert judge.standard_errors(sample, 1) == pytest.approx(2 / np.sqrt(14 / 3 / 4))
    assert judge.standard_errors(sample) == pytest.approx(3 / np.sqrt(14 / 3 / 4))
    assert judge.standard_errors([2, 2], 2) == 0 and judge.standard_errors([2, 2], 3) == -np.inf


def test_standard_errors_have_the_deviation_1_under_the_theory():
    rng = np.random.default_rng(0)
    found = [judge.standard_errors(rng.normal(5, 3, 200), 5) for _ in range(2000)]
    assert abs(np.mean(found)) < 0.1 and abs(np.std(found) - 1) < 0.06


def test_a_lead_counts_only_what_one_reads_and_the_other_does_not():
    ours, rival = [True] * 9 + [False] + [True] * 50, [False] * 9 + [True] + [True] * 50
    assert judge.lead(ours, rival) == pytest.approx(8 / np.sqrt(10)) == -judge.lead(rival, ours)
    assert judge.lead(ours, ours) == 0


def test_folds_share_out_every_example_once():
    parts = judge.folds(11, 3, np.random.default_rng(0))
    assert sorted(np.concatenate(parts)) == list(range(11)) and sorted(map(len, parts)) == [3, 4, 4]
    for k in 1, 12:
        with pytest.raises(ValueError, match=f"11 examples go into 2 to 11 folds, not {k}"):
            judge.folds(11, k, np.random.default_rng(0))


def test_softmax_regression_reads_digits_and_leaves_nothing_to_chance():
    (x, y), (x_test, y_test) = data.digits()
    x, x_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    backend.seed(0)
    first = judge.softmax_regression(x, y, x_test)
    backend.seed(1)
    again = judge.softmax_regression(x, y, x_test)
    assert (first == again).all() and (first == y_test).mean() > 0.85


def test_softmax_regression_separates_what_a_line_can():
    x = np.random.default_rng(0).normal(size=(200, 2))
    y = (x @ [2.0, -1.0] > 0).astype(int)
    found = judge.softmax_regression(x, y, x, classes=2, steps=1000)
    assert (found == y).mean() > 0.98
    small = 5 + x / 1000                        # neither the unit nor the zero of x matters
    assert (judge.softmax_regression(small, y, small, classes=2, steps=1000) == found).mean() > 0.99


def test_the_nearest_neighbour_is_nearest():
    rng = np.random.default_rng(0)
    x, x_test = rng.normal(size=(30, 2, 3)), rng.normal(size=(700, 2, 3))       # more than one part
    by_hand = [((x - one) ** 2).sum(axis=(1, 2)).argmin() for one in x_test]
    assert (judge.nearest(x, np.arange(30), x_test) == by_hand).all()


def test_pca_has_the_pencils_axes_and_variances():
    points = np.array([[3.0, 3], [-3, -3], [1, -1], [-1, 1]]) + [5, 1]
    mean, axes, variances = judge.pca(points, 1)
    assert np.allclose(mean, [5, 1]) and np.allclose(variances, [9, 1])
    assert axes.shape == (2, 1) and np.allclose(abs(axes[:, 0]), np.sqrt(0.5)) and axes[0] * axes[1] > 0


def test_a_multilayer_perceptron_bends_between_its_layers_only():
    model = networks.mlp(4, 3, 2, bend=nn.Tanh, init=lambda shape, *fans: np.full(shape, 7, np.float32))
    assert [type(layer) for layer in model.layers] == [nn.Dense, nn.Tanh, nn.Dense]
    assert model.count() == 4 * 3 + 3 + 3 * 2 + 2 and (model[0].w.array == 7).all()
    with pytest.raises(ValueError, match="at least two sizes"):
        networks.mlp(4)


def test_lenet5_is_the_network_that_lesson_04_builds():
    """Its class, taken from the script: nothing of the lesson is run."""
    source = contents.find(contents.FOLDER)["04_lenet5"].read_text(encoding="utf-8")
    (built,) = (node for node in ast.parse(source).body if getattr(node, "name", "") == "LeNet5")
    space = {"nn": nn, "relu": functions.relu, "max_pool2d": images.max_pool2d}
    exec(compile(ast.Module([built], []), "04_lenet5", "exec"), space)
    theirs, ours = space["LeNet5"](), networks.lenet5()
    assert ours.count() == 61_706
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        mine.array[...] = other.array
    x = np.random.default_rng(0).normal(size=(2, 1, 32, 32)).astype(np.float32)
    assert np.array_equal(ours.predict(x), theirs.predict(x))


def test_a_vae_draws_its_code_with_the_deviation_it_says():
    model = networks.VAE(networks.mlp(3, 4), nn.Sequential())   # the decoder hands the code through
    model.encoder.layers[0].w.array[:] = 0
    model.encoder.layers[0].b.array[:] = [1, -1, np.log(4), np.log(0.25)]
    mean, log_var = model.encode(np.zeros((1, 3), np.float32))
    assert mean.array.tolist() == [[1, -1]] and np.allclose(np.exp(log_var.array), [[4, 0.25]])
    backend.seed(0)
    z, mean, log_var = model(np.zeros((20_000, 3), np.float32))
    assert np.allclose(z.array.mean(axis=0), [1, -1], atol=0.06)
    assert np.allclose(z.array.std(axis=0), [2, 0.5], rtol=0.03)
