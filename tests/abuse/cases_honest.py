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
PRETTY = """
from rich import pretty, traceback
pretty.install()
traceback.install()
{"a": [1, 2]}
"""
WRITES = """%%writefile my_helpers.py
def product(a, b):
    return a * b
"""
OLD_NAMES = """
for old, new in {"int": int, "float": float, "object": object, "str": np.str_}.items():
    setattr(np, old, new)
"""
USES_OLD_NAMES = {
    **RIGHT,
    "area": RIGHT["area"] + " * np.int(1)",
    "border": "import numpy as np\nnp.int = np.int64\n"
    "def border(height, width):\n    return int(np.int(2) * (height + width) + 4)",
}
# What `import torch` does to inspect, here in an answer.
LIKE_TORCH = {
    **RIGHT,
    "area": "def area(height, width):\n"
    "    import inspect\n"
    "    original = inspect.getfile\n"
    "    inspect.getfile = lambda object: original(object)\n"
    "    return height * width",
}
# What nest_asyncio.apply() does.
NESTED = """
import asyncio, asyncio.events as events
def run(main, *, debug=False):
    return asyncio.get_event_loop().run_until_complete(main)
def run_until_complete(self, future):
    nested, events._running_loop = getattr(self, "_nest", 0), events._running_loop
    self._nest = nested + 1
    future = asyncio.ensure_future(future, loop=self)
    while not future.done():
        self._run_once()
    return future.result()
loop = asyncio.get_event_loop()
type(loop).__mro__[-3].run_until_complete = run_until_complete
asyncio.run = run
asyncio.get_event_loop()._nest_patched = True
"""
RUNS_A_LOOP = {
    **RIGHT,
    "border": "import asyncio\n"
    "def border(height, width):\n"
    "    async def around():\n        return 2 * (height + width) + 4\n"
    "    return asyncio.run(around())",
}
LIBRARIES = """
import json, warnings
from pathlib import Path
import numpy as np
load = np.load
np.load = lambda *a, **k: load(*a, allow_pickle=True, **k)
filters = warnings.filterwarnings
warnings.filterwarnings = lambda *a, **k: filters(*a, **k)
Path.ls = lambda self: sorted(self.iterdir())
json.JSONEncoder.default = lambda self, value: value.tolist()
"""
# Behind the first check: all of it still is as the learner has set it.
STILL_SET = {
    **RIGHT,
    "border": "attempt('to lose it', lambda: json.dumps(np.ones(1)) != '[1.0]')\n"
    "np.save('a.npy', np.array([None])), np.load('a.npy'), Path.ls(Path('.'))\n"
    + RIGHT["border"],
}
# Hidden tests have a `_rows` of their own.
OWN_HELPERS = {
    **RIGHT,
    "total": "def _rows(x):\n    return [sum(row) for row in x]\n"
    "def total(x):\n    return sum(_rows(x)) * area(*x.shape)",
}
# A name that the lesson imports is the learner's own.
OWN_NAMES = {
    **RIGHT,
    "total": "def check(x):\n    return x.sum()\n"
    "def total(x):\n    return check(x) * area(*x.shape)",
}
WIDGET = {name: f"%matplotlib widget\n{text}" for name, text in RIGHT.items()}


def in_one_cell(notebook: NotebookNode) -> None:
    notebook.cells[index_of(notebook, "area")].source = "\n\n".join(RIGHT.values())
    for name in ("border", "total"):
        del notebook.cells[index_of(notebook, name)]


def helpers_in_a_file(notebook: NotebookNode) -> None:
    place = index_of(notebook, "area")
    notebook.cells[place].source = "from my_helpers import product as area"
    notebook.cells.insert(place, new_code_cell(WRITES))


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
    right("pretty", "rich's pretty.install()", PRETTY),
    right("writefile", "%%writefile, and an import", edit=helpers_in_a_file),
    right("old-names", "np.int = int", OLD_NAMES, answers=USES_OLD_NAMES),
    right("torch", "import torch in an answer", answers=LIKE_TORCH),
    right("nested", "nest_asyncio.apply()", NESTED),
    right("asyncio-run", "asyncio.run in an answer", answers=RUNS_A_LOOP),
    right("libraries", "libraries changed", LIBRARIES, answers=STILL_SET),
    right("own-names", "a name of the lesson's", answers=OWN_NAMES),
    right("helpers", "helpers named as in hidden tests", answers=OWN_HELPERS),
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
