"""New training images from old: shift, flip, rotate, scale and bend them, and the label stays what it was.

    x = rotate(shift(x, 2), 10)                # another draw for every image, at every call

The law: x (N, C, H, W) goes in and is left alone; a new array of the same shape and dtype comes out.  Each
image has a draw of its own from `rng` (a numpy Generator; else the one seeded generator), shared by its
channels, and what comes in from outside the image is 0.  All on the host; a wrong argument is a ValueError, a
wrong `rng` a TypeError.

To turn, scale or bend an image, ask of every new pixel which point of the old image it shows.  That point
lies between four pixels, and `resample` mixes them.  The three differ in nothing but the map from new to old.
"""
import numpy as np

from minidl import backend


def require(true, message):
    """Nothing if `true`, else ValueError(message)."""
    if not true:
        raise ValueError(message)


def generator(rng):
    """`rng` itself, or the one seeded generator in place of None."""
    if not isinstance(rng, np.random.Generator | None):         # a seed, say; and 0 would pass for None
        raise TypeError(f"rng is a numpy Generator, np.random.default_rng(seed), not {rng!r}")
    return backend.rng() if rng is None else rng


def _begin(name, x, rng):
    """The generator to draw from, once x has been found to be a batch of images on the host."""
    require(isinstance(x, np.ndarray) and x.ndim == 4,
            f"{name}: x is a NumPy array (N, C, H, W), not {type(x).__name__} {np.shape(x)}")
    return generator(rng)


# Moves that keep the pixels

def crop(x, padding, rng=None):
    """The images with `padding` zeros on every side, cut back to their size at a random place."""
    rng = _begin("crop", x, rng)
    require(isinstance(padding, int | np.integer) and padding >= 0,
            f"crop: padding is a whole number ≥ 0, not {padding!r}")
    p, (n, _, h, w) = padding, x.shape
    wide = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    windows = np.lib.stride_tricks.sliding_window_view(wide, (h, w), axis=(2, 3))   # (N, C, 2p+1, 2p+1, H, W)
    row, column = rng.integers(2 * p + 1, size=(2, n))
    return windows[np.arange(n), :, row, column]


def shift(x, pixels, rng=None):
    """The images moved along each axis by a whole number of pixels, evenly from −pixels to pixels."""
    _begin("shift", x, rng)
    require(isinstance(pixels, int | np.integer) and pixels >= 0,
            f"shift: pixels is a whole number ≥ 0, not {pixels!r}")
    return crop(x, pixels, rng)             # to pad and cut elsewhere is to shift: two names for one thing


def flip(x, axis="horizontal", chance=0.5, rng=None):
    """The images, each mirrored with probability `chance`.

    axis "horizontal" swaps left and right, "vertical" top and bottom.
    """
    rng = _begin("flip", x, rng)
    require(axis in ("horizontal", "vertical"), f"flip: axis is 'horizontal' or 'vertical', not {axis!r}")
    require(0 <= chance <= 1, f"flip: chance is a probability, 0–1, not {chance!r}")
    mirrored = x[..., ::-1] if axis == "horizontal" else x[..., ::-1, :]
    return np.where(rng.random((len(x), 1, 1, 1)) < chance, mirrored, x)


# Moves that mix pixels

def resample(x, rows, columns):
    """The images read between their pixels, bilinearly, at the points given.

    out[n, c, i, j] = x[n, c, rows[n, i, j], columns[n, i, j]], where outside the image every pixel is 0.
    x (N, C, H, W) float32 or float64; rows and columns, counted in pixels from 0, broadcast to (N, OH, OW),
    or to (OH, OW) for all images alike → (N, C, OH, OW), x's dtype.
    """
    _begin("resample", x, None)
    n, c, h, w = x.shape
    rows, columns = np.broadcast_arrays(rows, columns)
    require(x.dtype in (np.float32, np.float64),
            f"resample: pixels mix as float32 or float64, these are {x.dtype}: use x.astype(np.float32)")
    require(rows.ndim == 2 or rows.ndim == 3 and len(rows) == n,
            f"resample: rows and columns broadcast to {rows.shape}, where (OH, OW) or ({n}, OH, OW) belongs")
    x = np.pad(x, ((0, 0), (0, 0), (1, 2), (1, 2)))                     # zeros around: the old row 0 is row 1
    rows, columns = (np.clip(at, -1, size).astype(x.dtype) + 1 for at, size in ((rows, h), (columns, w)))
    top, left = np.floor(rows), np.floor(columns)
    down, right = (rows - top)[..., None, :, :], (columns - left)[..., None, :, :]
    corner = top.astype(np.intp) * (w + 3) + left.astype(np.intp)
    corner = corner[..., None, :, :] + np.arange(n * c).reshape(n, c, 1, 1) * ((h + 3) * (w + 3))
    a, b, c, d = (x.take(corner + step) for step in (0, 1, w + 3, w + 4))       # the four, a b above c d
    upper, lower = a + (b - a) * right, c + (d - c) * right
    return upper + (lower - upper) * down       # (N, C, OH, OW)


def rotate(x, degrees, rng=None):
    """The images, each turned about its centre by an angle drawn evenly from −degrees to degrees."""
    rng = _begin("rotate", x, rng)
    require(degrees >= 0, f"rotate: degrees is an angle ≥ 0, not {degrees!r}")
    angle = np.radians(rng.uniform(-degrees, degrees, (len(x), 1, 1)))
    return _turn(x, np.cos(angle), np.sin(angle))


def scale(x, factor, rng=None):
    """The images, each magnified about its centre by 1/factor to factor, growing as likely as shrinking."""
    rng = _begin("scale", x, rng)
    require(factor >= 1, f"scale: factor is ≥ 1 (1.2 for a fifth larger to a sixth smaller), not {factor!r}")
    magnification = factor ** rng.uniform(-1, 1, (len(x), 1, 1))
    return _turn(x, 1 / magnification, 0)


def _turn(x, a, b):
    """Read at a + bi times each pixel's offset from the centre: one complex number turns and stretches."""
    h, w = x.shape[2:]
    row, column = np.arange(h)[:, None] - (h - 1) / 2, np.arange(w) - (w - 1) / 2
    return resample(x, a * row + b * column + (h - 1) / 2, a * column - b * row + (w - 1) / 2)


def elastic(x, alpha=34.0, sigma=4.0, rng=None):
    """The images bent as if drawn on rubber: every pixel is displaced, near ones nearly alike.

    The displacement is noise from −1 to 1 at every pixel, blurred by a Gaussian of `sigma` pixels, times
    alpha.  Its standard deviation along each axis is alpha / (sigma √(12 π)) away from the border: 1.4 pixels
    for the defaults, which are the source's for MNIST.
    Source: P. Simard, D. Steinkraus and J. Platt (2003), "Best practices for convolutional neural networks
    applied to visual document analysis", section 2.
    """
    rng = _begin("elastic", x, rng)
    require(alpha >= 0 and sigma > 0, f"elastic: alpha ≥ 0 and sigma > 0, not {alpha!r} and {sigma!r}")
    n, _, h, w = x.shape
    noise = rng.random((2, n, h, w), np.float32) * 2 - 1
    rows, columns = alpha * (_blur(h, sigma) @ noise @ _blur(w, sigma))          # 2 × (N, H, W)
    return resample(x, np.arange(h)[:, None] + rows, np.arange(w) + columns)


def _blur(size, sigma):
    """The matrix (size, size) that blurs a column of pixels by a Gaussian, with zeros outside."""
    apart = np.arange(size)[:, None] - np.arange(size)
    bell = np.exp(-0.5 * (apart / sigma) ** 2)
    return (bell / bell.sum(axis=1).max()).astype(np.float32)                    # the middle row sums to 1
