"""A file with functions, as a student writes it: run, called, and its errors told in three lines.

Class Student does so in this process: that is for our own files.  As a program, this is what Apart talks to:
the student's file in a process of its own, which has no way to the judge.
"""
import builtins
import inspect
import io
import os
import pickle
import signal
import sys
import threading
import traceback
from bdb import BdbQuit
from contextlib import redirect_stdout
from importlib.util import find_spec

import numpy as np

from lessons.exercises import SOLUTIONS, wire

MODULES = {"numpy", "math", "itertools", "functools", "typing", "collections", "__future__", "warnings"}
CLOSED = tuple(os.path.join(os.path.realpath(folder), "")
               for folder in (SOLUTIONS, SOLUTIONS.parents[2] / "minidl"))
REFUSED = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile",
           "os.fork", "os.forkpty", "os.link", "os.rename", "ctypes.dlopen"}
ENDLESS = "Still at work when the time was up: a loop that never ends?"


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
            with redirect_stdout(Shown(limit=0) if quiet else sys.stdout):
                return self.space[function](*arguments)
        except (Exception, SystemExit) as error:
            given = zip(self.names(function), arguments)
            raise self._failed(error, *(f"{name} {np.shape(x) or x}" for name, x in given)) from error

    def close(self):
        """Nothing is left open."""

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


class Shown(io.StringIO):
    """What was printed, up to a limit: a loop may print for ever."""

    def __init__(self, limit=20_000):
        super().__init__()
        self.limit = limit

    def write(self, text):
        if room := max(0, self.limit - self.tell()):
            super().write(text[:room])
            if len(text) > room:
                super().write("\n… and more.\n")
        return len(text)


# --- a process of its own -----------------------------------------------------------------------------------


class Desk:
    """Where a judge asks and one file after the other answers: this process's standard input and output."""

    def __init__(self):
        self.questions, self.answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)            # input() finds an end there
        os.dup2(2, 1)                                           # and no other output gets on the wire
        signal.signal(signal.SIGINT, signal.SIG_IGN)            # Ctrl-C is the judge's
        self.alone, self.guarded = threading.Lock(), False

    def question(self):
        return pickle.loads(wire.receive(self.questions))

    def answer(self, act, *arguments):
        """Sends what act(*arguments) returns, or how it failed, and what was printed meanwhile."""
        sys.stdout = Shown()
        try:
            reply = act(*arguments)
        except Failed as failed:
            reply = {"failed": [failed.kind, failed.text]}
        with self.alone:
            self.send(reply)

    def send(self, reply):
        wire.send(self.answers, wire.write(reply | {"printed": sys.stdout.getvalue()}))

    def give_up(self):
        """Ends this process, and says in which line of the file it was."""
        frames = traceback.extract_stack(sys._current_frames()[threading.main_thread().ident])
        numbers = [frame.lineno for frame in frames if frame.filename == self.path]
        where = line(self.source, numbers[-1] if numbers else None)
        with self.alone:
            self.send({"failed": ["timeout", f"{ENDLESS}\n{where}".rstrip()]})
            os._exit(1)

    def open(self, source, path, seconds):
        """Runs a file: the names of its functions and of their arguments."""
        self.source, self.path = source, path
        self.watchdog = threading.Timer(seconds, self.give_up)
        self.watchdog.daemon = True
        self.watchdog.start()
        if not self.guarded:
            home, self.guarded = os.path.dirname(os.path.realpath(path)), True
            sys.path.append(home)               # for what a student puts beside the exercise
            guard(home)
        self.student = Student(source, path)
        functions = {}
        for name in filter(self.student.has, list(self.student.space)):
            try:
                functions[name] = self.student.names(name)
            except (TypeError, ValueError):     # some of NumPy's do not tell
                functions[name] = []
        return {"functions": functions}

    def call(self, function, arguments, quiet):
        """The result of a function, and which of its arguments it has changed."""
        arrays = {k: x for k, x in enumerate(arguments) if isinstance(x, np.ndarray)}
        before = {k: (x.shape, x.tobytes()) for k, x in arrays.items()}
        result = wire.pack(self.student.call(function, *arguments, quiet=quiet))
        changed = [(k, wire.pack(x)) for k, x in arrays.items() if (x.shape, x.tobytes()) != before[k]]
        return {"result": result, "changed": changed}


    def rest(self):
        """No more is asked of this file."""
        self.watchdog.cancel()
        return {}


def guard(home):
    """Keeps the files of this folder to NumPy, to Python's mathematics and to each other."""
    plain = builtins.__import__

    def beside(name):
        spec = find_spec(name)
        return spec and spec.origin and os.path.dirname(os.path.realpath(spec.origin)) == home

    def only_ours(name, space=None, *rest):
        root, asking = name.partition(".")[0], (space or {}).get("__file__") or ""
        if root not in MODULES and os.path.dirname(os.path.realpath(asking)) == home and not beside(root):
            raise ImportError(f"An exercise imports numpy, math and files beside it, not {root}: "
                              "write it yourself.")
        return plain(name, space, *rest)

    def watched(event, facts):
        if event in REFUSED:
            raise PermissionError("An exercise starts no program and moves no file.")
        if event == "open" and isinstance(facts[0], (str, bytes)):
            if os.path.realpath(os.fsdecode(facts[0])).startswith(CLOSED):
                raise PermissionError("The solutions and minidl stay closed during a check.")

    def no_keyboard(*arguments, **settings):
        raise EOFError

    builtins.__import__, sys.breakpointhook = only_ours, no_keyboard
    sys.addaudithook(watched)


def serve():
    """Answers a judge's questions, until there are no more."""
    desk = Desk()
    acts = {"open": desk.open, "call": desk.call, "rest": desk.rest}
    while True:
        act, *arguments = desk.question()
        desk.answer(acts[act], *arguments)


if __name__ == "__main__":
    try:
        serve()
    except EOFError:                            # the judge has heard enough
        pass
