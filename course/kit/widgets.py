"""Interactive figures: what all of them share, one with sliders, and a filter that slides.

A page may hold the figure live, or have no kernel for it: a saved notebook that is opened
again, a web page, a printed copy. So two things are displayed: the figure, and a picture of
it as HTML, whose script hides the one that is not needed. Where no script runs, the picture is
all that shows.
"""

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from IPython.display import display
from matplotlib.figure import Figure

from course.kit.plot import style, window_step

HERE = Path(__file__).parent
SCRIPT = HERE / "live.js"


def script(name: str) -> str:
    """The JavaScript of a figure, from a file in this folder, behind what all figures share."""
    files = (HERE / "live_figure.js", HERE / name)
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


class LiveFigure(anywidget.AnyWidget):
    """An interactive figure. A subclass says its `_esm`, as `script` gives it, and how it is
    drawn as a picture. Its JavaScript makes its root element with rootOf(className).
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


Draw = Callable[..., str]
Click = Callable[..., Mapping[str, int] | None]


@dataclass(frozen=True)
class Slider:
    """A whole number from low to high; `texts` are shown in place of low, low + 1, ..."""

    label: str
    low: int
    high: int
    start: int
    texts: tuple[str, ...] = ()


class Explorer(LiveFigure):
    """`draw(figure, **values)` draws, and returns a sentence about what is to be seen.

    sliders: by the name of the value. click(ax, x, y, **values): what a click at (x, y) of
    these axes, in their own units, changes; None for nothing. arrows: the names of the
    values that the arrow keys change, up and down, left and right. What the
    learner's functions raise is shown as a sentence.
    """

    _esm = script("explorer.js")
    _css = HERE / "explorer.css"

    title = traitlets.Unicode().tag(sync=True)
    sliders = traitlets.List().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    arrows = traitlets.List().tag(sync=True)
    clicked = traitlets.List().tag(sync=True)  # shares of width and height, and a count
    image = traitlets.Unicode().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    problem = traitlets.Bool().tag(sync=True)

    def __init__(
        self,
        title: str,
        sliders: Mapping[str, Slider],
        draw: Draw,
        click: Click | None = None,
        arrows: tuple[str, str] = ("", ""),
        height: float = 3.6,
    ) -> None:
        self._draw, self._click, self._height = draw, click, height
        super().__init__(
            title=title,
            sliders=[{"name": n, **vars(each)} for n, each in sliders.items()],
            values={name: each.start for name, each in sliders.items()},
            arrows=list(arrows),
        )
        self._show()
        self.observe(self._show, names="values")
        self.observe(self._clicked, names="clicked")

    def draw(self, figure: Figure) -> None:
        figure.set_size_inches(style.WIDTH, self._height)
        figure.set_layout_engine("constrained")
        problem = True
        try:
            text = self._draw(figure, **self._bounded())
            problem = False
        except NotImplementedError as error:
            text = f"To be written first: {error}"
        except Exception as error:  # noqa: BLE001 a learner's function may raise anything
            text = f"{type(error).__name__}: {error}"
        if problem:
            figure.clear()
            figure.text(0.5, 0.5, text, ha="center", va="center", wrap=True)
        self.text, self.problem = text, problem

    def _bounded(self) -> dict[str, int]:
        return {
            each["name"]: max(
                each["low"], min(each["high"], int(self.values[each["name"]]))
            )
            for each in self.sliders
        }

    def _show(self, change: Any = None) -> None:
        self._figure = Figure(facecolor="white")
        self.draw(self._figure)
        self.image = base64.b64encode(png_of(self._figure)).decode("ascii")

    def _clicked(self, change: Any) -> None:
        if self._click is None or self.problem:
            return
        across, down, _ = self.clicked
        point = self._figure.bbox.width * across, self._figure.bbox.height * (1 - down)
        for ax in self._figure.axes:
            if ax.bbox.contains(*point):
                x, y = ax.transData.inverted().transform(point)
                new = self._click(ax, float(x), float(y), **self._bounded())
                self.values = {**self.values, **(new or {})}

    @property
    def caption(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{self.title} {self.text}"


LARGEST_FILTER = 5
LARGEST_STRIDE = 4
LARGEST_PADDING = 2


class SlidingWindow(LiveFigure):
    """A filter on a small image, one place at a time: window, products, sum, output.

    image: (C, H, W) or (H, W), up to 12 x 12. weights: one filter (C, FH, FW) or (FH, FW), up to 5 x 5.
    In the live figure the place, the weights, the size of the filter, stride and padding can be changed; from Python
    they are the attributes row, column, weights, filter_height, filter_width, stride and padding.
    Raises ValueError for arrays that do not go together. Hyperparameters that do not fit are shown as such, in red.
    """

    _esm = script("sliding_window.js")
    _css = HERE / "sliding_window.css"

    image = traitlets.List().tag(sync=True)
    weights = traitlets.List().tag(sync=True)
    bias = traitlets.Float().tag(sync=True)
    filter_height = traitlets.Int(min=1, max=LARGEST_FILTER).tag(sync=True)
    filter_width = traitlets.Int(min=1, max=LARGEST_FILTER).tag(sync=True)
    stride = traitlets.Int(min=1, max=LARGEST_STRIDE).tag(sync=True)
    padding = traitlets.Int(min=0, max=LARGEST_PADDING).tag(sync=True)
    row = traitlets.Int(min=0).tag(sync=True)
    column = traitlets.Int(min=0).tag(sync=True)

    def __init__(
        self,
        image: np.ndarray,
        weights: np.ndarray,
        bias: float = 0,
        stride: int = 1,
        padding: int = 0,
        row: int = 0,
        column: int = 0,
    ) -> None:
        image, weights = (
            _volume("image", image, 12),
            _volume("weights", weights, LARGEST_FILTER),
        )
        if len(image) != len(weights):
            raise ValueError(
                f"the image has {len(image)} channels, the filter {len(weights)}: they must be the same"
            )
        _, FH, FW = weights.shape
        # Weights for the largest filter, so that the figure can enlarge this one.
        room = np.zeros((len(weights), LARGEST_FILTER, LARGEST_FILTER), weights.dtype)
        room[:, :FH, :FW] = weights
        super().__init__(
            image=image.tolist(),
            weights=room.tolist(),
            bias=float(bias),
            filter_height=FH,
            filter_width=FW,
            stride=stride,
            padding=padding,
            row=row,
            column=column,
        )

    @property
    def step(self) -> dict[str, Any]:
        """What the picture of the present step needs, as arguments of `plot.window_step`."""
        weights = np.array(self.weights)[:, : self.filter_height, : self.filter_width]
        return {
            "image": np.array(self.image),
            "weights": weights,
            "bias": self.bias,
            "stride": self.stride,
            "padding": self.padding,
            "row": self.row,
            "column": self.column,
        }

    def __repr__(self) -> str:
        C, H, W = np.shape(self.image)
        return (
            f"SlidingWindow: image {C}x{H}x{W}, filter {C}x{self.filter_height}x{self.filter_width}, "
            f"stride {self.stride}, padding {self.padding}, place ({self.row}, {self.column})"
        )

    def draw(self, figure: Figure) -> None:
        figure.set_size_inches(style.WIDTH, style.WIDTH * 0.62)
        window_step(**self.step, ax=figure.subplots())


def _volume(name: str, array: np.ndarray, largest: int) -> np.ndarray:
    """(C, H, W) of finite numbers, small enough to be read."""
    array = np.asarray(array)
    if array.ndim == 2:
        array = array[np.newaxis]
    if array.ndim != 3 or 0 in array.shape:
        raise ValueError(f"{name} must be (C, H, W) or (H, W), not {array.shape}")
    if max(array.shape[1:]) > largest:
        raise ValueError(
            f"{name} is {array.shape[1]} high and {array.shape[2]} wide: at most {largest} x {largest} can be shown"
        )
    if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
        raise ValueError(f"{name} must hold finite numbers")
    return array.astype(int) if array.dtype.kind == "b" else array
