"""Does every claim hold for other seeds?  `python -m lessons seeds 04 -n 20` runs a lesson for many of them.

A claim that holds for one seed may be luck.  The runs go side by side, one to a core, each on one thread and
with an out folder of its own; the reader's own results stay as they are.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from lessons import console
from lessons.contents import find, select
from lessons.lesson import show_margin


def count(text):
    """How many, as it is typed: 1 or more."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


ARGUMENTS = {"-n": dict(type=count, default=20, metavar="N", help="how many seeds (default: 20)"),
             "--first": dict(type=console.seed, default=0, metavar="N", help="the first seed (default: 0)"),
             "--full": dict(action="store_true", help="full runs, not quick ones"),
             "--keep": dict(action="store_true", help="keep each run's results, in --out")}
ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                            "VECLIB_MAXIMUM_THREADS"], "1")


def seeds(arguments, folder):
    """Run lessons for many seeds, side by side; for each claim its worst, median and best value."""
    lessons, worst = find(folder), 0
    for name in select(arguments.lesson, lessons):
        numbers = range(arguments.first, arguments.first + arguments.n)
        with tempfile.TemporaryDirectory() as aside:
            out = arguments.out / "seeds" if arguments.keep else Path(aside)
            results = run_all(lessons[name], numbers, options(arguments), out)
        worst = max(worst, report(name, results, arguments.full))
    return worst


def options(arguments):
    """The options that each run gets."""
    chosen = [("--data", arguments.data), ("--device", arguments.device)]
    words = [word for option, value in chosen if value for word in (option, value)]
    return words + ["--quick"] * (not arguments.full)


def run_all(path, numbers, words, out):
    """{seed: its result.json, or, of a run that stopped before its end, the last that it said}."""
    results, running, start = {}, [], time.perf_counter()

    def run(number):
        place = out / str(number)
        file = place / path.stem / "result.json"
        file.unlink(missing_ok=True)            # kept from an earlier run
        command = [sys.executable, str(path), *words, "--seed", str(number), "--out", str(place)]
        with subprocess.Popen(command, env=console.environment() | ONE_THREAD, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, encoding="utf-8", errors="replace") as process:
            running.append(process)
            _, said = process.communicate()
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else said.strip()[-500:]

    with ThreadPoolExecutor(cores()) as pool:
        jobs = {pool.submit(run, number): number for number in numbers}
        try:
            for job in as_completed(jobs):
                results[jobs[job]] = job.result()
                print(f"{path.stem}: {len(results)} of {len(jobs)} runs, {time.perf_counter() - start:.0f} s",
                      flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in running:
                process.kill()
            raise
    return dict(sorted(results.items()))


def cores():
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def report(name, results, full):
    """Prints the table of one lesson's claims; 1 if any check or claim fails, or any run stopped, else 0."""
    ended = {number: result for number, result in results.items() if isinstance(result, dict)}
    stopped = {number: said for number, said in results.items() if number not in ended}
    for number, said in stopped.items():
        print(f"{console.mark(False)} seed {number} stopped before its end: {said}")
    failed = [(number, entry["text"]) for number, result in ended.items()
              for entry in result["checks"] + result["claims"] if entry["holds"] is False]
    console.table(rows_of(ended), ["claim", "tested", "worst", "median", "best", "limit", "margin", "seed"])
    for number, text in failed:
        print(f"{console.mark(False)} seed {number}: {text}")
    seconds = [result["seconds"] for result in ended.values()]
    took = f"; {statistics.median(seconds):.0f} s a run, one thread" if seconds else ""
    mark = console.mark(not failed and not stopped)
    print(f"{mark} {name}, {'full' if full else 'quick'}: {len(ended)} seeds, {len(failed)} ✗, "
          f"{len(stopped)} stopped{took}\n", flush=True)
    return int(bool(failed or stopped))


def rows_of(ended):
    """A row for each claim, in the lesson's order; the worst is the one of the smallest margin."""
    for place in range(max((len(result["claims"]) for result in ended.values()), default=0)):
        runs = [(margin_of(result["claims"][place]), number, result["claims"][place])
                for number, result in ended.items() if len(result["claims"]) > place]
        text = runs[0][2]["text"]
        tested = sorted((run for run in runs if run[2]["holds"] is not None), key=lambda run: run[:2])
        if not tested:
            yield [text[:60], "–", "", "", "", "", "", ""]
            continue
        margin, seed, worst = tested[0]
        some = tested[0], tested[len(tested) // 2], tested[-1]
        values = [console.show(claim["value"]) for _, _, claim in some]
        yield [text[:60], str(len(tested)), *values, limit_of(worst), show_margin(margin), str(seed)]


def margin_of(claim):
    """A claim's margin as a number; NaN, which fails, counts as 0."""
    margin = float(claim["margin"]) if claim["margin"] is not None else 0.0
    return margin if margin == margin else 0.0


def limit_of(claim):
    """A claim's limit for reading."""
    for word in "below", "above":
        if word in claim:
            return f"{'<' if word == 'below' else '>'} {console.show(claim[word])}"
    return f"{console.show(claim['near'])} ± {console.show(claim['within'])}"
