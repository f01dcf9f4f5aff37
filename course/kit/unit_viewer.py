"""An interactive figure: click a unit of a network, see what it sees of the image."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from course.kit.plot import style, unit_and_field
from course.kit.receptive_field import Field, unit_field
from course.kit.widgets import LiveFigure, script

HERE = Path(__file__).parent
LARGEST = 64  # pixels
DIGITS = 4


class UnitViewer(LiveFigure):
    """Choose an image, a layer and a channel; click a unit: its receptive field is framed.

    network: a Sequential. images (N, C, H, W) are what it is given, C = 1 or 3, up to
    64 x 64 pixels. pictures: the same as they should look, from 0 to 1; without them,
    images are shown from their lowest to their highest value. names: one per image.
    layer, channel, row and column are where the figure begins. Layers whose output is
    (N, K, HO, WO) can be chosen. From Python the state is in the attributes image, layer,
    channel, row and column. Without a kernel, a picture of the present state is shown.
    Raises ValueError for images that do not fit, and for a layer that has no maps.
    """

    _esm = script("unit_viewer.js")
    _css = HERE / "unit_viewer.css"

    image = traitlets.Int(min=0).tag(sync=True)
    layer = traitlets.Int(min=0).tag(sync=True)
    channel = traitlets.Int(min=0).tag(sync=True)
    row = traitlets.Int(min=0).tag(sync=True)
    column = traitlets.Int(min=0).tag(sync=True)
    names = traitlets.List().tag(sync=True)
    layers = traitlets.List().tag(sync=True)  # pairs (place, name)
    pixels = traitlets.List().tag(sync=True)  # rows of (red, green, blue), 0 to 255
    maps = traitlets.List().tag(sync=True)  # of the present image and layer
    field = traitlets.Dict().tag(sync=True)  # size, step and start of the present layer
    shown = traitlets.List().tag(
        sync=True
    )  # [image, layer] that pixels and maps belong to

    def __init__(
        self,
        network: Any,
        images: np.ndarray,
        pictures: np.ndarray | None = None,
        names: Sequence[str] | None = None,
        image: int = 0,
        layer: int = 0,
        channel: int = 0,
        row: int | None = None,
        column: int | None = None,
    ) -> None:
        images = np.asarray(images)
        if images.ndim != 4 or images.shape[1] not in (1, 3) or 0 in images.shape:
            raise ValueError(
                f"images must be (N, C, H, W) with 1 or 3 channels, not {images.shape}"
            )
        if max(images.shape[2:]) > LARGEST:
            raise ValueError(
                f"images of {images.shape[2]} x {images.shape[3]} pixels: at most "
                f"{LARGEST} x {LARGEST} can be shown"
            )
        if pictures is not None and np.shape(pictures) != images.shape:
            raise ValueError(
                f"pictures are {np.shape(pictures)}, images {images.shape}: give the same"
            )
        names = [str(n) for n in (names if names is not None else range(len(images)))]
        if len(names) != len(images):
            raise ValueError(f"{len(names)} names for {len(images)} images")
        if not 0 <= image < len(images):
            raise ValueError(
                f"there is no image {image}: choose 0 to {len(images) - 1}"
            )
        self._network, self._images = network, images
        self._pictures = _as_pictures(images if pictures is None else pictures)
        self._volumes: dict[int, list[np.ndarray]] = {}
        self._fields: dict[int, Field] = {}
        layers = [
            (place, f"{place} {type(each).__name__}")
            for place, each in enumerate(network.layers)
            if self._volume(image, place).ndim == 4
        ]
        if layer not in dict(layers):
            raise ValueError(
                f"layer {layer} has no maps: choose {', '.join(str(p) for p, _ in layers)}"
            )
        _, K, HO, WO = self._volume(image, layer).shape
        if not 0 <= channel < K:
            raise ValueError(f"there is no channel {channel}: choose 0 to {K - 1}")
        super().__init__(
            image=image,
            layer=layer,
            channel=channel,
            row=min(HO // 2 if row is None else row, HO - 1),
            column=min(WO // 2 if column is None else column, WO - 1),
            names=names,
            layers=[list(pair) for pair in layers],
        )
        self._show()
        self.observe(self._show, names=["image", "layer"])

    def _volume(self, image: int, layer: int) -> np.ndarray:
        """The output of a layer for one image; those of all layers are computed at once."""
        if image not in self._volumes:
            x, volumes = self._images[image : image + 1], []
            for each in self._network.layers:
                x = each.forward(x)
                volumes.append(x)
            self._volumes[image] = volumes
        return self._volumes[image][layer]

    def _field(self) -> Field:
        if self.layer not in self._fields:
            shape = self._images.shape[1:]
            self._fields[self.layer] = unit_field(self._network, self.layer, shape)
        return self._fields[self.layer]

    def _show(self, change: Any = None) -> None:
        """Hand the present image and the maps of the present layer to the page."""
        image, known = min(self.image, len(self.names) - 1), [p for p, _ in self.layers]
        if image != self.image or self.layer not in known:
            return  # nothing that can be shown: the page keeps what it has
        volume = self._volume(image, self.layer)[0]
        K, HO, WO = volume.shape
        field = self._field()
        with self.hold_sync():
            self.channel = min(self.channel, K - 1)
            self.row, self.column = min(self.row, HO - 1), min(self.column, WO - 1)
            self.pixels = np.rint(255 * self._pictures[image]).astype(int).tolist()
            rounded = [[float(f"{v:.{DIGITS}g}") for v in m.ravel()] for m in volume]
            self.maps = [np.reshape(m, (HO, WO)).tolist() for m in rounded]
            self.field = {
                "size": list(field.size),
                "step": list(field.step),
                "start": list(field.start),
            }
            self.shown = [image, self.layer]

    def __repr__(self) -> str:
        name = dict(map(tuple, self.layers))[self.layer]
        return (
            f"UnitViewer: image {self.image} ({self.names[self.image]}), layer {name}, "
            f"channel {self.channel}, unit ({self.row}, {self.column})"
        )

    def draw(self, figure: Figure) -> None:
        figure.set_layout_engine("constrained")
        figure.set_size_inches(style.WIDTH, 3.0)
        picture = self._pictures[self.image].transpose(2, 0, 1)
        name = dict(map(tuple, self.layers))[self.layer]
        unit_and_field(
            picture,
            self._volume(self.image, self.layer)[0, self.channel],
            self._field(),
            self.row,
            self.column,
            f"{name}, channel {self.channel}",
            axes=list(figure.subplots(1, 3)),
        )


def _as_pictures(images: np.ndarray) -> np.ndarray:
    """(N, H, W, 3) from 0 to 1."""
    images = np.asarray(images, dtype=float)
    low, high = images.min(), images.max()
    if low < 0 or high > 1:
        images = (images - low) / ((high - low) or 1.0)
    return np.repeat(images, 4 - images.shape[1], axis=1)[:, :3].transpose(0, 2, 3, 1)
