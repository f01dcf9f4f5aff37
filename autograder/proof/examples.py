"""Stored examples for `check.examples`: inputs, wanted results, results of known mistakes.

Everything comes from the lesson's source and its bank, so that the examples exist before
the lesson was ever run.
"""

import sys
import types
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograder.lessons import Lesson
from autograder.proof.answers import Answer, Example, read_bank, read_examples
from autograder.proof.reference import lessons_as_modules, namespace, run
from course.kit.refusal import Refusal

LAYOUTS = ("contiguous", "strided")
# So many lines may a wrong answer run before it counts as hanging: the same on every machine.
LINE_BUDGET = 500_000
# Digits that every machine agrees on, well inside the tolerance of any check.
DIGITS = {"float32": 6, "float64": 12}
Result = list[np.ndarray]


def examples_document(lesson: Lesson) -> dict[str, Any] | None:
    """The content of course/kit/examples/<module>.json; None for a lesson without examples.

    Refuses when a right answer of the bank disagrees with the reference on an example: one
    of them is wrong.
    """
    if not lesson.answer_bank.exists():
        return None
    with lessons_as_modules(lesson):
        reference = namespace(lesson)
        answers = read_bank(lesson)
        functions: dict[str, dict] = {}
        for example in read_examples(lesson):
            entry = _entry(lesson, example, reference, answers)
            named = functions.setdefault(
                example.function,
                {
                    "inputs": list(entry["arrays"]),
                    "outputs": list(example.outputs),
                    "examples": [],
                },
            )
            named["examples"].append(entry)
    if not functions:
        return None
    source = f"tests/mistakes/{lesson.module}.py"
    return {
        "made_by": f"autograder build, from {source}; do not edit",
        "functions": functions,
    }


def _entry(
    lesson: Lesson,
    example: Example,
    reference: dict[str, Any],
    answers: list[Answer],
) -> dict[str, Any]:
    """One example as it is stored."""
    where = (
        f"{lesson.answer_bank.name}, example {example.case!r} of {example.function}()"
    )
    if example.function not in reference:
        raise Refusal(
            f"{where}: no contract function of lesson {lesson.name}. Name one of its answer cells"
        )
    arrays = _draw(example, where)
    want = _results(reference, example, arrays)
    if isinstance(want, str):
        raise Refusal(
            f"{where}: the reference gives {want}. Examples need numbers or arrays"
        )
    mistakes: dict[str, list] = {}
    for answer in answers:
        if answer.function != example.function:
            continue
        names = dict(reference)
        run(answer.source, lesson.answer_bank, names)
        got = _results(names, example, arrays)
        if answer.right:
            _assert_agrees(got, want, f"{where}: the right answer {answer.id}")
        elif answer.named and not isinstance(got, str) and not _same(got, want):
            stored = [_stored(array) for array in got]
            known = mistakes.setdefault(answer.phrase, [])
            if stored not in known:
                known.append(stored)
    return {
        "case": example.case,
        "arrays": {
            name: {
                **_stored(array),
                "layout": example.layout.get(name, LAYOUTS[0]),
            }
            for name, array in arrays.items()
        },
        "options": example.options,
        "want": [_stored(array) for array in want],
        "mistakes": mistakes,
    }


def _draw(example: Example, where: str) -> dict[str, np.ndarray]:
    """The example's arrays, the same on every machine: the seed is made from its name."""
    seed = zlib.crc32(f"{example.function}: {example.case}".encode())
    arrays = example.inputs(np.random.default_rng(seed))
    for name, value in arrays.items():
        if not isinstance(value, np.ndarray):
            raise Refusal(
                f"{where}: the input {name} is a {type(value).__name__}. "
                "Give arrays; numbers go into options"
            )
    for name, layout in example.layout.items():
        if name not in arrays or layout not in LAYOUTS:
            raise Refusal(
                f"{where}: layout {name!r}: {layout!r}. "
                f"Name an input and one of {', '.join(LAYOUTS)}"
            )
    return arrays


def _results(
    names: dict[str, Any], example: Example, arrays: dict[str, np.ndarray]
) -> Result | str:
    """The outputs as arrays, or what came instead of them."""
    fresh = {
        name: _laid_out(array, example.layout.get(name))
        for name, array in arrays.items()
    }
    call = example.call or (lambda f, **given: f(**given))
    try:
        with np.errstate(all="ignore"), line_budget(LINE_BUDGET):
            result = call(names[example.function], **fresh, **example.options)
    except Exception as error:  # noqa: BLE001 a wrong answer may raise anything
        return f"{type(error).__name__}: {error}"
    many = len(example.outputs)
    if many == 1:
        pair = example.call is None and type(result) is tuple and len(result) == 2
        outputs = [result[0] if pair else result]
    else:
        outputs = list(result) if isinstance(result, tuple) else [result]
    if len(outputs) != many:
        return f"{len(outputs)} outputs where {', '.join(example.outputs)} are named"
    try:
        outputs = [np.asarray(output) for output in outputs]
    except ValueError:
        return "ragged lists"
    for output in outputs:
        if output.dtype.kind not in "biuf":
            return f"a {type(result).__name__} of {output.dtype}"
        if not np.isfinite(output).all():
            return "numbers that are not finite"
    if any((fresh[name] != arrays[name]).any() for name in arrays):
        return "changed inputs"
    return outputs


def _laid_out(array: np.ndarray, layout: str | None) -> np.ndarray:
    """A copy; "strided": with gaps between the numbers, in which nobody should look."""
    if layout != "strided" or array.ndim == 0:
        return array.copy()
    gap = np.nan if array.dtype.kind == "f" else 0
    wide = np.full((*array.shape[:-1], 2 * array.shape[-1]), gap, array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


@contextmanager
def line_budget(lines: int) -> Iterator[None]:
    """Raises TimeoutError in a function called here that runs more lines than that.

    So an endless loop ends, after the same line on every machine.
    """
    left = lines

    def count(frame: types.FrameType, event: str, arg: object) -> Callable:
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise TimeoutError(f"more than {lines} lines were run")
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)


def _assert_agrees(got: Result | str, want: Result, who: str) -> None:
    if isinstance(got, str):
        raise Refusal(f"{who} gives {got}. Mend it, or the reference")
    for mine, wanted in zip(got, want, strict=True):
        if mine.dtype != wanted.dtype:
            raise Refusal(
                f"{who} gives {mine.dtype}, the reference {wanted.dtype}. Mend one of them"
            )
    if not _same(got, want):
        raise Refusal(f"{who} disagrees with the reference. Mend one of them")


def _same(got: Result, want: Result) -> bool:
    """Whether a check would see the same numbers."""
    return all(
        mine.shape == wanted.shape and np.allclose(mine, wanted, rtol=1e-6, atol=1e-9)
        for mine, wanted in zip(got, want, strict=True)
    )


def _stored(array: np.ndarray) -> dict[str, Any]:
    """An array as JSON: whole numbers without a point, others in as many digits as are certain."""
    dtype = str(array.dtype)
    values = array.ravel().tolist()
    if array.dtype.kind == "f":
        digits = DIGITS.get(dtype, 12)
        rounded = (float(f"{value:.{digits}g}") for value in values)
        values = [int(value) if value.is_integer() else value for value in rounded]
    return {"shape": list(array.shape), "dtype": dtype, "values": values}
