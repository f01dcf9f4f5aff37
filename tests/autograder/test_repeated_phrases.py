"""What a task's module says about right and wrong answers."""

from pathlib import Path

from autograder.lessons.task_modules import read_answers, read_task_modules

REFERENCE = {"area": "def area(height, width):\n    return height * width\n"}
MODULE = """
def cases(t, area): ...

wrong("one side is used twice", "height * width", "height**2")
wrong("one side is used twice", "height * width", "width**2")
"""


def test_one_mistake_made_in_two_ways(tmp_path: Path) -> None:
    (tmp_path / "area.py").write_text(MODULE, encoding="utf-8")
    answers = [*read_answers(read_task_modules(tmp_path)["area"], REFERENCE)]
    assert {answer.phrase for answer in answers} == {"one side is used twice"}
    assert [answer.id for answer in answers] == [
        "area__one_side_is_used_twice",
        "area__one_side_is_used_twice_2",
    ]
