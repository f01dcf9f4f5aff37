"""The students' folder and zip: made from a list of files, and searched for leaks."""

import json
import os
import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment, StrictUndefined

from autograder.authoring.bridge import stale_bridge
from autograder.authoring.stale import find_stale
from autograder.files import replace_text
from autograder.lessons import BRIDGE, Lesson, find_lessons
from autograder.lessons.course_files import write_course
from autograder.lessons.source import is_self_check, notebook_text
from autograder.lessons.versions import read_entries
from autograder.release.leaks import find_leaks
from course.kit.usage_error import UsageError

TEMPLATES = Path(__file__).with_name("templates")
ENVIRONMENT = "convnets"
SHOWN = 5
BONUS = "_bonus"  # how the name of a task ends that gives bonus points
# Zip members have no date of their own, so that the same release is the same file.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Release:
    """`files` are relative to `folder`; `zip` holds the same under one top folder."""

    folder: Path
    zip: Path
    files: tuple[Path, ...]


def release(root: Path, target: Path, *, self_checks: bool = True) -> Release:
    """Make the students' tree in `target`, a new or empty folder, and TARGET.zip beside it.

    Without `self_checks`, the notebooks do not say what good answers to written questions
    contain. What students hand in is graded in the same way.
    Refuses when generated files are stale, when either place is taken, and when the tree
    leaks; then nothing is left at the target.
    """
    lessons = find_lessons(root)
    target = target.resolve()
    archive = target.with_name(f"{target.name}.zip")
    _refuse_taken(target, archive)
    stale = [*find_stale(root, lessons), *stale_bridge(root)]
    if stale:
        raise UsageError(
            f"generated files are stale: {_some([f'{s.path} {s.why}' for s in stale])}. "
            "Run: autograder build"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=f".{target.name}-", dir=target.parent, ignore_cleanup_errors=True
    ) as work:
        tree = Path(work) / "tree"
        files = write_tree(tree, root, lessons, self_checks)
        leaks = find_leaks(tree, root)
        if leaks:
            raise UsageError(
                f"the release would show students what they must not see: "
                f"{_some([str(leak) for leak in leaks])}. Nothing was released"
            )
        packed = Path(work) / "tree.zip"
        _write_zip(packed, tree, files, _pyproject(root)["project"]["name"])
        if target.is_dir():
            target.rmdir()  # Windows renames nothing onto a folder
        os.replace(packed, archive)
        try:
            os.replace(tree, target)
        except BaseException:
            archive.unlink()
            raise
    return Release(target, archive, tuple(files))


def write_tree(
    tree: Path, root: Path, lessons: list[Lesson], self_checks: bool = True
) -> list[Path]:
    """Write what a student gets to the new folder `tree`; the files, relative to it."""
    written = write_course(tree, root, upto=None)
    copied = [Path("LICENSE"), Path("docs/glossary.md")]
    copied += [lesson.student_notebook.relative_to(root) for lesson in lessons]
    bridge = Lesson(root, BRIDGE)
    if bridge.source.is_file():
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


def _write_zip(path: Path, tree: Path, files: list[Path], top: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            member = zipfile.ZipInfo(f"{top}/{file.as_posix()}", ZIP_DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, (tree / file).read_bytes())


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
