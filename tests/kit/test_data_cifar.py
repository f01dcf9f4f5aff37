"""CIFAR-10's own format in small files: right, cut short and damaged; and downloads from a server
of this computer: whole, broken off, continued, wrong, missing."""

import hashlib
import io
import logging
import os
import tarfile

import numpy as np
import pytest
from loopback import serving

from course.kit import UsageError
from course.kit.data import (
    DataUnavailable,
    WrongFormat,
    WrongInput,
    cifar,
    cifar10,
    has_cifar10,
)
from course.kit.data.cifar import RemoteFile, fetch, is_here

BODY = bytes(range(256)) * 1200
NAME = "numbers.bin"


@pytest.fixture
def server():
    with serving() as state:
        state.files[NAME] = BODY
        yield state


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache folder of its own; no proxy between this test and this computer."""
    monkeypatch.setenv(cifar.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    logging.getLogger("pooch").setLevel(logging.WARNING)
    return tmp_path / "cache"


def wanted(*urls, body=BODY):
    return RemoteFile(NAME, len(body), hashlib.sha256(body).hexdigest(), urls)


def refused(file):
    with pytest.raises(DataUnavailable) as caught:
        fetch(file)
    return str(caught.value)


def test_a_file_is_downloaded_once(server, cache, capsys):
    file = wanted(server.url + NAME)
    assert not is_here(file)
    assert fetch(file) == cache / NAME
    assert (cache / NAME).read_bytes() == BODY
    assert is_here(file)
    assert fetch(file) == cache / NAME
    assert server.asked == [(NAME, None)]
    assert os.listdir(cache) == [NAME]
    out, err = capsys.readouterr()
    assert out == "" and NAME in err and "307.2/307.2 kB" in err


def test_an_interrupted_download_is_continued(server, cache):
    file = wanted(server.url + NAME)
    server.stop_after = 100_000
    message = refused(file)
    assert "100000" in message or "IncompleteRead" in message
    assert (cache / f"{NAME}.part").read_bytes() == BODY[:100_000]
    assert not is_here(file)
    fetch(file)
    assert (cache / NAME).read_bytes() == BODY
    assert server.asked == [(NAME, None), (NAME, "bytes=100000-")]
    assert os.listdir(cache) == [NAME]


def test_an_answer_without_its_length_may_be_short(server, cache):
    file = wanted(server.url + NAME)
    server.says_length, server.stop_after = False, 100_000
    assert "100000 of 307200 bytes" in refused(file)
    fetch(file)
    assert server.asked[-1] == (NAME, "bytes=100000-")


def test_ctrl_c_keeps_what_has_arrived(server, cache, monkeypatch):
    file = wanted(server.url + NAME)

    class Interrupting(cifar.ResumingDownloader):
        def _write(self, response, have):
            self.part.write_bytes(response.raw.read(70_000))
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cifar, "ResumingDownloader", Interrupting)
        with pytest.raises(KeyboardInterrupt):
            fetch(file)
    fetch(file)
    assert (cache / NAME).read_bytes() == BODY
    assert server.asked[-1] == (NAME, "bytes=70000-")


def test_a_server_without_ranges_starts_again(server, cache):
    file = wanted(server.url + NAME)
    server.stop_after = 100_000
    refused(file)
    server.ranges = False
    fetch(file)
    assert (cache / NAME).read_bytes() == BODY


@pytest.mark.parametrize("left", [BODY, BODY + b"too long"], ids=["whole", "longer"])
def test_a_left_part_that_is_long_enough(server, cache, left):
    cache.mkdir()
    (cache / f"{NAME}.part").write_bytes(left)
    fetch(wanted(server.url + NAME))
    assert (cache / NAME).read_bytes() == BODY
    assert len(server.asked) == (0 if left == BODY else 1)


def test_wrong_bytes_are_not_kept(server, cache):
    server.files[NAME] = BODY[:-1] + b"!"
    message = refused(wanted(server.url + NAME))
    assert "checksum" in message and server.url in message
    assert os.listdir(cache) == []
    server.files[NAME] = BODY
    fetch(wanted(server.url + NAME))


def test_a_file_that_never_ends_is_not_read_to_its_end(server, cache):
    server.files[NAME] = BODY * 40
    assert "checksum" in refused(wanted(server.url + NAME))
    assert os.listdir(cache) == []
    out, part = cache / "out", cache / "part"
    cifar.ResumingDownloader(part, len(BODY))(server.url + NAME, str(out), None)
    assert len(BODY) < out.stat().st_size <= len(BODY) + cifar.CHUNK


def test_a_wrong_part_does_not_stay(server, cache):
    cache.mkdir()
    (cache / f"{NAME}.part").write_bytes(b"?" * 1000)
    assert "checksum" in refused(wanted(server.url + NAME))
    fetch(wanted(server.url + NAME))
    assert (cache / NAME).read_bytes() == BODY


def test_a_lost_file_says_where_to_put_it(server, cache):
    message = refused(wanted(server.url + "lost.bin"))
    assert "404" in message
    for word in (NAME, "0.3 MB", str(cache / NAME), "CONVNETS_DATA"):
        assert word in message


def test_no_network(cache):
    with serving() as gone:
        url = gone.url
    message = refused(wanted(url + NAME))
    assert "no connection" in message
    assert str(cache / NAME) in message
    assert "\n" not in message


def test_a_file_put_there_by_hand_needs_no_network(cache):
    cache.mkdir()
    (cache / NAME).write_bytes(BODY)
    assert fetch(wanted("http://127.0.0.1:1/" + NAME)) == cache / NAME


def test_the_second_address_is_tried(server):
    path = fetch(wanted(server.url + "lost.bin", server.url + NAME))
    assert path.read_bytes() == BODY
    assert [name for name, _ in server.asked] == ["lost.bin", NAME]


def test_the_second_address_continues_what_the_first_began(server, cache):
    server.files["other.bin"] = BODY
    server.stop_after = 50_000
    fetch(wanted(server.url + NAME, server.url + "other.bin"))
    assert server.asked == [(NAME, None), ("other.bin", "bytes=50000-")]
    assert (cache / NAME).read_bytes() == BODY


def test_the_error_is_a_refusal_and_an_oserror():
    assert issubclass(DataUnavailable, UsageError) and issubclass(
        DataUnavailable, OSError
    )


def test_without_the_variable_it_is_the_cache_of_this_computer(monkeypatch):
    monkeypatch.delenv(cifar.CACHE_VARIABLE)
    folder = cifar.cache_folder()
    assert folder.is_absolute() and "convnets-from-scratch" in folder.parts


RNG = np.random.default_rng(0)
LABELS = (np.arange(40) % 10).astype(np.uint8)
PHOTOS = RNG.integers(0, 256, size=(40, 3, 32, 32), dtype=np.uint8)


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


def test_records_are_label_red_green_blue():
    image = np.zeros((3, 32, 32), dtype=np.uint8)
    image[0, 0, 1], image[1, 2, 0], image[2, 31, 31] = 11, 22, 33
    raw = records([image], [7])
    assert (raw[0], raw[2], raw[1 + 1024 + 64], raw[-1]) == (7, 11, 22, 33)
    images, labels = cifar.parse_records(raw, "one")
    np.testing.assert_array_equal(images, image[np.newaxis])
    assert labels.tolist() == [7]


def test_the_archive_in_order(tmp_path):
    path = written(tmp_path, whole_archive())
    images, labels = cifar.read_cifar10(path, cifar.TRAIN_MEMBERS)
    np.testing.assert_array_equal(images, PHOTOS[:30])
    np.testing.assert_array_equal(labels, LABELS[:30])
    images, labels = cifar.read_cifar10(path, cifar.TEST_MEMBERS)
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
        cifar.read_cifar10(path, cifar.TEST_MEMBERS)
    assert words in str(caught.value) and str(path) in str(caught.value)
    assert "again" in str(caught.value)


@pytest.fixture
def remote():
    """`remote({name: bytes})` offers files and gives their RemoteFiles."""
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
    monkeypatch.setattr(cifar, "ARCHIVE", file)
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


def test_the_real_file_has_a_public_name_and_checksum():
    """A slip of the pen shows: the checksum has 64 hexadecimal digits."""
    file = cifar.ARCHIVE
    assert len(file.sha256) == 64 and int(file.sha256, 16)
    assert all(url.startswith("https://") for url in file.urls)
    assert all(url.endswith("/" + file.name) for url in file.urls)
