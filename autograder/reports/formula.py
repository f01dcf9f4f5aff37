"""A formula of a text as a picture, so that a page shows it without a script or a network.

matplotlib's mathtext sets it: a good part of TeX, no macros, no files, no links.
"""

import base64
import io
from functools import lru_cache
from html import escape

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser

LONGEST = 400  # characters of a formula
DEEPEST = 12  # braces in braces
SHARP = 3  # pixels of the picture for each that the page gives it
FONT = FontProperties(size=12, math_fontfamily="cm")


@lru_cache(2_000)
def formula_html(tex: str, is_block: bool = False) -> str | None:
    """An <img> of the formula `tex`, without its dollars; None for what cannot be set."""
    tex = " ".join(tex.split())
    if len(tex) > LONGEST or _depth(tex) > DEEPEST:
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


def _depth(tex: str) -> int:
    deepest = depth = 0
    for sign in tex:
        depth += (sign == "{") - (sign == "}")
        deepest = max(deepest, depth)
    return deepest
