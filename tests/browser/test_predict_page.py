"""Questions before a figure as JupyterLab shows them: trusted, and not.

With the environment variable SCREENSHOTS naming a folder, it leaves pictures of the page there.
"""

import os
from pathlib import Path

import nbclient
import nbformat
import pytest
from nbformat.sign import NotebookNotary

SECONDS = 60
CELL = """
from course.kit.predict import predict
predict("How many numbers?", 15, because="3 rows and 5 columns")
predict("Which strides do not fit?", "3 and 4", choices=["only 3", "3 and 4"])
"""


@pytest.fixture
def answers(start_lab, page, tmp_path):
    """`answers(trusted)` opens a saved notebook; then the questions, top to bottom."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    def open_page(trusted):
        cell = nbformat.v4.new_code_cell(CELL.strip())
        kernel = {"name": "python3", "display_name": "Python 3"}
        book = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
        book = nbclient.NotebookClient(book).execute()
        folder = tmp_path / "work"
        folder.mkdir()
        nbformat.write(book, folder / "asked.ipynb")
        if trusted:
            (tmp_path / "data").mkdir()
            NotebookNotary(data_dir=str(tmp_path / "data")).sign(book)
        page.get(start_lab(folder).page("lab/tree/asked.ipynb"))
        found = WebDriverWait(page, SECONDS).until(
            lambda d: d.find_elements(By.XPATH, "//details/..")
        )
        if shots := os.environ.get("SCREENSHOTS"):
            page.save_screenshot(str(Path(shots) / f"predict_{trusted}.png"))
        return found

    return open_page


def test_a_guess_is_compared(answers, page):
    from selenium.webdriver import Keys
    from selenium.webdriver.common.by import By

    number, choice = answers(trusted=True)
    assert "rows" not in number.text
    box = number.find_element(By.TAG_NAME, "input")
    box.send_keys("14", Keys.ENTER)
    assert "Not 14, but 15. 3 rows and 5 columns" in number.text
    box.clear()
    box.send_keys("fifteen", Keys.ENTER)
    assert "Write a number" in number.text
    box.clear()
    box.send_keys("15.0")
    number.find_element(By.TAG_NAME, "button").send_keys(Keys.SPACE)
    assert "Right: 15." in number.text
    first, second = choice.find_elements(By.TAG_NAME, "button")
    first.click()
    assert "Not only 3, but 3 and 4" in choice.text
    second.send_keys(Keys.ENTER)
    assert "Right: 3 and 4" in choice.text
    assert second.get_attribute("aria-pressed") == "true"


def test_without_trust_the_answer_unfolds(answers):
    from selenium.webdriver.common.by import By

    number, choice = answers(trusted=False)
    assert not number.find_elements(By.TAG_NAME, "input")
    assert "only 3 / 3 and 4" in choice.text and "rows" not in number.text
    number.find_element(By.TAG_NAME, "summary").click()
    assert "15. 3 rows and 5 columns" in number.text
