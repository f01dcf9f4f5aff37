"""Put one collected submission into the class, in one step, and lose nothing of an older one."""

import datetime
import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.collect.intake import Member
from autograder.grading.classroom import Classroom
from autograder.grading.handed_in import (
    TIMESTAMP,
    read_start,
    time_of,
    timestamp_text,
)
from autograder.grading.submitted import LARGEST_NOTEBOOK, notebook_files

NEW, REPLACED, UNCHANGED, OLDER = "new", "replaced", "unchanged", "older"


@dataclass(frozen=True)
class Files:
    """What goes into submitted/STUDENT/LESSON/: notebooks by name, and the hand-in time."""

    notebooks: tuple[tuple[str, Member], ...]
    timestamp: str = ""

    @property
    def content(self) -> frozenset[tuple[str, str]]:
        return frozenset((name, member.sha256) for name, member in self.notebooks)


def compare(room: Classroom, student: str, lesson: str, files: Files) -> str:
    """What taking the files would be: new, replaced, unchanged, or older than what is there."""
    target = room.submitted / student / lesson
    if not os.path.lexists(target):
        return NEW
    there, when = _content(target), _timestamp(target)
    if there == files.content and (not files.timestamp or when == files.timestamp):
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
    if files.timestamp:
        text = f"{files.timestamp}\n"
        (made / TIMESTAMP).write_text(text, encoding="utf-8", newline="\n")
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
