"""Feedback pages in the archives that Moodle takes, and in one per student."""

import re
import zipfile

import pytest
from small_class import NAME, make_checkout, record_class

from autograder.grading.classroom import Classroom
from autograder.reports.feedback import pack_feedback
from course.kit import UsageError

COLLECTED = f"""id,from,key,name,lessons
ana,moodle,44441,Ana López,{NAME}
bo,moodle,44442,Bo_Li/../x,{NAME}
cy,moodle,77,Cy,02_convolution
"""


@pytest.fixture
def room(tmp_path) -> Classroom:
    lesson = make_checkout(tmp_path / "checkout")
    students = {"ana": {}, "bo": {}, "cy": {}}
    room = record_class(tmp_path / "class", lesson, students)
    (room.root / "collected.csv").write_text(COLLECTED, encoding="utf-8")
    for who in students:
        page = room.feedback_page(who, NAME)
        page.parent.mkdir(parents=True)
        page.write_text(f"<p>{who}", encoding="utf-8")
    return room


def moodle_reads(path: str) -> tuple[str, str]:
    """Whose file it is and what it is called, as importziplib.php tells it."""
    parts = path.split("/")
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) >= 4 and re.fullmatch(r"\d+", info[1]):
            assert info[2:4] == ["assignfeedback", "file"]
            rest = info[4] if len(info) > 4 else ""
            return info[1], "/".join([rest, *parts]).lstrip("/")
    raise AssertionError(f"Moodle would skip {path}")


def test_moodle_finds_everybody_s_page(room):
    packed = pack_feedback(room.root, [], "moodle")
    (path,) = packed.archives
    assert path == room.root / "feedback_zips" / f"{NAME}-moodle.zip"
    with zipfile.ZipFile(path) as archive:
        found = {
            moodle_reads(name): archive.read(name).decode()
            for name in archive.namelist()
        }
        assert archive.namelist()[0].startswith("Ana López_44441_assignfeedback_file_/")
    assert found == {
        ("44441", f"{NAME}.html"): "<p>ana",
        ("44442", f"{NAME}.html"): "<p>bo",
    }
    assert [each[:2] for each in packed.left] == [("cy", NAME)]


def test_an_archive_for_each_student(room):
    packed = pack_feedback(room.root, [], "plain")
    assert [path.name for path in packed.archives] == ["ana.zip", "bo.zip", "cy.zip"]
    with zipfile.ZipFile(packed.archives[2]) as archive:
        assert archive.read(f"{NAME}.html") == b"<p>cy"
    before = [path.read_bytes() for path in packed.archives]
    again = pack_feedback(room.root, [NAME], "plain")
    assert [path.read_bytes() for path in again.archives] == before


def test_another_form_is_refused(room):
    with pytest.raises(UsageError, match="one of moodle, plain"):
        pack_feedback(room.root, [], "canvas")
