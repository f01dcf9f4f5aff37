"""cells: the same as nbgrader's and the lessons' own rules, without importing them."""

import subprocess
import sys

import pytest
from nbgrader import utils
from small_class import NAME, code, make_checkout

from autograder.grading import cells
from autograder.lessons.versions import master
from course.kit import notebook_cells


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (cells.is_grade, utils.is_grade),
        (cells.is_solution, utils.is_solution),
        (cells.is_demo, notebook_cells.is_demo),
    ],
)
def test_cells_are_told_apart_as_elsewhere(ours, theirs, tmp_path):
    notebook = master(make_checkout(tmp_path))
    given = [*notebook.cells, code("1")]
    assert [ours(cell) for cell in given] == [theirs(cell) for cell in given]
    assert len({ours(cell) for cell in given}) == 2, NAME


def test_a_worker_imports_nothing_that_takes_long():
    slow = ("nbgrader", "jupytext", "sqlalchemy", "nbconvert", "nbclient")
    program = (
        "import sys, autograder.grading.scheduler\n"
        f"print([name for name in {slow} if name in sys.modules])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
