"""What the doctor finds in the installation: Python, packages, kernel, JupyterLab.

A kernel, and a Python that imports packages, are other processes, and are asked.
"""

import ast
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_client.manager import KernelManager

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

DISTRIBUTION = "convnets-from-scratch"
OLDEST_PYTHON = (3, 11)
# Only used where the course runs without having been installed; a test holds it equal
# to pyproject.toml.
FALLBACK_REQUIREMENTS = [
    "anywidget>=0.9.13",
    "ipykernel>=6.29",
    "jupyterlab>=4.2",
    "matplotlib>=3.8",
    "nbclient>=0.10",
    "nbformat>=5.10",
    "numpy>=1.26",
    "pooch>=1.8",
    "rich>=13.7",
    "scikit-learn>=1.4",
    "threadpoolctl>=3.1",
    "typer>=0.12",
]
MODULE_OF_DISTRIBUTION = {"scikit-learn": "sklearn"}
WIDGET_EXTENSIONS = ("anywidget", "@jupyter-widgets/jupyterlab-manager")
THIS_PYTHON = f'"{sys.executable}"' if " " in sys.executable else sys.executable


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


def _facts(manager: "KernelManager") -> KernelFacts:
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


@dataclass(frozen=True)
class Finding:
    """One line of the table. `verdict`: "ok", "problem" (must be put right) or "note"."""

    item: str
    found: str
    verdict: str = "ok"
    advice: str = ""


def package_version() -> str:
    """The version of this package as it was installed; pyproject.toml is where it stands."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


def python_finding(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    found = f"{'.'.join(map(str, version))}, {sys.executable}"
    if version[:2] >= OLDEST_PYTHON:
        return Finding("Python", found)
    oldest = ".".join(map(str, OLDEST_PYTHON))
    return Finding("Python", found, "problem", f"install Python {oldest} or newer")


def package_finding(name: str, bound: str, error: str | None = None) -> Finding:
    """`error` is what importing the package raised, None when it went well."""
    advice = f'{THIS_PYTHON} -m pip install --upgrade "{name}>={bound}"'
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, f"not installed, {bound} wanted", "problem", advice)
    if release(version) < release(bound):
        return Finding(name, f"{version}, {bound} wanted", "problem", advice)
    if error is not None:
        advice = f'{THIS_PYTHON} -m pip install --force-reinstall "{name}>={bound}"'
        return Finding(name, f"{version}, but import fails: {error}", "problem", advice)
    return Finding(name, version)


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version for comparing: "4.6.0rc1" -> (4, 6)."""
    numbers = re.match(r"\d+(?:\.\d+)*", version)
    parts = [int(part) for part in numbers.group().split(".")] if numbers else []
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def kernel_finding(kernel: KernelFacts) -> Finding:
    if not kernel.works:
        advice = f"{THIS_PYTHON} -m pip install --force-reinstall ipykernel"
        return Finding("kernel python3", kernel.error, "problem", advice)
    found = f"starts, Python {kernel.version}"
    if same_place(kernel.prefix, Path(sys.prefix)):
        return Finding("kernel python3", found)
    return Finding(
        "kernel python3",
        f"{found} of {kernel.prefix}: not this Python",
        "problem",
        f"{THIS_PYTHON} -m ipykernel install --sys-prefix",
    )


def lab_finding() -> Finding:
    """Which JupyterLab the words `jupyter lab` start."""
    scripts = Path(sysconfig.get_path("scripts"))
    started = shutil.which("jupyter-lab")
    advice = f"start it with: {THIS_PYTHON} -m jupyterlab"
    if started is None:
        return Finding("jupyter lab", "not on the PATH", "note", advice)
    if not same_place(Path(started).parent, scripts):
        return Finding("jupyter lab", f"{started}, of another Python", "note", advice)
    return Finding("jupyter lab", started)


def widgets_finding(folders: list[str] | None = None) -> Finding:
    """Whether JupyterLab can draw the interactive figures; static ones appear if not."""
    if folders is None:
        try:
            from jupyter_core.paths import jupyter_path
        except ImportError:
            folders = [os.path.join(sys.prefix, "share", "jupyter", "labextensions")]
        else:
            folders = jupyter_path("labextensions")
    missing = [
        name
        for name in WIDGET_EXTENSIONS
        if not any(Path(place, name, "package.json").is_file() for place in folders)
    ]
    if not missing:
        return Finding("interactive figures", "JupyterLab extension found")
    return Finding(
        "interactive figures",
        f"no JupyterLab extension {' and '.join(missing)}: figures stand still",
        "note",
        f"{THIS_PYTHON} -m pip install --force-reinstall anywidget jupyterlab_widgets",
    )


def same_place(one: str | Path | None, other: Path) -> bool:
    """Whether two paths lead to the same file or folder; None is nowhere."""
    if one is None:
        return False
    real = (os.path.normcase(os.path.realpath(path)) for path in (one, other))
    return len(set(real)) == 1


def requirements() -> dict[str, str]:
    """Package -> its lowest version, as the installed course declares them."""
    try:
        lines = importlib.metadata.requires(DISTRIBUTION) or FALLBACK_REQUIREMENTS
    except importlib.metadata.PackageNotFoundError:
        lines = FALLBACK_REQUIREMENTS
    needed = {}
    for line in lines:
        requirement, _, marker = line.partition(";")
        if "extra" in marker:
            continue
        name, *_ = re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)
        bound = re.search(r">=\s*([\w.]+)", requirement)
        needed[name] = bound.group(1) if bound else "0"
    return needed


def import_name(distribution: str) -> str:
    """What to import of a package: "sklearn" of "scikit-learn"."""
    name = distribution.lower()
    return MODULE_OF_DISTRIBUTION.get(name, name.replace("-", "_"))
