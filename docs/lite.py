"""The lessons in JupyterLab inside a browser: `make lite` builds the files of such a site.

Python itself and numpy come, when a page is opened, from where Pyodide's own documentation
takes them, a CDN. So this cannot be tested offline; that the lessons import what is there, and
that the site is built, is.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from autograder.lessons import find_lessons
from autograder.release.release import write_tree

EXTENSIONS = (
    "@jupyterlite/pyodide-kernel-extension",
    "@jupyter-widgets/jupyterlab-manager",
    "anywidget",
)
NEEDED = "numpy matplotlib scikit-learn threadpoolctl anywidget"
FIRST = f"""\
# Only in a browser without an installation. It takes a while, once; not tested offline.
%pip install -q {NEEDED}
import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd().parents[1]))  # where the folder course is"""
KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
SETTINGS = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "Convolutional networks from scratch",
        "faviconUrl": "./lab/favicon.ico",
    },
}


def write_contents(folder: Path) -> None:
    """What students get, without what is for an installation; each page finds `course`."""
    write_tree(folder, ROOT, find_lessons(ROOT))
    for name in ("pyproject.toml", "environment.yml", "README.md"):
        (folder / name).unlink()
    for path in sorted(folder.glob("notebooks/*/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        first = nbformat.v4.new_code_cell(FIRST, id="in-a-browser")
        notebook.cells.insert(1, first)  # below the title
        notebook.metadata["kernelspec"] = KERNEL
        nbformat.write(notebook, path)


def build(target: Path) -> None:
    """Make the site in the folder `target`, from nothing: what is there is replaced."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        here = Path(work)
        write_contents(here / "contents")
        found = Path(sys.prefix, "share", "jupyter", "labextensions")
        for name in EXTENSIONS:  # those of the instructor's tools stay at home
            shutil.copytree(found / name, here / "extensions" / name)
        config = {
            "LiteBuildConfig": {
                "lite_dir": str(here),
                "output_dir": str(here / "site"),
                "contents": [str(here / "contents")],
                "apps": ["lab"],
                "ignore_sys_prefix": ["federated_extensions"],
                "no_sourcemaps": True,
                "no_unused_shared_packages": True,
            },
            "FederatedExtensionAddon": {
                "extra_labextensions_path": [str(here / "extensions")]
            },
        }
        for name, value in {
            "jupyter_lite_config": config,
            "jupyter-lite": SETTINGS,
        }.items():
            (here / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
        command = [sys.executable, "-m", "jupyterlite_core", "build"]
        done = subprocess.run(
            command, cwd=here, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(done.stdout[-4000:] + done.stderr[-4000:])
        if target.exists():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(here / "site", target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--to", type=Path, default=Path("build/lite"))
    target = parser.parse_args().to
    build(target)
    print(
        f"{target}. To look at it: python -m http.server --directory {target}, and open "
        "lab/index.html there. It fetches Python from a CDN: not tested offline."
    )


if __name__ == "__main__":
    main()
