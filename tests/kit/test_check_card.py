"""The card of a task: what it says, shows and keeps as data; the list of cases; one to play with."""

import json
import re
import struct
import zlib
from base64 import b64decode

import numpy as np
import pytest
from failing import failure_of

from course.kit import UsageError, check
from course.kit.checking import card_html, documents
from course.kit.checking.card import MEDIA_TYPE
from course.kit.checking.card_text import Told, read_told
from course.kit.checking.excerpt import window_of
from course.kit.checking.expression import named

SOURCE = """
import numpy as np
from course.kit.checking import judge

SMALL = np.arange(16.0).reshape(1, 1, 4, 4)

def cases(t, pool):
    t.case("by hand", pool(SMALL), np.array([[[[5.0, 7], [13, 15]]]]),
           mistakes={"the minimum is taken": np.array([[[[0.0, 2], [8, 10]]]])})
    x = t.ints(2, 3, 24, 36)
    t.case("large", pool(x), x.reshape(2, 3, 12, 2, 18, 2).max(axis=(3, 5)))
    t.refuses("no pixels", pool(np.ones((1, 1, 0, 2))), names=(0,))
    t.gradient("slope", lambda dout: pool(dout), lambda x: pool(x), t.distinct(1, 1, 4, 4))
    t.case("drawn", pool(SMALL, rng=np.random.default_rng(0)), np.zeros((1, 1, 2, 2)))

    @t.test("a list of pairs")
    def _(pool):
        judge.equal("pairs", [pair[0] for pair in pool(SMALL).pairs], [1])
"""
PARAMETERS = {"pool": ["x", "size", "stride", "rng"]}


@pytest.fixture(autouse=True)
def tasks(tmp_path, monkeypatch):
    """The course has one task, `pool`."""
    document = {"functions": ["pool"], "parameters": PARAMETERS, "stored": {}}
    document |= {"source": SOURCE.split("\n"), "hidden": 3}
    text = json.dumps({"tasks": {"pool": document}})
    (tmp_path / "pooling.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(documents, "FOLDER", tmp_path)
    documents._documents.cache_clear()
    documents._read.cache_clear()
    yield
    documents._documents.cache_clear()
    documents._read.cache_clear()


@pytest.fixture
def bundles(monkeypatch):
    """What is displayed, in all forms."""
    shown = []
    monkeypatch.setattr("course.kit.checking.card.publish", shown.append)
    return shown


def pooled(x, how=np.max):
    n, c, h, w = x.shape
    return how(x.reshape(n, c, h // 2, 2, w // 2, 2), axis=(3, 5))


def smallest(x, size=2, stride=2, rng=None):
    return pooled(x, np.min)


def nearly(x, size=2, stride=2, rng=None):
    out = pooled(x)
    if out.size > 4:
        out[1, 2, 7, 9] += 1
    return out


def test_a_failure_is_told_diagnosis_first_and_can_be_run_again():
    error, text = failure_of(check_pool, smallest)
    assert str(error).startswith("pool: case 0 is wrong (")
    assert str(error).endswith("), see above")
    assert text == (
        "It looks as if the minimum is taken.\n"
        "\n"
        "pool, case 0 (by hand): wrong values\n"
        "    pool(np.array([[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0],\n"
        "        [12.0, 13.0, 14.0, 15.0]]]]))\n"
        "\n"
        "  first wrong index  [0, 0, 0, 0]\n"
        "  all 4 values differ, the largest difference is 5\n"
        "  got     0.0\n"
        "  wanted  5.0\n"
        "\n"
        "  wanted[0, 0]        got[0, 0]  (* is wrong)\n"
        "           0   1               0   1\n"
        "  row 0    5   7      row 0   *0  *2\n"
        "  row 1   13  15      row 1   *8 *10\n"
        "\n"
        "  The window of x[0] that it comes from: rows 0 to 1, columns 0 to 1\n"
        "    x[0, 0]\n"
        "    0  1\n"
        "    4  5\n"
        "  The largest number in the window is 5.\n"
        "\n"
        "To look at this case alone (the call above runs as it stands):\n"
        '    example = check.example("pool", 0)\n'
        "\n"
        "0 of 6 cases are right."
    )


def check_pool(function):
    """What `check(pool)` does on a page where `pool` is this function."""
    return check._run(documents.find(["pool"]), {"pool": function})


def test_the_same_is_there_as_data(bundles):
    with pytest.raises(check.CheckFailed):
        check_pool(nearly)
    (bundle,) = bundles
    told = read_told(json.loads(json.dumps(bundle)))
    assert told == read_told(bundle)
    assert (told.task, told.index, told.case, told.cases) == ("pool", 1, "large", 6)
    assert (told.what, told.call) == ("wrong values", "pool(x)")
    assert told.text == bundle["text/plain"]
    assert max(map(len, told.text.split("\n"))) <= 88


def test_a_large_plane_is_a_picture_with_words_for_those_who_do_not_see_it(bundles):
    with pytest.raises(check.CheckFailed):
        check_pool(nearly)
    html = bundles[0]["text/html"]
    images = re.findall(r"<img [^>]*>", html)
    assert len(images) == 4
    for image in images:
        assert re.search(r'alt="[^"]{20,}"', image)
        assert 'src="data:image/png;base64,' in image
    assert "framed" in images[0] and "row 7, column 9" in images[0]
    assert html.count("<mark>") == 1
    assert len(re.findall(r"<th(?! scope=)", html.replace("<thead", ""))) == 0
    assert not re.search(r"<script|https?:|\bon\w+=", html)


def test_what_passes_is_one_line_that_unfolds(bundles):
    document = json.loads((documents.FOLDER / "pooling.json").read_text("utf-8"))
    source = SOURCE[: SOURCE.index("    t.refuses")]
    document["tasks"]["pool"]["source"] = source.split("\n")
    text = json.dumps(document)
    (documents.FOLDER / "pooling.json").write_text(text, encoding="utf-8")
    assert check_pool(lambda x, **_: pooled(x)) is None
    (bundle,) = bundles
    assert bundle["text/plain"] == "ok   pool: 2 cases"
    assert MEDIA_TYPE not in bundle
    assert "<details><summary>" in bundle["text/html"]
    assert "<td" in bundle["text/html"].split("by hand")[0]


def test_all_cases_can_be_read(capsys):
    check.cases("pool")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "pool: 6 cases; 3 more hidden cases at grading"
    assert "  2  no pixels" in lines
    assert lines[lines.index("  2  no pixels") + 2].split() == [
        "->",
        "raises",
        "ValueError",
    ]
    assert max(map(len, lines)) <= 88
    with pytest.raises(UsageError, match="no cases for poool. Did you mean 'pool'?"):
        check.cases("poool")
    with pytest.raises(UsageError, match="Did you mean 'pool'?"):
        check.example("poool", 0)
    with pytest.raises(UsageError, match="no case 6: take one from 0 to 5"):
        check.example("pool", 6)


@pytest.mark.parametrize("index", range(5))
def test_the_line_of_an_example_runs_as_it_stands(index, capsys):
    example = check.example("pool", index)
    code = repr(example).partition("Run it:\n")[2]
    assert max(map(len, code.splitlines())) <= 88
    names = {"np": np, "check": check, "example": example, "pool": lambda x, **_: x + 1}
    try:
        result = eval(code.strip(), names)
    except check.CheckFailed:
        assert example.call.startswith("check.gradient(")
    else:
        assert result.shape[0] in (1, 2)


def test_an_example_belongs_to_the_learner():
    first, second = check.example("pool", 1), check.example("pool", 1)
    first.x[:] = 0
    first.want[:] = 0
    assert second.x.any() and second.want.any()
    with pytest.raises(AttributeError, match="it has x, call, want"):
        _ = first.y
    assert "judge.equal" in check.example("pool", 5).source


def test_an_error_in_a_test_of_the_check_itself_is_put_down_to_what_came_back():
    document = SOURCE[: SOURCE.index("    t.case(")] + SOURCE[SOURCE.index("    @t.") :]
    task = documents.read(
        {"functions": ["pool"], "parameters": PARAMETERS, "stored": {}}
        | {"source": document.split("\n")},
        "pool",
        "a module",
    )
    _, text = failure_of(check._run, task, {"pool": lambda x: x})
    assert "what came back is of another kind" in text
    assert "for pair in pool(SMALL).pairs" in text
    assert "AttributeError: 'numpy.ndarray' object has no attribute 'pairs'" in text


def test_of_a_hidden_case_nobody_sees_what_it_asks_and_wants(bundles):
    document = {"task": "pool", "functions": ["pool"], "parameters": PARAMETERS}
    document |= {"stored": {}, "source": SOURCE.split("\n")}
    with pytest.raises(check.CheckFailed, match="pool: a hidden case is wrong"):
        check.hidden(json.dumps(document), smallest)
    text = bundles[0]["text/plain"]
    told = read_told(bundles[0])
    assert "pool, a hidden case: wrong" in text
    assert not [w for w in ("check.example", "by hand", "wanted", "pool(") if w in text]
    assert (told.call, told.got, told.wanted, told.lines) == ("", "", "", ())
    assert text.endswith("0 of 6 hidden cases are right.")


def test_a_hidden_case_that_meets_an_error_says_where(bundles):
    document = {"task": "pool", "functions": ["pool"], "parameters": PARAMETERS}
    document |= {"stored": {}, "source": SOURCE.split("\n")}
    with pytest.raises(check.CheckFailed):
        check.hidden(json.dumps(document), lambda x, **_: x.nothing)
    text = bundles[0]["text/plain"]
    assert "your code raised AttributeError" in text and "x.nothing" in text


def test_hidden_cases_that_are_right_are_not_listed(bundles):
    document = {"task": "pool", "functions": ["pool"], "parameters": PARAMETERS}
    source = SOURCE[: SOURCE.index("    t.refuses")]
    document |= {"stored": {}, "source": source.split("\n")}
    check.hidden(json.dumps(document), lambda x, **_: pooled(x))
    assert bundles[0]["text/plain"] == "ok   pool: 2 hidden cases"
    assert "by hand" not in bundles[0]["text/html"]


def test_an_undefined_name_is_told(bundles):
    with pytest.raises(check.CheckFailed):
        check_pool(lambda x, **_: output_size(x))  # noqa: F821
    told = read_told(bundles[0])
    assert (told.error, told.undefined) == ("NameError", "output_size")


@pytest.mark.parametrize(
    "stored",
    [None, 3, {}, {"what": 3}, {**Told("a", "b").as_json(), "lines": "text"}]
    + [{**Told("a", "b").as_json(), "phrases": ["x"] * 9999}],
)
def test_other_displays_and_forged_ones_tell_nothing(stored):
    assert read_told({MEDIA_TYPE: stored}) is None
    assert read_told(stored) is None


def test_a_window_is_only_shown_where_its_numbers_give_the_wanted_one():
    x, w, b = np.arange(50.0).reshape(1, 2, 5, 5), np.ones((3, 2, 3, 3)), np.ones(3)
    parameters = {"conv": ["x", "w", "b", "stride", "padding"]}
    call = named("conv")(x, w, b, 2, padding=1)[0]
    want = np.zeros((1, 3, 3, 3))
    want[0, 1, 0, 2] = x[0, :, 0:2, 3:5].sum() + 1
    window = window_of(call, parameters, want, (0, 1, 0, 2))
    assert (window.rows, window.columns) == ((-1, 0, 1), (3, 4, 5))
    assert window.texts(0)[0] == ["(0)", "(0)", "(0)"]
    assert window.texts(0)[1] == ["3", "4", "(0)"]
    assert window_of(call, parameters, want, (0, 0, 0, 2)) is None
    assert window_of(named("conv")(x), parameters, want, (0, 1, 0, 2)) is None
    assert window_of(named("dense")(x, w), parameters, want, (0, 1, 0, 2)) is None


def test_a_picture_is_a_png_with_its_frame():
    colours = card_html.grey(np.array([[0.0, 1.0], [np.nan, 0.5]]), 0, 1)
    source, width, height = card_html.picture(colours, (0, 1, 1, 1))
    data = b64decode(source.partition(",")[2])
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (width, height)
    start = data.index(b"IDAT")
    length = struct.unpack(">I", data[start - 4 : start])[0]
    rows = zlib.decompress(data[start + 4 : start + 4 + length])
    pixels = np.frombuffer(rows, np.uint8).reshape(height, -1)[:, 1:]
    pixels = pixels.reshape(height, width, 3)
    assert tuple(pixels[height * 3 // 4, width // 4]) == card_html.STRANGE
    assert (pixels == card_html.FRAME).all(axis=-1).any()
    assert tuple(pixels[height // 4, width // 4]) == (30, 30, 30)
