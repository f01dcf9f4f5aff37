"""Warm parents that wait for their next submission: starting one costs a second."""

import atexit
import contextlib
import threading
from collections.abc import Iterator

from autograder.grading.limits import Limits
from autograder.grading.sandbox import SandboxError, WarmParent
from autograder.grading.support import Support

MOST_IDLE = (
    2  # per process; each holds about 100 MB, most of it shared with its children
)

_idle: list[tuple[tuple, WarmParent]] = []
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
    warm = _take(key)
    if warm is None:
        warm = WarmParent(support, limits, isolation).__enter__()
    try:
        yield warm
    except BaseException:
        warm.__exit__(None, None, None)
        raise
    _put(key, warm)


def close_warm_parents() -> None:
    """End those that wait. Called when the process ends."""
    with _lock:
        closing, _idle[:] = _idle[:], []
    for _, warm in closing:
        with contextlib.suppress(SandboxError, OSError):
            warm.__exit__(None, None, None)


def _take(key: tuple) -> WarmParent | None:
    with _lock:
        for place, (known, warm) in enumerate(_idle):
            if known == key:
                del _idle[place]
                return warm
    return None


def _put(key: tuple, warm: WarmParent) -> None:
    with _lock:
        _idle.append((key, warm))
        old = _idle.pop(0)[1] if len(_idle) > MOST_IDLE else None
    if old is not None:
        old.__exit__(None, None, None)


atexit.register(close_warm_parents)
