"""The import statements that a built module needs, taken from the notebook's own."""

import ast
import re
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from course.kit.building.notebook_source import Piece, top_level

WIDTH = 88
NOTHING = object()


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
        submodule = sys.modules.get(f"{self.module}.{attribute}", NOTHING)
        found = getattr(sys.modules[self.module], attribute, submodule)
        # A module that was loaded again holds a new object of the same name.
        return value is found or home(value) == (self.module, attribute)


def home(value: Any) -> tuple[str, str] | None:
    """Where a function or class says that it is defined: (module, name)."""
    module, name = getattr(value, "__module__", None), getattr(value, "__name__", None)
    return (module, name) if isinstance(module, str) and isinstance(name, str) else None


def import_statements(ran: list[Piece]) -> list[ImportLine]:
    """The imports among the pieces that ran, in their order: newest first."""
    lines = []
    for piece in ran:
        for node in reversed(list(top_level(piece.tree.body))):
            if isinstance(node, ast.Import):
                lines += [ImportLine(a.name, None, a.asname) for a in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                lines += [ImportLine(node.module, a.name, a.asname) for a in node.names]
    return lines


def imports_of(
    name: str, value: Any, paths: set[str], statements: list[ImportLine]
) -> list[ImportLine] | None:
    """What to import so that `name` is bound to `value`; None if it cannot be imported.

    `paths` are the "a.b.c" read in the definitions: they tell which submodules count.
    """
    if isinstance(value, ModuleType) and value.__name__ == name:
        modules = {line.module for line in statements if line.module in sys.modules}
        used = sorted(m for m in modules & paths if m.startswith(f"{name}."))
        return [ImportLine(module) for module in used] or [ImportLine(name)]
    for line in statements:
        if line.gives(name, value):
            return [_plain(line, name)]
    if isinstance(value, ModuleType):
        return [_plain(ImportLine(value.__name__, None, name), name)]
    if (place := home(value)) and place[0] in sys.modules:
        line = ImportLine(*place, alias=name)
        if getattr(sys.modules[place[0]], place[1], NOTHING) is value:
            return [_plain(line, name)]
    return None


def _plain(line: ImportLine, name: str) -> ImportLine:
    """The usual way to write the statement that binds `name`."""
    if line.name is None:
        package, _, last = line.module.rpartition(".")
        if package and name == last:
            return ImportLine(package, last)
        return ImportLine(line.module, None, None if name == line.module else name)
    attribute = name if line.name == "*" else line.name
    return ImportLine(line.module, attribute, None if name == attribute else name)


def import_block(lines: set[ImportLine]) -> str:
    """The statements in the order of isort: standard library, packages, `course`."""
    groups: dict[int, list[str]] = {}
    for statement in sorted(_statements(lines)):
        groups.setdefault(statement[0], []).append(statement[-1])
    return "\n\n".join("\n".join(group) for group in groups.values())


def _statements(lines: set[ImportLine]) -> list[tuple]:
    """Tuples that sort as the statements should: (group, is from, keys..., text)."""
    together: dict[str, list[str]] = {}
    statements = []
    for line in lines:
        alias = f" as {line.alias}" if line.alias else ""
        if line.name is None:
            key = (_group(line.module), 0, _natural(line.module), _natural(alias))
            statements.append((*key, f"import {line.module}{alias}"))
        elif alias:
            text = f"from {line.module} import {line.name}{alias}"
            statements.append((*_from_key(line.module, line.name), alias, text))
        else:
            together.setdefault(line.module, []).append(line.name)
    for module, names in together.items():
        names.sort(key=_member)
        text = f"from {module} import {', '.join(names)}"
        if len(text) > WIDTH:
            text = f"from {module} import (\n    " + ",\n    ".join(names) + ",\n)"
        statements.append((*_from_key(module, names[0]), "", text))
    return statements


def _from_key(module: str, name: str) -> tuple:
    return _group(module), 1, _natural(module), _member(name)


def _group(module: str) -> int:
    top = module.partition(".")[0]
    if top == "course":
        return 2
    return 0 if top in sys.stdlib_module_names else 1


def _member(name: str) -> tuple:
    """CONSTANTS, then Classes, then the rest."""
    if len(name) > 1 and name.isupper():
        return 0, _natural(name)
    return 1 if name[:1].isupper() else 2, _natural(name)


def _natural(name: str) -> tuple:
    """Sorts without regard to case, and a2 before a10."""
    parts = re.split(r"(\d+)", name.lower())
    return [int(part) if part.isdecimal() else part for part in parts], name
