"""A PostgreSQL server of the tests' own, from Debian's package, on a free port of this machine."""

import contextlib
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, text

REQUIRED = "GRADER_POSTGRES_REQUIRED"  # .ci/run sets it: a skip is a failure there
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "16MB",
    "max_connections": "20",
}


@dataclass(frozen=True)
class Server:
    """A running server. Its password lets itself be found in whatever prints it."""

    port: int
    password: str
    control: "Control"

    def url(self, database: str, **changed) -> URL:
        parts = {
            "drivername": "postgresql+psycopg",
            "username": "grader",
            "password": self.password,
            "host": "127.0.0.1",
            "port": self.port,
            "database": database,
        }
        return URL.create(**{**parts, **changed})

    def address(self, database: str, **changed) -> str:
        return self.url(database, **changed).render_as_string(hide_password=False)

    def create_database(self) -> str:
        """A new, empty database; its name."""
        name = f"class_{secrets.token_hex(4)}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return name


@dataclass(frozen=True)
class Control:
    """Runs the programs of the package, never as root: PostgreSQL refuses that."""

    programs: Path
    folder: Path
    user: str | None

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), "-D", str(self.folder / "data")]
        done = subprocess.run(
            [*command, *arguments],
            check=False,
            user=self.user,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout

    def start(self, port: int) -> None:
        settings = {**SETTINGS, "unix_socket_directories": str(self.folder)}
        words = [f"-c {name}={value}" for name, value in settings.items()]
        options = " ".join([f"-p {port} -h 127.0.0.1", *words])
        log = str(self.folder / "log")
        self.run("pg_ctl", "-w", "-s", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        self.run("pg_ctl", "-w", "-s", "-m", "immediate", "stop")


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """A server with the user "grader"; it and its folder are gone afterwards."""
    programs, user = find_programs(), other_user()
    # Not below pytest's folder, which is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        password = f"secret{secrets.token_hex(8)}"
        (folder / "password").write_text(password, encoding="utf-8")
        if user:
            for path in (folder, folder / "password"):
                shutil.chown(path, user)
        control = Control(programs, folder, user)
        control.run(
            "initdb",
            "--no-sync",
            "--username=grader",
            f"--pwfile={folder / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
        )
        port = free_port()
        control.start(port)
        try:
            yield Server(port, password, control)
        finally:
            control.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path:
    """The folder with initdb and pg_ctl; skips the test where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found or not importlib.util.find_spec("psycopg"):
        reason = (
            "PostgreSQL or psycopg is not installed "
            "(apt-get install postgresql; pip install 'psycopg[binary]')"
        )
        if os.environ.get(REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)
    return found[-1].parent


def other_user() -> str | None:
    if os.geteuid() != 0:
        return None
    import pwd  # not on Windows, where this is not reached

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
