"""The `course` package as a learner finds it: the kit, modules done so far, and stubs."""

import ast
import shutil
from pathlib import Path

from autograder.authoring.inputs import kit_files
from autograder.lessons import Lesson, find_lessons
from course.kit.refusal import Refusal

HEADER = '''\
"""What lesson {lesson} builds: nothing of it is here yet.

Made by autograder, from solutions/{lesson}.py. The last cell of your notebook
notebooks/{lesson}/{lesson}.ipynb replaces this file.
"""

from course.kit.built_modules import NotBuiltYet
'''
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


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


def _stub(node: ast.stmt, lesson: str) -> str:
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
            type_params=[],
        )
    else:
        arguments = _plain_arguments(node.args)
        stub = _function(node.name, arguments, [*body[0], *body[1]])
    return ast.unparse(ast.fix_missing_locations(stub)) + "\n"


def _function(name: str, arguments: ast.arguments, body: list[ast.stmt]) -> ast.stmt:
    return ast.FunctionDef(
        name=name, args=arguments, body=body, decorator_list=[], type_params=[]
    )


def _docstring(node: ast.AST) -> list[ast.stmt]:
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
    return ast.parse("def f(self, *args, **kwargs): ...").body[0].args


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
        raise Refusal(
            f"{lesson.reference_module} is missing. Make it with: autograder build "
            f"{lesson.name}"
        ) from None
