"""What has been done: `progress.json` in the out folder, small enough to read.

    {"04_lenet5": {"done": "2026-11-21", "quick": true, "claims": "5/5"}}
"""
import json
import os
import sys
from datetime import date
from pathlib import Path


def read(out):
    """The state, {} where there is none yet; a file that cannot be read is moved aside, not lost."""
    path = Path(out).expanduser() / "progress.json"
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(state, dict) or not all(isinstance(entry, dict) for entry in state.values()):
            raise ValueError("not a table of lessons")
        return state
    except FileNotFoundError:
        return {}
    except ValueError:                          # not JSON, not UTF-8, not a table
        names = (path.with_name(f"progress.broken{number or ''}.json") for number in range(1000))
        kept = next(name for name in names if not name.exists())
        os.replace(path, kept)
        print(f"{path} cannot be read: it is kept as {kept.name}, and a new one begins.", file=sys.stderr)
        return {}


def mark_done(out, name, quick, claims):
    """Notes that a lesson's claims hold; a quick run does not hide a full one."""
    state = read(out)
    if quick and state.get(name, {}).get("quick") is False:
        return
    state[name] = {"done": date.today().isoformat(), "quick": quick, "claims": claims}
    write_json(Path(out) / "progress.json", dict(sorted(state.items())))


def write_json(path, value):
    """Writes beside the old file, then takes its place: a crash leaves the old file whole."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False, default=str)
    aside.write_text(text + "\n", encoding="utf-8")
    os.replace(aside, path)
