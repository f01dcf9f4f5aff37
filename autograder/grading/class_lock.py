"""Two commands that change the same class wait for nobody: the second one is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from course.kit.refusal import Refusal

LOCK = ".in-use"  # stays behind in the class folder, held by nobody


@contextmanager
def class_lock(class_folder: Path) -> Iterator[None]:
    """Hold the class; the system lets go of it when this process ends, however it does.

    Raises Refusal while another process holds it.
    """
    lock = FileLock(class_folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Refusal(
            f"another grade or collect is at work in {class_folder}. "
            "Wait until it has ended, and try again"
        ) from None
    try:
        yield
    finally:
        lock.release()
