"""Take the lines of hidden tests out of a notebook that students will see.

They go from the checks, and from every output that shows one: tracebacks show the lines around
the one that failed, and a student's code can print what it runs. What a failed check says (its
message) stays. Text that was disguised on purpose is not found.
"""

import base64
import re
from html import unescape

from nbformat import NotebookNode

from autograder.grading.cells import ANSI, is_grade

BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
INSTEAD = "# More cases run here when your work is graded."
REDACTED = "    [a line of a hidden test]"
NUMBERED = re.compile(r"\s*(?:-*>)?\s*\d+\s(.*)")  # "---> 12 code" of a traceback
LONGEST_NUMBERED = 1_000  # characters; longer lines would take the expression forever
ESCAPED = re.compile(r"\\[nrt]")
DRAWING = re.compile(r'<img[^<>]*"data:image/svg\+xml;base64,([^"]*)"[^<>]*>')
MARKUP = re.compile(r"<[^<>]{0,1000}>")
TELLING = 12  # characters that make a line recognisable inside another one


def redact(notebook: NotebookNode) -> None:
    """Remove hidden tests from sources and outputs, in place."""
    hidden: set[str] = set()
    for cell in notebook.cells:
        if is_grade(cell):
            hidden |= _cut_hidden_tests(cell)
    shown = {
        _squeezed(line) for cell in notebook.cells for line in cell.source.split("\n")
    }
    hidden = {line for line in hidden - shown if re.search(r"\w", line)}
    if not hidden:
        return
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            _redact_output(output, hidden)


def _cut_hidden_tests(cell: NotebookNode) -> set[str]:
    """Shorten the cell's source; returns what was hidden, line by line, without spaces."""
    kept, hidden = [], set()
    inside = False
    for line in cell.source.split("\n"):
        if BEGIN in line:
            inside = True
            kept.append(INSTEAD)
        elif END in line:
            inside = False
        elif inside:
            hidden.add(_squeezed(line))
        else:
            kept.append(line)
    cell.source = "\n".join(kept)
    return hidden


def _redact_output(output: NotebookNode, hidden: set[str]) -> None:
    if output.output_type == "stream":
        output.text = _redact_text(output.text, hidden)
    elif output.output_type == "error":
        output.ename = _redact_text(output.ename, hidden)
        output.evalue = _redact_text(output.evalue, hidden)
        output.traceback = [_redact_text(part, hidden) for part in output.traceback]
    else:
        for kind, content in output.get("data", {}).items():
            if isinstance(content, str) and not kind.startswith("image/png"):
                content = DRAWING.sub(lambda m: _redact_drawing(m, hidden), content)
                output.data[kind] = _redact_text(content, hidden)


def _redact_drawing(packed: re.Match, hidden: set[str]) -> str:
    """What `record` made an image of may have text in it."""
    try:
        text = base64.b64decode(packed[1]).decode("utf-8", "replace")
    except ValueError:
        return REDACTED
    return REDACTED if REDACTED in _redact_text(text, hidden) else packed[0]


def _redact_text(text: str, hidden: set[str]) -> str:
    lines = text.split("\n")
    shown = [REDACTED if _tells(line, hidden) else line for line in lines]
    once = [
        line
        for place, line in enumerate(shown)
        if line != REDACTED or place == 0 or shown[place - 1] != REDACTED
    ]
    return "\n".join(once)


def _tells(line: str, hidden: set[str]) -> bool:
    plain = ANSI.sub("", line)
    numbered = NUMBERED.fullmatch(plain) if len(plain) <= LONGEST_NUMBERED else None
    squeezed = _squeezed(plain)
    if squeezed in hidden or numbered and _squeezed(numbered[1]) in hidden:
        return True
    seen = {squeezed}
    if "\\" in plain:  # as repr() shows it, a whole cell on one line
        seen.add(_squeezed(ESCAPED.sub(" ", plain)).replace("\\", ""))
    if "<" in plain or "&" in plain:  # as HTML, with colours or without
        seen.add(_squeezed(unescape(MARKUP.sub("", plain))))
    if seen & hidden:
        return True
    told = [each for each in hidden if len(each) >= TELLING]
    return any(_bare(each) in text or each in text for text in seen for each in told)


def _bare(line: str) -> str:
    return line.replace("\\", "")


def _squeezed(line: str) -> str:
    """Without spaces, and in lower case: text is printed in capitals, too."""
    return "".join(line.split()).casefold()
