"""`predict`: a question before the figure that answers it. No score is kept.

The question, with its answer folded away, is plain HTML, which every front end shows. Where
scripts may run (a notebook that is running or trusted, a page made of it), predict.js adds
a box or buttons to answer in, and compares. Neither needs a kernel or a network.
"""

import json
import os
import re
from collections.abc import Sequence
from html import escape
from math import isnan
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from IPython.display import display

SCRIPT = Path(__file__).with_name("predict.js")
FLOAT_SHARE = 0.02  # how far from a float a guess may be, as a share of it
CODE = re.compile(r"`([^`]+)`")
BOX = (
    "max-width:60em;line-height:1.5;padding:4px 0 4px 14px;"
    "border-left:4px solid var(--jp-brand-color1,#0072b2)"
)


def predict(
    question: str,
    answer: float | str,
    choices: Sequence[str] | None = None,
    because: str = "",
    within: float | None = None,
) -> None:
    """Ask before one looks: a number, or one of `choices`; what is right stays folded.

    A guess of a number is right when it is at most `within` from `answer`: without it,
    equal to an integer, and within 2 % of a float. `because` is shown with the answer.
    `code` between backticks is set as such. While nbgrader grades, nothing is done.
    Raises ValueError for an answer that is not among the choices, for one that is no
    number where there are none, and for a negative `within`.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return
    asked: dict[str, object]
    if choices is None:
        number = _number(answer)
        asked = {"answer": float(number), "within": _within(number, within)}
        is_whole = isinstance(answer, Integral)
        shown = f"{number:,}" if is_whole else f"{float(number):,.6g}"
    elif answer in choices:
        shown = str(answer)
        asked = {"answer": list(choices).index(shown), "choices": list(choices)}
    else:
        raise ValueError(
            f"the answer {answer!r} is not among the choices {list(choices)!r}: "
            "add it, or write it as it stands there"
        )
    display(_Question(question, asked, f"{shown}. {because}" if because else shown))


class _Question:
    """What is displayed: text in a terminal, HTML in a notebook."""

    def __init__(self, question: str, asked: dict[str, Any], told: str) -> None:
        self._question, self._asked, self._told = question, asked, told
        self._choices = " / ".join(asked.get("choices", ()))

    def __repr__(self) -> str:
        choices = f" ({self._choices})" if self._choices else ""
        return f"Predict. {self._question}{choices}"

    def _repr_html_(self) -> str:
        choices = f"<p>{_html(self._choices)}</p>" if self._choices else ""
        return (
            '<div class="course-predict" role="group" aria-label="Predict" '
            f'style="{BOX}" data-asked="{escape(json.dumps(self._asked))}">'
            f"<p><b>Predict.</b> {_html(self._question)}</p><div>{choices}</div>"
            f"<details><summary>show me</summary><p>{_html(self._told)}</p></details></div>"
            f"<script>\n{SCRIPT.read_text(encoding='utf-8')}</script>"
        )


def _number(answer: object) -> Real:
    if isinstance(answer, bool) or not isinstance(answer, Real) or isnan(answer):
        raise ValueError(
            f"the answer {answer!r} is no number: give one, or the choices it is among"
        )
    return answer


def _within(answer: Real, within: float | None) -> float:
    if within is None:
        return 0.0 if isinstance(answer, Integral) else FLOAT_SHARE * abs(float(answer))
    if not within >= 0:
        raise ValueError(f"within is {within!r}: how far off a guess may be, 0 or more")
    return float(within)


def _html(text: str) -> str:
    return CODE.sub(r"<code>\1</code>", escape(text))
