"""Names that mean something else in a check than in other checks.

Builtins that a lesson itself uses for something else, such as a task `round`, and answers
that a check sets or deletes to see who calls them. Everywhere else a check means Python's own
builtin, and what it sets is its own (`inside/builtin_names.py`).
"""

import ast
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from nbformat import NotebookNode

from autograder.grading.cells import is_solution
from autograder.grading.executed import is_check
from autograder.grading.inside.builtin_names import NAMES, bound_names

# Of a check's metadata; only there where it has some.
OWN_BUILTINS, SET_ANSWERS = "own_builtins", "set_answers"
WORD = re.compile(r"\w+")


def keep_own_builtins(notebook: NotebookNode, master: NotebookNode) -> None:
    """Tell the checks which builtins and answers their master binds, before they run."""
    code = [cell for cell in master.cells if cell.cell_type == "code"]
    names = sorted(NAMES.intersection(_of(_bound, code)))
    answers = _of(_defined, filter(is_solution, code))
    for cell in filter(is_check, notebook.cells):
        for key, found in (
            (OWN_BUILTINS, names),
            (SET_ANSWERS, sorted(answers & _bound(cell.source))),
        ):
            if found:
                cell.metadata[key] = found


def _of(
    names: Callable[[str], frozenset[str]], cells: Iterable[NotebookNode]
) -> frozenset[str]:
    return frozenset().union(*(names(cell.source) for cell in cells))


def _defined(source: str) -> frozenset[str]:
    """Functions and classes of a cell; none where it has a line of IPython's."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return frozenset()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return frozenset(node.name for node in body if isinstance(node, kinds))


@lru_cache(maxsize=1000)  # a master has many submissions
def _bound(source: str) -> frozenset[str]:
    """Names that a cell binds; all its words where it has a line of IPython's."""
    try:
        return frozenset(bound_names(ast.parse(source)))
    except SyntaxError:
        return frozenset(WORD.findall(source))
