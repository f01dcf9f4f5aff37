"""Nobody sits before a notebook that is graded: `input()` is an error, as in nbconvert."""

import builtins
import getpass
from typing import Any

from IPython.core.error import StdinNotImplementedError

NO_INPUT = "{} was called, but this frontend does not support input requests."


def refuse_input() -> None:
    """Before every cell, whatever the one before has made of `input`."""
    builtins.input, getpass.getpass = _no_input, _no_password


def _no_input(prompt: str = "") -> str:
    raise StdinNotImplementedError(NO_INPUT.format("raw_input"))


def _no_password(prompt: str = "", stream: Any = None, **rest: Any) -> str:
    raise StdinNotImplementedError(NO_INPUT.format("getpass"))
