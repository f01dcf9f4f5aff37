"""The files of a folder that somebody else filled: found and read so that none can stop us.

Nothing recurses, since folders can be nested thousands deep; no link is followed, no pipe is
waited for, and no more is read than was asked for.
"""

import contextlib
import datetime
import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from nbgrader.utils import parse_utc

TIMESTAMP = "timestamp.txt"  # nbgrader's, beside a notebook
LONGEST_TIMESTAMP = 100  # bytes; reading a date takes time that grows with the square


def files_below(
    folder: Path, on_error: Callable[[OSError], None] = lambda error: None
) -> Iterator[tuple[Path, os.stat_result]]:
    """Whatever is no folder in `folder` and below, with its `lstat`, sorted.

    `on_error` is told of what cannot be looked at: no permission, gone, too deep for a path.
    """
    waiting = [folder]
    while waiting:
        parent = waiting.pop()
        try:
            with os.scandir(parent) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as error:
            on_error(error)
            continue
        inner = []
        for name in names:
            path = Path(parent, name)
            try:
                found = path.lstat()
            except OSError as error:
                on_error(error)
                continue
            if stat.S_ISDIR(found.st_mode):
                inner.append(path)
            else:
                yield path, found
        waiting += reversed(inner)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, open to be read. Raises OSError, also for what is no regular file."""
    # Not a link and not a pipe even if it was exchanged since it was found.
    flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | flags)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
        yield file


def read_start(path: Path, most: int) -> bytes:
    """The first `most` bytes of a file. Raises OSError."""
    with opened(path) as file:
        return file.read(most)


def timestamp_text(folder: Path) -> str | None:
    """What timestamp.txt says, however long it is its start; None where there is no such file."""
    try:
        data = read_start(folder / TIMESTAMP, LONGEST_TIMESTAMP)
    except OSError:
        return None
    return data.decode("utf-8", "replace").strip()


def time_of(text: str) -> datetime.datetime | None:
    """The time that nbgrader reads in the text; None where it is none."""
    try:
        return parse_utc(text[:LONGEST_TIMESTAMP])
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError):
        return None  # dateutil raises all of these for odd texts
