"""Archives as learning platforms make them, and a checkout of two small lessons."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

from small_class import POINTS, SOURCE, write_points

from autograder.collect.collect import CollectSummary, collect
from autograder.collect.intake import IntakeLimits
from autograder.lessons import Lesson

FIRST, SECOND = "01_volumes", "02_convolution"


def make_checkout(root: Path) -> Path:
    """A checkout whose lessons have the tasks "area" and "slide_area"."""
    for name, prefix in ((FIRST, ""), (SECOND, "slide_")):
        text = SOURCE
        for old in ("area", "double", "why"):
            text = text.replace(old, prefix + old)
        lesson = Lesson(root, name)
        write_points(lesson, {prefix + task: each for task, each in POINTS.items()})
        lesson.source.write_text(text, encoding="utf-8", newline="\n")
    return root


def notebook(text: str = "1", lesson: str = FIRST) -> bytes:
    """A notebook whose one answer cell says `text`."""
    name = "area" if lesson == FIRST else "slide_area"
    cell = {
        "cell_type": "code",
        "source": text,
        "outputs": [],
        "execution_count": None,
        "metadata": {"nbgrader": {"grade_id": name}},
    }
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return page.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    page = io.BytesIO()
    with tarfile.open(fileobj=page, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return page.getvalue()


class Class:
    """A class folder to collect into."""

    def __init__(self, folder: Path):
        self.checkout = make_checkout(folder / "checkout")
        self.folder = folder / "class"
        self.downloads = folder / "downloads"
        self.downloads.mkdir()

    def take(
        self,
        platform: str,
        archive: bytes | Path,
        *,
        limits: IntakeLimits | None = None,
        **how,
    ) -> CollectSummary:
        if isinstance(archive, bytes):
            path = self.downloads / "all.bin"
            path.write_bytes(archive)
            archive = path
        return collect(
            self.checkout, archive, platform, self.folder, limits=limits, **how
        )

    def text(self, student: str, lesson: str = FIRST, name: str = "") -> str:
        """The answer that lies in the class."""
        path = (
            self.folder / "submitted" / student / lesson / (name or f"{lesson}.ipynb")
        )
        return json.loads(path.read_bytes())["cells"][0]["source"]

    def files(self) -> dict[str, bytes]:
        """Every file of the class folder."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def students(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "submitted").iterdir())


def whats(summary: CollectSummary) -> dict[str, str]:
    return {each.student: each.what for each in summary.taken}


def whys(summary: CollectSummary) -> dict[str, str]:
    return {each.path: each.why for each in summary.refused}
