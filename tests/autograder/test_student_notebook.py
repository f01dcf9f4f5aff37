"""The learner's notebook: nbgrader's own release version, with hints in the stubs."""

import json
import re

import nbformat
import pytest
from fake_course import edit, fake_course
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.lessons.source import notebook_text, read_source
from autograder.lessons.versions import (
    HintStubs,
    master,
    stub_messages,
    student_notebook,
)


@pytest.fixture
def lesson(tmp_path):
    return fake_course(tmp_path, cases=True)


def cell_of(notebook, grade_id):
    return next(cell for cell in notebook.cells if cell["id"] == grade_id)


def test_stub_carries_the_hint_and_is_python(lesson):
    cell = cell_of(student_notebook(lesson), "border")
    assert cell.source.split("\n")[-5:] == [
        "    # YOUR CODE HERE",
        "    raise NotImplementedError(",
        (
            '        "border is yours to write. Hint: Two rows and two columns, and a '
            'pixel at each "'
        ),
        '        "of the four corners."',
        "    )",
    ]
    assert max(map(len, cell.source.split("\n"))) <= 88
    names = {}
    exec(cell.source, names)  # noqa: S102
    message = (
        r"border is yours to write\. Hint: Two rows and two columns, "
        r"and a pixel at each of the four corners\."
    )
    with pytest.raises(NotImplementedError, match=message):
        names["border"](7, 3)


@pytest.mark.parametrize(
    ("source", "messages"),
    [
        ("def f():\n    ### BEGIN SOLUTION\n", ["f is yours to write."]),
        (
            'def f():\n    ### BEGIN SOLUTION hint: A {brace}, a "quote", a \\n.\n',
            ['f is yours to write. Hint: A {brace}, a "quote", a \\n.'],
        ),
        (
            (
                "class C:\n    def f(self):\n        ### BEGIN SOLUTION\n        ### END\n"
                "    def g(self):\n        ### BEGIN SOLUTION hint: Two.\n"
                "def h():\n    ### BEGIN SOLUTION\n"
            ),
            [
                "C.f is yours to write.",
                "C.g is yours to write. Hint: Two.",
                "h is yours to write.",
            ],
        ),
        ("x = 1\n### BEGIN SOLUTION\n", ["This part is yours to write."]),
        ("def f(): pass\n### BEGIN SOLUTION\n", ["This part is yours to write."]),
        ("x = 1\n", []),
    ],
)
def test_messages_name_what_encloses_the_region(source, messages):
    assert stub_messages(source) == messages


def test_every_region_of_a_cell_gets_its_own_stub():
    source = """\
def f():
    ### BEGIN SOLUTION hint: First.
    secret
    ### END SOLUTION

def g():
    if True:
        ### BEGIN SOLUTION hint: "Second".
        secret
        ### END SOLUTION
    return f"{message}"
"""
    marks = {"grade": False, "grade_id": "f", "locked": False, "solution": True}
    cell = nbformat.v4.new_code_cell(source, metadata={"nbgrader": marks})
    notebook = nbformat.v4.new_notebook(cells=[cell])
    cleared = HintStubs().preprocess(notebook, {})[0].cells[0].source
    raised = re.findall(
        r"^( *)raise NotImplementedError\((.*)\)$", cleared, re.MULTILINE
    )
    assert [(len(indent), json.loads(text)) for indent, text in raised] == [
        (4, "f is yours to write. Hint: First."),
        (8, 'g is yours to write. Hint: "Second".'),
    ]
    assert "secret" not in cleared
    assert 'f"{message}"' in cleared


def test_no_answer_and_no_hidden_test_is_left(lesson):
    assert "7 x 2" in notebook_text(master(lesson))
    text = notebook_text(student_notebook(lesson))
    for secret in ("+ width", "H, W =", "twice", "7 x 2", "1 for", "BEGIN", "END"):
        assert secret not in text
    assert (
        cell_of(student_notebook(lesson), "question_growth").source
        == "YOUR ANSWER HERE"
    )


def test_visible_part_demo_tag_and_origin_stay(lesson):
    edit(lesson.source, '["demo"]', '["demo", "nbval-check-output"]')
    notebook = student_notebook(lesson)
    check = cell_of(notebook, "check_sizes")
    assert check.source == "check(area, border)"
    assert [c.metadata.tags for c in notebook.cells if "tags" in c.metadata] == [
        ["demo"]
    ]
    assert notebook.metadata.course.made_by.endswith("solutions/01_volumes.py")


def test_two_readings_give_the_same_bytes(lesson):
    assert notebook_text(student_notebook(lesson)) == notebook_text(
        student_notebook(lesson)
    )


def test_ids_are_grade_ids_or_positions(lesson):
    ids = [cell["id"] for cell in student_notebook(lesson).cells]
    assert ids[:3] == ["cell-001", "cell-002", "area"]
    assert len(set(ids)) == len(ids)


def test_is_what_nbgrader_generates_but_for_hints(lesson, tmp_path):
    folder = tmp_path / "source" / lesson.name
    folder.mkdir(parents=True)
    (folder / f"{lesson.name}.ipynb").write_text(
        notebook_text(read_source(lesson)), encoding="utf-8"
    )
    config = Config()
    config.SaveCells.enabled = False
    course = CourseDirectory(
        root=str(tmp_path), assignment_id=lesson.name, config=config
    )
    converter = GenerateAssignment(coursedir=course, config=config)
    converter.no_database = True
    converter.start()
    theirs = nbformat.read(
        tmp_path / "release" / lesson.name / f"{lesson.name}.ipynb", as_version=4
    )
    ours = student_notebook(lesson)
    assert len(theirs.cells) == len(ours.cells)
    for their, our in zip(theirs.cells, ours.cells):
        plain = re.sub(
            r"NotImplementedError\((.+|\n[^)]+)\)", "NotImplementedError()", our.source
        )
        assert plain == their.source
        if plain != our.source:  # the checksum covers the hint
            our.metadata.nbgrader.checksum = their.metadata.nbgrader.checksum
        assert our.metadata == their.metadata


def test_a_cell_that_only_asks_is_folded(lesson):
    asking = 'from course.kit.predict import predict\n\npredict("How many?", 15)'
    with lesson.source.open("a", encoding="utf-8") as source:
        source.write(f"\n# %%\n{asking}\n\n# %%\n{asking}\nx = 1\n")
    asked, shown = read_source(lesson).cells[-2:]
    assert asked.metadata["jupyter"] == {"source_hidden": True}
    # JupyterLab shows the first line of a folded cell.
    assert "15" not in asked.source.split("\n")[0]
    assert asked.source.endswith(asking)
    assert "jupyter" not in shown.metadata and shown.source == f"{asking}\nx = 1"
