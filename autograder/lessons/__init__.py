"""The lessons of a checkout and where their files lie."""

import re
from dataclasses import dataclass
from pathlib import Path

from course.kit import UsageError
from course.kit.syllabus import MODULE_OF_LESSON

SOURCE_NAME = re.compile(r"\d\d_[a-z0-9_]+")
BRIDGE = "bridge"  # a notebook after the last lesson: no tasks, no points, no module


@dataclass(frozen=True)
class Lesson:
    """One lesson of the checkout at `root`; `name` is also its nbgrader assignment and notebook."""

    root: Path
    name: str

    @property
    def module(self) -> str:
        """The module of `course` that this lesson builds, for example "geometry"."""
        try:
            return MODULE_OF_LESSON[self.name]
        except KeyError:
            raise UsageError(
                f"{self.source} is no lesson of the syllabus. Give it a line in "
                "course/kit/syllabus.py, or move it out of solutions/"
            ) from None

    @property
    def source(self) -> Path:
        """The one file that a person edits."""
        return self.root / "solutions" / f"{self.name}.py"

    @property
    def solution_notebook(self) -> Path:
        return self.root / "solutions" / self.name / f"{self.name}.ipynb"

    @property
    def student_notebook(self) -> Path:
        return self.root / "notebooks" / self.name / f"{self.name}.ipynb"

    @property
    def reference_module(self) -> Path:
        return self.root / "course" / f"{self.module}.py"

    @property
    def task_checks(self) -> Path:
        """One module per task: its cases, visible and hidden, right and wrong answers."""
        return self.root / "solutions" / "checks" / self.name

    @property
    def check_sources(self) -> list[Path]:
        """What a person writes about the checks of the lesson."""
        return sorted(self.task_checks.glob("*.py"))

    @property
    def visible_cases(self) -> Path:
        """What the checks that students get want, and the results of known mistakes."""
        return self.root / "course" / "kit" / "checks" / f"{self.module}.json"

    @property
    def hidden_cases(self) -> Path:
        """What hidden cases want, beside their source; made by a build, never released."""
        return self.task_checks / "hidden.json"


def checkout() -> Path:
    """The root of the checkout that this package runs from."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "solutions").is_dir():
        raise UsageError(
            f"{root} has no solutions/ folder: autograder works in a checkout of the course. "
            "Clone it and install it with: pip install -e '.[all]'"
        )
    return root


def find_lessons(root: Path) -> list[Lesson]:
    """Every lesson that has a source, in the order of the course."""
    names = (path.stem for path in (root / "solutions").glob("*.py"))
    return [Lesson(root, name) for name in sorted(names) if SOURCE_NAME.fullmatch(name)]


def pick_lessons(root: Path, wanted: list[str]) -> list[Lesson]:
    """The lessons named by full name ("01_volumes") or number ("01", "1"); none named means all."""
    lessons = find_lessons(root)
    if not wanted:
        return lessons
    by_name = {lesson.name: lesson for lesson in lessons}
    by_number = {int(lesson.name[:2]): lesson for lesson in lessons}
    picked = []
    for name in wanted:
        lesson = by_name.get(name) or (
            by_number.get(int(name)) if name.isdecimal() else None
        )
        if lesson is None:
            raise UsageError(
                f"there is no lesson {name!r}. Choose from: {', '.join(by_name)}"
            )
        picked.append(lesson)
    return sorted(set(picked), key=lambda lesson: lesson.name)
