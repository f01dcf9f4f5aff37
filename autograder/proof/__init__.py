"""Right and wrong answers to every contract: do the checks accept and reject as they should?"""

from autograder.lessons.task_modules import right, wrong

__all__ = ["right", "wrong"]
