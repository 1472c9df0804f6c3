"""A file with functions, as a student writes it: run, called, and its errors told in three lines."""
import inspect
import io
import sys
import traceback
from bdb import BdbQuit
from contextlib import redirect_stdout

import numpy as np


class Failed(Exception):
    """Student's code that stopped: the class of its error, and what there is to say of it."""

    def __init__(self, kind, text):
        super().__init__(text)
        self.kind, self.text = kind, text


class Student:
    """A student's file, run in this process."""

    def __init__(self, source, path):
        self.source, self.path = source, path
        self.space = {"__name__": "exercise", "__file__": path}
        try:
            exec(compile(source, path, "exec"), self.space)
        except (Exception, SystemExit) as error:
            raise self._failed(error) from error

    def has(self, function):
        """Whether the file defines this function."""
        return callable(self.space.get(function))

    def names(self, function):
        """The names of its arguments."""
        return list(inspect.signature(self.space[function]).parameters)

    def call(self, function, *arguments, quiet=True):
        """What the function returns; it may change its arguments.  quiet: what it prints is lost."""
        try:
            with redirect_stdout(io.StringIO() if quiet else sys.stdout):
                return self.space[function](*arguments)
        except (Exception, SystemExit) as error:
            given = zip(self.names(function), arguments)
            raise self._failed(error, *(f"{name} {np.shape(x) or x}" for name, x in given)) from error

    def _failed(self, error, *given):
        """The error as Failed, with its line; no trace through ours."""
        numbers = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == self.path]
        return Failed(type(error).__name__, told(error, self.source, numbers, ", ".join(given)))


def told(error, source, numbers, given=""):
    """An error in three lines at most: the last of the file's lines that led to it, what, and with what."""
    if type(error) is NotImplementedError:
        return str(error)
    where = line(source, error.lineno if isinstance(error, SyntaxError) else numbers[-1] if numbers else None)
    what = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
    if isinstance(error, (BdbQuit, EOFError)):                  # of breakpoint() and of input()
        what = "A check reads no keyboard: print(…) shows what you want to see."
    return "\n".join(filter(None, [where, what, given]))


def line(source, number):
    """A line of the source as "line 7: …"; nothing where there is no number."""
    lines = source.splitlines()
    return f"line {number}: {lines[number - 1].strip()}" if number and number <= len(lines) else ""
