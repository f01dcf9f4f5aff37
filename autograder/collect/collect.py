"""Collect a class: from an archive of a learning platform to submitted/STUDENT/LESSON/."""

import datetime
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.collect.archive import read_all
from autograder.collect.formats import FORMATS
from autograder.collect.intake import BadMember, Intake, IntakeLimits, Member, Refused
from autograder.collect.platform_table import Worksheet, read_worksheet
from autograder.collect.students import Students
from autograder.collect.submission import (
    NEW,
    OLDER,
    REPLACED,
    UNCHANGED,
    File,
    Files,
    LessonFinder,
    compare,
    last_attempt,
    named,
    place,
    times_of_late_files,
    valid_time,
    write_time,
)
from autograder.files import replace_text
from autograder.grading.classroom import Classroom, check_writable, class_lock
from autograder.grading.deadlines import read_deadlines
from autograder.grading.outcome import fault
from autograder.grading.submitted import NO_NOTEBOOK, TIMESTAMP, notebook_files
from autograder.lessons import Lesson, find_lessons
from course.kit import UsageError
from course.kit.terminal import printable, progress_bar

WITHOUT = "no notebook"
NO_ZONE = (
    "the worksheet's times were taken as UTC. Where Moodle showed them in another time zone, name it "
    'in deadlines.toml (timezone = "Europe/Madrid") and collect again'
)
KINDS = (NEW, REPLACED, UNCHANGED, OLDER, WITHOUT)
LONGEST_SHOWN = 100  # characters of a name in the table


@dataclass(frozen=True)
class Collected:
    """One submission. `what`: new, replaced, unchanged, or older than what is there.

    "no notebook": all that came are other files; the lesson is "" where nothing tells it.
    """

    student: str
    name: str  # as the platform has it
    lesson: str
    what: str
    files: tuple[str, ...]  # their names in the archive
    late: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Absent:
    """Who is in students.csv and has handed in nothing of a lesson of this archive."""

    lesson: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class CollectSummary:
    """What became of an archive."""

    taken: tuple[Collected, ...]
    refused: tuple[Refused, ...]
    ignored: int  # files that are no notebooks
    dry_run: bool = False
    absent: tuple[Absent, ...] = ()
    remarks: tuple[str, ...] = ()

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Columns and rows for a terminal: a row per submission, and per refused file."""
        rows = [
            [
                each.student,
                _shown(each.name) if each.name != each.student else "",
                each.lesson,
                each.what,
                _shown(each.files[0]),
                "; ".join([*(["late"] if each.late else []), *each.notes]),
            ]
            for each in self.taken
        ]
        rows += [
            ["", "", "", "refused", _shown(each.path), each.why]
            for each in self.refused
        ]
        return ["student", "name", "lesson", "what", "file", "what to know"], rows

    def __str__(self) -> str:
        counts = Counter(each.what for each in self.taken)
        told = [f"{counts[what]} {what}" for what in KINDS if counts[what]]
        told += [f"{len(self.refused)} refused"] if self.refused else []
        told += [f"{self.ignored} other files ignored"] if self.ignored else []
        lines = ["dry run, nothing changed: " if self.dry_run else ""]
        lines[0] += ", ".join(told)
        for each in self.absent:
            who = f"{len(each.students)} of students.csv handed in nothing"
            lines.append(f"{each.lesson}: {who}: {', '.join(each.students)}")
        lines += self.remarks
        return "\n".join(lines)


def collect(
    root: Path,
    source: Path,
    platform: str,
    class_folder: Path,
    wanted: Sequence[Lesson] = (),
    *,
    worksheet: Path | None = None,
    limits: IntakeLimits | None = None,
    dry_run: bool = False,
) -> CollectSummary:
    """Take the notebooks of the archive or folder `source` into `class_folder`.

    `platform` is "moodle", "canvas" or "plain"; `wanted` are the lessons to take (none: all of
    the checkout at `root`). What cannot be taken is in `refused`, the rest is taken, one
    whole submission at a time. `worksheet` is Moodle's grading worksheet of the assignment: it
    says when each handed in. Raises UsageError, with nothing changed, for a source that
    cannot be read or holds no submission at all.
    """
    source, room = Path(source), Classroom(Path(class_folder))
    if platform not in FORMATS:
        raise UsageError(
            f"{platform!r} is no known format. Choose from: {', '.join(FORMATS)}"
        )
    _check(source, room)
    if worksheet and platform != "moodle":
        raise UsageError(
            f"--worksheet is Moodle's, not {platform}'s. Leave it out, or collect --from moodle"
        )
    sheet, remarks = _times_of(worksheet, room)
    lessons = find_lessons(Path(root))
    finder = LessonFinder(lessons, wanted)
    students = Students(room, platform)
    is_new = not room.root.exists()
    if not dry_run:
        room.root.mkdir(parents=True, exist_ok=True)
        check_writable(room.root)
    # Beside the class, so that a finished submission is moved there in one step.
    home = None if dry_run else room.root
    try:
        with nullcontext() if dry_run else class_lock(room.root), _spool(home) as spool:
            intake = Intake(spool, limits or IntakeLimits())
            files, others = _sort_out(source, platform, lessons, finder, intake)
            if not files and not others and not intake.refused:
                raise UsageError(
                    f"{source} holds no notebook ({len(intake.ignored)} other files). "
                    f"{FORMATS[platform].looks}"
                )
            if platform == "canvas":
                files = times_of_late_files(files)
            if sheet is not None:
                files = [_timed(file, sheet) for file in files]
                others = [_timed(file, sheet) for file in others]
            taken = _take(room, students, files, others, intake, dry_run, sheet)
            absent = _absent(room, students, taken, wanted)
    except BaseException:
        if is_new and not dry_run and not room.submitted.exists():
            shutil.rmtree(room.root, ignore_errors=True)
        raise
    refused = tuple(sorted(intake.refused, key=lambda each: each.path))
    return CollectSummary(
        tuple(taken), refused, len(intake.ignored), dry_run, tuple(absent), remarks
    )


def _times_of(
    path: Path | None, room: Classroom
) -> tuple[Worksheet | None, tuple[str, ...]]:
    """The worksheet, and what to say of its times."""
    if path is None:
        return None, ()
    zone = read_deadlines(room, None).zone
    remarks = () if zone else (NO_ZONE,)
    return read_worksheet(Path(path), zone or datetime.UTC), remarks


def _timed(file: File, sheet: Worksheet, name: str = "") -> File:
    """The file with the worksheet's time, where timestamp.txt says none."""
    time = file.timestamp or sheet.time(file.upload.key, name or file.upload.name)
    return replace(file, timestamp=time)


@contextmanager
def _spool(home: Path | None) -> Iterator[Path]:
    """A folder for what is unpacked, gone afterwards."""
    spool = Path(tempfile.mkdtemp(prefix=".collecting-", dir=home))
    try:
        yield spool
    finally:
        shutil.rmtree(spool, ignore_errors=True)


def _check(source: Path, room: Classroom) -> None:
    if not source.exists():
        raise UsageError(f"{source} does not exist. Name an archive or a folder")
    if not source.is_dir() and not source.is_file():
        raise UsageError(
            f"{source} is no file and no folder. Name an archive or a folder"
        )
    if room.root.exists() and not room.root.is_dir():
        raise UsageError(f"the class folder {room.root} is a file. Name a folder")
    here, there = room.root.resolve(), source.resolve()
    if source.is_dir() and (here.is_relative_to(there) or there.is_relative_to(here)):
        raise UsageError(
            f"{source} and the class folder {room.root} lie in one another. "
            "Collect from a folder outside"
        )


def _sort_out(
    source: Path,
    platform: str,
    lessons: Sequence[Lesson],
    finder: LessonFinder,
    intake: Intake,
) -> tuple[list[File], list[File]]:
    """Unpack, and find out of each notebook, and each other file, whose it is and which lesson.

    The lesson of other files is "" where no name tells it.
    """
    members = []
    with progress_bar() as bar:
        task = bar.add_task("reading", total=None, now="")
        for member in read_all(source, intake):
            members.append(member)
            bar.update(task, advance=1)
    stamps = [each for each in members if each.path.lower().endswith(TIMESTAMP)]
    times = _timestamps(stamps)
    members = [each for each in members if each not in stamps]
    names = [lesson.name for lesson in lessons]
    read = FORMATS[platform].reader(members or intake.ignored, names)
    files = []
    for member in members:
        upload = read(member)
        if isinstance(upload, str):
            intake.refuse(member.path, upload)
            continue
        try:
            lesson = finder.find(upload.hints, member.content)
        except BadMember as error:
            intake.refuse(member.path, str(error))
        except Exception as error:  # noqa: BLE001 the others are collected
            intake.refuse(member.path, fault(error))
        else:
            folder = (*member.outer, *member.inner)[:-1]
            time = times.get(folder, upload.timestamp)
            time = time if valid_time(time) else ""
            files.append(File(member, upload, lesson, time))
    others = []
    for member in intake.ignored:
        upload = read(member)
        if not isinstance(upload, str):
            lesson = finder.by_name(upload.hints) or finder.only
            others.append(File(member, upload, lesson, upload.timestamp))
    return files, others


def _take(
    room: Classroom,
    students: Students,
    files: list[File],
    others: list[File],
    intake: Intake,
    dry_run: bool,
    sheet: Worksheet | None,
) -> list[Collected]:
    people = {(file.upload.key, file.upload.name) for file in [*files, *others]}
    counts = Counter(name for _, name in people)
    homonyms = {name for name, count in counts.items() if count > 1}
    with_notebook = {(file.upload.key, file.lesson) for file in files}
    with_notebook |= {(file.upload.key, "") for file in files}
    groups: dict[tuple[str, str], list[File]] = defaultdict(list)
    for file in files:
        groups[file.upload.key, file.lesson].append(file)
    for file in others:
        if (file.upload.key, file.lesson) not in with_notebook:
            groups[file.upload.key, file.lesson].append(file)
    works: dict[tuple[str, str], list[File]] = defaultdict(list)
    for (key, lesson), group in sorted(groups.items()):
        try:
            if team := students.team(group[0].upload):
                for student in team:
                    copies = _copies(group, student, intake)
                    if sheet:  # its numbers are those of the members
                        name = students.full_name(student)
                        copies = [_timed(file, sheet, name) for file in copies]
                    works[student, lesson] += copies
                continue
            student = students.id_of(group[0].upload, lesson, homonyms)
        except Exception as error:  # noqa: BLE001 the others are collected
            why = str(error) if isinstance(error, BadMember) else fault(error)
            for file in group:
                intake.refuse(file.member.path, why)
        else:
            works[student, lesson] += group
    if not dry_run and works:
        students.save()  # before the work: an id that was given is never given again
    taken = []
    with progress_bar() as bar:
        task = bar.add_task("collecting", total=len(works), now="")
        for (student, lesson), group in sorted(works.items()):
            bar.update(task, advance=1, now=f"{lesson} {student}")
            try:
                taken.append(
                    _one(
                        room, student, lesson, group, intake, students.remarks, dry_run
                    )
                )
            except OSError as error:
                why = f"it could not be stored: {error.strerror or error}"
                intake.refuse(f"{student}/{lesson}", why)
            except Exception as error:  # noqa: BLE001 the others are collected
                intake.refuse(f"{student}/{lesson}", fault(error))
    return taken


def _copies(group: list[File], student: str, intake: Intake) -> list[File]:
    """The files that a team handed in, as those of one of its members."""
    copies = []
    for file in group:
        if not file.member.sha256:  # it was not unpacked
            copies.append(file)
            continue
        with file.member.content.open("rb") as content:
            path, _ = intake.keep(content.read, 0, counted=True)
        copies.append(replace(file, member=replace(file.member, content=path)))
    return copies


def _absent(
    room: Classroom,
    students: Students,
    taken: list[Collected],
    wanted: Sequence[Lesson],
) -> list[Absent]:
    """Who of students.csv has nothing in the class, of the lessons that were collected."""
    there = {(each.student, each.lesson) for each in taken}
    lessons = {lesson.name for lesson in wanted} | {each.lesson for each in taken} - {
        ""
    }
    found = []
    for lesson in sorted(lessons):
        missing = tuple(
            student
            for student in sorted(row["id"] for row in students.roster)
            if (student, lesson) not in there
            and not (room.submitted / student / lesson).is_dir()
        )
        found += [Absent(lesson, missing)] if missing else []
    return found


def _without_notebook(
    room: Classroom, student: str, lesson: str, group: list[File], dry_run: bool
) -> Collected:
    """Leave a folder that says what came, where there is no notebook; grade names it then."""
    upload = group[-1].upload
    paths = tuple(sorted(file.member.path.rstrip("/") for file in group))
    names = [file.member.path.rstrip("/").rpartition("/")[2] for file in group]
    folder = room.submitted / student / lesson
    notes = ["all that came: " + ", ".join(sorted(names))]
    if not lesson:
        notes.append("nothing tells which lesson it is")
    elif folder.is_dir() and notebook_files(folder):
        notes.append("the notebook of an earlier collection is kept")
    elif not dry_run:
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(folder / NO_NOTEBOOK, "\n".join(sorted(names)) + "\n")
        write_time(folder, group[-1].timestamp, upload.late_mark)
    return Collected(
        student, upload.name, lesson, WITHOUT, paths, upload.late, tuple(notes)
    )


def _one(
    room: Classroom,
    student: str,
    lesson: str,
    group: list[File],
    intake: Intake,
    remarks: dict[str, str],
    dry_run: bool,
) -> Collected:
    group, others = (
        [file for file in group if file.member.sha256],
        [file for file in group if not file.member.sha256],
    )
    if not group:
        return _without_notebook(room, student, lesson, others, dry_run)
    last, notes = last_attempt(group)
    upload = last[-1].upload
    times = max(file.timestamp for file in last)
    files = Files(named(last, lesson), times, upload.late_mark)
    what = compare(room, student, lesson, files)
    if what == REPLACED and not dry_run:
        aside = place(room, student, lesson, files, intake.spool)
        notes.append(f"the earlier attempt is in {aside}")
        if room.outcome(student, lesson).exists():
            notes.append("it was graded already; grade again")
    elif what == OLDER:
        notes.append("a newer attempt is there; not taken")
    elif what == UNCHANGED:
        if not dry_run and write_time(
            room.submitted / student / lesson, files.timestamp, files.late_mark
        ):
            notes.append("when it was handed in is known now")
    elif not dry_run:
        place(room, student, lesson, files, intake.spool)
    if student in remarks:
        notes.append(remarks[student])
    paths = tuple(file.member.path for file in last)
    return Collected(
        student, upload.name, lesson, what, paths, upload.late, tuple(notes)
    )


def _timestamps(members: list[Member]) -> dict[tuple[str, ...], str]:
    """What the files timestamp.txt say, by the path of their folder."""
    found = {}
    for member in members:
        text = member.content.read_bytes()[:100].decode("utf-8", "replace").strip()
        if valid_time(text):
            found[(*member.outer, *member.inner)[:-1]] = text
    return found


def _shown(path: str) -> str:
    """A name from an archive as one short line of printable characters."""
    text = printable(path)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
