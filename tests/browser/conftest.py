"""JupyterLab, started by a test, and a headless Chromium to look at it with.

Tests that use them need selenium, chromium and chromedriver, and are skipped without them;
with the environment variable COURSE_BROWSER_REQUIRED, as CI has it, they fail.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REQUIRED = "COURSE_BROWSER_REQUIRED"
ROOT = Path(__file__).parents[2]
SECONDS = 120  # to start, on a busy machine
FLAGS = (
    "headless",
    "no-sandbox",
    "disable-gpu",
    "disable-quic",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "window-size=1300,1300",
)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, and the word that lets one in."""

    url: str
    token: str

    def page(self, path: str) -> str:
        return f"{self.url}{path}?token={self.token}"


@pytest.fixture
def start_lab(tmp_path) -> Iterator[Callable[..., Lab]]:
    """`start_lab(folder, **environment)` starts one that shows this folder."""
    with contextlib.ExitStack() as stack:
        yield lambda folder, **more: stack.enter_context(_lab(folder, tmp_path, more))


@contextlib.contextmanager
def _lab(folder: Path, own: Path, more: dict[str, str]) -> Iterator[Lab]:
    runtime = own / "runtime"
    programs = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_DATA_DIR": str(own / "data"),
        "JUPYTER_CONFIG_DIR": str(own / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        **more,
    }
    with (own / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [
                *(programs / "jupyter-lab", "--no-browser", "--port=0"),
                *("--allow-root", "--ip=127.0.0.1"),
            ],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _running(runtime, process, own / "log")
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()


def _running(runtime: Path, process: subprocess.Popen, log: Path) -> Lab:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        for path in runtime.glob(f"jpserver-{process.pid}.json"):
            with contextlib.suppress(json.JSONDecodeError):
                found = json.loads(path.read_text(encoding="utf-8"))
                return Lab(found["url"], found["token"])
        time.sleep(0.3)
    raise AssertionError(log.read_text(encoding="utf-8"))


@pytest.fixture
def page(tmp_path):
    """Selenium's driver of a Chromium with an empty profile."""
    with _browser(tmp_path / "profile") as driver:
        yield driver


@pytest.fixture
def second_page(tmp_path):
    """Another person's browser."""
    with _browser(tmp_path / "second_profile") as driver:
        yield driver


@contextlib.contextmanager
def _browser(profile: Path):
    try:
        from selenium import webdriver
    except ImportError:
        _is_missing("selenium")
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    chromedriver = shutil.which("chromedriver")
    if not (browser and chromedriver):
        _is_missing("chromium and chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"user-data-dir={profile}"):
        options.add_argument(f"--{flag}")
    service = webdriver.ChromeService(chromedriver)
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


def _is_missing(what: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(f"{REQUIRED} is set, and {what} is missing")
    pytest.skip(f"needs {what}")
