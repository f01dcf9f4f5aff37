"""The folder of a class, laid out as nbgrader does, and its gradebook."""

import contextlib
import os
import re
import sqlite3
import stat
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from nbgrader.api import Base, Gradebook
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DatabaseError, SAWarning
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from course.kit.refusal import Refusal

# nbgrader 0.9 on SQLAlchemy 2.1: warnings about its own tables that nobody here can mend.
warnings.filterwarnings("ignore", category=SAWarning)

LONGEST_ID = 128  # characters, in nbgrader's tables
PLAIN_ID = re.compile(r"[\w.@-]+")
LOCK_SECONDS = 5


@dataclass(frozen=True)
class Classroom:
    """Where the files of a class lie. A lesson's name is also its assignment and notebook."""

    root: Path

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
        return self.root / "gradebook.db"

    @property
    def truth(self) -> Path:
        """The marks that a simulated class must get."""
        return self.root / "truth.csv"

    @property
    def db_url(self) -> str:
        return f"sqlite:///{self.gradebook.resolve().as_posix()}"

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

        Notebooks outside STUDENT/LESSON/, and folders of learners with none of `lessons`.
        """
        known = set(lessons)
        found = []
        for entry in sorted(self.submitted.iterdir()):
            if entry.name.startswith("."):
                continue
            if not _is_folder(entry):
                found += [entry] if entry.suffix == ".ipynb" else []
                continue
            inside = sorted(entry.iterdir())
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


def open_classroom(class_folder: Path, *, graded: bool = False) -> Classroom:
    """The class in this folder; `graded=True` for commands that read marks.

    Refuses, without touching anything, a folder that is missing, holds no submissions,
    has a gradebook that cannot be used, or (to be graded) cannot be written to.
    """
    room = Classroom(Path(class_folder))
    if not room.root.is_dir():
        what = "is not a folder" if room.root.exists() else "does not exist"
        raise Refusal(
            f"the class folder {room.root} {what}. "
            f"Make a practice class with: autograder simulate --class {room.root}"
        )
    if graded:
        if not room.gradebook.is_file():
            raise Refusal(
                f"{room.root} has no marks yet. "
                f"Grade it first: autograder grade --class {room.root}"
            )
    elif not room.submitted.is_dir():
        raise Refusal(
            f"{room.root} has no folder submitted/. Put the learners' notebooks at "
            f"{room.root / 'submitted' / 'STUDENT' / 'LESSON' / 'LESSON.ipynb'}"
        )
    if not graded:
        check_writable(room.root)
    if room.gradebook.exists():
        _check_database(room, to_write=not graded)
    return room


def check_writable(folder: Path) -> None:
    """Refuse a folder in which no file can be made."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Refusal(
            f"cannot write to {folder}: {error.strerror}. "
            "Change its permissions, or work on a copy"
        ) from None


@contextlib.contextmanager
def open_gradebook(room: Classroom) -> Iterator[Gradebook]:
    """nbgrader's Gradebook of the class, made if there is none. Refuses a locked one."""
    if not room.gradebook.exists() or room.gradebook.stat().st_size == 0:
        _create_database(room)
    with _refusing_database_errors(room), Gradebook(room.db_url) as gradebook:
        yield gradebook


@contextlib.contextmanager
def one_transaction(gradebook: Gradebook) -> Iterator[None]:
    """All that is done to the gradebook inside is kept or, on an error, nothing of it.

    nbgrader's methods commit after each step; inside, that only sends the rows to the
    database. It also saves the disk some twenty writes per submission.
    """
    session = gradebook.db()
    session.commit = session.flush
    try:
        yield
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.commit
    session.commit()


@contextlib.contextmanager
def read_gradebook(room: Classroom) -> Iterator[Session]:
    """A session of the gradebook to read marks from; nothing is written to the file."""
    engine = create_engine(room.db_url, future=True)
    try:
        with _refusing_database_errors(room), Session(engine) as session:
            yield session
    finally:
        engine.dispose()


def id_problem(student: str) -> str:
    """Why the folder's name cannot be a student's id; "" when it can."""
    if len(student) > LONGEST_ID:
        return f"the name is longer than {LONGEST_ID} characters"
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


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _create_database(room: Classroom) -> None:
    """An empty gradebook, as Gradebook() makes it but without running `alembic`.

    nbgrader finds the version of its tables by running the `alembic` executable, which
    takes seconds and must be on the PATH; its library gives the same answer.
    """
    handle, name = tempfile.mkstemp(prefix=".gradebook.", dir=room.root)
    os.close(handle)
    memory = create_engine("sqlite://", poolclass=StaticPool, future=True)
    try:
        Base.metadata.create_all(bind=memory)
        with memory.begin() as connection:
            connection.execute(
                text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            )
            connection.execute(
                text("INSERT INTO alembic_version VALUES (:head)"),
                {"head": _newest_version()},
            )
        with contextlib.closing(sqlite3.connect(name)) as file:
            memory.raw_connection().driver_connection.backup(file)
        os.chmod(name, 0o644)
        os.replace(name, room.gradebook)
    finally:
        memory.dispose()
        Path(name).unlink(missing_ok=True)


def _newest_version() -> str:
    return ScriptDirectory(ALEMBIC_DIR).get_current_head()


def _check_database(room: Classroom, *, to_write: bool) -> None:
    """Refuse a gradebook that is no database, locked, or of another nbgrader."""
    engine = create_engine(room.db_url, connect_args={"timeout": LOCK_SECONDS})
    try:
        with _refusing_database_errors(room), engine.connect() as connection:
            if to_write:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                connection.exec_driver_sql("ROLLBACK")
            tables = set(inspect(connection).get_table_names())
            if not tables:
                return
            missing = set(Base.metadata.tables) - tables
            versions = []
            if "alembic_version" in tables:
                query = text("SELECT version_num FROM alembic_version")
                versions = list(connection.execute(query).scalars())
            if missing or versions != [_newest_version()]:
                raise Refusal(
                    f"{room.gradebook} was made by another version of nbgrader. "
                    f"Upgrade it: nbgrader db upgrade --db {room.db_url}"
                )
    finally:
        engine.dispose()


@contextlib.contextmanager
def _refusing_database_errors(room: Classroom) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        cause = error.orig if isinstance(error.orig, sqlite3.Error) else error
        if "locked" in str(cause):
            hint = "Close formgrader and other programs that use it, and try again"
        elif "not a database" in str(cause) or "malformed" in str(cause):
            hint = "Put it aside or restore it; a new one is made without it"
        else:
            hint = "Check the file and its permissions"
        raise Refusal(f"cannot use {room.gradebook}: {cause}. {hint}") from error
