"""Which modules of `course` are built, and which are still stubs: read, never imported."""

import ast
from pathlib import Path

from course.kit.syllabus import MODULE_OF_LESSON

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def module_states(package: Path) -> dict[str, str]:
    """Module of the course -> "built", "built without NAME, ...", "not built" or "broken".

    `package` is the folder course/. A definition counts as missing when it raises
    NotImplementedError in its body, or NotBuiltYet as the stubs do.
    """
    return {
        module: module_state(package / f"{module}.py")
        for module in MODULE_OF_LESSON.values()
    }


def module_state(path: Path) -> str:
    """The state of one module, see `module_states`."""
    try:
        tree = ast.parse(path.read_bytes())
    except FileNotFoundError:
        return "not built"
    except (SyntaxError, ValueError) as error:
        return f"broken ({' '.join(str(error).split())})"
    written, missing = [], []
    for node in tree.body:
        if isinstance(node, (*FUNCTION, ast.ClassDef)):
            (missing if _unwritten(node) else written).append(node.name)
    if not written:
        return "not built"
    return f"built without {', '.join(missing)}" if missing else "built"


def missing_parts(definition: str) -> list[str]:
    """What the text of a definition leaves unwritten: its own name, or those of methods."""
    return _unwritten(ast.parse(definition).body[0])


def _unwritten(node: ast.stmt) -> list[str]:
    """The functions that give up in their body, not only under some `if`."""
    parts = node.body if isinstance(node, ast.ClassDef) else [node]
    return [
        part.name
        for part in parts
        if isinstance(part, FUNCTION) and any(map(_gives_up, part.body))
    ]


def _gives_up(statement: ast.stmt) -> bool:
    """Is it `raise NotImplementedError` or `raise NotBuiltYet`, with or without a text?"""
    match statement:
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name)) | ast.Name(id=name)):
            return name in ("NotImplementedError", "NotBuiltYet")
    return False
