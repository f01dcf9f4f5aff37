"""What an archive may be: limits, the files taken out of it, and what was refused."""

import contextlib
import hashlib
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from autograder.grading.submitted import LARGEST_NOTEBOOK, TIMESTAMP
from course.kit import UsageError

CHUNK = 1 << 16
# Below this size a great ratio harms nobody: a page of equal lines packs 500 to 1.
RATIO_FROM = 10_000_000
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
class IntakeLimits:
    """How much one `collect` may unpack. Sizes are bytes; `ratio` is unpacked to packed."""

    total_bytes: int = 4 * 2**30
    member_bytes: int = LARGEST_NOTEBOOK
    files: int = 20_000
    depth: int = 20
    ratio: float = 200.0
    nested_bytes: int = 300_000_000  # of one archive in the archive: one student's
    nested_files: int = 2_000


@dataclass(frozen=True)
class Member:
    """One notebook, unpacked into `content`.

    `outer` is its path in the archive, or that of the student's own archive that holds
    it; `inner` is then its path in there. `modified` (seconds, or None) only orders files.
    """

    outer: tuple[str, ...]
    inner: tuple[str, ...]
    content: Path
    sha256: str
    modified: float | None = None

    @property
    def path(self) -> str:
        return "/".join([*self.outer, *self.inner])


@dataclass(frozen=True)
class Refused:
    """Something that was not taken, and why."""

    path: str
    why: str


class BadMember(Exception):
    """This file cannot be taken; the message says why. Others still can."""


class OverLimit(Exception):
    """The archive holds more than may be unpacked; nothing further of it is read."""


@dataclass
class Intake:
    """Unpacks files into the folder `spool`, counting.

    `ignored` are files that are no notebooks, and empty folders: handed in, and not read.
    """

    spool: Path
    limits: IntakeLimits
    refused: list[Refused] = field(default_factory=list)
    ignored: list[Member] = field(default_factory=list)
    _kept: int = 0

    def __post_init__(self) -> None:
        self._files = self._bytes = 0
        self.most_files, self.most_bytes = self.limits.files, self.limits.total_bytes

    def refuse(self, path: str, why: str) -> None:
        self.refused.append(Refused(path, why))

    def ignore(self, name: str, outer: Parts = ()) -> None:
        """Remember what was handed in and is not read; not what systems and editors leave."""
        parts = tuple(printable(name).replace("\\", "/").split("/"))
        if not any(part.startswith((".", "__MACOSX")) for part in parts):
            whole = (outer, parts) if outer else (parts, ())
            self.ignored.append(Member(*whole, Path(), ""))

    def count_file(self) -> None:
        self._files += 1
        if self._files > self.most_files:
            raise OverLimit(f"more than {self.most_files:,} files")

    def count_bytes(self, amount: int) -> None:
        self._bytes += amount
        if self._bytes > self.most_bytes:
            raise OverLimit(f"more than {self.most_bytes:,} bytes unpacked")

    @contextlib.contextmanager
    def nested(self) -> Iterator[None]:
        """Inside, the limits of one student's archive hold; OverLimit gives back its count.

        So one archive that is a bomb costs its sender the submission, and nobody else.
        """
        before = (
            self._files,
            self._bytes,
            self.most_files,
            self.most_bytes,
            len(self.ignored),
        )
        files, amount, *most, ignored = before
        self._files = self._bytes = 0
        self.most_files = self.limits.nested_files
        self.most_bytes = self.limits.nested_bytes
        try:
            yield
        except OverLimit:
            self._files = self._bytes = 0
            del self.ignored[ignored:]
            raise
        finally:
            self._files, self._bytes = self._files + files, self._bytes + amount
            self.most_files, self.most_bytes = most

    def keep(
        self, read: Callable[[int], bytes], packed: int, *, counted: bool = False
    ) -> tuple[Path, str]:
        """Copy a stream into the spool; its path and sha256. Raises BadMember, OverLimit.

        `packed` is the size in the archive, 0 where that says nothing. `counted`: somebody
        else counts the bytes of the whole stream.
        """
        self._kept += 1
        path = self.spool / f"{self._kept:06d}"
        digest, size = hashlib.sha256(), 0
        with path.open("wb") as file:
            while chunk := read(CHUNK):
                size += len(chunk)
                self._check(size, packed)
                if not counted:
                    self.count_bytes(len(chunk))
                digest.update(chunk)
                file.write(chunk)
        return path, digest.hexdigest()

    def _check(self, size: int, packed: int) -> None:
        if size > self.limits.member_bytes:
            raise BadMember(f"it is larger than {self.limits.member_bytes:,} bytes")
        if size > RATIO_FROM and packed and size > self.limits.ratio * packed:
            raise BadMember(f"it unpacks to more than {self.limits.ratio:g} times")


def too_much(path: Path, error: OverLimit) -> UsageError:
    """The refusal of a whole archive that is over a limit."""
    return UsageError(
        f"{path} holds {error}. Nothing was taken. Is it the right archive? "
        "Then raise --max-files or --max-bytes, or take it in parts"
    )


def parts_of(name: str, limits: IntakeLimits) -> tuple[str, ...]:
    """The folders and the file of a name in an archive. Raises BadMember.

    No part is ever used as a path; what leads elsewhere is refused because no honest
    archive has it.
    """
    name = name.replace("\\", "/")
    if "\0" in name:
        raise BadMember("its name holds a NUL character")
    if name.startswith("/") or (name[1:2] == ":" and name[:1].isalpha()):
        raise BadMember("its name is absolute")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise BadMember("its name leads out of the archive (..)")
    if not parts:
        raise BadMember("it has no name")
    if len(parts) > limits.depth:
        raise BadMember(f"it lies deeper than {limits.depth} folders")
    return parts


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
