"""Marks go into the files that Moodle and Canvas made, and nothing else in them changes."""

import csv
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from small_class import NAME, failure, make_checkout, record_class

from autograder.grading.classroom import Classroom
from autograder.reports.fill import fill
from course.kit import UsageError

ROSTER = """id,first_name,last_name,email,lms_user_id,group
ana,Ana,López,ana@uni.example,501,
bo,Bo,Li,bo@uni.example,502,Team 7
cy,Cy,O'Neill,,503,
di,Di,Do,,,
"""
COLLECTED = f"""id,from,key,name,lessons
ana,moodle,44441,Ana López,{NAME}
bo,moodle,44442,Team 7,02_convolution
cy,moodle,44443,Cy O'Neill,{NAME}
"""
# Columns of mod/assign/gradingtable.php as the offline worksheet writes them.
MOODLE = """Identifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",\
"Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 44441","Ana López",ana@uni.example,"Submitted for grading",,7.00,Yes,\
"Monday, 2 March 2026, 10:00 AM",-,
"Participant 44450","Bo Li",bo@uni.example,"Submitted for grading",4.00,7.00,Yes,-,-,"Good, Bo"
"Participant 44443","Cy O'Neill",,"Submitted for grading",,7.00,No,-,-,
"Participant 44499","Eve Else",,"No submission",,7.00,Yes,-,-,
"""
# lib/gradebook_exporter.rb of Canvas.
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Lesson 01: Volumes (9001),Quiz 1 (9002),Current Score
    Points Possible,,,,,7.0,10.0,(read only)
"López, Ana",501,,ana@uni,Monday,,9.5,
"Li, Bo",502,,bo@uni,Monday,1.0,8.0,
"Do, Di",599,di,,Monday,,,
"Student, Test",999,,f00,Monday,,,
"""


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def room(tmp_path: Path, lesson) -> Classroom:
    """ana has 7, bo 5 of 7; cy's answer waits for a person; di's file cannot be read."""
    bad = {"check_area": [failure("AssertionError", "no")]}
    works = {"ana": {}, "bo": bad, "cy": {}, "di": None}
    room = record_class(tmp_path / "class", lesson, works)
    with Gradebook(room.db_url) as book:
        for student in ("ana", "bo"):
            mark = book.find_grade("question_why", NAME, NAME, student)
            mark.manual_score, mark.needs_manual_grade = 1, False
        book.db.commit()
    (room.root / "students.csv").write_text(ROSTER, encoding="utf-8")
    (room.root / "collected.csv").write_text(COLLECTED, encoding="utf-8")
    return room


def saved(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "downloaded.csv"
    path.write_bytes(text.encode(encoding))
    return path


def rows(path: Path, delimiter: str = ",") -> list[list[str]]:
    text = path.read_text(encoding="utf-8-sig")
    return list(csv.reader(text.splitlines(), delimiter=delimiter))


def test_moodle_s_worksheet_gets_grades_and_nothing_else(room, tmp_path):
    path = saved(tmp_path, MOODLE)
    before = rows(path)
    filled = fill(room.root, path, [NAME])
    after = rows(path)
    assert [row[4] for row in after] == ["Grade", "7", "5", "", ""]
    for row in before + after:
        row[4] = ""
    assert after == before
    assert (filled.written, filled.unchanged) == (2, 0)
    left = {who: why for who, _, why in filled.left}
    assert "cannot be changed" in left["Participant 44443 Cy O'Neill"]
    assert "nobody of the class" in left["Participant 44499 Eve Else"]
    assert fill(room.root, path, [NAME]).unchanged == 2


def test_a_worksheet_in_another_language_with_a_bom_and_semicolons(room, tmp_path):
    text = MOODLE.replace("Identifier", "ID").replace("Participant", "Teilnehmer/in")
    text = (
        text.replace(",Grade,", ",Bewertung,").replace(",", ";").replace("\n", "\r\n")
    )
    path = saved(tmp_path, text, "utf-8-sig")
    fill(room.root, path, [NAME])
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and b"\r\n" in data
    assert [row[4] for row in rows(path, ";")][:3] == ["Bewertung", "7", "5"]


def test_a_grade_column_that_cannot_be_told_is_named(room, tmp_path):
    path = saved(tmp_path, MOODLE.replace(",Grade,", ",Pisteet,"))
    before = path.read_bytes()
    with pytest.raises(UsageError, match="--column; there are: Identifier"):
        fill(room.root, path, [NAME])
    assert path.read_bytes() == before
    fill(room.root, path, [NAME], column="Pisteet")
    assert rows(path)[1][4] == "7"


def test_another_maximum_is_refused_or_scaled(room, tmp_path):
    path = saved(tmp_path, MOODLE.replace("7.00", "100.00"))
    before = path.read_bytes()
    with pytest.raises(UsageError, match="full marks are 100 there and 7 points"):
        fill(room.root, path, [NAME])
    assert path.read_bytes() == before
    fill(room.root, path, [NAME], scale=True)
    assert [row[4] for row in rows(path)][1:3] == ["100", "71.428571"]


def test_what_waits_for_a_person_is_left_out_unless_it_is_asked_for(room, tmp_path):
    path = saved(tmp_path, MOODLE.replace(",No,", ",Yes,"))
    left = fill(room.root, path, [NAME]).left
    assert ("Participant 44443 Cy O'Neill", NAME, "1 task(s) wait for a person") in left
    assert rows(path)[3][4] == ""
    fill(room.root, path, [NAME], partial=True)
    assert rows(path)[3][4] == "6"


def test_canvas_s_gradebook_gets_one_column_by_its_own_ids(room, tmp_path):
    path = saved(tmp_path, CANVAS)
    before = rows(path)
    filled = fill(room.root, path, [NAME])
    after = rows(path)
    assert [row[5] for row in after] == [before[0][5], "7.0", "7", "5", "0", ""]
    for row in before + after:
        row[5] = ""
    assert after == before
    assert [who for who, _, _ in filled.left] == ["Student, Test 999"]


def test_canvas_never_gets_a_new_column(room, tmp_path):
    path = saved(tmp_path, CANVAS.replace("Lesson 01: Volumes", "Homework"))
    before = path.read_bytes()
    with pytest.raises(UsageError, match="Make the assignment in Canvas first"):
        fill(room.root, path, [NAME])
    assert path.read_bytes() == before
    fill(room.root, path, [NAME], column="Homework (9001)")
    assert rows(path)[2][5] == "7"


def test_two_columns_that_could_be_the_lesson_s_are_refused(room, tmp_path):
    text = CANVAS.replace("Quiz 1 (9002)", "01_volumes again (9002)")
    with pytest.raises(UsageError, match="several columns could be 01_volumes"):
        fill(room.root, saved(tmp_path, text), [NAME])


def test_any_table_with_ids(room, tmp_path):
    text = f"Nr\tmatriculation\t{NAME}\n1\tana\t\n2\tbo\t3\n3\tnobody\t\n"
    path = saved(tmp_path, text)
    filled = fill(room.root, path)
    assert [row[2] for row in rows(path, "\t")] == [NAME, "7", "5", ""]
    assert filled.left == [("3 nobody", NAME, "nobody of the class has this id")]
    with pytest.raises(UsageError, match="no column called 01_volumes"):
        fill(room.root, saved(tmp_path, "id,points\nana,\n"))
    with pytest.raises(UsageError, match="which column holds the students' ids"):
        fill(room.root, saved(tmp_path, f"name,{NAME}\nAna,\n"))
    with pytest.raises(UsageError, match="0 columns 'points'. It has: id, "):
        fill(room.root, saved(tmp_path, f"id,{NAME}\nana,\n"), column="points")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no table"),
        (b"a,b\n", "no table"),
        ("é,b\n1,2\n".encode("latin-1"), "UTF-8"),
    ],
)
def test_what_is_no_table_is_refused(room, tmp_path, content, said):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=said):
        fill(room.root, path, [NAME])
    with pytest.raises(UsageError, match="Give the file that you downloaded"):
        fill(room.root, tmp_path / "none.csv", [NAME])
