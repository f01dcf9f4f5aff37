"""Files that nbgrader, a spreadsheet and every system take: their names, texts and ids.

They are written whole or not at all.
"""

import csv
import hashlib
import io
import json
import os
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

WIDTH = 100
# Members of an archive have no date of their own: the same files make the same archive.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
LONGEST_ID = 64  # characters of an id
LONGEST_SLUG = 40  # before a number and a hash that keep it unique
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|clock\$)(\..*)?", re.IGNORECASE)
UNSAFE = re.compile(r"[^A-Za-z0-9]+")
PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.@-]*[A-Za-z0-9_])?")


def replace_bytes(path: Path, content: bytes) -> bool:
    """Give `path` this content in one step; True when that changed the file.

    A file that already has the content is left alone (its time stamp too). A reader, and
    an interrupted run, sees the old file or the new one and never a part of either.
    """
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def replace_text(path: Path, text: str) -> bool:
    """`replace_bytes` with utf-8 text whose lines end in a plain newline."""
    return replace_bytes(path, text.encode("utf-8"))


def replace_zip(
    path: Path, files: Iterable[tuple[str, bytes]], scripts: Collection[str] = ()
) -> None:
    """Make `path` an archive of these names and contents, in one step; `scripts` can be run."""
    made = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(made, "w") as archive:
            for name, content in files:
                member = zipfile.ZipInfo(name, ZIP_DATE)
                member.compress_type = zipfile.ZIP_DEFLATED
                member.create_system = 3
                member.external_attr = (0o755 if name in scripts else 0o644) << 16
                archive.writestr(member, content)
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)


def json_text(value: Any) -> str:
    """JSON to read in a diff: indented; a short value, and a list of plain values, takes one line."""
    return _json(value, "") + "\n"


def _json(value: Any, indent: str) -> str:
    line = json.dumps(value, ensure_ascii=False)
    nested = isinstance(value, (dict, list)) and len(line) > WIDTH
    if isinstance(value, list):
        nested &= any(isinstance(item, (dict, list)) for item in value)
    if not nested:
        return line
    inner = indent + " "
    if isinstance(value, dict):
        keys = (f"{json.dumps(key, ensure_ascii=False)}: " for key in value)
        items = [key + _json(item, inner) for key, item in zip(keys, value.values())]
    else:
        items = [_json(item, inner) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    body = ",\n".join(inner + item for item in items)
    return f"{opening}\n{body}\n{indent}{closing}"


def csv_text(rows: Sequence[Sequence[str]]) -> str:
    """The rows as CSV in which no cell is a formula."""
    page = io.StringIO()
    csv.writer(page, lineterminator="\n").writerows(
        [guarded(cell) for cell in row] for row in rows
    )
    return page.getvalue()


def guarded(cell: str) -> str:
    """The text, so that no spreadsheet runs it as a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def unguarded(cell: str) -> str:
    """The text that `guarded` was given."""
    bare = cell[1:]
    return bare if cell.startswith("'") and guarded(bare) == cell else cell


def is_safe(name: str) -> bool:
    """Whether a name can be an id just as it is."""
    fits = PLAIN.fullmatch(name) and len(name) <= LONGEST_ID
    return bool(fits) and not RESERVED.fullmatch(name) and ".." not in name


def normal(name: str) -> str:
    """One spelling of a name: composed characters, single spaces, nothing invisible."""
    shown = "".join(
        sign if sign.isprintable() else " "
        for sign in unicodedata.normalize("NFC", name)
    )
    return " ".join(shown.split())


def slug(name: str) -> str:
    """ "Ana López" -> "ana-lopez"; "" when no ASCII letter or digit is left of it."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return (
        UNSAFE.sub("-", letters.encode("ascii", "ignore").decode())
        .strip("-")[:LONGEST_SLUG]
        .strip("-")
        .lower()
    )


def safe_id(name: str) -> str:
    """The name when it is safe; else its plain letters and a hash that tells it from others."""
    if is_safe(name):
        return name
    return f"{slug(name) or 'learner'}-{short_hash(name)}"


def short_hash(text: str) -> str:
    """Eight hexadecimal digits that differ for different texts."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]


def safe_file_name(name: str, taken: set[str]) -> str:
    """A name for a notebook; `taken` holds the lower-case names that are in use, and grows."""
    stem = re.sub(r"(?i)\.ipynb$", "", name)
    made = (
        re.sub(r"[^A-Za-z0-9_.()-]+", "_", stem)[:LONGEST_SLUG].strip(". ")
        or "notebook"
    )
    if made != stem or RESERVED.fullmatch(made):
        made = f"{made}-{short_hash(stem)}"
    count, unique = 1, made
    while f"{unique}.ipynb".lower() in taken:
        count += 1
        unique = f"{made}-{count}"
    taken.add(f"{unique}.ipynb".lower())
    return f"{unique}.ipynb"
