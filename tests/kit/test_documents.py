"""The documents of cases: which task a check is about, and what is refused."""

import json

import pytest
from failing import failure_of

from course.kit import UsageError, check
from course.kit.checking import documents


def document(*functions: str, want: str) -> dict:
    source = f"def cases(t, {', '.join(functions)}):\n    t.case('of 3', {want})"
    about = {"functions": [*functions], "parameters": {}, "stored": {}}
    return about | {"source": source.split("\n"), "hidden": 1}


TASKS = {
    "geometry": {
        "scale": document("scale", want="scale(3), 6"),
        "count": document("count", want="count(3), 1"),
        "both": document("both", "count", want="both(3), 3"),
    },
    "fast": {"scale_again": document("scale", want="scale(3), 60")},
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A course with these tasks."""
    for module, tasks in TASKS.items():
        text = json.dumps({"tasks": tasks})
        (tmp_path / f"{module}.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(documents, "FOLDER", tmp_path)
    forget()
    yield tmp_path
    forget()


def forget():
    documents._documents.cache_clear()
    documents._read.cache_clear()


def test_the_task_is_that_of_the_functions_in_their_order():
    names = [("scale",), ("count",), ("both", "count")]
    assert [documents.find(each).name for each in names] == ["scale", "count", "both"]
    with pytest.raises(UsageError, match=r"is checked by: check\(both, count\)"):
        documents.find(["both"])


def test_of_two_lessons_with_one_name_the_first_is_meant_or_the_module_says_which():
    assert documents.find(["scale"]).module == "geometry"
    assert documents.find(["scale"], "fast").name == "scale_again"
    assert [task.module for task in documents.of_function("fast.scale")] == ["fast"]
    with pytest.raises(UsageError, match=r"is checked by: check\(count\)"):
        documents.find(["count"], "convolution")


@pytest.mark.parametrize("names", [["first"], ["second"], ["second", "first"]])
def test_any_function_of_a_task_leads_to_the_whole_call(folder, names):
    tasks = {"pair": document("first", "second", want="first(3), 3")}
    (folder / "pooling.json").write_text(json.dumps({"tasks": tasks}), encoding="utf-8")
    forget()
    with pytest.raises(UsageError, match=r"is checked by: check\(first, second\)$"):
        documents.find(names)
    assert [task.name for task in documents.of_function(names[0])] == ["pair"]


def test_the_call_that_is_named_shares_most_functions():
    with pytest.raises(UsageError, match=r"is checked by: check\(both, count\)$"):
        documents.find(["count", "both"])


def test_a_function_without_cases_never_passes():
    def scal(x):
        return 2 * x

    with pytest.raises(UsageError, match=r"no cases for scal\. Did you mean 'scale'"):
        check(scal)
    with pytest.raises(UsageError, match="no cases for nothing"):
        check()


def test_a_damaged_file_is_refused(folder):
    (folder / "fast.json").write_text("{", encoding="utf-8")
    with pytest.raises(
        UsageError, match=r"fast\.json cannot be read .* Put the file back"
    ):
        documents.find(["scale"])


def test_the_name_is_the_one_that_it_has_where_the_check_stands(capsys):
    names = {"check": check, "mine": abs, "scale": lambda x: 2 * x}
    exec("check(scale)", names)  # noqa: S102
    assert capsys.readouterr().out.startswith("ok   scale: 1 case")


def test_nobody_passes_by_the_name_of_an_easier_function():
    def count(x):
        return 1

    names = {"check": check, "scale": count}
    error, _ = failure_of(exec, "check(scale)", names)
    assert str(error).startswith("scale: case 0 is wrong")


def test_how_many_cases_are_hidden():
    assert documents.hidden_cases("geometry") == {"scale": 1, "count": 1, "both": 1}
    assert documents.hidden_cases("pooling") == {}


def test_ahead_are_read_the_tasks_at_hand_that_import_no_lesson(folder, monkeypatch):
    tasks = {name: document(name, want=f"{name}(3), 6") for name in "abc"}
    tasks["b"]["source"].insert(0, "from course.geometry import output_size")
    tasks["c"]["source"].insert(0, "from course.kit.checking import judge")
    text = json.dumps({"tasks": tasks})
    (folder / "gradients.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(documents, "COURSE", folder)
    read, real = [], documents.read
    monkeypatch.setattr(
        documents, "read", lambda *given: (read.append(given[1]), real(*given))[1]
    )
    (folder / "geometry.py").write_text("built = 1", encoding="utf-8")
    documents.read_all()
    assert read == []  # all is built
    for name in ("gradients", "fast"):
        (folder / f"{name}.py").write_text("raise NotBuiltYet", encoding="utf-8")
    documents.read_all()
    assert read == ["a", "c"]
