"""Names of builtins that a lesson itself uses for something else, such as a task `round`.

Everywhere else a check means Python's own builtin (`inside/builtin_names.py`).
"""

import ast
import re
from functools import lru_cache

from nbformat import NotebookNode

from autograder.grading.executed import is_check
from autograder.grading.inside.builtin_names import NAMES, bound_names

OWN_BUILTINS = "own_builtins"  # of a check's metadata; only there where it has some
WORD = re.compile(r"\w+")


def keep_own_builtins(notebook: NotebookNode, master: NotebookNode) -> None:
    """Tell the checks of a notebook which builtins its master binds, in any code cell."""
    code = (cell.source for cell in master.cells if cell.cell_type == "code")
    names = _bound_builtins(tuple(code))
    for cell in notebook.cells if names else ():
        if is_check(cell):
            cell.metadata[OWN_BUILTINS] = names


@lru_cache(maxsize=16)  # a master has many submissions
def _bound_builtins(sources: tuple[str, ...]) -> list[str]:
    names: set[str] = set()
    for source in sources:
        try:
            names |= NAMES & bound_names(ast.parse(source))
        except SyntaxError:  # a line of IPython's
            names |= NAMES.intersection(WORD.findall(source))
    return sorted(names)
