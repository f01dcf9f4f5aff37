"""The course of fake_course.py, unbuilt and built; and no database but the tests' own."""

import os
import shutil
from pathlib import Path

import pytest
from collecting import Class
from fake_course import fake_course
from made_once import made_once

from autograder.authoring.build import build
from autograder.lessons import find_lessons


@pytest.fixture(autouse=True, scope="session")
def no_other_database() -> None:
    """No test writes into the database that the developer's environment names."""
    os.environ.pop("GRADEBOOK_DB", None)


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """A checkout in which nothing is built."""
    return fake_course(tmp_path / "checkout", kit=True).root


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(folder: Path) -> None:
        root = fake_course(folder / "checkout", kit=True).root
        build(root, find_lessons(root), workers=2)

    return made_once(tmp_path_factory, "built", make) / "checkout"


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """A checkout in which everything is built and fresh; the test's own copy."""
    return Path(shutil.copytree(built_once, tmp_path / "checkout"))


@pytest.fixture
def school(tmp_path: Path) -> Class:
    """A class folder to collect archives into."""
    return Class(tmp_path)
