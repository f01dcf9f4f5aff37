"""What may be given to `build`: the name of a module, functions and classes."""

import difflib
import functools
import inspect
import keyword
import re
from types import FunctionType, MethodType
from typing import Any

from course.kit.building.error import BuildError
from course.kit.syllabus import LESSON_OF_MODULE, MODULE_OF_LESSON

# How alike two names are before one is taken for a slip of the other (1: the same).
ALIKE = 0.8


def check_module_name(module: Any) -> None:
    """Raise BuildError unless course.<module> is a name that `build` may write."""
    if not isinstance(module, str):
        raise BuildError(
            f"the first argument is {module!r}: it must be the name of the module in "
            'quotes, as in build("geometry", output_size)'
        )
    if module in LESSON_OF_MODULE:
        return
    meant = {name: name for name in LESSON_OF_MODULE} | MODULE_OF_LESSON
    close = difflib.get_close_matches(module.lower(), meant, n=1, cutoff=ALIKE)
    if close:
        raise BuildError(
            f'the course has no module {module!r}: did you mean "{meant[close[0]]}"? '
            "A module of your own needs a name that is less like it"
        )
    if not re.fullmatch(r"[a-z][a-z0-9_]*", module) or keyword.iskeyword(module):
        raise BuildError(
            f"{module!r} cannot be a module: use small letters a to z, digits and _, "
            "beginning with a letter, and no word of Python's own"
        )
    if module == "kit":
        raise BuildError('"kit" is what the course gives you: choose another name')


def check_definitions(
    module: str, definitions: tuple[Any, ...], namespace: dict[str, Any]
) -> None:
    """Raise BuildError unless each is a function or class written in this notebook."""
    if not definitions:
        raise BuildError(
            "nothing was given to build: name your functions and classes, as in "
            f'build("{module}", first, second)'
        )
    names: set[str] = set()
    for definition in definitions:
        check_kind(definition)
        check_home(definition, namespace)
        check_name(definition, namespace)
        if definition.__name__ in names:
            raise BuildError(f"`{definition.__name__}` is given twice: give it once")
        names.add(definition.__name__)


def check_kind(definition: Any) -> None:
    """Raise BuildError unless it is a function, a decorated function or a class."""
    if isinstance(definition, str):
        raise BuildError(f"{definition!r} is text: give the function, without quotes")
    if isinstance(definition, (list, tuple, set, dict)):
        kind = type(definition).__name__
        raise BuildError(f"a {kind} was given: give its functions one by one")
    if isinstance(definition, MethodType):
        raise BuildError(
            f"`{definition.__qualname__}` is a method: give the class instead"
        )
    if isinstance(definition, functools.partial):
        raise BuildError(
            "a functools.partial was given: write it as a function, with def"
        )
    if isinstance(definition, type):
        return
    if not isinstance(inspect.unwrap(definition), FunctionType):
        name = getattr(definition, "__name__", None)
        what = f"`{name}`" if isinstance(name, str) else "what was given"
        raise BuildError(
            f"{what} is of the type {type(definition).__name__}, neither a function "
            "written in Python nor a class: give those"
        )
    if definition.__name__ == "<lambda>":
        raise BuildError("a lambda was given: write it as a function, with def")


def check_home(definition: Any, namespace: dict[str, Any]) -> None:
    """Raise BuildError unless it is written at the top level of this notebook."""
    name, path = definition.__name__, definition.__qualname__
    if isinstance(definition, type):
        is_here = definition.__module__ == namespace.get("__name__")
    else:
        is_here = inspect.unwrap(definition).__globals__ is namespace
    if not is_here:
        raise BuildError(
            f"`{name}` is not written in this notebook but in {definition.__module__}: "
            "give only what you define here (a decorator of yours needs functools.wraps)"
        )
    if "<locals>" in path:
        outer = path.split(".<locals>")[0]
        raise BuildError(
            f"`{name}` is made inside `{outer}`: define it on its own, not inside "
            "(and if that is a decorator, it needs functools.wraps)"
        )
    if "." in path:
        raise BuildError(
            f"`{path}` is a part of a class: give the class `{path.split('.')[0]}` instead"
        )


def check_name(definition: Any, namespace: dict[str, Any]) -> None:
    """Raise BuildError unless the notebook's name of it is the one in its definition."""
    name = definition.__name__
    if namespace.get(name) is definition:
        return
    others = [key for key, value in namespace.items() if value is definition]
    others = [key for key in others if not key.startswith("_")]
    if others:
        raise BuildError(
            f"`{others[0]}` is defined under another name, `{name}`: give it one name, "
            f"with def {others[0]} or class {others[0]}"
        )
    raise BuildError(
        f"`{name}` has been defined again since, or deleted: give the newest one"
    )
