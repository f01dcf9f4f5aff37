"""The students' folder and zip: made from a list of files, and searched for leaks."""

import json
import os
import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment, StrictUndefined

from autograder.authoring.stale import find_stale, stale_bridge
from autograder.files import replace_text, replace_zip
from autograder.grading.classroom import Classroom, class_lock
from autograder.grading.register import write_versions
from autograder.lessons import BRIDGE, Lesson, find_lessons
from autograder.lessons.course_files import write_course
from autograder.lessons.source import is_self_check, notebook_text
from autograder.lessons.versions import manifest_path, manifest_text, read_entries
from autograder.release.leaks import find_leaks
from course.kit import UsageError
from course.kit.build import BUILT, CATCH_UP

TEMPLATES = Path(__file__).with_name("templates")
ENVIRONMENT = "convnets"
SHOWN = 5
BONUS = "_bonus"  # how the name of a task ends that gives bonus points


@dataclass(frozen=True)
class Release:
    """`files` are relative to `folder`; `zip` holds the same under one top folder.

    `new`: what came to an earlier release, to unpack over what students have; `kept`: lessons
    that were named and are in students' hands already; `catch_up`: archives of one module each.
    """

    folder: Path
    zip: Path
    files: tuple[Path, ...]
    new: Path | None = None
    kept: tuple[str, ...] = ()
    catch_up: tuple[Path, ...] = ()


def release(
    root: Path,
    target: Path,
    lessons: Sequence[Lesson] = (),
    *,
    self_checks: bool = True,
    catch_up: Sequence[Lesson] = (),
    room: Classroom | None = None,
) -> Release:
    """Make the students' tree in `target`, a new or empty folder, and TARGET.zip beside it.

    `lessons` (none: all) come to those of an earlier release in `target`, which stay as they
    were handed out. Without `self_checks`, the notebooks do not say what good answers to
    written questions contain; what students hand in is graded in the same way. `catch_up`: an
    archive for each of these earlier lessons with the module that it builds, marked as given. In
    the class `room` it is noted what was released.
    Refuses when generated files are stale, when either place is taken, and when the tree
    leaks; then nothing is left at the target.
    """
    target = target.resolve()
    archive = target.with_name(f"{target.name}.zip")
    known = find_lessons(root)
    top = _pyproject(root)["project"]["name"]
    before = _earlier(target, archive, known) if lessons else set()
    if not before:
        _refuse_taken(target, archive)
    named = {lesson.name for lesson in lessons or known}
    picked = [lesson for lesson in known if lesson.name in named | before]
    given = [_catch_up_zip(target, lesson) for lesson in catch_up]
    _refuse_catch_up(catch_up, given, named)
    stale = [*find_stale(root, known), *stale_bridge(root)]
    if stale:
        raise UsageError(
            f"generated files are stale: {_some([f'{s.path} {s.why}' for s in stale])}. "
            "Run: autograder build"
        )
    new = None
    if before:
        words = "-".join(sorted(named - before)) or "again"
        new = target.with_name(f"{target.name}-{words}.zip")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=f".{target.name}-", dir=target.parent, ignore_cleanup_errors=True
    ) as work:
        tree = Path(work) / "tree"
        files = write_tree(tree, root, picked, self_checks)
        for name in sorted(before - named):
            _keep(Lesson(target, name), Lesson(tree, name))
        leaks = find_leaks(tree, root)
        if leaks:
            raise UsageError(
                f"the release would show students what they must not see: "
                f"{_some([str(leak) for leak in leaks])}. Nothing was released"
            )
        packed = {archive: Path(work) / "tree.zip"}
        replace_zip(packed[archive], _members(tree, files, top))
        if new is not None:
            packed[new] = Path(work) / "new.zip"
            replace_zip(
                packed[new], _members(tree, _new_files(tree, target, files), top)
            )
        for lesson, place in zip(catch_up, given, strict=True):
            packed[place] = Path(work) / place.name
            path = lesson.reference_module.relative_to(lesson.root)
            replace_text(Path(work) / "given" / path, catch_up_module(lesson))
            replace_zip(packed[place], _members(Path(work) / "given", [path], top))
        old = Path(work) / "old"
        if before:
            os.replace(target, old)
        elif target.is_dir():
            target.rmdir()  # Windows renames nothing onto a folder
        earlier_zip = archive.read_bytes() if before else None
        try:
            os.replace(packed[archive], archive)
            os.replace(tree, target)
        except BaseException:
            archive.unlink(missing_ok=True)
            if earlier_zip is not None:
                archive.write_bytes(earlier_zip)
                os.replace(old, target)
            raise
        for place, path in packed.items():
            if place != archive:
                os.replace(path, place)
    if room is not None:
        _note(room, [lesson for lesson in picked if lesson.name in named])
    kept = tuple(sorted(before & named))
    return Release(target, archive, tuple(files), new, kept, tuple(given))


def catch_up_module(lesson: Lesson) -> str:
    """The module that a lesson builds, for students who skipped it; its head says so."""
    text = lesson.reference_module.read_text(encoding="utf-8")
    if not text.startswith(BUILT):
        raise UsageError(
            f"{lesson.reference_module} was not made by a build. Run: autograder build"
        )
    code = text[text.index('"""') :]  # below the two lines that say what made it
    code = code[code.index('"""', 3) + 3 :]
    docstring = f'"""What lesson {lesson.name} builds, given to catch up."""'
    return f"{CATCH_UP.format(lesson=lesson.name)}{docstring}{code}"


def _earlier(target: Path, archive: Path, known: Sequence[Lesson]) -> set[str]:
    """The lessons of an earlier release that lies there untouched; none where there is none."""
    if not target.is_dir() or not archive.is_file():
        return set()
    try:
        with zipfile.ZipFile(archive) as packed:
            listed = {name.partition("/")[2] for name in packed.namelist()}
    except (OSError, zipfile.BadZipFile):
        return set()
    there = {
        path.relative_to(target).as_posix()
        for path in target.rglob("*")
        if path.is_file()
    }
    if there != listed:
        return set()
    return {
        each.name
        for each in known
        if Lesson(target, each.name).student_notebook.is_file()
    }


def _keep(earlier: Lesson, made: Lesson) -> None:
    """What students have of a lesson stays as it is: page, stub, cases, and what is told of them."""
    for name in ("student_notebook", "reference_module", "visible_cases"):
        path: Path = getattr(earlier, name)
        if path.is_file():
            shutil.copyfile(path, getattr(made, name))
    entries = read_entries(made.root)
    if earlier.name in (before := read_entries(earlier.root)):
        entries[earlier.name] = before[earlier.name]
        replace_text(manifest_path(made.root), manifest_text(entries))


def _new_files(tree: Path, target: Path, files: Sequence[Path]) -> list[Path]:
    """What differs from the earlier release; nothing that a student may have written to."""
    return [
        path
        for path in files
        if not (target / path).is_file()
        or (
            path.suffix != ".ipynb"
            and path.parent != Path("course")
            and (target / path).read_bytes() != (tree / path).read_bytes()
        )
    ]


def _catch_up_zip(target: Path, lesson: Lesson) -> Path:
    return target.with_name(f"{target.name}-catch-up-{lesson.name}.zip")


def _refuse_catch_up(
    lessons: Sequence[Lesson], given: Sequence[Path], named: set[str]
) -> None:
    for lesson, place in zip(lessons, given, strict=True):
        if lesson.name in named or lesson.name > max(named):
            raise UsageError(
                f"{lesson.name} cannot be caught up in a release of "
                f"{', '.join(sorted(named))}. Name an earlier lesson: its module is the solution"
            )
        if place.exists():
            raise UsageError(f"{place} is already there. Delete it, or hand it out")


def _note(room: Classroom, lessons: Sequence[Lesson]) -> None:
    """Make the class know what its students got; nbgrader finds it there, too."""
    room.root.mkdir(parents=True, exist_ok=True)
    with class_lock(room.root):
        for lesson in lessons:
            write_versions(room, lesson)


def write_tree(
    tree: Path, root: Path, lessons: list[Lesson], self_checks: bool = True
) -> list[Path]:
    """Write what a student gets to the new folder `tree`; the files, relative to it."""
    written = write_course(tree, root, upto=None)
    copied = [Path("LICENSE"), Path("docs/glossary.md")]
    copied += [lesson.student_notebook.relative_to(root) for lesson in lessons]
    bridge, last = Lesson(root, BRIDGE), find_lessons(root)[-1].name
    if bridge.source.is_file() and last in {lesson.name for lesson in lessons}:
        copied.append(bridge.student_notebook.relative_to(root))
    for path in copied:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, tree / path)
        if path.suffix == ".ipynb" and not self_checks:
            replace_text(tree / path, _without_self_checks(tree / path))
    values = _values(root, lessons)
    jinja = Environment(
        undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    rendered = []
    for path in sorted(path for path in TEMPLATES.iterdir() if path.is_file()):
        # A tool that reads every pyproject.toml must not meet a template of one.
        rendered.append(Path(path.name.removesuffix(".in")))
        template = jinja.from_string(path.read_text(encoding="utf-8"))
        replace_text(tree / rendered[-1], template.render(values))
    return sorted([*written, *copied, *rendered])


def _without_self_checks(path: Path) -> str:
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not is_self_check(cell)]
    return notebook_text(notebook)


def points_text(cells: Sequence[Mapping[str, Any]]) -> str:
    """The points of a lesson, those of its bonus tasks apart: 10 + 1 bonus."""
    bonus = sum(each["points"] for each in cells if each["grade_id"].endswith(BONUS))
    rest = sum(each["points"] for each in cells) - bonus
    parts = [f"{rest:g}"] * bool(rest or not bonus) + [f"{bonus:g} bonus"] * bool(bonus)
    return " + ".join(parts)


def _values(root: Path, lessons: list[Lesson]) -> dict[str, object]:
    """What the templates may name."""
    project = _pyproject(root)["project"]
    table = ["| lesson | what it is about | points |", "|---|---|---|"]
    entries = read_entries(root)
    for lesson in lessons:
        entry = entries[lesson.name]
        points = points_text(entry["cells"])
        table.append(f"| `{lesson.name}` | {entry['title']} | {points} |")
    build_system = _pyproject(root)["build-system"]
    return {
        "lessons": "\n".join(table),
        "first": lessons[0].name,
        "number": lessons[0].name[:2],
        "environment": ENVIRONMENT,
        "name": project["name"],
        "version": project["version"],
        "description": project["description"],
        "requires_python": project["requires-python"],
        "dependencies": project["dependencies"],
        "script": project["scripts"]["course"],
        "build_requires": json.dumps(build_system["requires"]),
        "build_backend": build_system["build-backend"],
    }


def _pyproject(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def _members(tree: Path, files: list[Path], top: str) -> Iterator[tuple[str, bytes]]:
    return ((f"{top}/{file.as_posix()}", (tree / file).read_bytes()) for file in files)


def _refuse_taken(target: Path, archive: Path) -> None:
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is a file. Name a new or an empty folder")
    if target.is_dir() and any(target.iterdir()):
        raise UsageError(f"{target} is not empty. Name a new or an empty folder")
    if archive.exists():
        raise UsageError(
            f"{archive} is already there. Delete it, or name another folder"
        )


def _some(texts: list[str]) -> str:
    more = f"; and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return "; ".join(texts[:SHOWN]) + more
