"""What the lessons learn from: handwritten digits, clouds of points whose law is known, and distorted images.

    (x, y), (x_test, y_test) = digits()        # bundled: 1,797 images of 8×8
    (x, y), (x_test, y_test) = mnist()         # 70,000 images of 28×28, fetched once and kept

The law: everything here is a host array.  Images are x (N, C, H, W) with pixels 0–1 (0 the paper, 1 the ink),
points x (N, D), labels y (N,) int64; training moves each batch to the device itself.  Whatever is drawn comes
from `rng`, a numpy Generator, or from the one seeded generator, `minidl.backend.rng()`.  A wrong argument is
a ValueError, a wrong `rng` a TypeError.
"""
import gzip
import hashlib
import http.client
import math
import os
from pathlib import Path
import shutil
import sys
import urllib.request
import zlib

import numpy as np

from minidl.augment import crop, elastic, flip, rotate, scale, shift         # noqa: F401, part of this page
from minidl.augment import generator, require, resample
from minidl.state import forget_killed


# The bundled digits

def digits(size=8):
    """1,797 handwritten digits of 8×8 pixels as (x_train, y_train), (x_test, y_test): 1,437 and 360.

    x (N, 1, size, size) float32, pixels 0–1; y (N,) int64; size 8, or 32 to stand in for MNIST.

    The file goes writer by writer, so the test set is its end: hands that the training set has not seen (but
    for the sheet that is cut, 22 digits before and 106 after).  A random part would flatter: the nearest
    neighbour errs on 1.2 % of one, on 4.4 % of this.

    Source: E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, doi:10.24432/C50P49, CC BY 4.0: its test part, grey levels 0–16 divided by 16.
    """
    require(size in (8, 32), f"digits: the size is 8 or 32, not {size!r}")
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        x, y = file["images"][:, None] / np.float32(16), file["labels"].astype(np.int64)
    if size == 32:      # as in MNIST: in the middle, in a box of 20×20, and edges sharp again (2x − ½)
        at = (np.arange(32) - 15.5) * 8 / 20 + 3.5
        x = np.clip(2 * resample(x, at[:, None], at) - np.float32(0.5), 0, 1)
    return (x[:1437], y[:1437]), (x[1437:], y[1437:])


# MNIST

MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/",
           "https://storage.googleapis.com/cvdf-datasets/mnist/")
SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz":  "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz":  "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
PARTS = "train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"
REMEDY = "set MINIDL_DATA to a folder that holds MNIST's four files, or use the bundled minidl.data.digits()"


class DataError(RuntimeError):
    """A data set is missing, damaged or out of reach; the message says which file, why, and what to do."""


def mnist(size=28):
    """MNIST's handwritten digits as (x_train, y_train), (x_test, y_test): 60,000 and 10,000.

    x (N, 1, size, size) float32, pixels 0–1; y (N,) int64; size 28, or 32 with two black pixels more a side.
    Read from the folder `$MINIDL_DATA` if that is set, else from the cache, downloaded on first use (11 MB).
    A given folder is not compared with MNIST's checksums: another set under the same names is read, too.
    Raises DataError.

    Source: Y. LeCun, C. Cortes and C. Burges, the MNIST database of handwritten digits (1998), CC BY-SA 3.0.
    """
    require(size in (28, 32), f"mnist: the size is 28 or 32, not {size!r}")
    folder, border = _find_or_download(), (size - 28) // 2
    halves = []
    for part in ("train", "t10k"):
        images, labels = _read(folder, part)
        images = np.pad(images, ((0, 0), (border, border), (border, border)))
        halves.append((images[:, None] / np.float32(255), labels.astype(np.int64)))
    return tuple(halves)


def fetch_mnist():
    """The folder of MNIST's four files, downloaded if need be, all read once to check.  Raises DataError."""
    folder = _find_or_download()
    for part in ("train", "t10k"):
        _read(folder, part)
    return folder


def find_mnist():
    """The folder of MNIST's four files; never asks the network.  Raises DataError where they are not here."""
    if given := _given_folder():
        for part in PARTS:
            _find(given, part)
        return given
    if all(map(_is_cached, SHA256)):
        return cache_folder()
    raise DataError("MNIST is not here; to fetch it: python -m lessons data")


def have_mnist():
    """The folder of MNIST's four files if they are all here, else None; never asks the network."""
    try:
        return find_mnist()
    except DataError:
        return None


def _given_folder():
    given = os.environ.get("MINIDL_DATA", "").strip(" \t\"'")     # on Windows, set X="…" keeps them
    return Path(os.path.expanduser(given)) if given else None


def cache_folder():
    """The folder that a download is kept in.  Raises DataError where there is no home folder."""
    home = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    try:
        return Path(home or Path.home() / ".cache") / "minidl" / "mnist"
    except RuntimeError as error:
        raise DataError(f"there is no place to keep MNIST in ({error}); {REMEDY}") from error


def _is_cached(name):
    try:
        return hashlib.sha256((cache_folder() / name).read_bytes()).hexdigest() == SHA256[name]
    except (OSError, DataError):
        return False


def _find_or_download():
    """The folder to read MNIST from; the cache is made whole first."""
    if given := _given_folder():            # no checksum: a local copy may be packed anew; `_read` checks it
        return given
    cache = cache_folder()
    for name in SHA256:
        if not _is_cached(name):
            _save(_download(name), cache / name)
    return cache


def _download(name):
    """The bytes of a file, from the first mirror that sends the right ones."""
    failures = []
    for mirror in MIRRORS:
        try:
            content = _receive(mirror + name)
            if hashlib.sha256(content).hexdigest() == SHA256[name]:
                return content
            failures.append(f"{mirror} sent {len(content):,} bytes with the wrong SHA-256")
        except (OSError, http.client.HTTPException) as error:
            failures.append(f"{mirror} failed ({error})")
    raise DataError(f"MNIST's {name} could not be downloaded: {', '.join(failures)}; {REMEDY}")


def _receive(url):
    """The bytes behind `url`, with a progress line on a terminal; OSError after 30 seconds of silence."""
    with urllib.request.urlopen(url, timeout=30) as response:
        expected, content = int(response.headers.get("Content-Length") or 0), bytearray()
        while chunk := response.read(1 << 16):
            content += chunk
            _show(f"{url}  {len(content) / 1e6:.1f} of {expected / 1e6:.1f} MB")
        _show("", end="\n")
    if len(content) < expected:
        raise OSError(f"the connection ended after {len(content):,} of {expected:,} bytes")
    return bytes(content)


def _show(text, end=""):
    """The progress line anew, its beginning cut off where the terminal is narrow; nothing on a dumb one."""
    dumb = os.environ.get("TERM", os.name) in ("", "dumb", "posix")     # on Windows there is no TERM
    if sys.stderr.isatty() and not dumb:
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{text[-width:]}" if text else "", end=end, file=sys.stderr, flush=True)


def _save(content, path):
    """Write beside `path`, then rename: no half-written file ever stands in a good one's place."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        forget_killed(path.parent, f"{path.name}.*.part")
        try:
            aside.write_bytes(content)
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(f"MNIST's {path.name} cannot be kept in {path.parent} ({error}); {REMEDY}") from error


def _find(folder, part):
    """The file of a part such as "t10k-images-idx3", under any of its usual names.  Raises DataError.

    Packed as it comes; unpacked; unpacked as 7-Zip and Kaggle have it, `t10k-images.idx3-ubyte`; and each of
    them in the folder or in one below it.
    """
    stem, _, kind = part.rpartition("-")
    names = [f"{stem}{dot}{kind}-ubyte{packed}" for packed in (".gz", "") for dot in "-."]
    for below in ("", "*/"):
        found = [path for name in names for path in _glob(folder, below + name)]
        if len({path.parent for path in found}) > 1:
            raise DataError(f"{folder} has more than one {part}-ubyte, in {found[0].parent.name} and in "
                            f"{found[-1].parent.name}; {REMEDY}")
        if found:
            return found[0]
    raise DataError(f"{part}-ubyte is missing: {_contents(folder)}; {REMEDY}")


def _glob(folder, pattern):
    try:
        return sorted(path for path in folder.glob(pattern) if path.is_file())
    except OSError:                             # forbidden
        return []


def _contents(folder):
    """What a folder holds, in a few words: “data holds a.zip, notes.txt”."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:                    # not there, a file, forbidden
        return f"{folder} cannot be read ({error.strerror})"
    return f"{folder} holds {', '.join(names[:4]) or 'nothing'}{', …' * (len(names) > 4)}"


def _read(folder, part):
    """The images (N, 28, 28) and labels (N,), uint8, of one half, "train" or "t10k"."""
    images = _read_idx(_find(folder, f"{part}-images-idx3"), ndim=3)
    labels = _read_idx(_find(folder, f"{part}-labels-idx1"), ndim=1)
    if images.shape[1:] != (28, 28) or not len(images) == len(labels) > 0 or labels.max() > 9:
        raise DataError(f"{folder} has {part}-images {images.shape} and {part}-labels {labels.shape} up to "
                        f"{labels.max(initial=0)}, where (N, 28, 28), (N,) and 9 belong; {REMEDY}")
    return images, labels


def _read_idx(path, ndim):
    """The uint8 array in an IDX file: 0, 0, 8 (uint8), ndim; the sizes, big-endian; the values."""
    try:
        content = path.read_bytes()
        if content.startswith(b"\x1f\x8b"):      # gzip, whatever the name says
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read ({error}); {REMEDY}") from error
    start = 4 + 4 * ndim
    if content[:4] != bytes([0, 0, 8, ndim]) or len(content) < start:
        raise DataError(f"{path} starts with {content[:4].hex(' ')}, IDX with 00 00 08 0{ndim}; {REMEDY}")
    shape = tuple(np.frombuffer(content, ">u4", ndim, 4).tolist())
    if len(content) - start != math.prod(shape):
        raise DataError(f"{path} holds {len(content) - start:,} values, its header says {shape}; {REMEDY}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


# Clouds of points

def cube(n, where="volume", rng=None):
    """n points x (n, 3) float32 of the cube [−1, 1]³: of its volume, or of its "surface".

    Uniform, with mean 0 and a variance per coordinate of 1/3 (volume) or (1 + 2 · 1/3)/3 = 5/9 (surface).
    """
    rng = _begin("cube", n, rng)
    require(where in ("volume", "surface"), f"cube: where is 'volume' or 'surface', not {where!r}")
    x = rng.uniform(-1, 1, (n, 3))
    if where == "surface":                      # push each point to one of the six faces, all as likely
        x[np.arange(n), rng.integers(3, size=n)] = rng.choice((-1, 1), n)
    return x.astype(np.float32)


def moons(n, noise=0.1, rng=None):
    """Two half circles of radius 1, hooked into each other: x (n, 2) float32, y (n,); after scikit-learn."""
    rng = _begin("moons", n, rng, noise)
    y, t = rng.integers(2, size=n), rng.uniform(0, math.pi, n)
    upper, lower = (np.cos(t), np.sin(t)), (1 - np.cos(t), 0.5 - np.sin(t))
    return _blurred(np.where(y == 1, lower, upper).T, noise, rng), y


def spirals(n, classes=3, noise=0.03, rng=None):
    """Arms that wind out to radius 1 by 4 radians: x (n, 2) float32, y (n,); after Stanford's CS231n."""
    rng = _begin("spirals", n, rng, noise, classes)
    y, radius = rng.integers(classes, size=n), rng.random(n)
    angle = 2 * math.pi * y / classes + 4 * radius
    return _blurred(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), noise, rng), y


def blobs(n, centres=((-2, -1), (2, -1), (0, 2)), noise=0.7, rng=None):
    """Gaussians of deviation `noise` around centres (K, D): x (n, D) float32, y (n,) from 0 to K − 1."""
    centres = np.asarray(centres, float)
    require(centres.ndim == 2, f"blobs: centres are (K, D), not {centres.shape}")
    rng = _begin("blobs", n, rng, noise, len(centres))
    y = rng.integers(len(centres), size=n)
    return _blurred(centres[y], noise, rng), y


def ring_of_gaussians(n, modes=8, radius=2.0, noise=0.02, rng=None):
    """Small Gaussians evenly on a circle: x (n, 2) float32, y (n,) the mode; after Metz et al. (2017)."""
    _begin("ring_of_gaussians", n, rng, noise, modes)
    angle = 2 * math.pi * np.arange(modes) / modes
    return blobs(n, radius * np.stack([np.cos(angle), np.sin(angle)], axis=1), noise, rng)


def _begin(name, n, rng, noise=0, classes=1):
    """The generator to draw from, once the arguments have been found to make sense."""
    for value, what in ((n, "n"), (classes, "the number of classes")):
        require(isinstance(value, int | np.integer) and value >= 1,
                f"{name}: {what} is a whole number ≥ 1, not {value!r}")
    require(noise >= 0, f"{name}: noise is a standard deviation ≥ 0, not {noise!r}")
    return generator(rng)


def _blurred(x, noise, rng):
    return (x + noise * rng.standard_normal(x.shape)).astype(np.float32)
