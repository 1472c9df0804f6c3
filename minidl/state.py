"""Numbers that outlive a run: files of named arrays (.npz), and checkpoints of a whole training run.

The law: a file is whole or not there.  It is written aside and then takes its place, and it is looked at
before it is believed; so neither a cut nor a foreign file costs what there was before.
"""
import glob
import json
import os
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from minidl import backend
from minidl.tensor import describe

DAMAGE = (OSError, EOFError, ValueError, LookupError, AttributeError, TypeError, RuntimeError, MemoryError,
          zipfile.BadZipFile, zlib.error)
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}

@contextmanager
def aside(path):
    """A file to be written beside `path`; it takes its place if all goes well, and else nothing stays."""
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path} cannot be written: there is no folder {path.parent}: make it first")
    forget_killed(path.parent, f".{glob.escape(path.name)}.*.part")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            yield file
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)

def forget_killed(folder, pattern):
    """Remove the files NAME.PROCESS.part that match, of processes that were killed while they wrote."""
    for left in folder.glob(pattern):
        if not _alive(left.name.split(".")[-2]):
            left.unlink(missing_ok=True)

def _alive(number):
    """Whether a process of that number may still be at work."""
    try:
        if os.name == "posix":
            os.kill(int(number), 0)                             # no signal: it only asks
    except (ProcessLookupError, ValueError):
        return False
    except OSError:                                             # somebody else's
        pass
    return True

def save(path, arrays):
    """Write {name: array} to `path`."""
    with aside(path) as file:
        np.savez(file, **{_other(name): array for name, array in arrays.items()})

def load(path, check=None):
    """The {name: array} of a file that `save` wrote; ValueError for a file that is none, or damaged.

    check({name: an array of the shape and dtype to come}) is called first, before anything large is read.
    """
    headers = _read(path, _header)
    if check:
        check(headers)
    return _read(path, lambda file, name: file[name])

def _read(path, one):
    try:
        with np.load(path, allow_pickle=False) as file:
            return {_other(name): one(file, name) for name in file.files}
    except FileNotFoundError:
        raise
    except DAMAGE as error:
        raise ValueError(f"load: {path} is not a whole .npz file, as save writes it ({error})") from error

def _header(file, name):
    with file.zip.open(f"{name}.npy") as member:
        shape, _, dtype = HEADERS[np.lib.format.read_magic(member)](member)
    return np.broadcast_to(np.empty((), dtype), shape)

def _other(name):
    """What an array is called in the file: its name, but for the one that is np.savez's own argument."""
    return {"file": "file.npy", "file.npy": "file"}.get(name, name)

def check(own, given, owner):
    """ValueError, unless a state has the names, shapes and dtypes of the owner's own."""
    if wrong := sorted(name for name in {**own, **given} if (name in own) != (name in given)):
        raise ValueError(f"load_state_dict: {', '.join(wrong)} stand on one side only: these are the numbers "
                         f"of another model than this {type(owner).__name__}")
    for name, x in own.items():
        if getattr(given[name], "shape", None) != x.shape or given[name].dtype != x.dtype:
            raise ValueError(f"load_state_dict: {name} is {describe(given[name])}, and this model's is "
                             f"{describe(x)}")

class Run:
    """How far a training run has come: its history and early stopping; in a file, if there is a path to one.

    The file holds the states of the model and the optimiser too, and where the random numbers are: so a run
    that goes on from it ends, to the bit, as if it had never been cut.
    """
    def __init__(self, path, model, optimizer, stop, history):
        self.path, self.parts = path, {"model": model, "optimizer": optimizer}
        self.model, self.stop, self.history, self.epochs, self.over = model, stop, history, 0, False
        if path and Path(path).exists():
            self._resume()

    def add(self, measured):
        """An epoch is over."""
        self.epochs += 1
        self.history.add(measured)
        self.over = bool(self.stop and self.stop.update(self.epochs, measured, self.model))
        if self.path:
            save(self.path, self._as_arrays())

    def _as_arrays(self):
        stop = self.stop
        notes = {"epochs": self.epochs, "over": self.over, "history": self.history,
                 "best": stop and (stop.best, stop.best_epoch), "random": backend.rng().bit_generator.state}
        states = {name: part.state_dict() for name, part in self.parts.items()}
        states["best"] = stop and stop.state or {}
        return {"notes": np.frombuffer(json.dumps(notes).encode(), np.uint8),
                **{f"{part}/{name}": x for part, state in states.items() for name, x in state.items()}}

    def _resume(self):
        """Take all from the file; one that does not fit changes nothing."""
        arrays, states = load(self.path), {"model": {}, "optimizer": {}, "best": {}}
        try:
            notes = json.loads(arrays.pop("notes").tobytes())
            for name, x in arrays.items():
                states[name.partition("/")[0]][name.partition("/")[2]] = x
        except (KeyError, ValueError) as error:
            raise ValueError(f"{self.path} is no checkpoint as fit writes it; for a model alone: "
                             "model.load") from error
        for name, part in self.parts.items():
            check(part.state_dict(), states[name], part)
        for name, part in self.parts.items():
            part.load_state_dict(states[name])
        backend.rng().bit_generator.state = notes["random"]
        self.history.update(notes["history"])
        self.epochs, self.over = notes["epochs"], notes["over"]
        if self.stop and notes["best"]:
            self.stop.best, self.stop.best_epoch, self.stop.state = *notes["best"], states["best"] or None
