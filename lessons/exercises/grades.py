"""Many checks at once, of one student or of a class: in several processes; as a table, JSON and JUnit's XML.

The one law: students share nothing, no process either.  What fails in a process where another file of the
student ran before is judged again, in a fresh one.
"""
import io
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from lessons import console
from lessons.contents import UsageError
from lessons.exercises import NAMES, SECONDS

FEW = 8                                         # so many files are judged one after the other


class Job(NamedTuple):
    """One file to be judged."""
    student: str
    name: str
    path: Path
    seconds: float = SECONDS                      # the time it has
    seed: int | None = None                     # of the arrays it is tried on


class Grade(NamedTuple):
    """How it fared."""
    student: str
    name: str
    passed: bool
    cause: str | None
    text: str
    seconds: float                              # the time it took


def jobs(asked, there, **settings):
    """A Job for every file that is asked for: exercises of every student in a folder, and paths."""
    for item in asked:
        if not isinstance(item, Path):
            files = [(name, home / f"{name}.py") for home in students(there) for name in item]
        elif item.is_dir():
            files = [(name, item / f"{name}.py") for name in NAMES if (item / f"{name}.py").exists()]
            if not files:
                raise UsageError(f"there are no exercises in {item}; for a class: check all --dir {item}")
        else:
            files = [(by_file_name(item), item)]
        for name, path in files:
            yield Job(path.resolve().parent.name, name, path, **settings)


def students(there):
    """The folders of the students: those in a folder that holds no exercises itself, or else that folder."""
    inside = [path for path in sorted(there.glob("[!._]*")) if path.is_dir()]
    return [there] if not inside or any((there / f"{name}.py").exists() for name in NAMES) else inside


def by_file_name(path):
    """The exercise whose name a file bears, whatever stands before and after: "ann 08_relu (1).py"."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    for name in NAMES:
        if name in path.stem:
            return name
    raise UsageError(f"{path.name} has no exercise's name, such as {NAMES[0]}.py")


# --- judging ------------------------------------------------------------------------------------------------


def judged(job, run=None):
    """The Grade of a file, in a process of its own: by Apart, or by what is made of it."""
    from lessons.exercises.apart import Apart   # NumPy and minidl, which other commands can do without
    from lessons.exercises.checks import judge
    start, run = time.perf_counter(), partial(run or Apart, seconds=job.seconds)
    try:
        source = job.path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        passed, text, cause = False, "not handed in", "missing"
    except OSError as error:                    # a folder of that name, a file that may not be read
        passed, text, cause = False, f"cannot be read: {error.strerror}", "unreadable"
    else:
        passed, text, cause = judge(job.name, source, str(job.path), run, job.seed)
    return Grade(job.student, job.name, passed, cause, text, round(time.perf_counter() - start, 2))


def silently(job, room):
    """The Grade of a file, without what it prints; one that upsets the check itself ends no other's."""
    from lessons.exercises.apart import Apart
    try:
        with redirect_stdout(io.StringIO()):
            return judged(job, partial(Apart, errors=subprocess.DEVNULL, room=room))
    except Exception as error:
        return Grade(job.student, job.name, False, "unjudged", f"{type(error).__name__}: {error}", 0.0)


def of_student(todo):
    """The Grades of one student's files."""
    from lessons.exercises.apart import end
    room, found = [], []
    try:
        for job in todo:
            fresh, grade = not room, silently(job, room)
            if not (grade.passed or fresh or grade.cause == "NotImplementedError"):
                while room:                     # a file before may be to blame
                    end(room.pop())
                grade = silently(job, room)
            found.append(grade)
    finally:
        while room:
            end(room.pop())
    return found


def all_of(todo):
    """The Grades of many jobs, in their order, from as many processes as there are cores, two at least."""
    by_folder = [list(own) for _, own in groupby(todo, lambda job: job.path.parent)]
    if len(todo) <= FEW:
        yield from chain.from_iterable(map(of_student, by_folder))
        return
    workers = min(max(2, os.cpu_count() or 2), 32)
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), wait_for_work)
    number = 0
    try:
        for found in pool.map(at_work, by_folder):
            for number, grade in enumerate(found, number + 1):
                show_progress(number, len(todo))
                yield grade
    finally:
        pool.shutdown(cancel_futures=True)


def show_progress(number, whole):
    """A line on standard error: one that is overwritten in a terminal, elsewhere one for 500 files."""
    terminal = sys.stderr.isatty()
    if terminal or number % 500 == 0:
        end = "" if terminal and number < whole else "\n"
        print(f"{chr(13) * terminal}{number} of {whole} checked", end=end, file=sys.stderr, flush=True)


def wait_for_work():
    """In a worker: Ctrl-C is for the process that asked …"""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def at_work(todo):
    """… but ends a judgement that has begun."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return of_student(todo)
    finally:
        wait_for_work()


# --- points, and what is written ----------------------------------------------------------------------------


def worth(path):
    """What each exercise is worth: 1, or what a file says in lines such as "07 3"."""
    points = dict.fromkeys(NAMES, 1)
    for line in path.read_text(encoding="utf-8").splitlines() if path else []:
        line = line.partition("#")[0].strip()
        found = re.fullmatch(r"(\d\d) +(\d+(?:\.\d+)?)", line)
        names = [name for name in NAMES if found and name[:2] == found[1]]
        if line and not names:
            raise UsageError(f"{path}: {line!r} is not an exercise and its points, such as 07 3")
        points |= {name: float(found[2]) for name in names}
    return points


def by_student(grades):
    """{student: that student's Grades}."""
    groups = {}
    for grade in grades:
        groups.setdefault(grade.student, []).append(grade)
    return groups


def total(grades, points):
    """The points of the exercises that passed."""
    earned = sum(points[grade.name] for grade in grades if grade.passed)
    return int(earned) if earned == int(earned) else earned


def as_json(grades, points):
    """{student: {exercise: {"passed", "cause", "text", "seconds"}, …, "points": …}, …} as text."""
    table = {}
    for student, own in by_student(grades).items():
        table[student] = {g.name: {"passed": g.passed, "cause": g.cause, "text": g.text, "seconds": g.seconds}
                          for g in own} | {"points": total(own, points)}
    return json.dumps(table, indent=1, ensure_ascii=False)


def write_junit(path, grades):
    """A file as continuous integration reads it: a suite for each student, a case for each exercise."""
    suites = ElementTree.Element("testsuites")
    for student, own in by_student(grades).items():
        failures = sum(not grade.passed for grade in own)
        suite = ElementTree.SubElement(suites, "testsuite", name=student, tests=str(len(own)),
                                       failures=str(failures), time=f"{sum(g.seconds for g in own):.2f}")
        for grade in own:
            case = ElementTree.SubElement(suite, "testcase", classname=student, name=grade.name,
                                          time=f"{grade.seconds:.2f}")
            if not grade.passed:
                failure = ElementTree.SubElement(case, "failure", message=brief(grade))
                failure.text = re.sub(r"[^\t\n\x20-\uD7FF\uE000-\uFFFD]", "?", grade.text)
    ElementTree.indent(suites)
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        ElementTree.ElementTree(suites).write(aside, encoding="utf-8", xml_declaration=True)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def print_table(grades, points):
    """One student's exercises, line by line; of a class each student, and what was hardest."""
    groups = by_student(grades)
    if len(groups) == 1:
        rows = [[grade.name, f"{console.mark(grade.passed)} {'' if grade.passed else brief(grade)}".rstrip(),
                 f"{grade.seconds:.1f} s"] for grade in grades]
        console.table(rows, ["exercise", "", "time"])
    else:
        rows = [[student, f"{sum(g.passed for g in own)} of {len(own)}", total(own, points), causes(own)]
                for student, own in groups.items()]
        console.table(rows, ["student", "passed", "points", "what did not pass"])
        print()
        print_hardest(grades)
    passed, who = sum(g.passed for g in grades), f"{len(groups)} students: " * (len(groups) > 1)
    print(f"\n{who}{passed} of {len(grades)} passed, {total(grades, points):g} points")


def print_hardest(grades, most=5):
    """The exercises that fewest have passed, and the mistakes that are most frequent there."""
    groups = {name: [g for g in grades if g.name == name] for name in NAMES}
    rows = [[name, f"{sum(g.passed for g in own)} of {len(own)}", causes(own)]
            for name, own in groups.items() if not all(g.passed for g in own)]
    console.table(sorted(rows, key=lambda row: int(row[1].split()[0]))[:most],
                  ["hardest", "passed", "what did not pass"])


def causes(grades, most=4):
    """The most frequent causes, with their numbers: "missing 3, transposed 1, …"."""
    found = Counter(brief(grade) for grade in grades if not grade.passed).most_common()
    return ", ".join(f"{cause} {number}" for cause, number in found[:most]) + ", …" * (len(found) > most)


def brief(grade):
    """Why a file did not pass, in a word or two."""
    return {None: "no known pattern", "NotImplementedError": "not begun"}.get(grade.cause, grade.cause)
