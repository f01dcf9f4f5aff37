"""`make site`: it is built without a warning, needs nothing from elsewhere, and its links lead somewhere."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from made_once import made_once

from autograder.lessons import BRIDGE, checkout, find_lessons

ROOT = checkout()
LESSONS = [*(lesson.name for lesson in find_lessons(ROOT)), BRIDGE]
REQUIRED = "COURSE_SITE_REQUIRED"  # a skipped test is a failure, as CI has it
# Attributes that make a browser fetch something at once.
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src"}


class Page(HTMLParser):
    """The addresses on a page, those that are fetched with it, and its anchors."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.fetched: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list) -> None:
        found = dict(attributes)
        self.anchors |= {found[key] for key in ("id", "name") if found.get(key)}
        self.links |= {found[key] for key in ("href", "src") if found.get(key)}
        if found.get("rel") != "canonical" and found.get(FETCHED.get(tag)):
            self.fetched.add(found[FETCHED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    missing = [
        name
        for name in ("sphinx", "myst_nb", "sphinx_book_theme", "latex2mathml")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        stop = pytest.fail if os.environ.get(REQUIRED) else pytest.skip
        stop(f"without {', '.join(missing)}; `make site` installs them")
    return made_once(tmp_path_factory, "site", build) / "site"


def build(folder: Path) -> None:
    options = ["-q", "-W", "--keep-going", "-c", "docs", "-d", str(folder / "pages")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, ".", str(folder / "site")],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    """Those of Sphinx: not the theme's templates, nor the explorers, which a script fills."""
    found = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    return {path: Page(path) for path in found}


def problems(pages: dict[Path, Page]) -> list[str]:
    """Links within the site that lead to no file or to no place on a page."""
    found = []
    for path, page in pages.items():
        for address in page.links:
            parts = urlsplit(address)
            if parts.scheme:
                continue
            target = path.parent / unquote(parts.path) if parts.path else path
            if not target.is_file():
                found.append(f"{path.name}: {address} leads to no file")
            elif parts.fragment and target.suffix == ".html":
                other = pages.get(Path(*target.resolve().parts)) or Page(target)
                if unquote(parts.fragment) not in other.anchors:
                    found.append(f"{path.name}: {address} leads to no such place")
    return found


@pytest.mark.whole
def test_every_lesson_and_text_has_its_page(site, pages):
    wanted = [f"solutions/{name}/{name}.html" for name in LESSONS]
    wanted += ["index.html", "docs/index.html", "docs/glossary.html", "docs/kit.html"]
    wanted += ["docs/teach.html", "docs/explorer.html"]
    wanted += ["autograder/README.html", "CONTRIBUTING.html", "benchmarks/RESULTS.html"]
    assert {site / name for name in wanted} <= pages.keys()
    assert (site / "_static" / "explorer-digits.html").is_file()
    for name in LESSONS:
        assert (site / "_static" / "lessons" / f"{name}.png").stat().st_size > 1000


@pytest.mark.whole
def test_nothing_is_fetched_from_elsewhere(site, pages):
    assert sum(len(page.fetched) for page in pages.values()) > 100
    for path, page in pages.items():
        others = [one for one in page.fetched if urlsplit(one).netloc]
        assert others == [], path
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", text), style


@pytest.mark.whole
def test_all_links_within_the_site_lead_somewhere(pages):
    assert problems(pages) == []


def test_a_link_to_nowhere_is_seen(tmp_path):
    first, second = tmp_path / "first.html", tmp_path / "second.html"
    second.write_text('<p id="here">', encoding="utf-8")
    first.write_text(
        '<a href="second.html#here"><a href="second.html#there"><a href="third.html">'
        '<a href="https://elsewhere.org"><img src="none.png">',
        encoding="utf-8",
    )
    found = problems({first: Page(first), second: Page(second)})
    assert sorted(line.split()[1] for line in found) == [
        "none.png",
        "second.html#there",
        "third.html",
    ]


@pytest.mark.whole
def test_an_answer_is_folded_below_what_is_to_be_written(site):
    text = (site / "solutions/02_convolution/02_convolution.html").read_text(
        encoding="utf-8"
    )
    assert "SOLUTION" not in text
    stub = text.index("is yours to write")
    assert stub < text.index("<details class=", stub) < text.index("An answer", stub)
    assert "<math" in text and "MathJax" not in text


@pytest.mark.whole
def test_the_search_knows_the_words_of_the_course(site):
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").rstrip().removesuffix(")"))
    places = index["terms"]["dilat"]
    names = [
        index["docnames"][n] for n in ([places] if isinstance(places, int) else places)
    ]
    assert "solutions/09_architectures/09_architectures" in names
