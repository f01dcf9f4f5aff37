"""Pieces of code that two students share and few others have: a reason to look, no more.

Fingerprints of Python tokens, chosen by winnowing (Schleimer, Wilkerson and Aiken, 2003,
"Winnowing: local algorithms for document fingerprinting"). A name of the student's own counts as
any other name, so renaming changes nothing; comments, docstrings and layout do not count. What
the stub has is left out. Fingerprints that many have are those of the obvious solution; only
rare ones are followed, by an index, so that no two students are compared who share none.
"""

import builtins
import io
import keyword
import math
import tokenize
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
MOST_TOKENS = 5_000  # of one answer
KEPT_NAMES = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
SKIPPED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
Place = tuple[str, str]  # student, task
Prints = dict[int, frozenset[int]]  # a fingerprint, and the lines of its tokens


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
    codes: tuple[str, str]
    lines: tuple[frozenset[int], frozenset[int]]
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
            (by_place[places[0]].code, by_place[places[1]].code),
            (_lines(prints[places[0]], common), _lines(prints[places[1]], common)),
            len(common),
            (telling + 0.1) * (WRONG_WEIGHT if are_wrong else 1.0),
            are_wrong,
        )
        pieces[first, second].append(piece)
    return pieces


def _own_prints(
    answers: Mapping[Place, Answer], stubs: Mapping[str, str]
) -> dict[Place, Prints]:
    """The fingerprints of each answer that its lesson's stubs do not have."""
    given = {one for stub in stubs.values() for one in fingerprints(stub)}
    known: dict[str, Prints] = {}
    for each in answers.values():
        if each.code not in known:
            found = fingerprints(each.code)
            known[each.code] = {p: at for p, at in found.items() if p not in given}
    return {place: known[each.code] for place, each in answers.items()}


def fingerprints(code: str) -> Prints:
    """Hashes of runs of tokens: of each window of them the smallest, the last of equal ones."""
    tokens = _tokens(code)
    grams = [
        (
            zlib.crc32(
                "\x1f".join(text for text, _ in tokens[at : at + GRAM]).encode(
                    "utf-8", "replace"
                )
            ),
            at,
        )
        for at in range(len(tokens) - GRAM + 1)
    ]
    kept = {
        min(grams[at : at + WINDOW], key=lambda gram: (gram[0], -gram[1]))
        for at in range(max(1, len(grams) - WINDOW + 1))
        if grams
    }
    return {
        one: frozenset(line for _, line in tokens[at : at + GRAM])
        for one, at in sorted(kept)
    }


def _lines(prints: Prints, common: Sequence[int]) -> frozenset[int]:
    return frozenset().union(*(prints[one] for one in common))


def _tokens(code: str) -> list[tuple[str, int]]:
    """(text, line) of what counts, names of one's own as "v"."""
    found: list[tuple[str, int]] = []
    after, is_start = "", True
    reader = io.StringIO(code.replace("\x00", "")).readline
    try:
        for token in tokenize.generate_tokens(reader):
            if token.type in SKIPPED:
                is_start |= token.type in (tokenize.NEWLINE, tokenize.INDENT)
                continue
            text = token.string
            if token.type == tokenize.STRING:
                if is_start:  # a docstring
                    continue
                text = "s"
            elif (
                token.type == tokenize.NAME and after != "." and text not in KEPT_NAMES
            ):
                text = "v"
            found.append((text, token.start[0]))
            after, is_start = token.string, False
            if len(found) >= MOST_TOKENS:
                break
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError):
        pass  # what was read up to there
    return found
