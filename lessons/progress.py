"""What has been done: `progress.json` in the out folder, small enough to read.

    {"04_lenet5": {"done": "2026-11-21", "quick": true, "claims": "5/5"}}
"""
import json
import os
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

PATIENCE = 5                                    # seconds; a change takes milliseconds


def read(out):
    """The state, {} where there is none yet; a file that cannot be read is moved aside, not lost."""
    path = Path(out) / "progress.json"
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(state, dict) or not all(isinstance(entry, dict) for entry in state.values()):
            raise ValueError("not a table of lessons")
        return state
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except ValueError:                          # not JSON, not UTF-8, not a table
        names = (path.with_name(f"progress.broken{number or ''}.json") for number in range(1000))
        kept = next(name for name in names if not name.exists())
        os.replace(path, kept)
        print(f"{path} cannot be read: it is kept as {kept.name}, and a new one begins.", file=sys.stderr)
        return {}


def mark_done(out, name, quick, claims):
    """Notes that a lesson's claims hold; a quick run does not hide a full one."""
    with changing(out) as state:
        if not quick or state.get(name, {}).get("quick") is not False:
            state[name] = {"done": date.today().isoformat(), "quick": quick, "claims": claims}


def prepare(out):
    """Makes the out folder; one sentence, before any work is done, if nothing can be kept there."""
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        raise OSError(f"nothing can be kept in {out} ({error.strerror})") from error


@contextmanager
def changing(out):
    """The state, to be changed within `with`, and then written; of several processes, one after the other."""
    Path(out).mkdir(parents=True, exist_ok=True)
    with _alone(Path(out) / "progress.lock"):
        state = read(out)
        yield state
        write_json(Path(out) / "progress.json", dict(sorted(state.items())))


@contextmanager
def _alone(lock):
    """Waits until no other process holds the file `lock`, then holds it; who holds it for long has died."""
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            with suppress(FileNotFoundError):   # it may be gone by now
                if abs(time.time() - lock.stat().st_mtime) > PATIENCE:
                    lock.unlink()
            time.sleep(0.01)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def write_json(path, value):
    """Writes beside the old file, then takes its place: a crash or a full disk leaves the old file whole."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False, default=str)
    try:
        aside.write_text(text + "\n", encoding="utf-8")
        os.replace(aside, path)
    except OSError as error:                    # a full disk does not say which file it was
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        aside.unlink(missing_ok=True)
