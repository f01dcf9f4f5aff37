"""Which contract functions a cell's code reaches, directly or through other cells.

A simulated student who gets one function wrong must not lose the points of another task, or
the expected marks would be a guess. So the right answers around a wrong one are chosen
among those that do not reach it.
"""

import symtable
from collections.abc import Iterable
from functools import cache

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from autograder.lessons.source import marks
from course.kit.notebook_cells import is_demo
from course.kit.usage_error import UsageError


@cache
def reads(source: str) -> frozenset[str]:
    """Names that the code takes from the notebook, in functions as well as at the top."""
    found: set[str] = set()
    tables = [_table(source)]
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        at_top = table.get_type() == "module"
        found.update(
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (at_top or symbol.is_global())
        )
    return frozenset(found)


def taken(source: str) -> frozenset[str]:
    """Names that the code reads and does not make itself."""
    return reads(source) - binds(source)


@cache
def binds(source: str) -> frozenset[str]:
    """Names that the code leaves in the notebook."""
    return frozenset(
        symbol.get_name()
        for symbol in _table(source).get_symbols()
        if symbol.is_assigned() or symbol.is_imported()
    )


@cache
def imports(source: str) -> frozenset[str]:
    """Names that the code imports: nothing in the notebook stands behind them."""
    symbols = _table(source).get_symbols()
    return frozenset(one.get_name() for one in symbols if one.is_imported())


def reached(names: Iterable[str], notebook: NotebookNode, place: int) -> frozenset[str]:
    """Contract functions behind the names at this place: called, or used by a cell before it.

    `notebook` is any version of the lesson whose plain cells are whole. Demo cells do not
    count: grading skips them.
    """
    wanted = frozenset(names)
    functions = set()
    for cell in reversed(notebook.cells[:place]):
        if cell.cell_type != "code" or is_demo(cell):
            continue
        made = binds(cell.source) & wanted
        if made and marks(cell).get("solution"):
            functions.add(marks(cell)["grade_id"])
            wanted -= made
        elif made - imports(cell.source):
            wanted = (wanted - made) | taken(cell.source)
    return frozenset(functions)


def needed_before(notebook: NotebookNode, place: int) -> list[int]:
    """Places of the code cells that must run before the cell at `place` can.

    Plain cells do, but for demo cells; answers and checks only where a later one takes what
    they make.
    """
    kept: list[int] = []
    wanted = taken(notebook.cells[place].source)
    for earlier in range(place - 1, -1, -1):
        cell = notebook.cells[earlier]
        if cell.cell_type != "code" or is_demo(cell) or not cell.source.strip():
            continue
        made = binds(cell.source)
        if marks(cell) and not made & wanted:
            continue
        kept.append(earlier)
        wanted = (wanted - made) | taken(cell.source)
    return kept[::-1]


def _table(source: str) -> symtable.SymbolTable:
    """Symbols of a cell; its magics become plain calls first."""
    code = TransformerManager().transform_cell(source)
    try:
        return symtable.symtable(code, "cell", "exec")
    except SyntaxError as error:
        begin = source.strip().split("\n")[0]
        raise UsageError(
            f"the cell that begins with {begin!r} is not Python: {error}. Mend it"
        ) from error
