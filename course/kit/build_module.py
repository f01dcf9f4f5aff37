"""The text of a module: what its definitions use, where that comes from, or why it cannot."""

import ast
import builtins
import inspect
import symtable
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from course.kit.build_source import (
    DEFINITION,
    BuildError,
    Piece,
    functions_of,
    shell_of,
)

WIDTH = 88
PLAIN = (bool, int, float, complex, str, bytes)
NOTHING = object()
# IPython adds some to the builtins.
OF_PYTHON = set(dir(builtins)) - {"_", "display", "get_ipython"}
NOTEBOOK_ONLY = {
    "get_ipython": "a command of the notebook (a line with % or !), which works in no "
    "module: take it out",
    "display": "`display` without importing it: run "
    "`from IPython.display import display` in a cell",
}


@dataclass(frozen=True)
class Definition:
    """A function or class to build: its name and text; and the global names that it uses,
    and those that it binds by a `global` statement.
    """

    name: str
    text: str
    uses: set[str]
    changes: set[str]


@dataclass(frozen=True)
class ImportLine:
    """`import module as alias`, or with `name`: `from module import name as alias`."""

    module: str
    name: str | None = None
    alias: str | None = None

    @property
    def binds(self) -> str:
        """The name that the statement gives to what it imports; "*" stays "*"."""
        return self.alias or self.name or self.module.partition(".")[0]

    def gives(self, name: str, value: Any) -> bool:
        """Does this statement, run now, bind `name` to the live `value`?"""
        if self.binds not in (name, "*") or self.module not in sys.modules:
            return False
        if self.name is None:
            return value is sys.modules[self.module if self.alias else self.binds]
        attribute = name if self.name == "*" else self.name
        if value is getattr(sys.modules[self.module], attribute, NOTHING):
            return True
        # A module that was loaded again holds a new object of the same name.
        home = getattr(value, "__module__", None), getattr(value, "__name__", None)
        return home == (self.module, attribute)


FUTURE = ImportLine("__future__", "annotations")


def module_text(
    heading: str,
    definitions: list[Definition],
    namespace: dict[str, Any],
    ran: list[Piece],
) -> str:
    """`heading`, the imports that are used, and the definitions in the given order.

    Raises BuildError with a line for every name that a definition uses and the module
    would lack.
    """
    statements = import_statements(ran)
    lines = imports_needed(definitions, namespace, statements)
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


def read_definition(text: str) -> Definition:
    """What `text`, which is one definition at the left border, defines and uses."""
    uses, changes = set(), set()
    scopes = [symtable.symtable(text, "<definition>", "exec")]
    for scope in scopes:  # grows on the way
        scopes += scope.get_children()
        for symbol in scope.get_symbols():
            if symbol.is_declared_global() and symbol.is_assigned():
                changes.add(symbol.get_name())
            elif symbol.is_global() and symbol.is_referenced():
                uses.add(symbol.get_name())
    body = ast.parse(text).body
    name = next(node.name for node in body if isinstance(node, DEFINITION))
    return Definition(name, text, uses - changes, changes)


def import_statements(ran: list[Piece]) -> list[ImportLine]:
    """The imports among the pieces that ran, newest first."""
    lines = []
    for piece in ran:
        for node in reversed(piece.tree.body):
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                continue
            for part in node.names:
                alias = part.asname if part.asname != part.name else None
                if isinstance(node, ast.Import):
                    lines.append(ImportLine(part.name, None, alias))
                elif node.module and node.level == 0:
                    lines.append(ImportLine(node.module, part.name, alias))
    return lines


def imports_needed(
    definitions: list[Definition],
    namespace: dict[str, Any],
    statements: list[ImportLine],
) -> set[ImportLine]:
    """The imports that let the definitions work without the notebook.

    `statements` are the notebook's own, newest first. Raises BuildError with a line for
    every name that the module would lack.
    """
    built = {definition.name for definition in definitions}
    lines: set[ImportLine] = set()
    problems: dict[str, None] = {}
    for user in definitions:
        for name in sorted(user.changes):
            problems[
                f"`{user.name}` changes the notebook's variable `{name}` (global {name}), "
                "which would be another variable in the module: pass the value in and "
                "return the new one, or keep it in an object"
            ] = None
        for name in sorted(user.uses - built):
            value = live_value(name, namespace)
            if is_everywhere(name, value):
                continue
            found = imports_of(name, value, statements)
            if not found:
                problems[f"`{user.name}` uses {about(name, value, user.name)}"] = None
            lines.update(found)
    if problems:
        raise BuildError("\n".join(problems))
    return lines


def is_everywhere(name: str, value: Any) -> bool:
    """Is it a builtin that the notebook has not overwritten, or like `__name__`?"""
    if name.startswith("__") and name.endswith("__"):
        return True
    return name in OF_PYTHON and (value is NOTHING or value is getattr(builtins, name))


def live_value(name: str, namespace: dict[str, Any]) -> Any:
    """What the notebook's code finds under `name`, NOTHING if it is undefined.

    IPython gives every notebook an `open`, `exit` and `get_ipython` of its own: they do
    not count as the notebook's.
    """
    value = namespace.get(name, NOTHING)
    shell = shell_of(namespace)
    hidden = shell.user_ns_hidden.get(name, NOTHING) if shell else NOTHING
    return NOTHING if value is hidden else value


def imports_of(name: str, value: Any, statements: list[ImportLine]) -> list[ImportLine]:
    """What to import so that `name` is bound to `value`, as the notebook does it.

    [] if it cannot be imported.
    """
    found = [line for line in statements if line.gives(name, value)]
    if not found:
        is_module = isinstance(value, ModuleType)
        return [ImportLine(value.__name__, None, name)] if is_module else []
    first = found[0]
    if first.name == "*":
        return [ImportLine(first.module, name)]
    if first.name or first.alias:
        return [first]
    # `import numpy` and `import numpy.fft` bind one name: both may be meant.
    return [line for line in found if not (line.name or line.alias)]


def about(name: str, value: Any, user: str) -> str:
    """What is wrong with `user` using this name, and what to do."""
    if value is NOTHING:
        return NOTEBOOK_ONLY.get(
            name,
            f"`{name}`, which is not defined in this notebook: define or import it, run "
            "that cell, then run this one again",
        )
    real = getattr(value, "__name__", name)
    if real == "<lambda>":
        return (
            f"`{name}`, a lambda: write it with `def {name}(...)` and build it as well"
        )
    if isinstance(inspect.unwrap(value), (FunctionType, type)):
        if real != name:
            return f"`{name}`, another name of `{real}`: write `{real}` there and build that"
        kind = "class" if isinstance(value, type) else "function"
        return (
            f"`{name}`, a {kind} of this notebook that is not built: give `{name}` to "
            f"build as well, before `{user}`"
        )
    return (
        f"`{name}`, a variable of this notebook ({type(value).__name__}) that the module "
        "would not have: make it an argument, write its value there, or define it inside"
    )
