"""The instructor's commands as programs: exit codes, one line of error, nothing changed."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from autograder.cli import main

AUTOGRADER = [
    sys.executable,
    "-c",
    "from autograder.cli import main; main()",
]


def run(*words, folder, by=AUTOGRADER):
    return subprocess.run(
        [*by, *map(str, words)],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
    )


def test_the_version_is_that_of_pyproject(tmp_path):
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    done = run("--version", folder=tmp_path)
    version = tomllib.loads(text)["project"]["version"]
    assert (done.returncode, done.stdout) == (0, f"autograder {version}\n")


def test_without_a_command_the_help_is_shown(tmp_path):
    done = run(folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "build" in done.stdout


@pytest.fixture
def full(tmp_path):
    """A folder with something in it that must not be lost."""
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work", encoding="utf-8")
    return folder


def run_here(*words, folder, monkeypatch, capfd):
    """As `run`, without a new process."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["autograder", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        main()
    return subprocess.CompletedProcess(words, end.value.code, *capfd.readouterr())


def test_bad_input_to_the_program(tmp_path, full):
    assert_refused(run("release", "--to", "full", folder=tmp_path), "full", full)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["build", "77_nothing"], "no lesson '77_nothing'. Choose from: 01_volumes"),
        (["grade", "--class", "nowhere"], "nowhere"),
        (["grade", "--class", "full"], "submitted"),
        (["report", "--class", "full"], "full"),
        (["mark", "--class", "full", "--no-browser"], "full"),
        (["feedback", "--class", "full"], "full"),
        (["export", "--class", "full", "--to", "marks.csv"], "full"),
        (["release", "--to", "full"], "full"),
        (["collect", "nowhere.zip", "--from", "moodle"], "nowhere.zip"),
        (["collect", "full/thesis.txt", "--from", "plain"], "thesis.txt"),
        (["collect", "full", "--from", "plain", "--class", "new"], "no notebook"),
        (["collect", "full", "--from", "ilias"], "ilias"),
        (["simulate", "--class", "full", "--students", "2"], "full"),
        (["simulate", "--class", "new", "--students", "0"], "0"),
        (["demo", "--to", "full"], "no demo made it"),
        (["grade", "--workers", "0"], "--workers"),
        (["grade", "--memory", "1"], "memory"),
        (["grade", "--executor", "slow"], "Choose from: fast, kernel"),
        (["grade", "--isolation", "none"], "strict, best-effort, off"),
        (["gradee"], "gradee"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    words, said, tmp_path, full, monkeypatch, capfd
):
    done = run_here(*words, folder=tmp_path, monkeypatch=monkeypatch, capfd=capfd)
    assert_refused(done, said, full)


def assert_refused(done: subprocess.CompletedProcess, said: str, full: Path) -> None:
    """One line on stderr, exit code 2, and the folder with its neighbours untouched."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert said in done.stderr
    assert [path.name for path in full.iterdir()] == ["thesis.txt"]
    assert [path.name for path in full.parent.iterdir()] == ["full"]


def test_demo_makes_everything_from_the_lessons_to_the_report(built, tmp_path):
    """On the fake course; `make run` does it on the real one."""
    program = (
        "import pathlib, sys\n"
        "from autograder import cli\n"
        "root = pathlib.Path(sys.argv.pop(1))\n"
        "cli.checkout = lambda: root\n"
        "cli.main()\n"
    )
    command = [sys.executable, "-c", program, built]
    first = run("demo", "--to", "demo", "--students", 1, folder=tmp_path, by=command)
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("$ autograder ") == 7
    demo = tmp_path / "demo"
    assert "the class report: " in first.stdout
    for made in (
        "release.zip",
        "marks.csv",
        "explorer.html",
        "class/report/index.html",
    ):
        assert (demo / made).is_file(), made
    words = ("report", "--class", demo / "class", "--json")
    told = run(*words, folder=tmp_path, by=command)
    marks = json.loads(told.stdout)["marks"]
    assert {each["student"] for each in marks} == {"student_0001"}
    assert {each["lesson"] for each in marks} == {"01_volumes", "02_convolution"}
    assert all(each["status"] == "graded" for each in marks)


def test_collect_says_what_was_taken_and_what_was_refused(tmp_path):
    for name in ("ana/01_volumes.ipynb", "bo/essay.ipynb"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True)
        path.write_text('{"cells": []}', encoding="utf-8")
    words = ["collect", "in", "--from", "plain", "--class", "class"]
    done = run(*words, folder=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "1 new, 1 refused" in done.stdout
    made = tmp_path / "class/submitted/ana/01_volumes/01_volumes.ipynb"
    assert made.is_file()
    (tmp_path / "in/bo/essay.ipynb").unlink()
    told = run(*words, "--json", folder=tmp_path)
    assert told.returncode == 0
    assert json.loads(told.stdout)["taken"][0]["what"] == "unchanged"
