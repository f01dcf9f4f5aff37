"""The notebook after the last lesson, made from solutions/bridge.py: no tasks, no points, no module.

It is no lesson, so nothing collects or grades it. Where PyTorch is installed, the executed
notebook shows what PyTorch says; where it is not, it says how to get it.
"""

import tempfile
from pathlib import Path

import nbformat

from autograder.authoring.build import BuildFailed, copy_checkout
from autograder.authoring.solution_notebook import (
    CELL_SECONDS,
    CellFailed,
    solution_notebook,
)
from autograder.authoring.stale import Stale, content_hash, file_hash
from autograder.files import replace_text
from autograder.lessons import BRIDGE, Lesson
from autograder.lessons.course_files import dependencies, modules_reached
from autograder.lessons.source import notebook_text, read_source
from autograder.lessons.versions import student_notebook


def build_bridge(
    root: Path, *, force: bool = False, cell_seconds: int = CELL_SECONDS
) -> list[Path]:
    """Execute the bridge if it is stale, and write both its notebooks; what was made.

    Every module of `course` that it imports must be built. Raises BuildFailed, and writes
    nothing, when a cell fails. A checkout without solutions/bridge.py has no bridge.
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
            "inputs": _inputs(bridge),
            "made_by": f"autograder build, from solutions/{BRIDGE}.py; do not edit",
        }
    )
    replace_text(bridge.student_notebook, notebook_text(student_notebook(bridge)))
    replace_text(bridge.solution_notebook, notebook_text(notebook))
    return [
        path.relative_to(root)
        for path in (bridge.student_notebook, bridge.solution_notebook)
    ]


def stale_bridge(root: Path) -> list[Stale]:
    """Which of the two notebooks are not what a build would leave there, and why."""
    bridge = Lesson(root, BRIDGE)
    if not bridge.source.is_file():
        return []
    found = []
    path = bridge.solution_notebook
    try:
        notebook = nbformat.read(path, as_version=4)
        record = notebook.metadata["course"]
        if dict(record["inputs"]) != _inputs(bridge):
            found.append((path, "is older than what it is made from"))
        elif record["content"] != content_hash(notebook):
            found.append((path, "was changed by hand"))
    except (OSError, ValueError, KeyError):
        found.append((path, "is missing, or is not what `autograder build` made"))
    text = notebook_text(student_notebook(bridge))
    path = bridge.student_notebook
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        found.append((path, "is missing, or does not belong to its source"))
    return [Stale(path.relative_to(root).as_posix(), why) for path, why in found]


def _inputs(bridge: Lesson) -> dict[str, str]:
    """Hashes of the source, and of the modules of `course` that it reaches."""
    built = [each.reference_module for each in dependencies(bridge)]
    reached = modules_reached(bridge.root, [bridge.source])
    files = {bridge.source, *built, *reached.values()}
    return {
        path.relative_to(bridge.root).as_posix(): file_hash(path)
        for path in sorted(files)
    }
