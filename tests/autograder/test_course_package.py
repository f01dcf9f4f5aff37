"""What a lesson's learner code is given."""

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.grading.course_package import Support, digest_of, make_support
from autograder.lessons import find_lessons
from course.kit.usage_error import UsageError

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
