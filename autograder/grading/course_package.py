"""What grading a lesson gives to student code: the `course` package up to that lesson."""

import compileall
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from py_compile import PycInvalidationMode

from autograder.lessons import Lesson
from autograder.lessons.course_files import write_course
from course.kit.usage_error import UsageError


@dataclass(frozen=True)
class Support:
    """The files of the package, by relative posix path; `digest` is what decides marks."""

    files: Mapping[str, bytes]
    digest: str

    def unpack(self, folder: Path) -> None:
        """Write folder/lib, and compile it there once instead of in every child.

        Also puts matplotlib's list of the system's fonts into folder/matplotlib, since
        searching for fonts takes seconds. Refuses a path that leads out of the folder.
        """
        library = folder / "lib"
        for name, content in self.files.items():
            parts = PurePosixPath(name).parts
            if not parts or ".." in parts or name.startswith("/") or "\\" in name:
                raise UsageError(
                    f"a support file is named {name!r}; a relative path without '..' "
                    "was wanted. Make the support with make_support"
                )
            path = library.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        compileall.compile_dir(
            library, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
        )
        _copy_font_list(folder / "matplotlib")


def make_support(lesson: Lesson) -> Support:
    """The kit, the reference modules of earlier lessons, and stubs for this and later ones."""
    with tempfile.TemporaryDirectory(prefix="support-") as name:
        library = Path(name)
        write_course(library, lesson.root, lesson.name)
        files = {
            path.relative_to(library).as_posix(): path.read_bytes()
            for path in sorted(library.rglob("*"))
            if path.is_file() and path.suffix != ".pyc"
        }
    return Support(files, digest_of(files))


def digest_of(files: Mapping[str, bytes]) -> str:
    """A sha256 over the names and contents, whatever their order."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode("utf-8") + b"\0")
        total.update(hashlib.sha256(files[name]).digest())
    return total.hexdigest()


def _copy_font_list(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    try:
        from matplotlib import get_cachedir
    except ImportError:
        return
    for path in Path(get_cachedir()).glob("fontlist-*.json"):
        shutil.copy(path, target)
