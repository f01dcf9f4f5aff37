"""Limits that a learner can meet before grading are those of grading."""

from autograder.grading.limits import RESERVE_BYTES, Limits
from course.kit import notebook_run


def test_course_check_lets_a_notebook_write_as_much_as_grading():
    assert Limits().total_output_bytes == notebook_run.TOTAL_OUTPUT_BYTES
    assert RESERVE_BYTES == notebook_run.RESERVE_BYTES
