"""A simulated class is graded, and every mark is the one that was known beforehand."""

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


@pytest.mark.parametrize("lesson", find_lessons(ROOT), ids=lambda lesson: lesson.name)
def test_truth_and_marks_agree(lesson, tmp_path):
    """Every profile and every perturbation; and a disagreement would be seen."""
    assert 2 * PROFILES.count("perturbed") >= len(PERTURBATIONS)
    room = tmp_path / "class"
    simulate(ROOT, room, STUDENTS, seed=1, lessons=[lesson])

    summary = grade(ROOT, room, [lesson], workers=2)

    assert len(summary.rows) == STUDENTS
    assert summary.not_graded == []
    with (room / "truth.csv").open(encoding="utf-8", newline="") as file:
        header, *truth = csv.reader(file)
    kinds = {kind.split(":")[0] for *_, kind in truth}
    assert kinds == {"right", "wrong", "untouched", "written"}
    assert len(truth) == len(read_marks(room))
    assert compare_with_truth(room) == []

    mark = float(truth[0][header.index("expected")])
    truth[0][header.index("expected")] = "0.5"
    with (room / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *truth])
    (planted,) = compare_with_truth(room)
    assert [planted.student, planted.lesson, planted.task] == truth[0][:3]
    assert (planted.expected, planted.got) == (0.5, mark)
