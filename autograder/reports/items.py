"""How hard a task is, and how well its check separates: classical test theory.

Kelley (1939) for the groups of 27 percent, Cronbach (1951) for alpha. What each number says:
facility, the mean share of the points (1: everybody has all); correlation, Pearson's of the
task with the sum of all the others (below 0.2 it tells little of who knows more, below 0 those
who know less do better); top and bottom, the facility among the best and the last 27 percent.
"""

from dataclasses import dataclass

import numpy as np

SHARE = 0.27
FEW = 30  # students below which these numbers say little
WEAK = 0.2
NEARLY_ALL = 0.95


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


def statistics(scores: np.ndarray, points: np.ndarray) -> Statistics:
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
