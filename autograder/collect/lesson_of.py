"""Which lesson a notebook belongs to: by its name, else by the grade_ids in it."""

import re
from collections.abc import Sequence
from pathlib import Path

from autograder.collect.intake import BadMember
from autograder.grading.align import grade_id
from autograder.grading.submitted import Unreadable, read_notebook
from autograder.lessons import Lesson
from autograder.lessons.source import read_source


class LessonFinder:
    """`wanted` are the lessons that are collected now; none means all that there are."""

    def __init__(self, lessons: Sequence[Lesson], wanted: Sequence[Lesson]):
        self.lessons = {lesson.name: lesson for lesson in lessons}
        self.wanted = [lesson.name for lesson in wanted or lessons]
        self.only = self.wanted[0] if wanted and len(wanted) == 1 else ""
        self._ids: dict[str, set[str]] = {}

    def find(self, hints: Sequence[str], content: Path) -> str:
        """The name of the lesson. Raises BadMember where none fits or another was asked for."""
        name = self._by_name(hints) or self._by_content(content) or self.only
        if not name:
            raise BadMember("it cannot be told which lesson it is; name the lesson")
        if name not in self.wanted:
            raise BadMember(f"it belongs to {name}, which is not collected now")
        return name

    def _by_name(self, hints: Sequence[str]) -> str:
        for hint in reversed(hints):  # the file, then its folder, and so on
            for name in self.lessons:
                if re.search(rf"(?<![a-z0-9]){name}(?![a-z0-9])", hint.lower()):
                    return name
        return ""

    def _by_content(self, content: Path) -> str:
        try:
            cells = read_notebook(content).cells
        except (Unreadable, OSError):
            return ""
        found = {cell.grade_id for cell in cells if cell.grade_id}
        hits = {name: len(found & self._grade_ids(name)) for name in self.lessons}
        best = max(hits, key=hits.__getitem__, default="")
        return best if best and hits[best] else ""

    def _grade_ids(self, name: str) -> set[str]:
        if name not in self._ids:
            cells = read_source(self.lessons[name]).cells
            self._ids[name] = {grade_id(cell) for cell in cells} - {""}
        return self._ids[name]
