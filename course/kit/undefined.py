"""Why a name is not defined where a check needs it: the cell that should bind it is to blame.

One sentence for `course check`, for the marks and for the report of a class.
"""

import re
import symtable
from collections.abc import Sequence
from dataclasses import dataclass

MESSAGE = re.compile(r"name '(\w+)' is not defined")


@dataclass(frozen=True)
class Ran:
    """One code cell: its name, its source, and how it ended.

    `stopped` is the error that it ended with, "" where it ended well. `is_demo`: it was left
    out, as grading leaves it out.
    """

    name: str
    source: str
    stopped: str = ""
    is_demo: bool = False


@dataclass(frozen=True)
class Cause:
    """Which of the cells is to blame, and a sentence that says so."""

    index: int
    text: str


def undefined_name(error: str, message: str, told: str = "") -> str:
    """The name behind a NameError; "" for other errors. `told` is what a check says of it."""
    found = MESSAGE.search(message) if error == "NameError" else None
    return told or (found[1] if found else "")


def cause_of(
    name: str, before: Sequence[Ran], after: Sequence[Ran] = ()
) -> Cause | None:
    """Why there is no such name after the cells `before`; None where no cell is to blame."""
    binding = [index for index, cell in enumerate(before) if _binds(cell.source, name)]
    for index in reversed(binding):
        if before[index].stopped:
            return Cause(index, _because(name, before[index]))
    for index in reversed(binding):
        if before[index].is_demo:
            text = (
                f"{name} is only bound in the cell {before[index].name}, which is tagged "
                "demo: such cells do not run when your work is graded. Bind it in your answer"
            )
            return Cause(index, text)
    for index, cell in enumerate(after, len(before)):
        if _binds(cell.source, name):
            text = f"{name} is only bound further down, in the cell {cell.name}"
            return Cause(index, text)
    for index, cell in enumerate(before):
        if cell.stopped and re.search(rf"\b{name}\b", cell.source):
            return Cause(index, _because(name, cell))
    return None


def _because(name: str, cell: Ran) -> str:
    stopped = cell.stopped.split("\n")[0]
    return f"{name} is missing, because the cell {cell.name} stopped: {stopped}"


def _binds(source: str, name: str) -> bool:
    """Whether running the cell binds the name, as far as it can be read."""
    lines = source.split("\n")
    plain = "\n".join(
        line for line in lines if not line.lstrip().startswith(("%", "!"))
    )
    try:
        symbols = symtable.symtable(plain, "<cell>", "exec").get_symbols()
    except (SyntaxError, ValueError, RecursionError):
        found = rf"^\s*(?:(?:async\s+)?def|class)\s+{name}\b|^\s*{name}\s*="
        return re.search(found, plain, re.MULTILINE) is not None
    names = {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
    return name in names
