"""`draw_digit`: a canvas to draw a digit on, and a small trained network that reads it.

A drawing is a list of strokes, a stroke a list of points (x, y), y downwards, in any unit. The
network reads a picture that is made as those of scikit-learn's digits were: what was drawn
fills the height or the width of a bitmap of 32 x 32, and each of 8 x 8 pixels is the share of
its 4 x 4 block with ink.

Layers of the network can be the learner's own functions: it still reads, and says how long
that took beside the course's own layers.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from course.kit.checkpoint import load_arrays
from course.kit.data.handwriting import picture_of
from course.kit.plot import style
from course.kit.pretrained import pretrained
from course.kit.widgets import LiveFigure, script

HERE = Path(__file__).parent
SAME = 1e-3  # how far the scores of two right implementations may be apart
EXAMPLE = [
    [[0.32, 0.2], [0.42, 0.1], [0.56, 0.1], [0.65, 0.2], [0.63, 0.33], [0.48, 0.45]]
    + [[0.63, 0.53], [0.69, 0.67], [0.63, 0.82], [0.48, 0.89], [0.32, 0.82]]
]


@dataclass(frozen=True)
class Reading:
    """What the network makes of a picture: ten shares, and a sentence about it."""

    shares: tuple[float, ...] = ()
    text: str = "Draw a digit."
    warning: str = ""

    @property
    def digit(self) -> int | None:
        return int(np.argmax(self.shares)) if self.shares else None


def draw_digit(
    network: Any = None,
    conv_forward: Callable | None = None,
    max_pool_forward: Callable | None = None,
) -> "DigitCanvas":
    """A canvas to draw a digit on: with a mouse, a finger or the arrow keys and space.

    A small trained network reads it: twice CONV, RELU, POOL, and FC. `conv_forward(x, w, b,
    stride, padding)` and `max_pool_forward(x, size, stride)`, which return (out, cache),
    take the place of its layers. Or give a `network` of your own with forward(x), from
    (1, 1, 8, 8) to scores (1, 10). Raises ValueError for a network and functions together.
    """
    if network is not None and (conv_forward or max_pool_forward):
        raise ValueError(
            "give a network, or functions that replace layers of the shipped one, not both"
        )
    return DigitCanvas(_reader(network, conv_forward, max_pool_forward))


class DigitCanvas(LiveFigure):
    """The canvas. From Python: `strokes`, lists of points (x, y) from 0 to 1, and `reading`."""

    _esm = script("draw.js")
    _css = HERE / "draw.css"

    strokes = traitlets.List().tag(sync=True)
    pixels = traitlets.List().tag(sync=True)
    shares = traitlets.List().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    warning = traitlets.Unicode().tag(sync=True)

    def __init__(self, read: Callable[[np.ndarray], Reading]) -> None:
        self._read = read
        super().__init__(strokes=EXAMPLE)
        self._show()
        self.observe(self._show, names="strokes")

    def _show(self, change: Any = None) -> None:
        picture = picture_of(self.strokes)
        self.reading = self._read(picture) if self.strokes else Reading()
        with self.hold_sync():
            self.pixels = picture.tolist()
            for name, value in asdict(self.reading).items():
                self.set_trait(name, list(value) if name == "shares" else value)

    @property
    def caption(self) -> str:
        return f"{self.text} {self.warning}".strip()

    def __repr__(self) -> str:
        return f"A canvas to draw a digit on. {self.caption}"

    def draw(self, figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        figure.set_size_inches(style.WIDTH, 3)
        drawing, picture, bars = figure.subplots(1, 3, width_ratios=(1, 1, 1.5))
        for stroke in self.strokes:
            drawing.plot(
                *np.transpose(stroke),
                color=style.INK,
                linewidth=9,
                solid_capstyle="round",
            )
        drawing.set(xlim=(0, 1), ylim=(1, 0), aspect="equal", xticks=[], yticks=[])
        drawing.set_title("drawn", loc="left", fontsize=11)
        picture.imshow(np.array(self.pixels), cmap="gray_r", vmin=0, vmax=1)
        picture.set_title("what the network sees", loc="left", fontsize=11)
        picture.set(xticks=[], yticks=[])
        shares = np.array(self.shares or [0.0] * 10)
        best = shares == shares.max()
        bars.barh(range(10), shares, color=np.where(best, style.BLUE, style.SKY))
        bars.set(xlim=(0, 1), yticks=range(10))
        bars.invert_yaxis()
        style.name_axes(bars, "share", "digit", f"it reads {self.reading.digit}")


def _reader(
    network: Any, conv: Callable | None, pool: Callable | None
) -> Callable[[np.ndarray], Reading]:
    """A function from a picture (8, 8) to its reading."""
    layers = Shipped()
    layers.forward(np.zeros((1, 1, 8, 8)))  # what is done once does not count
    own = {"conv": conv, "pool": pool}
    names = [_name(each) for each in own.values() if each is not None]

    def read(picture: np.ndarray) -> Reading:
        x = picture[np.newaxis, np.newaxis]
        course, course_seconds = _timed(layers.forward, x)
        if network is None and not names:
            return _reading(course, f"in {_time(course_seconds)}")
        try:
            run = network.forward if network is not None else layers.forward
            scores, seconds = _timed(run, x, **({} if network is not None else own))
            scores = _scores(scores)
        except NotImplementedError:
            warning = f"{_all(names) or 'The network'} is not written yet, so the course's layers read."
            return _reading(course, f"in {_time(course_seconds)}", warning)
        except Exception as error:  # noqa: BLE001 a learner's function may raise anything
            warning = f"{_all(names) or 'your network'} raised {type(error).__name__}: {error}"
            return _reading(course, "with the course's layers", warning)
        if network is not None:
            return _reading(scores, f"in {_time(seconds)} with your own network")
        how = f"in {_time(seconds)} with your {_all(names)}, in {_time(course_seconds)} with the course's"
        apart = np.abs(scores - course).max()
        warning = (
            ""
            if apart <= SAME
            else (
                f"With the course's layers the scores are others, by up to {apart:.2g}: "
                f"check({names[0]}) says why."
            )
        )
        return _reading(scores, how, warning)

    return read


class Shipped:
    """The trained network, with layers that can be replaced."""

    def __init__(self) -> None:
        self.weights = load_arrays(pretrained("digits"))

    def forward(
        self,
        x: np.ndarray,
        conv: Callable | None = None,
        pool: Callable | None = None,
    ) -> np.ndarray:
        """Scores (N, 10) of pictures (N, 1, 8, 8)."""
        for layer in (0, 3):
            w, b = self.weights[f"{layer}.w"], self.weights[f"{layer}.b"]
            x = conv(x, w, b, 1, 1)[0] if conv else _conv(x, w, b)
            x = np.maximum(x, 0)
            x = pool(x, 2, 2)[0] if pool else _pool(x)
        return x.reshape(len(x), -1) @ self.weights["6.w"] + self.weights["6.b"]


def _conv(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """3 x 3 filters, stride 1, padding 1."""
    x = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
    out = np.tensordot(windows, w, ((1, 4, 5), (1, 2, 3))) + b
    return out.transpose(0, 3, 1, 2)


def _pool(x: np.ndarray) -> np.ndarray:
    N, C, H, W = x.shape
    return x.reshape(N, C, H // 2, 2, W // 2, 2).max(axis=(3, 5))


def _timed(run: Callable, *arguments: Any, **named: Any) -> tuple[Any, float]:
    start = time.perf_counter()
    result = run(*arguments, **named)
    return result, time.perf_counter() - start


def _scores(scores: Any) -> np.ndarray:
    scores = np.asarray(scores, float)
    if scores.shape != (1, 10) or not np.isfinite(scores).all():
        raise ValueError(f"ten finite scores, (1, 10), are wanted, not {scores.shape}")
    return scores


def _reading(scores: np.ndarray, how: str, warning: str = "") -> Reading:
    shares = np.exp(scores[0] - scores[0].max())
    shares /= shares.sum()
    digit = int(np.argmax(shares))
    text = f"I read a {digit}, {how}."
    return Reading(tuple(shares.round(4).tolist()), text, warning)


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.2g} ms" if seconds < 1 else f"{seconds:.1f} s"


def _name(function: Callable) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _all(names: Sequence[str]) -> str:
    return " and ".join(names)
