"""`nbgrader autograde` and what formgrader's button calls grade with the engine of this checkout."""

import csv
import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fake_course import FIRST, fake_course
from jupyter_core.application import NoStart
from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader, NbGraderAPI, NbGraderApp, api, autogradeapp
from nbgrader.converters import (
    Autograde,
    BaseConverter,
    GenerateFeedback,
    NbGraderException,
)
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder import nbgrader_engine
from autograder.grading.classroom import Classroom
from autograder.grading.database import VARIABLE
from autograder.grading.outcome import Status, read_outcome
from autograder.lessons import Lesson
from autograder.simulation.simulate import compare_with_truth, simulate

CHECKOUT = Path(__file__).resolve().parents[2]
LESSON = FIRST.name
PERFECT, MISTAKE, PARTIAL = "student_0001", "student_0002", "student_0003"


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A checkout with the fake course and the configuration of this one."""
    folder = tmp_path_factory.mktemp("root") / "checkout"
    fake_course(folder, kit=True, cases=True)
    shutil.copy(CHECKOUT / "nbgrader_config.py", folder)
    return folder


@pytest.fixture(scope="module")
def simulated(root: Path) -> Path:
    simulate(root, root / "simulated", 3, seed=1, lessons=[Lesson(root, LESSON)])
    return root / "simulated"


@pytest.fixture
def room(simulated: Path, tmp_path: Path) -> Classroom:
    return Classroom(Path(shutil.copytree(simulated, tmp_path / "class")))


@pytest.fixture
def stock(monkeypatch):
    """Takes the engine out of nbgrader again after the test."""
    monkeypatch.setattr(Autograde, "start", BaseConverter.start)
    monkeypatch.setattr(GenerateFeedback, "start", BaseConverter.start)


def nbgrader(root: Path, room: Classroom, *words: str) -> subprocess.CompletedProcess:
    """The command as a program, in the root of a checkout."""
    environment = {
        **os.environ,
        "CLASS_FOLDER": str(room.root),
        "PYTHONPATH": str(CHECKOUT),
    }
    environment.pop(VARIABLE, None)
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=root,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )


def graded(room: Classroom) -> dict[str, Status]:
    """Whom the engine graded: only it leaves an outcome."""
    students = room.submissions(LESSON)
    outcomes = {name: read_outcome(room.outcome(name, LESSON)) for name in students}
    return {name: found.status for name, found in outcomes.items() if found}


@pytest.fixture(scope="module")
def autograded(root: Path, simulated: Path, tmp_path_factory):
    """The class after `nbgrader autograde`, which said this; two have spoiled their files."""
    folder = tmp_path_factory.mktemp("autograded") / "class"
    room = Classroom(Path(shutil.copytree(simulated, folder)))
    work = room.submitted / PARTIAL / LESSON
    (work / f"{LESSON}.ipynb").write_text('{"cells": [', encoding="utf-8")
    work = room.submitted / PERFECT / LESSON
    (work / f"{LESSON}.ipynb").rename(work / f"{LESSON} (1).ipynb")
    return room, nbgrader(root, room, "autograde", LESSON)


def test_nbgrader_autograde_grades_with_the_engine(autograded):
    room, done = autograded
    assert done.returncode == 1
    assert f"{PARTIAL}, {LESSON}: unreadable: " in done.stderr
    assert f"could not be graded for: {PARTIAL}" in done.stderr
    assert "Traceback" not in done.stderr
    assert graded(room) == {
        PERFECT: Status.GRADED,
        MISTAKE: Status.GRADED,
        PARTIAL: Status.UNREADABLE,
    }
    wrong = [row for row in compare_with_truth(room.root) if row.student != PARTIAL]
    assert wrong == []


@pytest.fixture
def command(root, stock, monkeypatch, capfd):
    """`command(room, *words)` is nbgrader's command in this process: exit code, what it said."""

    def command(room: Classroom, *words: str) -> tuple[int, str]:
        enter(root, room, monkeypatch)
        program = NbGraderApp()
        code = 0
        try:
            program.initialize(list(words))
            program.start()
        except NoStart:  # a command of the program did
            pass
        except SystemExit as end:
            code = end.code or 0
        finally:
            program.subapp.clear_instance()
        return code, capfd.readouterr().err

    return command


def test_what_is_graded_and_unchanged_is_skipped(autograded, command, tmp_path):
    room = Classroom(Path(shutil.copytree(autograded[0].root, tmp_path / "class")))
    stamps = room.outcome(PERFECT, LESSON).stat().st_mtime_ns
    code, said = command(room, "autograde", LESSON, "--student", PERFECT)
    assert code == 0
    assert "Skipping existing assignment" in said
    assert room.outcome(PERFECT, LESSON).stat().st_mtime_ns == stamps


def enter(root: Path, room: Classroom, monkeypatch) -> None:
    """Make this process one that was started in the root of the checkout, for the class."""
    monkeypatch.chdir(root)
    monkeypatch.setenv("CLASS_FOLDER", str(room.root))
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    monkeypatch.delenv(VARIABLE, raising=False)


def load_config(root: Path, room: Classroom, monkeypatch) -> NbGrader:
    """nbgrader with the configuration of the checkout, as formgrader's server loads it."""
    enter(root, room, monkeypatch)
    program = NbGrader()
    program.initialize([])
    return program


def test_nbgraders_feedback_is_ours(root, autograded, command, tmp_path):
    room = Classroom(Path(shutil.copytree(autograded[0].root, tmp_path / "class")))
    done = nbgrader(root, room, "generate_feedback", LESSON, "--student", MISTAKE)
    assert done.returncode == 0, done.stderr
    page = room.feedback_page(MISTAKE, LESSON)
    assert list(room.feedback.rglob("*.*ml")) == [page]
    text = page.read_text(encoding="utf-8")
    assert "HIDDEN" not in text and "made by autograder feedback" in text
    assert "HIDDEN" in room.autograded_notebook(MISTAKE, LESSON).read_text("utf-8")
    stamp = page.stat().st_mtime_ns
    _, said = command(room, "generate_feedback", "--assignment", LESSON)
    assert "2 pages written, 1 unchanged" in said
    assert page.stat().st_mtime_ns == stamp
    _, said = command(room, "generate_feedback", LESSON, "--force")
    assert "3 pages written, 0 unchanged" in said
    code, said = command(room, "generate_feedback", LESSON, "--student", "nobody")
    assert code == 1 and "No notebooks were matched" in said


def test_formgraders_button_grades_with_the_engine(root, room, stock, monkeypatch):
    program = load_config(root, room, monkeypatch)
    button = NbGraderAPI(program.coursedir, parent=program)
    result = button.autograde(LESSON, PERFECT)
    assert result["success"], result
    assert f"{PERFECT}, {LESSON}: graded, " in result["log"]
    assert graded(room) == {PERFECT: Status.GRADED}
    assert Path.cwd() == root
    submission = button.get_submission(LESSON, PERFECT)
    assert submission["autograded"] and submission["max_score"] > 0
    with room.truth.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["student"] == PERFECT]
    expected = sum(float(row["expected"] or 0) for row in rows)
    assert submission["score"] == expected
    with Gradebook(room.db_url) as book:
        (grade, *_) = book.find_submission_notebook(LESSON, LESSON, PERFECT).grades
        grade.extra_credit = 0.5
        book.db.commit()
    assert button.autograde(LESSON, PERFECT)["success"]  # the button forces
    assert button.get_submission(LESSON, PERFECT)["score"] == expected + 0.5


# What follows runs no process: what is asked of the engine, and what is said of its answer.


@pytest.fixture
def asked(root, room, stock, monkeypatch):
    """`asked(...)` autogrades; returns the job for the engine, whose answer is `rows`."""
    jobs = []

    def in_its_own_process(converter, job):
        jobs.append(job)
        return asked.answer

    def asked(assignment=LESSON, force=False, config=None, **place) -> dict:
        coursedir = CourseDirectory(
            root=str(room.root), assignment_id=assignment, **place
        )
        converter = Autograde(coursedir=coursedir, config=Config(config or {}))
        converter.force = force
        converter.start()
        return jobs.pop()

    asked.answer = {"rows": []}
    monkeypatch.setattr(nbgrader_engine, "_in_its_own_process", in_its_own_process)
    nbgrader_engine.install(root)
    nbgrader_engine.install(root)
    return asked


@pytest.mark.parametrize(
    ("place", "students"),
    [
        ({}, [PERFECT, MISTAKE, PARTIAL]),
        ({"student_id": MISTAKE}, [MISTAKE]),
        ({"student_id": "*[13]"}, [PERFECT, PARTIAL]),
        ({"student_id_exclude": f"{PERFECT},{MISTAKE}"}, [PARTIAL]),
        ({"notebook_id": f"{LESSON[:3]}*"}, [PERFECT, MISTAKE, PARTIAL]),
    ],
)
def test_who_is_graded(asked, place, students):
    job = asked(**place)
    assert job["students"] == students
    assert (job["lesson"], job["force"], job["db"]) == (LESSON, False, "")


def test_an_id_that_looks_like_a_pattern_is_an_id(asked, room):
    odd = "student_000[12]"
    shutil.copytree(room.submitted / PERFECT, room.submitted / odd)
    assert asked(student_id=odd)["students"] == [odd]


def test_force_limits_and_database_reach_the_engine(asked, room):
    config = {"Execute": {"timeout": 7}}
    job = asked(force=True, config=config, db_url=f"sqlite:///{room.root}/other.db")
    assert (job["force"], job["timeout"]) == (True, 7)
    assert job["db"] == f"sqlite:///{room.root}/other.db"
    assert "timeout" not in asked()


@pytest.mark.parametrize("place", [{"student_id": "nobody"}, {"notebook_id": "other"}])
def test_nobody_to_grade_is_an_error(asked, place, caplog):
    with pytest.raises(NbGraderException, match="No notebooks were matched"):
        asked(**place)


def test_what_is_not_executed_is_not_graded(asked):
    with pytest.raises(NbGraderException, match="--no-execute"):
        asked(config={"Execute": {"enabled": False}})


def test_a_refusal_is_an_error(asked):
    asked.answer = {"refusal": "cannot use the gradebook"}
    with pytest.raises(NbGraderException, match="cannot use the gradebook"):
        asked()


@pytest.mark.parametrize(
    ("assignment", "place"),
    [("of_somebody_else", {}), (LESSON, {"submitted_directory": "handed_in"})],
)
def test_other_assignments_are_left_to_nbgrader(asked, monkeypatch, assignment, place):
    def start(self):
        raise NbGraderException("nbgrader's own")

    monkeypatch.setattr(BaseConverter, "start", start)
    with pytest.raises(NbGraderException, match="nbgrader's own"):
        asked(assignment, **place)


def test_ctrl_c_waits_for_the_engine_to_end(root, room, stock, monkeypatch):
    waited = []

    class Interrupted:
        def __init__(self, *arguments, **options):
            pass

        def communicate(self, data):
            raise KeyboardInterrupt

        def wait(self, seconds):
            waited.append(seconds)

    monkeypatch.setattr(nbgrader_engine.subprocess, "Popen", Interrupted)
    nbgrader_engine.install(root)
    place = CourseDirectory(root=str(room.root), assignment_id=LESSON)
    with pytest.raises(KeyboardInterrupt):
        Autograde(coursedir=place).start()
    assert waited == [nbgrader_engine.SECONDS_TO_END]


def test_nbgrader_still_starts_its_converter_where_it_is_replaced():
    """When this fails, look at autograder/nbgrader_engine.py: nbgrader has changed."""
    assert autogradeapp.Autograde is api.Autograde is Autograde
    assert "start" not in vars(Autograde)  # so BaseConverter's is what it would use
    assert "converter.start()" in inspect.getsource(autogradeapp.AutogradeApp.start)
    assert "capture_log(app)" in inspect.getsource(NbGraderAPI.autograde)
    assert {"force", "coursedir", "log"} <= set(Autograde.class_trait_names()) | set(
        dir(Autograde)
    )


def test_the_marks_of_a_server_are_configured_without_its_password(
    root, room, stock, monkeypatch
):
    monkeypatch.setenv("PGPASSWORD", "")
    monkeypatch.chdir(root)
    monkeypatch.setenv("CLASS_FOLDER", str(room.root))
    monkeypatch.setenv(VARIABLE, "postgresql://me:s3cret@db.example/marks")
    program = NbGrader()
    program.load_config_file()
    address = program.config.CourseDirectory.db_url
    assert address == "postgresql+psycopg://me@db.example/marks"
    assert "s3cret" not in str(program.config)
    assert os.environ["PGPASSWORD"] == "s3cret"
    assert program.config.FormgradeExtension.debug is False


def test_an_address_that_is_none_ends_nbgrader(root, room, stock, monkeypatch, capsys):
    monkeypatch.chdir(root)
    monkeypatch.setenv("CLASS_FOLDER", str(room.root))
    monkeypatch.setenv(VARIABLE, "s3cret@nowhere")
    with pytest.raises(SystemExit) as caught:
        NbGrader().load_config_file()
    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert VARIABLE in told and "s3cret" not in told and told.count("\n") == 1
