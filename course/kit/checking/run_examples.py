"""Run a learner's function on its stored examples and say what is wrong with the first bad one.

Once an example has failed, the function is run on the others too, unseen: the mistake that
explains all of its results is the one to name.
"""

import io
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Outcome:
    """What the function made of one example. No problem: it is right."""

    example: Example
    results: tuple[Any, ...] = ()
    problem: str | None = None
    difference: Difference | None = None
    output: int = 0
    error: BaseException | None = None


def run_examples(function: Callable, call: Callable | None = None) -> list[str]:
    """Run all examples of the function's name and return their cases.

    Raises CheckFailed, with a message that teaches, at the first that is not right.
    """
    name = function_name(function)
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
    hint = _hint(outcome, [*right, outcome, *others])
    lines += indented(hint) if hint else []
    lines += indented(_where(index, len(examples), name))
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
        if isinstance(error, TypeError) and "argument" in str(error):
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
            text = difference.text(text)
            return Outcome(example, results, text, difference, output)
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
    outcomes, start = [], time.monotonic()
    for example in examples:
        if time.monotonic() - start > LOOK_ON_FOR:
            break
        with redirect_stdout(io.StringIO()):
            outcomes.append(_run(function, example, call))
    return outcomes


def _hint(first: Outcome, outcomes: list[Outcome]) -> str | None:
    """The mistake that explains every outcome; else the one that explains the first."""
    with undisturbed():
        explained = {id(outcome): _phrases(outcome) for outcome in outcomes}
        here = explained[id(first)]
        every = [
            phrase
            for phrase in dict.fromkeys(p for two in explained.values() for p in two)
            if all(_fits(phrase, o, explained[id(o)]) for o in outcomes)
        ]
        both = [phrase for phrase in every if phrase in here]
        if both or (here and not every):
            return recognise.sentence(both or here)
        for outcome in outcomes:
            phrases = [phrase for phrase in explained[id(outcome)] if phrase in every]
            if phrases:
                text = recognise.sentence(phrases)
                place = f"In example {outcome.example.index}, {outcome.example.case}: "
                return place + text[0].lower() + text[1:]
        if first.difference is None:
            return None
        return recognise.looks_like(first.difference, RULES)


def _phrases(outcome: Outcome) -> list[str]:
    """The stored mistakes that give these results, all of them."""
    if outcome.difference is None:
        return []
    wants, results = outcome.example.wants, outcome.results
    what = outcome.difference.what
    phrases = []
    for phrase, wrong in outcome.example.mistakes.items():
        one = {phrase: wrong[outcome.output]}
        want = wants[outcome.output]
        if not recognise.matching(results[outcome.output], want, RULES, one, what):
            continue
        loose = Rules(exact=False, dtype=False)
        if all(find_difference(g, w, loose) is None for g, w in zip(results, wrong)):
            phrases.append(phrase)
    return phrases


def _fits(phrase: str, outcome: Outcome, explained: list[str]) -> bool:
    """Where a mistake has no stored result, it is right there too, or it raises."""
    if phrase in outcome.example.mistakes:
        return phrase in explained
    return outcome.problem is None or outcome.error is not None


def _called_with(example: Example) -> str:
    names = ", ".join([*example.arrays, *example.options])
    return (
        f"It is called with the arguments {names}, by name: keep the names and the "
        "order that the task gives."
    )


def _where(index: int, number: int, name: str) -> str:
    before = ""
    if index:
        before = " (0 is right)" if index == 1 else f" (0 to {index - 1} are right)"
    return (
        f"This is example {index} of {number}{before}. To look at it: "
        f'example = check.example("{name}", {index})'
    )
