"""distribute: every submission comes back once, whatever becomes of workers and of itself."""

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from acting_worker import act, attempts

from autograder.grading import distribute as module
from autograder.grading.cluster import open_cluster
from autograder.grading.distribute import PER_WORKER, Lost, Work, distribute
from autograder.grading.execute import Executed
from autograder.grading.outcome import Status
from course.kit.refusal import Refusal

SUPPORT = {"one": b"the support package"}
WORKERS = 2
needs_sigkill = pytest.mark.skipif(
    not hasattr(signal, "SIGKILL"), reason="kills with SIGKILL"
)


def read(work: Work, data: bytes) -> Executed:
    status, number, support = json.loads(data)
    assert support == SUPPORT["one"].decode("ascii")
    return Executed(number, Status(status), reason=str(status))


@pytest.fixture(scope="module")
def cluster():
    with open_cluster(WORKERS) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def act_instead(monkeypatch):
    monkeypatch.setattr(module, "work", act)


def workers_of(cluster) -> set[int]:
    """Process ids of all workers, once those that were killed are back."""
    cluster.client.wait_for_workers(WORKERS, timeout=600)
    return set(cluster.client.run(os.getpid).values())


def works(log: Path, *what: str) -> list[Work]:
    return [
        Work(json.dumps([each, number, str(log)]).encode("utf-8"), "one")
        for number, each in enumerate(what)
    ]


def results(cluster, log: Path, *what: str) -> list[Executed | Lost]:
    """The results in the order of the works; fails where one is missing or doubled."""
    given = works(log, *what)
    found = list(distribute(cluster, given, SUPPORT, read))
    assert len(found) == len(given)
    by_work = {id(work): result for work, result in found}
    return [by_work[id(work)] for work in given]


def test_every_work_comes_back_with_its_own_result(cluster, tmp_path):
    found = results(cluster, tmp_path / "log", *["graded"] * 20)
    assert [executed.notebook for executed in found] == list(range(20))


def test_nothing_to_do_is_no_result(cluster, tmp_path):
    assert results(cluster, tmp_path / "log") == []


def test_a_fault_of_the_machine_is_tried_twice(cluster, tmp_path):
    log = tmp_path / "log"
    found = results(cluster, log, "raise", "raise once", "infra_error", "garbage")
    assert isinstance(found[0], Lost) and "no space left for 0" in found[0].reason
    assert found[1].status is Status.GRADED
    assert found[2] == Lost("infra_error")
    assert isinstance(found[3], Lost)
    assert [attempts(log, number) for number in range(4)] == [2, 2, 2, 2]


def test_a_fault_of_the_learner_is_final(cluster, tmp_path):
    log = tmp_path / "log"
    found = results(cluster, log, "timeout", "kernel_died")
    assert [str(executed.status) for executed in found] == ["timeout", "kernel_died"]
    assert [attempts(log, number) for number in range(2)] == [1, 1]


def test_works_are_drawn_only_as_workers_become_free(cluster, tmp_path):
    drawn = 0

    def counted():
        nonlocal drawn
        for work in works(tmp_path / "log", *["graded"] * 40):
            drawn += 1
            yield work

    most = 0
    for done, _ in enumerate(distribute(cluster, counted(), SUPPORT, read)):
        most = max(most, drawn - done)
    assert drawn == 40
    assert WORKERS < most <= PER_WORKER * WORKERS + 1


def test_what_kills_its_worker_harms_no_other(cluster, tmp_path):
    what = ["graded"] * 4 + ["die"] + ["graded"] * 8
    found = results(cluster, tmp_path / "log", *what)
    lost = [number for number, each in enumerate(found) if isinstance(each, Lost)]
    assert lost == [4]
    assert "its worker died 3 times" in found[4].reason
    assert attempts(tmp_path / "log", 4) == 3  # once among others, twice alone


@needs_sigkill
def test_a_killed_worker_costs_nothing_but_time(cluster, tmp_path):
    given = works(tmp_path / "log", *["sleep"] * 16)
    before = workers_of(cluster)
    found = []
    for work, result in distribute(cluster, given, SUPPORT, read):
        if not found:
            os.kill(min(before), signal.SIGKILL)
        found.append((work, result))
    assert {id(work) for work, _ in found} == {id(work) for work in given}
    assert all(isinstance(result, Executed) for _, result in found)
    assert before != workers_of(cluster)


@needs_sigkill
def test_all_workers_killed_come_back(cluster, tmp_path):
    given = works(tmp_path / "log", *["sleep"] * 6)
    before = workers_of(cluster)
    found = []
    for work, result in distribute(cluster, given, SUPPORT, read):
        if not found:
            for worker in before:
                os.kill(worker, signal.SIGKILL)
        found.append(result)
    assert [each for each in found if isinstance(each, Lost)] == []
    assert len(found) == 6
    assert all(isinstance(result, Executed) for result in found)


def test_what_is_not_wanted_any_more_is_taken_back(cluster, tmp_path):
    log = tmp_path / "log"
    running = distribute(cluster, works(log, *["sleep"] * 30), SUPPORT, read)
    assert isinstance(next(running)[1], Executed)
    running.close()
    time.sleep(1)  # longer than those that had started
    assert len(log.read_text(encoding="utf-8").split()) <= 2 * WORKERS + 1


def test_without_workers_it_does_not_wait_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(module, "RECOUNT", 0.1)
    with open_cluster(1) as cluster:
        cluster.client.cluster.scale(0)
        cluster = replace(cluster, restore=lambda: None)
        while cluster.client.nthreads():
            time.sleep(0.1)
        with pytest.raises(Refusal, match="no worker for"):
            list(distribute(cluster, works(tmp_path / "log", "graded"), SUPPORT, read))
