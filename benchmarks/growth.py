"""How time and memory grow by batch, image, filters, width, depth and length, against what is counted.

    python -m benchmarks.growth [--quick] [--out DIR]

One step is forward and backward.  Its time is held against the multiply-adds of the forward pass, and its
memory against the numbers that the tape must keep.  On a log-log plot a power law is a line, and the exponent
its slope; the slope printed is that of the upper half of the sizes, where the fixed costs are outgrown.
"""
import argparse
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np

from lessons import console
from minidl import Tensor, nn, ops, plot, rnn

rng = np.random.default_rng(0)


def _x(*shape):
    return rng.standard_normal(shape, np.float32)


def _step(model, x):
    """A function that takes `model` forward and back on x."""
    def step():
        for p in model.parameters():
            p.grad = None
        ops.sum(model(x)).backward()
    return step


# Each experiment: what n is, its sizes, n → step, n → multiply-adds forward, n → numbers kept on the tape.

def lenet(n):
    """LeNet-5 on n images of 32 × 32."""
    return _step(nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dense(400, 120), nn.ReLU(), nn.Dense(120, 84), nn.ReLU(), nn.Dense(84, 10)),
        _x(n, 1, 32, 32))


def convolutions(side, filters):
    """Two 3 × 3 convolutions, 8 → filters → 8, on 8 images of side × side."""
    return _step(nn.Sequential(nn.Conv2d(8, filters, 3, padding=1), nn.ReLU(),
                               nn.Conv2d(filters, 8, 3, padding=1)), _x(8, 8, side, side))


def dense(width, depth, batch):
    """`depth` dense layers of width × width with a tanh after each."""
    layers = [layer for _ in range(depth) for layer in (nn.Dense(width, width), nn.Tanh())]
    return _step(nn.Sequential(*layers), _x(batch, width))


def recurrent(steps):
    """A tanh RNN of 32 units over so many steps, on 8 sequences of 16 inputs."""
    return _step(rnn.RNN(16, 32), _x(8, steps, 16))


def chain(operations):
    """So many operations on ten numbers, one after the other: z ← tanh(z u)."""
    x, u = _x(10), Tensor(_x(10))

    def step():
        z, u.grad = Tensor(x), None
        for _ in range(operations // 2):
            z = ops.tanh(z * u)
        ops.sum(z).backward()
    return step


EXPERIMENTS = {
    "batch": ([16, 32, 64, 128, 256, 512], lenet,
              lambda n: 416_520 * n, lambda n: 25 * 784 * n + 150 * 100 * n + 2 * 6_300 * n),
    "image side": ([16, 32, 64, 128], lambda n: convolutions(n, 8),
                   lambda n: 2 * 8 * n * n * 9 * 64, lambda n: 8 * n * n * (2 * 72 + 24)),
    "filters": ([8, 16, 32, 64, 128], lambda n: convolutions(32, n),
                lambda n: 2 * 8 * 32 * 32 * 9 * 8 * n, lambda n: 8 * 32 * 32 * (9 * (8 + n) + 2 * n + 8)),
    "width": ([64, 128, 256, 512, 1024], lambda n: dense(n, 3, 64),
              lambda n: 3 * 64 * n * n, lambda n: 3 * (n * n + 2 * 64 * n)),
    "depth": ([8, 16, 32, 64, 128, 256], lambda n: dense(64, n, 32),
              lambda n: 32 * 64 * 64 * n, lambda n: n * (64 * 64 + 2 * 32 * 64)),
    "RNN steps": ([100, 300, 1000, 3000, 10_000], recurrent,
                  lambda n: 8 * n * 32 * (16 + 32), lambda n: 8 * n * 2 * 32),
    "operations": ([500, 1500, 5000, 15_000, 50_000], chain, lambda n: 10 * n, lambda n: 10 * n),
}


def seconds(step, repeats=5, enough=1.0):
    """The least time of a step, of at most `repeats` after one to warm up; fewer once `enough` has passed."""
    least, begin = float("inf"), time.perf_counter()
    for i in range(repeats + 1):
        start = time.perf_counter()
        step()
        end = time.perf_counter()
        least = min(least, end - start)
        if end - begin > enough:
            break
    return least


def peak(step):
    """Bytes that a step holds at its peak, above what it finds; counted by Python's allocator hooks."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    step()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most - before


def slope(sizes, values):
    """The exponent of a power law through the upper half of the points."""
    half = (len(sizes) - 1) // 2
    return np.polyfit(np.log(sizes[half:]), np.log(values[half:]), 1)[0]


def measure(name, quick=False):
    """{"n": sizes, "seconds": …, "bytes": …, "multiply-adds": …, "numbers": …}, lists of one length."""
    sizes, build, work, kept = EXPERIMENTS[name]
    sizes = sizes[:3] if quick else sizes
    steps = {n: build(n) for n in sizes}
    return {"n": sizes, "seconds": [seconds(step, 2 if quick else 5) for step in steps.values()],
            "bytes": [peak(step) for step in steps.values()],
            "multiply-adds": [work(n) for n in sizes], "numbers": [kept(n) for n in sizes]}


def row(name, m):
    """A row of the table: the largest size, its time and memory, the slopes and the counted ones."""
    slopes = {key: f"{slope(m['n'], m[key]):.2f}" for key in ("seconds", "multiply-adds", "bytes", "numbers")}
    return [name, f"{m['n'][0]:,}–{m['n'][-1]:,}", f"{m['seconds'][-1] * 1000:.1f}", slopes["seconds"],
            slopes["multiply-adds"], f"{m['bytes'][-1] / 2 ** 20:.1f}", slopes["bytes"], slopes["numbers"]]


HEADER = ["by", "sizes", "ms", "slope", "counted", "MiB", "slope", "counted"]


def picture(measured):
    """A figure with a panel for each experiment: time and memory, and in grey what was counted, log-log."""
    from matplotlib import pyplot, rc_context
    with rc_context(plot.STYLE):
        figure, axes = pyplot.subplots(-(-len(measured) // 2), 2, squeeze=False,
                                       figsize=(plot.WIDTH, 1 + 1.8 * -(-len(measured) // 2)))
        for ax in axes.flat[len(measured):]:
            ax.axis("off")
        for ax, (name, m) in zip(axes.flat, measured.items()):
            for key, count, colour, dash in (("seconds", "multiply-adds", plot.COLOURS[0], "-"),
                                             ("bytes", "numbers", plot.COLOURS[1], "--")):
                label = f"{key.replace('seconds', 'time')}, slope {slope(m['n'], m[key]):.2f}"
                ax.plot(m["n"], np.divide(m[key], m[key][-1]), dash, marker=".", color=colour, label=label)
                ax.plot(m["n"], np.divide(m[count], m[count][-1]), dash, color=plot.GREY, linewidth=0.6)
            ax.set(xscale="log", yscale="log", xlabel=name)
            ax.minorticks_off()
            ax.set_xticks(m["n"], [f"{n:,}" for n in m["n"]])
            ax.legend(fontsize=7)
        figure.suptitle("Shares of the largest size's time and memory; grey: multiply-adds and numbers, "
                        "counted", fontsize=9)
    return figure


def main(words=None):
    """Measure all, print the slopes, save the picture; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the three smallest sizes of each")
    parser.add_argument("--out", default="out", metavar="DIR", help="for the picture (default: ./out)")
    arguments = parser.parse_args(words)
    console.any_output()
    try:
        measured = {name: measure(name, arguments.quick) for name in EXPERIMENTS}
    except KeyboardInterrupt:
        return 130
    console.table([row(name, m) for name, m in measured.items()], HEADER)
    for name, noun in ("RNN steps", "step"), ("operations", "operation"):
        m = measured[name]
        print(f"{m['n'][-1]:,} {name}: {m['seconds'][-1] / m['n'][-1] * 1e6:.1f} µs and "
              f"{m['bytes'][-1] / m['n'][-1]:,.0f} bytes per {noun}")
    path = Path(arguments.out).expanduser() / "benchmarks" / "growth.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(measured).savefig(path)
    print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
