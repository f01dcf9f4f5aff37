"""A `course` that is shared and cannot be written to: what one builds is in a folder of one's own."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from other_user import STUDENT, as_student

import course

STUB = """from course.kit import NotBuiltYet


def output_size(size):
    raise NotBuiltYet("output_size is built in lesson 01")
"""
BUILD = """
import course.geometry  # the shared stub
from course.kit import build
def output_size(size):
    return size + 1
build("geometry", output_size)
from course.geometry import output_size as built
print("imported", built(1))
"""
AFTER = "from course.geometry import output_size; print('later', output_size(1))"
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def hub():
    """A shared course, which nobody but its owner may change, and a student's home."""
    folder = Path(tempfile.mkdtemp(prefix="hub-"))
    folder.chmod(0o755)
    shared = folder / "shared" / "course"
    source = Path(course.__file__).parent
    ignore = shutil.ignore_patterns("__pycache__", "*.npz", "*.npy", "*.jpg")
    shutil.copytree(source / "kit", shared / "kit", ignore=ignore)
    shutil.copy(source / "__init__.py", shared)
    (shared / "geometry.py").write_text(STUB, encoding="utf-8")
    home = folder / "home"
    home.mkdir()
    if IS_ROOT:
        shutil.chown(home, STUDENT)
    places = [shared, *shared.rglob("*")]
    for path in places:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in places:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def student(hub: Path, *words: str, **environment: str) -> str:
    """What Python prints as a student, for whom `course` is read-only."""
    become = as_student() if IS_ROOT else []
    done = subprocess.run(
        [*become, sys.executable, *words],
        check=False,
        cwd=hub / "home",
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(hub / "home"),
            "PYTHONPATH": str(hub / "shared"),
            "PYTHONDONTWRITEBYTECODE": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def lesson(hub: Path) -> str:
    path = hub / "home" / "lesson.py"
    path.write_text(BUILD, encoding="utf-8")
    return str(path)


linux = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="Unix permissions")


@linux
def test_what_is_built_goes_home_and_is_imported_from_there(hub):
    told = student(hub, lesson(hub))
    assert "imported 2" in told, "at once, though the stub was there before"
    first, second, *_ = told.splitlines()
    assert first == "course/geometry.py, lesson 01_volumes"
    assert second == "  in your own folder ~/course: the course is shared"
    assert "The course: built geometry; not built yet convolution" in told
    assert student(hub, "-c", AFTER) == "later 2\n"
    built = (hub / "home/course/geometry.py").read_text(encoding="utf-8")
    assert built.startswith("# Built by lesson 01_volumes")
    assert (hub / "shared/course/geometry.py").read_text(encoding="utf-8") == STUB


@linux
def test_another_folder_can_be_named(hub):
    told = student(hub, lesson(hub), COURSE_HOME="~/convnets/mine")
    assert "  in your own folder ~/convnets/mine: the course is shared" in told
    assert (hub / "home/convnets/mine/geometry.py").is_file()
    assert student(hub, "-c", AFTER, COURSE_HOME="~/convnets/mine") == "later 2\n"


@linux
def test_while_nbgrader_grades_it_is_not_looked_at(hub):
    student(hub, lesson(hub))
    code = "import course; print(len(course.__path__))"
    assert student(hub, "-c", code) == "2\n"
    assert student(hub, "-c", code, NBGRADER_EXECUTION="autograde") == "1\n"
    assert student(hub, "-c", code, NBGRADER_EXECUTION="validate") == "2\n"


@linux
def test_a_home_that_cannot_be_written_to_is_named(hub):
    code = f"""
import runpy
try:
    runpy.run_path({lesson(hub)!r}, run_name="__main__")
except Exception as error:
    print(type(error).__name__, error)
"""
    told = student(hub, "-c", code, COURSE_HOME="/proc/nothing")
    assert "BuildError your own folder /proc/nothing could not be made" in told
    assert "COURSE_HOME" in told


def test_a_course_of_ones_own_has_one_folder():
    assert [str(Path(each)) for each in course.__path__] == [
        str(Path(course.__file__).parent)
    ]


@linux
def test_the_doctor_knows_a_shared_course(hub):
    code = """
from pathlib import Path
import course
from course.kit.doctor import course_finding, _folders
from course.kit.installation import KernelFacts
package = Path(course.__file__).resolve().parent
print(course_finding(package, None, KernelFacts()).verdict)
print(course_finding(package, None, KernelFacts()).found)
print([name for name, _ in _folders(package, None, Path.cwd())])
"""
    told = student(hub, "-c", code)
    verdict, found, folders = told.splitlines()
    assert verdict == "ok"
    assert found.endswith("/shared/course; your modules are in ~/course")
    assert folders == "['your own folder', 'this folder', 'temporary folder']"
