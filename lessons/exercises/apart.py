"""A student's file in a process of its own: it may print, exit, crash or never end, and cannot reach us."""
import json
import pickle
import subprocess
import sys
import threading

from lessons import console
from lessons.exercises import SECONDS, wire
from lessons.exercises.student import Failed

GRACE = 5                                       # more, after which the process is ended from outside
COMMAND = [sys.executable, "-P", "-B", "-m", "lessons.exercises.student"]


class Apart:
    """What Student is, through a pipe; close() ends the process, or leaves it to the student's next file.

    room: a list, for several files of one student: it holds the process, as long as that is well, or nothing.
    """

    def __init__(self, source, path, seconds=SECONDS, errors=None, room=None):
        self.room, self.well, self.late = room, True, False
        self.process = room.pop() if room else subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            env=console.environment() | {"OMP_NUM_THREADS": "1"})
        self.timer = threading.Timer(seconds + GRACE, self._too_late)
        self.timer.daemon = True
        self.timer.start()
        try:
            self.functions = self._ask(functions, "open", source, path, seconds)
        except BaseException:
            self.close()
            raise

    def has(self, function):
        """Whether the file defines this function."""
        return function in self.functions

    def names(self, function):
        """The names of its arguments."""
        return self.functions[function]

    def call(self, function, *arguments, quiet=True):
        """What the function returns; it may change its arguments.  quiet: what it prints is lost."""
        return self._ask(lambda reply: result(reply, arguments), "call", function, arguments, quiet)

    def close(self):
        """Ends the process, or leaves it in the room."""
        try:
            if self.room is not None and self.well:
                self._ask(dict, "rest")
                self.room.append(self.process)
        except Failed:
            pass                                # it is no longer well
        self.timer.cancel()
        if not self.room:
            end(self.process)

    def _ask(self, read, *question):
        """What `read` finds in the reply to a question; what was printed is printed here."""
        question = pickle.dumps(question)
        try:
            wire.send(self.process.stdin, question)
            reply = json.loads(wire.receive(self.process.stdout))
            print(reply["printed"], end="")
            failed = reply.get("failed")
            found = [str(word) for word in failed] if failed else read(reply)
        except Exception:                       # whatever it is, it was not written by our end of the pipe
            raise self._ended() from None
        if failed:
            self.well &= found[0] != "timeout"
            raise Failed(found[0], found[-1])
        return found

    def _ended(self):
        """The process is no more, or says what cannot be understood."""
        self.well = False
        try:
            status = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:       # it has only hung up
            status = "none"
        if self.late:
            return Failed("timeout", "Still at work when the time was up, inside one long call of NumPy?")
        return Failed("exit", f"It ended without an answer (exit status {status}).")

    def _too_late(self):
        self.late = True
        self.process.kill()


def end(process):
    """Ends a process."""
    process.kill()
    process.wait()
    for stream in process.stdin, process.stdout:
        try:
            stream.close()
        except OSError:                         # what it was not there to read
            pass


def functions(reply):
    """The names of a file's functions, and of their arguments."""
    return {name: [str(argument) for argument in names] for name, names in reply["functions"].items()}


def result(reply, arguments):
    """What a function returned; the arguments become what they were after the call."""
    for k, array in reply["changed"]:
        array = wire.unpack(array)
        arguments[k].shape = array.shape
        arguments[k][...] = array
    return wire.unpack(reply["result"])
