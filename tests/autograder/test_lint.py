"""A lesson whose cells would cost points, or show the answer, is refused by name."""

import pytest
from tiny_course import (
    FIRST,
    FIRST_CHECKS,
    SECOND,
    SECOND_CHECKS,
    edit,
    write_lesson,
)

from autograder.authoring.lint import lint
from autograder.lessons.source import read_source
from course.kit.usage_error import UsageError


@pytest.fixture
def lesson(tmp_path):
    return write_lesson(tmp_path, "01_volumes", FIRST, FIRST_CHECKS)


def problems(lesson):
    return lint(lesson, read_source(lesson))


def test_good_lessons_have_no_problems(lesson, tmp_path):
    second = write_lesson(tmp_path, "02_convolution", SECOND, SECOND_CHECKS)
    assert problems(lesson) == []
    assert problems(second) == []


@pytest.mark.parametrize(
    ("old", "new", "cell", "problem"),
    [
        ('task="half"', 'task="output_size"', "output_size", "the same name"),
        (
            'question="odd" points=1',
            'question="odd" points=0',
            "question_odd",
            "for 0 points",
        ),
        (
            'question="odd" points=1',
            'question="odd" points="1"',
            "question_odd",
            "for '1' points",
        ),
        (
            'check="output_size"',
            'check="output_size" tags=["demo"]',
            "check_output_size",
            "tag demo",
        ),
        (
            'check="output_size"',
            'check="output_size" tags=["skip-execution"]',
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
            "6 (",
            "is no task and no question",
        ),
        (
            'print("half of nine is", half(9))',
            "### BEGIN HIDDEN TESTS\nprint(half(9))\n### END HIDDEN TESTS",
            "6 (",
            "write hidden(t, ...) in solutions/checks",
        ),
        (
            "check(output_size, half)",
            "### END SOLUTION",
            "check_output_size",
            "pair up",
        ),
        (
            "check(output_size, half)",
            "### BEGIN SOLUTION\n### END SOLUTION",
            "check_output_size",
            "has a solution, but is a check",
        ),
        (
            "check(output_size, half)",
            "check(output_size, half)\n1\n2\n3\n4",
            "check_output_size",
            "longer than 4 lines",
        ),
        ('%% check="', '%% [markdown] check="', "check_output_size", "not a code cell"),
        ('[markdown] question="', 'question="', "question_odd", "question in a code"),
        ('build("geometry", ', 'build("geometri", ', None, 'call build("geometry"'),
        ("# # How big", "# How big", None, "first cell must be markdown"),
        ("def half(", "def third(", "half", "does not define half"),
        (
            "from course.kit import build, check",
            "from course.kit import build, check\nfrom course.geometry import half",
            "2 (",
            "imports course.geometry",
        ),
        (
            "from course.kit import build, check",
            "from course.kit import build, check\nfrom course import im2col",
            "2 (",
            "imports course.im2col",
        ),
        ('question="odd"', 'question="o d"', "question_o d", "letters, digits"),
        ('task="half"', "task=half", "4 (", "is not JSON"),
    ],
)
def test_names_lesson_cell_and_problem(lesson, old, new, cell, problem):
    edit(lesson.source, old, new)
    found = problems(lesson)
    start = f"01_volumes, cell {cell}" if cell else "01_volumes: "
    assert any(line.startswith(start) and problem in line for line in found), found


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('task="half"', 'task="half" check="half"', "both task and check"),
        ('task="half"', 'nbgrader={"grade_id": "half"}', "Write task=, check="),
        ('check="output_size"', 'check="size"', r"Write solutions/checks/.*/size\.py"),
    ],
)
def test_a_cell_that_says_of_itself_what_cannot_be_is_refused(lesson, old, new, says):
    edit(lesson.source, old, new)
    with pytest.raises(UsageError, match=says):
        problems(lesson)


@pytest.mark.parametrize(
    ("marked", "problem"),
    [
        ('[markdown] tags=["self-check"]\n# Unfolded.', "not folded"),
        ('tags=["self-check"]\nprint(1)', "only text can be one"),
        (
            (
                '[markdown] question="more" points=1 tags=["self-check"]\n'
                "# ### BEGIN SOLUTION\n# <details>\n# ### END SOLUTION"
            ),
            "only text can be one",
        ),
    ],
)
def test_a_self_check_is_folded_text(lesson, marked, problem):
    with lesson.source.open("a", encoding="utf-8") as source:
        source.write(f"\n# %% {marked}\n")
    assert any(problem in found for found in problems(lesson))


def test_another_build_in_the_last_cell_is_not_taken_for_the_one(lesson):
    edit(
        lesson.source,
        'build("geometry", ',
        'type("", (), {"build": abs}).build(1)\nbuild("geometry", ',
    )
    assert problems(lesson) == []
