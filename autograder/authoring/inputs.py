"""What goes into a lesson: the files that its code reaches, found without running it."""

import ast
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import autograder
from autograder.lessons import Lesson
from course.kit.syllabus import LESSON_OF_MODULE, MODULE_OF_LESSON

# Raise it when a change of the build should rebuild every lesson.
FORMAT = "1"
CASES_MADE_BY = ("autograder.proof.case_documents",)
TEXT_SUFFIXES = {".py", ".json", ".js", ".css", ".html", ".csv", ".txt", ".md", ".svg"}
KIT_SUFFIXES = {*TEXT_SUFFIXES, ".npy", ".npz", ".png", ".jpg"}


def kit_files(root: Path) -> list[Path]:
    """The files of `course` that a learner is given, relative to `root`, generated or not.

    An explicit pattern: no bytecode, no hidden file, nothing of a folder named __pycache__.
    """
    kit = root / "course" / "kit"
    files = [root / "course" / "__init__.py"]
    files += (path for path in kit.rglob("*") if path.suffix in KIT_SUFFIXES)
    relative = (path.relative_to(root) for path in files if path.is_file())
    return sorted(
        path
        for path in relative
        if not any(part[0] == "." or part == "__pycache__" for part in path.parts)
    )


def is_generated(path: Path) -> bool:
    """Whether a file of the kit is made by a build."""
    return path.name == "manifest.json" or path.parent.name == "checks"


def dependencies(lesson: Lesson) -> list[Lesson]:
    """The earlier lessons whose modules this one reaches, directly or through the kit."""
    found: dict[str, Lesson] = {}
    waiting = [lesson]
    while waiting:
        at = waiting.pop()
        for name in _modules(at.root, [at.source, *at.check_sources]):
            owner = LESSON_OF_MODULE.get(name.removeprefix("course."))
            if owner and owner < at.name and owner not in found:
                found[owner] = Lesson(lesson.root, owner)
                waiting.append(found[owner])
    return [found[name] for name in sorted(found)]


def notebook_inputs(lesson: Lesson) -> dict[str, str]:
    """Hashes of all that decides what the executed notebook shows, by path from the root."""
    root = lesson.root
    reached = [lesson, *dependencies(lesson)]
    files = {lesson.source, *(each.visible_cases for each in reached)}
    files |= {each.reference_module for each in reached[1:]}
    files |= _kit_modules(root, [lesson.source, *_references(reached[1:])])
    data = (path for path in kit_files(root) if path.suffix != ".py")
    files |= {root / path for path in data if not is_generated(path)}
    return _hashes(files, root)


def case_inputs(lesson: Lesson) -> dict[str, str]:
    """Hashes of all that decides the documents of a lesson's cases."""
    root = lesson.root
    here = Path(autograder.__file__).resolve().parent.parent
    makers = _modules(here, [], start=CASES_MADE_BY).values()
    sources = [lesson.source, *lesson.check_sources]
    files = {*sources, *_references(dependencies(lesson))}
    files |= _kit_modules(root, sources)
    ours = (path for path in makers if path.is_relative_to(here / "autograder"))
    return _hashes(files, root) | _hashes(ours, here)


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


def _hashes(files: Iterable[Path], root: Path) -> dict[str, str]:
    hashes = {path.relative_to(root).as_posix(): file_hash(path) for path in files}
    return {"format": FORMAT} | {path: hashes[path] for path in sorted(hashes)}


def _references(lessons: list[Lesson]) -> list[Path]:
    return [lesson.reference_module for lesson in lessons]


def _kit_modules(root: Path, starts: list[Path]) -> set[Path]:
    lesson_modules = {f"course.{module}" for module in MODULE_OF_LESSON.values()}
    found = _modules(root, starts)
    return {path for name, path in found.items() if name not in lesson_modules}


def _modules(
    root: Path, starts: list[Path], start: Iterable[str] = ()
) -> dict[str, Path]:
    """Modules of this project under `root` that the start files reach, by dotted name.

    The modules of lessons are named, and not followed: they import what their lessons do.
    """
    found: dict[str, Path] = {}
    waiting = [name for path in starts for name in _imports(path, "")] + [*start]
    while waiting:
        name = waiting.pop()
        package, _, rest = name.rpartition(".")
        if package:
            waiting.append(package)
        if name in found or name.split(".")[0] not in ("course", "autograder"):
            continue
        base = root.joinpath(*name.split("."))
        if rest in LESSON_OF_MODULE and package == "course":
            found[name] = base.with_suffix(".py")
        elif (base / "__init__.py").is_file():
            found[name] = base / "__init__.py"
            waiting += _imports(found[name], name)
        elif base.with_suffix(".py").is_file():
            found[name] = base.with_suffix(".py")
            waiting += _imports(found[name], package)
    return found


def _imports(path: Path, package: str) -> tuple[str, ...]:
    try:
        return _imported(path.read_text(encoding="utf-8"), package)
    except (FileNotFoundError, SyntaxError, UnicodeDecodeError):
        return ()


@lru_cache(maxsize=1000)
def _imported(source: str, package: str) -> tuple[str, ...]:
    """Dotted names that a module of `package` imports; `from a import b` gives a.b too."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module
            if node.level:
                above = package.split(".")
                above = above[: len(above) + 1 - node.level]
                base = ".".join([*above, *filter(None, [node.module])])
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return tuple(names)
