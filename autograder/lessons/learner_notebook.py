"""What a learner gets of a lesson: its notebook, and its entry in course/kit/manifest.json."""

import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ComputeChecksums

from autograder.lessons import Lesson
from autograder.lessons.master import master, released
from autograder.lessons.source import marks
from course.kit.notebook_cells import digest

MADE_BY = "autograder build, from solutions/*.py; do not edit"


def learner_notebook(lesson: Lesson) -> NotebookNode:
    """The notebook that a learner gets: no solutions, no hidden tests, no outputs.

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


def lesson_entry(learner: NotebookNode) -> dict:
    """One lesson's entry, from its learner's notebook: its title and its nbgrader cells.

    A cell's `kind` is "task" (the learner writes code), "check" (locked) or "question" (the
    learner writes text). `sha256` is that of a check's text with "\\n" line ends, so that a
    damaged one is recognised; else None.
    """
    first = learner.cells[0].source.split("\n")[0]
    cells = []
    for cell in learner.cells:
        about = marks(cell)
        if not about.get("grade_id"):
            continue
        cells.append(
            {
                "grade_id": about.grade_id,
                "kind": kind(about),
                "points": about.get("points", 0) if about.grade else 0,
                "sha256": digest(cell.source) if about.locked else None,
            }
        )
    return {"title": first.lstrip("# ").strip(), "cells": cells}


def kind(about: NotebookNode) -> str:
    if about.grade:
        return "question" if about.solution else "check"
    return "task"


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
