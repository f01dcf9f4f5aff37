"""Documents of cases: what the reference gives, and what known mistakes give."""

import json
import shutil
import sys
import types

import numpy as np
import pytest
from fake_course import FIRST, edit, fake_course

import course
from autograder.authoring.case_documents import case_documents, line_budget
from course.kit import UsageError
from course.kit.checking.documents import from_json

TWO_ROWS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@pytest.fixture
def written(tmp_path):
    """The documents of the first lesson with more in the module of its last task."""

    def make(answer: str) -> tuple[dict, dict]:
        lesson = fake_course(tmp_path)
        with (lesson.task_checks / "total.py").open("a", encoding="utf-8") as file:
            file.write(f"\n\n{answer}\n")
        return case_documents(lesson)

    return make


def mistakes(documents: tuple[dict, dict]) -> dict:
    """The known mistakes in the case of two rows."""
    return documents[0]["tasks"]["total"]["stored"]["two rows"]["mistakes"]


def test_the_documents_say_who_made_them_and_repeat_themselves():
    visible, hidden = case_documents(FIRST)
    made_by = "autograder build, from solutions/checks/01_volumes; do not edit"
    assert visible["made_by"] == hidden["made_by"] == made_by
    assert json.dumps([visible, hidden]) == json.dumps(case_documents(FIRST))
    assert list(visible["tasks"]) == list(hidden["tasks"]) == ["sizes", "total"]
    assert visible["tasks"]["sizes"]["functions"] == ["area", "border"]
    assert visible["tasks"]["sizes"]["parameters"]["area"] == ["height", "width"]
    assert visible["tasks"]["sizes"]["hidden"] == 2


def test_hidden_cases_stand_only_in_their_own_document():
    visible, hidden = map(json.dumps, case_documents(FIRST))
    assert "1 x 9" in hidden and "1 x 9" not in visible
    assert "3 x 5" in visible and "3 x 5" not in hidden


def test_a_case_has_the_wanted_result_and_those_of_mistakes():
    visible, hidden = case_documents(FIRST)
    stored = visible["tasks"]["total"]["stored"]
    known = {name: [*map(from_json, got)] for name, got in mistakes((visible,)).items()}
    assert known == {
        "the rows are averaged": [
            TWO_ROWS.mean(axis=0).sum() * 6,
            TWO_ROWS.mean(axis=1).sum() * 6,
        ]
    }
    assert "want" not in stored["two rows"]  # its source says it
    want = from_json(stored["a strided view in float32"]["want"])
    assert want.dtype == np.float32
    assert hidden["tasks"]["total"]["stored"] == {}


@pytest.mark.parametrize(
    "body",
    [
        "return 1 / 0",
        "return object()",
        "return x.sum() * x.size + 0.0",
        "return np.zeros(1001)",
        "while True: x = x + 1",
        "return float(np.random.default_rng().random())",
    ],
    ids=["raises", "no numbers", "right", "many numbers", "endless", "random"],
)
def test_mistakes_that_say_nothing_are_left_out(written, body):
    made = written(f"@wrong('it is so')\ndef total__so(x):\n    {body}")
    assert list(mistakes(made)) == ["the rows are averaged"]


def test_a_mistake_that_need_not_be_named_is_left_out(written):
    made = written("@wrong('it is 1', named=False)\ndef total__one(x): return 1.0")
    assert list(mistakes(made)) == ["the rows are averaged"]


def test_the_line_budget_ends_and_restores_what_was_traced():
    def endless():
        while True:
            pass

    before = sys.gettrace()
    with pytest.raises(TimeoutError, match="more than 100 lines"), line_budget(100):
        endless()
    assert sys.gettrace() is before
    with line_budget():
        pass


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("return -x.sum() * x.size", "total__odd disagrees: wrong value"),
        ("return np.array([x.sum() * x.size])", "total__odd disagrees: .*an array"),
        ("raise OSError('gone')", "total__odd raises OSError: gone"),
        ("x += 1; return (x - 1).sum() * x.size", "total__odd changes its input"),
    ],
)
def test_a_right_answer_that_disagrees_is_refused(written, body, part):
    with pytest.raises(UsageError, match=part):
        written(f"@right('odd')\ndef total__odd(x):\n    {body}")


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("126.0", "125.0", "'two rows': the reference disagrees"),
        ("total(X)", "total(x=1)", "'two rows': the reference raises AttributeError"),
        (
            '"two rows"',
            '"a strided view in float32"',
            "cases cannot be read: ValueError",
        ),
        (
            "def cases(t, total)",
            "def cases(t, total, volume)",
            "the lesson has no 'volume'",
        ),
        ("126.0", "1 / 0", "cases cannot be read: ZeroDivisionError"),
    ],
)
def test_a_broken_case_is_refused(tmp_path, old, new, part):
    lesson = fake_course(tmp_path)
    edit(lesson.task_checks / "total.py", old, new)
    with pytest.raises(UsageError, match=part):
        case_documents(lesson)


def test_a_module_without_a_task_is_refused(tmp_path):
    lesson = fake_course(tmp_path)
    shutil.copy(lesson.task_checks / "total.py", lesson.task_checks / "sum.py")
    with pytest.raises(UsageError, match=r"sum\.py and the page do not agree"):
        case_documents(lesson)


def test_the_modules_of_the_checkout_come_back(monkeypatch):
    module = types.ModuleType("course.geometry")
    monkeypatch.setitem(sys.modules, "course.geometry", module)
    monkeypatch.setattr(course, "geometry", module, raising=False)
    case_documents(FIRST)
    assert sys.modules["course.geometry"] is module
    assert course.geometry is module
    monkeypatch.delitem(sys.modules, "course.geometry")
    monkeypatch.delattr(course, "geometry")
    case_documents(FIRST)
    assert "course.geometry" not in sys.modules
    assert not hasattr(course, "geometry")
