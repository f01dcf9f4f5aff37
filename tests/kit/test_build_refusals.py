"""What `build` refuses, in words that name the definition, the name and what to do."""

import re

import pytest
from build_cells import Notebook

from course.kit.build import BuildError


@pytest.fixture
def notebook(tmp_path):
    with Notebook(tmp_path) as opened:
        yield opened


HIDDEN = {
    "a helper function": (
        "def helper(x): return x\ndef f(x): return helper(x)",
        "a function of this notebook that is not built: give `helper` to build as well",
    ),
    "a helper under a decorator": (
        "import functools as t\n@t.cache\ndef helper(x): ...\ndef f(x): helper(x)",
        "`f` uses `helper`, a function of this notebook that is not built",
    ),
    "a helper class": (
        "class Base: ...\nclass f(Base): ...",
        "`f` uses `Base`, a class of this notebook that is not built",
    ),
    "a lambda": (
        "double = lambda x: 2 * x\ndef f(x): return double(x)",
        "`f` uses `double`, a lambda: write it with `def double(...)`",
    ),
    "a constant": (
        "STRIDE = 2\ndef f(x): return x[::STRIDE]",
        "`f` uses `STRIDE`, a variable of this notebook (int) that the module would not ",
    ),
    "a variable that is None": (
        "cache = None\ndef f(x): return cache",
        "`f` uses `cache`, a variable of this notebook (NoneType)",
    ),
    "a constant as default": (
        "STRIDE = 2\ndef f(x, stride=STRIDE): return x",
        "`f` uses `STRIDE`",
    ),
    "a constant in a comprehension": (
        "rows = [1]\ndef f(x): return [y for y in rows]",
        "`f` uses `rows`",
    ),
    "a constant in a nested function": (
        "rows = [1]\ndef f(x):\n    def g():\n        return lambda: rows\n    return g",
        "`f` uses `rows`",
    ),
    "a constant in a class body": (
        "size = 3\nclass f:\n    double = size * 2",
        "`f` uses `size`",
    ),
    "a name that a comprehension left behind": (
        "squares = [last := x for x in range(3)]\ndef f(): return last",
        "`f` uses `last`, a variable of this notebook (int)",
    ),
    "an array": (
        "import numpy as np\nx = np.zeros(3)\ndef f(): return x",
        "`f` uses `x`, a variable of this notebook (ndarray)",
    ),
    "a random generator": (
        "import numpy as np\nrng = np.random.default_rng(0)\ndef f(): return rng.random()",
        "`f` uses `rng`, a variable of this notebook (Generator)",
    ),
    "a type alias": (
        "Shape = tuple[int, int]\ndef f(x: Shape): return x",
        "`f` uses `Shape`, a variable of this notebook",
    ),
    "a variable with the name of a builtin": (
        "max = 3\ndef f(): return max",
        "`f` uses `max`, a variable of this notebook (int)",
    ),
    "a changed global": (
        "count = 0\ndef f():\n    global count\n    count += 1",
        "`f` uses `count`, a variable of this notebook (int)",
    ),
    "a global that a nested function makes": (
        "def f():\n    def g():\n        global made\n        made = 1\n    return g",
        "`f` uses `made`, which is not defined in this notebook",
    ),
    "a name that is in no module imported with *": (
        "from math import *\ndef f(x): return sqrt(helper(x))",
        "`f` uses `helper`, which is not defined in this notebook",
    ),
    "another name of a built function": (
        "def f(x): return again(x)\nagain = f",
        "`f` uses `again`, another name of `f`: write `f` there",
    ),
    "another name of a function that is not built": (
        "def g(x): return x\nh = g\ndef f(x): return h(x)",
        "`f` uses `h`, another name of `g`: write `g` there and build that",
    ),
    "an instance of a class of the notebook": (
        "class Net: ...\nnet = Net()\ndef f(x): return net",
        "`f` uses `net`, a variable of this notebook (Net)",
    ),
    "nothing": (
        "def f(): return undefined",
        "`f` uses `undefined`, which is not defined in this notebook",
    ),
    "a deleted import": (
        "import numpy as np\ndef f(): return np\ndel np",
        "`f` uses `np`, which is not defined in this notebook",
    ),
    "a magic": ("def f():\n    %time 1\n    return 1", "a command of the notebook"),
    "display": ("def f(x): display(x)", "from IPython.display import display"),
    "a constant among the names of a class body": (
        "a = b = 1\nclass f:\n    a = 2\n    c = b",
        "`f` uses `b`",
    ),
}


@pytest.mark.parametrize(("cell", "message"), HIDDEN.values(), ids=HIDDEN)
def test_hidden_dependency(notebook, cell, message):
    notebook.run(cell)
    with pytest.raises(BuildError) as refused:
        notebook.build("f")
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list(notebook.folder.iterdir()) == []


NO_DEPENDENCY = {
    "itself": "def f(n): return f(n - 1) if n else 0",
    "its class": "class f:\n    def m(self): return f, __class__, super().m",
    "builtins": "def f(x): return sum(map(len, x)), open, __name__, __file__",
    "a builtin with its own name": "print = print\ndef f(): print(1)",
    "arguments": "x = 1\ndef f(x, *y, z=1, **w): return x, y, z, w",
    "locals": "x = y = 1\ndef f():\n    x = 1\n    for y in [x]: pass\n    return y",
    "attributes and keywords": "x = 1\ndef f(y): return y.x, dict(x=1)",
    "a class body's own names": "size = 1\nclass f:\n    size = 2\n    area = size * size",
    "names of the class body": "class f:\n    here = __module__, __qualname__",
    "texts and comments": "x = 1\ndef f():\n    'uses x'\n    return 'x'  # x",
    "a private name": "class f:\n    def __a(self): return self.__a",
    "walrus": "def f(x): return [z := 2 for _ in x], z",
    "exceptions": "e = 1\ndef f():\n    try: pass\n    except OSError as e: return e",
    "an unreadable quoted annotation": "def f(x: 'n c h w', y: 'N'): return x",
    "a mangled name": "class f:\n    __x = 1\n    y = __x",
}


@pytest.mark.parametrize("cell", NO_DEPENDENCY.values(), ids=NO_DEPENDENCY)
def test_no_dependency(notebook, cell):
    notebook.run(cell)
    assert "import" not in notebook.build("f").split('"""\n', 1)[1]


def test_all_that_is_missing_is_named_at_once(notebook):
    notebook.run(
        "A = B = 1\ndef g(): return 1\ndef f(): return A, B, g()\ndef h(): return A"
    )
    with pytest.raises(BuildError) as refused:
        notebook.build("f", "h")
    lines = str(refused.value).splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "`f` uses `A`",
        "`f` uses `B`",
        "`f` uses `g`",
        "`h` uses `A`",
    ]


def test_what_is_built_may_use_each_other_in_any_order(notebook):
    notebook.run(
        """\
class Base:
    def child(self): return Child()
class Child(Base): ...
def ping(n: Child): return pong(n)
def pong(n): return ping(n)
"""
    )
    text = notebook.build("Base", "Child", "ping", "pong")
    names = re.findall(r"^(?:def|class) (\w+)", text, re.MULTILINE)
    assert names == ["Base", "Child", "ping", "pong"]


@pytest.mark.parametrize(
    "user",
    [
        "@g\ndef f(): return 1",
        "def f(x=g(1)): return x",
        "class f:\n    x = g(1)",
        "class f:\n    x = [g(y) for y in [1]]",
    ],
)
def test_what_a_definition_needs_at_once_comes_before_it(notebook, user):
    notebook.run("def g(x): return x", user)
    with pytest.raises(BuildError, match="give `g` to build as well, before `f`"):
        notebook.build("f")
    with pytest.raises(BuildError, match="Give `g` to build before what uses it"):
        notebook.build("f", "g")
    assert list(notebook.folder.iterdir()) == []
    assert notebook.build("g", "f").endswith(user + "\n")


def test_the_module_that_is_built_cannot_be_imported_from(notebook):
    notebook.run(
        "import sys, types\nown = types.ModuleType('course.own')\nown.g = len",
        "sys.modules['course.own'] = own\nfrom course.own import g",
        "def f(x): return g(x)",
    )
    try:
        with pytest.raises(
            BuildError, match=r"cannot import name 'g' from 'course\.own'"
        ):
            notebook.build("f")
    finally:
        notebook.run("del sys.modules['course.own']")


def test_a_module_that_would_not_import_is_not_written(notebook):
    notebook.run(
        "seen = []",
        "def once(f):\n    if f.__module__ == 'course.own': raise RuntimeError('twice')\n"
        "    return f",
        "@once\ndef f(): return 1",
    )
    with pytest.raises(BuildError, match=r"course\.own could not be imported .* twice"):
        notebook.build("once", "f")
    assert list(notebook.folder.iterdir()) == []


WRONG_DEFINITIONS = {
    "text": ("'f'", "what was given is of the type str, neither a function"),
    "a list": (
        "[f]",
        "list, neither a function written in Python nor a class: give those",
    ),
    "a lambda": ("lambda: 1", "a lambda was given: write it as a function, with def"),
    "a named lambda": ("double", "a lambda was given"),
    "a partial": ("functools.partial(f)", "what was given is of the type partial"),
    "a builtin": ("len", "`len` is of the type builtin_function_or_method"),
    "a module": ("functools", "`functools` is of the type module"),
    "an instance": ("Net()", "what was given is of the type Net"),
    "nothing": ("", "nothing is given to write: name the functions"),
    "a number": ("3", "what was given is of the type int"),
    "a method": ("Net().m", "`m` is of the type method"),
    "a function of a class": (
        "Net.m",
        "what was given is defined as `m`, inside `Net`",
    ),
    "a class in a class": (
        "Net.Inner",
        "what was given is defined as `Inner`, inside `Net`",
    ),
    "a builtin class": ("int", "`int` is not written in this notebook but in builtins"),
    "an imported function": (
        "shutil.copy",
        "`copy` is not written in this notebook but in shutil",
    ),
    "an imported class": ("fractions.Fraction", "`Fraction` is not written in this"),
    "made by a function": (
        "made",
        "what was given is defined as `inside`, inside `maker`",
    ),
    "made by a function of its own name": ("again", "`again`, inside `again`"),
    "made by a decorator without wraps": (
        "bare",
        "a decorator of yours needs functools.wraps",
    ),
    "another name only": ("g2", "what was given is defined as `g`, which is something"),
    "redefined since": (
        "old[0]",
        "what was given is defined as `h`, which is something",
    ),
    "renamed": ("renamed", "what was given is defined as `other`"),
}


@pytest.mark.parametrize(
    ("given", "message"), WRONG_DEFINITIONS.values(), ids=WRONG_DEFINITIONS
)
def test_wrong_definition(notebook, given, message):
    notebook.run(
        """\
import fractions, functools, shutil
def f(): return 1
double = lambda x: 2 * x
class Net:
    def m(self): return 1
    class Inner: ...
def maker():
    def inside(): return 1
    return inside
made = maker()
def again():
    def again(): return 1
    return again
again = again()
def decorator(f):
    def inside(): return f()
    return inside
@decorator
def bare(): return 1
def g(): return 1
g2 = g
del g
def h(): return 1
old = [h]
def h(): return 2
def renamed(): return 1
renamed.__name__ = "other"
"""
    )
    with pytest.raises(BuildError) as refused:
        notebook.build(given)
    assert message in str(refused.value)
    assert list(notebook.folder.iterdir()) == []


def test_a_notebook_shows_the_message_without_the_frames_of_build(notebook, capsys):
    notebook.run("K = 1\ndef f(): return K")
    notebook.shell.run_cell("build('own', f, folder=folder)")
    printed = capsys.readouterr().out
    assert printed.startswith("BuildError: `f` uses `K`, a variable")
    assert "Traceback" not in printed
    assert issubclass(BuildError, ValueError)


def test_a_name_error_that_was_raised_by_hand_names_nothing_to_build(notebook):
    notebook.run(
        "class f:\n"
        '    if __name__ != "__main__":\n'
        '        raise NameError("only in a notebook")'
    )
    with pytest.raises(BuildError, match="NameError: only in a notebook$"):
        notebook.build("f")
