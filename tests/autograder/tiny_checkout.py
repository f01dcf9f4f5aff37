"""The lesson in tiny/ as a checkout in which submissions can be graded."""

import shutil
from pathlib import Path

from autograder.authoring.case_documents import case_documents
from autograder.files import json_text
from autograder.lessons import Lesson, checkout
from autograder.lessons.answers import reference_answers
from autograder.lessons.course_files import is_generated, kit_files

TINY = Lesson(Path(__file__).parent / "tiny", "01_volumes")


def tiny_checkout(root: Path) -> Lesson:
    """The tiny lesson at `root`, with this checkout's kit, a reference module and its cases."""
    here = checkout()
    for path in kit_files(here):
        if not is_generated(path):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(here / path, root / path)
    shutil.copytree(TINY.root, root, dirs_exist_ok=True)
    lesson = Lesson(root, TINY.name)
    module = "\n\n".join(reference_answers(lesson).values())
    lesson.reference_module.write_text(module, encoding="utf-8")
    write_cases(lesson)
    return lesson


def write_cases(lesson: Lesson) -> None:
    """Make the documents of the lesson's cases, as a build does."""
    for path, made in zip(
        (lesson.visible_cases, lesson.hidden_cases), case_documents(lesson)
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json_text(made), encoding="utf-8")
