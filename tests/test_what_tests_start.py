"""What a test run hands on to the programs that it starts, whoever started it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.grading.limits import ONE_THREAD

ROOT = Path(__file__).parents[1]
CONFTEST = ROOT / "conftest.py"


def run_pytest(folder: Path, *words: str, before: str = "") -> str:
    """What a run with this checkout's conftest.py says; `before` is Python that starts it."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    program = f"import os, signal\n{before}\nos.execv({sys.executable!r}, {command!r})"
    (folder / "conftest.py").write_bytes(CONFTEST.read_bytes())
    environment = {k: v for k, v in os.environ.items() if k not in ONE_THREAD}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_kernels_of_nbval_use_one_thread(tmp_path):
    told = tmp_path / "threads.json"
    source = f"""
import json, os, threadpoolctl, numpy
threads = [library["num_threads"] for library in threadpoolctl.threadpool_info()]
names = {sorted(ONE_THREAD)}
with open({str(told)!r}, "w") as file:
    json.dump([threads, [os.environ.get(name) for name in names]], file)
"""
    cell = nbformat.v4.new_code_cell(source, execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, tmp_path / "one.ipynb")

    run_pytest(tmp_path, "--nbval-lax", "one.ipynb")

    threads, names = json.loads(told.read_text(encoding="utf-8"))
    assert set(threads) <= {1}
    assert set(names) == {"1"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no ignored signals")
def test_programs_hear_ctrl_c_in_a_run_that_ignores_it(tmp_path):
    """As in the background of a shell."""
    (tmp_path / "test_one.py").write_text(
        "import os, signal, subprocess, sys\n"
        "def test_one():\n"
        "    program = 'import signal; print(signal.getsignal(signal.SIGINT))'\n"
        "    command = [sys.executable, '-c', program]\n"
        "    said = subprocess.run(command, capture_output=True, text=True).stdout\n"
        "    assert 'default_int_handler' in said\n"
        "    os.kill(os.getpid(), signal.SIGINT)  # the run itself goes on\n"
        "    assert os.getpid()\n",
        encoding="utf-8",
    )

    run_pytest(
        tmp_path,
        "test_one.py",
        before="signal.signal(signal.SIGINT, signal.SIG_IGN)",
    )
