"""Delete what learner code has left in a folder, whatever it did to keep it."""

import contextlib
import os
import uuid
from pathlib import Path


def remove(folder: Path) -> None:
    """Delete a folder, also where modes forbid it and however deep it is. Raises nothing.

    `shutil.rmtree` recurses, and stops at a thousand folders in one another. Here the folders
    in a folder are moved up before it is deleted, so that every path stays short.
    """
    while sum(_dissolve(inner, folder) for inner in _emptied(folder)):
        pass
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def _dissolve(inner: str, folder: Path) -> bool:
    """Delete one folder after moving those in it up; whether it is gone."""
    for deeper in _emptied(inner):
        with contextlib.suppress(OSError):
            os.chmod(deeper, 0o700)
            os.rename(deeper, folder / uuid.uuid4().hex)
    with contextlib.suppress(OSError):
        os.rmdir(inner)
        return True
    return False


def _emptied(folder: Path | str) -> list[str]:
    """The folders in a folder, of which all else is deleted."""
    folders = []
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o700)
        with os.scandir(folder) as entries:
            found = list(entries)
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)
    return folders
