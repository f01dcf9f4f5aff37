"""How much memory a call holds, measured in the process that makes it.

An answer could forge this: where it counts for marks, grading measures from outside.
"""

import tracemalloc
from collections.abc import Callable
from typing import Any


def peak_bytes(function: Callable, *args: Any, **kwargs: Any) -> tuple[Any, int]:
    """(what the call gives, the most bytes that it held at one time beyond its arguments)."""
    running = tracemalloc.is_tracing()
    if not running:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        result = function(*args, **kwargs)
        return result, tracemalloc.get_traced_memory()[1] - before
    finally:
        if not running:
            tracemalloc.stop()
