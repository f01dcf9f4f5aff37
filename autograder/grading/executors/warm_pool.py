"""Warm parents that wait for their next submission: starting one costs a second."""

import atexit
import contextlib
import threading
from collections.abc import Iterator

from autograder.grading.executors import STOPS
from autograder.grading.limits import Limits
from autograder.grading.sandbox import SandboxError, WarmParent
from autograder.grading.support import Support

LEAST_IDLE = 2  # may wait; each holds about 100 MB, most of it shared with its children

_idle: list[tuple[tuple, WarmParent]] = []
_in_use = 0
_most_in_use = LEAST_IDLE  # at once, so far: so many may wait
_lock = threading.Lock()


@contextlib.contextmanager
def warm_parent(
    support: Support, limits: Limits, isolation: str
) -> Iterator[WarmParent]:
    """A warm parent for one submission; it goes back where nothing went wrong with it.

    Raises SandboxError where none can be started, Refusal where strict isolation cannot
    be had.
    """
    key = (support.digest, limits, str(isolation))
    found = _take(key)
    warm = found or WarmParent(support, limits, isolation)
    STOPS.add(warm.stop)
    try:
        yield found or warm.__enter__()
    except BaseException:
        warm.__exit__(None, None, None)
        _give_back(key, None)
        raise
    finally:
        STOPS.discard(warm.stop)
    _give_back(key, warm)


def close_warm_parents() -> None:
    """End those that wait. Called when the process ends."""
    with _lock:
        closing, _idle[:] = _idle[:], []
    for _, warm in closing:
        with contextlib.suppress(SandboxError, OSError):
            warm.__exit__(None, None, None)


def _take(key: tuple) -> WarmParent | None:
    global _in_use, _most_in_use
    with _lock:
        _in_use += 1
        _most_in_use = max(_most_in_use, _in_use)
        for place, (known, warm) in enumerate(_idle):
            if known == key:
                del _idle[place]
                return warm
    return None


def _give_back(key: tuple, warm: WarmParent | None) -> None:
    global _in_use
    with _lock:
        _in_use -= 1
        if warm is not None:
            _idle.append((key, warm))
        old = _idle.pop(0)[1] if len(_idle) > _most_in_use else None
    if old is not None:
        old.__exit__(None, None, None)


atexit.register(close_warm_parents)
