"""A built module imports what its definitions use, no more, in the order of isort."""

import random
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest
from build_cells import Notebook

from course.kit.build_source import ImportLine, import_block

RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent))


@pytest.fixture
def notebook(tmp_path):
    with Notebook(tmp_path) as opened:
        yield opened


@pytest.fixture
def geometry():
    """A built module of an earlier lesson, as if imported."""
    module = types.ModuleType("course.geometry_of_a_test")
    module.output_size = lambda size: size
    module.same_padding = lambda size: size
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def imports(text: str) -> list[str]:
    """The import lines at the top of a module."""
    return [line for line in text.splitlines() if line.startswith(("import ", "from "))]


def check_with_ruff(folder: Path, *options: str) -> None:
    if RUFF is None:
        pytest.skip("ruff is not installed here")
    for name in ("__init__", "im2col", "network", "kit/check", "kit/syllabus"):
        path = folder / "course" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (folder / "ruff.toml").touch()  # the folder is a project with the defaults
    done = subprocess.run(
        [RUFF, "check", "--no-cache", *options, "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


USES = [
    ("import numpy as np", "def f(x): return np.exp(x)", "import numpy as np"),
    ("import numpy as np", "def f(x: np.ndarray): return x", "import numpy as np"),
    ("import numpy as np", "def f(x) -> np.ndarray: return x", "import numpy as np"),
    (
        "import numpy as np",
        "def f(x):\n    y: np.ndarray = x\n    return y",
        "import numpy as np",
    ),
    ("import numpy as np", "def f(x=np.pi): return x", "import numpy as np"),
    (
        "import numpy as np",
        "def f(x):\n    return [np for _ in x]",
        "import numpy as np",
    ),
    (
        "import numpy as np",
        "def f(x):\n    def g():\n        return lambda: np.pi\n    return g",
        "import numpy as np",
    ),
    ("import numpy as np", "class A:\n    pi = np.pi", "import numpy as np"),
    ("import numpy as np", "class A:\n    x: np.ndarray", "import numpy as np"),
    (
        "from enum import Enum",
        "class A(Enum):\n    X = 1",
        "from enum import Enum",
    ),
    (
        "from abc import ABCMeta",
        "class A(metaclass=ABCMeta): ...",
        "from abc import ABCMeta",
    ),
    ("import functools", "@functools.cache\ndef f(): ...", "import functools"),
    ("import os.path", "def f(x): return os.path.join(x)", "import os.path"),
    ("import os.path as p", "def f(x): return p.join(x)", None),
    (
        "import numpy as np\nimport numpy.fft",
        "def f(x): return numpy.fft.fft(x)",
        "import numpy.fft",
    ),
    ("import numpy.fft", "def f(x): return numpy.exp(x)", "import numpy.fft"),
    (
        "import numpy.fft as fft",
        "def f(x): return fft.fft(x)",
        "import numpy.fft as fft",
    ),
    ("from numpy import fft", "def f(x): return fft.fft(x)", "from numpy import fft"),
    ("import numpy as numpy", "def f(x): return numpy.exp(x)", "import numpy"),
    ("from math import *", "def f(x): return pi", "from math import pi"),
    (
        "from numpy import zeros as noughts",
        "def f(x): return noughts(x)",
        "from numpy import zeros as noughts",
    ),
    ("from math import pi as pi", "def f(x): return pi", "from math import pi"),
    (
        "try: import no_such_package as np\nexcept ImportError: import numpy as np",
        "def f(x): return np",
        "import numpy as np",
    ),
    ("import numpy\nnp = numpy", "def f(x): return np", "import numpy as np"),
    (
        "from typing import Optional",
        "def f(x: Optional[int] = None): return x",
        "from typing import Optional",
    ),
]


@pytest.mark.parametrize(("imported", "definition", "wanted"), USES)
def test_what_is_used_is_imported(notebook, imported, definition, wanted):
    notebook.run(imported, definition)
    found = imports(notebook.build("A" if definition.startswith("class") else "f"))
    if wanted is None:  # os.path has another name on Windows
        assert len(found) == 1
    else:
        assert ", ".join(found) == wanted


NOT_USED = [
    'def f(x):\n    """Calls np.exp."""\n    return x  # np',
    "def f(np): return np",
    "def f(x):\n    np = x\n    return np",
    "def f(x): return [np for np in x]",
    "def f(x):\n    import numpy as np\n    return np",
    "def f(x): return x.np",
    "def f(x): return dict(np=x)",
    "def f(x):\n    for np in x:\n        yield np",
    "def f(x):\n    def np(): return 1\n    return np",
    "def f(x):\n    np = 1\n    def g():\n        nonlocal np\n        np = 2\n    return g",
    "def f(x) -> 'Literal[\"np\"]': return x",
    "def f(x):\n    try: pass\n    except OSError as np: return np",
    "def f(x):\n    match x:\n        case {'a': np}: return np",
]


@pytest.mark.parametrize("definition", NOT_USED)
def test_what_is_not_used_is_not_imported(notebook, definition):
    notebook.run("import numpy as np\nfrom typing import Literal", definition)
    assert imports(notebook.build("f")) in ([], ["from typing import Literal"])


def test_the_import_in_force_counts(notebook):
    notebook.run(
        "import math as m",
        "import cmath as m",
        "import math as m2, numpy as np",
        "import numpy as np",
        "def f(x): return m.sqrt(np.abs(x))",
    )
    assert imports(notebook.build("f")) == ["import cmath as m", "import numpy as np"]
    notebook.run("import math as m")
    assert imports(notebook.build("f")) == ["import math as m", "import numpy as np"]


def test_cells_that_ipython_keeps_no_history_of(tmp_path):
    with Notebook(tmp_path, history=False) as notebook:
        notebook.run(
            "import numpy as np, os.path\nfrom fractions import Fraction as F",
            "%%time\nimport enum",
            "class Kind(enum.Enum):\n    CONV = 1",
            "def f(x):\n    return 1",
            "def f(x):\n    return np.exp(x), os.path.join(x), F(x), Kind.CONV",
        )
        text = notebook.build("Kind", "f")
    assert imports(text) == [
        "import enum",
        "import os.path",
        "from fractions import Fraction as F",
        "import numpy as np",
    ]
    assert "CONV = 1" in text and "np.exp(x)" in text


@pytest.mark.parametrize("line", ["import numpy as np", "from math import pi as np"])
def test_an_import_that_no_longer_holds_is_refused(notebook, line):
    notebook.run(line, "def f(x): return np", "np = 3")
    with pytest.raises(ValueError, match=r"`np`, a variable of this notebook \(int\)"):
        notebook.build("f")


def test_imports_of_other_modules_of_the_course(notebook, geometry):
    notebook.run(
        f"from {geometry.__name__} import output_size as size, same_padding",
        "def f(x): return size(x) + same_padding(x)",
    )
    text = notebook.build("f")
    assert imports(text) == [
        f"from {geometry.__name__} import output_size as size",
        f"from {geometry.__name__} import same_padding",
    ]


def test_a_function_of_a_module_that_was_loaded_again(notebook, geometry):
    def output_size(size):
        return size

    output_size.__module__ = geometry.__name__
    geometry.output_size = output_size
    notebook.run(f"from {geometry.__name__} import output_size")
    geometry.output_size = lambda size: size
    notebook.run("def f(x): return output_size(x)")
    assert imports(notebook.build("f")) == [
        f"from {geometry.__name__} import output_size"
    ]


def test_future_annotations_stay(notebook):
    notebook.run(
        "from __future__ import annotations",
        "import numpy as np",
        "def f(x: Later) -> np.ndarray: return x",
        "class Later:\n    x: Later",
    )
    text = notebook.build("f", "Later")
    assert imports(text) == [
        "from __future__ import annotations",
        "import numpy as np",
    ]
    assert text.count("\n\nimport numpy") == 1


def test_imports_of_ipython_magic_cells_and_long_lists(notebook, tmp_path):
    names = sorted(
        ["fabs", "fmod", "frexp", "fsum", "gamma", "gcd", "hypot", "isclose", "isfinite", "isinf", "isnan", "isqrt", "ldexp", "lgamma"]
    )  # fmt: skip
    notebook.run(
        f"%%time\nfrom math import {', '.join(names)}",
        f"def f(): return [{', '.join(names)}]",
    )
    text = notebook.build("f")
    assert "from math import (\n    fabs,\n    fmod,\n" in text
    check_with_ruff(tmp_path, "--select", "I,F")


def test_order_is_that_of_isort(notebook, tmp_path):
    notebook.run(
        """\
import numpy.fft, os, re as regex
import numpy as np, sys
from typing import Any, NamedTuple, TYPE_CHECKING, cast
from collections import abc, OrderedDict as Ordered
from numpy import (zeros, ones, float32 as f32, ndarray)
import IPython
from course.kit import check
import course.kit.syllabus
""",
        """\
def f(x: Any, y: NamedTuple):
    return (TYPE_CHECKING, cast, abc, Ordered, zeros, ones, f32, ndarray, IPython, check,
            course.kit.syllabus, numpy.fft, os, regex, np, sys)
""",
    )
    text = notebook.build("f")
    assert text.index("import sys") < text.index("import IPython")
    assert text.index("import numpy.fft") < text.index("import course.kit.syllabus")
    check_with_ruff(tmp_path, "--select", "I,F")


def test_any_order_of_any_lines_is_that_of_ruff(tmp_path):
    rng = random.Random(1)
    modules = "os os.path re numpy numpy.fft sklearn Abc course.im2col course.network"
    names = "CONST Class im2col A SGD Conv2D B2 f conv_backward conv_forward pi"
    lines = set()
    for _ in range(60):
        module, name = rng.choice(modules.split()), rng.choice(names.split())
        alias = rng.choice([None, None, "this", "that"])
        plain = rng.random() < 0.4
        lines.add(ImportLine(module, None if plain else name, alias))
    (tmp_path / "m.py").write_text(import_block(lines) + "\n", encoding="utf-8")
    check_with_ruff(tmp_path, "--select", "I")


def test_a_built_module_passes_ruff_with_its_defaults(notebook, tmp_path):
    notebook.run(
        "import functools\nimport numpy as np\nfrom typing import NamedTuple",
        '''\
class Shape(NamedTuple):
    """Height and width."""

    height: int
    width: int


@functools.cache
def size(shape: Shape, quoted: "np.ndarray | None" = None) -> int:
    """Pixels."""
    ### BEGIN SOLUTION
    return int(np.prod([shape.height, shape.width]))
    ### END SOLUTION
''',
    )
    notebook.build("Shape", "size")
    check_with_ruff(tmp_path, "--ignore", "UP037")
    done = subprocess.run(
        [RUFF, "format", "--no-cache", "--diff", "own.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
