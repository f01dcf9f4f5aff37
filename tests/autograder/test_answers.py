"""The answer bank is read as it is written, and answers land in the right cells."""

import ast
from pathlib import Path

import pytest

from autograder.authoring.learner_notebook import learner_notebook
from autograder.authoring.source import read_source
from autograder.lessons import Lesson
from autograder.proof.answers import fill, gaps, read_bank, reference_answers, task_of
from course.kit.refusal import Refusal

TINY = Lesson(Path(__file__).parent / "tiny", "01_volumes")


@pytest.fixture
def written(tmp_path):
    """A lesson like the tiny one, with a bank of the given text."""

    def write(bank: str) -> Lesson:
        lesson = Lesson(tmp_path, TINY.name)
        for path, text in (
            (lesson.source, TINY.source.read_text(encoding="utf-8")),
            (lesson.answer_bank, bank),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return lesson

    return write


def test_every_decorated_definition_is_an_answer():
    answers = {answer.id: answer for answer in read_bank(TINY)}
    assert list(answers)[:3] == ["area__product", "area__counting", "area__added"]
    added = answers["area__added"]
    assert (added.function, added.variant) == ("area", "added")
    assert (added.right, added.named) == (False, True)
    assert added.phrase == "the sides are added"
    assert answers["area__product"].right
    assert not answers["border__area"].named


def test_an_answer_has_the_contracts_name_and_no_decorator():
    for answer in read_bank(TINY):
        (definition,) = ast.parse(answer.source).body
        assert definition.name == answer.function
        assert not definition.decorator_list
        assert "__" not in answer.source.split("(")[0]


def test_a_recursive_answer_calls_itself_by_the_contracts_name(written):
    lesson = written(
        "from autograder.proof.answers import right\n"
        "@right('by recursion')\n"
        "def area__again(height, width):\n"
        "    return width + area__again(height - 1, width) if height else 0\n"
    )
    (answer,) = read_bank(lesson)
    assert "return width + area(height - 1, width)" in answer.source


def test_a_class_is_an_answer_too(written):
    lesson = written("@right('a class')\nclass area__object:\n    size = 1\n")
    assert read_bank(lesson)[0].source == "class area:\n    size = 1\n"


@pytest.mark.parametrize(
    ("bank", "part"),
    [
        ("@right('x')\ndef volume__x(): ...", "volume__x is no variant"),
        ("@right('x')\ndef area(): ...", "FUNCTION__VARIANT"),
        ("@right('')\ndef area__x(): ...", "says nothing about itself"),
        ("@wrong\ndef area__x(): ...", "says nothing about itself"),
        ("@wrong(PHRASE)\ndef area__x(): ...", "says nothing about itself"),
        (
            "@right('x')\ndef area__x(): ...\n@wrong('y')\ndef area__x(): ...",
            "there twice",
        ),
        ("def area__x(:", "is not Python"),
    ],
)
def test_a_broken_bank_is_refused(written, bank, part):
    with pytest.raises(Refusal, match=part):
        read_bank(written(bank))


def test_a_missing_bank_is_refused(tmp_path):
    with pytest.raises(Refusal, match=r"geometry\.py is not there"):
        read_bank(Lesson(tmp_path, "01_volumes"))


def test_gaps_name_what_a_bank_lacks(written):
    assert gaps(TINY) == []
    lines = gaps(
        written(
            "@right('x')\ndef area__x(): ...\n"
            "@right('y')\ndef area__y(): ...\n"
            "@right('z')\ndef border__z(): ...\n"
            "@wrong('w')\ndef border__w(): return np.sum(area(hieght, 2))\n"
        )
    )
    assert lines == [
        "area has no wrong answer",
        "border has 1 right answers, not 2",
        "total has 0 right answers, not 2",
        "total has no wrong answer",
        "border__w uses hieght, which no cell of the lesson makes",
    ]


def test_reference_answers_have_no_marks():
    answers = reference_answers(TINY)
    assert list(answers) == ["area", "border", "total"]
    assert answers["area"] == (
        'def area(height, width):\n    """Pixels in a rectangle."""\n'
        "    return height * width\n"
    )


def test_fill_replaces_whole_cells_of_a_copy():
    notebook = learner_notebook(TINY)
    before = [cell.source for cell in notebook.cells]
    filled = fill(notebook, {"area": "def area(): ...\n", "question_growth": "Both."})
    changed = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell, source in zip(filled.cells, before, strict=True)
        if cell.source != source
    }
    assert changed == {"area": "def area(): ...", "question_growth": "Both."}
    assert [cell.source for cell in notebook.cells] == before


def test_fill_refuses_a_cell_that_is_no_answer():
    with pytest.raises(Refusal, match="no answer cell 'check_total'"):
        fill(learner_notebook(TINY), {"check_total": "pass"})


def test_a_check_covers_the_answer_cells_before_it():
    notebook = read_source(TINY)
    assert [task_of(notebook, name) for name in ("area", "border", "total")] == [
        "sizes",
        "sizes",
        "total",
    ]
    with pytest.raises(Refusal, match=r"volume\(\)"):
        task_of(notebook, "volume")
