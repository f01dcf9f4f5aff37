"""Find the text of a live function or class: what the kernel last ran, and nothing else.

`inspect.getsource` does not do: it finds no class of a notebook before Python 3.13 and
nothing in a cell that starts with %%time, and it believes line numbers of files that
have changed since. Here a text counts only if it compiles to the code that is live.
"""

import __future__

import ast
import functools
import inspect
import linecache
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any, TypeAlias

DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
FUTURE_ANNOTATIONS = __future__.annotations.compiler_flag
GENERATED = "<string>"  # the file name of methods that dataclass and others make
MARKER_LINE = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION.*\n?", re.MULTILINE)


class BuildError(ValueError):
    """Says what cannot be built, why, and what to change. Nothing was written."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message, not the frames of `build`."""
        return [f"BuildError: {self}"]


@dataclass(frozen=True)
class Piece:
    """A text that ran as a whole: a cell, what stands under a cell magic, or a file."""

    text: str
    tree: ast.Module


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
                isinstance(node, DEFINITION)
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
    if isinstance(attribute, property):
        parts: list[Any] = [attribute.fget, attribute.fset, attribute.fdel]
    elif isinstance(attribute, functools.cached_property):
        parts = [attribute.func]
    else:
        parts = [attribute]
    parts = [part if isinstance(part, type) else inspect.unwrap(part) for part in parts]
    return [part for part in parts if isinstance(part, FunctionType)]


def first_line(node: Definition) -> int:
    """The line of the first decorator, or of `def` or `class`."""
    return min(part.lineno for part in [node, *node.decorator_list])


def is_live(piece: Piece, node: Definition, codes: list[CodeType]) -> bool:
    """Does `node` of `piece` compile to all of `codes`, at these very lines?

    A statement is compiled on its own, as IPython does, and with the whole piece: Python
    calls `np.exp(x)` in another way where it sees the import of np.
    """
    flags = 0
    for code in codes:
        flags |= code.co_flags & FUTURE_ANNOTATIONS
        if code.co_firstlineno < first_line(node):
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
