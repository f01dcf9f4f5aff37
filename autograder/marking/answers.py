"""Students' answers to a question: as harmless HTML, and which of them are equal or nearly so."""

import difflib
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.grading.cells import is_own
from autograder.grading.classroom import Classroom
from autograder.grading.sanitize import sanitized
from autograder.grading.submitted import MOST_NODES, notebook_files, read_start
from autograder.lessons.source import is_check
from autograder.marking.questions import Question, parts, read_cells
from autograder.reports.page import fit, page_exporter, shorten

NEAR = 0.8  # of the words, as difflib counts them
MOST_NEAR = 6
MOST_WORDS = 1_500  # of an answer that are compared
LARGEST_HANDED_IN = 20_000_000  # bytes


@dataclass(frozen=True)
class Shown:
    """An answer as the page shows it."""

    answer: str
    above: str  # what stands above the question: figures, and the student's own cells
    is_as_handed_in: (
        bool  # those figures are the student's, not those of the grading run
    )
    version: str


@dataclass(frozen=True)
class Near:
    """Another answer that is much like this one; `text` is HTML with the other words marked."""

    student: str
    ratio: float
    text: str


class Answers:
    """Reads the answers of a class; what it compares is kept until the notebook changes."""

    def __init__(self, room: Classroom) -> None:
        self.room = room
        self.exporter = page_exporter("basic")
        self._texts: dict[tuple[str, str, str], tuple[object, str]] = {}

    def text(self, question: Question, student: str) -> str:
        """What the student wrote; "" where there is no notebook."""
        path = self.room.autograded_notebook(student, question.lesson)
        try:
            found = path.stat()
        except OSError:
            return ""
        place = (question.lesson, question.name, student)
        stamp = (found.st_mtime_ns, found.st_size)
        if self._texts.get(place, (None, ""))[0] != stamp:
            answer = parts(read_cells(path), question.name).answer
            sources = [each.source for each in answer if not is_check(each)]
            self._texts[place] = (stamp, "\n\n".join(sources))
        return self._texts[place][1]

    def version(self, question: Question, student: str) -> str:
        """A short hash that is another one when the answer has changed."""
        text = self.text(question, student)
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

    def shown(self, question: Question, student: str) -> Shown:
        """The answer as HTML in which nothing runs, and what it is about."""
        version = self.version(question, student)
        path = self.room.autograded_notebook(student, question.lesson)
        found = parts(read_cells(path), question.name)
        answer = [
            _outputs_of(cell) if is_check(cell) else cell for cell in found.answer
        ]
        above = [cell if is_own(cell) else _outputs_of(cell) for cell in found.above]
        is_as_handed_in = False
        if not any(cell.get("outputs") for cell in above):
            outputs = self._handed_in(question.lesson, student)
            for cell, shown in zip(found.above, above):
                shown["outputs"] = outputs.get(cell.source.strip(), [])
                is_as_handed_in |= bool(shown["outputs"])
        above = [cell for cell in above if is_own(cell) or cell.get("outputs")]
        return Shown(self.page(answer), self.page(above), is_as_handed_in, version)

    def page(self, cells: Sequence[NotebookNode]) -> str:
        """The cells as HTML, sanitized and shortened as in a feedback page."""
        if not cells:
            return ""
        notebook = new_notebook(cells=json.loads(json.dumps(cells)))
        notebook = nbformat.from_dict(notebook)
        shorten(notebook)
        notebook = sanitized(notebook)
        fit(notebook)
        return self.exporter.from_notebook_node(notebook, {})[0]

    def markdown(self, text: str) -> str:
        """Text of the course as HTML."""
        return self.page([new_markdown_cell(text)]) if text else ""

    def equal(
        self, question: Question, student: str, others: Sequence[str]
    ) -> list[str]:
        """Who of the others wrote the same, but for spaces, capitals and a full stop."""
        mine = normal(self.text(question, student))
        if not mine or not question.is_written:
            return []
        return [
            other
            for other in others
            if other != student and normal(self.text(question, other)) == mine
        ]

    def near(
        self, question: Question, student: str, others: Sequence[str]
    ) -> list[Near]:
        """Those of the others who wrote almost the same, the most similar first."""
        mine = self.text(question, student)
        words = _words(mine)
        matcher = difflib.SequenceMatcher(autojunk=False)
        matcher.set_seq2(words)
        found = []
        for other in others if words and question.is_written else ():
            text = self.text(question, other)
            if other == student or normal(text) == normal(mine):
                continue
            matcher.set_seq1(_words(text))
            if matcher.real_quick_ratio() < NEAR or matcher.quick_ratio() < NEAR:
                continue
            if (ratio := matcher.ratio()) >= NEAR:
                found.append((ratio, other, text))
        found.sort(key=lambda each: (-each[0], each[1]))
        return [
            Near(other, ratio, _differences(mine, text))
            for ratio, other, text in found[:MOST_NEAR]
        ]

    def _handed_in(self, lesson: str, student: str) -> Mapping[str, list]:
        """Outputs of the notebook that was handed in, by the source of their cell.

        Figures between the tasks are not drawn again when it is graded.
        """
        found: dict[str, list] = {}
        for path in notebook_files(self.room.submitted / student / lesson):
            try:
                data = read_start(path, LARGEST_HANDED_IN)
                if data.count(b"{") + data.count(b"[") > MOST_NODES:
                    continue
                cells = json.loads(data.decode("utf-8"))["cells"]
                for cell in cells:
                    if cell["cell_type"] == "code" and cell.get("outputs"):
                        source = "".join(cell["source"]).strip()
                        found.setdefault(source, _outputs(cell["outputs"]))
            except (OSError, ValueError, LookupError, TypeError, AttributeError):
                continue  # a damaged file shows no figure
            except RecursionError:  # lists in lists, thousands deep
                continue
        return found


def normal(text: str) -> str:
    """The text by which two answers are the same one."""
    return " ".join(text.casefold().split()).rstrip(".")


def _words(text: str) -> list[str]:
    return normal(text).split()[:MOST_WORDS]


def _differences(mine: str, other: str) -> str:
    """The other text as HTML, with the words marked that mine does not have there."""
    ours, theirs = mine.split()[:MOST_WORDS], other.split()[:MOST_WORDS]
    matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    pieces = []
    for kind, _, _, start, end in matcher.get_opcodes():
        words = html.escape(" ".join(theirs[start:end]))
        if kind == "equal":
            pieces.append(words)
        elif kind == "delete":
            pieces.append('<del title="missing here">&hellip;</del>')
        else:
            pieces.append(f"<mark>{words}</mark>")
    return " ".join(pieces)


def _outputs_of(cell: NotebookNode) -> NotebookNode:
    """A cell with its outputs only."""
    made = NotebookNode(cell)
    made.metadata = NotebookNode(
        {**cell.metadata, "transient": {"remove_source": True}}
    )
    return made


def _outputs(raw: list) -> list[NotebookNode]:
    """Outputs of a student's file in the form that `sanitized` takes; others are left out."""
    made = []
    for output in raw:
        kind = output["output_type"]
        if kind == "stream":
            text = "".join(output["text"])
            made.append({"output_type": kind, "name": "stdout", "text": text})
        elif kind in ("display_data", "execute_result"):
            data = {
                str(form): "".join(content)
                for form, content in output["data"].items()
                if isinstance(content, (str, list))
            }
            made.append({"output_type": "display_data", "data": data, "metadata": {}})
    return nbformat.from_dict(made)
