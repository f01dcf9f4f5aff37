"""What a notebook with almost nothing in it costs: stock nbgrader against this grader.

Used by grading.py. Both work in this process, which is warm: all is imported, the database is
open, the parent of the forked shells runs. The notebook is nbgrader's own sample.
"""

import logging
import shutil
import sys
import time
from importlib.resources import files
from pathlib import Path

import nbformat
from nbgrader.apps.api import NbGraderAPI
from nbgrader.preprocessors import SaveCells
from traitlets.config import Config

from autograder.grading.classroom import Classroom, open_gradebook
from autograder.grading.execute import How, execute
from autograder.grading.limits import Limits
from autograder.grading.outcome import Outcome, Status
from autograder.grading.prepare import prepare
from autograder.grading.record import record
from autograder.lessons import versions as masters
from autograder.lessons.course_files import Support, digest_of

NAME = "hw"
STUDENT = "ada"
ISOLATION = ("strict", "best-effort", "off")


def course(root: Path) -> tuple[Path, nbformat.NotebookNode]:
    """A course folder with one submission; the folder of the submission, and the master."""
    samples = files("nbgrader.tests.apps") / "files"
    places = {
        root / "source" / NAME: "submitted-unchanged.ipynb",
        root / "submitted" / STUDENT / NAME: "submitted-changed.ipynb",
    }
    for folder, sample in places.items():
        folder.mkdir(parents=True)
        shutil.copyfile(str(samples / sample), folder / f"{NAME}.ipynb")
    notebook = nbformat.read(root / "source" / NAME / f"{NAME}.ipynb", as_version=4)
    for step in masters.TO_MASTER:
        notebook, _ = step().preprocess(notebook, {})
    with open_gradebook(Classroom(root)) as gradebook:
        gradebook.update_or_create_assignment(NAME)
    place = {"assignment": NAME, "notebook": NAME, "db_url": Classroom(root).db_url}
    SaveCells().preprocess(notebook, {"nbgrader": place})
    return root / "submitted" / STUDENT / NAME, notebook


def stock(root: Path) -> NbGraderAPI:
    """nbgrader, for the course in this folder."""
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = Classroom(root).db_url
    config.NbGrader.log_level = logging.CRITICAL
    return NbGraderAPI(config=config)


def measure_fixed(root: Path, rounds: int) -> dict[str, dict[str, list[float]]]:
    """Seconds to grade the submission, and stock / ours of a round, by isolation."""
    theirs, ours = root / "theirs", root / "ours"
    course(theirs)
    folder, master = course(ours)
    api, room = stock(theirs), Classroom(ours)
    support = Support({}, digest_of({}))

    def here(isolation: str) -> None:
        how = How("fast", isolation, False)
        prepared = prepare(folder, master, NAME)
        done = execute(prepared.notebook, support, Limits(), how=how)
        if done.status is not Status.GRADED:
            raise SystemExit(f"{isolation}: {done.status}, {done.reason}")
        outcome = Outcome(STUDENT, NAME, done.status)
        record(room, gradebook, outcome, done.notebook, ran=done.ran)

    with open_gradebook(room) as gradebook:
        seconds: dict[str, list[float]] = {"stock": []}
        ratios: dict[str, list[float]] = {}
        for isolation in ISOLATION:
            seconds[isolation], ratios[isolation] = [], []
            for number in range(-1, rounds):  # the first round warms up
                print(f"{isolation}, round {number + 1}", file=sys.stderr, flush=True)
                begun = time.perf_counter()
                api.autograde(NAME, STUDENT)
                middle = time.perf_counter()
                here(isolation)
                ended = time.perf_counter()
                if number >= 0:
                    seconds["stock"].append(middle - begun)
                    seconds[isolation].append(ended - middle)
                    ratios[isolation].append((middle - begun) / (ended - middle))
    return {"seconds": seconds, "ratios": ratios}
