"""The exercises: each fails as it comes and passes as solved; the commands; what becomes of your file."""
import ast
import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from exercise_answers import RIGHT, WRONG

from lessons import __main__ as command
from lessons import exercises, progress
from lessons.contents import PARTS
from lessons.exercises import NAMES, runner
from lessons.exercises.checks import CHECKS, judge

ROOT = Path(__file__).parent.parent
BUGS = {name: check.bug for name, check in CHECKS.items() if check.bug}
RIGHT_ROWS = [(name, how, body) for name, ways in RIGHT.items() for how, body in ways.items()]
WRONG_ROWS = [(name, cause, body) for name, rows in WRONG.items() for cause, body in rows]


def answered(name, body):
    """The exercise with another body for its function."""
    function = getattr(CHECKS[name], "function", "backward")
    head, word, rest = re.split(rf"(?<=\n)(def {function})\b", exercises.load(name).blank)
    signature = rest.partition("\n")[0]
    body = textwrap.indent(textwrap.dedent(body).strip(), "    ")
    return f"import numpy as np\n{head}{word}{signature}\n{body}\n"


# The exercises themselves


def test_there_are_thirty_in_the_order_of_the_lessons_and_ten_are_bugs():
    read = " ".join(PARTS.values()).split()
    lessons = [read.index(exercises.load(name).lesson) for name in NAMES]
    assert NAMES == sorted(CHECKS) and lessons == sorted(lessons)
    assert len(BUGS) == len(set(BUGS.values())) == 10


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_fails_as_it_comes_with_its_own_message(name):
    verdict = judge(name, exercises.load(name).blank, name)
    assert not verdict.passed
    if name in BUGS:
        assert verdict.cause == BUGS[name], verdict.text
    else:
        assert re.fullmatch(f"exercise {name[:2]}: [^\n]+", verdict.text)


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_passes_in_less_than_a_second(name):
    start = time.process_time()
    verdict = judge(name, exercises.load(name).solved, name)
    assert verdict == (True, "", None), verdict.text
    assert time.process_time() - start < 1


@pytest.mark.parametrize("name, how, body", RIGHT_ROWS, ids=[f"{row[0]}: {row[1]}" for row in RIGHT_ROWS])
def test_a_right_answer_passes_however_it_is_written(name, how, body):
    verdict = judge(name, answered(name, body), name)
    assert verdict.passed, verdict.text


@pytest.mark.parametrize("name, cause, body", WRONG_ROWS, ids=[f"{row[0]}: {row[1]}" for row in WRONG_ROWS])
def test_a_wrong_answer_is_rejected_and_gets_the_name_meant_for_it(name, cause, body):
    start, verdict = time.process_time(), judge(name, answered(name, body), name)
    assert not verdict.passed and verdict.cause == cause, verdict.text
    assert len(verdict.text.splitlines()) <= 13 and time.process_time() - start < 2


def test_every_exercise_has_an_answer_written_another_way_and_two_wrong_ones():
    assert set(RIGHT) == set(WRONG) == set(NAMES)
    assert all(len(rows) >= 2 for rows in WRONG.values())


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_the_solution_without_its_answer(name):
    path = ROOT / "lessons/exercises" / f"{name}.py"
    if path.read_text(encoding="utf-8") != exercises.load(name).blank:
        edited = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", path], cwd=ROOT).returncode == 1
        if edited:
            pytest.skip("you are working on it")
        pytest.fail(f"{path.name} is not what its solution says: python -m lessons reset {name[:2]}")


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_is_written_to_the_standard(name):
    exercise = exercises.load(name)
    task = ast.get_docstring(ast.parse(exercise.blank))
    title, lines = "Exercise %s%s: " % (name[:2], ", find the bug" * (name in BUGS)), task.splitlines()
    assert lines[0].startswith(title) and 4 <= len(lines) <= 15
    assert lines[-1] == (f"After lesson {exercise.lesson}.  This is meant to fail first.  To check it: "
                         f"python -m lessons check {name[:2]}")
    assert exercise.blank.count("# TODO: ") == 1 and "Hint" not in exercise.blank
    assert exercise.blank.count("NotImplementedError") == (name not in BUGS)
    assert len(exercise.hints) == 2 and all(20 < len(hint) < 320 for hint in exercise.hints)
    assert 150 < len(exercise.why) < 500


@pytest.mark.parametrize("name", NAMES)
def test_the_place_in_minidl_exists(name):
    place = exercises.load(name).place
    files = re.findall(r"minidl/(\w+)\.py", place)
    source = "".join((ROOT / "minidl" / f"{file}.py").read_text(encoding="utf-8") for file in files)
    words = re.findall(r"\w+", place.partition("minidl/")[0])
    assert files and any(re.search(rf"(def|class) {word}\b", source) for word in words), place


# What a student may do to a file


def said(body, name="08_relu"):
    return judge(name, answered(name, body), name).text


def test_a_size_written_as_a_number_is_found():
    five = "p = np.exp(s) / np.exp(s).sum(1)[:, None]\np[np.arange(5), labels] -= 1\nreturn g * p / 5"
    assert "IndexError: " in said(five, "15_cross_entropy")
    assert "Right for N = 5, but for N = 3" in said("return g * 2 * (x - t) / 35", "13_mse")


def test_an_error_is_shown_with_its_line_and_the_shapes_and_no_trace():
    text = said("d = g @ w\nreturn d, d, d", "06_dense")
    assert re.match(r"line \d+: d = g @ w\nValueError: matmul", text)
    assert text.endswith("\ng (5, 7), x (5, 2), w (2, 7), b (7,)") and "Traceback" not in text


@pytest.mark.parametrize("body, words", [
    ("return g * (x > 0", r"line \d+: .*\nSyntaxError: "), ("return q", r"line \d+: return q\nNameError: "),
    ("return 1 / 0", "ZeroDivisionError"), ("raise SystemExit", "SystemExit"),
    ("return 'g'", "returns a str"),
    ("return backward(g, x)", "RecursionError"),
    ("return None", "returns None"), ("pass", "returns None")])
def test_a_crash_is_a_verdict_of_a_few_lines(body, words):
    text = said(body)
    assert re.search(words, text) and len(text.splitlines()) <= 9, text


def test_the_forward_pass_is_not_the_task():
    blank = exercises.load("08_relu").solved.replace("maximum(x, 0)", "maximum(x, 1)")
    assert "forward was right as it came" in judge("08_relu", blank, "").text
    assert "has lost its function" in judge("08_relu", "", "").text
    assert "has lost its function" in judge("19_adam", "", "").text


def test_a_forward_pass_may_keep_something_for_the_way_back():
    text = exercises.load("11_tanh").solved
    text = text.replace("return np.tanh(x)", "forward.y = np.tanh(x)\n    return forward.y")
    text = text.replace("    y = np.tanh(x)\n    return g", "    y = forward.y\n    return g")
    assert text.count("forward.y") == 3 and judge("11_tanh", text, "").passed


# The commands


@pytest.fixture
def desk(tmp_path, monkeypatch, capfd):
    """A function that gives a command about a clone with nothing in it: (exit status, output)."""
    clone, here = tmp_path / "clone", tmp_path / "here"
    here.mkdir()
    (clone / "lessons").mkdir(parents=True)
    (clone / "setup.cfg").write_text("")
    monkeypatch.chdir(here)

    def give(*words):
        try:
            status = command.main(words, folder=clone / "lessons")
        except SystemExit as end:               # argparse's way out
            status = end.code
        return status, "".join(capfd.readouterr())
    give.file = lambda name: clone / "lessons/exercises" / f"{name}.py"
    return give


def test_check_goes_from_failing_to_solved_and_on_to_the_next(desk):
    status, shown = desk("check")
    assert status == 1 and shown.count("\n") == 4
    assert "meant to fail first" in shown and shown.endswith("\nhint: python -m lessons hint 01\n")
    path, exercise = desk.file("01_chain_rule"), exercises.load("01_chain_rule")
    path.write_text(exercise.solved, encoding="utf-8")
    status, shown = desk("check")
    assert status == 0
    assert shown.startswith("✓ 01_chain_rule\nSlopes multiply") and "minidl/tensor.py" in shown
    assert shown.endswith("Next: python -m lessons check 02\n") and shown.count("\n") <= 9
    assert set(progress.read("out")["exercises/01_chain_rule"]) == {"done"}
    assert "02_smooth_abs" in desk("check")[1]


def test_a_diagnosis_fits_in_fifteen_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, bug in BUGS.items():
        assert runner.judge_here(name, str(runner.file(name, tmp_path)), seconds=20) == 1
        lines = capsys.readouterr().out.splitlines()
        assert f"[{bug}]" in lines[1] and "meant to fail first" in lines[-1]
        assert len(lines) <= 14 and max(map(len, lines)) <= 110, lines          # and a line for the hint


def test_a_check_takes_less_than_two_seconds(desk):
    resource = pytest.importorskip("resource")                  # not on Windows
    before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    desk("check", "22")
    assert sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before < 2


def test_prints_are_shown_once(desk):
    desk("check", "8")
    desk.file("08_relu").write_text(answered("08_relu", "print('here', g.shape)\nreturn g"), encoding="utf-8")
    assert desk("check", "8")[1].count("here (5, 7)") == 1


def test_an_endless_loop_is_ended_and_its_line_named(desk, monkeypatch):
    monkeypatch.setattr(runner, "SECONDS", 1)
    desk("check", "8")
    desk.file("08_relu").write_text(answered("08_relu", "while True:\n    g = g + 1"), encoding="utf-8")
    status, shown = desk("check", "8")
    assert status == 1 and re.search(r"never ends\?\nline \d+: (while True:|g = g \+ 1)\nhint", shown)


@pytest.mark.parametrize("status", [0, 3])
def test_a_process_that_ends_itself_is_a_failure(desk, status):
    desk("check", "8")
    desk.file("08_relu").write_text(f"import os\nos._exit({status})\n", encoding="utf-8")
    ended, shown = desk("check", "8")
    assert ended == 1 and f"without an answer (exit status {status})" in shown
    assert progress.read("out") == {}


def test_a_check_waits_for_no_keyboard(desk):
    for ask in "breakpoint()", "input()":
        desk("check", "8")
        desk.file("08_relu").write_text(answered("08_relu", f"{ask}\nreturn g"), encoding="utf-8")
        status, shown = desk("check", "8")
        assert status == 1, shown
        assert re.search(r"\nline \d+: .*\nA check reads no keyboard: print", shown), shown


def test_an_exercise_finds_a_file_beside_it(desk):
    desk("check", "8")
    desk.file("mine").write_text("def slope(x):\n    return x > 0\n", encoding="utf-8")
    answer = answered("08_relu", "from mine import slope\nreturn g * slope(x)")
    desk.file("08_relu").write_text(answer, encoding="utf-8")
    status, shown = desk("check", "8")
    assert status == 0, shown


def test_hints_come_one_at_a_time(desk):
    first, second, third = desk("hint", "8")[1], desk("hint", "8")[1], desk("hint", "8")[1]
    assert "Hint 1" in first and "Hint 2" not in first and "Hint 2" in second and second == third
    assert progress.read("out")["exercises/08_relu"] == {"hints": 2}


def test_a_solution_is_shown_after_passing_or_anyway(desk):
    status, shown = desk("solution", "8")
    assert status == 1 and "--anyway" in shown and "def backward" not in shown
    status, shown = desk("solution", "8", "--anyway")
    assert status == 0 and "return g * (x > 0)" in shown and "minidl/functions.py" in shown
    assert "Yours" not in shown and "TODO" not in shown
    runner.note("out", "08_relu", done="2026-01-01")
    assert desk("solution", "8")[0] == 0


def test_reset_keeps_the_students_work(desk):
    desk("check", "8")
    for number, work in enumerate(["mine", "mine too"]):
        desk.file("08_relu").write_text(work)
        runner.note("out", "08_relu", done="2026-01-01")
        assert desk("reset", "8")[0] == 0
        assert desk.file(f"08_relu.mine{number or ''}").read_text() == work
    assert desk.file("08_relu").read_text(encoding="utf-8") == exercises.load("08_relu").blank
    assert progress.read("out") == {}
    desk("reset", "8")                          # nothing of the student's is there now
    assert len(list(desk.file("").parent.iterdir())) == 3


def test_list_shows_what_is_solved(desk):
    runner.note("out", "08_relu", done="2026-01-01")
    status, shown = desk("list")
    assert status == 0
    assert re.search(r"07  Find the bug: two lay.* lesson 02\n08  The ReLU +lesson 02  . 2026-01-01\n", shown)


def test_when_all_are_solved_it_says_so(desk):
    for name in NAMES:
        runner.note("out", name, done="2026-01-01")
    for word in "check", "hint", "watch":
        assert desk(word) == (0, "All 30 exercises are solved.\n")


def test_the_self_test_passes(desk):
    status, shown = desk("check", "--self-test")
    assert status == 0 and "30 exercises" in shown and "0 faults" in shown, shown


@pytest.mark.parametrize("words, sentence", [
    ("check 99", "no exercise '99'"), ("hint rleu", "did you mean relu?"), ("solution", "required: exercise"),
    ("reset", "required: exercise"), ("check 1 --anyway", "--anyway"), ("chek", "did you mean check?")])
def test_a_wrong_command_gives_exit_status_2(desk, words, sentence):
    status, shown = desk(*words.split())
    assert status == 2 and sentence in shown and "Traceback" not in shown


@pytest.mark.parametrize("word", ["8", "08", "relu", "08_relu", "lessons/exercises/08_relu.py"])
def test_an_exercise_is_named_by_number_name_or_path(word):
    assert runner.named(word) == "08_relu"


def test_installed_without_a_clone_the_exercises_are_in_the_folder_where_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert runner.file("08_relu", tmp_path / "site-packages/lessons") == Path("exercises/08_relu.py")
    assert Path("exercises/08_relu.py").read_text(encoding="utf-8") == exercises.load("08_relu").blank


def test_watch_checks_at_every_save_and_ends_when_it_passes(desk):
    desk("check", "8")
    code = ("import sys, pathlib; from lessons.__main__ import main; "
            "sys.exit(main(['watch', '8'], pathlib.Path('../clone/lessons')))")
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, encoding="utf-8",
                               env=os.environ | {"PYTHONIOENCODING": "utf-8"})
    try:
        shown = ""
        while not shown.endswith("hint: python -m lessons hint 08\n"):
            line = process.stdout.readline()
            assert line, f"it ended after: {shown}"
            shown += line
        assert "Watching" in shown and "✗ 08_relu" in shown
        desk.file("08_relu").write_text(exercises.load("08_relu").solved, encoding="utf-8")
        rest, _ = process.communicate(timeout=30)
        assert process.returncode == 0 and "✓ 08_relu" in rest
    finally:
        process.kill()
