"""The folder of a class, laid out as nbgrader does: its students, its gradebook, its lock."""

import contextlib
import csv
import os
import re
import stat
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from nbgrader.api import Gradebook, Student
from sqlalchemy import URL, select
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import Session

from autograder.files import normal
from autograder.grading import database
from autograder.grading.database import (
    default_address,
    find_address,
    remember_address,
    shown,
    without_secrets,
)
from autograder.grading.identity import check_identity, claim
from course.kit import UsageError

# nbgrader 0.9 on SQLAlchemy 2.1: warnings about its own tables that nobody here can mend.
warnings.filterwarnings("ignore", category=SAWarning)

LONGEST_TEXT = 128  # characters of an id or a name, in nbgrader's tables
ROSTER_COLUMNS = ("first_name", "last_name", "email", "lms_user_id")
PLAIN_ID = re.compile(r"[\w.@-]+")
LOCK = ".in-use"  # stays behind in the class folder, held by nobody


@dataclass(frozen=True)
class Classroom:
    """Where the files and marks of a class are. A lesson's name is also its assignment and notebook.

    `db` is the address of the database where one is given for this run.
    """

    root: Path
    db: str = ""

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def release(self) -> Path:
        return self.root / "release"

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    @property
    def autograded(self) -> Path:
        return self.root / "autograded"

    @property
    def feedback(self) -> Path:
        return self.root / "feedback"

    @property
    def report(self) -> Path:
        return self.root / "report"

    @property
    def gradebook(self) -> Path:
        """The SQLite file with the marks, where no other database is named."""
        return self.root / "gradebook.db"

    @property
    def shown_database(self) -> str:
        """Where the marks are, as messages say it: without a password."""
        return shown(self.address)

    @property
    def truth(self) -> Path:
        """The marks that a simulated class must get."""
        return self.root / "truth.csv"

    @property
    def address(self) -> URL:
        """The database with the marks."""
        return find_address(self.root, self.db)

    @property
    def db_url(self) -> str:
        """The address as nbgrader takes it; it may hold a password: never show it."""
        return self.address.render_as_string(hide_password=False)

    def autograded_notebook(self, student: str, lesson: str) -> Path:
        return self.autograded / student / lesson / f"{lesson}.ipynb"

    def outcome(self, student: str, lesson: str) -> Path:
        return self.autograded / student / lesson / "outcome.json"

    def feedback_page(self, student: str, lesson: str) -> Path:
        return self.feedback / student / lesson / f"{lesson}.html"

    def submissions(self, lesson: str) -> list[str]:
        """Names of the student folders that hold a folder of the lesson, sorted."""
        return sorted(
            entry.name
            for entry in os.scandir(self.submitted)
            if not entry.name.startswith(".")
            and entry.is_dir(follow_symlinks=False)
            and _is_folder(Path(entry.path) / lesson)
        )

    def strays(self, lessons: Iterable[str]) -> list[Path]:
        """What stands in submitted/ where no lesson's work is looked for, sorted.

        Notebooks outside STUDENT/LESSON/, and folders of students with none of `lessons`.
        """
        known = set(lessons)
        found = []
        for entry in sorted(self.submitted.iterdir()):
            if entry.name.startswith("."):
                continue
            if not _is_folder(entry):
                found += [entry] if entry.suffix == ".ipynb" else []
                continue
            try:
                inside = sorted(entry.iterdir())
            except OSError:  # no permission to look
                inside = []
            found += [path for path in inside if path.suffix == ".ipynb"]
            folders = [path for path in inside if _is_folder(path)]
            found += [
                path
                for path in folders
                if path.name not in known and any(path.glob("*.ipynb"))
            ]
            if not inside:
                found.append(entry)
        return found


def open_classroom(
    class_folder: Path, *, graded: bool = False, db: str = ""
) -> Classroom:
    """The class in this folder; `graded=True` for commands that read marks.

    `db` is the address of its database, found where none is given as `find_address` says.
    Refuses, without touching anything, a folder that is missing, holds no submissions,
    has a gradebook that cannot be used, or (to be graded) cannot be written to.
    """
    room = Classroom(Path(class_folder), db)
    if not room.root.is_dir():
        what = "is not a folder" if room.root.exists() else "does not exist"
        raise UsageError(
            f"the class folder {room.root} {what}. "
            f"Make a practice class with: autograder simulate --class {room.root}"
        )
    if not graded:
        if not room.submitted.is_dir():
            raise UsageError(
                f"{room.root} has no folder submitted/. Put the students' notebooks at "
                f"{room.root / 'submitted' / 'STUDENT' / 'LESSON' / 'LESSON.ipynb'}"
            )
        check_writable(room.root)
    has_marks = database.has_marks(room.address, to_write=not graded)
    if has_marks:
        with (
            database.refusing_errors(room.address),
            database.connected(room.address) as connection,
        ):
            check_identity(connection, room.root, room.address)
    elif graded:
        where = (
            ""
            if room.address == default_address(room.root)
            else f" in {room.shown_database}"
        )
        raise UsageError(
            f"{room.root} has no marks yet{where}. "
            f"Grade it first: autograder grade --class {room.root}"
        )
    return room


def check_writable(folder: Path) -> None:
    """Refuse a folder in which no file can be made."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"cannot write to {folder}: {error.strerror}. "
            "Change its permissions, or work on a copy"
        ) from None


@contextlib.contextmanager
def open_gradebook(room: Classroom) -> Iterator[Gradebook]:
    """nbgrader's Gradebook of the class, made if there is none.

    Refuses a locked one, and that of another class.
    """
    with database.opened(room.address) as gradebook:
        with database.connected(room.address) as connection:
            claim(connection, room.root, room.address)
        yield gradebook


def remember_database(room: Classroom) -> None:
    """Make later commands and formgrader use the database that was given for this run."""
    before = find_address(room.root)
    if not room.db or without_secrets(room.address) == without_secrets(before):
        return
    remember_address(room.root, room.address)
    with contextlib.suppress(UsageError):  # the other one may be out of reach
        if not database.has_marks(before, to_write=False):
            return
    print(
        f"The marks are kept in {room.shown_database} from now on; "
        f"those in {shown(before)} stay there and are not used "
        "(autograder marks copy takes them along)",
        file=sys.stderr,
    )


@contextlib.contextmanager
def one_transaction(gradebook: Gradebook) -> Iterator[Session]:
    """All that is done in the session inside is kept or, on an error, nothing of it."""
    session = gradebook.db()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextlib.contextmanager
def read_gradebook(room: Classroom) -> Iterator[Session]:
    """A session of the gradebook to read marks from; nothing is written to it."""
    with database.reading(room.address) as session:
        yield session


def id_problem(student: str) -> str:
    """Why the folder's name cannot be a student's id; "" when it can."""
    if len(student) > LONGEST_TEXT:
        return f"the name is longer than {LONGEST_TEXT} characters"
    if not student.isprintable():  # control characters, lone surrogates
        return "the name has characters that cannot be printed"
    if student != student.strip():
        return "the name starts or ends with a space"
    return ""


def id_warning(student: str) -> str:
    """What nbgrader's own commands would stumble over in the id; "" when nothing."""
    odd = sorted(set(PLAIN_ID.sub("", student)))
    if not odd:
        return ""
    listed = ", ".join("a space" if sign == " " else sign for sign in odd)
    return f"nbgrader's own commands may not find this id: it contains {listed}"


def read_roster(room: Classroom) -> list[dict[str, str]]:
    """The rows of students.csv; none where there is no such file. Refuses one without ids."""
    path = room.root / "students.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    except (csv.Error, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as CSV: {error}") from None
    if any(not row.get("id") or id_problem(row["id"]) for row in rows):
        raise UsageError(
            f"{path} has a row without a usable id. "
            f"Give it the columns id, {', '.join(ROSTER_COLUMNS)}; all but id may be empty"
        )
    return rows


def save_roster(gradebook: Gradebook, roster: list[dict[str, str]]) -> None:
    """Put the students of the roster into the gradebook; what it does not say stays as it is.

    Students may have chosen their names on a platform: what is invisible or too long for
    nbgrader's tables is left out.
    """
    known = {student.id: student for student in gradebook.students}
    for row in roster:
        student = known.get(row["id"])
        if student is None:
            student = known[row["id"]] = Student(id=row["id"])
            gradebook.db.add(student)
        for column in ROSTER_COLUMNS:
            text = normal(row.get(column) or "")[:LONGEST_TEXT]
            if text:
                setattr(student, column, text)
    gradebook.db.commit()


def student_names(room: Classroom) -> dict[str, tuple[str, str]]:
    """(first name, last name) of every student in the gradebook, by id; "" where unknown."""
    query = select(Student.id, Student.first_name, Student.last_name)
    with read_gradebook(room) as session:
        return {
            student: (first or "", last or "")
            for student, first, last in session.execute(query)
        }


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


@contextmanager
def class_lock(class_folder: Path) -> Iterator[None]:
    """Hold the class; the system lets go of it when this process ends, however it does.

    Raises UsageError while another process holds it.
    """
    lock = FileLock(class_folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"another grade or collect is at work in {class_folder}. "
            "Wait until it has ended, and try again"
        ) from None
    try:
        yield
    finally:
        lock.release()
