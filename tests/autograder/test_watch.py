"""What learner code changes in order to pass is put back, and what it may change is not."""

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.utils import determine_grade
from small_class import code

from autograder.grading.execute import Executed, How, Limits, execute
from autograder.grading.executed import is_check
from autograder.grading.outcome import Status
from autograder.grading.scoring import settle
from autograder.grading.support import Support, make_support
from autograder.lessons import checkout, find_lessons

LIMITS = Limits(cell_seconds=20, total_seconds=60, grace_seconds=2)
IMPORTS = "import numpy as np\nfrom course.kit import build, check"
WRONG = "def area(height, width):\n    return 0.0"
CHECKS = {
    "check_equal": "check.equal('3 x 5', area(3, 5), 15.0)\nassert area(1, 1) == 1",
    "check_close": "check.close('2 x 2', area(2, 2), 4.0)",
    "check_numpy": "np.testing.assert_allclose(area(2, 2), 4.0)",
    "check_plain": "result = area(2, 3)\nassert np.allclose(result, 6)",
    "check_part": "1.0 * np.isclose(area(1, 1), 1) + 1.0 * np.isclose(area(2, 2), 4)",
}

TRANSFORMER = """
import ast
class NoAsserts(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
    def visit_Expr(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(NoAsserts())
"""
INPUT_TRANSFORMER = """
get_ipython().input_transformers_post.append(
    lambda lines: ["pass\\n"] if any("area(" in line for line in lines) else lines)
"""
CLEANUP = """
get_ipython().input_transformer_manager.cleanup_transforms.append(
    lambda lines: ["pass\\n"] if any("area(" in line for line in lines) else lines)
"""
RESULT_HOOK = """
def fake(*info):
    get_ipython().displayhook(2.0)
get_ipython().events.register("pre_run_cell", fake)
get_ipython().events.register("post_run_cell", fake)
get_ipython().events.register("pre_execute", fake)
"""
FAKE_MODULE = """
import sys, types
fake = types.ModuleType("course.kit.check")
fake.equal = fake.close = lambda *args, **kwargs: None
sys.modules["course.kit.check"] = fake
import course.kit
course.kit.check = check = fake
"""
FAKE_NUMPY = """
class Fake:
    def __getattr__(self, name): return lambda *a, **k: 1.0
np = Fake()
np.testing = np
check = np
"""
SUBCLASS = """
from IPython.core.interactiveshell import InteractiveShell, ExecutionResult
InteractiveShell.showtraceback = lambda self, *a, **k: None
ExecutionResult.success = property(lambda self: True)
InteractiveShell.run_code = None
"""
CODE_OBJECTS = """
def nothing(*args, **kwargs): return None
for function in (check.equal, check.close):
    function.__code__ = nothing.__code__
def yes(*args, **kwargs): return True
for name in ("allclose", "isclose"):
    getattr(np, name)._implementation.__code__ = yes.__code__
np.testing.assert_allclose.__wrapped__ = nothing
"""
TRACER = """
import sys
def jump(frame, event, argument):
    if "area" in frame.f_code.co_names:
        frame.f_trace_lines = True
    return jump
sys.settrace(jump)
"""
DURING = """
def area(height, width):
    check.close = check.equal = np.testing.assert_allclose = lambda *a, **k: None
    np.allclose = lambda *a, **k: True
    return 0.0
"""
CUSTOM = """
get_ipython().set_custom_exc((Exception,), lambda shell, *a, **k: None)
get_ipython().showtraceback = None
get_ipython().run_cell = None
"""
NAMESPACE = """
class Names(dict):
    def __missing__(self, name): raise KeyError(name)
shell = get_ipython()
shell.user_ns = Names(shell.user_ns, check=None)
"""
QUIET = "get_ipython().ast_node_interactivity = 'none'"
REPR = """
formatter = get_ipython().display_formatter.formatters["text/plain"]
formatter.for_type(float, lambda value, printer, cycle: printer.text("2.0"))
"""
CHEATS = {
    "check functions": "check.equal = check.close = lambda *a, **k: None",
    "numpy's comparators": (
        "np.allclose = np.isclose = lambda *a, **k: True\n"
        "np.testing.assert_allclose = lambda *a, **k: None"
    ),
    "AST transformer": TRANSFORMER,
    "input transformer": INPUT_TRANSFORMER,
    "cleanup transformer": CLEANUP,
    "result in a hook": RESULT_HOOK,
    "fake module": FAKE_MODULE,
    "fake names": FAKE_NUMPY,
    "shell's class": SUBCLASS,
    "code objects": CODE_OBJECTS,
    "builtins": "import builtins; builtins.AssertionError = builtins.abs = print",
    "showtraceback": "get_ipython().showtraceback = lambda *a, **k: None",
    "no showtraceback": "get_ipython().showtraceback = None",
    "custom errors": CUSTOM,
    "namespace": NAMESPACE,
    "interactivity": QUIET,
    "formatter": REPR,
    "trace": TRACER,
    "while the check runs": DURING,
}
# Taken away silently; a check has names of its own.
UNNOTED = {"result in a hook", "formatter", "interactivity", "fake names"}
HONEST = """
import random, sys, warnings, threading, atexit, os
np.seterr(all="raise")
np.set_printoptions(precision=3, suppress=True)
np.random.seed(0); random.seed(0)
import matplotlib.pyplot as plt
import matplotlib as mpl
plt.rcParams["figure.figsize"] = (3, 3)
mpl.rcParams["image.cmap"] = "gray"
plt.style.use("ggplot")
warnings.simplefilter("ignore")
sys.setrecursionlimit(5000)
sys.path.append("/nowhere")
os.environ["MINE"] = "1"
%precision 3
%matplotlib inline
%config InlineBackend.figure_format = "svg"
get_ipython().Completer.use_jedi = False
try:
    get_ipython().run_line_magic("load_ext", "autoreload")
except ModuleNotFoundError:
    pass
from numpy import array, zeros
import numpy as np, math
from course.kit import check
from math import *
def sum_of(x): return sum(x)
abs_max = lambda x: max(x)
sum = 3
list_of = [1, 2]
_ = 5
input = None
class Mine(np.ndarray): pass
with np.errstate(all="ignore"):
    np.float64(1) / 0
with warnings.catch_warnings(), np.errstate(all="ignore"):
    np.mean([])
threading.Timer(0.01, lambda: None).start()
atexit.register(lambda: None)
get_ipython().events.register("post_run_cell", lambda *a: None)
import numpy.fft, numpy.polynomial, numpy.ma, json, fractions
np.testing.assert_allclose(1, 1)
with np.printoptions(precision=2): print(np.ones(2))
"""


@pytest.fixture(scope="module")
def support() -> Support:
    return make_support(find_lessons(checkout())[0])


def graded(cell: NotebookNode, name: str, grade: bool, points: float = 2):
    cell.metadata["nbgrader"] = {
        "grade": grade,
        "solution": not grade,
        "locked": grade,
        "grade_id": name,
        "schema_version": 3,
        "task": False,
        **({"points": points} if grade else {}),
    }
    return cell


def own(source: str) -> NotebookNode:
    """A cell that the learner has added, as prepare marks it."""
    cell = code(source)
    cell["id"] = f"own-{cell['id']}"
    return cell


def submission(answer: str, *added: str, before: str = "") -> NotebookNode:
    cells = [own(before)] if before else []
    cells += [code(IMPORTS), graded(code(answer), "area", grade=False)]
    cells += [own(source) for source in added]
    cells += [graded(code(text), name, True) for name, text in CHECKS.items()]
    return new_notebook(cells=cells)


def run(support: Support, notebook: NotebookNode) -> Executed:
    return execute(notebook, support, LIMITS, how=How("fast", "off"))


def marks(executed: Executed) -> dict[str, float]:
    found = {}
    for cell in executed.notebook.cells:
        if is_check(cell):
            settle(cell)
            found[cell.metadata.nbgrader.grade_id] = determine_grade(cell)[0]
    return found


NOTHING = dict.fromkeys(CHECKS, 0)
EVERYTHING = dict.fromkeys(CHECKS, 2)


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_gains_nothing(support, name):
    if name == "while the check runs":
        executed = run(support, submission(CHEATS[name]))
        status, kinds = Status.TAMPERED, {"tampered"}
    else:
        executed = run(support, submission(WRONG, CHEATS[name]))
        status, kinds = Status.GRADED, set() if name in UNNOTED else {"changed"}
    assert marks(executed) == NOTHING
    assert executed.status is status
    assert {note.kind for note in executed.notes} == kinds


@pytest.mark.parametrize("name", [name for name in CHEATS if "while" not in name])
def test_a_right_answer_keeps_its_marks_beside_a_cheat(support, name):
    right = "def area(height, width):\n    return float(height * width)"
    executed = run(support, submission(right, CHEATS[name]))
    assert marks(executed) == EVERYTHING


def test_a_cheat_before_the_lesson_imports_anything(support):
    early = FAKE_MODULE.replace("course.kit.check = check", "course.kit.check")
    executed = run(support, submission(WRONG, before=early))
    assert marks(executed) == NOTHING
    assert [note.kind for note in executed.notes][:1] == ["changed"]


def test_the_note_names_what_was_changed(support):
    executed = run(support, submission(WRONG, "check.equal = print"))
    notes = [str(note) for note in executed.notes]
    text = "course.kit.check.equal had been changed; put back while this ran"
    assert notes == [f"check_equal: {text}"]
    assert (executed.status, executed.reason) == (Status.GRADED, "")


def test_nothing_that_a_learner_may_set_is_reported(support):
    right = "def area(height, width):\n    return float(height * width)"
    executed = run(support, submission(right, HONEST))
    notebook = executed.notebook
    assert not [out for out in notebook.cells[2].outputs if out.output_type == "error"]
    assert (executed.status, executed.reason) == (Status.GRADED, "")
    assert executed.notes == []
    assert marks(executed) == EVERYTHING


def test_precision_is_still_the_learners_after_a_check(support):
    """A number that is a mark is shown in full, whatever the learner has asked for."""
    notebook = new_notebook(
        cells=[
            own("%precision 1"),
            graded(code("0.25 + 0"), "part", True),
            own("0.25 + 0"),
        ]
    )
    cells = run(support, notebook).notebook.cells
    assert cells[1].outputs[0].data["text/plain"] == "0.25"
    assert cells[2].outputs[0].data["text/plain"] == "0.2"


SEARCH = """
import gc, linecache, sys, inspect
shell = get_ipython()
places = {
    "In": In,
    "raw": shell.history_manager.input_hist_raw,
    "names": {k: v for k, v in globals().items() if isinstance(v, str)},
    "linecache": linecache.cache,
    "result": shell.last_execution_result,
    "outputs": shell.history_manager.outputs,
    "exceptions": getattr(shell.history_manager, "exceptions", None),
    "last": [getattr(sys, n, None) for n in ("last_value", "last_exc")],
    "traceback": vars(shell.InteractiveTB),
    "history": list(shell.history_manager.get_range(raw=True)),
}
secret = "79" + "19"
[name for name, place in places.items() if secret in repr(place)]
"""


@pytest.mark.parametrize("ending", ["assert number", "assert not number", "1 +"])
def test_the_source_of_a_check_cannot_be_read_afterwards(support, ending):
    notebook = new_notebook(
        cells=[
            code("number = 1"),
            graded(code(f"number = 7919\n{ending}"), "hidden", True),
            own("number = 0"),
            own(SEARCH),
            own("try:\n    %recall 2\nexcept Exception: pass\n%history"),
        ]
    )
    executed = run(support, notebook)
    cells = executed.notebook.cells
    assert cells[3].outputs[0].data["text/plain"] == "[]"
    assert "7919" not in str(cells[4].outputs)


def test_a_callback_does_not_see_the_check(support):
    spy = """
seen = []
for event in ("pre_run_cell", "post_run_cell"):
    get_ipython().events.register(event, lambda info: seen.append(repr(info)))
"""
    notebook = new_notebook(
        cells=[own(spy), graded(code("x = 7919"), "hidden", True), own("seen")]
    )
    shown = run(support, notebook).notebook.cells[2].outputs[0].data["text/plain"]
    assert "7919" not in shown and "ExecutionResult" in shown


def test_a_made_up_end_of_a_check_does_not_count(support):
    """A message that says 'done' before the check has run has the wrong token."""
    forge = """
import json, os, socket, stat, struct
message = json.dumps({"type": "done", "index": 3, "status": "ok", "token": ""}).encode()
for number in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            os.write(number, struct.pack(">I", len(message)) + message)
    except OSError:
        pass
"""
    executed = run(support, submission(WRONG, forge))
    assert marks(executed) == NOTHING


def test_text_and_results_of_a_failed_check_do_not_count(support):
    shows = (
        "def area(height, width):\n    get_ipython().displayhook(2.0)\n    return 0.0"
    )
    assert marks(run(support, submission(shows))) == NOTHING
