"""What the site shows and no file says: folded answers, cards of the lessons, what the kit has."""

import ast
import base64
import importlib
import inspect
import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from html import escape
from pathlib import Path
from types import FunctionType

from course.kit.syllabus import MODULE_OF_LESSON

ROOT = Path(__file__).parents[1]
LESSONS = [*MODULE_OF_LESSON, "bridge"]
# Which of its pictures stands for a lesson on the first page, counted from 0.
PICTURE = {
    "01_volumes": 10,
    "03_backprop": 6,
    "04_im2col": 2,
    "05_pooling": 6,
    "07_training": 8,
    "08_seeing": 4,
    "09_architectures": 9,
}
CARD_WIDTH = 560  # pixels, about twice what it is shown with
EXPLORED = ("digits", "shapes")
REDIRECT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Convolutional networks from scratch</title>
<meta http-equiv="refresh" content="0; url=docs/index.html"></head>
<body><a href="docs/index.html">The course</a></body></html>
"""
ANSWER = {
    "tags": ["hide-input"],
    "mystnb": {"code_prompt_show": "An answer", "code_prompt_hide": "An answer"},
}
# In running text of a docstring these mean what they are.
SIGNS = re.compile(r"[*_$<\[\]]")
CODE = re.compile(r"(`[^`]*`)")


def fill(name: str, text: list[str]) -> None:
    """Change the text of the page `name`, in place, before Sphinx reads it."""
    if name.startswith("solutions/"):
        text[0] = json.dumps(folded(json.loads(text[0])))
    if name.startswith("docs/"):
        for mark, make in {"cards": cards, "contents": contents, "kit": kit}.items():
            if f"<!-- {mark} -->" in text[0]:
                text[0] = text[0].replace(f"<!-- {mark} -->", make())


def notebook(folder: str, lesson: str) -> dict:
    path = ROOT / folder / lesson / f"{lesson}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell: dict) -> str:
    return "".join(cell["source"])


def folded(lesson: dict) -> dict:
    """A lesson to read: each task as a student gets it, and below it an answer in a fold."""
    stubs = {}
    if (name := lesson["metadata"]["course"].get("lesson")) in MODULE_OF_LESSON:
        stubs = {
            cell["id"]: source(cell) for cell in notebook("notebooks", name)["cells"]
        }
    cells: list[dict] = []
    answer: list[dict] = []  # waits, since a hint may come first
    for cell in lesson["cells"]:
        metadata, text = cell["metadata"], source(cell)
        is_text = cell["cell_type"] == "markdown"
        if not (is_text and text.startswith("<details>")):
            cells += answer
            answer = []
        is_answer = metadata.get("nbgrader", {}).get("solution")
        if is_answer and is_text:
            title = "A good answer, and how it is marked"
            text = f"<details><summary>{title}</summary>\n\n{_bare(text)}\n\n</details>"
            cell["source"] = text
        elif is_answer:
            answer = [{**cell, "source": _bare(text), "metadata": ANSWER}]
            stub = f"```{{code-block}} python\n:class: task\n\n{stubs[cell['id']]}\n```"
            task = {"cell_type": "markdown", "metadata": {}, "source": stub}
            cell = {"id": f"{cell['id']}-task", **task}
        elif metadata.get("jupyter", {}).get("source_hidden"):
            metadata["tags"] = ["remove-input"]
        for output in cell.get("outputs", []):
            # What a program reads of a failed check; people have it as HTML.
            output.get("data", {}).pop("application/vnd.course.check+json", None)
        cells.append(cell)
        if is_text:
            cells += answer
            answer = []
    return {**lesson, "cells": cells}


def _bare(text: str) -> str:
    return re.sub(r"^ *### (BEGIN|END) SOLUTION.*\n?", "", text, flags=re.MULTILINE)


def heading(lesson: str) -> tuple[str, str]:
    """Name of a lesson and the question that it asks."""
    first = source(notebook("solutions", lesson)["cells"][0]).split("\n")[0]
    name, _, question = first.removeprefix("# ").partition(": ")
    number = lesson.partition("_")[0]
    return f"{number} {name}" if number.isdecimal() else name, question


def contents() -> str:
    """The lessons for the table of contents."""
    rows = [f"{heading(x)[0]} <../solutions/{x}/{x}>" for x in LESSONS]
    return "```{toctree}\n:caption: Lessons\n:hidden:\n\n" + "\n".join(rows) + "\n```"


def cards() -> str:
    """A card with a picture for each lesson."""
    found = []
    for lesson in LESSONS:
        name, question = heading(lesson)
        module = MODULE_OF_LESSON.get(lesson)
        builds = f"<code>course.{module}</code>" if module else "no points"
        question = question[:1].upper() + question[1:]
        found.append(
            f'<a class="lesson-card" href="../solutions/{lesson}/{lesson}.html">'
            f'<img src="../_static/lessons/{lesson}.png" alt="">'
            f"<strong>{escape(name)}</strong><span>{escape(question)}</span>"
            f"<small>{builds}</small></a>"
        )
    return '<div class="lesson-cards">\n' + "\n".join(found) + "\n</div>"


def pictures(lesson: str) -> Iterator[bytes]:
    for cell in notebook("solutions", lesson)["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                yield base64.b64decode("".join(output["data"]["image/png"]))


def kit() -> str:
    """What lessons import of course.kit: signatures, and docstrings as text."""
    texts = []
    for module, names in sorted(imported().items()):
        about = importlib.import_module(module)
        texts.append(f"## `{module}`\n\n{_prose(inspect.getdoc(about) or '')}")
        for name in names:
            thing = getattr(about, name, None)  # None: a module in it
            if inspect.isclass(thing) or inspect.isfunction(thing):
                text = _prose(inspect.getdoc(thing) or "")
                texts.append(f"### {name}\n\n{_call(thing)}\n\n{text}")
    return "\n\n".join(texts)


def _call(thing: type | FunctionType) -> str:
    try:
        signature = str(inspect.signature(thing))
    except ValueError:  # an exception has none
        return ""
    signature = re.sub(r"<class '([^']+)'>", r"\1", signature)
    signature = re.sub(
        r"\b(?:course|collections|typing|pathlib)\.[\w.]*\b(\w+)", r"\1", signature
    )
    signature = signature.replace("numpy.random._generator", "np.random")
    return f"```python\n{thing.__name__}{signature.replace('numpy.', 'np.')}\n```"


def imported() -> dict[str, list[str]]:
    """The names that lessons take from each module; all of a module taken as a whole."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "solutions").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    if node.module.startswith("course.kit"):
                        found.setdefault(node.module, set()).add(alias.name)
    whole = importlib.import_module("course.kit")
    for name in found["course.kit"]:
        if not inspect.isfunction(getattr(whole, name, None)):
            with suppress(ModuleNotFoundError):  # a class has no module of its name
                module = importlib.import_module(f"course.kit.{name}")
                found.setdefault(module.__name__, set()).update(module.__all__)
    return {module: sorted(names) for module, names in found.items()}


def _prose(text: str) -> str:
    """A docstring as Markdown: code stays code, and nothing else is markup."""
    lines = []
    for line in text.split("\n"):
        if not line.startswith("    "):
            parts = CODE.split(line)
            parts[::2] = [SIGNS.sub(r"\\\g<0>", part) for part in parts[::2]]
            line = "".join(parts)
        lines.append(line)
    return "\n".join(lines)


def finish(folder: Path) -> None:
    """Write what is no page of Sphinx's: pictures of the cards, explorers, the way to page one."""
    from PIL import Image, ImageChops

    from course.kit.page import export_page, read_network

    folder = Path(folder)
    (folder / "index.html").write_text(REDIRECT, encoding="utf-8")
    here = folder / "_static" / "lessons"
    here.mkdir(parents=True, exist_ok=True)
    for lesson in LESSONS:
        found = list(pictures(lesson))
        picture = found[min(PICTURE.get(lesson, 0), len(found) - 1)]
        with Image.open(io.BytesIO(picture)) as image:
            whole = image.convert("RGB")
        white = Image.new("RGB", whole.size, "white")
        small = whole.crop(ImageChops.difference(whole, white).getbbox())
        small.thumbnail((CARD_WIDTH, 2 * CARD_WIDTH))
        small = small.crop((0, 0, small.width, min(small.height, small.width * 5 // 9)))
        small.quantize(128).save(here / f"{lesson}.png", optimize=True)
    for name in EXPLORED:
        saved = read_network(name)
        export_page(
            saved.network,
            folder / "_static" / f"explorer-{name}.html",
            classes=saved.classes,
            mean=saved.mean,
            samples=saved.samples,
            title=saved.title,
        )
