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
from types import FunctionType
from typing import Any

import course
from course.kit.build_module import Definition, module_text, read_definition, try_out
from course.kit.build_source import BuildError, find_source, pieces_that_ran
from course.kit.modules import (
    BUILT,
    course_line,
    in_home,
    is_shared,
    missing_parts,
    own_folder,
)
from course.kit.syllabus import LESSON_OF_MODULE

__all__ = ["BuildError", "build"]


def build(module: str, *definitions: Any, folder: str | Path | None = None) -> None:
    """Write functions and classes of this notebook to course/<module>.py.

    `definitions` are the live objects; the file goes to `folder`, by default next to
    course/__init__.py or, where that cannot be written to, to your own folder: see `course`. What still raises NotImplementedError is written as it stands and
    listed as missing. If course.<module> is imported already, it is loaded again. While
    nbgrader grades, nothing is done.

    Raises BuildError, a ValueError, and writes nothing when a definition needs what only
    the notebook has, when its text is not found, or when the file cannot be written.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return
    namespace = sys._getframe(1).f_globals
    for definition in definitions:
        check_definition(definition, namespace)
    path = Path(folder or own_folder()).resolve() / f"{module}.py"
    name = f"course.{module}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cells have shown theirs
        ran = pieces_that_ran(namespace)
        texts = [find_source(live, namespace, ran) for live in definitions]
        found = [read_definition(text) for text in texts]
        text = module_text(heading(module), found, namespace, ran)
        try_out(name, text, definitions)
        if not folder:
            make_own_folder(path.parent)
        write(path, text)
        load_again(name, path)
        told = summary(path, found)
    print(told)


def make_own_folder(folder: Path) -> None:
    """Make the folder of the user's own; it is a part of `course` from then on."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(
            f"your own folder {folder} could not be made: {error.strerror or error}. Let the "
            "variable COURSE_HOME name a folder that you may write to"
        ) from error


def check_definition(definition: Any, namespace: dict[str, Any]) -> None:
    """Raise BuildError unless it is a function or class of this notebook, by its name."""
    is_class = isinstance(definition, type)
    function = definition if is_class else inspect.unwrap(definition)
    if not is_class and not isinstance(function, FunctionType):
        name = getattr(definition, "__name__", None)
        what = f"`{name}`" if isinstance(name, str) else "what was given"
        raise BuildError(
            f"{what} is of the type {type(definition).__name__}, neither a function "
            "written in Python nor a class: give those, without quotes and brackets"
        )
    name, path = definition.__name__, definition.__qualname__
    if name == "<lambda>":
        raise BuildError("a lambda was given: write it as a function, with def")
    if is_class:
        is_here = definition.__module__ == namespace.get("__name__")
    else:
        is_here = function.__globals__ is namespace
    if not is_here:
        raise BuildError(
            f"`{name}` is not written in this notebook but in {definition.__module__}: "
            "give only what you define here (a decorator of yours needs functools.wraps)"
        )
    if "." in path:
        outer = path.rpartition(".")[0].removesuffix(".<locals>")
        raise BuildError(
            f"`{name}` is made inside `{outer}`: give `{outer}` instead, or define it on "
            "its own (and if that is a decorator, it needs functools.wraps)"
        )
    if namespace.get(name) is not definition:
        raise BuildError(
            f"what was given is defined as `{name}`, which is something else by now, or "
            "deleted: give it that one name, and run its cell again"
        )


def heading(module: str) -> str:
    """The first lines of the file: what made it, and its docstring."""
    lesson = LESSON_OF_MODULE.get(module, module)
    return (
        f"{BUILT}lesson {lesson} with course.kit.build.\n"
        "# Change the notebook and build again; a change made here would be lost.\n"
        f'"""What lesson {lesson} builds."""'
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
    ours = content.startswith(BUILT.encode()) or b"NotBuiltYet" in content
    return ours or not content.strip()


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
    """If the module `name` of `course` was imported, let it be what stands at `path` now.

    What was imported may be a shared stub, and `path` in the user's own folder before it.
    """
    importlib.invalidate_caches()
    loaded = sys.modules.get(name)
    origin = getattr(loaded, "__file__", None)
    places = {os.path.realpath(place) for place in course.__path__}
    both = {os.path.dirname(os.path.realpath(each)) for each in (origin or "", path)}
    if loaded and origin and both <= places:
        for attribute in [key for key in vars(loaded) if not key.startswith("__")]:
            delattr(loaded, attribute)
        importlib.reload(loaded)


def summary(path: Path, definitions: list[Definition]) -> str:
    """What was built, what is missing, and how far the course is.

    It does not tell whether the file was written just now or stood there before, nor
    where the folder is on this computer.
    """
    lesson = LESSON_OF_MODULE.get(path.stem, path.stem)
    width = max(len(definition.name) for definition in definitions)
    rows, built = [], 0
    for definition in definitions:
        missing = missing_parts(definition.text)
        built += not missing
        parts = [part for part in missing if part != definition.name]
        state = "missing" + (": " + ", ".join(parts) if parts else "")
        rows.append(f"  {definition.name:<{width}}  {state if missing else 'built'}")
    lines = [
        f"{path.parent.name}/{path.name}, lesson {lesson}",
        *rows,
        f"{built} of {len(definitions)} built.",
        f"Built as it stands. To see which answers are right: course check {lesson}",
        course_line(path.parent),
    ]
    if is_shared() and own_folder().resolve() == path.parent:
        lines.insert(
            1, f"  in your own folder {in_home(path.parent)}: the course is shared"
        )
    return "\n".join(lines)
