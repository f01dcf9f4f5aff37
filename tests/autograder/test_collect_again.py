"""Collecting again: nothing changes, newer attempts replace older ones, nothing is lost."""

import os

import pytest
from collecting import FIRST, SECOND, notebook, whats, zipped

from autograder.collect import submission
from course.kit import UsageError

ONE = zipped(
    {"ana/01_volumes.ipynb": notebook("1"), "bo/01_volumes.ipynb": notebook("b")}
)
TWO = zipped(
    {"ana/01_volumes.ipynb": notebook("2"), "bo/01_volumes.ipynb": notebook("b")}
)


def test_a_second_run_of_the_same_archive_changes_nothing(school):
    school.take("plain", ONE)
    before = school.files()
    times = {path: path.stat().st_mtime_ns for path in school.folder.rglob("*.ipynb")}
    assert whats(school.take("plain", ONE)) == {"ana": "unchanged", "bo": "unchanged"}
    assert school.files() == before
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_a_newer_attempt_replaces_and_the_older_is_kept(school):
    school.take("plain", ONE)
    graded = school.folder / "autograded" / "ana" / FIRST / "outcome.json"
    graded.parent.mkdir(parents=True)
    graded.write_text("{}", encoding="utf-8")
    summary = school.take("plain", TWO)
    assert whats(summary) == {"ana": "replaced", "bo": "unchanged"}
    assert school.text("ana") == "2"
    kept = school.folder / "replaced" / "ana" / FIRST / "001" / f"{FIRST}.ipynb"
    assert kept.read_bytes() == notebook("1")
    assert graded.exists()
    assert "replaced/ana/01_volumes/001" in summary.taken[0].notes[0]
    assert "graded already" in summary.taken[0].notes[1]


def test_an_older_archive_does_not_bring_back_an_older_attempt(school):
    school.take("plain", ONE)
    school.take("plain", TWO)
    before = school.files()
    assert whats(school.take("plain", ONE)) == {"ana": "older", "bo": "unchanged"}
    assert school.files() == before


def test_other_lessons_and_other_learners_are_left_alone(school):
    other = school.folder / "submitted" / "zoe" / SECOND / "own.ipynb"
    other.parent.mkdir(parents=True)
    other.write_bytes(notebook("zoe"))
    school.take("plain", ONE)
    assert other.read_bytes() == notebook("zoe")
    by_hand = zipped({"zoe/02_convolution/own.ipynb": notebook("new")})
    assert whats(school.take("plain", by_hand)) == {"zoe": "replaced"}


def test_dry_run_changes_nothing_and_says_the_same(school):
    summary = school.take("plain", ONE, dry_run=True)
    assert whats(summary) == {"ana": "new", "bo": "new"}
    assert str(summary) == "dry run, nothing changed: 2 new"
    assert not school.folder.exists()
    school.take("plain", ONE)
    before = school.files()
    assert whats(school.take("plain", TWO, dry_run=True))["ana"] == "replaced"
    assert school.files() == before


def test_a_failure_in_the_middle_loses_nothing(school, monkeypatch):
    school.take("plain", ONE)
    real = os.replace

    def full(source, target):
        if str(target).endswith(os.path.join("submitted", "ana", FIRST)) and (
            "submission-" in str(source)
        ):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(submission.os, "replace", full)
    more = zipped(
        {"ana/01_volumes.ipynb": notebook("2"), "cy/01_volumes.ipynb": notebook()}
    )
    summary = school.take("plain", more)
    assert school.text("ana") == "1"
    assert whats(summary) == {"cy": "new"}
    assert "No space left" in summary.refused[0].why
    assert not list(school.folder.glob(".collecting-*"))


def test_a_stopped_run_leaves_no_half_submission_and_can_be_repeated(
    school, monkeypatch
):
    real = os.replace

    def stopped(source, target):
        if "bo" in str(target):
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(submission.os, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        school.take("plain", ONE)
    assert school.text("ana") == "1"
    assert not (school.folder / "submitted" / "bo" / FIRST).exists()
    assert not list(school.folder.glob(".collecting-*"))
    monkeypatch.undo()
    assert whats(school.take("plain", ONE)) == {"ana": "unchanged", "bo": "new"}


def test_a_damaged_map_is_refused_and_kept(school):
    school.folder.mkdir()
    (school.folder / "collected.csv").write_text("who,what\na,b\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"collected\.csv"):
        school.take("plain", ONE)
    assert school.files() == {"collected.csv": b"who,what\na,b\n"}


def test_ids_that_lead_elsewhere_are_refused(school):
    school.folder.mkdir()
    (school.folder / "students.csv").write_text("id\n../../ana\n", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot name a folder"):
        school.take("plain", ONE)
