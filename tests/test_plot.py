"""The pictures show what they were given, at sizes that can be read."""
import io
import os
import subprocess
import sys
from itertools import combinations

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axis import Tick
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from minidl import Tensor, plot

rng = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


PICTURES = {
    "curves": lambda: plot.curves({"train": [3, 2], "validation": [3, 2.5]}, title="t", marks={"best": 2}),
    "histograms": lambda: plot.histograms({"a": rng.normal(size=50)}, title="t"),
    "image_grid": lambda: plot.image_grid(rng.random((7, 5, 4)), 3, titles="abcdefg", title="t"),
    "filters": lambda: plot.filters(rng.normal(size=(3, 2, 5, 5)), title="t"),
    "manifold": lambda: plot.manifold(lambda z: np.zeros((len(z), 4, 4)), 3, title="t"),
    "confusion": lambda: plot.confusion(np.array([[90, 3], [0, 7]]), title="t"),
    "latent_map": lambda: plot.latent_map(rng.normal(size=(20, 2)), np.arange(20) % 3, title="t"),
    "image_rows": lambda: plot.image_rows({name: rng.random((3, 5, 4)) for name in ("one", "longer")}, "t"),
    "slices": lambda: plot.slices({name: rng.normal(size=(99, 3)) for name in "ab"}, title="t"),
    "slopes": lambda: plot.graph(*scalar(), title="t", slopes={"x": 48.0}),
    "graph": lambda: plot.graph(Tensor([2.0]) * 3, title="t"),
}


# --- all of them --------------------------------------------------------------------------------------------


def test_importing_minidl_and_its_plot_loads_no_matplotlib():
    look = "import minidl, minidl.plot, sys; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", look], check=True)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_an_open_titled_figure_no_wider_than_the_page(name):
    settings = dict(matplotlib.rcParams)
    figure = PICTURES[name]()
    assert plt.fignum_exists(figure.number) and figure.get_suptitle() == "t"
    assert figure.get_constrained_layout() and figure.get_figwidth() <= 6.5
    assert dict(matplotlib.rcParams) == settings               # the house style stays in the house


@pytest.mark.parametrize("name", PICTURES)
def test_every_text_is_at_least_9_points_and_inside_the_figure(name):
    figure = PICTURES[name]()
    figure.canvas.draw()
    ticks = {label for tick in figure.findobj(Tick) for label in (tick.label1, tick.label2)}
    for text in figure.findobj(plt.Text):
        if text.get_text().strip() and text.get_visible():
            assert text.get_fontsize() >= 9, text
            box = text.get_window_extent()
            inside = figure.bbox.padded(1).contains(*box.min) and figure.bbox.padded(1).contains(*box.max)
            assert inside or text in ticks, text               # a tick beyond the limits is never drawn


READERS = {"text.usetex": True, "font.size": 20, "font.family": "monospace", "axes.facecolor": "black",
           "figure.facecolor": "black", "savefig.facecolor": "black", "savefig.transparent": True,
           "savefig.bbox": "tight", "savefig.format": "svg", "axes.grid": True, "lines.linestyle": ":",
           "lines.marker": "o", "image.interpolation": "bicubic", "image.origin": "lower",
           "axes.xmargin": 0.4, "xtick.top": True, "xtick.color": "yellow", "xtick.direction": "in",
           "axes.titlelocation": "right"}


@pytest.mark.parametrize("name", PICTURES)
def test_the_style_of_the_reader_makes_no_difference(name, monkeypatch):
    def pixels():
        monkeypatch.setitem(globals(), "rng", np.random.default_rng(0))
        figure, file = PICTURES[name](), io.BytesIO()
        with plt.rc_context(plot.STYLE):
            figure.savefig(file)
        return file.getvalue()
    plain = pixels()
    with plt.rc_context(READERS):
        assert pixels() == plain


def test_a_notebook_shows_every_picture(tmp_path):
    """By a backend that turns the interactive mode on once it is loaded, as that of notebooks does."""
    (tmp_path / "inline.py").write_text("""
import matplotlib
from matplotlib.backends.backend_agg import FigureCanvas, new_figure_manager as make
matplotlib.interactive(True)
shown = []
def new_figure_manager(number, *args, **settings):
    shown.extend([number] * matplotlib.is_interactive())
    return make(number, *args, **settings)
""")
    code = """
import matplotlib.pyplot as plt
from minidl import plot
for _ in range(3):
    {}
import inline
assert inline.shown == [1, 2, 3] and plt.isinteractive()
"""
    for picture in "plot.curves({'a': [1, 2]})", "with plt.rc_context(plot.STYLE): plt.figure()":
        subprocess.run([sys.executable, "-c", code.format(picture)], check=True, env=os.environ | {
            "MPLBACKEND": "module://inline", "PYTHONPATH": str(tmp_path)})


# --- lines --------------------------------------------------------------------------------------------------


def test_curves_draw_the_numbers_they_are_given_and_count_epochs_from_1():
    figure = plot.curves({"y": [3.0, 1.0, 2.0], "xy": (Tensor([0, 5]), Tensor([1, 4]))})
    first, second = figure.axes[0].get_lines()
    assert first.get_xydata().tolist() == [[1, 3], [2, 1], [3, 2]]
    assert second.get_xydata().tolist() == [[0, 1], [5, 4]]


def test_curves_label_their_axes_and_choose_their_scales():
    ax = plot.curves({"a": [1, 2]}, xlabel="step", ylabel="nats", log="y").axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "nats")
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")
    assert plot.curves({"a": [1, 2]}, log="xy").axes[0].get_xscale() == "log"
    assert plot.curves({"a": [1, 2]}).axes[0].get_yscale() == "linear"


def test_train_and_validation_share_a_colour_and_differ_in_dashes():
    names = ["SGD train", "SGD validation", "Adam train", "Adam validation"]
    a, b, c, d = plot.curves({name: [1, 2] for name in names}).axes[0].get_lines()
    assert a.get_color() == b.get_color() != c.get_color() == d.get_color()
    assert a.get_linestyle() == c.get_linestyle() == "--" and b.get_linestyle() == d.get_linestyle() == "-"


def test_lines_that_are_no_partners_differ_without_colour():
    styles = [line._dash_pattern for line in plot.curves({n: [1, 2] for n in "abcd"}).axes[0].get_lines()]
    assert all(a != b for a, b in combinations(styles, 2))


def test_names_stand_by_their_lines_and_never_on_each_other():
    series = {f"line {i}": [5, 0.001 * i] for i in range(7)} | {"high": [5, 4]}
    figure = plot.curves(series)
    figure.canvas.draw()
    ax = figure.axes[0]
    boxes = {t.get_text(): t.get_window_extent() for t in ax.texts}
    assert set(boxes) == set(series)
    for (a, box), (b, other) in combinations(boxes.items(), 2):
        assert not box.overlaps(other), (a, b)
    assert boxes["high"].y0 < ax.transData.transform((2, 4))[1] < boxes["high"].y1
    assert all(boxes[f"line {i}"].y0 < boxes[f"line {i + 1}"].y0 for i in range(6))


def test_a_loss_that_ends_in_nan_is_named_beside_its_last_number():
    ax = plot.curves({"diverged": [1, 2, np.nan], "fine": [1, 0.5, 0.1]}).axes[0]
    height = {t.get_text(): t.xy[1] for t in ax.texts}
    assert np.isclose(height["diverged"], 1, atol=0.1) and np.isclose(height["fine"], 0, atol=0.1)


@pytest.mark.parametrize("y, ticks", [([0.3, 0.2], "0.2 0.225 0.25 0.275 0.3"),
                                      ([3, 0.02], "0.02 0.05 0.1 0.2 0.5 1 2")])
def test_a_logarithmic_axis_of_few_decades_has_plain_numbers(y, ticks):
    figure = plot.curves({"a": y}, log="y")
    figure.canvas.draw()
    (low, high), labels = figure.axes[0].get_ylim(), figure.axes[0].get_yticklabels()
    assert " ".join(t.get_text() for t in labels if low <= t.get_position()[1] <= high) == ticks
    assert not any(t.get_text() for t in figure.axes[0].get_yticklabels(minor=True))


def test_panels_are_in_the_house_style_row_after_row():
    figure, axes = plot.panels(3, rows=2, height=4, sharey=True)
    assert len(axes) == 6 and figure.get_size_inches().tolist() == [6.5, 4]
    assert axes[1].get_subplotspec().colspan.start == 1 and axes[3].get_subplotspec().rowspan.start == 1
    assert not axes[0].spines["top"].get_visible()
    assert axes[0].xaxis.get_major_ticks()[0].tick1line.get_markersize() == plot.TICKS["length"]


def test_a_mark_is_a_named_vertical_at_its_place():
    ax = plot.curves({"loss": [3, 2, 1, 2]}, marks={"best": 3}).axes[0]
    assert list(ax.get_lines()[-1].get_xdata()) == [3, 3] and "best" in [t.get_text() for t in ax.texts]


def test_spread_is_the_least_squares_solution():
    assert plot._spread([0, 5], np.array([0, 1])).tolist() == [0, 5]              # room enough: nothing moves
    assert plot._spread([1, 1], np.array([0, 2])).tolist() == [0, 2]              # both give way alike
    assert np.allclose(plot._spread([3, 2, 0], np.zeros(3)), 5 / 3)                # and so do three
    assert np.allclose(plot._spread([0, 0], np.array([0, 4]), [3, 1]), [-1, 3])   # the heavier one gives less


def test_histograms_are_densities_over_common_bins():
    values = {"narrow": rng.normal(0, 1, 400), "wide": Tensor(rng.normal(0, 3, (20, 10)))}
    ax = plot.histograms(values, xlabel="weight", bins=20).axes[0]
    narrow, wide = (patch.get_data() for patch in ax.patches)
    assert np.array_equal(narrow.edges, wide.edges) and len(narrow.values) == 20
    for data in (narrow, wide):
        assert np.isclose((data.values * np.diff(data.edges)).sum(), 1)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("weight", "density")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["narrow", "wide"]


# --- images -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(7, 5, 4), (7, 1, 5, 4), (7, 3, 5, 4)])
def test_an_image_grid_draws_every_image_upright_on_the_scale_0_to_1(shape):
    images = rng.random(shape)
    drawn = plot.image_grid(Tensor(images), columns=3).axes[0].images
    assert len(drawn) == 7
    for image, picture in zip(images, drawn):
        want = np.moveaxis(image, 0, -1).squeeze() if image.ndim == 3 else image
        assert np.array_equal(picture.get_array(), want)
        assert picture.get_clim() == (0, 1) and picture.origin == "upper"


def test_an_image_grid_reads_left_to_right_then_down_without_overlaps():
    drawn = plot.image_grid(np.zeros((7, 5, 4)), columns=3, titles=range(7)).axes[0].images
    left, right, bottom, top = np.array([picture.get_extent() for picture in drawn]).T
    assert left[0] == left[3] == left[6] and (right[:2] < left[1:3]).all()
    assert top[0] == top[1] == top[2] and (bottom[:4] > top[3:]).all()
    assert np.allclose(right - left, 4) and np.allclose(top - bottom, 5)


def test_rows_of_images_are_named_at_their_left_and_equally_long():
    rows = {"first": rng.random((3, 5, 4)), "second": rng.random((3, 1, 5, 4))}
    ax = plot.image_rows(rows).axes[0]
    assert len(ax.images) == 6
    for row, text in enumerate(ax.texts):
        left, right, bottom, top = ax.images[3 * row].get_extent()
        assert text.get_text() == list(rows)[row] and text.get_position()[0] < left
        assert bottom < text.get_position()[1] < top and text.get_ha() == "right"
    with pytest.raises(ValueError, match="a: 3, b: 2"):
        plot.image_rows({"a": np.zeros((3, 5, 4)), "b": np.zeros((2, 5, 4))})


@pytest.mark.parametrize("side, settings, kind", [(8, {}, "bicubic"), (28, {}, "nearest"),
                                                  (8, {"signed": True}, "nearest")])
def test_few_pixels_are_drawn_smooth_unless_they_have_signs(side, settings, kind):
    (image,) = plot.image_grid(rng.random((1, side, side)), **settings).axes[0].images
    assert image.get_interpolation() == kind


def test_captions_stand_under_their_images():
    figure = plot.image_grid(np.zeros((3, 5, 5)), titles=["7 as 1", "9 as 4", 3])
    figure.canvas.draw()
    for text, picture in zip(figure.axes[0].texts, figure.axes[0].images):
        box, image = text.get_window_extent(), picture.get_window_extent()
        assert image.x0 < (box.x0 + box.x1) / 2 < image.x1 and box.y1 <= image.y0
    assert [t.get_text() for t in figure.axes[0].texts] == ["7 as 1", "9 as 4", "3"]


def test_signed_images_share_a_scale_that_is_symmetric_about_zero():
    drawn = plot.image_grid(np.array([[[-3.0, 1.0]], [[2.0, 0.0]]]), signed=True).axes[0].images
    assert [picture.get_clim() for picture in drawn] == [(-3, 3)] * 2
    assert np.allclose(drawn[0].cmap(0.5), 1, atol=0.05)                          # zero is white


def test_an_image_grid_refuses_two_channels_and_says_what_it_wants():
    with pytest.raises(ValueError, match=r"\(N, 3, H, W\), not \(4, 2, 5, 5\)"):
        plot.image_grid(np.zeros((4, 2, 5, 5)))


def test_filters_have_a_column_for_each_output_a_row_for_each_input_and_one_colour_bar():
    w = rng.normal(size=(4, 3, 5, 5))
    figure = plot.filters(Tensor(w))
    (ax,) = figure.axes
    assert len(ax.child_axes) == 1                                                # the colour bar
    assert np.array_equal(ax.images[1 * 4 + 2].get_array(), w[2, 1])
    assert {picture.get_clim() for picture in ax.images} == {(-abs(w).max(), abs(w).max())}
    extents = np.array([picture.get_extent() for picture in ax.images])
    assert len(set(extents[:, 0])) == 4 and len(set(extents[:, 3])) == 3


def test_a_manifold_is_even_in_probability_and_grows_right_and_up():
    seen = []
    plot.manifold(lambda z: seen.append(z) or np.zeros((len(z), 2, 2)), size=3)
    z = seen[0].reshape(3, 3, 2)
    quantile = 0.967422                                                           # Φ(0.967422) = 5/6
    assert np.allclose(z[0, :, 0], [-quantile, 0, quantile])
    assert np.allclose(z[:, 0, 1], [quantile, 0, -quantile])


# --- classes and clouds -------------------------------------------------------------------------------------


def test_a_confusion_matrix_counts_true_rows_by_predicted_columns():
    counts = plot.confusion_matrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 0, 0, 2], 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [2, 0, 1]]


def test_a_confusion_writes_each_count_in_its_cell_and_each_recall_at_its_row():
    matrix = np.array([[90, 10, 0], [3, 47, 0], [0, 0, 0]])
    ax = plot.confusion(matrix, labels=["cat", "dog", "emu"]).axes[0]
    written = {t.get_position(): t.get_text() for t in ax.texts}
    assert {(j, i): t for (j, i), t in written.items() if j in (0, 1, 2)} == {
        (0, 0): "90", (1, 0): "10", (0, 1): "3", (1, 1): "47"}
    assert [written[2.7, i] for i in range(3)] == ["90.0%", "94.0%", "–"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["cat", "dog", "emu"]


def test_only_errors_are_coloured_in_a_confusion():
    grey, orange = plot.confusion(np.array([[900, 3], [5, 800]])).axes[0].images
    assert orange.get_array().filled(0).tolist() == [[0, 3], [5, 0]]
    assert orange.get_clim()[1] < 10                                           # scaled to errors, not to 900
    assert plot.confusion(np.eye(2, dtype=int)).axes[0].images[1].get_array().mask.all()


def test_a_latent_map_draws_each_class_in_its_colour_with_its_label_at_the_median():
    codes, labels = rng.normal(size=(30, 2)), np.arange(30) % 3
    ax = plot.latent_map(codes, labels).axes[0]
    assert len({tuple(cloud.get_facecolor()[0]) for cloud in ax.collections}) == 3
    for i, (cloud, text) in enumerate(zip(ax.collections, ax.texts)):
        assert np.allclose(cloud.get_offsets(), codes[labels == i])
        assert np.allclose(text.xy, np.median(codes[labels == i], axis=0)) and text.get_text() == str(i)
    assert len(ax.get_legend().get_texts()) == 3


def test_slices_show_the_points_near_the_middle_on_one_scale():
    clouds = {"data": rng.uniform(-1, 1, (40, 3)), "small": rng.uniform(0, 0.1, (20, 3))}
    axes = plot.slices(clouds, thickness=0.3).axes
    assert [ax.get_title() for ax in axes] == ["data", "small"]
    for ax, cloud in zip(axes, clouds.values()):
        assert np.allclose(ax.collections[0].get_offsets(), cloud[abs(cloud[:, 2]) < 0.3, :2])
        assert ax.get_xlim() == ax.get_ylim() == axes[0].get_xlim()
    assert len(plot.slices({"empty": np.ones((5, 3))}).axes[0].collections[0].get_offsets()) == 0


# --- the graph of a computation -----------------------------------------------------------------------------


def network():
    """x @ w1 + b1, twice over, and a sum of squares: (loss, names)."""
    x = rng.normal(size=(4, 3))
    w1, b1, w2, b2 = (Tensor(rng.normal(size=size)) for size in ((3, 5), (5,), (5, 2), (2,)))
    h = x @ w1 + b1
    y = h @ w2 + b2
    return (y * y).sum(), {"x": x, "w1": w1, "b1": b1, "w2": w2, "b2": b2, "h": h}


def residual():
    """A value used at once and again much later, so that arrows must pass other boxes."""
    a, b = Tensor([2.0]), Tensor([1.0])
    c = a * a
    d = (c + b) * 3
    return (d * d - a) * c + b, {"a": a, "b": b, "c": c}


def unrolled():
    """A recurrence: one weight used at six steps."""
    w, h = Tensor([0.5]), np.ones(1)
    for _ in range(6):
        h = h * w + np.ones(1)
    return h, {"w": w}


def annotated():
    """Names of several lines."""
    x, y = Tensor(2.0), Tensor(3.0)
    s = x * y
    t = s + x
    return s * t, {"2,  ∂J/∂x = 48\nx": x, "3\n∂J/∂y = 28\ny": y, "6,  ∂J/∂s = 14\ns": s, "t": t}


def scalar():
    """Single numbers: J = s · t, with s = x · y and t = s + x."""
    x, y = Tensor(2.0), Tensor(3.0)
    s = x * y
    t = s + x
    return s * t, {"x": x, "y": y, "s": s, "t": t}


COMPUTATIONS = [network, scalar, residual, unrolled, annotated, lambda: (Tensor([1.0]), {})]


def parts(y, names=None):
    """The figure's boxes as pairs of patch and text, and its arrows as pairs of first and last point."""
    figure = plot.graph(y, names)
    figure.canvas.draw()
    ax = figure.axes[0]
    patches = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    arrows = [p._path_original.vertices for p in ax.patches if isinstance(p, FancyArrowPatch)]
    return list(zip(patches, ax.texts, strict=True)), arrows


def extent(patch):
    """(left, bottom, right, top) of a box, in the units of the drawing."""
    return patch.get_x(), patch.get_y(), patch.get_x() + patch.get_width(), patch.get_y() + patch.get_height()


def holds(patch, point, slack=0.0):
    left, bottom, right, top = extent(patch)
    return left - slack <= point[0] <= right + slack and bottom - slack <= point[1] <= top + slack


def test_a_graph_has_a_box_for_each_leaf_constant_and_operation():
    boxes, arrows = parts(*network())
    labels = sorted(text.get_text() for _, text in boxes)
    assert labels[:1] == ["add"] and labels.count("multiply") == labels.count("sum") == 1
    assert {"x\n(4, 3)", "w1\n(3, 5)", "b1\n(5,)", "w2\n(5, 2)", "b2\n(2,)", "h = add"} <= set(labels)
    assert len(boxes) == 5 + 6 and len(arrows) == 2 * 5 + 1


def test_constants_leaves_and_operations_are_told_apart():
    fill = {text.get_text(): patch.get_facecolor() for patch, text in parts(*network())[0]}
    assert fill["w1\n(3, 5)"] == fill["b2\n(2,)"] and fill["sum"] == fill["h = add"] == (1, 1, 1, 1)
    assert len({fill["x\n(4, 3)"], fill["w1\n(3, 5)"], fill["sum"]}) == 3


def test_without_names_a_box_still_says_what_it_is():
    a = Tensor([[1.0, 2.0]])
    labels = [text.get_text() for _, text in parts((a + np.ones(2)) * 0.5)[0]]
    assert sorted(labels) == sorted(["multiply", "add", "0.5", "Tensor\n(1, 2)", "array\n(2,)"])


def test_a_single_number_is_written_in_its_box_and_its_slope_in_red_below():
    y, names = scalar()
    texts = plot.graph(y, names, slopes={"x": 48, "s": np.array(14.0)}).axes[0].texts
    shown = {text.get_text(): text.get_color() for text in texts}
    assert {"x\n2", "y\n3", "s = multiply\n6", "t = add\n8", "multiply"} < set(shown)
    assert {text for text, colour in shown.items() if colour == plot.COLOURS[1]} == {"slope 48", "slope 14"}


@pytest.mark.parametrize("computation", COMPUTATIONS)
def test_boxes_do_not_overlap(computation):
    boxes, _ = parts(*computation())
    for (a, text), (b, other) in combinations(boxes, 2):
        assert not a.get_window_extent().overlaps(b.get_window_extent()), (text, other)


@pytest.mark.parametrize("computation", COMPUTATIONS)
def test_text_fits_in_its_box(computation):
    for patch, text in parts(*computation())[0]:
        box, inside = patch.get_window_extent(), text.get_window_extent()
        assert box.x0 < inside.x0 and inside.x1 < box.x1 and box.y0 < inside.y0 and inside.y1 < box.y1, text


@pytest.mark.parametrize("computation", COMPUTATIONS)
def test_every_arrow_leads_down_from_a_box_to_a_younger_one(computation):
    boxes, arrows = parts(*computation())
    for points in arrows:
        (source,) = (patch for patch, _ in boxes if holds(patch, points[0], slack=0.01))
        (target,) = (patch for patch, _ in boxes if holds(patch, points[-1], slack=0.01))
        assert extent(source)[1] > extent(target)[3]
        assert (np.diff(points[:, 1]) <= 1e-9).all()


@pytest.mark.parametrize("computation", COMPUTATIONS)
def test_no_arrow_runs_through_a_box(computation):
    boxes, arrows = parts(*computation())
    for points in arrows:
        path = Path(points, [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1))
        (curve,) = path.to_polygons(closed_only=False)
        for point in curve:
            assert not any(holds(patch, point, slack=-0.01) for patch, _ in boxes)


def test_no_arrow_runs_through_a_tall_box():
    y, names = scalar()
    figure = plot.graph(y, names, slopes=dict.fromkeys(names, 1.0))
    boxes = [p for p in figure.axes[0].patches if isinstance(p, FancyBboxPatch)]
    for arrow in (p for p in figure.axes[0].patches if isinstance(p, FancyArrowPatch)):
        (curve,) = arrow._path_original.to_polygons(closed_only=False)
        assert not any(holds(patch, point, slack=-0.01) for patch in boxes for point in curve)


def test_a_tensor_used_twice_has_two_arrows_that_end_apart():
    a = Tensor([2.0])
    boxes, (first, second) = parts(a * a)
    assert len(boxes) == 2 and first[0].tolist() == second[0].tolist() and first[-1, 0] < second[-1, 0]


def test_arrows_enter_in_the_order_of_the_inputs():
    a, b = Tensor([1.0]), Tensor([2.0])
    for y in (a - b, b - a):
        boxes, arrows = parts(y, {"a": a, "b": b})
        by_entry = sorted(arrows, key=lambda points: points[-1, 0])
        sources = [text.get_text()[0] for points in by_entry for p, text in boxes if holds(p, points[0], 0.1)]
        assert sources == (["a", "b"] if y.inputs[0] is a else ["b", "a"])


def test_a_network_is_drawn_along_a_straight_spine():
    boxes, _ = parts(*network())
    spine = [p.get_x() + p.get_width() / 2 for p, text in boxes if "\n" not in text.get_text()]
    assert np.ptp(spine) < 72                                                     # six boxes within an inch


def test_a_graph_refuses_what_is_no_tensor_and_what_fits_no_page():
    with pytest.raises(TypeError, match="of a Tensor, and this is of type ndarray"):
        plot.graph(np.ones(3))
    y = Tensor([1.0])
    for _ in range(200):
        y = -y
    with pytest.raises(ValueError, match="201 boxes are more than the 150"):
        plot.graph(y)
