"""Images: convolution, its transpose, and pooling, of images x (N, C, H, W).

A convolution is a matrix product.  `columns` lays every patch of the images out as a column of a matrix, and
then each filter is a row that multiplies them all.  `overlay` adds the columns back where they came from.
The two are linear and each other's transpose, hence each other's derivative: no more calculus is needed.

The one law: an image array has the shape (N, C, H, W), and lies in memory as (C, H, W, N).  With the batch
last, a patch is copied in long runs: LeNet-5's C3 takes 0.4 of the time of (N, C, H, W) in memory.
"""
import math

import numpy as np

from minidl import backend
from minidl.ops import affine, matrix_product, pad, reshape, transpose
from minidl.tensor import describe, floats, primitive, value

@primitive
def columns(x, size, stride):
    """Every patch as a column, x (N, C, H, W) → (C·KH·KW, OH·OW·N)."""
    patches = _patches(_batch_last(x), size, stride)                            # (C, KH, KW, OH, OW, N)
    return patches.reshape(x.shape[1] * math.prod(size), math.prod(patches.shape[3:]))

@primitive
def overlay(c, shape, size, stride):
    """Each column of c added back where `columns` found it, (C·KH·KW, OH·OW·N) → x (N, C, H, W) = shape."""
    image = np.zeros_like(c, shape=(*shape[1:], shape[0]))                      # (C, H, W, N), as in memory
    patches = c.reshape(shape[1], *size, *_steps(shape, size, stride), shape[0])
    for i, j, here in _offsets(shape, size, stride):
        image[:, *here] += patches[:, i, j]
    return image.transpose(3, 0, 1, 2)

columns.vjps = (lambda g, z, x, size, stride: overlay(g, shape=x.shape, size=size, stride=stride),)
overlay.vjps = (lambda g, z, c, shape, size, stride: columns(g, size=size, stride=stride),)

def conv2d(x, w, b=None, stride=1, padding=0):
    """x (N, C, H, W) cross-correlated with filters w (O, C, KH, KW), plus b (O,) → (N, O, OH, OW).

    padding: rows and columns of zeros on each side; "valid" for none; "same" for OH = ⌈H / stride⌉.
    OH = ⌊(H + padding − KH) / stride⌋ + 1, with the padding of both sides counted.
    Whole numbers (pixels 0 to 255) become floats; float64 beside float32 makes all float64, and slow.
    """
    x = floats(x, w.dtype)
    if x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[1]:
        raise ValueError(f"conv2d({describe(value(x))}, {describe(value(w))}): images are (N, C, H, W) and "
                         "filters (O, C, KH, KW), with one C")
    size, stride = w.shape[2:], _pair(stride)
    x = _framed("conv2d", x, size, stride, padding)
    patches = columns(x, size=size, stride=stride)                              # (C·KH·KW, OH·OW·N)
    filters = reshape(w, shape=(w.shape[0], math.prod(w.shape[1:])))            # (O, C·KH·KW)
    z = matrix_product(filters, patches) if b is None else affine(filters, patches, reshape(b, shape=(-1, 1)))
    z = reshape(z, shape=(w.shape[0], *_steps(x.shape, size, stride), x.shape[0]))
    return transpose(z, axes=(3, 0, 1, 2))

def conv_transpose2d(x, w, b=None, stride=1, padding=0):
    """x (N, C, H, W) pasted through filters w (C, O, KH, KW), plus b (O,) → (N, O, OH, OW).

    The transpose of conv2d by its image: every pixel paints its filter, and the overlaps add up.
    OH = (H − 1) · stride + KH − 2 · padding: a kernel of 4, stride 2 and padding 1 make 2H of H.
    """
    x = floats(x, w.dtype)
    if x.ndim != 4 or w.ndim != 4 or x.shape[1] != w.shape[0]:
        raise ValueError(f"conv_transpose2d({describe(value(x))}, {describe(value(w))}): images are "
                         "(N, C, H, W) and filters (C, O, KH, KW), with one C")
    (n, c, *steps), (_, outputs, *size), stride = x.shape, w.shape, _pair(stride)
    flat = reshape(transpose(x, axes=(1, 2, 3, 0)), shape=(c, math.prod(steps) * n))            # (C, H·W·N)
    painted = matrix_product(transpose(reshape(w, shape=(c, -1))), flat)        # (O·KH·KW, H·W·N)
    shape = (n, outputs, *((m - 1) * s + k for m, s, k in zip(steps, stride, size)))
    z = overlay(painted, shape=shape, size=tuple(size), stride=stride)
    (top, left), (height, width) = _pair(padding), shape[2:]
    if not (0 <= 2 * top < height and 0 <= 2 * left < width):
        raise ValueError(f"conv_transpose2d: padding {padding} leaves nothing of {height} × {width} pixels")
    z = z[:, :, top:height - top, left:width - left]
    return z if b is None else z + reshape(b, shape=(-1, 1, 1))

@primitive
def pool(x, weights, size, stride):
    """Σ over the places of a window of weight · pixel, x (N, C, H, W) → (N, C, OH, OW)."""
    z = 0
    for weight, (_, _, here) in zip(weights, _offsets(x.shape, size, stride)):
        z = z + weight * x[:, :, *here]
    return z

@primitive
def unpool(g, weights, shape, size, stride):
    """Each g spread over its window by the weights, (N, C, OH, OW) → (N, C, H, W) = shape."""
    g = _batch_last(g)
    image = np.zeros_like(g, shape=shape)                                       # in the memory order of g
    apart = stride[0] >= size[0] and stride[1] >= size[1]                       # no pixel is in two windows
    for weight, (_, _, here) in zip(weights, _offsets(shape, size, stride)):
        if apart:
            np.multiply(weight, g, out=image[:, :, *here])
        else:
            image[:, :, *here] += weight * g
    return image

pool.vjps = (lambda g, z, x, weights, size, stride:
             unpool(g, weights=weights, shape=x.shape, size=size, stride=stride),)
unpool.vjps = (lambda g, z, x, weights, shape, size, stride:
               pool(g, weights=weights, size=size, stride=stride),)

@primitive
def window_max(x, size, stride):
    """The largest pixel of each window, x (N, C, H, W) → (N, C, OH, OW)."""
    (_, _, here), *others = _offsets(x.shape, size, stride)
    z = x[:, :, *here].copy(order="K")                                           # in the memory order of x
    for _, _, here in others:
        np.maximum(z, x[:, :, *here], out=z)
    return z
def _winners(x, z, size, stride):
    """For each place in a window, a mask of the windows whose maximum is there; the first of equals."""
    first, *others = (x[:, :, *here] == z for _, _, here in _offsets(x.shape, size, stride))
    masks, taken = [first], first
    for mask in others:
        masks.append(mask & ~taken)
        taken = taken | mask
    return masks
def _window_max_back(g, z, x, size, stride):
    masks = _winners(value(x), value(z), size, stride)
    return unpool(g, weights=masks, shape=x.shape, size=size, stride=stride)
window_max.vjps = (_window_max_back,)

def max_pool2d(x, size, stride=None, padding=0):
    """The largest pixel of each window, x (N, C, H, W) → (N, C, OH, OW); windows side by side by default.

    The frame, if there is one, is of −∞: it never wins.
    """
    size, stride, x = _windows("max_pool2d", x, size, stride, padding, fill=-math.inf)
    return window_max(x, size=size, stride=stride)

def avg_pool2d(x, size, stride=None, padding=0):
    """The mean pixel of each window, x (N, C, H, W) → (N, C, OH, OW); the frame's zeros count."""
    size, stride, x = _windows("avg_pool2d", x, size, stride, padding, fill=0.0)
    places = math.prod(size)
    return pool(x, weights=(1 / places,) * places, size=size, stride=stride)

def _batch_last(x):
    """The images x (N, C, H, W), lying in memory as (C, H, W, N); copied only if they did not."""
    x = x.transpose(1, 2, 3, 0)
    return (x if x.strides[-1] == x.itemsize else x.copy()).transpose(3, 0, 1, 2)

def _patches(x, size, stride):
    """A view of every patch, x (N, C, H, W) → (C, KH, KW, OH, OW, N), without a wait for the GPU."""
    (n, c, *_), (along_n, along_c, down, across) = x.shape, x.strides
    return backend.as_strided(x, (c, *size, *_steps(x.shape, size, stride), n),
                              (along_c, down, across, down * stride[0], across * stride[1], along_n))

# --- the geometry of windows --------------------------------------------------------------------------------
def _pair(n):
    """(n, n) for a whole number n; a pair as it is."""
    if isinstance(n, str) or np.ndim(n) > 1 or np.size(n) > 2:
        raise ValueError(f"a size, stride or padding is a whole number or a pair, not {n!r}")
    return (int(n), int(n)) if np.ndim(n) == 0 else tuple(map(int, n))

def _steps(shape, size, stride):
    """How many windows fit, down and across: (OH, OW)."""
    return tuple((n - k) // s + 1 for n, k, s in zip(shape[2:], size, stride))

def _offsets(shape, size, stride):
    """For each place (i, j) of a window: i, j, and the slices that pick it in all windows at once."""
    (oh, ow), (sh, sw) = _steps(shape, size, stride), stride
    return [(i, j, (slice(i, i + sh * (oh - 1) + 1, sh), slice(j, j + sw * (ow - 1) + 1, sw)))
            for i in range(size[0]) for j in range(size[1])]

def _framed(name, x, size, stride, padding, fill=0.0):
    """x with its frame of `fill`; one error for a window that does not fit."""
    if padding == "same":
        total = [max((math.ceil(n / s) - 1) * s + k - n, 0) for n, k, s in zip(x.shape[2:], size, stride)]
        widths = tuple((t // 2, t - t // 2) for t in total)
    else:
        widths = tuple((p, p) for p in _pair(0 if padding == "valid" else padding))
    if min(*stride, *size) < 1 or min(map(min, widths)) < 0:
        raise ValueError(f"{name}: window {size}, stride {stride} and padding {padding}, where the first two "
                         "are at least 1 and the last at least 0")
    if any(n + sum(width) < k for n, width, k in zip(x.shape[2:], widths, size)):
        raise ValueError(f"{name}: a window of {size} does not fit into images of {x.shape[2:]} with padding "
                         f"{padding}; use a smaller window or more padding")
    return pad(x, widths=((0, 0), (0, 0), *widths), fill=fill) if any(map(any, widths)) else x

def _windows(name, x, size, stride, padding, fill):
    """Size and stride as pairs, and the framed images."""
    size = _pair(size)
    stride = size if stride is None else _pair(stride)
    x = floats(x)
    if x.ndim != 4 or any(2 * p > k for p, k in zip(_pair(padding), size)):
        raise ValueError(f"{name}({describe(value(x))}): images are (N, C, H, W), and padding {padding} at "
                         f"most half the window, {size}")
    return size, stride, _framed(name, x, size, stride, padding, fill)
