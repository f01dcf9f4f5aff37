"""The viewer of units in a real page: JupyterLab with a running kernel, in headless Chromium.

Needs selenium, chromium and chromedriver, and is skipped without them. With the environment
variable SCREENSHOTS naming a folder, it leaves pictures of the page there.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest

selenium = pytest.importorskip("selenium", reason="needs selenium")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="needs chromium and chromedriver"
)
SECONDS = 120
ROOT = Path(__file__).parents[2]

CELLS = """
import numpy as np
from course.kit.unit_viewer import UnitViewer
from course.network import Conv2D, MaxPool2D, ReLU, Sequential
network = Sequential([Conv2D(3, 4, 3, padding=1), ReLU(), MaxPool2D()])
network.parameters["0.w"][...] = np.random.default_rng(0).standard_normal((4, 3, 3, 3))
images = np.random.default_rng(1).random((2, 3, 16, 16))
viewer = UnitViewer(network, images, names=["first", "second"], layer=0, row=8, column=8)
viewer
""".strip()
REPORT = "print('STATE', viewer.image, viewer.layer, viewer.channel, viewer.row, viewer.column)"


@pytest.fixture
def server(tmp_path):
    """The address of a notebook in a JupyterLab of its own."""
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(CELLS), nbformat.v4.new_code_cell(REPORT)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(book, tmp_path / "viewer.ipynb")
    runtime = tmp_path / "runtime"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
    }
    with (tmp_path / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0"),
                *(f"--notebook-dir={tmp_path}", "--allow-root", "--ip=127.0.0.1"),
            ],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _address(runtime, process, tmp_path / "log")
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def _address(runtime: Path, process: subprocess.Popen, log: Path) -> str:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        for path in runtime.glob("jpserver-*.json"):
            with suppress(json.JSONDecodeError):
                found = json.loads(path.read_text(encoding="utf-8"))
                return f"{found['url']}lab/tree/viewer.ipynb?token={found['token']}"
        time.sleep(0.3)
    raise AssertionError(log.read_text(encoding="utf-8"))


@pytest.fixture
def page(tmp_path):
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = BROWSER
    for flag in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "window-size=1300,1300",
        f"user-data-dir={tmp_path / 'profile'}",
    ):
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def _run_cell(page) -> None:
    from selenium.webdriver import ActionChains, Keys

    chain = ActionChains(page).key_down(Keys.SHIFT).send_keys(Keys.ENTER)
    chain.key_up(Keys.SHIFT).perform()


def _picture(page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.save_screenshot(str(Path(folder) / f"unit_viewer_{name}.png"))


def test_clicks_reach_the_kernel_and_frames_follow(server, page):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import Select, WebDriverWait

    wait = WebDriverWait(page, SECONDS, poll_frequency=0.5)

    def find(selector):
        return page.find_element(By.CSS_SELECTOR, selector)

    def message():
        return find(".uv-message").text

    page.get(server)
    cells = ".jp-Notebook .jp-Cell .cm-content"
    wait.until(lambda d: len(d.find_elements(By.CSS_SELECTOR, cells)) >= 2)
    time.sleep(5)  # the kernel connects
    find(cells).click()
    _run_cell(page)
    wait.until(lambda d: d.find_elements(By.CSS_SELECTOR, ".uv-message"))
    wait.until(lambda d: "Unit (8, 8)" in message())
    assert "3 x 3 pixels from (7, 7)" in message()
    assert len(page.find_elements(By.CSS_SELECTOR, ".uv-thumb")) == 4
    _picture(page, "begin")

    # A click on the map, three quarters down and a quarter to the right: unit (12, 4).
    canvas = find(".uv-clickable")
    side = canvas.size["width"]
    move = ActionChains(page).move_to_element_with_offset(
        canvas, int(-side / 4 + 3), int(side / 4 + 3)
    )
    move.click().perform()
    wait.until(lambda d: "Unit (12, 4)" in message())
    frames = page.find_elements(By.CSS_SELECTOR, ".uv-frame")
    image = page.find_elements(By.CSS_SELECTOR, ".uv-holder canvas")[0]
    cell = image.size["width"] / 16
    assert frames[0].rect["x"] - image.rect["x"] == pytest.approx(3 * cell, abs=1)
    assert frames[0].rect["y"] - image.rect["y"] == pytest.approx(11 * cell, abs=1)
    assert frames[0].rect["width"] == pytest.approx(3 * cell, abs=1)

    # Another channel, then another layer and image: these need the kernel.
    page.find_elements(By.CSS_SELECTOR, ".uv-thumb")[2].click()
    wait.until(lambda d: "channel 2" in find(".uv-root").text)
    image_select, layer_select = (
        Select(node) for node in page.find_elements(By.CSS_SELECTOR, ".uv-select")
    )
    layer_select.select_by_value("2")
    wait.until(lambda d: "4 x 4 pixels" in message())
    assert "Unit (7, 4)" in message()
    assert "2 MaxPool2D, channel 2" in find(".uv-root").text
    old = message()
    image_select.select_by_value("1")
    wait.until(lambda d: "Unit (7, 4)" in message() and message() != old)
    _picture(page, "end")

    page.find_elements(By.CSS_SELECTOR, cells)[-1].click()
    _run_cell(page)
    text = ".jp-OutputArea-output"
    state = "STATE 1 2 2 7 4"
    wait.until(
        lambda d: any(state in o.text for o in d.find_elements(By.CSS_SELECTOR, text))
    )
