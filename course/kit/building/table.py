"""What `build` prints: what was built, what is missing, and how far the course is."""

import ast
from pathlib import Path

from course.kit.building.dependencies import Definition
from course.kit.built_modules import module_states
from course.kit.syllabus import LESSON_OF_MODULE


def build_table(path: Path, definitions: list[Definition]) -> str:
    """Plain text about the module at `path`, which holds `definitions`, and the course.

    It does not tell whether the file was written just now or stood there before, nor
    where the folder is on this computer.
    """
    lesson = LESSON_OF_MODULE.get(path.stem)
    width = max(len(definition.name) for definition in definitions)
    rows, built = [], 0
    for definition in definitions:
        missing = missing_parts(definition.text)
        built += not missing
        parts = [part for part in missing if part != definition.name]
        state = "missing" + (": " + ", ".join(parts) if parts else "")
        rows.append(f"  {definition.name:<{width}}  {state if missing else 'built'}")
    title = f"{path.parent.name}/{path.name}" + (f", lesson {lesson}" if lesson else "")
    count = f"{built} of {len(definitions)} built."
    lines = [title, *rows, count]
    if lesson:
        lines.append(f"Built as it stands. What is right, tells: course check {lesson}")
    return "\n".join([*lines, course_line(path.parent)])


def missing_parts(text: str) -> list[str]:
    """What a definition leaves unwritten: its own name, or the names of methods.

    Unwritten is what raises NotImplementedError in its body, not only under some `if`.
    """
    node = ast.parse(text).body[0]
    parts = node.body if isinstance(node, ast.ClassDef) else [node]
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        part.name
        for part in parts
        if isinstance(part, functions) and any(map(gives_up, part.body))
    ]


def gives_up(statement: ast.stmt) -> bool:
    """Is it `raise NotImplementedError`, with or without a text?"""
    match statement:
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
    return False


def course_line(package: Path) -> str:
    """One line: which modules of the course are in the folder `package`."""
    groups: dict[str, list[str]] = {"built": [], "unfinished": [], "not built yet": []}
    for module, state in module_states(package).items():
        kind = {"built": "built", "not built": "not built yet"}.get(state, "unfinished")
        groups[kind].append(module)
    found = [f"{kind} {', '.join(names)}" for kind, names in groups.items() if names]
    return f"The course: {'; '.join(found)}."
