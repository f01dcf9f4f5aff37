"""Run a function on its stored examples and say what is wrong with the first bad one.

Once an example has failed, the function is run on the others too, quietly: the mistake
that explains most of the results is the one to name.
"""

import io
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

from course.kit.checking import recognise, stored
from course.kit.checking.compare import Difference, find_difference
from course.kit.checking.describe import described, function_name, indented
from course.kit.checking.failure import CheckFailed, NotWrittenYet, blame
from course.kit.checking.stored import Example
from course.kit.checking.tolerance import Rules
from course.kit.checking.warned import undisturbed

RULES = Rules(exact=False)
LOOK_ON_FOR = 2.0


class OutOfTime(BaseException):
    """No Exception, so that it is not taken for one of the learner's."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the function made of one example. No problem: it is right."""

    example: Example
    results: tuple[Any, ...] = ()
    problem: str | None = None
    difference: Difference | None = None
    error: BaseException | None = None


def run_examples(
    function: Callable, call: Callable | None = None, module: str = "", name: str = ""
) -> list[str]:
    """Run all examples of this name (in this module) and return their cases.

    Without `name` it is the function's own. Raises CheckFailed, with a message that teaches, at the first that is not right.
    """
    name = name or function_name(function)
    name = f"{module}.{name}" if module else name
    examples = [stored.example(name, index) for index in range(stored.count(name))]
    for index, example in enumerate(examples):
        outcome = _run(function, example, call)
        if outcome.problem is not None:
            break
    else:
        return [example.case for example in examples]
    if isinstance(outcome.error, NotImplementedError):
        raise NotWrittenYet(outcome.problem) from outcome.error
    others = _look_on(function, examples[index + 1 :], call)
    right = [Outcome(example) for example in examples[:index]]
    lines = [outcome.problem]
    with undisturbed():
        hint = _hint(outcome, [*right, outcome, *others])
    lines += indented(hint) if hint else []
    lines += _where(index, name)
    raise CheckFailed("\n".join(lines)) from outcome.error


def _run(function: Callable, example: Example, call: Callable | None) -> Outcome:
    """Call the function with fresh arrays and compare what it returns."""
    name, title = example.function, f"{example.function}, {example.case}"
    fresh = stored.example(name, example.index)
    try:
        if call is None:
            result = function(**fresh.arrays, **fresh.options)
        else:
            result = call(function, **fresh.arrays, **fresh.options)
    except NotImplementedError as error:
        text = "\n".join([f"{name}: not written yet", *indented(str(error))])
        return Outcome(example, problem=text, error=error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 (it is reported)
        lines = [f"{title}: an error instead of a result", *blame(error, name)]
        if isinstance(error, TypeError) and f"{name}() " in str(error):
            lines += indented(_called_with(example))
        return Outcome(example, problem="\n".join(lines), error=error)
    with undisturbed():
        changed = _changed(fresh.arrays, example.arrays)
        if changed:
            text = f"{title}: {changed} was changed in place"
            advice = (
                f"The caller still needs {changed}: work on a copy, {changed}.copy()."
            )
            return Outcome(example, problem="\n".join([text, *indented(advice)]))
        return _compared(example, result, title, default=call is None)


def _compared(example: Example, result: Any, title: str, default: bool) -> Outcome:
    outputs = example.outputs
    if len(outputs) == 1:
        pair = default and type(result) is tuple and len(result) == 2
        results = (result[0],) if pair else (result,)
    elif type(result) in (tuple, list) and len(result) == len(outputs):
        results = tuple(result)
    else:
        lines = [
            f"{title}: wrong number of results",
            f"  got     {described(result)}",
            f"  wanted  {len(outputs)} results: {', '.join(outputs)}",
        ]
        return Outcome(example, problem="\n".join(lines))
    for output, (got, want) in enumerate(zip(results, example.wants)):
        difference = find_difference(got, want, _rules(want))
        if difference is not None:
            text = f"{title}, {outputs[output]}" if len(outputs) > 1 else title
            text = "\n".join([f"{text}: {difference.headline}", *difference.shown])
            return Outcome(example, results, text, difference)
    return Outcome(example, results)


def _rules(want: Any) -> Rules:
    """An int must come out as an int, a float up to rounding."""
    return Rules(exact=type(want) in (int, bool))


def _changed(after: dict, before: dict) -> str | None:
    for name, array in after.items():
        same = array.shape == before[name].shape
        if not same or array.tobytes() != before[name].tobytes():
            return name
    return None


def _look_on(
    function: Callable, examples: list[Example], call: Callable | None
) -> list[Outcome]:
    """The outcomes of the other examples, quietly, and as many as there is time for."""
    outcomes = []
    with redirect_stdout(io.StringIO()), suppress(OutOfTime), _seconds(LOOK_ON_FOR):
        for example in examples:
            outcomes.append(_run(function, example, call))
    return outcomes


@contextmanager
def _seconds(seconds: float) -> Iterator[None]:
    """Raises OutOfTime in Python code that runs longer: an endless loop must end."""
    end, before = time.monotonic() + seconds, sys.gettrace()

    def watch(frame: FrameType, event: str, arg: object) -> Callable:
        if time.monotonic() > end:
            raise OutOfTime
        return watch

    if before is None:
        sys.settrace(watch)
    try:
        yield
    finally:
        if before is None:
            sys.settrace(None)


def _hint(first: Outcome, outcomes: list[Outcome]) -> str | None:
    """The known mistake that explains the first failure, or at least a later one.

    Where several give the same numbers, the one that fits most of the other outcomes.
    """
    explained = [_phrases(outcome) for outcome in outcomes]
    misfits = {
        phrase: sum(not _fits(phrase, *two) for two in zip(outcomes, explained))
        for phrase in (phrase for phrases in explained for phrase in phrases)
    }
    here = explained[outcomes.index(first)]
    if here:
        fewest = min(misfits[phrase] for phrase in here)
        return recognise.sentence([p for p in here if misfits[p] == fewest])
    for outcome, phrases in zip(outcomes, explained):
        fitting = [phrase for phrase in phrases if not misfits[phrase]]
        if fitting:
            text = recognise.sentence(fitting)
            number, case = outcome.example.index, outcome.example.case
            return f"In example {number} ({case}): {text[0].lower()}{text[1:]}"
    if first.difference is None:
        return None
    return recognise.looks_like(first.difference, RULES)


def _phrases(outcome: Outcome) -> list[str]:
    """The stored mistakes that give these results."""
    if outcome.difference is None:
        return []
    loose = Rules(exact=False, dtype=outcome.difference.what == "wrong dtype")
    return [
        phrase
        for phrase, several in outcome.example.mistakes.items()
        if any(
            all(
                find_difference(*two, loose) is None
                for two in zip(outcome.results, one)
            )
            for one in several
        )
    ]


def _fits(phrase: str, outcome: Outcome, explained: list[str]) -> bool:
    """Where a mistake has no stored result, it is right there too, or it raises."""
    if phrase in outcome.example.mistakes:
        return phrase in explained
    return outcome.problem is None or outcome.error is not None


def _called_with(example: Example) -> str:
    names = ", ".join([*example.arrays, *example.options])
    return f"It is called with {names}, by name: keep the names that the task gives."


def _where(index: int, name: str) -> list[str]:
    before = {0: "", 1: "Example 0 is right. "}
    text = before.get(index, f"Examples 0 to {index - 1} are right. ")
    return [
        *indented(f"{text}To look at example {index}:"),
        f'      example = check.example("{name}", {index})',
    ]
