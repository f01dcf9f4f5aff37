"""What to do about a result of the wrong type or dtype."""

from typing import Any

import numpy as np

from course.kit.checking.describe import FLOATS, INTS


def type_advice(got: Any, want: Any) -> tuple[str, ...]:
    """What to do about the wrong type."""
    kind = type(got)
    if got is None:
        return ("The function returned None: is the return missing?",)
    if type(want) in INTS and kind in FLOATS:
        whole = float(got).is_integer()
        return ("A count is an int: use // instead of /.",) if whole else ()
    if type(want) in FLOATS | INTS and kind is np.ndarray:
        return ("One number is wanted, not an array: did you sum over all axes?",)
    if type(want) is np.ndarray:
        if kind is tuple and got and type(got[0]) is np.ndarray:
            return ("If this is a pair (out, cache): its first entry is the array.",)
        if kind in (list, tuple):
            return ("An array is wanted: np.array(...) makes one out of lists.",)
        if issubclass(kind, np.ndarray):
            return ("A plain array is wanted: np.asarray(...) gives it.",)
    if type(want) is tuple and kind is list:
        return ("A tuple is wanted: return a, b and not return [a, b].",)
    if type(want) is list and kind in (tuple, np.ndarray):
        return ("A list is wanted: list(...) makes one.",)
    return ()


def dtype_advice(got: str, want: str) -> tuple[str, ...]:
    if (got, want) == ("float64", "float32"):
        return (
            "float32 went in, float64 came out. np.zeros and np.ones make float64:",
            "give them dtype=x.dtype.",
        )
    return ()
