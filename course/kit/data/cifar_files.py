"""CIFAR-10: 60,000 colour photographs, 32 pixels high and wide, 170 MB to download.

Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009,
https://www.cs.toronto.edu/~kriz/cifar.html. This is its binary version: the one for Python
is a pickle, and reading a pickle can run any code.
"""

import tarfile
import zlib
from pathlib import Path

import numpy as np

from course.kit.data.download import RemoteFile, fetch, is_here
from course.kit.data.errors import WrongFormat
from course.kit.data.splits import Dataset, three_parts

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
