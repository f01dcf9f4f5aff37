"""A figure with sliders and clicks: Python draws it anew at every change."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course.kit.live import LiveFigure, png_of
from course.kit.plot import number_grid, style

HERE = Path(__file__).parent

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

    _esm = HERE / "explorer.js"
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


def name_of(ax: Axes) -> str:
    """The label by which a click tells one picture of the figure from another."""
    return ax.get_label()


LEGIBLE = 12  # rows or columns of numbers in the usual size


def squares(ax: Axes, numbers: np.ndarray, title: str, name: str) -> Axes:
    """Numbers (H, W), each written into its square; a click on the axes finds `name`."""
    number_grid(numbers, title, ax=ax)
    if max(numbers.shape) > LEGIBLE:
        ax.set(xticks=[], yticks=[])
        for text in ax.texts:
            text.set_fontsize(6)
    ax.set(xlabel="", ylabel="", label=name)
    return ax


def frame(
    ax: Axes,
    top: float,
    left: float,
    height: int = 1,
    width: int = 1,
    colour: str = style.RED,
) -> None:
    """A frame around squares of `ax`."""
    ax.add_patch(
        Rectangle(
            (left - 0.5, top - 0.5),
            width,
            height,
            fill=False,
            edgecolor=colour,
            linewidth=3,
            clip_on=False,
        )
    )
