"""How fast is a training step, on minidl and on its peers?

    python -m benchmarks                             the eleven workloads, on every peer that is installed
    python -m benchmarks lenet64 mlp --peers torch   two of them, against PyTorch
    python -m benchmarks --quick                     few steps, one start: does everything run?
    python -m benchmarks --write                     and put the table into benchmarks/README.md

Exit status: 0 all is well · 1 a contender failed, or its losses differ · 2 a wrong command · 130 Ctrl-C.
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks import report
from benchmarks.workloads import STEPS, WORKLOADS
from lessons import console

FOLDER = Path(__file__).parent
PEERS = sorted({path.stem.removeprefix("with_") for path in FOLDER.glob("with_*.py")} - {"minidl"})
# PyTorch's step time has two modes, by whether glibc hands big arrays back to the system: here the fast one.
ENVIRONMENT = {"torch": {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "1073741824"}}


class UsageError(Exception):
    """A command that cannot be meant as typed; the message says what can."""


def main(words=None):
    """The exit status of a command such as ["lenet64", "--peers", "torch"]."""
    console.any_output()
    arguments = _parser().parse_args(words)
    try:
        names = _known(arguments.names or list(WORKLOADS), WORKLOADS, "workload")
        if arguments.write and (arguments.quick or arguments.names):
            raise UsageError("--write takes the whole measurement: without names and without --quick")
        libraries = contenders(arguments)
    except UsageError as error:
        print(f"python -m benchmarks: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return measure(names, libraries, arguments)


def _parser():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"workloads: {', '.join(WORKLOADS)} (default: all)")
    parser.add_argument("--peers", metavar="A,B",
                        help=f"of {', '.join(PEERS)}; or none (default: the installed)")
    parser.add_argument("--python", metavar="PEER=PATH", action="append", default=[],
                        help="the Python of a peer that lives in another virtual environment")
    parser.add_argument("--starts", type=int, metavar="N", help="process starts (default: 5; with --quick 1)")
    parser.add_argument("--quick", action="store_true", help="few steps, one start")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    parser.add_argument("--out", default="out", metavar="DIR", help="for JSON and picture (default: ./out)")
    return parser


def _known(words, known, kind):
    """The words, if all are known."""
    for word in words:
        if word not in known:
            raise UsageError(f"there is no {kind} {word!r}{console.closest(word, known)}; there are "
                             f"{', '.join(known)}")
    return list(dict.fromkeys(words))


def contenders(arguments):
    """{library: {"python": its interpreter, "version": …, "numpy": …, "workloads": […]}}, minidl first.

    A peer that was asked for and cannot be imported is a UsageError; one that was not asked for is left out.
    """
    if arguments.starts is not None and arguments.starts < 1:
        raise UsageError(f"--starts is a number of at least 1, not {arguments.starts}")
    pairs = [pair.partition("=") for pair in arguments.python]
    pythons = {name: os.path.abspath(os.path.expanduser(path)) for name, _, path in pairs}
    _known(pythons, PEERS, "peer")
    asked = [word for word in (arguments.peers or "").split(",") if word and arguments.peers != "none"]
    wanted = PEERS if arguments.peers is None else _known(asked, PEERS, "peer")
    libraries = {}
    for name in ["minidl", *dict.fromkeys([*wanted, *pythons])]:
        python = pythons.get(name, sys.executable)
        answer = child(name, python=python)
        if "error" not in answer:
            libraries[name] = {"python": python, **answer}
        elif name in (*asked, *pythons, "minidl"):
            raise UsageError(f"{name} cannot be used with {python} ({answer['error']}): pip install {name}, "
                             f"or say where it is: --python {name}=/path/to/python")
    return libraries


def child(library, *words, python=sys.executable):
    """What `python -m benchmarks.run library …` prints, in a process of its own; or {"error": sentence}."""
    command = [python, "-m", "benchmarks.run", library, *map(str, words)]
    try:
        done = subprocess.run(command, cwd=FOLDER.parent, env=os.environ | ENVIRONMENT.get(library, {}),
                              capture_output=True, encoding="utf-8", errors="replace")
    except OSError as error:
        return {"error": error.strerror}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]}
    return json.loads(done.stdout.splitlines()[-1])


def measure(names, libraries, arguments):
    """Run, tell and write; the exit status."""
    starts = arguments.starts or (1 if arguments.quick else 5)
    steps = (lambda name: 3) if arguments.quick else STEPS.get
    base, results, interrupted = "torch" if "torch" in libraries else "minidl", {}, False
    try:
        for name in names:
            print(f"{name} … ", end="", flush=True)
            results[name] = in_turn(name, libraries, starts, steps(name))
            print(", ".join(f"{library} {median(m['ms']):.2f} ms" if "ms" in m else f"{library} failed"
                            for library, m in results[name].items()), flush=True)
    except KeyboardInterrupt:
        interrupted = True
        print("\nstopped by Ctrl-C: what follows is what was complete")
    if not results:
        return 130
    wrong = tell(results, libraries, base, starts, steps, Path(arguments.out).expanduser() / "benchmarks")
    if arguments.write and not interrupted and not wrong:
        report.write_page(FOLDER / "README.md", results, libraries, base, starts)
        print(f"wrote {FOLDER / 'README.md'}")
    return 130 if interrupted else 1 if wrong else 0


def in_turn(name, libraries, starts, steps):
    """{library: {"ms": [the median step of each start], "losses": …, "mib": …}}, the libraries in turn."""
    row = {}
    for _ in range(starts):
        for library, about in libraries.items():
            if name not in about["workloads"] or "error" in row.get(library, {}):
                continue
            measured = child(library, name, steps, python=about["python"])
            if "error" in measured:
                row[library] = measured
                continue
            kept = row.setdefault(library, {"ms": [], "losses": measured["losses"], "mib": measured["mib"]})
            kept["ms"].append(median(measured["ms"]))
            if measured["mib"] is not None:
                kept["mib"] = max(kept["mib"], measured["mib"])
    return row


def tell(results, libraries, base, starts, steps, out):
    """Print the table and what went wrong, write the JSON and the picture; the number of things wrong."""
    print(f"\nTime of a step as a ratio to {base}'s: the median (least–most) of {starts} process starts.")
    for table in report.times, report.memory:
        header, lines = table(results, libraries, base)
        console.table(lines, header)
        print()
    wrong = report.errors(results) + report.disagreements(results)
    for sentence in wrong:
        print(f"{console.mark(False)} {sentence}")
    out.mkdir(parents=True, exist_ok=True)
    report.write_json(out / "benchmarks.json", results, libraries, base, starts, steps)
    report.picture(results, libraries, base).savefig(out / "benchmarks.png")
    print(f"wrote {out / 'benchmarks.json'} and {out / 'benchmarks.png'}")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
