"""When something was handed in: Moodle's worksheet, Canvas's LATE, and what nobody can know."""

import datetime
import io
import zipfile
import zoneinfo

import pytest
from collecting import FIRST, notebook, whats, zipped
from small_class import NAME, answered, hand_in, make_checkout, release

from autograder.collect.platform_table import read_worksheet
from autograder.grading.classroom import Classroom
from autograder.grading.grade import grade
from autograder.reports.export import export
from autograder.reports.marks import read_submissions
from course.kit import UsageError

HEAD = (
    "{id},{name},Email address,Status,{grade},Maximum grade,Grade can be changed,"
    "{submitted},Last modified (grade),Feedback comments\n"
)
ENGLISH = {
    "id": "Identifier",
    "name": "Full name",
    "grade": "Grade",
    "submitted": "Last modified (submission)",
}


def worksheet(path, times, word="Participant", **head):
    text = HEAD.format(**{**ENGLISH, **head})
    for number, name, time in times:
        text += f'"{word} {number}",{name},,Submitted,,7.00,Yes,"{time}",-,\n'
    path.write_text("\ufeff" + text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("time", "hour"),
    [
        ("Tuesday, 3 March 2026, 10:30 PM", 22),
        ("Tuesday, 3 March 2026, 12:30 AM", 0),
        ("martes, 3 de marzo de 2026, 22:30", 22),
        ("Dienstag, 3. März 2026, 22:30", 22),
        ("mardi 3 mars 2026, 22:30", 22),
        ("martedì, 3 marzo 2026, 22:30", 22),
        ("terça-feira, 3 de março de 2026 às 22:30", 22),
        ("2026年 03月 3日(火曜日) 22:30", 22),
        ("2026-03-03 22:30:00", 22),
    ],
)
def test_the_time_in_the_language_of_the_site(tmp_path, time, hour):
    path = worksheet(tmp_path / "w.csv", [("5", "Ana", time)])
    read = read_worksheet(path, zoneinfo.ZoneInfo("Europe/Madrid"))
    local = datetime.datetime(2026, 3, 3, hour, 30)
    utc = local - datetime.timedelta(hours=1)
    assert read.time("5", "") == read.time("", "ANA") == f"{utc} UTC"


def test_a_month_that_two_languages_call_alike(tmp_path):
    polish = worksheet(
        tmp_path / "p.csv", [("5", "A", "wtorek, 3 listopad 2026, 9:00")]
    )
    croatian = worksheet(
        tmp_path / "c.csv", [("5", "A", "utorak, 3 listopad 2026, 9:00")]
    )
    assert read_worksheet(polish, datetime.UTC).time("5", "").startswith("2026-11-03")
    assert read_worksheet(croatian, datetime.UTC).time("5", "").startswith("2026-10-03")
    either = worksheet(tmp_path / "e.csv", [("5", "A", "3 listopad 2026, 9:00")])
    with pytest.raises(UsageError, match="can be read in several ways"):
        read_worksheet(either, datetime.UTC)


@pytest.mark.parametrize(
    ("times", "head", "said"),
    [
        ([("5", "A", "03/04/2026 9:00")], {}, "the time '03/04/2026 9:00' cannot be"),
        ([("5", "A", "never")], {"submitted": "When"}, "has no column of times"),
        ([("", "A", "x")], {}, "is no grading worksheet of Moodle"),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, times, head, said):
    with pytest.raises(UsageError, match=said):
        read_worksheet(worksheet(tmp_path / "w.csv", times, **head), datetime.UTC)


MOODLE = {
    f"{name}_{number}_assignsubmission_file/{FIRST}.ipynb": notebook(name)
    for name, number in (("Ana Lopez", 11), ("Bo Li", 12), ("Cy Do", 13))
}
TIMES = [
    ("11", "Ana Lopez", "lunes, 2 de marzo de 2026, 10:00"),
    ("12", "Bo Li", "martes, 3 de marzo de 2026, 23:30"),
    ("13", "Cy Do", "-"),
    ("14", "Nobody", "-"),
]


def time_of(school, student):
    path = school.folder / "submitted" / student / FIRST / "timestamp.txt"
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def test_moodles_worksheet_beside_its_archive(school, tmp_path):
    sheet = worksheet(
        tmp_path / "w.csv",
        TIMES,
        "Participante",
        id="Identificador",
        name="Nombre completo",
        submitted="Última modificación (entrega)",
    )
    plain = school.take("moodle", zipped(MOODLE))
    assert time_of(school, "ana-lopez") == "" and not plain.remarks
    summary = school.take("moodle", zipped(MOODLE), worksheet=sheet)
    assert set(whats(summary).values()) == {"unchanged"}
    assert "taken as UTC" in str(summary)
    assert time_of(school, "ana-lopez") == "2026-03-02 10:00:00 UTC"
    assert time_of(school, "bo-li") == "2026-03-03 23:30:00 UTC"
    assert time_of(school, "cy-do") == ""


def test_the_class_says_in_which_time_zone(school, tmp_path):
    school.folder.mkdir()
    text = 'timezone = "Europe/Madrid"\n'
    (school.folder / "deadlines.toml").write_text(text, encoding="utf-8")
    sheet = worksheet(tmp_path / "w.csv", TIMES)
    summary = school.take("moodle", zipped(MOODLE), worksheet=sheet)
    assert not summary.remarks
    assert time_of(school, "bo-li") == "2026-03-03 22:30:00 UTC"


def test_members_of_a_team_have_rows_of_their_own(school, tmp_path):
    school.folder.mkdir()
    roster = "id,first_name,last_name,group\nana,Ana,Lopez,Team 7\nbo,Bo,Li,Team 7\n"
    (school.folder / "students.csv").write_text(roster, encoding="utf-8")
    files = {f"Team 7_9_assignsubmission_file/{FIRST}.ipynb": notebook()}
    sheet = worksheet(tmp_path / "w.csv", TIMES)
    school.take("moodle", zipped(files), worksheet=sheet)
    assert time_of(school, "ana") == "2026-03-02 10:00:00 UTC"
    assert time_of(school, "bo") == "2026-03-03 23:30:00 UTC"


def test_a_worksheet_is_moodles_only(school, tmp_path):
    sheet = worksheet(tmp_path / "w.csv", TIMES)
    with pytest.raises(UsageError, match="--worksheet is Moodle's, not canvas's"):
        school.take("canvas", zipped({"a_1_2_x.ipynb": notebook()}), worksheet=sheet)
    assert not school.folder.exists()


def canvas_zip(files: dict[str, tuple]) -> bytes:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as archive:
        for name, time in files.items():
            archive.writestr(zipfile.ZipInfo(name, time), notebook(name))
    return page.getvalue()


def test_canvas_says_late_and_perhaps_when(school):
    apart = {
        f"ana_1_11_{FIRST}.ipynb": (2026, 3, 2, 9, 0, 0),
        f"bo_LATE_2_12_{FIRST}.ipynb": (2026, 3, 4, 9, 0, 0),
    }
    school.take("canvas", canvas_zip(apart))
    assert time_of(school, "bo-2").startswith("2026-03-04")
    assert time_of(school, "ana-1") == "", "in time is all that Canvas says"
    marks = {
        student: (school.folder / "submitted" / student / FIRST / "late.txt")
        for student in ("ana-1", "bo-2")
    }
    texts = {who: path.read_text(encoding="utf-8") for who, path in marks.items()}
    assert texts == {"ana-1": "in time\n", "bo-2": "late\n"}


def test_files_keep_the_time_of_their_last_change(school):
    school.take(
        "canvas", canvas_zip({f"ana_1_11_{FIRST}.ipynb": (2026, 3, 2, 9, 0, 0)})
    )
    (path,) = (school.folder / "submitted").glob("*/*/*.ipynb")
    changed = datetime.datetime.fromtimestamp(path.stat().st_mtime)
    assert changed == datetime.datetime(2026, 3, 2, 9)


def test_times_of_packing_are_no_times_of_handing_in(school):
    packed = {
        f"ana_1_11_{FIRST}.ipynb": (2026, 3, 9, 9, 0, 0),
        f"bo_LATE_2_12_{FIRST}.ipynb": (2026, 3, 9, 9, 5, 0),
    }
    school.take("canvas", canvas_zip(packed))
    assert time_of(school, "bo-2") == time_of(school, "ana-1") == ""
    assert school.students() == ["ana-1", "bo-2"]


def test_what_cannot_be_known_is_said(tmp_path):
    lesson = make_checkout(tmp_path / "checkout")
    room = Classroom(tmp_path / "class")
    marks = {"intime": "in time", "somehow": "late", "early": "late", "nothing": ""}
    for student, mark in marks.items():
        folder = hand_in(room.root, student, answered(release(lesson)))
        if mark:
            (folder / "late.txt").write_text(f"{mark}\n", encoding="utf-8")
    early = room.submitted / "early" / NAME / "timestamp.txt"
    early.write_text("2026-03-01 10:00:00 UTC", encoding="utf-8")
    text = (
        "[late]\npercent_per_started_day = 10\n[due]\n01_volumes = 2026-03-02T00:00:00"
    )
    (room.root / "deadlines.toml").write_text(text, encoding="utf-8")
    summary = grade(lesson.root, room.root, [lesson], workers=2, isolation="off")
    assert summary.late_unknown == {NAME: ("nothing",)}
    assert summary.as_json()["late_unknown"] == {NAME: ("nothing",)}
    told = {each.student: each for each in read_submissions(room.root)}
    late = {who: each.late for who, each in told.items()}
    somehow = "late, by how much is unknown"
    assert late == {"intime": "", "somehow": somehow, "early": somehow, "nothing": ""}
    known = {who for who, each in told.items() if each.lateness_known}
    assert known == {"intime", "somehow", "early"}
    assert {each.score for each in told.values()} == {6}, "nothing is taken for it"
    page = export(room.root, room.root / "marks.csv").read_text(encoding="utf-8")
    assert ",unknown," in page
