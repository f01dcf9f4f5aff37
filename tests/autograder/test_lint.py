"""A lesson whose cells would cost points, or show the answer, is refused by name."""

import pytest
from fake_course import SECOND, edit, fake_course

from autograder.lessons.source import lint, read_source
from course.kit import UsageError


@pytest.fixture
def lesson(tmp_path):
    return fake_course(tmp_path)


def problems(lesson):
    return lint(lesson, read_source(lesson))


def test_good_lessons_have_no_problems(lesson):
    assert problems(lesson) == []
    assert problems(SECOND) == []


@pytest.mark.parametrize(
    ("old", "new", "cell", "problem"),
    [
        ('task="border"', 'task="area"', "area", "the same name"),
        (
            'question="growth" points=1',
            'question="growth" points=0',
            "question_growth",
            "for 0 points",
        ),
        (
            'question="growth" points=1',
            'question="growth" points="1"',
            "question_growth",
            "for '1' points",
        ),
        (
            'check="sizes"',
            'check="sizes" tags=["demo"]',
            "check_sizes",
            "tag demo",
        ),
        (
            'check="sizes"',
            'check="sizes" tags=["skip-execution"]',
            "check_sizes",
            "tag skip-execution",
        ),
        (
            (
                "    ### BEGIN SOLUTION\n    H, W = x.shape\n"
                "    return x.sum() * area(H, W)\n    ### END SOLUTION"
            ),
            "    return x.sum()",
            "total",
            "has no BEGIN SOLUTION",
        ),
        (
            'print("border of 30 x 40:", border(30, 40))',
            "### BEGIN SOLUTION\nprint(border(30, 40))\n### END SOLUTION",
            "12 (",
            "is no task and no question",
        ),
        (
            'print("border of 30 x 40:", border(30, 40))',
            "### BEGIN HIDDEN TESTS\nprint(border(30, 40))\n### END HIDDEN TESTS",
            "12 (",
            "write hidden(t, ...) in solutions/checks",
        ),
        (
            "check(area, border)",
            "### END SOLUTION",
            "check_sizes",
            "pair up",
        ),
        (
            "check(area, border)",
            "### BEGIN SOLUTION\n### END SOLUTION",
            "check_sizes",
            "has a solution, but is a check",
        ),
        (
            "check(area, border)",
            "check(area, border)\n1\n2\n3\n4",
            "check_sizes",
            "longer than 4 lines",
        ),
        ('%% check="s', '%% [markdown] check="s', "check_sizes", "not a code cell"),
        (
            '[markdown] question="',
            'question="',
            "question_growth",
            "question in a code",
        ),
        ('build("geometry", ', 'build("geometri", ', None, 'call build("geometry"'),
        ("# # How big", "# How big", None, "first cell must be markdown"),
        ("def border(", "def third(", "border", "does not define border"),
        (
            "from course.kit import build, check",
            "from course.kit import build, check\nfrom course.geometry import area",
            "2 (",
            "imports course.geometry",
        ),
        (
            "from course.kit import build, check",
            "from course.kit import build, check\nfrom course import im2col",
            "2 (",
            "imports course.im2col",
        ),
        ('question="growth"', 'question="o d"', "question_o d", "letters, digits"),
        ('task="border"', "task=border", "4 (", "is not JSON"),
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
        ('task="border"', 'task="border" check="border"', "both task and check"),
        ('task="border"', 'nbgrader={"grade_id": "border"}', "Write task=, check="),
        ('check="sizes"', 'check="border"', r"Write solutions/checks/.*/border\.py"),
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
