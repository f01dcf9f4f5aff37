"""grade: a whole class, some of it broken, without an end before the last learner."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from small_class import (
    NAME,
    SOURCE,
    answered,
    cell_named,
    code,
    hand_in,
    make_checkout,
    release,
    write_points,
)
from sqlalchemy.exc import DataError, OperationalError

from autograder.grading import queue
from autograder.grading.classroom import Classroom, class_lock, open_classroom
from autograder.grading.grade import GradeSummary, grade
from autograder.grading.outcome import Result, Status, Work
from autograder.reports.marks import read_marks, read_submissions
from autograder.simulation.simulate import Disagreement, compare_with_truth
from course.kit import UsageError

ADDS = "def area(height, width):\n    return height + width"
WARNS = "def area(h, w):\n    import warnings, sys\n    print('x', file=sys.stderr)\n    warnings.warn('y')\n    return h * w"
DIES = "import os\nos._exit(1)"
HOLD = """
import sys
from pathlib import Path
from autograder.grading.classroom import class_lock
with class_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""
ODD_IDS = ("o'neill, jr.", "=HYPERLINK(1)", "a+b [x]", "ünï 🙂")


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


def make_class(folder: Path, lesson) -> None:
    """One submission of each kind; sorted, so that bad ones come before good ones."""
    released = release(lesson)
    right = answered(released)
    hand_in(folder, "right", right)
    hand_in(folder, "adds", answered(released, area=ADDS))
    hand_in(folder, "warns", answered(released, area=WARNS))
    hand_in(folder, "untouched", released)
    hand_in(folder, "dies", answered(released, double=DIES))
    hand_in(folder, "broken", b'{"cells": [')
    hand_in(folder, "empty", None)
    skips = answered(released, area=ADDS)
    for cell in skips.cells:
        cell.metadata["tags"] = ["skip-execution"]
    hand_in(folder, "skips", skips)
    doubled = answered(released)
    doubled.cells += [cell_named(doubled, "check_area"), cell_named(doubled, "area")]
    hand_in(folder, "copies", doubled)
    shadow = hand_in(folder, "shadow", answered(released, area="import math\n" + ADDS))
    (shadow / "math.py").write_text("raise SystemExit", encoding="utf-8")
    for student in ODD_IDS:
        hand_in(folder, student, b"{}")
    hand_in(folder, "new\nline", right)
    hand_in(folder, "n" * 129, right)
    (folder / "submitted" / "notes.txt").write_text("not a learner", encoding="utf-8")
    (folder / "submitted" / "nothing").mkdir()
    (folder / "students.csv").write_text(
        "id,first_name,last_name\nright,Ada,Byron\nabsent,Bob,\n", encoding="utf-8"
    )


@pytest.fixture(scope="module")
def graded(lesson, tmp_path_factory) -> tuple[Classroom, GradeSummary]:
    folder = tmp_path_factory.mktemp("class") / "class"
    make_class(folder, lesson)
    summary = grade(lesson.root, folder, [lesson], workers=2, timeout=120)
    return Classroom(folder), summary


@pytest.fixture
def room(graded, tmp_path) -> Classroom:
    """A copy of the graded class to go on with."""
    return Classroom(Path(shutil.copytree(graded[0].root, tmp_path / "class")))


@pytest.fixture
def no_workers(monkeypatch):
    """A machine on which nothing can be executed; lists the learners who were to be."""
    asked = []

    def run_each(workers, jobs, start, *, alone=False):
        for job, work in jobs:
            asked.append(job.student)
            lost = Future()
            reason = "no worker could be started"
            lost.set_result(Work(work.notebook, Status.INFRA_ERROR, reason))
            yield (job, work), lost

    monkeypatch.setattr(queue, "run_each", run_each)
    return asked


def again(room: Classroom, lesson, **options) -> GradeSummary:
    options = {"timeout": 120, "workers": 2, **options}
    return grade(lesson.root, room.root, [lesson], **options)


def row(summary: GradeSummary, student: str):
    (found,) = [row for row in summary.rows if row.student == student]
    return found


def test_every_submission_has_a_row_and_a_status(graded):
    summary = graded[1]
    statuses = {row.student: str(row.status) for row in summary.rows}
    assert statuses == {
        "right": "graded",
        "adds": "graded",
        "warns": "graded",
        "untouched": "graded",
        "skips": "graded",
        "copies": "graded",
        "shadow": "graded",
        "dies": "kernel_died",
        "broken": "unreadable",
        "empty": "missing",
        "new\nline": "bad_id",
        "n" * 129: "bad_id",
        **dict.fromkeys(ODD_IDS, "unreadable"),
    }
    assert len(summary.not_graded) == 9
    assert summary.seconds > 0


@pytest.mark.parametrize(
    ("student", "scores"),
    [
        ("right", {"area": 2, "double": 4, "question_why": None}),
        ("adds", {"area": 0, "double": 4, "question_why": None}),
        ("warns", {"area": 2, "double": 4, "question_why": None}),
        ("untouched", {"area": 0, "double": 0, "question_why": 0}),
        ("dies", {"area": 2, "double": 0, "question_why": None}),
        ("broken", {"area": 0, "double": 0, "question_why": 0}),
        ("empty", {"area": 0, "double": 0, "question_why": 0}),
        ("skips", {"area": 0, "double": 4, "question_why": None}),
        ("copies", {"area": 2, "double": 4, "question_why": None}),
        ("shadow", {"area": 0, "double": 4, "question_why": None}),
    ],
)
def test_marks(graded, student, scores):
    marks = [mark for mark in read_marks(graded[0].root) if mark.student == student]
    assert {mark.task: mark.auto for mark in marks} == scores
    assert all(mark.needs_manual == (mark.auto is None) for mark in marks)
    assert row(graded[1], student).score == sum(score or 0 for score in scores.values())
    assert row(graded[1], student).max_score == 7


def test_results_tell_what_the_learner_saw(graded):
    (adds,) = [
        mark
        for mark in read_marks(graded[0].root, [NAME])
        if (mark.student, mark.task) == ("adds", "area")
    ]
    assert (adds.result, adds.error) == (Result.FAILED, "AssertionError")
    assert "the sides are added" in adds.message
    assert adds.status is Status.GRADED


def test_tampering_is_noted(graded):
    summary = graded[1]
    assert row(summary, "right").notes == ()
    assert any("skip-execution" in note.text for note in row(summary, "skips").notes)
    assert len(row(summary, "copies").notes) == 2
    assert "nbgrader's own commands" in row(summary, ODD_IDS[0]).notes[0].text


def test_source_and_release_are_as_nbgrader_wants_them(graded, lesson):
    room = graded[0]
    source = (room.source / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert "BEGIN SOLUTION" in source and "secret_side" in source
    handed_out = (room.release / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert nbformat.reads(handed_out, 4) == release(lesson)
    assert os.listdir(room.source / NAME) == [f"{NAME}.ipynb"]


def test_names_come_from_the_roster(graded):
    with Gradebook(graded[0].db_url) as book:
        assert book.find_student("right").first_name == "Ada"
        assert book.find_student("absent").last_name is None
        assert book.find_submission(NAME, "right").score == 6.0


def test_nothing_is_left_lying_about(graded):
    room = graded[0]
    names = {path.name for path in room.root.iterdir()}
    assert names == {
        ".in-use",
        "autograded",
        "class_id.txt",
        "gradebook.db",
        "history",
        "release",
        "source",
        "students.csv",
        "submitted",
    }


def test_what_is_graded_and_unchanged_is_skipped(room, lesson, no_workers):
    before = room.gradebook.read_bytes()
    summary = again(room, lesson)
    assert all(row.skipped for row in summary.rows if row.status != "bad_id")
    assert row(summary, "right").score == 6
    assert no_workers == []
    assert room.gradebook.read_bytes() == before


@pytest.mark.parametrize(
    "change", ["force", "submission", "limits", "lost", "database"]
)
def test_what_changed_is_graded_again(room, lesson, no_workers, monkeypatch, change):
    asked = []

    def record(self, job, done):
        asked.append(job.student)
        return queue.Outcome(job.student, NAME, done.status)

    monkeypatch.setattr(queue.GradingQueue, "_record", record)
    options, wanted = {}, {"right"}
    if change == "force":
        options["force"] = True
    elif change == "submission":
        hand_in(room.root, "right", release(lesson), "second.ipynb")
    elif change == "limits":
        options["timeout"] = 121
    elif change == "lost":
        room.outcome("right", NAME).unlink()
    elif change == "database":
        room.gradebook.unlink()
    if change in ("force", "limits", "database"):
        wanted = {row.name for row in room.submitted.iterdir() if len(row.name) < 99}
        wanted -= {"notes.txt", "nothing", "new\nline"}
    again(room, lesson, **options)
    assert set(asked) == wanted and len(asked) == len(wanted)


def test_another_preference_regrades_where_there_is_a_choice(room, lesson):
    hand_in(room.root, "right", release(lesson), "second.ipynb")
    again(room, lesson)
    summary = again(room, lesson, prefer="newest")
    done = {each.student for each in summary.rows if not each.skipped}
    assert {each for each in done if len(each) < 99} - {"new\nline"} == {"right"}
    assert "took 'second.ipynb': it was changed last" in str(
        row(summary, "right").notes[0]
    )
    with pytest.raises(UsageError, match="'best' was to be preferred. Choose from"):
        again(room, lesson, prefer="best")


def test_a_changed_check_regrades_and_keeps_what_a_person_gave(room, tmp_path):
    with Gradebook(room.db_url) as book:
        grade_row = book.find_grade("question_why", NAME, NAME, "right")
        grade_row.manual_score, grade_row.needs_manual_grade = 1.0, False
        book.db.commit()
    for student in room.submissions(NAME):
        if student not in ("right", "adds"):
            shutil.rmtree(room.submitted / student)
    changed = SOURCE.replace('check="double"', 'check="twice"')
    lesson = make_checkout(tmp_path / "checkout")
    write_points(lesson, {"area": 3, "twice": 4})
    lesson.source.write_text(changed, encoding="utf-8")
    summary = again(room, lesson)
    assert not any(row.skipped for row in summary.rows)
    right = [mark for mark in read_marks(room.root) if mark.student == "right"]
    assert {m.task: (m.score, m.max_score) for m in right} == {
        "area": (3, 3),
        "twice": (4, 4),
        "question_why": (1, 1),
    }
    gone = [mark for mark in read_marks(room.root) if mark.student == "warns"]
    (twice,) = [mark for mark in gone if mark.task == "twice"]
    assert (twice.auto, twice.needs_manual) == (0.0, False)  # it is not there any more


def test_a_cell_with_a_persons_marks_is_not_removed(room, tmp_path):
    with Gradebook(room.db_url) as book:
        book.find_comment("double", NAME, NAME, "adds").manual_comment = "Well done."
        book.db.commit()
    before = room.gradebook.read_bytes()
    lesson = make_checkout(tmp_path / "checkout")
    changed = SOURCE.replace('task="double"', 'task="twice"').replace(
        "def double", "def twice"
    )
    lesson.source.write_text(changed, encoding="utf-8")
    with pytest.raises(
        UsageError, match="no longer has the cell 'double', but 1 submission"
    ):
        again(room, lesson)
    assert room.gradebook.read_bytes() == before


def test_a_fault_of_the_machine_keeps_earlier_marks(
    room, lesson, monkeypatch, no_workers
):
    summary = again(room, lesson, force=True)
    right = row(summary, "right")
    assert right.status is Status.INFRA_ERROR
    assert right.score == 6
    assert right.reason == "no worker could be started"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("fingerprint", RecursionError("too deep")),
        ("prepare", MemoryError("too large")),
        ("read_timestamp", OSError(5, "broken disk")),
        ("record", DataError("INSERT", {}, Exception("too long"))),
        ("record", KeyError("area")),
    ],
)
def test_what_goes_wrong_with_one_submission_is_its_own(
    tmp_path, lesson, monkeypatch, no_workers, name, error
):
    """It is named, also where the fault is ours, and the others are graded."""
    for student in ("ada", "bob", "cy"):
        hand_in(tmp_path, student, b"{}")
    works = getattr(queue, name)
    calls = []

    def fails_second(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 2:
            raise error
        return works(*arguments, **options)

    for student in ("ada", "bob", "cy"):
        hand_in(tmp_path, student, answered(release(lesson)))
    monkeypatch.setattr(queue, name, fails_second)
    summary = again(Classroom(tmp_path), lesson)
    assert [row.student for row in summary.rows] == ["ada", "bob", "cy"]
    assert len(calls) == (5 if name == "prepare" else 3)  # two were tried once more
    assert row(summary, "bob") in summary.not_graded
    assert row(summary, "bob").status is Status.INFRA_ERROR
    assert type(error).__name__ in row(summary, "bob").reason
    assert "test_grade.py, line " in row(summary, "bob").reason
    graded = {mark.student for mark in read_marks(tmp_path)}
    assert graded >= {"ada", "cy"}


def test_a_database_that_fails_stops_the_class(
    tmp_path, lesson, monkeypatch, no_workers
):
    def fails(*arguments, **options):
        raise OperationalError("INSERT", {}, Exception("disk is full"))

    hand_in(tmp_path, "ada", answered(release(lesson)))
    monkeypatch.setattr(queue, "record", fails)
    with pytest.raises(UsageError, match="disk is full"):
        again(Classroom(tmp_path), lesson)


def test_a_fault_of_the_machine_is_tried_again(tmp_path, lesson, no_workers):
    hand_in(tmp_path, "ada", answered(release(lesson)))
    room = Classroom(tmp_path)
    ada = row(again(room, lesson), "ada")
    assert (ada.status, ada.score) == (Status.INFRA_ERROR, 0)
    assert not any(mark.needs_manual for mark in read_marks(room.root))
    assert not row(again(room, lesson), "ada").skipped
    assert len(no_workers) == 4  # twice in each run


def test_ctrl_c_keeps_what_is_recorded(room, lesson, monkeypatch):
    shutil.rmtree(room.autograded)
    room.gradebook.unlink()
    released = release(lesson)
    slow = answered(released)
    slow.cells.insert(1, code("import time; time.sleep(600)"))
    for student in room.submissions(NAME):
        shutil.rmtree(room.submitted / student)
    hand_in(room.root, "first", answered(released))
    hand_in(room.root, "second", slow)
    recorded = queue.GradingQueue._record

    interrupted = []

    def then_interrupted(self, *arguments):
        recorded(self, *arguments)
        interrupted.append(time.monotonic())
        raise KeyboardInterrupt

    monkeypatch.setattr(queue.GradingQueue, "_record", then_interrupted)
    with pytest.raises(KeyboardInterrupt):
        again(room, lesson, timeout=1000)
    assert time.monotonic() - interrupted[0] < 300  # of 600 s asleep
    assert [s.student for s in read_submissions(room.root)] == ["first"]
    assert not room.outcome("second", NAME).exists()


def refused(room: Classroom, lesson, match: str, **options) -> None:
    before = sorted(room.root.rglob("*")) if room.root.is_dir() else None
    with pytest.raises(UsageError, match=match) as caught:
        again(room, lesson, **options)
    assert "\n" not in str(caught.value)
    after = sorted(room.root.rglob("*")) if room.root.is_dir() else None
    assert after == before


def test_a_class_folder_that_is_not_there_is_refused(tmp_path, lesson):
    refused(Classroom(tmp_path / "none"), lesson, "does not exist")


def test_a_file_for_a_class_is_refused(tmp_path, lesson):
    (tmp_path / "class").write_text("", encoding="utf-8")
    refused(Classroom(tmp_path / "class"), lesson, "is not a folder")


def test_a_class_without_submissions_is_refused(tmp_path, lesson):
    refused(Classroom(tmp_path), lesson, "no folder submitted/")
    (tmp_path / "submitted" / "ada" / "another_lesson").mkdir(parents=True)
    refused(Classroom(tmp_path), lesson, f"no submission of {NAME}")


def test_a_gradebook_that_is_no_database_is_refused(tmp_path, lesson):
    hand_in(tmp_path, "ada", release(lesson))
    (tmp_path / "gradebook.db").write_text("name,mark\n" * 100, encoding="utf-8")
    refused(Classroom(tmp_path), lesson, "file is not a database")


def test_a_gradebook_of_something_else_is_refused(tmp_path, lesson):
    hand_in(tmp_path, "ada", release(lesson))
    with sqlite3.connect(tmp_path / "gradebook.db") as other:
        other.execute("CREATE TABLE student (id TEXT)")
    other.close()
    refused(Classroom(tmp_path), lesson, "another version of nbgrader")


def test_a_locked_gradebook_is_refused(room, lesson, monkeypatch):
    monkeypatch.setattr("autograder.grading.database.LOCK_SECONDS", 0.1)
    with sqlite3.connect(room.gradebook) as other:
        other.execute("BEGIN EXCLUSIVE")
        refused(room, lesson, "locked")
        other.rollback()
    other.close()


def test_an_empty_file_is_an_empty_gradebook(tmp_path, lesson):
    hand_in(tmp_path, "ada", None)
    (tmp_path / "gradebook.db").touch()
    summary = again(Classroom(tmp_path), lesson)
    assert row(summary, "ada").status is Status.MISSING


def test_a_folder_without_write_permission_is_refused(tmp_path, lesson, monkeypatch):
    hand_in(tmp_path, "ada", release(lesson))

    def denied(**options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("autograder.grading.classroom.tempfile.TemporaryFile", denied)
    refused(Classroom(tmp_path), lesson, "cannot write to")


def test_a_roster_without_ids_is_refused(tmp_path, lesson):
    hand_in(tmp_path, "ada", release(lesson))
    (tmp_path / "students.csv").write_text("name\nAda\n", encoding="utf-8")
    refused(Classroom(tmp_path), lesson, "without a usable id")


@pytest.mark.parametrize("options", [{"workers": 0}, {"timeout": 0}, {"memory": 1}])
def test_impossible_limits_are_refused(room, lesson, options):
    refused(room, lesson, "Give", **options)


def test_marks_cannot_be_read_before_grading(tmp_path, lesson):
    hand_in(tmp_path, "ada", release(lesson))
    with pytest.raises(UsageError, match="has no marks yet"):
        open_classroom(tmp_path, graded=True)


def test_marks_are_compared_with_the_truth(room):
    rows = [
        "student,lesson,task,expected,kind",
        f"right,{NAME},area,2,right",
        f"right,{NAME},question_why,,written",
        f"untouched,{NAME},question_why,,written",
        f"adds,{NAME},area,2,right",
        f"nobody,{NAME},area,0,untouched",
        "right,02_convolution,neuron,1,not graded yet",
    ]
    room.truth.write_text("\n".join(rows), encoding="utf-8")
    assert compare_with_truth(room.root) == [
        Disagreement("untouched", NAME, "question_why", None, 0.0, "written"),
        Disagreement("adds", NAME, "area", 2.0, 0.0, "right"),
        Disagreement("nobody", NAME, "area", 0.0, None, "untouched"),
    ]
    room.truth.write_text("student,mark\nright,2\n", encoding="utf-8")
    with pytest.raises(UsageError, match="not a table of expected marks"):
        compare_with_truth(room.root)


def test_the_outcome_file_is_plain_json(graded):
    path = graded[0].outcome("skips", NAME)
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["status"] == "graded"
    assert {note["kind"] for note in document["notes"]} == {"tagged"}


def test_work_in_the_wrong_place_is_named(room, lesson, no_workers):
    (room.submitted / "loose.ipynb").write_text("{}", encoding="utf-8")
    for place in ("flat", "caps/" + NAME.upper()):
        (room.submitted / place).mkdir(parents=True)
        (room.submitted / place / f"{NAME}.ipynb").write_text("{}", encoding="utf-8")
    strays = again(room, lesson).strays
    assert [path.relative_to(room.submitted).as_posix() for path in strays] == [
        f"caps/{NAME.upper()}",
        f"flat/{NAME}.ipynb",
        "loose.ipynb",
        "nothing",  # the learner's folder that make_class leaves empty
    ]


def test_an_empty_gradebook_has_no_marks_yet(tmp_path, lesson):
    hand_in(tmp_path, "ada", None)
    (tmp_path / "gradebook.db").touch()
    with pytest.raises(UsageError, match="has no marks yet. Grade it first"):
        read_marks(tmp_path)


def test_only_the_named_learners_are_graded(room, lesson, no_workers):
    summary = again(room, lesson, students=["right", "adds"])
    assert [row.student for row in summary.rows] == ["adds", "right"]
    refused(room, lesson, "no folder .nobody.", students=["nobody"])


def test_marks_in_another_database_are_found_again(tmp_path, lesson, capsys):
    hand_in(tmp_path / "class", "ada", None)
    other = tmp_path / "other.db"
    room = Classroom(tmp_path / "class")
    again(room, lesson)
    again(room, lesson, db=f"sqlite:///{other}")
    told = capsys.readouterr().err
    assert str(other) in told and str(room.gradebook) in told
    room.gradebook.unlink()
    assert row(again(room, lesson), "ada").skipped
    assert other.is_file() and not room.gradebook.exists()
    assert capsys.readouterr().err == ""
    assert {mark.student for mark in read_marks(room.root)} == {"ada"}


def test_a_class_that_another_command_changes_is_refused(room, lesson):
    """The lock is another process's, as it would be."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(room.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match="another grade or collect is at work"):
            grade(lesson.root, room.root, [lesson])
    finally:
        holder.communicate("end\n", timeout=300)
    with class_lock(room.root):
        pass  # it was let go
