"""Formulas on pages of results: set as pictures, harmless, and their text where they cannot be."""

import re
import time
from html.parser import HTMLParser

import pytest

from autograder.reports import page
from autograder.reports.page import formula_html, page_exporter


@pytest.fixture
def shown():
    """`shown(markdown)` is its HTML on a page, with data of pictures left out."""
    exporter = page_exporter()
    exporter.markdown_seconds, exporter.formulas = 0.0, 0

    def shown(text):
        made = exporter.safe_markdown({"cell": {}}, text)
        return re.sub(r'src="data:image/png;base64,[^"]+"', "DATA", made)

    return shown


def _tags(text):
    found = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs)))

    Parser().feed(text)
    return found


def test_a_formula_is_a_picture_with_its_tex(shown):
    made = shown(r"There are $\frac{W - F}{S} + 1$ places.")
    assert made.startswith(
        '<p>There are <img class="formula" alt="\\frac{W - F}{S} + 1" style="vert'
    )
    assert made.endswith("DATA> places.</p>\n")


def test_a_block_has_a_line_of_its_own(shown):
    (image,) = [each for tag, each in _tags(shown("$$\na < b\n$$")) if tag == "img"]
    assert image["alt"] == "a < b" and "display:block" in image["style"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (r"$\nosuchthing{x}$", r"$\nosuchthing{x}$"),
        ("$" + "{" * 20 + "<" + "}" * 20 + "$", "{&lt;}"),
        ("$" + "x" * 401 + "$", "x" * 401),
        ("`$x$` costs \\$5 and \\$6", "<code>$x$</code> costs $5 and $6"),
    ],
)
def test_what_is_no_formula_or_cannot_be_set_stays(shown, text, wanted):
    made = shown(text)
    assert wanted in made and "<img" not in made


def test_a_formula_in_an_attribute_stays_there(shown):
    picture = "![$x onerror=alert(1) y$](data:image/png;base64,AAAA)"
    (image,) = [each for tag, each in _tags(shown(picture)) if tag == "img"]
    assert "onerror" not in image and image["alt"] == "x onerror=alert(1) y"


def test_marks_of_a_learner_stand_for_nothing(shown):
    made = shown("\ue0000\ue001 \ue0007\ue001 $x$")
    assert made.count("<img") == 1 and "0 7" in made


def test_too_many_formulas_stay_text(shown, monkeypatch):
    monkeypatch.setattr(page, "MOST_FORMULAS", 2)
    made = shown("$a$ $b$ $c$")
    assert made.count("<img") == 2 and "$c$" in made


def test_a_formula_says_how_large_it_is():
    (image,) = [each for _, each in _tags(formula_html(r"\frac{a}{b}"))]
    assert 5 < int(image["width"]) < 40 < 10 * int(image["height"])


@pytest.mark.parametrize(
    "tex", ["_{a}^{b}" * 50, r"\left(" * 30 + "x" + r"\right)" * 30, "a^{" * 12, "\\"]
)
def test_no_formula_takes_long(tex):
    started = time.process_time()
    formula_html(tex)
    assert time.process_time() - started < 5
