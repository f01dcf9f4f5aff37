"""Which class a database belongs to: an id in it, and the same in class_id.txt of the class folder.

One database holds one class: two would mix their students and marks, unseen.
"""

import secrets
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    inspect,
    select,
    text,
)

from autograder.files import replace_text
from autograder.grading.database import FILE as REMEMBERED
from autograder.grading.database import (
    find_address,
    shown,
    sqlite_file,
    without_secrets,
)
from course.kit.usage_error import UsageError

FILE = "class_id.txt"
LONGEST_NAME = 200  # characters
TABLE = Table(
    "autograder_class",
    MetaData(),
    Column("slot", Integer, primary_key=True),  # always 1: there is one row
    Column("id", String(64), nullable=False),
    Column("name", String(LONGEST_NAME), nullable=False),
)
INSERT = f"""INSERT INTO {TABLE.name} (slot, id, name) VALUES (1, :id, :name)
ON CONFLICT DO NOTHING"""


class Identity(NamedTuple):
    """`name` is that of the folder in which the class was first graded."""

    id: str
    name: str


def read_identity(connection: Connection) -> Identity | None:
    """Whose marks are in the database; None where nobody has said so yet."""
    if not inspect(connection).has_table(TABLE.name):
        return None
    row = connection.execute(select(TABLE.c.id, TABLE.c.name)).first()
    return Identity(*row) if row else None


def write_identity(connection: Connection, identity: Identity) -> None:
    """Say whose marks are in a database where that is not said yet."""
    TABLE.create(connection, checkfirst=True)
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
