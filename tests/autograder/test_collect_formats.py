"""Archives as Moodle, Canvas and people make them end up at submitted/STUDENT/LESSON/."""

import csv
from pathlib import Path

import pytest
from collecting import FIRST, SECOND, Class, notebook, tarred, whats, whys, zipped

from autograder.collect.formats import plain
from autograder.collect.intake import Member
from autograder.grading.classroom import Classroom, read_roster
from course.kit import UsageError


def rows(school: Class, name: str) -> list[dict[str, str]]:
    with (school.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_moodle_with_and_without_folders(school):
    summary = school.take(
        "moodle",
        zipped(
            {
                "Ana López_11_assignsubmission_file_/01_volumes.ipynb": notebook("a"),
                "Bo Li_12_assignsubmission_file_sub_work.ipynb": notebook("b"),
                "Cy_13_assignsubmission_file_/my work/final.ipynb": notebook("c"),
                "Cy_13_assignsubmission_onlinetext_/onlinetext.html": b"<p>hello",
            }
        ),
    )
    assert whats(summary) == {"ana-lopez": "new", "bo-li": "new", "cy": "new"}
    assert [school.text(who) for who in ("ana-lopez", "bo-li", "cy")] == ["a", "b", "c"]
    assert summary.refused == ()
    assert summary.ignored == 1
    roster = read_roster(Classroom(school.folder))
    assert [(row["id"], row["first_name"], row["last_name"]) for row in roster] == [
        ("ana-lopez", "Ana", "López"),
        ("bo-li", "Bo", "Li"),
        ("cy", "", "Cy"),
    ]


def test_moodle_gives_another_number_in_each_assignment(school):
    school.take("moodle", zipped({"Ana_11_assignsubmission_file_/a.ipynb": notebook()}))
    later = {"Ana_77_assignsubmission_file_/b.ipynb": notebook("2", SECOND)}
    assert whats(school.take("moodle", zipped(later))) == {"ana": "new"}
    assert school.text("ana", SECOND) == "2"
    keys = {row["key"]: row["id"] for row in rows(school, "collected.csv")}
    assert keys == {"11": "ana", "77": "ana"}


def test_moodle_homonyms_never_share_an_id(school):
    both = {
        "Bo Li_12_assignsubmission_file_/x.ipynb": notebook("twelve"),
        "Bo Li_13_assignsubmission_file_/x.ipynb": notebook("thirteen"),
    }
    school.take("moodle", zipped(both))
    assert school.text("bo-li-12") == "twelve"
    assert school.text("bo-li-13") == "thirteen"
    # In the next assignment nothing tells which of them this is.
    unknown = {"Bo Li_55_assignsubmission_file_/x.ipynb": notebook("?", SECOND)}
    summary = school.take("moodle", zipped(unknown))
    assert summary.taken == ()
    assert "several students are called 'Bo Li'" in summary.refused[0].why
    path = school.folder / "collected.csv"
    path.write_text(path.read_text("utf-8") + "bo-li-13,moodle,55,Bo Li,\n", "utf-8")
    assert whats(school.take("moodle", zipped(unknown))) == {"bo-li-13": "new"}


def test_a_second_learner_of_a_known_name_gets_an_id_of_their_own(school):
    first = {"Bo Li_12_assignsubmission_file_/x.ipynb": notebook("one")}
    school.take("moodle", zipped(first))
    more = {**first, "Bo Li_19_assignsubmission_file_/x.ipynb": notebook("two")}
    summary = school.take("moodle", zipped(more))
    assert whats(summary) == {"bo-li": "unchanged", "bo-li-19": "new"}
    assert school.text("bo-li") == "one"
    assert "bo-li has the same name" in summary.taken[1].notes[0]


def test_canvas_names_late_attempts_and_anonymous(school):
    summary = school.take(
        "canvas",
        zipped(
            {
                "lopezana_123_9001_01_volumes.ipynb": notebook("first"),
                "lopezana_123_9009_01_volumes-2.ipynb": notebook("third"),
                "lopezana_123_9005_01_volumes-1.ipynb": notebook("second"),
                "liblow_LATE_124_9002_work.ipynb": notebook("late"),
                "anon_ab1Cd_9003_work.ipynb": notebook("anonymous"),
                "cyril_125_text.html": b"<p>",
            }
        ),
    )
    assert school.text("lopezana-123") == "third"
    assert school.text("liblow-124") == "late"
    assert school.text("anon-ab1cd") == "anonymous"
    told = {each.student: each for each in summary.taken}
    assert told["liblow-124"].late
    assert not told["lopezana-123"].late
    assert told["lopezana-123"].notes[0] == "2 earlier file(s) left out"
    lms = {row["id"]: row["lms_user_id"] for row in rows(school, "students.csv")}
    assert lms["lopezana-123"] == "123"


def test_canvas_numbers_of_students_csv_give_the_id(school):
    school.folder.mkdir()
    roster = "id,first_name,last_name,email,lms_user_id\nana,Ana,Lopez,,123\n"
    (school.folder / "students.csv").write_text(roster, encoding="utf-8")
    archive = zipped(
        {
            "lopezana_123_1_x.ipynb": notebook("a"),
            "lopezana_124_2_x.ipynb": notebook("b"),
        }
    )
    assert whats(school.take("canvas", archive)) == {
        "ana": "new",
        "lopezana-124": "new",
    }
    assert school.text("ana") == "a"
    assert [row["first_name"] for row in rows(school, "students.csv")] == ["Ana", ""]


@pytest.mark.parametrize(
    "name",
    [
        "ana/01_volumes/01_volumes.ipynb",
        "ana/01_volumes/deep/er/x.ipynb",
        "ana/x.ipynb",
        "ana/hand in/01_volumes (1).ipynb",
        "all of them/ana/01_volumes/x.ipynb",
        "01_volumes_ana.ipynb",
        "ana_01_volumes.ipynb",
        "01_volumes/ana.ipynb",
        "01_volumes/ana/x.ipynb",
    ],
)
def test_plain_names(school, name):
    files = {name: notebook("a"), name.replace("ana", "bo"): notebook("b")}
    for made in (zipped(files), tarred(files), tarred(files, "w:xz")):
        school.take("plain", made)
        assert school.students() == ["ana", "bo"]
        assert (school.text("ana"), school.text("bo")) == ("a", "b")


def test_one_learner_alone_is_not_taken_for_a_folder_of_learners(school):
    assert whats(school.take("plain", zipped({"ana/01_volumes.ipynb": notebook()})))
    assert school.students() == ["ana"]


def test_a_zip_per_learner(school):
    inner = {
        "stuff/01_volumes/x.ipynb": notebook("a"),
        "other.ipynb": notebook("b", SECOND),
    }
    summary = school.take("plain", zipped({"ana.zip": zipped(inner)}))
    assert school.text("ana") == "a"
    assert school.text("ana", SECOND) == "b"
    assert len(summary.taken) == 2
    moodle = {
        "Cy_5_assignsubmission_file_/hw.tar.gz": tarred({"x.ipynb": notebook("c")})
    }
    school.take("moodle", zipped(moodle))
    assert school.text("cy") == "c"


def test_a_folder_is_taken_like_an_archive(school, tmp_path):
    folder = tmp_path / "in" / "ana"
    folder.mkdir(parents=True)
    (folder / "01_volumes.ipynb").write_bytes(notebook("a"))
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "01_volumes.ipynb").write_bytes(notebook("old"))
    (folder / "timestamp.txt").write_text("2026-03-01 10:00:00 UTC", encoding="utf-8")
    school.take("plain", tmp_path / "in")
    assert school.text("ana") == "a"
    stamp = school.folder / "submitted/ana/01_volumes/timestamp.txt"
    assert stamp.read_text(encoding="utf-8") == "2026-03-01 10:00:00 UTC\n"


def test_times_in_names_order_the_attempts(school):
    files = {
        "01_volumes_ana_attempt_2026-03-02-10-00-00.ipynb": notebook("new"),
        "01_volumes_ana_attempt_2026-03-01-10-00-00.ipynb": notebook("old"),
    }
    school.take("plain", zipped(files))
    assert school.students() == ["ana"]
    assert school.text("ana") == "new"
    older = {"01_volumes_ana_attempt_2026-02-01-10-00-00.ipynb": notebook("oldest")}
    assert whats(school.take("plain", zipped(older))) == {"ana": "older"}
    assert school.text("ana") == "new"


def test_the_lesson_is_found_by_name_else_by_grade_ids(school):
    files = {
        "ana/02_convolution-1.ipynb": notebook("named", FIRST),
        "bo/final.ipynb": notebook("found", SECOND),
        "cy/final.ipynb": b"{broken",
    }
    summary = school.take("plain", zipped(files))
    assert school.text("ana", SECOND) == "named"
    assert school.text("bo", SECOND) == "found"
    assert "which lesson" in whys(summary)["cy/final.ipynb"]


def test_the_lesson_that_was_asked_for(school):
    from autograder.lessons import Lesson

    files = {
        "ana/final.ipynb": b"{broken",
        "bo/final.ipynb": notebook("x", SECOND),
    }
    wanted = [Lesson(school.checkout, FIRST)]
    summary = school.take("plain", zipped(files), wanted=wanted)
    assert whats(summary) == {"ana": "new"}, "the grader says that it is unreadable"
    assert "belongs to 02_convolution" in whys(summary)["bo/final.ipynb"]


@pytest.mark.parametrize("platform", ["moodle", "canvas", "plain"])
def test_names_of_another_format_are_refused_one_by_one(school, platform):
    summary = school.take(platform, zipped({"notebook.ipynb": notebook()}))
    assert summary.taken == ()
    assert "Canvas" in summary.refused[0].why or platform != "canvas"
    assert "STUDENT" in summary.refused[0].why or platform != "plain"


@pytest.mark.parametrize(
    ("platform", "content", "said"),
    [
        ("moodle", zipped({"a/b.pdf": b"%PDF"}), "holds no notebook"),
        ("moodle", b"", "no zip, tar or folder"),
        ("moodle", b"\x89PNG not an archive" * 99, "no zip, tar or folder"),
        ("moodle", zipped({"a.ipynb": b"{}"})[:40], "no complete zip file"),
        ("plain", b"Rar!\x1a\x07\x01\x00" * 20, "rar or 7z"),
        ("blackboard", zipped({"a.ipynb": b"{}"}), "no known format"),
    ],
    ids=["no notebook", "empty", "image", "cut", "rar", "format"],
)
def test_what_is_no_archive_is_refused_and_leaves_nothing(
    school, platform, content, said
):
    with pytest.raises(UsageError, match=said):
        school.take(platform, content)
    assert not school.folder.exists()


def test_a_folder_that_holds_the_class_is_refused(school):
    school.take("plain", zipped({"ana/01_volumes.ipynb": notebook()}))
    for source in (school.folder, school.folder / "submitted", school.folder.parent):
        with pytest.raises(UsageError, match="lie in one another"):
            school.take("plain", source)


def test_plain_says_whose_it_is_or_why_not():
    assert "STUDENT" in plain([], [FIRST])(Member(("x.ipynb",), (), Path(), ""))
