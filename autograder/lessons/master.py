"""The notebook that every submission of a lesson is graded against."""

import copy
import hashlib
import json
import logging

from nbformat import NotebookNode
from nbgrader.nbgraderformat import ValidationError
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ComputeChecksums,
    LockCells,
)

from autograder.lessons import Lesson
from autograder.lessons.hint_stubs import HintStubs
from autograder.lessons.source import read_source, task_name
from course.kit.refusal import Refusal

# What nbgrader's generate_assignment does before it saves the cells in its gradebook.
TO_MASTER = (LockCells, HintStubs, ClearOutput, CheckCellMetadata, ComputeChecksums)
TO_RELEASE = (ClearHiddenTests, ClearMarkScheme)


def master(lesson: Lesson) -> NotebookNode:
    """The instructor's notebook with stubs for answers and with the hidden tests.

    Raises Refusal where the lesson's source is not what nbgrader wants.
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
        document = tasks.get(task_name(cell))
        if document:
            names = ", ".join(document["functions"])
            call = f"check.hidden({json.dumps(document)!r}, {names})"
            cell.source += f"\n### BEGIN HIDDEN TESTS\n{call}\n### END HIDDEN TESTS"


def released(notebook: NotebookNode) -> NotebookNode:
    """The master as learners got it: without hidden tests. Its cells pair with the master's."""
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
            raise Refusal(
                f"{origin}: {step.__name__}: {error}. "
                "Compare the cell's metadata and markers with another lesson's"
            ) from None
    return notebook
