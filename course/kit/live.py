"""What every interactive figure shares: beside the live one stands a picture of it.

A page may hold the figure live, or have no kernel for it: a saved notebook that is opened
again, a web page, a printed copy. So two things are displayed: the figure, and a picture of
it as HTML, whose script hides the one that is not needed. Where no script runs, the picture is
all that shows.
"""

import base64
import io
from html import escape
from pathlib import Path
from typing import Any

import anywidget
from IPython.display import display
from matplotlib.figure import Figure

from course.kit.plot import style

SCRIPT = Path(__file__).with_name("live.js")


class LiveFigure(anywidget.AnyWidget):
    """An interactive figure. A subclass says its `_esm` and how it is drawn as a picture.

    Its JavaScript gives its root element the class "course-live".
    """

    def draw(self, figure: Figure) -> None:
        """Draw the present state; the figure is `style.WIDTH` wide."""
        raise NotImplementedError

    @property
    def caption(self) -> str:
        """What is said below the picture."""
        return ""

    def __repr__(self) -> str:
        return type(self).__name__

    @property
    def live(self) -> dict[str, Any]:
        """What a page with a kernel needs to show the figure."""
        made = super()._repr_mimebundle_()
        data = (made[0] if isinstance(made, tuple) else made) or {}
        return {**data, "text/plain": repr(self)}

    @property
    def twin(self) -> dict[str, str]:
        """The picture of the present state, for a page without a kernel."""
        picture = self.picture()
        said = f"<p>{escape(self.caption)}</p>" if self.caption else ""
        width = int.from_bytes(picture[16:20], "big") // 2  # of the PNG, from its head
        return {
            "text/plain": repr(self),
            "text/html": (
                f'<div class="course-twin"><img alt="{escape(repr(self))}" '
                f'style="max-width:100%" width="{width}" '
                f'src="data:image/png;base64,{_text(picture)}">{said}</div>'
                f"<script>\n{SCRIPT.read_text(encoding='utf-8')}</script>"
            ),
        }

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        """Both at once, for who asks for all forms."""
        return {**self.live, "image/png": _text(self.picture())}, {}

    def _ipython_display_(self, **kwargs: Any) -> None:
        display(self.live, raw=True)
        display(self.twin, raw=True)

    def picture(self) -> bytes:
        """The present state as a PNG."""
        figure = Figure(figsize=(style.WIDTH, style.WIDTH / 2), facecolor="white")
        self.draw(figure)
        return png_of(figure, box="tight")


def _text(png: bytes) -> str:
    return base64.b64encode(png).decode("ascii")


def png_of(figure: Figure, box: str | None = None) -> bytes:
    """A figure as a PNG with two pixels for each that the page gives it; box="tight" cuts borders."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=2 * style.DPI, bbox_inches=box)
    return buffer.getvalue()
