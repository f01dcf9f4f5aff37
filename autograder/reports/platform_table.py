"""Marks put into the cells of a learning platform's own table."""

from dataclasses import dataclass, field
from pathlib import Path

from autograder.collect.table import Row, Table
from autograder.files import normal
from autograder.grading.outcome import Status
from autograder.reports.marks import Submission, number
from course.kit.usage_error import UsageError


@dataclass
class Filled:
    """What became of the table: marks written, the same as before, and left out with why."""

    path: Path
    written: int = 0
    unchanged: int = 0
    left: list[tuple[str, str, str]] = field(default_factory=list)
    """(row of the table, lesson, why nothing was written there)"""

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.written} marks written, {self.unchanged} were there already, "
            f"{len(self.left)} left out"
        )


@dataclass(frozen=True)
class Pen:
    """Writes one total into one cell, or says why not."""

    table: Table
    marks: dict[tuple[str, str], Submission]
    filled: Filled
    partial: bool
    scale: bool

    def write(
        self, row: Row, place: int, student: str, lesson: str, most: float | None = None
    ) -> None:
        """`most` is what the platform takes for full marks, where it says so."""
        mark = self.marks.get((student, lesson))
        who = self.shown(row)
        if mark is None or mark.status is Status.MISSING:
            return self._leave(who, lesson, "it was not handed in")
        if mark.awaiting and not self.partial:
            return self._leave(
                who, lesson, f"{mark.awaiting} task(s) wait for a person"
            )
        score = mark.score
        if most is not None and most != mark.max_score:
            if not self.scale:
                raise UsageError(
                    f"full marks are {number(most)} there and {number(mark.max_score)} points in "
                    f"{lesson}. Change the platform's maximum, or give --scale"
                )
            score = score * most / mark.max_score if mark.max_score else 0.0
        text = number(score)
        row += [""] * (place + 1 - len(row))
        if _value(row[place]) == _value(text):
            self.filled.unchanged += 1
        else:
            row[place] = text
            self.filled.written += 1

    def leave(self, row: Row, lesson: str, why: str) -> None:
        self._leave(self.shown(row), lesson, why)

    def shown(self, row: Row) -> str:
        return normal(" ".join(row[:2]))[:60]

    def _leave(self, who: str, lesson: str, why: str) -> None:
        self.filled.left.append((who, lesson, why))


def _value(text: str) -> float | str:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def most_of(row: Row, place: int) -> float | None:
    """The platform's maximum, where the cell holds one."""
    value = _value(row[place]) if place < len(row) else ""
    return value if isinstance(value, float) else None
