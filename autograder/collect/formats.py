"""What the name of a file says about who handed it in: each platform has its format.

A format is a function that takes the members of an archive and the names of the lessons, and
gives a function that says of one file whose it is, or why that cannot be told.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from autograder.collect.intake import ARCHIVES, Member
from autograder.files import normal
from autograder.grading.submitted import IN_TIME, LATE

MOODLE_NAME = re.compile(
    r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?",
    re.DOTALL,
)
MOODLE_NOBODY = re.compile(r"(?P<name>.+?)_assignsubmission_[a-z]+(?:_.*)?", re.DOTALL)
# What Moodle calls everybody in a blind marking, in some of its languages; "/" is left out.
PARTICIPANT = re.compile(
    r"(participant|participante|partecipante|deelnemer|teilnehmer(in)?|uczestnik|deltagare?)"
    r"( ?\d+)?",
    re.IGNORECASE,
)
CANVAS_NAME = re.compile(
    r"(?P<name>.+?)_(?:(?P<late>late)_)?(?P<user>\d+)_(?P<file_id>\d+)_(?P<file>.+)",
    re.IGNORECASE | re.DOTALL,
)
CANVAS_ANONYMOUS = re.compile(
    r"(?P<name>anon)_(?:(?P<late>late)_)?(?P<user>[a-z\d]{5})_(?P<file_id>\d+)_(?P<file>.+)",
    re.IGNORECASE | re.DOTALL,
)
CANVAS_AGAIN = re.compile(r"-(\d{1,3})(?=(\.[^.]+)?$)")
COPY = re.compile(r" ?\((\d{1,3})\)$")
TIME = re.compile(
    r"[_ ]?(?:attempt_)?(\d{4})-(\d\d)-(\d\d)[-_T ](\d\d)[-_.](\d\d)[-_.](\d\d)[_ ]?"
)
MOODLE_LOOKS = (
    "Moodle's names look like 'Ana Lopez_44441_assignsubmission_file/work.ipynb'"
)
CANVAS_LOOKS = "Canvas's names look like 'lopezana_123_4567_work.ipynb'"
PLAIN_LOOKS = (
    "Give STUDENT/LESSON/work.ipynb, STUDENT/work.ipynb or LESSON_STUDENT.ipynb"
)


@dataclass(frozen=True)
class Upload:
    """Whose file it is.

    `key` identifies the student on that platform, `name` is for people. Files of one `unit`
    were handed in together; of several units for the same lesson the last counts: the
    greatest `timestamp` (when it was handed in, if the name says so), then `order`, then
    what was changed last. Files of one `series` are one file, handed in again. `hints` are
    the names below the student's that may tell the lesson. `anonymous`: the name is no name,
    and the key means nothing in another assignment. `late_mark`: what the platform itself says of
    the time, LATE or IN_TIME.
    """

    key: str
    name: str
    unit: str
    series: str
    hints: tuple[str, ...]
    order: int = 0
    late_mark: str = ""
    timestamp: str = ""
    anonymous: bool = False

    @property
    def late(self) -> bool:
        return self.late_mark == LATE


Reader = Callable[[Member], Upload | str]


@dataclass(frozen=True)
class Format:
    """`reader` gives what reads one file's name; `looks` tells a person what names look like."""

    reader: Callable[[list[Member], list[str]], Reader]
    looks: str


def moodle(members: list[Member], lessons: list[str]) -> Reader:
    """What Moodle's "Download all submissions" calls files.

    "Ana Lopez_44441_assignsubmission_file/work.ipynb" (before Moodle 4.1 with a "_" at the
    end of the folder), or with a "_" for the "/": a switch of the assignment page. The number
    belongs to the student *and* the assignment: the same student has another one in the next
    assignment. In a blind marking everybody has the same name, "Participant" in the site's
    language; a team has the number of its group, and who is in none hands in for a team
    without a number. (mod/assign/classes/downloader.php and its test.)
    """
    people = {
        (each.name, each.key)
        for each in map(_moodle, members)
        if isinstance(each, Upload)
    }
    names = {name for name, _ in people}
    blind = names if len(names) == 1 and len(people) > 2 else set()

    def read(member: Member) -> Upload | str:
        upload = _moodle(member)
        if isinstance(upload, str):
            return upload
        if upload.name in blind or PARTICIPANT.fullmatch(upload.name):
            word = re.sub(r" ?\d+$", "", upload.name)
            return replace(upload, name=word, anonymous=True)
        return upload

    return read


def canvas(members: list[Member], lessons: list[str]) -> Reader:
    """What Canvas's "Download submissions" calls files.

    "lopezana_LATE_123_4567_work-1.ipynb": name, whether it was late, the number of the user
    (the same in all courses), the number of the file (it grows with time), and the name of
    the file, to which Canvas adds -1, -2 ... when a name is handed in again. With anonymous
    grading "anon_ab1Cd_4567_work.ipynb". (instructure/canvas-lms,
    app/models/content_zipper.rb.)
    """
    return _canvas


def plain(members: list[Member], lessons: list[str]) -> Reader:
    """Folders and archives without a platform: what people make by hand.

    STUDENT/LESSON/work.ipynb, STUDENT/work.ipynb, LESSON/STUDENT.ipynb,
    LESSON/STUDENT/work.ipynb, STUDENT.zip, LESSON_STUDENT.ipynb or STUDENT_LESSON.ipynb; all
    of it in one more folder or not.
    """
    skip = _common_folders([member.outer for member in members], lessons)
    return lambda member: _plain(member, skip, lessons)


FORMATS = {
    "moodle": Format(moodle, MOODLE_LOOKS),
    "canvas": Format(canvas, CANVAS_LOOKS),
    "plain": Format(plain, PLAIN_LOOKS),
}


def _moodle(member: Member) -> Upload | str:
    for at, part in enumerate(member.outer):
        found = MOODLE_NAME.fullmatch(part)
        if found:
            break
    else:
        for part in member.outer:
            if team := MOODLE_NOBODY.fullmatch(part):
                return (
                    f"it was handed in for {team['name']!r}, Moodle's team of those who are in "
                    "no group: whose it is cannot be told. Put them into groups, or put the "
                    "notebook at submitted/STUDENT/LESSON/ yourself"
                )
        return f"its name is not Moodle's. {MOODLE_LOOKS}"
    below = [found["file"] or "", *member.outer[at + 1 :], *member.inner]
    return Upload(
        key=found["number"],
        name=normal(found["name"]),
        unit="/".join(member.outer[:at]),
        series="/".join(member.outer[at:]),
        hints=tuple(part for part in below if part),
    )


def _canvas(member: Member) -> Upload | str:
    for at, part in enumerate(member.outer):
        found = CANVAS_ANONYMOUS.fullmatch(part) or CANVAS_NAME.fullmatch(part)
        if found:
            break
    else:
        return f"its name is not Canvas's. {CANVAS_LOOKS}"
    file_name = found["file"]
    below = [file_name, *member.outer[at + 1 :], *member.inner]
    return Upload(
        key=found["user"],
        name=normal(found["name"]),
        unit="/".join(member.outer[:at]),
        series=CANVAS_AGAIN.sub("", file_name).lower(),
        order=int(found["file_id"][:18]),
        late_mark=LATE if found["late"] else IN_TIME,
        hints=tuple(below),
        anonymous=found["name"].lower() == "anon" and not found["user"].isdecimal(),
    )


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
        # One student's folder, or a folder of students? Its files tell: they name people.
        if not all(people) or len(people - {None}) < 2:
            return skip
        skip += 1


def _student(path: tuple[str, ...], lessons: list[str]) -> str | None:
    """Whom the path names for certain, without the student's own folder above it."""
    *folders, file = path
    if folders:
        return (
            None if _lesson(folders[0], lessons) and len(folders) == 1 else folders[0]
        )
    return _besides_lesson(_stem(file), lessons) or _archive_stem(file)


def _plain(member: Member, skip: int, lessons: list[str]) -> Upload | str:
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
            return f"it does not say whose it is. {PLAIN_LOOKS}"
        name = COPY.sub("", name)
    name = normal(name)
    if not name:
        return f"it does not say whose it is. {PLAIN_LOOKS}"
    copies = COPY.search(stem)
    loose = not folders or at == 0 and len(folders) == 1
    unit = "/".join(member.outer) if loose or member.inner else "/".join(folders)
    return Upload(
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
