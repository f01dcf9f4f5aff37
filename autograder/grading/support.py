"""What a kernel is given to grade a lesson: the `course` package up to that lesson."""

import compileall
import hashlib
import shutil
from pathlib import Path
from py_compile import PycInvalidationMode

from autograder.lessons import Lesson
from autograder.release.learner_package import write_course


def make_support(target: Path, lesson: Lesson) -> str:
    """Fill the folder `target` for the lesson's kernels; returns a hash of what decides marks.

    target/lib/course has the kit and the reference modules of earlier lessons; the modules of
    this and later lessons are stubs. It is compiled here once, not in every kernel.
    """
    version = write_support(target, lesson)
    compile_support(target)
    return version


def write_support(target: Path, lesson: Lesson) -> str:
    """`make_support` without compiling, for when there may be nothing to run."""
    library = target / "lib"
    library.mkdir(parents=True)
    write_course(library, lesson.root, lesson.name)
    total = hashlib.sha256()
    for path in sorted(library.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            total.update(path.relative_to(library).as_posix().encode() + b"\0")
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def compile_support(target: Path) -> None:
    """Save every kernel the compiling of `course` and the search for the system's fonts."""
    compileall.compile_dir(
        target / "lib", quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    _copy_font_list(target / "matplotlib")


def _copy_font_list(target: Path) -> None:
    target.mkdir()
    try:
        from matplotlib import get_cachedir
    except ImportError:
        return
    for path in Path(get_cachedir()).glob("fontlist-*.json"):
        shutil.copy(path, target)
