"""`build` writes the text of what is live, wherever and however it was defined."""

import contextlib
import sys

import pytest
from build_cells import Notebook

from course.kit.build import BuildError


@pytest.fixture
def notebook(tmp_path):
    with Notebook(tmp_path) as opened:
        yield opened


def body(text: str) -> str:
    """A module without the heading."""
    return text.split('"""\n', 1)[1].strip("\n") + "\n"


def test_text_is_kept_as_written_but_for_the_solution_markers(notebook):
    notebook.run(
        '''\
# not mine
def area(höhe,  breite):
    """Fläche in Pixeln: 5 × 7 → 35.

        indented as it was
    """
    ### BEGIN SOLUTION hint: multiply
    # why: both are counts
    result = höhe*breite   # ☃

    return result
    ### END SOLUTION

# not mine either
'''
    )
    assert body(notebook.build("area")) == (
        '''\
def area(höhe,  breite):
    """Fläche in Pixeln: 5 × 7 → 35.

        indented as it was
    """
    # why: both are counts
    result = höhe*breite   # ☃

    return result
'''
    )


def test_the_newest_definition_counts(notebook):
    notebook.run("def f():\n    return 1", "def f():\n    return 2")
    assert "return 2" in notebook.build("f")
    notebook.run("def f():\n    return 1")  # an old cell runs again
    assert "return 1" in notebook.build("f")


def test_two_definitions_in_one_cell_the_later_one_counts(notebook):
    notebook.run("def f(): return 1\ndef f(): return 2\nclass A: x = 1\nclass A: x = 2")
    assert body(notebook.build("f", "A")) == "def f(): return 2\n\n\nclass A: x = 2\n"


def test_a_definition_inside_another_statement_is_refused(notebook):
    notebook.run("if True:\n    def f(): return 1")
    with pytest.raises(BuildError, match="Write it in a cell of its own"):
        notebook.build("f")


def test_a_cell_that_failed_does_not_count(notebook):
    notebook.run("def f():\n    return 'live'", "class A:\n    def m(self): return 1")
    with pytest.raises(ZeroDivisionError):
        notebook.run(
            "1 / 0\ndef f():\n    return 'dead'\nclass A:\n    def m(self): return 2"
        )
    text = notebook.build("f", "A")
    assert "'live'" in text and "return 1" in text


def test_a_class_without_methods_that_never_ran_is_not_taken_for_the_live_one(notebook):
    notebook.run("0\nclass A:\n    x = 1")
    with pytest.raises(ZeroDivisionError):
        notebook.run("1 / 0\nclass A:\n    x = 2")
    with pytest.raises(BuildError, match=r"`A\.x` is not as it was written"):
        notebook.build("A")
    assert not (notebook.folder / "own.py").exists()


def test_a_cell_with_a_magic_that_failed_does_not_count(notebook):
    notebook.run("%%time\n0\ndef f(): return 'live'")
    with contextlib.suppress(ZeroDivisionError):  # some IPythons only show it
        notebook.run("%%time\n1 / 0\ndef f(): return 'dead'")
    assert "'live'" in notebook.build("f")


def test_a_cell_that_failed_does_not_count_where_only_blanks_were_changed(notebook):
    cell = "n\ndef f():\n    for i in range(3):\n        x = i\n{}    return x, '{}'"
    notebook.run("n = 1", cell.format("", "a b"), "del n")
    with pytest.raises(NameError):
        notebook.run(cell.format("    ", "a  b"))
    assert "\n    return x, 'a b'" in notebook.build("f")


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "%%time\n%%capture"])
def test_cells_with_a_magic(notebook, magic):
    notebook.run(
        f"{magic}\nimport numpy as np\n"
        "def f(x): return np.exp(x)\nclass A:\n    y: int = 1\n3"
    )
    assert body(notebook.build("f", "A")) == (
        "import numpy as np\n\n\n"
        "def f(x): return np.exp(x)\n\n\nclass A:\n    y: int = 1\n"
    )


def test_async_generator_and_decorated_functions(notebook):
    notebook.run(
        "import functools",
        "@functools.lru_cache(maxsize=None)\ndef cached(x): return x",
        "async def waits(x):\n    return await x",
        "def yields():\n    yield 1",
    )
    text = notebook.build("cached", "waits", "yields")
    assert text.index("@functools.lru_cache") < text.index("async def waits")
    assert "yield 1" in text


def test_classes_of_every_kind(notebook):
    cell = """\
@dataclass(frozen=True)
class Shape:
    height: int
    names: list = field(default_factory=list)

class Kind(enum.Enum):
    CONV = 1
    POOL = 2

class Pair(NamedTuple):
    left: int = 0

class Layer(abc.ABC):
    @abc.abstractmethod
    def forward(self, x): ...
    @property
    def size(self): return self._size
    @size.setter
    def size(self, value): self._size = value
    @staticmethod
    def make(): return Layer()
    @classmethod
    def named(cls, name): return cls()
    @functools.cached_property
    def heavy(self): return 1
    class Inner:
        def deep(self): return 2
    __slots__ = ("_size", "__dict__")
"""
    imports = (
        "import abc, enum, functools\nfrom dataclasses import dataclass, field\n"
        "from typing import NamedTuple"
    )
    notebook.run(imports, cell)
    text = body(notebook.build("Shape", "Kind", "Pair", "Layer"))
    for definition in cell.strip().split("\n\n"):
        assert definition in text


def test_decorators_and_metaclasses_of_the_notebook(notebook):
    notebook.run(
        "import functools",
        "class Counted(type): ...",
        "class Layer(metaclass=Counted): ...",
        "class Memo:\n    def __init__(self, f):\n"
        "        functools.update_wrapper(self, f)\n",
        "@Memo\ndef f(x): return x",
    )
    text = notebook.build("Counted", "Layer", "Memo", "f")
    assert "class Layer(metaclass=Counted)" in text and "@Memo\ndef f" in text


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
def test_type_parameters(notebook):
    notebook.run(
        "import numpy as np",
        "class Box[T: np.number]:\n    def get(self, x: T) -> T: return x",
        "def first[T](xs: list[T]) -> T:\n    return xs[0]",
    )
    text = body(notebook.build("Box", "first"))
    assert text.startswith("import numpy as np\n\n\nclass Box[T: np.number]:")


@pytest.mark.parametrize("magic", ["", "%%time\r\n"])
def test_tabs_and_windows_line_ends(notebook, magic):
    notebook.run(
        magic + "def f(x):\r\n\tif x:\r\n\t\treturn '''a\r\nb'''\r\n\treturn 2\r\n"
    )
    assert (
        body(notebook.build("f"))
        == "def f(x):\n\tif x:\n\t\treturn '''a\nb'''\n\treturn 2\n"
    )
    assert b"\r" not in (notebook.folder / "own.py").read_bytes()


def test_characters_that_some_programs_take_for_line_ends(notebook):
    notebook.run("def f():\n    return '''\x0c \u2028 \x1c'''\n")
    assert "return '''\x0c \u2028 \x1c'''\n" in notebook.build("f")


def test_a_function_that_has_been_called_often_is_still_found(notebook):
    notebook.run(
        "import math\ndef f(x):\n    return [math.sqrt(y) for y in range(x)][-1] + x",
        "for i in range(1, 3000):\n    f(3)",
    )
    assert "math.sqrt" in notebook.build("f")


def test_a_local_class_in_a_function(notebook):
    notebook.run(
        "\n\ndef f():\n    class A:\n        def m(self): self.x = self.y = 1\n    return A"
    )
    assert "class A" in notebook.build("f")


def test_top_level_await_beside_the_definition(notebook):
    notebook.run(
        "import asyncio\nawait asyncio.sleep(0)\ndef f(): return asyncio.sleep"
    )
    assert "import asyncio" in notebook.build("f")


def test_invalid_escapes_are_not_complained_about_again(notebook, capfd, recwarn):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notebook.run("def f():\n    return '\\d'")
    warnings.simplefilter("error")
    notebook.build("f")
    assert capfd.readouterr().err == ""


def test_code_without_a_text_is_refused(notebook):
    notebook.run("def f(): return 0", "exec('def f(): return 1')")
    with pytest.raises(BuildError, match="the text of `f`, as it is live now"):
        notebook.build("f")


@pytest.mark.parametrize(
    ("change", "attribute"),
    [
        ("def forward(self): return 2\nLayer.forward = forward", "forward"),
        ("Layer.backward = lambda self: 2", "backward"),
        ("Layer.margin = 1.0", "margin"),
        ("del Layer.size", "size"),
        ("Layer.forward = staticmethod(Layer.forward)", "forward"),
        ("Layer.forward = functools.cache(Layer.forward)", "forward"),
        (
            "Layer.forward = functools.wraps(Layer.forward)(lambda self: 2)",
            "forward",
        ),
    ],
)
def test_a_class_that_was_changed_later_is_refused(notebook, change, attribute):
    layer = (
        "import functools\nclass Layer:\n    size = 3\n    def forward(self): return 1"
    )
    notebook.run(layer, change)
    with pytest.raises(BuildError, match=f"`Layer.{attribute}` is not as it was"):
        notebook.build("Layer")


def test_a_class_whose_base_was_run_again_is_refused(notebook):
    base = "class Base:\n    def m(self): return 1"
    notebook.run("import abc\nfrom abc import *\nfrom collections import namedtuple")
    notebook.run(base, "class Layer(Base, namedtuple('Layer', 'x'), abc.ABC): ...")
    assert "(Base, namedtuple" in notebook.build("Base", "Layer")
    notebook.run(base.replace("1", "2"))
    with pytest.raises(BuildError, match="run that cell, then run this one again"):
        notebook.build("Base", "Layer")


def test_a_value_that_a_method_changes_is_the_class_own_business(notebook):
    notebook.run(
        "class Layer:\n    count = 0\n    def __init__(self): Layer.count += 1",
        "Layer(), Layer()",
    )
    assert "count = 0" in notebook.build("Layer")


@pytest.mark.parametrize("change", ["functools.lru_cache(f)", "twice(f)", "once"])
def test_a_decorator_that_is_applied_or_taken_off_later_is_refused(notebook, change):
    notebook.run(
        "import functools",
        "def twice(f):\n    @functools.wraps(f)\n    def g(x): return f(f(x))\n    return g",
        "@twice\ndef f(x): return x + 1",
        "once = f.__wrapped__",
    )
    assert "@twice\ndef f" in notebook.build("twice", "f")
    notebook.run(f"f = {change}")
    with pytest.raises(BuildError, match="`f` is not as it was written"):
        notebook.build("twice", "f")
