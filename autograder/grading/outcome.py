"""What became of one submission: the record that is kept beside its autograded notebook."""

import json
import traceback
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path

from autograder.files import replace_text

LONGEST_FAULT = 500  # characters


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


@dataclass(frozen=True)
class Note:
    """Something about a submission that a person may want to know, above all tampering.

    `kind` is one word: edited, missing, duplicated, reordered, retyped, tagged, metadata,
    realigned, file, encoding, damaged, output, result, restarted or id.
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


@dataclass(frozen=True)
class Outcome:
    """One submission. `key` names what was graded and how: equal keys need no regrading."""

    student: str
    lesson: str
    status: Status
    reason: str = ""
    notes: tuple[Note, ...] = ()
    tasks: tuple[TaskOutcome, ...] = ()
    seconds: float = 0.0
    key: str = field(default="")


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
    text = json.dumps(asdict(outcome), indent=1, ensure_ascii=False)
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
