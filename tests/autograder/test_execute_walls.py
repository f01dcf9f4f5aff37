"""A Jupyter kernel stands behind the same outer walls as a forked shell."""

import json

import pytest
from nbformat.v4 import new_notebook
from small_class import code, make_checkout

from autograder.grading.execute import How, Limits, Work, execute
from autograder.grading.outcome import Status
from autograder.grading.sandbox import probe
from autograder.lessons import checkout
from autograder.lessons.course_files import Support, make_support
from course.kit import UsageError

LIMITS = Limits(cell_seconds=4, total_seconds=600)
LOOK = """
import json, os, socket
def connects():
    try:
        socket.create_connection(("192.0.2.1", 80), 1)
    except OSError as error:
        return error.errno
print(json.dumps([os.path.exists({here!r}), os.getuid(), connects(), len(os.listdir("."))]))
"""
NO_ROUTE = 101
walled = pytest.mark.skipif(
    probe("best-effort").tool != "bwrap", reason="bubblewrap does not work here"
)


@pytest.fixture(scope="module")
def support(tmp_path_factory: pytest.TempPathFactory) -> Support:
    return make_support(make_checkout(tmp_path_factory.mktemp("checkout")))


def run(support: Support, executor: str, *sources: str) -> Work:
    notebook = new_notebook(cells=[code(source) for source in sources])
    return execute(notebook, support, LIMITS, how=How(executor, "best-effort"))


@walled
@pytest.mark.parametrize("executor", ["fast", "kernel"])
def test_walls(support, executor):
    here = str(checkout() / "pyproject.toml")
    executed = run(
        support,
        executor,
        LOOK.format(here=here),
        "while True: pass",
        "import course.geometry; print('next')",
        "import numpy as np; np.ones(10**12)",
    )
    cells = executed.notebook.cells
    assert json.loads(cells[0].outputs[0].text) == [False, 65534, NO_ROUTE, 0]
    assert cells[1].outputs[0].ename == "TimeLimit"
    assert cells[2].outputs[0].text == "next\n"
    assert cells[3].outputs[0].ename == "MemoryLimit"
    assert executed.status is Status.MEMORY


def test_a_kernel_has_no_strict_isolation(support):
    how = How("kernel", "strict")
    with pytest.raises(UsageError, match="executor 'fast'"):
        execute(new_notebook(cells=[code("1")]), support, LIMITS, how=how)
