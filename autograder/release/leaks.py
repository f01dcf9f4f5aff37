"""Search a release for what students must not find in it."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from autograder.lessons import find_lessons
from autograder.lessons.course_files import kit_files, stub_module
from autograder.lessons.source import marks, read_source
from autograder.lessons.task_modules import read_task_modules

COMPILED = {".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib"}
# Nothing of a release has one of these; what is in them, this search could not see.
STRAY = {".db", ".sqlite", ".zip", ".gz", ".tar", ".whl", ".pkl", ".pickle", ".orig"}
MARKER = re.compile(r"\b(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)\b")
# Quotes, comment signs and list marks around a line, as pasting it elsewhere leaves them.
AROUND = re.compile(r"^[\s\"'`#>|*-]+|(\\n)?[\s\"'`,]*$")
# Shorter lines ("out = []", "return out") say nothing about whose they are.
LINE_CHARACTERS = 16
LINE_WORDS = 3
FUNCTION_NODES = 10
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Leak:
    """A file of the release, relative to its folder, the kind of leak, and what it is."""

    path: str
    kind: str
    detail: str

    def __str__(self) -> str:
        return f"{self.path}: {self.kind} ({self.detail})"


@dataclass(frozen=True)
class Protected:
    """`lines`: a normal line -> its kind; `functions`: a fingerprint -> whose it is.

    `visible` are the normal lines that every student sees in a notebook or in the kit.
    """

    lines: dict[str, str]
    functions: dict[str, str]
    visible: frozenset[str]


def find_leaks(folder: Path, root: Path) -> list[Leak]:
    """What of the checkout at `root` shows in `folder` that a student must not see.

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


def protected(root: Path) -> Protected:
    """All solutions, hidden cases, model answers and known answers of a checkout."""
    secret: dict[str, str] = {}
    visible: set[str] = set()
    functions: dict[str, str] = {}
    for lesson in find_lessons(root):
        for cell in read_source(lesson).cells:
            for line, kind in _kinds(cell.source, cell.cell_type):
                if kind:
                    secret.setdefault(normal(line), kind)
                else:
                    visible.add(normal(line))
            if cell.cell_type == "code" and marks(cell).get("solution"):
                functions |= _whose(cell.source, f"{lesson.name}'s solution")
        for module in read_task_modules(lesson.task_checks).values():
            visible |= {normal(line) for line in module.source("cases").split("\n")}
            if module.has("hidden"):
                for line in module.source("hidden").split("\n"):
                    secret.setdefault(normal(line), "hidden cases")
            for line in module.answer_lines():
                secret.setdefault(normal(line), "known answer")
            functions = _whose(module.text, f"{lesson.name}'s answers") | functions
    for path in kit_files(root):
        if path.suffix == ".py":
            text = (root / path).read_text(encoding="utf-8")
            visible |= {normal(line) for line in text.split("\n")}
    telling = {
        line: kind
        for line, kind in secret.items()
        if line not in visible and _says_something(line)
    }
    return Protected(telling, functions, frozenset(visible))


def normal(line: str) -> str:
    """A line without what pasting or reprinting changes: indentation, quotes, signs, blanks."""
    return " ".join(AROUND.sub("", line).replace('"', "'").split())


@lru_cache(maxsize=1000)
def fingerprints(source: str) -> tuple[tuple[str, str], ...]:
    """(name, fingerprint) of the functions and methods of a source that are not tiny."""
    found = ((each.name, fingerprint(each)) for each in functions_of(source))
    return tuple((name, mark) for name, mark in found if mark)


def functions_of(source: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods of a source; none where it is not Python."""
    lines = source.split("\n")
    plain = ["" if line[:1] in ("%", "!") else line for line in lines]
    try:
        tree = ast.parse("\n".join(plain))
    except (SyntaxError, ValueError):
        return []
    return [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]


def fingerprint(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """The same for functions that differ only in names, docstring and annotations.

    None for a function too small to be anybody's.
    """
    body = function.body[1:] if ast.get_docstring(function) else function.body
    block = ast.parse(ast.unparse(ast.Module(body=body, type_ignores=[])))
    names: dict[str, str] = {}
    for node in ast.walk(function.args):
        if isinstance(node, ast.arg):
            names.setdefault(node.arg, f"v{len(names)}")
    for node in ast.walk(block):
        if isinstance(node, ast.arg):
            names.setdefault(node.arg, f"v{len(names)}")
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.setdefault(node.id, f"v{len(names)}")
    size = 0
    for node in ast.walk(block):
        size += not isinstance(node, (ast.expr_context, ast.operator, ast.Module))
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
        elif isinstance(node, ast.arg):
            node.arg, node.annotation = names[node.arg], None
        elif isinstance(node, FUNCTIONS):
            node.returns = None
    return ast.dump(block) if size >= FUNCTION_NODES else None


def _whose(source: str, owner: str) -> dict[str, str]:
    return {mark: f"{name}, {owner}" for name, mark in fingerprints(source)}


def _kinds(source: str, cell_type: str) -> list[tuple[str, str]]:
    """Each line of a cell with its kind, "" for what the student sees."""
    solution = "solution" if cell_type == "code" else "model answer"
    kinds = {"SOLUTION": solution, "HIDDEN TESTS": "hidden tests"}
    inside, found = "", []
    for line in source.split("\n"):
        marker = MARKER.search(line)
        if marker:
            inside = kinds.get(marker[2], "mark scheme") if marker[1] == "BEGIN" else ""
        else:
            found.append((line, inside))
    return found


def _says_something(line: str) -> bool:
    words = re.findall(r"\w+", line)
    return len(line) >= LINE_CHARACTERS and len(words) >= LINE_WORDS
