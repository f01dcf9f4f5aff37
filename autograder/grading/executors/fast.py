"""The trusted side of the forked shell: sends one cell at a time and watches the clock."""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator

from nbformat import NotebookNode

from autograder.grading.cells import is_solution
from autograder.grading.executed import is_check
from autograder.grading.executors import CellEnd, End, NoSession
from autograder.grading.executors.channel import Broken, Channel
from autograder.grading.executors.outputs import BadMessage, Outputs
from autograder.grading.executors.warm_pool import warm_parent
from autograder.grading.limits import Limits
from autograder.grading.output_budget import OutputBudget
from autograder.grading.own_builtins import OWN_BUILTINS, SET_ANSWERS
from autograder.grading.sandbox import SandboxError, WarmParent
from autograder.grading.support import Support

OUT_OF_MEMORY = 86  # the exit code of a shell that has no memory left
READY_SECONDS = 60
END_SECONDS = 5
LATE_SIGNAL = 0.05  # seconds after which an interrupt cannot hit the next cell
MOST_CHANGES = 20  # names of what was tampered with
FORGED = "what the shell says of a cell"
OWN = "own-"  # how the ids of a learner's own cells begin


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
    """One child of a warm parent. Raises NoSession when it does not come up."""

    def __init__(
        self, warm: WarmParent, limits: Limits, outputs: Outputs | None = None
    ) -> None:
        self.limits = limits
        self.outputs = outputs or Outputs()
        try:
            self._child = warm.spawn()
            self._channel = Channel(self._child.socket)
            ready = self._channel.receive(time.monotonic() + READY_SECONDS)
        except (SandboxError, OSError) as error:  # TimeoutError and Broken are OSErrors
            raise NoSession(
                f"no shell started: {error or type(error).__name__}"
            ) from error
        layers = ready.get("layers")
        self.layers = [str(each) for each in layers] if isinstance(layers, list) else []
        self._alive = True
        self._count = 0
        self._cells = 0  # how many places of the notebook have been run, or passed by

    def run(
        self, index: int, cell: NotebookNode, seconds: float, budget: OutputBudget
    ) -> CellEnd:
        """Run the cell for at most so many seconds; its outputs are left in it."""
        self._count += 1
        self._cells = index + 1
        cell.execution_count = self._count
        self.outputs.begin(cell, budget)
        one = _Cell(self, index, budget, time.monotonic() + seconds)
        try:
            end = one.run(cell)
        except Broken as error:
            end = self._death(str(error))
        except BadMessage as error:
            self._kill()
            end = CellEnd(End.DIED, usable=False, text=str(error))
        self.outputs.end()
        forged = tuple(dict.fromkeys(one.forged))
        told = tuple(one.changed), tuple(one.tampered), forged
        return CellEnd(end.how, end.usable, end.text, *told)

    def close(self) -> tuple[int, ...]:
        """Let the child end, and see that it does; the cells whose end it only tells now."""
        if not self._alive:
            return ()
        late: list[int] = []
        try:
            deadline = time.monotonic() + END_SECONDS
            self._channel.send({"type": "end"}, deadline)
            late = self._ends_told_late(deadline)
            self._child.wait(END_SECONDS)
            self._alive = False
        except (Broken, TimeoutError):
            self._kill()
        self._channel.close()
        return tuple(late)

    def _ends_told_late(self, deadline: float) -> list[int]:
        """What the child still says before it goes. Raises TimeoutError."""
        found: list[int] = []
        with contextlib.suppress(Broken):
            while True:
                message = self._channel.receive(deadline)
                index = message.get("index")
                if message["type"] == "done" and index in range(self._cells):
                    found.append(index)
        return found

    def _kill(self) -> None:
        if self._alive:
            self._alive = False
            self._child.kill()
            self._child.wait(END_SECONDS)

    def _death(self, text: str) -> CellEnd:
        """The child has gone, or talks nonsense: find out what it died of."""
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
    """One cell on its way through the child."""

    def __init__(
        self,
        session: FastSession,
        index: int,
        budget: OutputBudget,
        deadline: float,
    ) -> None:
        self.session = session
        self.channel = session._channel
        self.index = index
        self.budget = budget
        self.deadline = deadline
        self.stopped: End | None = None
        self.changed: list[str] = []
        self.tampered: list[str] = []
        self.forged: list[int] = []
        self.token = secrets.token_hex(8)
        self.ping = secrets.token_hex(8)
        self.done: dict | None = None

    def run(self, cell: NotebookNode) -> CellEnd:
        message = {
            "type": "cell",
            "index": self.index,
            "source": cell.source,
            "is_check": is_check(cell),
            "is_ours": not is_solution(cell) and not _is_own(cell),
            "token": self.token,
            "keep": cell.metadata.get(OWN_BUILTINS, []),
            "answers": cell.metadata.get(SET_ANSWERS, []),
        }
        try:
            self.channel.send(message, self.deadline)
        except TimeoutError:
            self.session._kill()
            return CellEnd(End.STUCK, usable=False)
        while True:
            before = self.channel.received
            try:
                answer = self.channel.receive(self.deadline)
            except TimeoutError:
                if self.stopped is not None:
                    self.session._kill()
                    how = End.STUCK if self.stopped is End.INTERRUPTED else self.stopped
                    return CellEnd(how, usable=False)
                self._stop(End.INTERRUPTED)
                continue
            finally:
                self.budget.count(self.channel.received - before)
            if answer["type"] == "pong" and answer.get("token") == self.ping:
                return self._end()
            if self._is_end(answer):
                self._ask_whether_it_is_idle(answer)
            if self.budget.is_flooded and self.stopped is None:
                self._stop(End.FLOODED)

    def _ask_whether_it_is_idle(self, done: dict) -> None:
        """Only a shell that has left the cell answers; before that it says `done` itself.

        So an answer that has forged the end is found out by the second one.
        """
        self.done = done
        self.deadline = max(self.deadline, time.monotonic() + END_SECONDS)
        with contextlib.suppress(TimeoutError):
            self.channel.send({"type": "ping", "token": self.ping}, self.deadline)

    def _end(self) -> CellEnd:
        answer = self.done or {}
        went_well = answer.get("status") == "ok" and self.index not in self.forged
        if self.stopped is not None:
            time.sleep(LATE_SIGNAL)
        if self.stopped is End.FLOODED or (self.stopped and not went_well):
            return CellEnd(self.stopped)
        error = answer.get("error")
        text = ": ".join(map(_one_line, error)) if isinstance(error, list) else ""
        return CellEnd(End.OK if went_well else End.ERROR, text=text)

    def _stop(self, why: End) -> None:
        self.stopped = why
        self.deadline = time.monotonic() + self.session.limits.grace_seconds
        self.session._child.interrupt()

    def _is_end(self, message: dict) -> bool:
        """Take a message; whether it was the cell's last one."""
        kind = message["type"]
        if kind == "done" and (self.done or message.get("token") != self.token):
            _add(FORGED, self.tampered)  # the shell says it once for each cell
            whose = self.index if self.done else message.get("index")
            if whose in range(self.index + 1):
                self.forged.append(whose)
            return False
        if message.get("index") != self.index:
            return False  # late output of a thread that an earlier cell has started
        if kind == "done":
            return True
        if kind in ("changed", "tamper"):
            texts = self.changed if kind == "changed" else self.tampered
            _add(_one_line(message.get("text")), texts)
        elif kind in ("output", "update", "clear"):
            self.session.outputs.take(message)
        elif kind == "pong":
            _add(FORGED, self.tampered)
        else:
            raise BadMessage(f"a message of the type {kind[:20]!r}")
        return False


def _add(text: str, texts: list[str]) -> None:
    if len(texts) < MOST_CHANGES and text not in texts:
        texts.append(text)


def _is_own(cell: NotebookNode) -> bool:
    return str(cell.get("id", "")).startswith(OWN)


def _one_line(text: object) -> str:
    clean = str(text).encode("utf-8", "replace").decode("utf-8")
    return " ".join(clean.split())[:200]
