"""Which known mistake gives exactly the numbers that the learner got?

First the mistakes that the check's author lists, by phrase; then those that show in any
array: another order of the axes, a flipped axis, a factor, an offset, a border. Of the cases
of a task together: which mistake explains what came of them?
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import numpy as np

from course.kit.checking.cases import Case, Gradient, Memory, Test
from course.kit.checking.compare import Difference, Rules, find_difference, wrong_places
from course.kit.checking.describe import FLOATS, number
from course.kit.checking.documents import TaskChecks
from course.kit.checking.expression import arguments_of, functions_in
from course.kit.checking.failure import NOTHING

MOST_PHRASES = 3
LARGEST = 300_000

ONE_THING = "something is missing from what is returned"


def hint(
    got: Any, want: Any, difference: Difference, rules: Rules, mistakes: Mapping | None
) -> tuple[str, list[str]]:
    """One sentence about the mistake behind the difference, and the phrases in it.

    The sentence is "" if nothing fits.
    """
    phrases = matching(got, want, rules, mistakes or {}, difference.what)
    if phrases:
        return sentence(phrases), phrases[:MOST_PHRASES]
    return looks_like(difference, rules) or "", []


def sentence(phrases: list[str]) -> str:
    return f"It looks as if {', or '.join(phrases[:MOST_PHRASES])}."


def matching(
    got: Any, want: Any, rules: Rules, mistakes: Mapping, what: str = ""
) -> list[str]:
    """The phrases of the mistakes whose result is what was got, and not what is wanted.

    A mistake is a value, or a function without arguments that gives it. One that raises,
    or that cannot be compared, is left out.
    """
    strict = Rules(rules.exact, rules.rtol, rules.atol)
    loose = Rules(False, rules.rtol, rules.atol, dtype=what == "wrong dtype")
    phrases = []
    for phrase, result in mistakes.items():
        try:
            wrong = result() if callable(result) else result
            fits = find_difference(got, wrong, loose) is None
            if fits and find_difference(wrong, want, strict) is not None:
                phrases.append(phrase)
        except Exception:  # noqa: BLE001, S112 (a hint is never worth a crash)
            continue
    return phrases


def looks_like(
    difference: Difference, rules: Rules, padded: bool = False
) -> str | None:
    """What can be said from the two values alone; `padded`: there was padding to be done."""
    got, want = difference.got, difference.want
    if type(got) is not np.ndarray or type(want) is not np.ndarray:
        both = type(got) in FLOATS and type(want) in FLOATS
        return "The sign is wrong." if both and got == -want != 0 else None
    if got.dtype.kind not in "iuf" or want.dtype.kind not in "iuf":
        return None

    def same(a: np.ndarray, b: np.ndarray) -> bool:
        return a.shape == b.shape and not wrong_places(a, b, rules).any()

    if got.shape != want.shape:
        return _other_shape(got, want, same)
    if not 2 <= want.size <= LARGEST or difference.what != "wrong values":
        return None
    for look in (_constant, _reordered, _scaled, _shifted):
        text = look(got, want, same, rules)
        if text:
            return text
    return _partly(got, want, rules, padded)


Same = Callable[[np.ndarray, np.ndarray], bool]


def _other_shape(got: np.ndarray, want: np.ndarray, same: Same) -> str | None:
    if got.ndim == want.ndim and sorted(got.shape) == sorted(want.shape):
        order = _order_of_axes(got, want, same)
        if order:
            return f"The numbers are right, the order of the axes is not: {order}."
        return "The lengths are right, but they stand in another order: axes swapped?"
    if got.size == want.size and same(got.reshape(want.shape), want):
        if [n for n in got.shape if n != 1] == [n for n in want.shape if n != 1]:
            return "The numbers are right: only an axis of length 1 is too many or missing."
        return "The numbers are right and in order: only a reshape is missing."
    if got.ndim != want.ndim:
        return f"The array has {got.ndim} axes, and {want.ndim} are wanted."
    off = [axis for axis in range(got.ndim) if got.shape[axis] != want.shape[axis]]
    steps = {got.shape[axis] - want.shape[axis] for axis in off}
    if len(steps) > 1:
        return None
    step = steps.pop()
    amount = "one" if abs(step) == 1 else str(abs(step))
    axes = " and ".join(f"axis {axis}" for axis in off)
    text = f"{axes} {'is' if len(off) == 1 else 'are'} {amount} too "
    text = text[0].upper() + text[1:] + ("short" if step < 0 else "long")
    common = tuple(slice(min(two)) for two in zip(got.shape, want.shape))
    if step < 0 and got.size and same(got, want[common]):
        return (
            text + ". The values that are there are right: the last ones are missing."
        )
    if step > 0 and step % 2 == 0 and off == list(range(want.ndim))[-2:]:
        return text + ": is the padding still there?"
    return text + "."


def _order_of_axes(got: np.ndarray, want: np.ndarray, same: Same) -> str | None:
    if got.ndim > 5 or got.size > LARGEST:
        return None
    for order in list(permutations(range(got.ndim)))[1:]:
        if same(got.transpose(order), want):
            axes = ", ".join(str(axis) for axis in order)
            return f"result.transpose({axes}) would be right"
    return None


def _constant(got: np.ndarray, want: np.ndarray, same: Same, _: Rules) -> str | None:
    if not (got == got.flat[0]).all() or (want == want.flat[0]).all():
        return None
    if got.flat[0] == 0:
        return "Every value is 0: is the result ever written into the output?"
    return f"Every value is the same, {number(got.flat[0])}."


def _reordered(got: np.ndarray, want: np.ndarray, same: Same, _: Rules) -> str | None:
    if got.ndim <= 4:
        for count in range(1, got.ndim + 1):
            for axes in combinations(range(got.ndim), count):
                if same(np.flip(got, axes), want):
                    names = " and ".join(f"axis {axis}" for axis in axes)
                    return f"The numbers are right, but {names} runs backwards."
    order = _order_of_axes(got, want, same)
    if order:
        return f"The numbers are right, the order of the axes is not: {order}."
    if same(np.sort(got, axis=None), np.sort(want, axis=None)):
        return "The numbers are right, but they stand in another order."
    return None


def _scaled(got: np.ndarray, want: np.ndarray, same: Same, rules: Rules) -> str | None:
    if same(-got.astype(np.float64), want):
        return "Every value has the wrong sign."
    if not want.any():
        return None
    largest = np.unravel_index(np.argmax(np.abs(want)), want.shape)
    factor = float(got[largest]) / float(want[largest])
    if factor == 0 or not same(got / factor, want.astype(np.float64)):
        return None
    for size, word, why in (
        (factor, "large", "a sum instead of a mean, or something added too often"),
        (1 / factor, "small", "a mean instead of a sum"),
    ):
        if size > 1.5 and abs(size - round(size)) < 1e-4 * size:
            return f"Every value is {round(size)} times too {word}: {why}?"
    return f"Every value is the wanted one times {number(factor)}."


def _shifted(got: np.ndarray, want: np.ndarray, same: Same, rules: Rules) -> str | None:
    offset = float(got.flat[0]) - float(want.flat[0])
    if offset and same(got - offset, want.astype(np.float64)):
        text = number(abs(offset)).removesuffix(".0")
        return f"Every value is {text} too {'large' if offset > 0 else 'small'}."
    return None


def _partly(
    got: np.ndarray, want: np.ndarray, rules: Rules, padded: bool
) -> str | None:
    wrong = wrong_places(got, want, rules)
    large_enough = want.ndim >= 3 and min(want.shape[-2:]) >= 3  # no matrix of weights
    if large_enough and not wrong[..., 1:-1, 1:-1].any():
        where = "the padding, and at the " if padded else "the "
        return (
            "Only values at the border of the last two axes are wrong: "
            f"look at {where}first and the last position."
        )
    for axis in range(want.ndim):
        others = tuple(other for other in range(want.ndim) if other != axis)
        right = np.flatnonzero(~wrong.any(axis=others))
        bad = np.flatnonzero(wrong.any(axis=others))
        if 2 * np.count_nonzero(wrong) <= wrong.size / wrong.shape[axis] * len(bad):
            continue  # too few of them are wrong to blame the axis
        if want.shape[axis] > 1 and len(right) == 1 and want.ndim > 1:
            return f"Along axis {axis} only index {right[0]} is right."
        if want.shape[axis] > 2 and len(bad) == 1 and want.ndim > 1:
            return f"Along axis {axis} only index {bad[0]} is wrong."
    return None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came of one case. `what` is empty where it is right, else says what is wrong.

    `got` is what came back, if anything did; `lines` show it beside what is wanted, `hint`
    says why, where that is known, by the known mistakes `phrases`.
    """

    case: Case
    what: str = ""
    lines: tuple[str, ...] = ()
    hint: str = ""
    got: Any = NOTHING
    difference: Difference | None = None
    error: BaseException | None = None
    phrases: tuple[str, ...] = ()

    @property
    def unwritten(self) -> bool:
        return isinstance(self.error, NotImplementedError)


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
    return looks_like(first.difference, rules, padded) or "", []


def _sentence(phrases: list[str]) -> tuple[str, list[str]]:
    return sentence(phrases), phrases[:MOST_PHRASES]


def _phrases(task: TaskChecks, outcome: Outcome) -> list[str]:
    """The known mistakes that give what this case got."""
    if outcome.got is NOTHING or not outcome.what:
        return []
    if isinstance(outcome.case, Memory):
        known = outcome.case.mistakes if type(outcome.got) is int else {}
        enough = [phrase for phrase in known if known[phrase] <= outcome.got]
        return [max(enough, key=known.__getitem__)] if enough else []
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
