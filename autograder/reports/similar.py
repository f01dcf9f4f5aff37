"""Pieces of code that two students share and few others have: a reason to look, no more.

Fingerprints of Python tokens, chosen by winnowing (Schleimer, Wilkerson and Aiken, 2003,
"Winnowing: local algorithms for document fingerprinting"). A name of the student's own counts as
any other name, so renaming changes nothing; comments, docstrings and layout do not count. What
the stub has is left out. Fingerprints that many have are those of the obvious solution; only
rare ones are followed, by an index, so that no two students are compared who share none.
"""

import builtins
import keyword
import math
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

GRAM = 10  # tokens of one fingerprint
WINDOW = (
    4  # of so many fingerprints in a row one is kept: 13 equal tokens are always found
)
RARE_SHARE = 0.05  # of the students have a rare one, at most
FEWEST_RARE, MOST_RARE = 2, 12  # students
# Rare fingerprints that make two answers worth a look: two that are wrong are seldom wrong in
# the same way, two that are right look alike.
LEAST_WRONG, LEAST_RIGHT = 5, 12
LEAST_PART = 0.6  # of the rare fingerprints of the one that has fewer
WRONG_WEIGHT = 3.0
MOST_PAIRS = 20
LONGEST_CODE = 20_000  # characters of one answer
KEPT_NAMES = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
# A text that a line begins with is a docstring, or as good as one. It reads broken code, too,
# and takes a fifth of the time of Python's own tokenizer.
TOKEN = re.compile(
    r"""(?P<skipped>\s+|\#[^\n]*|(?m:^)[ \t]*[rRbBuU]*(?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}))
    |(?P<string>(?:\b[rRbBfFuU]{1,2})?(?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}
        |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<name>[^\W\d]\w*)|(?P<number>\d[\w.]*)|(?P<sign>[*/=<>!]{2}|.)""",
    re.VERBOSE,
)
Place = tuple[str, str]  # student, task


@dataclass(frozen=True)
class Answer:
    """One student's code for one task, and whether its check passed."""

    student: str
    task: str
    code: str
    is_right: bool


@dataclass(frozen=True)
class Piece:
    """The same task by both: the code, and which lines (from 1) have what they share.

    `rare` counts the rare fingerprints that they share; `weight` is larger the rarer these are.
    """

    lesson: str
    task: str
    codes: tuple[str, ...]
    lines: tuple[frozenset[int], ...]
    rare: int
    weight: float
    are_wrong: bool


@dataclass(frozen=True)
class Pair:
    """Two students and what they share, the most telling piece first."""

    students: tuple[str, str]
    pieces: tuple[Piece, ...]

    @property
    def weight(self) -> float:
        return sum(piece.weight for piece in self.pieces)


def similar_pairs(pieces: Mapping[tuple[str, str], Sequence[Piece]]) -> list[Pair]:
    """The pairs that are most worth a look, over all lessons."""
    found = [
        Pair(who, tuple(sorted(shared, key=lambda p: (-p.weight, p.lesson, p.task))))
        for who, shared in pieces.items()
    ]
    return sorted(found, key=lambda pair: (-pair.weight, pair.students))[:MOST_PAIRS]


def shared_pieces(
    lesson: str, answers: Sequence[Answer], stubs: Mapping[str, str]
) -> dict[tuple[str, str], list[Piece]]:
    """What two students of a lesson share, by pair; `stubs` has the given code of each task."""
    by_place = {(each.student, each.task): each for each in answers}
    students = {each.student for each in answers}
    prints = _own_prints(by_place, stubs)
    owners: dict[tuple[str, int], list[str]] = defaultdict(list)
    for (student, task), found in sorted(prints.items()):
        for one in found:
            owners[task, one].append(student)
    most = min(max(FEWEST_RARE, RARE_SHARE * len(students)), MOST_RARE)
    rare = {key: who for key, who in owners.items() if len(who) <= most}
    own = Counter((student, task) for (task, _), who in rare.items() for student in who)
    shared: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for (task, one), who in rare.items():
        for first, second in combinations(who, 2):
            shared[first, second, task].append(one)
    pieces: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    for (first, second, task), common in shared.items():
        places = ((first, task), (second, task))
        are_wrong = not any(by_place[place].is_right for place in places)
        least = LEAST_WRONG if are_wrong else LEAST_RIGHT
        if len(common) < max(least, LEAST_PART * min(own[place] for place in places)):
            continue
        telling = sum(math.log(len(students) / len(rare[task, one])) for one in common)
        piece = Piece(
            lesson,
            task,
            tuple(by_place[place].code for place in places),
            tuple(_lines(by_place[p].code, prints[p], common) for p in places),
            len(common),
            (telling + 0.1) * (WRONG_WEIGHT if are_wrong else 1.0),
            are_wrong,
        )
        pieces[first, second].append(piece)
    return pieces


def _own_prints(
    answers: Mapping[Place, Answer], stubs: Mapping[str, str]
) -> dict[Place, dict[int, int]]:
    """The fingerprints of each answer that its lesson's stubs do not have."""
    given = {one for stub in stubs.values() for one in fingerprints(stub)}
    known: dict[str, dict[int, int]] = {}
    for each in answers.values():
        if each.code not in known:
            found = fingerprints(each.code)
            known[each.code] = {p: at for p, at in found.items() if p not in given}
    return {place: known[each.code] for place, each in answers.items()}


def fingerprints(code: str) -> dict[int, int]:
    """Hashes of runs of tokens, each with its first token's number.

    Of each window of them the smallest is kept, the last of equal ones.
    """
    numbers = [zlib.crc32(text.encode("utf-8", "replace")) for text, _ in _tokens(code)]
    grams = [
        (hash(tuple(numbers[at : at + GRAM])), -at)
        for at in range(len(numbers) - GRAM + 1)
    ]
    if not grams:
        return {}
    windows = range(max(1, len(grams) - WINDOW + 1))
    return {one: -at for one, at in {min(grams[at : at + WINDOW]) for at in windows}}


def _lines(
    code: str, prints: Mapping[int, int], common: Sequence[int]
) -> frozenset[int]:
    """The lines, from 1, that hold what is in common."""
    places = [place for _, place in _tokens(code)]
    starts = {at for one in common for at in places[prints[one] : prints[one] + GRAM]}
    return frozenset(code.count("\n", 0, at) + 1 for at in starts)


def _tokens(code: str) -> list[tuple[str, int]]:
    """(text, place in the code) of what counts, names of one's own as "v"."""
    found: list[tuple[str, int]] = []
    before = ""
    for token in TOKEN.finditer(code[:LONGEST_CODE]):
        text, kind = token[0], token.lastgroup
        if kind == "skipped":
            continue
        if kind == "string":
            text = "s"
        elif kind == "name" and before != "." and text not in KEPT_NAMES:
            text = "v"
        found.append((text, token.start()))
        before = text
    return found
