"""A task's module: its visible and its hidden part, its right and its wrong answers."""

import pytest

from autograder.lessons.task_modules import edited, read_answers, read_task_modules
from course.kit import UsageError

MODULE = '''"""The area of a rectangle."""

import numpy as np

from autograder.lessons.task_modules import right, wrong

POINTS = 2
SIDES = [(3, 5), (2, 7)]


def oracle(height, width):
    return sum(width for _ in range(height))


def cases(t, area):
    t.case("3 by 5", area(3, 5), 15)


def hidden(t, area):
    for height, width in SIDES:
        t.case(f"{height} by {width}", area(height, width), oracle(height, width))


@right("adding up rows")
def area__rows(height, width):
    total = 0
    for _ in range(height):
        total += width
    return total


wrong("the sides are added", "height * width", "height + width")
wrong("a row is lost", "range(height)", "range(height - 1)", of="area__rows", named=False)


@wrong("nothing is returned")
def area__nothing(height, width):
    height * width
'''
REFERENCE = {"area": "def area(height, width):\n    return height * width\n"}


@pytest.fixture
def module(tmp_path):
    (tmp_path / "area.py").write_text(MODULE, encoding="utf-8")
    return read_task_modules(tmp_path)["area"]


def test_points_and_functions(module):
    assert module.points == 2
    assert module.functions == ("area",)
    assert module.has("hidden")


def test_the_visible_part_holds_nothing_of_the_rest(module):
    source = module.source("cases")
    assert source.startswith("def cases(t, area):")
    for word in ("SIDES", "oracle", "right", "wrong", "numpy", "POINTS", "rectangle"):
        assert word not in source


def test_the_hidden_part_has_what_it_uses(module):
    source = module.source("hidden")
    assert "def oracle(" in source
    assert "SIDES = " in source
    assert "def cases(t, area):" in source
    assert "15" not in source


def test_answers_are_functions_and_edits_of_them(module):
    answers = {answer.id: answer for answer in read_answers(module, REFERENCE)}
    assert [answer.right for answer in answers.values()] == [True, False, False, False]
    assert answers["area__the_sides_are_added"].source.endswith("height + width\n")
    assert answers["area__the_sides_are_added"].named
    lost = answers["area__a_row_is_lost"]
    assert "range(height - 1)" in lost.source
    assert lost.source.startswith("def area(")
    assert not lost.named
    assert answers["area__nothing"].source.startswith("def area(")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('wrong("gone", "depth", "width")', "0 times"),
        ('wrong("twice", "t", "d")', "times"),
        ('wrong("half", "height *")', "in pairs"),
        ('wrong("broken", "height * width", "height *")', "not Python"),
        ('wrong("whose", "a", "b", of="volume")', "no answer 'volume'"),
        ('wrong("", "a", "b")', "says nothing"),
        ('@right("x")\ndef volume__x(): ...', "no variant"),
    ],
)
def test_what_cannot_be_an_answer_is_refused(tmp_path, line, says):
    (tmp_path / "area.py").write_text(f"{MODULE}\n\n{line}\n", encoding="utf-8")
    module = read_task_modules(tmp_path)["area"]
    with pytest.raises(UsageError, match=says):
        [*read_answers(module, REFERENCE)]


def test_several_edits_of_one_answer():
    assert (
        edited("a = 1\nb = 2\n", ("1", "3", "b = 2", "c = a"), "x") == "a = 3\nc = a\n"
    )


def test_no_points_and_no_cases_are_refused(tmp_path):
    (tmp_path / "area.py").write_text("X = 1\n", encoding="utf-8")
    (tmp_path / "broken.py").write_text("def", encoding="utf-8")
    with pytest.raises(UsageError, match=r"broken\.py is not Python"):
        read_task_modules(tmp_path)
    (tmp_path / "broken.py").unlink()
    module = read_task_modules(tmp_path)["area"]
    with pytest.raises(UsageError, match="POINTS"):
        _ = module.points
    with pytest.raises(UsageError, match="cases"):
        _ = module.functions
