"""Is a gradient right? Ask the function itself, by walking a little way to both sides.

The slope of f along a direction d is (f(x + h d) - f(x - h d)) / 2h; a right gradient,
multiplied with d, gives the same number. A direction with a single 1 asks about one
element, a random direction asks about all of them at once. Nothing of f is trusted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from course.kit.checking import recognise
from course.kit.checking.cases import SEED, upstream
from course.kit.checking.compare import DOUBLE, Difference, Rules, find_difference
from course.kit.checking.describe import described, indented, pair, shape_text

ALL_UP_TO = 400
SAMPLED = 100
DIRECTIONS = 8
FIRST_DIRECTIONS = 2
SMALL = 0.01  # against the largest element: no smaller one is judged more strictly
MOST_NOISE = 1e-3


class CannotCheck(ValueError):
    """The gradient cannot be checked as it was asked; the message says why."""


class Rises(NamedTuple):
    """How far a function rises in two steps, and in both together."""

    behind: float
    ahead: float
    whole: float


class Slope:
    """The slope of sum(f(x) * dout) at x along any direction.

    Raises CannotCheck if f does not behave: if it changes x in place, gives another
    result the second time, or does not return a finite float64 array.
    """

    def __init__(
        self, f: Callable, x: np.ndarray, dout: np.ndarray | float | None
    ) -> None:
        if type(x) is not np.ndarray or x.dtype != np.float64:
            raise CannotCheck(
                f"x must be an array of float64, and is {described(x)}. "
                "Steps as small as h drown in the rounding of float32, and get lost in "
                "integers: use x.astype(np.float64)."
            )
        if not x.size or not np.isfinite(x).all():
            raise CannotCheck("x must have values, and all of them must be finite.")
        self.f, self.x = f, x.copy()
        self.value = self._call(self.x.copy())
        if not np.array_equal(self.value, self._call(self.x.copy())):
            raise CannotCheck(
                "f gives another result when it is called again with the same x. "
                "Does it draw random numbers, or keep something from the last call?"
            )
        self.dout = self._upstream(dout)
        self.size = float(np.sum(np.abs(self.value * self.dout)))

    def rises(self, direction: np.ndarray, h: float) -> Rises:
        """How far f rises within h behind x, ahead of it, and from one end to the other."""
        ends = self.x + h * direction, self.x - h * direction
        ahead, behind = (self._call(end.copy()) for end in ends)
        return Rises(
            self._rise(behind, self.value),
            self._rise(self.value, ahead),
            self._rise(behind, ahead),
        )

    def along(
        self, direction: np.ndarray, h: float, rises: Rises | None = None
    ) -> float:
        """The central difference along `direction` (an array like x) with step h."""
        ahead, behind = self.x + h * direction, self.x - h * direction
        walked = self._length(ahead - behind, direction)
        return (rises or self.rises(direction, h)).whole / walked

    def sides(
        self, direction: np.ndarray, h: float, rises: Rises | None = None
    ) -> tuple[float, float]:
        """The slopes behind x and ahead of it; they differ if x stands on a kink."""
        ahead, behind = self.x + h * direction, self.x - h * direction
        lengths = (
            self._length(step, direction) for step in (self.x - behind, ahead - self.x)
        )
        rises = rises or self.rises(direction, h)
        left, right = (rise / length for rise, length in zip(rises, lengths))
        return left, right

    def noise(self, h: float) -> float:
        """How far rounding alone may move a slope that was measured with step h."""
        return 16 * DOUBLE * max(self.size, 1e-300) / h

    def _rise(self, start: np.ndarray, end: np.ndarray) -> float:
        with np.errstate(all="ignore"):
            return float(np.sum((end - start) * self.dout))

    @staticmethod
    def _length(step: np.ndarray, direction: np.ndarray) -> float:
        """The way that was really walked: x + h is rounded when x is large."""
        length = float(np.sum(step * direction) / np.sum(direction * direction))
        if length == 0:
            raise CannotCheck(
                "h is so small against x that x + h is x: take a larger h."
            )
        return length

    def _call(self, x: np.ndarray) -> np.ndarray:
        before = x.copy()
        result = self.f(x)
        if not np.array_equal(x, before):
            raise CannotCheck(
                "f changed x in place. It must leave its input as it was: "
                "work on a copy, x.copy()."
            )
        if type(result) in (tuple, list):
            raise CannotCheck(
                f"f returned {described(result)}, and one array is wanted. If this is "
                "(out, cache), let f return only the first: lambda x: layer(x)[0]."
            )
        if type(result) is not np.ndarray and type(result) not in (float, np.float64):
            raise CannotCheck(f"f returned {described(result)}; wanted an array.")
        result = np.array(result, copy=True)
        if result.dtype != np.float64:
            raise CannotCheck(
                f"f turned float64 into {result.dtype}: h is too small for that."
            )
        if not np.isfinite(result).all():
            raise CannotCheck("f returned values that are not finite (nan or inf).")
        return result

    def _upstream(self, dout: np.ndarray | float | None) -> np.ndarray:
        shape = self.value.shape
        if dout is None:
            return upstream(shape) if shape else np.array(1.0)
        if type(dout) is not np.ndarray and not (np.isscalar(dout) and shape == ()):
            raise CannotCheck(f"dout must be an array, and is {described(dout)}.")
        given = np.array(dout, copy=True)
        if given.shape != shape:
            raise CannotCheck(
                f"dout has the shape {shape_text(given.shape)}, and f(x) has the shape "
                f"{shape_text(shape)}. They must be equal: nothing is broadcast here."
            )
        if given.dtype.kind not in "iuf" or not np.isfinite(given).all():
            raise CannotCheck("dout must be an array of finite numbers.")
        return given


@dataclass
class Findings:
    """What the walk has shown. `numeric` has a value where `checked` is True.

    `avoidable`: a smaller step would not reach the first of the kinks.
    """

    numeric: np.ndarray
    checked: np.ndarray
    error: float = 0.0
    wrong: list[tuple[int, ...]] = field(default_factory=list)
    kinks: list[tuple[int, ...]] = field(default_factory=list)
    along: tuple[float, float] | None = None
    avoidable: bool = False
    rises: dict[tuple[int, ...], Rises] = field(default_factory=dict)


def is_right(got: np.ndarray, slope: Slope, h: float, rtol: float) -> bool:
    """Whether `got` is right beyond doubt, at the price of a few steps.

    Along random directions it must promise the slope as exactly as its smallest element
    has to be right. False says nothing: see `inspect_gradient`.
    """
    scale = float(np.abs(got).max())
    if not slope.noise(h) <= MOST_NOISE * scale:
        return False
    rng = np.random.default_rng(SEED + 1)  # not the numbers of `upstream`
    for _ in range(FIRST_DIRECTIONS):
        direction = rng.uniform(0.5, 2.0, got.shape)
        direction *= rng.choice([-1.0, 1.0], got.shape)
        off = abs(float(np.sum(got * direction)) - slope.along(direction, h))
        if not off <= SMALL * rtol * scale:
            return False
    return True


def inspect_gradient(got: np.ndarray, slope: Slope, h: float, rtol: float) -> Findings:
    """Compare `got` with the slopes of the function: along the axes, then across.

    Every element if x has at most 400, else 100 of them and 8 random directions, in
    which a wrong element is searched for by halving.
    """
    size, shape = slope.x.size, slope.x.shape
    rng = np.random.default_rng(SEED)
    everything = size <= ALL_UP_TO
    chosen = np.arange(size) if everything else rng.permutation(size)[:SAMPLED]
    findings = Findings(np.zeros(shape), np.zeros(shape, bool))
    places = [_place(flat, shape) for flat in np.sort(chosen)]
    for place in places:
        _ask(findings, slope, place, h)
    largest = max(float(np.abs(findings.numeric).max()), float(np.abs(got).max()))
    if slope.noise(h) > MOST_NOISE * largest > 0:
        raise CannotCheck(
            f"The values of f are so large that their rounding drowns the gradient "
            f"(steps of {h:g} leave it uncertain by {slope.noise(h):.0e}). Take a larger "
            "h, or an f with smaller values."
        )
    for place in places:
        _judge(findings, got, slope, place, h, rtol)
    for _ in range(0 if everything else DIRECTIONS):
        if not findings.wrong and findings.along is None:
            _look_across(findings, got, slope, rng.standard_normal(shape), h, rtol)
    return findings


Problem = tuple[str, list[str], str, list[str]]  # what, lines, hint, phrases in it


def kind_problem(got: Any, x: np.ndarray) -> Problem | None:
    """What is wrong if `got` is not a finite float64 array of the shape of x."""
    rules = Rules(rtol=0.0, atol=np.inf)
    difference = find_difference(got, np.zeros(x.shape), rules)
    if difference is None:
        return None
    if "finite" in difference.what:
        difference = replace(difference, lines=difference.lines[:-1])
    hint = recognise.looks_like(difference, rules) or ""
    return difference.headline, difference.shown, hint, []


def gradient_problem(
    got: np.ndarray,
    findings: Findings,
    rtol: float,
    mistakes: Mapping | None,
) -> Problem | None:
    """What is wrong if the gradient is, or cannot be judged; else None."""
    what, hint = "wrong gradient", ""
    phrases: list[str] = []
    if findings.wrong:
        lines, hint, phrases = _wrong_lines(got, findings, rtol, mistakes)
    elif findings.along is not None:
        told, measured = pair(*findings.along)
        lines = indented(
            f"Along a random direction it promises the slope {told}, and the slope is "
            f"{measured}."
        )
    elif findings.kinks:
        what = "not meaningful here"
        advice = ", or a smaller h" if findings.avoidable else ": no smaller h helps"
        lines = indented(
            f"The function has a kink within h of x{list(findings.kinks[0])} (a ReLU at "
            "0, or a tie in a maximum): left and right of it the slopes differ, and no "
            f"number is the gradient there. Take another x{advice}."
        )
    else:
        return None
    return what, lines, hint, phrases


def _wrong_lines(
    got: np.ndarray, findings: Findings, rtol: float, mistakes: Mapping | None
) -> tuple[list[str], str, list[str]]:
    numeric, checked = findings.numeric, findings.checked
    place = findings.wrong[0]
    count = f"{len(findings.wrong)} of {np.count_nonzero(checked)}"
    texts = pair(got[place], numeric[place])
    lines = [
        f"  first wrong index  {list(place)}  ({count} checked values differ)",
        f"  got      {texts[0]}",
        f"  numeric  {texts[1]}",
        f"  relative error {findings.error:.1g}, expected below {rtol:g}",
    ]
    if not numeric[checked].any():
        text = "f(x) stays the same when x changes: does f use its argument?"
        return lines, text, []
    atol = rtol * float(np.abs(numeric).max())
    rules = Rules(exact=False, rtol=10 * rtol, atol=atol)
    if not checked.all():
        got, numeric, mistakes = got[checked], numeric[checked], None
    difference = Difference("wrong values", (), got, numeric)
    return lines, *recognise.hint(got, numeric, difference, rules, mistakes)


def _look_across(
    findings: Findings,
    got: np.ndarray,
    slope: Slope,
    direction: np.ndarray,
    h: float,
    rtol: float,
) -> None:
    """Ask about all elements at once; if the answer is no, look for the wrong one."""
    place = _search(got, slope, direction, h, rtol)
    if place is None:
        return
    if not findings.checked[place]:
        _ask(findings, slope, place, h)
        _judge(findings, got, slope, place, h, rtol)
    if place in findings.wrong or place in findings.kinks:
        return
    direction = direction / np.sqrt(np.sum(direction * direction))
    told = float(np.sum(got * direction))
    if not _kink_explains(slope, direction, told, h, rtol):
        findings.along = told, slope.along(direction, h)


def _place(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(index) for index in np.unravel_index(int(flat), shape))


def _unit(shape: tuple[int, ...], place: tuple[int, ...]) -> np.ndarray:
    direction = np.zeros(shape)
    direction[place] = 1.0
    return direction


def _ask(findings: Findings, slope: Slope, place: tuple[int, ...], h: float) -> None:
    """Walk along one axis."""
    direction = _unit(slope.x.shape, place)
    rises = findings.rises[place] = slope.rises(direction, h)
    findings.numeric[place] = slope.along(direction, h, rises)
    findings.checked[place] = True


def _judge(
    findings: Findings,
    got: np.ndarray,
    slope: Slope,
    place: tuple[int, ...],
    h: float,
    rtol: float,
) -> None:
    """Sort one element into right, wrong, or not to be judged because of a kink."""
    numeric, value = float(findings.numeric[place]), float(got[place])
    scale = float(np.max(np.abs(findings.numeric)))
    size = max(abs(value), abs(numeric), SMALL * scale, 1e-300)
    off, noise = abs(value - numeric), slope.noise(h)
    error = off / size
    if not error <= rtol:
        error = max(off - noise, 0.0) / size
    if not error <= rtol:
        direction = _unit(got.shape, place)
        rises = findings.rises[place]
        if _kink_explains(slope, direction, value, h, rtol, rises):
            if not findings.kinks:
                findings.avoidable = _avoidable(slope, direction, h)
            findings.kinks.append(place)
            return
        findings.wrong.append(place)
    findings.error = max(findings.error, error)


def _kink_explains(
    slope: Slope,
    direction: np.ndarray,
    value: float,
    h: float,
    rtol: float,
    rises: Rises | None = None,
) -> bool:
    """True if f has a kink within h of x, and `value` is between the slopes beside it.

    Where f is smooth the two slopes come closer as the step shrinks; at a kink not.
    """
    noise = slope.noise(h / 4)
    widest = slope.sides(direction, h, rises)
    low, high = min(widest), max(widest)
    margin = rtol * max(abs(low), abs(high)) + 4 * noise
    if not low - margin <= value <= high + margin:
        return False
    sides = [widest, *(slope.sides(direction, step) for step in (h / 2, h / 4))]
    jumps = [right - left for left, right in sides]
    smooth = all(
        abs(jump - jumps[0] * part) <= 0.1 * abs(jumps[0]) * part + 4 * noise
        for jump, part in zip(jumps[1:], (0.5, 0.25))
    )
    return not smooth


def _avoidable(slope: Slope, direction: np.ndarray, h: float) -> bool:
    """Whether the slopes of both sides agree at a smaller step that rounding leaves alone."""
    left, right = slope.sides(direction, h)
    jump = abs(right - left)
    step = h / 4
    while slope.noise(step) <= MOST_NOISE * jump:
        left, right = slope.sides(direction, step)
        if abs(right - left) <= 0.1 * jump * step / h + 4 * slope.noise(step):
            return True
        step /= 4
    return False


def _search(
    got: np.ndarray, slope: Slope, direction: np.ndarray, h: float, rtol: float
) -> tuple[int, ...] | None:
    """If `got` is wrong along the direction: a wrong element, found by halving it."""

    def wrong(part: np.ndarray) -> bool:
        part = part / np.sqrt(np.sum(part * part))
        numeric, told = slope.along(part, h), float(np.sum(got * part))
        size = max(abs(numeric), abs(told), float(np.sqrt(np.mean(got * got))))
        return abs(numeric - told) > rtol * size + slope.noise(h)

    if not wrong(direction):
        return None
    places = np.arange(direction.size)
    while places.size > 1:
        half = places[: places.size // 2]
        part = np.zeros(direction.size)
        part[half] = direction.reshape(-1)[half]
        places = half if wrong(part.reshape(direction.shape)) else places[half.size :]
    return _place(places[0], direction.shape)
