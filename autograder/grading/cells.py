"""What nbgrader's metadata says about a cell.

Equal to the functions of that name in nbgrader.utils, which take 1.5 s to import: too long
for every worker process.
"""

from nbformat import NotebookNode


def is_grade(cell: NotebookNode) -> bool:
    """Whether the cell has points."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade", False))


def is_solution(cell: NotebookNode) -> bool:
    """Whether the cell is an answer."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution", False))
