"""The card of a failed check as JupyterLab shows it: in both themes, trusted and not.

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

SECONDS = 300  # on a busy machine
THEME = "return document.body.dataset.jpThemeName"
CASES = """
import numpy as np
from course.convolution import conv_forward_naive as right

def cases(t, convolve):
    x, corner = np.arange(9.0).reshape(1, 1, 3, 3), np.array([[[[1.0, 0], [0, 2]]]])
    t.case("by hand: 1 * 0 + 2 * 4", convolve(x, corner, np.zeros(1)),
           np.array([[[[8.0, 11], [17, 20]]]]),
           mistakes={"the filter is flipped": np.array([[[[4.0, 7], [13, 16]]]])})
    x, w, b = t.ints(2, 3, 24, 32), t.ints(2, 3, 3, 3), t.ints(2)
    t.case("24 x 32 pixels, padding 1", convolve(x, w, b, padding=1),
           right(x, w, b, 1, 1)[0])
    t.refuses("stride 5 leaves pixels over", convolve(x, w, b, 5))

    @t.test("two calls, the same numbers")
    def _(convolve):
        small = np.arange(9.0).reshape(1, 1, 3, 3)
        first, second = (convolve(small, corner, np.zeros(1)) for _ in range(2))
        assert (first == second).all()
"""
PREPARED = """
from pathlib import Path
import numpy as np
from course.convolution import conv_forward_naive
from course.kit import check
from course.kit.checking import documents
documents.FOLDER = Path("checks").resolve()
"""
ANSWER = """
def convolve(x, w, b, stride=1, padding=0):
    if stride == 5:
        raise ValueError("stride 5 does not fit")
    out = conv_forward_naive(x, w, b, stride, padding)[0]
    {wrong}
    return out
"""
CELLS = (
    PREPARED,
    ANSWER.format(wrong="out = out - 4 if x.size == 9 else out"),
    "check(convolve)",
    ANSWER.format(wrong="out[1:, 1:, 0:6, 3:9:2] += 7"),
    "check(convolve)",
    ANSWER.format(wrong="pass"),
    "check(convolve)",
    "check.cases(convolve)",
)

PICTURES = """
return [...document.querySelectorAll('.jp-RenderedHTML img')].map(
    i => i.complete && i.naturalWidth > 20 && i.alt.length > 20)
"""
# The contrast of each piece of text in the cards with what lies behind it, by WCAG.
CONTRASTS = """
const channels = c => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
const over = (c, d) => {
    const a = c.length > 3 ? c[3] : 1;
    return [0, 1, 2].map(i => c[i] * a + d[i] * (1 - a));
};
const behind = e => {
    if (!e) return [255, 255, 255];
    const c = channels(getComputedStyle(e).backgroundColor);
    return c.length > 3 && c[3] === 0 ? behind(e.parentElement)
        : over(c, c.length > 3 ? behind(e.parentElement) : [0, 0, 0]);
};
const light = c => {
    const [r, g, b] = c.map(v => v / 255).map(
        v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
return [...document.querySelectorAll('.jp-RenderedHTML *')].filter(
    e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
).map(e => {
    const back = behind(e), style = getComputedStyle(e);
    const c = channels(style.color), a = (c.length > 3 ? c[3] : 1) * Number(style.opacity);
    const two = [light(over([...c.slice(0, 3), a], back)), light(back)];
    return [(Math.max(...two) + 0.05) / (Math.min(...two) + 0.05), e.tagName, e.textContent];
});
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook after all cells have run."""
    folder = tmp_path_factory.mktemp("cards")
    document = {
        "functions": ["convolve"],
        "parameters": {"convolve": ["x", "w", "b", "stride", "padding"]},
        "source": CASES.split("\n"),
        "stored": {},
        "hidden": 7,
    }
    (folder / "checks").mkdir()
    text = json.dumps({"tasks": {"convolve": document}})
    (folder / "checks" / "convolution.json").write_text(text, encoding="utf-8")
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in CELLS],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    client = nbclient.NotebookClient(
        book, allow_errors=True, resources={"metadata": {"path": str(folder)}}
    )
    return client.execute()


def test_a_card_is_one_display_and_one_line_of_error(executed):
    for place in (2, 4):
        card, error = executed.cells[place].outputs
        assert card.output_type == "display_data"
        assert {"text/plain", "text/html"} < set(card.data)
        assert max(map(len, card.data["text/plain"].split("\n"))) <= 88
        assert error.ename == "CheckFailed"
        assert "\n" not in error.evalue
        assert len(error.traceback) == 1
    assert "(in brackets: the padding)" in card.data["text/plain"]
    assert executed.cells[6].outputs[0].data["text/plain"] == "ok   convolve: 4 cases"


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_the_card_can_be_read(executed, start_lab, page, tmp_path, trusted):
    folder = tmp_path / "work"
    folder.mkdir()
    nbformat.write(executed, folder / "cards.ipynb")
    if trusted:
        (tmp_path / "data").mkdir()
        NotebookNotary(data_dir=str(tmp_path / "data")).sign(executed)
    settings = tmp_path / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    lab = start_lab(folder, JUPYTERLAB_SETTINGS_DIR=str(tmp_path / "settings"))
    page.set_window_size(1300, 4200)
    for theme in ("Light", "Dark"):
        text = json.dumps({"theme": f"JupyterLab {theme}"})
        path = settings / "themes.jupyterlab-settings"
        path.write_text(text, encoding="utf-8")
        page.get(lab.page("lab/tree/cards.ipynb"))
        look_at_cards(page, theme, "trusted" if trusted else "untrusted")


def look_at_cards(page, theme: str, trust: str) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    wait = WebDriverWait(page, SECONDS, poll_frequency=0.5)
    wait.until(lambda d: d.execute_script(THEME) == f"JupyterLab {theme}")
    wait.until(
        lambda d: len(d.find_elements(By.CSS_SELECTOR, ".jp-RenderedHTML h4")) >= 3
    )
    time.sleep(2)
    for summary in page.find_elements(By.TAG_NAME, "summary"):
        summary.click()
    if shots := os.environ.get("SCREENSHOTS"):
        page.save_screenshot(str(Path(shots) / f"card_{theme}_{trust}.png"))
    text = page.find_element(By.CSS_SELECTOR, ".jp-Notebook").text
    assert "It looks as if the filter is flipped." in text
    assert "\N{MULTIPLICATION X} 4" in text
    assert "1\nby hand" not in text and "raises ValueError" in text
    assert page.execute_script(PICTURES) == [True] * 5
    poor = [each for each in page.execute_script(CONTRASTS) if each[0] < 4.5]
    assert not poor
