"""The training benchmark runs; how fast anything is, no test says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path):
    def run(*options: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, str(ROOT / "benchmarks" / "training.py"), *options],
            capture_output=True,
            check=False,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )

    return run


def test_a_tiny_training_as_json(run):
    done = run("--quick", "--task", "tiny", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    for seconds in result["seconds"]["tiny"].values():
        assert len(seconds) == 3
        assert all(second > 0 for second in seconds)
    assert "course" in result["seconds"]["tiny"]
    assert ("torch" in result["seconds"]["tiny"]) == (result["torch"] is not None)


def test_a_tiny_training_as_a_table(run):
    done = run("--quick", "--task", "tiny", "--clock", "cpu")
    assert done.returncode == 0, done.stderr
    assert "20 images 1x4x4, 2 filters 3x3, batches of 8" in done.stdout


def test_an_unknown_task_is_one_line(run):
    done = run("--task", "ImageNet")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "digits" in done.stderr
