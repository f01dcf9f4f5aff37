"""Right answers in forms that a grader may trip over: nothing here may cost a mark."""

from abuse_case import RIGHT, Case, index_of
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

DECORATED = """def timed(function):
    def wrapper(*arguments, **named):
        return function(*arguments, **named)
    return wrapper
@timed
def total(x):
    return x.sum() * area(*x.shape)"""
OBJECT = """class Total:
    def __call__(self, x):
        return x.sum() * area(*x.shape)
total = Total()"""
LAMBDA = "total = lambda x: x.sum() * area(*x.shape)"
ALIAS = "def mine(x):\n    return x.sum() * area(*x.shape)\ntotal = mine"
VARIABLES = "\n".join(
    f"{name} = 0"
    for name in [
        "sum",
        "max",
        "min",
        "len",
        "list",
        "float",
        "int",
        "range",
        "zip",
        "print",
        "type",
        "sorted",
    ]
)
ALL_VALUES = """
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.ast_node_interactivity = "all"
"""
WIDGET = {name: f"%matplotlib widget\n{text}" for name, text in RIGHT.items()}


def in_one_cell(notebook: NotebookNode) -> None:
    notebook.cells[index_of(notebook, "area")].source = "\n\n".join(RIGHT.values())
    for name in ("border", "total"):
        del notebook.cells[index_of(notebook, name)]


def above_the_stubs(notebook: NotebookNode) -> None:
    own = new_code_cell("\n\n".join(RIGHT.values()))
    notebook.cells.insert(index_of(notebook, "area"), own)


def at_the_end(notebook: NotebookNode) -> None:
    notebook.cells += [new_code_cell(text) for text in RIGHT.values()]


def right(name: str, what: str, attack: str = "", **rest) -> Case:
    return Case(f"right-{name}", what, attack=attack, **rest)


CASES = [
    right("lambda", "a lambda", answers={**RIGHT, "total": LAMBDA}),
    right("decorated", "a decorated function", answers={**RIGHT, "total": DECORATED}),
    right("object", "an object that can be called", answers={**RIGHT, "total": OBJECT}),
    right("alias", "another name for a function", answers={**RIGHT, "total": ALIAS}),
    right("variables", "variables named like builtins", VARIABLES),
    right("deleted", "`del np`", "del np, check"),
    right("all-values", "every value of a cell shown", ALL_VALUES),
    right("widget", "%matplotlib widget", answers=WIDGET),
    right("fork", "a fork that goes on", "import os\nos.fork()", seconds=16),
    right("no-stdout", "sys.stdout = None", "import sys\nsys.stdout = None"),
    right("one-cell", "all answers in one cell", edit=in_one_cell, note="another cell"),
    right(
        "above",
        "answers above their stubs",
        answers={},
        edit=above_the_stubs,
        note="another cell",
    ),
    right(
        "end", "answers at the end", answers={}, edit=at_the_end, note="another cell"
    ),
]
