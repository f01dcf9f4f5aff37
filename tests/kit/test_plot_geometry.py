"""Figures of lesson 01: what they count, and that they survive odd input."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.kit import plot
from course.kit.plot import style


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def size_or_error(size, filter_size, stride, padding):
    way = size - filter_size + 2 * padding
    if way < 0 or way % stride:
        raise ValueError("no fit")
    return way // stride + 1


def bars(ax, colour):
    """Left edges of the rectangles of one colour."""
    wanted = matplotlib.colors.to_rgba(colour)
    return [
        (round(bar.get_x()), round(bar.get_width()))
        for bar in ax.patches
        if bar.get_facecolor() == wanted and bar.get_height() < 1
    ]


def words(ax):
    return [text.get_text() for text in ax.texts]


def drawn(ax):
    """The axes, after everything that is lazy has been drawn."""
    ax.figure.canvas.draw()
    return ax


@pytest.mark.parametrize(
    ("setting", "starts", "red"),
    [
        ((7, 3, 1, 0), [0, 1, 2, 3, 4], []),
        ((7, 3, 2, 0), [0, 2, 4], []),
        ((7, 3, 3, 0), [0, 3], [6]),
        ((5, 3, 1, 1), [-1, 0, 1, 2, 3], []),
        ((5, 3, 2, 1), [-1, 1, 3], []),
        ((5, 3, 3, 1), [-1, 2], [5]),
        ((3, 5, 1, 0), [], [0]),
    ],
)
def test_the_filter_stands_where_it_fits_and_a_misfit_is_red(setting, starts, red):
    ax = drawn(plot.sliding_filter(*setting))
    assert [left for left, _ in bars(ax, style.BLUE)] == starts
    assert [left for left, _ in bars(ax, style.RED)] == red
    title = ax.get_title(loc="left")
    assert ("no fit" in title) == bool(red)
    assert f"{len(starts)} place" in title


def test_padding_is_zeros_around_the_pixels():
    ax = plot.sliding_filter(5, 3, padding=1)
    assert words(ax) == ["", "0", "1", "2", "3", "4", ""]
    cells = [bar.get_x() for bar in ax.patches if bar.get_hatch()]
    assert cells == [-1, 5]
    assert "padding" in ax.get_xlabel()
    assert "padding" not in plot.sliding_filter(5, 3).get_xlabel()


def test_cropping_and_padding_at_the_far_border_make_it_fit():
    assert "no fit" in plot.sliding_filter(10, 3, 2).get_title(loc="left")
    cropped = plot.sliding_filter(10, 3, 2, crop=1)
    assert words(cropped)[-1] == "x"
    assert "1 dropped: 4 places" in cropped.get_title(loc="left")
    padded = plot.sliding_filter(10, 3, 2, extra=1)
    assert words(padded)[-1] == ""
    assert "1 added: 5 places" in padded.get_title(loc="left")


def test_a_long_row_has_no_numbers_in_its_cells():
    assert words(plot.sliding_filter(np.int64(227), 11, 4)) == []


def test_the_grid_asks_the_given_function():
    ax = drawn(plot.fit_grid(size_or_error, 7, 3, range(1, 4), range(2)))
    assert words(ax) == ["5", "3", "x", "7", "4", "3"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "2", "3"]


@pytest.mark.parametrize("fits", [True, False])
def test_a_grid_of_one_value_or_none_is_drawn(fits):
    def always(*setting):
        if fits:
            return 4
        raise ValueError

    ax = drawn(plot.fit_grid(always, 7, 3, [1, 2], [0]))
    assert words(ax) == (["4", "4"] if fits else ["x", "x"])


def test_an_error_other_than_value_error_is_not_hidden():
    def broken(*setting):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        plot.fit_grid(broken, 7, 3, [1], [0])


def test_the_column_is_in_every_card_and_the_slice_is_one_card():
    W, H, C = 5, 4, 3
    x, y, d = np.indices((W, H, C))
    ax = drawn(plot.depth_parts(100 * x + 10 * y + d, column=(3, 1), depth=2))
    fills = [matplotlib.colors.to_hex(p.get_facecolor()).upper() for p in ax.patches]
    assert len(fills) == W * H * C
    assert fills.count(style.BLUE) == C
    assert fills.count(style.YELLOW) == W * H - 1
    blue = [p for p, fill in zip(ax.patches, fills, strict=True) if fill == style.BLUE]
    inside = [
        text.get_text()
        for bar in blue
        for text in ax.texts
        if bar.get_bbox().contains(*text.get_position())
    ]
    assert inside == ["310", "311", "312"]


def test_volumes_have_three_faces_each_and_their_shapes():
    ax = drawn(plot.volumes([(3, 32, 20), (10, 1, 1)], ["input", "fc"]))
    assert len(ax.patches) == 6
    assert words(ax) == ["input\n20 x 32 x 3", "fc\n1 x 1 x 10"]


def test_shrinking_has_a_line_per_padding():
    ax = drawn(plot.shrinking({"P = 0": [9, 7, 5], "P = 1": [9, 9, 9]}))
    assert [line.get_ydata().tolist() for line in ax.lines] == [[9, 7, 5], [9, 9, 9]]


def test_parameter_bars_write_out_their_counts():
    ax = drawn(plot.parameter_bars({"dense": 44_891_735_000, "conv": 34_944}))
    assert words(ax) == ["44,891,735,000", "34,944"]
    assert ax.get_xscale() == "log"


def test_the_trace_shows_the_input_and_a_zero_has_no_bar():
    rows = [("conv", (10, 32, 32), 280), ("relu", (10, 32, 32), 0)]
    ax = drawn(plot.trace_bars((3, 32, 32), rows))
    assert words(ax) == ["3,072", "10,240", "10,240", "0", "280", "0"]


def test_bars_of_nothing_but_zeros_are_drawn():
    assert words(drawn(plot.parameter_bars({"relu": 0, "pool": 0}))) == ["0", "0"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plot.sliding_filter(7, 3, ax=ax),
        lambda ax: plot.fit_grid(size_or_error, 7, 3, [1], [0], ax=ax),
        lambda ax: plot.depth_parts(np.zeros((2, 3, 2)), ax=ax),
        lambda ax: plot.volumes([(1, 2, 3)], ["input"], ax=ax),
        lambda ax: plot.shrinking({"P = 0": [5, 3]}, ax=ax),
        lambda ax: plot.parameter_bars({"fc": 10}, ax=ax),
        lambda ax: plot.trace_bars((1, 2, 3), [("relu", (1, 2, 3), 0)], ax=ax),
    ],
)
def test_every_figure_draws_on_given_axes_and_names_them(draw):
    _, ax = plt.subplots()
    assert draw(ax) is ax
    assert drawn(ax).get_xlabel() and ax.get_ylabel()
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize(
    ("values", "signed", "wanted"),
    [
        ([1, 3], False, (1, 3)),
        ([2, 2], False, (1.5, 2.5)),
        ([], False, (-0.5, 0.5)),
        ([np.nan, 4, np.inf, 8], False, (4, 8)),
        ([-1, 3], True, (-3, 3)),
        ([0, 0], True, (-0.5, 0.5)),
    ],
)
def test_colour_limits_are_apart_for_any_input(values, signed, wanted):
    assert plot.limits(np.array(values), signed) == wanted
