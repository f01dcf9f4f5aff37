"""Rebuild a submission: the master notebook with the student's answers and own cells in it.

Trusted code that runs nothing of the student's. Nothing of the submission survives but the
text of answer cells and of the student's own cells: no metadata, no tags, no outputs, and no
edited check.
"""

import contextlib
import copy
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.grading.align import (
    Alignment,
    align,
    defined_names,
    give_way,
    grade_id,
    is_written,
)
from autograder.grading.cells import OWN, is_demo, is_grade, is_solution
from autograder.grading.outcome import Note, Status, Work
from autograder.grading.register import History
from autograder.grading.submitted import (
    CODE,
    NO_NOTEBOOK,
    TEXT,
    TIMESTAMP,
    SubmittedCell,
    SubmittedNotebook,
    Unreadable,
    files_below,
    notebook_files,
    printable,
    read_notebook,
    read_start,
)
from autograder.lessons.source import DANGEROUS_TAGS
from autograder.lessons.versions import released

PREFER = {  # which of several notebooks counts, and what is said of it
    "answers": "it has the most answers",
    "name": "it has the lesson's name",
    "newest": "it was changed last",
}
MOST_NOTES = 100
MOST_NOTEBOOKS = 20  # in one submission
MOST_NAMED = 5  # files that were handed in instead of a notebook
LONGEST_LIST = 10_000  # bytes
MOST_OWN_CELLS = 500
MOST_COPIES = 50  # of one answer cell, that are looked at


def prepare(
    folder: Path,
    master: NotebookNode,
    name: str,
    release: NotebookNode | None = None,
    history: History | None = None,
    prefer: str = "answers",
) -> Work:
    """The student's work in `folder`, grafted on `master`; `name` is the lesson's.

    Its status is `graded` where there is something to execute.

    The notebook is found by its content: it may be renamed or copied ("01_volumes (1).ipynb").
    `release` is released(master), for who prepares many; it is not changed. `history`: what
    was released before is no work of the student's, and no tampering. Of several notebooks
    `prefer` (one of PREFER) says which counts.
    """
    release = release or released(master)
    history = (history or History()).with_version(release)
    notebooks, problems = [], []
    paths = notebook_files(
        folder, lambda error: problems.append(_why(Path(error.filename or "."), error))
    )
    paths.sort(key=lambda path: path.name != f"{name}.ipynb")
    for path in paths[:MOST_NOTEBOOKS]:
        try:
            notebooks.append((read_notebook(path), path.stat().st_mtime))
        except (Unreadable, OSError) as error:
            problems.append(_why(path, error))
    fitting = [
        _Fitting(notebook, align(release, notebook.cells), release, history, modified)
        for notebook, modified in notebooks
    ]
    fitting = [fit for fit in fitting if fit.found]
    if not fitting:
        names = [notebook for notebook, _ in notebooks]
        return _nothing(folder, master, names, problems)
    best = max(fitting, key=lambda fit: fit.rank(name, prefer))
    graft = Graft(master, release, best.notebook, best.alignment, history)
    notes = list(best.notebook.notes)
    count, taken = len(paths), best.notebook.name
    if count > 1:
        why = PREFER[prefer if prefer != "name" or best.is_named(name) else "answers"]
        text = f"{count} notebooks were handed in, took {taken!r}: {why}"
        notes.append(Note("file", text))
    elif taken != f"{name}.ipynb":
        notes.append(Note("file", f"took the notebook {taken!r}"))
    return Work(graft.notebook(), notes=_few([*notes, *graft.notes]))


def _why(path: Path, error: Unreadable | OSError) -> str:
    return f"{printable(path.name)}: {getattr(error, 'strerror', None) or error}"


def _few(notes: list[Note]) -> list[Note]:
    """Every note once, and no more of them than a person would read."""
    once = list(dict.fromkeys(notes))
    if len(once) > MOST_NOTES:
        more = len(once) - MOST_NOTES
        once = [*once[:MOST_NOTES], Note("damaged", f"and {more} more like these")]
    return once


def _nothing(
    folder: Path,
    master: NotebookNode,
    notebooks: list[SubmittedNotebook],
    problems: list[str],
) -> Work:
    empty = copy.deepcopy(master)
    if problems:
        return Work(empty, Status.UNREADABLE, "; ".join(problems))
    if notebooks:
        names = ", ".join(repr(notebook.name) for notebook in notebooks)
        reason = f"{names} has no cell of this lesson"
    else:
        reason = f"there is no notebook in the folder{_what_else(folder)}"
    return Work(empty, Status.MISSING, reason)


def _what_else(folder: Path) -> str:
    """The files that were handed in instead of a notebook, as collect or the folder names them."""
    names = [printable(path.name) for path, _ in files_below(folder)]
    with contextlib.suppress(OSError):
        left = read_start(folder / NO_NOTEBOOK, LONGEST_LIST).decode("utf-8", "replace")
        names = left.splitlines()
    names = [name for name in names if name not in (TIMESTAMP, NO_NOTEBOOK)]
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f", only {', '.join(names[:MOST_NAMED])}{more}"


@dataclass(frozen=True)
class _Fitting:
    """How well a notebook of the submission is one of this lesson."""

    notebook: SubmittedNotebook
    alignment: Alignment
    release: NotebookNode
    history: History
    modified: float  # seconds, of the file

    @property
    def found(self) -> int:
        """How many graded or answer cells it has."""
        cells = self.release.cells
        return sum(bool(grade_id(cells[m])) for m in self.alignment.claims)

    def is_named(self, name: str) -> bool:
        return self.notebook.name == f"{name}.ipynb"

    def rank(self, name: str, prefer: str) -> tuple:
        """What is preferred first, then how many answers it has, then the right file name."""
        answered = 0
        for m, claimed in self.alignment.claims.items():
            cell = self.release.cells[m]
            if is_solution(cell):
                sources = (self.notebook.cells[s].source for s in claimed)
                answered += any(
                    source.strip() and not self.history.gave(grade_id(cell), source)
                    for source in sources
                )
        is_named = self.is_named(name)
        first = {"answers": answered, "name": is_named, "newest": self.modified}
        return first[prefer], answered, is_named, self.found


class Graft:
    """Builds the notebook to execute and notes what was not as it was released."""

    def __init__(
        self,
        master: NotebookNode,
        release: NotebookNode,
        submission: SubmittedNotebook,
        alignment: Alignment,
        history: History,
    ):
        self.master = copy.deepcopy(master)
        self.release = release
        self.cells = submission.cells
        self.alignment = alignment
        self.history = history
        self.notes: list[Note] = []
        self.own: dict[int, list[int]] = defaultdict(list)

    def notebook(self) -> NotebookNode:
        for m, cell in enumerate(self.master.cells):
            claimed = self.alignment.claims.get(m, [])
            if is_solution(cell):
                self._answer(m, cell, claimed)
            elif grade_id(cell):
                self._locked(m, cell, claimed)
            else:
                self._plain(m, cell, claimed)
        self._order()
        self._strangers()
        for m, cell in enumerate(self.master.cells):
            if is_solution(cell) and is_written(cell):
                self._written_beside(m, cell)
        self._limit_own_cells()
        stubs = [
            grade_id(cell)
            for cell, stub in zip(self.master.cells, self.release.cells, strict=True)
            if is_solution(cell) and same(cell.source, stub.source)
        ]
        cells = self._own_cells(-1)
        for m, cell in enumerate(self.master.cells):
            cells += [cell, *self._own_cells(m)]
        self.notes += give_way(cells, stubs)
        self.master.cells = cells
        return self.master

    def _note(self, kind: str, text: str, m: int) -> None:
        self.notes.append(Note(kind, text, grade_id(self.master.cells[m])))

    def _as_given(self, m: int, s: int) -> bool:
        """Whether the submitted cell says what cell m said in a version that was released."""
        return self.history.gave(grade_id(self.master.cells[m]), self.cells[s].source)

    def _answer(self, m: int, cell: NotebookNode, claimed: list[int]) -> None:
        stub = self.release.cells[m].source
        if not claimed:
            if self.history.always_had(grade_id(cell)):
                self._note("missing", "the answer cell was deleted", m)
            return
        if len(claimed) > MOST_COPIES:
            text = (
                f"of {len(claimed)} cells with this name the last {MOST_COPIES} count"
            )
            self._note("damaged", text, m)
            claimed = claimed[-MOST_COPIES:]
        answers = [s for s in claimed if not self._as_given(m, s)]
        answers = [s for s in answers if self.cells[s].source.strip()]
        names = defined_names(stub)
        defining = [s for s in answers if names <= defined_names(self.cells[s].source)]
        chosen = (defining or answers or claimed)[-1]
        if answers:
            cell.source = self.cells[chosen].source
        if is_written(cell) and self.cells[chosen].attachments:
            cell.attachments = self.cells[chosen].attachments
        if len(claimed) > 1:
            text = f"{len(claimed)} cells have this name; took the one that answers it"
            self._note("duplicated", text, m)
        self.own[m] += [
            s for s in answers if not same(self.cells[s].source, cell.source)
        ]
        self._metadata(m, claimed)

    def _locked(self, m: int, cell: NotebookNode, claimed: list[int]) -> None:
        what = "check" if is_grade(cell) else "locked cell"
        if not claimed:
            if self.history.always_had(grade_id(cell)):
                self._note("missing", f"the {what} was deleted; put back", m)
            return
        named = [s for s in claimed if self.cells[s].grade_id == grade_id(cell)]
        if len(named) > 1:
            self._note("duplicated", f"the {what} was copied; ran once", m)
        first = (named or claimed)[0]
        if not self._as_given(m, first):
            self._note("edited", f"the {what} was edited; the original ran", m)
        self._metadata(m, claimed)

    def _plain(self, m: int, cell: NotebookNode, claimed: list[int]) -> None:
        """An edited copy runs after the original, unless it only shows something."""
        if is_demo(cell):
            return
        self.own[m] += [s for s in claimed if not self._as_given(m, s)]

    def _metadata(self, m: int, claimed: list[int]) -> None:
        cell = self.master.cells[m]
        if m in self.alignment.guessed:
            self._note("realigned", "found by its text, its metadata was gone", m)
        for s in claimed:
            submitted = self.cells[s]
            name = grade_id(cell)
            if submitted.kind not in self.history.kinds(name):
                text = f"was turned into a {submitted.kind or 'nameless'} cell"
                self._note("retyped", text, m)
            tags = sorted(DANGEROUS_TAGS & set(submitted.tags))
            if tags:
                self._note("tagged", f"the tag {', '.join(tags)} has no effect", m)
            changed = [
                mark
                for mark, on in submitted.nbgrader
                if not self.history.had_mark(name, mark, on)
            ]
            if changed:
                text = f"its {', '.join(changed)} was changed in nbgrader's metadata"
                self._note("metadata", text, m)
            if submitted.points not in {None, *self.history.points(name)}:
                text = f"its points were changed to {str(submitted.points)[:40]}"
                self._note("metadata", text, m)

    def _order(self) -> None:
        claims = self.alignment.claims
        named = [m for m in sorted(claims) if grade_id(self.master.cells[m])]
        firsts = [claims[m][0] for m in named]
        names = [grade_id(self.master.cells[m]) for m in named]
        as_submitted = [name for _, name in sorted(zip(firsts, names, strict=True))]
        if firsts != sorted(firsts) and not self.history.had_order(as_submitted):
            text = "the cells were in another order; ran in the original one"
            self.notes.append(Note("reordered", text))

    def _strangers(self) -> None:
        """The student's own cells, each after the master cell that precedes it."""
        anchor = -1
        for s, cell in enumerate(self.cells):
            owner = self.alignment.owner[s]
            if owner is not None:
                anchor = owner
            elif self.history.gave_elsewhere(cell):
                continue  # a task that the lesson no longer has, left as it was
            elif cell.source.strip() and cell.kind in (CODE, TEXT):
                self.own[anchor].append(s)

    def _limit_own_cells(self) -> None:
        own = sorted(s for cells in self.own.values() for s in cells)
        if len(own) <= MOST_OWN_CELLS:
            return
        kept = set(own[:MOST_OWN_CELLS])
        self.own = defaultdict(
            list, {m: [s for s in cells if s in kept] for m, cells in self.own.items()}
        )
        text = f"{len(own)} own cells, of which {MOST_OWN_CELLS} were kept"
        self.notes.append(Note("damaged", text))

    def _written_beside(self, m: int, cell: NotebookNode) -> None:
        """An answer in a cell of its own, around a stub left alone, is the answer."""
        stub = self.release.cells[m].source
        if not same(cell.source, stub):
            return
        beside = sorted(
            s for at in (m - 1, m) for s in self.own[at] if self.cells[s].kind == TEXT
        )
        if beside:
            texts = [self.cells[s].source for s in beside]
            cell.source = "\n\n".join([stub, *texts])
            text = "the answer stood in a cell of its own; put into the answer cell"
            self._note("realigned", text, m)

    def _own_cells(self, m: int) -> list[NotebookNode]:
        return [_own_cell(s, self.cells[s]) for s in sorted(self.own[m])]


def _own_cell(s: int, cell: SubmittedCell) -> NotebookNode:
    if cell.kind == CODE:
        made = new_code_cell(cell.source)
    else:
        made = new_markdown_cell(cell.source)
        if cell.attachments:
            made.attachments = cell.attachments
    made["id"] = f"{OWN}{s:04d}"
    return made


def same(one: str, other: str) -> bool:
    return one.split() == other.split()
