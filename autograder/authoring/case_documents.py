"""What a lesson's cases want: from the reference, with the results of known mistakes.

Everything comes from the lesson's source and its task modules, so that the documents exist
before the lesson was ever run.
"""

import inspect
import io
import json
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np

from autograder.lessons import Lesson
from autograder.lessons.answers import lessons_as_modules, namespace, read_bank, run
from autograder.lessons.source import read_source, tasks_of
from autograder.lessons.task_modules import Answer, TaskModule, read_task_modules
from course.kit import UsageError
from course.kit.checking import documents
from course.kit.checking.cases import BY_REFERENCE, Case, Refusal, Value
from course.kit.checking.compare import Rules, find_difference
from course.kit.checking.documents import to_json
from course.kit.checking.expression import NoPair, make

LARGEST = 1000  # numbers of a known mistake's result that are stored
LOOSE = Rules(exact=False, dtype=True)
Names = dict[str, Any]
# So many lines may a wrong answer run before it counts as hanging.
LINE_BUDGET = 500_000


def case_documents(lesson: Lesson) -> tuple[dict[str, Any], dict[str, Any]]:
    """What students get (course/kit/checks/<module>.json), and the hidden cases.

    Refuses when a right answer disagrees with the reference in a case, when the reference
    itself does, and when a task has no module or a module no task.
    """
    modules = read_task_modules(lesson.task_checks)
    tasks = [task for task in tasks_of(read_source(lesson)) if not task.is_question]
    names = [task.name for task in tasks]
    for stray in set(modules) ^ set(names):
        raise UsageError(
            f"solutions/checks/{lesson.name}/{stray}.py and the page do not agree. "
            f"The tasks of the page are: {', '.join(names)}"
        )
    visible, hidden = {}, {}
    with lessons_as_modules(lesson):
        reference = namespace(lesson)
        answers = read_bank(lesson)
        for name in names:
            module = modules[name]
            about = {
                "functions": [*module.functions],
                "parameters": _parameters(module, reference),
            }
            mine = [one for one in answers if one.function in module.functions]
            visible[name] = about | _part(module, "cases", about, reference, mine)
            visible[name]["hidden"] = 0
            if module.has("hidden"):
                part = _part(module, "hidden", about, reference, mine)
                count = len(documents.read(about | part, name).cases)
                visible[name]["hidden"] = count
                hidden[name] = {"task": name} | about | part
    made_by = f"autograder build, from solutions/checks/{lesson.name}; do not edit"
    return {"made_by": made_by, "tasks": visible}, {"made_by": made_by, "tasks": hidden}


def _part(
    module: TaskModule,
    part: str,
    about: dict[str, Any],
    reference: Names,
    answers: Sequence[Answer],
) -> dict[str, Any]:
    """Source and stored results of the visible or the hidden cases."""
    source = module.source(part)
    lines = source.split("\n")
    document = {**about, "source": lines, "stored": {}}
    where = f"{module.path.parent.name}/{module.path.name}"
    try:
        task = documents.read(document, module.name)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        raise UsageError(f"{where}, {part} cannot be read: {text}. Mend it") from error
    stored: dict[str, dict] = {}
    again = {
        case.title: case
        for case in documents.read(document, module.name).cases
        if isinstance(case, Value)
    }
    # Twice, since an answer may keep something between its calls, or draw at random.
    variants = [(a, _with(a, reference), _with(a, reference)) for a in answers]
    for case in task.cases:
        if not isinstance(case, (Value, Refusal)):
            continue
        entry: dict[str, Any] = {}
        want = None
        if isinstance(case, Value):
            got = _result(case, reference, f"{where}, {case.title!r}: the reference")
            want = got if case.want is BY_REFERENCE else case.want
            rules = Rules(type(want) in (int, bool), case.rtol, case.atol)
            _assert_same(got, want, rules, f"{where}, {case.title!r}: the reference")
            who = f"{where}, {case.title!r}, read a second time: the reference"
            _assert_same(_result(again[case.title], reference, who), want, rules, who)
            if case.want is BY_REFERENCE:
                entry["want"] = _stored(got, where, case)
        mistakes: dict[str, list] = {}
        for answer, names, twin in variants:
            if answer.right and isinstance(case, Value):
                who = f"{where}, {case.title!r}: the right answer {answer.id}"
                _assert_same(_result(case, names, who), want, rules, who)
            elif not answer.right and answer.named and part == "cases":
                result, same = (_wrong_result(case, n, want) for n in (names, twin))
                if result is not None and json.dumps(result) == json.dumps(same):
                    known = mistakes.setdefault(answer.phrase, [])
                    known += [] if result in known else [result]
        if mistakes:
            entry["mistakes"] = mistakes
        if entry:
            stored[case.title] = entry
    return {"source": lines, "stored": stored}


def _parameters(module: TaskModule, reference: Names) -> dict[str, list[str]]:
    """The names of the parameters of each function that the check is given, and of methods."""
    found = {}
    for name in module.functions:
        if name not in reference:
            raise UsageError(
                f"{module.path.name}: the lesson has no {name!r}. cases(t, ...) names what "
                "the check on the page is given"
            )
        found[name] = [*inspect.signature(reference[name]).parameters]
        if inspect.isclass(reference[name]):
            for method, function in inspect.getmembers(
                reference[name], inspect.isfunction
            ):
                found.setdefault(method, [*inspect.signature(function).parameters][1:])
    return found


def _with(answer: Answer, reference: Names) -> Names:
    """The lesson's names with this answer in the place of the reference's function."""
    names = dict(reference)
    run(answer.source, f"<{answer.id}>", names)
    return names


def _result(case: Value, names: Mapping[str, Any], who: str) -> Any:
    try:
        with np.errstate(all="ignore"), redirect_stdout(io.StringIO()):
            made = make(case.call, names)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        raise UsageError(f"{who} raises {text}. Mend one of them") from error
    if made.changed is not None and made.changed not in case.changes:
        raise UsageError(f"{who} changes its input in place. Mend one of them")
    return made.value


def _assert_same(got: Any, want: Any, rules: Rules, who: str) -> None:
    difference = find_difference(got, want, rules)
    if difference is not None:
        lines = " ".join([difference.headline, *difference.shown])
        raise UsageError(f"{who} disagrees: {lines}. Mend one of them")


def _wrong_result(case: Value | Refusal, names: Mapping[str, Any], want: Any) -> Any:
    """What a wrong answer gives, to be stored; None where that says nothing."""
    try:
        quiet = redirect_stdout(io.StringIO())
        with np.errstate(all="ignore"), line_budget(), quiet:
            try:
                got, lacks = make(case.call, names).value, False
            except NoPair as error:
                got, lacks = error.value, True  # out, say, and no cache
        stored = to_json(got)
        fits = want is not None and find_difference(got, want, LOOSE) is None
        right = fits and not lacks
    except Exception:  # noqa: BLE001 a wrong answer may do anything
        return None
    return None if right or _size(got) > LARGEST else stored


def _size(value: Any) -> int:
    if isinstance(value, (list, tuple)):
        return sum(map(_size, value))
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return getattr(value, "size", 1)


def _stored(value: Any, where: str, case: Case) -> Any:
    try:
        return to_json(value)
    except TypeError as error:
        raise UsageError(
            f"{where}, {case.title!r}: {error}. Ask for numbers, text, arrays, or lists, "
            "tuples and dicts of them"
        ) from None


@contextmanager
def line_budget(lines: int = LINE_BUDGET) -> Iterator[None]:
    """Raises TimeoutError in a function called here that runs more lines than that."""
    left = lines

    def count(frame: types.FrameType, event: str, arg: object) -> Callable:
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise TimeoutError(f"more than {lines} lines were run")
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)
