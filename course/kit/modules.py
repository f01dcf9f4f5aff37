"""The modules of the course: where they are, and which are built, given or missing."""

import ast
import contextlib
from pathlib import Path

import course
from course.kit.syllabus import MODULE_OF_LESSON

BUILT = "# Built by "
GIVEN = f"{BUILT}your instructor"
CATCH_UP = (  # the head of a module that was handed out; `build` may replace it
    f"{GIVEN}, so that you can go on without lesson {{lesson}}. It is not your answer.\n"
    "# Doing that lesson and building it replaces this file.\n"
)
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def own_folder() -> Path:
    """Where modules are built: beside course/__init__.py, or a folder of the user's own."""
    return Path(course.__path__[0])


def is_shared() -> bool:
    """Whether `course` is shared, and its user builds into a folder of their own."""
    return len(course.__path__) > 1


def in_home(folder: Path) -> str:
    """The folder as people say it: ~/course."""
    with contextlib.suppress(ValueError, RuntimeError):
        return f"~/{folder.relative_to(Path.home().resolve()).as_posix()}"
    return str(folder)


def course_line(package: Path) -> str:
    """One line: which modules of the course are in the folder `package`.

    A folder of the user's own has the others behind it.
    """
    kinds = {
        "built": "built",
        "given": "given to catch up",
        "not built": "not built yet",
    }
    groups: dict[str, list[str]] = {
        "built": [],
        "given to catch up": [],
        "unfinished": [],
        "not built yet": [],
    }
    places = [Path(place) for place in course.__path__]
    is_own = package.resolve() == own_folder().resolve()
    for module, state in module_states(*(places if is_own else [package])).items():
        groups[kinds.get(state, "unfinished")].append(module)
    found = [f"{kind} {', '.join(names)}" for kind, names in groups.items() if names]
    return f"The course: {'; '.join(found)}."


def module_states(*packages: Path) -> dict[str, str]:
    """Module of the course -> "built", "given", "built without NAME, ...", "not built" or "broken".

    `packages` are folders like course/; the first that has a module counts. A definition counts
    as missing when it raises NotImplementedError in its body, or NotBuiltYet as the stubs do.
    """
    states = {}
    for module in MODULE_OF_LESSON.values():
        paths = [package / f"{module}.py" for package in packages]
        states[module] = module_state(next(filter(Path.is_file, paths), paths[0]))
    return states


def module_state(path: Path) -> str:
    """The state of one module, see `module_states`."""
    try:
        content = path.read_bytes()
        tree = ast.parse(content)
    except FileNotFoundError:
        return "not built"
    except (SyntaxError, ValueError) as error:
        return f"broken ({' '.join(str(error).split())})"
    written: list[str] = []
    missing: list[str] = []
    for node in tree.body:
        if isinstance(node, (*FUNCTION, ast.ClassDef)):
            (missing if _unwritten(node) else written).append(node.name)
    if not written:
        return "not built"
    if missing:
        return f"built without {', '.join(missing)}"
    return "given" if content.startswith(GIVEN.encode()) else "built"


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
