"""Stored examples: what the reference gives, and what known mistakes give."""

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import course
from autograder.lessons import Lesson
from autograder.proof.examples import LINE_BUDGET, examples_document, line_budget
from course.kit.refusal import Refusal

TINY = Lesson(Path(__file__).parent / "tiny", "01_volumes")
HEAD = """
import numpy as np
from autograder.proof.answers import example, ints, right, wrong
def two(rng):
    return {"x": ints(rng, 2, 3)}
"""


@pytest.fixture
def document(tmp_path):
    """The examples of the tiny lesson with another bank."""

    def make(bank: str) -> dict:
        lesson = Lesson(tmp_path, TINY.name)
        for path, text in (
            (lesson.source, TINY.source.read_text(encoding="utf-8")),
            (lesson.answer_bank, HEAD + bank),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return examples_document(lesson)

    return make


def values(stored: dict) -> np.ndarray:
    return np.array(stored["values"], stored["dtype"]).reshape(stored["shape"])


def test_the_document_says_who_made_it_and_repeats_itself():
    first = examples_document(TINY)
    assert first["made_by"] == (
        "autograder build, from tests/mistakes/geometry.py; do not edit"
    )
    assert json.dumps(first) == json.dumps(examples_document(TINY))
    assert list(first["functions"]) == ["total"]
    assert first["functions"]["total"]["inputs"] == ["x"]
    assert first["functions"]["total"]["outputs"] == ["out"]


def test_an_example_has_inputs_the_result_and_the_results_of_mistakes():
    stored, strided = examples_document(TINY)["functions"]["total"]["examples"]
    x = values(stored["arrays"]["x"])
    assert stored["arrays"]["x"]["layout"] == "contiguous"
    assert x.dtype == np.float64
    assert values(stored["want"][0]) == x.sum() * 6
    rows, columns = stored["mistakes"]["the rows are averaged"]
    assert values(rows[0]) == x.mean(axis=0).sum() * 6
    assert values(columns[0]) == x.mean(axis=1).sum() * 6
    assert strided["arrays"]["x"]["layout"] == "strided"
    assert strided["want"][0]["dtype"] == "float32"


def test_mistakes_that_raise_or_are_not_named_are_left_out(document):
    stored = examples_document(TINY)["functions"]["total"]["examples"][0]
    assert list(stored["mistakes"]) == ["the rows are averaged"]
    made = document(
        "@wrong('it is 1', named=False)\n"
        "def total__one(x): return 1.0\n"
        "@wrong('it raises')\n"
        "def total__raises(x): return 1 / 0\n"
        "@wrong('it is text')\n"
        "def total__text(x): return 'many'\n"
        "EXAMPLES = [example('total', 'two rows', two)]"
    )
    assert made["functions"]["total"]["examples"][0]["mistakes"] == {}


def test_whole_numbers_are_short_and_others_have_the_digits_all_machines_share(
    document,
):
    made = document(
        "@wrong('thirds')\n"
        "def total__thirds(x): return np.array([1 / 3, 2.0])\n"
        "EXAMPLES = [example('total', 'two rows', two)]"
    )
    (((thirds,),),) = made["functions"]["total"]["examples"][0]["mistakes"].values()
    assert json.dumps(thirds["values"]) == "[0.333333333333, 2]"


def test_a_mistake_that_gives_the_wanted_numbers_is_left_out(document):
    made = document(
        "@wrong('it prints')\n"
        "def total__prints(x):\n"
        "    return x.sum() * x.size + 0.0\n"
        "EXAMPLES = [example('total', 'two rows', two)]"
    )
    assert made["functions"]["total"]["examples"][0]["mistakes"] == {}


def test_an_endless_mistake_is_left_out(document):
    made = document(
        "@wrong('it never ends')\n"
        "def total__endless(x):\n"
        "    while True:\n"
        "        x = x + 1\n"
        "EXAMPLES = [example('total', 'two rows', two)]"
    )
    assert made["functions"]["total"]["examples"][0]["mistakes"] == {}


def test_the_line_budget_ends_and_restores_what_was_traced():
    def endless():
        while True:
            pass

    before = sys.gettrace()
    with pytest.raises(TimeoutError, match="more than 100 lines"), line_budget(100):
        endless()
    assert sys.gettrace() is before
    with line_budget(LINE_BUDGET):
        pass


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("return -x.sum() * x.size", "total__odd disagrees with the reference"),
        ("return np.float32(x.sum() * x.size)", "total__odd gives float32"),
        ("raise OSError('gone')", "total__odd gives OSError: gone"),
        ("x += 1; return (x - 1).sum() * x.size", "total__odd gives changed inputs"),
    ],
)
def test_a_right_answer_that_disagrees_is_refused(document, body, part):
    with pytest.raises(Refusal, match=part):
        document(
            f"@right('odd')\ndef total__odd(x):\n    {body}\n"
            "EXAMPLES = [example('total', 'two rows', two)]"
        )


@pytest.mark.parametrize(
    ("example", "part"),
    [
        ("example('volume', 'x', two)", "no contract function"),
        ("example('total', 'x', lambda rng: {'x': 3})", "the input x is a int"),
        ("example('total', 'x', two, layout={'y': 'strided'})", "layout 'y'"),
        ("example('total', 'x', two, layout={'x': 'odd'})", "'odd'"),
        ("example('total', 'x')", "the reference gives TypeError"),
        ("example('total', 'x', two, outputs=('a', 'b'))", "a, b are named"),
        ("1 / 0", "does not run: ZeroDivisionError"),
    ],
)
def test_a_broken_example_is_refused(document, example, part):
    with pytest.raises(Refusal, match=part):
        document(f"EXAMPLES = [{example}]")


def test_call_and_options_reach_the_function(document):
    made = document(
        "EXAMPLES = [example('area', 'by call', options={'height': 3, 'width': 5},\n"
        "    outputs=('double', 'half'),\n"
        "    call=lambda f, **given: (2 * f(**given), f(**given) / 2))]"
    )
    (stored,) = made["functions"]["area"]["examples"]
    assert stored["options"] == {"height": 3, "width": 5}
    assert [float(values(want)) for want in stored["want"]] == [30, 7.5]


def test_no_bank_and_no_examples_give_no_document(tmp_path, document):
    assert document("") is None
    assert examples_document(Lesson(tmp_path / "elsewhere", "01_volumes")) is None


def test_the_modules_of_the_checkout_come_back(monkeypatch):
    module = types.ModuleType("course.geometry")
    monkeypatch.setitem(sys.modules, "course.geometry", module)
    monkeypatch.setattr(course, "geometry", module, raising=False)
    examples_document(TINY)
    assert sys.modules["course.geometry"] is module
    assert course.geometry is module
    monkeypatch.delitem(sys.modules, "course.geometry")
    monkeypatch.delattr(course, "geometry")
    examples_document(TINY)
    assert "course.geometry" not in sys.modules
    assert not hasattr(course, "geometry")
