"""The part of two arrays that is worth looking at: around the first wrong number.

Of an array with many axes it is the plane of the last two that holds this number.
"""

from dataclasses import dataclass

import numpy as np

from course.kit.checking.compare import Difference
from course.kit.checking.describe import WIDTH, rows_of_numbers

MOST = 8  # rows or columns of a plane that is shown whole
AROUND = 2  # rows and columns beside the first wrong number, where the plane is larger
DIGITS = (4, 6, 9, 12, 17)


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Numbers of `wanted` and `got` as text, row by row, and where they differ.

    `plane` is the place of the plane in the whole array ("[0, 1]"; "" where it is the whole).
    `rows` and `columns` are the places of what is shown; an array of one axis has no rows.
    """

    plane: str
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    wanted: list[list[str]]
    got: list[list[str]]
    wrong: np.ndarray
    first: tuple[int, int]
    whole: bool


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane of the last two axes that holds the first wrong number; `index` says which."""

    index: tuple[int, ...]
    got: np.ndarray
    want: np.ndarray
    wrong: np.ndarray
    first: tuple[int, int]

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
    two = tuple(int(each) for each in place[-2:])
    first = two if len(two) == 2 else (0, *two)
    parts = (np.atleast_2d(each[index]) for each in (got, want, wrong))
    return Plane(index, *parts, first)


def excerpt_of(plane: Plane, axes: int) -> Excerpt:
    """What of the plane is shown; `axes` is the number of axes of the whole array."""
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
    labels = tuple(rows) if axes > 1 else ()
    return Excerpt(plane.name, labels, tuple(columns), wanted, got, wrong, first, whole)


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
