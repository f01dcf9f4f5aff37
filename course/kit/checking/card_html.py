"""The card as HTML, for notebooks.

It is read in three states. Trusted, JupyterLab keeps the <style> and the colours follow its
theme. Not trusted, it keeps elements, images and some `style` attributes; on the feedback
pages only elements and images are left. So what must be seen is said by elements: tables
with their headers, <mark> and a sign for what is wrong, images that hold themselves: a plane
of numbers is a PNG in an address.
"""

import base64
import struct
import zlib
from collections.abc import Sequence
from html import escape

import numpy as np

from course.kit.checking.card_text import Card
from course.kit.checking.describe import code_lines, number
from course.kit.checking.excerpt import Excerpt, Plane, Window

CAPTION = '<caption style="text-align:left;white-space:nowrap">'
LEFT = 'align="left" style="text-align:left"'
SIGN = "\N{MULTIPLICATION X}"
BESIDE = "display:inline-block;vertical-align:top;margin:4px 28px 8px 0"
CLOSE = "display:inline-block;vertical-align:top;margin:0 8px 0 0"
FRAMED = "border:2px solid"
LIST_STYLE = """.course-check{--cc-line:var(--jp-border-color1,#8888);max-width:60em;
line-height:1.45;border-left:4px solid var(--cc-side);padding:2px 0 2px 14px}
.course-check h4{font-size:1.15em;font-weight:bold;margin:.2em 0 .4em}
.course-check table{border-collapse:collapse;margin:0}
.course-check :is(td,th){border:1px solid var(--cc-line);padding:2px 8px}
.course-check tr{background:none!important}
.course-check th{font-weight:normal;opacity:.75}
.cc-list :is(td,th){text-align:left;vertical-align:top}
.cc-list code{white-space:pre-wrap}
.course-check summary{cursor:pointer}"""
CARD_STYLE = """.course-check h5{font-size:1em;font-weight:bold;margin:.9em 0 .2em}
.course-check p{margin:.2em 0}
.course-check pre{background:var(--jp-layout-color2,#8881)!important;
padding:5px 9px!important;margin:.4em 0!important;white-space:pre-wrap}
.course-check caption{padding:2px 0;caption-side:top}
.course-check :is(td,th){text-align:right;font-variant-numeric:tabular-nums}
.course-check mark{background:#ffd8d1;color:#7a0c00;padding:0 3px;border-radius:2px}
.course-check .cc-first{border:2px solid var(--cc-side)!important}
.course-check img{image-rendering:pixelated;max-width:none;display:block}"""
GOOD, BAD = "var(--jp-success-color1,#2e7d32)", "var(--jp-error-color1,#c62828)"

SIDE = 200  # pixels of the longer side, or nearly
LARGEST_CELL = 24
MOST_CELLS = 400  # along one side; of more, only some are drawn
FRAME, HALO = (214, 69, 0), (255, 255, 255)
STRANGE = (170, 0, 170)  # for nan and inf


def of_passed(text: str, rows: Sequence[tuple[str, str, str]]) -> str:
    """One line, which unfolds into the list of cases, if there is one."""
    line = f"<code>{escape(text)}</code>"
    inner = _details(line, _list(rows)) if rows else line
    return _framed(GOOD, LIST_STYLE, f"Passed check: {text}", inner)


def of_cases(head: str, rows: Sequence[tuple[str, str, str]]) -> str:
    """The list of all cases."""
    inner = f"<h4>{escape(head)}</h4>{_list(rows)}"
    return _framed(GOOD, LIST_STYLE, f"Cases of {head}", inner)


def of_failure(card: Card) -> str:
    """The whole card."""
    told = card.told
    parts = [f"<h4>{escape(told.diagnosis or card.title)}</h4>"]
    parts += [f"<p>{escape(card.title)}</p>"] if told.diagnosis else []
    parts += [_code(told.call)] if told.call else []
    parts += [f"<p>{escape(each)}</p>" for each in card.given]
    parts += (
        [_details("What this test does", _code(card.source))] if card.source else []
    )
    excerpt = card.excerpt
    lines = told.lines
    if lines:
        parts.append(f"<pre>{escape(_dedented(lines))}</pre>")
    if excerpt is not None:
        parts.append(_numbers(excerpt))
        if not excerpt.whole and len(excerpt.rows) > 1:
            parts.append(_pictures(excerpt.plane))
    if card.window is not None:
        title = f"The window of x[{card.window.image}] that it comes from"
        parts += [f"<h5>{title}: {card.window.where}</h5>", _window(card.window)]
    if card.run:
        code = "\n".join(line for each in card.run for line in code_lines(each))
        parts += [f"<h5>{escape(card.run_title)}</h5>", f"<pre>{escape(code)}</pre>"]
    parts += [f"<p>{escape(card.count)}</p>"] if card.count else []
    label = f"Failed check: {card.title}"
    return _framed(BAD, f"{LIST_STYLE}\n{CARD_STYLE}", label, "".join(parts))


def _framed(side: str, style: str, label: str, inner: str) -> str:
    return (
        f'<style>\n{style}\n</style><div class="course-check" role="group" '
        f'style="--cc-side:{side}" aria-label="{escape(label)}">{inner}</div>'
    )


def _list(rows: Sequence[tuple[str, str, str]]) -> str:
    head = "".join(
        f'<th scope="col" {LEFT}>{name}</th>' for name in ("", "case", "call", "wanted")
    )
    body = "".join(
        f'<tr><th scope="row">{index}</th><td {LEFT}>{escape(title)}</td>'
        f"<td {LEFT}><code>{escape(call) or '(several calls)'}</code></td>"
        f"<td {LEFT}><code>{escape(want)}</code></td></tr>"
        for index, (title, call, want) in enumerate(rows)
    )
    return f'<table class="cc-list"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _code(code: str) -> str:
    lines = code.split("\n") if "\n" in code else code_lines(code)
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def _details(summary: str, inner: str) -> str:
    return f"<details><summary>{summary}</summary>{inner}</details>"


def _dedented(lines: Sequence[str]) -> str:
    return "\n".join(line.removeprefix("  ") for line in lines)


def _numbers(excerpt: Excerpt) -> str:
    """What was wanted beside what was got, with the wrong numbers marked."""
    name = f"{excerpt.plane.name}{'' if excerpt.whole else ', in part'}"
    right = np.zeros_like(excerpt.wrong)
    tables = ""
    for caption, texts, wrong in (
        (f"wanted{name}", excerpt.wanted, right),
        (f"got{name} ({SIGN} is wrong)", excerpt.got, excerpt.wrong),
    ):
        cells = [
            [_cell(t, wrong[r, c], (r, c) == excerpt.first) for c, t in enumerate(row)]
            for r, row in enumerate(texts)
        ]
        table = _table(caption, excerpt.rows, excerpt.columns, cells)
        tables += f'<div style="{BESIDE}">{table}</div>'
    return f"<div>{tables}</div>"


def _cell(text: str, wrong: bool = False, first: bool = False) -> str:
    frame = f' class="cc-first" style="{FRAMED}"' if first else ""
    shown = f"<mark>{SIGN} {escape(text)}</mark>" if wrong else escape(text)
    return f"<td{frame}>{shown}</td>"


def _cells(texts: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[_cell(text) for text in row] for row in texts]


def _table(
    caption: str, rows: Sequence, columns: Sequence, cells: Sequence[Sequence[str]]
) -> str:
    """A table with its headers; without `columns` it has none, as without `rows`."""
    heads = ["<td></td>"] if rows else []
    heads += [f'<th scope="col">{column}</th>' for column in columns]
    head = f"<thead><tr>{''.join(heads)}</tr></thead>" if columns else ""
    body = ""
    for index, line in enumerate(cells):
        label = f'<th scope="row">{rows[index]}</th>' if rows else ""
        body += f"<tr>{label}{''.join(line)}</tr>"
    return f"<table>{CAPTION}{escape(caption)}</caption>{head}<tbody>{body}</tbody></table>"


def _pictures(plane: Plane) -> str:
    """The whole plane as it is wanted, as it is, and where it is wrong."""
    low, high = _range(plane.want)
    frame = (*plane.first, 1, 1)
    size = " x ".join(map(str, plane.wrong.shape))
    count = np.count_nonzero(plane.wrong)
    where = f"row {plane.first[0]}, column {plane.first[1]}"
    named = (
        ("wanted", grey(plane.want, low, high), "the wanted numbers"),
        ("got", grey(plane.got, low, high), "the numbers that came out"),
        ("wrong", spots(plane.wrong), f"the {count} wrong places, dark"),
    )
    figures = "".join(
        _figure(
            f"{name}{plane.name}",
            picture(colours, frame),
            f"{size} numbers as squares: {what}; framed is the first wrong one, {where}",
        )
        for name, colours, what in named
    )
    scale = f"dark is {number(low)}, light is {number(high)}"
    return f"<div>{figures}</div><p>{size} numbers; {scale}; framed: {where}, the first wrong one.</p>"


def _figure(caption: str, image: tuple[str, int, int], alt: str) -> str:
    source, width, height = image
    return (
        f'<figure style="{BESIDE}"><figcaption>{escape(caption)}</figcaption>'
        f'<img src="{source}" width="{width}" height="{height}" alt="{escape(alt)}"></figure>'
    )


def _window(window: Window) -> str:
    """The image with the window framed, and its numbers, channel by channel."""
    _, _, height, width = window.x.shape
    plane = window.x[window.image, window.channels[0]]
    colours = grey(plane, *_range(plane))
    top, left = max(window.rows[0], 0), max(window.columns[0], 0)
    bottom = min(window.rows[-1], height - 1)
    right = min(window.columns[-1], width - 1)
    frame = (top, left, bottom - top + 1, right - left + 1)
    name = f"x[{window.image}, {window.channels[0]}]"
    alt = f"{height} x {width} numbers of {name} as squares; framed: {window.where}"
    parts = [_figure(name, picture(colours, frame), alt)]
    for channel in window.shown:
        number = window.channels[channel]
        name, texts = f"x[{window.image}, {number}]", window.texts(channel)
        tables = [_table(name, window.rows, window.columns, _cells(texts))]
        if filter_texts := window.filter_texts(channel):
            name = f"times w[{window.unit}, {number}]"
            tables.append(_table(name, (), (), _cells(filter_texts)))
        tables = "".join(f'<div style="{CLOSE}">{table}</div>' for table in tables)
        parts.append(f'<div style="{BESIDE}">{tables}</div>')
    left_out = len(window.channels) - len(window.shown)
    more = f" {left_out} more channels are not shown." if left_out else ""
    padding = " In brackets: the padding." if window.has_padding else ""
    return f"<div>{''.join(parts)}</div><p>{escape(window.sum_up + padding + more)}</p>"


def _range(plane: np.ndarray) -> tuple[float, float]:
    finite = plane[np.isfinite(plane)].astype(float)
    if not finite.size or finite.min() == finite.max():
        return (
            (float(finite.min()) - 1, float(finite.max()) + 1)
            if finite.size
            else (0.0, 1.0)
        )
    return float(finite.min()), float(finite.max())


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


def picture(
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
