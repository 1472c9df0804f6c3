"""The lessons' command line.

    python -m lessons list               what there is, and what is done
    python -m lessons next               the first lesson that is not done
    python -m lessons run 04 --quick     by number, name or range: run 4, run lenet5, run 1-4, run all
    python -m lessons seeds 04 -n 20     do its claims hold for other seeds?  worst, median, best
    python -m lessons exercises DIR      copy the exercises into a folder of your own
    python -m lessons check [05]         check your file of an exercise, or of the next unsolved one;
                                         check 3-7, all, FILE; for a class: check all --dir FOLDER --json
    python -m lessons watch [05]         the same whenever you save it
    python -m lessons hint [05]          the first hint, and asked again the second
    python -m lessons solution 05        our solution, once yours passes; earlier with --anyway
    python -m lessons reset 05           the exercise as it came; your file is kept
    python -m lessons data               fetch MNIST, check it, say where it is
    python -m lessons doctor             what is installed, and whether anything is broken

Exit status: 0 all is well · 1 a claim or a check failed, something is broken · 2 a wrong command.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lessons import console, progress, seeds
from lessons.contents import FOLDER, UsageError, describe, find, in_reading_order, select
from lessons.exercises import record
from lessons.exercises import runner as exercises


def main(words=None, folder=FOLDER):
    """The exit status of a command such as ["run", "04", "--quick"] on the lessons in a folder."""
    console.any_output()
    command, *rest = (sys.argv[1:] if words is None else words) or ["help"]
    command = {"-h": "help", "--help": "help"}.get(command, command)
    try:
        if command not in COMMANDS:
            raise UsageError(f"there is no command {command!r}" + console.closest(command, COMMANDS)
                             + f"; the commands are {', '.join(COMMANDS)}")
        function, options, arguments = COMMANDS[command]
        parser = console.parser(f"python -m lessons {command}", function.__doc__, options)
        for name, settings in arguments.items():
            parser.add_argument(name, **settings)
        parsed = parser.parse_intermixed_args(rest)
        if command in NEEDS and (missing := console.not_installed(*NEEDS[command])):
            raise UsageError(missing)
        return function(parsed, folder)
    except UsageError as error:
        print(f"python -m lessons: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        raise
    except OSError as error:                    # a folder that cannot be written, a full disk
        print(f"python -m lessons: {error}; --out DIR keeps results elsewhere", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


# The commands: each takes its parsed arguments and the lessons' folder, and returns an exit status

def help_(arguments, folder):
    """This page."""
    print(__doc__)
    return next_(arguments, folder)


def list_(arguments, folder):
    """The lessons, part by part, and the exercises: number, title, minutes, and when each was done."""
    state, lessons, rows = progress.read(arguments.out), find(folder), []
    for part, names in in_reading_order(lessons).items():
        rows.append(["", part.upper(), "", ""])
        for name in names:
            title, _, full = describe(lessons[name])
            entry = state.get(name, {})
            quick = " quick" if entry.get("quick") else ""
            done = f"{console.mark(True)} {entry['done']}{quick}" if "done" in entry else ""
            rows.append([name[:2], title, full, done])
    console.table(rows or [["", "(none here yet)", "", ""]], ["", "lesson", "time", "done"])
    print()
    exercises.show_list(arguments.out)
    return 0


def next_(arguments, folder):
    """The first lesson and the first exercise that are not done, and how to run them."""
    status = next_lesson(arguments, folder)
    after = record.unsolved(arguments.out)
    print(f"Exercises: {record.count(arguments.out)} solved"
          + (f"; next: python -m lessons check {after[:2]}" if after else ""))
    return status


def next_lesson(arguments, folder):
    """The first lesson, in reading order, that is not done, and how to run it."""
    lessons, state = find(folder), progress.read(arguments.out)
    for name in (name for names in in_reading_order(lessons).values() for name in names):
        if "done" not in state.get(name, {}):
            title, quick, full = describe(lessons[name])
            print(f"Next: {title} ({full}; with --quick {quick})\n\n    python -m lessons run {name[:2]}\n")
            return 0
    print(f"All {len(lessons)} lessons are done." if lessons else "There are no lessons here yet.")
    return 0


def run(arguments, folder):
    """Run lessons, each in a process of its own; the exit status is the worst of theirs."""
    lessons, rows, worst = find(folder), [], 0
    options = [word for option in console.OPTIONS
               for word in as_words(option, getattr(arguments, option[2:]))]
    for name in select(arguments.lesson, lessons):
        start = time.time()
        command = [sys.executable, str(lessons[name]), *options]
        status = subprocess.run(command, env=console.environment()).returncode
        if status in (130, -signal.SIGINT):     # Ctrl-C reached the lesson
            raise KeyboardInterrupt
        worst = max(worst, status if status >= 0 else 1)
        ended = outcome(arguments.out / name / "result.json", start)
        rows.append([name, f"{time.time() - start:.0f} s", f"{console.mark(status == 0)} {ended}"])
        print(flush=True)                       # before the next lesson, a process of its own, prints
    if len(rows) > 1:
        console.table(rows, ["lesson", "time", "result"])
    return worst


def outcome(path, start):
    """How a lesson that began at `start` ended, from its result file: "5 of 5 claims hold"."""
    if not path.is_file() or path.stat().st_mtime < start:
        return "stopped before its end"
    result = json.loads(path.read_text(encoding="utf-8"))
    verdicts = [claim["holds"] for claim in result["claims"]]
    wrong = [check["holds"] for check in result["checks"]].count(False)
    return (f"{verdicts.count(True)} of {len(verdicts) - verdicts.count(None)} claims hold"
            + f", {wrong} checks fail" * (wrong > 0))


def as_words(option, value):
    """An option as it is typed: ["--seed", "3"], ["--quick"] or []."""
    return [option] * (value is True) if isinstance(value, bool) or value is None else [option, str(value)]


def data(arguments, folder):
    """Fetch MNIST if need be, check it, and say where it is."""
    from minidl.data import DataError, fetch_mnist
    try:
        print(f"MNIST is complete, in {fetch_mnist()}")
    except DataError as error:
        print(f"python -m lessons data: {error}", file=sys.stderr)
        return 1
    return 0


def doctor(arguments, folder):
    """What is installed, and what is broken: ✓ works, ✗ a lesson needs it, – can be done without."""
    broken = False
    for examine in (python, numpy, matplotlib, minidl, gpu, mnist, cache, out):
        try:
            holds, finding = examine(arguments)
        except Exception as error:              # whatever is wrong is the finding
            holds, finding = False, f"{type(error).__name__}: {error}"
        broken |= holds is False
        print(f"{console.mark(holds)} {examine.__name__:11}{finding}")
    return int(broken)


def python(_):
    return sys.version_info >= (3, 11), f"{sys.version.split()[0]}, {sys.executable}"


def numpy(_):
    import numpy
    blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    limits = [f"{name}={value}" for name, value in os.environ.items() if name.endswith("_NUM_THREADS")]
    found = [numpy.__version__, f"{blas['name']} {blas['version']}", f"{os.cpu_count()} cores", *limits]
    return int(numpy.__version__.split(".")[0]) >= 2, ", ".join(found)


def matplotlib(_):
    from matplotlib import get_backend, pyplot  # noqa: F401  (that it imports is what is examined)
    return True, f"{console.version('matplotlib')}, {get_backend()}"


def minidl(_):
    from minidl import backend, data
    (x, _), (x_test, _) = data.digits()
    return True, f"{console.version('minidl')}, {backend.name()}; {len(x) + len(x_test):,} bundled digits"


def gpu(_):
    from minidl import backend
    try:
        backend.use("gpu")
        import cupy
        return True, f"{cupy.cuda.runtime.getDeviceProperties(0)['name'].decode()}, cupy {cupy.__version__}"
    except backend.DeviceError as error:
        return None, f"none: {error}"
    finally:
        backend.use("cpu")


def mnist(_):
    from minidl.data import DataError, find_mnist
    try:
        return True, str(find_mnist())
    except DataError as error:
        return None, str(error)


def cache(_):
    from minidl.data import DataError, cache_folder
    try:
        return can_write(cache_folder()) or None, str(cache_folder())
    except DataError as error:
        return None, str(error)


def out(arguments):
    folder = arguments.out.resolve()
    return can_write(folder), str(folder)


def can_write(folder):
    """Whether the folder, or the nearest one above it that exists, takes a file."""
    try:
        with tempfile.TemporaryFile(dir=next(f for f in (folder, *folder.parents) if f.exists())):
            return True
    except OSError:
        return False


LESSON = {"lesson": dict(nargs="+", help="a number, a name, a range such as 1-4, or all")}
COMMANDS = {                                    # the function, its options, its other arguments
    "list": (list_, ["--out"], {}),
    "next": (next_, ["--out"], {}),
    "run": (run, console.OPTIONS, LESSON),
    "seeds": (seeds.seeds, ["--data", "--device", "--out"], LESSON | seeds.ARGUMENTS),
    "data": (data, [], {}),
    "doctor": (doctor, ["--out"], {}),
    "help": (help_, ["--out"], {}),
} | exercises.COMMANDS
NEEDS = {"run": ["numpy", "matplotlib"], "seeds": ["numpy", "matplotlib"], "data": ["numpy"],
         "check": ["numpy"], "watch": ["numpy"]}

if __name__ == "__main__":
    try:
        status = main()
        sys.stdout.flush()
    except BrokenPipeError:                     # `| head` has seen enough
        console.close_pipe()
        status = 0
    sys.exit(status)
