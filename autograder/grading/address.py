"""Where the marks of a class are kept: the address of its database, never with a password shown."""

import os
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from autograder.files import replace_text
from course.kit.refusal import Refusal

VARIABLE = "GRADEBOOK_DB"
FILE = "gradebook.url"
EXAMPLES = "sqlite:///marks.db or postgresql://USER@HOST/DATABASE"
POSTGRESQL = ("postgres", "postgresql")
DRIVER = "postgresql+psycopg"
SECRETS = ("password", "sslpassword")  # what libpq takes as parameters
HEADER = """\
# The marks of this class are kept in the database at this address (autograder grade --db).
# The password is not: libpq finds it in PGPASSWORD or in ~/.pgpass.
"""


def find_address(root: Path, given: str = "") -> URL:
    """The address of the class at `root`: given, else $GRADEBOOK_DB, else remembered.

    Where nothing is said it is the SQLite file gradebook.db in the class folder. Refuses
    a text that is no SQLAlchemy address.
    """
    if given:
        return read_address(given, "--db")
    if os.environ.get(VARIABLE):
        return read_address(
            os.environ[VARIABLE], f"the environment variable {VARIABLE}"
        )
    path = root / FILE
    if path.is_file():
        return read_address(_first_line(path), str(path))
    return default_address(root)


def default_address(root: Path) -> URL:
    """SQLite's gradebook.db in the class folder, as nbgrader has it."""
    return make_url(f"sqlite:///{(root / 'gradebook.db').resolve().as_posix()}")


def read_address(text: str, place: str) -> URL:
    """The address in this text, which came from `place`; a relative SQLite file is made absolute."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # its message may hold the password
        raise Refusal(
            f"{place} does not hold the address of a database. Give one like {EXAMPLES}"
        ) from None
    if url.drivername in POSTGRESQL:
        return url.set(drivername=DRIVER)
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise Refusal(
                f"{place} names a database in memory, which would be lost. "
                f"Give one like {EXAMPLES}"
            )
        return url.set(database=Path(url.database).resolve().as_posix())
    return url


def remember_address(root: Path, url: URL) -> None:
    """Make later commands and formgrader use this database; a password is left out."""
    path = root / FILE
    if url == default_address(root):
        path.unlink(missing_ok=True)
    else:
        replace_text(path, f"{HEADER}{_text(without_secrets(url))}\n")


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite database; None for a database on a server."""
    return Path(url.database) if url.get_backend_name() == "sqlite" else None


def without_secrets(url: URL) -> URL:
    """The address without any password in it."""
    url = url.difference_update_query(SECRETS)
    return URL.create(
        url.drivername, url.username, None, url.host, url.port, url.database, url.query
    )


def shown(url: URL) -> str:
    """The address as messages show it: a path, or an address without a password."""
    path = sqlite_file(url)
    return str(path) if path else _text(without_secrets(url))


def unlocked(url: URL) -> str:
    """The address for a configuration that is shown: PostgreSQL's password goes to PGPASSWORD."""
    if url.get_backend_name() == "postgresql" and url.password:
        os.environ["PGPASSWORD"] = str(url.password)
        url = without_secrets(url)
    return _text(url)


def secrets(url: URL) -> list[str]:
    """The passwords in the address, to be cut out of other programs' messages."""
    found = [url.password, *(url.query.get(name) for name in SECRETS)]
    return [str(secret) for secret in found if secret]


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    return next((line.strip() for line in lines if line and line[0] != "#"), "")
