"""What the learner's commands print, and their exit codes."""

import io
import json
import subprocess
import sys
import tomllib
from contextlib import nullcontext
from pathlib import Path

import pytest
import typer
from tiny_lesson import LESSON, tiny_manifest, tiny_notebook, write_notebook

from course.kit import (
    UsageError,
    cli,
    doctor,
    installation,
    notebook_cells,
    notebook_check,
    notebook_run,
    terminal,
)
from course.kit.doctor import Diagnosis
from course.kit.installation import Finding
from course.kit.notebook_check import NotebookReport, TaskResult
from course.kit.notebook_run import clean

PASSED = TaskResult("half", 1, "passed", cell=4)
FAILED = TaskResult(
    "powers", 2, "failed", "first [0, 1] :smile:\n" + "\n".join("abcdefghij"), cell=7
)
OPEN = TaskResult("question_why", 1, "not answered", question=True)


@pytest.fixture
def run(monkeypatch, capsys):
    """Call the command with these arguments: (exit code, stdout, stderr)."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["course", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out, printed.err

    return call


@pytest.fixture
def lesson(monkeypatch, tmp_path):
    """A folder of the course with one notebook; `lesson.results` is what checking gives."""
    path = write_notebook(tmp_path, tiny_notebook())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(notebook_cells, "read_manifest", tiny_manifest)

    class Lesson:
        folder = tmp_path
        notebook = path
        results = (PASSED, OPEN)
        notes = ()
        options: dict = {}  # noqa: RUF012

    def check(path, manifest, kernel, **options):
        Lesson.options = options
        return NotebookReport(path, LESSON, Lesson.results, Lesson.notes)

    monkeypatch.setattr(notebook_run, "clean_kernel", lambda folder: nullcontext())
    monkeypatch.setattr(notebook_check, "check_notebook", check)
    return Lesson


def one_line(text: str) -> bool:
    return text.startswith("error: ") and text.count("\n") == 1


# the command itself


def test_the_version_is_that_of_pyproject(run):
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    version = tomllib.loads(text)["project"]["version"]
    assert run("--version") == (0, f"course {version}\n", "")


def test_a_course_that_is_not_installed_says_so(run, monkeypatch):
    monkeypatch.setattr(installation, "DISTRIBUTION", "no-such-distribution")
    assert run("--version") == (0, "course (not installed)\n", "")


def test_without_a_command_the_help_is_shown(run):
    code, out, err = run()
    assert code == 0
    assert "doctor" in out
    assert "check" in out
    assert err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["chekc"],
        ["--nope"],
        ["check", "--nope"],
        ["check", "--timeout", "soon"],
        ["check", "--timeout", "0"],
        ["check", "a", "b"],
        ["doctor", "me"],
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(run, arguments):
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert one_line(err)
    assert "--help" in err


def test_ctrl_c_is_one_line(run, lesson, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(notebook_check, "check_notebook", interrupted)
    code, out, err = run("check")
    assert (code, out) == (130, "")
    assert one_line(err)


def test_a_deleted_working_folder_is_refused(run, monkeypatch):
    def gone():
        raise FileNotFoundError

    monkeypatch.setattr(cli.Path, "cwd", gone)
    code, _, err = run("check")
    assert code == 2
    assert one_line(err)


# course check


def test_check_prints_a_row_per_task_and_the_summary(run, lesson):
    lesson.results = (PASSED, FAILED, OPEN)
    lesson.notes = ("cells moved",)
    code, out, err = run("check")
    lines = out.splitlines()
    assert code == 1
    assert err == ""
    assert lines[0] == f"{LESSON}: {lesson.notebook}"
    assert lines[2].split() == ["task", "points", "result", "message"]
    assert lines[4].split() == ["half", "1", "passed"]
    assert "first [0, 1] :smile:" in out
    assert "... 3 more lines (--json)" in out
    assert "note: cells moved" in out
    assert lines[-2].startswith("1 of 2 tasks passed, 1 of 4 points; 1 question")
    assert not any(line.endswith(" ") for line in lines)
    assert out.isascii()


def test_a_pipe_gets_long_lines_whole(run, lesson):
    lesson.results = (TaskResult("half", 1, "failed", "word " * 60 + "end"),)
    _, out, _ = run("check")
    assert "word " * 60 + "end" in out


def test_check_passes_when_only_a_question_is_open(run, lesson):
    code, out, _ = run("check", "1", "--timeout", "7")
    assert code == 0
    assert "1 not answered yet" in out
    assert lesson.options["timeout"] == 7


def test_check_json_has_everything(run, lesson):
    lesson.results = (PASSED, FAILED, OPEN)
    code, out, _ = run("check", "--json")
    answer = json.loads(out)
    assert code == 1
    assert answer["passed"] is False
    (notebook,) = answer["notebooks"]
    assert (notebook["earned"], notebook["possible"]) == (1, 4)
    assert notebook["tasks"][1]["message"] == FAILED.message
    assert notebook["tasks"][0] == {
        "task": "half",
        "points": 1,
        "status": "passed",
        "message": "",
        "cell": 4,
        "question": False,
        "hidden": 0,
    }


@pytest.mark.parametrize("wanted", ["none.ipynb", "notebooks", "2", "02_convolution"])
def test_what_cannot_be_checked_is_refused(run, lesson, wanted):
    code, out, err = run("check", wanted)
    assert (code, out) == (2, "")
    assert one_line(err)


def test_one_unreadable_notebook_does_not_hide_the_others(run, lesson, monkeypatch):
    manifest = {**tiny_manifest(), "02_convolution": tiny_manifest()[LESSON]}
    monkeypatch.setattr(notebook_cells, "read_manifest", lambda: manifest)
    second = write_notebook(lesson.folder, tiny_notebook(), "02_convolution")
    fine = notebook_check.check_notebook

    def check(path, manifest, kernel, **options):
        if path == second:
            raise UsageError(f"{path} is empty")
        return fine(path, manifest, kernel, **options)

    monkeypatch.setattr(notebook_check, "check_notebook", check)
    code, out, err = run("check")
    assert code == 2
    assert "1 of 1 tasks passed" in out
    assert one_line(err)
    assert str(second) in err
    assert run("check", "--json")[0] == 2


# course doctor


@pytest.mark.parametrize(
    ("verdict", "wanted"), [("ok", 0), ("note", 0), ("problem", 1)]
)
def test_doctor_ends_with_1_only_for_a_problem(run, monkeypatch, verdict, wanted):
    finding = Finding("numpy", "1.0, 1.26 wanted", verdict, 'pip install "numpy[x]"')
    monkeypatch.setattr(
        doctor, "diagnose", lambda *_: Diagnosis((finding,), {"geometry": "built"})
    )
    code, out, err = run("doctor")
    assert (code, err) == (wanted, "")
    assert out.splitlines()[0].split() == [
        *["item", "found", "verdict"],
        *["what", "to", "do"],
    ]
    assert f'1.0, 1.26 wanted   {verdict:<7}   pip install "numpy[x]"' in out
    assert out.splitlines()[-1] == ("1 to put right" if wanted else "Ready.")

    code, out, _ = run("doctor", "--json")
    assert code == wanted
    assert json.loads(out) == {
        "fine": not wanted,
        "findings": [vars(finding)],
        "modules": {"geometry": "built"},
    }


# the terminal


def test_a_console_without_these_letters_gets_others(monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", console)
    monkeypatch.setattr(sys, "argv", ["tiny"])
    app = typer.Typer(add_completion=False)

    @app.command()
    def tiny() -> None:
        terminal.print_table(["task"], [["\u2713 \U0001f600 done"]])

    with pytest.raises(SystemExit):
        terminal.run_app(app)
    console.flush()
    assert console.buffer.getvalue().decode("cp1252").splitlines()[-1] == "? ? done"


def test_a_terminal_folds_the_last_column(monkeypatch):
    page = io.StringIO()
    monkeypatch.setattr(page, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", page)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.print_table(["task", "message"], [["half", "word " * 20]], right=["task"])
    lines = clean(page.getvalue()).splitlines()
    assert max(map(len, lines)) <= 40
    assert page.getvalue().count("word") == 20


def test_no_command_imports_the_slow_grammars_of_jsonschema():
    code = (
        "import sys\n"
        "sys.argv = ['course', 'check', '--help']\n"
        "from course.kit.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    pass\n"
        "import nbformat\n"
        "print('jsonschema' in sys.modules, 'lark' in sys.modules)"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True False"
