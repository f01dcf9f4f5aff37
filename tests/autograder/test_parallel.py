"""queue: every job comes back once, and nothing goes on when nobody waits for it."""

import gc
import os
import signal
import sys
import time
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_notebook
from small_class import answered, code, hand_in, make_checkout, release

from autograder.grading import queue
from autograder.grading.execute import How, execute
from autograder.grading.executors.fast import FastSession
from autograder.grading.grade import grade
from autograder.grading.limits import Limits
from autograder.grading.outcome import Status
from autograder.grading.queue import (
    PER_WORKER,
    open_workers,
    remembered_ctrl_c,
    run_each,
)
from autograder.grading.sandbox.child.processes import descendants
from autograder.lessons.course_files import Support, make_support

WORKERS = 2
NOTHING = Support({}, "")
FAST = How()
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and a fork")


@pytest.fixture(scope="module")
def support(tmp_path_factory):
    return make_support(make_checkout(tmp_path_factory.mktemp("checkout")))


@pytest.fixture
def workers(monkeypatch):
    """Two that give back what they are given, after a moment."""

    def act(job, support, limits, *, how):
        time.sleep(0.01)
        if job == "fail":
            raise OSError("no space left")
        return job

    monkeypatch.setattr(queue, "execute", act)
    with open_workers(WORKERS, None, "off") as workers:
        yield workers


def run(workers, jobs, support: Support = NOTHING, how: How = FAST, **options):
    def start(job):
        return workers.submit(job, support, Limits(), how)

    return run_each(workers, jobs, start, **options)


@pytest.mark.parametrize("alone", [False, True])
def test_every_job_comes_back_with_its_own_result(workers, alone):
    found = {job: done.result() for job, done in run(workers, range(20), alone=alone)}
    assert found == {number: number for number in range(20)}


def test_nothing_to_do_is_no_result(workers):
    assert list(run(workers, [])) == []


def test_what_goes_wrong_is_in_the_future(workers):
    found = dict(run(workers, ["one", "fail", "two"]))
    assert isinstance(found.pop("fail").exception(), OSError)
    assert [done.result() for done in found.values()] == list(found)


@pytest.mark.parametrize("alone", [False, True])
def test_jobs_are_drawn_only_as_workers_become_free(workers, alone):
    drawn = 0

    def counted():
        nonlocal drawn
        for number in range(40):
            drawn += 1
            yield number

    most = 0
    for done, _ in enumerate(run(workers, counted(), alone=alone)):
        most = max(most, drawn - done)
    assert drawn == 40
    if alone:
        assert most == 1
    else:
        assert WORKERS < most <= PER_WORKER * WORKERS + 1


def test_what_is_not_wanted_any_more_is_taken_back(monkeypatch):
    started = []

    def act(job, *arguments, **options):
        started.append(job)
        time.sleep(0.1)

    monkeypatch.setattr(queue, "execute", act)
    with open_workers(WORKERS, None, "off") as workers:
        running = run(workers, range(30))
        next(running)
        running.close()
    assert len(started) <= 2 * WORKERS + 1


@on_linux
@pytest.mark.parametrize(
    "how", [How(), How("fast", "off"), How("kernel"), How("kernel", "off")], ids=str
)
def test_what_still_runs_is_ended_when_nobody_waits(support, how):
    before = set(descendants(os.getpid()))
    quick = new_notebook(cells=[code("print(1)")])
    sleep = "import time; time.sleep(600)"
    slow = [new_notebook(cells=[code(sleep), code(sleep)]) for _ in range(3)]
    with (
        pytest.raises(KeyboardInterrupt),
        open_workers(WORKERS, None, how.isolation) as workers,
    ):
        for _, done in run(workers, [quick, *slow], support, how):
            assert done.result().status is Status.GRADED
            assert set(descendants(os.getpid())) > before
            started = time.monotonic()
            raise KeyboardInterrupt
    assert time.monotonic() - started < 300  # of 1200 s asleep
    assert set(descendants(os.getpid())) <= before


@on_linux
def test_kernels_run_in_threads_as_they_do_alone(support):
    notebooks = [new_notebook(cells=[code(f"print({n} * 7); {n}")]) for n in range(4)]
    how = How("kernel", "off")
    with open_workers(WORKERS, None, "off") as workers:
        for notebook, done in run(workers, notebooks, support, how):
            alone = execute(notebook, support, Limits(), how=FAST)
            assert done.result().notebook == alone.notebook


@on_linux
def test_what_kills_its_parent_process_again_and_again_is_given_up(
    tmp_path, monkeypatch
):
    lesson = make_checkout(tmp_path / "checkout")
    killed = []
    ran = FastSession.run

    def run_and_kill(self, index, cell, *limits):
        if "poison" in cell.source:
            killed.append(self._child._parent._process.pid)
            os.killpg(killed[-1], signal.SIGKILL)
        return ran(self, index, cell, *limits)

    monkeypatch.setattr(FastSession, "run", run_and_kill)
    for student in ("ada", "bob", "cy", "dan"):
        hand_in(tmp_path, student, answered(release(lesson)))
    poison = answered(release(lesson))
    poison.cells.insert(1, code("'poison'"))
    hand_in(tmp_path, "bob", poison)
    for run_number in (1, 2):
        summary = grade(lesson.root, tmp_path, [lesson], workers=WORKERS, timeout=120)
        statuses = {row.student: str(row.status) for row in summary.rows}
        assert statuses.pop("bob") == "infra_error"
        assert set(statuses.values()) == {"graded"}
        skipped = {row.student for row in summary.rows if row.skipped}
        assert skipped == (set() if run_number == 1 else {"ada", "cy", "dan"})
        assert len(set(killed)) == len(killed) == 4 * run_number
    assert {row.score for row in summary.rows if row.student != "bob"} == {6}


def test_a_job_that_fails_runs_once_more_after_all_others_and_alone(
    tmp_path, monkeypatch
):
    lesson = make_checkout(tmp_path / "checkout")
    for student in ("ada", "bob", "cy", "dan"):
        notebook = answered(release(lesson))
        notebook.cells.insert(1, code(f"# {student}"))
        hand_in(tmp_path, student, notebook)
    log, at_once = [], SimpleNamespace(now=0)

    def fails(notebook, *arguments, how):
        student = notebook.cells[1].source[2:]
        at_once.now += 1
        time.sleep(0.05)
        log.append((student, at_once.now))
        at_once.now -= 1
        if student == "bob" or (student == "cy" and len(log) <= 4):
            raise OSError("no space left")
        return execute(notebook, *arguments, how=how)

    monkeypatch.setattr(queue, "execute", fails)
    summary = grade(lesson.root, tmp_path, [lesson], workers=WORKERS, timeout=120)
    assert {student for student, _ in log[4:]} == {"bob", "cy"} and len(log) == 6
    assert [count for _, count in log[4:]] == [1, 1]
    rows = {row.student: row for row in summary.rows}
    assert rows["bob"].reason == "OSError: no space left"
    assert {row.student for row in summary.not_graded} == {"bob"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_a_callback_swallowed_is_raised_later():
    def callback(phase: str, info: dict) -> None:
        if phase == "start":
            os.kill(os.getpid(), signal.SIGINT)
            sum(range(100_000))  # long enough for the signal to be handled

    before = signal.getsignal(signal.SIGINT)
    with remembered_ctrl_c() as check:
        check()
        gc.callbacks.append(callback)
        try:
            gc.collect()
        finally:
            gc.callbacks.remove(callback)
        with pytest.raises(KeyboardInterrupt):
            check()
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_is_raised_at_once_where_it_can_be():
    with remembered_ctrl_c(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(100_000))
