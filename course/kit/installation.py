"""What the doctor finds in the installation: Python, packages, kernel, JupyterLab."""

import importlib.metadata
import os
import re
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from course.kit.probes import KernelFacts

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
        name = re.match(r"[\w.-]+", requirement.strip()).group()
        bound = re.search(r">=\s*([\w.]+)", requirement)
        needed[name] = bound.group(1) if bound else "0"
    return needed


def import_name(distribution: str) -> str:
    """What to import of a package: "sklearn" of "scikit-learn"."""
    name = distribution.lower()
    return MODULE_OF_DISTRIBUTION.get(name, name.replace("-", "_"))
