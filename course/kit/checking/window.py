"""The part of the image from which a wrong number of a convolution or pooling comes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course.kit.checking.describe import rows_of_numbers
from course.kit.checking.expression import arguments_of

MOST_CHANNELS = 3  # of a window that are shown


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
        """The numbers of the filter that one channel in `values` is multiplied with."""
        return rows_of_numbers(self.filters[channel])

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
    is_forward = isinstance(x, np.ndarray) and x.ndim == 4 and len(place) == 4
    if not is_forward or not isinstance(want, np.ndarray) or want.ndim != 4:
        return None
    is_conv = isinstance(w, np.ndarray)
    if is_conv and (w.ndim != 4 or w.shape[1] != x.shape[1]):
        return None
    size = w.shape[2:] if is_conv else (found.get("size", 2),) * 2
    step = found.get("stride", 1 if is_conv else 2)
    padding, apart = found.get("padding", 0), found.get("dilation", 1)
    if any(type(each) is not int for each in (*size, step, padding, apart)):
        return None
    image, unit, *at = (int(each) for each in place)
    rows, columns = (
        tuple(position * step - padding + apart * k for k in range(length))
        for position, length in zip(at, size)
    )
    channels = tuple(range(x.shape[1])) if is_conv else (unit,)
    if image >= len(x) or channels[-1] >= x.shape[1] or (is_conv and unit >= len(w)):
        return None
    values = _values(x[image], channels, rows, columns)
    filters = w[unit] if is_conv else None
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
