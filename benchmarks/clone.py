"""How long does `make run` take from a clean clone, with nothing in the installer's cache?

    python benchmarks/clone.py

Clones the last commit of this checkout into a temporary folder. Skipped where packages cannot be
fetched.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from autograder.lessons import checkout
from course.kit.terminal import run_app

PROBE = "mdurl"  # a small package, to find out whether any can be fetched
INSTALLED = ".venv/.installed"  # the Makefile's first step
app = typer.Typer(add_completion=False)


def measure_clone() -> dict:
    """Seconds of the clone, the installation and the run; or why it was skipped."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        caches = {
            key: str(Path(name, key))
            for key in ("PIP_CACHE_DIR", "UV_CACHE_DIR", "XDG_CACHE_HOME")
        }
        left = {"VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
        environment = {k: v for k, v in os.environ.items() if k not in left} | caches
        probe = ["-m", "pip", "download", "-q", "--no-deps", "-d", name, PROBE]
        missing = [program for program in ("git", "make") if not shutil.which(program)]
        if missing:
            return {"skipped": f"{missing[0]} is not installed"}
        if subprocess.run(
            [sys.executable, *probe], check=False, capture_output=True, env=environment
        ).returncode:
            return {"skipped": "no package can be fetched"}
        copy = Path(name, "clone")
        found = {}
        for step, command, folder in (
            ("clone", ["git", "clone", "-q", str(checkout()), str(copy)], name),
            ("install", ["make", INSTALLED, f"PYTHON={sys.executable}"], copy),
            ("run", ["make", "run"], copy),
        ):
            print(step, file=sys.stderr, flush=True)
            started = time.monotonic()
            done = subprocess.run(
                command, check=False, cwd=folder, env=environment, capture_output=True
            )
            if done.returncode:
                said = done.stderr.decode(errors="replace").strip()
                raise SystemExit(f"{' '.join(command)} failed:\n{said}")
            found[step] = time.monotonic() - started
    return {"seconds": found}


@app.command(help=__doc__.split("\n\n")[0])
def clone(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    found = measure_clone()
    if as_json:
        print(json.dumps(found, indent=1))
    elif "skipped" in found:
        print(f"skipped: {found['skipped']}")
    else:
        for step, seconds in found["seconds"].items():
            print(f"{step} {seconds:.0f} s")
        print(f"together {sum(found['seconds'].values()):.0f} s")


if __name__ == "__main__":
    run_app(app)
