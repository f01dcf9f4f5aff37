"""Downloads from a server of this computer: whole, broken off, continued, wrong, missing."""

import hashlib
import logging
import os

import pytest
from loopback import serving

from course.kit.data import DataUnavailable, download
from course.kit.data.download import RemoteFile, fetch, is_here
from course.kit.usage_error import UsageError

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
    monkeypatch.setenv(download.CACHE_VARIABLE, str(tmp_path / "cache"))
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

    class Interrupting(download.ResumingDownloader):
        def _write(self, response, have):
            self.part.write_bytes(response.raw.read(70_000))
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(download, "ResumingDownloader", Interrupting)
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
    download.ResumingDownloader(part, len(BODY))(server.url + NAME, str(out), None)
    assert len(BODY) < out.stat().st_size <= len(BODY) + download.CHUNK


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
    monkeypatch.delenv(download.CACHE_VARIABLE)
    folder = download.cache_folder()
    assert folder.is_absolute() and "convnets-from-scratch" in folder.parts
