"""A scheduler and its workers as processes of their own that share no folder with grading."""

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from distributed import Client
from small_class import NAME, answered, code, hand_in, make_checkout, release

from autograder.grading import queue, scheduler
from autograder.grading.classroom import Classroom
from autograder.grading.grade import grade
from autograder.reports.marks import read_marks, read_submissions
from course.kit import UsageError

CHECKOUT = Path(__file__).resolve().parents[2]
# Runs (twice) before a worker takes its first task: one notebook ends any worker that
# executes it, another raises there what Dask cannot send.
PRELOAD = """
import os
from autograder.grading import execute as module

run = vars(module).setdefault("run", module.execute)

def endless(number):
    return endless(number + 1)

def execute(notebook, *arguments, **options):
    if any("endless" in cell.source for cell in notebook.cells):
        endless(0)
    if any("poison" in cell.source for cell in notebook.cells):
        with open({log!r}, "a") as log:
            log.write("died\\n")
        os._exit(1)
    return run(notebook, *arguments, **options)

module.execute = execute
"""
STUDENTS = ("ada", "eva", "kim", "zoe")


class Machines:
    """A scheduler and workers of Dask as programs, each in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.numbers = itertools.count()
        self.running: list[subprocess.Popen] = []
        self.places: list[Path] = []
        self.address = ""
        # Dask's own is 3 other deaths of a worker before it gives a task up.
        self.settings = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}

    def start(self, program: str, *words: str) -> subprocess.Popen:
        """Start it with a copy of the package, as on another machine."""
        place = self.folder / f"machine-{next(self.numbers)}"
        copy_packages(place)
        return self.start_in(place, program, *words)

    def start_in(self, place: Path, program: str, *words: str) -> subprocess.Popen:
        with open(place / "log.txt", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{program}", *words],
                cwd=place,
                env=os.environ | {"PYTHONPATH": str(place), **self.settings},
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        self.places.append(place)
        return process

    def scheduler(self) -> None:
        file = self.folder / f"scheduler-{next(self.numbers)}.json"
        words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.start("dask_scheduler", *words, "--scheduler-file", str(file))
        # Written piece by piece: there it is, and whole.
        wait_for(lambda: file.exists() and file.read_text("utf-8").endswith("}"))
        self.address = json.loads(file.read_text(encoding="utf-8"))["address"]

    def worker(
        self, place: Path | None = None, *options: str, nanny: bool = False
    ) -> subprocess.Popen:
        words = (self.address, "--nthreads", "1", "--no-dashboard", *options)
        words += () if nanny else ("--no-nanny",)
        if place is not None:
            return self.start_in(place, "dask_worker", *words)
        return self.start("dask_worker", *words)

    def wait(self) -> None:
        """Until all workers are there, which takes long on a busy machine."""
        logs = [place / "log.txt" for place in self.places[1:]]
        wait_for(lambda: all(b"Registered to" in log.read_bytes() for log in logs))

    def scheduler_runs(self) -> bool:
        return bool(self.running) and self.running[0].poll() is None

    def end_workers(self) -> None:
        """And wait until the scheduler, where it still runs, has heard of it."""
        for process in reversed(self.running[1:]):
            end(process)
        del self.running[1:], self.places[1:]
        if self.scheduler_runs():
            with Client(self.address) as client:
                wait_for(lambda: not client.scheduler_info()["workers"])

    def end(self) -> None:
        for process in reversed(self.running):
            end(process)
        self.running.clear()
        self.places.clear()


def end(process: subprocess.Popen) -> None:
    process.terminate()  # a nanny ends its worker
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def copy_packages(place: Path) -> None:
    """With what is compiled of them, but for what another process is writing just now."""
    for package in ("autograder", "course"):
        skip = shutil.ignore_patterns("*.pyc.*")
        shutil.copytree(CHECKOUT / package, place / package, ignore=skip)


def wait_for(what) -> None:
    deadline = time.monotonic() + 600
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    machines = Machines(tmp_path_factory.mktemp("machines"))
    yield machines
    machines.end()


@pytest.fixture
def machines(network, monkeypatch):
    """One scheduler for all tests, started anew where one has ended it; no worker yet."""
    # Workers start slowly on a busy machine.
    monkeypatch.setattr(scheduler, "PATIENCE", 300)
    if not network.scheduler_runs():
        network.end()
        network.scheduler()
    yield network
    network.end_workers()


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def room(tmp_path, lesson) -> Classroom:
    released = release(lesson)
    for student in STUDENTS:
        notebook = answered(released)
        notebook.cells.insert(1, code("import time; time.sleep(0.5)"))
        hand_in(tmp_path / "class", student, notebook)
    return Classroom(tmp_path / "class")


def areas(room: Classroom) -> dict[str, float]:
    marks = read_marks(room.root, [NAME])
    return {mark.student: mark.auto for mark in marks if mark.task == "area"}


def test_two_workers_grade_and_one_is_killed(machines, room, lesson, monkeypatch):
    workers = [machines.worker(), machines.worker()]
    machines.wait()
    recorded = queue.GradingQueue._record

    def then_killed(self, *arguments):
        if workers[0].poll() is None:
            workers[0].kill()
        return recorded(self, *arguments)

    monkeypatch.setattr(queue.GradingQueue, "_record", then_killed)
    options = {"scheduler": machines.address, "timeout": 300}
    summary = grade(lesson.root, room.root, [lesson], **options)
    assert summary.not_graded == []
    assert areas(room) == dict.fromkeys(STUDENTS, 2)
    assert workers[0].poll() is not None
    assert workers[1].poll() is None, "grading ended a worker that is not its own"
    again = grade(lesson.root, room.root, [lesson], **options)
    assert all(row.skipped for row in again.rows)


def test_what_kills_its_worker_again_and_again_is_given_up(machines, room, lesson):
    poison = answered(release(lesson))
    poison.cells.insert(1, code("'poison'"))
    hand_in(room.root, "eva", poison)
    poison.cells[1].source = "'endless'"
    hand_in(room.root, "kim", poison)
    preload, log = machines.folder / "preload.py", machines.folder / "deaths"
    preload.write_text(PRELOAD.format(log=str(log)), encoding="utf-8")
    workers = [
        machines.worker(None, "--preload", str(preload), nanny=True) for _ in range(2)
    ]
    machines.wait()
    options = {"scheduler": machines.address, "timeout": 300}
    summary = grade(lesson.root, room.root, [lesson], **options)
    eva, kim = summary.not_graded
    assert (eva.student, str(eva.status)) == ("eva", "infra_error")
    assert (kim.student, str(kim.status)) == ("kim", "infra_error")
    assert kim.reason.startswith("RecursionError: ")
    assert eva.reason.startswith("KilledWorker: ")
    assert log.read_text(encoding="utf-8").count("died") == 2  # then no more
    others = [student for student in STUDENTS if student not in ("eva", "kim")]
    marks = areas(room)
    assert {student: marks[student] for student in others} == dict.fromkeys(others, 2)
    assert [worker.poll() for worker in workers] == [None, None]


def test_a_scheduler_that_stops_is_one_line(machines, room, lesson, monkeypatch):
    machines.worker()
    machines.wait()
    recorded = queue.GradingQueue._record
    monkeypatch.setattr(scheduler, "ANSWER", 5)

    def then_stopped(self, *arguments):
        machines.running[0].kill()
        return recorded(self, *arguments)

    monkeypatch.setattr(queue.GradingQueue, "_record", then_stopped)
    with pytest.raises(UsageError, match="is lost: .*What is graded is kept") as caught:
        grade(lesson.root, room.root, [lesson], scheduler=machines.address, timeout=300)
    assert "\n" not in str(caught.value)
    assert 1 <= len(areas(room)) < len(STUDENTS)
    assert all(row.status == "graded" for row in read_submissions(room.root))


def test_without_workers_it_does_not_wait_for_ever(machines, room, lesson, monkeypatch):
    monkeypatch.setattr(scheduler, "LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(scheduler, "RECOUNT", 0.1)
    worker = machines.worker()
    machines.wait()
    recorded = queue.GradingQueue._record

    def then_killed(self, *arguments):
        worker.kill()
        return recorded(self, *arguments)

    monkeypatch.setattr(queue.GradingQueue, "_record", then_killed)
    with pytest.raises(UsageError, match="there has been no worker for"):
        grade(lesson.root, room.root, [lesson], scheduler=machines.address, timeout=300)


def test_workers_of_another_version_are_refused(machines, room, lesson):
    place = machines.folder / "older"
    copy_packages(place)
    with open(place / "autograder" / "grading" / "scoring.py", "a") as file:
        file.write("# changed\n")
    machines.worker(place)
    machines.wait()
    with pytest.raises(UsageError, match="another version: autograder is .* there and"):
        grade(lesson.root, room.root, [lesson], scheduler=machines.address)


def test_workers_without_the_package_are_refused(machines, room, lesson):
    place = machines.folder / "bare"
    place.mkdir()
    # A module of that name hides the package that is installed here.
    (place / "autograder.py").write_text("", encoding="utf-8")
    machines.worker(place)
    machines.wait()
    with pytest.raises(UsageError, match="cannot grade: .*No module named"):
        grade(lesson.root, room.root, [lesson], scheduler=machines.address)


def test_a_scheduler_without_workers_is_refused(machines, room, lesson, monkeypatch):
    monkeypatch.setattr(scheduler, "PATIENCE", 2)
    with pytest.raises(
        UsageError, match="has no workers. Start some with: dask worker"
    ):
        grade(lesson.root, room.root, [lesson], scheduler=machines.address)


@pytest.mark.parametrize("kind", ["closed", "silent", "nonsense"])
def test_an_address_without_a_scheduler_is_refused(kind, room, lesson, monkeypatch):
    monkeypatch.setattr(scheduler, "PATIENCE", 2)
    before = sorted(room.root.rglob("*"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        if kind != "closed":
            other.listen()
        if kind == "nonsense":
            threading.Thread(target=talk, args=(other,), daemon=True).start()
        started = time.monotonic()
        with pytest.raises(UsageError, match="no Dask scheduler answers at") as caught:
            address = f"tcp://127.0.0.1:{port}"
            grade(lesson.root, room.root, [lesson], scheduler=address)
        assert "\n" not in str(caught.value)
        assert time.monotonic() - started < 120
    assert sorted(room.root.rglob("*")) == before


def talk(listening: socket.socket) -> None:
    """A server of something else."""
    while True:
        try:
            connection, _ = listening.accept()
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        except OSError:
            return


@pytest.mark.parametrize("address", ["", "nowhere://x", "host:port"])
def test_an_address_that_is_none_is_refused(address, room, lesson, monkeypatch):
    monkeypatch.setattr(scheduler, "PATIENCE", 2)
    with pytest.raises(UsageError, match="no Dask scheduler answers at"):
        grade(lesson.root, room.root, [lesson], scheduler=address)
