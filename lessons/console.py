"""Between the lessons and the terminal: the options, the tables and marks, and ends of one sentence."""
import argparse
import difflib
import errno
import math
import os
import platform
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path


# --- options ------------------------------------------------------------------------------------------------


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


# --- what is printed ----------------------------------------------------------------------------------------


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


class Echo:
    """Standard output, which also notes from which line of a script each text came.

    What a progress line shows and then overwrites is not noted.
    """

    def __init__(self, stream, caller):
        self._stream, self._caller, self._noted = stream, caller, []

    @classmethod
    def of(cls, caller):
        """Takes standard output's place for the script whose globals these are."""
        sys.stdout = cls(sys.stdout, caller)
        return sys.stdout

    def __getattr__(self, name):                # all else is the stream's own
        return getattr(self._stream, name)

    def write(self, text):
        frame = sys._getframe(1)
        while frame and not (frame.f_globals is self._caller and frame.f_code.co_name == "<module>"):
            frame = frame.f_back
        if frame and not text.startswith("\r"):
            if self._noted and self._noted[-1][0] == frame.f_lineno:
                self._noted[-1][1] += text
            else:
                self._noted.append([frame.f_lineno, text])
        return self._stream.write(text)

    def lines(self):
        """What was printed so far: [[line of the script, text], …]."""
        return self._noted


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


def environment():
    """This environment; in a clone that is not installed, lessons are to find it all the same."""
    root = Path(__file__).parents[1]
    if not (root / "setup.cfg").is_file():
        return dict(os.environ)
    folders = [str(root), os.environ.get("PYTHONPATH")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, folders))}


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
