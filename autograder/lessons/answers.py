"""The known answers to the tasks of a lesson, its bank, and how they get into a notebook.

An answer uses numpy as `np`, contract functions of the same or an earlier lesson, and what it
imports itself: nothing else of its module, because it is pasted into a student's notebook.

A simulated student who gets one function wrong must not lose the points of another task, or
the expected marks would be a guess. So the right answers around a wrong one are chosen
among those that do not reach it: see `reached`.
"""

import ast
import builtins
import copy
import re
import symtable
import sys
import types
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

import course
from autograder.lessons import Lesson
from autograder.lessons.course_files import dependencies
from autograder.lessons.source import (
    marks,
    read_source,
    solution_cells,
    tasks_of,
)
from autograder.lessons.task_modules import Answer, read_answers, read_task_modules
from course.kit import UsageError
from course.kit.notebook_cells import is_demo

RIGHT_WANTED = 2
WRONG_WANTED = 1
SOLUTION_MARKER = re.compile(r"^\s*### (BEGIN|END) SOLUTION.*\n?", re.MULTILINE)


def read_bank(lesson: Lesson) -> list[Answer]:
    """The answers of the lesson's task modules, in the order of the page.

    Refuses a task without a module, and two answers of one name.
    """
    reference = reference_answers(lesson)
    modules = read_task_modules(lesson.task_checks)
    answers: dict[str, Answer] = {}
    for task in tasks_of(read_source(lesson)):
        if task.is_question:
            continue
        if task.name not in modules:
            raise UsageError(
                f"task {task.name} has no {lesson.task_checks.name}/{task.name}.py"
            )
        for answer in read_answers(modules[task.name], reference):
            if answer.id in answers:
                raise UsageError(
                    f"{task.name}.py: {answer.id} is there twice. Give each its own phrase"
                )
            answers[answer.id] = answer
    return list(answers.values())


def gaps(lesson: Lesson) -> list[str]:
    """What the bank lacks, one line each.

    Every contract function needs right and wrong answers, and an answer only names that the
    notebook has: a wrong answer with a typing mistake would be caught for the wrong reason.
    """
    answers = read_bank(lesson)
    lines = []
    for function in reference_answers(lesson):
        mine = [answer for answer in answers if answer.function == function]
        rights = sum(answer.right for answer in mine)
        if rights < RIGHT_WANTED:
            lines.append(f"{function} has {rights} right answers, not {RIGHT_WANTED}")
        if len(mine) - rights < WRONG_WANTED:
            lines.append(f"{function} has no wrong answer")
    known = set(dir(builtins))
    for cell in read_source(lesson).cells:
        if cell.cell_type == "code" and not is_demo(cell):
            known |= set() if marks(cell).get("grade") else binds(cell.source)
    for answer in answers:
        for name in sorted(taken(answer.source) - known):
            lines.append(f"{answer.id} uses {name}, which no cell of the lesson makes")
    return lines


def fill(notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """A copy of the notebook with whole answer cells replaced, those of questions too."""
    filled = copy.deepcopy(notebook)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in solution_cells(filled)}
    unknown = [name for name in answers if name not in cells]
    if unknown:
        raise UsageError(
            f"the notebook has no answer cell {unknown[0]!r}. Choose from: {', '.join(cells)}"
        )
    for name, source in answers.items():
        cells[name].source = source.rstrip("\n")
    return filled


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
    exec(compile(code, str(where), "exec"), names)  # noqa: S102 not a student's code


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
        body = ast.parse(source).body
    except SyntaxError:
        body = []  # a cell with magics, which defines nothing that an answer needs
    return ast.Module(
        [node for node in body if isinstance(node, kept)], type_ignores=[]
    )


@cache
def reads(source: str) -> frozenset[str]:
    """Names that the code takes from the notebook, in functions as well as at the top."""
    found: set[str] = set()
    tables = [_table(source)]
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        at_top = table.get_type() == "module"
        found.update(
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (at_top or symbol.is_global())
        )
    return frozenset(found)


def taken(source: str) -> frozenset[str]:
    """Names that the code reads and does not make itself."""
    return reads(source) - binds(source)


@cache
def binds(source: str) -> frozenset[str]:
    """Names that the code leaves in the notebook."""
    return frozenset(
        symbol.get_name()
        for symbol in _table(source).get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    )


@cache
def imports(source: str) -> frozenset[str]:
    """Names that the code imports: nothing in the notebook stands behind them."""
    symbols = _table(source).get_symbols()
    return frozenset(one.get_name() for one in symbols if one.is_imported())


def reached(names: Iterable[str], notebook: NotebookNode, place: int) -> frozenset[str]:
    """Contract functions behind the names at this place: called, or used by a cell before it.

    `notebook` is any version of the lesson whose plain cells are whole. Demo cells do not
    count: grading skips them.
    """
    wanted = frozenset(names)
    functions = set()
    for cell in reversed(notebook.cells[:place]):
        if cell.cell_type != "code" or is_demo(cell):
            continue
        made = binds(cell.source) & wanted
        if made and marks(cell).get("solution"):
            functions.add(marks(cell)["grade_id"])
            wanted -= made
        elif made - imports(cell.source):
            wanted = (wanted - made) | taken(cell.source)
    return frozenset(functions)


def needed_before(notebook: NotebookNode, place: int) -> list[int]:
    """Places of the code cells that must run before the cell at `place` can.

    Plain cells do, but for demo cells; answers and checks only where a later one takes what
    they make.
    """
    kept: list[int] = []
    wanted = taken(notebook.cells[place].source)
    for earlier in range(place - 1, -1, -1):
        cell = notebook.cells[earlier]
        if cell.cell_type != "code" or is_demo(cell) or not cell.source.strip():
            continue
        made = binds(cell.source)
        if marks(cell) and not made & wanted:
            continue
        kept.append(earlier)
        wanted = (wanted - made) | taken(cell.source)
    return kept[::-1]


def _table(source: str) -> symtable.SymbolTable:
    """Symbols of a cell; its magics become plain calls first."""
    code = TransformerManager().transform_cell(source)
    try:
        return symtable.symtable(code, "cell", "exec")
    except SyntaxError as error:
        begin = source.strip().split("\n")[0]
        raise UsageError(
            f"the cell that begins with {begin!r} is not Python: {error}. Mend it"
        ) from error
