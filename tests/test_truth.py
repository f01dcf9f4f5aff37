"""A simulated class is graded, and every mark is the one that was known beforehand."""

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.careless import HABITS
from autograder.grade import GradeSummary, grade
from autograder.lessons import Lesson, checkout, find_lessons
from autograder.marks import compare_with_truth, read_marks
from autograder.simulate import PROFILES, simulate

ROOT = checkout()
STUDENTS = 2 * len(PROFILES)


@dataclass(frozen=True)
class Graded:
    lesson: Lesson
    folder: Path
    summary: GradeSummary

    def truth(self) -> list[dict[str, str]]:
        with (self.folder / "truth.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(
    scope="module", params=find_lessons(ROOT), ids=lambda lesson: lesson.name
)
def graded(request, tmp_path_factory) -> Graded:
    """A class that did one lesson; every profile and every careless habit is in it."""
    assert PROFILES.count("careless") * STUDENTS / len(PROFILES) >= len(HABITS)
    folder = tmp_path_factory.mktemp("truth") / "class"
    simulate(ROOT, folder, STUDENTS, seed=1, lessons=[request.param])
    summary = grade(ROOT, folder, [request.param], workers=2)
    return Graded(request.param, folder, summary)


def test_every_submission_is_graded(graded):
    assert len(graded.summary.rows) == STUDENTS
    assert graded.summary.not_graded == []


def test_truth_and_marks_agree(graded):
    truth = graded.truth()
    assert len(truth) == len(read_marks(graded.folder))
    kinds = {row["kind"].split(":")[0] for row in truth}
    assert kinds == {"right", "wrong", "untouched", "written"}
    assert compare_with_truth(graded.folder) == []


def test_a_planted_disagreement_is_seen(graded):
    """Once in what is expected and once in the notebook that is graded."""
    path = graded.folder / "truth.csv"
    before = path.read_bytes()
    student, lesson, task, expected, kind = before.decode().split("\n")[1].split(",")
    planted = f"{student},{lesson},{task},{float(expected) - 1:g},{kind}"
    line = before.split(b"\n")[1]
    path.write_bytes(before.replace(line, planted.encode(), 1))
    try:
        (found,) = compare_with_truth(graded.folder)
    finally:
        path.write_bytes(before)
    assert (found.student, found.task) == (student, task)
    assert (found.expected, found.got) == (float(expected) - 1, float(expected))
