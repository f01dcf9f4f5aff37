"""The known answers of all lessons, read once for all tests."""

from autograder.lessons import checkout, find_lessons
from autograder.lessons.answers import read_bank

LESSONS = find_lessons(checkout())
BANK = {lesson: read_bank(lesson) for lesson in LESSONS}
