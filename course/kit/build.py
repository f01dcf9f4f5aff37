"""`build`, the last cell of a lesson: write its functions and classes to a module.

What is written is what is live in the kernel, so it works in an unsaved notebook and in
every editor. The file stands with the other modules of `course`, where later lessons
import it.
"""

import ast
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
from course.kit.syllabus import LESSON_OF_MODULE, MODULE_OF_LESSON

__all__ = ["BuildError", "build"]

BUILT = "# Built by "
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


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
    namespace = sys._getframe(1).f_globals
    for definition in definitions:
        check_definition(definition, namespace)
    path = Path(folder or Path(course.__file__).parent).resolve() / f"{module}.py"
    name = f"course.{module}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cells have shown theirs
        ran = pieces_that_ran(namespace)
        texts = [find_source(live, namespace, ran) for live in definitions]
        found = [read_definition(text) for text in texts]
        text = module_text(heading(module), found, namespace, ran)
        try_out(name, text, definitions)
        write(path, text)
        load_again(name, path)
        told = summary(path, found)
    print(told)


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
    """If the module `name` was imported from `path`, let it be what stands there now."""
    importlib.invalidate_caches()
    loaded = sys.modules.get(name)
    origin = getattr(loaded, "__file__", None)
    if loaded and origin and os.path.realpath(origin) == os.path.realpath(path):
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
    return "\n".join(lines)


def course_line(package: Path) -> str:
    """One line: which modules of the course are in the folder `package`."""
    groups: dict[str, list[str]] = {"built": [], "unfinished": [], "not built yet": []}
    for module, state in module_states(package).items():
        kind = {"built": "built", "not built": "not built yet"}.get(state, "unfinished")
        groups[kind].append(module)
    found = [f"{kind} {', '.join(names)}" for kind, names in groups.items() if names]
    return f"The course: {'; '.join(found)}."


def module_states(package: Path) -> dict[str, str]:
    """Module of the course -> "built", "built without NAME, ...", "not built" or "broken".

    `package` is the folder course/. A definition counts as missing when it raises
    NotImplementedError in its body, or NotBuiltYet as the stubs do.
    """
    return {
        module: module_state(package / f"{module}.py")
        for module in MODULE_OF_LESSON.values()
    }


def module_state(path: Path) -> str:
    """The state of one module, see `module_states`."""
    try:
        tree = ast.parse(path.read_bytes())
    except FileNotFoundError:
        return "not built"
    except (SyntaxError, ValueError) as error:
        return f"broken ({' '.join(str(error).split())})"
    written: list[str] = []
    missing: list[str] = []
    for node in tree.body:
        if isinstance(node, (*FUNCTION, ast.ClassDef)):
            (missing if _unwritten(node) else written).append(node.name)
    if not written:
        return "not built"
    return f"built without {', '.join(missing)}" if missing else "built"


def missing_parts(definition: str) -> list[str]:
    """What the text of a definition leaves unwritten: its own name, or those of methods."""
    return _unwritten(ast.parse(definition).body[0])


def _unwritten(node: ast.stmt) -> list[str]:
    """The functions that give up in their body, not only under some `if`."""
    parts = node.body if isinstance(node, ast.ClassDef) else [node]
    return [
        part.name
        for part in parts
        if isinstance(part, FUNCTION) and any(map(_gives_up, part.body))
    ]


def _gives_up(statement: ast.stmt) -> bool:
    """Is it `raise NotImplementedError` or `raise NotBuiltYet`, with or without a text?"""
    match statement:
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name)) | ast.Name(id=name)):
            return name in ("NotImplementedError", "NotBuiltYet")
    return False
