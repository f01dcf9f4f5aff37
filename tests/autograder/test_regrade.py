"""A task is dropped, given to all, or counts other points: marks, notes, and all of it undone."""

import csv
import json
import zipfile

import nbformat
import pytest
from nbgrader.api import Gradebook
from small_class import NAME, answered, hand_in, make_checkout, release

from autograder.cli import app
from autograder.grading.changes import (
    Change,
    changed,
    read_changes,
    store_changed_marks,
    write_changes,
)
from autograder.grading.classroom import Classroom
from autograder.grading.grade import grade, regrade
from autograder.lessons import Lesson
from autograder.lessons.versions import master
from autograder.marking.marking import Marking
from autograder.release import bundling
from autograder.release.bundling import grade_one
from autograder.reports.export import export
from autograder.reports.feedback import feedback
from autograder.reports.marks import read_submissions
from course.kit import UsageError

HALF = "def double(x):\n    return 2 * abs(x)"  # 2 of 4 points


@pytest.fixture
def lesson(tmp_path):
    return make_checkout(tmp_path / "checkout")


@pytest.fixture
def room(tmp_path, lesson) -> Classroom:
    """Graded: one right, one half right, one untouched; a person gave 0.5 of 1 to the first."""
    room = Classroom(tmp_path / "class")
    hand_in(room.root, "right", answered(release(lesson)))
    hand_in(room.root, "half", answered(release(lesson), double=HALF))
    hand_in(room.root, "untouched", release(lesson))
    grade(lesson.root, room.root, [lesson], workers=1, isolation="off")
    give_mark(room, 0.5)
    return room


def give_mark(room, mark: float) -> None:
    with Gradebook(room.db_url) as book:
        row = book.find_grade("question_why", NAME, NAME, "right")
        row.manual_score, row.needs_manual_grade = mark, False
        book.db.commit()


def change(room, lesson, **options):
    return regrade(
        lesson.root, room.root, lesson, workers=1, isolation="off", **options
    )


def scores(room) -> dict[str, tuple[float, float, int]]:
    """Of ours, after seeing that nbgrader's own sums are the same."""
    told = {}
    with Gradebook(room.db_url) as book:
        for each in read_submissions(room.root):
            stock = book.find_submission(NAME, each.student)
            assert (stock.score, stock.max_score) == (each.score, each.max_score)
            told[each.student] = (each.score, each.max_score, each.awaiting)
    return told


BEFORE = {"right": (6.5, 7, 0), "half": (4, 7, 1), "untouched": (0, 7, 0)}


STEPS = {
    "checks": [
        (
            {"drop": ["double"]},
            {"right": (2.5, 3, 0), "half": (2, 3, 1), "untouched": (0, 3, 0)},
        ),
        (
            {"give": ["double"]},
            {"right": (6.5, 7, 0), "half": (6, 7, 1), "untouched": (4, 7, 0)},
        ),
        (
            {"points": ["double=1", "area=4"]},
            {"right": (5.5, 6, 0), "half": (4.5, 6, 1), "untouched": (0, 6, 0)},
        ),
    ],
    "question": [
        (
            {"drop": ["question_why"]},
            {"right": (6, 6, 0), "half": (4, 6, 0), "untouched": (0, 6, 0)},
        ),
        (
            {"give": ["question_why"]},
            {"right": (7, 7, 0), "half": (5, 7, 0), "untouched": (1, 7, 0)},
        ),
        (
            {"points": ["question_why=3"]},
            {"right": (7.5, 9, 0), "half": (4, 9, 1), "untouched": (0, 9, 0)},
        ),
    ],
}


@pytest.mark.parametrize("what", STEPS)
def test_changes_and_back(room, lesson, what):
    assert scores(room) == BEFORE
    for options, wanted in STEPS[what]:
        change(room, lesson, **options, note="The check was wrong.")
        assert scores(room) == wanted
    summary = grade(lesson.root, room.root, [lesson], isolation="off")
    assert all(row.skipped for row in summary.rows)
    assert scores(room) == wanted, "again is the same as once"
    (room.root / "changes.toml").unlink()
    change(room, lesson)
    assert scores(room) == BEFORE
    assert not (room.root / "changed_marks.json").exists()


def test_everybody_is_told(room, lesson):
    summary = change(room, lesson, drop=["double"], note='It said "thrice".')
    told = 'check_double: this task counts nothing: It said "thrice".'
    assert all(told in map(str, row.notes) for row in summary.rows)
    feedback(room.root)
    page = room.feedback_page("half", NAME).read_text(encoding="utf-8")
    assert "this task counts nothing: It said" in page
    table = export(room.root, room.root / "marks.csv")
    rows = list(csv.DictReader(table.open(encoding="utf-8", newline="")))
    assert {row[f"{NAME}/changed"] for row in rows} == {told}


def test_the_command_tells_everybody_once(room, lesson, monkeypatch, capsys):
    monkeypatch.setattr("autograder.cli.checkout", lambda: lesson.root)
    words = ["regrade", "1", "--class", str(room.root), "--isolation", "off"]
    app([*words, "--drop", "area", "--note", "It was wrong."], standalone_mode=False)
    told = capsys.readouterr().out
    line = f"{NAME}, check_area: this task counts nothing: It was wrong."
    assert told.count("It was wrong.") == 1 and line in told.splitlines()


def test_a_mark_given_under_a_change_is_kept(room, lesson):
    change(room, lesson, points=["question_why=4"], note="It is harder.")
    assert scores(room)["right"] == (8, 10, 0)
    give_mark(room, 3)
    change(room, lesson, points=["question_why=2"], note="It is not that hard.")
    assert scores(room)["right"] == (7.5, 8, 0)
    change(room, lesson, drop=["question_why"], note="It was unclear.")
    assert scores(room)["right"] == (6, 6, 0)
    (room.root / "changes.toml").unlink()
    change(room, lesson)
    assert scores(room)["right"] == (6.75, 7, 0)


def test_markers_see_what_a_question_counts_now(room, lesson):
    change(room, lesson, points=["question_why=3"], note="It is harder.")
    question = Marking(room, [NAME]).question(NAME, "question_why")
    assert question["points"] == 3
    assert sum(each["points"] for each in question["scheme"]) == 3
    change(room, lesson, drop=["question_why"], note="It was unclear.")
    with pytest.raises(UsageError, match="no written question"):
        Marking(room, [NAME])


def test_a_bundle_grades_by_the_change_and_knows_what_was_released(
    room, lesson, tmp_path, monkeypatch
):
    handed_out = answered(release(lesson))
    change(room, lesson, points=["double=1"], note="It is easy.")
    write_changes(room, "02_other", {"x": Change("drop", "of another lesson")})
    text = lesson.source.read_text(encoding="utf-8")
    text = text.replace('"3 x 5. It', '"3 times 5. It')
    lesson.source.write_text(text, encoding="utf-8")
    monkeypatch.setattr(bundling, "find_stale", lambda root, lessons: [])
    with zipfile.ZipFile(bundling.bundle(lesson, tmp_path / "b.zip", room)) as packed:
        packed.extractall(tmp_path / "unpacked")
    (tmp_path / "work.ipynb").write_text(nbformat.writes(handed_out), encoding="utf-8")
    there = Lesson(tmp_path / "unpacked", NAME)
    told = grade_one(there, tmp_path / "work.ipynb")
    assert told["score"] == 3
    assert told["output"].splitlines()[0] == ("took the notebook 'work.ipynb'"), (
        "nothing was edited"
    )
    assert (
        "check_double: this task counts 1 point, not 4: It is easy." in told["output"]
    )


def test_stopped_between_file_and_database_no_mark_is_lost(room, lesson, monkeypatch):
    class Stopped(Exception):
        pass

    def stop(self):
        raise Stopped

    changes = {"question_why": Change("points", "x", 2.0)}
    with Gradebook(room.db_url) as book, monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.orm.Session.commit", stop)
        with pytest.raises(Stopped):
            store_changed_marks(
                room, book.db, NAME, changed(master(lesson), changes, NAME)
            )
    kept = json.loads((room.root / "changed_marks.json").read_text(encoding="utf-8"))
    assert kept[NAME]["question_why"]["marks"]["right"]["own"] == 0.5
    assert scores(room) == BEFORE
    change(room, lesson, points=["question_why=2"], note="x")
    assert scores(room)["right"] == (7, 8, 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"drop": ["double"]}, "needs a reason that students may read"),
        ({"note": "x"}, "--note goes with"),
        ({"drop": ["doble"], "note": "x"}, "no task 'doble'.*It has area, double"),
        ({"drop": ["area"], "give": ["area"], "note": "x"}, "area: give one change"),
        ({"points": ["area"], "note": "x"}, "--points area: give a task and its"),
        ({"points": ["area=-1"], "note": "x"}, "--points area=-1: give a task"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, lesson, options, said):
    room = Classroom(tmp_path / "class")
    hand_in(room.root, "right", answered(release(lesson)))
    with pytest.raises(UsageError, match=said):
        change(room, lesson, **options)
    assert [path.name for path in room.root.iterdir()] == ["submitted"]


def test_where_grading_is_refused_the_file_stays_as_it_was(tmp_path, lesson):
    room = Classroom(tmp_path / "class")
    hand_in(room.root, "right", answered(release(lesson)))
    (room.root / "deadlines.toml").write_text("[du]", encoding="utf-8")
    with pytest.raises(UsageError, match="'du'"):
        change(room, lesson, drop=["area"], note="x")
    assert not (room.root / "changes.toml").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[01_volumes", "is no TOML"),
        ("x = 1", "x must be a table"),
        ("[01_volumes.area]\ndrop = true", "needs a note"),
        ("[01_volumes.area]\nnote = 'x'", "needs one of drop = true"),
        ("[01_volumes.area]\ndrop = true\ngive = true\nnote = 'x'", "needs one of"),
        ("[01_volumes.area]\ndrop = false\nnote = 'x'", "write drop = true"),
        ("[01_volumes.area]\npoints = 'x'\nnote = 'x'", "must be a number of 0 or"),
        ("[01_volumes.aria]\ndrop = true\nnote = 'x'", "has no task 'aria'"),
        ("[01_volume.area]\ndrop = true\nnote = 'x'", "'01_volume', which is no less"),
    ],
)
def test_a_file_that_nobody_would_understand_is_refused(tmp_path, lesson, text, said):
    room = Classroom(tmp_path / "class")
    hand_in(room.root, "right", answered(release(lesson)))
    (room.root / "changes.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        grade(lesson.root, room.root, [lesson], isolation="off")
    assert not room.gradebook.exists()


def test_what_a_person_wrote_into_the_file_stays(tmp_path):
    room = Classroom(tmp_path)
    path = tmp_path / "changes.toml"
    own = '# ours\n[01_volumes.area]\ndrop = true\nnote = "a"\n# below\n[02_x.y]\ngive = true\nnote = "b"\n'
    path.write_text(own, encoding="utf-8")
    odd = 'a "quoted"\n[line] \x7f \\ ü'
    write_changes(room, NAME, {"area": Change("points", odd, 2.5)})
    assert read_changes(room) == {
        NAME: {"area": Change("points", odd, 2.5)},
        "02_x": {"y": Change("give", "b")},
    }
    text = path.read_text(encoding="utf-8")
    assert "# ours" in text and "# below" in text
