"""Which modules of `course` are built, and which are still stubs: read, never imported."""

import ast
from pathlib import Path

from course.kit.syllabus import MODULE_OF_LESSON


def module_states(package: Path) -> dict[str, str]:
    """Module of the course -> "built", "built without NAME, ...", "not built" or "broken".

    `package` is the folder course/. A definition counts as missing when all it does is
    raise NotImplementedError, or NotBuiltYet as the stubs do.
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
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            (missing if _is_stub(node) else written).append(node.name)
    if not written:
        return "not built"
    return f"built without {', '.join(missing)}" if missing else "built"


def _is_stub(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether a function, or one method of a class, is still to be written."""
    if isinstance(node, ast.ClassDef):
        return any(isinstance(n, ast.FunctionDef) and _is_stub(n) for n in node.body)
    last = node.body[-1]
    if not isinstance(last, ast.Raise) or last.exc is None:
        return False
    raised = last.exc.func if isinstance(last.exc, ast.Call) else last.exc
    return isinstance(raised, ast.Name) and raised.id in (
        "NotImplementedError",
        "NotBuiltYet",
    )
