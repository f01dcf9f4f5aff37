"""Make a student's markdown and outputs harmless, for every page that shows them.

`record` does it to what stands in autograded/; pages do it again, and their
Content-Security-Policy stands behind it. Everything works by a list of what is allowed: nh3
(the ammonia library) keeps known elements and attributes of HTML and drops the rest. Links to
the web stay links; to this server, where the reader is logged in, there are none. Images are
kept only where the notebook itself holds them: nothing is fetched when a page opens.
"""

import base64
import binascii
import html
import re

import nh3
from nbformat import NotebookNode
from pygments.token import STANDARD_TYPES

from autograder.grading.cells import is_own, is_solution

# Elements that ammonia keeps and that a page of marks has no use for. MathJax reads a formula
# across a <wbr>, and so would find a command there that nobody else sees.
UNWANTED = {"map", "area", "article", "header", "footer", "nav", "wbr"}
TAGS = set(nh3.ALLOWED_TAGS) - UNWANTED
ATTRIBUTES = {
    "*": {"class", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "col": {"align", "span"},
}
# Those that colour code; any other could put a student's text over the page's own.
CLASSES = {name for name in STANDARD_TYPES.values() if name} | {
    "highlight",
    "dataframe",
}
IMAGE = re.compile(
    r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*"
)
SVG = "data:image/svg+xml;base64,"
WEB = re.compile(r"https?://|mailto:|#", re.IGNORECASE)
PICTURES = ("image/png", "image/jpeg")
NUMBERS = ("width", "height")
LARGEST_SIDE = 5_000  # pixels
NEEDS_SCRIPT = "[an output that needs a script to be seen]"

# Of markdown: what would begin an element, an image or a link, where it is not allowed.
REFERENCE = re.compile(
    r"&#[0-9]{1,7};?|&#[xX][0-9a-fA-F]{1,6};?|&[a-zA-Z][a-zA-Z0-9]{1,31};"
)
NAMES = "|".join(sorted(TAGS - {"a", "img"}))
TAG = re.compile(
    rf"<(?P<name>/?(?:{NAMES}))(?=[\s/>])[^<>]*>|<(?P<url>https?://[^\s<>]*)>",
    re.IGNORECASE,
)
BEGIN_TAG = re.compile(rf"<(?=[a-z/!?])(?!/?(?:{NAMES})>)", re.IGNORECASE)
HELD = r"attachment:|data:image/(?:png|jpeg|gif|webp);base64,"
ATTACHED = re.compile(r"\]\(attachment:([^)]*)")
BEGIN_IMAGE = re.compile(rf"!(?=\[)(?!\[[^\[\]]{{0,300}}\]\((?:{HELD}))")
BEGIN_LINK = re.compile(
    rf"\](?=[(:])(?![(:][\s>]{{0,9}}<?(?:{HELD}|{WEB.pattern}))", re.IGNORECASE
)
# Of formulas, in MathJax 2 and 3: links, styles, names of elements, and more commands.
ACTIVE_TEX = re.compile(
    r"\\(?=(?:href|url|class|cssId|style|data|require|unicode|mmlToken|bbox)(?![a-zA-Z]))"
)
STEERS = re.compile(
    r"\x1b(?!\[[0-9;]{0,30}m)|[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]"
)


def safe_html(text: str) -> str:
    """The HTML without scripts, styles, forms, frames, and whatever would be fetched."""
    clean = nh3.clean(
        text,
        tags=TAGS,
        clean_content_tags={"script", "style", "template", "title", "noscript"},
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
    )
    return _safe_tex(clean)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return " ".join(word for word in value.split() if word in CLASSES) or None
    if name == "src":
        return value if IMAGE.fullmatch(value) else None
    if name == "href" and not WEB.match(value):
        return None
    if name in NUMBERS and not (value.isdecimal() and int(value) <= LARGEST_SIDE):
        return None
    return value


def sanitized(notebook: NotebookNode) -> NotebookNode:
    """A copy of a graded notebook in which nothing of the student's runs or is fetched.

    What is allowed is kept, anything else becomes text: written answers and the student's own
    cells, attachments, outputs. Source of code stays as it is, since it is shown as text only.
    Twice is the same as once.
    """
    metadata = (
        NotebookNode()
    )  # the rest is what a kernel says: language, state of widgets
    if "kernelspec" in notebook.metadata:
        metadata.kernelspec = notebook.metadata.kernelspec
    cells = [_cell(cell) for cell in notebook.cells]
    return NotebookNode({**notebook, "metadata": metadata, "cells": cells})


def _cell(cell: NotebookNode) -> NotebookNode:
    made = NotebookNode(cell)
    if cell.cell_type == "code":
        made.outputs = [_output(output) for output in cell.get("outputs", [])]
    elif is_solution(cell) or is_own(cell):
        made.source = safe_source(cell)
        if "attachments" in cell:
            made.attachments = _attachments(cell)
    return made


def safe_source(cell: NotebookNode) -> str:
    """The text of a student's cell; code stays as it is."""
    if cell.cell_type == "code":
        return cell.source
    held = _attachments(cell)
    # nbconvert gives up a page on which a picture is missing.
    return safe_markdown(
        ATTACHED.sub(
            lambda m: m[0] if m[1] in held else f"] (attachment:{m[1]}", cell.source
        )
    )


def safe_markdown(source: str) -> str:
    """Markdown that is harmless with whatever renders it, JupyterLab and MathJax included.

    Tags without attributes, links to the web and pictures that the notebook holds are kept.
    The rest gets a space where it would begin to mean something, and is shown as text.
    """
    decoded = None
    while decoded != source:  # a reference may stand for a colon or for a backslash
        decoded, source = source, REFERENCE.sub(lambda m: html.unescape(m[0]), source)
    source = TAG.sub(lambda m: m["url"] or f"<{m['name']}>", source)
    source = BEGIN_TAG.sub("< ", source)
    source = BEGIN_IMAGE.sub("! ", source)
    return _safe_tex(BEGIN_LINK.sub("] ", source))


def _safe_tex(text: str) -> str:
    """Without the commands with which a formula reaches out of itself."""
    return ACTIVE_TEX.sub(r"\\ ", text)


def _attachments(cell: NotebookNode) -> NotebookNode:
    return NotebookNode(
        {
            name: NotebookNode(kept)
            for name, bundle in cell.get("attachments", {}).items()
            if isinstance(bundle, dict) and (kept := _pictures(bundle))
        }
    )


def _pictures(bundle: dict) -> dict[str, str]:
    return {
        kind: "".join(bundle[kind].split())
        for kind in PICTURES
        if isinstance(bundle.get(kind), str) and _is_base64(bundle[kind])
    }


def _output(output: NotebookNode) -> NotebookNode:
    made = NotebookNode(output)
    if output.output_type == "stream":
        made.text = _printable(output.text)
    elif output.output_type == "error":
        made.ename, made.evalue = _printable(output.ename), _printable(output.evalue)
        made.traceback = [_printable(line) for line in output.traceback]
    else:
        given = output.get("metadata", {})
        made.data = _forms(output.get("data", {}))
        # Unquoted attributes in nbconvert's template: only numbers may get there.
        sizes = {kind: _sizes(given.get(kind)) for kind in made.data}
        made.metadata = NotebookNode({k: size for k, size in sizes.items() if size})
    return made


def _printable(text: str) -> str:
    """Without what steers a terminal, but for colours."""
    return STEERS.sub("", text)


def _forms(data: NotebookNode) -> NotebookNode:
    """The form that is best to look at, and the text; what needs a script is its text only."""
    kinds = {kind: text for kind, text in data.items() if isinstance(text, str)}
    made = {}
    if "text/html" in kinds:
        clean = safe_html(kinds["text/html"])
        if re.search("<img[^>]* src=", clean) or re.sub(r"<[^>]*>|\s", "", clean):
            made["text/html"] = clean
    if not made and "text/markdown" in kinds:
        made["text/markdown"] = safe_markdown(kinds["text/markdown"])
    if not made and "image/svg+xml" in kinds:
        # As an image a drawing runs no script and fetches nothing.
        packed = base64.b64encode(kinds["image/svg+xml"].encode("utf-8", "replace"))
        made["text/html"] = f'<img alt="" src="{SVG}{packed.decode()}">'
    made = made or _pictures(kinds)
    if "text/plain" in kinds:
        made["text/plain"] = _printable(kinds["text/plain"])
    elif not made:
        made["text/plain"] = _printable(kinds.get("text/latex") or NEEDS_SCRIPT)
    return NotebookNode(made)


def _sizes(metadata: object) -> NotebookNode:
    if not isinstance(metadata, dict):
        return NotebookNode()
    return NotebookNode(
        {
            name: metadata[name]
            for name in NUMBERS
            if type(metadata.get(name)) is int and 0 < metadata[name] <= LARGEST_SIDE
        }
    )


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        return False


def as_text(source: str) -> str:
    """The source itself, for markdown that cannot be rendered."""
    return f"<pre>{html.escape(source)}</pre>"
