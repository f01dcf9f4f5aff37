"""What runs cells: a forked shell (fast) or a Jupyter kernel (kernel), behind one interface.

A session is one process of the learner's. It runs one cell at a time, fills the cell's
outputs while they come, and says how the cell ended; `run.NotebookRun` decides what follows.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from nbformat import NotebookNode

from autograder.grading.output_budget import OutputBudget


class End(Enum):
    """How a cell ended."""

    OK = auto()
    ERROR = auto()
    INTERRUPTED = auto()  # ran into its time limit
    STUCK = auto()  # ran into its time limit and could not be interrupted
    FLOODED = auto()  # wrote more than a notebook may
    DIED = auto()  # the process ended
    OUT_OF_MEMORY = auto()  # the process ended for want of memory


@dataclass(frozen=True)
class CellEnd:
    """How a cell ended. `usable`: whether the session can run another one.

    `changed` names what the learner's code had changed before it, and what was put back for
    it; `tampered` what it changed meanwhile; `text` adds to what an end says by itself; `forged` are the cells, this or earlier ones, whose end
    somebody else than the shell has told.
    """

    how: End
    usable: bool = True
    text: str = ""
    changed: tuple[str, ...] = ()
    tampered: tuple[str, ...] = ()
    forged: tuple[int, ...] = ()


class NoSession(RuntimeError):
    """No process could be started: no fault of the learner's."""


class Session(Protocol):
    """One process that runs cells."""

    layers: list[str]

    def run(
        self, index: int, cell: NotebookNode, seconds: float, budget: OutputBudget
    ) -> CellEnd:
        """Run the cell for at most so many seconds; its outputs are left in it."""

    def close(self) -> tuple[int, ...]:
        """End the process and all that it has started; returns what CellEnd.forged means."""
