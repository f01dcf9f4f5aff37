"""Read a folder that nobody vouches for."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from autograder.collect.intake import BadMember, Intake
from autograder.collect.unpacked import Unpacked, kind, printable, wanted_parts


def folder_files(root: Path, intake: Intake) -> Iterator[Unpacked]:
    """The files of a folder that are worth having; links are not followed."""
    for parent, folders, names in os.walk(root, followlinks=False):
        folders.sort()
        for name in list(folders):
            if Path(parent, name).is_symlink():
                shown = Path(parent, name).relative_to(root).as_posix()
                intake.refuse(printable(shown), "it is a link")
        for name in sorted(names):
            path = Path(parent, name)
            intake.count_file()
            shown = printable(path.relative_to(root).as_posix())
            try:
                if not stat.S_ISREG(path.lstat().st_mode):
                    raise BadMember(kind(path.lstat().st_mode))
                parts, wanted = wanted_parts(shown, (), intake)
                if not wanted:
                    intake.ignored += 1
                    continue
                # Not a link and not a pipe even if it was exchanged since.
                flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
                handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
                with os.fdopen(handle, "rb") as file:
                    content = intake.keep(file.read, 0)
            except BadMember as error:
                intake.refuse(shown, str(error))
                continue
            except OSError as error:
                intake.refuse(shown, f"it cannot be read: {error.strerror}")
                continue
            yield Unpacked(parts, *content, path.lstat().st_mtime)
