"""Run a prepared notebook: the only place where a learner's code runs.

A pure function of the notebook, the support files and the limits. No database, no class
folder and no other submission is in its reach.
"""

import contextlib
import copy
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.grading.executed import Executed
from autograder.grading.executors import NoSession, Session
from autograder.grading.executors.run import NotebookRun
from autograder.grading.limits import Limits
from autograder.grading.outcome import Note, Status
from autograder.grading.support import Support
from course.kit.refusal import Refusal

EXECUTORS = ("fast", "kernel")
ISOLATIONS = ("strict", "best-effort", "off")
CAN_FORK = sys.platform.startswith("linux")  # a fork is not safe on macOS

__all__ = ["Executed", "How", "Limits", "execute"]


@dataclass(frozen=True)
class How:
    """What runs the cells, and behind which walls. `run_demos`: also cells tagged `demo`."""

    executor: str = "fast"
    isolation: str = "best-effort"
    run_demos: bool = False

    def __post_init__(self) -> None:
        for given, known, what in (
            (self.executor, EXECUTORS, "executor"),
            (self.isolation, ISOLATIONS, "isolation"),
        ):
            if given not in known:
                raise Refusal(
                    f"the {what} {given!r} was asked for. Choose from: {', '.join(known)}"
                )


DEFAULT = How()
TRIES = 2  # to start a process, before it counts as a fault of the machine


def execute(
    notebook: NotebookNode, support: Support, limits: Limits, *, how: How = DEFAULT
) -> Executed:
    """Run the code cells in order in a fresh process; never raises for what they do.

    The working folder is empty and goes away. Demos are left out unless asked for. A cell
    that runs into its limit is interrupted and the next one runs. Where that fails, and
    where the process dies, finished cells keep their outputs and a fresh process runs the
    rest once. Every check that did not run gets an error. Where nothing can be started the
    status is `infra_error`. Raises Refusal where strict isolation cannot be had.
    """
    started = time.monotonic()
    for _ in range(TRIES):
        executed = Executed(copy.deepcopy(notebook))
        try:
            with sessions(support, limits, how, executed.notes) as open_session:
                run = NotebookRun(
                    executed, limits, open_session, run_demos=how.run_demos
                )
                run.run()
            break
        except NoSession as error:
            executed = Executed(copy.deepcopy(notebook), notes=executed.notes)
            executed.ran = [None] * len(notebook.cells)
            executed.end(Status.INFRA_ERROR, str(error))
    executed.seconds = time.monotonic() - started
    return executed


@contextlib.contextmanager
def sessions(
    support: Support, limits: Limits, how: How, notes: list[Note]
) -> Iterator[Callable[[], Session]]:
    """What opens a process for a notebook, as often as one is needed, one at a time.

    Where another executor than the one asked for has to be taken, a note says so. Raises
    NoSession, and Refusal where strict isolation cannot be had.
    """
    if how.executor == "fast" and not CAN_FORK:
        text = "this system cannot fork; a Jupyter kernel ran the cells"
        notes.append(Note("executor", text))
    elif how.executor == "fast":
        from autograder.grading.executors.fast import fast_sessions

        with fast_sessions(support, limits, how.isolation) as open_session:
            yield open_session
        return
    from autograder.grading.executors.kernel import KernelSession

    yield lambda: KernelSession(support, limits, how.isolation)
