"""execute: a process per submission, limits, and what is kept when it does not end well.

Everything runs with both executors, unless only one of them can do it.
"""

import functools
import json
import os
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from small_class import code, ended_by, make_checkout

from autograder.grading.execute import How, Limits, Work, execute
from autograder.grading.executors import fast, kernel
from autograder.grading.limits import OutputBudget, OutputTotal
from autograder.grading.outcome import Result, Status
from autograder.grading.scheduler import _execute_there, _read, identity
from autograder.lessons.course_files import Support, make_support
from course.kit import UsageError

LIMITS = Limits(cell_seconds=300, total_seconds=1500)  # for what ends
QUICK = Limits(cell_seconds=3, total_seconds=300)  # where one cell never ends
FAST, KERNEL = How("fast", "off"), How("kernel", "off")
DEAF = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    time.sleep(0.1)
"""

both = pytest.mark.parametrize("how", [FAST, KERNEL], ids=["fast", "kernel"])


@pytest.fixture(scope="module")
def support(tmp_path_factory: pytest.TempPathFactory) -> Support:
    return make_support(make_checkout(tmp_path_factory.mktemp("checkout")))


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
    support: Support, *cells: NotebookNode, limits: Limits = LIMITS, how: How = FAST
) -> Work:
    return execute(new_notebook(cells=list(cells)), support, limits, how=how)


def shown(executed: Work, index: int) -> str:
    outputs = executed.notebook.cells[index].outputs
    return "".join(output.get("text", "") for output in outputs)


def errors(executed: Work, index: int) -> list[str]:
    outputs = executed.notebook.cells[index].outputs
    return [output.ename for output in outputs if output.output_type == "error"]


@both
def test_it_runs_in_this_interpreter_and_an_empty_folder(support, how, monkeypatch):
    monkeypatch.setenv("MY_PASSWORD", "secret")
    demo = code("print('demo')")
    demo.metadata["tags"] = ["demo"]
    executed = run(
        support,
        code("import os, sys, course; print(sys.executable)"),
        code("print(os.listdir('.'), os.getcwd(), os.path.expanduser('~'))"),
        code("print(os.environ)"),
        code("from course.geometry import area"),
        code("area(1, 2)"),
        demo,
        code("1 / 0"),
        check("assert True"),
        code("import subprocess; sleeper = subprocess.Popen(['sleep', '987'])"),
        code("print(sleeper.pid)"),
        how=how,
    )
    assert (executed.status, executed.reason) == (Status.GRADED, "")
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
    assert errors(executed, 4) == ["NotBuiltYet"]  # the lesson's own module is a stub
    assert executed.ran[5] is None
    assert errors(executed, 6) == ["ZeroDivisionError"]
    assert executed.ran[7] is not None and not executed.notebook.cells[7].outputs
    with pytest.raises(ProcessLookupError):  # what it started has ended with it
        wait_until_gone(int(shown(executed, 9)))


def wait_until_gone(process: int) -> None:
    for _ in range(50):
        os.kill(process, 0)
        time.sleep(0.1)


@both
def test_demo_cells_run_when_asked(support, how):
    demo = code("print('demo')")
    demo.metadata["tags"] = ["demo"]
    asked = How(how.executor, how.isolation, run_demos=True)
    assert shown(run(support, demo, how=asked), 0) == "demo\n"


@both
def test_a_loop_is_interrupted_and_the_next_cell_runs(support, how):
    executed = run(
        support,
        check("while True: pass", "check_loop"),
        check("print('next')", "check_next"),
        limits=QUICK,
        how=how,
    )
    assert executed.status is Status.TIMEOUT
    assert executed.reason == "check_loop ran longer than 3 s"
    assert errors(executed, 0) == ["TimeLimit"]
    assert shown(executed, 1) == "next\n"
    assert ended_by(executed.notebook) == {"check_loop": Result.TIMEOUT}


@both
def test_what_does_not_need_the_cell_that_killed_the_process_still_counts(support, how):
    executed = run(
        support,
        code("kept = 5; print('once')"),
        check("print(kept)", "check_before"),
        check("import os; os._exit(3)", "check_dies"),
        check("print('kept', kept)", "check_after"),
        check("os", "check_needs_it"),
        how=how,
    )
    assert executed.status is Status.KERNEL_DIED
    assert executed.reason.startswith("the kernel died in check_dies")
    assert shown(executed, 0) == "once\n" and shown(executed, 1) == "5\n"
    assert errors(executed, 2) == ["KernelDied"]
    assert shown(executed, 3) == "kept 5\n"
    assert errors(executed, 4) == ["NameError"]
    assert ended_by(executed.notebook) == {"check_dies": Result.KERNEL_DIED}
    (note,) = executed.notes
    assert (note.kind, note.cell) == ("restarted", "check_dies")


def test_a_loop_that_cannot_be_interrupted_is_left_out_of_a_second_try(support):
    executed = run(
        support,
        check("print('kept')"),
        code(DEAF),
        check("print('after')", "check_after"),
        limits=replace(QUICK, grace_seconds=2),
    )
    assert executed.status is Status.TIMEOUT
    assert "cell 2" in executed.reason and "interrupted" in executed.reason
    assert shown(executed, 0) == "kept\n"
    assert errors(executed, 1) == ["TimeLimit"]
    assert shown(executed, 2) == "after\n"


def test_the_second_death_ends_the_notebook(support):
    executed = run(
        support,
        check("import os; print('kept')"),
        code("import os; os.kill(os.getpid(), 9)"),
        check("import os; os._exit(3)", "check_dies"),
        check("pass", "check_after"),
    )
    assert executed.status is Status.KERNEL_DIED
    assert "signal 9" in executed.reason and "exit code 3" in executed.reason
    assert not errors(executed, 0)
    assert errors(executed, 2) == ["KernelDied"]
    assert errors(executed, 3) == ["NotRun"]
    assert "did not run: the kernel died in cell 2" in (
        executed.notebook.cells[3].outputs[0].evalue
    )
    assert ended_by(executed.notebook)["check_after"] is Result.NOT_RUN


def test_there_is_no_second_try_after_the_time_is_up(support):
    cells = [code("import time; time.sleep(1.2)"), code(DEAF), check("pass", "last")]
    limits = Limits(cell_seconds=1.5, total_seconds=3, grace_seconds=0.2)
    executed = run(support, *cells, limits=limits)
    assert executed.status is Status.TIMEOUT
    assert ended_by(executed.notebook) == {"last": Result.NOT_RUN}


@both
def test_many_slow_cells_run_into_the_total_limit(support, how):
    slow = "import time; time.sleep(0.8)"
    cells = [code(slow), code(slow), code(slow), check("pass", "check_last")]
    limits = Limits(cell_seconds=60, total_seconds=2)
    executed = run(support, *cells, limits=limits, how=how)
    assert executed.status is Status.TIMEOUT
    assert executed.seconds < 120
    assert errors(executed, 3) == ["NotRun"]


@both
def test_output_is_cut_while_it_streams(support, how):
    executed = run(
        support,
        check("for _ in range(200): print('x' * 9999)", "check_flood"),
        code("from IPython.display import HTML; HTML('y' * 200_000)"),
        check("print('z' * 50_000); 1 / 0", "check_fails"),
        limits=replace(LIMITS, output_bytes=100_000),
        how=how,
    )
    assert executed.status is Status.GRADED
    flood = shown(executed, 0)
    assert 100_000 <= len(flood) < 100_200
    assert "longer than 100,000 bytes" in flood
    (result,) = executed.notebook.cells[1].outputs
    assert result.data == {"text/plain": "<an output of 200,034 bytes was left out>"}
    assert errors(executed, 2) == ["ZeroDivisionError"]
    assert [note.cell for note in executed.notes] == ["check_flood", "cell 2"]


@both
def test_a_cell_that_writes_too_much_is_stopped(support, how):
    limits = replace(LIMITS, output_bytes=100_000, total_output_bytes=1_000_000)
    executed = run(
        support,
        check("while True: print('x' * 9999)", "check_flood"),
        check("print('next')", "check_next"),
        check("0.5", "check_part"),
        limits=limits,
        how=how,
    )
    assert executed.status is Status.OUTPUT_LIMIT
    assert executed.seconds < 120
    assert errors(executed, 0) == ["OutputLimit"]
    assert ended_by(executed.notebook) == {"check_flood": Result.OUTPUT_LIMIT}
    assert shown(executed, 1) == "next\n"
    assert executed.notebook.cells[2].outputs[0].data == {"text/plain": "0.5"}


def test_an_output_that_fits_in_no_message_is_left_out(support):
    executed = run(
        support,
        code("from IPython.display import HTML; display(HTML('y' * 9_000_000))"),
        code("print('é' * 3_000_000)"),
        check("pass"),
    )
    assert executed.status is Status.GRADED
    (output,) = executed.notebook.cells[0].outputs
    assert output.data["text/plain"].startswith("<an output of 9,000,0")
    assert 500_000 < len(shown(executed, 1)) < 1_000_000


@both
def test_memory_that_is_refused_is_a_failure_of_that_task(support, how):
    raising = "def hungry():\n    raise MemoryError('no room')"
    executed = run(
        support,
        code(raising),
        check("hungry()", "check_hungry"),
        check("pass", "check_next"),
        how=how,
    )
    assert executed.status is Status.MEMORY
    assert executed.reason == "check_hungry ran out of memory"
    assert errors(executed, 1) == ["MemoryLimit"]
    assert ended_by(executed.notebook) == {"check_hungry": Result.MEMORY}
    assert not errors(executed, 2)


def test_memory_that_runs_out(support):
    executed = run(
        support,
        code("kept = []\nwhile True:\n    kept.append(bytes(10_000_000))"),
        code("del kept"),
        check("print('after')", "check_after"),
        limits=replace(LIMITS, memory_bytes=400_000_000),
    )
    assert executed.status is Status.MEMORY
    assert errors(executed, 0) == ["MemoryLimit"]
    assert shown(executed, 2) == "after\n"


def test_a_kernel_that_does_not_start_is_no_fault_of_the_learner(support, monkeypatch):
    broken = [sys.executable, "-c", "raise SystemExit(1)"]
    monkeypatch.setattr(kernel.SPEC, "argv", broken)
    executed = run(support, check("pass"), how=KERNEL)
    assert executed.status is Status.INFRA_ERROR
    assert "no kernel started" in executed.reason


def test_a_system_that_cannot_fork_uses_a_kernel_and_says_so(support, monkeypatch):
    monkeypatch.setattr("autograder.grading.execute.CAN_FORK", False)
    executed = run(support, check("print(get_ipython().kernel)"))
    assert "IPythonKernel" in shown(executed, 0)
    (note,) = executed.notes
    assert note.kind == "executor"


def test_unknown_executors_and_isolations_are_refused():
    with pytest.raises(UsageError, match="'slow'"):
        How("slow")
    with pytest.raises(UsageError, match="'total'"):
        How("fast", "total")


def test_the_given_notebook_is_left_as_it_is(support):
    notebook = new_notebook(cells=[code("print(1)")])
    execute(notebook, support, LIMITS, how=FAST)
    assert notebook.cells[0].outputs == []


def test_a_result_travels_as_json(support):
    notebook = new_notebook(cells=[code("print('é\\ud800'); 1.5"), check("1 / 0")])
    executed = execute(notebook, support, LIMITS, how=FAST)
    assert shown(executed, 0) == "é?\n"
    assert errors(executed, 1) == ["ZeroDivisionError"]
    job = functools.partial(execute, notebook, limits=LIMITS, how=FAST)
    there = _execute_there(identity(), job, support)
    assert _read(there).notebook == executed.notebook
    ended = run(support, check("import os; os._exit(1)"))
    assert (
        ended_by(ended.notebook)
        and ended.notes == []
        and ended.status is Status.KERNEL_DIED
    )
    assert _read(json.dumps(asdict(ended)).encode()) == ended
    for spoiled in (b"[]", b"{", there.replace(b'"graded"', b'"excellent"')):
        with pytest.raises((ValueError, TypeError, LookupError)):
            _read(spoiled)


def test_what_goes_wrong_on_a_worker_is_a_result(support):
    def endless(**options):
        return endless(**options)

    lost = _read(_execute_there(identity(), endless, support))
    assert lost.status is Status.INFRA_ERROR
    assert lost.reason.startswith("RecursionError: ")
    other = identity() | {"numpy": "0.1"}
    lost = _read(_execute_there(other, endless, support))
    assert lost.reason.startswith("RuntimeError: numpy is ")


def test_budget_keeps_whole_characters_and_the_first_errors():
    budget = OutputBudget(3)
    content = budget.admit("stream", {"name": "stdout", "text": "aéé"})
    assert content["text"].startswith("aé\n...")
    assert budget.admit("stream", {"name": "stdout", "text": "b"}) is None
    error = {"ename": "E", "evalue": "v" * 20_000, "traceback": ["f"] * 500}
    short = budget.admit("error", error)
    assert short["ename"] == "E"
    assert len(short["evalue"]) == 10_000
    assert len(short["traceback"]) == 41
    errors = [budget.admit("error", error) for _ in range(100)]
    assert sum(each is not None for each in errors) == 19


def test_a_mark_is_never_cut_and_never_made():
    budget = OutputBudget(10, OutputTotal(100))
    budget.admit("stream", {"name": "stdout", "text": "x" * 50})
    mark = {"data": {"text/plain": "0.5", "text/html": "h" * 99}, "execution_count": 1}
    assert budget.admit("execute_result", mark)["data"] == {"text/plain": "0.5"}
    budget.count(90)
    assert not budget.is_flooded
    budget.count(11)
    assert budget.is_flooded


def test_a_process_that_ends_late_does_not_cost_what_it_has_done(support, monkeypatch):
    """On a busy machine nothing ends at once."""
    monkeypatch.setattr(fast, "END_SECONDS", 1e-6)
    executed = run(support, check("print('done')"), how=FAST)
    assert (executed.status, executed.reason) == (Status.GRADED, "")
    assert shown(executed, 0) == "done\n"
