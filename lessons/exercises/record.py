"""Where the student is: which exercise is meant, where the files are, what is solved.

The state file, progress.json in the out folder, holds of an exercise {"done": date, "hints": how many were
read, "shown": date of the solution}, or less; and where the student's files are.
"""
import argparse
import re
import time
from pathlib import Path

from lessons import console, progress
from lessons.exercises import NAMES, load


def named(word):
    """The exercise meant by 5, 05, linear_stack, 05_linear_stack or the path of its file."""
    if name := numbered(Path(word).stem):
        return name
    near = console.closest(Path(word).stem, [*NAMES, *(name[3:] for name in NAMES)])
    raise argparse.ArgumentTypeError(f"there is no exercise {word!r}{near}; python -m lessons list shows all")


def numbered(word):
    """The exercise of this number or name, None if there is none."""
    number = f"{int(word):02}" if word.isdecimal() else word
    return next((name for name in NAMES if number in (name[:2], name, name[3:])), None)


def meant(word):
    """What check is to look at: exercises, by number, name, 3-7 or all; or the path of a file or folder."""
    limits = re.fullmatch(r"(\d+)-(\d+)", word)
    if limits:
        found = [name for name in NAMES if int(limits[1]) <= int(name[:2]) <= int(limits[2])]
        return found or [named(word)]
    if word == "all" or numbered(word):
        return NAMES if word == "all" else [numbered(word)]
    path = Path(word).expanduser()
    return path if path.is_dir() or path.name != word or path.is_file() else [named(word)]


def home(out, folder):
    """The folder of the student's files: the one noted, or in a clone beside the lessons, or ./exercises."""
    if noted := progress.read(out).get("exercises", {}).get("folder"):
        return Path(noted)
    return folder / "exercises" if (folder.parent / "setup.cfg").is_file() else Path("exercises")


def settle(out, home):
    """Notes the folder of the student's files."""
    with progress.changing(out) as state:
        state["exercises"] = {"folder": str(home)}


def file(name, home):
    """The student's file in this folder, made if need be."""
    path = home / f"{name}.py"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        path.write_text(load(name).blank, encoding="utf-8")
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def known(out, name):
    """What the state file holds of an exercise."""
    return progress.read(out).get(f"exercises/{name}", {})


def note(out, name, **facts):
    """Adds facts of an exercise to the state file; None takes one away."""
    with progress.changing(out) as state:
        facts = state.pop(f"exercises/{name}", {}) | facts
        if facts := {key: fact for key, fact in facts.items() if fact is not None}:
            state[f"exercises/{name}"] = facts


def mark(out, name, passed):
    """Notes that an exercise is solved, or no longer; a sentence if a mark is taken back."""
    before = known(out, name).get("done")
    if passed and not before:
        note(out, name, done=today())
    if before and not passed:
        note(out, name, done=None)
        return f"{name} was solved on {before}; not now."
    return ""


def today():
    return time.strftime("%Y-%m-%d")


def unsolved(out):
    """The name of the first exercise that is not solved, None if all are."""
    state = progress.read(out)
    return next((name for name in NAMES if "done" not in state.get(f"exercises/{name}", {})), None)


def following(out, name):
    """The next exercise after this one that is not solved, from the first on again after the last."""
    state, here = progress.read(out), NAMES.index(name)
    return next(other for other in [*NAMES[here + 1:], *NAMES[:here + 1]]
                if "done" not in state.get(f"exercises/{other}", {}) or other == name)


def count(out):
    """How many exercises are solved, of how many: "3 of 60"."""
    state = progress.read(out)
    return f"{sum('done' in state.get(f'exercises/{name}', {}) for name in NAMES)} of {len(NAMES)}"


def rows(out):
    """For `list`: every exercise's number, title, the lesson after which it can be done, when it was."""
    state = progress.read(out)
    for exercise in map(load, NAMES):
        done = state.get(f"exercises/{exercise.name}", {}).get("done")
        solved = f"{console.mark(True)} {done}" if done else ""
        yield [exercise.name[:2], exercise.title, f"lesson {exercise.lesson}", solved]
