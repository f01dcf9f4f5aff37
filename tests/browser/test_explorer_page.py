"""The explorer in headless Chromium: offline, by mouse and by keyboard, narrow and dark.

With the environment variable SCREENSHOTS naming a folder, it leaves pictures of the page there.
"""

import base64
import json
import os
import re
import time
from pathlib import Path

import numpy as np
import pytest

from course.architectures import GlobalAveragePool, Residual
from course.kit import layers as kit
from course.kit.page import export_page, joined, read_network
from course.network import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential

SECONDS = 60
CODE = 150_000  # bytes of script, style and page
ALLOWED = 1e-4
FAST = 16  # milliseconds for one image
TEXT = 4.5  # contrast


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """`shipped("digits")`: the page of a shipped network, and the network as it was read."""
    folder = tmp_path_factory.mktemp("pages")
    made = {}

    def of(name):
        if name not in made:
            saved = read_network(name)
            page = export_page(
                saved.network,
                folder / f"{name}.html",
                classes=saved.classes,
                mean=saved.mean,
                samples=saved.samples,
                title=saved.title,
            )
            made[name] = page, saved
        return made[name]

    return of


@pytest.fixture
def show(page):
    """`show(path, width=1300, theme="light", motion="reduce")` opens a page."""

    def show(path, width=1300, height=1000, theme="light", motion="no-preference"):
        command = page.execute_cdp_cmd
        command("Network.enable", {})
        features = {"prefers-color-scheme": theme, "prefers-reduced-motion": motion}
        pairs = [{"name": n, "value": v} for n, v in features.items()]
        command("Emulation.setEmulatedMedia", {"features": pairs})
        size = {"width": width, "height": height, "deviceScaleFactor": 1}
        command("Emulation.setDeviceMetricsOverride", {**size, "mobile": width < 600})
        page.get(path.as_uri())
        until(page, "return Boolean(window.explorer?.tested)")

    return show


def until(page, script, wanted=True):
    """Wait until the script gives this; then what it gave."""
    end = time.monotonic() + SECONDS
    while (found := page.execute_script(script)) != wanted:
        assert time.monotonic() < end, f"{script} gives {found!r}, not {wanted!r}"
        time.sleep(0.1)
    return found


def state(page, expression):
    return page.execute_script(f"return ((app) => {expression})(window.explorer)")


def element(page, selector):
    from selenium.webdriver.common.by import By

    return page.find_element(By.CSS_SELECTOR, selector)


def button(page, text):
    from selenium.webdriver.common.by import By

    return page.find_element(By.XPATH, f"//button[contains(., '{text}')]")


def press(page, text):
    """Click a button that has this text; it is scrolled to first."""
    node = button(page, text)
    page.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", node
    )
    time.sleep(0.2)
    node.click()


def photograph(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        time.sleep(0.5)
        page.save_screenshot(str(Path(folder) / f"explorer_{name}.png"))


def no_errors(page):
    assert [
        entry for entry in page.get_log("browser") if entry["level"] == "SEVERE"
    ] == []


@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_the_page_computes_what_numpy_does(shipped, show, page, name):
    path, saved = shipped(name)
    show(path)
    tested = state(page, "app.tested")
    assert tested["worst"] < ALLOWED
    assert "Largest error" in element(page, "#truth .verdict").text
    # Of several tries the best one: others may want the processor, too.
    times = []
    for _ in range(5):
        page.execute_script("document.querySelector('#truth button').click()")
        times.append(state(page, "app.tested.median"))
    assert min(times) < FAST
    for number in (0, 4):
        x = saved.samples[number : number + 1] - saved.mean
        wanted = saved.network.forward(x)[0]
        page.execute_script(
            f"document.querySelectorAll('.strip button')[{number}].click()"
        )
        until(
            page,
            f"return window.explorer.sample === {number} && !window.explorer.waiting",
        )
        assert np.allclose(state(page, "[...app.x.data]"), x.ravel(), atol=1e-6)
        assert np.allclose(state(page, "[...app.outs.at(-1).data]"), wanted, atol=1e-4)
        until(
            page,
            "return document.querySelector('#now strong').textContent",
            saved.classes[wanted.argmax()],
        )
    no_errors(page)


def test_one_file_without_requests(shipped, show, page):
    path, _ = shipped("shapes")
    text = path.read_text(encoding="utf-8")
    data = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1]
    assert len(text.encode()) - len(data) < CODE
    assert "connect-src" not in text and "default-src 'none'" in text
    assert "unsafe" not in text and not re.search(
        r"\beval\(|new Function|https?://(?!www\.w3\.org/2000/svg)", text
    )
    show(path)
    page.execute_script(
        "document.querySelector('#back').scrollIntoView({behavior: 'instant'})"
    )
    until(
        page,
        "return document.querySelector('#back .news').textContent.startsWith('Occlusion is done')",
    )
    names = page.execute_script(
        "return performance.getEntriesByType('resource').map((each) => each.name)"
    )
    assert [name for name in names if not name.startswith("blob:")] == []
    blocked = page.execute_async_script(
        "const done = arguments[0];"
        "document.addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective));"
        "fetch('http://127.0.0.1:9/').catch(() => {}); setTimeout(() => done('nothing'), 5000);"
    )
    assert blocked == "connect-src"
    page.execute_script(
        "const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
        "document.body.append(script); setTimeout('window.ran = 2');"
    )
    time.sleep(0.5)
    assert page.execute_script("return window.ran") is None


def test_draw_with_the_mouse(shipped, show, page):
    from selenium.webdriver import ActionChains

    path, saved = shipped("digits")
    show(path)
    pad = element(page, "#pad")
    page.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", pad
    )
    time.sleep(0.5)
    pen = ActionChains(page, duration=40)
    pen.move_to_element_with_offset(pad, -60, -100).click_and_hold()
    for x, y in ((70, -100), (30, 0), (-10, 110)):
        pen.move_to_element_with_offset(pad, x, y)
    pen.release().perform()
    until(page, "return document.querySelector('#now strong').textContent", "7")
    # The same numbers in numpy give the same scores.
    x = np.reshape(state(page, "[...app.x.data]"), (1, 1, 8, 8))
    assert np.allclose(
        saved.network.forward(x), state(page, "[...app.outs.at(-1).data]"), atol=1e-4
    )
    until(
        page,
        "return document.querySelector('#said').textContent.startsWith('The network says 7')",
    )
    photograph(page, "drawn")
    press(page, "Clear")
    until(page, "return window.explorer.x.data.every((value) => value === 0)")
    no_errors(page)


def test_undo_goes_back_to_what_was_there(shipped, show, page):
    from selenium.webdriver import Keys

    path, _ = shipped("digits")
    show(path)
    picture = "Array.from(app.shownPicture.data)"
    first = state(page, picture)
    assert not button(page, "Undo").is_enabled()
    # A stroke begins a drawing of one's own in the place of the picture; then all is cleared.
    element(page, "#pad").send_keys(" ", Keys.ARROW_DOWN, Keys.ARROW_DOWN, " ")
    until(page, "return window.explorer.strokes.length", 1)
    drawn = state(page, picture)
    press(page, "Clear")
    assert sum(state(page, picture)) == 0 and drawn != first
    press(page, "Undo")
    assert state(page, picture) == drawn
    press(page, "Undo")
    assert state(page, picture) == first
    assert not button(page, "Undo").is_enabled()


def test_an_empty_picture_is_not_read_and_the_contents_lead_to_every_view(
    shipped, show, page
):
    path, _ = shipped("digits")
    show(path)
    strip = "return document.querySelector('#now .reads').textContent"
    until(page, strip, "It says 0")
    assert not element(page, "#blank").is_displayed()
    press(page, "Clear")
    until(page, strip, "Nothing is drawn yet")
    assert element(page, "#blank").is_displayed()
    links = "return [...document.querySelectorAll('nav a')].map((a) => a.hash.slice(1))"
    views = "return [...document.querySelectorAll('section')].map(({ id }) => id)"
    assert page.execute_script(links) == page.execute_script(views)


def test_small_numbers_are_told_and_the_frame_agrees_with_what_is_said_of_it(
    shipped, show, page
):
    path, _ = shipped("digits")
    show(path)
    page.execute_script("window.explorer.select({ node: 3, row: 0, column: 0 })")
    page.execute_script("document.querySelector('#unit').scrollIntoView()")
    said = "return document.querySelector('#unit figure:nth-child(3) figcaption').textContent"
    # 8 x 8 pixels lie below the unit; 3 rows and 3 columns of them are padding.
    until(
        page, said, "it sees 5 \u00d7 5 pixels of the picture, and padding: 8 \u00d7 8"
    )
    page.execute_script(
        "const { w } = window.explorer.network.nodes[3];"
        "w.data.forEach((value, at) => { w.data[at] = value / 100; });"
        "window.explorer.changed('network');"
    )
    told = "return [...document.querySelectorAll('#unit .sum table:nth-of-type(2) td')]"
    until(page, f"{told}.every((td) => /^.?0[.]0[0-9]{{2,3}}$/.test(td.textContent))")
    no_errors(page)


def test_everything_by_keyboard(shipped, show, page):
    from selenium.webdriver import ActionChains, Keys

    path, _ = shipped("digits")
    show(path, motion="reduce")
    keys = lambda *names: ActionChains(page).send_keys(*names).perform()

    # The first stop is a link to the drawing; a one is drawn there.
    keys(Keys.TAB)
    assert page.execute_script("return document.activeElement.className") == "skip"
    keys(Keys.ENTER)
    assert page.execute_script("return document.activeElement.id") == "pad"
    keys(Keys.SPACE, *[Keys.ARROW_DOWN] * 12, Keys.SPACE)
    until(page, "return document.querySelector('#now strong').textContent", "1")

    # On with the tabulator: each stop is visible, none is a trap, all views are reached.
    seen, stops = [], []
    for _ in range(120):
        keys(Keys.TAB)
        here = page.execute_script(
            "const e = document.activeElement; const style = getComputedStyle(e);"
            "const drawn = e.type === 'radio' ? getComputedStyle(e.nextSibling) : style;"
            "return [e.closest('section')?.id ?? '', e.tagName, e.ariaLabel ?? '', drawn.outlineStyle !== 'none']"
        )
        if here[0] == "" and len(seen) > 10:
            break
        seen.append(here[0])
        stops.append(here)
    assert list(dict.fromkeys(seen)) == [
        "draw",
        "layers",
        "unit",
        "back",
        "break",
        "before",
        "truth",
    ]
    assert all(is_outlined for *_, is_outlined in stops), [s for s in stops if not s[3]]

    # Choose a map, step through its units, and see the window move.
    focus = "document.querySelector(arguments[0]).focus({preventScroll: false})"
    page.execute_script(focus, "#layers .column:nth-child(3) canvas")
    keys(Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    until(
        page,
        "return window.explorer.selected.node === 1 && window.explorer.selected.channel > 0",
    )
    page.execute_script(focus, "#unit figure:nth-child(2) canvas")
    before = state(page, "app.selected")
    step = Keys.ARROW_RIGHT if before["column"] < 7 else Keys.ARROW_LEFT
    keys(step)
    moved = 1 if step == Keys.ARROW_RIGHT else -1
    until(page, "return window.explorer.selected.column", before["column"] + moved)
    no_errors(page)


def test_a_unit_is_shown_number_by_number(shipped, show, page):
    from selenium.webdriver import ActionChains

    path, saved = shipped("digits")
    show(path)
    page.execute_script(
        "document.querySelector('#unit').scrollIntoView({behavior: 'instant'})"
    )
    page.execute_script(
        "window.explorer.select({node: 0, channel: 2, row: 0, column: 0})"
    )
    until(page, "return document.querySelector('#unit select').value", "0 Conv2D")
    until(page, "return window.explorer.waiting === undefined")
    until(page, "return document.querySelectorAll('#unit .numbers').length", 3)
    window, weights, products = (
        [
            float(each.replace("−", "-"))
            for each in page.execute_script(
                f"return [...document.querySelectorAll('#unit .numbers')][{i}].innerText.trim().split(/\\s+/).slice(-9)"
            )
        ]
        for i in range(3)
    )
    x, w = saved.samples[0, 0], saved.network.parameters["0.w"][2, 0]
    seen = np.pad(x, 1)[:3, :3]
    assert np.allclose(window, seen.ravel(), atol=0.006)
    assert np.allclose(weights, w.ravel(), atol=0.006)
    assert np.allclose(products, (seen * w).ravel(), atol=0.006)
    assert "5 are padding" in element(page, "#unit .sentence").text
    value = saved.network.layers[0].forward(saved.samples[:1])[0, 2, 0, 0]
    chips = page.execute_script(
        "return [...document.querySelectorAll('#unit .chip b')].map((each) => each.textContent)"
    )
    assert float(chips[2].replace("−", "-")) == pytest.approx(value, abs=6e-4)
    assert float(chips[3].replace("−", "-")) == pytest.approx(max(0, value), abs=6e-4)
    # A click in the map of the unit moves to the place that was clicked.
    plane = element(page, "#unit figure:nth-child(2) canvas")
    page.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", plane
    )
    time.sleep(0.6)
    side = plane.size["width"] / 8
    ActionChains(page).move_to_element_with_offset(
        plane, round(1.5 * side), round(-2.5 * side)
    ).click().perform()
    until(
        page,
        "const {row, column} = window.explorer.selected; return [row, column].join()",
        "1,5",
    )
    photograph(page, "unit")
    # A pooling layer tells where its switch points.
    page.execute_script(
        "window.explorer.select({node: 2, channel: 0, row: 1, column: 1})"
    )
    until(page, "return document.querySelectorAll('#unit .winner').length", 1)
    relu = saved.network.layers[1].forward(
        saved.network.layers[0].forward(saved.samples[:1])
    )
    place = relu[0, 0, 2:4, 2:4].argmax()
    assert (
        f"row {2 + place // 2}, column {2 + place % 2}"
        in element(page, "#unit .sum").text
    )
    no_errors(page)


def test_gradients_are_those_of_numpy(shipped, show, page):
    path, saved = shipped("shapes")
    show(path)
    page.execute_script("window.explorer.label = 3; window.explorer.changed('label')")
    until(page, "return window.explorer.asked", 3)
    scores = saved.network.forward(saved.samples[:1] - saved.mean)
    dscores = np.zeros_like(scores)
    dscores[0, 3] = 1
    wanted = saved.network.backward(dscores)
    got = state(page, "[...app.gradients.input.data]")
    assert np.allclose(got, wanted.ravel(), atol=1e-5 * max(1, abs(wanted).max()))
    page.execute_script("document.querySelector('#layers input[value=\"1\"]').click()")
    assert "Backward" in element(page, "#layers .caption").text
    no_errors(page)


def test_occlusion_in_a_worker_is_that_of_lesson_seeing(shipped, show, page):
    from course.inspection import occlusion_map

    path, saved = shipped("digits")
    show(path)
    page.execute_script(
        "window.shares = []; const old = Worker; window.Worker = class extends old {"
        "constructor(...a) { super(...a); window.workers = (window.workers ?? 0) + 1; } };"
        "document.querySelector('#back').scrollIntoView({behavior: 'instant'})"
    )
    press(page, "Cover it up")
    until(
        page,
        "return document.querySelector('#back .news').textContent.startsWith('Occlusion is done')",
    )
    wanted = occlusion_map(saved.network, saved.samples[0], 0, 2, 1, 0.0)
    scores = saved.network.forward(saved.samples[:1])[0]
    told = element(page, "#back .four figure:nth-child(4)").text
    number = float(re.search(r"takes ([\d.]+) from", told)[1])
    assert number == pytest.approx(scores[0] - wanted.min(), abs=0.01)
    assert page.execute_script("return window.workers") >= 1
    photograph(page, "back")


def test_break_it_and_put_it_back(shipped, show, page):
    from selenium.webdriver import Keys
    from selenium.webdriver.support.ui import Select

    path, _ = shipped("digits")
    show(path)
    scores = (
        "return [...window.explorer.outs.at(-1).data].map((v) => v.toFixed(6)).join()"
    )
    before = page.execute_script(scores)

    def changed(action):
        old = page.execute_script(scores)
        action()
        until(page, f"return ({scores[7:]}) !== {json.dumps(old)}")

    changed(lambda: press(page, "Kill this filter"))
    assert element(page, "#now .broken").is_displayed()
    changed(lambda: press(page, "Undo the last"))
    until(page, scores, before)
    changed(lambda: press(page, "Flip its kernel"))
    changed(lambda: press(page, "Shake all its weights"))
    # A weight, by keyboard: the slider of the chosen one.
    element(page, "#break .weights button:nth-child(5)").click()
    slider = element(page, "#break .editor input")
    changed(lambda: slider.send_keys(*[Keys.ARROW_RIGHT] * 30))
    names = "return window.explorer.classes.join()"
    press(page, "Shuffle the names")
    until(page, f"return ({names[7:]}) !== '0,1,2,3,4,5,6,7,8,9'")
    assert len(element(page, "#break .log").find_elements("tag name", "li")) >= 4
    photograph(page, "broken")
    press(page, "Put everything back")
    until(page, scores, before)
    until(page, names, "0,1,2,3,4,5,6,7,8,9")
    assert "10 of 10" in element(page, "#break .damage-text").text
    # The dense layer, too.
    Select(element(page, "#break .controls select")).select_by_index(2)
    changed(lambda: press(page, "Kill this filter"))
    assert state(page, "app.outs.at(-1).data[0]") == 0
    no_errors(page)


def test_checkpoints_are_shown_between_untrained_and_trained(page, show, tmp_path):
    rng = np.random.default_rng(0)
    network = Sequential(
        [Conv2D(1, 2, 3, padding=1, rng=rng), ReLU(), Dense(120, 3, rng=rng)]
    )
    early = {name: array * 0.5 for name, array in network.parameters.items()}
    network.save(tmp_path / "late.npz")
    path = export_page(
        network,
        tmp_path / "steps.html",
        classes=["a <b>", "</script>", "c & d"],
        samples=rng.random((2, 1, 6, 10)),
        checkpoints={"epoch 1": early, "epoch 2": tmp_path / "late.npz"},
    )
    show(path)
    assert state(page, "app.steps.map(({name}) => name)") == [
        "untrained",
        "epoch 1",
        "epoch 2",
    ]
    page.execute_script(
        "document.querySelector('#before').scrollIntoView({behavior: 'instant'})"
    )
    page.execute_script(
        "const input = document.querySelector('#before input'); input.value = 1;"
        "input.dispatchEvent(new Event('input'))"
    )
    assert element(page, "#before .side h3").text == "epoch 1"
    got = state(page, "[...app.steps[1].network.nodes[0].w.data]")
    assert np.allclose(got, early["0.w"].ravel(), atol=1e-6)
    assert "</script>" in element(page, "#scores").text
    no_errors(page)


def test_a_layer_that_does_something_else_is_found_out(page, show, tmp_path):
    class ReLU:  # its name is right
        def __init__(self):
            self.parameters, self.gradients = {}, {}

        def forward(self, x):
            return np.maximum(x, 0.1 * x)

        def backward(self, dout):
            return dout

    network = Sequential([Conv2D(1, 2, 3), ReLU(), Dense(8, 2)])
    path = export_page(
        network,
        tmp_path / "wrong.html",
        samples=np.random.default_rng(0).random((1, 1, 4, 4)),
    )
    show(path)
    assert "Not the same as numpy" in element(page, "#truth .verdict").text
    assert element(page, "#badge").text == "✗ differs from numpy"
    bad = page.execute_script(
        "return document.querySelector('#truth tr.bad td').textContent"
    )
    assert bad == "1 ReLU"


def test_every_kind_of_layer_can_be_looked_at(page, show, tmp_path):
    rng = np.random.default_rng(0)
    network = Sequential(
        [
            Conv2D(3, 4, 3, padding=1, rng=rng),
            kit.BatchNorm(4),
            ReLU(),
            Residual(Sequential([Conv2D(4, 4, 1, rng=rng)])),
            kit.Branches(
                [
                    kit.Conv(4, 2, 3, dilation=2, padding=2, rng=rng),
                    kit.Conv(4, 4, 1, groups=2, rng=rng),
                ]
            ),
            kit.LocalResponseNorm(),
            MaxPool2D(),
            kit.Pad(1, 0),
            kit.Crop(1, 0),
            kit.Conv(6, 5, (1, 2), rng=rng),
            kit.AveragePool(2, 1),
            kit.Dropout(),
            GlobalAveragePool(),
            Flatten(),
            Dense(5, 30, rng=rng),
            kit.Softmax(),
        ]
    )
    path = export_page(
        network,
        tmp_path / "all.html",
        samples=rng.random((3, 3, 10, 14)),
        mean=[0.4, 0.5, 0.6],
    )
    show(path)
    assert state(page, "app.tested.worst") < ALLOWED
    page.execute_script(
        "document.querySelector('#unit').scrollIntoView({behavior: 'instant'})"
    )
    for node in range(state(page, "app.network.nodes.length")):
        page.execute_script(f"window.explorer.select({{node: {node}, channel: 1}})")
        until(page, "return !window.explorer.waiting")
        name = state(page, f"app.network.nodes[{node}].name")
        until(page, "return document.querySelector('#unit select').value", name)
        assert element(page, "#unit .sum").text
    no_errors(page)


CONTRASTS = """
const light = (colour) => {
  const [r, g, b] = colour.match(/[\\d.]+/g).map((v) => ((v / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (node) => {
  for (let e = node; e; e = e.parentElement) {
    const colour = getComputedStyle(e).backgroundColor;
    if (!/^rgba.*, 0\\)$/.test(colour)) return colour;
  }
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || !node.checkVisibility() || node.closest('script, .hidden, option')) continue;
  const [a, b] = [light(getComputedStyle(node).color), light(behind(node))].sort((p, q) => q - p);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < arguments[0]) found.push([node.className, node.textContent.slice(0, 30), ratio.toFixed(2)]);
}
return found;
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["digits", "shapes"])
def test_text_can_be_read(shipped, show, page, theme, name):
    path, _ = shipped(name)
    show(path, theme=theme, height=7500)
    press(page, "Kill this filter")
    assert page.execute_script("return document.documentElement.dataset.theme") == theme
    # Colours change smoothly, on a busy machine for longer.
    until(page, "return document.getAnimations().length", 0)
    assert page.execute_script(CONTRASTS, TEXT) == []
    photograph(page, f"{name}_{theme}")
    no_errors(page)


@pytest.mark.parametrize("name", ["digits", "shapes"])
@pytest.mark.parametrize("width", [360, 650])
def test_narrow_and_zoomed(shipped, show, page, width, name):
    """360 pixels are a telephone; 650 are a page of 1300 at 200 %."""
    path, _ = shipped(name)
    show(path, width=width, height=9000)
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    wide = page.execute_script(
        "return [...document.querySelectorAll('main *')].filter((e) => !e.closest('.scroll, svg, .hidden')"
        " && e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.className || e.tagName)"
    )
    assert wide == []
    small = page.execute_script(
        "return [...document.querySelectorAll('button, select, summary')].filter((e) => e.checkVisibility()"
        " && e.getBoundingClientRect().height < 24).map((e) => e.textContent)"
    )
    assert small == []
    photograph(page, f"{name}_{width}")
    no_errors(page)


def test_nothing_moves_where_motion_is_not_wanted(shipped, show, page):
    path, _ = shipped("digits")
    show(path, motion="reduce")
    page.execute_script(
        "document.querySelector('#unit').scrollIntoView({behavior: 'instant'})"
    )
    assert (
        page.execute_script(
            "return getComputedStyle(document.documentElement).scrollBehavior"
        )
        == "auto"
    )
    lasting = "return Math.max(...[...document.querySelectorAll('*')].map((e) => parseFloat(getComputedStyle(e).transitionDuration)))"
    assert page.execute_script(lasting) == 0


def test_an_uploaded_picture_is_read(shipped, show, page, tmp_path):
    import matplotlib.image

    path, saved = shipped("digits")
    picture = np.kron(1 - saved.samples[3, 0], np.ones((20, 20)))  # ink on white paper
    matplotlib.image.imsave(
        tmp_path / "three.png", picture, cmap="gray", vmin=0, vmax=1
    )
    show(path)
    element(page, "#upload").send_keys(str(tmp_path / "three.png"))
    until(page, "return document.querySelector('#now strong').textContent", "3")
    assert np.allclose(
        state(page, "[...app.x.data]"), saved.samples[3].ravel(), atol=0.05
    )
    (tmp_path / "no.png").write_bytes(base64.b64decode("AAAA"))
    element(page, "#upload").send_keys(str(tmp_path / "no.png"))
    until(
        page,
        "return document.querySelector('#drawing').innerText.includes('no picture')",
    )


def test_modules_are_joined_once_and_in_order():
    text = joined("main.js")
    names = re.findall(r'^modules\["([^"]+)"\] = ', text, re.MULTILINE)
    assert len(names) == len(set(names)) and names[-1] == "main.js"
    assert not re.search(r"^(import|export) ", text, re.MULTILINE)
    for user in re.split(r"^modules\[", text, flags=re.MULTILINE)[1:]:
        own = names.index(user.split('"')[1])
        used = re.findall(r'= modules\["([^"]+)"\];', user)
        assert all(names.index(name) < own for name in used)
