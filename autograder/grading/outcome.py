"""What became of one submission: the record that is kept beside its autograded notebook."""

import json
import traceback
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.files import replace_text

LONGEST_FAULT = 500  # characters
NOT_KEPT = ("score", "max_score", "awaiting", "skipped")  # of an outcome


class Status(str, Enum):
    """How grading one submission ended."""

    GRADED = "graded"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    KERNEL_DIED = "kernel_died"
    OUTPUT_LIMIT = "output_limit"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    INFRA_ERROR = "infra_error"  # not the student's fault: graded again next time
    BAD_ID = "bad_id"  # the folder's name cannot be a student's id; never recorded

    def __str__(self) -> str:
        return self.value


class Result(str, Enum):
    """How one graded cell ended."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_RUN = "not_run"
    NO_ANSWER = "no_answer"
    BY_HAND = "by_hand"  # a person marks it
    TIMEOUT = "timeout"
    MEMORY = "memory"
    KERNEL_DIED = "kernel_died"
    OUTPUT_LIMIT = "output_limit"

    def __str__(self) -> str:
        return self.value


# How a check ended that something else than its own code ended, by the error shown there.
ENDED_BY = {
    "TimeLimit": Result.TIMEOUT,
    "MemoryLimit": Result.MEMORY,
    "KernelDied": Result.KERNEL_DIED,
    "OutputLimit": Result.OUTPUT_LIMIT,
    "NotRun": Result.NOT_RUN,
}


@dataclass(frozen=True)
class Note:
    """Something about a submission that a person may want to know, above all tampering.

    `kind` is one word: edited, missing, duplicated, reordered, retyped, tagged, metadata,
    realigned, file, encoding, damaged, output, result, restarted, late, changed or id.
    """

    kind: str
    text: str
    cell: str = ""

    def __str__(self) -> str:
        return f"{self.cell}: {self.text}" if self.cell else self.text


@dataclass(frozen=True)
class TaskOutcome:
    """One graded cell: what the student sees of a failure is `error` and `message`.

    `phrases` are the known mistakes that it looks like; `cause` says which earlier cell is to
    blame, where one is.
    """

    grade_id: str
    result: Result
    error: str = ""  # name of the exception
    message: str = ""
    seconds: float = 0.0
    phrases: tuple[str, ...] = ()
    cause: str = ""


@dataclass
class Work:
    """A submission's notebook on its way: rebuilt, then run.

    `status` is `graded` as long as nothing has gone wrong. `ran[i]`: seconds that cell i took,
    None if it did not run.
    """

    notebook: NotebookNode
    status: Status = Status.GRADED
    reason: str = ""
    seconds: float = 0.0
    ran: list[float | None] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def end(self, status: Status, reason: str) -> None:
        """Note what went wrong; the last status stands, all reasons are kept."""
        self.status = status
        self.reason = f"{self.reason}; {reason}" if self.reason else reason


@dataclass(frozen=True)
class Outcome:
    """One submission. `key` names what was graded and how: equal keys need no regrading.

    What follows the key is not kept: the marks, which the gradebook has; `awaiting`, how many
    tasks a person has to mark; `skipped`, that it was graded before and nothing has changed.
    """

    student: str
    lesson: str
    status: Status
    reason: str = ""
    notes: tuple[Note, ...] = ()
    tasks: tuple[TaskOutcome, ...] = ()
    seconds: float = 0.0
    key: str = ""
    score: float = 0.0
    max_score: float = 0.0
    awaiting: int = 0
    skipped: bool = False

    @property
    def unfinished(self) -> list[str]:
        """The checks that did not end by themselves, and what ended them."""
        return [
            f"{task.grade_id}: {task.result}"
            for task in self.tasks
            if task.result in ENDED_BY.values()
        ]

    def told(self) -> dict[str, Any]:
        """Plain data for other programs: all but the key, notes as text."""
        told = {**asdict(self), "notes": [str(note) for note in self.notes]}
        del told["key"]
        return told


def fault(error: Exception) -> str:
    """The error and where it was raised, on one line: "KeyError: 'x' (rows.py, line 7)"."""
    text = f"{type(error).__name__}: {error}"
    text = " ".join(text[:LONGEST_FAULT].split())
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return text
    name = frames[-1].filename.replace("\\", "/").rpartition("/")[2]
    return f"{text} ({name}, line {frames[-1].lineno})"


def write_outcome(path: Path, outcome: Outcome) -> None:
    """Keep the outcome as JSON, in one step; halves of characters become question marks."""
    kept = {name: on for name, on in asdict(outcome).items() if name not in NOT_KEPT}
    text = json.dumps(kept, indent=1, ensure_ascii=False)
    text = text.encode("utf-8", "replace").decode("utf-8")
    replace_text(path, text + "\n")


def read_outcome(path: Path) -> Outcome | None:
    """The outcome that is kept there; None where there is none, or a damaged one."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Outcome(
            student=_text(document["student"]),
            lesson=_text(document["lesson"]),
            status=Status(document["status"]),
            reason=_text(document["reason"]),
            notes=tuple(
                Note(**{name: _text(value) for name, value in note.items()})
                for note in document["notes"]
            ),
            tasks=tuple(map(_task, document["tasks"])),
            seconds=float(document["seconds"]),
            key=_text(document["key"]),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    except (ArithmeticError, RecursionError):  # of numbers and lists that are too large
        return None


def _task(task: dict) -> TaskOutcome:
    names = ("grade_id", "error", "message", "cause")
    texts = {name: _text(task.get(name, "")) for name in names}
    seconds = float(task["seconds"])
    phrases = tuple(map(_text, task.get("phrases", ())))
    result = Result(task["result"])
    return TaskOutcome(**texts, result=result, seconds=seconds, phrases=phrases)


def _text(value: object) -> str:
    """The text as it is. Raises TypeError for what is none, ValueError for half characters."""
    if not isinstance(value, str):
        raise TypeError(f"text was wanted, not {type(value).__name__}")
    value.encode("utf-8")
    return value
