"""Make one lesson's generated files in a copy of the checkout, then put them in place."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import nbformat

from autograder.authoring.case_documents import case_documents
from autograder.authoring.lint import lint
from autograder.authoring.solution_notebook import CellFailed, solution_notebook
from autograder.authoring.stale import (
    case_inputs,
    content_hash,
    file_hash,
    notebook_inputs,
    stale_outputs,
)
from autograder.files import json_text, replace_bytes, replace_text
from autograder.lessons import Lesson, find_lessons
from autograder.lessons.course_files import dependencies, is_generated, kit_files
from autograder.lessons.source import notebook_text, read_source
from autograder.lessons.versions import (
    learner_notebook,
    lesson_entry,
    manifest_path,
    manifest_text,
    read_entries,
)
from course.kit.refusal import Refusal

# Lessons are executed side by side, and all else is done one at a time: cases are made with
# stand-ins for modules of `course`, and Python 3.11's `ast.parse` counts wrongly in threads.
ONE_AT_A_TIME = threading.Lock()


class LessonFailed(Exception):
    """A lesson that cannot be built; each line of the text says one thing to mend."""


def copy_checkout(root: Path, target: Path) -> None:
    """Copy to `target` what a build reads: sources, `course`, notebooks."""
    files = {*kit_files(root)}
    for lesson in find_lessons(root):
        files |= {path.relative_to(root) for path in _all_files(lesson)}
    for path in files:
        if (root / path).is_file():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, target / path)


def make(
    lesson: Lesson,
    *,
    force: bool = False,
    cell_seconds: int,
    on_cell: Callable[[int, int], None],
    stop: threading.Event,
) -> dict:
    """Bring the files of a lesson up to date; `lesson` lies in a copy of the checkout.

    Executes only what is stale. Returns the lesson's entry of the manifest. Raises
    LessonFailed, or Refusal for an unreadable source.
    """
    with ONE_AT_A_TIME:
        source = read_source(lesson)
        problems = lint(lesson, source)
        if problems:
            raise LessonFailed("\n".join(problems))
        learner = learner_notebook(lesson)
        stale = {item.path for item in stale_outputs(lesson)}
        if force or stale:
            _make_cases(lesson)
            stale = {item.path for item in stale_outputs(lesson)}
        checks = {
            path.relative_to(lesson.root).as_posix()
            for path in (lesson.visible_cases, lesson.hidden_cases)
        }
        tree = _tree(lesson) if force or stale - checks else None
    notebook = None
    if tree is not None:
        try:
            notebook = solution_notebook(
                source,
                tree.root,
                tree.solution_notebook.parent,
                cell_seconds=cell_seconds,
                on_cell=on_cell,
                stop=stop,
            )
        except CellFailed as failure:
            raise LessonFailed(f"{lesson.name}, {failure}") from None
        if not tree.reference_module.is_file():
            raise LessonFailed(
                f"{lesson.name}: its last cell wrote no course/{lesson.module}.py"
            )
        replace_bytes(lesson.reference_module, tree.reference_module.read_bytes())
    elif stale:
        notebook = nbformat.read(lesson.solution_notebook, as_version=4)
    with ONE_AT_A_TIME:
        if notebook is not None:
            notebook.metadata["course"] = _record(lesson, notebook)
            replace_text(lesson.solution_notebook, notebook_text(notebook))
        replace_text(lesson.learner_notebook, notebook_text(learner))
        return lesson_entry(learner)


def publish(lesson: Lesson, entry: dict, root: Path) -> list[Path]:
    """Put the files of a lesson that `make` is done with in place; returns what changed.

    The executed notebook, which records the others' hashes, comes after them: a build cut
    off in between leaves whole files, and `--check` sees that they do not belong together.
    """
    target = Lesson(root, lesson.name)
    changed = []
    for made, path in zip(_made_files(lesson), _made_files(target)):
        if replace_bytes(path, made.read_bytes()):
            changed.append(path)
    entries = read_entries(root) | {lesson.name: entry}
    if replace_text(manifest_path(root), manifest_text(entries)):
        changed.append(manifest_path(root))
    return [path.relative_to(root) for path in changed]


def _tree(lesson: Lesson) -> Lesson:
    """The lesson in a folder of its own, with the kit and what the lesson imports.

    Whatever other lessons are built, in this run or before, it sees the same.
    """
    tree = Lesson(lesson.root / "trees" / lesson.name, lesson.name)
    reached = dependencies(lesson)
    files = [lesson.root / path for path in kit_files(lesson.root)]
    paths = [path for path in files if not is_generated(path)]
    paths += [each.reference_module for each in reached]
    paths += [each.visible_cases for each in [*reached, lesson]]
    for path in paths:
        if path.is_file():
            copy = tree.root / path.relative_to(lesson.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    return tree


def _make_cases(lesson: Lesson) -> None:
    try:
        made = case_documents(lesson)
    except Refusal as refusal:
        raise LessonFailed(f"{lesson.name}, checks: {refusal}") from None
    for path, document in zip((lesson.visible_cases, lesson.hidden_cases), made):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, json_text(document))


def _record(lesson: Lesson, notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """What the executed notebook says about how it and its companions were made."""
    record = {
        "content": content_hash(notebook),
        "cases": {
            "inputs": case_inputs(lesson),
            "visible": file_hash(lesson.visible_cases),
            "hidden": file_hash(lesson.hidden_cases),
        },
        "inputs": notebook_inputs(lesson),
        "lesson": lesson.name,
        "made_by": f"autograder build, from solutions/{lesson.name}.py; do not edit",
        "module": file_hash(lesson.reference_module),
    }
    return nbformat.from_dict(record)


def _made_files(lesson: Lesson) -> list[Path]:
    return [
        lesson.visible_cases,
        lesson.hidden_cases,
        lesson.reference_module,
        lesson.learner_notebook,
        lesson.solution_notebook,
    ]


def _all_files(lesson: Lesson) -> list[Path]:
    return [lesson.source, *lesson.check_sources, *_made_files(lesson)]
