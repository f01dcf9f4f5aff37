"""Stored examples of a function: small inputs, wanted results, results of mistakes.

They lie as JSON in course/kit/examples, one file per lesson's module.
"""

import copy
import difflib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from course.kit.checking.describe import described
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


def count(function: str) -> int:
    """How many examples of this function are stored. Raises Refusal if it has none."""
    return len(_entry(function)["examples"])


def example(function: str, index: int) -> Example:
    """Example number `index` with fresh arrays. Raises Refusal if there is none."""
    entry = _entry(function)
    stored = entry["examples"]
    if type(index) is not int or not 0 <= index < len(stored):
        raise Refusal(
            f"{function} has no example {index!r}: take one from 0 to {len(stored) - 1}."
        )
    one = stored[index]
    mistakes = one.get("mistakes", {}).items()
    return Example(
        function=function,
        index=index,
        case=one["case"],
        arrays={name: _array(array) for name, array in one["arrays"].items()},
        options=copy.deepcopy(one.get("options", {})),
        outputs=tuple(entry["outputs"]),
        wants=_values(one["want"]),
        mistakes={
            phrase: [_values(results) for results in several]
            for phrase, several in mistakes
        },
    )


def _entry(function: str) -> dict:
    """The examples of "conv_forward", in the first lesson that has some, or of "fast.conv_forward"."""
    found = []
    module, _, name = str(function).rpartition(".")
    order = list(MODULE_OF_LESSON.values())
    paths = {path.stem: path for path in sorted(FOLDER.glob("*.json"))}
    names = [stem for stem in order if stem in paths]
    names += [stem for stem in paths if stem not in order]
    for stem in names:
        functions = _functions(paths[stem])
        if module in ("", stem) and functions.get(name, {}).get("examples"):
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
def _functions(path: Path) -> dict[str, dict]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))["functions"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(
            f"the stored examples in {path} cannot be read ({error}). "
            "Put the file back from where you got the course."
        ) from error


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
