"""execute: a kernel per submission, limits, and what is kept when it does not end well."""

import os
import sys
import time
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from small_class import code, make_checkout

from autograder.grading.execute import Executed, Limits, execute
from autograder.grading.kernel import Kernels
from autograder.grading.outcome import Status
from autograder.grading.output_budget import OutputBudget
from autograder.grading.support import make_support

QUICK = Limits(cell_seconds=1.5, total_seconds=20, grace_seconds=2)
DEAF = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def support(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lesson = make_checkout(tmp_path_factory.mktemp("checkout"))
    folder = tmp_path_factory.mktemp("support") / "one"
    make_support(lesson).unpack(folder)
    return folder


def check(source: str, name: str = "check_it") -> NotebookNode:
    cell = code(source)
    cell.metadata["nbgrader"] = {
        "grade": True,
        "solution": False,
        "locked": True,
        "grade_id": name,
        "points": 1,
        "schema_version": 3,
        "task": False,
    }
    return cell


def run(
    support: Path, *cells: NotebookNode, limits: Limits = QUICK, **options
) -> Executed:
    return execute(new_notebook(cells=list(cells)), support, limits, **options)


def shown(executed: Executed, index: int) -> str:
    outputs = executed.notebook.cells[index].outputs
    return "".join(output.get("text", "") for output in outputs)


def errors(executed: Executed, index: int) -> list[str]:
    outputs = executed.notebook.cells[index].outputs
    return [output.ename for output in outputs if output.output_type == "error"]


def test_a_kernel_is_this_interpreter_in_an_empty_folder(support, monkeypatch):
    monkeypatch.setenv("MY_PASSWORD", "secret")
    demo = code("print('demo')")
    demo.metadata["tags"] = ["demo"]
    executed = run(
        support,
        code("import os, sys, course; print(sys.executable)"),
        code("print(os.listdir('.'), os.getcwd(), os.path.expanduser('~'))"),
        code("print(os.environ)"),
        code("print(course.__file__)"),
        code("from course.geometry import area"),
        code("area(1, 2)"),
        demo,
        code("1 / 0"),
        check("assert True"),
        code(
            "import subprocess; subprocess.Popen(['sleep', '987']); print(os.getpid())"
        ),
    )
    assert executed.status is Status.GRADED
    assert shown(executed, 0).strip() == sys.executable
    listed, where = shown(executed, 1).split("] ")
    assert listed == "["
    folder, home = where.split()
    assert Path(folder).parent == Path(home).parent
    assert not Path(folder).exists()
    environment = shown(executed, 2)
    assert "MY_PASSWORD" not in environment
    for setting in ("'NBGRADER_EXECUTION': 'autograde'", "'OMP_NUM_THREADS': '1'"):
        assert setting in environment
    assert shown(executed, 3).startswith(str(Path(folder).parent))
    assert errors(executed, 5) == ["NotBuiltYet"]  # the lesson's own module is a stub
    assert executed.ran[6] is None
    assert errors(executed, 7) == ["ZeroDivisionError"]
    assert executed.ran[8] is not None and not executed.notebook.cells[8].outputs
    kernel = int(shown(executed, 9))
    with pytest.raises(ProcessLookupError):  # what it started has ended with it
        wait_until_gone(kernel)


def wait_until_gone(group: int) -> None:
    for _ in range(50):
        os.killpg(group, 0)
        time.sleep(0.1)


def test_demo_cells_run_when_asked(support):
    demo = code("print('demo')")
    demo.metadata["tags"] = ["demo"]
    assert shown(run(support, demo, run_demos=True), 0) == "demo\n"


def test_a_loop_is_interrupted_and_the_next_cell_runs(support):
    executed = run(
        support,
        check("while True: pass", "check_loop"),
        check("print('next')", "check_next"),
    )
    assert executed.status is Status.TIMEOUT
    assert executed.reason == "check_loop ran longer than 1.5 s"
    assert errors(executed, 0) == ["TimeLimit"]
    assert shown(executed, 1) == "next\n"


def test_a_loop_that_cannot_be_interrupted_ends_the_notebook_only(support):
    executed = run(
        support, check("print('kept')"), code(DEAF), check("pass", "check_after")
    )
    assert executed.status is Status.TIMEOUT
    assert "cell 2" in executed.reason and "interrupted" in executed.reason
    assert shown(executed, 0) == "kept\n"
    assert errors(executed, 2) == ["NotRun"]


def test_a_dead_kernel_keeps_what_is_finished(support):
    executed = run(
        support,
        check("import os; print('kept', os.getpid())"),
        code("import os, subprocess; subprocess.Popen(['sleep', '986'])"),
        check("os._exit(3)", "check_dies"),
        check("pass", "check_after"),
    )
    assert executed.status is Status.KERNEL_DIED
    assert executed.reason == "the kernel died in check_dies"
    assert shown(executed, 0).startswith("kept") and not errors(executed, 0)
    assert errors(executed, 2) == ["KernelDied"]
    assert errors(executed, 3) == ["NotRun"]
    with pytest.raises(ProcessLookupError):
        wait_until_gone(int(shown(executed, 0).split()[1]))


def test_many_slow_cells_run_into_the_total_limit(support):
    slow = "import time; time.sleep(0.8)"
    cells = [code(slow), code(slow), code(slow), check("pass", "check_last")]
    limits = Limits(cell_seconds=60, total_seconds=2)
    executed = run(support, *cells, limits=limits)
    assert executed.status is Status.TIMEOUT
    assert executed.seconds < 15
    assert errors(executed, 3) == ["NotRun"]


def test_output_is_cut_while_it_streams(support):
    started = time.monotonic()
    executed = run(
        support,
        check("for _ in range(2000): print('x' * 9999)", "check_flood"),
        code("from IPython.display import HTML; HTML('y' * 200_000)"),
        check("print('z' * 50_000); 1 / 0", "check_fails"),
        limits=Limits(cell_seconds=30, total_seconds=60, output_bytes=100_000),
    )
    assert time.monotonic() - started < 60
    assert executed.status is Status.GRADED
    flood = shown(executed, 0)
    assert 100_000 <= len(flood) < 100_200
    assert "longer than 100,000 bytes" in flood
    (result,) = executed.notebook.cells[1].outputs
    assert result.data == {"text/plain": "<an output of 200,034 bytes was left out>"}
    assert errors(executed, 2) == ["ZeroDivisionError"]
    assert [note.cell for note in executed.notes] == ["check_flood", "cell 2"]


def test_a_stopped_run_starts_no_kernel_that_lives(support):
    kernels = Kernels()
    kernels.stop()
    started = time.monotonic()
    executed = run(support, code("import time; time.sleep(60)"), kernels=kernels)
    assert executed.status in (Status.KERNEL_DIED, Status.INFRA_ERROR)
    assert time.monotonic() - started < 15


def test_a_kernel_that_does_not_start_is_no_fault_of_the_learner(support, monkeypatch):
    from autograder.grading import kernel

    broken = [sys.executable, "-c", "raise SystemExit(1)"]
    monkeypatch.setattr(kernel.SPEC, "argv", broken)
    executed = run(support, check("pass"))
    assert executed.status is Status.INFRA_ERROR
    assert "no kernel started" in executed.reason


def test_the_given_notebook_is_left_as_it_is(support):
    notebook = new_notebook(cells=[code("print(1)")])
    execute(notebook, support, QUICK)
    assert notebook.cells[0].outputs == []


def test_budget_keeps_whole_characters_and_every_error():
    budget = OutputBudget(3)
    content = budget.admit("stream", {"name": "stdout", "text": "aéé"})
    assert content["text"].startswith("aé\n...")
    assert budget.admit("stream", {"name": "stdout", "text": "b"}) is None
    error = {"ename": "E", "evalue": "v" * 20_000, "traceback": ["f"] * 500}
    short = budget.admit("error", error)
    assert short["ename"] == "E"
    assert len(short["evalue"]) == 10_000
    assert len(short["traceback"]) == 41
