"""Files written whole or not at all, and the texts that go into them."""

import csv
import io
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WIDTH = 100
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


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
