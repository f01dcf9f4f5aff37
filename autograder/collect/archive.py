"""Every notebook in an archive or a folder that nobody vouches for, and in the archives in there."""

import bz2
import gzip
import lzma
import os
import re
import stat
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from autograder.collect.intake import (
    ARCHIVES,
    DAMAGED,
    RATIO_FROM,
    BadMember,
    Intake,
    Member,
    OverLimit,
    Parts,
    Unpacked,
    kind,
    printable,
    too_much,
    wanted_parts,
)
from autograder.grading.outcome import fault
from autograder.grading.submitted import files_below, opened
from course.kit import UsageError

UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1
DIRECTORY_ENTRY = 512  # bytes of a zip's table of contents, generous for one file
LONGEST_TAR_HEADER = 2**20
UNPACKERS: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}


def read_all(source: Path, intake: Intake) -> Iterator[Member]:
    """The notebooks (and files timestamp.txt), unpacked into the intake's spool.

    What cannot be taken is put into `intake.refused`. Raises UsageError for what is no
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
        raise UsageError(f"{source}: {error}. Download it again") from None


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


def folder_files(root: Path, intake: Intake) -> Iterator[Unpacked]:
    """The files of a folder that are worth having; links are not followed."""

    def refuse(error: OSError) -> None:
        shown = os.path.relpath(error.filename or root, root)
        intake.refuse(printable(shown), f"it cannot be read: {error.strerror}")

    def note_empty(folder: Path) -> None:
        intake.count_file()
        intake.ignore(folder.relative_to(root).as_posix() + "/")

    for path, found in files_below(root, refuse, note_empty):
        intake.count_file()
        shown = printable(path.relative_to(root).as_posix())
        try:
            if not stat.S_ISREG(found.st_mode):
                raise BadMember(kind(found.st_mode))
            parts, wanted = wanted_parts(shown, (), intake)
            if not wanted:
                intake.ignore(shown)
                continue
            with opened(path) as file:
                content = intake.keep(file.read, 0)
        except BadMember as error:
            intake.refuse(shown, str(error))
        except OSError as error:
            refuse(error)
        else:
            yield Unpacked(parts, *content, found.st_mtime)


def zip_files(file: IO[bytes], outer: Parts, intake: Intake) -> Iterator[Unpacked]:
    """The files of a zip that are worth having. Raises BadMember for what is no zip."""
    _check_directory(file, intake)
    try:
        archive = zipfile.ZipFile(file)
    except DAMAGED as error:
        raise BadMember(f"it is no complete zip file ({error})") from None
    with archive:
        for info in archive.infolist():
            if info.is_dir():
                intake.count_file()
                intake.ignore(_zip_name(info), outer)
                continue
            intake.count_file()
            name = _zip_name(info)
            shown = "/".join([*outer, printable(name)])
            try:
                parts, wanted = wanted_parts(name, outer, intake)
                mode = info.external_attr >> 16
                if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                    raise BadMember(kind(mode))
                if not wanted:
                    intake.ignore(name, outer)
                    continue
                if info.flag_bits & ENCRYPTED_FLAG:
                    raise BadMember("it is protected by a password")
                with archive.open(info) as member:
                    content = intake.keep(member.read, max(1, info.compress_size))
                if content[0].stat().st_size != info.file_size:
                    raise BadMember("it is damaged: its size is not as stated")
            except BadMember as error:
                intake.refuse(shown, str(error))
                continue
            except DAMAGED as error:
                intake.refuse(shown, f"it is damaged ({error})")
                continue
            yield Unpacked(parts, *content, _zip_time(info))


def _check_directory(file: IO[bytes], intake: Intake) -> None:
    """Refuse a table of contents that would fill the memory; `zipfile` reads all of it."""
    end_record, zip64_record, longest_comment = 22, 76, 0xFFFF
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - end_record - longest_comment - zip64_record))
    tail = file.read()
    file.seek(0)
    sizes = [
        struct.unpack_from(form, tail, found.end() + skip)[0]
        for sign, form, skip, rest in (
            (rb"PK\x05\x06", "<I", 8, 18),
            (rb"PK\x06\x06", "<Q", 36, 52),  # with a size that needs 64 bits
        )
        for found in re.finditer(sign, tail)
        if found.end() + rest <= len(tail)
    ]
    stated = max((each for each in sizes if each != 0xFFFFFFFF), default=0)
    if stated > intake.most_files * DIRECTORY_ENTRY:
        raise OverLimit(f"a table of contents of {stated:,} bytes")


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The member's name; without the utf-8 flag it may be utf-8 all the same."""
    name = info.orig_filename
    if not info.flag_bits & UTF8_FLAG:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name


def _zip_time(info: zipfile.ZipInfo) -> float | None:
    try:
        return time.mktime((*info.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return None


class _ShortHeader(tarfile.TarInfo):
    """A header whose extensions (long names, pax) are read only when they are short."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        long = self.type not in tarfile.SUPPORTED_TYPES or self.type in (
            tarfile.GNUTYPE_LONGNAME,
            tarfile.GNUTYPE_LONGLINK,
            tarfile.XHDTYPE,
            tarfile.XGLTYPE,
            tarfile.SOLARIS_XHDTYPE,
        )
        if long and self.size > LONGEST_TAR_HEADER:
            raise OverLimit(f"a tar header of {self.size:,} bytes")
        # typeshed leaves out what tarfile calls privately
        return super()._proc_member(archive)  # type: ignore[misc]


class _Counted:
    """A stream that counts what it gives, so that skipped members count, too."""

    def __init__(self, stream: IO[bytes], packed: int, intake: Intake):
        self.stream, self.packed, self.intake = stream, packed, intake
        self.given = 0

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.given += len(data)
        self.intake.count_bytes(len(data))
        ratio = self.intake.limits.ratio
        if self.given > RATIO_FROM and self.given > ratio * self.packed:
            raise OverLimit(f"more than {ratio:g} times its own size")
        return data


def tar_files(file: IO[bytes], outer: Parts, intake: Intake) -> Iterator[Unpacked]:
    """The files of a tar that are worth having. Raises BadMember for what is no tar."""
    start = file.read(6)
    packed = file.seek(0, os.SEEK_END)
    file.seek(0)
    unpack = next(
        (UNPACKERS[sign] for sign in UNPACKERS if start.startswith(sign)), None
    )
    count = 0
    try:
        stream: Any = _Counted(unpack(file) if unpack else file, packed, intake)
        with tarfile.open(
            fileobj=stream, mode="r|", tarinfo=_ShortHeader, errors="surrogateescape"
        ) as archive:
            for info in archive:
                count += 1
                yield from _tar_member(archive, info, outer, intake)
                # It would keep every header. (typeshed leaves out this one, too.)
                archive.members = []  # type: ignore[attr-defined]
    except DAMAGED as error:
        if not count:
            raise BadMember(f"it is no zip, tar or folder ({error})") from None
        shown = "/".join(outer) or "(the rest of the archive)"
        intake.refuse(shown, f"it is damaged after {count} files ({error})")


def _tar_member(
    archive: tarfile.TarFile, info: tarfile.TarInfo, outer: Parts, intake: Intake
) -> Iterator[Unpacked]:
    if info.isdir():
        intake.count_file()
        intake.ignore(f"{info.name.rstrip('/')}/", outer)
        return
    intake.count_file()
    name = printable(info.name)
    shown = "/".join([*outer, name])
    try:
        parts, wanted = wanted_parts(name, outer, intake)
        is_file = info.isreg() and not info.issparse()
        member = archive.extractfile(info) if is_file else None
        if member is None:
            raise BadMember("it is a link or a device, not a file")
        if not wanted:
            intake.ignore(name, outer)
            return
        if info.size > intake.limits.member_bytes:
            raise BadMember(f"it is larger than {intake.limits.member_bytes:,} bytes")
        content = intake.keep(member.read, 0, counted=True)
    except BadMember as error:
        intake.refuse(shown, str(error))
        return
    yield Unpacked(parts, *content, info.mtime)
