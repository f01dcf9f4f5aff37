"""How the tasks of one lesson went: how hard, how well they separate, what was misunderstood.

How well a check separates is classical test theory: Kelley (1939) for the groups of 27 percent,
Cronbach (1951) for alpha. What each number says: facility, the mean share of the points (1:
everybody has all); correlation, Pearson's of the task with the sum of all the others (below 0.2
it tells little of who knows more, below 0 those who know less do better); top and bottom, the
facility among the best and the last 27 percent.
"""

import json
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.grading.classroom import Classroom
from autograder.grading.outcome import Status
from autograder.reports.marks import Mark, Submission
from autograder.reports.written import Mistake, mistakes_of, most_often, root_causes

SHARE = 0.27  # of the students: the best, and the last
FEW = 30  # students below which these numbers say little
WEAK = 0.2  # a correlation below it
NEARLY_ALL = 0.95  # a facility from here on separates nobody
MOST_BINS = 21
HARD = 0.5  # a facility below it
KINDS = ("full", "partial", "failed", "no_answer", "not_run", "awaiting")
WRONG = ("partial", "failed", "no_answer", "not_run")
NOTHING_THERE = (Status.MISSING, Status.UNREADABLE, Status.INFRA_ERROR)
Uses = Mapping[str, Mapping[str, set[str]]]  # student -> task -> the tasks that it uses


@dataclass(frozen=True)
class Item:
    """One task's numbers; None where there is nothing to compute them from."""

    facility: float
    correlation: float | None
    top: float
    bottom: float

    @property
    def difference(self) -> float:
        """Top less bottom: the index of discrimination."""
        return self.top - self.bottom


@dataclass(frozen=True)
class Statistics:
    """The tasks of one lesson in their order. `n` students were counted."""

    n: int
    items: tuple[Item, ...]
    alpha: float | None

    @property
    def are_few(self) -> bool:
        return self.n < FEW


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram: so many students with a total from `start` on."""

    label: str
    count: int


@dataclass(frozen=True)
class Task:
    """One task: how many ended each way (`counts`), its numbers, and the mistakes, most first.

    `item` is None while a person has still to mark some of it. `why` says what is odd
    about them, "" where nothing is, and `most_often` which mistakes were made most.
    """

    lesson: str
    name: str
    max_score: float
    counts: Mapping[str, int]
    item: Item | None
    mistakes: tuple[Mistake, ...]
    why: str = ""
    most_often: str = ""

    @property
    def students(self) -> int:
        return sum(self.counts.values())

    @property
    def facility(self) -> float:
        """The share of its points that the class has; 1 where it is not measured."""
        return self.item.facility if self.item else 1.0


@dataclass(frozen=True)
class LessonReport:
    """One lesson of the class. Totals count 0 for tasks that a person has still to mark.

    `absent` are the students who handed in nothing at all.
    """

    name: str
    title: str
    submissions: tuple[Submission, ...]
    tasks: tuple[Task, ...]
    histogram: tuple[Bar, ...]
    statistics: Statistics | None
    absent: tuple[str, ...] = ()

    @property
    def max_score(self) -> float:
        return max((each.max_score for each in self.submissions), default=0.0)

    @property
    def handed_in(self) -> int:
        """How many students handed something in, be it unreadable."""
        return len(self.submissions) - len(self.without_notebook)

    @property
    def mean(self) -> float:
        return statistics.fmean(each.score for each in self.submissions)

    @property
    def median(self) -> float:
        return statistics.median(each.score for each in self.submissions)

    @property
    def hardest(self) -> Task | None:
        """The measured task of which the class has the smallest share of the points."""
        measured = [task for task in self.tasks if task.item]
        return min(measured, key=lambda task: task.facility, default=None)

    @property
    def without_notebook(self) -> list[Submission]:
        """Those of who handed in something else."""
        return [each for each in self.submissions if each.status is Status.MISSING]

    @property
    def awaiting(self) -> int:
        return sum(each.awaiting for each in self.submissions)


def report_lesson(
    room: Classroom,
    lesson: str,
    submissions: Sequence[Submission],
    uses: Uses,
    absent: Sequence[str] = (),
) -> LessonReport:
    """The report on one lesson; `submissions` are those of this lesson, at least one."""
    names: dict[str, None] = {}
    for submission in submissions:
        names |= dict.fromkeys(mark.task for mark in submission.marks)
    marks: dict[str, list[Mark]] = {name: [] for name in names}
    wrong: dict[str, list[tuple[Mark, str]]] = defaultdict(list)
    for submission in submissions:
        roots = follow_ons(submission, uses.get(submission.student, {}))
        for mark in submission.marks:
            marks[mark.task].append(mark)
            if mark.ending in WRONG and submission.status not in NOTHING_THERE:
                wrong[mark.task].append((mark, roots.get(mark.task, "")))
    counted = [each for each in submissions if each.status not in NOTHING_THERE]
    numbers, items = _measure(counted, marks)
    are_few = numbers is None or numbers.are_few
    best, tasks = _best(counted), []
    for name, mine in marks.items():
        item = items.get(name)
        mistakes = mistakes_of(lesson, name, wrong[name])
        counts = Counter(mark.ending for mark in mine)
        tasks.append(
            Task(
                lesson,
                name,
                max(mark.max_score for mark in mine),
                {kind: counts[kind] for kind in KINDS},
                item,
                mistakes,
                _why(item, are_few) if item else "",
                most_often(mistakes, best),
            )
        )
    return LessonReport(
        lesson,
        _title(room, lesson),
        tuple(submissions),
        tuple(tasks),
        _histogram(submissions),
        numbers,
        tuple(absent),
    )


def follow_ons(submission: Submission, uses: Mapping[str, set[str]]) -> dict[str, str]:
    """Of the wrong tasks those that use another wrong one, with the first of these."""
    wrong = [mark.task for mark in submission.marks if mark.ending in WRONG]
    return root_causes(wrong, uses)


def _measure(
    counted: Sequence[Submission], marks: Mapping[str, Sequence[Mark]]
) -> tuple[Statistics | None, dict[str, Item]]:
    """The tasks that have points and wait for nobody, and their numbers."""
    measured = [
        name
        for name, mine in marks.items()
        if max(mark.max_score for mark in mine) > 0
        and not any(mark.ending == "awaiting" for mark in mine)
    ]
    if not measured or not counted:
        return None, {}
    rows = [{mark.task: mark.score for mark in each.marks} for each in counted]
    scores = np.array([[row.get(name, 0.0) for name in measured] for row in rows])
    points = np.array(
        [max(mark.max_score for mark in marks[name]) for name in measured]
    )
    found = statistics_of(scores, points)
    return found, dict(zip(measured, found.items, strict=True))


def _best(counted: Sequence[Submission]) -> set[str]:
    """The better half, by their totals."""
    if not counted:
        return set()
    middle = statistics.median(each.score for each in counted)
    return {each.student for each in counted if each.score > middle}


def _why(item: Item, are_few: bool) -> str:
    """What is odd about this task's numbers; "" where nothing is.

    The correlation of a few students is chance.
    """
    r = None if are_few else item.correlation
    if item.facility == 0:
        return "Nobody has a point, so it separates nobody"
    if r is not None and r < 0:
        return "Who does well elsewhere does worse here"
    if item.facility >= NEARLY_ALL:
        return ""
    if r is not None and r < WEAK:
        return "It hardly goes with the other tasks"
    return "Less than half of the points" if item.facility < HARD else ""


def _histogram(submissions: Sequence[Submission]) -> tuple[Bar, ...]:
    """Bars one point wide, or wider where there are many points; the last is the maximum."""
    most = max(each.max_score for each in submissions)
    width = max(1, math.ceil(most / (MOST_BINS - 1)))
    bins = math.floor(most / width) + 1
    places = (
        min(max(math.floor(each.score / width), 0), bins - 1) for each in submissions
    )
    counts = Counter(places)
    bars = []
    for place in range(bins):
        first, last = place * width, min((place + 1) * width - 1, math.floor(most))
        label = str(first) if first == last else f"{first}-{last}"
        bars.append(Bar(label, counts[place]))
    return tuple(bars)


def _title(room: Classroom, lesson: str) -> str:
    """The heading of the lesson's notebook; "" where there is none."""
    path = room.source / lesson / f"{lesson}.ipynb"
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        source = "".join(cells[0]["source"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    return source.strip().split("\n")[0].lstrip("# ").strip()


def statistics_of(scores: np.ndarray, points: np.ndarray) -> Statistics:
    """Of scores (students, tasks) and the points of each task, which are above 0.

    Raises ValueError where there is no student or no task.
    """
    n, tasks = scores.shape
    if not n or not tasks:
        raise ValueError("no student, or no task, was given")
    shares = scores / points
    totals = scores.sum(axis=1)
    best = extreme_group(totals)
    last = extreme_group(-totals)
    items = tuple(
        Item(
            float(shares[:, task].mean()),
            correlation(scores[:, task], totals - scores[:, task]),
            float(best @ shares[:, task]),
            float(last @ shares[:, task]),
        )
        for task in range(tasks)
    )
    return Statistics(n, items, alpha(scores))


def extreme_group(totals: np.ndarray) -> np.ndarray:
    """Weights, of sum 1, of the students with the highest totals: 27 percent, at least one.

    Those who are level at the border share the places that are left, so the order of the
    students does not matter.
    """
    size = max(1, round(SHARE * len(totals)))
    border = np.sort(totals)[-size]
    above, level = totals > border, totals == border
    return (above + level * (size - above.sum()) / level.sum()) / size


def correlation(x: np.ndarray, y: np.ndarray) -> float | None:
    """Pearson's; None where one of the two is the same for everybody."""
    x, y = x - x.mean(), y - y.mean()
    scale = np.sqrt((x @ x) * (y @ y))
    return float(np.clip(x @ y / scale, -1, 1)) if scale > 1e-12 else None


def alpha(scores: np.ndarray) -> float | None:
    """Cronbach's alpha: k / (k - 1) * (1 - sum of the tasks' variances / that of the totals)."""
    n, tasks = scores.shape
    if n < 2 or tasks < 2:
        return None
    variance = scores.sum(axis=1).var(ddof=1)
    if variance < 1e-12:
        return None
    return float(
        tasks / (tasks - 1) * (1 - scores.var(axis=0, ddof=1).sum() / variance)
    )
