"""What the commands check, hint, solution, reset and watch do."""
import argparse
import os
import re
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

from lessons import console, progress
from lessons.exercises import NAMES, SOLUTIONS, load

SECONDS = 20                                    # for one check: a student's loop may be endless
PASSED = 10                                     # a status that no file ends with by chance, as it may with 0


# --- where the student is ----------------------------------------------------------------------------------


def named(word):
    """The exercise meant by 5, 05, linear_stack, 05_linear_stack or the path of its file."""
    stem = Path(word).stem
    number = f"{int(stem):02}" if stem.isdecimal() else stem
    for name in NAMES:
        if number in (name[:2], name, name[3:]):
            return name
    near = console.closest(stem, [*NAMES, *(name[3:] for name in NAMES)])
    raise argparse.ArgumentTypeError(f"there is no exercise {word!r}{near}; python -m lessons list shows all")


def file(name, folder):
    """The student's file, made if need be: in a clone beside the lessons, otherwise in ./exercises."""
    home = folder / "exercises" if (folder.parent / "setup.cfg").is_file() else Path("exercises")
    path = home / f"{name}.py"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        path.write_text(load(name).blank, encoding="utf-8")
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def known(out, name):
    """What the state file holds of an exercise: {"done": date, "hints": how many were read}, or less."""
    return progress.read(out).get(f"exercises/{name}", {})


def note(out, name, **facts):
    """Adds facts of an exercise to the state file; without any, forgets the exercise."""
    with progress.changing(out) as state:
        before = state.pop(f"exercises/{name}", {})
        if facts:
            state[f"exercises/{name}"] = before | facts


def unsolved(out):
    """The name of the first exercise that is not solved, None if all are."""
    return next((name for name in NAMES if "done" not in known(out, name)), None)


def rows(out):
    """For `list`: every exercise's number, title, the lesson after which it can be done, when it was."""
    for exercise in map(load, NAMES):
        done = known(out, exercise.name).get("done")
        solved = f"{console.mark(True)} {done}" if done else ""
        yield [exercise.name[:2], exercise.title, f"lesson {exercise.lesson}", solved]


# --- the commands: parsed arguments and the lessons' folder → an exit status -------------------------------


def check(arguments, folder):
    """Check an exercise: the one that is named, or the next unsolved one."""
    if arguments.self_test:
        return self_test()
    name = arguments.exercise or unsolved(arguments.out)
    return ask(name, file(name, folder), arguments.out) if name else all_done()


def all_done():
    print(f"All {len(NAMES)} exercises are solved.")
    return 0


def ask(name, path, out):
    """0 if the exercise passes, 1 if not; it is judged in a process of its own, which can be ended."""
    command = [sys.executable, "-m", "lessons.exercises.runner", name, str(path), str(SECONDS)]
    sys.stdout.flush()
    try:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=SECONDS + 5).returncode
    except subprocess.TimeoutExpired:           # inside one long NumPy call, its own watchdog cannot bite
        status = f"none after {SECONDS} s"
    if status == PASSED:
        note(out, name, done=time.strftime("%Y-%m-%d"))
        if after := unsolved(out):
            print(f"Next: python -m lessons check {after[:2]}")
        return 0
    if status != 1:
        print(f"{console.mark(False)} {name}  {path}\nIt ended without an answer (exit status {status}).")
    print(f"hint: python -m lessons hint {name[:2]}", flush=True)
    return 1


def judge_here(name, path, seconds):
    """Judges an exercise in this process, and prints the verdict: PASSED if it passes, 1 if not."""
    from lessons.exercises.checks import judge  # NumPy and minidl, which the other commands can do without
    console.any_output()
    sys.path.append(str(Path(path).resolve().parent))           # for what a student puts beside the exercise
    exercise, source = load(name), Path(path).read_text(encoding="utf-8", errors="replace")
    watchdog = threading.Timer(seconds, give_up, [name, path, source])
    watchdog.daemon = True
    watchdog.start()
    verdict = judge(name, source, path)
    watchdog.cancel()
    if verdict.passed:
        print(f"{console.mark(True)} {name}\n{paragraph(exercise.why)}\nIn minidl: {exercise.place}")
        print(f"Our solution: python -m lessons solution {name[:2]}")
        return PASSED
    print(f"{console.mark(False)} {name}  {path}\n{verdict.text}")
    if source == exercise.blank:
        print("This is how the file comes: it is meant to fail first.  Now it is yours to edit.")
    return 1


def give_up(name, path, source):
    """Ends this process, and says in which line of the student's file it was."""
    from lessons.exercises.student import line
    frames = traceback.extract_stack(sys._current_frames()[threading.main_thread().ident])
    numbers = [frame.lineno for frame in frames if frame.filename == path]
    sys.stdout = sys.__stdout__
    print(f"{console.mark(False)} {name}  {path}")
    print("Still at work when the time was up: a loop that never ends?")
    print(line(source, numbers[-1] if numbers else None), flush=True)
    os._exit(1)


def hint(arguments, folder):
    """The first hint for an exercise; asked again, the second one as well."""
    name = arguments.exercise or unsolved(arguments.out)
    if not name:
        return all_done()
    shown = min(known(arguments.out, name).get("hints", 0) + 1, 2)
    for number, text in enumerate(load(name).hints[:shown], 1):
        print(paragraph(f"Hint {number} of 2 for {name}.  {text}"))
    note(arguments.out, name, hints=shown)
    print("Ask again for the second hint." if shown == 1 else
          f"If they do not help: python -m lessons solution {name[:2]} --anyway")
    return 0


def solution(arguments, folder):
    """Our solution of an exercise, once yours passes, or with --anyway."""
    name = arguments.exercise
    if "done" not in known(arguments.out, name) and not arguments.anyway:
        print(f"Exercise {name[:2]} is not solved yet: python -m lessons hint {name[:2]}, or add --anyway.")
        return 1
    exercise = load(name)
    code = re.sub(r" *# (Yours|As shipped): .*\n", "", exercise.solved.split('"""\n', 1)[1])
    print(f"# {SOLUTIONS / name}.py\n{code}\n{paragraph(exercise.why)}\nIn minidl: {exercise.place}")
    return 0


def reset(arguments, folder):
    """Put an exercise back as it came; your file is kept beside it."""
    name = arguments.exercise
    path, text = file(name, folder), load(name).blank
    if path.read_text(encoding="utf-8", errors="replace") != text:
        names = (path.with_name(f"{name}.mine{number or ''}.py") for number in range(1000))
        kept = next(other for other in names if not other.exists())
        os.replace(path, kept)
        path.write_text(text, encoding="utf-8")
        print(f"Yours is kept as {kept}")
    note(arguments.out, name)
    print(f"{path} is as it came.")
    return 0


def watch(arguments, folder):
    """Check an exercise whenever its file is saved, and then the next one; Ctrl-C ends it."""
    while name := arguments.exercise or unsolved(arguments.out):
        path, seen, status = file(name, folder), None, 1
        print(f"Watching {path}: it is checked whenever you save it.  Ctrl-C ends this.", flush=True)
        while status:
            time.sleep(0.2)
            saved = path.stat().st_mtime_ns if path.exists() else seen          # editors move files about
            if saved != seen:
                seen, status = saved, ask(name, path, arguments.out)
        if arguments.exercise:
            return 0
    return all_done()


def self_test():
    """For maintainers: every exercise fails as it comes, for its own reason, and its solution passes."""
    from lessons.exercises.checks import CHECKS, judge
    faults, start = [f"{name}: no solution" for name in CHECKS if name not in NAMES], time.perf_counter()
    for exercise in map(load, NAMES):
        name, bug = exercise.name, CHECKS[exercise.name].bug
        before, after = judge(name, exercise.blank, name), judge(name, exercise.solved, name)
        own = before.cause == bug if bug else before.text.startswith(f"exercise {name[:2]}: ")
        faults += [f"{name}, as it comes: {before.text or 'it passes'}"] * (before.passed or not own)
        faults += [f"{name}, solved: {after.text}"] * (not after.passed)
        faults += [f"{name}: two hints, a why, a place in minidl"] * (len(exercise.hints) != 2)
    for fault in faults:
        print(fault)
    seconds = time.perf_counter() - start
    print(f"{console.mark(not faults)} {len(NAMES)} exercises fail as they come, each for its own reason, "
          f"and pass as solved: {len(faults)} faults, {seconds:.1f} s")
    return int(bool(faults))


def paragraph(text):
    """The text in lines of at most 100 columns, two spaces after a full stop."""
    lines = [""]
    for word in re.findall(r"\S+ *", text):
        if len(lines[-1] + word.rstrip()) > 100:
            lines.append("")
        lines[-1] += word
    return "\n".join(map(str.rstrip, lines))


ONE = {"exercise": dict(type=named, help="a number, a name, or the path of its file")}
NEXT = {"exercise": ONE["exercise"] | dict(nargs="?")}
COMMANDS = {                                    # the function, its options, its other arguments
    "check": (check, ["--out"], NEXT | {"--self-test": dict(action="store_true")}),
    "hint": (hint, ["--out"], NEXT),
    "solution": (solution, ["--out"], ONE | {"--anyway": dict(action="store_true")}),
    "reset": (reset, ["--out"], ONE),
    "watch": (watch, ["--out"], NEXT),
}

if __name__ == "__main__":
    sys.excepthook = console.told_briefly
    try:
        sys.exit(judge_here(sys.argv[1], sys.argv[2], float(sys.argv[3])))
    except KeyboardInterrupt:
        sys.exit(130)
