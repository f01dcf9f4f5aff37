"""Read a folder that nobody vouches for."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from autograder.collect.intake import BadMember, Intake
from autograder.collect.unpacked import Unpacked, kind, printable, wanted_parts
from autograder.grading.handed_in import files_below, opened


def folder_files(root: Path, intake: Intake) -> Iterator[Unpacked]:
    """The files of a folder that are worth having; links are not followed."""

    def refuse(error: OSError) -> None:
        shown = os.path.relpath(error.filename or root, root)
        intake.refuse(printable(shown), f"it cannot be read: {error.strerror}")

    for path, found in files_below(root, refuse):
        intake.count_file()
        shown = printable(path.relative_to(root).as_posix())
        try:
            if not stat.S_ISREG(found.st_mode):
                raise BadMember(kind(found.st_mode))
            parts, wanted = wanted_parts(shown, (), intake)
            if not wanted:
                intake.ignored += 1
                continue
            with opened(path) as file:
                content = intake.keep(file.read, 0)
        except BadMember as error:
            intake.refuse(shown, str(error))
        except OSError as error:
            refuse(error)
        else:
            yield Unpacked(parts, *content, found.st_mtime)
