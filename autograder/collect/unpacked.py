"""One file out of an archive, and which files are worth unpacking."""

import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from autograder.collect.intake import BadMember, Intake, parts_of
from autograder.grading.handed_in import TIMESTAMP

ARCHIVES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")
OTHER_ARCHIVES = (".rar", ".7z", ".gz", ".xz", ".bz2", ".zst")
# What a damaged archive raises while it is read.
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # a compression that Python does not know
    RuntimeError,  # a password is needed
    OSError,  # of gzip and bz2: not in that format
    ValueError,  # impossible numbers in a header
    struct.error,
)

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Unpacked:
    """A file of an archive or folder, copied to `content`; an archive itself, perhaps."""

    parts: Parts
    content: Path
    sha256: str
    modified: float | None = None


def wanted_parts(name: str, outer: Parts, intake: Intake) -> tuple[Parts, bool]:
    """The parts of a member's name, and whether anything can come of it."""
    parts = parts_of(name, intake.limits)
    if any(part.startswith((".", "__MACOSX")) for part in parts):
        return parts, False  # .ipynb_checkpoints, ._ and others that nobody hands in
    lower = parts[-1].lower()
    if lower.endswith(".ipynb") or lower == TIMESTAMP:
        return parts, True
    if lower.endswith(ARCHIVES):
        if outer:
            raise BadMember("it is an archive in an archive in an archive")
        return parts, True
    if lower.endswith(OTHER_ARCHIVES):
        raise BadMember("it is packed in a way that is not read; zip and tar are")
    return parts, False


def kind(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "it is a link, not a file"
    return "it is a device or a pipe, not a file"


def printable(name: str) -> str:
    """A name whose bytes are no utf-8, as latin-1."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode("latin-1")
    return name
