"""One library, one workload, one process: prints its step times, first losses and peak memory as JSON.

    python -m benchmarks.run torch               which version, and which workloads it has
    python -m benchmarks.run torch lenet64 60    60 steps on the clock

It needs the library and NumPy, and no minidl: so it runs under any Python that has the two.
"""
import importlib
import json
import sys
import time
from importlib import metadata

from benchmarks.workloads import WARM_UP, WORKLOADS


def workloads(library):
    """{"version": "2.13.0", "numpy": "2.4", "workloads": ["lenet64", …]}; ImportError if it is not here."""
    adapter = importlib.import_module(f"benchmarks.with_{library}")
    return {"version": _version(library), "numpy": _version("numpy"),
            "workloads": [name for name in WORKLOADS if hasattr(adapter, name)]}


def run(library, name, steps):
    """{"ms": of each timed step, "losses": of the first five, "mib": memory the steps added, or None}."""
    step = getattr(importlib.import_module(f"benchmarks.with_{library}"), name)(**WORKLOADS[name]())
    _forget_peak()
    before, times = _mib("VmRSS"), []
    losses = [step() for _ in range(WARM_UP)]
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1000)
    return {"ms": times, "losses": losses, "mib": None if before is None else _mib("VmHWM") - before}


def _version(package):
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "?"


def _mib(field):
    """Resident memory now (VmRSS) or at its peak (VmHWM) in MiB; None where the system does not tell.

    Not getrusage's ru_maxrss: a new process inherits that from the one that started it.
    """
    try:
        with open("/proc/self/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field))
    except (OSError, StopIteration):
        return None


def _forget_peak():
    """Let VmHWM start again from now: importing a library may take more memory than its steps."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="utf-8") as switch:
            switch.write("5")
    except OSError:
        pass


if __name__ == "__main__":
    library, *rest = sys.argv[1:]
    print(json.dumps(run(library, rest[0], int(rest[1])) if rest else workloads(library)))
