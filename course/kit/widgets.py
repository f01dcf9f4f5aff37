"""Interactive figures. Where no kernel is live, the same step is shown as a picture."""

from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from course.kit.live import LiveFigure, script
from course.kit.plot import style, window_step

HERE = Path(__file__).parent
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
