"""What the commands check, hint, solution, reset, watch and exercises do.

Each takes its parsed arguments and the lessons' folder, and returns an exit status.
"""
import os
import re
import threading
import time

from lessons import console, progress
from lessons.contents import UsageError
from lessons.exercises import NAMES, SECONDS, SOLUTIONS, grades, keys, load
from lessons.exercises.record import (count, file, following, home, known, mark, meant, named, note, rows,
                                      settle, today, unsolved)


def check(arguments, folder):
    """Check exercises: those that are named, a file, a folder, a class; or the next unsolved one."""
    if arguments.self_test:
        return self_test()
    mine = home(arguments.out, folder)
    asked, there = arguments.what, arguments.dir or mine
    if arguments.dir and not there.is_dir():
        raise UsageError(f"there is no folder {there}")
    if not asked:
        asked = [NAMES] if arguments.dir else [[name] for name in [unsolved(arguments.out)] if name]
    todo = list(grades.jobs(asked, there, seconds=arguments.seconds or SECONDS, seed=arguments.seed))
    if not todo:
        return all_done()
    own = {job for job in todo if job.path.resolve() == (mine / f"{job.name}.py").resolve()}
    if own:
        progress.prepare(arguments.out)
    if len(todo) > 1 or arguments.json or arguments.junit:
        return check_many(todo, own, arguments)
    job, = todo
    if own:
        job = job._replace(path=file(job.name, mine))
    return tell(job, grades.judged(job), arguments.out if own else None)


def check_many(todo, own, arguments):
    """Judges many files, and reports them as is asked; 0 if all of them pass."""
    points = grades.worth(arguments.points)
    if arguments.junit and not arguments.junit.absolute().parent.is_dir():
        raise UsageError(f"there is no folder for {arguments.junit}")
    found = list(grades.all_of(todo))
    lost = [mark(arguments.out, job.name, grade.passed) for job, grade in zip(todo, found) if job in own]
    if arguments.junit:
        grades.write_junit(arguments.junit, found)
    if arguments.json:
        print(grades.as_json(found, points))
    else:
        grades.print_table(found, points)
        print("\n".join(filter(None, lost)), end="\n" * any(lost))
    return int(not all(grade.passed for grade in found))


def all_done():
    print(f"All {len(NAMES)} exercises are solved.")
    return 0


def tell(job, grade, out):
    """Prints what there is to say of a file, and marks it in an out folder; 0 if it passed, 1 if not."""
    name, exercise = job.name, load(job.name)
    lost = mark(out, name, grade.passed) if out else ""
    if grade.passed:
        print(f"{console.mark(True)} {name}\n{paragraph(exercise.why)}\nIn minidl: {exercise.place}")
        if out:
            after = unsolved(out)
            print(f"Our solution: python -m lessons solution {name[:2]}")
            print(f"Next: python -m lessons check {after[:2]} ({count(out)} solved)" if after else
                  f"All {len(NAMES)} exercises are solved.", flush=True)
        return 0
    print(f"{console.mark(False)} {name}  {job.path}\n{grade.text}")
    if lost:
        print(lost)
    if job.path.is_file() and job.path.read_text(encoding="utf-8", errors="replace") == exercise.blank:
        print("This is how the file comes: it is meant to fail first.  Now it is yours to edit.")
    print(f"hint: python -m lessons hint {name[:2]}", flush=True)
    return 1


def hint(arguments, folder):
    """The first hint for an exercise; asked again, the second one as well."""
    name = arguments.exercise or unsolved(arguments.out)
    if not name:
        return all_done()
    progress.prepare(arguments.out)
    show_hints(name, arguments.out)
    return 0


def show_hints(name, out):
    """Prints the hints so far and one more, and notes how many that are."""
    shown = min(known(out, name).get("hints", 0) + 1, 2)
    for number, text in enumerate(load(name).hints[:shown], 1):
        print(paragraph(f"Hint {number} of 2 for {name}.  {text}"))
    note(out, name, hints=shown)
    print("Ask again for the second hint." if shown == 1 else
          f"If they do not help: python -m lessons solution {name[:2]} --anyway", flush=True)


def show_list(out):
    """Prints the exercises, and how many are solved."""
    console.table(rows(out), ["", "exercise", "after", "done"])
    print(f"{count(out)} exercises solved", flush=True)


def solution(arguments, folder):
    """Our solution of an exercise, once yours passes, or with --anyway."""
    name = arguments.exercise
    if "done" not in known(arguments.out, name) and not arguments.anyway:
        print(f"Exercise {name[:2]} is not solved yet: python -m lessons hint {name[:2]}, or add --anyway.")
        return 1
    if "done" not in known(arguments.out, name):
        progress.prepare(arguments.out)
        note(arguments.out, name, shown=today())
    exercise = load(name)
    code = re.sub(r" *# (Yours|As shipped): .*\n", "", exercise.solved.split('"""\n', 1)[1])
    print(f"# {SOLUTIONS / name}.py\n{code}\n{paragraph(exercise.why)}\nIn minidl: {exercise.place}")
    return 0


def reset(arguments, folder):
    """Put an exercise back as it came; your file is kept beside it."""
    name = arguments.exercise
    progress.prepare(arguments.out)
    path, text = file(name, home(arguments.out, folder)), load(name).blank
    if path.read_text(encoding="utf-8", errors="replace") != text:
        names = (path.with_name(f"{name}.mine{number or ''}.py") for number in range(1000))
        kept = next(other for other in names if not other.exists())
        os.replace(path, kept)
        path.write_text(text, encoding="utf-8")
        print(f"Yours is kept as {kept}")
    note(arguments.out, name, done=None)
    print(f"{path} is as it came.")
    return 0


def watch(arguments, folder):
    """Check an exercise whenever its file is saved, and then the next one; q or Ctrl-C ends it."""
    out = arguments.out
    progress.prepare(out)
    name = arguments.exercise or unsolved(out)
    with keys.listening() as pressed:
        while name:
            path = file(name, home(out, folder))
            key = watch_one(grades.Job("", name, path), out, pressed)
            if key == "q" or not key and arguments.exercise:
                return 0
            name = unsolved(out) if not key else following(out, name)
    return all_done()


def watch_one(job, out, pressed):
    """Judges a file whenever its content changes, until it passes: "", or until q or n: that key."""
    print(f"Watching {job.path}: it is checked whenever you save it.  "
          + ("Keys: h hint, n next, l list, q quit." if keys.there() else "Ctrl-C ends this."), flush=True)
    seen = None
    while True:
        now = content(job.path)
        if now not in (None, seen):
            print(f"--- {time.strftime('%H:%M:%S')} {'-' * 80}", flush=True)
            seen, grade = now, judged_unless_saved(job, now)
            if not grade:
                print("Saved meanwhile: once more.", flush=True)
                seen = None
            elif tell(job, grade, out) == 0:
                return ""
        key = pressed(0.2)
        if key in ("q", "n"):
            return key
        if key == "h":
            show_hints(job.name, out)
        elif key == "l":
            show_list(out)


def judged_unless_saved(job, seen):
    """The Grade of a file, None if its content changes first; what is no longer asked for is ended."""
    from lessons.exercises.apart import Apart
    running, found = [], []

    def run(*arguments, **settings):
        running.append(Apart(*arguments, **settings))
        return running[-1]

    thread = threading.Thread(target=lambda: found.append(grades.judged(job, run)), daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.1)
            if content(job.path) not in (None, seen):
                return None
    finally:
        for student in running:
            student.process.kill()
        thread.join()
    return found[0]


def content(path):
    """A file's bytes, None while it is not there: editors move files about."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def exercises(arguments, folder):
    """Copy the exercises into a folder of your own; from then on they are checked there."""
    there = arguments.to.absolute()
    progress.prepare(arguments.out)
    new = [name for name in NAMES if not (there / f"{name}.py").exists()]
    for name in new:
        file(name, there)
    settle(arguments.out, there)
    kept = f"; {len(NAMES) - len(new)} were there and stay as they are" * (len(new) < len(NAMES))
    print(f"{len(new)} exercises are new in {there}{kept}.")
    print(f"From now on they are checked there: {arguments.out / 'progress.json'} has it noted.")
    return 0


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
CHECK = {
    "what": dict(nargs="*", type=meant, help="a number, a name, 3-7, all, the path of a file or a folder"),
    "--dir": dict(type=console.folder, metavar="DIR", help="a student's files, or a folder for each student"),
    "--json": dict(action="store_true", help="print the results as JSON"),
    "--junit": dict(type=console.folder, metavar="FILE", help="write the results as JUnit's XML"),
    "--points": dict(type=console.folder, metavar="FILE", help='what they are worth: lines such as "07 3"'),
    "--seed": dict(type=console.seed, metavar="N", help="of the arrays that are tried"),
    "--seconds": dict(type=float, metavar="S", help=f"for each file (default: {SECONDS})"),
    "--self-test": dict(action="store_true", help="for maintainers: check the exercises themselves"),
}
COMMANDS = {                                    # the function, its options, its other arguments
    "check": (check, ["--out"], CHECK),
    "hint": (hint, ["--out"], NEXT),
    "solution": (solution, ["--out"], ONE | {"--anyway": dict(action="store_true")}),
    "reset": (reset, ["--out"], ONE),
    "watch": (watch, ["--out"], NEXT),
    "exercises": (exercises, ["--out"], {"to": dict(type=console.folder, metavar="DIR", help="your folder")}),
}
