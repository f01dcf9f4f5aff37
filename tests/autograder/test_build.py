"""A build makes everything from the sources, only what is stale, and never half of it."""

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from fake_course import edit, files_of

from autograder.authoring import build as build_module
from autograder.authoring.build import BuildFailed, build
from autograder.authoring.stale import find_stale
from autograder.lessons import Lesson, find_lessons
from course.kit.notebook_cells import read_manifest


def lesson_of(root, number=1):
    return find_lessons(root)[number - 1]


def checks_of(root, number=1):
    """The module of the first check of a lesson."""
    return lesson_of(root, number).check_sources[0]


def stale(root):
    """Path -> why, for all that `--check` names."""
    return {item.path: item.why for item in find_stale(root, find_lessons(root))}


def rewrite(path, change):
    """Change a notebook file by hand."""
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def test_build_makes_everything(built):
    for lesson in find_lessons(built):
        nbformat.validate(nbformat.read(lesson.solution_notebook, as_version=4))
        assert lesson.student_notebook.is_file()
    first = lesson_of(built)
    module = first.reference_module.read_text(encoding="utf-8")
    assert "2 * (height + width) + 4" in module and "BEGIN SOLUTION" not in module
    for path in (first.visible_cases, first.hidden_cases):
        tasks = json.loads(path.read_text(encoding="utf-8"))["tasks"]
        assert list(tasks) == ["sizes", "total"]
    cells = read_manifest(built / "course" / "kit" / "manifest.json")
    assert [(c.grade_id, c.kind, c.points) for c in cells["01_volumes"]] == [
        ("area", "task", 0),
        ("border", "task", 0),
        ("check_sizes", "check", 2),
        ("total", "task", 0),
        ("check_total", "check", 1),
        ("question_growth", "question", 1),
    ]
    assert list(cells) == ["01_volumes", "02_convolution"]


def test_executed_notebook_shows_outputs_and_no_machine(built):
    notebook = nbformat.read(lesson_of(built).solution_notebook, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    printed = "".join(o.text for cell in code for o in cell.outputs if "text" in o)
    assert "border of 30 x 40: 144" in printed and "course/geometry.py" in printed
    text = lesson_of(built).solution_notebook.read_text(encoding="utf-8")
    for place in (str(built), sys.prefix, "/build-"):
        assert place not in text
    assert "made_by" in notebook.metadata.course


def test_generated_files_are_utf8_with_one_newline_at_the_end(built):
    for lesson in find_lessons(built):
        for path in (
            lesson.solution_notebook,
            lesson.student_notebook,
            lesson.reference_module,
            built / "course" / "kit" / "manifest.json",
        ):
            text = path.read_bytes().decode("utf-8")
            assert text.endswith("\n") and not text.endswith("\n\n")
            assert "\r" not in text


def test_fresh_after_a_build(built):
    assert stale(built) == {}


@pytest.fixture
def no_kernel(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("something was executed")

    monkeypatch.setattr(build_module, "solution_notebook", refuse)
    monkeypatch.setattr(build_module, "case_documents", refuse)


def test_second_build_executes_and_writes_nothing(built, no_kernel):
    before = {path: os.stat(built / path).st_mtime_ns for path in files_of(built)}
    done = build(built, find_lessons(built))
    assert [item.changed for item in done] == [(), ()]
    assert before == {path: os.stat(built / path).st_mtime_ns for path in before}


def test_forced_build_gives_the_same_bytes(built):
    before = files_of(built)
    done = build(built, find_lessons(built), force=True)
    assert [item.changed for item in done] == [(), ()]
    assert files_of(built) == before


def test_nothing_built_names_what_is_missing(unbuilt):
    found = stale(unbuilt)
    assert found["solutions/01_volumes/01_volumes.ipynb"] == "is missing"
    assert found["notebooks/02_convolution/02_convolution.ipynb"] == "is missing"
    assert "course/kit/manifest.json" in found


FIRST_OUT = "solutions/01_volumes/01_volumes.ipynb"
SECOND_OUT = "solutions/02_convolution/02_convolution.ipynb"
FIRST_IN = "notebooks/01_volumes/01_volumes.ipynb"


@pytest.mark.parametrize(
    ("change", "path", "why"),
    [
        (
            lambda root: edit(lesson_of(root).source, "Count the places.", "How many?"),
            FIRST_OUT,
            "solutions/01_volumes.py changed since",
        ),
        (
            lambda root: edit(lesson_of(root).source, "Count the places.", "How many?"),
            FIRST_IN,
            "is not what the source gives",
        ),
        (
            lambda root: edit(checks_of(root), "border of 3", "border of three"),
            "course/kit/checks/geometry.json",
            "solutions/checks/01_volumes/sizes.py changed since",
        ),
        (
            lambda root: edit(
                root / "course/kit/__init__.py", '"""What the', '"""Here is what the'
            ),
            SECOND_OUT,
            "course/kit/__init__.py changed since",
        ),
        (
            lambda root: edit(
                root / "course/geometry.py", "height * width", "1 * width"
            ),
            "course/geometry.py",
            "is not what the lesson's last cell wrote",
        ),
        (
            lambda root: edit(
                root / "course/geometry.py", "height * width", "1 * width"
            ),
            SECOND_OUT,
            "course/geometry.py changed since",
        ),
        (
            lambda root: (root / "course/kit/checks/geometry.json").unlink(),
            "course/kit/checks/geometry.json",
            "is missing",
        ),
        (
            lambda root: edit(
                lesson_of(root).hidden_cases, "border of 7", "border of 8"
            ),
            "solutions/checks/01_volumes/hidden.json",
            "was changed by hand",
        ),
        (
            lambda root: edit(
                root / FIRST_OUT, "border of 30 x 40: 144", "border of 30 x 40: 145"
            ),
            FIRST_OUT,
            "was changed by hand",
        ),
        (
            lambda root: rewrite(
                root / FIRST_OUT,
                lambda nb: nb.cells[1].update(execution_count=None),
            ),
            FIRST_OUT,
            "not executed",
        ),
        (
            lambda root: rewrite(
                root / FIRST_OUT,
                lambda nb: nb.cells[5].outputs.append(
                    nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])
                ),
            ),
            FIRST_OUT,
            "shows an error",
        ),
        (
            lambda root: rewrite(
                root / FIRST_OUT, lambda nb: nb.metadata.pop("course")
            ),
            FIRST_OUT,
            "is not a notebook that `autograder build` made",
        ),
        (
            lambda root: (root / FIRST_OUT).write_text("{", encoding="utf-8"),
            FIRST_OUT,
            "is not a notebook",
        ),
        (
            lambda root: edit(root / FIRST_IN, "Count the places.", "How many?"),
            FIRST_IN,
            "is not what the source gives",
        ),
        (
            lambda root: edit(
                root / "course/kit/manifest.json", '"points": 2', '"points": 3'
            ),
            "course/kit/manifest.json",
            "01_volumes",
        ),
        (
            lambda root: edit(checks_of(root), "POINTS = 2", ""),
            "solutions/01_volumes.py",
            "sizes.py says no POINTS",
        ),
        (
            lambda root: edit(
                lesson_of(root).source, "+ 4\n    ### END SOLUTION", "+ 4"
            ),
            "solutions/01_volumes.py",
            "do not pair up",
        ),
    ],
)
def test_check_names_what_is_stale_and_why(built, change, path, why):
    change(built)
    assert why in stale(built).get(path, f"{path} is not named")


def test_a_further_lesson_in_the_syllabus_makes_no_other_stale(built):
    syllabus = built / "course/kit/syllabus.py"
    edit(syllabus, '"fast",\n', '"fast",\n    "11_more": "more",\n')
    assert stale(built) == {}


def test_check_takes_windows_line_ends_for_the_same(built):
    for path in (FIRST_IN, "course/geometry.py", "solutions/02_convolution.py"):
        text = (built / path).read_bytes()
        (built / path).write_bytes(text.replace(b"\n", b"\r\n"))
    assert stale(built) == {}


def test_check_executes_and_writes_nothing(built, no_kernel):
    edit(lesson_of(built).source, "Count the places.", "How many?")
    before = files_of(built)
    assert stale(built)
    assert files_of(built) == before


def test_orphans_are_named(built):
    lesson = lesson_of(built, 2)
    lesson.source.unlink()
    found = stale(built)
    assert found["course/convolution.py"] == "belongs to no lesson: delete it"
    assert found[SECOND_OUT] == "belongs to no lesson: delete it"
    assert "notebooks/02_convolution/02_convolution.ipynb" in found
    assert "02_convolution" in found["course/kit/manifest.json"]
    build(built, [lesson_of(built)])
    assert "course/kit/manifest.json" not in stale(built)


def test_text_change_rebuilds_only_its_lesson(built):
    edit(lesson_of(built).source, "Count the places.", "How many?")
    done = build(built, find_lessons(built))
    changed = [[path.name for path in item.changed] for item in done]
    assert changed == [["01_volumes.ipynb", "01_volumes.ipynb"], []]
    assert stale(built) == {}


def test_changed_module_rebuilds_the_lessons_that_import_it(built):
    edit(lesson_of(built).source, "(height + width) + 4", "(width + height) + 4")
    old, new = '"2 * (height + width)", "2', '"2 * (width + height)", "2'
    edit(checks_of(built), old, new)
    (lesson,) = build(built, [lesson_of(built, 2)])[1:]
    assert lesson.lesson == "02_convolution"
    assert [path.name for path in lesson.changed] == ["02_convolution.ipynb"]
    assert stale(built) == {}


def test_hand_edits_are_undone(built):
    before = files_of(built)
    edit(built / FIRST_IN, "Count the places.", "How many?")
    edit(built / "course/geometry.py", "height * width", "1 * width")
    edit(built / SECOND_OUT, '"execution_count": 2', '"execution_count": 7')
    build(built, find_lessons(built))
    assert files_of(built) == before


def test_failing_cell_is_named_and_changes_nothing(built):
    source = lesson_of(built, 2).source
    edit(source, "check(volume)", 'check.equal("six", volume(1, 2, 3), 7)')
    before = files_of(built)
    edit(lesson_of(built).source, "Count the places.", "How many?")
    with pytest.raises(BuildFailed) as failure:
        build(built, find_lessons(built))
    assert "02_convolution, cell check_volume: CheckFailed" in str(failure.value)
    assert [item.lesson for item in failure.value.built] == ["01_volumes"]
    after = files_of(built)
    changed = {path for path in after if after[path] != before.get(path)}
    assert changed == {"solutions/01_volumes.py", FIRST_OUT, FIRST_IN}


def test_cases_that_the_reference_fails_are_told_and_change_nothing(built):
    edit(checks_of(built, 2), "24)", "25)")
    before = files_of(built)
    with pytest.raises(BuildFailed, match=r"02_convolution, checks: .* the reference"):
        build(built, find_lessons(built))
    assert files_of(built) == before


def test_lesson_after_a_failed_one_is_not_built(built):
    edit(lesson_of(built).source, "check(area, border)", "undefined_name")
    edit(lesson_of(built, 2).source, "How much is", "How much then is")
    before = files_of(built)
    with pytest.raises(BuildFailed) as failure:
        build(built, find_lessons(built))
    first, second = str(failure.value).split("\n")[:2]
    assert first.startswith("01_volumes, cell check_sizes: line 1: NameError")
    assert second == "02_convolution was not built: it imports 01_volumes, which failed"
    assert files_of(built) == before


def test_unreadable_source_is_refused_and_others_are_built(built):
    first, second = find_lessons(built)
    edit(second.source, "from course.geometry import area\n", "")
    edit(second.source, "area(height, width)", "height * width")
    first.source.write_bytes(b"# %% [markdown]\n# \xff\n")
    with pytest.raises(BuildFailed, match="01_volumes.py is not utf-8") as failure:
        build(built, [first, second])
    assert [item.lesson for item in failure.value.built] == ["02_convolution"]


def test_interrupted_build_leaves_every_file_and_no_process(built):
    """Ctrl-C while a cell runs: the old files stay, the kernel ends with the build."""
    marker = built.parent / "started"
    wait = f"open({str(marker)!r}, 'w').close()\nimport time\ntime.sleep(600)"
    edit(lesson_of(built, 2).source, "# %% task=", f"# %%\n{wait}\n\n# %% task=")
    before = files_of(built)
    program = (
        "import sys, pathlib\n"
        "from autograder.authoring.build import build\n"
        "from autograder.lessons import find_lessons\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "build(root, find_lessons(root))\n"
    )
    scratch = built.parent / "scratch"
    scratch.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", program, str(built)],
        env={**os.environ, "TMPDIR": str(scratch)},
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        try:
            deadline = time.monotonic() + 300
            while not marker.exists() and time.monotonic() < deadline:
                time.sleep(0.1)
            assert marker.exists()
            run.send_signal(signal.SIGINT)
            _, said = run.communicate(timeout=120)
        finally:
            run.kill()
    assert run.returncode != 0 and "KeyboardInterrupt" in said
    assert files_of(built) == before
    assert list(scratch.iterdir()) == []


def test_lesson_objects_of_the_checkout_are_all_it_needs(built):
    assert [
        item.lesson for item in build(built, [Lesson(built, "02_convolution")])
    ] == [
        "01_volumes",
        "02_convolution",
    ]
