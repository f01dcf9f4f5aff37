"""CIFAR-10, read from the file that its authors publish: 60,000 colour photographs, 32 pixels
high and wide, 170 MB to download.

A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009,
https://www.cs.toronto.edu/~kriz/cifar.html. This is its binary version: the one for Python
is a pickle, and reading a pickle can run any code.

The file is checked, kept in one folder, and continued after an interruption: pooch keeps the cache
and compares the checksum. It starts every download from the first byte (pooch 1.9), so it is given
a downloader of our own that keeps what has arrived in NAME.part.
"""

import os
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course.kit.data.splits import Dataset, DataUnavailable, WrongFormat, three_parts

CACHE_VARIABLE = "CONVNETS_DATA"
CHUNK = 1 << 16  # bytes
TIMEOUT = (10, 30)  # seconds: to connect, between two pieces


@dataclass(frozen=True)
class RemoteFile:
    """A file with its size in bytes, its sha256, and one or more addresses to try in turn."""

    name: str
    size: int
    sha256: str
    urls: tuple[str, ...]


ARCHIVE = RemoteFile(
    "cifar-10-binary.tar.gz",
    170_052_171,
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
)
FOLDER = "cifar-10-batches-bin"
TRAIN_MEMBERS = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_MEMBERS = ("test_batch.bin",)
CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32  # bytes: a label, then the red, green and blue pixels


def has_cifar10() -> bool:
    """Whether `cifar10` would work without a network."""
    return is_here(ARCHIVE)


def cifar10(train: int = 5000, validation: int = 1000, test: int = 1000) -> Dataset:
    """So many images of CIFAR-10: (N, 3, 32, 32), float32 from 0 to 1, in a fixed random order.

    At most 45,000, 5,000 and 10,000. Downloads the archive if it is missing; raises
    DataUnavailable without a network, WrongFormat for a damaged file, WrongInput for
    too many images.
    """
    path = fetch(ARCHIVE)
    return three_parts(
        "CIFAR-10",
        read_cifar10(path, TRAIN_MEMBERS),
        read_cifar10(path, TEST_MEMBERS),
        (train, validation, test),
        classes=CLASSES,
    )


def read_cifar10(path: Path, members: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 3, 32, 32) and labels (N,), unsigned bytes, of some of the archive's files.

    Nothing is unpacked to the disk. Raises WrongFormat.
    """
    parts = []
    try:
        with tarfile.open(path, "r:gz") as archive:
            for name in members:
                file = archive.extractfile(f"{FOLDER}/{name}")
                if file is None:
                    raise KeyError(f"{name} is not a file")
                parts.append(parse_records(file.read(), f"{name} in {path}"))
    except (FileNotFoundError, PermissionError):
        raise
    except (tarfile.TarError, EOFError, OSError, zlib.error, KeyError) as error:
        raise WrongFormat(
            f"{path} cannot be unpacked ({error}). Wanted: {ARCHIVE.name}. Delete it and "
            "run this again: it is downloaded anew."
        ) from None
    images, labels = zip(*parts)
    return np.concatenate(images), np.concatenate(labels)


def parse_records(raw: bytes, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels out of records of 3073 bytes. Raises WrongFormat, naming the file."""
    if not raw or len(raw) % RECORD:
        raise WrongFormat(
            f"{name} has {len(raw)} bytes. Wanted: a multiple of {RECORD}. Delete the "
            "archive and run this again: it is downloaded anew."
        )
    records = np.frombuffer(raw, dtype=np.uint8).reshape(-1, RECORD)
    labels = records[:, 0]
    if labels.max() >= len(CLASSES):
        raise WrongFormat(
            f"{name} has the label {labels.max()}. Wanted: 0 to 9. Delete the archive and "
            "run this again: it is downloaded anew."
        )
    return records[:, 1:].reshape(-1, *SHAPE), labels


def cache_folder() -> Path:
    """Where files are kept: $CONVNETS_DATA, or the usual cache folder of this computer."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("convnets-from-scratch"))


def is_here(file: RemoteFile) -> bool:
    """Whether the cache folder has a file of this name and size. Does not read it."""
    path = cache_folder() / file.name
    return path.is_file() and path.stat().st_size == file.size


def fetch(file: RemoteFile) -> Path:
    """The path of the file in the cache folder, downloaded if it is not there yet.

    Raises DataUnavailable when no address gives the right bytes, naming where to put the
    file by hand. Interrupt it and call again: it continues where the server allows it.
    """
    import pooch
    import urllib3

    folder = cache_folder()
    reasons = []
    for url in file.urls:
        try:
            path = pooch.retrieve(
                url,
                known_hash=f"sha256:{file.sha256}",
                fname=file.name,
                path=folder,
                downloader=ResumingDownloader(folder / f"{file.name}.part", file.size),
            )
            return Path(path)
        # Requests' errors are OSErrors, as are a full disk and a folder without permission;
        # pooch raises ValueError for a wrong checksum.
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            reasons.append(f"{url} ({_in_short(error)})")
    raise DataUnavailable(
        f"{file.name} ({file.size / 1e6:.1f} MB) is not in {folder} and could not be "
        f"downloaded: {'; '.join(reasons)}. Connect to the network and run this again, or "
        f"get the file elsewhere and put it at {folder / file.name} (sha256 {file.sha256}). "
        f"Another folder: set {CACHE_VARIABLE}."
    )


class ResumingDownloader:
    """For pooch: downloads to `part`, continuing what is there, and then hands it over.

    Shows a progress bar on stderr. An interruption leaves `part` as it is.
    """

    def __init__(self, part: Path, size: int):
        self.part = part
        self.size = size

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        if self.part.exists() and self.part.stat().st_size > self.size:
            self.part.unlink()
        have = self.part.stat().st_size if self.part.exists() else 0
        if have < self.size:
            self._receive(url, have)
        arrived = self.part.stat().st_size
        if arrived < self.size:
            raise ConnectionError(f"{arrived} of {self.size} bytes arrived")
        os.replace(self.part, output_file)

    def _receive(self, url: str, have: int) -> None:
        import requests

        # Bytes as they lie on the server: a range of something packed again would not fit.
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with requests.get(
            url, headers=headers, stream=True, timeout=TIMEOUT
        ) as response:
            response.raise_for_status()
            continued = response.status_code == 206 and response.headers.get(
                "Content-Range", ""
            ).startswith(f"bytes {have}-")
            if response.status_code != 200 and not continued:
                raise ConnectionError(f"unexpected answer {response.status_code}")
            self._write(response, have if continued else 0)

    def _write(self, response, have: int) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TimeRemainingColumn,
        )

        columns = ("{task.description}", BarColumn(), DownloadColumn())
        bar = Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True))
        with bar, open(self.part, "ab" if have else "wb") as file:
            task = bar.add_task(self.part.stem, total=self.size, completed=have)
            for chunk in response.raw.stream(CHUNK, decode_content=False):
                file.write(chunk)
                bar.advance(task, len(chunk))
                if file.tell() > self.size:
                    break  # not our file; the checksum will say so


def _in_short(error: Exception) -> str:
    """One line of what went wrong."""
    import requests

    if isinstance(error, requests.ConnectTimeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, ValueError) and "hash" in str(error):
        return (
            "the file there has another checksum: it was changed or damaged on the way"
        )
    return " ".join(str(error).split())
