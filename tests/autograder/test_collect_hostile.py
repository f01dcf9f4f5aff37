"""Archives that mean harm, or are broken: nothing outside is touched, the rest is taken."""

import csv
import io
import os
import struct
import tarfile
import time
import tracemalloc
import zipfile

import pytest
from collecting import FIRST, notebook, tarred, whats, whys, zipped

from autograder.collect.intake import IntakeLimits
from autograder.files import RESERVED, is_safe, normal, safe_file_name, safe_id
from course.kit import UsageError

GOOD = {"zoe/01_volumes.ipynb": notebook("good")}
SMALL = IntakeLimits(
    total_bytes=5_000_000,
    member_bytes=2_000_000,
    files=50,
    nested_bytes=1_000_000,
    nested_files=20,
)


def only_zoe(school) -> None:
    """The good submission was taken, and nothing lies anywhere else."""
    assert school.students() == ["zoe"]
    assert school.text("zoe") == "good"
    beside = {path.name for path in school.folder.parent.iterdir()}
    assert beside == {"checkout", "class", "downloads"}
    made = {path.name for path in school.folder.iterdir()}
    assert made == {".in-use", "collected.csv", "students.csv", "submitted"}


@pytest.mark.parametrize(
    "name",
    [
        "../../escaped.ipynb",
        "zoe/../../../escaped.ipynb",
        "/escaped.ipynb",
        "C:\\escaped.ipynb",
        "..\\..\\escaped.ipynb",
        "a/" * 30 + "deep.ipynb",
    ],
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_that_lead_elsewhere(school, name, pack):
    summary = school.take("plain", pack({name: notebook("bad"), **GOOD}))
    assert len(summary.refused) == 1
    only_zoe(school)


def with_tar_members(*members: tarfile.TarInfo) -> bytes:
    page = io.BytesIO()
    with tarfile.open(fileobj=page, mode="w") as archive:
        for info in members:
            archive.addfile(info)
        for name, content in GOOD.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return page.getvalue()


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.FIFOTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
    ],
)
def test_links_devices_and_pipes_in_a_tar(school, kind):
    info = tarfile.TarInfo("ana/01_volumes.ipynb")
    info.type, info.linkname = kind, "/etc/passwd"
    summary = school.take("plain", with_tar_members(info))
    assert "link or a device" in whys(summary)["ana/01_volumes.ipynb"]
    only_zoe(school)


def test_a_link_in_a_zip(school):
    page = io.BytesIO(zipped(GOOD))
    with zipfile.ZipFile(page, "a") as archive:
        info = zipfile.ZipInfo("ana/01_volumes.ipynb")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    summary = school.take("plain", page.getvalue())
    assert "is a link" in whys(summary)["ana/01_volumes.ipynb"]
    only_zoe(school)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_links_and_pipes_in_a_folder(school, tmp_path):
    folder = tmp_path / "downloads" / "in"
    (folder / "zoe").mkdir(parents=True)
    (folder / "zoe" / "01_volumes.ipynb").write_bytes(notebook("good"))
    (folder / "ana").mkdir()
    secret = tmp_path / "downloads" / "secret.ipynb"
    secret.write_bytes(notebook("secret"))
    (folder / "ana" / "01_volumes.ipynb").symlink_to(secret)
    (folder / "bo").symlink_to(tmp_path)
    (folder / "cy").mkdir()
    os.mkfifo(folder / "cy" / "01_volumes.ipynb")
    summary = school.take("plain", folder)
    assert set(whys(summary)) == {"ana/01_volumes.ipynb", "bo", "cy/01_volumes.ipynb"}
    only_zoe(school)


def test_a_bomb_in_a_zip(school):
    bomb = {"ana/01_volumes.ipynb": b"[" * 50_000_000}
    tracemalloc.start()
    summary = school.take("plain", zipped({**bomb, **GOOD}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "more than 200 times" in whys(summary)["ana/01_volumes.ipynb"]
    assert peak < 20_000_000
    only_zoe(school)


def test_a_bomb_in_a_learners_zip_costs_only_that_learner(school):
    bombs = {
        f"bomb{n}.zip": zipped({f"{k}.ipynb": b" " * 300_000 for k in range(9)})
        for n in range(9)
    }
    summary = school.take("plain", zipped({**bombs, **GOOD}), limits=SMALL)
    assert whys(summary) == {
        name: "it holds more than 1,000,000 bytes unpacked" for name in bombs
    }
    only_zoe(school)


def test_an_archive_in_an_archive_in_an_archive(school):
    deep = zipped({"01_volumes.ipynb": notebook()})
    for _ in range(5):
        deep = zipped({"more.zip": deep})
    summary = school.take("plain", zipped({"ana.zip": deep, **GOOD}))
    assert whys(summary) == {
        "ana.zip/more.zip": "it is an archive in an archive in an archive"
    }
    only_zoe(school)


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_bomb_in_a_tar_is_refused_as_a_whole(school, mode):
    # Skipped files count, too: they must be unpacked to be skipped.
    bomb = tarred({"ana/noise.bin": b"\0" * 30_000_000, **GOOD}, mode)
    with pytest.raises(UsageError, match=r"times its own size|bytes unpacked"):
        school.take("plain", bomb)
    assert not school.folder.exists()


def test_a_tar_header_that_would_fill_the_memory(school):
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 3 * 2**30
    tracemalloc.start()
    with pytest.raises(UsageError, match="tar header of 3,221,225,472 bytes"):
        school.take("plain", with_tar_members(info))
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_hundred_thousand_members(school):
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as archive:
        for number in range(100_000):
            archive.writestr(f"{number}", b"")
    started = time.process_time()
    with pytest.raises(UsageError, match="more than 20,000 files"):
        school.take("plain", page.getvalue())
    inside = {"ana.zip": page.getvalue(), **GOOD}
    summary = school.take("plain", zipped(inside))
    assert "table of contents" in whys(summary)["ana.zip"]
    assert time.process_time() - started < 60
    only_zoe(school)


def patched(archive: bytes, sign: bytes, at: int, form: str, value: int) -> bytes:
    """The archive with another number in the first record of that kind."""
    data = bytearray(archive)
    struct.pack_into(form, data, data.index(sign) + at, value)
    return bytes(data)


@pytest.mark.parametrize("size", [10, 10**9, 2**32 - 2])
def test_sizes_that_lie(school, size):
    bad = zipped({"ana/01_volumes.ipynb": notebook("x" * 999), **GOOD})
    summary = school.take("plain", patched(bad, b"PK\1\2", 24, "<I", size))
    assert "ana/01_volumes.ipynb" in whys(summary)
    only_zoe(school)


def test_a_table_of_contents_that_would_fill_the_memory(school):
    bad = patched(zipped(GOOD), b"PK\5\6", 12, "<I", 2**31)
    with pytest.raises(UsageError, match="table of contents"):
        school.take("plain", bad)


def test_a_password(school):
    bad = zipped({"ana/01_volumes.ipynb": notebook(), **GOOD})
    bad = patched(bad, b"PK\1\2", 8, "<H", 1)
    summary = school.take("plain", bad)
    assert "password" in whys(summary)["ana/01_volumes.ipynb"]
    only_zoe(school)


def test_damaged_members(school):
    good = zipped({"ana/01_volumes.ipynb": notebook("x" * 5_000), **GOOD})
    at = good.index(b"ana/01_volumes.ipynb") + 25
    bad = good[:at] + b"\xff\xff\xff" + good[at + 3 :]
    inner = zipped({"01_volumes.ipynb": notebook()})
    files = {"bo.zip": inner[:60], "cy.tar.gz": b"\x1f\x8bnonsense", "di.zip": b""}
    page = io.BytesIO(bad)
    with zipfile.ZipFile(page, "a") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr("ed/hw.7z", b"7z")
    summary = school.take("plain", page.getvalue())
    assert sorted(whys(summary)) == [
        "ana/01_volumes.ipynb",
        "bo.zip",
        "cy.tar.gz",
        "di.zip",
        "ed/hw.7z",
    ]
    only_zoe(school)


def test_a_tar_that_ends_too_early_gives_what_came_before(school):
    noise = os.urandom(200_000)
    cut = tarred({**GOOD, "ana/01_volumes.ipynb": noise})[:-50_000]
    summary = school.take("plain", cut)
    assert any("damaged" in each.why for each in summary.refused)
    only_zoe(school)


def test_a_compression_that_is_not_known(school):
    bad = zipped({"ana/01_volumes.ipynb": notebook(), **GOOD})
    bad = patched(patched(bad, b"PK\1\2", 10, "<H", 98), b"PK\3\4", 8, "<H", 98)
    assert "ana/01_volumes.ipynb" in whys(school.take("plain", bad))
    only_zoe(school)


NAMES = {
    "newline": "an\na",
    "formula": "=cmd|' /C calc'!A0",
    "emoji": "\N{PILE OF POO}",
    "composed": "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}",
    "right to left": "\N{RIGHT-TO-LEFT OVERRIDE}ana",
    "long": "a" * 200,
    "reserved": "con",
    "reserved with an ending": "aux.txt",
    "dots": "ana..",
    "spaces": "  Ana  Maria ",
    "quotes": 'o\'neil "x"; rm -rf *',
    "chinese": "\N{CJK UNIFIED IDEOGRAPH-674E}",
    "at": "@SUM(A1)",
}


def test_odd_names_get_safe_ids_and_the_map_is_kept(school):
    files = {
        f"{name}_{number}_assignsubmission_file_/01_volumes.ipynb": notebook(kind)
        for number, (kind, name) in enumerate(NAMES.items(), start=1)
    }
    summary = school.take("moodle", tarred(files))
    assert summary.refused == ()
    assert len(school.students()) == len(NAMES)
    for student in school.students():
        assert is_safe(student), student
    with (school.folder / "collected.csv").open(encoding="utf-8", newline="") as file:
        table = {row["key"]: row for row in csv.DictReader(file)}
    for number, kind in enumerate(NAMES, start=1):
        assert school.text(table[str(number)]["id"]) == kind
    for row in table.values():
        assert not row["name"].startswith(("=", "@", "+", "-"))
    assert set(whats(school.take("moodle", tarred(files))).values()) == {"unchanged"}


def test_odd_names_of_plain_folders(school):
    files = {
        f"{name.replace('/', '')}/01_volumes.ipynb": notebook(kind)
        for kind, name in NAMES.items()
    }
    first = school.take("plain", tarred(files))
    assert len(school.students()) == len(files)
    assert all(is_safe(student) for student in school.students())
    assert first.refused == ()
    assert set(whats(school.take("plain", tarred(files))).values()) == {"unchanged"}


def test_names_that_differ_in_case_or_spelling_only(school):
    files = {
        "Ana/01_volumes.ipynb": notebook("upper"),
        "ana/01_volumes.ipynb": notebook("lower"),
        "Zoe\u0308/01_volumes.ipynb": notebook("decomposed"),
        "Zo\u00eb/01_volumes.ipynb": notebook("composed"),
    }
    school.take("plain", tarred(files))
    students = school.students()
    assert len(students) == 3, "two spellings of one name are one learner"
    assert len({student.lower() for student in students}) == 3


def test_names_whose_bytes_are_no_utf8(school):
    page = io.BytesIO()
    with tarfile.open(fileobj=page, mode="w", encoding="latin-1") as archive:
        for name in ("M\xfcller/01_volumes.ipynb", "zoe/01_volumes.ipynb"):
            info = tarfile.TarInfo(name)
            info.size = len(notebook("good"))
            archive.addfile(info, io.BytesIO(notebook("good")))
    summary = school.take("plain", page.getvalue())
    assert {each.name for each in summary.taken} == {"M\xfcller", "zoe"}
    # A zip made where names are utf-8, but do not say so.
    name = "M\xfcller/01_volumes.ipynb".encode()
    raw = zipped({"M__ller/01_volumes.ipynb": notebook("good")})
    raw = raw.replace(b"M__ller/01_volumes.ipynb", name)
    assert set(whats(school.take("plain", raw)).values()) == {"unchanged"}


def test_file_names_that_collide_in_a_submission(school):
    inside = {
        "A.ipynb": notebook("1"),
        "a.ipynb": notebook("2"),
        "sub/a.ipynb": notebook("3"),
        "nul.ipynb": notebook("4"),
        "=1+1.ipynb": notebook("5"),
    }
    prefix = "Ana_1_assignsubmission_file_/"
    school.take(
        "moodle", zipped({prefix + name: text for name, text in inside.items()})
    )
    made = [path.name for path in (school.folder / "submitted/ana" / FIRST).iterdir()]
    assert len({name.lower() for name in made}) == 5
    assert not any(RESERVED.fullmatch(name) for name in made)


def test_safe_names_of_hostile_ones():
    assert safe_id("../../etc/passwd").startswith("etc-passwd-")
    assert safe_id("student_0001") == "student_0001"
    assert safe_id("a b") != safe_id("a  b") != safe_id("a.b")
    assert safe_file_name("../../x.ipynb", set()).count("/") == 0
    assert normal("Ana\n\tMaria") == "Ana Maria"
