"""Pack feedback pages as a learning platform takes them, or one archive for each student."""

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.collect.students import read_known
from autograder.files import normal
from autograder.grading.classroom import open_classroom
from autograder.lessons import Lesson
from autograder.reports.marks import lesson_names
from course.kit.usage_error import UsageError

FORMS = ("moodle", "plain")
FOLDER = "feedback_zips"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same pages make the same archive


@dataclass(frozen=True)
class Packed:
    """The archives, and pages that are in none with why: (student, lesson, why)."""

    archives: tuple[Path, ...]
    left: tuple[tuple[str, str, str], ...]


def pack_feedback(
    class_folder: Path, lessons: Sequence[Lesson | str], form: str, *, db: str = ""
) -> Packed:
    """Archives of the pages in feedback/, in feedback_zips/ of the class.

    "moodle": LESSON-moodle.zip for "Upload multiple feedback files in a zip" of that
    assignment, whose second field names the student (mod/assign/feedback/file/importziplib.php);
    who was not collected from Moodle is left out. "plain": STUDENT.zip. Raises UsageError.
    """
    if form not in FORMS:
        raise UsageError(
            f"{form!r} is no known form of archive. Choose one of {', '.join(FORMS)}"
        )
    room = open_classroom(class_folder, graded=True, db=db)
    names = lesson_names(room, lessons)
    pages = [
        (page.parts[-3], lesson, page)
        for lesson in names
        for page in sorted(room.feedback.glob(f"*/{lesson}/{lesson}.html"))
    ]
    archives: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    left = []
    numbers = {
        (each.id, lesson): f"{_moodle_name(each.name)}_{each.key}"
        for each in read_known(room)
        if each.source == "moodle"
        for lesson in each.lessons
    }
    for student, lesson, page in pages:
        if form == "plain":
            archives[f"{student}.zip"].append((f"{lesson}.html", page))
        elif (student, lesson) in numbers:
            folder = f"{numbers[student, lesson]}_assignfeedback_file_"
            archives[f"{lesson}-moodle.zip"].append((f"{folder}/{lesson}.html", page))
        else:
            why = "collected.csv has no number of Moodle's for this assignment"
            left.append((student, lesson, why))
    made = []
    for name, files in sorted(archives.items()):
        path = room.root / FOLDER / name
        _write(path, files)
        made.append(path)
    return Packed(tuple(made), tuple(left))


def _moodle_name(name: str) -> str:
    """A name without the sign that separates Moodle's fields, and without those of paths."""
    return normal(re.sub(r"[_/\\:]", " ", name)) or "student"


def _write(path: Path, files: Iterable[tuple[str, Path]]) -> None:
    made = path.with_suffix(".part")
    path.parent.mkdir(exist_ok=True)
    try:
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, page in files:
                info = zipfile.ZipInfo(name, EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                archive.writestr(info, page.read_bytes())
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
