"""The one error for bad input: a command prints it as one line and ends with exit code 2."""

import sys
from collections.abc import Callable

EXIT_REFUSED = 2


class UsageError(Exception):
    """Says what was given, what was wanted and what to do. Nothing was changed."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message is for the reader, the frames are not."""
        return [f"Refused: {self}"]


def refusing(app: Callable[[], object]) -> None:
    """Run a command-line app; a UsageError becomes one line on stderr and exit code 2."""
    try:
        app()
    except UsageError as refusal:
        line = str(refusal).replace("\n", "\\n")  # of a file's name, perhaps
        print(f"error: {line}", file=sys.stderr)
        sys.exit(EXIT_REFUSED)
    except PermissionError as error:
        print(
            f"error: no permission to use {error.filename!r}. "
            "Choose a folder that you may write to, or change its permissions.",
            file=sys.stderr,
        )
        sys.exit(EXIT_REFUSED)
