"""A check means Python's own `sum` and `float`, also where the learner has a variable `sum`.

The code of a check runs among the learner's names, so `max = 0` in a cell of theirs would
fail a right answer, and `zip = lambda *x: []` would skip the cases of a loop.
"""

import ast
import builtins
import contextlib
from collections.abc import Collection, Iterator
from typing import Any

PREFIX = "_python_"
# What the shell itself gives another meaning.
OF_THE_SHELL = {"display", "get_ipython", "input", "exit", "quit", "open"}
NAMES = {name for name in vars(builtins) if name[0] != "_"} - OF_THE_SHELL


@contextlib.contextmanager
def real_builtins(shell: Any, keep: Collection[str] = ()) -> Iterator[None]:
    """While a cell runs: its builtins are those of Python, whatever the learner's names are.

    But for the names in `keep`: those that the lesson itself gives another meaning.
    """
    hidden = (NAMES & shell.user_ns.keys()).difference(keep)
    if not hidden:
        yield
        return
    transformer = _Builtins(hidden)
    shell.ast_transformers.append(transformer)
    for name in hidden:
        shell.user_ns[PREFIX + name] = getattr(builtins, name)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # the answer has taken it out
            shell.ast_transformers.remove(transformer)


class _Builtins(ast.NodeTransformer):
    """Renames the hidden builtins that a cell reads and does not define itself."""

    def __init__(self, hidden: set[str]) -> None:
        self.hidden = hidden

    def visit_Module(self, node: ast.Module) -> ast.Module:
        self.renamed = self.hidden - bound_names(node)
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id not in self.renamed or not isinstance(node.ctx, ast.Load):
            return node
        return ast.copy_location(ast.Name(PREFIX + node.id, node.ctx), node)


def bound_names(tree: ast.AST) -> set[str]:
    """Every name that is bound somewhere in the code."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(node.names)
    return found
