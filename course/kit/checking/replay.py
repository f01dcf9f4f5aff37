"""One case of a check in the hands of the learner, and the list of all of them."""

from dataclasses import dataclass, field
from typing import Any

from course.kit.checking.cases import BY_REFERENCE, Case, Gradient, Refusal, Test, Value
from course.kit.checking.describe import described, short
from course.kit.checking.documents import TaskChecks, of_function
from course.kit.checking.expression import arrays_in, fresh, named, text
from course.kit.refusal import Refusal as BadRequest


@dataclass(frozen=True, eq=False)
class Replay:
    """A case to play with: `call` is what the check calls, its arrays are attributes of this."""

    title: str
    call: str
    arrays: dict[str, Any]
    want: Any = field(repr=False, default=None)

    def __getattr__(self, name: str) -> Any:
        arrays = self.__dict__.get("arrays", {})
        if name in arrays:
            return arrays[name]
        known = ", ".join([*arrays, "call", "want"])
        raise AttributeError(f"this case has no {name}; it has {known}")

    def __repr__(self) -> str:
        lines = [self.title]
        lines += [f"  {name:8} {described(x)}" for name, x in self.arrays.items()]
        lines += [f"  {'call':8} {self.call}", f"  {'want':8} {short(self.want)}"]
        return "\n".join(lines)


def replay(function: str, index: int) -> Replay:
    """Case number `index` of the check of this function. Raises Refusal if there is none."""
    found = of_function(function)
    if not found:
        raise BadRequest(f"there is no check of {function!r}")
    task = found[0]
    if type(index) is not int or not 0 <= index < len(task.cases):
        raise BadRequest(
            f"{function} has no case {index!r}: take one from 0 to {len(task.cases) - 1}."
        )
    case = task.cases[index]
    call = call_of(case, task)
    arrays = arrays_in(call, task.parameters) if call is not None else {}
    arrays = {name: fresh(array) for name, array in arrays.items()}
    return Replay(
        f"{task.name}, case {index}: {case.title}",
        text_of(case, task),
        arrays,
        wanted(case, task),
    )


def cases_table(task: TaskChecks) -> None:
    """Print the cases of a task, a call and what it must give in each line."""
    print(
        f"{task.name}: {len(task.cases)} cases, and {task.hidden} more when it is graded"
    )
    for index, case in enumerate(task.cases):
        print(f"{index:3}  {case.title}")
        print(f"       {text_of(case, task)}  ->  {wanted_text(case, task)}")


def call_of(case: Case, task: TaskChecks) -> Any:
    """What is called; None for a test, which calls what it likes."""
    if isinstance(case, Gradient):
        dout = named("dout") if case.dout is None else case.dout
        return case.got(dout)
    return None if isinstance(case, Test) else case.call


def text_of(case: Case, task: TaskChecks) -> str:
    """The call as one would type it; for a test the name of what it does."""
    call = call_of(case, task)
    if call is None:
        return f"a test of its own: {case.title}"
    return text(call, task.parameters)


def wanted(case: Case, task: TaskChecks) -> Any:
    return task.want(case) if isinstance(case, Value) else None


def wanted_text(case: Case, task: TaskChecks) -> str:
    """What must come out, in a few words."""
    if isinstance(case, Refusal):
        return case.error.__name__
    if isinstance(case, Gradient):
        return "the numeric gradient"
    if isinstance(case, Test):
        return "passes"
    want = task.want(case)
    return repr(want) if want is BY_REFERENCE else short(want)
