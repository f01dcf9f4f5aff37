"""Read a tar file, packed or not, that nobody vouches for."""

import bz2
import gzip
import lzma
import os
import tarfile
from collections.abc import Iterator
from typing import IO

from autograder.collect.intake import RATIO_FROM, BadMember, Intake, OverLimit
from autograder.collect.unpacked import (
    DAMAGED,
    Parts,
    Unpacked,
    printable,
    wanted_parts,
)

LONGEST_TAR_HEADER = 2**20
UNPACKERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}


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
        return super()._proc_member(archive)


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
        stream = _Counted(unpack(file) if unpack else file, packed, intake)
        with tarfile.open(
            fileobj=stream, mode="r|", tarinfo=_ShortHeader, errors="surrogateescape"
        ) as archive:
            for info in archive:
                count += 1
                yield from _tar_member(archive, info, outer, intake)
                archive.members = []  # it would keep every header
    except DAMAGED as error:
        if not count:
            raise BadMember(f"it is no zip, tar or folder ({error})") from None
        shown = "/".join(outer) or "(the rest of the archive)"
        intake.refuse(shown, f"it is damaged after {count} files ({error})")


def _tar_member(
    archive: tarfile.TarFile, info: tarfile.TarInfo, outer: Parts, intake: Intake
) -> Iterator[Unpacked]:
    if info.isdir():
        return
    intake.count_file()
    name = printable(info.name)
    shown = "/".join([*outer, name])
    try:
        parts, wanted = wanted_parts(name, outer, intake)
        if not info.isreg() or info.issparse():
            raise BadMember("it is a link or a device, not a file")
        if not wanted:
            intake.ignored += 1
            return
        if info.size > intake.limits.member_bytes:
            raise BadMember(f"it is larger than {intake.limits.member_bytes:,} bytes")
        member = archive.extractfile(info)
        content = intake.keep(member.read, 0, counted=True)
    except BadMember as error:
        intake.refuse(shown, str(error))
        return
    yield Unpacked(parts, *content, info.mtime)
