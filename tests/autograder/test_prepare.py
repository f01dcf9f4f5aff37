"""prepare: the master notebook with the learner's answers, whatever was handed in."""

import copy
import json
import os
import random
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from small_class import (
    NAME,
    RIGHT,
    answered,
    cell_named,
    code,
    grade_id,
    hand_in,
    make_checkout,
    position,
    release,
    text,
)

from autograder.grading.align import INSTEAD
from autograder.grading.outcome import Status, Work
from autograder.grading.prepare import prepare
from autograder.lessons.versions import master

FUNCTIONS = {name: source for name, source in RIGHT.items() if "def " in source}


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def masters(lesson) -> NotebookNode:
    return master(lesson)


@pytest.fixture(scope="module")
def released(lesson) -> NotebookNode:
    return release(lesson)


@pytest.fixture
def graft(tmp_path: Path, masters: NotebookNode):
    """Hands in a notebook (or bytes, or a dict) and prepares it."""

    def graft(notebook, file_name: str = f"{NAME}.ipynb") -> Work:
        folder = hand_in(tmp_path, "ada", notebook, file_name)
        return prepare(folder, masters, NAME)

    return graft


def kinds(prepared: Work) -> list[str]:
    return [note.kind for note in prepared.notes]


def answers(prepared: Work) -> dict[str, str]:
    cells = prepared.notebook.cells
    return {grade_id(cell): cell.source for cell in cells if grade_id(cell) in RIGHT}


def own_cells(prepared: Work) -> list[str]:
    cells = prepared.notebook.cells
    return [cell.source for cell in cells if cell.get("id", "").startswith("own-")]


def stripped(notebook: NotebookNode) -> NotebookNode:
    """As Colab or VS Code may leave it: without metadata, other ids."""
    notebook = copy.deepcopy(notebook)
    for number, cell in enumerate(notebook.cells):
        cell.metadata = {}
        cell["id"] = f"new-{number}"
    return notebook


def format_3(notebook: NotebookNode) -> dict:
    return nbformat.convert(copy.deepcopy(notebook), 3)


def test_answers_are_grafted_and_nothing_is_noted(graft, released, masters):
    prepared = graft(answered(released))
    assert prepared.status is Status.GRADED
    assert prepared.notes == []
    assert answers(prepared) == RIGHT
    assert [grade_id(cell) for cell in prepared.notebook.cells] == [
        grade_id(cell) for cell in masters.cells
    ]


def test_hidden_tests_are_back(graft, released):
    assert "secret_side" not in json.dumps(released)
    prepared = graft(answered(released))
    assert "secret_side" in cell_named(prepared.notebook, "check_area").source


def test_an_untouched_notebook_is_the_master(graft, released, masters):
    prepared = graft(released)
    assert prepared.notebook == masters
    assert prepared.notes == []


def test_submitted_metadata_tags_and_outputs_do_not_survive(graft, released):
    notebook = answered(released)
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "demo"]
        cell.metadata["mine"] = 1
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="x")]
    cell_named(notebook, "check_area").metadata.nbgrader["points"] = 100
    prepared = graft(notebook)
    for cell in prepared.notebook.cells:
        assert "skip-execution" not in cell.metadata.get("tags", [])
        assert "mine" not in cell.metadata
        assert not cell.get("outputs")
    assert cell_named(prepared.notebook, "check_area").metadata.nbgrader.points == 2
    assert {"tagged", "metadata"} <= set(kinds(prepared))


def test_broken_metadata_of_any_type_is_ignored(graft, released):
    notebook = json.loads(nbformat.writes(answered(released)))
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"].setdefault("nbgrader", {})["schema_version"] = 99
        cell["metadata"]["tags"] = number
        cell["attachments"] = [number]
    notebook["cells"][0]["metadata"] = "none"
    notebook["metadata"] = 5
    assert answers(graft(notebook)) == RIGHT


def test_an_edited_check_is_replaced(graft, released):
    notebook = answered(released)
    cell_named(notebook, "check_area").source = "pass"
    prepared = graft(notebook)
    assert "assert area(3, 5)" in cell_named(prepared.notebook, "check_area").source
    assert [str(note) for note in prepared.notes] == [
        "check_area: the check was edited; the original ran"
    ]


def test_spaces_and_line_ends_do_not_make_an_edited_check(graft, released):
    notebook = answered(released)
    cell = cell_named(notebook, "check_area")
    cell.source = cell.source.replace("\n", "\r\n") + "  \n"
    assert graft(notebook).notes == []


def test_deleted_cells_come_back(graft, released):
    notebook = answered(released)
    for name in ("check_area", "double", "question_why"):
        notebook.cells.remove(cell_named(notebook, name))
    prepared = graft(notebook)
    assert kinds(prepared) == ["missing"] * 3
    assert "double is yours to write" in answers(prepared)["double"]
    assert answers(prepared)["area"] == RIGHT["area"]


def test_cells_run_in_the_order_of_the_master(graft, released, masters):
    notebook = answered(released)
    random.Random(1).shuffle(notebook.cells)
    prepared = graft(notebook)
    order = [grade_id(c) for c in prepared.notebook.cells if grade_id(c)]
    assert order == [grade_id(c) for c in masters.cells if grade_id(c)]
    assert answers(prepared) == RIGHT
    assert kinds(prepared) == ["reordered"]


@pytest.mark.parametrize("copy_first", [True, False])
def test_of_a_copied_answer_the_one_that_answers_counts(graft, released, copy_first):
    notebook = answered(released)
    stub = copy.deepcopy(cell_named(released, "area"))
    place = position(notebook, "area")
    notebook.cells.insert(place if copy_first else place + 1, stub)
    prepared = graft(notebook)
    assert answers(prepared)["area"] == RIGHT["area"]
    assert own_cells(prepared) == []
    assert kinds(prepared) == ["duplicated"]


def test_a_copied_answer_turned_into_a_helper_runs_too(graft, released):
    notebook = answered(released, area="def area(h, w):\n    return times(h, w)")
    helper = copy.deepcopy(cell_named(notebook, "area"))
    helper.source = "def times(h, w):\n    return h * w"
    notebook.cells.insert(position(notebook, "area") + 1, helper)
    prepared = graft(notebook)
    assert answers(prepared)["area"].startswith("def area")
    assert own_cells(prepared) == [helper.source]


def test_a_copied_check_runs_once(graft, released):
    notebook = answered(released)
    check = copy.deepcopy(cell_named(notebook, "check_area"))
    notebook.cells.append(check)
    prepared = graft(notebook)
    names = [grade_id(cell) for cell in prepared.notebook.cells]
    assert names.count("check_area") == 1
    assert kinds(prepared) == ["duplicated"]


def test_a_check_pasted_into_a_new_cell_is_no_cell_of_their_own(graft, released):
    notebook = answered(released)
    notebook.cells.append(code(cell_named(notebook, "check_area").source))
    prepared = graft(notebook)
    assert own_cells(prepared) == []
    assert prepared.notes == []


def test_retyped_cells_have_their_own_type_again(graft, released):
    notebook = json.loads(nbformat.writes(answered(released)))
    for cell in notebook["cells"]:
        cell["cell_type"] = "raw" if cell["cell_type"] == "code" else "code"
    prepared = graft(notebook)
    assert cell_named(prepared.notebook, "area").cell_type == "code"
    assert cell_named(prepared.notebook, "question_why").cell_type == "markdown"
    assert answers(prepared) == RIGHT
    assert "retyped" in kinds(prepared)


def test_an_emptied_answer_is_no_answer(graft, released):
    prepared = graft(answered(released, question_why=" \n", area=""))
    assert answers(prepared)["question_why"] == "YOUR ANSWER HERE"
    assert "yours to write" in answers(prepared)["area"]


def test_own_cells_stay_near_their_anchor(graft, released):
    notebook = answered(released)
    notebook.cells.insert(position(notebook, "area"), code("before = 1"))
    notebook.cells.insert(position(notebook, "area") + 1, text("a note"))
    notebook.cells.insert(0, code("first = 1"))
    prepared = graft(notebook)
    sources = [cell.source for cell in prepared.notebook.cells]
    assert sources[0] == "first = 1"
    place = position(prepared.notebook, "area")
    assert sources[place - 1] == "before = 1"
    assert sources[place + 1] == "a note"


def test_an_edited_plain_cell_runs_after_the_original(graft, released):
    notebook = answered(released)
    place = next(i for i, c in enumerate(notebook.cells) if c.source == "import math")
    notebook.cells[place].source = "import math\nfrom math import pi"
    prepared = graft(notebook)
    sources = [cell.source for cell in prepared.notebook.cells]
    assert sources[place : place + 2] == [
        "import math",
        "import math\nfrom math import pi",
    ]


def test_an_edited_demo_cell_stays_a_demo(graft, released):
    notebook = answered(released)
    demo = next(c for c in notebook.cells if "demo" in c.metadata.get("tags", []))
    demo.source += "\nmore_of_it = 1"
    assert own_cells(graft(notebook)) == []


def test_answers_are_found_without_any_metadata(graft, released):
    prepared = graft(stripped(answered(released)))
    assert answers(prepared) == RIGHT
    assert own_cells(prepared) == []
    assert set(kinds(prepared)) == {"realigned"}


def test_an_answer_in_a_new_cell_is_found_by_the_name_it_defines(graft, released):
    notebook = answered(released)
    notebook.cells.remove(cell_named(notebook, "double"))
    notebook.cells.insert(3, code("def double(x):\n    return x + x"))
    prepared = graft(notebook)
    assert answers(prepared)["double"] == "def double(x):\n    return x + x"


@pytest.mark.parametrize("deleted", [True, False], ids=["deleted", "left alone"])
def test_answers_in_one_cell_are_not_replaced_by_the_stubs_below(
    graft, released, deleted
):
    notebook = copy.deepcopy(released)
    first = cell_named(notebook, "area")
    first.source = "\n\n".join(FUNCTIONS.values())
    if deleted:
        notebook.cells = [
            cell
            for cell in notebook.cells
            if cell is first or grade_id(cell) not in FUNCTIONS
        ]
    prepared = graft(notebook)
    given = answers(prepared)
    others = [given[name] for name in FUNCTIONS if name != "area"]
    assert given["area"] == first.source
    assert set(others) == {INSTEAD}
    assert kinds(prepared).count("realigned") == len(others)


def test_an_answer_before_its_stub_is_not_replaced_by_it(graft, released):
    notebook = copy.deepcopy(released)
    notebook.cells.insert(position(notebook, "area"), code(RIGHT["area"]))
    prepared = graft(notebook)
    assert own_cells(prepared) == [RIGHT["area"]]
    assert answers(prepared)["area"] == INSTEAD


def test_an_answer_at_the_end_takes_the_place_of_its_stub(graft, released):
    notebook = copy.deepcopy(released)
    notebook.cells += [code(source) for source in FUNCTIONS.values()]
    prepared = graft(notebook)
    assert FUNCTIONS.items() <= answers(prepared).items()
    assert set(own_cells(prepared)) == {INSTEAD}


def test_an_answer_between_stub_and_check_stays_there(graft, released):
    notebook = copy.deepcopy(released)
    notebook.cells.insert(position(notebook, "area") + 1, code(RIGHT["area"]))
    prepared = graft(notebook)
    assert own_cells(prepared) == [RIGHT["area"]]
    assert answers(prepared)["area"] == cell_named(released, "area").source
    assert prepared.notes == []


def test_an_image_in_a_written_answer_survives(graft, released):
    notebook = answered(released, question_why="![](attachment:a.png)")
    image = {"a.png": {"image/png": "aGVsbG8="}}
    cell_named(notebook, "question_why").attachments = image
    prepared = graft(notebook)
    assert cell_named(prepared.notebook, "question_why").attachments == image


@pytest.mark.parametrize("offset", [0, 1])
def test_an_answer_beside_its_cell_waits_for_a_person(graft, released, offset):
    notebook = copy.deepcopy(released)
    place = position(notebook, "question_why") + offset
    notebook.cells.insert(place, text("Because it is flat."))
    prepared = graft(notebook)
    assert "Because it is flat." in cell_named(prepared.notebook, "question_why").source
    assert "realigned" in kinds(prepared)


def test_a_note_beside_an_answer_is_no_answer(graft, released):
    notebook = answered(released, question_why="It is round.")
    notebook.cells.insert(position(notebook, "question_why") + 1, text("a note"))
    prepared = graft(notebook)
    assert cell_named(prepared.notebook, "question_why").source == "It is round."


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"]
)
def test_other_encodings_are_read(graft, released, encoding):
    notebook = answered(released, question_why="für die Fläche")
    document = json.dumps(notebook, ensure_ascii=False)
    prepared = graft(document.encode(encoding))
    assert answers(prepared)["question_why"] == "für die Fläche"
    assert kinds(prepared) == ([] if encoding == "utf-8-sig" else ["encoding"])


def test_nbformat_3_is_read(graft, released):
    notebook = format_3(answered(released))
    assert "worksheets" in notebook
    assert answers(graft(json.dumps(notebook))) == RIGHT


def test_a_format_of_the_future_is_read_as_format_4(graft, released):
    notebook = dict(answered(released), nbformat=9, nbformat_minor=0)
    assert answers(graft(notebook)) == RIGHT


def test_halves_of_characters_become_question_marks(graft, released):
    prepared = graft(answered(released, question_why="a \ud800 b"))
    assert answers(prepared)["question_why"] == "a ? b"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"cells": [', "not valid JSON"),
        (b"null", "not a notebook"),
        (b"[]", "not a notebook"),
        (b'{"nbformat": 4}', "no cells"),
        (b'{"cells": 5}', "no cells"),
        (b"[" * 100_000, "not valid JSON"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "not valid JSON"),
        (
            b'{\n<<<<<<< mine\n"cells": []\n=======\n>>>>>>> theirs\n}',
            "conflict markers",
        ),
    ],
)
def test_what_is_no_notebook_is_unreadable(graft, masters, content, reason):
    prepared = graft(content)
    assert prepared.status is Status.UNREADABLE
    assert reason in prepared.reason
    assert prepared.notebook == masters


def test_cells_of_wrong_types_are_left_out(graft, released):
    notebook = json.loads(json.dumps(answered(released)))
    notebook["cells"] += [5, None, {"cell_type": "code", "source": 5}, {}]
    prepared = graft(notebook)
    assert answers(prepared) == RIGHT
    assert kinds(prepared) == ["damaged"]


def test_a_folder_without_notebook_is_missing(tmp_path, masters):
    folder = hand_in(tmp_path, "ada", None)
    (folder / "notes.txt").write_text("later", encoding="utf-8")
    assert prepare(folder, masters, NAME).status is Status.MISSING


def test_another_lessons_notebook_is_missing(graft):
    other = nbformat.v4.new_notebook(cells=[code("x = 1"), text("# Another lesson")])
    prepared = graft(other)
    assert prepared.status is Status.MISSING
    assert NAME in prepared.reason


@pytest.mark.parametrize("file_name", [f"{NAME} (1).ipynb", "final.ipynb", "a/b.IPYNB"])
def test_a_renamed_notebook_is_found_by_its_content(
    tmp_path, masters, released, file_name
):
    folder = hand_in(tmp_path, "ada", None)
    (folder / "a").mkdir()
    (folder / file_name).write_text(json.dumps(answered(released)), encoding="utf-8")
    prepared = prepare(folder, masters, NAME)
    assert answers(prepared) == RIGHT
    assert kinds(prepared) == ["file"]


def test_of_two_notebooks_the_answered_one_counts(graft, released):
    graft(released)
    prepared = graft(answered(released), f"{NAME} (1).ipynb")
    assert answers(prepared) == RIGHT
    assert "2 notebooks were handed in" in str(prepared.notes[-1])


def test_of_two_answered_notebooks_the_one_with_the_right_name_counts(graft, released):
    graft(answered(released, area="def area(h, w):\n    return 1"))
    prepared = graft(answered(released), f"{NAME} (1).ipynb")
    assert answers(prepared)["area"].endswith("return 1")


@pytest.mark.parametrize(
    ("prefer", "taken", "why"),
    [
        ("answers", "b.ipynb", "it has the most answers"),
        ("name", f"{NAME}.ipynb", "it has the lesson's name"),
        ("newest", "c.ipynb", "it was changed last"),
    ],
)
def test_an_option_says_which_notebook_counts(
    tmp_path, masters, released, prefer, taken, why
):
    one = {"double": "", "question_why": ""}
    for at, (name, answers) in enumerate(
        [(f"{NAME}.ipynb", one), ("b.ipynb", {}), ("c.ipynb", one)]
    ):
        folder = hand_in(tmp_path, "ada", answered(released, **answers), name)
        os.utime(folder / name, (1e9 + at, 1e9 + at))
    prepared = prepare(folder, masters, NAME, prefer=prefer)
    (note,) = prepared.notes
    assert str(note) == f"3 notebooks were handed in, took {taken!r}: {why}"


def test_without_the_name_that_is_preferred_answers_count(tmp_path, masters, released):
    hand_in(tmp_path, "ada", released, "a.ipynb")
    folder = hand_in(tmp_path, "ada", answered(released), "b.ipynb")
    (note,) = prepare(folder, masters, NAME, prefer="name").notes
    assert str(note).endswith("took 'b.ipynb': it has the most answers")


def test_a_readable_notebook_beside_a_broken_one_counts(graft, released):
    graft(b"{")
    prepared = graft(answered(released), "copy.ipynb")
    assert answers(prepared) == RIGHT


def test_links_and_checkpoints_are_not_followed(tmp_path, masters, released):
    outside = tmp_path / "other.ipynb"
    outside.write_text(json.dumps(answered(released)), encoding="utf-8")
    folder = hand_in(tmp_path, "ada", None)
    (folder / f"{NAME}.ipynb").symlink_to(outside)
    hidden = folder / ".ipynb_checkpoints"
    hidden.mkdir()
    (hidden / f"{NAME}-checkpoint.ipynb").write_bytes(outside.read_bytes())
    assert prepare(folder, masters, NAME).status is Status.MISSING


def test_a_hundred_thousand_cells_are_cut(graft, released):
    notebook = answered(released)
    extra = [{"cell_type": "code", "source": f"x = {n}"} for n in range(100_000)]
    document = json.loads(json.dumps(notebook))
    document["cells"] += extra
    prepared = graft(document)
    assert answers(prepared) == RIGHT
    assert len(own_cells(prepared)) == 500
    assert "damaged" in kinds(prepared)


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("is_stripped", [False, True])
def test_self_checks_change_nothing(tmp_path, kept, is_stripped):
    lesson = make_checkout(tmp_path / "checkout")
    check = (
        '# %% [markdown] tags=["self-check"]\n# <details>Area is a square.</details>\n'
    )
    text = lesson.source.read_text(encoding="utf-8")
    last = "# %%\nfrom course.kit import build"
    assert last in text
    lesson.source.write_text(text.replace(last, f"{check}\n{last}"), encoding="utf-8")
    for answer in ("Because.", None):
        notebook = release(lesson)
        if answer:
            notebook = answered(notebook, question_why=answer)
        if not kept:
            notebook.cells = [c for c in notebook.cells if "square" not in c.source]
        wanted = cell_named(notebook, "question_why").source
        if is_stripped:
            notebook = stripped(notebook)
        folder = hand_in(tmp_path / str(answer), "ada", notebook, f"{NAME}.ipynb")
        made = prepare(folder, master(lesson), NAME)
        assert [k for k in kinds(made) if k != "realigned"] == []
        assert own_cells(made) == []
        assert cell_named(made.notebook, "question_why").source == wanted
