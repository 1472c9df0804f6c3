"""Data are what they claim, damage has one clear error, samplers have their densities, moves their maths."""
import errno
import gzip
import hashlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import io
import math
import os
from pathlib import Path
import subprocess
import sys
import threading

import numpy as np
import pytest

from minidl import backend, data
from minidl.augment import resample
from minidl.data import (blobs, crop, cube, digits, elastic, fetch_mnist, find_mnist, flip, have_mnist,
                         mnist, moons, ring_of_gaussians, rotate, scale, shift, spirals)

SEEDS = range(5)


# The bundled digits

def test_the_digits_are_the_1797_of_the_uci_test_part():
    (x, y), (x_test, y_test) = digits()
    assert x.shape == (1437, 1, 8, 8) and x_test.shape == (360, 1, 8, 8)
    x, y = np.concatenate([x, x_test]), np.concatenate([y, y_test])
    assert x.dtype == np.float32 and y.dtype == np.int64
    levels = x * 16
    assert (levels == levels.round()).all() and levels.min() == 0 and levels.max() == 16
    # facts of the data set, once compared with scikit-learn's load_digits(), array for array
    assert levels.sum(dtype=np.float64) == 561_718
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert y[:10].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert levels[0, 0].tolist()[0] == [0, 0, 5, 13, 9, 1, 0, 0]


def test_unseen_writers_are_harder_than_a_random_part():
    (x, y), (x_test, y_test) = digits()
    assert nearest_neighbour_error(x, y, x_test, y_test) == pytest.approx(0.044, abs=0.001)
    x, y = np.concatenate([x, x_test]).reshape(1797, 64), np.concatenate([y, y_test])
    orders = [np.random.default_rng(seed).permutation(1797) for seed in SEEDS]
    errors = [nearest_neighbour_error(x[o[:1437]], y[o[:1437]], x[o[1437:]], y[o[1437:]]) for o in orders]
    assert np.mean(errors) < 0.02


def nearest_neighbour_error(x, y, x_test, y_test):
    x, x_test = x.reshape(len(x), -1), x_test.reshape(len(x_test), -1)
    distances = (x**2).sum(axis=1) - 2 * x_test @ x.T
    return np.mean(y[distances.argmin(axis=1)] != y_test)


def test_the_large_digits_sit_where_those_of_mnist_do():
    (x, y), (x_test, _) = digits(32)
    assert x.shape == (1437, 1, 32, 32) and x_test.shape == (360, 1, 32, 32) and x.dtype == np.float32
    assert x.min() == 0 and x.max() == 1
    assert np.count_nonzero(x) == np.count_nonzero(x[:, :, 5:27, 5:27])         # MNIST's box of 20, blurred
    # MNIST, padded to 32 × 32, has a mean of 0.1001 and a standard deviation of 0.2758
    assert x.mean() == pytest.approx(0.100, rel=0.15) and x.std() == pytest.approx(0.276, rel=0.05)
    assert (y == digits(8)[0][1]).all()


@pytest.mark.parametrize("load", [digits, mnist])
def test_a_size_that_is_not_offered_is_refused_by_name(load):
    with pytest.raises(ValueError, match=f"{load.__name__}: the size is .* not 16"):
        load(16)


# MNIST from files: a tiny quartet, three training images and two test images

def idx(array, magic=None):
    head = bytes([0, 0, 8, array.ndim]) if magic is None else magic
    return gzip.compress(head + np.array(array.shape, ">u4").tobytes() + array.tobytes(), mtime=0)


def quartet():
    pixels = np.arange(5 * 784, dtype=np.uint32).reshape(5, 28, 28).astype(np.uint8)
    return {"train-images-idx3-ubyte.gz": idx(pixels[:3]),
            "train-labels-idx1-ubyte.gz": idx(np.uint8([7, 0, 9])),
            "t10k-images-idx3-ubyte.gz": idx(pixels[3:]),
            "t10k-labels-idx1-ubyte.gz": idx(np.uint8([1, 2]))}


def write(files, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.fixture
def given(tmp_path, monkeypatch):
    """A folder in $MINIDL_DATA, with the tiny quartet."""
    monkeypatch.setenv("MINIDL_DATA", str(tmp_path / "given"))
    write(quartet(), tmp_path / "given")
    return tmp_path / "given"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, no $MINIDL_DATA, and the tiny quartet's checksums in place of MNIST's."""
    monkeypatch.delenv("MINIDL_DATA", raising=False)
    monkeypatch.setenv("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(data, "SHA256", {n: hashlib.sha256(c).hexdigest() for n, c in quartet().items()})
    return tmp_path / "caches" / "minidl" / "mnist"


@pytest.mark.parametrize("size", [28, 32])
def test_a_local_folder_is_read_with_pixels_from_0_to_1(given, size):
    (x, y), (x_test, y_test) = mnist(size)
    assert x.shape == (3, 1, size, size) and x_test.shape == (2, 1, size, size)
    assert x.dtype == np.float32 and y.dtype == np.int64
    assert y.tolist() == [7, 0, 9] and y_test.tolist() == [1, 2]
    border = (size - 28) // 2
    inside = x[:, 0, border:border + 28, border:border + 28]
    assert np.allclose(inside * 255, np.arange(3 * 784).reshape(3, 28, 28) % 256)
    assert inside.max() == 1 and x.sum() == pytest.approx(inside.sum())                  # the border is black


@pytest.fixture
def no_network(monkeypatch):
    monkeypatch.setattr(data.urllib.request, "urlopen", lambda *_, **__: pytest.fail("asked the network"))


def test_a_local_folder_is_found_and_checked_without_a_network(given, no_network):
    assert have_mnist() == fetch_mnist() == given


pack, unpack = gzip.compress, gzip.decompress
DAMAGES = {     # what is done to a file: (the file, the new content from the old, what the error says)
    "bad magic":        ("train-images-idx3", lambda _: idx(np.zeros((3, 28, 28), np.uint8), b"\0\0\x0d\3"),
                         "starts with 00 00 0d 03"),
    "labels as images": ("train-images-idx3", lambda _: idx(np.uint8([7, 0, 9])), "starts with 00 00 08 01"),
    "empty":            ("t10k-labels-idx1", lambda _: b"", "starts with"),
    "empty inside":     ("t10k-labels-idx1", lambda _: pack(b""), "starts with"),
    "header only":      ("t10k-images-idx3", lambda _: pack(b"\0\0\x08\3"), "starts with"),
    "short payload":    ("t10k-images-idx3", lambda old: pack(unpack(old)[:-1]), "1,567 values"),
    "long payload":     ("t10k-labels-idx1", lambda old: pack(unpack(old) + b"\1"), "3 values"),
    "truncated gzip":   ("train-labels-idx1", lambda old: old[:-9], "cannot be read"),
    "flipped bit":      ("train-labels-idx1", lambda old: old[:-1] + bytes([old[-1] ^ 1]), "cannot be read"),
    "broken deflate":   ("train-labels-idx1", lambda old: old[:10] + b"\xff" * 20, "cannot be read"),
    "not gzip":         ("train-images-idx3", lambda _: b"<html>not found</html>", "starts with 3c 68 74 6d"),
    "wrong count":      ("train-labels-idx1", lambda _: idx(np.uint8([7, 0])), r"28\) and .* \(2,\)"),
    "wrong size":       ("t10k-images-idx3", lambda _: idx(np.zeros((2, 9, 9), np.uint8)), r"\(2, 9, 9\)"),
    "no labels":        ("t10k-labels-idx1", lambda _: idx(np.zeros(0, np.uint8)), r"\(0,\)"),
    "eleventh class":   ("t10k-labels-idx1", lambda _: idx(np.uint8([1, 10])), "up to 10"),
    "missing":          ("t10k-labels-idx1", None, "is missing"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("load", [mnist, fetch_mnist])
def test_a_damaged_local_file_is_named_with_what_is_wrong_and_what_to_do(given, damage, load):
    name, change, message = DAMAGES[damage]
    path = given / f"{name}-ubyte.gz"
    path.write_bytes(change(path.read_bytes())) if change else path.unlink()
    with pytest.raises(data.DataError, match=message) as caught:
        load()
    assert name.split("-idx")[0] in str(caught.value) and str(caught.value).endswith(data.REMEDY)
    assert "\n" not in str(caught.value)


def test_a_local_folder_without_all_four_files_is_not_mnist(given):
    (given / "t10k-labels-idx1-ubyte.gz").unlink()
    assert have_mnist() is None


def test_no_images_and_no_labels_are_not_mnist(given):
    write({"t10k-images-idx3-ubyte.gz": idx(np.zeros((0, 28, 28), np.uint8)),
           "t10k-labels-idx1-ubyte.gz": idx(np.zeros(0, np.uint8))}, given)
    with pytest.raises(data.DataError, match="t10k-images .0, 28, 28. and t10k-labels .0,."):
        mnist()


IN_THE_WILD = {     # how others have a file: its path and its content, from MNIST's own name and content
    "unpacked":                  lambda name, old: (name[:-3], unpack(old)),
    "unpacked by 7-Zip":         lambda name, old: (name[:-3].replace("-idx", ".idx"), unpack(old)),
    "unpacked by the browser":   lambda name, old: (name, unpack(old)),
    "packed, the name not":      lambda name, old: (name[:-3], old),
    "Kaggle's folder in folder": lambda name, old: (f"{name[:-3]}/{name[:-3]}", unpack(old)),
    "torchvision's raw":         lambda name, old: (f"raw/{name}", old),
}


@pytest.mark.parametrize("way", IN_THE_WILD)
def test_mnist_is_read_as_others_unpack_and_name_it(tmp_path, monkeypatch, no_network, way):
    for item in quartet().items():
        path, content = IN_THE_WILD[way](*item)
        write({Path(path).name: content}, (tmp_path / path).parent)
    monkeypatch.setenv("MINIDL_DATA", str(tmp_path))
    assert have_mnist() == fetch_mnist() == tmp_path
    (x, y), (_, y_test) = mnist()
    assert x.shape == (3, 1, 28, 28) and y.tolist() == [7, 0, 9] and y_test.tolist() == [1, 2]


@pytest.mark.parametrize("typed", ['"{}"', "'{}'", "{} ", ' "{}" '])
def test_quotes_and_blanks_around_the_folder_do_not_matter(given, monkeypatch, typed):
    monkeypatch.setenv("MINIDL_DATA", typed.format(given))
    assert have_mnist() == given


def test_a_folder_below_is_read_only_where_there_is_no_doubt(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIDL_DATA", str(tmp_path))
    write(quartet(), tmp_path / "mnist")
    assert have_mnist() == tmp_path
    write(quartet(), tmp_path / "fashion")
    with pytest.raises(data.DataError, match="more than one train-images.*, in fashion and in mnist"):
        mnist()
    write(quartet(), tmp_path)                  # the folder's own come before any below it
    assert mnist()[0][1].tolist() == [7, 0, 9]


@pytest.mark.parametrize("make, sentence", [
    (lambda folder: None, "cannot be read ("), (lambda folder: folder.mkdir(), "holds nothing;"),
    (lambda folder: folder.write_bytes(b""), "cannot be read ("),
    (lambda folder: write(dict.fromkeys(["b.zip", "a.csv"], b""), folder), "holds a.csv, b.zip;"),
    (lambda folder: write(dict.fromkeys("abcdefg", b""), folder), "holds a, b, c, d, …;")])
def test_a_folder_without_mnist_is_named_with_its_content(tmp_path, monkeypatch, no_network, make, sentence):
    folder = tmp_path / "here"
    monkeypatch.setenv("MINIDL_DATA", str(folder))
    make(folder)
    assert have_mnist() is None
    for load in find_mnist, fetch_mnist, mnist:
        with pytest.raises(data.DataError) as caught:
            load()
        assert f"train-images-idx3-ubyte is missing: {folder} {sentence}" in str(caught.value)
        assert str(caught.value).endswith(data.REMEDY)


def test_a_folder_that_may_not_be_read_is_named(tmp_path, monkeypatch, no_network):
    def forbidden(*_):
        raise PermissionError(errno.EACCES, "Permission denied")
    monkeypatch.setenv("MINIDL_DATA", str(tmp_path))
    monkeypatch.setattr(Path, "glob", forbidden)
    monkeypatch.setattr(os, "listdir", forbidden)
    with pytest.raises(data.DataError, match="is missing: .* cannot be read .Permission denied.;"):
        mnist()


def test_without_a_home_folder_mnist_is_not_here_and_the_download_says_why(no_home, no_network):
    assert have_mnist() is None
    with pytest.raises(data.DataError, match="no place to keep MNIST in .Could not determine home directory"):
        fetch_mnist()


def test_the_real_mnist_has_the_known_counts():
    if not os.environ.get("MINIDL_DATA") or not have_mnist():
        pytest.skip("MINIDL_DATA names no folder with MNIST")
    (x, y), (x_test, y_test) = mnist()
    assert x.shape == (60_000, 1, 28, 28) and x_test.shape == (10_000, 1, 28, 28)
    assert np.bincount(y).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert x.mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5) and x.max() == 1


# MNIST from the network: a server on this machine, one folder for each way to answer

@pytest.fixture
def server(monkeypatch):
    """The address of a server whose folders good, short, corrupt and missing say how they answer."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            how, name = self.path.strip("/").split("/")
            content = quartet()[name]
            self.send_response(404 if how == "missing" else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            sent = {"good": content, "short": content[:-5], "corrupt": content[:-1] + b"?"}
            self.wfile.write(sent.get(how, b""))

        def log_message(self, *_):
            pass

    monkeypatch.setenv("no_proxy", "*")
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def mirrors(monkeypatch, server, *ways):
    """Point MIRRORS at these ways to answer; "refused" is a port where nobody listens."""
    nobody = "http://127.0.0.1:1"
    monkeypatch.setattr(data, "MIRRORS", [f"{nobody if way == 'refused' else server}/{way}/" for way in ways])


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


@pytest.mark.parametrize("first", ["good", "short", "corrupt", "missing", "refused"])
def test_a_download_succeeds_if_any_mirror_does(cache, server, monkeypatch, first, capsys):
    mirrors(monkeypatch, server, first, "good")
    assert have_mnist() is None
    assert mnist()[0][1].tolist() == [7, 0, 9]
    assert have_mnist() == cache and contents(cache) == quartet()
    assert capsys.readouterr() == ("", "")                          # no progress line: not a terminal


REASONS = {"short": "ended after .* bytes", "corrupt": "wrong SHA", "missing": "404", "refused": "refused"}


@pytest.mark.parametrize("way", REASONS)
def test_a_failed_download_says_why_for_each_mirror_and_leaves_nothing(cache, server, monkeypatch, way):
    mirrors(monkeypatch, server, way, "missing")
    with pytest.raises(data.DataError, match=f"{way}/ .*{REASONS[way]}.*missing/ .*404") as caught:
        fetch_mnist()
    assert str(caught.value).endswith(data.REMEDY) and "\n" not in str(caught.value)
    assert contents(cache) == {} and have_mnist() is None


def test_a_whole_cache_needs_no_network(cache, no_network):
    write(quartet(), cache)
    assert have_mnist() == fetch_mnist() == cache
    assert len(mnist()[1][0]) == 2


def test_a_damaged_cache_file_is_fetched_again_and_alone(cache, server, monkeypatch):
    mirrors(monkeypatch, server, "good")
    damaged = quartet() | {"train-labels-idx1-ubyte.gz": b"half a fi"}
    write(damaged, cache)
    before = {name: (cache / name).stat().st_mtime_ns for name in damaged}
    assert have_mnist() is None
    fetch_mnist()
    assert contents(cache) == quartet()
    changed = [name for name in damaged if (cache / name).stat().st_mtime_ns != before[name]]
    assert changed == ["train-labels-idx1-ubyte.gz"]


@pytest.mark.parametrize("way", REASONS)
def test_a_bad_download_replaces_nothing(cache, server, monkeypatch, way):
    mirrors(monkeypatch, server, way)
    held = quartet() | {"t10k-labels-idx1-ubyte.gz": b"an older release"}
    write(held, cache)
    with pytest.raises(data.DataError, match="t10k-labels"):
        mnist()
    assert contents(cache) == held


@pytest.mark.skipif(os.name != "posix", reason="whether a process is alive is asked by a signal")
def test_what_a_killed_download_left_is_gone_after_the_next(cache, server, monkeypatch):
    mirrors(monkeypatch, server, "good")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    cache.mkdir(parents=True, exist_ok=True)
    (cache / f"{next(iter(data.SHA256))}.{dead.pid}.part").write_bytes(b"half")
    fetch_mnist()
    assert not list(cache.glob("*.part"))



@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_a_full_disk_leaves_no_part_of_a_file(cache, server, monkeypatch, step):
    mirrors(monkeypatch, server, "good")
    write({"train-images-idx3-ubyte.gz": b"older"}, cache)
    write_bytes = Path.write_bytes

    def fail(first, *_):
        if step == "write_bytes":
            write_bytes(first, b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(*((Path, "write_bytes") if step == "write_bytes" else (os, "replace")), fail)
    with pytest.raises(data.DataError, match="cannot be kept in .*No space left"):
        fetch_mnist()
    assert contents(cache) == {"train-images-idx3-ubyte.gz": b"older"}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_the_progress_in_one_line_however_narrow(cache, server, monkeypatch):
    mirrors(monkeypatch, server, "good")
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "30")
    fetch_mnist()
    shown = data.sys.stderr.getvalue()
    assert shown.count(" MB\n") == 4 and max(map(len, shown.replace("\r", "\n").splitlines())) == 29


def test_a_dumb_terminal_sees_no_line_that_renews_itself(cache, server, monkeypatch):
    mirrors(monkeypatch, server, "good")
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", "dumb")
    fetch_mnist()
    assert data.sys.stderr.getvalue() == ""


def test_the_mirrors_are_two_and_speak_https():
    assert len(data.MIRRORS) == 2 and all(mirror.startswith("https://") for mirror in data.MIRRORS)
    assert all(len(bytes.fromhex(checksum)) == 32 for checksum in data.SHA256.values())


# Samplers against their densities.  Bounds are five standard errors.

def assert_equally_likely(cells, k):
    """Pearson's χ² of cell numbers 0 … k − 1: mean k − 1 and variance 2 (k − 1) if all are equally likely."""
    expected = len(cells) / k
    chi2 = ((np.bincount(cells, minlength=k) - expected) ** 2 / expected).sum()
    assert chi2 < k - 1 + 5 * math.sqrt(2 * (k - 1))


def assert_mean(values, mean, variance):
    error = np.mean(values, axis=0, dtype=np.float64) - mean
    assert np.abs(error).max() < 5 * math.sqrt(variance / len(values))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_volume_of_the_cube_is_evenly_filled(seed):
    x = cube(20_000, rng=np.random.default_rng(seed))
    assert x.shape == (20_000, 3) and x.dtype == np.float32 and np.abs(x).max() <= 1
    assert_mean(x, 0, 1 / 3)
    assert_mean(x**2, 1 / 3, 1 / 5 - 1 / 9)                         # E x⁴ = 1/5
    assert_equally_likely(((x + 1) * 2).astype(int).clip(0, 3) @ [16, 4, 1], 64)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_surface_of_the_cube_is_evenly_filled(seed):
    x = cube(20_000, "surface", np.random.default_rng(seed))
    assert x.dtype == np.float32 and (np.abs(x).max(axis=1) == 1).all()
    assert_mean(x, 0, 5 / 9)
    assert_mean(x**2, 5 / 9, 7 / 15 - 25 / 81)                      # E x⁴ = (1 + 2/5)/3 = 7/15
    axis = np.abs(x).argmax(axis=1)
    face = 2 * axis + (x[np.arange(len(x)), axis] > 0)
    rest = x[np.arange(3) != axis[:, None]].reshape(-1, 2)          # the two coordinates within the face
    assert_equally_likely(face, 6)
    assert_equally_likely(face * 16 + ((rest + 1) * 2).astype(int).clip(0, 3) @ [4, 1], 96)


TOYS = {"moons": (moons, 2), "spirals": (spirals, 3), "blobs": (blobs, 3), "ring": (ring_of_gaussians, 8)}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("toy", TOYS)
def test_toy_sets_have_even_classes_and_gaussian_noise_of_the_size_asked_for(toy, seed):
    sample, classes = TOYS[toy]
    x, y = sample(4000, noise=0.3, rng=np.random.default_rng(seed))
    clean, same_y = sample(4000, noise=0, rng=np.random.default_rng(seed))
    assert x.shape == (4000, 2) and x.dtype == np.float32 and y.dtype == np.int64 and (y == same_y).all()
    assert_equally_likely(y, classes)
    noise = (x - clean) / 0.3
    assert_mean(noise, 0, 1)
    assert_mean(noise**2, 1, 2)                                     # the variance of a squared Gaussian
    assert_mean(noise[:, 0] * noise[:, 1], 0, 1)
    assert_equally_likely(np.minimum(np.exp(-(noise**2).sum(axis=1) / 2) * 10, 9).astype(int), 10)


@pytest.mark.parametrize("seed", SEEDS)
def test_moons_and_spirals_are_even_along_their_curves(seed):
    x, y = moons(4000, noise=0, rng=np.random.default_rng(seed))
    u, v = np.where(y, 1 - x[:, 0], x[:, 0]), np.where(y, 0.5 - x[:, 1], x[:, 1])
    assert np.allclose(u**2 + v**2, 1, atol=1e-6)
    assert v.min() > -1e-6                                          # the upper half of each own circle
    assert_equally_likely((np.arctan2(v, u).clip(0, 3.14159) / math.pi * 10).astype(int), 10)

    x, y = spirals(4000, classes=5, noise=0, rng=np.random.default_rng(seed))
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    turn = np.exp(1j * (angle - 4 * radius - 2 * np.pi * y / 5))
    assert np.abs(turn[radius > 0.01] - 1).max() < 1e-4
    assert_equally_likely((radius * 10).astype(int).clip(0, 9), 10)


def test_blobs_and_rings_stand_where_their_centres_are():
    x, y = blobs(500, centres=[[0, 0, 5], [1, 2, 3]], noise=0)
    assert (x == np.array([[0, 0, 5], [1, 2, 3]])[y]).all()
    x, y = ring_of_gaussians(500, modes=4, noise=0)
    assert np.allclose(x, np.array([[2, 0], [0, 2], [-2, 0], [0, -2]])[y], atol=1e-6)


def test_samplers_and_moves_draw_from_the_seeded_generator():
    x = digits()[0][0][:9]
    draws = [cube, lambda n: cube(n, "surface"), *(lambda n, s=s: s(n)[0] for s, _ in TOYS.values()),
             *(lambda n, m=m: m(x) for m in MOVES.values())]
    for draw in draws:
        backend.seed(3)
        first, second = draw(9), draw(9)
        backend.seed(3)
        assert (draw(9) == first).all() and (second != first).any()


# Augmentation

MOVES = {
    "shift":    lambda x, rng=None: shift(x, 2, rng),
    "crop":     lambda x, rng=None: crop(x, 2, rng),
    "flip":     lambda x, rng=None: flip(x, rng=rng),
    "rotate":   lambda x, rng=None: rotate(x, 20, rng),
    "scale":    lambda x, rng=None: scale(x, 1.2, rng),
    "elastic":  lambda x, rng=None: elastic(x, 34, 4, rng),
}
NOTHING = {
    "shift":    lambda x: shift(x, 0),
    "crop":     lambda x: crop(x, 0),
    "flip":     lambda x: flip(x, chance=0),
    "rotate":   lambda x: rotate(x, 0),
    "scale":    lambda x: scale(x, 1),
    "elastic":  lambda x: elastic(x, 0, 4),
    "resample": lambda x: resample(x, np.arange(x.shape[2])[:, None], np.arange(x.shape[3])),
}


class Highest(np.random.Generator):
    """A generator whose uniform draws are all the highest, so that a move has its full strength."""
    def uniform(self, low, high, size):
        return np.full(size, high, float)


HIGHEST = Highest(np.random.PCG64())


def noise(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).random(shape).astype(dtype)


def blob(n=1, size=28, row=14, column=12, width=3.0):
    """n smooth images (n, 1, size, size) of one Gaussian spot with a black border."""
    i, j = np.arange(size)[:, None], np.arange(size)
    return np.tile(np.exp(-((i - row) ** 2 + (j - column) ** 2) / (2 * width**2)), (n, 1, 1, 1))


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_move_of_no_strength_changes_nothing(name, dtype):
    x = noise(5, 3, 7, 11, dtype=dtype)
    assert (NOTHING[name](x) == x).all()


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5, 3, 13, 11), (1, 1, 1, 1), (0, 1, 8, 8)])
def test_a_move_keeps_shape_and_dtype_and_returns_a_new_array(name, dtype, shape):
    x = noise(*shape, dtype=dtype)
    before = x.copy()
    out = MOVES[name](x)
    assert out.shape == x.shape and out.dtype == dtype and (x == before).all()
    assert not np.shares_memory(out, x)
    assert not np.shares_memory(NOTHING[name](x), x)


@pytest.mark.parametrize("name", MOVES)
def test_each_image_has_its_own_draw_and_its_channels_share_it(name):
    one = noise(1, 1, 13, 13)
    out = MOVES[name](np.tile(one, (40, 2, 1, 1)))
    assert (out[:, 0] == out[:, 1]).all()
    assert len(np.unique(out[:, 0].reshape(40, -1), axis=0)) > (1 if name == "flip" else 10)


@pytest.mark.parametrize("move", [shift, crop])
@pytest.mark.parametrize("seed", SEEDS)
def test_all_shifts_are_exact_and_equally_likely(move, seed):
    picture = noise(9, 9)
    wide = np.pad(picture, 2)
    moved = {wide[2 - i:11 - i, 2 - j:11 - j].tobytes(): 5 * (i + 2) + j + 2
             for i in range(-2, 3) for j in range(-2, 3)}           # down by i and right by j
    out = move(np.tile(picture, (2500, 1, 1, 1)), 2, np.random.default_rng(seed))
    assert_equally_likely(np.array([moved[image.tobytes()] for image in out]), 25)


def test_flips_are_exact_and_as_frequent_as_asked():
    x = noise(4000, 2, 5, 4)
    assert (flip(x, chance=1) == np.flip(x, axis=3)).all()
    assert (flip(x, "vertical", chance=1) == np.flip(x, axis=2)).all()
    flipped = (flip(x, chance=0.3, rng=np.random.default_rng(0)) == x[..., ::-1]).all(axis=(1, 2, 3))
    assert_mean(flipped, 0.3, 0.3 * 0.7)


def test_whole_numbers_survive_the_moves_that_do_not_mix_pixels():
    x = np.arange(2 * 16, dtype=np.uint8).reshape(2, 1, 4, 4)
    assert all(MOVES[name](x).dtype == np.uint8 for name in ("shift", "crop", "flip"))


@pytest.mark.parametrize("size", [8, 9])
def test_a_quarter_turn_is_rot90_and_anticlockwise(size):
    x = noise(3, 2, size, size)
    assert np.allclose(rotate(x, 90, HIGHEST), np.rot90(x, 1, axes=(2, 3)), atol=1e-12)
    assert np.allclose(rotate(x, 270, HIGHEST), np.rot90(x, -1, axes=(2, 3)), atol=1e-12)
    assert np.allclose(rotate(x, 180, HIGHEST), x[..., ::-1, ::-1], atol=1e-12)


def centre_of(x):
    """The centre of mass of each image as complex numbers, right + i·up of the middle of the image."""
    h, w = x.shape[2:]
    up, right = (h - 1) / 2 - np.arange(h)[:, None], np.arange(w) - (w - 1) / 2
    return ((right + 1j * up) * x).sum(axis=(1, 2, 3)) / x.sum(axis=(1, 2, 3))


@pytest.mark.parametrize("seed", SEEDS)
def test_angles_and_magnifications_are_drawn_evenly(seed):
    x = blob(1000, row=13.5, column=18.5, width=2.0)                # 5 pixels to the right of the middle
    degrees = np.degrees(np.angle(centre_of(rotate(x, 40, np.random.default_rng(seed)))))
    assert_equally_likely(((degrees / 40.2 + 1) * 5).astype(int), 10)           # 40.2: measured to 0.2°
    octaves = np.log2(np.abs(centre_of(scale(x, 1.5, np.random.default_rng(seed)))) / 5) / math.log2(1.5)
    assert_equally_likely(((octaves / 1.005 + 1) * 5).astype(int), 10)


def test_mass_stays_or_grows_with_the_area():
    x = blob(50)
    total = x.sum(axis=(1, 2, 3))
    for name, tolerance in (("shift", 1e-3), ("crop", 1e-3), ("flip", 1e-12), ("rotate", 2e-3)):
        assert np.allclose(MOVES[name](x).sum(axis=(1, 2, 3)), total, rtol=tolerance), name
    assert np.allclose(scale(x, 1.2, HIGHEST).sum(axis=(1, 2, 3)), 1.2**2 * total, rtol=2e-3)
    bent = elastic(blob(500), rng=np.random.default_rng(0)).sum(axis=(1, 2, 3))     # fair: right on average
    assert_mean(bent, total[0], bent.var())


def test_elastic_displaces_by_the_stated_amount_smoothly():
    i, j = np.meshgrid(np.arange(41.0), np.arange(41.0), indexing="ij")
    x = np.tile([i, j], (400, 1, 1, 1))         # a pixel's value is its place, so reading it shows the place
    middle = (elastic(x, alpha=30, sigma=3, rng=np.random.default_rng(0)) - x)[:, :, 12:29, 12:29]
    stated = 30 / (3 * math.sqrt(12 * math.pi))
    assert middle.std() == pytest.approx(stated, rel=0.03)
    assert abs(middle.mean()) < 0.05 * stated
    assert abs(np.corrcoef(middle[:, 0].ravel(), middle[:, 1].ravel())[0, 1]) < 0.05    # axis by axis
    # neighbours a distance d apart have the correlation exp(−d²/4σ²)
    for d in (1, 3, 6):
        pair = np.corrcoef(middle[..., d:].ravel(), middle[..., :-d].ravel())[0, 1]
        assert pair == pytest.approx(math.exp(-d * d / 36), abs=0.03)


def test_resample_reads_between_pixels_and_sees_zeros_outside():
    x = np.array([[[[1.0, 2.0], [3.0, 5.0]]]])
    points = {(0, 0): 1, (0, 0.5): 1.5, (0.5, 0): 2, (0.5, 0.5): 2.75, (1, 1): 5, (0.25, 1): 2.75,
              (-0.5, 0): 0.5, (1, 1.75): 1.25, (-1, 0): 0, (0, 2): 0, (1e9, 0): 0, (0, -1e9): 0}
    rows, columns = np.array(list(points), float).T[:, None, None, :]                   # each (1, 1, 12)
    assert resample(x, rows, columns)[0, 0, 0].tolist() == list(points.values())


def test_resample_is_a_sum_over_all_pixels_weighted_by_two_hats():
    x, rng = noise(3, 2, 5, 7), np.random.default_rng(1)
    rows, columns = rng.uniform(-2, 6, (3, 4, 6)), rng.uniform(-2, 8, (3, 4, 6))
    hats = np.maximum(0, 1 - np.abs(rows[..., None] - np.arange(5)))                    # (3, 4, 6, 5)
    others = np.maximum(0, 1 - np.abs(columns[..., None] - np.arange(7)))                # (3, 4, 6, 7)
    expected = np.einsum("nchw,nijh,nijw->ncij", x, hats, others)
    assert np.allclose(resample(x, rows, columns), expected, atol=1e-12)


IMAGES = np.zeros((2, 1, 4, 4), np.float32)
MISTAKES = {    # (the call, the error, what it says)
    "a float for n":    (lambda: cube(2.0), ValueError, "cube: n .* not 2.0"),
    "no cube":          (lambda: cube(0), ValueError, "cube: n is a whole number ≥ 1, not 0"),
    "half a point":     (lambda: cube(2.5), ValueError, "cube: n .* not 2.5"),
    "cube's inside":    (lambda: cube(3, "inside"), ValueError, "'volume' or 'surface', not 'inside'"),
    "noise below 0":    (lambda: moons(3, noise=-1), ValueError, "moons: noise .* not -1"),
    "no arms":          (lambda: spirals(3, classes=0), ValueError, "spirals: .* classes .* not 0"),
    "flat centres":     (lambda: blobs(3, centres=[1, 2]), ValueError, r"centres are \(K, D\), not \(2,\)"),
    "no modes":         (lambda: ring_of_gaussians(3, modes=0), ValueError, "ring_of_gaussians: .* not 0"),
    "a seed as rng":    (lambda: cube(3, rng=0), TypeError, r"default_rng\(seed\), not 0"),
    "flat images":      (lambda: shift(IMAGES[0, 0], 1), ValueError, r"shift: .* not ndarray \(4, 4\)"),
    "a list":           (lambda: rotate([1, 2], 1), ValueError, "rotate: .* not list"),
    "half a pixel":     (lambda: shift(IMAGES, 0.5), ValueError, "shift: pixels .* not 0.5"),
    "padding below 0":  (lambda: crop(IMAGES, -1), ValueError, "crop: padding .* not -1"),
    "turn below 0":     (lambda: rotate(IMAGES, -5), ValueError, "rotate: degrees .* not -5"),
    "to nothing":       (lambda: scale(IMAGES, 0.5), ValueError, "scale: factor .* not 0.5"),
    "a third axis":     (lambda: flip(IMAGES, "depth"), ValueError, "or 'vertical', not 'depth'"),
    "chance of 2":      (lambda: flip(IMAGES, chance=2), ValueError, "flip: chance .* not 2"),
    "sharp blur":       (lambda: elastic(IMAGES, 1, 0), ValueError, "elastic: .* sigma > 0, not 1 and 0"),
    "mixed integers":   (lambda: rotate(IMAGES.astype("u1"), 5), ValueError, "uint8: use x.astype"),
    "points for 3":     (lambda: resample(IMAGES, np.zeros((3, 4, 4)), 0), ValueError, r"3, 4, 4\), .* \(2,"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_clear_sentence(mistake):
    call, error, message = MISTAKES[mistake]
    with pytest.raises(error, match=message):
        call()
