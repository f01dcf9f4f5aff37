"""What became of an archive, and how it is told."""

from collections import Counter
from dataclasses import dataclass

from autograder.collect.intake import Refused
from autograder.collect.submission import NEW, OLDER, REPLACED, UNCHANGED
from course.kit.terminal import printable

KINDS = (NEW, REPLACED, UNCHANGED, OLDER)
LONGEST_SHOWN = 100  # characters of a name in the table


@dataclass(frozen=True)
class Collected:
    """One submission. `what`: new, replaced, unchanged, or older than what is there."""

    student: str
    name: str  # as the platform has it
    lesson: str
    what: str
    files: tuple[str, ...]  # their names in the archive
    late: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CollectSummary:
    """What became of an archive."""

    taken: tuple[Collected, ...]
    refused: tuple[Refused, ...]
    ignored: int  # files that are no notebooks
    dry_run: bool = False

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Columns and rows for a terminal: a row per submission, and per refused file."""
        rows = [
            [
                each.student,
                shown(each.name) if each.name != each.student else "",
                each.lesson,
                each.what,
                shown(each.files[0]),
                "; ".join([*(["late"] if each.late else []), *each.notes]),
            ]
            for each in self.taken
        ]
        rows += [
            ["", "", "", "refused", shown(each.path), each.why] for each in self.refused
        ]
        return ["learner", "name", "lesson", "what", "file", "what to know"], rows

    def __str__(self) -> str:
        counts = Counter(each.what for each in self.taken)
        told = [f"{counts[what]} {what}" for what in KINDS if counts[what]]
        told += [f"{len(self.refused)} refused"] if self.refused else []
        told += [f"{self.ignored} other files ignored"] if self.ignored else []
        return ("dry run, nothing changed: " if self.dry_run else "") + ", ".join(told)


def shown(path: str) -> str:
    """A name from an archive as one short line of printable characters."""
    text = printable(path)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
