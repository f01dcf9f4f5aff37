"""Temporary folders of a check, as both processes see them: each has its own disk.

A check makes a folder and hands over its path; the answer finds what the check has put there,
and the check what the answer has written. Only regular files and folders cross.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from inside.values import Lie

MOST_FILES, MOST_BYTES = 200, 50 * 2**20
DEEPEST = 8  # folders in folders


class Folders:
    """Compares the folders in the place for temporary ones with what the other side has of them.

    `are_ours`: of the checks' process, whose folders they are. The other one has copies.
    """

    def __init__(self, are_ours: bool) -> None:
        self.place = Path(tempfile.gettempdir())
        self.are_ours = are_ours
        self.known: dict[str, Any] = {}  # by path: bytes of a file, True for a folder

    def changes(self) -> list[list]:
        """What is new since the last crossing: [path, bytes, True for a folder, None if gone]."""
        has_folders = self.are_ours and os.stat(self.place).st_nlink > 2
        if not self.known and not has_folders:
            return []
        now = dict(self._found())
        changed = [[n, what] for n, what in now.items() if self.known.get(n) != what]
        gone = [[name, None] for name in self.known if name not in now]
        self.known = now
        return [*changed, *reversed(gone)]

    def _found(self) -> Iterator[tuple[str, Any]]:
        tops = {name.partition("/")[0] for name in self.known}
        count = size = 0
        for top in os.scandir(self.place):
            if not (self.are_ours or top.name in tops):
                continue
            for folder, _, files in os.walk(top.path):
                yield os.path.relpath(folder, self.place), True
                for name in files:
                    path = Path(folder, name)
                    if path.is_symlink() or not path.is_file():
                        continue
                    count, size = count + 1, size + path.stat().st_size
                    if count > MOST_FILES or size > MOST_BYTES:
                        raise ValueError(
                            "too many files for a check, or too large ones"
                        )
                    yield os.path.relpath(path, self.place), path.read_bytes()

    def apply(self, told: Any) -> None:
        """Make the same changes here. Raises Lie for what does not lie in such a folder."""
        for name, what in told:
            path = self._checked(name)
            if what is None:
                self.known.pop(name, None)
                path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
                continue
            if what is True:
                path.mkdir(mode=0o700, exist_ok=True)
            elif type(what) is bytes:
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
                with open(os.open(path, flags, 0o600), "wb") as file:
                    file.write(what)
            else:
                raise Lie("a file of no known form")
            self.known[name] = what

    def _checked(self, name: Any) -> Path:
        parts = PurePosixPath(name).parts if type(name) is str else ()
        if not parts or name[0] == "/" or ".." in parts or len(parts) > DEEPEST:
            raise Lie("a file outside of the folders of a check")
        if self.are_ours and (
            parts[0] not in self.known or len(self.known) > MOST_FILES
        ):
            raise Lie("a file that belongs to no folder of a check")
        return self.place.joinpath(*parts)
