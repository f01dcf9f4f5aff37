"""Read a zip file that nobody vouches for."""

import os
import re
import stat
import struct
import time
import zipfile
from collections.abc import Iterator
from typing import IO

from autograder.collect.intake import BadMember, Intake, OverLimit
from autograder.collect.unpacked import (
    DAMAGED,
    Parts,
    Unpacked,
    kind,
    printable,
    wanted_parts,
)

UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1
DIRECTORY_ENTRY = 512  # bytes of a zip's table of contents, generous for one file


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
                    intake.ignored += 1
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
