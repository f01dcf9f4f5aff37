"""Rebuild a submission: the master notebook with the learner's answers and own cells in it.

Trusted code that runs nothing of the learner's. Nothing of the submission survives but the
text of answer cells and of the learner's own cells: no metadata, no tags, no outputs, and no
edited check.
"""

import copy
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.utils import is_solution

from autograder.grading.align import Alignment, align, grade_id
from autograder.grading.graft import Graft, same
from autograder.grading.outcome import Note, Status
from autograder.grading.submitted import (
    SubmittedNotebook,
    Unreadable,
    notebook_files,
    printable,
    read_notebook,
)
from autograder.lessons.versions import released

MOST_NOTES = 100
MOST_NOTEBOOKS = 20  # in one submission


@dataclass(frozen=True)
class Prepared:
    """What to execute. `status` is None when there is something to execute, else final."""

    notebook: NotebookNode
    status: Status | None = None
    reason: str = ""
    notes: tuple[Note, ...] = ()


def prepare(
    folder: Path,
    master: NotebookNode,
    name: str,
    release: NotebookNode | None = None,
) -> Prepared:
    """The learner's work in `folder`, grafted on `master`; `name` is the lesson's.

    The notebook is found by its content: it may be renamed or copied ("01_volumes (1).ipynb").
    `release` is released(master), for who prepares many; it is not changed.
    """
    release = release or released(master)
    notebooks, problems = [], []
    paths = notebook_files(
        folder, lambda error: problems.append(_why(Path(error.filename or "."), error))
    )
    paths.sort(key=lambda path: path.name != f"{name}.ipynb")
    for path in paths[:MOST_NOTEBOOKS]:
        try:
            notebooks.append(read_notebook(path))
        except (Unreadable, OSError) as error:
            problems.append(_why(path, error))
    fitting = [
        _Fitting(notebook, align(release, notebook.cells), release)
        for notebook in notebooks
    ]
    fitting = [fit for fit in fitting if fit.found]
    if not fitting:
        return _nothing(master, notebooks, problems)
    best = max(fitting, key=lambda fit: fit.rank(name))
    graft = Graft(master, release, best.notebook, best.alignment)
    notes = list(best.notebook.notes)
    count, taken = len(paths), best.notebook.name
    if count > 1:
        notes.append(Note("file", f"{count} notebooks were handed in, took {taken!r}"))
    elif taken != f"{name}.ipynb":
        notes.append(Note("file", f"took the notebook {taken!r}"))
    return Prepared(graft.notebook(), notes=_few([*notes, *graft.notes]))


def _why(path: Path, error: Unreadable | OSError) -> str:
    return f"{printable(path.name)}: {getattr(error, 'strerror', None) or error}"


def _few(notes: list[Note]) -> tuple[Note, ...]:
    """Every note once, and no more of them than a person would read."""
    once = list(dict.fromkeys(notes))
    if len(once) > MOST_NOTES:
        more = len(once) - MOST_NOTES
        once = [*once[:MOST_NOTES], Note("damaged", f"and {more} more like these")]
    return tuple(once)


def _nothing(
    master: NotebookNode, notebooks: list[SubmittedNotebook], problems: list[str]
) -> Prepared:
    empty = copy.deepcopy(master)
    if problems:
        return Prepared(empty, Status.UNREADABLE, "; ".join(problems))
    if notebooks:
        names = ", ".join(repr(notebook.name) for notebook in notebooks)
        reason = f"{names} has no cell of this lesson"
    else:
        reason = "there is no notebook in the folder"
    return Prepared(empty, Status.MISSING, reason)


@dataclass(frozen=True)
class _Fitting:
    """How well a notebook of the submission is one of this lesson."""

    notebook: SubmittedNotebook
    alignment: Alignment
    release: NotebookNode

    @property
    def found(self) -> int:
        """How many graded or answer cells it has."""
        cells = self.release.cells
        return sum(bool(grade_id(cells[m])) for m in self.alignment.claims)

    def rank(self, name: str) -> tuple:
        """Whether it has answers at all, then the right file name, then more answers."""
        answered = 0
        for m, claimed in self.alignment.claims.items():
            cell = self.release.cells[m]
            if is_solution(cell):
                sources = (self.notebook.cells[s].source for s in claimed)
                answered += any(not same(source, cell.source) for source in sources)
        is_named = self.notebook.name == f"{name}.ipynb"
        return answered > 0, is_named, answered, self.found
