"""A case as a list of cases shows it: its title, its call, and what must come out."""

from collections.abc import Mapping, Sequence
from typing import Any

from course.kit.checking.cases import BY_REFERENCE, Case, Gradient, Refusal, Test
from course.kit.checking.describe import short
from course.kit.checking.expression import named, text


def call_of(case: Case) -> Any:
    """What is called; None for a test, which calls what it likes."""
    if isinstance(case, Gradient):
        return case.got(named("dout") if case.dout is None else case.dout)
    return None if isinstance(case, Test) else case.call


def text_of(case: Case, parameters: Mapping[str, Sequence[str]]) -> str:
    """The call as one would type it; "" for a test."""
    call = call_of(case)
    return "" if call is None else text(call, parameters)


def wanted_text(case: Case, want: Any) -> str:
    """What must come out, in a few words. `want`: of a case that wants a value."""
    if isinstance(case, Refusal):
        return f"raises {case.error.__name__}"
    if isinstance(case, Gradient):
        return "the numeric gradient"
    if isinstance(case, Test):
        return "passes"
    return repr(want) if want is BY_REFERENCE else short(want)
