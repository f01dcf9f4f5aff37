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
from typing import Any

from course.kit.building.error import BuildError

DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FUTURE_ANNOTATIONS = __future__.annotations.compiler_flag
GENERATED = "<string>"  # the file name of methods that dataclass and others make
MARKER_LINE = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION.*\n?", re.MULTILINE)


@dataclass(frozen=True)
class Piece:
    """A text that ran as a whole: a cell, what stands under a cell magic, or a file."""

    text: str
    tree: ast.Module


def pieces_that_ran(namespace: dict[str, Any]) -> list[Piece]:
    """All that ran in `namespace`, newest first: IPython's cells, or the module's file."""
    texts = []
    shell = shell_of(namespace)
    if shell is not None:
        for cell in reversed(shell.history_manager.input_hist_parsed):
            texts.extend(with_magic_bodies(cell, shell))
    texts.append(text_of_file(namespace.get("__file__")))
    return [piece for text in texts if (piece := parsed(text))]


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


def text_of_file(filename: str | None) -> str:
    """The text of a file, or of a cell, under the name that tracebacks know it by."""
    if not filename:
        return ""
    linecache.checkcache(filename)
    return "".join(linecache.getlines(filename))


def parsed(text: str) -> Piece | None:
    """The text with "\\n" line ends and its tree; None if it is not Python."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return Piece(text, ast.parse(text))
    except (SyntaxError, ValueError):
        return None


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that bind names of the module: also inside `if`, `try`, `with`, ..."""
    for node in body:
        yield node
        if not isinstance(node, DEFINITION):
            for field in ("body", "orelse", "finalbody"):
                yield from top_level(getattr(node, field, []))
            for part in getattr(node, "handlers", []) + getattr(node, "cases", []):
                yield from top_level(part.body)


def definitions_in(piece: Piece, name: str) -> list[ast.stmt]:
    """The functions and classes of that name which the piece defines, in its order."""
    statements = [s for s in top_level(piece.tree.body) if isinstance(s, DEFINITION)]
    return [statement for statement in statements if statement.name == name]


def find_source(definition: Any, namespace: dict[str, Any], ran: list[Piece]) -> str:
    """The text of the live `definition` from its first decorator on, as it was written.

    Only lines that mark a solution are left out; line ends are "\\n". A definition inside
    `if`, `try` or `with` is moved to the left border. Raises BuildError when no text in
    `ran` (newest first) compiles to what is live.
    """
    codes = own_codes(definition, namespace)
    files = sorted({code.co_filename for code in codes})
    near = [piece for name in files if (piece := parsed(text_of_file(name)))]
    for piece in near + ran:
        for node in reversed(definitions_in(piece, definition.__name__)):
            if is_live(piece, node, definition, codes):
                text = cut(piece.text, node)
                return MARKER_LINE.sub("", text).rstrip() + "\n"
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
        parts = [attribute.fget, attribute.fset, attribute.fdel]
    elif isinstance(attribute, functools.cached_property):
        parts = [attribute.func]
    elif isinstance(attribute, (staticmethod, classmethod)):
        parts = [attribute.__func__]
    else:
        parts = [attribute]
    parts = [part if isinstance(part, type) else inspect.unwrap(part) for part in parts]
    return [part for part in parts if isinstance(part, FunctionType)]


def cut(text: str, node: ast.stmt) -> str:
    """The lines of a definition, moved to the left border, with the comments at its end."""
    lines = text.split("\n")
    first, end = first_line(node), node.end_lineno
    for number, line in enumerate(lines[end:], start=end + 1):
        code = line.lstrip()
        if code.startswith("#") and len(line) - len(code) > node.col_offset:
            end = number
        elif code:
            break
    in_strings = {
        number
        for part in ast.walk(node)
        if isinstance(part, (ast.Constant, ast.JoinedStr))
        for number in range(part.lineno + 1, part.end_lineno + 1)
    }
    margin = lines[first - 1][: node.col_offset]
    return "\n".join(
        lines[number - 1].removeprefix("" if number in in_strings else margin)
        for number in range(first, end + 1)
    )


def first_line(node: ast.stmt) -> int:
    """The line of the first decorator, or of `def` or `class`."""
    return min(part.lineno for part in [node, *node.decorator_list])


def is_live(
    piece: Piece, node: ast.stmt, definition: Any, codes: list[CodeType]
) -> bool:
    """Does `node` of `piece` compile to the live definition?

    A statement is compiled on its own, as IPython does, and with the whole piece: Python
    calls `np.exp(x)` in another way where it sees the import of np.
    """
    first = first_line(node)
    if isinstance(definition, type):
        if vars(definition).get("__firstlineno__", first) != first:  # Python >= 3.13
            return False
    elif codes[0].co_firstlineno != first:
        return False
    flags = 0
    for code in codes:
        flags |= code.co_flags & FUTURE_ANNOTATIONS
    alone = [part for part in piece.tree.body if part.lineno <= node.lineno]
    for statements in (alone[-1:], piece.tree.body):
        try:
            unit = ast.Module(statements, type_ignores=[])
            module = compile(unit, "<cell>", "exec", flags, dont_inherit=True)
        except SyntaxError:
            continue
        compiled = list(nested_codes(module))
        if all(any(same_code(code, other) for other in compiled) for code in codes):
            return True
    return False


def nested_codes(code: CodeType) -> Iterator[CodeType]:
    """The code objects inside `code`, at any depth."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from nested_codes(constant)


def same_code(a: CodeType, b: CodeType) -> bool:
    """Equal instructions, names and constants; the file and its line numbers may differ."""
    texts = ("co_name", "co_code", "co_names", "co_varnames", "co_freevars")
    counts = ("co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_flags")
    if any(getattr(a, field) != getattr(b, field) for field in texts + counts):
        return False
    return len(a.co_consts) == len(b.co_consts) and all(
        map(same_constant, a.co_consts, b.co_consts)
    )


def same_constant(x: Any, y: Any) -> bool:
    """Equal, and of one type: 1 is not 1.0, and 0.0 is not -0.0."""
    if isinstance(x, CodeType) and isinstance(y, CodeType):
        return same_code(x, y)
    if isinstance(x, frozenset) and isinstance(y, frozenset):
        return sorted(map(repr, x)) == sorted(map(repr, y))
    return repr(x) == repr(y)
