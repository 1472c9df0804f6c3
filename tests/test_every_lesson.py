"""Every lesson, as a reader runs it and as a teacher reads it; and every task with its answer."""
import ast
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from lessons import contents, seeds

LESSONS = contents.find(contents.FOLDER)
ANSWERS = contents.FOLDER / "answers"
SEED = date.today().toordinal() % 1000          # another one every day: a claim is to hold for all
LINES, CELLS, CODE_LINES = 260, 14, 15          # "about 250 lines": what needs more is another lesson
MAY_CHANGE = {"figure", "ax", "axes", "rows", "_"}


# --- all runs, side by side ---------------------------------------------------------------------------------


class Run:
    """A lesson that runs: what it printed, until it ended or until all that was `awaited` had come."""

    def __init__(self, command, folder, awaited=None):
        self.folder, self.said, lines = folder, "", iter(awaited or ())
        alone = os.environ | seeds.ONE_THREAD | {"PYTHONIOENCODING": "utf-8"}
        with open(folder / "errors", "w+", encoding="utf-8") as errors, subprocess.Popen(
                [sys.executable, *command], cwd=folder, stdout=subprocess.PIPE, stderr=errors,
                encoding="utf-8", env=alone) as process:
            self.missing = next(lines, None)
            for line in process.stdout:
                self.said += line
                if self.missing and re.fullmatch(self.missing, line.rstrip("\n")):
                    self.missing = next(lines, None)
                    if not self.missing:        # what the rest of the run says is not read
                        process.kill()
                        break
            self.status = process.wait()
            errors.seek(0)
            self.errors = errors.read()[-2000:]

    def result(self, name):
        return json.loads((self.folder / "out" / name / "result.json").read_text(encoding="utf-8"))

    def __str__(self):
        return f"{self.said[-5000:]}\n{self.errors}"


def quick(name, folder):
    return Run([LESSONS[name], "--quick", "--seed", str(SEED)], folder)


def on_a_device(name, folder):
    return Run(["-c", ON_THE_STAND_IN, Path(__file__).parent, LESSONS[name], "--quick", "--device", "gpu"],
               folder)


def applied(task, folder):
    """The lesson with a task's edit, until all that the answer says has come."""
    name, edits, shown = TASKS[task]
    source = LESSONS[name].read_text(encoding="utf-8")
    for diff in edits:
        source = edited(source, diff)
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    awaited = [re.escape(line).replace("…", ".*") for line in shown.splitlines() if line]
    return Run([path, "--quick", "--seed", str(SEED)], folder, awaited)


@pytest.fixture(scope="module")
def runs(request, tmp_path_factory):
    """Each selected test's run, as many side by side as there are cores: {(test, parameter): Future}."""
    begin = {"test_every_lesson_holds_its_claims_in_quick_mode": quick,
             "test_every_lesson_holds_its_claims_on_a_device_and_seldom_waits_for_it": on_a_device,
             "test_a_task_applied_shows_what_its_answer_says": applied}
    chosen = [item for item in request.session.items if item.originalname in begin]
    with ThreadPoolExecutor(seeds.cores()) as pool:
        yield {(item.originalname, item.callspec.id): pool.submit(
            begin[item.originalname], item.callspec.id, tmp_path_factory.mktemp("run")) for item in chosen}
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def done(runs, request):
    """This test's run, when it has ended."""
    return runs[request.node.originalname, request.node.callspec.id].result()


# --- as a reader runs it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_holds_its_claims_in_quick_mode(name, done):
    from matplotlib.image import imread
    assert done.status == 0, f"seed {SEED}\n{done}"
    found = done.result(name)
    verdicts = [claim["holds"] for claim in found["claims"]]
    assert len(verdicts) >= 3 and True in verdicts and False not in verdicts
    assert found["checks"] and found["printed"] and found["pictures"]
    for picture in found["pictures"]:
        pixels = imread(done.folder / "out" / name / picture["file"])
        assert min(pixels.shape[:2]) > 100 and pixels.std() > 0
        assert re.search(r"[.?!]$", picture["caption"]), f"a sentence to be seen: {picture['caption']}"


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


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_holds_its_claims_on_a_device_and_seldom_waits_for_it(name, done):
    assert done.status == 0, done
    found = done.result(name)
    assert found["device"] == "gpu" and all(claim["holds"] is not False for claim in found["claims"])


WITHOUT_OPTUNA = """
import runpy, sys
del sys.argv[0]
sys.modules["optuna"] = None                    # an import of it fails
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.skipif(not find_spec("optuna"), reason="Optuna, the extra `tune`, is not installed")
def test_lesson_36_compares_with_optuna_where_it_is_and_says_where_it_is_not(tmp_path):
    lesson = [LESSONS["36_tuning"], "--quick"]
    there, away = Run(lesson, tmp_path), Run(["-c", WITHOUT_OPTUNA, *lesson], tmp_path)
    assert there.status == away.status == 0, f"{there}\n{away}"
    assert re.search(r"^Optuna +[\d.]+", there.said, re.MULTILINE), there
    assert "Optuna is not installed" in away.said and "Optuna  " not in away.said, away


# --- as a teacher reads it ----------------------------------------------------------------------------------


def cells(source):
    """The lines of the docstring's cell and of each cell that `# %%` opens."""
    return [part.strip("\n").splitlines() for part in re.split(r"^# %%.*$", source, flags=re.MULTILINE)]


def is_code(line):
    return bool(line.strip()) and not line.strip().startswith("#")


@pytest.fixture(params=LESSONS.values(), ids=list(LESSONS))
def source(request):
    return request.param.read_text(encoding="utf-8")


def test_a_lesson_opens_with_its_question_and_what_it_needs(source):
    title, underline, *rest = ast.get_docstring(ast.parse(source)).splitlines()
    head = "\n".join(rest)
    assert set(underline) == {"="} and len(underline) >= len(title), "a title, underlined with ="
    assert "?" in head.partition("Needs:")[0], "a question"
    needs = re.search(r"^Needs: (.*)$", head, re.MULTILINE)[1]
    known = {name[:2] for name in LESSONS}
    assert set(re.findall(r"\b\d\d\b", needs)) <= known, "only lessons that are there"
    assert re.search(r"^From: .*(\(00[0-4]\)|outside the documents)", head, re.MULTILINE)
    assert "lessons/DOCUMENTS.md" in head
    words = re.search(r"^New words: ((?:.+\n?)+?)(?=^Time:)", head, re.MULTILINE)[1]
    assert len(words.split(",")) <= 8, "at most eight new words"
    assert contents.TIME.search(head), "Time: quick 10 s, full 4 min on two cores."


def test_a_lesson_ends_with_tasks_what_to_remember_and_sources(source):
    headings = re.findall(r"^# (.+)\n# -{3,}$", source, re.MULTILINE)
    assert headings[-3:] == ["Try it yourself", "Remember", "Sources"], headings
    tasks = source.partition("# Try it yourself")[2].partition("# Remember")[0]
    assert re.findall(r"^# (\d)\. ", tasks, re.MULTILINE) == ["1", "2", "3"]
    assert source.rstrip().endswith("lesson.end()")


def test_a_heading_is_underlined_to_its_length_and_a_block_stands_between_blank_lines(source):
    lines = source.splitlines()
    for heading, line in pairwise(lines):
        if re.fullmatch(r"# -{3,}", line):
            assert len(line) >= len(heading), heading
        if re.match(r"#     \S", line) and re.match(r"# ?\S", heading):
            pytest.fail(f"a blank line before the indented block: {line}")
        if re.match(r"#     \S", heading) and re.match(r"# ?\S", line):
            pytest.fail(f"a blank line after the indented block: {heading}")


def test_a_lesson_is_short_and_its_cells_fit_the_eye(source):
    lines, parts = source.splitlines(), cells(source.split('"""', 2)[2])
    assert len(lines) <= LINES and len(parts) <= CELLS + 1, (len(lines), len(parts))
    assert max(map(len, lines)) <= 110
    for cell in parts:
        code = [line for line in cell if is_code(line)]
        assert len(code) <= CODE_LINES, f"a cell of {len(code)} lines of code: {cell[:4]}"


def test_a_lessons_names_are_ascii_and_mean_one_thing(source, request):
    name = request.node.callspec.id
    tree, bound = ast.parse(source), {}
    assert f'begin("{name}")' in source
    starts = [i for i, line in enumerate(source.splitlines(), 1) if line.startswith("# %%")]
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.arg)):
            word = node.id if isinstance(node, ast.Name) else node.arg
            assert word.isascii(), f"line {node.lineno}: {word} cannot be typed on most keyboards"
    for statement in tree.body:
        for node in own_names(statement):
            cell = sum(start <= node.lineno for start in starts)
            if bound.setdefault(node.id, cell) != cell and node.id not in MAY_CHANGE:
                pytest.fail(f"line {node.lineno}: {node.id} had another meaning in an earlier cell")


def own_names(statement):
    """The names that a statement of the script binds for good: no loop variables, nothing in a function."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return
    loops = [node for node in ast.walk(statement) if isinstance(node, (ast.For, ast.comprehension))]
    passing = {id(node) for loop in loops for node in ast.walk(loop.target)}
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in passing:
            yield node


def test_a_lesson_quotes_what_the_documents_page_quotes(source):
    page = " ".join((contents.FOLDER / "DOCUMENTS.md").read_text(encoding="utf-8").split())
    prose = " ".join(line.removeprefix("#") for line in source.splitlines())
    for quoted in re.findall(r"“([^”]{30,})”", " ".join(prose.split())):
        assert quoted in page, f"lessons/DOCUMENTS.md has no “{quoted}”"


def test_a_lesson_draws_in_the_house_style_and_loads_matplotlib_after_begin(source):
    assert "import matplotlib" not in source.partition("begin(")[0], "begin chooses its backend"
    assert "rc_context" not in source and "projection" not in source


def test_every_lesson_stands_in_one_part():
    numbers = " ".join(contents.PARTS.values()).split()
    assert len(numbers) == len(set(numbers)) and {name[:2] for name in LESSONS} <= set(numbers)


def test_the_readme_lists_every_lesson_part_by_part():
    readme = (contents.FOLDER.parent / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:(\d\d) |\*(.+)\* \|)", readme, re.MULTILINE)
    expected = [entry for part, names in contents.in_reading_order(LESSONS).items()
                for entry in [("", part.capitalize()), *((name[:2], "") for name in names)]]
    assert rows == expected


def test_the_documents_page_lists_every_lesson_part_by_part():
    page = (contents.FOLDER / "DOCUMENTS.md").read_text(encoding="utf-8")
    table = page.partition("## The lessons, part by part")[2]
    told = {part: re.findall(r"\d\d", numbers) for part, numbers in re.findall(
        r"^\| ([a-z].*?) \| ([\d ,–]+) \|", table, re.MULTILINE)}
    assert told == {part: [name[:2] for name in names]
                    for part, names in contents.in_reading_order(LESSONS).items()}


# --- the tasks ----------------------------------------------------------------------------------------------


def answers(name):
    """Each task's number, its ```diff blocks and its ```text block, from answers/NN.md."""
    text = (ANSWERS / f"{name[:2]}.md").read_text(encoding="utf-8")
    for number, part in re.findall(r"^## (\d)\. .*\n((?:(?!^## ).*\n?)*)", text, re.MULTILINE):
        blocks = re.findall(r"^```(\w+)\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
        shown, = (block for kind, block in blocks if kind == "text")
        yield number, [block for kind, block in blocks if kind == "diff"], shown


TASKS = {f"{name}-{number}": (name, edits, shown) for name in LESSONS
         if (ANSWERS / f"{name[:2]}.md").exists() for number, edits, shown in answers(name)}


def edited(source, diff):
    """The script after a diff: its lines that stay or go are one text in it, once."""
    lines = diff.splitlines()
    old = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    new = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    assert f"\n{source}\n".count(f"\n{old}\n") == 1, f"once in the script:\n{old}"
    return f"\n{source}\n".replace(f"\n{old}\n", f"\n{new}\n")[1:-1]


def test_every_lessons_tasks_have_answers():
    assert set(TASKS) == {f"{name}-{number}" for name in LESSONS for number in "123"}
    assert all(edits and shown.strip() for _, edits, shown in TASKS.values())


@pytest.mark.parametrize("task", TASKS)
def test_a_task_applied_shows_what_its_answer_says(task, done):
    _, _, shown = TASKS[task]
    assert done.missing is None, f"seed {SEED}, not shown: {done.missing}\n{done}"
    told, said = ([line for line in text.splitlines() if line.startswith("✗")] for text in (shown, done.said))
    assert len(told) == len(said), f"seed {SEED}: every ✗ is in the answer\n{done}"
