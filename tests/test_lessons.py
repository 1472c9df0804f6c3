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
from lessons import book, progress

LESSONS = command.find(command.FOLDER)
FEW_CODE_LINES = 25
HEAD = '''"""
A small lesson
==============

Time: quick 1 s, full 2 min on two cores.
"""
from lessons.book import begin
lesson = begin({name!r})
'''
GOOD = """
from minidl import backend
import matplotlib.pyplot as plt
lesson.claim("two and two", 2 + 2 == 4, backend.rng().normal())
lesson.claim("only in full", True, 0.5, full=True)
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
    return book.begin("01_notebook", f"--quick --out {tmp_path.as_posix()}")


# A lesson's run

def test_claims_that_hold_give_exit_status_0_and_a_done_mark(good):
    done = run(good, "--quick")
    assert done.returncode == 0, done.stderr
    assert "✓ two and two: " in done.stdout and "– only in full (not tested in quick mode)" in done.stdout
    assert "1 of 1 claims hold, 1 not tested in quick mode; 1 picture in out" in done.stdout
    assert progress.read(good.parent / "out")["01_good"].items() >= {"quick": True, "claims": "1/1"}.items()
    assert (good.parent / "out/01_good/empty.png").stat().st_size > 0


@pytest.mark.parametrize("claim", ['"it holds", False, 3', '"of nan", True, float("nan")',
                                   '"nan in a list", True, [1.0, np.float32("nan")]'])
def test_a_claim_that_fails_or_is_nan_gives_exit_status_1_and_no_done_mark(tmp_path, claim):
    path = write(tmp_path, "01_bad", f"import numpy as np\nlesson.claim({claim})\nlesson.end()\n")
    done = run(path)
    assert done.returncode == 1 and "✗ " in done.stdout and not done.stderr
    assert result(path)["claims"][0]["holds"] is False
    assert progress.read(tmp_path / "out") == {}


def test_a_claim_about_mnist_is_not_judged_on_the_digits(lesson):
    lesson.claim("99 %", False, 0.9, data="mnist")
    assert lesson.claims == [{"text": "99 %", "holds": None, "value": 0.9}]


def test_a_claim_takes_numpys_truth_but_not_a_number(lesson):
    lesson.claim("numpy", np.float32(1) < 2, np.array(3.0))
    assert lesson.claims[0] == {"text": "numpy", "holds": True, "value": 3.0}
    with pytest.raises(TypeError, match="True or False"):
        lesson.claim("a number is no verdict", 0.3)


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
    exec(HEAD.format(name="01_good") + 'lesson.claim("fails", False)\nlesson.end()', space)
    assert space["lesson"].quick and not space["lesson"].script


def test_neither_a_notebooks_backend_nor_the_readers_style_makes_a_difference(tmp_path):
    path = write(tmp_path, "01_plain", "import matplotlib.pyplot as plt\nfigure, ax = plt.subplots()\n"
                 "lesson.picture(figure, 'axes')\n")
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
    book._plain_matplotlib(windows=True)
    assert "MPLBACKEND" not in os.environ


def test_in_a_notebook_figures_stay_open_and_the_end_does_not_exit(lesson):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure = plt.figure()
    lesson.picture(figure, "open")
    lesson.claim("fails", False, 1)
    lesson.end()
    assert plt.fignum_exists(figure.number)
    plt.close(figure)


def test_the_options_of_a_notebook_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIDL_OPTIONS", f"--quick --seed 5 --out '{tmp_path.as_posix()}'")
    lesson = book.begin("01_notebook")
    assert lesson.quick and lesson.seed == 5 and lesson.out == tmp_path / "01_notebook"


def test_values_are_shown_to_four_digits():
    from minidl import Tensor
    shown = {61706: "61,706", 0.99213: "0.9921", 61706.2: "61,706", float("nan"): "nan", "word": "word"}
    assert [book.show(value) for value in shown] == list(shown.values())
    assert book.show((np.int64(3), np.float32(0.5))) == "(3, 0.5)" and book.show(Tensor(np.array(2.0))) == "2"


@pytest.mark.skipif(os.name != "posix", reason="colours are for POSIX")
def test_a_mark_has_a_colour_only_where_the_terminal_knows_it(monkeypatch):
    terminal = SimpleNamespace(isatty=lambda: True, encoding="utf-8", buffer=None)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = {}
    for term in "xterm", "dumb", "":
        monkeypatch.setenv("TERM", term)
        shown[term] = book.mark(True)
    assert shown == {"xterm": "\033[32m✓\033[0m", "dumb": "✓", "": "✓"}
    monkeypatch.setenv("TERM", "xterm")
    del terminal.buffer                         # as in IDLE
    assert book.mark(True) == "✓"


def test_a_table_aligns_numbers_to_the_right(capsys):
    book.table([("a", 1), ("word", 1000)], header=["name", "count"])
    assert capsys.readouterr().out == "name  count\na         1\nword  1,000\n"


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
    lesson = book.begin("01_notebook", f"--quick --out {tmp_path.as_posix()}")
    with pytest.raises(KeyboardInterrupt):      # which `fit` catches
        signal.raise_signal(signal.SIGINT)
    lesson.claim("holds", True)
    lesson.end()
    assert "interrupted: nothing was marked done" in capsys.readouterr().out
    assert progress.read(tmp_path) == {}
    assert json.loads((tmp_path / "01_notebook/result.json").read_text(encoding="utf-8"))["interrupted"]


def test_a_notebook_that_sets_its_own_handler_in_each_cell_is_watched(own_ctrl_c, tmp_path, monkeypatch):
    before_each_cell = []
    events = SimpleNamespace(register=lambda name, function: before_each_cell.append(function))
    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(events=events))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    lesson = book.begin("01_notebook", f"--quick --out {tmp_path.as_posix()}")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before_each_cell[0](None)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert lesson.interrupted


def test_a_job_that_ignores_ctrl_c_goes_on_ignoring_it(own_ctrl_c, tmp_path):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    book.begin("01_notebook", f"--quick --out {tmp_path.as_posix()}")
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


# Folders and disks

PICTURE = "import matplotlib.pyplot as plt\nlesson.picture(plt.figure(), 'empty')\n"


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
    write(tmp_path, "04_bad", 'lesson.claim("no", False)\nlesson.end()\n')
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


def test_list_goes_on_past_a_lesson_that_does_not_parse(shelf, tmp_path):
    (tmp_path / "03_broken.py").write_text("def\n", encoding="utf-8")
    status, shown = shelf("list")
    assert status == 0 and "does not parse" in shown and "04  A small lesson" in shown


def test_next_is_the_first_lesson_not_done(shelf):
    assert "python -m lessons run 01" in shelf("next")[1]
    shelf("run", "1-2", "--quick")
    assert "python -m lessons run 04" in shelf()[1]         # no command: help, and what is next
    progress.mark_done("out", "04_bad", True, "0/0")
    assert shelf("next") == (0, "All 3 lessons are done.\n")


@pytest.mark.parametrize("words, names", [
    ("1", "01"), ("02 01", "01 02"), ("01_good", "01"), ("better 2", "02"), ("lessons/01_good.py", "01"),
    ("1-3", "01 02"), ("all", "01 02 04")])
def test_lessons_are_chosen_by_number_name_path_and_range(shelf, tmp_path, words, names):
    assert [name[:2] for name in command.select(words.split(), command.find(tmp_path))] == names.split()


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


@pytest.mark.parametrize("words, sentence", [
    ("rnu 1", "did you mean run?"), ("run beter", "did you mean better?"), ("run 9", "no lesson '9'"),
    ("run 1 --qick", "did you mean --quick?"), ("run", "required: lesson"),
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
    shutil.copytree(command.FOLDER, tmp_path / "lessons", ignore=shutil.ignore_patterns("[0-9][0-9]_*.py"))
    shutil.copytree(command.FOLDER / "exercises", tmp_path / "lessons/exercises", dirs_exist_ok=True)
    (tmp_path / "setup.cfg").touch()
    write(tmp_path / "lessons", "01_where", "import lessons\nprint(lessons.__file__)\n")
    done = subprocess.run([sys.executable, "-m", "lessons", "run", "1"], cwd=tmp_path, capture_output=True,
                          encoding="utf-8")
    assert str(tmp_path / "lessons/__init__.py") in done.stdout, done.stderr


@pytest.mark.parametrize("words", ["run 1", "data", "check 1", "watch"])
def test_a_package_that_is_not_installed_is_named_with_the_way_to_get_it(shelf, monkeypatch, words):
    monkeypatch.setattr(book, "find_spec", lambda package: None)
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


# Every lesson

@pytest.mark.parametrize("path", LESSONS.values(), ids=list(LESSONS))
def test_every_lesson_holds_its_claims_in_quick_mode(path, tmp_path):
    from matplotlib.image import imread
    done = run(path, "--quick", "--out", "out", folder=tmp_path)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads((tmp_path / "out" / path.stem / "result.json").read_text(encoding="utf-8"))
    verdicts = [claim["holds"] for claim in found["claims"]]
    assert True in verdicts and False not in verdicts
    pictures = [imread(tmp_path / "out" / path.stem / picture["file"]) for picture in found["pictures"]]
    assert pictures and all(min(p.shape[:2]) > 100 and p.std() > 0 for p in pictures)


ON_THE_STAND_IN = """
import runpy, sys
sys.path.append(sys.argv.pop(1))
import device_stand_in
from minidl import backend, optim

def step_and_count(optimizer, step=optim.Optimizer.step):
    step(optimizer)
    waits.append(device_stand_in.DeviceArray.synchronised)

backend._find_gpu, optim.Optimizer.step, waits = lambda: device_stand_in, step_and_count, []
del sys.argv[0]                                 # what is left is the lesson's own command line
runpy.run_path(sys.argv[0], run_name="__main__")
looks = sum(before < after for before, after in zip(waits, waits[1:]))
if len(waits) > 100 and looks > len(waits) / 10:
    sys.exit(f"after {looks} of {len(waits)} steps it waited for the device: look less often")
"""


@pytest.mark.parametrize("path", LESSONS.values(), ids=list(LESSONS))
def test_every_lesson_holds_its_claims_on_a_device_and_seldom_waits_for_it(path, tmp_path):
    done = subprocess.run([sys.executable, "-c", ON_THE_STAND_IN, Path(__file__).parent, path, "--quick",
                           "--device", "gpu"], cwd=tmp_path, capture_output=True, encoding="utf-8",
                          env=os.environ | {"PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads((tmp_path / "out" / path.stem / "result.json").read_text(encoding="utf-8"))
    assert found["device"] == "gpu" and all(claim["holds"] is not False for claim in found["claims"])


@pytest.mark.parametrize("path", LESSONS.values(), ids=list(LESSONS))
def test_every_lesson_is_written_to_the_standard(path):
    source = path.read_text(encoding="utf-8")
    title, underline, *rest = ast.get_docstring(ast.parse(source)).splitlines()
    assert set(underline) == {"="} and len(underline) >= len(title), "a title, underlined with ="
    assert command.TIME.search("\n".join(rest)), "Time: quick 10 s, full 4 min on two cores."
    assert re.search(r"\b00[0-4]\b", "\n".join(rest)), "the document it comes from"
    assert f'begin("{path.stem}")' in source and "lesson.end()" in source
    assert "import matplotlib" not in source.partition("begin(")[0], "begin chooses its backend"
    assert max(map(len, source.splitlines())) <= 110
    first, *cells = re.split(r"^# %%.*$", source, flags=re.MULTILINE)
    assert cells, "cells, each opened by # %%"
    for cell in [first.split('"""', 2)[2], *cells]:
        code = [line for line in cell.splitlines() if line.strip() and not line.strip().startswith("#")]
        assert len(code) <= FEW_CODE_LINES, f"a cell of {len(code)} lines of code:\n{cell.strip()[:200]}"
