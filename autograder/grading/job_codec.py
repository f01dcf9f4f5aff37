"""Jobs and results as bytes of JSON, so that any worker can execute a submission.

Never pickle: a result is read where the marks are written. A worker keeps the support of a
lesson, so a job only says which limits and which executor.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.grading.execute import How, execute
from autograder.grading.executed import Executed
from autograder.grading.limits import Limits
from autograder.grading.outcome import Note, Result, Status
from autograder.grading.support import Support, digest_of

LARGEST_RESULT = 200_000_000  # bytes
MOST_NOTES = 10_000
LONGEST_TEXT = 10_000  # characters of a reason or a note


def pack_support(support: Support) -> bytes:
    """The files of a lesson for a worker."""
    files = {
        name: base64.b64encode(content).decode("ascii")
        for name, content in support.files.items()
    }
    return json.dumps({"digest": support.digest, "files": files}).encode("ascii")


def unpack_support(packed: bytes) -> Support:
    """What `pack_support` packed. Raises ValueError where the digest does not fit."""
    document = json.loads(packed)
    files = {name: base64.b64decode(text) for name, text in document["files"].items()}
    if digest_of(files) != document["digest"]:
        raise ValueError("the support files were changed on their way")
    return Support(files, document["digest"])


def encode_job(notebook: NotebookNode, limits: Limits, how: How) -> bytes:
    """A prepared notebook and how to execute it."""
    job = {"notebook": notebook, "limits": limits.as_json(), "how": asdict(how)}
    return json.dumps(job).encode("ascii")


def execute_bytes(job: bytes, support: Support) -> bytes:
    """`execute` on a worker. Never raises for what a submission does."""
    document = json.loads(job)
    executed = execute(
        nbformat.from_dict(document["notebook"]),
        support,
        Limits(**document["limits"]),
        how=How(**document["how"]),
    )
    return encode_result(executed)


def encode_result(executed: Executed) -> bytes:
    """What was executed, for the one who asked for it."""
    return json.dumps(asdict(executed)).encode("ascii")


def decode_result(data: bytes, sent: NotebookNode | None = None) -> Executed:
    """What `encode_result` encoded. Raises ValueError for anything else.

    Where `sent`, the notebook of the job, is given, only outputs are taken from the result.
    """
    if len(data) > LARGEST_RESULT:
        raise ValueError(f"a result of {len(data):,} bytes")
    try:
        document = json.loads(data)
        notebook = nbformat.from_dict(document["notebook"])
        nbformat.validate(notebook)
        executed = Executed(
            notebook=notebook if sent is None else _with_outputs(sent, notebook),
            status=Status(document["status"]),
            reason=_text(document["reason"]),
            seconds=float(document["seconds"]),
            ran=[None if each is None else float(each) for each in document["ran"]],
            notes=_each(document["notes"], _note),
            results={
                _text(name): Result(value)
                for name, value in document["results"].items()
            },
            layers=_each(document["layers"], _text),
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no result of a worker: {error!r}") from None
    except nbformat.ValidationError as error:
        raise ValueError(f"no notebook: {error}") from None
    if len(executed.ran) != len(executed.notebook.cells):
        raise ValueError("the cells of the result are not those of the job")
    return executed


def _with_outputs(sent: NotebookNode, done: NotebookNode) -> NotebookNode:
    if len(sent.cells) != len(done.cells):
        raise ValueError("the cells of the result are not those of the job")
    notebook = nbformat.from_dict(sent)
    for cell, other in zip(notebook.cells, done.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = other.outputs
            cell.execution_count = other.execution_count
    return notebook


def _each(values: list, read: Callable[[Any], Any]) -> list:
    return [read(value) for value in values[:MOST_NOTES]]


def _note(value: dict) -> Note:
    return Note(_text(value["kind"]), _text(value["text"]), _text(value["cell"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text was wanted, not {type(value).__name__}")
    return value[:LONGEST_TEXT]
