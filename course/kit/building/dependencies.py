"""Where a built module has every name from that its definitions use, or why it cannot."""

import builtins
import inspect
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from course.kit.building.error import BuildError
from course.kit.building.import_lines import ImportLine, home, imports_of
from course.kit.building.names_used import NamesUsed
from course.kit.building.notebook_source import shell_of

NOTHING = object()
# Every module has some names of its own, and IPython adds some to the builtins.
OF_MODULES = {"__doc__", "__file__", "__module__", "__name__", "__qualname__"}
OF_PYTHON = set(dir(builtins)) - {"_", "display", "get_ipython"}
NOTEBOOK_ONLY = {
    "get_ipython": "a command of the notebook (a line with % or !), which works in no "
    "module: take it out",
    "display": "`display` without importing it: run "
    "`from IPython.display import display` in a cell",
}


@dataclass(frozen=True)
class Definition:
    """A function or class to build: the live object, its text, the names in the text."""

    name: str
    live: Any
    text: str
    uses: NamesUsed


@dataclass(frozen=True)
class Surroundings:
    """What the definitions of one module may draw on.

    `module` is its full name, `namespace` the notebook's, `statements` the notebook's own
    imports, newest first.
    """

    module: str
    definitions: list[Definition]
    namespace: dict[str, Any]
    statements: list[ImportLine]


def imports_needed(around: Surroundings) -> set[ImportLine]:
    """The imports that let the definitions work without the notebook.

    Raises BuildError with a line for every name that the module would lack.
    """
    lines: set[ImportLine] = set()
    problems: dict[str, None] = {}
    for definition in around.definitions:
        uses = definition.uses
        for name in sorted(uses.needed | uses.perhaps | uses.changed):
            try:
                lines.update(imports_for(name, definition, around))
            except BuildError as problem:
                if name not in uses.perhaps:
                    problems[str(problem)] = None
    if problems:
        raise BuildError("\n".join(problems))
    return lines


def imports_for(name: str, user: Definition, around: Surroundings) -> list[ImportLine]:
    """The imports for one name that `user` uses, [] for what the module has anyway.

    Raises BuildError when nothing but this notebook has it.
    """
    if name in user.uses.changed:
        raise BuildError(
            f"`{user.name}` changes the notebook's variable `{name}` (global {name}), "
            "which would be another variable in the module: pass the value in and return "
            "the new one, or keep it in an object"
        )
    value = live_value(name, around.namespace)
    if name in {definition.name for definition in around.definitions}:
        return []
    if name in OF_MODULES:
        return []
    if name in OF_PYTHON and (value is NOTHING or value is getattr(builtins, name)):
        return []
    for definition in around.definitions:
        if definition.live is value:
            raise BuildError(
                f"`{user.name}` uses `{name}`, another name of `{definition.name}`: "
                f"write `{definition.name}` there"
            )
    place = home(value)
    is_own = place is not None and place[0] == around.namespace.get("__name__")
    paths = set().union(*(d.uses.paths for d in around.definitions))
    found = None if is_own else imports_of(name, value, paths, around.statements)
    if found is None:
        raise BuildError(f"`{user.name}` uses {about(name, value)}")
    if any(line.module == around.module for line in found):
        raise BuildError(
            f"`{user.name}` uses `{name}`, which is imported from {around.module}, the "
            "module that is being built: define it here instead of importing it"
        )
    return found


def live_value(name: str, namespace: dict[str, Any]) -> Any:
    """What the notebook's code finds under `name`, NOTHING if it is undefined.

    IPython gives every notebook an `open`, `exit` and `get_ipython` of its own: they do
    not count as the notebook's.
    """
    value = namespace.get(name, NOTHING)
    shell = shell_of(namespace)
    if shell and (name in OF_PYTHON or name in NOTEBOOK_ONLY):
        hidden = shell.user_ns_hidden.get(name, NOTHING)
        return NOTHING if value is hidden else value
    return value


def about(name: str, value: Any) -> str:
    """What is wrong with using this name, and what to do."""
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
    # Not isinstance: Python 3.10 takes list[int] for a class.
    if issubclass(type(inspect.unwrap(value)), (FunctionType, type)):
        kind = "class" if isinstance(value, type) else "function"
        if real != name:
            return (
                f"`{name}`, another name of the {kind} `{real}`: write `{real}` there and "
                "build it as well"
            )
        return (
            f"`{name}`, a {kind} of this notebook that is not built: give `{name}` to "
            "build as well"
        )
    return (
        f"`{name}`, a variable of this notebook ({type(value).__name__}) that the module "
        "would not have: make it an argument, write its value there, or define it inside"
    )
