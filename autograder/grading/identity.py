"""Whose marks a database holds: one class's, also where they are copied from another database.

An id in it is the same as in class_id.txt of the class folder. Two classes in one database would
mix their students and marks, unseen.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from nbgrader.api import Base, Course
from sqlalchemy import (
    URL,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    inspect,
    select,
    text,
)

from autograder.files import replace_text
from autograder.grading.database import FILE as REMEMBERED
from autograder.grading.database import (
    connected,
    create_tables,
    find_address,
    has_marks,
    refusing_errors,
    shown,
    sqlite_file,
    without_secrets,
)
from course.kit import UsageError

FILE = "class_id.txt"
LONGEST_NAME = 200  # characters
CLASS_TABLE = Table(
    "autograder_class",
    MetaData(),
    Column("slot", Integer, primary_key=True),  # always 1: there is one row
    Column("id", String(64), nullable=False),
    Column("name", String(LONGEST_NAME), nullable=False),
)
INSERT = f"""INSERT INTO {CLASS_TABLE.name} (slot, id, name) VALUES (1, :id, :name)
ON CONFLICT DO NOTHING"""
ROWS_AT_ONCE = 1_000
TABLES = tuple(Base.metadata.sorted_tables)  # what others refer to comes first
# nbgrader makes a row there when it opens an empty database.
NO_MARKS = {Course.__table__.name}
Rows = dict[tuple, tuple]  # by primary key


class Identity(NamedTuple):
    """`name` is that of the folder in which the class was first graded."""

    id: str
    name: str


def read_identity(connection: Connection) -> Identity | None:
    """Whose marks are in the database; None where nobody has said so yet."""
    if not inspect(connection).has_table(CLASS_TABLE.name):
        return None
    row = connection.execute(select(CLASS_TABLE.c.id, CLASS_TABLE.c.name)).first()
    return Identity(*row) if row else None


def write_identity(connection: Connection, identity: Identity) -> None:
    """Say whose marks are in a database where that is not said yet."""
    CLASS_TABLE.create(connection, checkfirst=True)
    connection.execute(text(INSERT), identity._asdict())


def check_identity(connection: Connection, root: Path, url: URL) -> None:
    """Refuse a database with the marks of another class than that in the folder `root`."""
    there = read_identity(connection)
    here = _read(root)
    if there is None or there.id == here:
        return
    if not here and _is_its_own(root, url):
        replace_text(root / FILE, f"{there.id}\n")
        return
    known = f"this folder is the class {here}" if here else f"there is no {FILE} here"
    raise UsageError(
        f"{shown(url)} holds the marks of another class ({there.name}, {there.id}); {known}. "
        "One database holds one class: name another one with --db. If it is the same class in a "
        f"copy of its folder, write {there.id} into {root / FILE}"
    )


def claim(connection: Connection, root: Path, url: URL) -> None:
    """Refuse the database of another class; make one that is nobody's that of this class."""
    if read_identity(connection) is None:
        here = _read(root)
        if not here:
            here = secrets.token_hex(8)
            replace_text(root / FILE, f"{here}\n")
        name = root.resolve().name.encode("utf-8", "replace").decode()[:LONGEST_NAME]
        write_identity(connection, Identity(here, name))
        connection.commit()
    check_identity(connection, root, url)


def _read(root: Path) -> str:
    try:
        return (root / FILE).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""


def _is_its_own(root: Path, url: URL) -> bool:
    """Whether the database lies in the folder, or is the one that the folder remembers."""
    path = sqlite_file(url)
    if path is not None and path.parent == root.resolve():
        return True
    if not (root / REMEMBERED).is_file():
        return False
    remembered = find_address(root, (root / REMEMBERED).read_text("utf-8").split()[-1])
    return without_secrets(remembered) == without_secrets(url)


@dataclass(frozen=True)
class Copied:
    """Rows by table; `changed` is False where all were there already."""

    rows: dict[str, int]
    changed: bool

    def __str__(self) -> str:
        names = {"student": "students", "submitted_assignment": "submissions"}
        told = [f"{self.rows[name]} {word}" for name, word in names.items()]
        told.append(f"{self.rows['grade']} marks")
        what = "copied, and every row compared" if self.changed else "there already"
        return f"{', '.join(told)}: {what}"


def copy_marks(source: URL, target: URL, *, replace: bool = False) -> Copied:
    """Copy all rows of nbgrader's tables, and whose class it is, between SQLite and PostgreSQL.

    In one transaction: a copy that is stopped leaves nothing behind, and is made again.

    The target is empty, or of the same class; where its rows are others, only with `replace`.
    Raises UsageError, and changes nothing, otherwise.
    """
    if without_secrets(source) == without_secrets(target):
        raise UsageError(f"{shown(source)} is both --from and --to. Name two databases")
    if not has_marks(source, to_write=False):
        raise UsageError(f"{shown(source)} has no marks. Name another one with --from")
    if not has_marks(target, to_write=True):
        create_tables(target)
    with _snapshot(source) as old, _alone(target) as new:
        whose = _one_class(old, new, source, target)
        wanted = {table: _rows(old, table) for table in TABLES}
        there = {table: _rows(new, table) for table in TABLES}
        counts = {table.name: len(rows) for table, rows in wanted.items()}
        if there == wanted:
            return Copied(counts, changed=False)
        other = {
            table.name: len(there[table].items() - wanted[table].items())
            for table in TABLES
            if table.name not in NO_MARKS
        }
        if any(other.values()) and not replace:
            listed = ", ".join(f"{n} in {name}" for name, n in other.items() if n)
            raise UsageError(
                f"{shown(target)} has rows that {shown(source)} has not ({listed}): they would "
                "be lost. Give --replace if they may be, or copy the other way"
            )
        for table in reversed(TABLES):
            new.execute(delete(table))
        for table, rows in wanted.items():
            _insert(new, table, list(rows.values()))
        if whose is not None:
            write_identity(new, whose)
        for table, rows in wanted.items():
            if _rows(new, table) != rows:
                raise UsageError(
                    f"the rows of {table.name} in {shown(target)} are not those of "
                    f"{shown(source)} after copying. Nothing was changed there"
                )
        new.commit()
    return Copied(counts, changed=True)


def _one_class(old: Connection, new: Connection, source: URL, target: URL) -> Any:
    """Whose marks they are. Refuses a target that holds another class, or one of nobody knows whom."""
    whose, theirs = read_identity(old), read_identity(new)
    is_empty = not any(
        new.execute(select(table.c[0]).limit(1)).first()
        for table in TABLES
        if table.name not in NO_MARKS
    )
    is_same = whose is not None and theirs is not None and whose.id == theirs.id
    if is_same or (is_empty and theirs is None):
        return whose
    name = (
        f"the class {theirs.name} ({theirs.id})" if theirs else "a class without an id"
    )
    raise UsageError(
        f"{shown(target)} belongs to {name}, {shown(source)} to "
        f"{f'{whose.name} ({whose.id})' if whose else 'a class without an id'}. Give an empty "
        "database, or one of the same class"
    )


@contextmanager
def _snapshot(url: URL) -> Iterator[Connection]:
    """A connection that sees one state of the database, whoever writes meanwhile."""
    with refusing_errors(url), connected(url) as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection
        connection.rollback()


@contextmanager
def _alone(url: URL) -> Iterator[Connection]:
    """A connection beside which nobody writes marks; what is not committed is undone."""
    with refusing_errors(url), connected(url) as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif connection.dialect.name == "postgresql":
            names = ", ".join(table.name for table in TABLES)
            connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
        try:
            yield connection
        finally:
            connection.rollback()


def _rows(connection: Connection, table: Table) -> Rows:
    keys = [at for at, column in enumerate(table.c) if column.primary_key]
    return {
        tuple(row[at] for at in keys): tuple(row)
        for row in connection.execute(select(table))
    }


def _insert(connection: Connection, table: Table, rows: list[tuple]) -> None:
    names = [column.key for column in table.c]
    for at in range(0, len(rows), ROWS_AT_ONCE):
        values = [
            dict(zip(names, row, strict=True)) for row in rows[at : at + ROWS_AT_ONCE]
        ]
        connection.execute(insert(table), values)
