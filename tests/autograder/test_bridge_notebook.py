"""The notebook after the last lesson: built and released, and no lesson."""

import nbformat
import pytest
from fake_course import edit

from autograder.authoring.build import BuildFailed, build_bridge
from autograder.authoring.stale import find_stale, stale_bridge
from autograder.lessons import BRIDGE, Lesson, checkout, find_lessons
from autograder.lessons.source import marks, read_source
from autograder.release.release import release

SOURCE = """\
# %% [markdown]
# # A bridge

# %%
from course.geometry import area

print(area(3, 5))
"""


@pytest.fixture
def bridged(built):
    """A built course with a bridge, which is not built."""
    (built / "solutions/bridge.py").write_text(SOURCE, encoding="utf-8")
    return built


def test_both_notebooks_are_made_and_only_one_has_outputs(bridged):
    made = build_bridge(bridged)
    bridge = Lesson(bridged, BRIDGE)
    assert [bridged / path for path in made] == [
        bridge.student_notebook,
        bridge.solution_notebook,
    ]
    theirs, ours = (nbformat.read(bridged / path, as_version=4) for path in made)
    assert [cell.source for cell in theirs.cells] == [c.source for c in ours.cells]
    assert theirs.cells[1].outputs == []
    assert ours.cells[1].outputs[0].text == "15\n"
    assert build_bridge(bridged) == []


def test_what_is_stale_is_named(bridged):
    assert len(stale_bridge(bridged)) == 2
    build_bridge(bridged)
    assert stale_bridge(bridged) == []
    assert find_stale(bridged, find_lessons(bridged)) == []  # and no orphan
    module = bridged / "course/geometry.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(f"{text}# newer\n", encoding="utf-8")
    assert [each.why for each in stale_bridge(bridged)] == [
        "is older than what it is made from"
    ]
    module.write_text(text, encoding="utf-8")
    page = bridged / "solutions/bridge/bridge.ipynb"
    notebook = nbformat.read(page, as_version=4)
    notebook.cells[1].outputs[0].text = "16\n"
    nbformat.write(notebook, page)
    assert [each.why for each in stale_bridge(bridged)] == ["was changed by hand"]


def test_a_cell_that_fails_is_named_and_nothing_is_written(bridged):
    edit(bridged / "solutions/bridge.py", "(3, 5)", "(3)")
    with pytest.raises(BuildFailed, match="bridge, cell"):
        build_bridge(bridged)
    assert not (bridged / "notebooks/bridge").exists()


def test_a_release_has_it_and_no_lesson_is_called_so(bridged, tmp_path):
    build_bridge(bridged)
    made = release(bridged, tmp_path / "out")
    text = (made.folder / "notebooks/bridge/bridge.ipynb").read_text("utf-8")
    assert '"outputs": []' in text and "15\\n" not in text
    assert BRIDGE not in [lesson.name for lesson in find_lessons(bridged)]
    assert BRIDGE not in (made.folder / "course/kit/manifest.json").read_text("utf-8")


def test_a_stale_one_is_not_released(bridged, tmp_path):
    with pytest.raises(Exception, match=r"bridge.ipynb.*autograder build"):
        release(bridged, tmp_path / "out")


def test_the_real_one_has_nothing_to_hand_in():
    notebook = read_source(Lesson(checkout(), BRIDGE))
    assert not any(marks(cell) for cell in notebook.cells)
