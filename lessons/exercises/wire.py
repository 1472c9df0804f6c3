"""Between the judge and a student's process: frames on a pipe, and arrays as text.

The one law: what comes from the student is data.  It is never unpickled and never run.
"""
import base64
import json
import re

import numpy as np

LIMIT = 1 << 26                                 # bytes: no answer to an exercise is as long
NUMBERS = re.compile(r"[<>|=][biufc]\d+")       # the types of arrays that may pass
OBJECTS = np.empty(1, object)                   # stands for any other array


def send(stream, data):
    """Writes a frame: the length, and the bytes."""
    stream.write(len(data).to_bytes(8, "big") + data)
    stream.flush()


def receive(stream):
    """The bytes of the next frame; EOFError where the stream ends, ValueError where it is too long."""
    size = int.from_bytes(read(stream, 8), "big")
    if size > LIMIT:
        raise ValueError(f"a frame of {size} bytes")
    return read(stream, size)


def read(stream, size):
    """So many bytes."""
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def write(reply):
    """A reply as bytes of JSON."""
    return json.dumps(reply).encode()


def pack(x):
    """What a function returned, for JSON: of what is no number, array, text or list, only its type's name."""
    if x is None or type(x) in (bool, int, float, str):
        return x
    if isinstance(x, (list, tuple)):
        return {"tuple" if isinstance(x, tuple) else "list": [pack(item) for item in x]}
    if isinstance(x, complex):
        x = np.complex128(x)
    if isinstance(x, (np.ndarray, np.generic)):
        if x.dtype.kind not in "biufc":
            return {"objects": None}
        kind = "array" if isinstance(x, np.ndarray) else "number"
        return {kind: [x.dtype.str, x.shape, base64.b64encode(np.asarray(x, order="C").tobytes()).decode()]}
    return {"other": type(x).__name__}


def unpack(x):
    """What was packed; of any other type an object of a class of that name."""
    if not isinstance(x, dict):
        return x
    (kind, value), = x.items()
    if kind in ("array", "number"):
        letters, shape, text = value
        if not NUMBERS.fullmatch(letters):
            raise ValueError(f"an array of {letters}")
        array = np.ndarray(shape, letters, base64.b64decode(text)).copy()
        return array if kind == "array" else array[()]
    if kind == "objects":
        return OBJECTS.copy()
    if kind == "other":
        return type(value, (), {})()
    return {"list": list, "tuple": tuple}[kind](map(unpack, value))
