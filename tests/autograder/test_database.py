"""Where the marks are kept: which address counts, and that no password is written or shown."""

import os

import pytest
from sqlalchemy import make_url

from autograder.grading.database import (
    FILE,
    VARIABLE,
    default_address,
    find_address,
    remember_address,
    shown,
    unlocked,
)
from course.kit import UsageError

SECRET = "s3cret/:@"
SERVER = "postgresql://me:s3cret%2F%3A%40@db.example:5433/marks?sslmode=require"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PGPASSWORD", "another")  # restored after the test


def test_the_marks_are_in_the_class_folder_where_nothing_is_said(tmp_path):
    url = find_address(tmp_path)
    assert url == default_address(tmp_path)
    assert url.database == (tmp_path / "gradebook.db").as_posix()


def test_what_is_given_counts_before_the_environment_and_what_is_remembered(
    tmp_path, monkeypatch
):
    remember_address(tmp_path, make_url("postgresql+psycopg://x@remembered/marks"))
    assert find_address(tmp_path).host == "remembered"
    monkeypatch.setenv(VARIABLE, "postgresql://x@environment/marks")
    assert find_address(tmp_path).host == "environment"
    assert find_address(tmp_path, "postgresql://x@given/marks").host == "given"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_driver_need_not_be_named(tmp_path, scheme):
    url = find_address(tmp_path, f"{scheme}://me@host/marks")
    assert url.drivername == "postgresql+psycopg"
    assert find_address(tmp_path, "postgresql+pg8000://h/m").drivername.endswith("8000")


def test_a_relative_file_stays_the_same_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    url = find_address(tmp_path, "sqlite:///other.db")
    assert url.database == (tmp_path / "other.db").as_posix()


@pytest.mark.parametrize("text", [SERVER, f"{SERVER}&password=s3cret%2F%3A%40"])
def test_a_password_is_neither_kept_nor_shown(tmp_path, text):
    url = find_address(tmp_path, text)
    remember_address(tmp_path, url)
    kept = (tmp_path / FILE).read_text(encoding="utf-8")
    for seen in (kept, shown(url), unlocked(url) if url.password else ""):
        assert "s3cret" not in seen
    again = find_address(tmp_path)
    assert (again.host, again.port, again.database) == ("db.example", 5433, "marks")
    assert again.username == "me" and again.password is None
    assert again.query == {"sslmode": "require"}


def test_a_configuration_that_is_shown_gets_the_password_aside(tmp_path):
    assert unlocked(find_address(tmp_path, SERVER)).startswith(
        "postgresql+psycopg://me@"
    )
    assert os.environ["PGPASSWORD"] == SECRET
    assert unlocked(default_address(tmp_path)).startswith("sqlite:///")


def test_going_back_to_the_class_folder_forgets_the_other(tmp_path):
    remember_address(tmp_path, make_url("sqlite:////elsewhere.db"))
    remember_address(tmp_path, default_address(tmp_path))
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    "text",
    ["marks.db", "sqlite://", "sqlite:///:memory:", "postgresql://me:s3cret@host:x/m"],
)
def test_what_is_no_address_is_refused(tmp_path, text):
    with pytest.raises(UsageError, match="--db") as caught:
        find_address(tmp_path, text)
    assert "s3cret" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_damaged_file_is_refused_by_its_name(tmp_path):
    (tmp_path / FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=FILE):
        find_address(tmp_path)
