"""Cells that only show something: no mark depends on them."""

import pytest
from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade, is_solution

from autograder.grading.cells import settle
from autograder.grading.execute import Executed, How, Limits, execute
from autograder.grading.outcome import Status
from autograder.grading.support import make_support
from autograder.lessons import Lesson, checkout, find_lessons
from autograder.lessons.answers import fill, reference_answers
from autograder.lessons.versions import master
from course.kit.notebook_cells import is_demo

LIMITS = Limits(cell_seconds=600, total_seconds=3600)


def scores(notebook: NotebookNode) -> dict[str, float]:
    """Points per check; a check that was not run would have them all, so errors count."""
    found = {}
    for cell in notebook.cells:
        if is_grade(cell) and not is_solution(cell):
            settle(cell)
            found[cell.metadata.nbgrader.grade_id] = determine_grade(cell)[0]
    return found


@pytest.mark.parametrize("lesson", find_lessons(checkout()), ids=lambda each: each.name)
def test_marks_are_the_same_with_and_without_demos(lesson: Lesson):
    support = make_support(lesson)
    notebook = fill(master(lesson), reference_answers(lesson))

    def run(run_demos: bool) -> Executed:
        return execute(notebook, support, LIMITS, how=How(run_demos=run_demos))

    without, with_demos = run(False), run(True)
    for done in (without, with_demos):
        assert (done.status, done.reason) == (Status.GRADED, "")
    points = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points
        for cell in notebook.cells
        if is_grade(cell) and not is_solution(cell)
    }
    assert scores(without.notebook) == points
    assert scores(with_demos.notebook) == points
    demos = [place for place, cell in enumerate(notebook.cells) if is_demo(cell)]
    assert all(without.ran[place] is None for place in demos)
    assert all(with_demos.ran[place] is not None for place in demos)
    failed = [
        place
        for place in demos
        for output in with_demos.notebook.cells[place].outputs
        if output.output_type == "error"
    ]
    assert failed == []
