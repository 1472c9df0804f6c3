"""Pictures: curves, panels, images, confusions, clouds of points, and the graph of a computation.

Every function takes arrays or Tensors and returns a matplotlib Figure; to save or to show it is the caller's
to do.  Matplotlib is loaded by the first picture, never by `import minidl`.

The one law: ink is for data (E. Tufte, 1983, The Visual Display of Quantitative Information).  No frame where
two axes do, no legend where a name fits beside its line, one scale for the pictures that are to be compared.
"""
from collections import Counter, defaultdict
from functools import cache, wraps
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from minidl.backend import to_host
from minidl.tensor import Tensor, tape, value

WIDTH = 6.5                                     # inches, a page of text: so 9 points are printed as 9 points
INK, GREY, PALE, BLUE = "#333333", "#717581", "#f0f0f0", "#dbe9f6"
# M. Petroff (2021), Accessible color sequences for data visualization, arXiv:2107.02270: ten colours that the
# common kinds of colour blindness keep apart; here those dark enough for a thin line come first.
COLOURS = ("#3f90da", "#bd1f01", "#832db6", "#e76300", "#717581",
           "#a96b59", "#ffa90e", "#b9ac70", "#94a4a2", "#92dadd")
DASHES = ("-", (0, (5, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))         # told apart without colour, too
OURS = {"figure.constrained_layout.use": True, "figure.dpi": 150, "font.size": 9, "text.color": INK,
        "axes.titlesize": 10, "axes.labelcolor": INK, "axes.edgecolor": INK, "axes.linewidth": 0.6,
        "axes.spines.top": False, "axes.spines.right": False, "grid.color": "#dddddd",
        "lines.linewidth": 1.4, "legend.frameon": False, "legend.handlelength": 2.5,
        "axes.prop_cycle": f"cycler('color', {list(COLOURS)})"}
TICKS = {"which": "both", "labelsize": 9, "width": 0.6, "length": 3, "color": INK, "labelcolor": INK}


def __getattr__(name):
    """STYLE, which needs Matplotlib, is made when it is asked for: `with plt.rc_context(plot.STYLE):`."""
    if name == "STYLE":
        return _style()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _style():
    """A picture's settings: Matplotlib's own and OURS, whatever the reader has changed."""
    _load_backend()
    from matplotlib import rcParamsDefault
    aside = "backend", "interactive"            # where pictures are shown is the reader's to say
    return {name: own for name, own in rcParamsDefault.items() if not name.startswith(aside)} | OURS


@cache
def _load_backend():
    """Lets a notebook's backend turn the interactive mode on before a style begins, whose end undoes that."""
    import matplotlib.pyplot as plt
    plt.switch_backend(plt.get_backend())


def _quiet(draw):
    """`draw`, run in the house style."""
    @wraps(draw)
    def styled(*args, **settings):
        from matplotlib import rc_context
        with rc_context(_style()):
            return draw(*args, **settings)
    return styled


def _page(width, height, title=None, **settings):
    """A figure with `width` by `height` inches below its title, and its axes."""
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(figsize=(width, height + 0.25 * bool(title)), **settings)
    for ax in figure.axes:
        ax.tick_params(**TICKS)                 # here, because ticks are made after the style has been left
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure, axes


def house_style():
    """Takes OURS for all that is drawn from now on, as a lesson does; every function here does without."""
    from matplotlib import rcParams
    rcParams.update(OURS)


def _host(x):
    """The host array of a Tensor, of an array on either device, or of a list of numbers."""
    return np.asarray(to_host(value(x)))


def _spread(wanted, places, weights=None):
    """Positions as near to `wanted` as can be, in that order, at least as far apart as `places` are.

    Less its place, no position may be under the one before.  The weighted least squares of that: wherever two
    neighbours are the wrong way round, both take their mean (M. Ayer et al., 1955).
    """
    blocks = []                                 # [mean, weight, how many]
    for want, weight in zip(np.subtract(wanted, places), weights or [1] * len(places)):
        blocks.append([want, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, u, m), (b, v, n) = blocks[-2:]
            blocks[-2:] = [[(a * u + b * v) / (u + v), u + v, m + n]]
    return np.repeat([mean for mean, _, _ in blocks], [n for _, _, n in blocks]) + places


# --- lines --------------------------------------------------------------------------------------------------


@_quiet
def panels(columns, rows=1, height=2.8, **settings):
    """A page-wide figure, `height` inches high, and its rows · columns axes in a list, row after row.

    settings: Matplotlib's own, for plt.subplots: sharey=True, width_ratios=(3, 1).
    """
    figure, axes = _page(WIDTH, height, ncols=columns, nrows=rows, squeeze=False, **settings)
    return figure, list(axes.ravel())


@_quiet
def curves(series, xlabel="epoch", ylabel="loss", title=None, log="", marks=None):
    """Lines, each with its name at its end: series is {name: y}, x counting from 1, or {name: (x, y)}.

    “… train” and “… validation” or “… test” share a colour, and the first is dashed.  log: "x", "y" or "xy",
    the logarithmic axes.  marks: {name: x} draws thin verticals, as in {"best": 5}.
    """
    figure, ax = _page(WIDTH, 3.2, title)
    for (name, data), style in zip(series.items(), _line_styles(series)):
        x, y = map(_host, data) if isinstance(data, tuple) else (np.arange(1, len(data) + 1), _host(data))
        ax.plot(x, y, label=name, **style)
    ax.set(xlabel=xlabel, ylabel=ylabel, xscale="log" if "x" in log else "linear",
           yscale="log" if "y" in log else "linear")
    if "x" not in log and not any(isinstance(data, tuple) for data in series.values()):
        ax.xaxis.get_major_locator().set_params(integer=True)
    _plain_numbers(ax)
    for name, x in (marks or {}).items():
        ax.axvline(x, color=INK, linewidth=0.6, zorder=0)
        ax.annotate(name, (x, 1), (0, 3), ("data", "axes fraction"), "offset points", ha="center")
    _name_lines(ax)
    return figure


def _plain_numbers(ax):
    """Labels a logarithmic axis of few decades 0.2, 0.5, 1, and not 2×10⁻¹."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
    for axis, (low, high) in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        if axis.get_scale() == "log" and high < 300 * low:
            axis.set_major_locator(MaxNLocator(5) if high < 5 * low else LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter("{x:g}")
            axis.set_minor_locator(NullLocator())


def _line_styles(names):
    """A colour and dashes for each name: partners share the colour, all others differ in both."""
    colour_of, styles = {}, []
    for name in names:
        stem, _, role = f" {name}".rpartition(" ")
        paired = role in ("train", "validation", "test")
        i = colour_of.setdefault(stem if paired else name, len(colour_of))
        j = ("validation", "train", "test").index(role) if paired else i % len(DASHES)
        styles.append({"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[j]})
    return styles


def _name_lines(ax):
    """Write each line's name at its right end, moved up or down just enough to be read."""
    ax.margins(x=0.02)
    ax.autoscale_view()
    ends = []                                   # (how high in the axes a line ends, 0 to 1; the line)
    for line in ax.get_lines():
        points = line.get_xydata()[np.isfinite(line.get_xydata()).all(axis=1)]         # a loss may end in NaN
        if len(points) and not line.get_label().startswith("_"):
            ends.append(((ax.transScale + ax.transLimits).transform(points[-1])[1], line))
    ends.sort(key=lambda end: end[0])
    places = 0.07 * np.arange(len(ends))
    moved = _spread([height for height, _ in ends], places) - places
    heights = places + np.clip(moved, 0, max(0, 1 - 0.07 * len(ends)))      # beside the axes, not below them
    for height, (_, line) in zip(heights, ends):
        ax.annotate(line.get_label(), (1, height), (3, 0), "axes fraction", "offset points",
                    va="center", color=line.get_color())


@_quiet
def histograms(series, xlabel="value", title=None, bins=50):
    """The densities of several samples as outlines over the same bins: series is {name: values}."""
    figure, ax = _page(WIDTH, 3.2, title)
    series = {name: _host(values).ravel() for name, values in series.items()}
    edges = np.histogram_bin_edges(np.concatenate(list(series.values())), bins)
    for (name, values), style in zip(series.items(), _line_styles(series)):
        density, _ = np.histogram(values, edges, density=True)
        ax.stairs(density, edges, label=name, linewidth=1.4, **style)
    ax.set(xlabel=xlabel, ylabel="density")
    ax.legend()
    return figure


# --- images -------------------------------------------------------------------------------------------------


@_quiet
def image_grid(images, columns=10, titles=None, title=None, signed=False):
    """Images (N, H, W), (N, 1, H, W) or (N, 3, H, W) in rows of `columns`, all on one scale.

    Pixels 0–1 go from black to white; fewer than 16 across are drawn smooth, for the eye to see the strokes.
    `signed`: blue below 0, white at 0, red above, on a symmetric scale with a colour bar.  titles: a caption
    for each image.
    """
    return _tiles(images, columns, titles, title, signed, gap=0.08)


@_quiet
def image_rows(rows, title=None, signed=False):
    """Rows of images, each with its name at the left, all on one scale: rows is {name: (n, H, W)}."""
    groups = [_channels_last(_host(images)) for images in rows.values()]
    if len({len(images) for images in groups}) != 1:
        counts = ", ".join(f"{name}: {len(images)}" for name, images in zip(rows, groups))
        raise ValueError(f"image_rows: every row has as many images as the others, but here {counts}")
    return _tiles(np.concatenate(groups), len(groups[0]), None, title, signed, gap=0.08, names=list(rows))


@_quiet
def filters(w, title=None):
    """The filters w (O, C, KH, KW) of a convolution: a column for each output channel, a row for each input.

    Where there is one input channel, the filters fill rows of ten.  Blue is negative, red positive.
    """
    outputs, inputs, *size = w.shape
    across = _host(w).swapaxes(0, 1).reshape(-1, *size)                     # (C·O, KH, KW)
    return _tiles(across, min(outputs, 10) if inputs == 1 else outputs, None, title, signed=True, gap=0.15)


@_quiet
def manifold(decode, size=15, title=None):
    """The images that `decode` makes of size² codes z (size², 2), spread evenly over N(0, I).

    z₁ grows to the right and z₂ upwards, in steps of equal probability (Kingma and Welling, 2014, figure 4).
    """
    steps = [NormalDist().inv_cdf((i + 0.5) / size) for i in range(size)]
    z = np.array([(z1, z2) for z2 in reversed(steps) for z1 in steps], np.float32)
    return _tiles(decode(z), size, None, title, signed=False, gap=0)


def _tiles(images, columns, captions, title, signed, gap, names=()):
    """One axes with the images in rows of `columns`, named at the left; gap: a share of an image's width."""
    images = _channels_last(_host(images))
    n, height, width = images.shape[:3]
    columns, bar = min(columns, n), 0.7 * signed                            # inches for the colour bar
    left = max((_text_width(name) / 72 + 0.1 for name in names), default=0)             # and for the names
    rows = -(-n // columns)
    across = width * (1 + gap)                                              # from image to image, in pixels
    inch = across / min(1.2, (WIDTH - bar - left) / columns)                # pixels to the inch
    down = height + width * gap + (0.2 * inch if captions is not None else 0)
    figure, ax = _page(max(columns * across / inch + bar + left, 3.2), rows * down / inch, title)
    top = np.abs(images).max() or 1
    colours, low, high = ("RdBu_r", -top, top) if signed else ("gray", 0, 1)
    smooth = "nearest" if signed or width >= 16 else "bicubic"              # strokes, where pixels are few
    for i, image in enumerate(images):
        x, up = i % columns * across, -(i // columns) * down
        ax.imshow(image, colours, vmin=low, vmax=high, interpolation=smooth,
                  extent=(x, x + width, up - height, up))
        if captions is not None:
            ax.annotate(captions[i], (x + width / 2, up - height), (0, -2), textcoords="offset points",
                        ha="center", va="top")
    for i, name in enumerate(names):
        ax.text(-0.1 * inch, -i * down - height / 2, name, ha="right", va="center")
    ax.set(xlim=(-left * inch, columns * across - width * gap), ylim=(width * gap - rows * down, 0))
    ax.set_anchor("W")
    ax.axis("off")
    if signed:
        bar = figure.colorbar(ax.images[0], cax=ax.inset_axes((1.02, 0, 0.02, 1)))
        bar.outline.set_visible(False)
        bar.ax.tick_params(**TICKS)
    return figure


def _channels_last(images):
    """Images as matplotlib has them: (N, H, W) in grey, (N, H, W, 3) in colour."""
    if images.ndim == 3:
        return images
    if images.ndim == 4 and images.shape[1] in (1, 3):
        return images[:, 0] if images.shape[1] == 1 else np.moveaxis(images, 1, -1)
    raise ValueError(f"images are (N, H, W), (N, 1, H, W) or (N, 3, H, W), not {images.shape}: reshape them")


# --- classes and clouds -------------------------------------------------------------------------------------


def confusion_matrix(true, predicted, classes):
    """How often each class (row) was taken for each class (column): counts (K, K)."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (_host(true), _host(predicted)), 1)
    return counts


@_quiet
def confusion(matrix, labels=None, title=None):
    """Counts (K, K), true class by predicted class: the few errors in colour, the many right answers in grey.

    labels: the name of each class, 0 to K − 1 if left out.  Recall is the share of a class that was found.
    """
    matrix = _host(matrix)
    k, right = len(matrix), np.eye(len(matrix), dtype=bool)
    figure, ax = _page(min(0.45 * k + 1.6, WIDTH), min(0.45 * k + 0.9, WIDTH - 0.7), title)
    errors = np.ma.masked_where(right | (matrix == 0), matrix)
    ax.imshow(0.12 * right, "Greys", vmin=0, vmax=1)
    ax.imshow(errors, "Oranges", vmin=0, vmax=1.5 * matrix[~right].max(initial=1))
    for i, j in zip(*matrix.nonzero()):
        ax.text(j, i, matrix[i, j], ha="center", va="center")
    for i, n in enumerate(matrix.sum(axis=1)):
        ax.text(k - 0.3, i, f"{matrix[i, i] / n:.1%}" if n else "–", va="center", color=GREY)
    ax.text(k - 0.3, -0.6, "recall", color=GREY)
    names = range(k) if labels is None else labels
    ax.set_xticks(range(k), names)
    ax.set_yticks(range(k), names)
    ax.set(xlabel="predicted", ylabel="true")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure


@_quiet
def latent_map(codes, labels, title=None):
    """Codes (N, 2) as points, a colour for each class and its label at the class's median."""
    from matplotlib.patheffects import withStroke
    figure, ax = _page(WIDTH, 5, title)
    codes, labels = _host(codes), _host(labels)
    for i, label in enumerate(np.unique(labels)):
        cloud = codes[labels == label]
        ax.scatter(*cloud.T, s=6, color=COLOURS[i % len(COLOURS)], alpha=0.7, linewidth=0, label=label)
        ax.annotate(label, np.median(cloud, axis=0), ha="center", va="center", fontsize=12, fontweight="bold",
                    path_effects=[withStroke(linewidth=3, foreground="white")])
    ax.set(xlabel="z₁", ylabel="z₂", aspect="equal")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), markerscale=2.5, handlelength=1)
    return figure


@_quiet
def slices(clouds, thickness=0.1, title=None):
    """The points with |x₃| < thickness of clouds side by side, x₂ over x₁, on one scale: {name: (n, 3)}.

    A slice shows whether a body is full or hollow; a cloud drawn in perspective does not.
    """
    cut = {name: cloud[np.abs(cloud[:, 2]) < thickness] for name, cloud in
           ((name, _host(cloud)) for name, cloud in clouds.items())}
    reach = 1.05 * max((np.abs(cloud[:, :2]).max() for cloud in cut.values() if len(cloud)), default=1)
    side = WIDTH / max(len(cut), 2)
    figure, axes = _page(side * len(cut), side, title, ncols=len(cut), sharey=True, squeeze=False)
    for ax, (name, cloud) in zip(axes[0], cut.items()):
        ax.scatter(*cloud[:, :2].T, s=3, color=COLOURS[0], linewidth=0)
        ax.set(title=name, xlabel="x₁", xlim=(-reach, reach), ylim=(-reach, reach), box_aspect=1)
    axes[0, 0].set_ylabel("x₂")
    figure.get_layout_engine().set(h_pad=0.08)  # the page is filled to its edge, and a label has a foot
    return figure


# --- the graph of a computation -----------------------------------------------------------------------------


@_quiet
def graph(y, names=None, title=None, slopes=None):
    """The computation of the Tensor y as boxes and arrows, from its inputs at the top down to y.

    Blue is a leaf, grey a constant; white is an operation, which also stands for its result.  Arrows enter a
    box in the order of its inputs, from the left.  names: {name: Tensor or array}; `locals()` will do.
    slopes: {name: number}, written in red below the name.
    """
    boxes, arrows = _walk(y)
    names = {id(x): name for name, x in (names or {}).items()}
    slopes = {key: slopes[names[key]] for key in boxes if names.get(key) in slopes} if slopes else {}
    labels = {key: _label(x, names.get(id(x))) for key, x in boxes.items()}
    labels |= {key: f"{labels[key]}\nslope {float(_host(slope)):g}" for key, slope in slopes.items()}
    width = {key: _text_width(label) + 16 for key, label in labels.items()}            # all lengths in points
    height = {key: 20 + 12 * label.count("\n") for key, label in labels.items()}
    entries = _entries(arrows, width)
    tall = max(height.values())
    at, routes = _layout(boxes, arrows, entries, width, pitch=tall + 14)
    left = min(x - width.get(key, 0) / 2 for key, (x, _) in at.items())
    right = max(x + width.get(key, 0) / 2 for key, (x, _) in at.items())
    low, high = -height[id(y)] / 2, max(at[key][1] + height[key] / 2 for key in boxes)
    figure, ax = _page(max((right - left + 8) / 72, 3.2 * bool(title)), (high - low + 8) / 72, title)
    for key, x in boxes.items():
        _draw_box(ax, at[key], width[key], height[key], labels[key], x, key in slopes)
    for (source, *bends, target), entry in zip(routes, entries):
        start = at[source][0], at[source][1] - height[source] / 2
        end = at[target][0] + entry, at[target][1] + height[target] / 2
        past = [(at[bend][0], at[bend][1] + side * tall / 2) for bend in bends for side in (1, -1)]
        _draw_arrow(ax, [start, *past, end])
    ax.set(xlim=(left - 1, right + 1), ylim=(low - 1, high + 1), aspect="equal", anchor="W")
    ax.axis("off")
    return figure


def _walk(y):
    """{key: value} of y and all it was computed from, and the arrows (from, to), to the youngest first."""
    if type(y) is not Tensor:
        raise TypeError(f"graph draws the computation of a Tensor, and this is of type {type(y).__name__}")
    boxes, arrows = {id(y): y}, []
    for t in reversed(tape(y)):
        for i, x in enumerate(t.inputs):
            key = id(x) if hasattr(x, "shape") else (id(t), i)              # a mere number: a box at each use
            boxes[key] = x
            arrows.append((key, id(t)))
    if len(boxes) > 150:
        raise ValueError(f"graph: {len(boxes)} boxes are more than the 150 that fit a page: "
                         "draw a smaller model, or fewer steps of it")
    return boxes, arrows


def _label(x, name):
    """What a box says: “h = relu” of a result, “w1” over its shape of a leaf; of a single number, itself."""
    if not hasattr(x, "shape"):
        return f"{x:g}" if isinstance(x, (int, float)) else type(x).__name__
    size = tuple(x.shape) or f"{float(_host(x)):g}"
    if type(x) is Tensor and x.op:
        number = f"\n{size}" if name and not x.shape else ""
        return (f"{name} = " if name else "") + x.op.__name__.strip("_") + number
    return f"{name or ('Tensor' if type(x) is Tensor else 'array')}\n{size}"


def _text_width(label):
    from matplotlib.textpath import TextPath
    return max(TextPath((0, 0), line, size=9).get_extents().width for line in label.split("\n"))


def _entries(arrows, width):
    """How far from the middle of its box each arrow arrives: side by side, in the order of the inputs."""
    arriving, seen, entries = Counter(target for _, target in arrows), Counter(), []
    for _, target in arrows:
        n = arriving[target]
        entries.append((seen[target] - (n - 1) / 2) * min(12, (width[target] - 10) / n))
        seen[target] += 1
    return entries


def _layout(boxes, arrows, entries, width, pitch):
    """{key: (x, y)} of every box and bend, and the route of each arrow through them.

    In a row, each wants to be at the mean of its neighbours in the next row; sorted by that and spread apart,
    in sweeps up and down, the rows lose most of their crossings (K. Sugiyama, S. Tagawa and M. Toda, 1981).
    """
    row_of, routes = _rows(boxes, arrows)
    rows = [[key for key in row_of if row_of[key] == row] for row in range(max(row_of.values()) + 1)]
    above, below = _neighbours(routes, entries)
    weight = {key: 10 if getattr(boxes.get(key), "inputs", ()) else 1 for key in row_of}    # a straight spine
    x = dict.fromkeys(row_of, 0.0)
    for sweep in range(20):
        near, far = (above, below) if sweep % 2 else (below, above)
        for row in reversed(rows) if sweep % 2 else rows:
            want = {}
            for key in row:
                pulls = near[key] or far[key] or [(key, 0)]
                want[key] = np.average([x[n] + step for n, step in pulls],
                                       weights=[weight[n] for n, _ in pulls])
            row.sort(key=want.get)
            widths = np.array([width.get(key, 4) for key in row])
            places = np.cumsum(widths + 14) - widths / 2
            x |= zip(row, _spread([want[key] for key in row], places, [weight[key] for key in row]))
    return {key: (x[key], pitch * row_of[key]) for key in row_of}, routes


def _neighbours(routes, entries):
    """Those in the row above and those in the row below: {key: [(neighbour, how far right of it to be)]}."""
    above, below = defaultdict(list), defaultdict(list)
    for route, entry in zip(routes, entries):
        for upper, lower in pairwise(route):
            step = entry if lower == route[-1] else 0
            below[upper].append((lower, step))
            above[lower].append((upper, -step))
    return above, below


def _rows(boxes, arrows):
    """The row of every box and bend, and each arrow's route: box, a bend in each row between, box.

    y is in row 0.  A box stands one row above the highest box that uses it, so every arrow points down.
    """
    row_of, routes = {next(iter(boxes)): 0}, []
    for source, target in arrows:                              # youngest first: the target's row is final
        row_of[source] = max(row_of.get(source, 0), row_of[target] + 1)
    for i, (source, target) in enumerate(arrows):
        bends = [(i, row) for row in range(row_of[source] - 1, row_of[target], -1)]
        row_of |= {bend: bend[1] for bend in bends}
        routes.append([source, *bends, target])
    return row_of, routes


def _draw_box(ax, at, width, height, label, x, with_slope):
    from matplotlib.patches import FancyBboxPatch
    face, edge = (PALE, PALE) if type(x) is not Tensor else ("white" if x.op else BLUE, INK)
    ax.add_patch(FancyBboxPatch((at[0] - width / 2, at[1] - height / 2), width, height, linewidth=0.6,
                                facecolor=face, edgecolor=edge, boxstyle="round,pad=0,rounding_size=5"))
    words, _, slope = label.rpartition("\n") if with_slope else (label, "", "")
    lines = 1 + label.count("\n")
    ax.text(at[0], at[1] + 6 * with_slope, words, ha="center", va="center", linespacing=1.3)
    if slope:
        ax.text(at[0], at[1] - 6 * (lines - 1), slope, ha="center", va="center", color=COLOURS[1])


def _draw_arrow(ax, stops):
    """A curve through `stops` that is vertical at each of them."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path
    points = stops[:1]
    for (x, y), (u, v) in pairwise(stops):
        points += [(x, (y + v) / 2), (u, (y + v) / 2), (u, v)]
    path = Path(points, [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1))
    ax.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=7, linewidth=0.7, color=INK))
