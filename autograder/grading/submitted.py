"""Read what a student handed in, trusting nothing in it.

Files are found and read so that none can stop us: nothing recurses, since folders can be nested
thousands deep; no link is followed, no pipe is waited for, and no more is read than was asked for.
"""

import contextlib
import datetime
import errno
import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from nbgrader.utils import parse_utc

from autograder.files import replace_bytes, replace_text
from autograder.grading.outcome import Note

TIMESTAMP = "timestamp.txt"  # nbgrader's, beside a notebook
SECRET = "submission_secret.txt"  # of nbgrader's exchange: it names the feedback page
LATE_MARK = (
    "late.txt"  # collect's: what a platform says of the time where it names none
)
LATE, IN_TIME = "late", "in time"
NO_NOTEBOOK = "no_notebook.txt"  # collect's: the names of what was handed in instead
LONGEST_SECRET = 1_000  # bytes
LONGEST_TIMESTAMP = 100  # bytes; reading a date takes time that grows with the square
LARGEST_NOTEBOOK = 100_000_000  # bytes
MOST_NODES = 2_000_000  # lists and objects in the JSON; each takes 50 to 200 bytes
LONGEST_SOURCE = 1_000_000  # characters of a cell
LARGEST_ATTACHMENTS = 20_000_000  # characters of all images in a notebook
LONGEST_NUMBER = 300  # digits; Python takes time with the square of more
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # in JSON, and not after a backslash
MARKS = (
    "grade",
    "solution",
    "task",
)  # of nbgrader's metadata, what decides about marks
CODE, TEXT = "code", "markdown"


def files_below(
    folder: Path,
    on_error: Callable[[OSError], None] = lambda error: None,
    on_empty: Callable[[Path], None] = lambda folder: None,
) -> Iterator[tuple[Path, os.stat_result]]:
    """Whatever is no folder in `folder` and below, with its `lstat`, sorted.

    `on_error` is told of what cannot be looked at: no permission, gone, too deep for a path;
    `on_empty` of folders with nothing in them.
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
        if not names:
            on_empty(parent)
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


def late_mark(folder: Path) -> str:
    """LATE or IN_TIME where a platform said so, else ""."""
    try:
        text = read_start(folder / LATE_MARK, LONGEST_TIMESTAMP).decode(
            "utf-8", "replace"
        )
    except OSError:
        return ""
    return text.strip() if text.strip() in (LATE, IN_TIME) else ""


def keep_exchange_files(submitted: Path, to: Path) -> None:
    """Put into the folder `to` what `nbgrader release_feedback` reads beside a page.

    What did not come by nbgrader's exchange gets a secret that nobody knows: one submission
    without any stops the command for the whole class.
    """
    text = timestamp_text(submitted) or ""
    replace_text(to / TIMESTAMP, text if time_of(text) else "")
    try:
        secret = read_start(submitted / SECRET, LONGEST_SECRET)
    except OSError:
        if (to / SECRET).exists():
            return
        secret = secrets.token_hex(64).encode()
    replace_bytes(to / SECRET, secret)


def time_of(text: str) -> datetime.datetime | None:
    """The time that nbgrader reads in the text; None where it is none."""
    try:
        return parse_utc(text[:LONGEST_TIMESTAMP])
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError):
        return None  # dateutil raises all of these for odd texts


class Unreadable(Exception):
    """The file holds no notebook; the message says what it holds."""


@dataclass(frozen=True)
class SubmittedCell:
    """One cell, of which only type, text, images and the name that nbgrader gave it count."""

    kind: str  # code, markdown, or something else
    source: str
    grade_id: str = ""
    cell_id: str = ""
    points: object = None
    tags: tuple[str, ...] = ()
    nbgrader: tuple[tuple[str, bool], ...] = ()  # those of MARKS that it has
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class SubmittedNotebook:
    """A file of a submission as far as it could be read."""

    name: str
    cells: tuple[SubmittedCell, ...]
    notes: tuple[Note, ...] = ()


def notebook_files(
    folder: Path, on_error: Callable[[OSError], None] = lambda error: None
) -> list[Path]:
    """The notebooks of a submission, real files only: links lead to what is not theirs.

    `on_error` is told of what cannot be looked at.
    """
    return [
        path
        for path, found in files_below(folder, on_error)
        if path.name.lower().endswith(".ipynb")
        and stat.S_ISREG(found.st_mode)
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def fingerprint(folder: Path) -> str:
    """A hash of everything in a submission's folder that grading looks at."""
    total = hashlib.sha256()
    for path in notebook_files(folder):
        name = path.relative_to(folder).as_posix()
        total.update(name.encode("utf-8", "replace") + b"\0")
        try:
            data = read_start(path, LARGEST_NOTEBOOK + 1)
        except OSError as error:
            data = str(error.errno).encode()
        total.update(hashlib.sha256(data).digest())
    total.update((timestamp_text(folder) or "").encode("utf-8"))
    return total.hexdigest()


def read_notebook(path: Path) -> SubmittedNotebook:
    """The cells of a notebook of format 3 or 4 (or a later one that looks like 4).

    Bytes that are not utf-8 are taken as utf-16 or latin-1. Raises Unreadable.
    """
    data = read_start(path, LARGEST_NOTEBOOK + 1)
    if len(data) > LARGEST_NOTEBOOK:
        raise Unreadable(f"the file is larger than {LARGEST_NOTEBOOK:,} bytes")
    if data.count(b"{") + data.count(b"[") > MOST_NODES:
        raise Unreadable(f"the file has more than {MOST_NODES:,} lists and objects")
    text, encoding = _decode(data)
    del data
    notes = []
    if encoding != "utf-8":
        notes.append(Note("encoding", f"the file was in {encoding}"))
    if "\0" in text or ("\\u0000" in text and NUL.search(text)):
        notes.append(Note("damaged", "NUL characters were left out"))
    document = _parse(text)
    del text
    given = [_cell(raw) for raw in _raw_cells(document)]
    del document
    cells = [cell for cell in given if cell is not None]
    if len(cells) < len(given):
        damaged = len(given) - len(cells)
        notes.append(Note("damaged", f"{damaged} cell(s) could not be read"))
    short = [cell for cell in cells if len(cell.source) <= LONGEST_SOURCE]
    if len(short) < len(cells):
        text = f"{len(cells) - len(short)} cell(s) of more than {LONGEST_SOURCE:,} characters"
        notes.append(Note("damaged", f"{text} were left out"))
    cells = _with_few_images(short, notes)
    return SubmittedNotebook(printable(path.name), tuple(cells), tuple(notes))


def printable(name: str) -> str:
    """A file's name as text that can be written as utf-8."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _with_few_images(
    cells: list[SubmittedCell], notes: list[Note]
) -> list[SubmittedCell]:
    """The cells; without the images from the one on with which they are too large."""
    room, kept, dropped = LARGEST_ATTACHMENTS, [], 0
    for cell in cells:
        size = sum(
            len(data)
            for bundle in cell.attachments.values()
            for data in bundle.values()
        )
        if size > room:
            cell = replace(cell, attachments={})
            dropped += 1
        else:
            room -= size
        kept.append(cell)
    if dropped:
        text = f"the images of {dropped} cell(s) were left out: they are too large"
        notes.append(Note("damaged", text))
    return kept


def _decode(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), "utf-16"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if b"\0" in data[:100]:
            little = data[1:2] == b"\0"
            name = "utf-16-le" if little else "utf-16-be"
            return data.decode(name, "replace"), "utf-16"
        return data.decode("latin-1"), "latin-1"
    return text, "utf-8"


def _parse(text: str) -> object:
    if not text.strip():
        raise Unreadable("the file is empty")
    try:
        return json.loads(text.replace("\0", ""), parse_int=_number)
    except (ValueError, RecursionError, MemoryError) as error:
        if "\n<<<<<<< " in f"\n{text[:10]}" + text and "\n>>>>>>> " in text:
            raise Unreadable("the file has git's conflict markers") from None
        raise Unreadable(f"the file is not valid JSON ({error})") from None


def _number(digits: str) -> int | str:
    """The number; the text itself where nobody means such a number."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _raw_cells(document: object) -> list:
    if not isinstance(document, dict):
        raise Unreadable("the file is JSON, but not a notebook")
    cells = document.get("cells")
    sheets = document.get("worksheets")
    if cells is None and isinstance(sheets, list):  # nbformat 3
        sheets = [sheet for sheet in sheets if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    if not isinstance(cells, list):
        raise Unreadable("the file is JSON, but it has no cells")
    return cells


def _cell(raw: object) -> SubmittedCell | None:
    """The cell; None when it has no text to speak of."""
    if not isinstance(raw, dict):
        return None
    source = raw.get("source", raw.get("input"))  # nbformat 3 calls code "input"
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    metadata = _dict(raw.get("metadata"))
    nbgrader = _dict(metadata.get("nbgrader"))
    return SubmittedCell(
        kind=_text(raw.get("cell_type")),
        source=_clean(source),
        grade_id=_text(nbgrader.get("grade_id")),
        cell_id=_text(raw.get("id")),
        points=_scalar(nbgrader.get("points")),
        tags=tuple(_text(tag) for tag in _list(metadata.get("tags"))),
        nbgrader=tuple(
            (name, nbgrader[name]) for name in MARKS if type(nbgrader.get(name)) is bool
        ),
        attachments=_attachments(raw.get("attachments")),
    )


def _attachments(raw: object) -> dict[str, dict[str, str]]:
    return {
        _clean(name): {_clean(kind): data for kind, data in bundle.items()}
        for name, bundle in _dict(raw).items()
        if isinstance(bundle, dict)
        and all(isinstance(data, str) and data.isascii() for data in bundle.values())
    }


def _clean(text: str) -> str:
    """One kind of newline, and no halves of characters: they cannot be written to a file."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode("utf-8")


def _text(value: object) -> str:
    return _clean(value) if isinstance(value, str) else ""


def _scalar(value: object) -> object:
    """A number or a short text; of anything else only what it is."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return value[:40] if isinstance(value, str) else type(value).__name__


def _list(value: object) -> list:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict:
    return value if isinstance(value, dict) else {}
