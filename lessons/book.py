"""What every lesson imports: its options, images, pictures, claims and result file.

A lesson is a script `lessons/NN_name.py`.  Its docstring, which `python -m lessons list` reads, is reST:

    LeNet-5: reading handwriting
    ============================

    The question, and whatever leads to it.

    Needs: lesson 03.
    From: 001, "Convolutional networks".
    Time: quick 10 s, full 4 min on two cores.

The title comes first, underlined to its full length.  The Time line is a line of its own, exactly like this
one: twice a number and `s` or `min`.  Then come cells, each opened by `# %%`, of 15 lines of code or so:

    from lessons.book import begin
    lesson = begin("04_lenet5")
    # %%
    (x_train, y_train), (x_test, y_test) = lesson.images(size=32)
    …
    lesson.picture(figure, "filters", "What C1 has learned")
    lesson.claim("LeNet-5 has 61,706 parameters", n == 61_706, n)
    lesson.claim("better than LeCun 1998's 99.05 %", right >= 0.992, right, full=True, data="mnist")
    lesson.end()

Run as a script, a lesson takes its options from the command line.  In a notebook or a book build it takes
them from `begin("04_lenet5", "--quick")` or from the environment variable MINIDL_OPTIONS; there its figures
stay open, to be shown in place, and `end` does not exit.

Ctrl-C ends a script.  In a notebook `train.fit` returns with the model so far, and the lesson can go on; but
its result is marked as interrupted, and not as done.
"""
import argparse
import difflib
import errno
import json
import math
import os
import platform
import shlex
import signal
import sys
import threading
import time
from contextlib import contextmanager
from datetime import datetime
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from lessons import progress


def seed(text):
    """A seed as it is typed: a whole number, 0 or more."""
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def folder(text):
    """A folder as it is typed, with ~ for the home folder."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from error


OPTIONS = {
    "--quick": dict(action="store_true", help="seconds, offline, on small data"),
    "--data": dict(choices=["digits", "mnist"], help="images (default: MNIST if full and here)"),
    "--seed": dict(type=seed, default=0, metavar="N", help="0 or more, for every random number (default: 0)"),
    "--device": dict(choices=["cpu", "gpu"], default="cpu", help="NumPy or CuPy (default: cpu)"),
    "--out": dict(type=folder, default="out", metavar="DIR",
                  help="for pictures and results (default: ./out)"),
    "--show": dict(action="store_true", help="open the pictures in windows at the end"),
}


class Parser(argparse.ArgumentParser):
    """An argument parser that guesses which option was meant."""
    known = ()

    def error(self, message):
        typed = message.removeprefix("unrecognized arguments: ").split()[0]
        near = closest(typed, self.known)
        self.exit(2, f"{self.prog}: {message}{near}; {self.prog} --help shows what there is\n")


def parser(prog, description, options=OPTIONS):
    """A parser of the named options, the same for a lesson and for `python -m lessons`."""
    result = Parser(prog=prog, description=description)
    result.known = options
    for option in options:
        result.add_argument(option, **OPTIONS[option])
    return result


def closest(word, known):
    """ (did you mean …?), where something known is close to the word."""
    return "".join(f" (did you mean {near}?)" for near in difflib.get_close_matches(word, known, 1))


def begin(name, options=None):
    """The Lesson `name`, with its options read, its random numbers seeded and its device chosen."""
    script = _is_script(sys._getframe(1).f_globals)
    if options is None:
        words = sys.argv[1:] if script else shlex.split(os.environ.get("MINIDL_OPTIONS", ""))
    else:
        words = shlex.split(options)
    choice = parser(f"{name}.py", f"Lesson {name}.").parse_args(words)
    if script:
        sys.excepthook = told_briefly
        any_output()
        if missing := not_installed("numpy", "matplotlib"):
            refuse(f"{name}: {missing}")
        _plain_matplotlib(choice.show)
    return Lesson(name, choice, script)


def _plain_matplotlib(windows):
    """Matplotlib as it comes, whatever the reader's style or notebook has set; no windows but to show."""
    if not windows:
        os.environ["MPLBACKEND"] = "Agg"
    elif os.environ.get("MPLBACKEND", "").startswith("module:"):            # a notebook's, handed on by its !
        del os.environ["MPLBACKEND"]
    import matplotlib
    matplotlib.rcdefaults()
    if not windows:
        matplotlib.use("Agg")                   # it may have been imported before


def _is_script(caller):
    """Whether the caller is the file that was started: not a notebook, a book build or an importing test."""
    if caller["__name__"] != "__main__" or "__file__" not in caller or not sys.argv:
        return False
    return Path(caller["__file__"]).name == Path(sys.argv[0]).name


class Lesson:
    """One run of a lesson: `quick`, `seed`, `data`, `device`, and the folder `out` for whatever it writes."""

    def __init__(self, name, options, script):
        from minidl import backend
        from minidl.data import have_mnist
        self.name, self.quick, self.seed, self.device = name, options.quick, options.seed, options.device
        self.data = options.data or ("mnist" if not self.quick and have_mnist() else "digits")
        self.out = Path(options.out) / name
        self.show, self.script = options.show, script
        self.claims, self.figures, self.pictures = [], {}, []
        self.interrupted, self.ended = False, False
        self._no_choice, self._start = options.data is None, time.perf_counter()
        self._watch_ctrl_c()
        try:
            backend.use(self.device)
        except backend.DeviceError as error:
            self._refuse(error)
        with self._writing():
            self.out.mkdir(parents=True, exist_ok=True)
        backend.seed(self.seed)
        backend.keep_memory()
        print(f"{name}: {'quick' if self.quick else 'full'} run, seed {self.seed}, {self.device}")

    def _refuse(self, error, sentence=None):
        """One sentence and exit status 2; in a notebook, the error itself."""
        if not self.script:
            raise error
        refuse(f"{self.name}: {sentence or error}")

    @contextmanager
    def _writing(self):
        """Refuses a folder that cannot be written, and a disk that is full."""
        try:
            yield
        except BrokenPipeError:                 # that is the output, and no folder
            raise
        except OSError as error:
            self._refuse(error, f"{self.out} cannot be written ({error.strerror or error}); "
                                "--out DIR names another folder")

    def _watch_ctrl_c(self):
        """From now on Ctrl-C ends a script; in a notebook it does what it did, and is noted."""
        if threading.current_thread() is threading.main_thread():       # the only one that may
            self._take_ctrl_c()
        shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
        if shell and not self.script:
            shell.events.register("pre_run_cell", self._take_ctrl_c)    # each cell begins with Python's own

    def _take_ctrl_c(self, *_):
        """From Python or from the lesson before; where Ctrl-C is ignored, as by a job, it stays so."""
        held = signal.getsignal(signal.SIGINT)
        if held is signal.default_int_handler or getattr(held, "__func__", None) is Lesson._ctrl_c:
            signal.signal(signal.SIGINT, self._ctrl_c)

    def _ctrl_c(self, *_):
        self.interrupted = True
        if not self.script:
            raise KeyboardInterrupt
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("\ninterrupted" + ": nothing was marked done" * (not self.ended), file=sys.stderr)
        sys.exit(130)                           # `fit` would take a KeyboardInterrupt for its own

    def images(self, size=None):
        """(x_train, y_train), (x_test, y_test) of MNIST or the digits: x (N, 1, S, S), pixels 0–1, y (N,)."""
        from minidl import data
        load = data.mnist if self.data == "mnist" else data.digits
        try:
            halves = load() if size is None else load(size=size)
            print("data: " + (f"MNIST from {data.find_mnist()}" if self.data == "mnist" else self._digits()))
            return halves
        except data.DataError as error:
            self._refuse(error)

    def _digits(self):
        """Names the bundled digits, and says why it is not MNIST where that was to be expected."""
        from minidl import data
        if self._no_choice and not self.quick:
            try:
                data.find_mnist()
            except data.DataError as error:
                return f"the bundled digits.  {error}"
        return "the bundled digits"

    def picture(self, figure, name, caption=""):
        """Saves a matplotlib figure as out/NN_name/`name`.png."""
        import matplotlib.pyplot as plt
        from minidl import plot
        path = self.out / f"{name}.png"
        with self._writing(), plt.rc_context(plot.STYLE):
            figure.savefig(path, dpi=150, bbox_inches="tight")
        self.pictures.append({"file": path.name, "caption": caption})
        print(f"picture: {path}" + f"  {caption}" * bool(caption))
        if self.script and not self.show:       # elsewhere it stays open: an open figure is shown in place
            plt.close(figure)

    def record(self, text, value, unit=""):
        """Prints a number and keeps it for result.json."""
        self.figures[text] = {"value": plain(value), "unit": unit}
        print(f"{text}: {show(value)} {unit}".rstrip())

    def claim(self, text, holds, value=None, *, full=False, data=None):
        """Prints ✓ or ✗; – where it needs a full run or other data.  A value that is NaN fails."""
        holds, value = plain(holds), plain(value)
        if not isinstance(holds, bool):
            raise TypeError(f"claim {text!r}: the second argument says whether it holds, True or False, "
                            f"as in `error < 1e-6`, but it is {holds!r}")
        if self.quick and full:
            holds, after = None, " (not tested in quick mode)"
        elif data not in (None, self.data):
            holds, after = None, f" (not tested on the {self.data})"
        else:
            holds = holds and '"nan"' not in json.dumps(value, default=str)     # plain's word for NaN
            after = "" if value is None else f": {show(value)}"
        self.claims.append({"text": text, "holds": holds, "value": value})
        print(f"{mark(holds)} {text}{after}")

    def table(self, rows, header=None):
        """Prints rows in columns under a header, numbers to the right and words to the left."""
        table(rows, header)

    def end(self):
        """Writes result.json and sums up; run as a script, a claim that fails makes the exit status 1."""
        seconds = time.perf_counter() - self._start
        verdicts = [claim["holds"] for claim in self.claims]
        held, tested = verdicts.count(True), len(verdicts) - verdicts.count(None)
        with self._writing():
            progress.write_json(self.out / "result.json", {
                "lesson": self.name, "claims": self.claims, "figures": self.figures,
                "pictures": self.pictures, "seed": self.seed, "quick": self.quick, "data": self.data,
                "device": self.device, "interrupted": self.interrupted,
                "versions": {p: version(p) for p in ("python", "numpy", "minidl")},
                "seconds": round(seconds, 1), "finished": datetime.now().isoformat(timespec="seconds")})
            if held == tested and not self.interrupted:
                progress.mark_done(self.out.parent, self.name, self.quick, f"{held}/{tested}")
        mode = "quick mode" if self.quick else f"a run on the {self.data}"
        untested = f", {verdicts.count(None)} not tested in {mode}" * (tested < len(verdicts))
        pictures = f"{len(self.pictures)} picture{'s' * (len(self.pictures) != 1)} in {self.out}{os.sep}"
        if self.interrupted:
            print(f"interrupted: nothing was marked done; {pictures}.  Run it again from its first cell.")
        else:
            print(f"{held} of {tested} claims hold{untested}; {pictures}; {seconds:.0f} s")
        self.ended = True
        if self.show:
            import matplotlib.pyplot as plt
            plt.show()
        if self.script and (held < tested or self.interrupted):
            sys.exit(130 if self.interrupted else 1)


def plain(value):
    """Python's own numbers and lists from Tensors and arrays; NaN and ±∞, which JSON lacks, as words."""
    if hasattr(value, "numpy"):                 # a Tensor
        value = value.numpy()
    if hasattr(value, "tolist"):                # an array or scalar of NumPy or CuPy
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def show(value):
    """A value for reading: 61,706 and 0.9921 and (3, 3)."""
    value = plain(value)
    if isinstance(value, list):
        return "(" + ", ".join(map(show, value)) + ")"
    if isinstance(value, float):
        return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"
    return f"{value:,}" if type(value) is int else str(value)


def table(rows, header=None):
    """Prints rows in columns, numbers to the right and words to the left."""
    rows = [list(row) for row in rows]
    words = [all(isinstance(cell, str) for cell in column) for column in zip(*rows)]
    texts = [[show(cell) for cell in row] for row in ([header] if header else []) + rows]
    widths = [max(map(len, column)) for column in zip(*texts)]
    for text in texts:
        cells = [t.ljust(n) if left else t.rjust(n) for t, n, left in zip(text, widths, words)]
        print("  ".join(cells).rstrip())


def mark(holds):
    """✓, ✗ or –, in colour on a terminal that knows it; +, x or - where the output cannot write them."""
    marks = "✓✗–"
    try:
        marks.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        marks = "+x-"
    sign, colour = {True: (marks[0], 32), False: (marks[1], 31), None: (marks[2], 33)}[holds]
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM", "") in ("", "dumb")
    coloured = sys.stdout.isatty() and os.name == "posix" and not plain and hasattr(sys.stdout, "buffer")
    return f"\033[{colour}m{sign}\033[0m" if coloured else sign


def any_output():
    """Lets any text be printed, line by line; a character that cannot be written becomes a question mark."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace", line_buffering=True)


def version(package):
    """The version that is installed, or a dash."""
    if package == "python":
        return platform.python_version()
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "–"


def not_installed(*packages):
    """Which of these packages this Python lacks, and how to get them, in a sentence; None if it has all."""
    if lacking := [package for package in packages if not find_spec(package)]:
        return (f"{' and '.join(lacking)} cannot be found; to install: "
                f"{sys.executable} -m pip install {' '.join(lacking)}")


def refuse(sentence):
    """Ends this process with one sentence and exit status 2."""
    print(sentence, file=sys.stderr)
    sys.exit(2)


def close_pipe():
    """Lets the rest of the output go nowhere, as when `| head` has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def told_briefly(kind, error, trace):
    """The end of a script: silent on a closed pipe, a sentence on Ctrl-C and a full disk, else a trace."""
    if issubclass(kind, KeyboardInterrupt):     # before the lesson has begun, or a second one
        print("\ninterrupted: nothing was marked done", file=sys.stderr)
    elif issubclass(kind, BrokenPipeError):
        close_pipe()
    elif issubclass(kind, OSError) and error.errno == errno.ENOSPC:
        print(f"the output cannot be written: {error.strerror}", file=sys.stderr)
        close_pipe()
    else:
        sys.__excepthook__(kind, error, trace)
