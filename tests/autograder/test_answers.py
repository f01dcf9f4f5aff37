"""Known answers are read as they are written, land in the right cells, and what reaches them is known."""

import ast

import pytest
from fake_course import FIRST, fake_course
from nbformat.v4 import new_code_cell, new_notebook

from autograder.lessons import Lesson
from autograder.lessons.answers import (
    binds,
    fill,
    gaps,
    needed_before,
    reached,
    read_bank,
    reads,
    reference_answers,
    taken,
)
from autograder.lessons.versions import student_notebook
from course.kit import UsageError


@pytest.fixture
def written(tmp_path):
    """The first lesson with these answers to its first task."""

    def write(answers: str) -> Lesson:
        lesson = fake_course(tmp_path)
        path = lesson.task_checks / "sizes.py"
        head, _, _ = path.read_text(encoding="utf-8").partition("@right")
        path.write_text(head + answers, encoding="utf-8")
        return lesson

    return write


def test_every_decorated_definition_is_an_answer():
    answers = {answer.id: answer for answer in read_bank(FIRST)}
    assert list(answers)[:3] == ["area__product", "area__counting", "area__added"]
    added = answers["area__added"]
    assert (added.function, added.variant) == ("area", "added")
    assert (added.right, added.named) == (False, True)
    assert added.phrase == "the sides are added"
    assert answers["area__product"].right
    assert not answers["border__area"].named


def test_an_answer_has_the_contracts_name_and_no_decorator():
    for answer in read_bank(FIRST):
        (definition,) = ast.parse(answer.source).body
        assert definition.name == answer.function
        assert not definition.decorator_list
        assert "__" not in answer.source.split("(")[0]


def test_two_answers_of_one_name_are_refused(written):
    with pytest.raises(UsageError, match=r"area__x is there twice"):
        read_bank(
            written("@right('x')\ndef area__x(): ...\n@wrong('y')\ndef area__x(): ...")
        )


def test_a_task_without_a_module_is_refused(written):
    lesson = written("")
    (lesson.task_checks / "total.py").unlink()
    with pytest.raises(UsageError, match=r"has no module"):
        read_bank(lesson)


def test_gaps_name_what_a_bank_lacks(written):
    assert gaps(FIRST) == []
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
        "border__w uses hieght, which no cell of the lesson makes",
    ]


def test_reference_answers_have_no_marks():
    answers = reference_answers(FIRST)
    assert list(answers) == ["area", "border", "total"]
    assert answers["area"] == (
        'def area(height, width):\n    """Pixels in a rectangle."""\n'
        "    return height * width\n"
    )


def test_fill_replaces_whole_cells_of_a_copy():
    notebook = student_notebook(FIRST)
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
    with pytest.raises(UsageError, match="no answer cell 'check_total'"):
        fill(student_notebook(FIRST), {"check_total": "pass"})


CODE = """
import numpy as np
def outer(x, w):
    y = [zero_pad(v) for v in x]
    neuron = 3
    def inner():
        return neuron + output_size(np.pi)
    return inner
t = outer(1)
class Layer:
    size = conv
    def forward(self):
        return depth_slice(self.size)
"""


def solution(name: str, source: str = "") -> dict:
    marks = {"grade_id": name, "solution": True, "grade": False}
    return new_code_cell(
        source or f"def {name}(x): return x", metadata={"nbgrader": marks}
    )


def check(name: str, source: str) -> dict:
    marks = {"grade_id": name, "solution": False, "grade": True}
    return new_code_cell(source, metadata={"nbgrader": marks})


def test_reads_finds_globals_in_functions_and_classes_but_no_locals():
    names = reads(CODE)
    assert {"zero_pad", "output_size", "depth_slice", "conv", "np"} <= names
    assert not {"x", "w", "v", "y", "neuron", "self"} & names


def test_taken_leaves_out_what_the_code_makes_itself():
    assert "outer" in reads(CODE)
    assert not {"outer", "np", "t"} & taken(CODE)


def test_binds_finds_what_stays_and_magics_do_not_matter():
    cell = "%matplotlib inline\nfrom a import b as c\nx[3] = 5\nfor i in z: w = 1"
    assert binds(cell) == {"c", "i", "w"}
    assert binds(CODE) == {"np", "outer", "t", "Layer"}


def test_a_function_is_reached_through_what_a_plain_cell_computed():
    notebook = new_notebook(
        cells=[
            solution("area"),
            solution("border"),
            new_code_cell("import numpy as np\nimage = np.ones(3)"),
            new_code_cell("wide = area(image)\nnarrow = wide - 1"),
            new_code_cell("shown = border(image)", metadata={"tags": ["demo"]}),
        ]
    )
    assert reached({"narrow"}, notebook, 5) == {"area"}
    assert reached({"narrow"}, notebook, 3) == set()
    assert reached({"image", "np"}, notebook, 5) == set()
    assert reached({"shown"}, notebook, 5) == set()
    assert reached({"border", "image"}, notebook, 5) == {"border"}


def test_a_check_that_names_its_own_variables_reaches_no_other():
    notebook = new_notebook(
        cells=[
            solution("area"),
            check("check_area", "x = area(2)\nassert x"),
            solution("border"),
            check("check_border", "x = 3\nassert border(x)"),
        ]
    )
    names = taken(notebook.cells[3].source)
    assert reached(names, notebook, 3) == {"border"}


def test_only_cells_that_a_check_needs_run_before_it():
    notebook = new_notebook(
        cells=[
            new_code_cell("import math"),
            solution("area"),
            check("check_area", "assert area(1)\nside = 3"),
            solution("border", "def border(x): return area(x)"),
            new_code_cell("import figures", metadata={"tags": ["demo"]}),
            solution("total"),
            check("check_border", "assert border(1)"),
            check("check_total", "assert total(side)"),
        ]
    )
    assert needed_before(notebook, 6) == [0, 1, 3]
    assert needed_before(notebook, 7) == [0, 1, 2, 5]
