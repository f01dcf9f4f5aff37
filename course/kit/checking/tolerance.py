"""When two arrays count as equal: how far rounding may move a value."""

from dataclasses import dataclass

import numpy as np

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
    if got.dtype.kind in "biu" and want.dtype.kind in "biu":
        return np.asarray(got != want)
    wide = np.result_type(got, want, np.float64)
    got_values, want_values = got.astype(wide), want.astype(wide)
    same = (got_values == want_values) | (np.isnan(got_values) & np.isnan(want_values))
    near = np.abs(got_values - want_values) <= _tolerance(got, want, rules)
    return ~(same | (near & np.isfinite(want_values) & np.isfinite(got_values)))


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
