"""Where the cases of all tasks lie, as the course ships them: course/kit/checks, a file a lesson.

A task's document holds the source of its cases, the names of the functions that they are
about, and what is wanted where the source does not say it, by title: numbers, text, arrays,
and lists, tuples and dicts of them. It is made by `autograder build` out of
solutions/checks. A document of hidden cases has the same form.
"""

import difflib
import json
import linecache
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from course.kit import UsageError
from course.kit.checking.cases import Case, Cases, Memory, Value
from course.kit.checking.expression import named
from course.kit.checking.listing import text_of, wanted_text
from course.kit.syllabus import MODULE_OF_LESSON

COURSE = Path(__file__).parents[2]
FOLDER = COURSE / "kit" / "checks"
OF_LESSONS = re.compile(r"\bcourse\.(?!kit\b)")

# Digits that every machine agrees on, well inside the tolerance of any check.
DIGITS = {"float32": 6, "float64": 12, "float16": 4}


@dataclass(frozen=True)
class TaskChecks:
    """The cases of one task. `hidden`: how many more there are when it is graded."""

    name: str
    module: str
    functions: tuple[str, ...]
    parameters: Mapping[str, Sequence[str]]
    cases: tuple[Case, ...]
    stored: Mapping[str, Mapping[str, Any]]
    hidden: int = 0

    def want(self, case: Value | Memory) -> Any:
        """What the case wants; stored where the reference has said it. Fresh at every call."""
        stored = self.stored.get(case.title, {})
        return from_json(stored["want"]) if "want" in stored else case.want

    @cached_property
    def listed(self) -> list[tuple[str, str, str]]:
        """Title, call and what must come out, of every case."""
        rows = []
        for case in self.cases:
            want = self.want(case) if isinstance(case, (Value, Memory)) else None
            call = text_of(case, self.parameters)
            rows.append((case.title, call, wanted_text(case, want)))
        return rows

    def mistakes(self, case: Case) -> dict[str, list[Any]]:
        """What known mistakes give in this case, by phrase."""
        found = {
            phrase: [result() if callable(result) else result]
            for phrase, result in getattr(case, "mistakes", {}).items()
        }
        for phrase, results in (
            self.stored.get(case.title, {}).get("mistakes", {}).items()
        ):
            found.setdefault(phrase, []).extend(map(from_json, results))
        return found


def find(functions: Sequence[str], module: str = "") -> TaskChecks:
    """The task whose check is given these functions. Raises UsageError where there is none."""
    wanted = tuple(functions)
    known = _documents()
    for (lesson, name), document in known.items():
        if module in ("", lesson) and tuple(document["functions"]) == wanted:
            return _read(lesson, name)
    shared = [len({*wanted} & {*each["functions"]}) for each in known.values()]
    if any(shared):
        near = [*known.values()][shared.index(max(shared))]["functions"]
        raise UsageError(f"this task is checked by: check({', '.join(near)})")
    raise unknown(", ".join(wanted) or "nothing")


def unknown(name: str) -> UsageError:
    """What to raise where there are no cases for this name, with a name that is near it."""
    names = [n for each in _documents().values() for n in each["functions"]]
    names += [task for _, task in _documents()]
    close = difflib.get_close_matches(name, names, n=1)
    advice = f" Did you mean {close[0]!r}?" if close else ""
    return UsageError(f"there are no cases for {name}.{advice}")


def of_function(function: str) -> list[TaskChecks]:
    """The tasks that bear this name, else those that are about the function of this name.

    Of a task of several functions the first is meant before the others.
    """
    module, _, name = function.rpartition(".")
    keys = [key for key in _documents() if module in ("", key[0])]
    found = [key for key in keys if key[1] == name]
    for named_in in (slice(1), slice(None)):
        about = {key: _documents()[key]["functions"][named_in] for key in keys}
        found = found or [key for key in keys if name in about[key]]
    return [_read(*key) for key in found]


def read(document: Mapping[str, Any], name: str, module: str = "") -> TaskChecks:
    """A task's cases out of its document, in which the function `cases` writes them down."""
    place = f"<cases of {name}>"
    names: dict[str, Any] = {"__name__": place}
    source = "\n".join(document["source"])
    linecache.cache[place] = (len(source), None, source.splitlines(True), place)
    exec(compile(source, place, "exec"), names)  # noqa: S102 the course's own
    cases = Cases(name)
    functions = tuple(document["functions"])
    names["cases"](cases, *map(named, functions))
    return TaskChecks(
        name,
        module,
        functions,
        document["parameters"],
        tuple(cases.taken),
        document["stored"],
        document.get("hidden", 0),
    )


def hidden_cases(module: str) -> dict[str, int]:
    """How many cases of each task of this module run only when it is graded."""
    return {
        name: document.get("hidden", 0)
        for (lesson, name), document in _documents().items()
        if lesson == module
    }


def read_all() -> None:
    """Read the documents of all lessons, and the tasks of the one at hand, the first not built.

    For a process that others are forked from, which then need not read them. A task about
    the modules of other lessons is left out: nobody may find these imported.
    """
    at_hand = next(filter(_is_stub, MODULE_OF_LESSON.values()), "")
    for (module, name), document in _documents().items():
        source = "\n".join(document["source"])
        if module == at_hand and not OF_LESSONS.search(source):
            _ = _read(module, name).listed


def _is_stub(module: str) -> bool:
    path = COURSE / f"{module}.py"
    return path.exists() and "NotBuiltYet" in path.read_text(encoding="utf-8")


@cache
def _read(module: str, name: str) -> TaskChecks:
    return read(_documents()[module, name], name, module)


@cache
def _documents() -> dict[tuple[str, str], dict]:
    """Every task's document by module and name, in the order of the lessons."""
    found: dict[tuple[str, str], dict] = {}
    for module in MODULE_OF_LESSON.values():
        path = FOLDER / f"{module}.json"
        if not path.exists():
            continue
        try:
            tasks = json.loads(path.read_text(encoding="utf-8"))["tasks"]
            found |= {(module, name): tasks[name] for name in tasks}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"the cases in {path} cannot be read ({error}). "
                "Put the file back from where you got the course."
            ) from error
    return found


def to_json(value: Any) -> Any:
    """What JSON can hold of the value. Raises TypeError for what is no plain data."""
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return _rounded(value, 12)
    if isinstance(value, np.generic) and value.dtype.kind in "biuf":
        dtype = str(value.dtype)
        return {"dtype": dtype, "value": _rounded(value.item(), DIGITS.get(dtype, 12))}
    if kind is np.ndarray and value.dtype.kind in "biuf":
        dtype = str(value.dtype)
        digits = DIGITS.get(dtype, 12)
        values = [_rounded(each, digits) for each in value.ravel().tolist()]
        return {"dtype": dtype, "shape": list(value.shape), "values": values}
    if kind is list:
        return [to_json(each) for each in value]
    if kind is tuple:
        return {"tuple": [to_json(each) for each in value]}
    if kind is dict:
        return {"dict": [[to_json(k), to_json(v)] for k, v in value.items()]}
    raise TypeError(f"a {kind.__name__} is no plain data")


def from_json(stored: Any) -> Any:
    """The value again, with arrays of its own."""
    if isinstance(stored, list):
        return [from_json(each) for each in stored]
    if not isinstance(stored, dict):
        return stored
    if "tuple" in stored:
        return tuple(from_json(each) for each in stored["tuple"])
    if "dict" in stored:
        return {from_json(key): from_json(each) for key, each in stored["dict"]}
    if "value" in stored:
        return np.dtype(stored["dtype"]).type(stored["value"])
    return np.array(stored["values"], stored["dtype"]).reshape(stored["shape"])


def _rounded(value: Any, digits: int) -> Any:
    """A float with so many digits; a whole one without its point inside an array is one too."""
    if type(value) is not float or not math.isfinite(value):
        return value
    return float(f"{value:.{digits}g}")
