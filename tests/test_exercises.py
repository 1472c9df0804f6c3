"""The exercises: each fails as it comes and passes as solved; the commands; what becomes of your file."""
import ast
import json
import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from exercise_answers import RIGHT, WRONG

from lessons import __main__ as command
from lessons import exercises, progress
from lessons.contents import PARTS
from lessons.exercises import NAMES, grades, record
from lessons.exercises.apart import Apart
from lessons.exercises.checks import CHECKS, judge
from minidl.diagnosis import CAUSES

ROOT = Path(__file__).parent.parent
ALL = len(NAMES)
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


def test_there_are_sixty_in_the_order_of_the_lessons_and_ten_are_bugs():
    read = " ".join(PARTS.values()).split()
    lessons = [read.index(exercises.load(name).lesson) for name in NAMES]
    assert NAMES == list(CHECKS) and [int(name[:2]) for name in NAMES] == list(range(1, 61))
    assert lessons == sorted(lessons)
    for part, numbers in PARTS.items():
        assert part == "errata" or any(exercises.load(name).lesson in numbers.split() for name in NAMES), part
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


def test_every_exercise_has_an_answer_written_another_way_and_five_wrong_ones_most_of_them_named():
    assert set(RIGHT) == set(WRONG) == set(NAMES)
    assert all(len(rows) >= 5 for rows in WRONG.values())
    for name, rows in WRONG.items():
        assert sum(cause is not None for cause, _ in rows) >= 0.8 * len(rows), name
    print(f"\n{len(WRONG_ROWS)} wrong answers, {sum(cause is not None for _, cause, _ in WRONG_ROWS)} named")


@pytest.mark.parametrize("name", NAMES)
def test_a_slip_is_told_from_the_right_answer_and_bears_a_name_of_the_exercise(name):
    slips = exercises.load(name).slips
    for cause, sentence, wrong in slips:
        with np.errstate(all="ignore"):
            verdict = judge(name, wrong, name)
        assert not verdict.passed and verdict.cause in {*CAUSES, *(other for other, *_ in slips)}, sentence


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


# What does not count: the student's file runs in a process of its own

SLOPE = """
    h, grads = {step}, []
    for x in arrays:
        grad = np.zeros_like(x)
        for i in np.ndindex(x.shape):
            there, back = x.copy(), x.copy()
            there[i] += h
            back[i] -= h
            ends = [forward(*[e if y is x else y for y in arrays]) for e in (there, back)]
            grad[i] = (g * (ends[0] - ends[1])).sum() / (2 * h)
        grads.append(grad)
    return {result}"""
MEASURED = [("08_relu", "arrays = [x]", "grads[0]"), ("04_bias", "arrays = [x, b]", "grads"),
            ("06_dense", "arrays = [x, w, b]", "grads"), ("21_convolution", "arrays = [x, w]", "grads")]
OTHERS = {
    "the tape": "from minidl import ops",
    "a part of minidl": "import minidl.functions",
    "our solutions, imported": "from lessons.exercises import load",
    "our solutions, by importlib": "import importlib",
    "minidl, by Python's own import": "typing.sys.modules['importlib'].import_module('minidl')",
    "our solutions, loaded": "typing.sys.modules['lessons.exercises'].load('{name}').solved",
    "our solutions, opened": "open('{path}').read()",
    "our solutions, read by NumPy": "np.fromfile('{path}', np.uint8)",
    "our solutions, mapped by NumPy": "np.memmap('{path}', np.uint8, 'r')",
    "our solutions, copied": "typing.sys.modules['os'].link('{path}', 'here.py')",
    "another program": "typing.sys.modules['os'].system('cat {path}')",
}
EXITS = {"by status 0": "typing.sys.modules['os']._exit(0)",
         "by status 10": "typing.sys.modules['os']._exit(10)",
         "politely": "typing.sys.exit(0)", "by a signal": "typing.sys.modules['os'].abort()",
         "as by a key": "raise KeyboardInterrupt"}
REFUSED = "ImportError", "ModuleNotFoundError", "PermissionError"
TASKS = ["08_relu", "19_adam"]                  # a gradient, and a value


def apart(name, body, tmp_path, head="import typing"):
    """The verdict on an answer in a file of its own."""
    path = tmp_path / f"{name}.py"
    source = f"{head}\n{answered(name, body)}"
    path.write_text(source, encoding="utf-8")
    return judge(name, source, str(path), Apart)


def after(name, line):
    """The right body of an exercise, after a line."""
    code = exercises.load(name).solved.partition("    # Yours: ")[2]
    return f"{line}\n{textwrap.dedent(code.partition(chr(10))[2])}"


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_passes_in_a_process_of_its_own_for_any_seed(name, tmp_path):
    solved = exercises.load(name).solved
    for seed in None, 5:
        verdict = judge(name, solved, str(tmp_path / f"{name}.py"), Apart, seed)
        assert verdict.passed, verdict.text


@pytest.mark.parametrize("name, cause, body", WRONG_ROWS[::9])
def test_a_wrong_answer_gets_its_name_in_a_process_of_its_own(name, cause, body, tmp_path):
    here, there = judge(name, answered(name, body), ""), apart(name, body, tmp_path, head="")
    assert here.cause == there.cause == cause
    assert there.text.splitlines()[1:] == here.text.splitlines()[1:]            # the line is another


@pytest.mark.parametrize("step", [1e-5, 1e-6, 6e-6])
@pytest.mark.parametrize("name, arrays, result", MEASURED)
def test_a_measured_slope_does_not_count(name, arrays, result, step):
    body = arrays + SLOPE.format(step=step, result=result).replace("\n    ", "\n")
    verdict = judge(name, answered(name, body), name)
    assert not verdict.passed and verdict.cause == "measured", verdict
    assert re.search(r"to \d+ digits only, as a slope that was measured", verdict.text)


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("way", OTHERS)
def test_what_others_have_written_does_not_count(name, way, tmp_path):
    line = OTHERS[way].format(name=name, path=exercises.SOLUTIONS / f"{name}.py")
    verdict = apart(name, after(name, line), tmp_path)
    assert not verdict.passed and verdict.cause in REFUSED, verdict
    verdict = apart(name, after(name, ""), tmp_path, head=f"import typing, numpy as np\n{line}")
    assert not verdict.passed and verdict.cause in REFUSED, verdict


@pytest.mark.parametrize("line", [
    "import checks", "import grades", "from student import Student", "__import__('solutions.08_relu')",
    "import sys", "import helper"])
def test_files_beside_the_exercise_are_no_way_round(line, tmp_path):
    (tmp_path / "helper.py").write_text("from minidl import functions\n")
    for folder in ROOT / "lessons/exercises", tmp_path:
        source = f"{line}\n{exercises.load('08_relu').solved}"
        verdict = judge("08_relu", source, str(folder / "08_relu.py"), Apart)
        assert not verdict.passed and verdict.cause in REFUSED, verdict


@pytest.mark.parametrize("name", TASKS)
@pytest.mark.parametrize("way", EXITS)
def test_an_end_of_the_process_does_not_count(name, way, tmp_path):
    at_once = f"import typing\n{EXITS[way]}"
    for head, body in [("import typing", after(name, EXITS[way])), (at_once, "return 0")]:
        verdict = apart(name, body, tmp_path, head)
        assert not verdict.passed and verdict.cause in ("exit", "SystemExit"), verdict


@pytest.mark.parametrize("name", TASKS)
def test_there_is_no_judge_to_be_patched(name, tmp_path):
    patch = """
        import typing
        for module in list(typing.sys.modules.values()):
            for word in "diagnose", "agree", "judge", "Verdict", "usual_slip":
                if hasattr(module, word):
                    setattr(module, word, lambda *x, **y: 1 / 0)
        np.allclose = np.array_equal = lambda *x, **y: True"""
    verdict = apart(name, textwrap.dedent(patch) + "\nreturn 0", tmp_path)
    assert not verdict.passed and "ZeroDivision" not in verdict.text


def test_what_a_file_prints_does_not_get_among_the_answers(tmp_path, capfd):
    line = "print('{}'); typing.sys.__stdout__.write('x'); typing.sys.modules['os'].write(1, b'x')"
    assert apart("08_relu", after("08_relu", line), tmp_path).passed


def test_a_broken_answer_is_an_end_without_one(tmp_path):
    for frame in b"x", b"[]", b"{}", b'{"printed": "", "failed": [1, 2, 3]}', b'{"printed": ""}':
        text = len(frame).to_bytes(8, "big") + frame
        body = f"""
            for fd in range(3, 9):
                try:
                    typing.sys.modules["os"].write(fd, {text})
                except OSError:
                    pass
            return g * (x > 0)"""
        verdict = apart("08_relu", body, tmp_path)
        assert not verdict.passed and verdict.cause in ("exit", "1"), verdict


@pytest.mark.parametrize("body, word", [
    ("g *= x > 0\nreturn g", "passes"), ("x[x < 0] = 0\nreturn g * (x > 0)", "changed"),
    ("return {'g': g}", "returns a dict"), ("return [[g], x]", "returns a list in a list"),
    ("return np.array([g, None], object)", "objects"), ("return np.ma.array(g * (x > 0))", "passes"),
    ("return 2 * (g * (x > 0))", "2 times"), ("return backward.__globals__", "returns a dict")])
def test_any_result_comes_through_the_pipe(body, word, tmp_path):
    here, there = judge("08_relu", answered("08_relu", body), ""), apart("08_relu", body, tmp_path, "")
    assert here.passed == there.passed and here.cause == there.cause, (here, there)


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
            status = command.main(list(map(str, words)), folder=clone / "lessons")
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
    assert shown.endswith(f"Next: python -m lessons check 02 (1 of {ALL} solved)\n")
    assert shown.count("\n") <= 9
    assert set(progress.read("out")["exercises/01_chain_rule"]) == {"done"}
    assert "02_smooth_abs" in desk("check")[1]


def test_a_diagnosis_fits_in_fifteen_lines(desk):
    for name, bug in BUGS.items():
        status, shown = desk("check", name)
        lines = shown.splitlines()
        assert status == 1 and f"[{bug}]" in lines[1] and "meant to fail first" in lines[-2]
        assert len(lines) <= 15 and max(map(len, lines[1:])) <= 110, lines


def test_a_check_takes_less_than_a_second(tmp_path):
    resource = pytest.importorskip("resource")                  # not on Windows
    (tmp_path / "28_rnn.py").write_text(exercises.load("28_rnn").solved, encoding="utf-8")
    before = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    given = [sys.executable, "-m", "lessons", "check", tmp_path / "28_rnn.py", "--out", tmp_path]
    assert subprocess.run(given, cwd=ROOT, capture_output=True).returncode == 0
    assert sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before < 1


def test_prints_are_shown_once(desk):
    desk("check", "8")
    desk.file("08_relu").write_text(answered("08_relu", "print('here', g.shape)\nreturn g"), encoding="utf-8")
    assert desk("check", "8")[1].count("here (5, 7)") == 1


def test_an_endless_loop_is_ended_and_its_line_named(desk):
    desk("check", "8")
    desk.file("08_relu").write_text(answered("08_relu", "while True:\n    g = g + 1"), encoding="utf-8")
    status, shown = desk("check", "8", "--seconds", "1")
    assert status == 1 and re.search(r"never ends\?\nline \d+: (while True:|g = g \+ 1)\nhint", shown)


@pytest.mark.parametrize("status", [0, 3])
def test_a_process_that_ends_itself_is_a_failure(desk, status):
    desk("check", "8")
    leave = f"import typing\ntyping.sys.modules['os']._exit({status})\n"
    desk.file("08_relu").write_text(leave, encoding="utf-8")
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
    assert set(progress.read("out")["exercises/08_relu"]) == {"shown"}
    assert "Yours" not in shown and "TODO" not in shown
    record.note("out", "08_relu", done="2026-01-01")
    assert desk("solution", "8")[0] == 0


def test_reset_keeps_the_students_work_and_forgets_only_that_it_is_solved(desk):
    desk("check", "8")
    desk("hint", "8")
    for number, work in enumerate(["mine", "mine too"]):
        desk.file("08_relu").write_text(work)
        record.note("out", "08_relu", done="2026-01-01")
        assert desk("reset", "8")[0] == 0
        assert desk.file(f"08_relu.mine{number or ''}").read_text() == work
    assert desk.file("08_relu").read_text(encoding="utf-8") == exercises.load("08_relu").blank
    assert progress.read("out") == {"exercises/08_relu": {"hints": 1}}
    desk("reset", "8")                          # nothing of the student's is there now
    assert len(list(desk.file("").parent.iterdir())) == 3


def test_list_shows_what_is_solved(desk):
    record.note("out", "08_relu", done="2026-01-01")
    status, shown = desk("list")
    assert status == 0
    assert re.search(r"07  Find the bug: two lay.* lesson 02\n08  The ReLU +lesson 02  . 2026-01-01\n", shown)


def test_when_all_are_solved_it_says_so(desk):
    for name in NAMES:
        record.note("out", name, done="2026-01-01")
    for word in "check", "hint", "watch":
        assert desk(word) == (0, f"All {ALL} exercises are solved.\n")


def test_the_self_test_passes(desk):
    status, shown = desk("check", "--self-test")
    assert status == 0 and f"{ALL} exercises" in shown and "0 faults" in shown, shown


@pytest.mark.parametrize("words, sentence", [
    ("check 99", "no exercise '99'"), ("hint rleu", "did you mean relu?"), ("solution", "required: exercise"),
    ("reset", "required: exercise"), ("check 1 --anyway", "--anyway"), ("chek", "did you mean check?"),
    ("check all --dir nowhere", "there is no folder nowhere"), ("check 8 --junit no/where", "no folder for"),
    ("exercises", "required: DIR")])
def test_a_wrong_command_gives_exit_status_2(desk, words, sentence):
    status, shown = desk(*words.split())
    assert status == 2 and sentence in shown and "Traceback" not in shown


@pytest.mark.parametrize("word", ["8", "08", "relu", "08_relu", "lessons/exercises/08_relu.py"])
def test_an_exercise_is_named_by_number_name_or_path(word):
    assert record.named(word) == "08_relu"


def test_installed_without_a_clone_the_exercises_are_in_the_folder_where_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    home = record.home("out", tmp_path / "site-packages/lessons")
    assert record.file("08_relu", home) == Path("exercises/08_relu.py")
    assert Path("exercises/08_relu.py").read_text(encoding="utf-8") == exercises.load("08_relu").blank


def write(folder, **bodies):
    """Files of exercises in a folder: solved, blank, or with a body."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in bodies.items():
        name = record.numbered(name.removeprefix("_"))
        exercise = exercises.load(name)
        text = {"solved": exercise.solved, "blank": exercise.blank}.get(body) or answered(name, body)
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


def test_the_file_that_is_named_is_judged_and_no_other(desk, tmp_path):
    desk("check", "8")                          # yours is as it came
    write(tmp_path / "ann", relu="solved")
    status, shown = desk("check", "../ann/08_relu.py")
    assert status == 0 and shown.startswith("✓ 08_relu") and "Next" not in shown
    assert progress.read("out") == {}           # it is not yours
    os.rename("../ann/08_relu.py", "../ann/ann 08_relu (1).py")
    assert desk("check", "../ann/ann 08_relu (1).py")[0] == 0
    write(Path("."), tanh="return g", relu="solved")
    assert desk("check", "11_tanh.py")[0] == 1 and desk("check", "./08_relu.py")[0] == 0
    status, shown = desk("check", "../ann/08_relu.py")
    assert status == 2 and shown == "python -m lessons: there is no file ../ann/08_relu.py\n"
    Path("mine.py").touch()
    assert "has no exercise's name" in desk("check", "./mine.py")[1]


def test_a_file_of_yours_is_yours_by_its_path_too(desk):
    desk("check", "8")
    write(desk.file("").parent, relu="solved")
    status, shown = desk("check", "../clone/lessons/exercises/08_relu.py")
    assert status == 0 and f"(1 of {ALL} solved)" in shown and "exercises/08_relu" in progress.read("out")


def test_ranges_folders_and_all_end_in_one_table(desk, tmp_path):
    write(desk.file("").parent, _08="solved", _10="return g", _11="solved")
    status, shown = desk("check", "7-11")
    assert status == 1 and "2 of 5 passed, 2 points" in shown
    assert re.search(r"08_relu +✓ +\d\.\d s\n09_relu_layer +✗ missing .*\n10_sigmoid +✗ ", shown), shown
    assert set(progress.read("out")) == {"exercises/08_relu", "exercises/11_tanh"}
    assert desk("check", "8", "tanh")[0] == 0
    assert f"2 of {ALL} passed" in desk("check", "all")[1]
    write(tmp_path / "ann", relu="solved", tanh="solved")
    status, shown = desk("check", "../ann")
    assert status == 0 and "2 of 2 passed" in shown
    assert "there are no exercises in" in desk("check", ".")[1]
    assert desk("check", "90-99")[0] == 2


@pytest.fixture
def folders(tmp_path):
    """A class of four: right, wrong, absent, and one who does harm."""
    write(tmp_path / "class/ann", _07="solved", _08="solved", _10="solved")
    write(tmp_path / "class/ben", _07="blank", _08="return 2 * g * (x > 0)", _10="solved")
    (tmp_path / "class/cleo").mkdir()
    write(tmp_path / "class/dan", _08="while True:\n    pass", _10="print('here')\nreturn 1 / 0")
    leave = "import typing\ntyping.sys.modules['os']._exit(10)\n"
    (tmp_path / "class/dan/07_linear_stack.py").write_text(leave, encoding="utf-8")
    (tmp_path / "class/.git").mkdir()
    return tmp_path / "class"


def test_a_file_that_spoils_numpy_spoils_no_other_file_and_one_process_serves_several(tmp_path, monkeypatch):
    solved = exercises.load("08_relu").solved
    write(tmp_path / "ann", _10="solved", _11="solved", _14="solved")
    (tmp_path / "ann/08_relu.py").write_text(f"{solved}\n\nnp.tanh = np.exp\n", encoding="utf-8")
    begun, start = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen",
                        lambda *words, **settings: begun.append(1) or start(*words, **settings))
    names = [name for name in NAMES if name[:2] in ("08", "10", "11", "14")]
    found = grades.of_student([grades.Job("ann", name, tmp_path / f"ann/{name}.py") for name in names])
    assert [grade.passed for grade in found] == [True] * 4, found
    assert len(begun) == 2                      # 11 was judged again


def test_a_class_is_graded_in_one_command(desk, folders):
    Path("points").write_text("# what they are worth\n07 3\n\n10 0.5\n")
    status, shown = desk("check", "7", "8", "10", "--dir", folders, "--seconds", "1.5", "--json",
                         "--junit", "report.xml", "--points", "points")
    report = json.loads(shown)
    assert status == 1 and list(report) == ["ann", "ben", "cleo", "dan"]
    assert [report[student].pop("points") for student in report] == [4.5, 0.5, 0, 0]
    causes = {student: [verdict["cause"] for verdict in own.values()] for student, own in report.items()}
    assert causes == {"ann": [None] * 3, "ben": ["transposed", "stray-factor", None],
                      "cleo": ["missing"] * 3, "dan": ["exit", "timeout", "ZeroDivisionError"]}
    assert set(report["ben"]["08_relu"]) == {"passed", "cause", "text", "seconds"}
    assert report["cleo"]["08_relu"]["text"] == "not handed in"
    assert not (folders / "cleo/08_relu.py").exists() and progress.read("out") == {}
    suites = ElementTree.parse("report.xml").getroot()
    assert [suite.attrib["failures"] for suite in suites] == ["0", "2", "3", "3"]
    assert suites[1][0].find("failure").attrib["message"] == "transposed" and len(suites[1]) == 3
    assert sorted(os.listdir()) == ["points", "report.xml"]


def test_the_table_of_a_class_names_what_was_hardest(desk, folders):
    shown = desk("check", "7", "10", "--dir", folders)[1]
    assert re.search(r"ann +2 of 2 +2\nben +1 of 2 +1 +transposed 1\ncleo", shown), shown
    assert re.search(r"hardest .*\n07_linear_stack +1 of 4 ", shown)
    assert shown.endswith("\n4 students: 3 of 8 passed, 3 points\n")


def test_one_folder_of_exercises_is_one_student(desk, folders):
    status, shown = desk("check", "7", "8", "--dir", folders / "ann", "--json")
    assert status == 0 and list(json.loads(shown)) == ["ann"]
    assert f"3 of {ALL} passed" in desk("check", "--dir", folders / "ann")[1]


def test_points_that_cannot_be_read_are_a_wrong_command(desk, folders):
    for line in "7", "99 1", "07 many":
        Path("points").write_text(line)
        status, shown = desk("check", "8", "7", "--dir", folders, "--points", "points")
        assert status == 2 and f"{line!r} is not an exercise and its points" in shown


def test_a_mark_is_taken_back_when_the_file_is_spoilt(desk):
    write(desk.file("").parent, relu="solved")
    desk("check", "8")
    desk("hint", "8")
    write(desk.file("").parent, relu="return g")
    for words in ["check", "8"], ["check", "7-8"]:
        record.note("out", "08_relu", done="2026-01-01")
        assert "08_relu was solved on 2026-01-01; not now.\n" in desk(*words)[1]
        assert progress.read("out") == {"exercises/08_relu": {"hints": 1}}


def test_next_and_list_count_the_exercises(desk):
    record.note("out", "01_chain_rule", done="2026-01-01")
    assert desk("next")[1].endswith(f"\nExercises: 1 of {ALL} solved; next: python -m lessons check 02\n")
    assert desk("list")[1].endswith(f"\n1 of {ALL} exercises solved\n")


def test_the_files_may_be_in_a_folder_of_your_own(desk):
    write(Path("mine"), relu="return g")
    status, shown = desk("exercises", "mine")
    assert status == 0 and f"{ALL - 1} exercises are new in " in shown and "; 1 were there and stay" in shown
    assert len(list(Path("mine").iterdir())) == ALL and not desk.file("").parent.exists()
    assert Path("mine/11_tanh.py").read_text(encoding="utf-8") == exercises.load("11_tanh").blank
    assert "✗ 08_relu  mine/08_relu.py" in desk("check", "8")[1]
    write(Path("mine"), relu="solved")
    assert desk("check", "8")[0] == 0 and "exercises/08_relu" in progress.read("out")
    assert "mine/08_relu.mine.py" in desk("reset", "8")[1]
    assert "0 exercises are new" in desk("exercises", "mine")[1]


def test_an_out_folder_that_cannot_be_made_is_told_before_any_work(desk):
    Path("taken").touch()
    for words in ["check", "8"], ["check", "7-8"], ["reset", "8"], ["hint", "8"], ["exercises", "mine"]:
        status, shown = desk(*words, "--out", "taken/out")
        assert status == 2 and shown.count("\n") == 1, shown
        assert "nothing can be kept in taken/out" in shown and "--out DIR keeps results elsewhere" in shown


class Watch:
    """`watch` as a process, with or without a terminal."""

    def __init__(self, *words, terminal=False):
        code = ("import sys, pathlib; from lessons.__main__ import main; "
                f"sys.exit(main(['watch', *{words}], pathlib.Path('../clone/lessons')))")
        here, self.keys = os.openpty() if terminal else (subprocess.DEVNULL, None)
        if terminal:
            self.keys, here = here, self.keys
        self.process = subprocess.Popen([sys.executable, "-c", code], stdin=here, stdout=subprocess.PIPE,
                                        env=os.environ | {"PYTHONIOENCODING": "utf-8"}, encoding="utf-8")

    def until(self, words):
        """What is printed up to a line with these words."""
        shown = ""
        while words not in shown:
            line = self.process.stdout.readline()
            assert line, f"it ended after: {shown}"
            shown += line
        return shown

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def test_watch_checks_at_every_save_and_ends_when_it_passes(desk):
    desk("check", "8")
    with Watch("8") as watch:
        shown = watch.until("hint: python -m lessons hint 08\n")
        assert re.search(r"Watching .*Ctrl-C.*\n--- \d\d:\d\d:\d\d ---+\n✗ 08_relu", shown), shown
        os.utime(desk.file("08_relu"))          # touched: there is nothing new to be said
        desk.file("08_relu").rename("elsewhere")
        time.sleep(0.5)
        write(desk.file("").parent, relu="solved")
        rest, _ = watch.process.communicate(timeout=30)
        assert watch.process.returncode == 0 and rest.count("\n--- ") + rest.startswith("---") == 1
        assert "✓ 08_relu" in rest


def test_a_save_ends_an_endless_judgement_and_starts_anew(desk):
    write(desk.file("").parent, relu="while True:\n    pass")
    start = time.monotonic()
    with Watch("8") as watch:
        watch.until("--- ")
        time.sleep(1)
        write(desk.file("").parent, relu="solved")
        rest, _ = watch.process.communicate(timeout=30)
    assert "✓ 08_relu" in rest and "never ends" not in rest and time.monotonic() - start < 15


def test_watch_has_keys_in_a_terminal_and_leaves_it_as_it_was(desk):
    termios = pytest.importorskip("termios")                    # not on Windows
    with Watch(terminal=True) as watch:
        before = termios.tcgetattr(watch.keys)
        assert "Keys: h hint, n next, l list, q quit." in watch.until("hint: python -m lessons hint 01\n")
        assert termios.tcgetattr(watch.keys) != before
        os.write(watch.keys, b"h")
        assert "Hint 1 of 2 for 01_chain_rule" in watch.until("second hint.\n")
        os.write(watch.keys, b"l")
        watch.until(f"0 of {ALL} exercises solved\n")
        os.write(watch.keys, b"n")
        assert "Watching" in watch.until("hint: python -m lessons hint 02\n")
        os.write(watch.keys, b"q")
        assert watch.process.wait(timeout=30) == 0 and termios.tcgetattr(watch.keys) == before
