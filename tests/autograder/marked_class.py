"""A small class whose written answers wait for a person."""

import copy
from pathlib import Path

from small_class import NAME, SOURCE, answered, make_checkout, text

from autograder.grading.classroom import Classroom, open_gradebook, save_roster
from autograder.grading.outcome import Outcome, Status
from autograder.grading.record import record
from autograder.grading.register import register
from autograder.lessons import Lesson
from autograder.lessons.versions import master
from autograder.marking.questions import read_cells, read_questions

QUESTION = "question_why"
SCHEME = """\
# Model answer: $a^2$ beats $4a$.
#
# **Mark scheme (1 point).**
# - 0.5: two numbers that belong
#   together.
# - 0.25 for each of two reasons, if a figure is named.
"""
ANSWERS = {
    "ada": "The area has **two** sides.",
    "ben": "the area has  **two** sides",  # the same
    "cleo": "Because of $x^2$ <script>document.title = 'RAN'</script>",
    "dan": "",  # as it was released
}


def marked_lesson(root: Path) -> Lesson:
    """The small lesson, whose question has a mark scheme."""
    lesson = make_checkout(root)
    source = SOURCE.replace("# Model answer.\n", SCHEME)
    source = source.replace(
        "# Why does", "# ### Question (1 point): why so fast?\n# Why does"
    )
    lesson.source.write_text(source, encoding="utf-8")
    return lesson


def waiting_class(
    folder: Path, lesson: Lesson, answers: dict[str, str] = ANSWERS, db: str = ""
) -> Classroom:
    """A graded class with these answers to the question; "" is none."""
    room = Classroom(folder, db)
    room.submitted.mkdir(parents=True, exist_ok=True)
    for student, answer in answers.items():
        hand_over(room, lesson, student, answer)
    with open_gradebook(room) as gradebook:
        save_roster(gradebook, [{"id": "ada", "first_name": "Ada", "last_name": "Lo"}])
    return room


def hand_over(room: Classroom, lesson: Lesson, student: str, answer: str) -> None:
    """Record a submission with this answer, graded again where there was one."""
    notebook = copy.deepcopy(master(lesson))
    if answer:
        notebook = answered(notebook, **{QUESTION: answer})
        below = next(
            place
            for place, cell in enumerate(notebook.cells)
            if cell.metadata.get("nbgrader", {}).get("grade_id") == QUESTION
        )
        own = text(f"And this is {student}'s own cell.")
        own["id"] = "own-1"
        if student == "cleo":
            notebook.cells.insert(below + 1, own)
    with open_gradebook(room) as gradebook:
        register(room, gradebook, lesson, master(lesson))
        record(room, gradebook, Outcome(student, NAME, Status.GRADED), notebook)


def the_question(room: Classroom):
    """The question as the page reads it."""
    path = room.source / NAME / f"{NAME}.ipynb"
    (question,) = read_questions(NAME, read_cells(path))
    return question
