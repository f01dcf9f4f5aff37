"""Which known mistake explains what came of the cases of a task?"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from course.kit.checking import recognise
from course.kit.checking.compare import find_difference
from course.kit.checking.documents import TaskChecks
from course.kit.checking.expression import arguments_of
from course.kit.checking.failure import NOTHING
from course.kit.checking.tolerance import Rules

if TYPE_CHECKING:
    from course.kit.checking.run_cases import Outcome


def diagnose(
    task: TaskChecks, first: Outcome, outcomes: list[Outcome]
) -> tuple[str, list[str]]:
    """A sentence about the mistake that explains the first failure, or at least a later one.

    Where several known ones give the same numbers, those that fit most of the other outcomes;
    they are given beside the sentence.
    """
    explained = [_phrases(task, outcome) for outcome in outcomes]
    misfits = {
        phrase: sum(not _fits(task, phrase, *two) for two in zip(outcomes, explained))
        for phrase in (phrase for phrases in explained for phrase in phrases)
    }
    here = explained[outcomes.index(first)]
    if here:
        fewest = min(misfits[phrase] for phrase in here)
        return _sentence([p for p in here if misfits[p] == fewest])
    if first.hint:
        return first.hint, [*first.phrases]
    for phrases in explained:
        fitting = [phrase for phrase in phrases if not misfits[phrase]]
        if fitting:
            return _sentence(fitting)
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
    what = outcome.difference.what if outcome.difference else ""
    loose = Rules(exact=False, dtype=what == "wrong dtype")
    found = []
    for phrase, results in task.mistakes(outcome.case).items():
        with suppress(Exception):
            if any(find_difference(outcome.got, r, loose) is None for r in results):
                found.append(phrase)
    return found


def _fits(task: TaskChecks, phrase: str, outcome: Outcome, explained: list) -> bool:
    """Where a mistake has no stored result, it is right there too, or it raises."""
    if phrase in task.mistakes(outcome.case):
        return phrase in explained
    return not outcome.what or outcome.error is not None
