"""Turn the lessons' sources into everything that is generated from them.

Lessons are made in a copy of the checkout, side by side, and their files put in place when all
of them are done.
"""

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import nbformat
from rich.progress import Progress, TaskID

from autograder.authoring.case_documents import case_documents
from autograder.authoring.solution_notebook import (
    CELL_SECONDS,
    CellFailed,
    solution_notebook,
)
from autograder.authoring.stale import (
    bridge_inputs,
    case_inputs,
    content_hash,
    file_hash,
    notebook_inputs,
    stale_bridge,
    stale_outputs,
)
from autograder.files import json_text, replace_bytes, replace_text
from autograder.lessons import BRIDGE, Lesson, find_lessons
from autograder.lessons.course_files import dependencies, is_generated, kit_files
from autograder.lessons.source import lint, notebook_text, read_source
from autograder.lessons.versions import (
    lesson_entry,
    manifest_path,
    manifest_text,
    read_entries,
    student_notebook,
)
from course.kit import UsageError
from course.kit.terminal import progress_bar

# Lessons are executed side by side, and all else is done one at a time: cases are made with
# stand-ins for modules of `course`, and Python 3.11's `ast.parse` counts wrongly in threads.
ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Built:
    """A lesson that is up to date; `changed`, relative to the root, had to be written."""

    lesson: str
    changed: tuple[Path, ...]


class BuildFailed(UsageError):
    """Some lessons were not built: their files are untouched, the others are in place."""

    def __init__(self, failures: dict[str, str], built: list[Built]) -> None:
        self.failures = failures
        self.built = built
        lines = [line for text in failures.values() for line in text.split("\n")]
        super().__init__("\n".join(lines))


class LessonFailed(Exception):
    """A lesson that cannot be built; each line of the text says one thing to mend."""


def build(
    root: Path,
    lessons: list[Lesson],
    *,
    force: bool = False,
    workers: int | None = None,
    cell_seconds: int = CELL_SECONDS,
) -> list[Built]:
    """Bring the generated files of these lessons, and of those they import, up to date.

    Only what is stale is made again (with `force`, all that was asked for), `workers`
    lessons at once, and each lesson's files are put in place when all of them are done.
    Raises BuildFailed at the end when a lesson failed; the other lessons are built. An
    interrupted build leaves the lessons that were not done as they were.
    """
    _forget_lessons_that_are_gone(root)
    waiting: dict[str, set[str]] = {}
    for lesson in lessons:
        for each in [lesson, *dependencies(lesson)]:
            waiting[each.name] = {before.name for before in dependencies(each)}
    forced = {lesson.name for lesson in lessons} if force else set()
    with tempfile.TemporaryDirectory(
        prefix="build-", ignore_cleanup_errors=True
    ) as folder:
        copy = Path(folder).resolve()
        copy_checkout(root, copy)
        with progress_bar() as progress:
            run = _Run(root, copy, forced, cell_seconds, progress)
            return run.all(waiting, workers or os.cpu_count() or 1)


def _forget_lessons_that_are_gone(root: Path) -> None:
    """Take out of the manifest what was renamed or deleted: no lesson's build would."""
    known = {lesson.name for lesson in find_lessons(root)}
    entries = read_entries(root)
    kept = {name: entry for name, entry in entries.items() if name in known}
    if kept != entries:
        replace_text(manifest_path(root), manifest_text(kept))


class _Run:
    """One build: which lessons are done, which failed, and how to stop it."""

    def __init__(
        self,
        root: Path,
        copy: Path,
        forced: set[str],
        cell_seconds: int,
        progress: Progress,
    ) -> None:
        self.root = root
        self.copy = copy
        self.forced = forced
        self.cell_seconds = cell_seconds
        self.progress = progress
        self.stop = threading.Event()
        self.publishing = threading.Lock()
        self.built: dict[str, Built] = {}
        self.failures: dict[str, str] = {}

    def all(self, waiting: dict[str, set[str]], workers: int) -> list[Built]:
        """Build the lessons, each after those it waits for."""
        order = TopologicalSorter(waiting)
        order.prepare()
        running: dict[Future, str] = {}
        with ThreadPoolExecutor(workers) as pool:
            try:
                while order.is_active():
                    for name in order.get_ready():
                        running[pool.submit(self.one, name, waiting[name])] = name
                    done, _ = wait(running, 0.5, FIRST_COMPLETED)
                    for future in done:
                        name = running.pop(future)
                        self.note(name, future)
                        order.done(name)
            except BaseException:
                self.stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        built = [self.built[name] for name in sorted(self.built)]
        if self.failures:
            raise BuildFailed(dict(sorted(self.failures.items())), built)
        return built

    def one(self, name: str, needed: Iterable[str]) -> Built:
        """Build one lesson and put its files in place."""
        failed = sorted(set(needed) & set(self.failures))
        if failed:
            raise LessonFailed(
                f"{name} was not built: it imports {', '.join(failed)}, which failed"
            )
        lesson = Lesson(self.copy, name)
        task: TaskID = self.progress.add_task(name, total=None, now="")
        entry = make(
            lesson,
            force=name in self.forced,
            cell_seconds=self.cell_seconds,
            on_cell=lambda position, count: self.progress.update(
                task, completed=position, total=count
            ),
            stop=self.stop,
        )
        with self.publishing:
            changed = publish(lesson, entry, self.root)
        self.progress.update(task, total=1, completed=1, now="done")
        return Built(name, tuple(changed))

    def note(self, name: str, future: Future) -> None:
        try:
            self.built[name] = future.result()
        except (LessonFailed, UsageError) as failure:
            self.failures[name] = str(failure)


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
    LessonFailed, or UsageError for an unreadable source.
    """
    with ONE_AT_A_TIME:
        source = read_source(lesson)
        problems = lint(lesson, source)
        if problems:
            raise LessonFailed("\n".join(problems))
        handout = student_notebook(lesson)
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
        replace_text(lesson.student_notebook, notebook_text(handout))
        return lesson_entry(handout)


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
    except UsageError as refusal:
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
        lesson.student_notebook,
        lesson.solution_notebook,
    ]


def _all_files(lesson: Lesson) -> list[Path]:
    return [lesson.source, *lesson.check_sources, *_made_files(lesson)]


def build_bridge(
    root: Path, *, force: bool = False, cell_seconds: int = CELL_SECONDS
) -> list[Path]:
    """Execute the bridge if it is stale, and write both its notebooks; what was made.

    Every module of `course` that it imports must be built. Raises BuildFailed, and writes
    nothing, when a cell fails. A checkout without solutions/bridge.py has no bridge. Where PyTorch
    is installed, the notebook shows what PyTorch says; where it is not, it says how to get it.
    """
    bridge = Lesson(root, BRIDGE)
    if not (force or stale_bridge(root)):
        return []
    with tempfile.TemporaryDirectory(
        prefix="bridge-", ignore_cleanup_errors=True
    ) as folder:
        copy = Path(folder).resolve()
        copy_checkout(root, copy)
        try:
            notebook = solution_notebook(
                read_source(bridge),
                copy,
                copy / "notebooks" / BRIDGE,
                cell_seconds=cell_seconds,
            )
        except CellFailed as failure:
            raise BuildFailed({BRIDGE: f"{BRIDGE}, {failure}"}, []) from None
    notebook.metadata["course"] = nbformat.from_dict(
        {
            "content": content_hash(notebook),
            "inputs": bridge_inputs(bridge),
            "made_by": f"autograder build, from solutions/{BRIDGE}.py; do not edit",
        }
    )
    replace_text(bridge.student_notebook, notebook_text(student_notebook(bridge)))
    replace_text(bridge.solution_notebook, notebook_text(notebook))
    return [
        path.relative_to(root)
        for path in (bridge.student_notebook, bridge.solution_notebook)
    ]
