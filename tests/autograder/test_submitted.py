"""Folders that somebody else filled: how deep, unreadable or odd they are stops nobody."""

import os
import time
from pathlib import Path

import pytest
from small_class import NAME

from autograder.collect.archive import folder_files
from autograder.collect.intake import Intake, IntakeLimits
from autograder.grading.record import read_timestamp
from autograder.grading.sandbox.child.processes import remove
from autograder.grading.submitted import (
    files_below,
    fingerprint,
    notebook_files,
    read_start,
    time_of,
)

DEEPEST = 1_400  # folders in one another; os.walk of Python 3.11 recurses to 1,000


def nest(folder: Path, depth: int, modes: int = 0o777) -> None:
    """Folders in one another, deeper than a path can say; a file in the last."""
    handle = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=handle)
        inner = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.fchmod(inner, modes)
        os.close(handle)
        handle = inner
    os.close(os.open("last.ipynb", os.O_WRONLY | os.O_CREAT, dir_fd=handle))
    os.close(handle)


@pytest.fixture
def deep(tmp_path):
    """A folder that is gone before pytest looks for it: shutil.rmtree recurses, too."""
    folder = tmp_path / "deep"
    folder.mkdir()
    yield folder
    remove(folder)


def test_deep_folders_are_walked(deep):
    nest(deep, DEEPEST)
    (path,) = notebook_files(deep)
    assert path.name == "last.ipynb"
    assert len(path.relative_to(deep).parts) == DEEPEST + 1
    assert fingerprint(deep)


def test_deep_folders_are_collected_up_to_a_limit(deep, tmp_path):
    nest(deep, DEEPEST)
    (deep / "near.ipynb").touch()
    intake = Intake(tmp_path, IntakeLimits())
    assert [each.parts for each in folder_files(deep, intake)] == [("near.ipynb",)]
    (refused,) = intake.refused
    assert refused.why == "it lies deeper than 20 folders"


def test_folders_deeper_than_a_path_can_say_are_told(deep, tmp_path):
    nest(deep, 5_000)
    (deep / "near.ipynb").touch()
    told = []
    assert [path.name for path, _ in files_below(deep, told.append)] == ["near.ipynb"]
    assert [error.strerror for error in told] == ["File name too long"]


@pytest.mark.parametrize("modes", [0o777, 0o500])
def test_deep_folders_are_deleted(tmp_path, modes):
    folder = tmp_path / "deep"
    folder.mkdir()
    nest(folder, 5_000, modes)
    for number in range(20):
        (folder / f"wide-{number}" / "inner").mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o755)
    (outside / "kept").touch()
    (folder / "link").symlink_to(outside)
    remove(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]
    assert (outside / "kept").exists()
    assert outside.stat().st_mode & 0o777 == 0o755


def test_what_is_not_there_is_deleted_without_a_word(tmp_path):
    remove(tmp_path / "nothing")


@pytest.mark.parametrize("kind", ["pipe", "link", "folder", "loop"])
def test_only_regular_files_are_read(tmp_path, kind):
    path = tmp_path / "x.ipynb"
    (tmp_path / "real").write_bytes(b"secret")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path if kind == "loop" else tmp_path / "real")
    with pytest.raises(OSError):
        read_start(path, 10)
    assert path not in notebook_files(tmp_path)


def test_a_timestamp_of_ten_megabytes_takes_no_time(tmp_path):
    (tmp_path / "timestamp.txt").write_bytes(b"1" * 10_000_000)
    started = time.process_time()
    text, notes = read_timestamp(tmp_path)
    assert time.process_time() - started < 2
    assert text is None
    assert [note.text for note in notes] == ["timestamp.txt does not hold a date"]


def test_a_timestamp_that_is_a_link_is_not_looked_at(tmp_path):
    (tmp_path / "other").write_text("2026-01-01 00:00:00 UTC", encoding="utf-8")
    before = fingerprint(tmp_path)
    (tmp_path / "timestamp.txt").symlink_to("other")
    assert fingerprint(tmp_path) == before
    assert read_timestamp(tmp_path) == (None, [])


@pytest.mark.parametrize(
    "text",
    ["", "\0", "nan", "1e400", "9" * 400, "0001-01-01 00:00:00 +2300", "(((", "-"],
)
def test_odd_times_are_none(text):
    assert time_of(text) is None


def test_what_cannot_be_read_has_a_fingerprint(tmp_path, monkeypatch):
    """It changes when the file can be read again, so that it is then graded."""
    path = tmp_path / f"{NAME}.ipynb"
    path.write_bytes(b"{}")
    readable = fingerprint(tmp_path)
    opened = os.open

    def denied(name, *flags, **more):
        if str(name).endswith(".ipynb"):
            raise PermissionError(13, "Permission denied", str(name))
        return opened(name, *flags, **more)

    monkeypatch.setattr(os, "open", denied)
    assert fingerprint(tmp_path) != readable
