"""Results as JSON: numbers, text, arrays, and lists, tuples and dicts of them."""

import math
from typing import Any

import numpy as np

# Digits that every machine agrees on, well inside the tolerance of any check.
DIGITS = {"float32": 6, "float64": 12, "float16": 4}


def to_json(value: Any) -> Any:
    """What JSON can hold of the value. Raises TypeError for what is no plain data."""
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return _rounded(value, 12)
    if isinstance(value, np.generic) and value.dtype.kind in "biuf":
        dtype = str(value.dtype)
        return {"dtype": dtype, "value": _rounded(value.item(), DIGITS.get(dtype, 12))}
    if kind is np.ndarray and value.dtype.kind in "biuf":
        dtype = str(value.dtype)
        digits = DIGITS.get(dtype, 12)
        values = [_rounded(each, digits) for each in value.ravel().tolist()]
        return {"dtype": dtype, "shape": list(value.shape), "values": values}
    if kind is list:
        return [to_json(each) for each in value]
    if kind is tuple:
        return {"tuple": [to_json(each) for each in value]}
    if kind is dict:
        return {"dict": [[to_json(k), to_json(v)] for k, v in value.items()]}
    raise TypeError(f"a {kind.__name__} is no plain data")


def from_json(stored: Any) -> Any:
    """The value again, with arrays of its own."""
    if isinstance(stored, list):
        return [from_json(each) for each in stored]
    if not isinstance(stored, dict):
        return stored
    if "tuple" in stored:
        return tuple(from_json(each) for each in stored["tuple"])
    if "dict" in stored:
        return {from_json(key): from_json(each) for key, each in stored["dict"]}
    if "value" in stored:
        return np.dtype(stored["dtype"]).type(stored["value"])
    return np.array(stored["values"], stored["dtype"]).reshape(stored["shape"])


def _rounded(value: Any, digits: int) -> Any:
    """A float with so many digits; a whole one without its point inside an array is one too."""
    if type(value) is not float or not math.isfinite(value):
        return value
    return float(f"{value:.{digits}g}")
