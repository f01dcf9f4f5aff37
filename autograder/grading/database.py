"""The database of a class, on SQLite and on PostgreSQL alike: its address, made, checked, opened.

An address is never shown with a password.
"""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from alembic.script import ScriptDirectory
from nbgrader.api import Base, Gradebook
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import URL, Connection, Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, StaticPool

from autograder.files import replace_text
from course.kit import UsageError

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
LOCK_SECONDS = 5
CONNECT_SECONDS = 10
LONGEST_CAUSE = 300  # characters of another program's message
VERSION_TABLE = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"
# What a message says, and what to do then. The first that fits counts.
HINTS = {
    "locked": "Close formgrader and other programs that use it, and try again",
    "lock timeout": "Close formgrader and other programs that use it, and try again",
    "not a database": "Put it aside or restore it; a new one is made without it",
    "malformed": "Put it aside or restore it; a new one is made without it",
    "unable to open": "Check that its folder is there, and the permissions",
    "password": "Give the right one in PGPASSWORD or ~/.pgpass",
    "authentication failed": "Correct the name of the user, or the server's pg_hba.conf",
    "role": "Correct the name of the user, or make it: createuser",
    "does not exist": "Make the database first: createdb",
    "permission denied": "Ask for the right to make and change tables in it",
    "connect": "Check the address, and that the server runs",
    "resolve": "Check the address, and that the server runs",
}


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
        raise UsageError(
            f"{place} does not hold the address of a database. Give one like {EXAMPLES}"
        ) from None
    if url.drivername in POSTGRESQL:
        return url.set(drivername=DRIVER)
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise UsageError(
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


def has_marks(url: URL, *, to_write: bool) -> bool:
    """Whether the database has nbgrader's tables; an empty or missing one has none.

    Refuses one that cannot be reached, is locked, is no database, or is of another nbgrader.
    """
    path = sqlite_file(url)
    if path and (not path.exists() or path.stat().st_size == 0):
        return False
    with refusing_errors(url), connected(url) as connection:
        tables = set(inspect(connection).get_table_names())
        if not tables:
            return False
        _refuse_other_versions(url, connection, tables)
        if to_write:
            _refuse_lock(connection)
    return True


@contextlib.contextmanager
def opened(url: URL) -> Iterator[Gradebook]:
    """nbgrader's Gradebook on this database, whose tables are made if there are none."""
    if not has_marks(url, to_write=True):
        create_tables(url)
    with refusing_errors(url), Gradebook(_patient(url)) as gradebook:
        yield gradebook


@contextlib.contextmanager
def reading(url: URL) -> Iterator[Session]:
    """A session to read from; nothing is written to the database."""
    with refusing_errors(url), _session(url) as session:
        yield session


def create_tables(url: URL) -> None:
    """nbgrader's tables, as Gradebook() makes them but without running `alembic`.

    nbgrader finds the version of its tables by running the `alembic` executable, which
    takes seconds and must be on the PATH; its library gives the same answer.
    """
    path = sqlite_file(url)
    with refusing_errors(url):
        if path is None:
            with connected(url) as connection:
                _create_all(connection)
                connection.commit()
        elif path.parent.is_dir():
            _create_file(path)
        else:
            raise UsageError(
                f"{path} would be in a folder that does not exist. Make it"
            )


@contextlib.contextmanager
def refusing_errors(url: URL) -> Iterator[None]:
    """Turns a database's error into one line that names it and never its password."""
    try:
        yield
    except DBAPIError as error:
        cause = " ".join(str(error.orig).split())
        for secret in secrets(url):
            cause = cause.replace(secret, "***")
        hints = (hint for part, hint in HINTS.items() if part in cause.lower())
        hint = next(hints, "Check it and its permissions")
        cause = cause[:LONGEST_CAUSE].rstrip(". ")
        raise UsageError(f"cannot use {shown(url)}: {cause}. {hint}") from None


def _patient(url: URL) -> URL:
    """The address with limits on waiting: for the server, and for what others have locked."""
    if url.get_backend_name() != "postgresql":
        return url
    milliseconds = int(1000 * LOCK_SECONDS)
    limits = {
        "connect_timeout": str(CONNECT_SECONDS),
        "options": f"-c lock_timeout={milliseconds}",
    }
    return url.update_query_dict({**limits, **url.query})


def _engine(url: URL) -> Engine:
    is_file = sqlite_file(url) is not None
    waits = {"timeout": LOCK_SECONDS} if is_file else {}
    try:
        return create_engine(_patient(url), poolclass=NullPool, connect_args=waits)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        hint = "Correct the address, or install the driver"
        if url.get_backend_name() == "postgresql":
            hint = "Install the driver: pip install 'psycopg[binary]'"
        raise UsageError(f"cannot use {shown(url)}: {error}. {hint}") from None


@contextlib.contextmanager
def connected(url: URL) -> Iterator[Connection]:
    """A connection that is closed afterwards, with limits on waiting."""
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextlib.contextmanager
def _session(url: URL) -> Iterator[Session]:
    with connected(url) as connection, Session(connection) as session:
        yield session


def _refuse_other_versions(url: URL, connection: Connection, tables: set[str]) -> None:
    versions = []
    if "alembic_version" in tables:
        query = text("SELECT version_num FROM alembic_version")
        versions = list(connection.execute(query).scalars())
    wanted = set(Base.metadata.tables)
    if not wanted & tables:
        raise UsageError(
            f"{shown(url)} holds the tables of another program. Give an empty database"
        )
    if wanted - tables or versions != [_newest_version()]:
        raise UsageError(
            f"{shown(url)} was made by another version of nbgrader. "
            "Upgrade it: nbgrader db upgrade --db ADDRESS"
        )


def _refuse_lock(connection: Connection) -> None:
    """Raises the database's own error when another program keeps it from being written."""
    connection.rollback()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE grade IN ROW EXCLUSIVE MODE")
    connection.rollback()


def _create_all(connection: Connection) -> None:
    Base.metadata.create_all(bind=connection)
    connection.execute(text(VERSION_TABLE))
    query = text("INSERT INTO alembic_version VALUES (:head)")
    connection.execute(query, {"head": _newest_version()})


def _create_file(path: Path) -> None:
    """An SQLite file, made in memory and put in place in one step."""
    handle, name = tempfile.mkstemp(prefix=".gradebook.", dir=path.parent)
    os.close(handle)
    memory = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with memory.begin() as connection:
            _create_all(connection)
        with contextlib.closing(sqlite3.connect(name)) as file:
            memory.raw_connection().driver_connection.backup(file)
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        memory.dispose()
        Path(name).unlink(missing_ok=True)


def _newest_version() -> str:
    [newest] = ScriptDirectory(ALEMBIC_DIR).get_heads()
    return newest
