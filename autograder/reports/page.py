"""Cells of a student's notebook as HTML: made fast, small enough to open, harmless."""

import base64
import functools
import io
import re
import time
from html import escape
from pathlib import Path
from typing import Any

import nbgrader
from jinja2 import pass_context as contextfilter
from jinja2.runtime import Context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_output
from traitlets.config import Config

from autograder.grading.sanitize import as_text, safe_html

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
LONGEST_TEXT = 20_000  # characters of one output
LONGEST_SOURCE = 50_000  # characters of one cell
LARGEST_IMAGE = 3_000_000
# Characters of all cells and outputs of a page; colours and escapes make it some times more.
LARGEST_CONTENT = 8_000_000
LEFT_OUT = (
    "[left out here: the page would be too large; it is in the autograded notebook]"
)
CUT = "\n... cut here: the whole text is in the autograded notebook ..."
LONGEST_FORMULA = 400  # characters
DEEPEST = 12  # braces in braces
SHARP = 3  # pixels of the picture for each that the page gives it
FONT = FontProperties(size=12, math_fontfamily="cm")


def page_exporter(template: str = "basic") -> HTMLExporter:
    """An exporter with this template: nbconvert's "basic" is the cells and nothing around them.

    Formgrader's own, "formgrade", needs nbgrader's resources.
    """
    config = Config()
    config.Exporter.default_preprocessors = []
    config.HTMLExporter.template_name = template
    config.HTMLExporter.exclude_anchor_links = True
    config.HTMLExporter.extra_template_basedirs = [str(FORMGRADER / "templates")]
    config.HTMLExporter.extra_template_paths = [str(STYLES)]
    exporter = _PageExporter(config=config)
    exporter.register_preprocessor(CSSHTMLHeaderPreprocessor, enabled=True)
    return exporter


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
        return page, resources

    def _preprocess(
        self, nb: NotebookNode, resources: dict
    ) -> tuple[NotebookNode, dict]:
        """Cells alone need no styles; to check them against nbformat takes as long as the rest."""
        if self.template_name == "basic":
            return nb, resources
        return super()._preprocess(nb, resources)

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


@functools.lru_cache(2_000)
def formula_html(tex: str, is_block: bool = False) -> str | None:
    """An <img> of the formula `tex`, without its dollars; None for what cannot be set.

    A page shows it without a script or a network. matplotlib's mathtext sets it: a good part of
    TeX, no macros, no files, no links.
    """
    tex = " ".join(tex.split())
    if len(tex) > LONGEST_FORMULA or _braces(tex) > DEEPEST:
        return None
    shown = tex.replace(r"\frac", r"\dfrac") if is_block else tex
    try:
        png, width, height, depth = _picture(f"${shown}$")
    except (ValueError, RuntimeError):  # RecursionError, too
        return None
    source = base64.b64encode(png).decode("ascii")
    look = (
        "display:block;margin:0.6em auto"
        if is_block
        else f"vertical-align:-{depth:.1f}px"
    )
    return (
        f'<img class="formula" alt="{escape(tex)}" style="{look}" width="{width:.0f}" '
        f'height="{height:.0f}" src="data:image/png;base64,{source}">'
    )


def _picture(text: str) -> tuple[bytes, float, float, float]:
    """A PNG, and in pixels of the page its width, its height, and how far it hangs down."""
    parsed = MathTextParser("path").parse(text, dpi=72, prop=FONT)
    width, height, depth = parsed[0] + 2, parsed[1] + 2, parsed[2] + 1
    figure = Figure(figsize=(width / 72, height / 72), facecolor="none")
    figure.text(1 / width, depth / height, text, fontproperties=FONT)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=96 * SHARP)
    scale = 96 / 72
    return buffer.getvalue(), width * scale, height * scale, depth * scale


def _braces(tex: str) -> int:
    deepest = depth = 0
    for sign in tex:
        depth += (sign == "{") - (sign == "}")
        deepest = max(deepest, depth)
    return deepest
