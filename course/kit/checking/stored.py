"""Stored examples of a function: small inputs, wanted results, results of mistakes.

They lie as JSON in course/kit/examples, one file per lesson's module.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from course.kit.checking.describe import described, function_name
from course.kit.refusal import Refusal
from course.kit.syllabus import MODULE_OF_LESSON

FOLDER = Path(__file__).parent.parent / "examples"


@dataclass(frozen=True)
class Example:
    """Call the function with `**arrays, **options`, and `want` must come out.

    `want` is an array or a number, or a tuple of them if there are several results.
    `mistakes` maps a phrase to the results that this mistake may give instead.
    """

    function: str
    index: int
    case: str
    arrays: dict[str, np.ndarray]
    options: dict[str, Any]
    outputs: tuple[str, ...]
    wants: tuple[Any, ...]
    mistakes: dict[str, list[tuple[Any, ...]]] = field(repr=False)

    @property
    def want(self) -> Any:
        return self.wants[0] if len(self.wants) == 1 else self.wants

    def __repr__(self) -> str:
        lines = [f"{self.function}, example {self.index}: {self.case}"]
        lines += [f"  {name:8} {described(x)}" for name, x in self.arrays.items()]
        lines += [f"  {name:8} {value!r}" for name, value in self.options.items()]
        lines += [f"  {'want':8} {described(want)}" for want in self.wants]
        lines += [f"try it: {self.function}(**example.arrays, **example.options)"]
        return "\n".join(lines)


class Entry(NamedTuple):
    """What is stored of one function. Each example is the JSON of it, which nobody can change."""

    outputs: tuple[str, ...]
    examples: tuple[str, ...]


def count(function: str) -> int:
    """How many examples of this function are stored. Raises Refusal if it has none."""
    return len(_entry(function).examples)


def example(function: str, index: int) -> Example:
    """Example number `index` with fresh arrays. Raises Refusal if there is none."""
    entry = _entry(function)
    stored = entry.examples
    if type(index) is not int or not 0 <= index < len(stored):
        raise Refusal(
            f"{function} has no example {index!r}: take one from 0 to {len(stored) - 1}."
        )
    one = json.loads(stored[index])
    mistakes = one.get("mistakes", {}).items()
    return Example(
        function=function,
        index=index,
        case=one["case"],
        arrays={name: _array(array) for name, array in one["arrays"].items()},
        options=one.get("options", {}),
        outputs=entry.outputs,
        wants=_values(one["want"]),
        mistakes={
            phrase: [_values(results) for results in several]
            for phrase, several in mistakes
        },
    )


def name_of(function: Any, names: Mapping[str, Any]) -> str:
    """The name that a function has among these names, if examples are stored for it.

    A lambda and a decorated function have another one themselves, and nobody passes by
    naming a function after an easier one. Its own name where none of the names will do.
    """
    own = function_name(function)
    if names.get(own) is function and any(
        own in _functions(path) for path in _paths().values()
    ):
        return own
    given = [name for name, value in names.items() if value is function]
    known = (name for each in read_all() for name in given if name in each)
    return next(known, own)


def read_all() -> list[Mapping[str, Entry]]:
    """The examples of all lessons. They are read once."""
    return [_functions(path) for path in _paths().values()]


def _paths() -> dict[str, Path]:
    """The files by the names of their modules, in the order of the lessons."""
    paths = {path.stem: path for path in sorted(FOLDER.glob("*.json"))}
    order = [stem for stem in MODULE_OF_LESSON.values() if stem in paths]
    return {stem: paths[stem] for stem in dict.fromkeys([*order, *paths])}


def _entry(function: str) -> Entry:
    """The examples of "conv_forward", in the first lesson that has some, or of "fast.conv_forward"."""
    found = []
    module, _, name = str(function).rpartition(".")
    for stem, path in _paths().items():
        functions = _functions(path)
        if module in ("", stem) and name in functions and functions[name].examples:
            return functions[name]
        found += functions
    near = difflib.get_close_matches(str(function), found, n=1)
    advice = (
        f"did you mean {near[0]!r}?" if near else f"there are for {_listed(found)}."
    )
    raise Refusal(f"there are no stored examples for {function!r}: {advice}")


def _listed(names: list[str]) -> str:
    return ", ".join(sorted(names)) if names else f"no function at all in {FOLDER}"


@cache
def _functions(path: Path) -> Mapping[str, Entry]:
    try:
        functions = json.loads(path.read_text(encoding="utf-8"))["functions"]
        return MappingProxyType({name: _packed(functions[name]) for name in functions})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(
            f"the stored examples in {path} cannot be read ({error}). "
            "Put the file back from where you got the course."
        ) from error


def _packed(entry: dict) -> Entry:
    examples = tuple(json.dumps(each) for each in entry.get("examples", []))
    return Entry(tuple(entry.get("outputs", [])), examples)


def _values(stored: list[dict]) -> tuple[Any, ...]:
    """Arrays; a scalar as Python's int or float, or as numpy's if it is float32."""
    arrays = [_array(one) for one in stored]
    return tuple(_scalar(array) if array.shape == () else array for array in arrays)


def _scalar(array: np.ndarray) -> Any:
    plain = array.dtype.kind in "biu" or array.dtype == np.float64
    return array.item() if plain else array[()]


def _array(stored: dict) -> np.ndarray:
    """The array as described; with the layout "strided" it is a view with gaps.

    What lies in the gaps is nan, or the smallest int, and must never be read.
    """
    dtype, shape = np.dtype(stored["dtype"]), tuple(stored["shape"])
    array = np.array(stored["values"], dtype=dtype).reshape(shape)
    if stored.get("layout") != "strided" or not shape:
        return array
    gap = (
        np.nan if dtype.kind == "f" else 0 if dtype.kind == "b" else np.iinfo(dtype).min
    )
    wide = np.full((*shape[:-1], 2 * shape[-1]), gap, dtype)
    view = wide[..., ::2]
    view[...] = array
    return view
