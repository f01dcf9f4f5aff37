"""Every notebook in an archive or a folder, and in the learners' own archives in there."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from autograder.collect.folder_files import folder_files
from autograder.collect.intake import BadMember, Intake, Member, OverLimit, too_much
from autograder.collect.tar_files import tar_files
from autograder.collect.unpacked import ARCHIVES, Parts, Unpacked
from autograder.collect.zip_files import zip_files
from autograder.faults import fault
from course.kit.refusal import Refusal


def read_all(source: Path, intake: Intake) -> Iterator[Member]:
    """The notebooks (and files timestamp.txt), unpacked into the intake's spool.

    What cannot be taken is put into `intake.refused`. Raises Refusal for what is no
    archive at all, is damaged from the start, or is over a limit as a whole.
    """
    try:
        if source.is_dir():
            for unpacked in folder_files(source, intake):
                yield from _members(unpacked, intake)
            return
        with source.open("rb") as file:
            for unpacked in _archive(file, (), intake):
                yield from _members(unpacked, intake)
    except OverLimit as error:
        raise too_much(source, error) from None
    except BadMember as error:
        raise Refusal(f"{source}: {error}. Download it again") from None


def _archive(file: IO[bytes], outer: Parts, intake: Intake) -> Iterator[Unpacked]:
    """The files of an archive; `outer` is its path when it lies in another one."""
    start = file.read(6)
    file.seek(0)
    if start.startswith(b"PK"):
        return zip_files(file, outer, intake)
    if start.startswith((b"Rar!", b"7z\xbc\xaf")):
        raise BadMember("it is a rar or 7z archive; zip and tar are read")
    return tar_files(file, outer, intake)


def _members(unpacked: Unpacked, intake: Intake) -> Iterator[Member]:
    """The unpacked notebook; or those in the unpacked archive, all or, over a limit, none."""
    parts = unpacked.parts
    if not parts[-1].lower().endswith(ARCHIVES):
        yield Member(parts, (), unpacked.content, unpacked.sha256, unpacked.modified)
        return
    found: list[Unpacked] = []
    before = len(intake.refused)
    try:
        with unpacked.content.open("rb") as file, intake.nested():
            found.extend(_archive(file, parts, intake))
    except Exception as error:  # noqa: BLE001 the others' archives are read
        del intake.refused[before:]
        what = f"it holds {error}" if isinstance(error, OverLimit) else str(error)
        if not isinstance(error, (BadMember, OverLimit)):
            what = fault(error)
        intake.refuse("/".join(parts), what)
        for inner in found:
            inner.content.unlink()
        found = []
    unpacked.content.unlink()
    for inner in found:
        yield Member(parts, inner.parts, inner.content, inner.sha256, inner.modified)
