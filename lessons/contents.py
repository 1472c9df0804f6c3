"""The table of contents: the lessons, the part in which each stands, and what a command means by 04."""
import ast
import re
from pathlib import Path

from lessons.console import closest
from lessons.exercises import NAMES, load

FOLDER = Path(__file__).parent
TIME = re.compile(r"^Time: quick ([\d.]+ (?:s|min)), full ([\d.]+ (?:s|min)) on two cores\.?$", re.MULTILINE)
PARTS = {                                       # the lessons in the order in which they are read
    "foundations": "01 02 39",
    "images": "03 04 05",
    "sequences": "06",
    "regularisation": "07 08 09 10",
    "under-constrained problems": "11 12 13 14 15 16",
    "autoencoders": "17 18 19 20 21 22 23 24",
    "stochastic encoders": "25 26 27 28 29 30 31",
    "adversarial": "32 33",
    "the cube": "34 35 36",
    "errata": "37",
    "beyond the documents": "38 40",
}


class UsageError(Exception):
    """A command that cannot be meant as typed; the message says what can."""


def find(folder):
    """The lessons' names and paths, by number: {"01_tape": Path(".../01_tape.py"), …}."""
    return {path.stem: path for path in sorted(folder.glob("[0-9][0-9]_*.py"))}


def in_reading_order(names):
    """The parts that have any of these lessons, each with its own: {"foundations": ["01_tape", …], …}."""
    by_number, parts = {name[:2]: name for name in names}, {}
    for part, numbers in PARTS.items():
        if found := [by_number.pop(number) for number in numbers.split() if number in by_number]:
            parts[part] = found
    return parts | ({"others": list(by_number.values())} if by_number else {})


def describe(path):
    """A lesson's title and its quick and full time, from its docstring; nothing is imported."""
    try:
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    except SyntaxError as error:
        return f"(does not parse: {error.msg}, line {error.lineno})", "?", "?"
    times = TIME.search(text)
    return text.partition("\n")[0] or "(no title)", *(times.groups() if times else ("?", "?"))


def select(words, lessons):
    """The names meant by words such as 04, lenet5, lessons/04_lenet5.py, 1-4 and all, each once, in order."""
    chosen = set()
    for word in words:
        numbers = re.fullmatch(r"(\d+)(?:-(\d+))?", word)
        if numbers:
            first, last = int(numbers[1]), int(numbers[2] or numbers[1])
            found = [name for name in lessons if first <= int(name[:2]) <= last]
        else:
            found = [name for name in lessons if Path(word).stem in ("all", name, name[3:])]
        if not found:
            near = closest(word, [*lessons, *(name[3:] for name in lessons)])
            raise UsageError(f"there is no lesson {word!r}{near}; python -m lessons list shows all")
        chosen.update(found)
    return sorted(chosen)


def exercises_after(number):
    """The exercises that lesson "03" opens, "exercises 15–19: python -m lessons check 15", or ""."""
    opened = [int(name[:2]) for name in NAMES if load(name).lesson == number]
    if not opened:
        return ""
    runs = [[opened[0], opened[0]]]
    for one in opened[1:]:
        if one == runs[-1][1] + 1:
            runs[-1][1] = one
        else:
            runs.append([one, one])
    words = ", ".join(f"{first}–{last}" if last > first else f"{first}" for first, last in runs)
    return f"exercise{'s' * (len(opened) > 1)} {words}: python -m lessons check {opened[0]:02}"
