"""What a cell's code needs: which contract functions it reaches, directly or through the notebook's plain cells.

A simulated learner who gets one function wrong must not lose the points of another task, or the expected marks would be a
guess. So the right answers around a wrong one are chosen among those that do not reach it.
"""

import symtable
from collections.abc import Iterable

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from autograder.tasks import is_demo, marks


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


def binds(source: str) -> frozenset[str]:
    """Names that the code computes and leaves in the notebook; imported ones need nothing."""
    return frozenset(
        symbol.get_name()
        for symbol in _table(source).get_symbols()
        if symbol.is_assigned() and not symbol.is_imported()
    )


def reached(names: Iterable[str], notebook: NotebookNode) -> frozenset[str]:
    """Contract functions behind the names: themselves, and whatever the plain cells computed with them.

    `notebook` is any version of the lesson whose plain cells are whole. Demo cells do not count: grading skips them.
    """
    functions = set()
    made_from: dict[str, set[str]] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code" or is_demo(cell):
            continue
        if marks(cell).get("solution"):
            functions.add(marks(cell)["grade_id"])
        else:
            for name in binds(cell.source):
                made_from.setdefault(name, set()).update(reads(cell.source))
    seen: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting |= made_from.get(name, set()) - seen
    return frozenset(seen & functions)


def _table(source: str) -> symtable.SymbolTable:
    """Symbols of a cell; its magics become plain calls first."""
    code = TransformerManager().transform_cell(source)
    return symtable.symtable(code, "cell", "exec")
