"""Search a release for what learners must not find in it."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.lessons import find_lessons
from autograder.lessons.course_files import stub_module
from autograder.release.protected import (
    MARKER,
    Protected,
    fingerprints,
    normal,
    protected,
)

COMPILED = {".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib"}
# Nothing of a release has one of these; what is in them, this search could not see.
STRAY = {".db", ".sqlite", ".zip", ".gz", ".tar", ".whl", ".pkl", ".pickle", ".orig"}


@dataclass(frozen=True)
class Leak:
    """A file of the release, relative to its folder, the kind of leak, and what it is."""

    path: str
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.path}: {self.kind} ({self.detail})"


def find_leaks(folder: Path, root: Path) -> list[Leak]:
    """What of the checkout at `root` shows in `folder` that a learner must not see.

    Lines of solutions, hidden cases, model answers and known answers; functions equal to a
    reference but for names and docstring; reference modules in place of stubs; outputs
    and execution counts; bytecode, checkpoints and strays; paths of this machine.
    """
    secrets = protected(root)
    machine = _machine_paths(root)
    found: dict[Leak, None] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        leaks = [*_leaks_by_name(name)] if path.is_file() else []
        if path.is_file() and not leaks:
            leaks = [*_leaks_in_file(path, secrets, machine)]
        found |= {Leak(name.as_posix(), *leak): None for leak in leaks}
    found |= {leak: None for leak in _reference_modules(folder, root)}
    return list(found)


def _leaks_by_name(path: Path) -> Iterator[tuple[str, str]]:
    hidden = [part for part in path.parts if part.startswith(".")]
    if path.suffix in COMPILED or "__pycache__" in path.parts:
        yield "compiled code", path.name
    elif ".ipynb_checkpoints" in path.parts:
        yield "checkpoint", path.name
    elif path.suffix in STRAY or hidden:
        yield "stray file", path.name


def _leaks_in_file(
    path: Path, secrets: Protected, machine: list[re.Pattern]
) -> Iterator[tuple[str, str]]:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    codes = [text] if path.suffix == ".py" else []
    texts = [text]
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, (dict, list)):
        texts = list(_strings(document))
    if isinstance(document, dict) and "cells" in document:
        cells = [cell for cell in document["cells"] if cell.get("cell_type") == "code"]
        codes = ["".join(cell.get("source", "")) for cell in cells]
        for number, cell in enumerate(cells, start=1):
            if cell.get("outputs") or cell.get("execution_count") is not None:
                yield "output", f"code cell {number} was executed"
    lines = [line for text in texts for line in text.splitlines()]
    for line in lines:
        yield from _leaks_in_line(line, secrets, machine)
    for code in codes:
        for name, mark in fingerprints(code):
            if mark in secrets.functions:
                yield "same code", f"{name} is {secrets.functions[mark]}"


def _leaks_in_line(
    line: str, secrets: Protected, machine: list[re.Pattern]
) -> Iterator[tuple[str, str]]:
    plain = normal(line)
    kind = secrets.lines.get(plain)
    if kind:
        yield kind, plain[:100]
    if MARKER.search(plain) and plain not in secrets.visible:
        yield "marker", plain[:100]
    for path in machine:
        found = path.search(line)
        if found:
            yield "path of this machine", found[0]


def _reference_modules(folder: Path, root: Path) -> Iterator[Leak]:
    for lesson in find_lessons(root):
        name = lesson.reference_module.relative_to(root)
        if (folder / name).is_file() and lesson.reference_module.is_file():
            reference = lesson.reference_module.read_text(encoding="utf-8")
            released = (folder / name).read_text(encoding="utf-8")
            if released != stub_module(lesson.name, reference):
                yield Leak(name.as_posix(), "module", "is not the stub of its lesson")


def _strings(value: object) -> Iterator[str]:
    """All strings in a JSON value; a list of lines, as notebooks have them, as one."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _machine_paths(root: Path) -> list[re.Pattern]:
    places = {root.resolve(), Path.home(), Path(sys.prefix).resolve()}
    return [
        re.compile(rf"(?<![\w./-]){re.escape(str(place))}(?![\w-])")
        for place in sorted(places)
        if place != place.parent
    ]
