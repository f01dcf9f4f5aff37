"""The versions of a lesson's notebook that are made from its source.

The master, against which every submission is graded; the student's notebook; and what
course/kit/manifest.json says of it.
"""

import copy
import hashlib
import json
import logging
import re
import textwrap
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.nbgraderformat import ValidationError
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)
from traitlets import Dict

from autograder.lessons import Lesson
from autograder.lessons.source import is_check, marks, read_source, task_name
from course.kit import UsageError, notebook_cells

SLOT = "raise NotImplementedError({message})"
SLOT_LINE = re.compile(rf"^(?P<indent>[ \t]*){re.escape(SLOT)}", re.MULTILINE)
LINE = 88  # characters that a notebook page shows without scrolling
GENERIC = "This part is yours to write."
HINT = re.compile(r"BEGIN SOLUTION\s*(?:hint:\s*(?P<hint>.*\S))?\s*$")
DEFINITION = re.compile(r"(?P<indent>\s*)(?:async\s+)?(?:def|class)\s+(?P<name>\w+)")
MADE_BY = "autograder build, from solutions/*.py; do not edit"


class HintStubs(ClearSolutions):
    """nbgrader's ClearSolutions, whose stub says what is missing and gives a hint.

    `### BEGIN SOLUTION hint: Count the places.` inside `def output_size(...)` becomes
    `raise NotImplementedError("output_size is yours to write. Hint: Count the places.")`.
    """

    code_stub = Dict({"python": f"# YOUR CODE HERE\n{SLOT}"}).tag(config=True)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int):
        messages = iter(stub_messages(cell.source))

        def filled(slot: re.Match) -> str:
            return raise_lines(next(messages, GENERIC), slot["indent"])

        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        cell.source = SLOT_LINE.sub(filled, cell.source)
        return cell, resources


# What nbgrader's generate_assignment does before it saves the cells in its gradebook.
TO_MASTER = (LockCells, HintStubs, ClearOutput, CheckCellMetadata, ComputeChecksums)
TO_RELEASE = (ClearHiddenTests, ClearMarkScheme)


def master(lesson: Lesson) -> NotebookNode:
    """The instructor's notebook with stubs for answers and with the hidden tests.

    Raises UsageError where the lesson's source is not what nbgrader wants.
    """
    notebook = read_source(lesson)
    _add_hidden_cases(notebook, lesson)
    return _apply(TO_MASTER, notebook, str(lesson.source))


def _add_hidden_cases(notebook: NotebookNode, lesson: Lesson) -> None:
    """Each check gets the hidden cases of its task, between nbgrader's own markers."""
    if not lesson.hidden_cases.is_file():
        return
    tasks = json.loads(lesson.hidden_cases.read_text(encoding="utf-8"))["tasks"]
    for cell in notebook.cells:
        document = is_check(cell) and tasks.get(task_name(marks(cell)["grade_id"]))
        if document:
            names = ", ".join(document["functions"])
            call = f"check.hidden({json.dumps(document)!r}, {names})"
            cell.source += f"\n### BEGIN HIDDEN TESTS\n{call}\n### END HIDDEN TESTS"


def released(notebook: NotebookNode) -> NotebookNode:
    """The master as students got it: without hidden tests. Its cells pair with the master's."""
    return _apply(TO_RELEASE, notebook, "the master notebook")


def digest(notebook: NotebookNode) -> str:
    """A hash of all that decides a mark: sources, types, tags, nbgrader's metadata."""
    cells = [
        [
            cell.cell_type,
            cell.source,
            cell.metadata.get("tags", []),
            cell.metadata.get("nbgrader", {}),
        ]
        for cell in notebook.cells
    ]
    text = json.dumps(cells, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _apply(steps: tuple, notebook: NotebookNode, origin: str) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    quiet = logging.getLogger(__name__)
    quiet.disabled = True
    for step in steps:
        try:
            notebook, _ = step(log=quiet).preprocess(notebook, {})
        except (RuntimeError, ValueError, LookupError, ValidationError) as error:
            raise UsageError(
                f"{origin}: {step.__name__}: {error}. "
                "Compare the cell's metadata and markers with another lesson's"
            ) from None
    return notebook


def student_notebook(lesson: Lesson) -> NotebookNode:
    """The notebook that a student gets: no solutions, no hidden tests, no outputs.

    It is what nbgrader's generate_assignment makes, with hints in the stubs. Tags for
    nbval are gone; `demo` stays, and says to `course check` what grading leaves out.
    """
    notebook, _ = ComputeChecksums().preprocess(released(master(lesson)), {})
    for cell in notebook.cells:
        tags = [tag for tag in cell.metadata.pop("tags", []) if tag[:5] != "nbval"]
        if tags:
            cell.metadata["tags"] = tags
    made_by = f"autograder build, from solutions/{lesson.name}.py"
    notebook.metadata["course"] = nbformat.from_dict(
        {"lesson": lesson.name, "made_by": made_by}
    )
    return notebook


def manifest_path(root: Path) -> Path:
    return root / "course" / "kit" / "manifest.json"


def lesson_entry(handout: NotebookNode) -> dict:
    """One lesson's entry, from its student's notebook: its title and its nbgrader cells.

    A cell's `kind` is "task" (the student writes code), "check" (locked) or "question" (the
    student writes text). `sha256` is that of a check's text with "\\n" line ends, so that a
    damaged one is recognised; else None.
    """
    first = handout.cells[0].source.split("\n")[0]
    sources = {notebook_cells.grade_id(cell): cell.source for cell in handout.cells}
    cells = [
        {
            "grade_id": cell.grade_id,
            "kind": cell.kind,
            "points": cell.points,
            "sha256": notebook_cells.digest(sources[cell.grade_id])
            if cell.kind == "check"
            else None,
        }
        for cell in notebook_cells.cells_of(handout)
    ]
    return {"title": first.lstrip("# ").strip(), "cells": cells}


def read_entries(root: Path) -> dict[str, dict]:
    """The entries of the manifest as it is; {} where it is missing or damaged."""
    try:
        document = json.loads(manifest_path(root).read_text(encoding="utf-8"))
        return dict(document["lessons"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return {}


def manifest_text(entries: dict[str, dict]) -> str:
    """The manifest with these entries, in the order of the course."""
    lessons = {name: entries[name] for name in sorted(entries)}
    document = {"made_by": MADE_BY, "lessons": lessons}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def stub_messages(source: str) -> list[str]:
    """What each solution region of a code cell is replaced by, in their order."""
    messages = []
    enclosing: list[tuple[int, str]] = []
    for line in source.split("\n"):
        definition = DEFINITION.match(line)
        if definition:
            indent = len(definition["indent"])
            enclosing = [outer for outer in enclosing if outer[0] < indent]
            enclosing.append((indent, definition["name"]))
        if "BEGIN SOLUTION" in line:
            indent = len(line) - len(line.lstrip())
            names = [name for column, name in enclosing if column < indent]
            hint = HINT.search(line)
            messages.append(
                stub_message(".".join(names), hint["hint"] if hint else None)
            )
    return messages


def stub_message(name: str, hint: str | None) -> str:
    """One stub's text, for example "neuron is yours to write. Hint: Multiply, add."."""
    whose = f"{name} is yours to write." if name else GENERIC
    return f"{whose} Hint: {hint}" if hint else whose


def raise_lines(message: str, indent: str) -> str:
    """The stub's statement, its message cut into pieces where it is too long for a line."""
    whole = f"{indent}{SLOT.replace('{message}', quoted(message))}"
    room = LINE - len(indent) - len('    " "')
    pieces = textwrap.wrap(
        message, room, break_long_words=False, break_on_hyphens=False
    )
    if len(whole) <= LINE or " ".join(pieces) != message:
        return whole
    *first, last = pieces
    lines = [quoted(f"{piece} ") for piece in first] + [quoted(last)]
    body = "\n".join(f"{indent}    {line}" for line in lines)
    return f"{indent}raise NotImplementedError(\n{body}\n{indent})"


def quoted(text: str) -> str:
    """The text as a Python literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)
