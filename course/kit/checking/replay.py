"""One case of a check in the hands of the learner."""

import copy
import inspect
import textwrap
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course.kit.checking.cases import (
    BY_REFERENCE,
    Case,
    Gradient,
    Refusal,
    Test,
    Value,
)
from course.kit.checking.describe import code_lines, described, short
from course.kit.checking.documents import TaskChecks, of_function, unknown
from course.kit.checking.expression import fresh, named, not_typed_in, text, texts
from course.kit.usage_error import UsageError

EXAMPLE = "example"  # what the learner is told to call it


@dataclass(frozen=True, eq=False)
class Replay:
    """A case to play with: `call` is what the check calls, its arrays are attributes of this.

    A test has no call, but its `source` can be read.
    """

    title: str
    call: str
    arrays: dict[str, Any]
    want: Any = field(repr=False, default=None)
    source: str = ""

    def __getattr__(self, name: str) -> Any:
        arrays = self.__dict__.get("arrays", {})
        if name in arrays:
            return arrays[name]
        known = ", ".join([*arrays, "call", "want"])
        raise AttributeError(f"this case has no {name}; it has {known}")

    def __repr__(self) -> str:
        lines = [self.title]
        things = {f"{EXAMPLE}.{name}": x for name, x in self.arrays.items()}
        if self.want is not None:
            things[f"{EXAMPLE}.want"] = self.want
        width = max(map(len, things), default=0)
        lines += [f"    {name:{width}}  {_told(x)}" for name, x in things.items()]
        lines += ["Run it:", *code_lines(self.call, "    ")] if self.call else []
        return "\n".join([*lines, *self.source.splitlines()])


def replay(function: str, index: int) -> Replay:
    """Case number `index` of the check of this function. Raises UsageError if there is none."""
    found = of_function(function)
    if not found:
        raise unknown(function)
    task = found[0]
    if type(index) is not int or not 0 <= index < len(task.cases):
        raise UsageError(
            f"{function} has no case {index!r}: take one from 0 to {len(task.cases) - 1}."
        )
    case = task.cases[index]
    things = not_typed_in(_parts_of(case), task.parameters)
    return Replay(
        f"{task.name}, case {index}: {case.title}",
        _to_run(case, task),
        {name: _own(thing) for name, thing in things.items()},
        copy.deepcopy(wanted(case, task)),
        source_of(case),
    )


def how_to_run(task: TaskChecks, index: int) -> tuple[str, ...]:
    """The lines that run a case alone, to be copied as they stand."""
    name = task.name
    if len(of_function(name)) > 1:
        name = f"{task.module}.{name}"
    example = f'check.example("{name}", {index})'
    call = _to_run(task.cases[index], task)
    if not call:
        return (example,)
    lines = f"{EXAMPLE} = {example}", call
    return lines if f"{EXAMPLE}." in call else lines[:1]  # else it stands above


def call_of(case: Case) -> Any:
    """What is called; None for a test, which calls what it likes."""
    if isinstance(case, Gradient):
        return case.got(named("dout") if case.dout is None else case.dout)
    return None if isinstance(case, Test) else case.call


def text_of(case: Case, task: TaskChecks) -> str:
    """The call as one would type it; "" for a test."""
    call = call_of(case)
    return "" if call is None else text(call, task.parameters)


def source_of(case: Case) -> str:
    """What a test does; "" for any other case."""
    if not isinstance(case, Test):
        return ""
    try:
        return textwrap.dedent(inspect.getsource(case.function)).strip()
    except (OSError, TypeError):
        return ""


def wanted(case: Case, task: TaskChecks) -> Any:
    """What must come out: a value, or the class of an error; None where it is neither."""
    if isinstance(case, Refusal):
        return case.error
    return task.want(case) if isinstance(case, Value) else None


def wanted_text(case: Case, task: TaskChecks) -> str:
    """What must come out, in a few words."""
    if isinstance(case, Refusal):
        return f"raises {case.error.__name__}"
    if isinstance(case, Gradient):
        return "the numeric gradient"
    if isinstance(case, Test):
        return "passes"
    want = task.want(case)
    return repr(want) if want is BY_REFERENCE else short(want)


def given_texts(case: Case, task: TaskChecks) -> tuple[str, ...]:
    """What the names in the call's text stand for: "x is an array of shape (2, 3), float64"."""
    things = not_typed_in(call_of(case), task.parameters)
    arrays = (each for each in things.items() if isinstance(each[1], np.ndarray))
    return tuple(f"{name} is {described(array)}" for name, array in arrays)


def _parts_of(case: Case) -> tuple[Any, ...]:
    """All that a case is made of: its call; of a gradient also the function, x and dout."""
    if isinstance(case, Test):
        return ()
    if not isinstance(case, Gradient):
        return (case.call,)
    dout = () if case.dout is None else (case.dout,)
    return (call_of(case), case.of(named("x")), case.x, *dout)


def _to_run(case: Case, task: TaskChecks) -> str:
    """A call that runs as it stands, with the example at hand; "" for a test."""
    parts = texts(_parts_of(case), task.parameters, EXAMPLE)
    if not isinstance(case, Gradient):
        return "".join(parts)
    call, of, x, *dout = parts
    got = f"lambda dout: {call}" if case.dout is None else call
    arguments = [repr(case.title), got, f"lambda x: {of}", x, *dout]
    return f"check.gradient({', '.join(arguments)})"


def _own(thing: Any) -> Any:
    """A copy that the learner may change; a function stays what it is."""
    return fresh(thing) if isinstance(thing, np.ndarray) else copy.deepcopy(thing)


def _told(thing: Any) -> str:
    if isinstance(thing, type):
        return thing.__name__
    return described(thing)
