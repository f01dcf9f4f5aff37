"""Make a learner's markdown and outputs harmless before they stand on a page.

nh3 (the ammonia library) keeps a list of known elements and attributes and drops the rest;
the page's Content-Security-Policy stands behind it. Links stay links, images are kept only
when the page itself holds them: nothing is fetched when the page opens.
"""

import base64
import binascii
import html
import re

import nh3
from nbformat import NotebookNode
from pygments.token import STANDARD_TYPES

# Elements that ammonia keeps and that a page of marks has no use for.
UNWANTED = {"map", "area", "article", "header", "footer", "nav"}
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
# Those that colour code; any other could put a learner's text over the page's own.
CLASSES = {name for name in STANDARD_TYPES.values() if name} | {
    "highlight",
    "dataframe",
}
IMAGE = re.compile(
    r"data:image/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*"
)
PICTURES = ("image/png", "image/jpeg")
NUMBERS = ("width", "height")
LARGEST_SIDE = 5_000  # pixels


def safe_html(text: str) -> str:
    """The HTML without scripts, styles, forms, frames, and whatever would be fetched."""
    return nh3.clean(
        text,
        tags=TAGS,
        clean_content_tags={"script", "style", "template", "title", "noscript"},
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return " ".join(word for word in value.split() if word in CLASSES) or None
    if name == "src":
        return value if IMAGE.fullmatch(value) else None
    if name == "href" and value.strip().lower().startswith("data:"):
        return None
    if name in NUMBERS and not (value.isdecimal() and int(value) <= LARGEST_SIDE):
        return None
    return value


def safe_outputs(notebook: NotebookNode) -> None:
    """Leave of each rich output the one form that is best to look at, made harmless."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type in ("display_data", "execute_result"):
                given = output.get("metadata", {})
                output.data, kind = _best(output.get("data", {}))
                # Unquoted attributes in nbconvert's template: only numbers may get there.
                output.metadata = NotebookNode({kind: _sizes(given.get(kind, {}))})


def _best(data: NotebookNode) -> tuple[NotebookNode, str]:
    """One kind and its content; what needs a script or a CDN falls back to its text."""
    kinds = {kind: text for kind, text in data.items() if isinstance(text, str)}
    made = {}
    if "text/html" in kinds:
        clean = safe_html(kinds["text/html"])
        if "<img" in clean or re.sub(r"<[^>]*>|\s", "", clean):
            made["text/html"] = clean
    if not made and "text/markdown" in kinds:
        made["text/markdown"] = kinds["text/markdown"]  # cleaned when it is rendered
    if not made and "image/svg+xml" in kinds:
        # As an image a drawing runs no script and fetches nothing.
        packed = base64.b64encode(kinds["image/svg+xml"].encode("utf-8", "replace"))
        source = f"data:image/svg+xml;base64,{packed.decode()}"
        made["text/html"] = f'<img alt="" src="{source}"/>'
    for kind in PICTURES:
        if not made and _is_base64(kinds.get(kind, "")):
            made[kind] = "".join(kinds[kind].split())
    if not made:
        text = kinds.get("text/plain") or kinds.get("text/latex")
        made["text/plain"] = text or "[an output that needs a script to be seen]"
    return NotebookNode(made), next(iter(made))


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
