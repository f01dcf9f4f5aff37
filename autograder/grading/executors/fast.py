"""The trusted side of the forked shells: sends one cell at a time and watches the clock.

The student's cells and the given ones go to the shell of the answers, checks to that of the
checks, which asks the other one; the source of a check goes nowhere else.
"""

import atexit
import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.grading.cells import OWN, is_check, is_own, is_solution
from autograder.grading.executors import FORGET, STOPS, CellEnd, End, NoSession
from autograder.grading.executors.messages import (
    BadMessage,
    Broken,
    Channel,
    Outputs,
    receive_any,
)
from autograder.grading.limits import Limits, OutputBudget
from autograder.grading.sandbox import SandboxError, WarmParent, probe
from autograder.lessons.course_files import Support

OUT_OF_MEMORY = 86  # the exit code of a shell that has no memory left
READY_SECONDS = 60
END_SECONDS = 5  # to end by itself
ANSWER_SECONDS = (
    60  # for what is done at once on an idle machine: to be killed, to read
)
LATE_SIGNAL = 0.05  # seconds after which an interrupt cannot hit the next cell
REQUESTS = ("interrupt", "measure")  # of the checks' process
LEAST_IDLE = 2  # may wait; each holds about 100 MB, most of it shared with its children
_idle: list[tuple[tuple, WarmParent]] = []
_in_use = 0
_most_in_use = LEAST_IDLE  # at once, so far: so many may wait
_lock = threading.Lock()


@contextlib.contextmanager
def fast_sessions(
    support: Support, limits: Limits, isolation: str
) -> Iterator[Callable[[], "FastSession"]]:
    """Opens children of one warm parent, one after the other, for one submission."""
    outputs = Outputs()
    try:
        with warm_parent(support, limits, isolation) as warm:
            yield lambda: FastSession(warm, limits, outputs)
    except SandboxError as error:
        raise NoSession(f"no shell started: {error}") from error


class FastSession:
    """Two children of a warm parent. Raises NoSession when they do not come up."""

    def __init__(
        self, warm: WarmParent, limits: Limits, outputs: Outputs | None = None
    ) -> None:
        self.limits = limits
        self.outputs = outputs or Outputs()
        try:
            self._child = warm.spawn(2)
            self.answers, self.checks = map(Channel, self._child.sockets)
            deadline = time.monotonic() + READY_SECONDS
            for channel in (self.answers, self.checks):
                channel.receive(deadline)  # that it is ready
        except (SandboxError, OSError) as error:  # TimeoutError and Broken are OSErrors
            raise NoSession(
                f"no shell started: {error or type(error).__name__}"
            ) from error
        self._alive = True
        self._count = 0

    def run(
        self, index: int, cell: NotebookNode, seconds: float, budget: OutputBudget
    ) -> CellEnd:
        """Run the cell for at most so many seconds; its outputs are left in it."""
        self._count += 1
        cell.execution_count = self._count
        self.outputs.begin(cell, budget)
        deadline = time.monotonic() + seconds
        one = _Cell(self, index, budget, deadline)
        try:
            end = one.run(cell, self._count)
            if not (is_check(cell) or is_solution(cell) or is_own(cell)):
                ran = end.how in (End.OK, End.ERROR)
                given = {"type": "given", "source": cell.source, "ran": ran}
                if end.usable:
                    self.checks.send(given, time.monotonic() + ANSWER_SECONDS)
        except (Broken, TimeoutError) as error:
            end = self._death(str(error))
        except BadMessage as error:
            self._kill()
            end = CellEnd(End.DIED, usable=False, text=str(error))
        self.outputs.end()
        return end

    def forget(self) -> None:
        """Take away all names that cells have bound."""
        cell = new_code_cell(FORGET)
        cell.id = OWN + cell.id
        self.run(0, cell, END_SECONDS, OutputBudget(0))
        self.checks.send({"type": "forget"}, time.monotonic() + ANSWER_SECONDS)

    def close(self) -> None:
        """Let the children end, and see that they do."""
        if self._alive:
            try:
                deadline = time.monotonic() + END_SECONDS
                for channel in (self.answers, self.checks):
                    with contextlib.suppress(Broken):
                        channel.send({"type": "end"}, deadline)
                self._child.wait(END_SECONDS)
                self._alive = False
            except TimeoutError:
                self._kill()
        for channel in (self.answers, self.checks):
            channel.close()

    def _kill(self) -> None:
        if self._alive:
            self._alive = False
            self._child.kill()
            self._child.wait(ANSWER_SECONDS)  # a limit of 5 s here cost what was done

    def _death(self, text: str) -> CellEnd:
        """A child has gone, or talks nonsense: find out what it died of."""
        try:
            code = self._child.wait(END_SECONDS)
            self._alive = False
        except TimeoutError:
            self._kill()
            return CellEnd(End.DIED, usable=False, text=text)
        if code == OUT_OF_MEMORY or self._child.too_much_memory:
            return CellEnd(End.OUT_OF_MEMORY, usable=False)
        text = f"signal {-code}" if code < 0 else f"exit code {code}"
        return CellEnd(End.DIED, usable=False, text=text)


class _Cell:
    """One cell on its way through the child that runs it.

    While a check runs, the answers' child may show something, too: it says so itself.
    """

    def __init__(
        self,
        session: FastSession,
        index: int,
        budget: OutputBudget,
        deadline: float,
    ) -> None:
        self.session = session
        self.index = index
        self.budget = budget
        self.deadline = deadline
        self.stopped: End | None = None

    def run(self, cell: NotebookNode, count: int) -> CellEnd:
        session = self.session
        channels = [session.answers, *([session.checks] if is_check(cell) else [])]
        message = {"type": "cell", "index": self.index, "count": count}
        try:
            channels[-1].send(message | {"source": cell.source}, self.deadline)
        except TimeoutError:
            session._kill()
            return CellEnd(End.STUCK, usable=False)
        while True:
            before = sum(each.received for each in channels)
            try:
                channel, answer = receive_any(channels, self.deadline)
            except TimeoutError:
                if self.stopped is not None:
                    session._kill()
                    how = End.STUCK if self.stopped is End.INTERRUPTED else self.stopped
                    return CellEnd(how, usable=False)
                self._stop(End.INTERRUPTED)
                continue
            finally:
                self.budget.count(sum(each.received for each in channels) - before)
            if answer.get("index") == self.index:  # else late output of a thread
                if channel is channels[-1] and answer["type"] == "done":
                    return self._end(answer)
                if channel is session.checks and answer["type"] in REQUESTS:
                    self._serve_checks(answer)
                else:
                    self._take(answer)
            if self.budget.is_flooded and self.stopped is None:
                self._stop(End.FLOODED)

    def _end(self, done: dict) -> CellEnd:
        went_well = done.get("status") == "ok"
        if "lost" in done:
            self.session._kill()
            how = self.stopped or End.DIED
            return CellEnd(how, usable=False, text=_one_line(done["lost"]))
        if self.stopped is not None:
            time.sleep(LATE_SIGNAL)
        if self.stopped is End.FLOODED or (self.stopped and not went_well):
            return CellEnd(self.stopped)
        error = done.get("error")
        text = ": ".join(map(_one_line, error)) if isinstance(error, list) else ""
        return CellEnd(End.OK if went_well else End.ERROR, text=text)

    def _stop(self, why: End) -> None:
        self.stopped = why
        self.deadline = time.monotonic() + self.session.limits.grace_seconds
        self.session._child.interrupt()

    def _serve_checks(self, message: dict) -> None:
        """What the checks' process cannot do itself: no process but its own is in its reach."""
        child = self.session._child
        if message["type"] == "interrupt":
            child.interrupt(to="answers")
            return
        grown = child.measure(message.get("begin") is True, ANSWER_SECONDS)
        self.session.checks.send({"type": "measured", "bytes": grown}, self.deadline)

    def _take(self, message: dict) -> None:
        kind = message["type"]
        if kind not in ("output", "update", "clear"):
            raise BadMessage(f"a message of the type {kind[:20]!r}")
        self.session.outputs.take(message)


def _one_line(text: object) -> str:
    clean = str(text).encode("utf-8", "replace").decode("utf-8")
    return " ".join(clean.split())[:200]


@contextlib.contextmanager
def warm_parent(
    support: Support, limits: Limits, isolation: str
) -> Iterator[WarmParent]:
    """A warm parent for one submission; it goes back where nothing went wrong with it.

    Raises SandboxError where none can be started, UsageError where strict isolation cannot
    be had.
    """
    key = (support.digest, limits, str(isolation))
    found = _take(key)
    warm = found or WarmParent(support, limits, isolation, tool=probe(isolation).tool)
    STOPS.add(warm.stop)
    try:
        yield found or warm.__enter__()
    except BaseException:
        warm.__exit__(None, None, None)
        _give_back(key, None)
        raise
    finally:
        STOPS.discard(warm.stop)
    _give_back(key, warm)


def close_warm_parents() -> None:
    """End those that wait. Called when the process ends."""
    with _lock:
        closing, _idle[:] = _idle[:], []
    for _, warm in closing:
        with contextlib.suppress(SandboxError, OSError):
            warm.__exit__(None, None, None)


def _take(key: tuple) -> WarmParent | None:
    global _in_use, _most_in_use
    with _lock:
        _in_use += 1
        _most_in_use = max(_most_in_use, _in_use)
        for place, (known, warm) in enumerate(_idle):
            if known == key:
                del _idle[place]
                return warm
    return None


def _give_back(key: tuple, warm: WarmParent | None) -> None:
    global _in_use
    with _lock:
        _in_use -= 1
        if warm is not None:
            _idle.append((key, warm))
        old = _idle.pop(0)[1] if len(_idle) > _most_in_use else None
    if old is not None:
        old.__exit__(None, None, None)


atexit.register(close_warm_parents)
