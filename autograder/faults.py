"""What goes wrong with one submission, said so that it can be found and mended."""

import traceback

LONGEST = 500  # characters


def fault(error: Exception) -> str:
    """The error and where it was raised, on one line: "KeyError: 'x' (rows.py, line 7)"."""
    text = f"{type(error).__name__}: {error}"
    text = " ".join(text[:LONGEST].split())
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return text
    name = frames[-1].filename.replace("\\", "/").rpartition("/")[2]
    return f"{text} ({name}, line {frames[-1].lineno})"
