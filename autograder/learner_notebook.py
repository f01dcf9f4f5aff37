"""The learner's version of a lesson's notebook, made by nbgrader's own preprocessors."""

import copy
import logging

import nbformat
from jsonschema import ValidationError
from nbformat import NotebookNode
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ComputeChecksums,
    LockCells,
)

from autograder.hint_stubs import HintStubs
from autograder.lessons import Lesson
from autograder.source import read_source
from course.kit.refusal import Refusal

# The order of nbgrader's generate_assignment, without the steps that need a database.
STEPS = (
    LockCells,
    HintStubs,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    ClearHiddenTests,
    ClearMarkScheme,
    ComputeChecksums,
    CheckCellMetadata,
)
# What the steps log, their exceptions say again.
SILENT = logging.getLogger(__name__)
SILENT.disabled = True


def learner_notebook(lesson: Lesson) -> NotebookNode:
    """The notebook that a learner gets: no solutions, no hidden tests, no outputs."""
    return without_answers(read_source(lesson), lesson)


def without_answers(source: NotebookNode, lesson: Lesson) -> NotebookNode:
    """`learner_notebook` of a source that is already read; `source` is left as it is."""
    notebook = copy.deepcopy(source)
    for step in STEPS:
        try:
            notebook, _ = step(log=SILENT).preprocess(notebook, {})
        except (RuntimeError, ValueError, KeyError, ValidationError) as error:
            raise Refusal(
                f"{lesson.source}: {step.__name__}: {error}. "
                "Compare the cell's tags and markers with another lesson's."
            ) from None
    for cell in notebook.cells:
        tags = [tag for tag in cell.metadata.pop("tags", []) if tag[:5] != "nbval"]
        if tags:
            cell.metadata["tags"] = tags
    made_by = f"autograder build, from solutions/{lesson.name}.py"
    notebook.metadata["course"] = nbformat.from_dict(
        {"lesson": lesson.name, "made_by": made_by}
    )
    return notebook
