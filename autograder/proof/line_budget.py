"""A wrong answer that never ends is ended, after the same line on every machine."""

import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# So many lines may a wrong answer run before it counts as hanging.
LINE_BUDGET = 500_000


@contextmanager
def line_budget(lines: int = LINE_BUDGET) -> Iterator[None]:
    """Raises TimeoutError in a function called here that runs more lines than that."""
    left = lines

    def count(frame: types.FrameType, event: str, arg: object) -> Callable:
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise TimeoutError(f"more than {lines} lines were run")
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)
