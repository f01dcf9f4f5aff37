"""Checks run where no code of an answer runs: what they see of it, and what it sees of them."""

import json

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.utils import determine_grade
from small_class import code, ended_by

from autograder.grading.cells import is_check, settle
from autograder.grading.execute import How, Limits, Work, execute
from autograder.grading.outcome import Result, Status
from autograder.lessons import checkout, find_lessons
from autograder.lessons.course_files import Support, make_support

LIMITS = Limits(cell_seconds=300, total_seconds=900, grace_seconds=2)
QUICK = Limits(cell_seconds=4, total_seconds=300, grace_seconds=2)


@pytest.fixture(scope="module")
def support() -> Support:
    return make_support(find_lessons(checkout())[0])


def marked(source: str, name: str, *, grade: bool) -> NotebookNode:
    cell = code(source)
    marks = {"grade": grade, "solution": not grade, "locked": grade, "grade_id": name}
    cell.metadata["nbgrader"] = marks | {
        "points": 1,
        "schema_version": 3,
        "task": False,
    }
    return cell


def answer(source: str) -> NotebookNode:
    return marked(source, "answer", grade=False)


def check(source: str, name: str = "check_it") -> NotebookNode:
    return marked(source, name, grade=True)


def own(source: str) -> NotebookNode:
    cell = code(source)
    cell.id = "own-" + cell.id
    return cell


def run(
    support: Support, *cells: NotebookNode, limits: Limits = LIMITS, isolation="off"
) -> Work:
    notebook = new_notebook(cells=list(cells))
    return execute(notebook, support, limits, how=How("fast", isolation))


def points(executed: Work) -> list[float]:
    found = []
    for cell in filter(is_check, executed.notebook.cells):
        settle(cell)
        found.append(determine_grade(cell)[0])
    return found


def text_of(cell: NotebookNode) -> str:
    return "".join(str(out) for out in cell.outputs)


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ([code("x = 5"), answer("x = 6"), check("assert x == 5")], [1]),
        ([code("x = 5"), own("x = 6"), check("assert x == 5")], [1]),
        ([code("x = [1]"), code("x[0] = 2"), check("assert x == [2]")], [1]),
        ([code("import math"), answer("math = 0"), check("assert math.pi > 3")], [1]),
        ([answer("sum = max = 0"), check("assert sum([max(1, 2)]) == 2")], [1]),
        ([check("x = 1"), answer("x = 2"), check("assert x == 1", "two")], [1, 1]),
        ([check("1 +"), check("assert y", "two"), check("pass", "three")], [0, 0, 1]),
        (
            [
                answer("def g(): return 1\ndef f(): return g()"),
                check(
                    "kept = g\ndel g\ntry:\n    f()\nexcept NameError:\n    pass\n"
                    "else:\n    assert False\nfinally:\n    g = kept\nassert f() == 1"
                ),
                check("x = 1\nassert f() == x == g()", "two"),
            ],
            [1, 1],
        ),
        (
            [
                answer("def f(x): return x + 1"),
                code("def twice(x): return f(f(x))\nstart = twice(0)"),
                check("assert twice(start) == 4"),
                answer("def f(x): return x + 2"),
                check("assert start == 4", "two"),
            ],
            [1, 1],
        ),
    ],
)
def test_which_names_a_check_sees(support, cells, wanted):
    assert points(run(support, *cells)) == wanted


def test_a_given_cell_that_fails_leaves_its_names_unbound(support):
    """Else an answer that makes it fail could put its own things in their place."""
    executed = run(
        support,
        answer("def f(): raise ValueError\nwant = 1"),
        code("got = f()\nwant = 2"),
        check("assert want == 1"),
    )
    assert points(executed) == [0]
    assert "name 'want' is not defined" in text_of(executed.notebook.cells[2])


def test_what_an_answer_spoils_in_place_is_whole_for_the_next_check(support):
    spoil = "def mean(x):\n    x[...] = 0\n    return 0.0"
    executed = run(
        support,
        code("import numpy as np\nx = np.arange(4.0)"),
        answer(spoil),
        check("mean(x)\nassert (x == 0).all()"),
        check("assert mean(x.copy()) == x.mean()", "two"),
    )
    assert points(executed) == [1, 0]


def test_what_an_answer_prints_stands_among_what_its_check_prints(support):
    executed = run(
        support,
        answer(
            "import os, sys, warnings\ndef f():\n    print('two')\n"
            "    print('three', file=sys.stderr)"
        ),
        check("print('one')\nf()\nprint('four')"),
    )
    outputs = executed.notebook.cells[1].outputs
    assert [(o.name, o.text) for o in outputs] == [
        ("stdout", "one\ntwo\n"),
        ("stderr", "three\n"),
        ("stdout", "four\n"),
    ]


def test_an_error_says_where_in_the_answer_it_was_raised(support):
    executed = run(
        support,
        code("from course.kit import check"),
        answer("def f(x):\n    return {}[x]"),
        check("check.raises('x', ValueError, f, 1)"),
    )
    card, error = executed.notebook.cells[2].outputs
    assert error.ename == "CheckFailed"
    assert "f(1) raised KeyError: 1" in card.data["text/plain"]
    where = "cell In[2], line 2, in f:"
    assert where in card.data["text/plain"]
    assert "return {}[x]" in card.data["text/plain"]


LOST = {
    "dies": ("import os\ndef f(): os._exit(3)", "kernel_died"),
    "crashes": ("import os\ndef f(): os.kill(os.getpid(), 11)", "kernel_died"),
    "hangs": ("def f():\n    while True: pass", "timeout"),
    "deaf": (
        """
def f():
    while True:
        try:
            while True: pass
        except KeyboardInterrupt: pass
""",
        "timeout",
    ),
    "floods": ("def f():\n    while True: print('x' * 9999)", "output_limit"),
    "memory": ("def f():\n    raise MemoryError", "memory"),
    "lies": (
        """
import os
def f():
    for n in range(3, 20):
        try:
            os.write(n, b"\\0" * 7 + b"\\1\\x05")
        except OSError: pass
""",
        "kernel_died",
    ),
    "many bytes": ("def f(): return bytes(300 * 2**20)", "graded"),
}


@pytest.mark.parametrize("name", LOST)
def test_an_answer_that_takes_its_process_with_it_loses_its_own_check_only(
    support, name
):
    source, status = LOST[name]
    limits = QUICK if status == "timeout" else LIMITS
    executed = run(
        support,
        answer("def g(): return 1"),
        check("assert g() == 1", "before"),
        answer(source),
        check("f()"),
        check("assert g() == 1", "after"),
        limits=limits,
    )
    assert points(executed) == [1, 0, 1]
    assert executed.status == status
    if status != "graded":
        assert ended_by(executed.notebook) == {"check_it": Result(status)}


FORGED = {
    "patches everything": """
import builtins, sys, numpy as np, course.kit.check as check
for name in dir(check):
    if callable(getattr(check, name)): setattr(check, name, lambda *a, **k: None)
np.allclose = np.array_equal = lambda *a, **k: True
get_ipython().run_cell = get_ipython().showtraceback = lambda *a, **k: None
def area(a, b): return 0.0
""",
    "equal to all": """
class Yes(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __sub__ = __rsub__ = lambda self, other: 0.0
    __class__ = float
def area(a, b): return Yes(1)
""",
    "says that it is done": """
import json, os, struct
def area(a, b):
    for index in range(9):
        told = json.dumps({"type": "done", "index": index, "status": "ok"}).encode()
        for number in range(3, 64):
            try: os.write(number, struct.pack(">I", len(told)) + told)
            except OSError: pass
    return 0.0
""",
    "looks at frames and objects": """
import gc, sys
def area(a, b):
    frame, found = sys._getframe(), []
    while frame:
        found += [v for v in frame.f_locals.values() if type(v) is float]
        frame = frame.f_back
    found += [v for v in gc.get_objects() if type(v) is float]
    return next((v for v in found if v > a * b - 1), 0.0)
""",
    "changes what it is given": """
def area(a, b):
    a[...] = b[...] = 0
    return 0.0
""",
}
CHECK = """
for a, b in [(3.0, 5.0), (2.0, 7.0)]:
    want = a * b
    check.equal("area", area(np.array(a), np.array(b)), want)
"""


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("isolation", ["off", "best-effort"])
def test_wrong_code_gets_nothing(support, name, isolation):
    executed = run(
        support,
        code("import numpy as np\nfrom course.kit import check"),
        answer(FORGED[name]),
        check(CHECK),
        isolation=isolation,
    )
    assert points(executed) == [0]


SEARCH = """
import gc, sys
def has(text, first, then):
    return any(part.startswith(then) for part in text.split(first)[1:])
def everything():
    seen, todo = set(), [gc.get_objects(), sys._getframe(), sys.modules]
    while todo:
        each = todo.pop()
        if id(each) in seen: continue
        seen.add(id(each))
        if isinstance(each, str) and has(each, "79", "19"): return each
        if isinstance(each, bytes) and has(each, b"79", b"19"): return each
        todo += gc.get_referents(each)
    return "nothing"
"""


def test_the_text_of_a_check_is_nowhere_in_the_process_of_the_answers(support):
    executed = run(
        support,
        answer(SEARCH),
        check("number = 7919\nassert everything() == 'nothing', everything()"),
        own("print(everything())"),
        own("number = 7919"),
        own("print(everything())"),
    )
    assert points(executed) == [1]
    cells = executed.notebook.cells
    assert "nothing" in text_of(cells[2]) and "7919" in text_of(cells[4])


def cases(source: str) -> str:
    """A check of f whose cases are written down in this source."""
    document = {
        "task": "f",
        "functions": ["f"],
        "parameters": {"f": ["x"]},
        "source": source.split("\n"),
        "stored": {},
    }
    return f"check.hidden({json.dumps(document)!r}, f)"


def with_check(support: Support, source: str, check_source: str) -> Work:
    return run(
        support,
        code("import numpy as np\nfrom course.kit import check"),
        answer(source),
        check(check_source),
        check("assert f(0) == 0", "after"),
    )


def test_the_time_for_further_cases_is_over_and_the_first_is_told(support):
    """They are looked at for the diagnosis only: an endless loop in one of them costs nothing."""
    executed = with_check(
        support,
        "def f(x):\n    while x == 2: pass\n    return 3 * x",
        cases("def cases(t, f):\n t.case('one', f(1), 2)\n t.case('two', f(2), 4)"),
    )
    assert (points(executed), executed.status) == ([0, 1], Status.GRADED)
    assert "a hidden case: wrong" in text_of(executed.notebook.cells[2])


HOLDS = """
import time
import numpy as np
def f(x):
    if type(x) is int: return x
    held = np.ones({held} * 2**17)
    time.sleep(0.5)  # on a busy machine, too, somebody looks at it meanwhile
    return held[:1] * 0
"""
LIES = "import tracemalloc\ntracemalloc.get_traced_memory = lambda: (0, 0)\n"


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (HOLDS.format(held=4), [1, 1]),
        (HOLDS.format(held=40), [0, 1]),
        (LIES + HOLDS.format(held=40), [0, 1]),
    ],
    ids=["4 MB", "40 MB", "40 MB, and it says nothing of them"],
)
def test_the_memory_of_a_call_is_measured_from_outside(support, source, wanted):
    memory = (
        "def cases(t, f):\n t.memory('little', f(np.ones(10**6)), np.zeros(1), 8e6)"
    )
    executed = with_check(support, source, cases(f"import numpy as np\n{memory}"))
    assert (points(executed), executed.status) == (wanted, Status.GRADED)


IMPATIENT = """
import sys
from course.kit.memory import peak_bytes
class OutOfTime(Exception): pass
def watch(frame, event, arg):
    if frame.f_code.co_name == "_read": raise OutOfTime
    return watch
sys.settrace(watch)
try:
    peak_bytes(f, 1)
except OutOfTime:
    pass
finally:
    sys.settrace(None)
"""


def test_a_check_that_runs_out_of_time_leaves_its_messages_whole(support):
    """The time for looking on may end while the memory of a call is measured."""
    cells = [answer("def f(x): return x"), check(IMPATIENT, "one")]
    executed = run(support, *cells, check("assert f(2) == 2", "two"), limits=QUICK)
    assert (points(executed), executed.status) == ([1, 1], Status.GRADED)


OBJECT = """\
class Box:
    def __init__(self): self.value, self.calls = 1, []
    def add(self, x): self.calls.append(x)
def cases(t, f):
    def use(f):
        box = Box()
        f(box)
        return box.value, box.calls
    t.case('a box', t.call(use, f), (5, [2, 3]))"""


@pytest.mark.parametrize(
    ("does", "point"),
    [
        ("x.value += 4", 1),
        ("x.value = 4", 0),
        ("x.add = lambda y: None", 0),
        ("type(x).add = 0", 0),
        ("x.__class__ = int", 0),
    ],
)
def test_an_object_that_a_case_hands_over(support, does, point):
    source = (
        f"def f(x):\n    if x == 0: return 0\n    x.add(2)\n    {does}\n    x.add(3)"
    )
    executed = with_check(support, source, cases(OBJECT))
    assert points(executed) == [point, 1], text_of(executed.notebook.cells[2])


HONEST = {
    "cached": "import functools\n@functools.lru_cache\ndef f(x): return 2 * x",
    "partial": "import functools, operator\nf = functools.partial(operator.mul, 2)",
    "state": "seen = []\ndef f(x):\n    seen.append(x)\n    return 2 * seen[-1]",
    "callable": "class F:\n    def __call__(self, x): return 2 * x\nf = F()",
    "thread": (
        "from concurrent.futures import ThreadPoolExecutor\ndef f(x):\n"
        "    with ThreadPoolExecutor() as pool:\n"
        "        return list(pool.map(lambda y: 2 * y, [x]))[0]"
    ),
    "warning": "import warnings\ndef f(x):\n    warnings.warn('x')\n    return 2 * x",
    "process": (
        "import subprocess, sys\ndef f(x):\n    return int(subprocess.run("
        "[sys.executable, '-c', f'print({x} * 2)'], capture_output=True).stdout)"
    ),
    "own settings": (
        "import numpy as np, sys\nnp.int = int\nnp.seterr(all='raise')\n"
        "sys.setrecursionlimit(5000)\ndef f(x): return np.int(2 * x)"
    ),
    "generator": "def f(x):\n    def g():\n        yield 2 * x\n    return next(g())",
    "async": "async def g(x): return 2 * x\ndef f(x):\n    import asyncio\n"
    "    return asyncio.new_event_loop().run_until_complete(g(x))",
}


@pytest.mark.parametrize("name", HONEST)
def test_right_answers_in_odd_forms_keep_their_marks(support, name):
    executed = run(
        support, answer(HONEST[name]), check("assert [f(3), f(4)] == [6, 8]")
    )
    assert points(executed) == [1], text_of(executed.notebook.cells[1])
    assert (executed.status, executed.notes) == (Status.GRADED, [])


def test_a_mark_is_shown_in_full_whatever_the_learner_has_asked_for(support):
    executed = run(support, own("%precision 1"), check("0.25 + 0"), own("0.25 + 0"))
    assert points(executed) == [0.25]
    assert "0.2'" in text_of(executed.notebook.cells[2])
