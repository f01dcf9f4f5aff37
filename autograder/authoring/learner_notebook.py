"""The learner's version of a lesson's notebook, made by nbgrader's own preprocessors."""

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ComputeChecksums

from autograder.grading.master import master, released
from autograder.lessons import Lesson


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
