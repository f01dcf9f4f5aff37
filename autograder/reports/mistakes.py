"""What students got wrong in a task: root causes first, then what follows from them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from autograder.reports.marks import Mark


@dataclass(frozen=True)
class Mistake:
    """What these students got wrong in one task, in the same way.

    Where `root` names an earlier task, that one is wrong, too, and this one uses it.
    """

    lesson: str
    task: str
    text: str
    students: tuple[str, ...]
    root: str = ""


def mistakes_of(
    lesson: str, task: str, wrong: Sequence[tuple[Mark, str]]
) -> tuple[Mistake, ...]:
    """Root causes first, then what follows from them; each by how many made it."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for mark, root in wrong:
        text = f"follows from {root}" if root else _what(mark)
        groups[root, text].append(mark.student)
    found = [
        Mistake(lesson, task, text, tuple(sorted(students)), root)
        for (root, text), students in groups.items()
    ]
    return tuple(
        sorted(found, key=lambda one: (bool(one.root), -len(one.students), one.text))
    )


def _what(mark: Mark) -> str:
    if mark.ending == "no_answer":
        return "no answer"
    if mark.ending == "partial" and not (mark.phrases or mark.cause or mark.message):
        return "part of the points"
    return mark.reason


def most_often(mistakes: Sequence[Mistake], best: Collection[str]) -> str:
    """The most frequent mistakes, and whether the better ones make them, too."""
    told = []
    for one in mistakes[:2]:
        also = len(set(best) & set(one.students))
        better = f", {also} of them in the better half" if also else ""
        told.append(f"{one.text} ({len(one.students)}{better})")
    return ", then ".join(told)
