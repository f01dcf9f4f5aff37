"""prepare on notebooks that are huge, malformed or meant to harm: seconds, and a status."""

import json
import random
import time
import tracemalloc

import pytest
from small_class import NAME, cell_named, grade_id, hand_in, make_checkout, release

from autograder.grading import align
from autograder.grading.outcome import Status
from autograder.grading.prepare import MOST_NOTES, MOST_OWN_CELLS, prepare
from autograder.lessons.versions import master

SECONDS = 40  # of processor time, on a slow machine with tracing; measured: below 8


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def try_it(tmp_path, lesson):
    """Prepare a document; the outcome must come within seconds."""

    def tried(document, name=f"{NAME}.ipynb"):
        folder = hand_in(tmp_path, "eve", document, name)
        started = time.process_time()
        prepared = prepare(folder, master(lesson), NAME)
        assert time.process_time() - started < SECONDS
        json.dumps([str(note) for note in prepared.notes]).encode("utf-8")
        prepared.reason.encode("utf-8")
        assert len(prepared.notes) <= MOST_NOTES + 1
        return prepared

    return tried


def work(lesson) -> dict:
    """A plain notebook of the lesson, as JSON, with one right answer."""
    document = json.loads(json.dumps(release(lesson)))
    answer(document)["source"] = "def area(height, width):\n    return height * width"
    return document


def answer(document: dict, name: str = "area") -> dict:
    return next(
        cell
        for cell in document["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == name
    )


def kinds(prepared) -> set[str]:
    return {note.kind for note in prepared.notes}


def is_graded_right(prepared) -> bool:
    cell = cell_named(prepared.notebook, "area")
    return prepared.status is Status.GRADED and "return height * width" in cell.source


def code(source: str, **more) -> dict:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": [],
        **more,
    }


def test_a_hundred_thousand_own_cells(lesson, try_it):
    document = work(lesson)
    document["cells"] += [code(f"x = {n}") for n in range(100_000)]
    prepared = try_it(document)
    assert is_graded_right(prepared)
    assert f"of which {MOST_OWN_CELLS} were kept" in str(prepared.notes)
    assert len(prepared.notebook.cells) < MOST_OWN_CELLS + 50


@pytest.mark.parametrize("name", ["area", "check_area", "question_why"])
def test_a_hundred_thousand_copies_of_a_cell(lesson, try_it, name):
    document = work(lesson)
    cell = answer(document, name)
    copies = [{**cell, "source": f"{cell['source']} # {n}"} for n in range(100_000)]
    tagged = {**cell["metadata"], "tags": ["skip-execution"]}
    copies += [{**cell, "metadata": tagged} for n in range(1_000)]
    document["cells"] += copies
    prepared = try_it(document)
    assert prepared.status is Status.GRADED
    assert len(prepared.notebook.cells) < MOST_OWN_CELLS + 50
    names = [grade_id(each) for each in prepared.notebook.cells if grade_id(each)]
    assert len(names) == len(set(names))


def shuffled(text: str, rng: random.Random) -> str:
    """A text that is like the given one and never equal to it."""
    signs = list(text)
    for start in range(0, len(signs), 12):
        part = signs[start : start + 12]
        rng.shuffle(part)
        signs[start : start + 12] = part
    return "".join(signs)


def test_the_search_for_likeness_has_an_end(lesson, try_it, monkeypatch):
    document = work(lesson)
    rng = random.Random(0)
    for cell in document["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") != "area":
            cell["metadata"] = {}
            cell["source"] = shuffled("".join(cell["source"]), rng)
    assert "realigned" in kinds(try_it(document))
    monkeypatch.setattr(align, "MOST_SECONDS", -1)
    prepared = try_it(document)
    assert "realigned" not in kinds(prepared)
    assert is_graded_right(prepared)


def test_many_notebooks_in_one_submission(lesson, try_it, tmp_path):
    for n in range(300):
        hand_in(tmp_path, "eve", "{}", f"0{n}.ipynb")
    prepared = try_it(work(lesson))
    assert is_graded_right(prepared)
    assert "301 notebooks were handed in, took '01_volumes.ipynb'" in str(
        prepared.notes
    )


def test_doubtful_code_says_nothing_on_the_terminal(lesson, try_it, recwarn):
    document = work(lesson)
    document["cells"].append(code("if 1 is 1and 2: '\\d'"))
    try_it(document)
    assert [
        str(each.message) for each in recwarn if "submission" in each.filename
    ] == []


def test_fifty_megabytes_of_outputs(lesson, tmp_path):
    document = work(lesson)
    line = {"output_type": "stream", "name": "stdout", "text": "x" * 1_000_000}
    document["cells"] += [code("x", outputs=[line]) for _ in range(50)]
    folder = hand_in(tmp_path, "eve", document)
    given = master(lesson)
    tracemalloc.start()
    started = time.process_time()
    prepared = prepare(folder, given, NAME)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - started < SECONDS
    assert peak < 400_000_000
    assert is_graded_right(prepared)
    assert "xxxx" not in json.dumps(prepared.notebook)


@pytest.mark.parametrize("item", ["{}", "[]", '{"a":[]}', "[[[[]]]]"])
def test_fifty_megabytes_of_nothing(try_it, item):
    text = '{"cells": [' + ",".join([item] * (40_000_000 // len(item))) + "]}"
    prepared = try_it(text)
    assert prepared.status is Status.UNREADABLE
    assert "lists and objects" in prepared.reason


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        '{"cells":' * 100_000,
        '{"cells": [' + "[" * 900 + "]" * 900 + "]}",
        "",
        "\0" * 1_000,
        "null",
        '"text"',
        '{"cells": 5}',
        '{"cells": {"0": {}}}',
        '{"cells": [5, null, "x", [], {}]}',
        '{"cells": [{"cell_type": "code", "source": 5}]}',
        '{"cells": [{"cell_type": 5, "source": {"a": 1}, "metadata": []}]}',
        "<<<<<<< HEAD\n{\n=======\n{}\n>>>>>>> theirs\n",
        "\ufeff\ufeff{}",
    ],
    ids=range(14),
)
def test_no_notebook_at_all(try_it, text):
    prepared = try_it(text)
    assert prepared.status in (Status.UNREADABLE, Status.MISSING)
    assert prepared.reason


def test_deep_metadata_and_huge_numbers(lesson, try_it):
    document = work(lesson)
    deep = json.loads("[" * 500 + "]" * 500)
    for cell in document["cells"]:
        cell["metadata"]["deep"] = deep
        cell["metadata"].setdefault("nbgrader", {})["points"] = deep
    document["cells"].append(code("x", attachments=deep, id=deep))
    text = json.dumps(document).replace('"nbformat": 4', f'"nbformat": {"9" * 100_000}')
    text = text.replace('"execution_count": null', f'"execution_count": {"9" * 10_000}')
    prepared = try_it(text)
    assert is_graded_right(prepared)
    assert "metadata" in kinds(prepared)


def test_numbers_that_are_none(lesson, try_it):
    text = json.dumps(work(lesson)).replace('"points": 2', '"points": NaN')
    text = text.replace('"points": 4', '"points": -Infinity')
    prepared = try_it(text)
    assert is_graded_right(prepared)
    assert cell_named(prepared.notebook, "check_area").metadata.nbgrader.points == 2


def test_duplicate_keys_count_as_in_a_browser_the_last(lesson, try_it):
    document = work(lesson)
    text = json.dumps(document)
    twice = '{"cells": [], ' + text[1:]
    assert is_graded_right(try_it(twice))
    swapped = text[:-1] + ', "cells": []}'
    assert try_it(swapped).status is Status.MISSING


def test_nul_and_halves_of_characters(lesson, try_it):
    document = work(lesson)
    answer(document)["source"] += "\0\n# \ud800 \udfff"
    answer(document, "question_why")["source"] = "\ud83d because \0 of \udc00"
    document["cells"].append(code("\0", id="\ud800"))
    prepared = try_it(document)
    assert is_graded_right(prepared)
    text = json.dumps(prepared.notebook, ensure_ascii=False)
    text.encode("utf-8")
    assert "\0" not in text and "\\u0000" not in text
    assert "NUL characters were left out" in str(prepared.notes)
    document = work(lesson)
    document["cells"].append(code('x = "\\u0000"'))
    assert try_it(document).notes == []


def test_forty_megabytes_of_images(lesson, try_it):
    document = work(lesson)
    written = answer(document, "question_why")
    written["source"] = "![](a.png)"
    written["attachments"] = {"a.png": {"image/png": "A" * 40_000_000}}
    prepared = try_it(document)
    assert "attachments" not in cell_named(prepared.notebook, "question_why")
    assert "the images of 1 cell(s) were left out" in str(prepared.notes)
    written["attachments"] = {"a.png": {"image/png": "A" * 4_000_000}}
    prepared = try_it(document)
    assert cell_named(prepared.notebook, "question_why").attachments


@pytest.mark.parametrize(
    "text", ["x = 1\n", "(", "-", "'", "a.", "lambda:", "\\\n", " "]
)
def test_a_cell_of_ten_megabytes(lesson, try_it, text):
    document = work(lesson)
    document["cells"].append(code(text * (10_000_000 // len(text))))
    document["cells"].append(code(text * (900_000 // len(text))))
    prepared = try_it(document)
    assert is_graded_right(prepared)
    assert "1 cell(s) of more than 1,000,000 characters" in str(prepared.notes)
    answer(document)["source"] = text * (10_000_000 // len(text))
    prepared = try_it(document)
    assert "missing" in kinds(prepared)
    assert len(cell_named(prepared.notebook, "area").source) < 1_000


def test_a_file_name_that_is_no_text(lesson, try_it, tmp_path):
    try:
        prepared = try_it("{", "\udcff.ipynb")
    except (OSError, UnicodeError):
        pytest.skip("this file system wants names that are text")
    assert prepared.status is Status.UNREADABLE


def delete(document):
    document["cells"].remove(answer(document, "check_area"))


def edit(document):
    answer(document, "check_area")["source"] = "pass"


def duplicate(document):
    document["cells"].append(answer(document, "check_area"))


def reorder(document):
    cell = answer(document, "check_double")
    document["cells"].remove(cell)
    document["cells"].insert(0, cell)


def tag(document):
    answer(document, "check_area")["metadata"]["tags"] = ["skip-execution"]


def points(document):
    answer(document, "check_area")["metadata"]["nbgrader"]["points"] = 99


def ungrade(document):
    answer(document, "check_area")["metadata"]["nbgrader"]["grade"] = False


def strip(document):
    answer(document, "check_area")["metadata"] = {}


def retype(document):
    answer(document, "check_area")["cell_type"] = "raw"


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        (edit, "edited"),
        (delete, "missing"),
        (duplicate, "duplicated"),
        (reorder, "reordered"),
        (tag, "tagged"),
        (points, "metadata"),
        (ungrade, "metadata"),
        (strip, "realigned"),
        (retype, "retyped"),
    ],
)
def test_every_kind_of_tampering_is_noted_and_undone(lesson, try_it, tamper, kind):
    document = work(lesson)
    assert not kinds(try_it(document))
    tamper(document)
    prepared = try_it(document)
    assert kinds(prepared) == {kind}
    original = [cell for cell in master(lesson).cells if grade_id(cell)]
    made = [cell for cell in prepared.notebook.cells if grade_id(cell)]
    assert [grade_id(cell) for cell in made] == [grade_id(cell) for cell in original]
    for cell, wanted in zip(made, original, strict=True):
        assert cell.metadata == wanted.metadata
        assert cell.cell_type == wanted.cell_type
        if grade_id(cell).startswith("check"):
            assert cell.source == wanted.source
