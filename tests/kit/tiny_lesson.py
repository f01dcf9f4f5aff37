"""A lesson of three tasks and a question, for the tests of `course check`."""

import hashlib
import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course.kit.notebook_cells import GradedCell

LESSON = "01_volumes"
ANSWERS = {
    "half": "def half(x):\n    return x / 2",
    "double": "def double(x):\n    return 2 * x",
    "square": "def square(x):\n    return x * x",
}
CHECKS = {
    "check_half": ("assert half(4) == 2", 1, ["half"]),
    "check_powers": (
        "assert (double(3), square(3)) == (6, 9)",
        2,
        ["double", "square"],
    ),
}
QUESTION = "question_why"


def marks(kind: str, grade_id: str, points: float = 0) -> dict:
    """The nbgrader metadata of an answer ("task"), a "check" or a "question"."""
    return {
        "nbgrader": {
            "grade": kind != "task",
            "grade_id": grade_id,
            "locked": kind == "check",
            "points": points,
            "schema_version": 3,
            "solution": kind != "check",
            "task": False,
        }
    }


def tiny_notebook(**answers: str) -> NotebookNode:
    """Everything right and the question open; `answers` replaces the text of cells."""
    cells = [new_markdown_cell("# Tiny"), new_code_cell("import math")]
    for check, (source, points, functions) in CHECKS.items():
        for name in functions:
            text = answers.get(name, ANSWERS[name])
            cells.append(new_code_cell(text, metadata=marks("task", name)))
        text = answers.get(check, source)
        cells.append(new_code_cell(text, metadata=marks("check", check, points)))
    text = answers.get(QUESTION, "YOUR ANSWER HERE")
    cells.append(new_markdown_cell(text, metadata=marks("question", QUESTION, 1)))
    return new_notebook(cells=cells)


def tiny_manifest() -> dict[str, list[GradedCell]]:
    """What `read_manifest` gives for the tiny lesson."""
    cells = []
    for check, (source, points, functions) in CHECKS.items():
        cells += [GradedCell(name, "task") for name in functions]
        sha = hashlib.sha256(source.encode()).hexdigest()
        cells.append(GradedCell(check, "check", points, sha))
    return {LESSON: [*cells, GradedCell(QUESTION, "question", 1)]}


def write_manifest(path: Path) -> Path:
    """The tiny manifest in the form that the course ships."""
    cells = [vars(cell) for cell in tiny_manifest()[LESSON]]
    lessons = {LESSON: {"title": "Tiny", "cells": cells}}
    text = json.dumps({"made_by": "a test", "lessons": lessons})
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def write_notebook(folder: Path, notebook: NotebookNode, name: str = LESSON) -> Path:
    """Save as folder/notebooks/NAME/NAME.ipynb."""
    path = folder / "notebooks" / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path
