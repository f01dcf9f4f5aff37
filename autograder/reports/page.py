"""nbgrader's pages about a submission: made fast, small enough to open, without hidden tests.

Lines of hidden tests go from the checks, and from every output that shows one: tracebacks
show the lines around the one that failed, and a student's code can print what it runs. What
a failed check says (its message) stays. Text that was disguised on purpose is not found.
"""

import base64
import functools
import math
import re
import time
from html import escape, unescape
from pathlib import Path
from typing import Any

import nbgrader
from jinja2 import pass_context as contextfilter
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import is_grade
from traitlets.config import Config

from autograder.grading.cells import ANSI
from autograder.grading.sanitize import as_text, safe_html
from autograder.reports.formula import formula_html

FORMGRADER = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader"
STYLES = FORMGRADER / "static" / "node_modules" / "bootstrap" / "dist" / "css"
CELLS_REMEMBERED = 2_000
# What takes the markdown parser time that grows with its square: 30,000 brackets, 17 s.
MOST_BRACKETS = 1_000
MOST_FORMULAS = 500  # of one page that are set; others stay as they were written
# Where the formula of this number will stand. The signs are for private use: no text has them.
FORMULA = re.compile("\ue000([0-9]+)\ue001")
PRIVATE = str.maketrans("", "", "\ue000\ue001")
TAG_OR_FORMULA = re.compile(rf'(<[^"<>]*(?:"[^"]*"[^"<>]*)*>)|{FORMULA.pattern}')
MARKDOWN_SECONDS = 10  # of one page; what comes after is shown as it was written
NOT_MARKED = re.compile(r"Score: nan / ([0-9.]+)(?=\)| <a href=\"#top\")")
LONGEST_TEXT = 20_000  # characters of one output
LONGEST_SOURCE = 50_000  # characters of one cell
LARGEST_IMAGE = 3_000_000
# Characters of all cells and outputs of a page; colours and escapes make it some times more.
LARGEST_CONTENT = 8_000_000
LEFT_OUT = (
    "[left out here: the page would be too large; it is in the autograded notebook]"
)
CUT = "\n... cut here: the whole text is in the autograded notebook ..."
BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
INSTEAD = "# More cases run here when your work is graded."
REDACTED = "    [a line of a hidden test]"
NUMBERED = re.compile(r"\s*(?:-*>)?\s*\d+\s(.*)")  # "---> 12 code" of a traceback
LONGEST_NUMBERED = 1_000  # characters; longer lines would take the expression forever
ESCAPED = re.compile(r"\\[nrt]")
DRAWING = re.compile(r'<img[^<>]*"data:image/svg\+xml;base64,([^"]*)"[^<>]*>')
MARKUP = re.compile(r"<[^<>]{0,1000}>")
TELLING = 12  # characters that make a line recognisable inside another one


def page_exporter(template: str = "feedback") -> HTMLExporter:
    """An exporter with this template of nbgrader's; give it nbgrader's resources.

    That of feedback gets the marks from nbgrader's GetGrades.
    """
    config = Config()
    config.Exporter.default_preprocessors = []
    config.HTMLExporter.template_name = template
    config.HTMLExporter.exclude_anchor_links = True
    config.HTMLExporter.extra_template_basedirs = [str(FORMGRADER / "templates")]
    config.HTMLExporter.extra_template_paths = [str(STYLES)]
    exporter = _PageExporter(config=config)
    if template == "feedback":
        exporter.register_preprocessor(_Marks, enabled=True)
    exporter.register_preprocessor(CSSHTMLHeaderPreprocessor, enabled=True)
    return exporter


class _Marks(GetGrades):
    """Gives the template no number where a person has still to mark the answer."""

    def _get_score(self, cell: NotebookNode, resources: dict) -> None:
        grade = self.gradebook.find_grade(
            cell.metadata.nbgrader["grade_id"],
            self.notebook_id,
            self.assignment_id,
            self.student_id,
        )
        is_open = grade.needs_manual_grade and grade.manual_score is None
        cell.metadata.nbgrader["score"] = math.nan if is_open else grade.score
        cell.metadata.nbgrader["points"] = grade.max_score


class _Formulas(IPythonRenderer):
    """Leaves a mark where a formula is to stand, and keeps it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tex: list[str] = []
        self.blocks: set[int] = set()  # which of them have a line of their own

    def inline_math(self, body: str) -> str:
        self.tex.append(body)
        return f"\ue000{len(self.tex) - 1}\ue001"

    def block_math(self, body: str) -> str:
        self.blocks.add(len(self.tex))
        return self.inline_math(body)


class _PageExporter(HTMLExporter):
    """Colours a cell once for all students who have it, and does not parse the finished page.

    HTMLExporter parses it to put a fixed text on images that have none, which takes longer
    than all the rest.
    """

    def __init__(self, **options):
        super().__init__(**options)
        colour = Highlight2HTML(pygments_lexer="ipython3", parent=self)
        self.coloured = functools.lru_cache(CELLS_REMEMBERED)(colour)

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **options
    ) -> tuple[str, dict]:
        resources = self._init_resources(resources)
        self.markdown_seconds, self.formulas = 0.0, 0
        data_types = WidgetsDataTypeFilter(
            notebook_metadata=self._nb_metadata, parent=self, resources=resources
        )
        self.register_filter("filter_data_type", data_types)
        self.register_filter(
            "highlight_code", lambda source, **place: self.coloured(source)
        )
        self.register_filter("markdown2html", self.safe_markdown)
        page, resources = TemplateExporter.from_notebook_node(
            self, nb, resources, **options
        )
        return NOT_MARKED.sub(r"not marked yet, of \1", page), resources

    @contextfilter
    def safe_markdown(self, context: Context, source: str) -> str:
        """Markdown as HTML in which nothing runs; its text where it cannot be rendered."""
        is_late = self.markdown_seconds > MARKDOWN_SECONDS
        if is_late or source.count("[") > MOST_BRACKETS:
            return as_text(source)
        started = time.process_time()
        try:
            return self._with_formulas(context, source)
        except Exception:  # noqa: BLE001 a student's text must not cost them the page
            return as_text(source)
        finally:
            self.markdown_seconds += time.process_time() - started

    def _with_formulas(self, context: Context, source: str) -> str:
        """The formulas are set after the rest was made harmless: they come from here."""
        renderer = _Formulas(
            escape=False,
            attachments=context.get("cell", {}).get("attachments", {}),
            exclude_anchor_links=self.exclude_anchor_links,
        )
        text = MarkdownWithMath(renderer=renderer).render(source.translate(PRIVATE))

        def formula(found: re.Match) -> str:
            if found[1]:  # a tag: an image may have a formula in its text
                return FORMULA.sub(lambda f: escape(renderer.tex[int(f[1])]), found[1])
            number = int(found[2])
            tex, is_block = renderer.tex[number], number in renderer.blocks
            self.formulas += 1
            done = self.formulas <= MOST_FORMULAS and formula_html(tex, is_block)
            return done or escape(f"$${tex}$$" if is_block else f"${tex}$")

        return TAG_OR_FORMULA.sub(formula, safe_html(text))


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
