"""What runs cells: a forked shell (fast) or a Jupyter kernel (kernel), behind one interface.

A session is what one submission runs in. It runs one cell at a time, fills the cell's
outputs while they come, and says how the cell ended; `execute.NotebookRun` decides what follows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from nbformat import NotebookNode

from autograder.grading.limits import OutputBudget


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

    `text` adds to what an end says by itself.
    """

    how: End
    usable: bool = True
    text: str = ""


class NoSession(RuntimeError):
    """No process could be started: no fault of the student's."""


class Session(Protocol):
    """Runs cells, one after the other."""

    def run(
        self, index: int, cell: NotebookNode, seconds: float, budget: OutputBudget
    ) -> CellEnd:
        """Run the cell for at most so many seconds; its outputs are left in it."""

    def forget(self) -> None:
        """Take away all names that cells have bound; others may run now."""

    def close(self) -> None:
        """End what runs cells, and all that these have started."""


FORGET = """
for _name in [*globals()]:
    if _name not in get_ipython().user_ns_hidden and not _name.startswith("__"):
        del globals()[_name]
"""

# Each ends the processes of one session that runs now, and may be called from any thread.
STOPS: set[Callable[[], None]] = set()


def end_sessions() -> None:
    """End what runs, at once; those who wait for it are told that it has died."""
    for stop in list(STOPS):
        stop()
