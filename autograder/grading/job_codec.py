"""Jobs, support packages and results as bytes of JSON: all that travels to and from workers."""

import base64
import copy
import json
from dataclasses import asdict
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.grading.execute import How, execute
from autograder.grading.executed import Executed
from autograder.grading.limits import Limits
from autograder.grading.outcome import Note, Result, Status
from autograder.grading.support import Support

ROOM_PER_CELL = 10_000  # bytes of a result besides its outputs
SPACE_IN_JSON = 12  # bytes that one byte of output takes at most, escaped


def pack_support(support: Support) -> bytes:
    """A support package as bytes; the same files give the same bytes."""
    files = {
        name: base64.b64encode(support.files[name]).decode("ascii")
        for name in sorted(support.files)
    }
    return _pack({"digest": support.digest, "files": files})


def read_support(packed: bytes) -> Support:
    """What `pack_support` packed."""
    document = json.loads(packed)
    files = {name: base64.b64decode(text) for name, text in document["files"].items()}
    return Support(files, document["digest"])


def pack_job(notebook: NotebookNode, limits: Limits, how: How) -> bytes:
    """What a worker needs to execute a prepared notebook, besides its support package."""
    return _pack({"notebook": notebook, "limits": limits.as_json(), "how": asdict(how)})


def execute_bytes(job: bytes, support: Support) -> bytes:
    """`execute`, from bytes to bytes."""
    document = json.loads(job)
    notebook = nbformat.from_dict(document["notebook"])
    limits, how = Limits(**document["limits"]), How(**document["how"])
    done = execute(notebook, support, limits, how=how)
    return _pack(
        {
            "status": done.status,
            "reason": done.reason,
            "seconds": done.seconds,
            "ran": done.ran,
            "notes": [asdict(note) for note in done.notes],
            "results": done.results,
            "layers": done.layers,
            "outputs": [cell.get("outputs") for cell in done.notebook.cells],
            "counts": [cell.get("execution_count") for cell in done.notebook.cells],
        }
    )


def read_result(packed: bytes, notebook: NotebookNode, limits: Limits) -> Executed:
    """What executing the notebook gave: a copy of it, with outputs.

    Nothing but outputs comes from the result: no source and no metadata. Raises ValueError
    for bytes that are no result of this notebook, or more than the limits allow.
    """
    cells = len(notebook.cells)
    most = SPACE_IN_JSON * limits.total_output_bytes + ROOM_PER_CELL * (cells + 10)
    _must(len(packed) <= most, f"has {len(packed):,} bytes, more than {most:,}")
    document = json.loads(packed)
    _must(isinstance(document, dict), "is no JSON object")
    try:
        executed = Executed(
            copy.deepcopy(notebook),
            Status(document["status"]),
            str(document["reason"]),
            float(document["seconds"]),
            [None if each is None else float(each) for each in document["ran"]],
            [Note(**note) for note in document["notes"]],
            {name: Result(each) for name, each in document["results"].items()},
            [str(each) for each in document["layers"]],
        )
        outputs, counts = list(document["outputs"]), list(document["counts"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the result has another shape: {error!r}") from None
    fits = len(executed.ran) == len(outputs) == len(counts) == cells
    _must(fits, f"is of another notebook than this one of {cells} cells")
    for cell, shown, count in zip(executed.notebook.cells, outputs, counts):
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(_output(each)) for each in shown]
            cell.execution_count = count if isinstance(count, int) else None
    return executed


def _output(given: Any) -> dict:
    is_one = isinstance(given, dict) and isinstance(given.get("output_type"), str)
    _must(is_one, "has an output that is none")
    return given


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(f"the result {what}")


def _pack(document: dict) -> bytes:
    return json.dumps(document).encode("ascii")
