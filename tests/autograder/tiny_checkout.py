"""The lesson in tiny/ as a checkout in which submissions can be graded."""

import json
import shutil
from pathlib import Path

from autograder.authoring.inputs import kit_files
from autograder.lessons import Lesson, checkout
from autograder.proof.examples import examples_document
from autograder.proof.reference import reference_answers

TINY = Lesson(Path(__file__).parent / "tiny", "01_volumes")


def tiny_checkout(root: Path) -> Lesson:
    """The tiny lesson at `root`, with this checkout's kit, a reference module and examples."""
    here = checkout()
    for path in kit_files(here):
        if path.parts[-2] != "examples":
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(here / path, root / path)
    shutil.copytree(TINY.root, root, dirs_exist_ok=True)
    lesson = Lesson(root, TINY.name)
    module = "\n\n".join(reference_answers(lesson).values())
    lesson.reference_module.write_text(module, encoding="utf-8")
    lesson.examples.parent.mkdir()
    lesson.examples.write_text(json.dumps(examples_document(lesson)), encoding="utf-8")
    return lesson
