"""A lesson whose cells would cost points, or show the answer, is refused by name."""

import pytest
from tiny_course import FIRST, SECOND, edit, write_lesson

from autograder.authoring.lint import lint
from autograder.authoring.source import read_source
from autograder.lessons import Lesson


@pytest.fixture
def lesson(tmp_path):
    write_lesson(tmp_path, "01_volumes", FIRST)
    return Lesson(tmp_path, "01_volumes")


def problems(lesson):
    return lint(lesson, read_source(lesson))


def test_good_lessons_have_no_problems(lesson, tmp_path):
    write_lesson(tmp_path, "02_convolution", SECOND)
    assert problems(lesson) == []
    assert problems(Lesson(tmp_path, "02_convolution")) == []


@pytest.mark.parametrize(
    ("old", "new", "cell", "problem"),
    [
        ('"grade_id": "half"', '"grade_id": "output_size"', "output_size", "the same"),
        (', "points": 2', "", "check_output_size", "has no points"),
        ('"points": 2', '"points": 0', "check_output_size", "for 0 points"),
        ('"points": 2', '"points": "2"', "check_output_size", "has no points"),
        (
            '# %% nbgrader={"grade": true, "grade_id": "check_output_size"',
            '# %% tags=["demo"] nbgrader={"grade": true, "grade_id": "check_output_size"',
            "check_output_size",
            "tag demo",
        ),
        (
            '# %% nbgrader={"grade": true, "grade_id": "check_output_size"',
            (
                '# %% tags=["skip-execution"] '
                'nbgrader={"grade": true, "grade_id": "check_output_size"'
            ),
            "check_output_size",
            "tag skip-execution",
        ),
        (
            (
                "    ### BEGIN SOLUTION\n    return (abs(number) - 1) // 2 + 0 * number\n"
                "    ### END SOLUTION"
            ),
            "    return number // 2",
            "half",
            "has no BEGIN SOLUTION",
        ),
        (
            'print("half of nine is", half(9))',
            "### BEGIN SOLUTION\nprint(half(9))\n### END SOLUTION",
            "number 6",
            "no nbgrader metadata",
        ),
        (
            'print("half of nine is", half(9))',
            "### BEGIN HIDDEN TESTS\nprint(half(9))\n### END HIDDEN TESTS",
            "number 6",
            "no nbgrader metadata",
        ),
        (
            "    ### BEGIN SOLUTION\n    return (abs",
            (
                "    ### BEGIN HIDDEN TESTS\n    ### END HIDDEN TESTS\n"
                "    ### BEGIN SOLUTION\n    return (abs"
            ),
            "half",
            "the learner edits this cell",
        ),
        ("### END HIDDEN TESTS", "", "check_output_size", "do not pair up"),
        ('build("geometry", ', 'build("geometri", ', None, 'call build("geometry"'),
        ("# # How big", "# How big", None, "first cell must be markdown"),
        ('"locked": true', '"locked": false', "check_output_size", "not locked"),
        ("def half(", "def third(", "half", "does not define half"),
        (
            "from course.kit import build, check",
            "from course.kit import build, check\nfrom course.geometry import half",
            "number 2",
            "imports course.geometry",
        ),
        (
            "from course.kit import build, check",
            "from course.kit import build, check\nfrom course import im2col",
            "number 2",
            "imports course.im2col",
        ),
        (
            '"grade_id": "question_odd", "locked"',
            '"grade_id": "odd", "locked"',
            "odd",
            "begins with question_",
        ),
        (
            '"grade_id": "check_output_size", "locked"',
            '"grade_id": "output size", "locked"',
            "output size",
            "letters, digits",
        ),
        (
            '"grade_id": "check_output_size", "locked"',
            '"grade_id": check_output_size, "locked"',
            "number 5",
            "is not JSON",
        ),
    ],
)
def test_names_lesson_cell_and_problem(lesson, old, new, cell, problem):
    edit(lesson.source, old, new)
    found = problems(lesson)
    start = f"01_volumes, cell {cell}: " if cell else "01_volumes: "
    assert any(line.startswith(start) and problem in line for line in found), found
