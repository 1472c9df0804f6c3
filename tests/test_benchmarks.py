"""The benchmarks run, on the right mathematics, and tell what they measured.  Nothing here is timed."""
import ast
import json
import sys

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from benchmarks import __main__ as command                      # noqa: E402
from benchmarks import growth, report, run, updates, with_minidl, workloads     # noqa: E402
from minidl import Tensor, optim                                # noqa: E402

NAMES = list(workloads.WORKLOADS)


# --- the workloads ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_loss_is_finite_and_falls(name):
    step = getattr(with_minidl, name)(**workloads.WORKLOADS[name]())
    first, second = step(), step()
    assert np.isfinite([first, second]).all()
    if name == "ops10":
        assert first == second                                  # it has no optimiser
    elif name not in workloads.NOISY:                           # dropout and momentum may overshoot
        assert second < first


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.logaddexp(0, x)


def forward(h, weights, activation=lambda x: np.maximum(x, 0)):
    """Dense layers in plain NumPy."""
    for i in range(0, len(weights), 2):
        h = (activation(h) if i else h) @ weights[i] + weights[i + 1]
    return h


def cross_entropy(s, y):
    return np.mean(np.log(np.exp(s).sum(axis=1)) - s[np.arange(len(y)), y])


def cae(x, weights):
    h = sigmoid(forward(x, weights[:2]))
    jacobian = (h * (1 - h))[:, None] * weights[0]                              # (N, 784, 256)
    return ((sigmoid(forward(h, weights[2:])) - x) ** 2).sum() / len(x) + 0.1 * (jacobian ** 2).sum() / len(x)


def cae_deep(x, weights):
    h = sigmoid(forward(x, weights[:2]))
    code = sigmoid(forward(h, weights[2:4]))
    error = ((sigmoid(forward(code, weights[4:], sigmoid)) - x) ** 2).sum() / len(x)
    jacobians = (weights[0] * (a * (1 - a)) @ weights[2] * (c * (1 - c)) for a, c in zip(h, code))
    return error + 0.1 * np.mean([np.sum(j ** 2) for j in jacobians])


def gan(x, z, weights):
    """Both losses, before either player has moved."""
    g, d = weights[:6], weights[6:]
    discriminators = softplus(-forward(x, d)).mean() + softplus(forward(forward(z[0], g), d)).mean()
    return discriminators + softplus(-forward(forward(z[1], g), d)).mean()


def rnn(x, y, w, weights):
    (u, b, *last), h = weights, 0 * x[:, 0, :1]
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ u + h @ w + b) if t else np.tanh(x[:, t] @ u + b)
    return cross_entropy(forward(h, last), y)


def ops10(x, w):
    z = x
    for _ in range(100):
        z = np.tanh(z * w + x)
    return z.sum()


REFERENCE = {"mlp": lambda x, y, weights: cross_entropy(forward(x, weights), y), "cae": cae,
             "cae_deep": cae_deep, "cube": lambda x, weights: ((forward(x, weights) - x) ** 2).mean(),
             "rnn": rnn, "ops10": ops10}


@pytest.mark.parametrize("name", REFERENCE)
def test_the_first_loss_is_that_of_plain_numpy(name):
    data = workloads.WORKLOADS[name]()
    expected = REFERENCE[name](**data)
    assert getattr(with_minidl, name)(**data)() == pytest.approx(expected, rel=1e-4)    # sums in float32


def test_the_first_losses_of_the_gan_are_near_those_before_the_discriminator_moved():
    data = workloads.gan()                                      # by 0.001 a weight, and the generator's rises
    before = gan(**data)
    assert before < with_minidl.gan(**data)() < before * 1.1


def test_a_workload_leaves_its_data_alone():
    data = workloads.mlp()
    before = [w.copy() for w in data["weights"]]
    with_minidl.mlp(**data)()
    assert all(np.array_equal(*pair) for pair in zip(before, data["weights"], strict=True))


def test_the_plain_optimisers_take_minidls_steps():
    w, gradients = np.float32([1, -2, 3]), np.float32([[0.1, 0.2, 0.3], [0.3, -0.1, 0.2], [1, 0, -1]])
    for plain, ours in ((lambda p: updates.sgd(p, 0.1, 0.9), lambda p: optim.SGD(p, 0.1, momentum=0.9)),
                        (lambda p: updates.adam(p, 0.1), lambda p: optim.Adam(p, 0.1))):
        array, tensor = w.copy(), Tensor(w)
        update, optimizer = plain([array]), ours([tensor])
        for g in gradients:
            update([g.copy()])
            tensor.grad = g.copy()
            optimizer.step()
        np.testing.assert_allclose(array, tensor.array, rtol=1e-5)


# --- the names agree ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["STEPS", "REACH"])
def test_every_workload_is_in_every_table(table):
    assert list(getattr(workloads, table)) == NAMES


@pytest.mark.parametrize("path", sorted(command.FOLDER.glob("with_*.py")), ids=lambda path: path.stem)
def test_the_adapters_public_names_are_workloads(path):
    public = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names = [node.name] if isinstance(node, ast.FunctionDef) else [
            target.id for target in getattr(node, "targets", []) if isinstance(target, ast.Name)]
        public.update(name for name in names if not name.startswith("_") and not name.isupper())
    assert public <= {"lenet", *NAMES} and {"mlp", "ops10"} <= public


def test_minidl_has_all_workloads_and_the_page_tells_of_each():
    assert run.workloads("minidl")["workloads"] == NAMES
    page = (command.FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in page for name in NAMES)
    assert all(mark in page for mark in report.MARKS)


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def peers(monkeypatch):
    """Two libraries that answer at once, in place of processes: torch, and dezero with two workloads."""
    def child(library, *words, python=sys.executable):
        if library in ("autograd", "mygrad"):
            return {"error": f"ModuleNotFoundError: No module named '{library}'"}
        if not words:
            return {"version": "1", "numpy": "2", "workloads": NAMES if library != "dezero" else NAMES[:2]}
        ms = {"torch": [2.0, 4, 3], "minidl": [1.0, 2, 3], "dezero": [30.0, 30, 30]}[library]
        return {"ms": ms, "losses": [3.0, 2.5, 2, 1.5, 1], "mib": 7.0}
    monkeypatch.setattr(command, "child", child)
    return child


def test_it_prints_and_writes_ratios(peers, tmp_path, capsys):
    assert command.main(["lenet64", "mlp", "--starts", "2", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "0.67 (0.67–0.67)" in printed and "10.00 (10.00–10.00)" in printed and "≤ 0.9" in printed
    progress, mlp, memory = (line for line in printed.splitlines() if line.startswith("mlp "))
    assert "–" not in progress and mlp.split()[-3] == "–"       # DeZero has no such workload here
    saved = json.loads((tmp_path / "benchmarks" / "benchmarks.json").read_text(encoding="utf-8"))
    assert saved["base"] == "torch" and saved["starts"] == 2
    assert saved["workloads"]["lenet64"]["minidl"]["ratio"] == pytest.approx([2 / 3] * 3)
    assert (tmp_path / "benchmarks" / "benchmarks.png").stat().st_size > 5000


def test_ratios_are_taken_within_a_turn():
    row = {"torch": {"ms": [1.0, 2, 4]}, "minidl": {"ms": [2.0, 2, 2]}}
    assert report.ratio({"mlp": row}, "mlp", "minidl", "torch") == (1, 0.5, 2)


def test_losses_that_differ_and_a_crash_are_told(peers, tmp_path, capsys, monkeypatch):
    def child(library, *words, python=sys.executable):
        if words and library == "dezero":
            return {"error": "ZeroDivisionError: division by zero"}
        answer = peers(library, *words)
        return answer | {"losses": [3.0, 2.6, 2, 1.5, 1]} if words and library == "torch" else answer
    monkeypatch.setattr(command, "child", child)
    assert command.main(["lenet64", "--quick", "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "the first losses of torch" in printed and "ZeroDivisionError" in printed


def test_it_runs_alone_where_nothing_else_is_installed(tmp_path, capsys):
    assert command.main(["ops10", "cube", "--peers", "none", "--quick", "--out", str(tmp_path)]) == 0
    assert "minidl, ms" in capsys.readouterr().out              # a real process each


@pytest.mark.parametrize("words, sentence", [
    (["lenet"], "there is no workload 'lenet' (did you mean lenet64?)"),
    (["mlp", "--peers", "tensorfow"], "there is no peer 'tensorfow'"),
    (["mlp", "--peers", "mygrad"], "mygrad cannot be used with"),
    (["mlp", "--python", "keras=python"], "there is no peer 'keras'"),
    (["mlp", "--starts", "0"], "--starts is a number of at least 1"),
    (["mlp", "--write"], "--write takes the whole measurement"),
])
def test_a_wrong_command_is_one_sentence_and_status_2(peers, capsys, words, sentence):
    assert command.main(words) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1


def test_ctrl_c_keeps_what_was_complete(peers, tmp_path, capsys, monkeypatch):
    def child(library, *words, python=sys.executable):
        if "mlp" in words:
            raise KeyboardInterrupt
        return peers(library, *words)
    monkeypatch.setattr(command, "child", child)
    assert command.main(["lenet64", "mlp", "--out", str(tmp_path)]) == 130
    assert "stopped by Ctrl-C" in capsys.readouterr().out
    saved = json.loads((tmp_path / "benchmarks" / "benchmarks.json").read_text(encoding="utf-8"))
    assert list(saved["workloads"]) == ["lenet64"]


def test_the_page_takes_the_tables_between_its_marks(tmp_path):
    page = tmp_path / "README.md"
    page.write_text(f"before\n{report.MARKS[0]}\nold\n{report.MARKS[1]}\nafter\n", encoding="utf-8")
    results = {"mlp": {"minidl": {"ms": [1.0], "losses": [1.0], "mib": None}}}
    libraries = {"minidl": {"version": "0.1", "numpy": "2.4"}}
    for _ in range(2):                                          # writing twice leaves one table
        report.write_page(page, results, libraries, "minidl", 1)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert text.count("| mlp | 1.00 |") == 1


# --- growth -------------------------------------------------------------------------------------------------


def test_the_slope_of_a_power_law_is_its_exponent():
    n = [1, 2, 4, 8, 16]
    assert growth.slope(n, [3 * k ** 1.5 for k in n]) == pytest.approx(1.5)


@pytest.mark.parametrize("name", growth.EXPERIMENTS)
def test_memory_grows_as_counted(name):
    sizes, build, _, kept = growth.EXPERIMENTS[name]
    few = sizes[1], sizes[2]
    held = []
    for n in few:
        step = build(n)
        step()                                                  # what is kept from step to step is there now
        held.append(growth.peak(step))
    assert growth.slope(few, held) <= np.log(kept(few[1]) / kept(few[0])) / np.log(few[1] / few[0]) + 0.25


def test_growth_tells_slopes_and_saves_a_picture(tmp_path, capsys, monkeypatch):
    few = {name: growth.EXPERIMENTS[name] for name in ("RNN steps", "operations")}
    monkeypatch.setattr(growth, "EXPERIMENTS", few)
    assert growth.main(["--quick", "--out", str(tmp_path)]) == 0
    assert "bytes per operation" in capsys.readouterr().out
    assert (tmp_path / "benchmarks" / "growth.png").is_file()
