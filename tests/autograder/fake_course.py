"""The two small lessons in fake_course/ as a checkout: to build, release, grade and simulate."""

import shutil
from pathlib import Path

from autograder.authoring.case_documents import case_documents
from autograder.files import json_text
from autograder.lessons import Lesson, checkout
from autograder.lessons.answers import reference_answers
from autograder.lessons.course_files import is_generated, kit_files

FILES = Path(__file__).with_suffix("")
# As they stand: for what only reads a lesson.
FIRST, SECOND = Lesson(FILES, "01_volumes"), Lesson(FILES, "02_convolution")


def fake_course(root: Path, *, kit: bool = False, cases: bool = False) -> Lesson:
    """Write both lessons at `root`; the first of them there.

    `kit`: with this checkout's kit and all else that a release takes from a checkout.
    `cases`: with the reference modules and documents of cases that a build would make, so
    that submissions can be graded.
    """
    shutil.copytree(FILES, root, dirs_exist_ok=True)
    if kit:
        here = checkout()
        others = map(Path, ("pyproject.toml", "LICENSE", "docs/glossary.md"))
        for path in (*kit_files(here), *others):
            if not is_generated(path):
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(here / path, root / path)
    if cases:
        for lesson in (FIRST, SECOND):
            _write_what_a_build_makes(Lesson(root, lesson.name))
    return Lesson(root, FIRST.name)


def _write_what_a_build_makes(lesson: Lesson) -> None:
    visible, hidden = case_documents(lesson)
    for path, text in (
        (lesson.reference_module, "\n\n".join(reference_answers(lesson).values())),
        (lesson.visible_cases, json_text(visible)),
        (lesson.hidden_cases, json_text(hidden)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def edit(path: Path, old: str, new: str) -> None:
    """Replace the one place where `old` stands in a text file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def files_of(root: Path) -> dict[str, bytes]:
    """Every file under `root` with its content, to compare before and after."""
    paths = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
