"""Turn the lessons' sources into everything that is generated from them."""

import os
import tempfile
import threading
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from rich.progress import Progress, TaskID

from autograder.authoring.build_tree import LessonFailed, copy_checkout, make, publish
from autograder.authoring.solution_notebook import CELL_SECONDS
from autograder.authoring.stale import Stale, find_stale
from autograder.lessons import Lesson
from autograder.lessons.course_files import dependencies
from course.kit.refusal import Refusal
from course.kit.terminal import progress_bar


@dataclass(frozen=True)
class Built:
    """A lesson that is up to date; `changed`, relative to the root, had to be written."""

    lesson: str
    changed: tuple[Path, ...]


class BuildFailed(Refusal):
    """Some lessons were not built: their files are untouched, the others are in place."""

    def __init__(self, failures: dict[str, str], built: list[Built]) -> None:
        self.failures = failures
        self.built = built
        lines = [line for text in failures.values() for line in text.split("\n")]
        super().__init__("\n".join(lines))


def build(
    root: Path,
    lessons: list[Lesson],
    *,
    check: bool = False,
    force: bool = False,
    workers: int | None = None,
    cell_seconds: int = CELL_SECONDS,
) -> list[Stale] | list[Built]:
    """Bring the generated files of these lessons, and of those they import, up to date.

    With `check` nothing is executed or written, and the stale files are returned. Otherwise
    only what is stale is made again (with `force`, all that was asked for), `workers`
    lessons at once, and each lesson's files are put in place when all of them are done.
    Raises BuildFailed at the end when a lesson failed; the other lessons are built. An
    interrupted build leaves the lessons that were not done as they were.
    """
    if check:
        return find_stale(root, lessons)
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
        except (LessonFailed, Refusal) as failure:
            self.failures[name] = str(failure)
