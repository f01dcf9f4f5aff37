"""What a learner wrote and displayed, as it is recorded: nothing of it can run."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbconvert.filters import markdown2html
from nbformat.v4 import new_notebook, new_output
from small_class import NAME, answered, cell_named, code, make_checkout, text

from autograder.grading.classroom import Classroom, open_gradebook
from autograder.grading.outcome import Outcome, Status
from autograder.grading.record import record
from autograder.grading.register import register
from autograder.grading.sanitize import safe_markdown, sanitized
from autograder.lessons.versions import master
from autograder.reports.feedback import REDACTED, redact

sys.path.append(str(Path(__file__).parents[1] / "browser"))

from hostile_work import DRAWING, HTML, MARKDOWN, MIMES, PIXEL, TABLE

PAYLOADS = {**HTML, **MARKDOWN}


class Active(HTMLParser):
    """Collects what of a page could run or lead somewhere."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        if tag in {"script", "style", "svg", "math", "iframe", "form", "meta", "base"}:
            self.found.append(tag)
        for name, value in attributes:
            if name.startswith(("on", "data-", "style", "srcdoc")):
                self.found.append(f"{tag} {name}")
            if name in ("href", "src") and not re.match("https?:|#|data:image/", value):
                self.found.append(f"{tag} {name}={value}")


@pytest.mark.parametrize("name", PAYLOADS)
def test_markdown_with_a_payload_is_text(name):
    given = f"Text.\n\n{PAYLOADS[name]}"
    safe = safe_markdown(given)
    assert safe_markdown(safe) == safe
    assert Active(markdown2html(safe)).found == []
    assert not re.search(r"\\\\(href|require|style)", safe)


def test_these_payloads_would_be_noticed():
    seen = {name for name, each in PAYLOADS.items() if Active(each).found}
    assert len(seen) >= 15


@pytest.mark.parametrize(
    "given",
    [
        "Because **it** is $\\frac{a}{b} < c$, see [here](https://x.org/a?b=1&c=2).",
        "a < b, a<1, `x = {1: 2}`, 3 > 2 & 1",
        "line<br>line, H<sub>2</sub>O, <details><summary>more</summary>x</details>",
        "![x](data:image/png;base64,AAAA)",
        "| a | b |\n|---|---|\n| 1 | 2 |",
    ],
)
def test_honest_markdown_stays(given):
    assert safe_markdown(given) == given


def test_what_is_recorded(tmp_path):
    lesson = make_checkout(tmp_path / "checkout")
    hostile = "\n\n".join(PAYLOADS.values())
    notebook = answered(master(lesson), question_why=f"Because.\n\n{hostile}")
    own, picture = text(hostile), text("![p](attachment:p.png) ![d](attachment:d.svg)")
    picture.attachments = {
        "p.png": {"image/png": PIXEL},
        "d.svg": {"image/svg+xml": "PHN2Zy8+"},
    }
    shows = code("show('<script>')")
    shows.outputs = [
        new_output("display_data", {kind: each})
        for kind, each in [
            *MIMES.items(),
            *(("text/html", each) for each in HTML.values()),
            *(("text/markdown", each) for each in PAYLOADS.values()),
            ("image/png", PIXEL),
            ("text/html", TABLE),
            ("image/svg+xml", DRAWING),
        ]
    ]
    shows.outputs[0].metadata = {"image/png": {"width": '1" onload="x'}}
    shows.outputs.append(new_output("stream", text="a\x1b]8;;http://x\x07b\x1b[31mc"))
    for number, cell in enumerate([own, picture, shows]):
        cell["id"] = f"own-{number:04d}"
        notebook.cells.append(cell)
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}

    room = Classroom(tmp_path / "class")
    room.submitted.mkdir(parents=True)
    with open_gradebook(room) as gradebook:
        register(room, gradebook, lesson, master(lesson))
        record(room, gradebook, Outcome("eve", NAME, Status.GRADED), notebook)
    made = nbformat.read(room.autograded_notebook("eve", NAME), as_version=4)

    assert set(made.metadata) <= {"kernelspec"}
    *_, own, picture, shows = made.cells
    assert Active(markdown2html(own.source)).found == []
    answer = cell_named(made, "question_why").source
    assert answer.startswith("Because.") and Active(markdown2html(answer)).found == []
    assert picture.attachments == {"p.png": {"image/png": PIXEL}}
    assert picture.source == "![p](attachment:p.png) ! [d] (attachment:d.svg)"
    assert shows.source == "show('<script>')", "code is shown as text, and stays"
    *displays, said = shows.outputs
    assert said.text == "a]8;;http://xb\x1b[31mc"
    kinds = {"text/plain", "text/html", "text/markdown", "image/png"}
    for output in displays:
        assert set(output.data) <= kinds and not output.metadata
        page = output.data.get("text/html", "")
        assert Active(page).found == []
        assert Active(markdown2html(output.data.get("text/markdown", ""))).found == []
    png, table, drawing = displays[-3:]
    assert png.data == {"image/png": PIXEL}
    assert "<td>4711</td>" in table.data["text/html"]
    assert drawing.data["text/html"].startswith('<img alt="" src="data:image/svg+xml;')
    assert sanitized(made) == made


def test_hidden_tests_are_found_in_a_drawing_that_became_an_image(tmp_path):
    check = cell_named(master(make_checkout(tmp_path)), "check_area")
    drawn = "<svg>\n<text>\nsecret_side = 7919\n</text>\n</svg>"
    check.outputs = [new_output("display_data", {"image/svg+xml": drawn})]
    notebook = sanitized(new_notebook(cells=[check]))
    assert "svg+xml" in notebook.cells[0].outputs[0].data["text/html"]
    redact(notebook)
    assert notebook.cells[0].outputs[0].data["text/html"] == REDACTED
