"""What the figures were measured on: nothing that names a computer or a person."""

import datetime
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from course.kit.doctor import CHOOSES, better_kernel, blas_kernel, features


def machine() -> dict[str, str | int | None]:
    """The processor, the libraries that count, how busy it is, and the date."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "kernel": blas_kernel(),
        "better kernel": better_kernel(blas_kernel(), features()),
        "chosen by hand": os.environ.get(CHOOSES),
        "torch": installed("torch"),
        "nbgrader": installed("nbgrader"),
        "load": load(),
        "date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}",
    }


def processor() -> str:
    """Its name, as the system tells it."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def load() -> str | None:
    """Processes that wanted to run in the last minute; None where the system hides it."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else None
