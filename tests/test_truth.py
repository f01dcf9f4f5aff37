"""A simulated class is graded, and every mark is the one that was known beforehand.

`make test` has one half of a class, `make test-whole` of two others, and so every profile and
perturbation; `pytest -m bank` all the other halves.
"""

import csv

import pytest

from autograder.grading.grade import grade
from autograder.lessons import checkout, find_lessons
from autograder.reports.marks import read_marks
from autograder.simulation.simulate import (
    PERTURBATIONS,
    PROFILES,
    compare_with_truth,
    simulate,
)

ROOT = checkout()
STUDENTS = 2 * len(PROFILES)
QUICKEST = "01_volumes", 0
DAILY = {("06_convnet", 1), ("09_architectures", 0)}  # of `make test-whole`


def mark(name: str, half: int) -> list:
    if (name, half) == QUICKEST:
        return []
    return [pytest.mark.whole if (name, half) in DAILY else pytest.mark.bank]


HALVES = [
    pytest.param(
        lesson, half, id=f"{lesson.name}-{half}", marks=mark(lesson.name, half)
    )
    for lesson in find_lessons(ROOT)
    for half in (0, 1)
]


def test_a_class_has_every_perturbation():
    assert 2 * PROFILES.count("perturbed") >= len(PERTURBATIONS)


@pytest.mark.parametrize(("lesson", "half"), HALVES)
def test_truth_and_marks_agree(lesson, half, tmp_path):
    """Half a class is every profile and half of the perturbations; a disagreement is seen."""
    room = tmp_path / "class"
    simulate(ROOT, room, STUDENTS, seed=1, lessons=[lesson])
    students = sorted(path.name for path in (room / "submitted").iterdir())
    students = students[half * len(PROFILES) :][: len(PROFILES)]
    with (room / "truth.csv").open(encoding="utf-8", newline="") as file:
        header, *truth = csv.reader(file)
    truth = [row for row in truth if row[0] in students]

    def write_truth() -> None:
        with (room / "truth.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *truth])

    write_truth()
    options = {"students": students, "timeout": 600}
    summary = grade(ROOT, room, [lesson], workers=2, **options)

    assert [row.student for row in summary.rows] == students
    assert summary.not_graded == []
    kinds = {kind.split(":")[0] for *_, kind in truth}
    assert kinds == {"right", "wrong", "untouched", "written"}
    assert len(truth) == len(read_marks(room))
    assert compare_with_truth(room) == []

    points = float(truth[0][header.index("expected")])
    truth[0][header.index("expected")] = "0.5"
    write_truth()
    (planted,) = compare_with_truth(room)
    assert [planted.student, planted.lesson, planted.task] == truth[0][:3]
    assert (planted.expected, planted.got) == (0.5, points)
