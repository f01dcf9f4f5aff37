"""Both executors give the same outcome for every cell, and the marks of stock nbgrader.

Neither do cells that only show something make a difference. `make test` takes one lesson's
solution and one notebook of nbgrader's own; `make test-whole` another solution, all of nbgrader's
own and a few notebooks of wrong answers; `pytest -m bank` the other solutions and every known
answer.
"""

import copy
import logging
import re
from collections import defaultdict
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import nbformat
import pytest
from known_answers import BANK, LESSONS
from nbformat import NotebookNode
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import determine_grade, is_grade
from small_class import ended_by
from traitlets.config import Config

from autograder.grading.cells import ANSI, is_check, settle
from autograder.grading.classroom import Classroom, open_gradebook
from autograder.grading.execute import How, Limits, Work, execute
from autograder.grading.outcome import Result, Status
from autograder.grading.prepare import prepare
from autograder.lessons import Lesson
from autograder.lessons.answers import fill, reference_answers
from autograder.lessons.course_files import Support, digest_of, make_support
from autograder.lessons.versions import TO_MASTER, _apply, master
from course.kit.notebook_cells import is_demo

LIMITS = Limits(cell_seconds=600, total_seconds=3600)
EVERY = 20  # of the notebooks of wrong answers, this share is in the quick part
UNSEEDED = re.compile(r"np\.random\.(?!default_rng|Generator)")
CHANGING = re.compile(
    r"0x[0-9a-f]+|\S*ipykernel_\d+\S*|\d+\.\d+ ?(s|ms|MB)\b"
    r"|\d+ of \d+ (cases )?are right"  # how many there was time for
)


ERROR_SIZE = re.compile(r"\de-\d+")
WRONG_PLACE = re.compile(r": wrong |\n")


def both(notebook: NotebookNode, support: Support, limits: Limits = LIMITS):
    """The notebook executed by the forked shell, and by a kernel."""
    return [
        execute(notebook, support, limits, how=How(executor, "off"))
        for executor in ("fast", "kernel")
    ]


def outcomes(executed: Work, *, is_random: bool = False) -> list:
    """Per cell: its errors, what it showed; and how the whole ended.

    Of the messages about an answer that draws other numbers each time, the beginning.
    """
    found: list = [
        (
            executed.status,
            CHANGING.sub("", executed.reason),
            ended_by(executed.notebook),
        )
    ]
    for cell in executed.notebook.cells:
        if cell.cell_type != "code":
            continue
        text: dict[str, str] = defaultdict(str)
        shown = []
        for output in cell.outputs:
            kind = output.output_type
            if kind == "stream":
                text[output.name] += output.text
            elif kind == "error":
                evalue = CHANGING.sub("", ANSI.sub("", output.evalue))
                evalue = WRONG_PLACE.split(evalue)[0] if is_random else evalue
                shown.append((kind, output.ename, evalue))
            else:
                plain = CHANGING.sub("", str(output.data.get("text/plain")))
                shown.append((kind, sorted(output.data), plain))
        clean = {name: CHANGING.sub("", each) for name, each in text.items()}
        if is_random:
            clean = {name: ERROR_SIZE.sub("", each) for name, each in clean.items()}
        found.append((cell.execution_count, shown, clean))
    return found


def marks(executed: Work) -> dict[str, float | None]:
    """Points of every graded cell by our rules; None waits for a person."""
    found = {}
    notebook = copy.deepcopy(executed.notebook)
    for cell in filter(is_grade, notebook.cells):
        settle(cell)
        found[cell.metadata.nbgrader.grade_id] = determine_grade(cell)[0]
    return found


in_whole, in_bank = [pytest.mark.whole], [pytest.mark.bank]
SOLUTIONS = {
    lesson.name: in_whole if lesson.name == "06_convnet" else in_bank
    for lesson in LESSONS
} | {"01_volumes": []}


@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(lesson, id=lesson.name, marks=SOLUTIONS[lesson.name])
        for lesson in LESSONS
    ],
)
def test_solutions(lesson: Lesson):
    """By the forked shell with all demos behind its walls; by a kernel without either."""
    notebook = fill(master(lesson), reference_answers(lesson))
    support = make_support(lesson)
    fast = execute(notebook, support, LIMITS, how=How(run_demos=True))
    kernel = execute(notebook, support, LIMITS, how=How("kernel", "off"))
    demos = [place for place, cell in enumerate(notebook.cells) if is_demo(cell)]
    assert all(fast.ran[place] is not None for place in demos)
    assert all(kernel.ran[place] is None for place in demos)
    failed = [
        place
        for place in demos
        for output in fast.notebook.cells[place].outputs
        if output.output_type == "error"
    ]
    assert failed == []
    points = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points
        for cell in notebook.cells
        if is_check(cell)
    }
    for executed in (fast, kernel):
        assert (executed.status, executed.reason) == (Status.GRADED, "")
        got = marks(executed)
        assert {name: got[name] for name in points} == points
        leave_out_demos(executed.notebook)
    assert outcomes(fast) == outcomes(kernel)


def leave_out_demos(notebook: NotebookNode) -> None:
    """As if there had been none: the others are numbered anew."""
    notebook.cells = [cell for cell in notebook.cells if not is_demo(cell)]
    ran = [cell for cell in notebook.cells if cell.get("execution_count") is not None]
    numbers = [cell.execution_count for cell in ran]
    assert numbers == sorted(set(numbers))
    for number, cell in enumerate(ran, start=1):
        cell.execution_count = number


def notebooks_of(lesson: Lesson) -> list[dict[str, str]]:
    """Sets of answers, one per function, in which each answer of the bank is once."""
    by_function: dict[str, list[str]] = defaultdict(list)
    for answer in BANK[lesson]:
        by_function[answer.function].append(answer.source)
    longest = max(map(len, by_function.values()))
    return [
        {name: some[index] for name, some in by_function.items() if index < len(some)}
        for index in range(longest)
    ]


SETS = [
    pytest.param(
        lesson,
        index,
        id=f"{lesson.name[:2]}-{index}",
        marks=in_whole if index % EVERY == EVERY // 4 else in_bank,
    )
    for lesson in LESSONS
    for index in range(len(notebooks_of(lesson)))
]


@pytest.mark.parametrize(("lesson", "index"), SETS)
def test_known_answers(lesson: Lesson, index: int):
    answers = {**reference_answers(lesson), **notebooks_of(lesson)[index]}
    notebook, support = fill(master(lesson), answers), make_support(lesson)
    fast, kernel = both(notebook, support)
    is_random = any(UNSEEDED.search(source) for source in answers.values())
    if not is_random and outcomes(fast) != outcomes(kernel):
        again, _ = both(notebook, support)  # does it agree with itself?
        is_random = outcomes(fast) != outcomes(again)
    assert outcomes(fast, is_random=is_random) == outcomes(kernel, is_random=is_random)
    assert marks(fast) == marks(kernel)


# nbgrader's own samples: name, the instructor's notebook, what a learner hands in, and the
# score that nbgrader's tests expect where they say one (test_nbgrader_autograde.py, 0.9.6).
UNCHANGED = "submitted-unchanged"
SAMPLES = {
    "nothing answered": (UNCHANGED, UNCHANGED, 1),
    "answered": (UNCHANGED, "submitted-changed", 2),
    "showtraceback replaced": (UNCHANGED, "submitted-cheat-attempt", 1),
    "showtraceback none": (UNCHANGED, "submitted-cheat-attempt-alternative", 1),
    "check edited": (UNCHANGED, "submitted-grade-cell-changed", None),
    "locked cell edited": (UNCHANGED, "submitted-locked-cell-changed", None),
    "hidden tests": ("test-hidden-tests", "test-hidden-tests", 1.5),
    "slow": ("timeout", "timeout", 1),
    "environment": ("validating-environment-variable",) * 2 + (0,),
    "long": ("test", "test", None),
    "with outputs": ("test-with-output", "test-with-output", None),
    "zero points": ("validation-zero-points", "validation-zero-points", 0),
}


def sample(name: str) -> NotebookNode:
    """A notebook of nbgrader's tests, from the installed package."""
    text = (files("nbgrader.tests.apps") / "files" / f"{name}.ipynb").read_text("utf-8")
    return nbformat.reads(text, as_version=4)


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], float]:
    """The score that stock nbgrader gives a sample, run in this process."""
    root = tmp_path_factory.mktemp("stock")
    with open_gradebook(Classroom(root)):
        pass
    config = Config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    config.NbGrader.log_level = logging.CRITICAL
    config.Execute.timeout = 30
    config.IncludeHeaderFooter.header = ""
    api = NbGraderAPI(config=config)
    assignments: dict[str, str] = {}

    def score(name: str) -> float:
        source, submitted, _ = SAMPLES[name]
        number = list(SAMPLES).index(name)
        if source not in assignments:
            assignments[source] = f"hw{number}"
            put(root / "source" / assignments[source], source)
            done = api.generate_assignment(assignments[source])
            assert done["success"], done
        homework, student = assignments[source], f"student{number}"
        put(root / "submitted" / student / homework, submitted)
        done = api.autograde(homework, student)
        assert done["success"], done
        with api.gradebook as gradebook:
            return gradebook.find_submission(homework, student).score

    return score


def put(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True)
    nbformat.write(sample(name), folder / "p1.ipynb")
    return folder


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "hidden tests" else in_whole)
        for name in SAMPLES
    ],
)
def test_nbgraders_own_notebooks(
    name: str, stock: Callable[[str], float], tmp_path: Path
):
    source, submitted, expected = SAMPLES[name]
    whole = _apply(TO_MASTER, sample(source), source)
    prepared = prepare(put(tmp_path / "handed in", submitted), whole, "p1")
    assert prepared.status is Status.GRADED, prepared.reason
    fast, kernel = both(prepared.notebook, Support({}, digest_of({})))
    if not name.startswith("showtraceback"):
        assert outcomes(fast) == outcomes(kernel)
    assert marks(fast) == marks(kernel)
    total = sum(points or 0 for points in marks(fast).values())
    if expected is not None:
        assert total == expected
    assert total == stock(name)


@pytest.mark.whole
def test_a_loop_of_nbgraders_is_ended(tmp_path: Path):
    whole = _apply(TO_MASTER, sample("infinite-loop"), "infinite-loop")
    limits = Limits(cell_seconds=3, total_seconds=300)
    fast, kernel = both(whole, Support({}, digest_of({})), limits)
    assert fast.status is kernel.status is Status.TIMEOUT
    assert outcomes(fast) == outcomes(kernel)
    assert Result.TIMEOUT in ended_by(fast.notebook).values() or not ended_by(
        fast.notebook
    )
