"""A simulated class: what is written, and that its truth can be exact."""

import csv
import random
from pathlib import Path

import nbformat
import pytest
from fake_course import FIRST, edit, fake_course

from autograder.grading.grade import grade
from autograder.lessons import Lesson
from autograder.lessons.answers import fill, read_bank, reference_answers
from autograder.lessons.source import marks, notebook_text, solution_cells
from autograder.lessons.versions import student_notebook
from autograder.simulation import simulate as module
from autograder.simulation.simulate import (
    PERTURBATIONS,
    PROFILES,
    compare_with_truth,
    simulate,
)
from autograder.simulation.synthetic_submissions import SyntheticSubmissions
from course.kit import UsageError

ROOT = FIRST.root


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def truth(folder: Path) -> list[dict[str, str]]:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def answers(notebook: nbformat.NotebookNode) -> dict[str, str]:
    cells = solution_cells(notebook)
    return {marks(cell)["grade_id"]: cell.source for cell in cells}


@pytest.fixture
def changed(tmp_path):
    """The first lesson with its page or the module of a task changed."""

    def change(path: Path, old: str, new: str) -> Lesson:
        lesson = fake_course(tmp_path / "changed")
        edit(lesson.root / path.relative_to(ROOT), old, new)
        return lesson

    return change


def test_the_layout_is_that_of_a_class(tmp_path):
    simulate(ROOT, tmp_path / "class", 3, seed=1)
    names = list(tree(tmp_path / "class"))
    assert names == [
        "students.csv",
        *(
            f"submitted/student_000{n}/{lesson}/{lesson}.ipynb"
            for n in range(1, 4)
            for lesson in ("01_volumes", "02_convolution")
        ),
        "truth.csv",
    ]
    rows = truth(tmp_path / "class")
    assert list(rows[0]) == ["student", "lesson", "task", "expected", "kind"]
    assert [row["task"] for row in rows[:4]] == [
        *("sizes", "total", "question_growth"),
        "volume",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["class"]


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path):
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        simulate(ROOT, tmp_path / name, 12, seed)
    one, two, three = (tree(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert one != three


def test_every_submission_is_a_valid_notebook(tmp_path):
    simulate(ROOT, tmp_path, 2 * len(PROFILES), seed=3, lessons=[FIRST])
    paths = list(tmp_path.glob("submitted/*/*/*.ipynb"))
    assert len(paths) == 2 * len(PROFILES)
    for path in paths:
        nbformat.validate(nbformat.read(path, as_version=4))


def test_the_truth_of_each_profile(tmp_path):
    simulate(ROOT, tmp_path, 2 * len(PROFILES), seed=4, lessons=[FIRST])
    marked: dict[str, list] = {}
    for row in truth(tmp_path):
        marked.setdefault(row["student"], []).append((row["expected"], row["kind"]))
    for place, profile in enumerate(PROFILES * 2):
        sizes, total, question = marked[f"student_{place + 1:04d}"]
        if profile in ("perfect", "perturbed"):
            assert (sizes, total) == (("2", "right"), ("1", "right"))
            assert question == ("", "written")
        if profile == "untouched":
            assert {sizes, total, question} == {("0", "untouched")}
        if profile == "mistake":
            wrongs = [kind for _, kind in (sizes, total) if kind.startswith("wrong: ")]
            assert len(wrongs) == 1
            assert {expected for expected, _ in (sizes, total)} > {"0"}
    kinds = {kind for rows in marked.values() for _, kind in rows}
    wrongs = {f"wrong: {answer.id}" for answer in read_bank(FIRST) if not answer.right}
    assert wrongs <= kinds


def test_the_untouched_notebook_is_the_learners(tmp_path):
    simulate(ROOT, tmp_path, len(PROFILES), seed=5)
    student = f"student_{PROFILES.index('untouched') + 1:04d}"
    path = tmp_path / "submitted" / student / FIRST.name / f"{FIRST.name}.ipynb"
    assert path.read_text(encoding="utf-8") == notebook_text(student_notebook(FIRST))


def test_a_perfect_notebook_holds_right_answers_of_the_bank(tmp_path):
    simulate(ROOT, tmp_path, 1, seed=6, lessons=[FIRST])
    (path,) = tmp_path.glob("submitted/*/*/*.ipynb")
    written = answers(nbformat.read(path, as_version=4))
    rights = {answer.source.strip() for answer in read_bank(FIRST) if answer.right}
    rights |= {source.strip() for source in reference_answers(FIRST).values()}
    assert {written[name] for name in ("area", "border", "total")} <= rights
    assert written["question_growth"]


@pytest.mark.parametrize("seed", range(20))
def test_around_a_mistake_only_answers_that_do_not_reach_it(seed):
    maker = SyntheticSubmissions(FIRST)
    wrong = [answer for answer in read_bank(FIRST) if answer.id == "area__added"]
    submission = maker.work(wrong, [], random.Random(seed))
    assert submission.expected == {"sizes": 0, "total": 1, "question_growth": None}
    assert "area" not in submission.answers["total"]


@pytest.mark.parametrize("seed", range(20))
def test_what_an_answer_calls_is_the_reference_answer(seed):
    maker = SyntheticSubmissions(FIRST)
    submission = maker.everything(random.Random(seed))
    if "area(" in submission.answers["border"] + submission.answers["total"]:
        assert submission.answers["area"] == reference_answers(FIRST)["area"]


def test_a_task_that_can_only_be_right_with_another_is_refused(changed):
    lesson = changed(
        FIRST.task_checks / "total.py", "return result * H * W", "return area(H, W)"
    )
    wrong = [answer for answer in read_bank(lesson) if answer.id == "area__added"]
    with pytest.raises(UsageError, match=r"every right answer of total\(\) calls area"):
        SyntheticSubmissions(lesson).work(wrong, [], random.Random(1))


def test_a_task_whose_check_calls_a_wrong_function_is_left_untouched(changed):
    lesson = changed(FIRST.source, "check(total)", "check(total, area)")
    wrong = [answer for answer in read_bank(lesson) if answer.id == "area__added"]
    submission = SyntheticSubmissions(lesson).work(wrong, [], random.Random(1))
    assert submission.kinds["total"] == "untouched"
    assert submission.expected["total"] == 0
    assert "total" not in submission.answers


def test_mistakes_come_in_turn():
    maker = SyntheticSubmissions(FIRST)
    rng = random.Random(1)
    wrongs = [answer.id for answer in read_bank(FIRST) if not answer.right]
    first = [maker.next_wrong(rng).id for _ in wrongs]
    assert sorted(first) == sorted(wrongs)
    assert first[:3] == ["area__added", "border__corners", "total__averaged"]
    assert maker.next_wrong(rng).id == first[0]


@pytest.mark.parametrize("students", [0, -1])
def test_a_class_of_nobody_is_refused(tmp_path, students):
    with pytest.raises(UsageError, match="make no class"):
        simulate(ROOT, tmp_path / "class", students, 1)
    assert not (tmp_path / "class").exists()


def test_a_folder_that_is_not_empty_is_refused_and_left_alone(tmp_path):
    (tmp_path / "work.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(UsageError, match="is not empty"):
        simulate(ROOT, tmp_path, 1, 1)
    assert list(tree(tmp_path)) == ["work.txt"]
    with pytest.raises(UsageError, match="is a file"):
        simulate(ROOT, tmp_path / "work.txt", 1, 1)


def test_an_empty_folder_is_filled(tmp_path):
    simulate(ROOT, tmp_path, 1, 1)
    assert (tmp_path / "truth.csv").is_file()


def test_no_lessons_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no lessons"):
        simulate(tmp_path, tmp_path / "class", 1, 1)


def test_an_interrupted_run_leaves_nothing(tmp_path, monkeypatch):
    written = []

    def interrupted(notebook):
        written.append(notebook)
        if len(written) == 3:
            raise KeyboardInterrupt
        return notebook_text(notebook)

    monkeypatch.setattr(module, "notebook_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        simulate(ROOT, tmp_path / "class", 5, 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("perturbation", PERTURBATIONS)
def test_a_perturbation_changes_the_notebook_but_no_answer(perturbation):
    notebook = student_notebook(FIRST)
    before = notebook_text(notebook)
    name = PERTURBATIONS[perturbation](notebook, "01_volumes.ipynb", random.Random(7))
    if name:
        assert name != "01_volumes.ipynb"
        assert name.endswith(".ipynb")
        assert notebook_text(notebook) == before
        return
    assert notebook_text(notebook) != before
    kept = {
        grade_id: source
        for grade_id, source in answers(notebook).items()
        if grade_id != "question_growth"
    }
    for grade_id, source in kept.items():
        assert source.startswith(f"def {grade_id}(")
        compile(source, grade_id, "exec")


def test_the_noise_is_made_at_every_call(capsys):
    notebook = student_notebook(FIRST)
    PERTURBATIONS["warning on stderr"](notebook, "", random.Random(1))
    names: dict = {}
    exec(answers(notebook)["border"], names)  # noqa: S102 the test's own code
    with pytest.warns(UserWarning, match="tidy"), pytest.raises(NotImplementedError):
        names["border"](3, 4)
    assert capsys.readouterr().err == "called\n"


def test_a_submission_that_is_not_what_the_truth_says_is_seen(tmp_path):
    lesson = fake_course(tmp_path / "checkout", kit=True, cases=True)
    room = tmp_path / "class"
    simulate(lesson.root, room, 1, seed=1, lessons=[lesson])
    (path,) = room.glob("submitted/*/*/*.ipynb")
    wrong = fill(
        nbformat.read(path, as_version=4), {"area": "def area(a, b): return a + b"}
    )
    path.write_text(notebook_text(wrong), encoding="utf-8")
    grade(lesson.root, room, [lesson], workers=1)
    found = [(one.task, one.expected, one.got) for one in compare_with_truth(room)]
    assert ("sizes", 2, 0) in found
