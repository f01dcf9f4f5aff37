"""In a child, before any learner code: leave everything behind that it must not reach."""

import os
import random
import sys
from pathlib import Path

PRIVATE = ("work", "home", "tmp")


def confine(private: Path, limits: dict, isolation: str, keep: int) -> list[str]:
    """Make the private folder of this child its world; returns the layers that took hold.

    `keep` is the one file descriptor, besides 0 to 2, that stays open.
    """
    for name in PRIVATE:
        (private / name).mkdir(exist_ok=True)
    _use_folder(private)
    _close_files(keep)
    _reseed()
    return []


def _use_folder(private: Path) -> None:
    home, temporary = str(private / "home"), str(private / "tmp")
    os.environ.update(
        HOME=home,
        IPYTHONDIR=f"{home}/ipython",
        MPLCONFIGDIR=f"{home}/matplotlib",
        TMPDIR=temporary,
        TEMP=temporary,
        TMP=temporary,
    )
    os.chdir(private / "work")


def _close_files(keep: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.closerange(3, keep)
    os.closerange(keep + 1, os.sysconf("SC_OPEN_MAX"))


def _reseed() -> None:
    """A fork shares the state of the parent's generators: every child gets its own."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
