"""Formgrader's pages run formgrader's own scripts and no others.

An instructor is logged in where formgrader shows submissions: a script of a student's could
give marks, write files and open terminals there. What stands in autograded/ is sanitized;
here a Content-Security-Policy stands behind that, in case that something was missed. Scripts
of formgrader's templates carry a nonce, a word that is another one in each answer of the
server, and no other script runs. MathJax would need more than that: it comes from a CDN and
runs what it finds in the page. So formulas are pictures.
"""

import base64
import functools
import hashlib
import html
import re
import secrets
from pathlib import Path

import nbformat
from jinja2.ext import Extension
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.server_extensions.formgrader.base import BaseHandler
from nbgrader.server_extensions.formgrader.handlers import FormgraderHandler
from tornado import web

from autograder.grading.sanitize import sanitized
from autograder.marking.questions import read_cells, scheme_texts
from autograder.reports.page import FORMGRADER, page_exporter

OPEN = FormgraderHandler.get
TEMPLATES = FORMGRADER / "templates"
# Formgrader's style sheet takes the triangle away that says that something is folded.
FOLD = (
    "<details><summary><strong>Model answer and mark scheme</strong> "
    "(click to unfold)</summary>"
)
HANDLER = re.compile(r'\son[a-z]+="([^"]*)"', re.IGNORECASE)
MATHJAX = "{{ mathjax() }}"
# Formgrader's script begins when MathJax says that it is done.
NO_MATHJAX = """<script>
var MathJax = {Hub: {Startup: {signal: {Interest: function (tell) { tell("End"); }}}}};
</script>"""


def guard_formgrader(checkout: Path) -> None:
    """Put the policy on all answers of formgrader's server; again is the same as once."""

    def get(self: FormgraderHandler) -> None:
        # It would run an nbgrader_config.py in the folder that a link names.
        path = self.get_argument("path", "")
        if path and Path(path).resolve() != checkout:
            raise web.HTTPError(403, f"this server shows the class of {checkout} only")
        OPEN(self)

    FormgraderHandler.get = get
    BaseHandler.content_security_policy = property(_policy)
    BaseHandler.render = _render
    BaseHandler.exporter = property(lambda self: _SubmissionPage(_nonce(self)))


def _nonce(handler: BaseHandler) -> str:
    return handler.__dict__.setdefault("_nonce", secrets.token_urlsafe(16))


def _policy(handler: BaseHandler) -> str:
    """The server's own policy and ours; both hold."""
    rules = [
        "default-src 'none'",
        f"script-src 'nonce-{_nonce(handler)}' 'unsafe-hashes' {_handlers()}",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self'",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    inherited = super(BaseHandler, handler).content_security_policy
    return f"{inherited}, {'; '.join(rules)}"


@functools.cache
def _handlers() -> str:
    """Hashes of the handlers of events that stand in formgrader's templates."""
    texts = [
        path.read_text(encoding="utf-8")
        for path in TEMPLATES.rglob("*")
        if path.is_file()
    ]
    found = {code for text in texts for code in HANDLER.findall(text)}
    digests = [hashlib.sha256(code.encode("utf-8")).digest() for code in sorted(found)]
    return " ".join(f"'sha256-{base64.b64encode(each).decode()}'" for each in digests)


class _OwnScripts(Extension):
    """Gives the scripts of formgrader's own templates, and of no others, the nonce."""

    def preprocess(
        self, source: str, name: str | None, filename: str | None = None
    ) -> str:
        if not filename or not Path(filename).is_relative_to(TEMPLATES):
            return source
        source = source.replace(MATHJAX, NO_MATHJAX)
        return source.replace(
            "<script", '<script nonce="{{ nonce or resources.nonce }}"'
        )


def _render(handler: BaseHandler, name: str, **values) -> str:
    """A page of formgrader's; values are escaped, for some are taken from its address."""
    environment = handler.settings["nbgrader_jinja2_env"]
    if not environment.autoescape:
        environment.autoescape = True
        environment.add_extension(_OwnScripts)
        environment.cache.clear()
    return environment.get_template(name).render(**values, nonce=_nonce(handler))


class _SubmissionPage:
    """Shows a submission; has the method of nbconvert's exporter that formgrader calls."""

    def __init__(self, nonce: str):
        self.nonce = nonce

    def from_filename(self, filename: str, resources: dict) -> tuple[str, dict]:
        notebook = nbformat.read(filename, as_version=4)
        values = {
            name: html.escape(value) if isinstance(value, str) else value
            for name, value in resources.items()
        }
        values["nonce"] = self.nonce
        shown = _with_schemes(sanitized(notebook), Path(filename))
        return _exporter().from_notebook_node(shown, values)


def _with_schemes(notebook: NotebookNode, path: Path) -> NotebookNode:
    """The page with the model answer and the mark scheme, folded, below each written answer.

    nbgrader shows them only where they are a cell of their own (its manually graded tasks).
    """
    lesson = path.stem
    source = path.parents[3] / "source" / lesson / f"{lesson}.ipynb"
    schemes = scheme_texts(read_cells(source))
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if scheme := schemes.get(cell.metadata.get("nbgrader", {}).get("grade_id")):
            cells.append(new_markdown_cell(f"{FOLD}\n\n{scheme}\n\n</details>"))
    return NotebookNode({**notebook, "cells": cells})


@functools.cache
def _exporter() -> HTMLExporter:
    exporter = page_exporter("formgrade")
    exporter.environment.add_extension(_OwnScripts)
    return exporter
