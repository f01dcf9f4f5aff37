"""The cells of a lesson's notebook: read without trust, those that are graded, what became of them,
and which is to blame.

Where a check lacks a name, the cell that should bind it is to blame: one sentence for
`course check`, for the marks and for the report of a class.
"""

from __future__ import annotations

import hashlib
import json
import re
import symtable
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from course.kit import UsageError

if TYPE_CHECKING:  # `course check` starts a kernel before it imports nbformat
    from nbformat import NotebookNode

MANIFEST = Path(__file__).with_name("manifest.json")
DEMO = "demo"  # the tag
GET_IT_BACK = "copy it back from the release's notebook"

MESSAGE = re.compile(r"name '(\w+)' is not defined")


@dataclass(frozen=True)
class GradedCell:
    """One cell as it was released. `kind`: "task" (an answer), "check" or "question".

    `sha256` is that of the source with "\\n" newlines, None where the learner writes.
    """

    grade_id: str
    kind: str
    points: float = 0
    sha256: str | None = None


@dataclass(frozen=True)
class Task:
    """A check with the answer cells before it, or a written question (no answers)."""

    graded: GradedCell
    answers: tuple[GradedCell, ...] = ()

    @property
    def name(self) -> str:
        """The grade_id without "check_"."""
        return self.graded.grade_id.removeprefix("check_")

    @property
    def is_question(self) -> bool:
        return self.graded.kind == "question"


@dataclass(frozen=True)
class Damage:
    """A graded cell that is not as it was released. `status`: "missing" or "damaged"."""

    status: str
    message: str


def read_manifest(path: Path = MANIFEST) -> dict[str, list[GradedCell]]:
    """Lesson name -> its graded cells in order. Empty when there is no manifest."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {
            lesson: [
                GradedCell(
                    cell["grade_id"],
                    cell["kind"],
                    cell.get("points") or 0,
                    cell.get("sha256"),
                )
                for cell in entry["cells"]
            ]
            for lesson, entry in document["lessons"].items()
        }
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} is broken ({type(error).__name__}: {error}). "
            "Copy course/kit from the release again"
        ) from None


def read_notebook(path: Path) -> NotebookNode:
    """The notebook in the file, as format 4. Raises UsageError when it is none."""
    import nbformat

    data = path.read_bytes()
    if not data.strip(b"\0 \t\r\n"):
        raise UsageError(
            f"{path} is empty. Save the notebook in JupyterLab, take it from the "
            f"folder .ipynb_checkpoints beside it, or from the release"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a notebook: it is not text in UTF-8") from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(_not_json(path, text, error)) from None
    if not isinstance(document, dict) or "nbformat" not in document:
        raise UsageError(f"{path} is JSON, but not a notebook: it has no cells")
    try:
        return _checked(nbformat.convert(nbformat.reader.reads(text), 4))
    except (
        nbformat.ValidationError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
    ) as error:
        raise UsageError(
            f"{path} is not a notebook that can be read "
            f"({type(error).__name__}: {_short(error)}). Take it from the folder "
            ".ipynb_checkpoints beside it, or copy your answers into the release's one"
        ) from None


def _checked(notebook: NotebookNode) -> NotebookNode:
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type not in ("code", "markdown", "raw"):
            raise ValueError(f"cell {number} is of type {cell.cell_type!r}")
        if not isinstance(cell.source, str):
            raise TypeError(f"cell {number} has no text")
        if not isinstance(cell.get("metadata"), dict):
            cell.metadata = type(cell)()
    return notebook


def _not_json(path: Path, text: str, error: Exception) -> str:
    if "<<<<<<< " in text:
        return (
            f"{path} is not a notebook any more: it holds the marks of a merge "
            "conflict (<<<<<<<). Keep one of the two versions"
        )
    return (
        f"{path} is not a notebook: a notebook is JSON, and this is not ({error}). "
        "If it was one, the save was cut off: look in .ipynb_checkpoints beside it"
    )


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def lesson_of(
    path: Path, notebook: NotebookNode, manifest: dict[str, list[GradedCell]]
) -> str:
    """The lesson whose cells the notebook holds; its file name decides a tie.

    Without a manifest the file name is all there is. Raises UsageError when it is no
    lesson of this release.
    """
    if not manifest:
        return path.stem
    present = set(places(notebook))
    common = {
        lesson: len(present & {cell.grade_id for cell in cells})
        for lesson, cells in manifest.items()
    }
    best = max(common, key=lambda lesson: (common[lesson], lesson == path.stem))
    if common[best] > 0 or best == path.stem:
        return best
    raise UsageError(
        f"{path} is not a lesson of this release. It has: {', '.join(manifest)}"
    )


def cells_of(notebook: NotebookNode) -> list[GradedCell]:
    """The graded cells by the notebook's own metadata: for a course without manifest."""
    cells: dict[str, GradedCell] = {}
    for cell in notebook.cells:
        name, data = grade_id(cell), cell.metadata.get("nbgrader")
        if name is None or not (data.get("grade") or data.get("solution")):
            continue
        if not data.get("grade"):
            kind = "task"
        else:
            kind = "question" if data.get("solution") else "check"
        cells.setdefault(name, GradedCell(name, kind, data.get("points") or 0))
    return list(cells.values())


def tasks_of(cells: list[GradedCell]) -> list[Task]:
    """Group the graded cells: every check takes the answers since the last check."""
    tasks: list[Task] = []
    answers: list[GradedCell] = []
    for cell in cells:
        if cell.kind == "task":
            answers.append(cell)
        elif cell.kind == "check":
            tasks.append(Task(cell, tuple(answers)))
            answers = []
        elif cell.kind == "question":
            tasks.append(Task(cell))
    return tasks


def grade_id(cell: NotebookNode) -> str | None:
    """The name that nbgrader gave the cell, None for any other cell."""
    data = cell.metadata.get("nbgrader")
    name = data.get("grade_id") if isinstance(data, dict) else None
    return name if isinstance(name, str) and name else None


def is_demo(cell: NotebookNode) -> bool:
    """Whether grading leaves the cell out: it is tagged "demo", and is no graded cell."""
    tags = cell.metadata.get("tags")
    return isinstance(tags, list) and DEMO in tags and grade_id(cell) is None


def cell_name(cell: NotebookNode, index: int) -> str:
    """What to call a cell in a message: its grade_id, or its number and first line.

    `index` is its position in the notebook, from 0.
    """
    name = grade_id(cell)
    if name is not None:
        return name
    lines = cell.source.strip().split("\n")
    first = lines[0] if len(lines[0]) <= 40 else lines[0][:37] + "..."
    return f"{index + 1} ({first})"


def places(notebook: NotebookNode) -> dict[str, list[int]]:
    """grade_id -> the positions of the cells that carry it, counted from 0."""
    found = defaultdict(list)
    for index, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        if name is not None:
            found[name].append(index)
    return dict(found)


def damage(expected: GradedCell, notebook: NotebookNode) -> Damage | None:
    """What is wrong with the cell in this notebook, None if it is as released."""
    name = expected.grade_id
    positions = places(notebook).get(name, [])
    if not positions:
        return Damage("missing", f"the cell {name} was deleted: {GET_IT_BACK}")
    if len(positions) > 1:
        numbers = " and ".join(str(index + 1) for index in positions)
        return Damage(
            "damaged",
            f"cells {numbers} are both named {name} (copied or split): "
            "merge them, or delete the copy",
        )
    cell = notebook.cells[positions[0]]
    wanted_type = "markdown" if expected.kind == "question" else "code"
    if cell.cell_type != wanted_type:
        return Damage(
            "damaged",
            f"the cell {name} became a {cell.cell_type} cell: "
            f"turn it back into a {wanted_type} cell",
        )
    if expected.sha256 not in (None, digest(cell.source)):
        return Damage("damaged", f"the cell {name} was edited: {GET_IT_BACK}")
    return None


def digest(source: str) -> str:
    """sha256 of a cell's text as the manifest stores it: utf-8, "\\n" newlines."""
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


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
