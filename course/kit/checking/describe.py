"""Values and types in a few words, for the messages that a learner reads.

Safe for any value: it is shown only when its exact type is one of Python's or numpy's
own, nothing of a foreign type is called, and every text is short.
"""

import math
import re
import textwrap
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

NUMPY_INTS = frozenset(np.dtype(code).type for code in np.typecodes["AllInteger"])
NUMPY_FLOATS = frozenset(np.dtype(code).type for code in np.typecodes["Float"])
INTS = NUMPY_INTS | {int}
FLOATS = NUMPY_FLOATS | {float}
BOOLS = frozenset({bool, np.bool_})
LONGEST = 60
FEW = 8  # numbers of an array that is shown by them
DEEPEST = 8
WIDTH = 88


def type_name(value: Any) -> str:
    """The name of the value's own type, whatever its metaclass says about it."""
    cls = type(value)
    name = type.__dict__["__name__"].__get__(cls)
    if cls in NUMPY_INTS | NUMPY_FLOATS or cls is np.bool_:
        return f"np.{name}"
    return {np.ndarray: "array", str: "text", FunctionType: "function"}.get(cls, name)


def with_article(noun: str) -> str:
    vowel = noun[:1].lower() in "aeiou" or noun.startswith("np.")
    return f"{'an' if vowel else 'a'} {noun}"


def number(value: Any, digits: int = 6) -> str:
    """One number with at most so many significant digits: 5, 5.0, 0.333333, nan."""
    if type(value) in BOOLS:
        return str(bool(value))
    if type(value) in INTS:
        value = int(value)
        if abs(value) < 10**18:
            return str(value)
        return f"an int of {value.bit_length()} bits"
    if isinstance(value, (complex, np.complexfloating)):
        return f"{value:.{digits}g}"
    value = float(value)
    if not math.isfinite(value):
        return str(value)
    if value.is_integer() and abs(value) < 1e15:
        return f"{value:.1f}"
    text = f"{value:.{digits}g}"
    return text if any(mark in text for mark in ".e") else text + ".0"


def rows_of_numbers(plane: np.ndarray, digits: int = 6) -> list[list[str]]:
    """The texts of the numbers of a plane; without ".0" where all of them are whole."""
    rows = [[number(value, digits) for value in row] for row in plane]
    if all(text.endswith(".0") for row in rows for text in row):
        return [[text.removesuffix(".0") for text in row] for row in rows]
    return rows


def pair(got: Any, want: Any) -> tuple[str, str]:
    """The texts of two numbers, with as many digits as it takes to tell them apart."""
    for digits in (6, 9, 12, 17):
        texts = number(got, digits), number(want, digits)
        if texts[0] != texts[1]:
            break
    return texts


def shape_text(shape: tuple[int, ...]) -> str:
    return str(tuple(int(length) for length in shape))


def short(value: Any, depth: int = DEEPEST) -> str:
    """The value itself where it is a simple one, else what it is."""
    kind = type(value)
    if value is None:
        return "None"
    if kind in INTS | FLOATS | BOOLS:
        return number(value)
    if kind is str:
        return repr(value if len(value) <= LONGEST else value[:LONGEST] + "...")
    if kind in (list, tuple):
        if depth and len(value) <= 8:
            text = ", ".join(short(item, depth - 1) for item in value)
            if len(text) <= LONGEST:
                text += "," if kind is tuple and len(value) == 1 else ""
                return f"[{text}]" if kind is list else f"({text})"
        return f"a {type_name(value)} of {len(value)}"
    if kind is np.ndarray:
        return _few_numbers(value) or f"an array of shape {shape_text(value.shape)}"
    if kind is dict:
        return f"a dict of {len(value)}"
    if kind is np.ma.MaskedArray:
        return "a masked array"
    if kind is FunctionType or kind is BuiltinFunctionType:
        return f"the function {value.__name__}"
    if issubclass(kind, type):
        return "a class"
    if issubclass(kind, np.ndarray):
        return f"an array of the special type {type_name(value)}"
    return with_article(type_name(value))


def _few_numbers(array: np.ndarray) -> str:
    """ "array([1.0, 2.0])" for a small array of numbers, else ""."""
    if array.dtype.kind not in "biuf" or array.ndim == 0 or not 0 < array.size <= FEW:
        return ""
    text = f"array({short(array.tolist())})"
    return text if len(text) <= LONGEST and " of " not in text else ""


def described(value: Any) -> str:
    """The value and its type: "3.0, a float", "an array of shape (2, 3), float64"."""
    if type(value) is np.ndarray:
        numbers = _few_numbers(value)
        before = f"{numbers}, " if numbers else ""
        dtype = str(value.dtype)[:LONGEST]
        return f"{before}an array of shape {shape_text(value.shape)}, {dtype}"
    text = short(value)
    if value is None or text.startswith(("a ", "an ", "the ")):
        return text
    return f"{text}, {with_article(type_name(value))}"


def number_of(count: int, noun: str) -> str:
    """ "1 case", "3 cases"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def function_name(function: Any) -> str:
    name = getattr(function, "__name__", None)
    return name if type(name) is str else type_name(function)


def call_text(function: Any, args: tuple, kwargs: dict[str, Any]) -> str:
    """A call as one would write it: "output_size(7, 3, stride=3)"."""
    parts = [short(value) for value in args]
    parts += [f"{name}={short(value)}" for name, value in kwargs.items()]
    return f"{function_name(function)}({', '.join(parts)})"


def wrapped(text: str, margin: str) -> str:
    """The text in lines that are not too long; all but the first begin with the margin."""
    return textwrap.fill(
        text,
        WIDTH,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )


def code_lines(code: str, margin: str = "") -> list[str]:
    """A call in lines that are not too long, and that can be run as they stand.

    It breaks only after a comma that stands outside of quotes.
    """
    parts = re.findall(
        r"""(?:"(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[^,"'])*(?:, ?|$)""", code
    )
    lines = [margin]
    for part in filter(None, parts):
        if len(lines[-1]) + len(part.rstrip()) > WIDTH and lines[-1].strip():
            lines.append(f"{margin}    ")
        lines[-1] += part
    return [line.rstrip() for line in lines]


def indented(text: str) -> list[str]:
    """Sentences as lines of a message: two spaces to the right, not too long."""
    return wrapped(f"  {text}", "  ").splitlines()


def error_text(error: BaseException) -> str:
    """The message of an exception on one line, even where asking for it fails."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 (a learner's exception may do anything)
        return "(its message cannot be read)"
    return text if len(text) <= 400 else text[:400] + "..."


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
