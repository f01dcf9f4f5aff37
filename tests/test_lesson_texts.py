"""What lessons promise about each other, and the sources that they name."""

import ast
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import jupytext
import pytest

from autograder.lessons import BRIDGE, checkout, find_lessons
from course.kit.notebook_cells import cell_name

ROOT = checkout()
LESSONS = [lesson.name for lesson in find_lessons(ROOT)]
HEAD = "| you built | used again in |"
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "autograder/**/*.md", "course/**/*.md")
    for path in ROOT.glob(pattern)
)
LEARNERS = (
    "autograder/release/templates/"  # what lies there goes to the top of a release
)
LINK = re.compile(r"\[[^\]]+\]\(([^)]*)\)")
BARE = re.compile(r"https?://[^\s)>\]\"'`]+")


@cache
def notebook(name: str):
    return jupytext.read(ROOT / "solutions" / f"{name}.py")


def texts(name: str) -> list[str]:
    return [
        cell.source for cell in notebook(name).cells if cell.cell_type == "markdown"
    ]


def used_again(name: str) -> list[tuple[list[str], str]]:
    """The rows of a lesson's table: the names it built, and what is said about their use."""
    rows = []
    for text in texts(name):
        if HEAD not in text:
            continue
        for line in text.partition(HEAD)[2].split("\n")[2:]:
            if not line.startswith("|"):
                break
            built, use = (part.strip() for part in line.strip("| ").split(" | ", 1))
            rows.append((re.findall(r"`([^`]+)`", built), use))
    return rows


def lessons_said(use: str) -> list[str]:
    """The lessons that a text names: lesson 08; lessons 03, 04 and 09; lessons 08 to 10."""
    said = set()
    for numbers in re.findall(r"lessons? ((?:\d\d(?:, | and | to )?)+)", use):
        for first, last in re.findall(r"(\d\d) to (\d\d)", numbers):
            said.update(f"{number:02}" for number in range(int(first), int(last) + 1))
        said.update(re.findall(r"\d\d", numbers))
    return [lesson for lesson in LESSONS if lesson[:2] in said]


@cache
def imported(name: str) -> frozenset[str]:
    """Names of course modules that a lesson uses, itself or through the kit."""
    code = [cell.source for cell in notebook(name).cells if cell.cell_type == "code"]
    found: set[str] = set()
    waiting, seen = ["\n".join(code)], set()
    while waiting:
        for node in ast.walk(ast.parse(waiting.pop())):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            if node.module.startswith("course.kit"):
                parts = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
                files = [path for part in parts for path in kit_files(part)]
                waiting += [
                    path.read_text("utf-8") for path in files if path not in seen
                ]
                seen.update(files)
            elif node.module.startswith("course."):
                found.update(f"{node.module[7:]}.{alias.name}" for alias in node.names)
    return frozenset(found)


def kit_files(module: str) -> list[Path]:
    path = ROOT.joinpath(*module.split("."))
    found = [path.with_suffix(".py"), path / "__init__.py"]
    return [file for file in found if file.is_file()]


@pytest.mark.parametrize("lesson", find_lessons(ROOT), ids=lambda lesson: lesson.name)
def test_what_is_used_again_is_imported_there(lesson):
    """A row names lessons, each of which imports something of it; or says: here."""
    later = LESSONS[LESSONS.index(lesson.name) + 1 :]
    wrong = []
    for names, use in used_again(lesson.name):
        users = {
            name: [
                other for other in later if f"{lesson.module}.{name}" in imported(other)
            ]
            for name in names
        }
        said = lessons_said(use)
        idle = [
            one for one in said if not any(one in found for found in users.values())
        ]
        if idle:
            wrong.append(f"{', '.join(names)}: nothing of it is imported in {idle}")
        if said or not use.startswith("here"):
            unused = [name for name, found in users.items() if not found]
            if unused:
                wrong.append(
                    f"{', '.join(unused)}: {use!r}, but no later lesson imports it"
                )
    assert wrong == []


def test_every_lesson_before_the_last_has_the_table():
    assert [name for name in LESSONS[:-1] if not used_again(name)] == []


def test_the_rule_can_fail():
    assert lessons_said("lessons 03, 04 and 09") == [
        "03_backprop",
        "04_im2col",
        "09_architectures",
    ]
    assert lessons_said("lessons 08 to 10, and lesson 02")[0] == "02_convolution"
    assert len(lessons_said("lessons 08 to 10")) == 3
    assert lessons_said("here") == []
    assert "pooling.avg_pool_forward" in imported("09_architectures")  # through the kit
    assert "geometry.output_size" in imported("02_convolution")
    assert "geometry.crop_to_fit" not in imported("02_convolution")


def all_texts() -> list[tuple[str, Path, str]]:
    """Every text with links: what it is called, where it lies, and what it says."""
    found = [
        (f"{name}, {cell_name(cell, place)}", ROOT / "solutions" / name, cell.source)
        for name in (*LESSONS, BRIDGE)
        for place, cell in enumerate(notebook(name).cells, start=1)
        if cell.cell_type == "markdown"
    ]
    for name in DOCUMENTS:
        text = (ROOT / name).read_text(encoding="utf-8")
        folder = ROOT if name.startswith(LEARNERS) else (ROOT / name).parent
        found.append((name, folder, re.sub(r"```.*?```", "", text, flags=re.DOTALL)))
    return found


def anchors(path: Path) -> set[str]:
    """What headings of a Markdown file are called in links, as GitHub and Sphinx do it."""
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def link_problem(address: str, folder: Path) -> str | None:
    """What is wrong with the address of a link in a text in `folder`; nothing is fetched."""
    if not address or re.search(r"\s", address):
        return "is empty or has a space in it"
    parts = urlsplit(address)
    if not parts.scheme:
        target = folder / parts.path
        if "{{" in address:
            return None
        if not target.exists():
            return "leads to no file"
        if parts.fragment and parts.fragment not in anchors(target):
            return "leads to no heading of that file"
        return None
    if parts.scheme != "https":
        return "does not begin with https://"
    if not re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.netloc):
        return "has no name of a host"
    if parts.netloc == "arxiv.org" and not re.fullmatch(
        r"/abs/\d{4}\.\d{4,5}", parts.path
    ):
        return "is no arXiv address such as https://arxiv.org/abs/1409.1556"
    if parts.netloc == "doi.org" and not re.fullmatch(r"/10\.\d{4,}/\S+", parts.path):
        return "is no DOI such as https://doi.org/10.1109/5.726791"
    return "ends with punctuation" if address[-1] in ".,;:" else None


def test_links_are_well_formed():
    wrong = []
    for name, folder, text in all_texts():
        addresses = [*LINK.findall(text), *BARE.findall(LINK.sub("", text))]
        for address in addresses:
            problem = link_problem(address, folder)
            if problem:
                wrong.append(f"{name}: {address!r} {problem}")
    assert wrong == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://arxiv.org/abs/1409.1556",
        "https://arxiv.org/pdf/1409.1556",
        "https://doi.org/5.726791",
        "https://localhost/page",
        "https://cs231n.github.io/a page",
        "https://cs231n.github.io/.",
        "no_such_file.md",
        "autograder/README.md#no-such-heading",
    ],
)
def test_a_malformed_link_is_seen(address):
    assert link_problem(address, ROOT)


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_ends_with_a_link_to_the_next_and_to_the_glossary(name):
    """In its last text; after the last lesson comes the bridge."""
    following = [*LESSONS, BRIDGE][LESSONS.index(name) + 1]
    wanted = [f"../{following}/{following}.ipynb"]
    found = [a for a in LINK.findall(texts(name)[-1]) if a.startswith("../")]
    assert found == [*wanted, "../../docs/glossary.md"]


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_ends_with_further_reading(name):
    """Three sources or more, by title and link."""
    _, heading, sources = "\n".join(texts(name)).rpartition("## Further reading")
    assert heading
    assert len({address for address in LINK.findall(sources) if ":" in address}) >= 3
