"""Which known mistake explains what came of the cases of a task?"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from course.kit.checking import recognise
from course.kit.checking.cases import Gradient, Memory, Test
from course.kit.checking.compare import find_difference
from course.kit.checking.documents import TaskChecks
from course.kit.checking.expression import arguments_of, functions_in
from course.kit.checking.failure import NOTHING
from course.kit.checking.tolerance import Rules

if TYPE_CHECKING:
    from course.kit.checking.run_cases import Outcome

ONE_THING = "something is missing from what is returned"


def diagnose(
    task: TaskChecks, first: Outcome, outcomes: list[Outcome]
) -> tuple[str, list[str]]:
    """A sentence about the mistake that explains the first failure, or at least a later one.

    Where several known ones give the same numbers, those that fit most of the other outcomes;
    they are given beside the sentence.
    """
    explained = [_phrases(task, outcome) for outcome in outcomes]
    misfits = {
        phrase: _misfits(task, phrase, [*zip(outcomes, explained)])
        for phrase in (phrase for phrases in explained for phrase in phrases)
    }
    here = explained[outcomes.index(first)]
    if here:
        fewest = min(misfits[phrase] for phrase in here)
        return _sentence([p for p in here if misfits[p] == fewest])
    if first.phrases:
        return first.hint, [*first.phrases]
    for phrases in explained:
        fitting = [phrase for phrase in phrases if not misfits[phrase]]
        if fitting:
            return _sentence(fitting)
    if first.hint:
        return first.hint, []
    if first.difference is None:
        return "", []
    padded = "padding" in arguments_of(
        getattr(first.case, "call", None), task.parameters
    )
    rules = Rules(exact=False)
    return recognise.looks_like(first.difference, rules, padded) or "", []


def _sentence(phrases: list[str]) -> tuple[str, list[str]]:
    return recognise.sentence(phrases), phrases[: recognise.MOST_PHRASES]


def _phrases(task: TaskChecks, outcome: Outcome) -> list[str]:
    """The known mistakes that give what this case got."""
    if outcome.got is NOTHING or not outcome.what:
        return []
    if isinstance(outcome.case, Memory):
        known = outcome.case.mistakes if type(outcome.got) is int else {}
        enough = [phrase for phrase in known if known[phrase] <= outcome.got]
        return [max(enough, key=known.get)] if enough else []
    what = outcome.difference.what if outcome.difference else ""
    one_thing = outcome.what == ONE_THING
    loose = Rules(exact=one_thing, dtype=one_thing or what == "wrong dtype")
    found = []
    for phrase, results in task.mistakes(outcome.case).items():
        with suppress(Exception):
            if any(find_difference(outcome.got, r, loose) is None for r in results):
                found.append(phrase)
    return found


def _misfits(task: TaskChecks, phrase: str, outcomes: list) -> int:
    """How many outcomes speak against the mistake.

    Only those of the functions that it was found in: another function of the task may have
    a mistake of the same name, and be right.
    """
    found = [outcome for outcome, phrases in outcomes if phrase in phrases]
    functions = {name for outcome in found for name in _called(outcome)}
    about = [two for two in outcomes if functions & _called(two[0])]
    return sum(not _fits(task, phrase, *two) for two in about)


def _called(outcome: Outcome) -> set[str]:
    return {*functions_in(getattr(outcome.case, "call", None))}


def _fits(task: TaskChecks, phrase: str, outcome: Outcome, explained: list) -> bool:
    """Where a mistake has no stored result, it is right there too, or it raises.

    What it does in a test, to a gradient or in memory is not stored.
    """
    if isinstance(outcome.case, (Test, Gradient, Memory)):
        return True
    if phrase in task.mistakes(outcome.case):
        return phrase in explained
    return not outcome.what or outcome.error is not None
