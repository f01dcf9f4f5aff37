"""What an instructor changes after a release is no student's work and no tampering."""

import json

import pytest
from small_class import (
    NAME,
    POINTS,
    SOURCE,
    answered,
    cell_named,
    hand_in,
    make_checkout,
    release,
    write_points,
)

from autograder.grading.classroom import Classroom
from autograder.grading.grade import grade
from autograder.grading.outcome import Result
from autograder.grading.register import note_release, read_history
from autograder.reports.marks import read_submissions
from course.kit import UsageError

NEW_TASK = """\
# %% task="half"
def half(x):
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION

# %% check="half"
assert half(2) == 1

"""
CHANGES = (  # the check, a stub's hint, given code, a new task in front
    ('assert area(3, 5) == 15, "3 x 5', 'assert area(4, 5) == 20, "4 x 5'),
    ("hint: Multiply.", "hint: Multiply the sides."),
    ("import math\n", "import math, cmath\n"),
    ('# %% task="area"', f'{NEW_TASK}# %% task="area"'),
)


@pytest.fixture
def lesson(tmp_path):
    return make_checkout(tmp_path / "checkout")


@pytest.fixture
def room(tmp_path, lesson) -> Classroom:
    """One right answer, one untouched notebook, one who made the check easier."""
    room = Classroom(tmp_path / "class")
    handed_out = release(lesson)
    hand_in(room.root, "right", answered(handed_out))
    hand_in(room.root, "untouched", handed_out)
    cheat = answered(handed_out)
    cell_named(cheat, "check_area").source = "assert True"
    hand_in(room.root, "cheat", cheat)
    return room


def change(lesson) -> None:
    text = SOURCE
    for old, new in CHANGES:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    lesson.source.write_text(text, encoding="utf-8")
    write_points(lesson, {**POINTS, "area": 3, "half": 1})


def noted(room, lesson) -> dict[str, list[str]]:
    summary = grade(lesson.root, room.root, [lesson], workers=1, isolation="off")
    return {row.student: [str(note) for note in row.notes] for row in summary.rows}


EDITED = ["check_area: the check was edited; the original ran"]


def test_an_instructors_change_accuses_nobody(room, lesson):
    wanted = {"right": [], "untouched": [], "cheat": EDITED}
    assert noted(room, lesson) == wanted
    change(lesson)
    assert noted(room, lesson) == wanted
    told = {each.student: each for each in read_submissions(room.root)}
    assert told["right"].score == 7, "the new check, its new points"
    untouched = {mark.task: mark for mark in told["untouched"].marks}
    assert {mark.result for mark in untouched.values()} == {Result.NO_ANSWER}
    assert not untouched["question_why"].needs_manual
    assert told["right"].max_score == 9


def test_cells_that_the_lesson_no_longer_has_are_no_cells_of_a_student(room, lesson):
    noted(room, lesson)
    start, end = (
        SOURCE.index('# %% task="double"'),
        SOURCE.index("# %% [markdown]\n# Why"),
    )
    text = (SOURCE[:start] + SOURCE[end:]).replace("area, double)", "area)")
    lesson.source.write_text(text, encoding="utf-8")
    (lesson.task_checks / "double.py").unlink()
    assert noted(room, lesson) == {"right": [], "untouched": [], "cheat": EDITED}
    notebook = json.loads(
        room.autograded_notebook("untouched", NAME).read_text(encoding="utf-8")
    )
    assert not any("double" in "".join(cell["source"]) for cell in notebook["cells"])


def test_what_stood_in_release_was_given_where_there_is_no_history(room, lesson):
    noted(room, lesson)
    (path,) = (room.root / "history").iterdir()
    assert len(json.loads(path.read_text(encoding="utf-8"))["versions"]) == 1
    path.unlink()
    change(lesson)
    assert noted(room, lesson) == {"right": [], "untouched": [], "cheat": EDITED}
    assert len(read_history(room, NAME).versions) == 2


def test_without_any_history_only_todays_version_counts(room, lesson):
    change(lesson)
    assert (
        "check_area: the check was edited; the original ran"
        in noted(room, lesson)["right"]
    )


def test_a_version_is_noted_once(room, lesson):
    first = release(lesson)
    for _ in range(2):
        assert len(note_release(room, NAME, first).versions) == 1
    change(lesson)
    assert len(note_release(room, NAME, release(lesson)).versions) == 2
    assert note_release(room, NAME, first) == read_history(room, NAME)


@pytest.mark.parametrize("text", ["", "[]", '{"versions": [{"cells": [{"a": 1}]}]}'])
def test_a_damaged_history_is_refused(room, lesson, text):
    path = room.root / "history" / f"{NAME}.json"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="holds no history of releases"):
        noted(room, lesson)
    assert path.read_text(encoding="utf-8") == text
