"""The module that is built: put together, tried, written, and loaded again."""

import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from course.kit.building import BuildError
from course.kit.building.names import (
    Definition,
    ImportLine,
    import_statements,
    imports_needed,
)
from course.kit.building.source import Piece, functions_of

BUILT = "# Built by "
WIDTH = 88
PLAIN = (bool, int, float, complex, str, bytes)
FUTURE = ImportLine("__future__", "annotations")


def module_text(
    name: str,
    heading: str,
    definitions: list[Definition],
    namespace: dict[str, Any],
    ran: list[Piece],
) -> str:
    """`heading`, the imports that are used, and the definitions in the given order.

    `name` is the full one, course.geometry. Raises BuildError with a line for every
    name that a definition uses and the module would lack.
    """
    statements = import_statements(ran)
    lines = imports_needed(name, definitions, namespace, statements)
    parts = [heading]
    if FUTURE in statements:
        parts.append("from __future__ import annotations")
    if lines:
        parts.append(import_block(lines))
    texts = [definition.text.rstrip() for definition in definitions]
    return "\n\n".join(parts) + "\n\n\n" + "\n\n\n".join(texts) + "\n"


def import_block(lines: set[ImportLine]) -> str:
    """The statements in isort's order: standard library, packages, `course`."""
    statements: dict[tuple, list[str]] = {}
    for line in sorted(lines, key=_order):
        alias = f" as {line.alias}" if line.alias else ""
        start = f"from {line.module} import " if line.name else "import "
        alone = alias or start == "import "
        key = _order(line)[0], start, line if alone else None
        statements.setdefault(key, []).append(f"{line.name or line.module}{alias}")
    groups: dict[int, list[str]] = {}
    for (group, start, _), names in statements.items():
        text = start + ", ".join(names)
        if len(text) > WIDTH and len(names) > 1:
            text = f"{start}(\n    " + ",\n    ".join(names) + ",\n)"
        groups.setdefault(group, []).append(text)
    return "\n\n".join("\n".join(group) for group in groups.values())


def _order(line: ImportLine) -> tuple:
    """`import` before `from`; of the names CONSTANTS, then Classes, then the rest."""
    top, name = line.module.partition(".")[0], line.name or ""
    group = 2 if top == "course" else int(top not in sys.stdlib_module_names)
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[:1].isupper() else 2
    return group, bool(name), line.module.lower(), kind, name.lower(), line.alias or ""


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
    for definition in definitions:
        name = definition.__name__
        live, made = facts(definition), facts(vars(trial)[name])
        for part in sorted(live | made):
            if live.get(part) != made.get(part):
                raise BuildError(
                    f"`{name}{part}` is not as it was written: it was added, changed, "
                    "wrapped or deleted later. Write it, with its decorators, in the cell "
                    f"of `{name}`, run that cell, then run this one again"
                )


def facts(live: Any) -> dict[str, list[str]]:
    """What can be compared: of a function the types around it, by its decorators; of a
    class where the functions of each attribute are written, as ".attribute", or where it
    has none, their values as far as they are plain.
    """
    if not isinstance(live, type):
        around = [type(live).__qualname__]
        while live := getattr(live, "__wrapped__", None):
            around.append(type(live).__qualname__)
        return {"": around}
    own = {name: value for name, value in vars(live).items() if name[:2] != "__"}
    written = {name: functions_of(value) for name, value in vars(live).items()}
    found = {
        f".{name}": [function.__qualname__ for function in functions]
        for name, functions in written.items()
        if functions or name in own
    }
    if not any(found.values()):
        found = {f".{n}": [repr(v)] for n, v in own.items() if type(v) in PLAIN}
    return found


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
    if loaded and origin and os.path.realpath(origin) == os.path.realpath(path):
        for attribute in [key for key in vars(loaded) if not key.startswith("__")]:
            delattr(loaded, attribute)
        importlib.reload(loaded)
