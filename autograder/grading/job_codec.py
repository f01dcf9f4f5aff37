"""Jobs and results as bytes (stands in until execute.py has its own codec)."""

import base64
import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.grading.execute import Executed, execute
from autograder.grading.limits import Limits
from autograder.grading.outcome import Note, Status
from autograder.grading.support import Support


def pack_support(support: Support) -> bytes:
    files = {
        name: base64.b64encode(content).decode("ascii")
        for name, content in support.files.items()
    }
    return json.dumps({"digest": support.digest, "files": files}).encode("utf-8")


def unpack_support(packed: bytes) -> Support:
    document = json.loads(packed)
    files = {name: base64.b64decode(text) for name, text in document["files"].items()}
    return Support(files, document["digest"])


def encode_job(notebook: NotebookNode, limits: Limits, run_demos: bool) -> bytes:
    job = {"notebook": notebook, "limits": asdict(limits), "run_demos": run_demos}
    return json.dumps(job).encode("utf-8")


def execute_bytes(job: bytes, folder: Path) -> bytes:
    document = json.loads(job)
    executed = execute(
        nbformat.from_dict(document["notebook"]),
        folder,
        Limits(**document["limits"]),
        run_demos=document["run_demos"],
    )
    return json.dumps(asdict(executed)).encode("utf-8")


def decode_result(data: bytes) -> Executed:
    document = json.loads(data)
    return Executed(
        nbformat.from_dict(document["notebook"]),
        Status(document["status"]),
        document["reason"],
        document["seconds"],
        document["ran"],
        [Note(**note) for note in document["notes"]],
    )


class Rooms:
    """Support packages unpacked once per worker."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="support-"))
        self.folders: dict[str, Path] = {}

    def folder(self, packed: bytes) -> Path:
        support = unpack_support(packed)
        if support.digest not in self.folders:
            folder = self.root / support.digest
            support.unpack(folder)
            self.folders[support.digest] = folder
        return self.folders[support.digest]

    def close(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
