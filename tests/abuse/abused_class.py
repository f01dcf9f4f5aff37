"""A class full of abuse, graded once; what became of it and of the machine, as JSON."""

import ctypes
import functools
import hashlib
import json
import os
import socket
import sqlite3
import stat
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

sys.path.append(str(Path(__file__).parents[1] / "autograder"))

from abuse_case import NAME, RIGHT, Case, answered, as_bytes, grade_id
from cases_files import CASES as FILES
from cases_honest import CASES as HONEST
from cases_host import CASES as HOST
from cases_marks import CASES as MARKS
from cases_memory import CASES as MEMORIES
from cases_unnoticed import CASES as UNNOTICED
from fake_course import fake_course

from autograder.grading import grade as grading
from autograder.grading.classroom import Classroom
from autograder.grading.limits import Limits
from autograder.grading.sandbox import probe
from autograder.grading.sandbox.child.processes import descendants
from autograder.grading.submitted import files_below
from autograder.lessons import Lesson
from autograder.lessons.versions import student_notebook

CASES: list[Case] = [*HOST, *MEMORIES, *MARKS, *UNNOTICED, *FILES, *HONEST]
SECRET = "abuse-secret-7919"
SUBREAPER = 36
# Small, so that running into them takes little time and harms nobody.
TIGHT = {
    "grace_seconds": 2,
    "total_output_bytes": 3_000_000,
    "disk_bytes": 64 * 2**20,
    "file_bytes": 40 * 2**20,
}
# Generous enough for the honest ones on a machine that is ten times as busy.
CELL_SECONDS, TOTAL_OF_CELLS, MEMORY = 12, 2, 512  # s, cells, MB
WITNESSES = ("aaa-witness", "zzz-witness")


def strict_or_why() -> tuple[str, str]:
    """The isolation to test with, and why it is not strict (empty where it is)."""
    missing = probe().missing
    return ("best-effort" if missing else "strict"), ", ".join(missing)


def student_of(case: Case) -> str:
    return case.student or f"case-{case.name}"


def abuse(
    folder: Path,
    cases: Sequence[Case] = CASES,
    isolation: str = "strict",
    workers: int = 4,  # many cases only wait to be stopped
    executor: str = "fast",
) -> dict:
    """Grade the cases in `folder`, good submissions between them; what was found.

    Makes this process inherit whatever is left behind, so call it in one of its own.
    """
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    os.environ["ABUSE_SECRET"] = SECRET
    lesson = fake_course(folder / "checkout", kit=True, cases=True)
    room = Classroom(folder / "class")
    released = student_notebook(lesson)
    good = as_bytes(answered(released, RIGHT))

    def hand_in_good(student: str) -> None:
        place = room.submitted / student / NAME
        place.mkdir(parents=True)
        (place / f"{NAME}.ipynb").write_bytes(good)

    for student in WITNESSES:
        hand_in_good(student)
    options = {"workers": workers, "isolation": isolation, "executor": executor}
    with listening() as port, _tight_limits():
        _grade(lesson, room, **options, workers_now=1)
        before = _rows(room.gradebook)
        places = {
            "checkout": str(lesson.root),
            "classroom": str(room.root),
            "port": str(port),
            "secret": SECRET,
        }
        order = [WITNESSES[0]]
        for number, case in enumerate(cases):
            hand_in_good(f"good-{number:03d}")
            case.hand_in(room.submitted / student_of(case) / NAME, released, places)
            order += [f"good-{number:03d}", student_of(case)]
        hand_in_good(f"good-{len(cases):03d}")
        order += [f"good-{len(cases):03d}", WITNESSES[1]]
        files = _files(folder, room)
        started = time.monotonic()
        with mock.patch.object(
            Classroom, "submissions", lambda self, lesson: order
        ):  # each good one beside the bad ones
            summary = _grade(lesson, room, **options)
        seconds = time.monotonic() - started
    rows = {row.student: row for row in summary.rows}
    return {
        "isolation": isolation,
        "seconds": seconds,
        "cases": {c.name: _result(room, rows[student_of(c)]) for c in cases},
        "good": {s: _result(room, rows[s]) for s in order if s.startswith("good-")},
        "order": order,
        "lost_rows": sorted(map(repr, before - _rows(room.gradebook))),
        "changed_files": sorted(files ^ _files(folder, room)),
        "processes": _left_behind(),
    }


def _grade(
    lesson: Lesson, room: Classroom, *, workers: int, workers_now: int = 0, **how
):
    return grading.grade(
        lesson.root,
        room.root,
        [lesson],
        workers=workers_now or workers,
        timeout=CELL_SECONDS,
        memory=MEMORY,
        **how,
    )


def _tight_limits():
    limits = functools.partial(Limits, **TIGHT)
    return mock.patch.multiple(grading, Limits=limits, TOTAL_OF_CELLS=TOTAL_OF_CELLS)


def _result(room: Classroom, row) -> dict:
    path = room.autograded_notebook(row.student, NAME)
    said, shown, size = "", "", 0  # by print, and by the learner's own cells
    if path.is_file():
        size = path.stat().st_size
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            outputs = cell.get("outputs", [])
            said += "".join("".join(out.get("text", "")) for out in outputs)
            if not grade_id(cell).startswith("check_"):
                shown += json.dumps(outputs, ensure_ascii=False)
    return {
        "mark": row.score,
        "status": str(row.status),
        "seconds": round(row.seconds, 2),
        "reason": row.reason,
        "notes": [str(note) for note in row.notes],
        "said": said[:100_000],
        "shown": shown[:100_000],
        "size": size,
    }


def _rows(gradebook: Path) -> set[tuple]:
    """All rows of all tables."""
    with sqlite3.connect(f"file:{gradebook}?mode=ro", uri=True) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            (name, *row)
            for (name,) in names.fetchall()
            for row in database.execute(f'SELECT * FROM "{name}"')
        }


def _files(folder: Path, room: Classroom) -> set[tuple[str, str]]:
    """What grading may not touch: path and content of the checkout and of what was handed in."""
    own = (room.autograded, room.source)
    return {
        (str(path.relative_to(folder)), hashlib.sha256(path.read_bytes()).hexdigest())
        for path, found in files_below(folder)
        if stat.S_ISREG(found.st_mode)
        and not any(each in path.parents for each in own)
        and not path.name.startswith("gradebook.db")
        and "__pycache__" not in path.parts
    }


def _left_behind() -> list[str]:
    """Command lines of processes that come from here and still run."""
    found = []
    for pid in descendants(os.getpid()):
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            continue
        text = line.decode("utf-8", "replace").strip()
        if text and "multiprocessing.resource_tracker" not in text:
            found.append(text[:200])
    return found


class listening:
    """Something to connect to: a TCP port of loopback and an abstract socket."""

    def __enter__(self) -> int:
        self.tcp = socket.create_server(("127.0.0.1", 0))
        port = self.tcp.getsockname()[1]
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(f"\0abuse-{port}")
        self.unix.listen()
        return port

    def __exit__(self, *error: object) -> None:
        self.tcp.close()
        self.unix.close()
