"""Which generated files do not belong to their sources any more, told without executing.

An executed notebook records the hashes of all that went into it and into the lesson's cases.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import autograder
from autograder.lessons import BRIDGE, Lesson, find_lessons
from autograder.lessons.course_files import (
    TEXT_SUFFIXES,
    dependencies,
    is_generated,
    kit_files,
    modules_reached,
)
from autograder.lessons.source import lint, notebook_text, read_source
from autograder.lessons.versions import (
    lesson_entry,
    manifest_path,
    manifest_text,
    read_entries,
    student_notebook,
)
from course.kit import UsageError
from course.kit.syllabus import MODULE_OF_LESSON

# Raise it when a change of the build should rebuild every lesson.
FORMAT = "1"
CASES_MADE_BY = ("autograder.authoring.case_documents",)
SYLLABUS = "course/kit/syllabus.py"


@dataclass(frozen=True)
class Stale:
    """A file, relative to the root, and why it is not what a build would leave there."""

    path: str
    why: str


def find_stale(root: Path, lessons: list[Lesson]) -> list[Stale]:
    """Everything about these lessons that `autograder build` would change or refuse.

    With all lessons of the checkout given, generated files without a source are named too.
    """
    found = [each for lesson in lessons for each in stale_files(lesson)]
    if {each.name for each in find_lessons(root)} <= {each.name for each in lessons}:
        found += orphans(root)
    return found


def stale_files(lesson: Lesson) -> list[Stale]:
    """The stale files of one lesson; its source, when no build would accept it."""
    try:
        source = read_source(lesson)
        problems = lint(lesson, source)
        handout = None if problems else student_notebook(lesson)
    except UsageError as refusal:
        problems = [str(refusal)]
    if problems:
        return [_stale(lesson, lesson.source, problem) for problem in problems]
    return [
        *stale_outputs(lesson),
        *_stale_student_notebook(lesson, handout),
        *_stale_manifest(lesson, handout),
    ]


def stale_outputs(lesson: Lesson) -> list[Stale]:
    """The stale ones among what needs code to be run: cases, solution notebook, module."""
    path = lesson.solution_notebook
    if not path.is_file():
        return [_stale(lesson, path, "is missing")]
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        record = notebook.metadata["course"]
        found = [
            *_stale_cases(lesson, record["cases"]),
            *_stale_notebook(lesson, notebook, record),
        ]
        if file_hash(lesson.reference_module) != record["module"]:
            why = "is missing, or is not what the lesson's last cell wrote"
            found.append(_stale(lesson, lesson.reference_module, why))
        return found
    except (ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError):
        return [_stale(lesson, path, "is not a notebook that `autograder build` made")]


def orphans(root: Path) -> list[Stale]:
    """Generated files whose lesson has no source any more, and a manifest edited by hand."""
    lessons = find_lessons(root)
    names = {lesson.name for lesson in lessons}
    modules = {"__init__", *(lesson.module for lesson in lessons)}
    paths = [
        *(root / "course").glob("*.py"),
        *(root / "course/kit/checks").glob("*.json"),
    ]
    found = [path for path in paths if path.stem not in modules]
    for above in ("solutions", "notebooks"):
        notebooks = (root / above).glob("*/*.ipynb")
        found += (
            path
            for path in notebooks
            if path.stem == path.parent.name and path.stem not in {*names, BRIDGE}
        )
    stale = [
        Stale(path.relative_to(root).as_posix(), "belongs to no lesson: delete it")
        for path in sorted(found)
    ]
    entries = read_entries(root)
    path = manifest_path(root)
    reasons = [
        f"has an entry {name}, which is no lesson"
        for name in entries
        if name not in names
    ]
    if path.exists() and file_hash(path) != text_hash(
        manifest_text(entries).encode("utf-8")
    ):
        reasons.append("was changed by hand")
    return stale + [Stale(path.relative_to(root).as_posix(), why) for why in reasons]


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
        if dict(record["inputs"]) != bridge_inputs(bridge):
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


def notebook_inputs(lesson: Lesson) -> dict[str, str]:
    """Hashes of all that decides what the executed notebook shows, by path from the root."""
    root = lesson.root
    reached = [lesson, *dependencies(lesson)]
    files = {lesson.source, *(each.visible_cases for each in reached)}
    files |= {each.reference_module for each in reached[1:]}
    files |= _kit_modules(root, [lesson.source, *_references(reached[1:])])
    data = (path for path in kit_files(root) if path.suffix != ".py")
    files |= {root / path for path in data if not is_generated(path)}
    return _hashes(files, root) | _syllabus(reached)


def case_inputs(lesson: Lesson) -> dict[str, str]:
    """Hashes of all that decides the documents of a lesson's cases."""
    root = lesson.root
    here = Path(autograder.__file__).resolve().parent.parent
    makers = modules_reached(here, [], start=CASES_MADE_BY).values()
    sources = [lesson.source, *lesson.check_sources]
    earlier = dependencies(lesson)
    files = {*sources, *_references(earlier)}
    files |= _kit_modules(root, sources)
    ours = (path for path in makers if path.is_relative_to(here / "autograder"))
    hashes = _hashes(files, root) | _hashes(ours, here)
    return hashes | _syllabus([lesson, *earlier])


def bridge_inputs(bridge: Lesson) -> dict[str, str]:
    """Hashes of the source, and of the modules of `course` that it reaches."""
    built = [each.reference_module for each in dependencies(bridge)]
    reached = modules_reached(bridge.root, [bridge.source])
    files = {bridge.source, *built, *reached.values()}
    return {
        path.relative_to(bridge.root).as_posix(): file_hash(path)
        for path in sorted(files)
    }


def text_hash(data: bytes) -> str:
    """sha256 of a text, the same whether its lines end in "\\n" or "\\r\\n"."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def file_hash(path: Path) -> str:
    """sha256 of a file, of a text with "\\n" line ends; "missing" where there is none."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return "missing"
    if path.suffix in TEXT_SUFFIXES:
        return text_hash(data)
    return hashlib.sha256(data).hexdigest()


def content_hash(notebook: NotebookNode) -> str:
    """Hash of a notebook's cells with their outputs, as they are in its file."""
    cells = json.dumps(notebook.cells, sort_keys=True, ensure_ascii=False)
    return text_hash(cells.encode("utf-8"))


def changed_inputs(then: dict[str, str], now: dict[str, str]) -> str:
    """Names the inputs that are not what they were; "" where all are."""
    paths = [path for path in {**then, **now} if then.get(path) != now.get(path)]
    if not paths:
        return ""
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    return f"{', '.join(paths[:3])}{more} changed since"


def _stale_cases(lesson: Lesson, record: dict) -> list[Stale]:
    changed = changed_inputs(record["inputs"], case_inputs(lesson))
    found = [_stale(lesson, lesson.visible_cases, changed)] if changed else []
    files = {lesson.visible_cases: "visible", lesson.hidden_cases: "hidden"}
    for path, key in files.items():
        if file_hash(path) != record[key]:
            why = "is missing, or was changed by hand"
            found = [_stale(lesson, path, why)]
    return found


def _stale_notebook(
    lesson: Lesson, notebook: NotebookNode, record: dict
) -> list[Stale]:
    reasons = [changed_inputs(record["inputs"], notebook_inputs(lesson))]
    if content_hash(notebook) != record["content"]:
        reasons.append("was changed by hand")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if any(cell.source.strip() and not cell.execution_count for cell in code):
        reasons.append("has code cells that were not executed")
    outputs = [output for cell in code for output in cell.outputs]
    if any(output.output_type == "error" for output in outputs):
        reasons.append("shows an error")
    path = lesson.solution_notebook
    return [_stale(lesson, path, reason) for reason in reasons if reason]


def _stale_student_notebook(lesson: Lesson, handout: NotebookNode) -> list[Stale]:
    path = lesson.student_notebook
    if not path.is_file():
        return [_stale(lesson, path, "is missing")]
    if text_hash(path.read_bytes()) == text_hash(
        notebook_text(handout).encode("utf-8")
    ):
        return []
    return [_stale(lesson, path, "is not what the source gives")]


def _stale_manifest(lesson: Lesson, handout: NotebookNode) -> list[Stale]:
    if read_entries(lesson.root).get(lesson.name) == lesson_entry(handout):
        return []
    path = manifest_path(lesson.root)
    return [
        _stale(lesson, path, f"its entry {lesson.name} is not what the source gives")
    ]


def _stale(lesson: Lesson, path: Path, why: str) -> Stale:
    return Stale(path.relative_to(lesson.root).as_posix(), re.sub(r"\s+", " ", why))


def _hashes(files: Iterable[Path], root: Path) -> dict[str, str]:
    hashes = {path.relative_to(root).as_posix(): file_hash(path) for path in files}
    return {"format": FORMAT} | {path: hashes[path] for path in sorted(hashes)}


def _syllabus(lessons: list[Lesson]) -> dict[str, str]:
    """Of the syllabus a lesson needs the lines of those that it reaches, and no other's."""
    lines = sorted(f"{lesson.name} {lesson.module}" for lesson in lessons)
    return {SYLLABUS: text_hash("\n".join(lines).encode("utf-8"))}


def _references(lessons: list[Lesson]) -> list[Path]:
    return [lesson.reference_module for lesson in lessons]


def _kit_modules(root: Path, starts: list[Path]) -> set[Path]:
    lesson_modules = {f"course.{module}" for module in MODULE_OF_LESSON.values()}
    found = modules_reached(root, starts).items()
    ours = {path for name, path in found if name.partition(".")[0] == "course"}
    return ours - {path for name, path in found if name in lesson_modules}
