"""The text of a module out of live functions and classes: their own, and the imports that they use.

`inspect.getsource` does not do for the first: it finds no class of a notebook before Python 3.13,
nothing in a cell that starts with %%time, and it believes line numbers of files that have changed
since. Here a text counts only if it compiles to the code that is live. What a definition needs
besides itself and cannot import is refused.
"""

import __future__

import ast
import builtins
import inspect
import linecache
import re
import symtable
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

FUTURE_ANNOTATIONS = __future__.annotations.compiler_flag
GENERATED = "<string>"  # the file name of methods that dataclass and others make
MARKER_LINE = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION.*\n?", re.MULTILINE)
WIDTH = 88
NOTHING = object()
# IPython adds some to the builtins.
OF_PYTHON = set(dir(builtins)) - {"_", "display", "get_ipython"}
NOTEBOOK_ONLY = {
    "get_ipython": "a command of the notebook (a line with % or !), which works in no "
    "module: take it out",
    "display": "`display` without importing it: run "
    "`from IPython.display import display` in a cell",
}


class BuildError(ValueError):
    """Says what cannot be built, why, and what to change. Nothing was written."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message, not the frames of `build`."""
        return [f"BuildError: {self}"]


class Piece(NamedTuple):
    """A text that ran as a whole: a cell, what stands under a cell magic, or a file."""

    text: str
    tree: ast.Module


class Definition(NamedTuple):
    """A function or class to build, and the global names that it uses."""

    name: str
    text: str
    uses: set[str]


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


def pieces_that_ran(namespace: dict[str, Any]) -> list[Piece]:
    """All that ran in `namespace`, newest first: IPython's cells, or the module's file.

    A cell that runs again stands at its new place only in the history. But nbval and others
    run cells without one; then they stand in linecache alone, for tracebacks.
    """
    texts: list[str] = []
    if shell := shell_of(namespace):
        cells = [*cells_in_linecache(), *shell.history_manager.input_hist_parsed]
        for cell in reversed(cells):
            texts.extend(with_magic_bodies(cell, shell))
    elif file := namespace.get("__file__"):
        linecache.checkcache(file)
        texts.append("".join(linecache.getlines(file)))
    return [piece for text in texts if (piece := parsed(text))]


def cells_in_linecache() -> list[str]:
    """What is kept there without a file and its time: the cells, oldest first."""
    kept = [entry for entry in linecache.cache.values() if len(entry) == 4]
    return ["".join(lines) for _, changed, lines, _ in kept if changed is None]


def shell_of(namespace: dict[str, Any]) -> Any:
    """The IPython shell whose cells run in `namespace`, None outside a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell if shell and shell.user_global_ns is namespace else None


def with_magic_bodies(cell: str, shell: Any) -> Iterator[str]:
    """The cell, and the code under a cell magic, which IPython turned into a string."""
    yield cell
    if "run_cell_magic(" in cell and (piece := parsed(cell)):
        for node in ast.walk(piece.tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="run_cell_magic"),
                    args=[_, _, ast.Constant(value=str(body))],
                ):
                    yield from with_magic_bodies(shell.transform_cell(body), shell)


def parsed(text: str) -> Piece | None:
    """The text with "\\n" line ends and its tree; None if it is not Python."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return Piece(text, ast.parse(text))
    except (SyntaxError, ValueError):
        return None


def find_source(definition: Any, namespace: dict[str, Any], ran: list[Piece]) -> str:
    """The text of the live `definition` from its first decorator on, as it was written.

    Only lines that mark a solution are left out; line ends are "\\n". Raises BuildError
    when no text at the left border in `ran` (newest first) compiles to what is live.
    """
    codes = own_codes(definition, namespace)
    for piece in ran:
        for node in reversed(piece.tree.body):
            if (
                isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
                and node.name == definition.__name__
                and is_live(piece, node, codes)
            ):
                lines = piece.text.split("\n")[first_line(node) - 1 : node.end_lineno]
                return MARKER_LINE.sub("", "\n".join(lines)) + "\n"
    raise BuildError(
        f"the text of `{definition.__name__}`, as it is live now, was not found. "
        "Write it in a cell of its own, run that cell, then run this one again"
    )


def own_codes(definition: Any, namespace: dict[str, Any]) -> list[CodeType]:
    """The code of a function; for a class, that of the methods written in its body."""
    if not isinstance(definition, type):
        return [inspect.unwrap(definition).__code__]
    prefix = definition.__qualname__ + "."
    return [
        function.__code__
        for attribute in vars(definition).values()
        for function in functions_of(attribute)
        if function.__globals__ is namespace
        and function.__qualname__.startswith(prefix)
        and function.__code__.co_filename != GENERATED
    ]


def functions_of(attribute: Any) -> list[FunctionType]:
    """The functions behind an attribute of a class: a method, a property's, ..."""
    inside = [getattr(attribute, n, None) for n in ("fget", "fset", "fdel", "func")]
    found = map(inspect.unwrap, [attribute, *inside])
    return [each for each in found if isinstance(each, FunctionType)]


def first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """The line of the first decorator, or of `def` or `class`."""
    return min(part.lineno for part in [node, *node.decorator_list])


def is_live(piece: Piece, node: Any, codes: list[CodeType]) -> bool:
    """Does `node` of `piece` compile to all of `codes`, at these very lines?

    A statement is compiled on its own, as IPython does, and with the whole piece: Python
    calls `np.exp(x)` in another way where it sees the import of np.
    """
    flags = 0
    for code in codes:
        flags |= code.co_flags & FUTURE_ANNOTATIONS
        if not first_line(node) <= code.co_firstlineno <= node.end_lineno:
            return False
    alone: list[ast.stmt] = [node]
    for statements in (alone, piece.tree.body):
        unit = ast.Module(statements, type_ignores=[])
        try:
            module = compile(unit, "<cell>", "exec", flags, dont_inherit=True)
        except SyntaxError:  # an await beside it
            continue
        compiled = list(nested_codes(module))
        if all(code in compiled for code in codes):
            return True
    return False


def nested_codes(code: CodeType) -> Iterator[CodeType]:
    """The code objects inside `code`, at any depth."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from nested_codes(constant)


def read_definition(name: str, text: str) -> Definition:
    """What `text`, the definition of `name` at the left border, uses."""
    scopes = [symtable.symtable(text, "<definition>", "exec")]
    for scope in scopes:  # grows on the way
        scopes += scope.get_children()
    symbols = [symbol for scope in scopes for symbol in scope.get_symbols()]
    names = {
        symbol.get_name()
        for symbol in symbols
        if symbol.is_declared_global()
        or (symbol.is_global() and symbol.is_referenced())
    }
    return Definition(name, text, names)


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


def live_value(name: str, namespace: dict[str, Any]) -> Any:
    """What the notebook's code finds under `name`, NOTHING if it is undefined.

    IPython gives every notebook an `open`, `exit` and `get_ipython` of its own: they do
    not count as the notebook's.
    """
    value = namespace.get(name, NOTHING)
    shell = shell_of(namespace)
    hidden = shell.user_ns_hidden.get(name, NOTHING) if shell else NOTHING
    return NOTHING if value is hidden else value


def is_everywhere(name: str, value: Any) -> bool:
    """Is it a builtin that the notebook has not overwritten, or like `__name__`?"""
    if name.startswith("__") and name.endswith("__"):
        return True
    return name in OF_PYTHON and (value is NOTHING or value is getattr(builtins, name))


def imports_of(name: str, value: Any, statements: list[ImportLine]) -> list[ImportLine]:
    """What to import so that `name` is bound to `value`, as the notebook does it.

    [] if it cannot be imported.
    """
    is_there = value is not NOTHING
    found = [line for line in statements if is_there and line.gives(name, value)]
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
