"""Training: batches, the loop, early stopping, interruptions, and what is printed."""
import contextlib
import io
import math
import sys

import numpy as np
import pytest

from minidl import Tensor, backend, losses, nn, optim, schedules, train


def toy(n=100):
    """Two clouds of points, and which is which."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    return (rng.standard_normal((n, 2)) + 3 * y[:, None]).astype(np.float32), y


def loss(model, x, y):
    return losses.cross_entropy(model(x), y)


def fit(model=None, f=loss, arrays=None, **settings):
    model = model or nn.Dense(2, 2)
    settings = {"optimizer": optim.SGD(model.parameters(), 0.1), "epochs": 2, "quiet": True, **settings}
    return model, train.fit(model, f, toy() if arrays is None else arrays, **settings)


# --- batches ------------------------------------------------------------------------------------------------

def test_minibatches_cover_everything_once_in_pairs_that_stay_together():
    x, y = np.arange(23), np.arange(23) * 10
    batches = list(train.minibatches(x, y, batch_size=5))
    assert [len(b[0]) for b in batches] == [5, 5, 5, 5, 3]
    assert sorted(np.concatenate([b[0] for b in batches])) == list(x)
    assert all((b[0] * 10 == b[1]).all() for b in batches)


def test_minibatches_are_shuffled_anew_each_time_and_reproducibly():
    x = np.arange(50)
    first, second = ([b for b, in train.minibatches(x, batch_size=50)][0] for _ in range(2))
    assert not np.array_equal(first, second) and not np.array_equal(first, x)
    backend.seed(0)
    np.testing.assert_array_equal([b for b, in train.minibatches(x, batch_size=50)][0], first)


def test_minibatches_in_order_are_in_order():
    batches = [b.tolist() for b, in train.minibatches(np.arange(7), batch_size=3, shuffle=False)]
    assert batches == [[0, 1, 2], [3, 4, 5], [6]]


def test_augmentation_sees_the_first_array_of_each_batch():
    x, y = np.arange(6.0), np.arange(6.0) * 10
    for a, b in train.minibatches(x, y, batch_size=4, augment=lambda x: -x):
        assert (a * 10 == -b).all()
    assert x.tolist() == list(range(6))


@pytest.mark.parametrize("arrays, size", [(([], []), 4), (([1, 2], [1]), 4), (([1, 2], [1, 2]), 0),
                                          ((), 4)])
def test_batches_that_cannot_be_are_refused(arrays, size):
    with pytest.raises(ValueError, match="minibatches"):
        next(train.minibatches(*map(np.array, arrays), batch_size=size))


# --- the loop -----------------------------------------------------------------------------------------------

def test_fit_learns():
    x, y = toy()
    model, history = fit(arrays=(x, y), epochs=20, batch_size=16,
                         metrics={"accuracy": lambda m: train.accuracy(m, x, y)})
    assert len(history["loss"]) == 20 and history["loss"][-1] < 0.3 * history["loss"][0]
    assert history["accuracy"][-1] > 0.95 and all(type(v) is float for v in history["loss"])
    assert history.best_epoch is None and history.interrupted is False


def test_fit_is_the_loop_that_it_stands_for():
    x, y = toy(10)
    backend.seed(1)
    model, history = fit(arrays=(x, y), epochs=3, batch_size=4)
    backend.seed(1)
    other = nn.Dense(2, 2)
    optimiser = optim.SGD(other.parameters(), 0.1)
    for _ in range(3):
        seen = []
        for bx, by in train.minibatches(x, y, batch_size=4):
            optimiser.zero_grad()
            result = loss(other, bx, by)
            result.backward()
            optimiser.step()
            seen.append(float(result))
    np.testing.assert_array_equal(model.w.array, other.w.array)
    assert history["loss"][-1] == pytest.approx(np.mean(seen))


def test_a_dict_of_losses_is_summed_and_each_is_kept():
    terms = lambda m, x, y: {"fit": loss(m, x, y), "size": 0.1 * losses.l2(m)}
    _, history = fit(f=terms, validation=toy(), epochs=3)
    assert set(history) == {"loss", "fit", "size", "validation loss"}
    np.testing.assert_allclose(history["loss"], np.add(history["fit"], history["size"]), rtol=1e-5)


def test_a_term_of_the_name_loss_does_not_hide_the_sum():
    _, history = fit(f=lambda m, x, y: {"loss": loss(m, x, y), "size": losses.l2(m) + 100})
    assert min(history["loss"]) > 100


def test_validation_is_measured_without_dropout_and_without_a_tape():
    modes = []

    def watched(model, x, y):
        result = loss(model, x, y)
        modes.append((model.training, result.op is not None, len(x)))
        return result
    fit(f=watched, arrays=toy(8), validation=toy(5), epochs=2, batch_size=8)
    assert modes == [(True, True, 8), (False, False, 5)] * 2


def test_the_model_is_left_in_eval_mode():
    assert not fit()[0].training


def test_evaluate_weighs_batches_by_their_size():
    model, (x, y) = nn.Dense(2, 2), toy(7)
    whole = float(loss(model, x, y))
    assert train.evaluate(model, loss, (x, y), batch_size=3) == pytest.approx(whole)
    twice = lambda *batch: {"a": loss(*batch), "b": loss(*batch)}
    assert train.evaluate(model, twice, (x, y)) == pytest.approx(2 * whole)


def test_accuracy_is_the_share_of_right_answers():
    model = nn.Dense(2, 2, bias=False)
    model.w.array[...] = np.eye(2)
    x, y = np.array([[1, 0], [0, 1], [2, 1]], np.float32), np.array([0, 1, 1])
    assert train.accuracy(model, x, y) == pytest.approx(2 / 3)


def test_the_schedule_is_told_the_share_that_is_done_before_each_step():
    model = nn.Dense(2, 2)
    optimiser, rates, told = optim.SGD(model.parameters(), 9.0), [], []
    fit(model, lambda *b: (rates.append(optimiser.learning_rate), loss(*b))[1], toy(10), optimizer=optimiser,
        batch_size=5, schedule=lambda done: 1 - done, before_step=told.append)
    assert rates == [1, 3 / 4, 1 / 2, 1 / 4] and told == [0, 1 / 4, 1 / 2, 3 / 4]


def test_a_loss_that_nothing_is_learned_from_is_refused():
    with pytest.raises(TypeError, match="not computed from any Tensor"):
        fit(f=lambda m, x, y: np.float32(1))


# --- early stopping -----------------------------------------------------------------------------------------

SCORES = [9.0, 8.0, 7.0, 6.0, 5.0, 5.5, 5.2, 5.1, 6.0, 7.0]


def scripted(scores, stop, epochs=10):
    """A run whose scores are given, and the weights as they were after each epoch."""
    scores, weights, model = iter(scores), [], nn.Dense(2, 2)
    metric = lambda m: (weights.append(m.w.array.copy()), next(scores))[1]
    _, history = fit(model, epochs=epochs, metrics={"score": metric}, stop=stop)
    return model, history, weights


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_the_best_epoch_is_5_known_at_6_stopped_at_5_plus_patience_and_restored(patience):
    stop = train.EarlyStopping(patience, monitor="score")
    model, history, weights = scripted(SCORES, stop)
    assert len(history["loss"]) == len(weights) == 5 + patience
    assert history.best_epoch == stop.best_epoch == 5 and stop.best == 5.0
    np.testing.assert_array_equal(model.w.array, weights[4])
    assert not np.array_equal(weights[4], weights[-1])


def test_that_an_epoch_was_the_best_is_known_one_later_at_the_earliest():
    stop, model = train.EarlyStopping(1), nn.Dense(1, 1)
    answers = [stop.update(epoch, {"validation loss": s}, model) for epoch, s in enumerate(SCORES[:6], 1)]
    assert answers == [False] * 5 + [True]


def test_the_best_is_restored_even_if_patience_did_not_run_out():
    model, history, weights = scripted([3, 1, 2], train.EarlyStopping(10, monitor="score"), epochs=3)
    assert len(history["loss"]) == 3 and history.best_epoch == 2
    np.testing.assert_array_equal(model.w.array, weights[1])


def test_the_largest_may_be_the_best():
    _, history, _ = scripted([0.5, 0.9, 0.7, 0.8, 0.6], train.EarlyStopping(2, monitor="score", largest=True))
    assert history.best_epoch == 2 and len(history["score"]) == 4


def test_an_equal_score_is_no_better():
    _, history, _ = scripted([5, 4, 4, 4, 4], train.EarlyStopping(2, monitor="score"))
    assert history.best_epoch == 2 and len(history["score"]) == 4


def test_watching_what_is_not_measured_is_refused():
    with pytest.raises(ValueError, match="'validation loss'.*'loss'.*validation set"):
        fit(stop=train.EarlyStopping(3))
    with pytest.raises(ValueError, match="at least 1, not 0"):
        train.EarlyStopping(0)


# --- when it goes wrong -------------------------------------------------------------------------------------

@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("step", [1, 2, 19, 20, 21, 25, 26, 39, 40, 41, 49, 50])
def test_a_loss_that_is_no_number_is_reported_with_its_step(step, bad, capsys):
    count = iter(range(1, 1000))
    spoiled = lambda *b: loss(*b) * (bad if next(count) == step else 1.0)
    with pytest.raises(FloatingPointError, match=rf"at step {step}: lower the learning rate"):
        fit(f=spoiled, arrays=toy(25), batch_size=1, epochs=2)      # 25 steps an epoch, a look at every 20th
    assert capsys.readouterr().out == ""


def test_ctrl_c_leaves_a_usable_model_and_its_history(capsys):
    count = iter(range(1000))

    def interrupted(model, x, y):
        if next(count) == 12:
            raise KeyboardInterrupt
        return loss(model, x, y)
    model, history = fit(f=interrupted, arrays=toy(20), batch_size=4, epochs=10, quiet=False)   # 5 steps each
    assert history.interrupted and len(history["loss"]) == 2 and not model.training
    assert np.isfinite(model.predict(toy()[0])).all()
    assert "stopped by Ctrl-C in epoch 3" in capsys.readouterr().out


def test_ctrl_c_restores_the_best_epoch_of_early_stopping():
    scores = iter([2.0, 1.0, 3.0])
    weights, model = [], nn.Dense(2, 2)

    def metric(m):
        weights.append(m.w.array.copy())
        if len(weights) == 4:
            raise KeyboardInterrupt
        return next(scores)
    _, history = fit(model, epochs=9, metrics={"score": metric}, stop=train.EarlyStopping(5, "score"))
    assert history.best_epoch == 2 and history.interrupted
    np.testing.assert_array_equal(model.w.array, weights[1])


# --- what is printed ----------------------------------------------------------------------------------------

def test_away_from_a_terminal_an_epoch_is_one_line(capsys):
    fit(epochs=3, batch_size=2, quiet=False, validation=toy(5))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and all("\r" not in line and "\033" not in line for line in lines)
    for k, line in enumerate(lines, 1):
        assert line.startswith(f"epoch {k}/3  loss ") and "validation loss" in line and line.endswith(" s")


class Terminal(io.StringIO):
    buffer = None                               # as every real one has; IDLE's has none
    isatty = lambda self: True


def shown_on(terminal, monkeypatch, columns=100, term="xterm"):
    """What a run of two epochs writes there, line by line as each came."""
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", str(columns))
    fit(epochs=2, arrays=toy(50), batch_size=1, quiet=False, validation=toy(5))
    return terminal.getvalue()


def test_on_a_terminal_one_line_renews_itself(monkeypatch):
    shown = shown_on(Terminal(), monkeypatch)
    assert shown.count("\n") == 2 and "20/50" in shown and "s left" in shown and "\033" not in shown
    assert all(len(part.rstrip("\n")) == 99 for part in shown.split("\r")[1:])         # all is covered


def test_on_a_narrow_terminal_the_line_that_renews_itself_never_wraps(monkeypatch):
    shown = shown_on(Terminal(), monkeypatch, columns=20)
    renewed = [part for part in shown.split("\r")[1:] if "\n" not in part]
    assert len(renewed) == 5 and {len(part) for part in renewed} == {19}
    assert renewed[0] == "epoch 1/2  20/50  l"


class Idle(io.StringIO):
    isatty = lambda self: True


@pytest.mark.parametrize("terminal, term", [(Terminal, "dumb"), (Terminal, ""), (Idle, "xterm")])
def test_a_dumb_terminal_gets_a_line_an_epoch(monkeypatch, terminal, term):
    shown = shown_on(terminal(), monkeypatch, term=term)
    assert len(shown.splitlines()) == 2 and "\r" not in shown and "\033" not in shown


def test_quiet_is_quiet(capsys):
    fit()
    assert capsys.readouterr().out == ""


def test_a_history_holds_numbers():
    history = train.History()
    history.add({"loss": np.float32(1), "size": Tensor(2.0)})
    history.add({"loss": 3})
    assert history == {"loss": [1.0, 3.0], "size": [2.0]} and type(history["size"][0]) is float


# --- at the door --------------------------------------------------------------------------------------------

class Table:
    """As pandas' Series: an array in all but name, with a `get` and a dtype."""
    def __init__(self, a):
        self.a, self.dtype, self.shape = np.array(a), np.array(a).dtype, np.shape(a)

    def __array__(self, dtype=None, copy=None):
        return self.a.astype(dtype or self.dtype)

    def __len__(self):
        return len(self.a)

    def get(self, key):
        raise KeyError(key)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("kind", [list, Table, np.asmatrix, lambda a: a.astype(np.float64), np.asfortranarray,
                                  Tensor], ids="list table matrix float64 fortran tensor".split())
def test_fit_takes_what_numpy_takes_and_trains_in_the_precision_of_the_model(kind):
    (x, y), seen = toy(20), set()
    watched = lambda m, x, y: (seen.add((type(x), x.dtype, y.dtype)), loss(m, x, y))[1]
    histories = []
    for given in x, x.tolist() if kind is list else kind(x):
        backend.seed(3)
        labels = y.tolist() if kind is list else Table(y)
        histories.append(fit(f=watched, arrays=(given, labels), validation=(given, labels))[1])
    assert histories[0] == histories[1] and seen == {(np.ndarray, np.dtype("float32"), np.dtype("int64"))}


def test_a_float64_model_is_trained_in_float64():
    model, (x, y) = nn.Dense(2, 2), toy(10)
    for p in model.parameters():
        p.array = p.array.astype(float)
    seen = set()
    fit(model, lambda m, x, y: (seen.add(x.dtype), loss(m, x, y))[1], (x, y), validation=(x, y))
    assert seen == {np.dtype("float64")} and model.predict(x).dtype == float


@pytest.mark.parametrize("n, size, sizes", [(65, 64, [65]), (66, 64, [64, 2]), (7, 3, [3, 4]),
                                            (3, 1, [1, 1, 1]), (1, 4, [1]), (64, 64, [64])])
def test_a_last_batch_of_one_joins_the_one_before_if_asked(n, size, sizes):
    found = [len(b) for b, in train.minibatches(np.arange(n), batch_size=size, join=True)]
    assert found == sizes
    assert sum(len(b) for b, in train.minibatches(np.arange(n), batch_size=size)) == n


def test_batch_norm_and_mmd_survive_65_examples_and_a_validation_set_of_1001():
    model = nn.Sequential(nn.Dense(2, 4), nn.BatchNorm(4), nn.Dense(4, 2))
    both = lambda m, x, y: loss(m, x, y) + losses.mmd(m(x), x)
    _, history = fit(model, both, toy(65), validation=toy(1001), batch_size=64)
    assert np.isfinite(history["validation loss"]).all()


@pytest.mark.parametrize("settings, message", [
    ({"f": losses.cross_entropy},               r"lambda model, x, y: losses.cross_entropy\(model\(x\), y\)"),
    ({"arrays": toy()[0]},                      r"tuples of arrays, \(x, y\), or \(x,\)"),
    ({"validation": toy()[0]},                  r"tuples of arrays"),
    ({"arrays": (np.array(["a", "b"]),)},       r"arrays \(N, …\) of numbers, and this is <U1\(2,\)"),
    ({"arrays": (np.float32(1),)},              r"arrays \(N, …\) of numbers"),
    ({"arrays": (np.ma.masked_array([1.0, 2.0]),)}, "masked array.*filled"),
], ids="loss array validation words number mask".split())
def test_what_fit_cannot_take_is_said_in_a_sentence(settings, message):
    with pytest.raises(TypeError, match=message):
        fit(**settings)


@pytest.mark.parametrize("y", [np.zeros((3, 1), int), np.eye(3)[:, :2], np.array(["0", "1", "1"]),
                               np.zeros(3), np.zeros(2, int)], ids="column onehot words floats fewer".split())
def test_accuracy_refuses_what_are_no_labels(y):
    with pytest.raises(ValueError, match=r"accuracy: the outputs are float32\(3, 2\).*argmax"):
        train.accuracy(nn.Dense(2, 2), np.ones((3, 2), np.float32), y)


def test_accuracy_refuses_a_single_output_and_takes_a_list():
    with pytest.raises(ValueError, match="K ≥ 2"):
        train.accuracy(nn.Dense(2, 1), np.ones((3, 2), np.float32), np.zeros(3, int))
    model, (x, y) = nn.Dense(2, 2), toy(10)
    assert train.accuracy(model, x.tolist(), y.tolist()) == train.accuracy(model, x, y)


def test_a_loss_of_shape_1_is_a_number():
    one = lambda m, x, y: loss(m, x, y).reshape(1)
    backend.seed(1)
    _, history = fit(f=one, validation=toy())
    backend.seed(1)
    assert history == fit(validation=toy())[1]


def test_a_term_may_be_a_number_that_nothing_is_learned_from():
    terms = lambda m, x, y: {"fit": loss(m, x, y), "offset": 0.5, "size": np.float32(2)}
    _, history = fit(f=terms, validation=toy())
    assert history["offset"] == [0.5] * 2 and history["size"] == [2] * 2
    assert history["loss"][0] == pytest.approx(history["fit"][0] + 2.5)


def test_evaluate_is_at_test_time_and_leaves_the_mode_as_it_was():
    model, (x, y) = nn.Sequential(nn.Dense(2, 2), nn.Dropout(0.5), nn.BatchNorm(2)), toy(20)
    before = model[2].running_mean.copy()
    assert train.evaluate(model, loss, (x, y)) == train.evaluate(model, loss, (x, y)) and model.training
    np.testing.assert_array_equal(before, model[2].running_mean)


# --- steps --------------------------------------------------------------------------------------------------

def test_a_step_differentiates_by_the_optimisers_own_parameters_alone(monkeypatch):
    G, D = nn.Dense(2, 2), nn.Dense(2, 1)
    d_step, g_step = optim.SGD(D.parameters(), 0.1), optim.SGD(G.parameters(), 0.1)
    z, mine = np.ones((3, 2), np.float32), np.full((2, 1), 7, np.float32)
    D.w.grad = mine
    before = D.w.numpy()
    train.train_step(lambda: losses.gan_non_saturating(D(G(z))), g_step)
    assert D.w.grad is mine and D.b.grad is None and G.w.grad is not None
    np.testing.assert_array_equal(D.w.array, before)
    train.train_step(lambda: losses.gan_discriminator(D(z), D(G(z))), d_step)
    assert not np.array_equal(D.w.array, before)


def test_a_loss_of_another_model_is_refused():
    with pytest.raises(ValueError, match="depends on no parameter of this optimiser"):
        fit(optimizer=optim.SGD(nn.Dense(2, 2).parameters(), 0.1))


def test_descend_is_plain_steps_with_a_history():
    w, told = Tensor(np.array([2.0, -3.0])), []
    optimiser = optim.SGD([w], 9.0)
    history = train.descend(lambda: {"bowl": (w ** 2).sum(), "tilt": w.sum() * 0}, optimiser, 40,
                            schedule=schedules.linear(0.2, 0.0), before_step=told.append)
    assert set(history) == {"loss", "bowl", "tilt"} and len(history["loss"]) == 40
    assert history["loss"][0] == 13
    by_hand = np.array([2.0, -3.0])
    for k in range(40):
        by_hand -= 0.2 * (1 - k / 40) * 2 * by_hand
    np.testing.assert_allclose(w.array, by_hand, rtol=1e-12)
    assert told == [k / 40 for k in range(40)]
    assert train.descend(lambda: (w * w).sum(), optimiser, 0) == {}
    with pytest.raises(FloatingPointError, match="at step 1: "), np.errstate(invalid="ignore"):
        train.descend(lambda: (w * np.inf).sum(), optimiser, 3)


def test_the_weight_of_a_loss_and_a_noise_may_change_with_the_share_that_is_done():
    model, beta = nn.Sequential(nn.Dense(2, 2), nn.GaussianNoise(1.0)), schedules.linear(0, 4, until=0.5)
    weights = {}

    def anneal(done):
        weights["l2"], model[1].std = beta(done), 1 - done
    seen = []
    fit(model, lambda m, x, y: (seen.append((weights["l2"], m[1].std)), loss(m, x, y) + weights["l2"] *
        losses.l2(m))[1], toy(10), batch_size=5, before_step=anneal)
    assert seen == [(0, 1), (2, 0.75), (4, 0.5), (4, 0.25)]


def test_a_validation_loss_that_is_no_number_is_reported_with_its_epoch():
    spoiled = lambda m, x, y: loss(m, x, y) * (1.0 if m.training else np.nan)
    with pytest.raises(FloatingPointError, match="validation loss became nan in epoch 1"):
        fit(f=spoiled, validation=toy())


def test_early_stopping_does_not_compare_what_is_no_number():
    with pytest.raises(FloatingPointError, match="watches 'score', which is NaN in epoch 2"):
        scripted([3.0, math.nan, 2.0], train.EarlyStopping(3, monitor="score"))


def test_scores_that_never_improve_stop_a_run_after_its_patience_and_restore_nothing():
    _, history, weights = scripted([math.inf] * 9, train.EarlyStopping(3, monitor="score"))
    assert len(history["score"]) == 3 and history.best_epoch is None


# --- a run that is cut --------------------------------------------------------------------------------------

def run_with(path, epochs=6, cut_after=None, patience=None, scores=None):
    """A run with all that has a state: momentum, batch norm, dropout, shuffling, early stopping."""
    backend.seed(11)
    model = nn.Sequential(nn.Dense(2, 8), nn.BatchNorm(8), nn.ReLU(), nn.Dropout(0.3), nn.Dense(8, 2))
    optimiser, calls = optim.Adam(model.parameters(), 0.01), iter(range(10 ** 6))

    def cut(model, x, y):
        if cut_after is not None and next(calls) == cut_after:
            raise RuntimeError("the plug is pulled")
        return loss(model, x, y)
    history = train.fit(model, cut, toy(40), optimizer=optimiser, epochs=epochs, batch_size=16, quiet=True,
                        validation=toy(30), schedule=schedules.cosine(0.01), checkpoint=path,
                        stop=patience and train.EarlyStopping(patience),
                        augment=lambda x: x + backend.rng().normal(size=x.shape).astype(np.float32) * 0.1)
    return model.state_dict(), optimiser.state_dict(), history, backend.rng().random()


def same(a, b):
    (model, optimiser, history, dice), (other, others, story, rolled) = a, b
    return (all(np.array_equal(model[k], other[k]) for k in model) and history == story and dice == rolled
            and all(np.array_equal(optimiser[k], others[k]) for k in optimiser)
            and history.best_epoch == story.best_epoch)


@pytest.mark.parametrize("cut_after", [0, 1, 5, 9, 13, 22])
@pytest.mark.parametrize("patience", [None, 2])
def test_a_run_that_was_cut_goes_on_to_the_same_end_to_the_bit(cut_after, patience, tmp_path):
    whole = run_with(None, patience=patience)
    with contextlib.suppress(RuntimeError):
        run_with(tmp_path / "run.npz", cut_after=cut_after, patience=patience)
    assert same(run_with(tmp_path / "run.npz", patience=patience), whole)
    assert same(run_with(tmp_path / "run.npz", patience=patience), whole)       # it does not run again
    assert [p.name for p in tmp_path.iterdir()] == ["run.npz"]


def test_a_run_that_was_stopped_early_stays_stopped(tmp_path):
    def again():
        scores, model = iter([3.0, 1.0, 2.0, 2.0, 0.5]), nn.Dense(2, 2)
        _, history = fit(model, epochs=5, metrics={"score": lambda m: next(scores)},
                         checkpoint=tmp_path / "run.npz", stop=train.EarlyStopping(2, monitor="score"))
        return history, model.state_dict()
    (first, best), (second, same_best) = again(), again()
    assert first == second and len(second["score"]) == 4 and second.best_epoch == 2
    assert all(np.array_equal(x, same_best[name]) for name, x in best.items())


def test_a_checkpoint_of_something_else_is_refused_and_changes_nothing(tmp_path):
    path, model = tmp_path / "run.npz", nn.Dense(2, 2)
    before = model.state_dict()
    model.save(path)
    with pytest.raises(ValueError, match="no checkpoint as fit writes it"):
        fit(model, checkpoint=path)
    path.write_bytes(b"half a file")
    with pytest.raises(ValueError, match="not a whole .npz"):
        fit(model, checkpoint=path)
    path.unlink()
    fit(nn.Dense(2, 2), checkpoint=path)
    for other in {"model": nn.Sequential(nn.Dense(2, 2))}, {"optimizer": optim.Adam(model.parameters())}:
        with pytest.raises(ValueError, match="load_state_dict"):
            fit(**{"model": model, "checkpoint": path, **other})
    assert all(np.array_equal(x, before[name]) for name, x in model.state_dict().items())
