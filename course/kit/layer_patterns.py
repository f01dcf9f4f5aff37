"""Words and signs of a layer pattern, and messages that point at one of them.

A pattern is a line such as "INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC".
"""

import re
from typing import NamedTuple

_TOKEN = re.compile(r"->|[A-Za-z_]+|\d+|\S")


class Token(NamedTuple):
    """A word, a number or a sign of a pattern. At the end there is one with the text ""."""

    text: str  # words in capitals
    place: int  # of its first character in the pattern, from 0


def tokens(pattern: str) -> list[Token]:
    """The pattern cut into words, numbers and signs; the last one, "", stands for its end.

    Signs are "->" and single characters. Nothing is refused here: a character that has no
    meaning is a sign of its own.
    """
    found = [Token(m.group().upper(), m.start()) for m in _TOKEN.finditer(pattern)]
    return [*found, Token("", len(pattern))]


def point_at(pattern: str, place: int, reason: str) -> str:
    """A message in three lines: the reason, the pattern, and a caret below one character.

    `place` counts the characters of the pattern from 0; len(pattern) is behind its end.
    """
    return f"{reason}\n  {pattern}\n  {' ' * place}^"
