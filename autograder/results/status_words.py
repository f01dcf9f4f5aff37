"""What a status means, in words for the learner."""

NOTEBOOK = {
    "timeout": "it took longer than the time limit and was stopped",
    "memory": "it needed more memory than it may have and was stopped",
    "kernel_died": "Python itself ended while it ran",
    "output_limit": "it printed more than it may and was stopped",
    "infra_error": "the grading machine failed; this is not your fault, and it is tried again",
}
STOPPED = ("timeout", "memory", "kernel_died", "output_limit")
TASK = {
    "not_run": "the check did not run, because the notebook was stopped before it",
    "no_answer": "there is no answer",
    "timeout": "the check took longer than the time limit",
    "memory": "the check needed more memory than it may have",
    "kernel_died": "Python itself ended while the check ran",
    "output_limit": "the check printed more than it may",
}


def notebook_in_words(status: object, reason: str = "") -> str:
    """A sentence about the whole notebook; "" when it was graded to its end.

    >>> notebook_in_words("timeout", "it was slow")
    'It did not run to its end: it was slow.'
    """
    told = reason or NOTEBOOK.get(str(status), "")
    if str(status) in STOPPED:
        return f"It did not run to its end: {told}."
    return f"When it was graded: {told}." if str(status) in NOTEBOOK else ""


def task_in_words(result: object) -> str:
    """Why a check gave no marks when the reason is not in the check's own output; else ""."""
    return TASK.get(str(result), "")
