"""MNIST's and CIFAR-10's own formats, in small files: right, cut short and damaged."""

import gzip
import hashlib
import io
import logging
import struct
import tarfile

import numpy as np
import pytest
from loopback import serving

from course.kit.data import (
    WrongFormat,
    WrongInput,
    cifar10,
    download,
    has_cifar10,
    has_mnist,
    mnist,
    published,
)
from course.kit.data.download import RemoteFile
from course.kit.data.published import read_idx

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, size=(40, 28, 28), dtype=np.uint8)
LABELS = (np.arange(40) % 10).astype(np.uint8)
PHOTOS = RNG.integers(0, 256, size=(40, 3, 32, 32), dtype=np.uint8)


def idx(values, kind=0x08):
    header = struct.pack(">BBBB", 0, 0, kind, values.ndim)
    return header + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


def records(images, labels):
    """A label of one byte, then red, green and blue, each row by row."""
    return b"".join(
        bytes([label]) + image.tobytes() for image, label in zip(images, labels)
    )


def archive(**members):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, body in members.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return packed.getvalue()


def whole_archive():
    batches = {
        f"data_batch_{number + 1}": records(
            PHOTOS[6 * number : 6 * number + 6], LABELS[6 * number : 6 * number + 6]
        )
        for number in range(5)
    }
    return archive(**batches, test_batch=records(PHOTOS[30:], LABELS[30:]))


def written(folder, body, name="file.gz"):
    path = folder / name
    path.write_bytes(body)
    return path


def test_idx_images_and_labels(tmp_path):
    path = written(tmp_path, gzip.compress(idx(IMAGES)))
    np.testing.assert_array_equal(read_idx(path), IMAGES)
    path = written(tmp_path, gzip.compress(idx(LABELS)))
    np.testing.assert_array_equal(read_idx(path), LABELS)


PACKED = gzip.compress(idx(IMAGES))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "begins with"),
        (b"<html>no such file</html>", "cannot be unpacked"),
        (PACKED[:-5], "cannot be unpacked"),
        (PACKED[:400], "cannot be unpacked"),
        (
            PACKED[:300] + bytes([PACKED[300] ^ 255]) + PACKED[301:],
            "cannot be unpacked",
        ),
        (PACKED[:10] + b"\xff" + PACKED[11:], "cannot be unpacked"),
        (gzip.compress(idx(IMAGES)[:-1]), "31359 values, its header says 31360"),
        (gzip.compress(idx(IMAGES) + b"0"), "31361 values, its header says 31360"),
        (gzip.compress(idx(IMAGES)[:10]), "inside its header"),
        (gzip.compress(idx(IMAGES, kind=0x0D)), "00 00 0d 03"),
        (gzip.compress(b"\x00\x00\x08\x00"), "inside its header"),
    ],
    ids=[
        "empty",
        "a page",
        "short",
        "very short",
        "flipped",
        "no such block",
        "one value less",
        "one value more",
        "half a header",
        "floats",
        "no axes",
    ],
)
def test_damaged_idx(tmp_path, body, words):
    path = written(tmp_path, body)
    with pytest.raises(WrongFormat) as caught:
        read_idx(path)
    assert words in str(caught.value) and str(path) in str(caught.value)
    assert "again" in str(caught.value)


def test_records_are_label_red_green_blue():
    image = np.zeros((3, 32, 32), dtype=np.uint8)
    image[0, 0, 1], image[1, 2, 0], image[2, 31, 31] = 11, 22, 33
    raw = records([image], [7])
    assert (raw[0], raw[2], raw[1 + 1024 + 64], raw[-1]) == (7, 11, 22, 33)
    images, labels = published.parse_records(raw, "one")
    np.testing.assert_array_equal(images, image[np.newaxis])
    assert labels.tolist() == [7]


def test_the_archive_in_order(tmp_path):
    path = written(tmp_path, whole_archive())
    images, labels = published.read_cifar10(path, published.TRAIN_MEMBERS)
    np.testing.assert_array_equal(images, PHOTOS[:30])
    np.testing.assert_array_equal(labels, LABELS[:30])
    images, labels = published.read_cifar10(path, published.TEST_MEMBERS)
    np.testing.assert_array_equal(images, PHOTOS[30:])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "cannot be unpacked"),
        (b"<html>no such file</html>", "cannot be unpacked"),
        (whole_archive()[:60_000], "cannot be unpacked"),
        (whole_archive()[:100], "cannot be unpacked"),
        (archive(data_batch_1=records(PHOTOS, LABELS)), "test_batch.bin"),
        (archive(test_batch=records(PHOTOS, LABELS)[:-1]), "multiple of 3073"),
        (archive(test_batch=b""), "0 bytes"),
        (archive(test_batch=records(PHOTOS, LABELS + 1)), "label 10"),
    ],
    ids=["empty", "a page", "short", "very short", "member", "record", "none", "label"],
)
def test_damaged_archives(tmp_path, body, words):
    path = written(tmp_path, body)
    with pytest.raises(WrongFormat) as caught:
        published.read_cifar10(path, published.TEST_MEMBERS)
    assert words in str(caught.value) and str(path) in str(caught.value)
    assert "again" in str(caught.value)


@pytest.fixture
def remote(tmp_path, monkeypatch):
    """`remote({name: bytes})` offers files and gives their RemoteFiles."""
    monkeypatch.setenv(download.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    logging.getLogger("pooch").setLevel(logging.WARNING)
    with serving() as server:

        def offer(bodies):
            server.files.update(bodies)
            return tuple(
                RemoteFile(
                    name,
                    len(body),
                    hashlib.sha256(body).hexdigest(),
                    (server.url + name,),
                )
                for name, body in bodies.items()
            )

        yield offer


def test_cifar10_from_the_server_to_the_splits(remote, monkeypatch):
    (file,) = remote({"cifar-10-binary.tar.gz": whole_archive()})
    monkeypatch.setattr(published, "ARCHIVE", file)
    assert not has_cifar10()
    data = cifar10(train=27, validation=3, test=10)
    assert has_cifar10()
    assert data.train.x.shape == (27, 3, 32, 32)
    assert data.train.x.dtype == np.float32
    assert data.classes[3] == "cat"
    shown = np.concatenate([data.train.x, data.validation.x]) * 255
    label_of = {image.tobytes(): label for image, label in zip(PHOTOS, LABELS)}
    labels = [label_of[np.round(image).astype(np.uint8).tobytes()] for image in shown]
    assert labels == [*data.train.y, *data.validation.y]
    assert len({image.tobytes() for image in shown}) == 30
    with pytest.raises(WrongInput, match="train=28"):
        cifar10(train=28, validation=3, test=10)


def offer_mnist(remote, monkeypatch, labels=LABELS):
    bodies = {
        "a.gz": gzip.compress(idx(IMAGES[:30])),
        "b.gz": gzip.compress(idx(labels[:30])),
        "c.gz": gzip.compress(idx(IMAGES[30:])),
        "d.gz": gzip.compress(idx(LABELS[30:])),
    }
    monkeypatch.setattr(published, "FILES", remote(bodies))


def test_mnist_from_the_server_to_the_splits(remote, monkeypatch):
    offer_mnist(remote, monkeypatch)
    assert not has_mnist()
    data = mnist(train=27, validation=3, test=10)
    assert has_mnist()
    assert data.test.x.shape == (10, 1, 28, 28)
    assert (data.train.x.min(), data.train.x.max()) == (0, 1)
    assert sorted(data.test.y) == sorted(LABELS[30:])
    np.testing.assert_allclose(
        np.sort(data.test.x.sum(axis=(1, 2, 3))),
        np.sort(IMAGES[30:].sum(axis=(1, 2)) / 255),
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    ("labels", "words"),
    [(LABELS[:29], "30 images and 29 labels"), (LABELS + 1, "0 to 9")],
)
def test_mnist_labels_that_do_not_fit(remote, monkeypatch, labels, words):
    offer_mnist(remote, monkeypatch, labels)
    with pytest.raises(WrongFormat, match=words):
        mnist(train=1, validation=1, test=1)


def test_the_real_files_have_public_names_and_checksums():
    """A slip of the pen shows: every checksum has 64 hexadecimal digits, names are unique."""
    files = (*published.FILES, published.ARCHIVE)
    for file in files:
        assert len(file.sha256) == 64 and int(file.sha256, 16)
        assert all(url.startswith("https://") for url in file.urls)
        assert all(url.endswith("/" + file.name) for url in file.urls)
    assert len({file.sha256 for file in files}) == 5
