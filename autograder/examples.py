"""Stored examples for `check.examples`: inputs, wanted results, and the results of known mistakes.

Everything comes from the lesson's source and its bank, so that the examples exist before the lesson was ever run.
"""

import ast
import sys
import types
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import course
from autograder.answers import (
    Answer,
    Example,
    read_bank,
    read_examples,
    reference_answers,
    run,
)
from autograder.lessons import Lesson, find_lessons
from autograder.source import read_source
from autograder.tasks import is_demo, marks
from course.kit.refusal import Refusal

LAYOUTS = ("contiguous", "strided")
# So many lines may a wrong answer run before it counts as hanging: the same on every machine.
LINE_BUDGET = 3_000_000
# Digits that every machine agrees on, well inside the tolerance of any check.
DIGITS = {"float32": 7, "float64": 12}
Result = list[np.ndarray]


def examples_document(lesson: Lesson) -> dict[str, Any] | None:
    """The content of `course/kit/examples/<module>.json`; None for a lesson without examples.

    Refuses when a right answer of the bank disagrees with the reference on an example: one of them is wrong.
    """
    if not lesson.answer_bank.exists():
        return None
    with lessons_as_modules(lesson):
        examples = read_examples(lesson)
        answers = read_bank(lesson)
        functions: dict[str, dict] = {}
        for example in examples:
            entry = _entry(lesson, example, answers)
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


@contextmanager
def lessons_as_modules(lesson: Lesson) -> Iterator[None]:
    """`course.geometry` and so on, up to this lesson's own module, made from the sources for a while."""
    saved: dict[str, Any] = {}
    try:
        for earlier in find_lessons(lesson.root):
            if earlier.name > lesson.name:
                break
            name = f"course.{earlier.module}"
            saved[name] = (
                sys.modules.get(name),
                getattr(course, earlier.module, None),
            )
            module = types.ModuleType(name)
            vars(module).update(namespace(earlier))
            sys.modules[name] = module
            setattr(course, earlier.module, module)
        yield
    finally:
        for name, (module, attribute) in saved.items():
            sys.modules.pop(name)
            delattr(course, name.rpartition(".")[2])
            if module is not None:
                sys.modules[name] = module
            if attribute is not None:
                setattr(course, name.rpartition(".")[2], attribute)


def namespace(lesson: Lesson, answer: Answer | None = None) -> dict[str, Any]:
    """What a learner's notebook defines: its imports, given helpers and reference answers, one replaced by `answer`.

    The modules of earlier lessons must be importable: see `lessons_as_modules`.
    """
    names: dict[str, Any] = {"__name__": f"course.{lesson.module}", "np": np}
    for cell in read_source(lesson).cells:
        about = marks(cell)
        if cell.cell_type == "code" and not about and not is_demo(cell):
            run(_definitions(cell.source), lesson.source, names)
    for function, source in reference_answers(lesson).items():
        chosen = answer is not None and answer.function == function
        source = answer.source if chosen else source
        run(source, f"<{function}>", names)
    return names


def _definitions(source: str) -> ast.Module:
    """Only the imports, functions and classes of a cell."""
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    try:
        body = [node for node in ast.parse(source).body if isinstance(node, kept)]
    except SyntaxError:
        body = []  # a cell with magics, which defines nothing that an answer needs
    return ast.Module(body, type_ignores=[])


def _entry(lesson: Lesson, example: Example, answers: list[Answer]) -> dict[str, Any]:
    """One example as it is stored."""
    where = (
        f"{lesson.answer_bank.name}, example {example.case!r} of {example.function}()"
    )
    if example.function not in reference_answers(lesson):
        raise Refusal(
            f"{where}: no contract function of lesson {lesson.name}. Name one of its answer cells"
        )
    arrays = _draw(example, where)
    reference = namespace(lesson)
    want = _results(reference, example, arrays)
    if isinstance(want, str):
        raise Refusal(
            f"{where}: the reference gives {want}. Examples need numbers or arrays"
        )
    mistakes: dict[str, list] = {}
    for answer in answers:
        if answer.function != example.function:
            continue
        got = _results(namespace(lesson, answer), example, arrays)
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
                f"{where}: the input {name} is a {type(value).__name__}. Give arrays; numbers go into options"
            )
    for name, layout in example.layout.items():
        if name not in arrays or layout not in LAYOUTS:
            raise Refusal(
                f"{where}: layout {name!r}: {layout!r}. Name an input and one of {', '.join(LAYOUTS)}"
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
        outputs = [result[0] if isinstance(result, tuple) else result]
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
    """A copy; "strided": every second number of a longer last axis."""
    if layout != "strided" or array.ndim == 0:
        return array.copy()
    return np.repeat(array, 2, axis=-1)[..., ::2]


@contextmanager
def line_budget(lines: int) -> Iterator[None]:
    """Raises TimeoutError after so many lines of Python: an endless loop ends, alike on every machine."""
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
