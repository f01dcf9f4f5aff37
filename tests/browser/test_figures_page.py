"""Interactive figures in a real page: JupyterLab with a running kernel, and a notebook opened again.

With the environment variable SCREENSHOTS naming a folder, it leaves pictures of the page there.
"""

import json
import os
import time
from pathlib import Path

import nbclient
import nbformat
import pytest
from nbformat.sign import NotebookNotary

SECONDS = 120
CELLS = (
    """
from course.convolution import conv_forward_naive
from course.kit.draw import draw_digit
draw_digit(conv_forward=conv_forward_naive)
""",
    """
from course.im2col import im2col
from course.kit import explore
explore.columns(im2col)
""",
    """
import numpy as np
from course.kit.widgets import SlidingWindow
SlidingWindow(np.ones((4, 5)), np.ones((3, 3)))
""",
)
TWINS = """
return [...document.querySelectorAll('.course-twin img')].map(
    i => i.naturalWidth > 1000 && i.clientWidth > 400 && i.alt.length > 20)
"""


@pytest.fixture
def book():
    kernel = {"name": "python3", "display_name": "Python 3"}
    cells = [nbformat.v4.new_code_cell(cell.strip()) for cell in CELLS]
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture
def open_page(start_lab, page, tmp_path):
    """`open_page(book, theme)` opens it in a JupyterLab; then what finds elements in it."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    def open_page(book, theme):
        folder = tmp_path / "work"
        folder.mkdir()
        nbformat.write(book, folder / "figures.ipynb")
        settings = tmp_path / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        text = json.dumps({"theme": f"JupyterLab {theme}"})
        (settings / "themes.jupyterlab-settings").write_text(text, encoding="utf-8")
        lab = start_lab(folder, JUPYTERLAB_SETTINGS_DIR=str(tmp_path / "settings"))
        page.set_window_size(1300, 2300)
        page.get(lab.page("lab/tree/figures.ipynb"))
        return find, wait

    def find(selector):
        return page.find_element(By.CSS_SELECTOR, selector)

    def wait(condition):
        WebDriverWait(page, SECONDS, 0.5, (Exception,)).until(lambda d: condition())

    return open_page


def _picture(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        page.save_screenshot(str(Path(folder) / f"figures_{name}.png"))


def test_figures_answer_mouse_and_keys(book, open_page, page):
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.common.by import By

    find, wait = open_page(book, "Dark")
    code = ".jp-Notebook .jp-Cell .cm-content"
    wait(lambda: len(page.find_elements(By.CSS_SELECTOR, code)) == len(CELLS))
    time.sleep(5)  # the kernel connects
    find(code).click()
    for _ in CELLS:
        chain = ActionChains(page).key_down(Keys.SHIFT).send_keys(Keys.ENTER)
        chain.key_up(Keys.SHIFT).perform()
    wait(lambda: find(".sw-root").is_displayed())
    wait(lambda: "I read a 3" in find(".dd-text").text)

    # A seven, drawn with the mouse; then a one, with the keys.
    canvas = find(".dd-canvas")
    pen = ActionChains(page, duration=50)
    pen.move_to_element_with_offset(canvas, -60, -80).click_and_hold()
    for x, y in ((60, -80), (10, 20), (-10, 90)):
        pen.move_to_element_with_offset(canvas, x, y)
    pen.release().perform()
    wait(lambda: "I read a 7" in find(".dd-text").text)
    assert "ms with your conv_forward_naive, in " in find(".dd-text").text
    canvas.send_keys(Keys.DELETE)
    wait(lambda: find(".dd-text").text == "Draw a digit.")
    canvas.send_keys(Keys.SPACE, *[Keys.ARROW_DOWN] * 12, Keys.SPACE)
    wait(lambda: "I read a 1" in find(".dd-text").text)

    image = find(".ex-image")
    assert "Column 4 " in find(".ex-text").text
    ActionChains(page).move_to_element_with_offset(image, 200, 0).click().perform()
    wait(lambda: "Column 6 " in find(".ex-text").text)
    image.send_keys(Keys.ARROW_RIGHT)
    wait(lambda: "Column 7 " in find(".ex-text").text)

    # Enter applies an edited weight, and a letter is no command of the notebook.
    weight = find(".sw-weight")
    weight.click()
    weight.send_keys("5", Keys.ENTER)
    wait(lambda: "= 13" in find(".sw-message").text)
    find(".sw-root").send_keys("b")
    _picture(page, "live")
    assert len(page.find_elements(By.CSS_SELECTOR, code)) == len(CELLS) + 1
    wait(lambda: not any(page.execute_script(TWINS)))


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_a_notebook_opened_again_shows_pictures(
    book, open_page, page, tmp_path, trusted
):
    made = nbclient.NotebookClient(book, store_widget_state=False).execute()
    if trusted:
        (tmp_path / "data").mkdir()
        NotebookNotary(data_dir=str(tmp_path / "data")).sign(made)
    find, wait = open_page(made, "Light")
    shown = TWINS if trusted else TWINS.replace(".course-twin", ".jp-RenderedHTML")
    wait(lambda: page.execute_script(shown) == [True] * len(CELLS))
    wait(lambda: "model not found" not in find(".jp-Notebook").text)
    time.sleep(3)
    _picture(page, f"again_{trusted}")
    assert "displaying widget" not in find(".jp-Notebook").text
