"""The names that a check sees: a copy of the learner's, with Python's own builtins.

What a check defines lands in the copy and is gone after it. So it takes no name from the
learner, whose functions go on to use their own, and leaves nothing to read. And a check
means Python's `sum` and `float` where the learner has a variable `sum`.
"""

import ast
import builtins
import types
from collections.abc import Collection

# What the shell itself gives another meaning.
OF_THE_SHELL = {"display", "get_ipython", "input", "exit", "quit", "open"}
NAMES = {name for name in vars(builtins) if name[0] != "_"} - OF_THE_SHELL


def names_for_a_check(
    module: types.ModuleType, keep: Collection[str] = ()
) -> types.ModuleType:
    """A module with the names of this one, but for those that hide a builtin.

    Of these only those in `keep`, to which the lesson itself gives another meaning.
    """
    copy = types.ModuleType(module.__name__)
    names = vars(copy)
    names.update(vars(module))
    for name in (NAMES & names.keys()).difference(keep):
        del names[name]
    return copy


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
