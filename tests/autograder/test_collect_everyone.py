"""Nobody who handed in something, or should have, is missing from what collect says."""

import pytest
from collecting import FIRST, SECOND, notebook, tarred, whats, whys, zipped

from autograder.collect.collect import Absent
from autograder.grading.classroom import Classroom, read_roster
from autograder.lessons import Lesson


def roster(school, *rows: str) -> None:
    school.folder.mkdir(exist_ok=True)
    columns = "id,first_name,last_name,email,lms_user_id,group"
    text = "\n".join([columns, *rows]) + "\n"
    (school.folder / "students.csv").write_text(text, encoding="utf-8")


def test_moodle_from_4_1_has_folders_without_a_last_underscore(school):
    """The names of Moodle's own test, mod/assign/tests/downloader_test.php."""
    summary = school.take(
        "moodle",
        zipped(
            {
                "Ana López_11_assignsubmission_file/01_volumes.ipynb": notebook("a"),
                "Bo Li_12_assignsubmission_file/sub/work.ipynb": notebook("b"),
                "Bo Li_12_assignsubmission_onlinetext/onlinetext.html": b"<p>hi",
            }
        ),
    )
    assert whats(summary) == {"ana-lopez": "new", "bo-li": "new"}
    assert (school.text("ana-lopez"), school.text("bo-li")) == ("a", "b")


@pytest.mark.parametrize("word", ["Participant", "Teilnehmerin", "Participante 7"])
def test_a_blind_marking_joins_nobody_with_anybody(school, word):
    first = {f"{word}_{n}_assignsubmission_file/x.ipynb": notebook(n) for n in "12"}
    second = {
        f"{word}_{n}_assignsubmission_file/y.ipynb": notebook(n, SECOND) for n in "34"
    }
    summaries = [school.take("moodle", zipped(each)) for each in (first, second)]
    name = word.split()[0].lower()
    assert school.students() == [f"{name}-{n}" for n in "1234"]
    assert [summary.refused for summary in summaries] == [(), ()]
    assert "marked blind" in summaries[1].taken[0].notes[0]
    assert read_roster(Classroom(school.folder)) == [], "nobody is called so"


def test_a_blind_marking_in_a_language_that_is_not_known_is_seen_by_its_names(school):
    files = {
        f"Osallistuja_{n}_assignsubmission_file/x.ipynb": notebook(str(n))
        for n in range(3)
    }
    school.take("moodle", zipped(files))
    more = {"Osallistuja_9_assignsubmission_file/x.ipynb": notebook("", SECOND)}
    more |= {name.replace("_", "_8", 1): notebook("", SECOND) for name in files}
    assert len(school.take("moodle", zipped(more)).taken) == 4
    assert len(school.students()) == 7


def test_a_team_is_each_of_its_members(school):
    roster(school, "ana,Ana,A,,,Team 7", "bo,Bo,B,,,team 7", "cy,Cy,C,,,Team 8")
    team = {
        "Team 7_55_assignsubmission_file/x.ipynb": notebook("ours"),
        "Team 9_56_assignsubmission_file/x.ipynb": notebook("whose"),
        "Default group_assignsubmission_file/x.ipynb": notebook("nobody's"),
    }
    summary = school.take("moodle", zipped(team))
    assert (school.text("ana"), school.text("bo")) == ("ours", "ours")
    assert whats(summary) == {"ana": "new", "bo": "new", "team-9": "new"}
    assert "in no group" in next(iter(whys(summary).values()))
    assert summary.absent == (Absent(FIRST, ("cy",)),)
    assert whats(school.take("moodle", zipped(team)))["bo"] == "unchanged"
    later = {"Team 7_55_assignsubmission_file/x.ipynb": notebook("mended")}
    school.take("moodle", zipped(later))
    assert (school.text("ana"), school.text("bo")) == ("mended", "mended")


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_who_hands_in_no_notebook_is_named(school, pack):
    files = {
        "Ana_1_assignsubmission_file/essay.pdf": b"%PDF",
        "Bo_2_assignsubmission_file/x.ipynb": notebook(),
        "Bo_2_assignsubmission_file/notes.txt": b"",
        "Cy_3_assignsubmission_onlinetext/onlinetext.html": b"<p>done",
        "Di_4_assignsubmission_file/hw.zip": zipped({"01_volumes.py": b"x = 1"}),
    }
    wanted = [Lesson(school.checkout, FIRST)]
    summary = school.take("moodle", pack(files), wanted=wanted)
    assert whats(summary) == {
        "ana": "no notebook",
        "bo": "new",
        "cy": "no notebook",
        "di": "no notebook",
    }
    told = {each.student: each.notes for each in summary.taken}
    assert told["ana"] == ("all that came: essay.pdf",)
    left = school.folder / "submitted/di" / FIRST / "no_notebook.txt"
    assert left.read_text(encoding="utf-8") == "01_volumes.py\n"
    assert "3 no notebook" in str(summary)


def test_a_pdf_does_not_replace_the_notebook_of_an_earlier_collection(school):
    wanted = [Lesson(school.checkout, FIRST)]
    name = "Ana_1_assignsubmission_file"
    school.take("moodle", zipped({f"{name}/x.ipynb": notebook("mine")}))
    before = school.files()
    again = zipped({f"{name}/essay.pdf": b"%PDF"})
    summary = school.take("moodle", again, wanted=wanted)
    assert "is kept" in summary.taken[0].notes[1]
    assert school.text("ana") == "mine"
    assert {name: school.files()[name] for name in before} == before


def test_a_notebook_replaces_the_word_that_there_was_none(school):
    wanted = [Lesson(school.checkout, FIRST)]
    name = "Ana_1_assignsubmission_file"
    school.take("moodle", zipped({f"{name}/essay.pdf": b"%PDF"}), wanted=wanted)
    summary = school.take("moodle", zipped({f"{name}/x.ipynb": notebook("late")}))
    assert school.text("ana") == "late"
    assert not (school.folder / f"submitted/ana/{FIRST}/no_notebook.txt").exists()
    assert len(summary.taken) == 1


def test_an_empty_folder_is_somebodys_too(school, tmp_path):
    for who in ("ana", "bo"):
        (tmp_path / "in" / who / FIRST).mkdir(parents=True)
    (tmp_path / "in" / "ana" / FIRST / "x.ipynb").write_bytes(notebook())
    assert whats(school.take("plain", tmp_path / "in")) == {
        "ana": "new",
        "bo": "no notebook",
    }


def test_who_of_the_roster_handed_in_nothing_is_named_for_each_lesson(school):
    roster(school, "ana,,,,,", "bo,,,,,", "cy,,,,,")
    files = {
        f"ana/{FIRST}/x.ipynb": notebook(),
        f"bo/{FIRST}/x.ipynb": notebook(),
        f"ana/{SECOND}/x.ipynb": notebook("", SECOND),
    }
    dry = school.take("plain", zipped(files), dry_run=True)
    summary = school.take("plain", zipped(files))
    assert summary.absent == (Absent(FIRST, ("cy",)), Absent(SECOND, ("bo", "cy")))
    assert dry.absent == summary.absent
    assert "02_convolution: 2 of students.csv handed in nothing: bo, cy" in str(summary)


def test_what_nobody_can_be_named_for_is_still_counted(school):
    files = {"README.pdf": b"", "__MACOSX/._x": b"", "ana/01_volumes.ipynb": notebook()}
    summary = school.take("plain", zipped(files))
    assert whats(summary) == {"ana": "new"}
    assert summary.ignored == 1
