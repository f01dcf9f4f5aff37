"""What a learner wrote acts on no terminal, whichever command shows it."""

import contextlib
import copy
import csv
import io
import json
import logging
import sys
from concurrent.futures import Future

import pytest
from small_class import (
    NAME,
    answered,
    cell_named,
    failure,
    hand_in,
    make_checkout,
    release,
)

from autograder import cli, nbgrader_engine
from autograder.grading import grade
from autograder.grading.execute import Work
from autograder.grading.outcome import Note, Status
from autograder.reports import feedback

ACTS = ("\x1b]0;pwned", "\x07", "\x1b[2J", "\x9b31m", "\u202e", "\b")
HOSTILE = "".join(ACTS) + "[bold]x[bold]"
SHOWN = r"\x1b]0;pwned\x07\x1b[2J\x9b31m\u202e\x08[bold]x[bold]"
ADA = "ada"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def lesson(tmp_path):
    return make_checkout(tmp_path / "checkout")


@pytest.fixture
def autograder(monkeypatch, lesson, tmp_path):
    """Call the command with these words, on a terminal: (exit code, stdout, stderr)."""
    monkeypatch.setattr(cli, "checkout", lambda: lesson.root)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "2000")
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> tuple[int, str, str]:
        out, err = Terminal(), Terminal()
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        monkeypatch.setattr(sys, "argv", ["autograder", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = out.getvalue() + err.getvalue()
        assert not [each for each in ACTS if each in said], said
        return end.value.code or 0, out.getvalue(), err.getvalue()

    return call


@pytest.fixture
def hostile_worker(monkeypatch):
    """Every submission ends with names, notes and errors that a learner chose."""

    class HostileWorkers:
        layers = (HOSTILE,)

        def count(self):
            return 1

        def submit(self, notebook, *how):
            notebook = copy.deepcopy(notebook)
            cell_named(notebook, "check_area").outputs = [failure(HOSTILE, HOSTILE)]
            done = Work(notebook, Status.MEMORY, f"changed: {HOSTILE}")
            done.ran = [0.0] * len(notebook.cells)
            done.notes = [Note("edited", f"put back {HOSTILE}", HOSTILE)]
            future = Future()
            future.set_result(done)
            return future

    @contextlib.contextmanager
    def open_workers(*options):
        yield HostileWorkers()

    monkeypatch.setattr(grade, "open_workers", open_workers)


@pytest.fixture
def graded(tmp_path, lesson, hostile_worker, autograder):
    """A class whose learners chose odd names for everything; what `grade` said of it."""
    room = tmp_path / "class"
    right = answered(release(lesson))
    hand_in(room, ADA, right, f"{HOSTILE}.ipynb")
    hand_in(room, "bob", b"{", f"{HOSTILE}.ipynb")
    hand_in(room, HOSTILE, right)
    hand_in(room, "name\nada", right)
    stray = room / "submitted" / "cy" / f"{HOSTILE}\nada"
    stray.mkdir(parents=True)
    (stray / "x.ipynb").write_bytes(b"{}")
    return autograder("grade", "--class", "class")


def test_grade(graded, autograder):
    code, out, err = graded
    assert code == 3
    for text in (f"changed: {SHOWN}", f"{SHOWN}.ipynb: the file is not", "bad_id"):
        assert text in out
    assert SHOWN in err
    lines = [line for line in (out + err).splitlines() if line.startswith("ada")]
    assert len(lines) == 1  # her own row; nobody else wrote one
    code, out, _ = autograder("grade", "--class", "class", "--json")
    assert code == 3
    assert HOSTILE in [row["student"] for row in json.loads(out)["rows"]]


def test_feedback(graded, autograder, monkeypatch):
    def fails(*arguments):
        raise ValueError(f"{HOSTILE}\nada: all is well")

    monkeypatch.setattr(feedback, "_write_page", fails)
    code, _, err = autograder("feedback", "--class", "class")
    assert code == 3
    assert SHOWN in err
    assert "\nada:" not in err


def test_report_and_export(graded, autograder, tmp_path):
    assert autograder("report", "--class", "class")[0] == 0
    code, out, _ = autograder("report", "--class", "class", "--json")
    marks = json.loads(out)["marks"]
    assert HOSTILE in marks[0]["outcome"]["reason"]
    assert code == 0
    assert autograder("export", "--class", "class", "--statuses")[0] == 0
    text = (tmp_path / "marks.csv").read_text(encoding="utf-8")
    assert not [each for each in ACTS if each in text]
    students = [row["student"] for row in csv.DictReader(io.StringIO(text))]
    assert students == [ADA, "bob"]


def test_names_in_the_roster(tmp_path, lesson, hostile_worker, autograder):
    """They may come from a platform, where learners choose them."""
    hand_in(tmp_path / "class", ADA, answered(release(lesson)))
    (tmp_path / "class/students.csv").write_text(
        f"id,first_name,last_name\n{ADA},\0{HOSTILE},{'n' * 300}\n", encoding="utf-8"
    )
    assert autograder("grade", "--class", "class")[0] == 3
    assert autograder("export", "--class", "class")[0] == 0
    text = (tmp_path / "marks.csv").read_text(encoding="utf-8")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["first_name"] == "]0;pwned [2J 31m [bold]x[bold]"
    assert row["last_name"] == "n" * 128  # what nbgrader's tables take


@pytest.mark.parametrize("form", ["plain", "moodle", "canvas"])
def test_collect(tmp_path, lesson, autograder, form):
    notebook = json.dumps(answered(release(lesson)))
    before = {"plain": "", "moodle": "ada_1_assignsubmission_file_", "canvas": ""}
    for name in (f"{HOSTILE}/{NAME}/x.ipynb", f"ada/{before[form]}{HOSTILE}.ipynb"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True)
        path.write_text(notebook, encoding="utf-8")
    words = ["collect", "in", "--from", form, "--class", "class"]
    _, out, _ = autograder(*words, "--dry-run")
    assert r"\x1b]0;pwned\x07" in out
    code, out, _ = autograder(*words, "--json")
    assert code == (0 if form == "plain" else 3)
    summary = json.loads(out)
    paths = [path for each in summary["taken"] for path in each["files"]]
    paths += [each["path"] for each in summary["refused"]]
    assert any(HOSTILE in path for path in paths)


def test_nbgraders_own_command(caplog):
    row = {
        "student": HOSTILE,
        "lesson": NAME,
        "status": "unreadable",
        "reason": HOSTILE,
        "notes": [HOSTILE],
        "failed": True,
        "skipped": False,
    }
    nbgrader_engine._tell(logging.getLogger("nbgrader"), row, HOSTILE)
    assert SHOWN in caplog.text
    assert not [each for each in ACTS if each in caplog.text]
