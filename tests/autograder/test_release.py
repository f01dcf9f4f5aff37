"""A release holds the listed files and nothing else, and a learner can work with it alone."""

import os
import runpy
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
from fake_course import edit, files_of

from autograder.grading.classroom import Classroom
from autograder.grading.register import read_history
from autograder.lessons import Lesson, find_lessons
from autograder.lessons.answers import fill, reference_answers
from autograder.lessons.source import notebook_text
from autograder.lessons.versions import student_notebook
from autograder.release import release as release_module
from autograder.release.release import points_text, release, write_tree
from autograder.simulation.simulate import simulate
from course.kit import UsageError
from course.kit.build import course_line, is_ours, module_state

TOP = [
    "LICENSE",
    "README.md",
    "course/__init__.py",
    "course/convolution.py",
    "course/geometry.py",
    "docs/glossary.md",
    "environment.yml",
    "notebooks/01_volumes/01_volumes.ipynb",
    "notebooks/02_convolution/02_convolution.ipynb",
    "pyproject.toml",
]


def test_holds_the_listed_files_only(built, tmp_path):
    (built / "notebooks/01_volumes/answers.txt").write_text("42", encoding="utf-8")
    (built / "notebooks/01_volumes/secret.ipynb").write_text("{}", encoding="utf-8")
    (built / "course/kit/__pycache__").mkdir(exist_ok=True)
    (built / "course/kit/__pycache__/a.pyc").write_bytes(b"")
    made = release(built, tmp_path / "out")
    there = files_of(made.folder)
    assert [name for name in there if not name.startswith("course/kit/")] == TOP
    assert sorted(there) == [path.as_posix() for path in made.files]
    assert "course/kit/manifest.json" in there
    assert "course/kit/checks/geometry.json" in there
    assert not any("a.pyc" in name for name in there)


def test_zip_holds_the_same_under_one_folder(built, tmp_path):
    made = release(built, tmp_path / "out")
    with zipfile.ZipFile(made.zip) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    top = "convnets-from-scratch/"
    assert {top + name: data for name, data in files_of(made.folder).items()} == inside


def test_two_releases_are_the_same_file(built, tmp_path):
    first = release(built, tmp_path / "one")
    second = release(built, tmp_path / "two")
    assert first.zip.read_bytes() == second.zip.read_bytes()
    with zipfile.ZipFile(first.zip) as archive:
        assert {member.date_time[0] for member in archive.infolist()} == {1980}


def test_project_of_a_learner_needs_what_the_course_needs(built, tmp_path):
    made = release(built, tmp_path / "out")
    ours, theirs = (
        tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        for folder in (built, made.folder)
    )
    assert theirs["project"]["dependencies"] == ours["project"]["dependencies"]
    assert theirs["project"]["requires-python"] == ours["project"]["requires-python"]
    assert list(theirs["project"]["scripts"]) == ["course"]
    assert theirs["build-system"] == ours["build-system"]
    assert (
        "autograder"
        not in (made.folder / "pyproject.toml").read_text("utf-8").split("\n", 1)[1]
    )
    environment = (made.folder / "environment.yml").read_text(encoding="utf-8")
    for dependency in theirs["project"]["dependencies"]:
        assert f"  - {dependency}\n" in environment


def test_readme_names_the_lessons_and_no_template_is_left(built, tmp_path):
    made = release(built, tmp_path / "out")
    text = (made.folder / "README.md").read_text(encoding="utf-8")
    assert "| `01_volumes` | How big is a picture? | 4 |" in text
    assert "[docs/glossary.md](docs/glossary.md)" in text
    assert (made.folder / "docs/glossary.md").is_file()
    for name in ("README.md", "pyproject.toml", "environment.yml"):
        assert "{{" not in (made.folder / name).read_text(encoding="utf-8")


def occupied(target):
    target.mkdir()
    (target / "mine.txt").write_text("keep", encoding="utf-8")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (occupied, "is not empty"),
        (lambda target: target.write_text("x", encoding="utf-8"), "is a file"),
        (lambda target: Path(f"{target}.zip").write_bytes(b"x"), "is already there"),
    ],
)
def test_what_is_in_the_way_is_refused_and_kept(built, tmp_path, prepare, message):
    target = tmp_path / "place" / "out"
    target.parent.mkdir()
    prepare(target)
    before = files_of(target.parent)
    with pytest.raises(UsageError, match=message):
        release(built, target)
    assert files_of(target.parent) == before


def test_empty_folder_is_used(built, tmp_path):
    (tmp_path / "out").mkdir()
    made = release(built, tmp_path / "out")
    assert (made.folder / "README.md").is_file()


def test_stale_files_are_refused_by_name(built, tmp_path):
    edit(Lesson(built, "01_volumes").source, "Count the places.", "How many?")
    with pytest.raises(UsageError, match=r"01_volumes.ipynb.*autograder build"):
        release(built, tmp_path / "new" / "out")
    assert not (tmp_path / "new").exists()


def test_a_leak_is_refused_and_nothing_is_left(built, tmp_path, monkeypatch):
    secret = built / "course" / "kit" / "data.txt"
    secret.write_text("answer: see below\n\nreturn 2 * (height + width) + 4\n", "utf-8")
    monkeypatch.setattr(release_module, "find_stale", lambda root, lessons: [])
    with pytest.raises(UsageError, match=r"course/kit/data.txt: solution \(return 2"):
        release(built, tmp_path / "new" / "out")
    assert list((tmp_path / "new").iterdir()) == []


def test_interrupted_release_leaves_nothing(built, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    for step in ("find_leaks", "replace_zip"):
        monkeypatch.setattr(release_module, step, interrupt)
        with pytest.raises(KeyboardInterrupt):
            release(built, tmp_path / "new" / "out")
        monkeypatch.undo()
        assert list((tmp_path / "new").iterdir()) == []


def test_a_learner_does_lesson_01_with_the_zip_alone(built, tmp_path):
    """Open the notebook, fill in answers, run it: the module is the reference's."""
    lesson = find_lessons(built)[0]
    made = release(built, tmp_path / "out")
    with zipfile.ZipFile(made.zip) as archive:
        archive.extractall(tmp_path / "home")
    home = tmp_path / "home" / "convnets-from-scratch"
    path = home / "notebooks" / "01_volumes" / "01_volumes.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.write(fill(notebook, reference_answers(lesson)), path)
    program = f"""
import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read({str(path)!r}, as_version=4)
NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
"""
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=path.parent,
        env={**os.environ, "PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
    )
    built_module = (home / "course" / "geometry.py").read_bytes()
    assert built_module == lesson.reference_module.read_bytes()
    stub = (home / "course" / "convolution.py").read_text(encoding="utf-8")
    assert "NotBuiltYet" in stub


SELF_CHECK = """
# %% [markdown] tags=["self-check"]
# <details><summary>A good answer</summary>It names the middle pixel.</details>
"""


@pytest.mark.parametrize("kept", [True, False])
def test_self_checks_are_kept_or_left_out(built, tmp_path, kept):
    lesson = Lesson(built, "01_volumes")
    with lesson.source.open("a", encoding="utf-8") as source:
        source.write(SELF_CHECK)
    learners = student_notebook(lesson)
    lesson.student_notebook.write_text(notebook_text(learners), encoding="utf-8")
    write_tree(tmp_path / "out", built, [lesson], self_checks=kept)
    path = tmp_path / "out" / lesson.student_notebook.relative_to(built)
    cells = nbformat.read(path, as_version=4).cells
    assert ["middle pixel" in cells[-1].source, len(cells)] == [
        kept,
        len(learners.cells) - (not kept),
    ]


@pytest.mark.parametrize(
    ("points", "text"),
    [
        ({"check_a": 2, "question_b": 1.5}, "3.5"),
        ({"check_a": 10, "check_c_bonus": 1}, "10 + 1 bonus"),
        ({"check_c_bonus": 15, "question_d_bonus": 1}, "16 bonus"),
        ({}, "0"),
    ],
)
def test_bonus_points_are_marked(points, text):
    cells = [{"grade_id": name, "points": count} for name, count in points.items()]
    assert points_text(cells) == text


def names_in(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2] for name in archive.namelist()}


def test_week_by_week_what_was_handed_out_stays(built, tmp_path):
    first, second = find_lessons(built)
    target = tmp_path / "out"
    week = release(built, target, [first])
    assert week.new is None
    assert not (target / "notebooks/02_convolution").exists()
    assert not (target / "notebooks/bridge").exists()
    text = (target / "README.md").read_text(encoding="utf-8")
    assert "02_convolution" not in text
    handed_out = first.student_notebook.read_bytes()
    page = built / "notebooks" / "01_volumes" / "01_volumes.ipynb"
    page.write_bytes(handed_out.replace(b"Count the places.", b"Count them."))

    def is_fresh(root, lessons):
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(release_module, "find_stale", is_fresh)
        week = release(built, target, [second])
    assert (target / "notebooks/01_volumes/01_volumes.ipynb").read_bytes() == handed_out
    assert (target / "notebooks/02_convolution/02_convolution.ipynb").is_file()
    assert sorted(files_of(target)) == [path.as_posix() for path in week.files]
    assert names_in(week.zip) == set(files_of(target))
    assert week.new == tmp_path / "out-02_convolution.zip"
    new = names_in(week.new)
    assert "notebooks/02_convolution/02_convolution.ipynb" in new
    assert not any("01_volumes" in name for name in new)
    assert not any(name.startswith("course/") and name.count("/") == 1 for name in new)
    assert [path.name for path in tmp_path.iterdir() if path.name[0] == "."] == []


def test_a_lesson_again_is_not_unpacked_over_what_students_wrote(built, tmp_path):
    first, second = find_lessons(built)
    release(built, tmp_path / "out", [first])
    made = release(built, tmp_path / "out", [first, second])
    assert made.kept == ("01_volumes",)
    assert not any("01_volumes" in name for name in names_in(made.new))


@pytest.mark.parametrize("change", ["added", "no zip", "everything"])
def test_what_is_no_earlier_release_is_not_touched(built, tmp_path, change):
    first, second = find_lessons(built)
    target = tmp_path / "out"
    release(built, target, [first])
    wanted = [second]
    if change == "added":
        (target / "mine.txt").write_text("keep", encoding="utf-8")
    elif change == "no zip":
        (tmp_path / "out.zip").unlink()
    else:
        wanted = []
    before = files_of(tmp_path)
    with pytest.raises(UsageError, match="is not empty"):
        release(built, target, wanted)
    assert files_of(tmp_path) == before


def test_an_interrupted_week_leaves_the_weeks_before(built, tmp_path, monkeypatch):
    first, second = find_lessons(built)
    release(built, tmp_path / "out", [first])
    before = files_of(tmp_path)
    move = os.replace

    def stop(source, to):
        if Path(to) == tmp_path / "out" and Path(source).name == "tree":
            raise KeyboardInterrupt
        move(source, to)

    monkeypatch.setattr(release_module.os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        release(built, tmp_path / "out", [second])
    monkeypatch.undo()
    assert files_of(tmp_path) == before


def test_the_class_knows_what_was_released(built, tmp_path):
    first, second = find_lessons(built)
    room = Classroom(tmp_path / "class")
    release(built, tmp_path / "out", [first], room=room)
    assert len(read_history(room, first.name).versions) == 1
    assert not read_history(room, second.name).versions
    for folder in ("source", "release"):
        assert (room.root / folder / first.name / f"{first.name}.ipynb").is_file()
    simulate(built, room.root, 1, 0, [first])
    assert len(read_history(room, first.name).versions) == 1
    assert room.submissions(first.name)


def test_who_skipped_a_lesson_gets_its_module_marked_as_given(built, tmp_path):
    first, second = find_lessons(built)
    made = release(built, tmp_path / "out", [second], catch_up=[first])
    (path,) = made.catch_up
    assert path.name == "out-catch-up-01_volumes.zip"
    assert names_in(path) == {"course/geometry.py"}
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "home")
    module = tmp_path / "home/convnets-from-scratch/course/geometry.py"
    text = module.read_text(encoding="utf-8")
    assert text.startswith("# Built by your instructor, so that you can go on without")
    assert runpy.run_path(str(module))["area"](3, 5) == 15
    assert module_state(module) == "given"
    assert "given to catch up geometry" in course_line(module.parent)
    assert is_ours(text.encode()), "the lesson may be built over it later"
    stub = (made.folder / "course/geometry.py").read_text(encoding="utf-8")
    assert "NotBuiltYet" in stub, "the release itself has the stub"


def test_a_solution_is_not_handed_out_with_its_lesson(built, tmp_path):
    first, second = find_lessons(built)
    for lesson, late in ((first, first), (first, second)):
        with pytest.raises(UsageError, match="cannot be caught up in a release of"):
            release(built, tmp_path / "out", [lesson], catch_up=[late])
    assert not (tmp_path / "out").exists()
