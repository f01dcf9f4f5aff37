"""What a case of abuse is: a submission, and what must become of it."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

NAME = "01_volumes"
RIGHT = {
    "area": "def area(height, width):\n    return height * width",
    "border": "def border(height, width):\n    return 2 * (height + width) + 4",
    "total": "def total(x):\n    H, W = x.shape\n    return x.sum() * area(H, W)",
}
WRONG = {
    "area": "def area(height, width):\n    return height + width",
    "border": "def border(height, width):\n    return 0",
    "total": "def total(x):\n    return 0.0",
}
TRIED, REACHED = "tried: ", "REACHED: "
# In front of an attack: it says what it tries, and whether it got there.
ATTEMPT = f'''\
def attempt(what, action):
    print("{TRIED}" + what, flush=True)
    try:
        got = action()
    except BaseException as error:
        print("held:", type(error).__name__, str(error)[:80])
    else:
        if got:
            print("{REACHED}" + what, repr(got)[:80])
'''


@dataclass(frozen=True)
class Case:
    """One submission. Nothing given but the name: all answers are right.

    `attack` runs in a cell of the learner's own after the answer `area`; {checkout},
    {classroom}, {port} and {secret} in it are filled in. `edit` changes the notebook,
    `raw` replaces its bytes, `files` and what `lay` makes are laid beside it. `mark` is of 3 points that need no
    person. `note`: a word that the notes of the outcome must have. `safe_without`: the attack
    reaches what it is after where isolation is off, and does no harm there.
    """

    name: str
    what: str
    mark: float = 3
    status: str = "graded"
    answers: Mapping[str, str] = field(default_factory=lambda: RIGHT)
    attack: str = ""
    edit: Callable[[NotebookNode], None] | None = None
    raw: Callable[[NotebookNode], bytes] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    lay: Callable[[Path], None] | None = None
    file_name: str | None = f"{NAME}.ipynb"
    student: str | None = None
    note: str = ""
    safe_without: bool = False
    seconds: float = 120  # most that it may take, generous

    def hand_in(
        self, folder: Path, released: NotebookNode, places: Mapping[str, str]
    ) -> None:
        """Write the submission into the learner's folder of the lesson."""
        folder.mkdir(parents=True)
        notebook = answered(released, self.answers)
        if self.attack:
            text = self.attack
            for name, value in places.items():
                text = text.replace("{" + name + "}", value)
            after = index_of(notebook, "area") + 1
            notebook.cells.insert(after, new_code_cell(ATTEMPT + text))
        if self.edit:
            self.edit(notebook)
        data = self.raw(notebook) if self.raw else as_bytes(notebook)
        if self.file_name:
            (folder / self.file_name).write_bytes(data)
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name, target in self.links.items():
            (folder / name).symlink_to(target.format(**places))
        if self.lay:
            self.lay(folder)


def answered(released: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """A copy of the released notebook with these answers, by grade_id."""
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        cell.source = answers.get(grade_id(cell), cell.source)
    return notebook


def as_bytes(notebook: NotebookNode) -> bytes:
    """As JSON, also where it is no valid notebook."""
    return json.dumps(notebook).encode("utf-8")


def grade_id(cell: Mapping) -> str:
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id", "")


def index_of(notebook: NotebookNode, name: str) -> int:
    return next(i for i, cell in enumerate(notebook.cells) if grade_id(cell) == name)


def checks(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that give marks without a person."""
    return [cell for cell in notebook.cells if grade_id(cell).startswith("check_")]
