"""Where the learner's notebooks lie, and reading one without trusting what is in it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from course.kit.syllabus import MODULE_OF_LESSON
from course.kit.usage_error import UsageError

if TYPE_CHECKING:  # `course check` starts a kernel before it imports nbformat
    from nbformat import NotebookNode


def find_notebooks(wanted: str | None, start: Path, lessons: list[str]) -> list[Path]:
    """The notebooks to check: by path, by lesson ("01_volumes", "01", "1"), or all.

    With nothing wanted: the lesson's notebook that lies in `start` (or the only notebook
    there, whatever its name), else every lesson's notebook under the nearest notebooks/ folder at or above `start`. `lessons` are the
    lessons of this release. Raises UsageError when there is none.
    """
    if wanted is None:
        return _notebooks_near(start, lessons)
    path = start / wanted
    if os.path.isfile(path):  # unlike Path.is_file, no error for an overlong name
        return [path]
    lesson = _lesson_named(wanted, lessons)
    if lesson is not None:
        return [_notebook_of(lesson, start, lessons)]
    if os.path.isdir(path):
        raise UsageError(
            f"{wanted} is a folder. Name the notebook in it, or a lesson: "
            f"{_names(lessons)}"
        )
    raise UsageError(
        f"there is no file {wanted}. "
        f"Give the path of a notebook, or a lesson: {_names(lessons)}"
    )


def read_notebook(path: Path) -> NotebookNode:
    """The notebook in the file, as format 4. Raises UsageError when it is none."""
    import nbformat

    data = path.read_bytes()
    if not data.strip(b"\0 \t\r\n"):
        raise UsageError(
            f"{path} is empty. Save the notebook in JupyterLab, take it from the "
            f"folder .ipynb_checkpoints beside it, or from the release"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a notebook: it is not text in UTF-8") from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(_not_json(path, text, error)) from None
    if not isinstance(document, dict) or "nbformat" not in document:
        raise UsageError(f"{path} is JSON, but not a notebook: it has no cells")
    try:
        return _checked(nbformat.convert(nbformat.reader.reads(text), 4))
    except (
        nbformat.ValidationError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
    ) as error:
        raise UsageError(
            f"{path} is not a notebook that can be read "
            f"({type(error).__name__}: {_short(error)}). Take it from the folder "
            ".ipynb_checkpoints beside it, or copy your answers into the release's one"
        ) from None


def _notebooks_near(start: Path, lessons: list[str]) -> list[Path]:
    here = sorted(start.glob("*.ipynb"))
    named = [path for path in here if path.stem in lessons]
    if named or len(here) == 1:
        return named or here
    folder = _notebooks_folder(start, lessons)
    if folder is None:
        raise UsageError(
            f"there is no lesson's notebook in {start}. Go to the folder of the "
            "course, or name one: course check notebooks/01_volumes/01_volumes.ipynb"
        )
    paths = (folder / name / f"{name}.ipynb" for name in lessons)
    return [path for path in paths if path.is_file()]


def _notebook_of(lesson: str, start: Path, lessons: list[str]) -> Path:
    if (start / f"{lesson}.ipynb").is_file():
        return start / f"{lesson}.ipynb"
    folder = _notebooks_folder(start, lessons)
    path = (folder or start / "notebooks") / lesson / f"{lesson}.ipynb"
    if not path.is_file():
        raise UsageError(
            f"there is no {path}. Go to the folder of the course, "
            "or give the path of the notebook"
        )
    return path


def _notebooks_folder(start: Path, lessons: list[str]) -> Path | None:
    for folder in (start, *start.parents):
        notebooks = folder / "notebooks"
        if any((notebooks / name / f"{name}.ipynb").is_file() for name in lessons):
            return notebooks
    return None


def _lesson_named(wanted: str, lessons: list[str]) -> str | None:
    """The lesson by its name or number, None if it looks like neither."""
    known = {*lessons, *MODULE_OF_LESSON}
    if wanted.isdecimal():
        name = next((name for name in known if int(name[:2]) == int(wanted)), wanted)
    elif wanted in known:
        name = wanted
    else:
        return None
    if name not in lessons:
        raise UsageError(
            f"lesson {name} is not in this release. It has: {_names(lessons)}"
        )
    return name


def _checked(notebook: NotebookNode) -> NotebookNode:
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type not in ("code", "markdown", "raw"):
            raise ValueError(f"cell {number} is of type {cell.cell_type!r}")
        if not isinstance(cell.source, str):
            raise TypeError(f"cell {number} has no text")
        if not isinstance(cell.get("metadata"), dict):
            cell.metadata = type(cell)()
    return notebook


def _not_json(path: Path, text: str, error: Exception) -> str:
    if "<<<<<<< " in text:
        return (
            f"{path} is not a notebook any more: it holds the marks of a merge "
            "conflict (<<<<<<<). Keep one of the two versions"
        )
    return (
        f"{path} is not a notebook: a notebook is JSON, and this is not ({error}). "
        "If it was one, the save was cut off: look in .ipynb_checkpoints beside it"
    )


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def _names(lessons: list[str]) -> str:
    return ", ".join(lessons)
