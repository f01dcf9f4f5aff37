"""What a check shows and raises when it fails."""

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

import pytest

from course.kit import check


def failure_of(
    check_function: Callable, *args: Any, **kwargs: Any
) -> tuple[check.CheckFailed, str]:
    """The exception, and the text of the card without the line breaks at its ends."""
    shown = io.StringIO()
    with pytest.raises(check.CheckFailed) as caught, redirect_stdout(shown):
        check_function(*args, **kwargs)
    assert "\n" not in str(caught.value)
    return caught.value, shown.getvalue().strip("\n")
