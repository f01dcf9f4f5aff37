"""The numbers that are worth looking at: around the first wrong one, and where it comes from.

Of an array with many axes an excerpt is the plane of the last two that holds this number.
For a convolution or pooling there is the window of the image that is behind it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course.kit.checking.compare import Difference
from course.kit.checking.describe import WIDTH, rows_of_numbers
from course.kit.checking.expression import arguments_of

MOST = 8  # rows or columns of a plane that is shown whole
AROUND = 2  # rows and columns beside the first wrong number, where the plane is larger
DIGITS = (4, 6, 9, 12, 17)

MOST_CHANNELS = 3  # of a window that are shown


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Numbers of `wanted` and `got` as text, row by row, and where they differ.

    `rows` and `columns` are the places of what is shown; an array of one axis has no rows.
    """

    plane: "Plane"
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    wanted: list[list[str]]
    got: list[list[str]]
    wrong: np.ndarray
    first: tuple[int, int]
    whole: bool


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane of the last two axes that holds the first wrong number; `index` says which.

    `shape` is that of the whole array.
    """

    index: tuple[int, ...]
    got: np.ndarray
    want: np.ndarray
    wrong: np.ndarray
    first: tuple[int, int]
    shape: tuple[int, ...]

    @property
    def name(self) -> str:
        return str([*self.index]) if self.index else ""


def plane_of(difference: Difference | None) -> Plane | None:
    """Where to look; None where the difference is not one of numbers in arrays."""
    if difference is None or difference.wrong is None or difference.wrong.ndim == 0:
        return None
    got, want, wrong = difference.got, difference.want, difference.wrong
    place = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    index = tuple(int(each) for each in place[:-2])
    *rows, column = (int(each) for each in place[-2:])
    first = rows[0] if rows else 0, column
    got, want, wrong = (np.atleast_2d(each[index]) for each in (got, want, wrong))
    return Plane(index, got, want, wrong, first, difference.wrong.shape)


def excerpt_of(plane: Plane) -> Excerpt:
    """What of the plane is shown."""
    rows = _near(plane.first[0], plane.wrong.shape[0], MOST)
    columns = _near(plane.first[1], plane.wrong.shape[1], MOST)
    wanted, got = _texts(plane, rows, columns)
    widest = max(len(text) for row in (*wanted, *got) for text in row)
    fitting = (WIDTH - 12) // (widest + 3)
    if len(columns) > fitting:
        columns = _near(plane.first[1], plane.wrong.shape[1], fitting)
        wanted, got = _texts(plane, rows, columns)
    wrong = plane.wrong[np.ix_(rows, columns)]
    first = rows.index(plane.first[0]), columns.index(plane.first[1])
    whole = wrong.shape == plane.wrong.shape
    labels = tuple(rows) if len(plane.shape) > 1 else ()
    return Excerpt(plane, labels, tuple(columns), wanted, got, wrong, first, whole)


def _near(place: int, length: int, most: int) -> list[int]:
    """All places, or where these are too many, those around the one."""
    if length <= most:
        return [*range(length)]
    count = min(2 * AROUND + 1, max(most, 1))
    start = min(max(place - count // 2, 0), length - count)
    return [*range(start, start + count)]


def _texts(
    plane: Plane, rows: list[int], columns: list[int]
) -> tuple[list[list[str]], list[list[str]]]:
    """Both as text, with as many digits as it takes to tell wrong numbers from right ones."""
    part = np.ix_(rows, columns)
    wrong = plane.wrong[part]
    for digits in DIGITS:
        both = np.vstack([plane.want[part], plane.got[part]])
        texts = rows_of_numbers(both, digits)
        wanted, got = texts[: len(rows)], texts[len(rows) :]
        if all(wanted[r][c] != got[r][c] for r, c in np.argwhere(wrong)):
            break
    return wanted, got


@dataclass(frozen=True, eq=False)
class Window:
    """A window of x, in image `image`: its channels, and the rows and columns that it covers.

    It is behind a number of channel `unit` of the output.

    Rows and columns below 0, or beyond the last, are padding. `values` has a plane for each
    channel; `filters` those of the filter that they are multiplied with, if any. `sum_up` says
    in one line how the wanted number comes out of them.
    """

    x: np.ndarray
    image: int
    unit: int
    channels: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    values: np.ndarray
    filters: np.ndarray | None
    sum_up: str

    def is_padding(self, row: int, column: int) -> bool:
        height, width = self.x.shape[2:]
        return not (0 <= row < height and 0 <= column < width)

    @property
    def has_padding(self) -> bool:
        return any(self.is_padding(r, c) for r in self.rows for c in self.columns)

    @property
    def where(self) -> str:
        """ "rows 0 to 2, columns 3 to 5"; padding begins below 0."""
        rows, columns = (
            f"{name} {places[0]} to {places[-1]}"
            for name, places in (("rows", self.rows), ("columns", self.columns))
        )
        return f"{rows}, {columns}"

    @property
    def shown(self) -> range:
        """The numbers of the channels in `values` that are shown: the first few."""
        return range(min(len(self.channels), MOST_CHANNELS))

    def filter_texts(self, channel: int) -> list[list[str]]:
        """The numbers that one channel in `values` is multiplied with; [] without a filter."""
        return [] if self.filters is None else rows_of_numbers(self.filters[channel])

    def texts(self, channel: int) -> list[list[str]]:
        """The numbers of one channel in `values`, those of the padding in brackets."""
        return [
            [
                f"({text})" if self.is_padding(row, column) else text
                for column, text in zip(self.columns, texts)
            ]
            for row, texts in zip(self.rows, rows_of_numbers(self.values[channel]))
        ]


def window_of(
    call: Any,
    parameters: Mapping[str, Sequence[str]],
    want: Any,
    place: Sequence[int],
) -> Window | None:
    """The window behind `want[place]`; None where the call is not of this kind.

    Nothing is taken on trust: only a window whose numbers give the wanted one is shown.
    """
    found = arguments_of(call, parameters)
    x, w = found.get("x"), found.get("w")
    w = w if isinstance(w, np.ndarray) else None
    if not isinstance(x, np.ndarray) or x.ndim != 4 or len(place) != 4:
        return None
    if not isinstance(want, np.ndarray) or want.ndim != 4:
        return None
    if w is not None and (w.ndim != 4 or w.shape[1] != x.shape[1]):
        return None
    size = w.shape[2:] if w is not None else (found.get("size", 2),) * 2
    step = found.get("stride", 2 if w is None else 1)
    padding, apart = found.get("padding", 0), found.get("dilation", 1)
    if any(type(each) is not int for each in (*size, step, padding, apart)):
        return None
    image, unit, *at = (int(each) for each in place)
    rows, columns = (
        tuple(position * step - padding + apart * k for k in range(length))
        for position, length in zip(at, size)
    )
    channels = (unit,) if w is None else tuple(range(x.shape[1]))
    units = x.shape[1] if w is None else len(w)
    if image >= len(x) or unit >= units:
        return None
    values = _values(x[image], channels, rows, columns)
    filters = None if w is None else w[unit]
    b = found.get("b")
    bias = float(b[unit]) if isinstance(b, np.ndarray) and b.ndim == 1 else 0.0
    for value, sum_up in _ways(values, filters, bias, unit):
        if np.isclose(value, want[tuple(place)], rtol=1e-4, atol=1e-6):
            return Window(
                x, image, unit, channels, rows, columns, values, filters, sum_up
            )
    return None


def _values(
    image: np.ndarray, channels: Sequence[int], rows: Sequence, columns: Sequence
) -> np.ndarray:
    """The numbers of the window, with 0 where it lies outside of the image."""
    values = np.zeros((len(channels), len(rows), len(columns)))
    for r, row in enumerate(rows):
        for c, column in enumerate(columns):
            if 0 <= row < image.shape[1] and 0 <= column < image.shape[2]:
                values[:, r, c] = image[list(channels), row, column]
    return values


def _ways(
    values: np.ndarray, filters: np.ndarray | None, bias: float, unit: int
) -> Iterator[tuple[float, str]]:
    """What may be done with a window, and how to say it."""
    if filters is not None:
        total = float(np.sum(values * filters.astype(float)))
        text = f"The sum of window times filter w[{unit}] is {total:.6g}"
        yield total + bias, f"{text}, plus b[{unit}] = {bias:.6g}: {total + bias:.6g}."
        yield total, f"{text}."
        return
    for value, name in (
        (values.max(), "largest number"),
        (values.mean(), "mean"),
        (np.sqrt((values**2).sum()), "root of the sum of squares"),
        (np.sqrt((values**2).mean()), "root of the mean square"),
    ):
        yield float(value), f"The {name} in the window is {value:.6g}."
