"""Folders and archives without a platform: what people make by hand.

STUDENT/LESSON/work.ipynb, STUDENT/work.ipynb, LESSON/STUDENT.ipynb, LESSON/STUDENT/work.ipynb,
STUDENT.zip, LESSON_STUDENT.ipynb or STUDENT_LESSON.ipynb; all of it in one more folder or not.
"""

import re

from autograder.collect.forms import Handed
from autograder.collect.intake import Member
from autograder.collect.names import normal
from autograder.collect.unpacked import ARCHIVES

COPY = re.compile(r" ?\((\d{1,3})\)$")
TIME = re.compile(
    r"[_ ]?(?:attempt_)?(\d{4})-(\d\d)-(\d\d)[-_T ](\d\d)[-_.](\d\d)[-_.](\d\d)[_ ]?"
)
WANTED = "Give STUDENT/LESSON/work.ipynb, STUDENT/work.ipynb or LESSON_STUDENT.ipynb"


def handed(members: list[Member], lessons: list[str]) -> list[Handed | str]:
    """Who handed in what, or why that cannot be told, per member."""
    skip = _common_folders([member.outer for member in members], lessons)
    return [_one(member, skip, lessons) for member in members]


def _common_folders(paths: list[tuple[str, ...]], lessons: list[str]) -> int:
    """How many folders at the top hold everything and are nobody's."""
    skip = 0
    while True:
        tops = {path[skip] for path in paths if len(path) > skip + 1}
        if len(tops) != 1 or any(len(path) <= skip + 1 for path in paths):
            return skip
        if _lesson(tops.pop(), lessons):
            return skip
        below = [path[skip + 1 :] for path in paths]
        people = {_student(path, lessons) for path in below}
        # One learner's folder, or a folder of learners? Its files tell: they name people.
        if not all(people) or len(people - {None}) < 2:
            return skip
        skip += 1


def _student(path: tuple[str, ...], lessons: list[str]) -> str | None:
    """Whom the path names for certain, without the learner's own folder above it."""
    *folders, file = path
    if folders:
        return (
            None if _lesson(folders[0], lessons) and len(folders) == 1 else folders[0]
        )
    return _besides_lesson(_stem(file), lessons) or _archive_stem(file)


def _one(member: Member, skip: int, lessons: list[str]) -> Handed | str:
    *folders, file = member.outer[skip:]
    stem = _stem(file)
    stem, timestamp = _timestamp(stem)
    at = next((at for at, name in enumerate(folders) if _lesson(name, lessons)), None)
    if at:  # STUDENT/LESSON/...
        name = folders[at - 1]
    elif at == 0 and len(folders) > 1:  # LESSON/STUDENT/...
        name = folders[1]
    elif folders and at is None:  # STUDENT/...
        name = folders[0]
    else:  # LESSON/STUDENT.ipynb, STUDENT.zip, LESSON_STUDENT.ipynb
        name = _besides_lesson(stem, lessons)
        if not name and (at == 0 or _archive_stem(file)):
            name = stem
        if not name:
            return f"it does not say whose it is. {WANTED}"
        name = COPY.sub("", name)
    name = normal(name)
    if not name:
        return f"it does not say whose it is. {WANTED}"
    copies = COPY.search(stem)
    loose = not folders or at == 0 and len(folders) == 1
    unit = "/".join(member.outer) if loose or member.inner else "/".join(folders)
    return Handed(
        key=name,
        name=name,
        unit=unit,
        series="/".join(member.outer),
        order=int(copies[1]) if copies and loose else 0,
        timestamp=timestamp,
        hints=(*folders, stem, *member.inner),
    )


def _lesson(name: str, lessons: list[str]) -> str | None:
    return next((lesson for lesson in lessons if lesson == name.lower()), None)


def _besides_lesson(stem: str, lessons: list[str]) -> str:
    """What a name says besides the lesson: "ana" in "01_volumes_ana" and "ana-01_volumes"."""
    for lesson in lessons:
        for pattern in (rf"{lesson}[_ -]+(.+)", rf"(.+?)[_ -]+{lesson}(?: ?\(\d+\))?"):
            found = re.fullmatch(pattern, stem, re.IGNORECASE | re.DOTALL)
            if found:
                return found[1].strip("_- ")
    return ""


def _archive_stem(file: str) -> str:
    lower = file.lower()
    suffix = next(
        (end for end in sorted(ARCHIVES, key=len)[::-1] if lower.endswith(end)), ""
    )
    return file[: -len(suffix)] if suffix else ""


def _stem(file: str) -> str:
    return _archive_stem(file) or re.sub(r"(?i)\.ipynb$", "", file)


def _timestamp(stem: str) -> tuple[str, str]:
    """The stem without the time in it, and the time as nbgrader writes it."""
    found = TIME.search(stem)
    if not found:
        return stem, ""
    year, month, day, hour, minute, second = found.groups()
    rest = "_".join(
        part for part in (stem[: found.start()], stem[found.end() :]) if part
    )
    return rest, f"{year}-{month}-{day} {hour}:{minute}:{second} UTC"
