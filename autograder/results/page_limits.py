"""Keep a page small enough to open, whatever the notebook holds."""

from nbformat import NotebookNode
from nbformat.v4 import new_output

LONGEST_TEXT = 20_000  # characters of one output
LONGEST_SOURCE = 50_000  # characters of one cell
LARGEST_IMAGE = 3_000_000
# Characters of all cells and outputs of a page; colours and escapes make it some times more.
LARGEST_CONTENT = 8_000_000
LEFT_OUT = (
    "[left out here: the page would be too large; it is in the autograded notebook]"
)
CUT = "\n... cut here: the whole text is in the autograded notebook ..."


def shorten(notebook: NotebookNode) -> None:
    """Cut long cells and long outputs, in place."""
    for cell in notebook.cells:
        cell.source = _cut(cell.source, LONGEST_SOURCE)
        for output in cell.get("outputs", []):
            _shorten(output)


def fit(notebook: NotebookNode) -> None:
    """Leave out outputs, and then ungraded cells, that would make the page too large."""
    room = LARGEST_CONTENT
    for cell in sorted(
        notebook.cells, key=lambda cell: "nbgrader" not in cell.metadata
    ):
        if len(cell.source) > room:
            cell.source = LEFT_OUT
        room -= len(cell.source)
        for name, bundle in list(cell.get("attachments", {}).items()):
            size = len(str(bundle))
            if size > min(room, LARGEST_IMAGE):
                del cell.attachments[name]
            else:
                room -= size
        kept = []
        for output in cell.get("outputs", []):
            size = len(str(output))
            if size <= room:
                kept.append(output)
                room -= size
        if len(kept) < len(cell.get("outputs", [])):
            kept.append(new_output("stream", name="stdout", text=LEFT_OUT))
        if kept:
            cell.outputs = kept


def _shorten(output: NotebookNode) -> None:
    """A megabyte on one line helps nobody, and takes a browser minutes to lay out."""
    if output.output_type == "stream":
        output.text = _cut(output.text)
    elif output.output_type == "error":
        output.traceback = [_cut(part) for part in output.traceback]
    else:
        for kind, content in list(output.data.items()):
            if kind.startswith("image/") and len(str(content)) <= LARGEST_IMAGE:
                continue
            if isinstance(content, str) and len(content) > LONGEST_TEXT:
                del output.data[kind]
                output.data["text/plain"] = _cut(content)


def _cut(text: str, longest: int = LONGEST_TEXT) -> str:
    return text if len(text) <= longest else text[:longest] + CUT
