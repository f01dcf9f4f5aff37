"""MNIST and CIFAR-10, read from the files that their authors publish.

MNIST: 70,000 handwritten digits, 28 pixels high and wide, 11.6 MB to download. Y. LeCun,
C. Cortes, C. Burges, http://yann.lecun.com/exdb/mnist/ (its files under their names and
checksums; the addresses are those of copies that answer).

CIFAR-10: 60,000 colour photographs, 32 pixels high and wide, 170 MB to download.
A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009,
https://www.cs.toronto.edu/~kriz/cifar.html. This is its binary version: the one for Python
is a pickle, and reading a pickle can run any code.
"""

import gzip
import struct
import tarfile
import zlib
from math import prod
from pathlib import Path

import numpy as np

from course.kit.data.download import RemoteFile, fetch, is_here
from course.kit.data.splits import Dataset, WrongFormat, three_parts

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
UNSIGNED_BYTES = 0x08


def _remote(name: str, size: int, sha256: str) -> RemoteFile:
    return RemoteFile(name, size, sha256, tuple(mirror + name for mirror in MIRRORS))


FILES = (
    _remote(
        "train-images-idx3-ubyte.gz",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    _remote(
        "train-labels-idx1-ubyte.gz",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    _remote(
        "t10k-images-idx3-ubyte.gz",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    _remote(
        "t10k-labels-idx1-ubyte.gz",
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
)


def has_mnist() -> bool:
    """Whether `mnist` would work without a network."""
    return all(is_here(file) for file in FILES)


def mnist(train: int = 5000, validation: int = 1000, test: int = 1000) -> Dataset:
    """So many images of MNIST: (N, 1, 28, 28), float32 from 0 to 1, in a fixed random order.

    At most 54,000, 6,000 and 10,000. Downloads what is missing; raises DataUnavailable
    without a network, WrongFormat for a damaged file, WrongInput for too many images.
    """
    train_x, train_y, test_x, test_y = (read_idx(fetch(file)) for file in FILES)
    return three_parts(
        "MNIST",
        (_as_images(train_x), _as_labels(train_y)),
        (_as_images(test_x), _as_labels(test_y)),
        (train, validation, test),
        classes=tuple("0123456789"),
    )


def read_idx(path: Path) -> np.ndarray:
    """The array in a gzipped idx file of unsigned bytes. Raises WrongFormat.

    Two zero bytes, the type (8: unsigned byte), the number of axes; then the length of every
    axis as a big-endian 32-bit number; then the values, the last axis changing fastest.
    """
    try:
        raw = gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _damaged(path, f"cannot be unpacked ({error})") from None
    if len(raw) < 4 or raw[:3] != bytes([0, 0, UNSIGNED_BYTES]):
        raise _damaged(path, f"begins with {raw[:4].hex(' ')}, not with 00 00 08")
    axes = raw[3]
    start = 4 + 4 * axes
    if not axes or len(raw) < start:
        raise _damaged(path, f"ends inside its header, after {len(raw)} bytes")
    shape = struct.unpack(f">{axes}I", raw[4:start])
    if len(raw) - start != prod(shape):
        raise _damaged(
            path, f"has {len(raw) - start} values, its header says {prod(shape)}"
        )
    return np.frombuffer(raw, dtype=np.uint8, offset=start).reshape(shape)


def _as_images(values: np.ndarray) -> np.ndarray:
    if values.ndim != 3:
        raise WrongFormat(f"images have 3 axes in MNIST's files, not {values.ndim}")
    return values[:, np.newaxis]


def _as_labels(values: np.ndarray) -> np.ndarray:
    if values.ndim != 1 or (values.size and values.max() > 9):
        raise WrongFormat(
            "labels are one row of numbers from 0 to 9 in MNIST's files, not "
            f"{values.ndim} axes up to {values.max(initial=0)}"
        )
    return values


def _damaged(path: Path, what: str) -> WrongFormat:
    return WrongFormat(
        f"{path} {what}. Wanted: an idx-ubyte.gz file of MNIST. Delete it and run this "
        "again: it is downloaded anew."
    )


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
