"""Find out which submitted cell is which cell of the master notebook.

And which stub was left alone while its answer stands in another cell: students write several
answers into one cell, or beside the cell that is meant for them. The stub, run after such an
answer, would replace it by a function that only raises.
"""

import ast
import re
import time
import warnings
from collections import defaultdict, deque
from collections.abc import Collection
from dataclasses import dataclass
from difflib import SequenceMatcher

from nbformat import NotebookNode

from autograder.grading.cells import is_check, is_grade, is_own, is_solution
from autograder.grading.outcome import Note
from autograder.grading.submitted import CODE, SubmittedCell

SUBMISSION = "<submission>"
# What the parser finds doubtful in a student's code is not for the terminal of the grader.
warnings.filterwarnings("ignore", module=SUBMISSION)
DEFINED = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
SIMILAR = 0.6  # share of equal text that makes an edited copy
SAME_ID = 0.3  # what an equal cell id adds to it
MOST_COMPARED = 200  # cells; a notebook with more strangers than that is no honest work
LONGEST_COMPARED = 2_000  # characters
LONGEST_PARSED = 100_000  # characters; the parser takes 100 times the memory of a cell
# Processor time for likeness. Honest work takes milliseconds; shuffled copies of every
# cell, which are alike and yet never equal, would take hours.
MOST_SECONDS = 5.0
INSTEAD = "# The answer stands in another cell."


@dataclass(frozen=True)
class Alignment:
    """`claims[m]`: the submitted cells that are, or pretend to be, cell m of the master.

    `owner[s]`: the master cell that submitted cell s belongs to, None for an own cell of
    the student. `guessed`: master cells with a grade_id that were found without it.
    """

    claims: dict[int, list[int]]
    owner: list[int | None]
    guessed: frozenset[int]


def grade_id(cell: NotebookNode) -> str:
    """The name nbgrader knows a master cell by; "" for a cell it ignores."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def is_written(cell: NotebookNode) -> bool:
    """Whether a master cell is an answer in words, for a person to mark."""
    return is_grade(cell) and is_solution(cell)


def defined_names(source: str) -> set[str]:
    """The functions and classes that a cell defines, even one that does not parse."""
    if len(source) > LONGEST_PARSED:
        return set(DEFINED.findall(source))
    try:
        body = ast.parse(source, SUBMISSION).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(DEFINED.findall(source))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in body if isinstance(node, kinds)}


def align(release: NotebookNode, cells: tuple[SubmittedCell, ...]) -> Alignment:
    """Pair by grade_id, then equal text, defined names, similar text, and place.

    `release` is the master as students got it.
    """
    search = _Search(release.cells, cells)
    search.by_grade_id()
    search.by_equal_text()
    search.by_defined_names()
    if search.is_this_lesson():
        search.by_similar_text()
        search.by_place()
    return Alignment(dict(search.claims), search.owner, frozenset(search.guessed))


class _Search:
    def __init__(self, wanted: list[NotebookNode], cells: tuple[SubmittedCell, ...]):
        self.wanted = wanted
        self.cells = cells
        self.claims: dict[int, list[int]] = defaultdict(list)
        self.owner: list[int | None] = [None] * len(cells)
        self.guessed: set[int] = set()

    def pair(self, m: int, s: int) -> None:
        name = grade_id(self.wanted[m])
        if name and not self.claims[m] and self.cells[s].grade_id != name:
            self.guessed.add(m)
        self.claims[m].append(s)
        self.owner[s] = m

    def is_this_lesson(self) -> bool:
        """Whether anything graded was found, so that likeness is no accident."""
        return any(grade_id(self.wanted[m]) for m in self.claims)

    def missing(self) -> list[int]:
        return [m for m in range(len(self.wanted)) if not self.claims.get(m)]

    def strangers(self) -> list[int]:
        return [s for s, owner in enumerate(self.owner) if owner is None]

    def by_grade_id(self) -> None:
        index = {grade_id(cell): m for m, cell in enumerate(self.wanted)}
        index.pop("", None)
        for s, cell in enumerate(self.cells):
            if cell.grade_id in index:
                self.pair(index[cell.grade_id], s)

    def by_equal_text(self) -> None:
        places: dict[str, deque[int]] = defaultdict(deque)
        for m, cell in enumerate(self.wanted):
            if not is_written(cell):  # every unanswered question has the same text
                places[_normal(cell.source)].append(m)
        for s in self.strangers():
            queue = places.get(_normal(self.cells[s].source))
            while queue:
                m = queue[0]
                if not self.claims.get(m):
                    self.pair(m, s)
                    break
                if len(queue) == 1 and grade_id(self.wanted[m]):
                    self.pair(m, s)  # a copy of a check: not a cell of their own
                    break
                queue.popleft()

    def by_defined_names(self) -> None:
        for m in self.missing():
            cell = self.wanted[m]
            names = defined_names(cell.source)
            if not is_solution(cell) or is_written(cell) or not names:
                continue
            for s in self.strangers()[:MOST_COMPARED]:
                if names <= defined_names(self.cells[s].source):
                    self.pair(m, s)

    def by_similar_text(self) -> None:
        started = time.thread_time()
        for m in self.missing():
            cell = self.wanted[m]
            if is_written(cell) or not cell.source.strip():
                continue
            best, best_score = None, SIMILAR
            for s in self.strangers()[:MOST_COMPARED]:
                if time.thread_time() - started > MOST_SECONDS:
                    return
                score = _similarity(cell, self.cells[s], best_score)
                if score > best_score:
                    best, best_score = s, score
            if best is not None:
                self.pair(m, best)

    def by_place(self) -> None:
        """A written answer is the student's own text right after the cell before it."""
        for m in self.missing():
            if not is_written(self.wanted[m]) or m == 0:
                continue
            before = self.claims.get(m - 1)
            after = before[-1] + 1 if before else len(self.cells)
            is_free = after < len(self.cells) and self.owner[after] is None
            if is_free and self.cells[after].kind != CODE:
                self.pair(m, after)


def _normal(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().split("\n"))


def _similarity(wanted: NotebookNode, cell: SubmittedCell, floor: float) -> float:
    if wanted.cell_type != cell.kind and not grade_id(wanted):
        return 0.0
    bonus = SAME_ID if cell.cell_id and cell.cell_id == wanted.get("id") else 0.0
    matcher = SequenceMatcher(
        None,
        wanted.source[:LONGEST_COMPARED],
        cell.source[:LONGEST_COMPARED],
        autojunk=False,
    )
    if matcher.quick_ratio() + bonus <= floor:
        return 0.0
    return matcher.ratio() + bonus


def give_way(cells: list[NotebookNode], stubs: Collection[str]) -> list[Note]:
    """Let the stubs (by grade_id) make room for answers in other cells; changes `cells`.

    Where all such cells come after the next check, the last of them takes the stub's place.
    One between the stub and the check replaces the function without our help.
    """
    notes = []
    named = [_names(cell) if stubs else set() for cell in cells]
    for name in stubs:
        place = next(i for i, cell in enumerate(cells) if grade_id(cell) == name)
        stub = cells[place]
        wanted = defined_names(stub.source)
        if is_written(stub) or not wanted:
            continue
        found = [
            i
            for i, cell in enumerate(cells)
            if i != place
            and wanted <= named[i]
            and wanted <= defined_names(cell.source)
        ]
        checks = (i for i in range(place, len(cells)) if is_check(cells[i]))
        check = next(checks, len(cells))
        if not found or any(place < i < check for i in found):
            continue
        last = cells[found[-1]]
        if found[0] < place:
            stub.source = INSTEAD
        elif not is_solution(last):
            stub.source, last.source = last.source, INSTEAD
        else:
            continue
        text = "the stub was left as it was; the answer stood in another cell"
        notes.append(Note("realigned", text, name))
    return notes


def _names(cell: NotebookNode) -> set[str]:
    """What an answer, or a cell of the student's own, may define; of others nothing."""
    if cell.cell_type != CODE or not (is_solution(cell) or is_own(cell)):
        return set()
    return set(DEFINED.findall(cell.source))
