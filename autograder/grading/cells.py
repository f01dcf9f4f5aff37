"""What nbgrader's metadata says about a cell.

Equal to the functions of that name in nbgrader.utils, which take 1.5 s to import: too long
for every worker process.
"""

from nbformat import NotebookNode

OWN = "own-"  # the ids of a learner's own cells begin with it
DEMO = "demo"  # the tag, as in autograder.lessons.source


def is_grade(cell: NotebookNode) -> bool:
    """Whether the cell has points."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade", False))


def is_solution(cell: NotebookNode) -> bool:
    """Whether the cell is an answer."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution", False))


def is_own(cell: NotebookNode) -> bool:
    """Whether the learner added the cell."""
    return str(cell.get("id", "")).startswith(OWN)


def is_demo(cell: NotebookNode) -> bool:
    """Whether the cell only shows something, and need not run to give marks."""
    return DEMO in cell.metadata.get("tags", [])
