"""Where does what was got differ from what is wanted, beyond what rounding may do?

The order is: type, shape, dtype, finiteness, values. The wanted value decides what is
compared. Of the got value nothing is trusted: no method of its type is called unless
that type is exactly Python's or numpy's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from course.kit.checking.describe import (
    BOOLS,
    FLOATS,
    INTS,
    NUMPY_FLOATS,
    described,
    dtype_advice,
    number,
    pair,
    shape_text,
    short,
    type_advice,
    type_name,
    with_article,
)

# The relative rounding error, by the bytes of a number. np.finfo says the same, but hands
# out one object to all, whose values anyone can set.
SINGLE, DOUBLE, LONG = 2.0**-23, 2.0**-52, 2.0**-63


@dataclass(frozen=True)
class Rules:
    """How strict to be. `exact`: only rounding is forgiven, an int must be an int."""

    exact: bool = True
    rtol: float | None = None
    atol: float | None = None
    dtype: bool = True


def wrong_places(got: np.ndarray, want: np.ndarray, rules: Rules) -> np.ndarray:
    """A boolean array: where two arrays of one shape differ beyond the tolerance."""
    unequal = np.asarray(got != want)
    whole = got.dtype.kind in "biu" and want.dtype.kind in "biu"
    if whole or not unequal.any():
        return unequal
    wide = np.result_type(got, want, np.float64)
    got_values, want_values = got.astype(wide), want.astype(wide)
    near = np.abs(got_values - want_values) <= _tolerance(got, want, rules)
    near &= np.isfinite(want_values) & np.isfinite(got_values)
    near |= np.isnan(got_values) & np.isnan(want_values)
    return unequal & ~near


def _tolerance(got: np.ndarray, want: np.ndarray, rules: Rules) -> np.ndarray:
    """How far each value may be off: rtol * |want| + atol, as in numpy.

    What is not given depends on the less precise dtype: single precision has about 7
    digits and double precision about 16, and summing in another order costs some.
    Wanted whole numbers must come out as these, up to rounding: a large rtol is cut.
    """
    size = np.abs(want.astype(np.result_type(want, np.float64)))
    finite = size[np.isfinite(size)]
    scale = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
    precision = max(_epsilon(got), _epsilon(want))
    single = precision > 1e-12
    if rules.exact:
        rtol, atol = 64 * precision, 64 * precision * scale
    elif single:
        rtol, atol = 1e-4, 1e-5 * scale
    else:
        rtol, atol = 1e-7, max(1e-9 * min(scale, 1.0), 1e-12 * scale)
    rtol = rtol if rules.rtol is None else rules.rtol
    atol = atol if rules.atol is None else rules.atol
    allowed = rtol * size + atol
    given = rules.rtol is not None or rules.atol is not None
    if not given and np.all(finite == np.round(finite)):
        allowed = np.minimum(allowed, np.maximum(0.01, 16 * precision * size))
    return allowed


def _epsilon(array: np.ndarray) -> float:
    """The relative rounding error of the dtype, at the most that of float32."""
    if array.dtype.kind not in "fc":
        return 0.0
    size = array.dtype.itemsize // (2 if array.dtype.kind == "c" else 1)
    return SINGLE if size <= 4 else DOUBLE if size == 8 else LONG


@dataclass(frozen=True, eq=False)
class Difference:
    """`what` is wrong, the lines that show it, and the two values at that place.

    `texts` are got and wanted in a few words. Of two arrays of one shape, `wrong` is True
    where they differ.
    """

    what: str
    lines: tuple[str, ...]
    got: Any
    want: Any
    path: str = ""
    texts: tuple[str, str] = ("", "")
    wrong: np.ndarray | None = None

    @property
    def headline(self) -> str:
        """What is wrong, and where in lists and dicts."""
        return f"{self.what} at {self.path}" if self.path else self.what

    @property
    def shown(self) -> list[str]:
        """The lines of a message: where, got, wanted."""
        return [f"  {line}" for line in self.lines]


def find_difference(got: Any, want: Any, rules: Rules) -> Difference | None:
    """The first difference between the two, or None. `want` decides what is compared."""
    return _differ(got, want, rules, top=True)


def _differ(got: Any, want: Any, rules: Rules, top: bool = False) -> Difference | None:
    kind = type(want)
    if kind is np.ndarray and want.shape == () and type(got) is not np.ndarray:
        want, kind = want[()], want.dtype.type
    if kind is np.ndarray:
        return _differ_array(got, want, rules)
    if kind in BOOLS or kind in INTS or kind in FLOATS:
        return _differ_number(got, want, rules)
    if want is None or kind is str:
        right = got is None if want is None else type(got) in (str, np.str_)
        if not right:
            return _type_difference(got, want)
        if want is not None and str.__ne__(got, want):
            return _difference("wrong text", short(str(got)), short(want), got, want)
        return None
    if kind in (list, tuple):
        return _differ_sequence(got, want, rules, top)
    if kind is dict:
        return _differ_dict(got, want, rules)
    raise TypeError(f"a check cannot compare with {with_article(type_name(want))}")


def _differ_number(got: Any, want: Any, rules: Rules) -> Difference | None:
    if type(got) is np.ndarray and got.shape == () and type(want) in FLOATS:
        got = got[()]
    kind = type(got)
    if type(want) in BOOLS:
        right_type = kind in BOOLS
    elif type(want) in INTS and rules.exact:
        right_type = kind in INTS
    else:
        right_type = kind in INTS or kind in FLOATS
    if not right_type:
        return _type_difference(got, want)
    if _same_number(got, want, rules):
        return None
    finite = kind not in FLOATS or np.isfinite(got)
    what = "wrong value" if finite else "not a finite number"
    return _difference(what, *pair(got, want), got, want)


def _same_number(got: Any, want: Any, rules: Rules) -> bool:
    if type(got) not in FLOATS and type(want) not in FLOATS:
        return int(got) == int(want)
    try:
        one, other = (
            np.asarray(value, type(value) if type(value) in NUMPY_FLOATS else float)
            for value in (got, want)
        )
    except OverflowError:
        return False
    return not wrong_places(one, other, rules).any()


def _differ_array(got: Any, want: np.ndarray, rules: Rules) -> Difference | None:
    if type(got) is not np.ndarray:
        return _type_difference(got, want)
    if got.shape != want.shape:
        texts = shape_text(got.shape), shape_text(want.shape)
        return _difference("wrong shape", *texts, got, want)
    if not _dtype_fits(got.dtype, want.dtype, rules):
        texts = str(got.dtype)[:40], str(want.dtype)
        return _difference("wrong dtype", *texts, got, want, dtype_advice(*texts))
    wrong = wrong_places(got, want, rules)
    if not wrong.any():
        return None
    what = "wrong values"
    if got.dtype.kind in "fc":
        strange = wrong & ~np.isfinite(got) & np.isfinite(want)
        if strange.any():
            what, wrong = "not all values are finite", strange
    place = tuple(int(i) for i in np.unravel_index(np.argmax(wrong), wrong.shape))
    lines = [f"first wrong index  {list(place)}", *_extent(got, want, wrong)]
    difference = _difference(what, *pair(got[place], want[place]), got, want)
    return replace(difference, lines=(*lines, *difference.lines), wrong=wrong)


def _inside(texts: tuple[str, str], got: Any, want: Any) -> tuple[str, str]:
    """The two numbers, and after them the lists that they stand in, if these are short."""
    wholes = short(got), short(want)
    if any(" of " in whole for whole in wholes):
        return texts
    width = max(map(len, texts))
    one, other = (f"{t.ljust(width)}  in {w}" for t, w in zip(texts, wholes))
    return one, other


def _extent(got: np.ndarray, want: np.ndarray, wrong: np.ndarray) -> list[str]:
    """How many values differ, and by how much at the most."""
    count = int(np.count_nonzero(wrong))
    if wrong.size == 1:
        return []
    if count == wrong.size:
        text = f"all {count} values differ"
    else:
        text = f"{count} of {wrong.size} values differ{'s' if count == 1 else ''}"
    wide = np.result_type(got, want, np.float64)
    off = np.abs(got[wrong].astype(wide) - want[wrong].astype(wide))
    if not np.isfinite(off).all():
        return [text]
    largest = number(float(off.max())).removesuffix(".0")
    return [f"{text}, the largest difference is {largest}"]


def _dtype_fits(got: np.dtype, want: np.dtype, rules: Rules) -> bool:
    if got.kind not in "biufc":
        return False
    if not rules.dtype or (not rules.exact and want.kind in "iu" and got.kind in "iuf"):
        return got.kind != "b" or want.kind == "b"
    if want.kind in "iu":
        return got.kind in "iu"
    return got.newbyteorder("=") == want.newbyteorder("=")


def _differ_sequence(
    got: Any, want: list | tuple, rules: Rules, top: bool
) -> Difference | None:
    base = next((kind for kind in (list, tuple) if issubclass(type(got), kind)), None)
    if base is None or (top and base is not type(want) and not _is_shape(want)):
        return _type_difference(got, want)
    items = list(base.__iter__(got))
    if len(items) != len(want):
        texts = f"{len(items)}: {short(got)}", f"{len(want)}: {short(want)}"
        return _difference("wrong length", *texts, got, want)
    parts = ((f"[{index}]", *two) for index, two in enumerate(zip(items, want)))
    difference = _first(parts, rules)
    if difference is None or difference.what != "wrong value":
        return difference
    numbers = difference.got, difference.want
    if difference.path.count("[") > 1:
        return difference
    texts = _inside(pair(*numbers), got, want)
    return replace(_difference("wrong value", *texts, *numbers), path=difference.path)


def _is_shape(value: list | tuple) -> bool:
    return type(value) is tuple and all(type(item) in INTS for item in value)


def _differ_dict(got: Any, want: dict, rules: Rules) -> Difference | None:
    if not issubclass(type(got), dict):
        return _type_difference(got, want)
    kinds = {type(key) for key in want}
    items = {key: value for key, value in dict.items(got) if type(key) in kinds}
    missing = [short(key) for key in want if key not in items]
    extra = [short(key) for key in dict.keys(got) if type(key) not in kinds]
    extra += [short(key) for key in items if key not in want]
    if missing or extra:
        lines = [f"missing     {', '.join(missing)}"] if missing else []
        lines += [f"not wanted  {', '.join(extra[:8])}"] if extra else []
        return Difference("wrong keys", tuple(lines), got, want)
    return _first(((f"[{short(k)}]", items[k], want[k]) for k in want), rules)


def _first(parts: Iterator[tuple[str, Any, Any]], rules: Rules) -> Difference | None:
    for name, got, want in parts:
        difference = _differ(got, want, rules)
        if difference is not None:
            return replace(difference, path=name + difference.path)
    return None


def _difference(
    what: str, got_text: str, want_text: str, got: Any, want: Any, more: tuple = ()
) -> Difference:
    lines = (f"got     {got_text}", f"wanted  {want_text}", *more)
    return Difference(what, lines, got, want, texts=(got_text, want_text))


def _type_difference(got: Any, want: Any) -> Difference:
    texts = described(got), described(want)
    return _difference("wrong type", *texts, got, want, type_advice(got, want))
