"""`build`, the last cell of a lesson: write its functions and classes to a module.

What is written is what is live in the kernel, so it works in an unsaved notebook and in
every editor. The file stands with the other modules of `course`, where later lessons
import it.
"""

import contextlib
import importlib
import importlib.util
import inspect
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import course
from course.kit.building.arguments import check_definitions, check_module_name
from course.kit.building.error import BuildError
from course.kit.building.module_text import module_text, read_definition
from course.kit.building.notebook_source import pieces_that_ran
from course.kit.building.table import build_table
from course.kit.building.trial_import import trial_import
from course.kit.syllabus import LESSON_OF_MODULE

__all__ = ["BuildError", "build"]

BUILT = "# Built by "


def build(module: str, *definitions: Any, folder: str | Path | None = None) -> None:
    """Write functions and classes of this notebook to course/<module>.py.

    `definitions` are the live objects; the file goes to `folder`, by default next to
    course/__init__.py. What still raises NotImplementedError is written as it stands and
    listed as missing. If course.<module> is imported already, it is loaded again. While
    nbgrader grades, nothing is done.

    Raises BuildError, a ValueError, and writes nothing when a definition needs what only
    the notebook has, when its text is not found, or when the file cannot be written.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return
    namespace = inspect.currentframe().f_back.f_globals
    check_module_name(module)
    check_definitions(module, definitions, namespace)
    path = Path(folder or Path(course.__file__).parent).resolve() / f"{module}.py"
    name = f"course.{module}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cells have shown theirs
        ran = pieces_that_ran(namespace)
        found = [read_definition(live, namespace, ran) for live in definitions]
        text = module_text(name, heading(module), found, namespace, ran)
        trial_import(name, text, found)
        write(path, text)
        load_again(name, path)
        table = build_table(path, found)
    print(table)


def heading(module: str) -> str:
    """The first lines of the file: what made it, and its docstring."""
    lesson = LESSON_OF_MODULE.get(module)
    maker = f"lesson {lesson}" if lesson else "a notebook"
    return (
        f"{BUILT}{maker} with course.kit.build.\n"
        "# Change the notebook and build again; a change made here would be lost.\n"
        f'"""What {maker} builds."""'
    )


def write(path: Path, text: str) -> None:
    """Put `text` at `path` in one step; leave a file alone that holds it already.

    Raises BuildError when that is not possible, or when a file that `build` did not write
    would be lost.
    """
    shown = f"{path.parent.name}/{path.name}"
    try:
        content = text.encode("utf-8")
        before = path.read_bytes() if path.exists() else b""
        if before == content:
            return
        if not is_ours(before):
            raise BuildError(
                f"{shown} was not written by build, and would be lost: move {path} to "
                "another name, then run this again"
            )
        if before and not os.access(path, os.W_OK):
            raise PermissionError(13, "the file is write-protected")
        replace(path, content)
    except OSError as error:
        raise BuildError(
            f"{shown} could not be written: {error.strerror or error}. Check that you may "
            f"write to {path.parent}, or give another place: build(..., folder=...)"
        ) from error


def is_ours(content: bytes) -> bool:
    """Is it nothing, a stub, or what `build` wrote: nobody's work would be lost."""
    ours = content.startswith((BUILT.encode(), b"# Stub"))
    return ours or b"NotBuiltYet" in content or not content.strip()


def replace(path: Path, content: bytes) -> None:
    """Write beside `path`, then rename: whatever happens, the file there is whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with contextlib.suppress(OSError):
        # Bytecode goes by whole seconds and size, and both may be the same again.
        Path(importlib.util.cache_from_source(path)).unlink()
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def load_again(name: str, path: Path) -> None:
    """If the module `name` was imported from `path`, let it be what stands there now."""
    importlib.invalidate_caches()
    loaded = sys.modules.get(name)
    origin = getattr(loaded, "__file__", None)
    if origin and os.path.realpath(origin) == os.path.realpath(path):
        for attribute in [key for key in vars(loaded) if not key.startswith("__")]:
            delattr(loaded, attribute)
        importlib.reload(loaded)
