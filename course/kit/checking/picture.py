"""A plane of numbers as a picture: PNG in an address, so that every notebook keeps it.

Scripts, styles and drawings are taken out of notebooks that are not trusted, and out of graded
ones; images that hold themselves are not.
"""

import base64
import struct
import zlib

import numpy as np

SIDE = 200  # pixels of the longer side, or nearly
LARGEST_CELL = 24
MOST_CELLS = 400  # along one side; of more, only some are drawn
FRAME, HALO = (214, 69, 0), (255, 255, 255)
STRANGE = (170, 0, 170)  # for nan and inf


def cell_size(plane: np.ndarray) -> int:
    """Pixels of one number's square."""
    return int(np.clip(SIDE // max(plane.shape), 1, LARGEST_CELL))


def grey(plane: np.ndarray, low: float, high: float) -> np.ndarray:
    """Colours of the numbers: `low` is dark, `high` is light, what is not finite is violet."""
    values = np.asarray(plane, np.float64)
    finite = np.isfinite(values)
    scaled = (np.where(finite, values, low) - low) / (high - low if high > low else 1.0)
    shade = (30 + 215 * np.clip(scaled, 0, 1)).astype(np.uint8)
    colours = np.repeat(shade[..., None], 3, axis=-1)
    colours[~finite] = STRANGE
    return colours


def spots(places: np.ndarray) -> np.ndarray:
    """Colours that show where a boolean plane is True: dark on light."""
    return grey(~places, 0, 1)


def source(
    colours: np.ndarray, frame: tuple[int, int, int, int] | None = None
) -> tuple[str, int, int]:
    """The address of the picture, its width and its height in pixels.

    `frame` is what is framed: the first row and column, and how many of each.
    """
    step = -(-max(colours.shape[:2]) // MOST_CELLS)
    side = cell_size(colours[::step, ::step, 0])
    pixels = colours[::step, ::step].repeat(side, axis=0).repeat(side, axis=1)
    pixels = np.pad(pixels, ((3, 3), (3, 3), (0, 0)), constant_values=128)
    if frame is not None:
        top, left, rows, columns = (each // step * side for each in frame)
        rows, columns = max(rows, side), max(columns, side)
        for width, colour in ((3, HALO), (2, FRAME)):
            _draw_frame(pixels, top + 3, left + 3, rows, columns, width, colour)
    packed = base64.b64encode(_png(pixels)).decode()
    return f"data:image/png;base64,{packed}", pixels.shape[1], pixels.shape[0]


def _draw_frame(
    pixels: np.ndarray,
    top: int,
    left: int,
    rows: int,
    columns: int,
    width: int,
    colour: tuple[int, int, int],
) -> None:
    """A line around the place, one pixel of it inside, the others outside."""
    out = width - 1
    inner = pixels[top + 1 : top + rows - 1, left + 1 : left + columns - 1].copy()
    first_row, first_column = max(top - out, 0), max(left - out, 0)
    pixels[first_row : top + rows + out, first_column : left + columns + out] = colour
    pixels[top + 1 : top + rows - 1, left + 1 : left + columns - 1] = inner


def _png(pixels: np.ndarray) -> bytes:
    """The file of a picture with red, green and blue from 0 to 255."""
    height, width, _ = pixels.shape
    rows = np.zeros(
        (height, 1 + 3 * width), np.uint8
    )  # each begins with its filter: none
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
