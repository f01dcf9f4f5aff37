"""The files of `course`: which a lesson reaches, and what a student and grading find of them."""

import ast
import compileall
import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from py_compile import PycInvalidationMode
from typing import Any, TypeAlias

from autograder.lessons import Lesson, find_lessons
from course.kit import UsageError
from course.kit.syllabus import LESSON_OF_MODULE

HEADER = '''\
"""What lesson {lesson} builds: nothing of it is here yet.

Made by autograder, from solutions/{lesson}.py. The last cell of your notebook
notebooks/{lesson}/{lesson}.ipynb replaces this file.
"""

from course.kit import NotBuiltYet
'''
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
# A field that Python 3.11 does not know, and 3.12 does not do without.
SINCE_312: dict[str, Any] = {"type_params": []}
TEXT_SUFFIXES = {".py", ".json", ".js", ".css", ".html", ".csv", ".txt", ".md", ".svg"}
KIT_SUFFIXES = {*TEXT_SUFFIXES, ".npy", ".npz", ".png", ".jpg"}


def kit_files(root: Path) -> list[Path]:
    """The files of `course` that a student is given, relative to `root`, generated or not.

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
        for name in modules_reached(at.root, [at.source, *at.check_sources]):
            owner = LESSON_OF_MODULE.get(name.removeprefix("course."))
            if owner and owner < at.name and owner not in found:
                found[owner] = Lesson(lesson.root, owner)
                waiting.append(found[owner])
    return [found[name] for name in sorted(found)]


def write_course(target: Path, root: Path, upto: str | None) -> list[Path]:
    """Write target/course: the kit, and one module per lesson of the checkout at `root`.

    Lessons before `upto` (a lesson's name) give their reference modules; `upto` and the
    later ones give stubs that raise NotBuiltYet. With `upto` None all are stubs. Returns
    the files written, relative to `target`. Refuses when a reference module is missing.
    """
    written = [*kit_files(root)]
    for path in written:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, target / path)
    for lesson in find_lessons(root):
        reference = _reference_text(lesson)
        done = upto is not None and lesson.name < upto
        path = lesson.reference_module.relative_to(root)
        with open(target / path, "w", encoding="utf-8", newline="\n") as file:
            file.write(reference if done else stub_module(lesson.name, reference))
        written.append(path)
    return written


@dataclass(frozen=True)
class Support:
    """What student code is given while it is graded: files of `course`, by relative posix path; `digest` is what decides marks."""

    files: Mapping[str, bytes]
    digest: str

    def unpack(self, folder: Path) -> None:
        """Write folder/lib, and compile it there once instead of in every child.

        Also puts matplotlib's list of the system's fonts into folder/matplotlib, since
        searching for fonts takes seconds. Refuses a path that leads out of the folder.
        """
        library = folder / "lib"
        for name, content in self.files.items():
            parts = PurePosixPath(name).parts
            if not parts or ".." in parts or name.startswith("/") or "\\" in name:
                raise UsageError(
                    f"a support file is named {name!r}; a relative path without '..' "
                    "was wanted. Make the support with make_support"
                )
            path = library.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        compileall.compile_dir(
            library, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
        )
        _copy_font_list(folder / "matplotlib")


def make_support(lesson: Lesson) -> Support:
    """The kit, the reference modules of earlier lessons, and stubs for this and later ones."""
    with tempfile.TemporaryDirectory(prefix="support-") as name:
        library = Path(name)
        write_course(library, lesson.root, lesson.name)
        files = {
            path.relative_to(library).as_posix(): path.read_bytes()
            for path in sorted(library.rglob("*"))
            if path.is_file() and path.suffix != ".pyc"
        }
    return Support(files, digest_of(files))


def digest_of(files: Mapping[str, bytes]) -> str:
    """A sha256 over the names and contents, whatever their order."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode("utf-8") + b"\0")
        total.update(hashlib.sha256(files[name]).digest())
    return total.hexdigest()


def _copy_font_list(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    try:
        from matplotlib import get_cachedir
    except ImportError:
        return
    for path in Path(get_cachedir()).glob("fontlist-*.json"):
        shutil.copy(path, target)


def stub_module(lesson: str, reference: str) -> str:
    """The source of a stub for the module whose reference source is given.

    Public functions and classes keep their names, signatures and the first line of their
    docstrings; using one raises NotBuiltYet, which says where it is built.
    """
    stubs = [
        _stub(node, lesson)
        for node in ast.parse(reference).body
        if isinstance(node, DEFINITIONS) and not node.name.startswith("_")
    ]
    return "\n\n".join([HEADER.format(lesson=lesson), *stubs])


def _stub(node: Definition, lesson: str) -> str:
    message = (
        f"{node.name} is built in lesson {lesson}: open notebooks/{lesson}/{lesson}.ipynb, "
        "do its tasks, and run its last cell."
    )
    body = [_docstring(node), ast.parse(f"raise NotBuiltYet({message!r})").body]
    if isinstance(node, ast.ClassDef):
        built = _method(node, "__init__")
        arguments = _plain_arguments(built.args) if built else _any_arguments()
        initialise = _function("__init__", arguments, body[1])
        stub = ast.ClassDef(
            name=node.name,
            bases=[],
            keywords=[],
            body=[*body[0], initialise],
            decorator_list=[],
            **SINCE_312,
        )
    else:
        arguments = _plain_arguments(node.args)
        stub = _function(node.name, arguments, [*body[0], *body[1]])
    return ast.unparse(ast.fix_missing_locations(stub)) + "\n"


def _function(name: str, arguments: ast.arguments, body: list[ast.stmt]) -> ast.stmt:
    return ast.FunctionDef(
        name=name, args=arguments, body=body, decorator_list=[], **SINCE_312
    )


def _docstring(node: Definition) -> list[ast.stmt]:
    text = ast.get_docstring(node)
    return [ast.Expr(ast.Constant(text.split("\n")[0]))] if text else []


def _method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    methods = (item for item in node.body if isinstance(item, ast.FunctionDef))
    return next((method for method in methods if method.name == name), None)


def _plain_arguments(arguments: ast.arguments) -> ast.arguments:
    """The same arguments without annotations; a default that is no literal becomes `...`."""
    for argument in ast.walk(arguments):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    arguments.defaults = [_literal(each) for each in arguments.defaults]
    arguments.kw_defaults = [each and _literal(each) for each in arguments.kw_defaults]
    return arguments


def _any_arguments() -> ast.arguments:
    return ast.arguments(
        posonlyargs=[],
        args=[ast.arg("self")],
        vararg=ast.arg("args"),
        kwonlyargs=[],
        kw_defaults=[],
        kwarg=ast.arg("kwargs"),
        defaults=[],
    )


def _literal(node: ast.expr) -> ast.expr:
    try:
        ast.literal_eval(node)
    except ValueError:
        return ast.Constant(...)
    return node


def _reference_text(lesson: Lesson) -> str:
    try:
        return lesson.reference_module.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"{lesson.reference_module} is missing. Make it with: autograder build "
            f"{lesson.name}"
        ) from None


def modules_reached(
    root: Path, starts: list[Path], start: Iterable[str] = ()
) -> dict[str, Path]:
    """Modules of this project under `root` that the start files reach, by dotted name.

    The modules of lessons are named, and not followed: they import what their lessons do.
    """
    found: dict[str, Path] = {}
    waiting = [name for path in starts for name in _imports(path, "")] + [*start]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name.split(".")[0] not in ("course", "autograder"):
            continue
        seen.add(name)
        package, _, rest = name.rpartition(".")
        if package:
            waiting.append(package)
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
            base = node.module or ""
            if node.level:
                above = package.split(".")
                above = above[: len(above) + 1 - node.level]
                base = ".".join([*above, *filter(None, [node.module])])
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return tuple(names)
