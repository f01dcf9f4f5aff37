"""Cells of the lesson's own that are no checks: which names they read, and which they set."""

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType


@dataclass
class Given:
    """`ran`: it came to an end where the answers are, so that it can be run for a check."""

    code: CodeType
    reads: set[str]
    sets: set[str]
    ran: bool
    is_done: bool = False  # here, and what it has bound stays

    @classmethod
    def of(cls, source: str, ran: bool) -> "Given | None":
        """The cell; None for one that is no Python."""
        plain = _without_magics(source)
        try:
            tree = ast.parse(plain)
            code = compile(tree, "<given>", "exec")
        except (SyntaxError, ValueError, RecursionError):
            return None
        reads, binds = names_of(plain)
        return cls(code, reads, binds | set(_changed(tree)), ran)


def names_of(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell takes from the notebook, in functions too, and those it binds."""
    try:
        table = symtable.symtable(_without_magics(source), "<cell>", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return set(), set()
    symbols = table.get_symbols()
    binds = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    reads = {s.get_name() for s in symbols if s.is_referenced()}
    for inner in _inside(table):
        reads |= {s.get_name() for s in inner.get_symbols() if s.is_global()}
    return reads, binds


def read_first(source: str) -> set[str]:
    """The names that a cell reads in one statement and binds or deletes in a later one."""
    try:
        tree = ast.parse(_without_magics(source))
    except (SyntaxError, ValueError, RecursionError):
        return set()
    read: set[str] = set()
    bound: set[str] = set()
    for statement in tree.body:
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        changed = {each.id for each in names if not isinstance(each.ctx, ast.Load)}
        read |= {each.id for each in names} - changed - bound
        bound |= changed
    return read & bound


def _inside(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inside(child)


def _changed(tree: ast.Module) -> Iterator[str]:
    """Names of things that are set in: `x[0] = 1`, `x.y += 1`."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(
            node.ctx, ast.Store
        ):
            inner: ast.expr = node
            while isinstance(inner, (ast.Attribute, ast.Subscript)):
                inner = inner.value
            if isinstance(inner, ast.Name):
                yield inner.id


def _without_magics(source: str) -> str:
    lines = source.split("\n")
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))
