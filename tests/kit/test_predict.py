"""Questions before a figure: what they say, and where the answer stands."""

import re

import numpy as np
import pytest

from course.kit import predict as module
from course.kit.predict import predict


@pytest.fixture
def shown(monkeypatch):
    """What was displayed."""
    found = []
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(module, "display", found.append)
    return found


def _page(shown) -> str:
    (question,) = shown
    return question._repr_html_()


def _seen(page: str) -> str:
    """The text of the page before anything is unfolded."""
    page = re.sub(
        r"<details>.*?</details>|<script>.*?</script>", "", page, flags=re.DOTALL
    )
    return re.sub(r"<[^>]*>", " ", page)


def test_the_answer_is_folded(shown):
    predict("How many places are there at `S=2`?", 4321, because="Count them")
    page = _page(shown)
    assert "How many places are there at  S=2 ?" in _seen(page)
    assert "4,321" not in _seen(page) and "Count" not in _seen(page)
    assert "<summary>show me</summary><p>4,321. Count them</p></details>" in page


def test_the_answer_is_not_in_the_text(shown):
    predict("How many?", 4321, because="Count them")
    assert repr(shown[0]) == "Predict. How many?"


def test_choices_are_listed_where_no_script_runs(shown):
    predict("Which?", "b < c", choices=["a", "b < c"])
    assert "<p>a / b &lt; c</p>" in _page(shown)
    assert repr(shown[0]) == "Predict. Which? (a / b < c)"


def test_nothing_ends_the_script_or_an_attribute(shown):
    predict('A "quote"?', '</script>"', choices=['</script>"', "no"])
    page = _page(shown)
    assert page.count("</script>") == 1 and page.endswith("</script>")


@pytest.mark.parametrize(
    ("answer", "within", "wanted"),
    [(15, None, 0), (np.int64(15), None, 0), (-50.0, None, 1), (15, 2, 2), (0.5, 0, 0)],
)
def test_how_far_off_a_guess_may_be(shown, answer, within, wanted):
    predict("How many?", answer, within=within)
    assert shown[0]._asked == {"answer": answer, "within": wanted}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"answer": "d", "choices": ["a", "b"]}, "'d' is not among the choices"),
        ({"answer": "d"}, "'d' is no number"),
        ({"answer": True}, "True is no number"),
        ({"answer": float("nan")}, "nan is no number"),
        ({"answer": 1, "within": -1}, "within is -1"),
    ],
)
def test_what_is_refused(shown, arguments, words):
    with pytest.raises(ValueError, match=words):
        predict("Which?", **arguments)
    assert shown == []


def test_while_grading_it_does_nothing(shown, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    predict("Which?", "d", choices=["a"])
    assert shown == []


def test_outside_of_a_notebook_it_prints(monkeypatch, capsys):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    predict("How many?", 5)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("Predict. How many?\n", "")
