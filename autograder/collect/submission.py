"""One collected submission: which lesson, which files, and its place in the class."""

import contextlib
import datetime
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.collect.formats import Upload
from autograder.collect.intake import BadMember, Member
from autograder.files import replace_text, safe_file_name
from autograder.grading.align import grade_id
from autograder.grading.classroom import Classroom
from autograder.grading.submitted import (
    LARGEST_NOTEBOOK,
    LATE_MARK,
    TIMESTAMP,
    Unreadable,
    notebook_files,
    read_notebook,
    read_start,
    time_of,
    timestamp_text,
)
from autograder.lessons import Lesson
from autograder.lessons.source import read_source

HOUR = 3600  # seconds
NEW, REPLACED, UNCHANGED, OLDER = "new", "replaced", "unchanged", "older"


@dataclass(frozen=True)
class File:
    """A notebook whose lesson is known; `timestamp` "" when nothing says when it came."""

    member: Member
    upload: Upload
    lesson: str
    timestamp: str


@dataclass(frozen=True)
class Files:
    """What goes into submitted/STUDENT/LESSON/: notebooks by name, and the hand-in time."""

    notebooks: tuple[tuple[str, Member], ...]
    timestamp: str = ""
    late_mark: str = ""  # what the platform itself says, LATE or IN_TIME

    @property
    def content(self) -> frozenset[tuple[str, str]]:
        return frozenset((name, member.sha256) for name, member in self.notebooks)


class LessonFinder:
    """`wanted` are the lessons that are collected now; none means all that there are."""

    def __init__(self, lessons: Sequence[Lesson], wanted: Sequence[Lesson]):
        self.lessons = {lesson.name: lesson for lesson in lessons}
        self.wanted = [lesson.name for lesson in wanted or lessons]
        self.only = self.wanted[0] if wanted and len(wanted) == 1 else ""
        self._ids: dict[str, set[str]] = {}

    def find(self, hints: Sequence[str], content: Path) -> str:
        """The name of the lesson. Raises BadMember where none fits or another was asked for."""
        name = self.by_name(hints) or self._by_content(content) or self.only
        if not name:
            raise BadMember("it cannot be told which lesson it is; name the lesson")
        if name not in self.wanted:
            raise BadMember(f"it belongs to {name}, which is not collected now")
        return name

    def by_name(self, hints: Sequence[str]) -> str:
        """The lesson that one of the names names; "" when none does."""
        for hint in reversed(hints):  # the file, then its folder, and so on
            for name in self.lessons:
                if re.search(rf"(?<![a-z0-9]){name}(?![a-z0-9])", hint.lower()):
                    return name
        return ""

    def _by_content(self, content: Path) -> str:
        try:
            cells = read_notebook(content).cells
        except (Unreadable, OSError):
            return ""
        found = {cell.grade_id for cell in cells if cell.grade_id}
        hits = {name: len(found & self._grade_ids(name)) for name in self.lessons}
        best = max(hits, key=hits.__getitem__, default="")
        return best if best and hits[best] else ""

    def _grade_ids(self, name: str) -> set[str]:
        if name not in self._ids:
            cells = read_source(self.lessons[name]).cells
            self._ids[name] = {grade_id(cell) for cell in cells} - {""}
        return self._ids[name]


def last_attempt(group: list[File]) -> tuple[list[File], list[str]]:
    """The files of the last attempt in the archive, and what to say of the others."""

    def rank(file: File) -> tuple:
        return file.timestamp, file.upload.order, file.member.modified or 0.0

    ordered = sorted(group, key=lambda file: (rank(file), file.member.path))
    unit = ordered[-1].upload.unit
    together = [file for file in ordered if file.upload.unit == unit]
    last = {file.upload.series: file.member.outer for file in together}
    kept = [file for file in together if last[file.upload.series] == file.member.outer]
    older = len(group) - len(kept)
    return kept, [f"{older} earlier file(s) left out"] if older else []


def named(files: list[File], lesson: str) -> tuple[tuple[str, Member], ...]:
    """The names in the class: the lesson's for a single notebook, else safe ones."""
    if len(files) == 1:
        return ((f"{lesson}.ipynb", files[0].member),)
    taken: set[str] = set()
    named = []
    for file in files:
        own = (file.member.inner or file.upload.hints)[-1]
        named.append((safe_file_name(own, taken), file.member))
    return tuple(sorted(named, key=lambda each: each[0]))


def compare(room: Classroom, student: str, lesson: str, files: Files) -> str:
    """What taking the files would be: new, replaced, unchanged, or older than what is there."""
    target = room.submitted / student / lesson
    if not os.path.lexists(target):
        return NEW
    there, when = _content(target), _timestamp(target)
    is_same_time = not when or not files.timestamp or when == files.timestamp
    if there == files.content and is_same_time:
        return UNCHANGED
    if not there and not any(target.iterdir()):
        return NEW
    if when and files.timestamp and _time(files.timestamp) < _time(when):
        return OLDER
    if there != files.content and any(
        _content(kept) == files.content for kept in kept_aside(room, student, lesson)
    ):
        return OLDER  # it was taken before, and something newer has replaced it
    return REPLACED


def place(room: Classroom, student: str, lesson: str, files: Files, spool: Path) -> str:
    """Move the files to submitted/STUDENT/LESSON/; where the older ones went, or "".

    `spool` is on the same file system. Stopped at any point, the submission is there as a
    whole, the old or the new one, or the old one lies in replaced/.
    """
    target = room.submitted / student / lesson
    made = Path(tempfile.mkdtemp(prefix="submission-", dir=spool))
    made.chmod(0o755)
    for name, member in files.notebooks:
        os.chmod(member.content, 0o644)
        os.replace(member.content, made / name)
        if member.modified is not None:  # grade --prefer newest
            with contextlib.suppress(OSError, OverflowError, ValueError):
                os.utime(made / name, (member.modified, member.modified))
    write_time(made, files.timestamp, files.late_mark)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(target):
        os.replace(made, target)
        return ""
    if target.is_dir() and not target.is_symlink() and not any(target.iterdir()):
        target.rmdir()
        os.replace(made, target)
        return ""
    aside = _free(room, student, lesson)
    aside.parent.mkdir(parents=True, exist_ok=True)
    os.replace(target, aside)
    try:
        os.replace(made, target)
    except OSError:
        os.replace(aside, target)
        shutil.rmtree(made, ignore_errors=True)
        raise
    return aside.relative_to(room.root).as_posix()


def write_time(folder: Path, timestamp: str, late_mark: str) -> bool:
    """Say beside a submission when it came; whether that was not known before."""
    told = {TIMESTAMP: timestamp, LATE_MARK: late_mark}
    changes = [
        replace_text(folder / name, f"{text}\n") for name, text in told.items() if text
    ]
    return any(changes)


def times_of_late_files(files: Sequence[File]) -> list[File]:
    """Canvas's files, those that it calls late with the time that the archive gives them.

    Where all were written within an hour, the archive tells only when it was packed. A file in a
    student's own archive has the time of its last change, which is no time of handing in.
    """
    times = [file.member.modified for file in files if file.member.modified]
    if not times or max(times) - min(times) < HOUR:
        return list(files)
    return [
        replace(file, timestamp=_utc(file.member.modified))
        if file.upload.late
        and file.member.modified
        and not (file.timestamp or file.member.inner)
        else file
        for file in files
    ]


def _utc(seconds: float) -> str:
    time = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def kept_aside(room: Classroom, student: str, lesson: str) -> Sequence[Path]:
    """The folders of earlier attempts, oldest first."""
    folder = room.root / "replaced" / student / lesson
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name.isdecimal())


def valid_time(text: str) -> bool:
    """Whether nbgrader can read the text as a time."""
    return time_of(text) is not None


def _free(room: Classroom, student: str, lesson: str) -> Path:
    kept = kept_aside(room, student, lesson)
    number = int(kept[-1].name) + 1 if kept else 1
    return room.root / "replaced" / student / lesson / f"{number:03d}"


def _content(folder: Path) -> frozenset[tuple[str, str]]:
    return frozenset(
        (
            path.relative_to(folder).as_posix(),
            hashlib.sha256(read_start(path, LARGEST_NOTEBOOK + 1)).hexdigest(),
        )
        for path in notebook_files(folder)
    )


def _timestamp(folder: Path) -> str:
    text = timestamp_text(folder) or ""
    return text if valid_time(text) else ""


def _time(text: str) -> datetime.datetime:
    return parse_utc(text)
