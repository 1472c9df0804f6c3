"""The lessons: their machinery, on small scripts made for it; then every lesson, as a reader runs it."""
import ast
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import test_data

from lessons import __main__ as command
from lessons import console, contents, progress
from lessons.lesson import _plain_matplotlib, begin

LESSONS = contents.find(contents.FOLDER)
HEAD = '''"""
A small lesson
==============

Time: quick 1 s, full 2 min on two cores.
"""
from lessons.lesson import begin
lesson = begin({name!r})
'''
GOOD = """
from minidl import backend
import matplotlib.pyplot as plt
lesson.check("two and two", 2 + 2 == 4)
lesson.claim("a draw, squared", backend.rng().normal() ** 2, below=100)
lesson.claim("only in full", 0.5, above=0.1, full=True)
lesson.record("a number", 0.25, unit="bits")
lesson.picture(plt.figure(), "empty", "Nothing yet")
lesson.end()
"""


def write(folder, name, body, before=""):
    """A lesson script in the folder, with `body` after begin and, if need be, some lines before it."""
    path = folder / f"{name}.py"
    head = HEAD.format(name=name).replace("from lessons", before + "from lessons")
    path.write_text(head + body, encoding="utf-8")
    return path


def run(path, *options, folder=None, **environment):
    """The lesson, run as a script of its own, from its own folder or another."""
    return subprocess.run([sys.executable, path, *options], cwd=folder or path.parent, capture_output=True,
                          encoding="utf-8", env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment)


def result(path):
    """The lesson's result.json."""
    return json.loads((path.parent / "out" / path.stem / "result.json").read_text(encoding="utf-8"))


@pytest.fixture
def good(tmp_path):
    return write(tmp_path, "01_good", GOOD)


@pytest.fixture
def lesson(tmp_path):
    """A lesson that is not a script, as in a notebook."""
    return begin("01_notebook", f"--quick --out {tmp_path.as_posix()}")


# A lesson's run

def test_claims_that_hold_give_exit_status_0_and_a_done_mark(good):
    done = run(good, "--quick")
    assert done.returncode == 0, done.stderr
    assert "✓ two and two\n✓ a draw, squared: " in done.stdout
    assert "– only in full (not tested in quick mode)" in done.stdout
    assert "1 of 1 claims hold, 1 not tested in quick mode; 1 of 1 checks; 1 picture in out" in done.stdout
    assert "\nNow: exercises 1–5: python -m lessons check 01\n" in done.stdout
    assert progress.read(good.parent / "out")["01_good"].items() >= {"quick": True, "claims": "1/1"}.items()
    assert (good.parent / "out/01_good/empty.png").stat().st_size > 0


@pytest.mark.parametrize("line", ['claim("it fails", 3, below=2)', 'claim("of nan", float("nan"), above=2)',
                                  'claim("far off", 3.0, near=2, within=np.float32(0.5))',
                                  'claim("near nan", 3.0, near=float("nan"), within=1)',
                                  'check("fails", False, 3)', 'check("of nan", True, float("nan"))',
                                  'check("nan in a list", True, [1.0, np.float32("nan")])'])
def test_a_claim_or_check_that_fails_or_is_nan_gives_exit_status_1_and_no_done_mark(tmp_path, line):
    path = write(tmp_path, "01_bad", f"import numpy as np\nlesson.{line}\nlesson.end()\n")
    done = run(path)
    assert done.returncode == 1 and "✗ " in done.stdout and not done.stderr and "Now:" not in done.stdout
    kind = line.partition("(")[0] + "s"
    assert result(path)[kind][0]["holds"] is False
    assert progress.read(tmp_path / "out") == {}


def test_a_claim_about_mnist_is_not_judged_on_the_digits(lesson):
    lesson.claim("errors", 0.9, below=0.01, data="mnist")
    assert lesson.claims[0] == {"text": "errors", "holds": None, "value": 0.9, "below": 0.01, "margin": None}


def test_a_check_takes_numpys_truth_but_not_a_number(lesson):
    lesson.check("numpy", np.float32(1) < 2, np.array(3.0))
    assert lesson.checks[0] == {"text": "numpy", "holds": True, "value": 3.0}
    with pytest.raises(TypeError, match="True or False"):
        lesson.check("a number is no verdict", 0.3)


@pytest.mark.parametrize("value, limit, margin, printed", [
    (0.5, dict(below=2), 4, "0.5 < 2, margin 4"), (-1.0, dict(below=2), np.inf, "-1 < 2, margin > 1000"),
    (3.0, dict(above=2), 1.5, "3 > 2, margin 1.5"), (2, dict(above=2), 1, "2 > 2, margin 1"),
    (-1.38, dict(near=-1.4, within=0.04), 2, "-1.38 near -1.4, within 0.04, margin 2"),
    (1, dict(near=2, within=0.5), 0.5, "1 near 2, within 0.5, margin 0.5"),
    (5, dict(near=5, within=0.1), np.inf, "5 near 5, within 0.1, margin > 1000"),
    (-3, dict(above=2), -1.5, "-3 > 2, margin -1.5")])
def test_a_margin_says_how_many_times_over_a_claim_holds(lesson, capsys, value, limit, margin, printed):
    lesson.claim("text", np.float64(value), **limit)
    assert capsys.readouterr().out[2:] == f"text: {printed}\n"
    assert float(lesson.claims[0]["margin"]) == pytest.approx(margin)
    assert lesson.claims[0]["holds"] is (margin > 1)            # at the limit it does not hold


@pytest.mark.parametrize("limit, words", [
    (dict(), "it has none"), (dict(below=1, above=2), "it has below, above"), (dict(near=1), "it has near"),
    (dict(within=1), "it has within"), (dict(below=0), "number > 0"), (dict(above=-1), "number > 0"),
    (dict(near=1, within=0), "number > 0"), (dict(below=float("nan")), "number > 0")])
def test_a_claim_without_one_limit_above_0_is_refused(lesson, limit, words):
    with pytest.raises((TypeError, ValueError), match=f"claim 'text': .*{words}"):
        lesson.claim("text", 1.0, **limit)


def test_one_seed_gives_one_result_and_another_seed_another(good):
    def untimed(*options):
        assert run(good, "--quick", *options).returncode == 0
        return {key: value for key, value in result(good).items() if key not in ("seconds", "finished")}
    first = untimed("--seed", "3")
    assert first == untimed("--seed", "3") != untimed("--seed", "4")
    assert first["figures"] == {"a number": {"value": 0.25, "unit": "bits"}} and first["seed"] == 3


def test_a_crash_leaves_the_good_result_and_marks_nothing(good):
    run(good)
    before = result(good)
    (good.parent / "out/progress.json").unlink()
    write(good.parent, "01_good", "1 / 0\nlesson.end()\n")
    done = run(good)
    assert done.returncode == 1 and "ZeroDivisionError" in done.stderr
    assert result(good) == before and progress.read(good.parent / "out") == {}


@pytest.mark.parametrize("options, sentence", [
    (["--qick"], "did you mean --quick?"), (["--data", "cifar"], "'digits', 'mnist'"),
    (["--seed", "x"], "invalid seed"), (["--seed", "-1"], "invalid seed"),
    (["--out", "01_good.py"], "01_good:")])
def test_a_wrong_option_gives_exit_status_2_and_one_sentence(good, options, sentence):
    done = run(good, *options)
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr


def test_a_gpu_that_is_not_there_gives_exit_status_2_and_one_sentence(good):
    from minidl import backend
    try:
        backend.use("gpu")
        pytest.skip("there is a GPU")
    except backend.DeviceError:
        done = run(good, "--device", "gpu")
    finally:
        backend.use("cpu")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "GPU" in done.stderr


def test_mnist_that_cannot_be_had_gives_exit_status_2_and_one_sentence(tmp_path):
    done = run(write(tmp_path, "01_data", "lesson.images()\n"), "--data", "mnist", MINIDL_DATA=str(tmp_path))
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "MINIDL_DATA" in done.stderr


def test_without_mnist_a_full_run_takes_the_digits_and_says_so(tmp_path):
    path = write(tmp_path, "01_data", "print(lesson.data, lesson.images()[0][0].shape)\n")
    nowhere = {"MINIDL_DATA": "", "XDG_CACHE_HOME": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    full, quick = run(path, **nowhere).stdout, run(path, "--quick", **nowhere).stdout
    assert "\ndata: the bundled digits.  MNIST is not here; to fetch it: python -m lessons data\n" in full
    assert "digits (1437, 1, 8, 8)" in full and "\ndata: the bundled digits\n" in quick


def test_a_given_folder_that_is_not_mnist_is_named_by_a_full_run(tmp_path):
    done = run(write(tmp_path, "01_data", "lesson.images()\n"), MINIDL_DATA=str(tmp_path))
    assert f"data: the bundled digits.  train-images-idx3-ubyte is missing: {tmp_path} holds" in done.stdout
    assert done.returncode == 0 and "python -m lessons data" not in done.stdout


def test_a_lesson_on_mnist_says_from_which_folder(tmp_path):
    test_data.write(test_data.quartet(), tmp_path / "mnist")
    path = write(tmp_path, "01_data", "print(lesson.images(size=32)[1][0].shape)\n")
    shown = run(path, MINIDL_DATA=str(tmp_path / "mnist")).stdout
    assert f"\ndata: MNIST from {tmp_path / 'mnist'}\n(2, 1, 32, 32)\n" in shown


def test_an_output_that_knows_ascii_alone_is_enough(good):
    done = run(good, "--quick", PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and done.stdout.isascii() and "+ two and two" in done.stdout, done.stderr


def test_a_copy_under_another_name_reads_its_options_too(good):
    copy = good.rename(good.with_name("mine.py"))
    assert "quick run, seed 2" in run(copy, "--quick", "--seed", "2").stdout
    assert run(copy, "--qick").returncode == 2


def test_a_book_build_runs_a_lesson_without_a_file_name_or_options(good, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", [str(good)])
    monkeypatch.setenv("MINIDL_OPTIONS", f"--quick --out '{tmp_path.as_posix()}'")
    space = {"__name__": "__main__"}            # as sphinx-gallery has it: no __file__
    exec(HEAD.format(name="01_good") + 'lesson.check("fails", False)\nlesson.end()', space)
    assert space["lesson"].quick and not space["lesson"].script


def test_neither_a_notebooks_backend_nor_the_readers_style_makes_a_difference(tmp_path):
    path = write(tmp_path, "01_plain", "import matplotlib.pyplot as plt\nfigure, ax = plt.subplots()\n"
                 "lesson.picture(figure, 'axes', 'Two axes.')\n")
    picture = tmp_path / "out/01_plain/axes.png"
    assert run(path, MPLBACKEND="").returncode == 0
    plain = picture.read_bytes()
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfigure.facecolor: 000000\nxtick.color: C3\n"
                                           "backend: TkAgg\nsavefig.transparent: True\naxes.grid: True\n")
    for backend in "module://matplotlib_inline.backend_inline", "module://gone", "TkAgg":
        done = run(path, MPLBACKEND=backend)
        assert done.returncode == 0, done.stderr
        assert picture.read_bytes() == plain


def test_a_notebooks_backend_does_not_show_a_scripts_windows(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "module://gone")
    _plain_matplotlib(windows=True)
    assert "MPLBACKEND" not in os.environ


def test_in_a_notebook_figures_stay_open_and_the_end_does_not_exit(lesson):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure = plt.figure()
    lesson.picture(figure, "open", "It stays open.")
    lesson.claim("fails", 1, above=2)
    lesson.end()
    assert plt.fignum_exists(figure.number)
    plt.close(figure)


def test_the_options_of_a_notebook_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIDL_OPTIONS", f"--quick --seed 5 --out '{tmp_path.as_posix()}'")
    lesson = begin("01_notebook")
    assert lesson.quick and lesson.seed == 5 and lesson.out == tmp_path / "01_notebook"


def test_values_are_shown_to_four_digits():
    from minidl import Tensor
    shown = {61706: "61,706", 0.99213: "0.9921", 61706.2: "61,706", float("nan"): "nan", "word": "word"}
    assert [console.show(value) for value in shown] == list(shown.values())
    assert console.show((np.int64(3), np.float32(0.5))) == "(3, 0.5)"
    assert console.show(Tensor(np.array(2.0))) == "2"


@pytest.mark.skipif(os.name != "posix", reason="colours are for POSIX")
def test_a_mark_has_a_colour_only_where_the_terminal_knows_it(monkeypatch):
    terminal = SimpleNamespace(isatty=lambda: True, encoding="utf-8", buffer=None)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = {}
    for term in "xterm", "dumb", "":
        monkeypatch.setenv("TERM", term)
        shown[term] = console.mark(True)
    assert shown == {"xterm": "\033[32m✓\033[0m", "dumb": "✓", "": "✓"}
    monkeypatch.setenv("TERM", "xterm")
    del terminal.buffer                         # as in IDLE
    assert console.mark(True) == "✓"


def test_a_table_aligns_numbers_to_the_right(capsys):
    console.table([("a", 1), ("word", 1000)], header=["name", "count"])
    assert capsys.readouterr().out == "name  count\na         1\nword  1,000\n"


def test_a_claim_is_one_number(lesson):
    for value in [0.1, 0.2], True:
        with pytest.raises(TypeError, match="a finding is one number"):
            lesson.claim("text", value, below=1)


def test_a_stream_of_random_numbers_depends_on_seed_and_name_alone(tmp_path):
    from minidl import backend

    def drawn(seed, name, before=0):
        lesson = begin("01_notebook", f"--quick --seed {seed} --out {tmp_path.as_posix()}")
        backend.rng().random(before)
        return lesson.rng(name).random(), float(backend.normal(1)[0])       # ours, and the engine's
    assert drawn(3, "patience") == drawn(3, "patience", before=5)
    assert len({drawn(3, "patience"), drawn(4, "patience"), drawn(3, "dropout")}) == 3


def test_images_may_be_flat_and_settings_follow_the_data(lesson):
    (x, y), (x_test, _) = lesson.images(flat=True)
    assert x.shape == (1437, 64) and y.shape == (1437,) and x_test.shape == (360, 64)
    assert lesson.pick(digits=1, mnist=2) == 1 and lesson.pick(digits=1, mnist=2, quick=0) == 0
    lesson.quick, lesson.data = False, "mnist"
    assert lesson.pick(digits=1, mnist=2, quick=0) == 2


def test_a_caption_stands_below_its_picture_in_lines_that_fit(lesson):
    import matplotlib.pyplot as plt
    from matplotlib.image import imread
    figure, caption = plt.figure(figsize=(4, 2)), "A sentence that is longer than the picture is wide. " * 2
    lesson.picture(figure, "told", caption)
    (text,) = figure.texts
    assert text.get_text().split() == caption.split() and "\n" in text.get_text()
    box = text.get_window_extent()
    assert box.y1 <= 1 and box.x1 < figure.bbox.x1
    assert lesson.pictures == [{"file": "told.png", "caption": caption}]
    ink = imread(lesson.out / "told.png")[..., :3].min(axis=(1, 2)) < 0.5
    assert ink.any()                            # there is nothing but the caption in it
    with pytest.raises(TypeError):
        lesson.picture(figure, "untold")
    plt.close(figure)


def test_a_film_shows_each_frame_above_its_caption_in_one_size(lesson):
    import matplotlib.pyplot as plt
    from PIL import Image
    from minidl import plot
    figure, (ax,) = plot.panels(1, height=2)
    line, = ax.plot([0, 1], [0, 0])
    lesson.film(figure, lambda end: line.set_ydata([0, end]), [0, 0.02, 0.04], "moves", "It rises.", fps=5)
    film = Image.open(lesson.out / "moves.gif")
    assert film.n_frames == 3 and film.info["duration"] == 200 and film.info["loop"] == 0
    assert film.size[1] > 200 and lesson.pictures == [{"file": "moves.gif", "caption": "It rises."}]
    frames = []
    for i in range(3):
        film.seek(i)
        frames.append(np.array(film.convert("L"), int))
    assert all(abs(a - b).max() > 100 for a, b in zip(frames, frames[1:]))
    below = [frame[-17:] for frame in frames]                   # where the caption stands
    assert (below[0] < 128).any() and abs(below[0] - below[2]).max() < 40
    plt.close(figure)


def test_a_picture_that_cannot_be_finished_leaves_the_old_one_and_nothing_beside_it(lesson, monkeypatch):
    import matplotlib.pyplot as plt
    figure = plt.figure()
    lesson.picture(figure, "kept", "Old.")
    old = (lesson.out / "kept.png").read_bytes()
    broken = figure.text(0.5, 0.5, "$\\nonsense$")
    with pytest.raises(ValueError):
        lesson.picture(figure, "kept", "New.")
    assert [path.name for path in lesson.out.iterdir()] == ["kept.png"]
    assert (lesson.out / "kept.png").read_bytes() == old
    broken.remove()
    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError):
        lesson.picture(figure, "kept", "New.")
    assert [path.name for path in lesson.out.iterdir()] == ["kept.png"]
    plt.close(figure)


def full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


PRINTING = """
def deep():
    print("from", "within")
for i in range(2):
    deep()
print("once")
import sys
sys.stdout.write("\\ra line that is written over")
lesson.check("two", True)
lesson.end()
"""


def test_the_result_says_which_line_printed_what(tmp_path):
    path = write(tmp_path, "01_prints", PRINTING)
    assert run(path, "--quick").returncode == 0
    lines = path.read_text(encoding="utf-8").splitlines()
    printed = [(lines[number - 1], text) for number, text in result(path)["printed"]]
    assert printed == [("    deep()", "from within\nfrom within\n"), ('print("once")', "once\n"),
                       ('lesson.check("two", True)', "✓ two\n")]


def test_the_result_knows_the_script_and_the_engine_it_came_from(good):
    def prints():
        assert run(good, "--quick").returncode == 0
        return result(good)["script"], result(good)["engine"]
    first, again = prints(), prints()
    assert first == again and all(len(part) == 16 for part in first)
    good.write_text(good.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    assert prints()[0] != first[0] and prints()[1] == first[1]


def test_the_exercises_that_a_lesson_opens_are_named_in_ranges():
    assert contents.exercises_after("03") == "exercises 20–27: python -m lessons check 20"
    assert contents.exercises_after("32") == "exercises 54–55: python -m lessons check 54"
    assert contents.exercises_after("34") == ""


# Ctrl-C

CTRL_C = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"     # jobs may ignore it
TRAINING = """
import numpy as np
from minidl import losses, nn, optim, train
model = nn.Dense(2, 2)
def loss(model, x):
    signal.raise_signal(signal.SIGINT)
    return losses.squared_error(model(x), x)
train.fit(model, loss, (np.ones((4, 2)),), optimizer=optim.SGD(model.parameters(), 0.1), epochs=3)
print("after the training")
lesson.end()
"""


@pytest.mark.parametrize("body", [TRAINING, "signal.raise_signal(signal.SIGINT)\nlesson.end()\n"],
                         ids=["in training", "out of it"])
def test_one_ctrl_c_ends_a_lesson_in_training_or_out_of_it(tmp_path, body):
    done = run(write(tmp_path, "01_stopped", body, CTRL_C))
    assert done.returncode == 130 and done.stderr == "\ninterrupted: nothing was marked done\n"
    assert "after the training" not in done.stdout
    assert progress.read(tmp_path / "out") == {} and not (tmp_path / "out/01_stopped/result.json").exists()


def test_ctrl_c_before_a_lesson_has_begun_leaves_no_trace(tmp_path):
    before = CTRL_C + ("import matplotlib\n"
                       "matplotlib.rcdefaults = lambda: signal.raise_signal(signal.SIGINT)\n")
    done = run(write(tmp_path, "01_early", "lesson.end()\n", before))
    assert done.returncode != 0 and done.stderr == "\ninterrupted: nothing was marked done\n"


def test_ctrl_c_while_windows_are_shown_does_not_say_that_nothing_was_done(tmp_path):
    done = run(write(tmp_path, "01_shown", "lesson.end()\nsignal.raise_signal(signal.SIGINT)\n", CTRL_C))
    assert done.returncode == 130 and done.stderr == "\ninterrupted\n"
    assert "01_shown" in progress.read(tmp_path / "out")


def test_an_interrupt_that_got_lost_ends_in_no_mark_either(tmp_path):
    body = "try:\n    signal.raise_signal(signal.SIGINT)\nexcept SystemExit:\n    pass\nlesson.end()\n"
    assert run(write(tmp_path, "01_lost", body, CTRL_C)).returncode == 130
    assert progress.read(tmp_path / "out") == {}


@pytest.fixture
def own_ctrl_c():
    held = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, held)


def test_an_interrupted_notebook_goes_on_but_is_not_marked_done(own_ctrl_c, tmp_path, capsys):
    lesson = begin("01_notebook", f"--quick --out {tmp_path.as_posix()}")
    with pytest.raises(KeyboardInterrupt):      # which `fit` catches
        signal.raise_signal(signal.SIGINT)
    lesson.check("holds", True)
    lesson.end()
    assert "interrupted: nothing was marked done" in capsys.readouterr().out
    assert progress.read(tmp_path) == {}
    assert json.loads((tmp_path / "01_notebook/result.json").read_text(encoding="utf-8"))["interrupted"]


def test_a_notebook_that_sets_its_own_handler_in_each_cell_is_watched(own_ctrl_c, tmp_path, monkeypatch):
    before_each_cell = []
    events = SimpleNamespace(register=lambda name, function: before_each_cell.append(function))
    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(events=events))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    lesson = begin("01_notebook", f"--quick --out {tmp_path.as_posix()}")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before_each_cell[0](None)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert lesson.interrupted


def test_a_job_that_ignores_ctrl_c_goes_on_ignoring_it(own_ctrl_c, tmp_path):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    begin("01_notebook", f"--quick --out {tmp_path.as_posix()}")
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


# Folders and disks

PICTURE = "import matplotlib.pyplot as plt\nlesson.picture(plt.figure(), 'empty', 'Nothing.')\n"


@pytest.mark.parametrize("step", [PICTURE, "lesson.end()\n"], ids=["picture", "end"])
def test_a_folder_that_cannot_be_written_gives_exit_status_2_and_one_sentence(tmp_path, step):
    path = write(tmp_path, "01_lost", "lesson.out.rmdir()\nlesson.out.write_text('')\n" + step)
    done = run(path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert f"01_lost: {Path('out/01_lost')} cannot be written (" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_an_output_on_a_full_disk_is_told_in_one_sentence(good):
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, good, "--quick"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode != 0 and done.stderr == b"the output cannot be written: No space left on device\n"


def test_in_a_notebook_a_folder_that_cannot_be_written_is_the_error_itself(lesson):
    lesson.out.rmdir()
    lesson.out.write_text("")
    with pytest.raises(OSError):
        lesson.end()


def test_a_home_folder_that_is_not_there_is_told_in_one_sentence(good):
    done = run(good, "--out", "~nobody-of-this-name/out")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "~nobody-of-this-name" in done.stderr


# The state

def test_a_broken_state_file_is_moved_aside_and_not_lost(tmp_path, capsys):
    for number in range(2):
        (tmp_path / "progress.json").write_text(f"{{broken {number}", encoding="utf-8")
        assert progress.read(tmp_path) == {}
        assert "cannot be read" in capsys.readouterr().err
    assert {path.read_text() for path in tmp_path.iterdir()} == {"{broken 0", "{broken 1"}


def test_a_quick_run_does_not_hide_a_full_one(tmp_path):
    progress.mark_done(tmp_path, "01_a", quick=False, claims="5/5")
    progress.mark_done(tmp_path, "01_a", quick=True, claims="2/2")
    assert progress.read(tmp_path)["01_a"]["claims"] == "5/5"


def test_marks_made_at_once_are_all_kept(tmp_path):
    code = ("import sys; from lessons import progress\nfor i in range(20): "
            "progress.mark_done(sys.argv[1], f'{sys.argv[2]}_{i}', False, '1/1')")
    runs = [subprocess.Popen([sys.executable, "-c", code, tmp_path, str(k)]) for k in range(8)]
    assert [run.wait() for run in runs] == [0] * 8
    assert len(progress.read(tmp_path)) == 160
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]


def test_the_lock_of_a_process_that_died_is_taken_over(tmp_path):
    lock = tmp_path / "progress.lock"
    lock.touch()
    os.utime(lock, times=(0, 0))
    progress.mark_done(tmp_path, "01_a", quick=False, claims="5/5")
    assert "01_a" in progress.read(tmp_path) and not lock.exists()


def test_a_full_disk_leaves_the_state_as_it_was_and_nothing_beside_it(tmp_path, monkeypatch):
    progress.mark_done(tmp_path, "01_a", quick=False, claims="5/5")
    before, write_text = (tmp_path / "progress.json").read_text(), Path.write_text

    def full(path, text, **settings):
        write_text(path, text[:10], **settings)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left on device: .*progress.json"):
        progress.mark_done(tmp_path, "02_b", quick=False, claims="5/5")
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]
    assert (tmp_path / "progress.json").read_text() == before


# The command line

@pytest.fixture
def shelf(tmp_path, monkeypatch, capfd):
    """A function that gives a command to three lessons, the last of which fails: (exit status, output)."""
    write(tmp_path, "01_good", GOOD)
    write(tmp_path, "02_better", GOOD)
    write(tmp_path, "04_bad", 'lesson.claim("no", 1, above=2)\nlesson.end()\n')
    monkeypatch.chdir(tmp_path)

    def give(*words):
        try:
            status = command.main(words, folder=tmp_path)
        except SystemExit as end:               # argparse's way out
            status = end.code
        return status, "".join(capfd.readouterr())
    return give


def test_list_shows_titles_times_and_what_is_done(shelf):
    shelf("run", "1", "--quick")
    status, shown = shelf("list")
    assert status == 0
    assert re.search(r"01  A small lesson  2 min  . [\d-]{10} quick\n02  A small lesson  2 min\n", shown)


def test_list_and_next_follow_the_parts(shelf, tmp_path):
    write(tmp_path, "39_read_early", GOOD)
    write(tmp_path, "77_of_no_part", GOOD)
    shown = shelf("list")[1]
    order = re.findall(r"^(?:    ([A-Z].*)|(\d\d)  A small lesson)", shown, re.MULTILINE)
    assert " ".join(part or number for part, number in order) == "FOUNDATIONS 01 02 39 IMAGES 04 OTHERS 77"
    shelf("run", "1-2", "--quick")
    assert "python -m lessons run 39" in shelf("next")[1]


def test_list_goes_on_past_a_lesson_that_does_not_parse(shelf, tmp_path):
    (tmp_path / "03_broken.py").write_text("def\n", encoding="utf-8")
    status, shown = shelf("list")
    assert status == 0 and "does not parse" in shown and "04  A small lesson" in shown


def test_next_is_the_first_lesson_not_done(shelf):
    assert "python -m lessons run 01" in shelf("next")[1]
    shelf("run", "1-2", "--quick")
    assert "python -m lessons run 04" in shelf()[1]         # no command: help, and what is next
    progress.mark_done("out", "04_bad", True, "0/0")
    assert shelf("next")[1].startswith("All 3 lessons are done.\nExercises: 0 of ")


@pytest.mark.parametrize("words, names", [
    ("1", "01"), ("02 01", "01 02"), ("01_good", "01"), ("better 2", "02"), ("lessons/01_good.py", "01"),
    ("1-3", "01 02"), ("all", "01 02 04")])
def test_lessons_are_chosen_by_number_name_path_and_range(shelf, tmp_path, words, names):
    assert [name[:2] for name in contents.select(words.split(), contents.find(tmp_path))] == names.split()


def test_run_goes_on_after_a_failure_and_returns_the_worst(shelf):
    status, shown = shelf("run", "4", "--quick", "1")
    assert status == 1
    assert re.search(r"01_good +\d+ s +. 1 of 1 claims hold\n04_bad +\d+ s +. 0 of 1 claims hold\n", shown)


def test_a_crash_is_told_from_a_claim_that_fails(shelf, tmp_path):
    shelf("run", "1", "2", "--quick")
    write(tmp_path, "02_better", "1 / 0\n")
    assert re.search(r"02_better +\d+ s +. stopped before its end\n", shelf("run", "1-2", "--quick")[1])


def test_run_passes_its_options_on(shelf, tmp_path):
    assert shelf("run", "01", "--seed", "7", "--out", "elsewhere", "--data", "digits")[0] == 0
    found = json.loads((tmp_path / "elsewhere/01_good/result.json").read_text(encoding="utf-8"))
    assert found["seed"] == 7 and found["quick"] is False and found["data"] == "digits"


SEEDED = """
claims = {"even": 2 - lesson.seed % 2, "large": 10 + lesson.seed}
for text, value in claims.items():
    lesson.claim(text, value, above=1.5)
lesson.claim("elsewhere", 1.0, below=2, data="mnist")
lesson.claim("later", 1.0, below=2, full=True)
lesson.end()
"""


def test_seeds_prints_worst_median_and_best_of_each_claim_and_fails_with_one(shelf, tmp_path):
    write(tmp_path, "05_seeded", SEEDED)
    status, shown = shelf("seeds", "5", "-n", "4")
    assert status == 1
    assert re.search(r"^even +4 +1 +2 +2 +> 1.5 +0.667 +1$", shown, re.MULTILINE), shown
    assert re.search(r"^large +4 +10 +12 +13 +> 1.5 +6.67 +0$", shown, re.MULTILINE)
    assert re.search(r"^elsewhere +–\nlater +–$", shown, re.MULTILINE)
    assert "✗ seed 1: even\n✗ seed 3: even\n" in shown and "4 seeds, 2 ✗, 0 stopped" in shown
    assert not (tmp_path / "out").exists()                      # the reader's own results stay as they are
    status, shown = shelf("seeds", "5", "-n", "1", "--first", "2", "--keep")
    assert status == 0 and "1 seeds, 0 ✗" in shown
    assert (tmp_path / "out/seeds/2/05_seeded/result.json").is_file()
    assert re.search(r"^later +1 +1 ", shelf("seeds", "5", "-n", "1", "--full")[1], re.MULTILINE)
    write(tmp_path, "05_seeded", "1 / 0\n")     # what is kept of an earlier run does not stand in for it
    assert "1 stopped" in shelf("seeds", "5", "-n", "1", "--first", "2", "--keep")[1]


def test_seeds_counts_a_run_that_stops_and_says_what_it_said(shelf, tmp_path):
    write(tmp_path, "05_stops", "if lesson.seed == 1:\n    1 / 0\n" + SEEDED)
    status, shown = shelf("seeds", "5", "-n", "2")
    assert status == 1 and "seed 1 stopped before its end: Traceback" in shown
    assert "ZeroDivisionError" in shown
    assert "1 seeds, 0 ✗, 1 stopped" in shown


@pytest.mark.parametrize("words, sentence", [
    ("rnu 1", "did you mean run?"), ("run beter", "did you mean better?"), ("run 9", "no lesson '9'"),
    ("run 1 --qick", "did you mean --quick?"), ("seeds 1 -n 0", "invalid count"), ("run", "required: lesson"),
    ("list --quick", "unrecognized arguments: --quick")])
def test_a_wrong_command_gives_exit_status_2_and_one_sentence(shelf, words, sentence):
    status, shown = shelf(*words.split())
    assert status == 2 and sentence in shown and len(shown.strip().splitlines()) == 1


def test_ctrl_c_ends_a_run_with_exit_status_130_without_a_trace(shelf, tmp_path):
    write(tmp_path, "05_stopped", TRAINING, CTRL_C)
    write(tmp_path, "06_never_begun", GOOD)
    status, shown = shelf("run", "5", "6")
    assert status == 130 and "interrupted" in shown and "Traceback" not in shown and "06" not in shown


def test_a_clone_that_is_not_installed_runs_its_own_lessons(tmp_path):
    shutil.copytree(contents.FOLDER, tmp_path / "lessons", ignore=shutil.ignore_patterns("[0-9][0-9]_*.py"))
    shutil.copytree(contents.FOLDER / "exercises", tmp_path / "lessons/exercises", dirs_exist_ok=True)
    (tmp_path / "setup.cfg").touch()
    write(tmp_path / "lessons", "01_where", "import lessons\nprint(lessons.__file__)\n")
    done = subprocess.run([sys.executable, "-m", "lessons", "run", "1"], cwd=tmp_path, capture_output=True,
                          encoding="utf-8")
    assert str(tmp_path / "lessons/__init__.py") in done.stdout, done.stderr


@pytest.mark.parametrize("words", ["run 1", "data", "check 1", "watch"])
def test_a_package_that_is_not_installed_is_named_with_the_way_to_get_it(shelf, monkeypatch, words):
    monkeypatch.setattr(console, "find_spec", lambda package: None)
    status, shown = shelf(*words.split())
    assert status == 2 and "pip install numpy" in shown and shown.count("\n") == 1
    assert shelf("list")[0] == 0


def test_a_lesson_without_matplotlib_says_how_to_get_it(tmp_path):
    before = "import importlib.util\nimportlib.util.find_spec = lambda name: name == 'numpy'\n"
    done = run(write(tmp_path, "01_bare", "lesson.end()\n", before))
    assert done.returncode == 2 and done.stderr.endswith(f"{sys.executable} -m pip install matplotlib\n")
    assert done.stderr.count("\n") == 1


def test_a_state_that_cannot_be_written_gives_exit_status_2_and_one_sentence(shelf, tmp_path):
    (tmp_path / "out").write_text("")
    for words in "hint 6", "reset 6":
        status, shown = shelf(*words.split())
        assert status == 2 and "--out DIR" in shown and "Traceback" not in shown


def test_doctor_names_a_given_folder_that_is_not_mnist(shelf, monkeypatch, tmp_path):
    monkeypatch.setenv("MINIDL_DATA", str(tmp_path))
    status, shown = shelf("doctor")
    assert status == 0 and f"– mnist      train-images-idx3-ubyte is missing: {tmp_path} holds" in shown


def test_doctor_does_without_a_home_folder(shelf, no_home):
    status, shown = shelf("doctor")
    assert status == 0 and "– cache      there is no place" in shown, shown


def test_data_says_where_mnist_is_or_what_to_do(shelf, monkeypatch, tmp_path):
    monkeypatch.setenv("MINIDL_DATA", str(tmp_path))
    status, shown = shelf("data")
    assert status == 1 and "MINIDL_DATA" in shown and "Traceback" not in shown


def test_doctor_finds_this_place_healthy_and_a_broken_one_broken(shelf, tmp_path):
    status, shown = shelf("doctor")
    assert status == 0 and "numpy" in shown and "1,797 bundled digits" in shown, shown
    (tmp_path / "file").write_text("")
    assert shelf("doctor", "--out", "file")[0] == 1


@pytest.mark.parametrize("words", ["list", "check 1"])
def test_a_pipe_that_closes_early_leaves_no_trace(tmp_path, words):
    with subprocess.Popen([sys.executable, "-m", "lessons", *words.split()], cwd=tmp_path,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()                  # what `| head -0` does
        assert process.stderr.read() == b"" and process.wait() == 0


@pytest.mark.parametrize("words", [[LESSONS["03_convolution"]], ["-m", "lessons", "run", "03"]],
                         ids=["script", "command"])
def test_a_lesson_whose_output_closes_early_leaves_no_trace(tmp_path, words):
    with subprocess.Popen([sys.executable, *words, "--quick"], cwd=tmp_path, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.readline()               # what `| head -1` does
        process.stdout.close()
        assert process.stderr.read() == b""


def test_the_command_line_runs_from_any_folder(tmp_path):
    done = subprocess.run([sys.executable, "-m", "lessons", "list"], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0 and not done.stderr and not list(tmp_path.iterdir())
