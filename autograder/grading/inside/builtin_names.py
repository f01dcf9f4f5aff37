"""The names that a check sees: a copy of the learner's, with Python's own builtins.

What a check defines lands in the copy and is gone after it. So it takes no name from the
learner, whose functions go on to use their own, and leaves nothing to read. And a check
means Python's `sum` and `float` where the learner has a variable `sum`.
"""

import ast
import builtins
from collections.abc import Collection
from typing import Any

# What the shell itself gives another meaning.
OF_THE_SHELL = {"display", "get_ipython", "input", "exit", "quit", "open"}
NAMES = {name for name in vars(builtins) if name[0] != "_"} - OF_THE_SHELL


class NamesOfACheck(dict):
    """The learner's names, without those that hide a builtin and are not in `keep`.

    A check that sets or deletes one of the `answers`, to see which other answer calls it,
    means the learner's. The learner has it again after `give_back`.
    """

    def __init__(
        self, names: dict[str, Any], keep: Collection[str], answers: Collection[str]
    ) -> None:
        hidden = (NAMES & names.keys()).difference(keep)
        super().__init__((name, names[name]) for name in names.keys() - hidden)
        self._learners = names
        self._answers = {name: names[name] for name in answers if name in names}

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if name in self._answers:
            self._learners[name] = value

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        if name in self._answers:
            self._learners.pop(name, None)

    def give_back(self) -> None:
        self._learners.update(self._answers)


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
