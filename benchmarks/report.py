"""What the measurements say: ratios to a base, in a table, a page, a JSON file and a picture.

A measurement is results[workload][library] = {"ms": [the median step of each process start], "losses": […],
"mib": number or None}, or {"error": sentence}.  The base is PyTorch where it ran, and else minidl.
"""
import json
import os
import platform
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.workloads import NOISY, REACH, REACH_MIB, TOLERANCE

TICKS = 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100
MARKS = "<!-- the latest table -->", "<!-- end of the table -->"


def ratio(results, workload, library, base):
    """(median, min, max) over the starts of library's time / base's; None where one of them has no time."""
    times = [results[workload].get(name, {}).get("ms") for name in (library, base)]
    if not all(times):
        return None
    ratios = [ours / theirs for ours, theirs in zip(*times)]
    return median(ratios), min(ratios), max(ratios)


def disagreements(results):
    """A sentence for each workload and library whose first losses are not those of the first library."""
    sentences = []
    for workload, row in results.items():
        told = [(name, m["losses"]) for name, m in row.items() if "losses" in m]
        steps = slice(1) if workload in NOISY else slice(None)
        for name, theirs in told[1:]:
            first, losses = told[0]
            if not np.allclose(theirs[steps], losses[steps], rtol=NOISY.get(workload, TOLERANCE)):
                sentences.append(f"{workload}: the first losses of {name}, {_numbers(theirs)}, are not "
                                 f"those of {first}, {_numbers(losses)}")
    return sentences


def errors(results):
    """A sentence for each contender that failed."""
    return [f"{workload}: {name} failed: {m['error']}" for workload, row in results.items()
            for name, m in row.items() if "error" in m]


def times(results, libraries, base):
    """A table's header and rows: the base in ms, the others as ratios to it, what minidl is to reach."""
    others, known = [name for name in libraries if name != base], base == "torch"
    lines = [[name, _ms(row.get(base, {})), *(_ratio(ratio(results, name, other, base)) for other in others)]
             + [f"≤ {REACH[name]:g}"] * known for name, row in results.items()]
    return ["workload", f"{base}, ms", *(f"{name} / {base}" for name in others)] + ["to reach"] * known, lines


def memory(results, libraries, base):
    """A table's header and rows: MiB that the steps added at their peak, what minidl is to reach."""
    lines = [[name, *(_mib(row.get(library, {})) for library in libraries),
              f"≤ {REACH_MIB[name]}" if name in REACH_MIB else "–"] for name, row in results.items()]
    return ["workload", *(f"{name}, MiB" for name in libraries), "to reach"], lines


def _ms(measured):
    return f"{median(measured['ms']):.2f}" if "ms" in measured else "–"


def _ratio(numbers):
    return "–" if numbers is None else "{:.2f} ({:.2f}–{:.2f})".format(*numbers)


def _mib(measured):
    return "–" if measured.get("mib") is None else f"{measured['mib']:.0f}"


def _numbers(losses):
    return " ".join(f"{loss:.5g}" for loss in losses)


def machine():
    """{"processor": …, "cores": 2, "system": …, "python": …, "blas": …}, and OPENBLAS_… settings."""
    processor = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).is_file():
        names = [line.partition(":")[2].strip() for line in info.read_text(encoding="utf-8").splitlines()
                 if line.startswith("model name")]
        processor = names[0] if names else processor
    blas = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    settings = {name: value for name, value in os.environ.items()
                if name.startswith(("OPENBLAS_", "OMP_", "MKL_"))}
    return {"processor": processor, "cores": os.cpu_count(), "system": platform.system(),
            "python": platform.python_version(), "blas": f"{blas.get('name')} {blas.get('version')}",
            **settings}


def write_json(path, results, libraries, base, starts, steps):
    """All that was measured, with the ratios, the versions and the machine, as JSON."""
    workloads = {name: {library: measured | {"ratio": ratio(results, name, library, base)}
                        for library, measured in row.items()} for name, row in results.items()}
    versions = {name: [about["version"], about["numpy"]] for name, about in libraries.items()}
    page = {"machine": machine(), "library and NumPy": versions, "base": base, "starts": starts,
            "steps": {name: steps(name) for name in results}, "to reach": REACH, "workloads": workloads}
    path.write_text(json.dumps(page, indent=1, ensure_ascii=False), encoding="utf-8")


def write_page(path, results, libraries, base, starts):
    """The tables between the two marks of the page at `path`, in place of those before."""
    here = machine()
    versions = ", ".join(f"{name} {v['version']} (NumPy {v['numpy']})" for name, v in libraries.items())
    settings = [f", {key}={here[key]}" for key in here if key.isupper()]
    page = [f"{versions}; {here['processor']}, {here['cores']} cores, {here['system']}, "
            f"Python {here['python']}, {here['blas']}; {starts} starts{''.join(settings)}."]
    for header, lines in (table(results, libraries, base) for table in (times, memory)):
        cells = header, ["---"] * len(header), *lines
        page += ["", *("| " + " | ".join(row) + " |" for row in cells)]
    text = path.read_text(encoding="utf-8")
    before, after = text.partition(MARKS[0])[0], text.partition(MARKS[1])[2]
    path.write_text("\n".join([before + MARKS[0], "", *page, "", MARKS[1]]) + after, encoding="utf-8")


def picture(results, libraries, base):
    """A figure: for each workload a bar per library, as long as its ratio to the base; log axis."""
    from matplotlib import pyplot, rc_context

    from minidl import plot
    others = [name for name in libraries if name != base] or [base]
    places = np.arange(len(results))
    with rc_context(plot.STYLE):
        figure, ax = pyplot.subplots(figsize=(plot.WIDTH, 0.8 + len(results) * (0.16 + 0.14 * len(others))))
        shifts = 0.8 * ((np.arange(len(others)) + 0.5) / len(others) - 0.5)
        for library, shift, colour in zip(others, shifts, plot.COLOURS):
            ratios = np.array([ratio(results, name, library, base) or [np.nan] * 3 for name in results])
            middle, low, high = ratios.T
            ax.barh(places + shift, middle - 1, 0.8 / len(others), left=1, color=colour, label=library,
                    xerr=(middle - low, high - middle), error_kw={"lw": 0.6})
        if base == "torch":
            ax.plot([REACH[name] for name in results], places + shifts[0], "|", color=plot.INK, markersize=12,
                    label="minidl's, to reach")                 # on minidl's bar, the first
        ax.axvline(1, color=plot.INK, linewidth=0.6)
        ax.set(xscale="log", xlabel=f"time of a step / {base}'s", yticks=places, yticklabels=list(results))
        ax.set_xticks(ticks := [t for t in TICKS if ax.get_xlim()[0] <= t <= ax.get_xlim()[1]], ticks)
        ax.minorticks_off()
        ax.invert_yaxis()
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return figure
