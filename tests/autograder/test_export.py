"""export: the marks as a table that any spreadsheet reads."""

import csv
from pathlib import Path

import pytest
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from small_class import NAME, failure, make_checkout, record_class

from autograder.files import guarded
from autograder.grading.classroom import Classroom
from autograder.reports.export import export
from autograder.reports.marks import number
from course.kit import UsageError


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def room(tmp_path: Path, lesson) -> Classroom:
    third = new_output("execute_result", {"text/plain": "1.3333333"}, execution_count=1)
    room = record_class(
        tmp_path / "class",
        lesson,
        {
            "ada": {},
            "bob": {"check_area": [failure("AssertionError", "no")]},
            "zed": None,
            "=1+1,\n2": {"check_double": [third]},
        },
    )
    with Gradebook(room.db_url) as book:
        book.add_student("absent", first_name="Änne", last_name="O'Neill, Jr.")
    return room


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_per_learner_and_one_column_per_task(room, tmp_path):
    rows = table(export(room.root, tmp_path / "marks.csv", lessons=[NAME]))
    assert list(rows[0]) == [
        "student",
        "first_name",
        "last_name",
        f"{NAME}/area",
        f"{NAME}/double",
        f"{NAME}/question_why",
        f"{NAME}/total",
        f"{NAME}/max",
        f"{NAME}/awaiting",
        f"{NAME}/status",
        "total",
        "max",
    ]
    values = {row["student"]: list(row.values())[3:] for row in rows}
    assert values == {
        "ada": ["2", "4", "", "6", "7", "1", "graded", "6", "7"],
        "bob": ["0", "4", "", "4", "7", "1", "graded", "4", "7"],
        "zed": ["0", "0", "0", "0", "7", "0", "unreadable", "0", "7"],
        "'=1+1,\n2": [
            "2",
            "1.333333",
            "",
            "3.333333",
            "7",
            "1",
            "graded",
            "3.333333",
            "7",
        ],
        "absent": [""] * 9,
    }


def test_a_persons_mark_counts(room, tmp_path):
    with Gradebook(room.db_url) as book:
        grade = book.find_grade("question_why", NAME, NAME, "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1, 0.5, False
        book.find_submission_notebook(NAME, NAME, "ada").late_submission_penalty = 2
        book.db.commit()
    (ada,) = [
        row
        for row in table(export(room.root, tmp_path / "marks.csv"))
        if row["student"] == "ada"
    ]
    assert ada[f"{NAME}/question_why"] == "1.5"
    assert ada[f"{NAME}/total"] == "5.5"
    assert ada[f"{NAME}/awaiting"] == "0"


def test_the_file_is_utf_8_with_plain_newlines(room, tmp_path):
    data = export(room.root, tmp_path / "marks.csv").read_bytes()
    assert b"\r" not in data
    assert 'absent,Änne,"O\'Neill, Jr.",' in data.decode("utf-8")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_formulas_are_guarded(text):
    assert guarded(text) == f"'{text}"
    assert guarded(f"a{text}") == f"a{text}"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1"), (0.0, "0"), (0.5, "0.5"), (1 / 3, "0.333333"), (100, "100")],
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_places_that_cannot_be_written_are_refused(room, tmp_path, monkeypatch):
    with pytest.raises(UsageError, match="is a folder"):
        export(room.root, tmp_path)

    def denied(path, text):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("autograder.reports.export.replace_text", denied)
    with pytest.raises(UsageError, match="cannot write"):
        export(room.root, tmp_path / "marks.csv")


def test_an_old_table_stays_when_the_class_is_refused(tmp_path):
    (tmp_path / "marks.csv").write_text("old", encoding="utf-8")
    with pytest.raises(UsageError):
        export(tmp_path / "none", tmp_path / "marks.csv")
    assert (tmp_path / "marks.csv").read_text(encoding="utf-8") == "old"


def test_a_folder_that_is_not_there_is_refused(room, tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        export(room.root, tmp_path / "no" / "marks.csv")
    assert not (tmp_path / "no").exists()


def test_how_each_task_ended_stands_beside_its_mark(room, tmp_path):
    rows = table(export(room.root, tmp_path / "marks.csv", statuses=True))
    columns = [name for name in rows[0] if name.endswith("/status")]
    assert columns == [
        f"{NAME}/area/status",
        f"{NAME}/double/status",
        f"{NAME}/question_why/status",
        f"{NAME}/status",
    ]
    found = {row["student"]: [row[column] for column in columns] for row in rows}
    assert found == {
        "ada": ["passed", "passed", "by_hand", "graded"],
        "bob": ["failed", "passed", "by_hand", "graded"],
        "zed": ["not_run", "not_run", "no_answer", "unreadable"],
        "'=1+1,\n2": ["passed", "partial", "by_hand", "graded"],
        "absent": ["", "", "", ""],
    }


def lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize(
    ("platform", "heading", "absent", "ada"),
    [
        (
            "moodle",
            ["ID number", "First name", "Last name", "Email address", NAME],
            ["absent", "Änne", "O'Neill, Jr.", "", ""],
            ["77", "", "", "ada@example.org", ""],
        ),
        (
            "canvas",
            ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", NAME],
            ["O'Neill, Jr., Änne", "", "", "", "", ""],
            ["ada", "77", "", "", "", ""],
        ),
    ],
)
def test_platforms_get_their_columns(room, tmp_path, platform, heading, absent, ada):
    with Gradebook(room.db_url) as book:
        book.update_or_create_student("ada", email="ada@example.org", lms_user_id="77")
    rows = lines(export(room.root, tmp_path / "marks.csv", platform=platform))
    assert rows[0] == heading
    assert (
        absent in rows and ada in rows
    )  # a person has still to mark something of ada's
    path = export(room.root, tmp_path / "all.csv", platform=platform, partial=True)
    assert [*ada[:-1], "6"] in lines(path)
    if platform == "canvas":
        assert rows[1] == ["    Points Possible", "", "", "", "", "7"]
    assert sum("'=1+1,\n2" in row for row in rows) == 1  # the guard


def test_an_unknown_platform_is_refused(room, tmp_path):
    with pytest.raises(UsageError, match="one of moodle, canvas$"):
        export(room.root, tmp_path / "marks.csv", platform="ilias")
    assert not (tmp_path / "marks.csv").exists()
