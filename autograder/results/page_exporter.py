"""nbgrader's feedback page, made several times faster than by its own converter."""

import functools
from pathlib import Path

import nbgrader
from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbgrader.preprocessors import GetGrades
from traitlets.config import Config

FORMGRADER = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader"
STYLES = FORMGRADER / "static" / "node_modules" / "bootstrap" / "dist" / "css"
CELLS_REMEMBERED = 2_000


def page_exporter() -> HTMLExporter:
    """An exporter with nbgrader's template and GetGrades; give it nbgrader's resources."""
    config = Config()
    config.Exporter.default_preprocessors = []
    config.HTMLExporter.template_name = "feedback"
    config.HTMLExporter.extra_template_basedirs = [str(FORMGRADER / "templates")]
    config.HTMLExporter.extra_template_paths = [str(STYLES)]
    exporter = _PageExporter(config=config)
    for step in (GetGrades, CSSHTMLHeaderPreprocessor):
        exporter.register_preprocessor(step, enabled=True)
    return exporter


class _PageExporter(HTMLExporter):
    """Colours a cell once for all learners who have it, and does not parse the finished page.

    HTMLExporter parses it to put a fixed text on images that have none, which takes longer
    than all the rest.
    """

    def __init__(self, **options):
        super().__init__(**options)
        colour = Highlight2HTML(pygments_lexer="ipython3", parent=self)
        self.coloured = functools.lru_cache(CELLS_REMEMBERED)(colour)

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **options
    ) -> tuple[str, dict]:
        resources = self._init_resources(resources)
        data_types = WidgetsDataTypeFilter(
            notebook_metadata=self._nb_metadata, parent=self, resources=resources
        )
        self.register_filter("filter_data_type", data_types)
        self.register_filter(
            "highlight_code", lambda source, **place: self.coloured(source)
        )
        return TemplateExporter.from_notebook_node(self, nb, resources, **options)
