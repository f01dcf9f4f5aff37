"""Rules for every run of pytest in this checkout."""

import json
import os
import signal
from pathlib import Path

import pytest

from autograder.grading.limits import ONE_THREAD

# Before any test imports numpy; workers of pytest-xdist and the kernels of nbval inherit it.
os.environ.update(ONE_THREAD)
# Notebooks that train networks. `build --check` says where their outputs are not of this code;
# `make test-whole` sees whether they come out so again.
TRAIN = {
    "06_convnet",
    "07_training",
    "08_seeing",
    "09_architectures",
    "10_transfer",
    "bridge",
}
# A job in the background of a shell ignores Ctrl-C from birth, and so would all that the tests
# start. A handler is not inherited, so this run goes on ignoring it and programs do not.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, lambda number, frame: None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="no notebook of the course, kernel, sandbox, server or class is run",
    )


def unexecuted_cells(notebook: Path) -> list[int]:
    """Numbers (from 1) of the code cells that were saved without having been run."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [
        number
        for number, cell in enumerate(cells, start=1)
        if cell["cell_type"] == "code"
        and "".join(cell["source"]).strip()
        and cell.get("execution_count") is None
    ]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> None:
    """nbval passes a notebook that was saved without outputs, so refuse it first."""
    config = parent.config
    with_nbval = config.getoption("--nbval", False) or config.getoption(
        "--nbval-lax", False
    )
    if with_nbval and file_path.suffix == ".ipynb":
        cells = unexecuted_cells(file_path)
        if cells:
            raise pytest.UsageError(
                f"{file_path.name} was saved without running its cells {cells}, so there is "
                "nothing to compare. Run: autograder build"
            )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.suffix == ".ipynb" and item.path.stem in TRAIN:
            item.add_marker(pytest.mark.whole)
