"""The viewer of units in a real page: JupyterLab with a running kernel, in headless Chromium.

With the environment variable SCREENSHOTS naming a folder, it leaves pictures of the page there.
"""

import os
import time
from pathlib import Path

import nbformat
import pytest

SECONDS = 120

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
def server(tmp_path, start_lab):
    """The address of a notebook in a JupyterLab of its own."""
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(CELLS), nbformat.v4.new_code_cell(REPORT)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    folder = tmp_path / "notebooks"
    folder.mkdir()
    nbformat.write(book, folder / "viewer.ipynb")
    return start_lab(folder).page("lab/tree/viewer.ipynb")


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
