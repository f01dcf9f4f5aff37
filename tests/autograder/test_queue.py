"""The grading queue as a program: Ctrl-C in a terminal, and going on where it stopped."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_class import code, hand_in, make_checkout, release

from autograder.grading.classroom import Classroom
from autograder.lessons import Lesson

STUDENTS = [f"student_{number:02}" for number in range(4)]
QUICK, SLOW = STUDENTS[:2], STUDENTS[2:]
# `autograder` on the checkout that the first word names.
PROGRAM = """
import sys
from pathlib import Path
from autograder import cli
root = Path(sys.argv.pop(1))
cli.checkout = lambda: root
cli.main()
"""


@pytest.fixture(scope="module")
def lesson(tmp_path_factory) -> Lesson:
    return make_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def room(tmp_path, lesson) -> Classroom:
    """A class that has handed in nothing of value."""
    for student in STUDENTS:
        give(Classroom(tmp_path), lesson, student, seconds=0)
    return Classroom(tmp_path)


def give(room: Classroom, lesson: Lesson, student: str, *, seconds: float) -> None:
    """Hand in the lesson as it was given out, with a cell that takes so long."""
    notebook = release(lesson)
    notebook.cells.insert(0, code(f"import time; time.sleep({seconds})"))
    hand_in(room.root, student, notebook)


def outcomes(room: Classroom) -> dict[Path, float]:
    files = room.root.glob("autograded/*/*/outcome.json")
    return {path: path.stat().st_mtime for path in files}


def is_gone(group: int) -> bool:
    """Whether all processes of the group end in a moment."""
    for _ in range(1200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.fixture
def temporary() -> Iterator[Path]:
    """For temporary files; its path is short, as those of a kernel's sockets must be."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        yield Path(folder)


def left_behind(temporary: Path) -> list[str]:
    """Temporary folders, and commands of processes that name one."""
    commands = [
        path.read_bytes().decode(errors="replace")
        for path in Path("/proc").glob("[0-9]*/cmdline")
    ]
    found = [command for command in commands if str(temporary) in command]
    return found + [path.name for path in temporary.glob("grade-*")]


def start(
    room: Classroom, lesson: Lesson, *words: str, temporary: Path | None = None
) -> subprocess.Popen:
    options = ["--class", str(room.root), "--workers", "2", "--timeout", "1000"]
    command = [sys.executable, "-c", PROGRAM, str(lesson.root), "grade", "1"]
    return subprocess.Popen(
        [*command, *options, *words],
        env=os.environ | ({"TMPDIR": str(temporary)} if temporary else {}),
        start_new_session=True,  # as a job of a terminal: a process group of its own
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("executor", ["fast", "kernel"])
def test_ctrl_c_stops_all_and_a_second_run_grades_the_rest(
    room, lesson, temporary, executor
):
    for student in SLOW:
        give(room, lesson, student, seconds=600)
    first = start(room, lesson, "--executor", executor, temporary=temporary)
    while len(outcomes(room)) < len(QUICK) and first.poll() is None:
        time.sleep(0.02)
    os.killpg(first.pid, signal.SIGINT)
    _, said = first.communicate(timeout=600)
    assert first.returncode == 130, said
    assert said.splitlines()[-1] == "error: stopped by Ctrl-C"
    # The layers of isolation come before, and what Python says where it forgets a Ctrl-C.
    own, _, forgotten = said.partition("Exception ignored")
    assert len(own.splitlines()) == (1 if forgotten else 2)
    assert is_gone(first.pid)
    assert left_behind(temporary) == []
    done = outcomes(room)
    assert {path.parent.parent.name for path in done} == set(QUICK)

    for student in SLOW:
        give(room, lesson, student, seconds=0)
    second = start(room, lesson, "--json", temporary=temporary)
    told, said = second.communicate(timeout=600)
    assert second.returncode == 0, said
    assert left_behind(temporary) == []
    rows = json.loads(told)["rows"]
    assert [row["student"] for row in rows if row["skipped"]] == QUICK
    assert {row["status"] for row in rows} == {"graded"}
    assert all(row["tasks"] for row in rows)
    assert outcomes(room).items() > done.items()


def test_what_could_not_be_graded_is_named_and_gives_exit_code_3(room, lesson):
    for student in STUDENTS[2:]:
        (room.submitted / student / "01_volumes" / "01_volumes.ipynb").unlink()
    run = start(room, lesson)
    told, said = run.communicate(timeout=600)
    assert run.returncode == 3
    assert f"not graded: '{STUDENTS[2]}', 01_volumes: missing" in said.splitlines()
    assert "2 could not be graded" in told
