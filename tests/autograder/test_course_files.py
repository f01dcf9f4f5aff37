"""A student's `course`, and that of grading: earlier modules are there, later ones are stubs."""

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.lessons import Lesson, checkout, find_lessons
from autograder.lessons.course_files import (
    Support,
    digest_of,
    make_support,
    modules_reached,
    stub_module,
    write_course,
)
from course.kit import UsageError

GEOMETRY = '''\
"""Made from lesson 01."""

import numpy as np

SECRET = 5


def output_size(size: int, filter_size, *, stride=1, dtype=np.float64) -> int:
    """Places of a filter.

    More about them.
    """
    return (size - filter_size) // stride + SECRET


def _hidden(x):
    return x


class Volume(np.ndarray):
    """A block of numbers."""

    kind = "secret"

    def __init__(self, height, width=3):
        self.height = height

    def area(self):
        return self.height * 3
'''
CONVOLUTION = "class Sum:\n    def of(self, row):\n        return sum(row)\n"


@pytest.fixture
def root(unbuilt):
    for name, text in (("01_volumes", GEOMETRY), ("02_convolution", CONVOLUTION)):
        Lesson(unbuilt, name).reference_module.write_text(text, encoding="utf-8")
    return unbuilt


def run(code, folder):
    """What the code prints when it imports the `course` in `folder`."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_stub_says_where_it_is_built(root, tmp_path):
    write_course(tmp_path / "tree", root, upto=None)
    code = """
import course.geometry
from course.kit import NotBuiltYet
for use in (course.geometry.output_size, course.geometry.Volume):
    try:
        use(7, 3)
    except NotBuiltYet as error:
        print(error)
"""
    said = run(code, tmp_path / "tree").split("\n")
    assert said[0] == (
        "output_size is built in lesson 01_volumes: open "
        "notebooks/01_volumes/01_volumes.ipynb, do its tasks, and run its last cell."
    )
    assert said[1].startswith("Volume is built in lesson 01_volumes: ")


def test_stub_keeps_signature_and_first_line_only():
    text = stub_module("01_volumes", GEOMETRY)
    names = {}
    exec(text, names)  # noqa: S102
    assert "def output_size(size, filter_size, *, stride=1, dtype=...):" in text
    assert "def __init__(self, height, width=3):" in text
    assert names["output_size"].__doc__ == "Places of a filter."
    assert "solutions/01_volumes.py" in names["__doc__"]
    for secret in ("SECRET", "More about", "_hidden", "area", "kind", "numpy", "//"):
        assert secret not in text


def test_class_without_init_raises_when_it_is_made():
    names = {}
    exec(stub_module("02_convolution", CONVOLUTION), names)  # noqa: S102
    with pytest.raises(NotImplementedError, match="Sum is built in lesson 02"):
        names["Sum"]()


def test_lessons_before_upto_are_there_whole(root, tmp_path):
    tree = tmp_path / "tree"
    written = write_course(tree, root, upto="02_convolution")
    assert (tree / "course/geometry.py").read_text(encoding="utf-8") == GEOMETRY
    text = (tree / "course/convolution.py").read_text(encoding="utf-8")
    assert "NotBuiltYet" in text and "sum(row)" not in text
    assert sorted(tree / path for path in written) == sorted(
        path for path in tree.rglob("*") if path.is_file()
    )


def test_course_of_a_tree_imports_without_the_autograder(root, tmp_path):
    write_course(tmp_path / "tree", root, upto=None)
    code = "import sys, course.kit; print(course.__file__, 'autograder' in sys.modules)"
    assert run(code, tmp_path / "tree").endswith("__init__.py False")


def test_only_files_of_the_kit_travel(root, tmp_path):
    kit = root / "course" / "kit"
    strays = [
        kit / "__pycache__" / "check.cpython-311.pyc",
        kit / "__pycache__" / "notes.txt",
        kit / ".ipynb_checkpoints" / "check-checkpoint.py",
        kit / ".secret.py",
        kit / "check.pyc",
        kit / "check.so",
        root / "course" / "notes.py",
        root / "course" / "__pycache__" / "geometry.cpython-311.pyc",
    ]
    for stray in strays:
        stray.parent.mkdir(exist_ok=True)
        stray.write_text("stray", encoding="utf-8")
    data = kit / "window.js"
    data.write_text("export default {}", encoding="utf-8")
    write_course(tmp_path / "tree", root, upto=None)
    for stray in strays:
        assert not (tmp_path / "tree" / stray.relative_to(root)).exists()
    assert (tmp_path / "tree" / data.relative_to(root)).exists()


def test_missing_reference_module_is_refused(root, tmp_path):
    (root / "course" / "convolution.py").unlink()
    with pytest.raises(UsageError, match="autograder build 02_convolution"):
        write_course(tmp_path / "tree", root, upto="02_convolution")


ROOT = Path(__file__).parents[2]


def test_earlier_lessons_are_there_and_later_ones_are_stubs(tmp_path):
    first, second, *_ = find_lessons(ROOT)
    support = make_support(second)
    done = support.files[first.reference_module.relative_to(ROOT).as_posix()]
    assert done == first.reference_module.read_bytes()
    stub = support.files[second.reference_module.relative_to(ROOT).as_posix()]
    assert b"NotBuiltYet" in stub
    assert "course/kit/check.py" in support.files
    assert not any(name.endswith(".pyc") for name in support.files)


def test_the_digest_is_of_names_and_contents():
    assert digest_of({"a": b"1", "b": b"2"}) == digest_of({"b": b"2", "a": b"1"})
    assert digest_of({"a": b"1", "b": b"2"}) != digest_of({"a": b"2", "b": b"1"})
    assert digest_of({"a": b"1"}) != digest_of({"b": b"1"})
    lesson = find_lessons(ROOT)[0]
    assert make_support(lesson) == make_support(lesson)


def test_unpacked_it_can_be_imported_and_is_compiled(tmp_path):
    make_support(find_lessons(ROOT)[0]).unpack(tmp_path)
    assert list((tmp_path / "lib/course/__pycache__").glob("*.pyc"))
    code = "import course.kit.check; print(course.__file__)"
    shown = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "lib")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == str(tmp_path / "lib/course/__init__.py")


@pytest.mark.parametrize("name", ["../out.py", "/out.py", "a/../../out.py", "a\\b", ""])
def test_a_path_that_leads_out_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="relative path"):
        Support({name: b""}, "").unpack(tmp_path / "in")
    assert not list(tmp_path.rglob("out.py"))


def test_no_module_is_looked_for_twice(monkeypatch):
    looked: list[Path] = []
    is_file = Path.is_file

    def noted(path: Path) -> bool:
        looked.append(path)
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", noted)
    found = modules_reached(checkout(), [checkout() / "course" / "kit" / "cli.py"])
    assert len(found) > 20
    assert len(looked) == len(set(looked))
