"""What this computer needs to work on the course: one finding per thing, and what to do.

One of them: numpy's OpenBLAS looks at the processor and takes code written for it, which it calls
a kernel. It does not know every new processor, and then takes the kernel of an older one: AVX2
where AVX-512 is there costs 40 % and more. OPENBLAS_CORETYPE, set before Python starts, chooses
another one.
"""

import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import course
from course.kit.build import in_home, is_shared, module_states, own_folder
from course.kit.installation import (
    THIS_PYTHON,
    Finding,
    KernelFacts,
    ask_kernel,
    import_name,
    importing,
    kernel_finding,
    lab_finding,
    package_finding,
    python_finding,
    requirements,
    same_place,
    widgets_finding,
)

LEAST_FREE_MB = 200
CHOOSES = "OPENBLAS_CORETYPE"
AVX512_KERNELS = {"SkylakeX", "Cooperlake", "SapphireRapids"}
AVX2_KERNELS = {"Haswell", "Zen", "Excavator"}
SHARE_JUPYTER = ("ipykernel", "jupyterlab", "nbclient", "nbformat")


@dataclass(frozen=True)
class Diagnosis:
    """All findings; `modules` is module of the course -> its state."""

    findings: tuple[Finding, ...]
    modules: dict[str, str]

    @property
    def fine(self) -> bool:
        return all(finding.verdict != "problem" for finding in self.findings)

    def as_dict(self) -> dict:
        """For --json."""
        return {
            "fine": self.fine,
            "findings": [asdict(finding) for finding in self.findings],
            "modules": self.modules,
        }


def diagnose(
    folder: Path, on_step: Callable[[str], None] = lambda step: None
) -> Diagnosis:
    """Look at everything, for someone who works in `folder`. Offline, a few seconds.

    Writes nothing but files that are deleted at once. `on_step` is told what comes next.
    """
    root = course_folder(folder)
    notebooks = root / "notebooks" if root else folder
    needed = requirements()
    groups = import_groups([import_name(name) for name in needed])
    with importing(groups, folder) as import_errors:
        on_step("starting a kernel")
        kernel = ask_kernel(notebooks if notebooks.is_dir() else folder)
        on_step("importing packages")
        errors = import_errors()
    on_step("looking at folders")
    package = Path(course.__file__).resolve().parent
    states = module_states(*map(Path, course.__path__))
    findings = [
        python_finding(),
        *(
            package_finding(name, bound, errors.get(import_name(name)))
            for name, bound in needed.items()
        ),
        *([] if "numpy" in errors else [matrix_finding(blas_kernel(), features())]),
        course_finding(package, root, kernel),
        kernel_finding(kernel),
        lab_finding(),
        widgets_finding(),
        *(folder_finding(name, path) for name, path in _folders(package, root, folder)),
        disk_finding(folder),
        modules_finding(states),
    ]
    return Diagnosis(tuple(findings), states)


def import_groups(modules: list[str]) -> list[list[str]]:
    """Two lists that take about as long; those that share slow imports are together."""
    jupyter = [name for name in modules if name in SHARE_JUPYTER]
    return [jupyter, [name for name in modules if name not in SHARE_JUPYTER]]


def course_folder(folder: Path) -> Path | None:
    """The folder of the course at or above `folder`: the one that holds course/kit."""
    for place in (folder, *folder.parents):
        if (place / "course" / "kit" / "__init__.py").is_file():
            return place.resolve()
    return None


def course_finding(package: Path, root: Path | None, kernel: KernelFacts) -> Finding:
    """Whether `course` is what lies in the folder that the learner works in.

    `package` is the imported course/, `root` the folder of the course around the working
    folder.
    """
    install = f"{THIS_PYTHON} -m pip install -e ."
    if is_shared():
        own = in_home(own_folder())
        return Finding("course", f"shared, in {package}; your modules are in {own}")
    if package.parent.name in ("site-packages", "dist-packages"):
        return Finding(
            "course",
            f"a copy in {package}",
            "problem",
            f"in the folder of the course: {install}",
        )
    if root is not None and not same_place(package, root / "course"):
        return Finding("course", str(package), "problem", f"in {root}: {install}")
    if kernel.works and not same_place(kernel.course, package):
        where = kernel.course or "nowhere"
        return Finding(
            "course",
            f"notebooks find it in {where}, not in {package}",
            "problem",
            f"in {package.parent}: {install}",
        )
    if root is None:
        advice = f"go to the folder of the course: {package.parent}"
        return Finding("course", str(package), "note", advice)
    return Finding("course", str(package))


def folder_finding(name: str, path: Path) -> Finding:
    """Whether a file can be made in the folder (and deleted again)."""
    try:
        with tempfile.TemporaryFile(dir=path):
            pass
    except FileNotFoundError:
        advice = "get it back from the release"
        return Finding(f"{name} is writable", f"{path} is not there", "problem", advice)
    except OSError as error:
        return Finding(
            f"{name} is writable",
            f"{path}: {error.strerror or error}",
            "problem",
            "change its permissions, or move the course to a folder of your own",
        )
    return Finding(f"{name} is writable", str(path))


def matrix_finding(kernel: str | None, has: Mapping[str, bool]) -> Finding:
    """Whether numpy's OpenBLAS multiplies with what the processor `has`."""
    item = "matrix products"
    better = better_kernel(kernel, has)
    if better is None:
        found = f"OpenBLAS for {kernel}" if kernel else "numpy does not say for what"
        return Finding(item, found)
    return Finding(
        item,
        f"OpenBLAS for {kernel}, slower than this processor",
        "note",
        f"set the environment variable {CHOOSES}={better} before Jupyter starts",
    )


def disk_finding(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free // 2**20
    found = f"{free / 1024:.1f} GB" if free >= 1024 else f"{free} MB"
    if free >= LEAST_FREE_MB:
        return Finding("free disk", found)
    advice = f"make room: at least {LEAST_FREE_MB} MB"
    return Finding("free disk", found, "problem", advice)


def modules_finding(states: dict[str, str]) -> Finding:
    """Which modules of the course the learner has built."""
    groups: dict[str, list[str]] = {}
    for module, state in states.items():
        groups.setdefault(state, []).append(module)
    found = "; ".join(f"{state}: {', '.join(group)}" for state, group in groups.items())
    if any(state.startswith("broken") for state in groups):
        advice = "run the last cell of its lesson again"
        return Finding("modules of course", found, "note", advice)
    return Finding("modules of course", found)


def _folders(package: Path, root: Path | None, folder: Path) -> list[tuple[str, Path]]:
    own = own_folder()
    if not is_shared():
        wanted = [("course/", package)]
    else:  # the first module that is built makes it
        place = next(each for each in (own, *own.parents) if each.is_dir())
        wanted = [("your own folder", place)]
    if root is not None:
        wanted.append(("notebooks/", root / "notebooks"))
    wanted.append(("this folder", folder))
    wanted.append(("temporary folder", _temporary_folder()))
    return wanted


def _temporary_folder() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        name = "TEMP" if platform.system() == "Windows" else "TMPDIR"
        return Path(os.environ.get(name, name))


def blas_kernel() -> str | None:
    """The processor that numpy's OpenBLAS multiplies for; None where it does not say."""
    import numpy  # noqa: F401 it loads what is asked below

    try:
        from threadpoolctl import threadpool_info
    except ModuleNotFoundError:
        return None
    found = [pool for pool in threadpool_info() if pool["internal_api"] == "openblas"]
    return found[0].get("architecture") if found else None


def features() -> Mapping[str, bool]:
    """The instructions that the processor has, by numpy's names for them."""
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as found
    except ImportError:  # numpy 1
        from numpy.core._multiarray_umath import (  # type: ignore[no-redef]
            __cpu_features__ as found,
        )
    return found


def better_kernel(kernel: str | None, has: Mapping[str, bool]) -> str | None:
    """The kernel that a processor that `has` these should have; None where `kernel` is right.

    >>> better_kernel("Haswell", {"AVX512_SKX": True})
    'SkylakeX'
    """
    if kernel is None or kernel in AVX512_KERNELS:
        return None
    if has.get("AVX512_SKX"):
        return "SkylakeX"
    if has.get("AVX2") and has.get("FMA3") and kernel not in AVX2_KERNELS:
        return "Haswell"
    return None
