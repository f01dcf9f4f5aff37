"""Ask other processes what they see: a Jupyter kernel, and a Python that imports packages."""

import ast
import json
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SECONDS_TO_START = 20
SECONDS_TO_IMPORT = 60
IMPORT_EACH = """
import importlib, json, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
        error = None
    except BaseException as problem:
        error = f"{type(problem).__name__}: {problem}"
    print(json.dumps([name, error]), flush=True)
"""
LOOK = "import sys as _sys, importlib.util as _util; _spec = _util.find_spec('course')"
QUESTIONS = {
    "prefix": "_sys.prefix",
    "version": "'.'.join(map(str, _sys.version_info[:3]))",
    "course": "list(_spec.submodule_search_locations)[0] if _spec else None",
}


@dataclass(frozen=True)
class KernelFacts:
    """What the kernel named python3 says of itself; `error` is set when it does not start.

    `prefix` and `course` are folders: its Python, and the `course` that notebooks import.
    """

    prefix: str = ""
    version: str = ""
    course: str | None = None
    error: str = ""

    @property
    def works(self) -> bool:
        return not self.error


@contextmanager
def importing(
    groups: list[list[str]], folder: Path
) -> Iterator[Callable[[], dict[str, str]]]:
    """Import modules from `folder`, each group in a process, while this one goes on.

    Gives a function that waits for the end and returns module -> why it cannot be
    imported, for those that cannot. A package that crashes Python takes only its own
    process with it.
    """
    processes = [_start_importing(group, folder) for group in groups]

    def errors() -> dict[str, str]:
        found = {}
        for group, process in zip(groups, processes, strict=True):
            try:
                text, _ = process.communicate(timeout=SECONDS_TO_IMPORT)
                ended = "Python crashed"
            except subprocess.TimeoutExpired:
                process.kill()
                text, _ = process.communicate()
                ended = f"takes over {SECONDS_TO_IMPORT} s"
            found.update(import_errors(group, text, ended))
        return found

    try:
        yield errors
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _start_importing(modules: list[str], folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", IMPORT_EACH, *modules],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
    )


def import_errors(modules: list[str], text: str, ended: str) -> dict[str, str]:
    """Read the process's lines; the first module without one is where it `ended`."""
    answers = {}
    for line in text.splitlines():
        try:
            name, error = json.loads(line)
            answers[name] = error
        except (ValueError, TypeError):
            continue
    silent = [name for name in modules if name not in answers]
    errors = {name: _one_line(error) for name, error in answers.items() if error}
    if silent:
        errors[silent[0]] = ended
        errors.update((name, f"not tried after {silent[0]}") for name in silent[1:])
    return errors


def ask_kernel(folder: Path) -> KernelFacts:
    """Start the kernel that a notebook in `folder` gets, and ask it where it lives."""
    try:
        from jupyter_client.manager import KernelManager
    except ImportError as error:
        return KernelFacts(error=_one_line(f"jupyter_client is missing: {error}"))
    manager = KernelManager(kernel_name="python3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            manager.start_kernel(cwd=str(folder), **quiet)
            return _facts(manager)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            return KernelFacts(error=f"does not start ({_one_line(str(error))})")
        finally:
            if manager.has_kernel:
                manager.shutdown_kernel(now=True)


def _facts(manager: object) -> KernelFacts:
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SECONDS_TO_START)
        request = client.execute(
            LOOK, silent=True, store_history=False, user_expressions=QUESTIONS
        )
        while True:
            reply = client.get_shell_msg(timeout=SECONDS_TO_START)
            if reply["parent_header"].get("msg_id") == request:
                break
    finally:
        client.stop_channels()
    answers = reply["content"]["user_expressions"]
    return KernelFacts(
        **{
            name: ast.literal_eval(answer["data"]["text/plain"])
            for name, answer in answers.items()
        }
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
