"""Write a file whole or not at all."""

import os
import tempfile
from pathlib import Path


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
