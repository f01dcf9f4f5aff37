"""Ctrl-C that is not lost.

Where it comes while Python runs a callback of the garbage collector or a `__del__`, the
KeyboardInterrupt is printed and forgotten. Dask has such callbacks.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def remembered_ctrl_c() -> Iterator[Callable[[], None]]:
    """Gives a function that raises a KeyboardInterrupt which got lost before."""
    asked = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    def check() -> None:
        if asked:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check  # only the main thread hears of Ctrl-C
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
