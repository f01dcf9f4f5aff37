"""A stub that was left alone, while its answer stands in another cell.

Learners write several answers into one cell, or beside the cell that is meant for them. The
stub, run after such an answer, would replace it by a function that only raises.
"""

from collections.abc import Collection

from nbformat import NotebookNode
from nbgrader.utils import is_solution

from autograder.grading.align import DEFINED, defined_names, grade_id, is_written
from autograder.grading.executed import is_check
from autograder.grading.outcome import Note
from autograder.grading.submitted import CODE

INSTEAD = "# The answer stands in another cell."


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
    """What an answer, or a cell of the learner's own, may define; of others nothing."""
    is_own = str(cell.get("id", "")).startswith("own-")
    if cell.cell_type != CODE or not (is_solution(cell) or is_own):
        return set()
    return set(DEFINED.findall(cell.source))
