"""nbgrader's exchange as two Unix users: release, fetch, submit, collect, grade, feedback back."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from other_user import STUDENT, as_student

from autograder.grading.submitted import SECRET, TIMESTAMP, keep_exchange_files

ROOT = Path(__file__).parents[2]
CLI = Path(sys.executable).parent


@pytest.fixture
def hub():
    """A class and an exchange that another user may reach, and that user's home."""
    folder = Path(tempfile.mkdtemp(prefix="hub-"))
    folder.chmod(0o755)
    for name in ("class", "exchange", "home"):
        (folder / name).mkdir()
    (folder / "exchange").chmod(0o777)
    shutil.chown(folder / "home", STUDENT)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.whole
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root is two users"
)
def test_from_release_to_fetched_feedback(hub):
    environment = {
        **os.environ,
        "CLASS_FOLDER": str(hub / "class"),
        "EXCHANGE_FOLDER": str(hub / "exchange"),
        "COURSE_ID": "cnn26",
    }

    def instructor(*words: str) -> None:
        done = subprocess.run(
            [CLI / words[0], *words[1:]],
            check=False,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def student(*words: str) -> None:
        config = {
            "CourseDirectory": {"course_id": "cnn26", "root": str(hub / "home")},
            "Exchange": {
                "root": str(hub / "exchange"),
                "cache": str(hub / "home/cache"),
            },
        }
        path = hub / "home" / "nbgrader_config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        done = subprocess.run(
            [*as_student(), CLI / "nbgrader", *words],
            check=False,
            cwd=hub / "home",
            env={"PATH": os.environ["PATH"], "HOME": str(hub / "home")},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    lesson = "01_volumes"
    room = ["--class", str(hub / "class")]
    instructor("autograder", "simulate", *room, "--students", "1", lesson)
    instructor("autograder", "grade", *room, lesson)  # source/ and release/
    instructor("nbgrader", "release_assignment", lesson)
    student("fetch_assignment", lesson)
    fetched = hub / "home" / lesson / f"{lesson}.ipynb"
    assert fetched.stat().st_uid != 0
    student("submit", lesson)
    instructor("nbgrader", "collect", lesson)
    submitted = hub / "class" / "submitted" / STUDENT / lesson
    assert (submitted / SECRET).is_file()
    instructor("autograder", "grade", *room, lesson)
    instructor("nbgrader", "generate_feedback", lesson)
    instructor("nbgrader", "release_feedback", lesson)
    student("fetch_feedback", lesson)
    (page,) = (hub / "home" / lesson / "feedback").glob(f"*/{lesson}.html")
    ours = hub / "class" / "feedback" / STUDENT / lesson / f"{lesson}.html"
    assert page.read_bytes() == ours.read_bytes()


def test_what_came_another_way_stops_nobody(tmp_path):
    """release_feedback opens both files for every page."""
    came, page = tmp_path / "submitted", tmp_path / "feedback"
    came.mkdir()
    keep_exchange_files(came, page)
    secret = (page / SECRET).read_text(encoding="ascii")
    assert len(secret) == 128
    assert (page / TIMESTAMP).read_bytes() == b""
    keep_exchange_files(came, page)
    assert (page / SECRET).read_text(encoding="ascii") == secret
    (came / SECRET).write_text("known", encoding="ascii")
    (came / TIMESTAMP).write_text("\x1b[31mno time", encoding="ascii")
    keep_exchange_files(came, page)
    assert (page / SECRET).read_text(encoding="ascii") == "known"
    assert (page / TIMESTAMP).read_bytes() == b""


def test_course_and_exchange_come_from_the_class_or_the_environment(tmp_path):
    """No tracked file is edited; what the class says comes last."""
    code = """
from traitlets.config import PyFileConfigLoader
config = PyFileConfigLoader("nbgrader_config.py", ".").load_config()
print(config.CourseDirectory.course_id, config.Exchange.root)
"""
    (tmp_path / "class").mkdir()

    def told() -> list[str]:
        names = {"EXCHANGE_FOLDER": "there", "COURSE_ID": "env"}
        names["CLASS_FOLDER"] = str(tmp_path / "class")
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            cwd=ROOT,
            env={**os.environ, **names},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.stdout.split()

    assert told() == ["env", "there"]
    own = "c = get_config()\nc.CourseDirectory.course_id = 'cnn26'\n"
    (tmp_path / "class" / "nbgrader_config.py").write_text(own, encoding="utf-8")
    assert told() == ["cnn26", "there"]
