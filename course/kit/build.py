"""`build`, the last cell of a lesson: write its functions and classes to a module of `course`.

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
from collections.abc import Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import course
from course.kit.build_source import (
    FUTURE,
    BuildError,
    Definition,
    Piece,
    find_source,
    functions_of,
    import_block,
    import_statements,
    imports_needed,
    pieces_that_ran,
    read_definition,
)
from course.kit.syllabus import LESSON_OF_MODULE, MODULE_OF_LESSON

BUILT = "# Built by "
GIVEN = f"{BUILT}your instructor"
CATCH_UP = (  # the head of a module that was handed out; `build` may replace it
    f"{GIVEN}, so that you can go on without lesson {{lesson}}. It is not your answer.\n"
    "# Doing that lesson and building it replaces this file.\n"
)
PLAIN = (bool, int, float, complex, str, bytes)
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)

__all__ = ["BuildError", "build"]


def build(module: str, *definitions: Any, folder: str | Path | None = None) -> None:
    """Write functions and classes of this notebook to course/<module>.py.

    `definitions` are the live objects; the file goes to `folder`, by default next to
    course/__init__.py or, where that cannot be written to, to your own folder: see `course`.
    What still raises NotImplementedError is written as it stands and listed as missing. If
    course.<module> is imported already, it is loaded again, unless the file goes to another
    `folder`. While nbgrader grades, nothing is done.

    Raises BuildError, a ValueError, and writes nothing when a definition needs what only
    the notebook has, when its text is not found, or when the file cannot be written.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return
    if not definitions:
        raise BuildError(
            f"nothing is given to write: name the functions and classes, as in "
            f"build({module!r}, first, second)"
        )
    namespace = sys._getframe(1).f_globals
    for definition in definitions:
        check_definition(definition, namespace)
    path = Path(folder or own_folder()).resolve() / f"{module}.py"
    name = f"course.{module}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cells have shown theirs
        ran = pieces_that_ran(namespace)
        found = [
            read_definition(live.__name__, find_source(live, namespace, ran))
            for live in definitions
        ]
        text = module_text(module, found, namespace, ran)
        try_out(name, text, definitions)
        if not folder:
            make_own_folder(path.parent)
        write(path, text)
        if path.parent == own_folder().resolve():
            load_again(name)
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
    name = definition.__name__
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
    outer = definition.__qualname__.rpartition(".")[0].removesuffix(".<locals>")
    if outer or namespace.get(name) is not definition:
        now = (
            f"inside `{outer}`"
            if outer
            else "which is something else by now, or deleted"
        )
        raise BuildError(
            f"what was given is defined as `{name}`, {now} (a decorator of yours needs "
            "functools.wraps): give what has a definition of its own, by that one name, and "
            "run its cell again"
        )


def module_text(
    module: str,
    definitions: list[Definition],
    namespace: dict[str, Any],
    ran: list[Piece],
) -> str:
    """What made it, a docstring, the imports that are used, the definitions in their order."""
    lesson = LESSON_OF_MODULE.get(module, module)
    heading = (
        f"{BUILT}lesson {lesson} with course.kit.build.\n"
        "# Change the notebook and build again; a change made here would be lost.\n"
        f'"""What lesson {lesson} builds."""'
    )
    parts = [heading]
    statements = import_statements(ran)
    lines = imports_needed(definitions, namespace, statements)
    if FUTURE in statements:
        parts.append("from __future__ import annotations")
    if lines:
        parts.append(import_block(lines))
    texts = [definition.text.rstrip() for definition in definitions]
    return "\n\n".join(parts) + "\n\n\n" + "\n\n\n".join(texts) + "\n"


def try_out(module: str, text: str, definitions: Sequence[Any]) -> None:
    """Import `text` as `module`, compare, and leave sys.modules as it was.

    Raises BuildError when the import fails or gives something else than is live.
    """
    trial = ModuleType(module)
    before = sys.modules.get(module)
    sys.modules[module] = trial
    try:
        exec(compile(text, f"<{module}>", "exec", dont_inherit=True), vars(trial))  # noqa: S102
    except Exception as error:
        hint = ""
        if isinstance(error, NameError) and error.name:  # None: raised by hand
            hint = f". Give `{error.name}` to build before what uses it"
        raise BuildError(
            f"{module} could not be imported if it were written: "
            f"{type(error).__name__}: {error}{hint}"
        ) from error
    finally:
        if before is None:
            del sys.modules[module]
        else:
            sys.modules[module] = before
    given = {definition.__name__: definition for definition in definitions}
    written = {name: vars(trial)[name] for name in given}
    for name, definition in given.items():
        live, made = facts(definition, given), facts(written[name], written)
        for part in sorted(live | made):
            if live.get(part) != made.get(part):
                raise BuildError(
                    f"`{name}{part}` is not as it was written: it was added, changed, "
                    "wrapped or deleted later. Write it, with its decorators, in the cell "
                    f"of `{name}`, run that cell, then run this one again"
                )


def facts(live: Any, others: dict[str, Any]) -> dict[str, Any]:
    """What can be compared: what is around a function, by its decorators; of a class which
    attributes it has, and what is around their functions and where these are written, and
    which bases are among the `others`: one that was run again since is not. The
    plain values of a class without functions count, too; else its methods may change them.
    """
    if not isinstance(live, type):
        return {"": wrappers(live)}
    found: dict[str, Any] = {}
    for name, value in vars(live).items():
        written = [function.__qualname__ for function in functions_of(value)]
        if written or name[:2] != "__":
            found[f".{name}"] = written and wrappers(value) + written
    if not any(found.values()):
        values = {name: vars(live)[name[1:]] for name in found}
        found = {n: repr(v) if type(v) in PLAIN else "" for n, v in values.items()}
    bases = [others.get(base.__name__) is base for base in live.__bases__]
    return found | {".__bases__": bases}


def wrappers(value: Any) -> list[str]:
    """The type of `value`, and of all that it wraps: each decorator makes one more."""
    types = [type(value).__qualname__]
    while value := getattr(value, "__wrapped__", None):
        types.append(type(value).__qualname__)
    return types


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


def load_again(name: str) -> None:
    """If the module `name` of `course` was imported, let it be what was written just now.

    What was imported may be a shared stub; the user's own folder comes before it.
    """
    importlib.invalidate_caches()
    if loaded := sys.modules.get(name):
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


def own_folder() -> Path:
    """Where modules are built: beside course/__init__.py, or a folder of the user's own."""
    return Path(course.__path__[0])


def is_shared() -> bool:
    """Whether `course` is shared, and its user builds into a folder of their own."""
    return len(course.__path__) > 1


def in_home(folder: Path) -> str:
    """The folder as people say it: ~/course."""
    with contextlib.suppress(ValueError, RuntimeError):
        return f"~/{folder.relative_to(Path.home().resolve()).as_posix()}"
    return str(folder)


def course_line(package: Path) -> str:
    """One line: which modules of the course are in the folder `package`.

    A folder of the user's own has the others behind it.
    """
    kinds = ("built", "given to catch up", "unfinished", "not built yet")
    groups: dict[str, list[str]] = {kind: [] for kind in kinds}
    named = {"built": kinds[0], "given": kinds[1], "not built": kinds[3]}
    places = [Path(place) for place in course.__path__]
    is_own = package.resolve() == own_folder().resolve()
    for module, state in module_states(*(places if is_own else [package])).items():
        groups[named.get(state, "unfinished")].append(module)
    found = [f"{kind} {', '.join(names)}" for kind, names in groups.items() if names]
    return f"The course: {'; '.join(found)}."


def module_states(*packages: Path) -> dict[str, str]:
    """Module of the course -> "built", "given", "built without NAME, ...", "not built" or "broken".

    `packages` are folders like course/; the first that has a module counts. A definition counts
    as missing when it raises NotImplementedError in its body, or NotBuiltYet as the stubs do.
    """
    states = {}
    for module in MODULE_OF_LESSON.values():
        paths = [package / f"{module}.py" for package in packages]
        states[module] = module_state(next(filter(Path.is_file, paths), paths[0]))
    return states


def module_state(path: Path) -> str:
    """The state of one module, see `module_states`."""
    try:
        content = path.read_bytes()
        tree = ast.parse(content)
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
    if missing:
        return f"built without {', '.join(missing)}"
    return "given" if content.startswith(GIVEN.encode()) else "built"


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
