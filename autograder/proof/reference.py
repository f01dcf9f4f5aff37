"""The reference answers of a lesson, and a namespace to run answers in without a kernel."""

import ast
import re
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import course
from autograder.authoring.inputs import dependencies
from autograder.authoring.source import read_source
from autograder.authoring.tasks import is_demo, marks, solution_cells
from autograder.lessons import Lesson

SOLUTION_MARKER = re.compile(r"^\s*### (BEGIN|END) SOLUTION.*\n?", re.MULTILINE)


def reference_answers(lesson: Lesson) -> dict[str, str]:
    """The source of each contract function of the lesson, without the solution markers."""
    return {
        cell.metadata.nbgrader.grade_id: SOLUTION_MARKER.sub("", cell.source).strip()
        + "\n"
        for cell in solution_cells(read_source(lesson))
        if cell.cell_type == "code"
    }


def run(code: str | ast.Module, where: Path | str, names: dict[str, Any]) -> None:
    """Define in `names` what the project's own code defines; tracebacks say `where`."""
    exec(compile(code, str(where), "exec"), names)  # noqa: S102 not a learner's code


def namespace(lesson: Lesson) -> dict[str, Any]:
    """What a solved notebook defines: its imports, the helpers it is given, the reference answers.

    The modules of earlier lessons must be importable: see `lessons_as_modules`.
    """
    names: dict[str, Any] = {"__name__": f"course.{lesson.module}", "np": np}
    for cell in read_source(lesson).cells:
        if cell.cell_type == "code" and not marks(cell) and not is_demo(cell):
            run(_definitions(cell.source), lesson.source, names)
    for function, source in reference_answers(lesson).items():
        run(source, f"<{function}>", names)
    return names


@contextmanager
def lessons_as_modules(lesson: Lesson) -> Iterator[None]:
    """For a while, this lesson's module and those it reaches (`course.geometry`, ...) are importable.

    They are made from the sources: nothing has to be built before, and what is built may be stale.
    """
    saved: dict[str, tuple[types.ModuleType | None, Any]] = {}
    try:
        for earlier in [*dependencies(lesson), lesson]:
            name = f"course.{earlier.module}"
            saved[earlier.module] = (
                sys.modules.get(name),
                vars(course).get(earlier.module),
            )
            module = types.ModuleType(name)
            vars(module).update(namespace(earlier))
            sys.modules[name] = module
            setattr(course, earlier.module, module)
        yield
    finally:
        for short, (module, attribute) in saved.items():
            sys.modules.pop(f"course.{short}", None)
            vars(course).pop(short, None)
            if module is not None:
                sys.modules[f"course.{short}"] = module
            if attribute is not None:
                setattr(course, short, attribute)


def _definitions(source: str) -> ast.Module:
    """Only the imports, functions and classes of a cell."""
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    try:
        body = [node for node in ast.parse(source).body if isinstance(node, kept)]
    except SyntaxError:
        body = []  # a cell with magics, which defines nothing that an answer needs
    return ast.Module(body, type_ignores=[])
