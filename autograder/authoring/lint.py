"""Mistakes in a lesson's cells that would cost a student points, or show the answer."""

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.lessons import Lesson
from autograder.lessons.source import CELL_ID, DANGEROUS_TAGS, is_self_check, marks
from course.kit.notebook_cells import cell_name, is_demo
from course.kit.syllabus import LESSON_OF_MODULE

MARKERS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
LONGEST_CHECK = 4  # lines of a check cell


def lint(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    """What is wrong with a source notebook, as lines that name the lesson and the cell."""
    problems = []
    seen: set[str] = set()
    for index, cell in enumerate(notebook.cells):
        name = cell_name(cell, index)
        found = list(cell_problems(cell))
        grade_id = marks(cell).get("grade_id")
        if grade_id in seen:
            found.append("another cell has the same name")
        if grade_id:
            seen.add(grade_id)
        found += import_problems(lesson, cell)
        problems += [f"{lesson.name}, cell {name}: {problem}" for problem in found]
    problems += [f"{lesson.name}: {text}" for text in frame_problems(lesson, notebook)]
    return problems


def cell_problems(cell: NotebookNode) -> Iterator[str]:
    """What is wrong with one cell by itself."""
    about = marks(cell)
    regions = {}
    for marker in MARKERS:
        begins = len(re.findall(f"BEGIN {marker}", cell.source))
        if begins != len(re.findall(f"END {marker}", cell.source)):
            yield f"BEGIN {marker} and END {marker} do not pair up"
        regions[marker] = begins
    if regions["MARK SCHEME"]:
        yield "put the mark scheme between BEGIN SOLUTION and END SOLUTION"
    if regions["HIDDEN TESTS"]:
        yield "has hidden tests: write hidden(t, ...) in solutions/checks"
    if "incorrectly_encoded_metadata" in cell.metadata:
        yield f"its metadata is not JSON: {cell.metadata.incorrectly_encoded_metadata}"
        return
    if is_self_check(cell):
        if about or cell.cell_type != "markdown":
            yield "is a self-check, which a release may leave out: only text can be one"
        elif "<details>" not in cell.source:
            yield "is a self-check that is not folded: put it into <details>"
    if not about:
        if regions["SOLUTION"]:
            yield "has a solution, but is no task and no question"
        return
    if not CELL_ID.fullmatch(about.grade_id):
        yield "its name must have 1 to 64 letters, digits, - and _"
    yield from tag_problems(cell)
    if about.grade:
        points = about.points
        if type(points) not in (int, float) or not points > 0:
            yield f"is graded, but for {points!r} points"
    if about.solution:
        yield from answer_problems(cell, regions)
    else:
        yield from check_problems(cell, regions)


def tag_problems(cell: NotebookNode) -> Iterator[str]:
    for tag in sorted(DANGEROUS_TAGS & set(cell.metadata.get("tags", []))):
        yield f"has the tag {tag}, which grading would obey: full marks for any answer"


def answer_problems(cell: NotebookNode, regions: dict[str, int]) -> Iterator[str]:
    """Rules of a cell that the student fills in: a task or a written question."""
    about = marks(cell)
    if not regions["SOLUTION"]:
        yield "has no BEGIN SOLUTION ... END SOLUTION, so all of it would be removed"
    if about.grade and cell.cell_type == "code":
        yield "is a question in a code cell: make it a task and write a check after it"
    if not about.grade and cell.cell_type == "markdown":
        yield "is a task in a text cell: make it a question"
    if cell.cell_type == "code" and about.grade_id not in defined_names(cell.source):
        yield f"does not define {about.grade_id}, after which it is named"


def check_problems(cell: NotebookNode, regions: dict[str, int]) -> Iterator[str]:
    """Rules of a cell that the student leaves as it is."""
    if regions["SOLUTION"]:
        yield "has a solution, but is a check"
    if cell.cell_type != "code":
        yield "is a check, but not a code cell"
    if "check(" in cell.source and len(cell.source.split("\n")) > LONGEST_CHECK:
        yield f"is longer than {LONGEST_CHECK} lines: its cases go to solutions/checks"


def import_problems(lesson: Lesson, cell: NotebookNode) -> Iterator[str]:
    """Imports of a module that does not exist yet when this lesson is done."""
    if cell.cell_type != "code":
        return
    for module in imported_names(cell.source):
        package, _, rest = module.partition(".")
        owner = LESSON_OF_MODULE.get(rest.partition(".")[0])
        if package == "course" and owner and owner >= lesson.name:
            yield f"imports {module}, but only lessons before this one are built"


def frame_problems(lesson: Lesson, notebook: NotebookNode) -> Iterator[str]:
    """Rules of the first and the last cell."""
    if not notebook.cells:
        yield "has no cells"
        return
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        yield "the first cell must be markdown that begins with '# ' and the title"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    last = code[-1] if code else None
    if last is None or built_module(last.source) != lesson.module:
        yield f'the last code cell must call build("{lesson.module}", ...)'
    elif is_demo(last) or marks(last):
        yield "the last code cell, which builds, must be neither demo nor graded"


def built_module(source: str) -> str | None:
    """The module that a cell gives to `build(...)`; None where it does not build."""
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Call) and node.args:
            called = node.func
            name = getattr(called, "id", None) or getattr(called, "attr", None)
            module = getattr(node.args[0], "value", None)
            if name == "build" and isinstance(module, str):
                return module
    return None


def defined_names(source: str) -> set[str]:
    """Names of the functions and classes that a cell defines at its top level."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in parsed(source).body if isinstance(node, kinds)}


def imported_names(source: str) -> set[str]:
    """Dotted names that a cell imports; `from a import b` counts as both a and a.b."""
    names: set[str] = set()
    for node in ast.walk(parsed(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{a.name}" for a in node.names)}
    return names


def parsed(source: str) -> ast.Module:
    """The cell's syntax tree, without magics; empty where it is not Python."""
    lines = source.split("\n")
    plain = ["pass" if line[:1] in ("%", "!") else line for line in lines]
    try:
        return ast.parse("\n".join(plain))
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])
