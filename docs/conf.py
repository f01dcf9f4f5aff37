"""The site of the course, for Sphinx: `make site`. Nothing on it is fetched from elsewhere.

Its pages are the repository's own files, where they stand: the executed lessons, the glossary,
the texts for instructors and contributors. pages.py beside this file adds what no file says.
"""

import sys
from pathlib import Path

import latex2mathml.converter
from docutils import nodes

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import pages

project = "Convolutional networks from scratch"
copyright = "the contributors, BSD-3-Clause"
language = "en"
root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "solutions/*/*.ipynb",
    "autograder/README.md",
    "autograder/grading/SECURITY.md",
    "benchmarks/RESULTS.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
]
extensions = ["myst_nb"]
nitpicky = True

nb_execution_mode = "off"
nb_ipywidgets_js = {}  # figures with sliders are shown as pictures
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "colon_fence", "attrs_inline"]
myst_heading_anchors = 3
highlight_language = "default"  # Python, where it is Python

html_theme = "sphinx_book_theme"
html_title = project
html_logo = html_favicon = "static/logo.svg"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False  # the solved notebooks once more, 17 MB
html_math_renderer = "mathml"
html_theme_options = {
    "show_toc_level": 2,
    "use_fullscreen_button": False,
    "use_download_button": False,
    "navbar_persistent": [],
    "toc_title": "On this page",
    "logo": {"text": "Convolutional networks from scratch"},
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def set_formula(page, formula) -> None:
    """MathML, which browsers set themselves: it needs no script, and can be read aloud."""
    is_block = isinstance(formula, nodes.math_block)
    display = "block" if is_block else "inline"
    page.body.append(latex2mathml.converter.convert(formula.astext(), display=display))
    raise nodes.SkipNode


def setup(app) -> None:
    both = (set_formula, None)
    app.add_html_math_renderer("mathml", inline_renderers=both, block_renderers=both)
    app.connect("source-read", lambda app, name, text: pages.fill(name, text))
    app.connect("build-finished", lambda app, error: error or pages.finish(app.outdir))
