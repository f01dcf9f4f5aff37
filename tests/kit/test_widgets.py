"""What interactive figures share: the live one, and its picture. And the sliding window: its state,
its picture, and the same numbers in JavaScript as in Python.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
import traitlets

from course.kit import widgets
from course.kit.widgets import LiveFigure, SlidingWindow

IMAGE = np.arange(2 * 4 * 5).reshape(2, 4, 5) % 7
WEIGHTS = np.array([[[1, 0, 2], [0, 2, 0]], [[0, -1, 0], [0, 0, 0.5]]])
SCRIPT = Path(widgets.__file__).with_name("sliding_window.js")
STYLE = SCRIPT.with_suffix(".css")


def test_state_is_what_was_given_and_weights_have_room_to_grow():
    window = SlidingWindow(IMAGE, WEIGHTS, bias=3, stride=2, padding=1, row=1, column=2)
    assert window.image == IMAGE.tolist()
    assert np.shape(window.weights) == (2, 5, 5)
    assert (window.filter_height, window.filter_width) == (2, 3)
    step = window.step
    np.testing.assert_array_equal(step["weights"], WEIGHTS)
    assert (step["bias"], step["stride"], step["padding"]) == (3, 2, 1)
    assert (step["row"], step["column"]) == (1, 2)
    window.filter_width = 4
    assert window.step["weights"].shape == (2, 2, 4)
    assert not window.step["weights"][:, :, 3].any()


def test_two_axes_are_one_channel():
    window = SlidingWindow(IMAGE[0], WEIGHTS[0])
    assert np.shape(window.image) == (1, 4, 5)


def test_the_arrays_that_were_given_are_not_changed():
    image, weights = IMAGE.copy(), WEIGHTS.copy()
    window = SlidingWindow(image, weights)
    window.weights = [[[9] * 5] * 5] * 2
    np.testing.assert_array_equal(image, IMAGE)
    np.testing.assert_array_equal(weights, WEIGHTS)


def test_the_output_carries_a_live_figure_a_picture_and_a_text():
    window = SlidingWindow(IMAGE, WEIGHTS, padding=1)
    data, metadata = window._repr_mimebundle_()
    assert (
        data["application/vnd.jupyter.widget-view+json"]["model_id"] == window.model_id
    )
    assert data["image/png"].startswith("iVBORw0KGgo")  # a PNG in base64
    assert data["text/plain"] == (
        "SlidingWindow: image 2x4x5, filter 2x2x3, stride 1, padding 1, place (0, 0)"
    )
    assert isinstance(metadata, dict)
    json.dumps(data)


def test_the_text_is_the_same_in_every_run():
    assert repr(SlidingWindow(IMAGE, WEIGHTS)) == repr(SlidingWindow(IMAGE, WEIGHTS))


def test_there_is_a_picture_even_where_nothing_fits():
    assert SlidingWindow(IMAGE, WEIGHTS, stride=4).picture().startswith(b"\x89PNG")


def test_the_picture_leaves_no_figure_open():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    SlidingWindow(IMAGE, WEIGHTS).picture()
    assert plt.get_fignums() == before


@pytest.mark.parametrize(
    ("image", "weights", "words"),
    [
        (IMAGE, WEIGHTS[:1], ["2", "1", "channels"]),
        (np.ones((1, 13, 5)), WEIGHTS[:1], ["13", "12"]),
        (IMAGE[:1], np.ones((1, 6, 2)), ["6", "5"]),
        (np.ones(4), WEIGHTS, ["(4,)"]),
        (np.full((2, 4, 4), np.nan), WEIGHTS, ["finite"]),
        (np.ones((2, 0, 4)), WEIGHTS, ["(2, 0, 4)"]),
    ],
)
def test_arrays_that_cannot_be_shown_are_refused(image, weights, words):
    with pytest.raises(ValueError) as caught:
        SlidingWindow(image, weights)
    assert all(word in str(caught.value) for word in words)


def test_hyperparameters_out_of_range_are_refused():
    with pytest.raises(Exception, match="stride"):
        SlidingWindow(IMAGE, WEIGHTS, stride=0)


def test_the_figure_needs_no_network():
    text = SCRIPT.read_text(encoding="utf-8") + STYLE.read_text(encoding="utf-8")
    assert not re.search(r"https?://|\bimport\b|\bfetch\b|@import|url\(|\beval\b", text)


def test_script_and_style_go_together():
    """Every class that the script gives is styled, and nothing else is."""
    pattern = r"sw-[a-z]+"
    script = set(re.findall(pattern, SCRIPT.read_text(encoding="utf-8")))
    style = set(re.findall(rf"\.({pattern})", STYLE.read_text(encoding="utf-8")))
    assert style <= script
    plain = {"sw-labelled", "sw-result", "sw-filter", "sw-pixel"}
    assert script - style == plain


def run_script(expression, *arguments):
    """The value of a JavaScript expression that uses the functions of sliding_window.js."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    source = SCRIPT.read_text(encoding="utf-8")
    values = json.dumps(arguments)
    program = (
        f"{source}\nconst given = {values};\nconsole.log(JSON.stringify({expression}));"
    )
    result = subprocess.run(
        [node, "--input-type=module", "-"],
        input=program,
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=True,
    )
    return json.loads(result.stdout)


def plain_loops(image, weights, bias, stride, padding):
    """The output, or None where the filter does not fit."""
    spans = [
        size - filter_size + 2 * padding
        for size, filter_size in zip(image.shape[1:], weights.shape[1:])
    ]
    if any(span < 0 or span % stride for span in spans):
        return None
    wide = np.pad(image, [(0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(wide, weights.shape)[0]
    windows = windows[::stride, ::stride]
    return np.einsum("hwcij,cij->hw", windows, weights) + bias


def test_javascript_computes_what_python_computes():
    rng = np.random.default_rng(5)
    states, wanted = [], []
    for FH, FW, stride, padding in np.ndindex(5, 5, 4, 3):
        setting = {"stride": stride + 1, "padding": padding}
        weights = rng.integers(-3, 4, (2, FH + 1, FW + 1))
        window = SlidingWindow(IMAGE, weights, bias=-2, **setting)
        names = ("image", "weights", "bias", "filter_height", "filter_width", *setting)
        states.append({name: getattr(window, name) for name in names})
        wanted.append(plain_loops(IMAGE, weights, -2, **setting))
    got = run_script(
        "given[0].map((s) => { const shape = outputShape(s); return shape &&"
        " Array.from({length: shape[0]}, (_, i) => Array.from({length: shape[1]},"
        " (_, j) => answer(s, i, j).value)); })",
        states,
    )
    assert sum(want is None for want in wanted) > 50
    for mine, want in zip(got, wanted, strict=True):
        assert mine == (None if want is None else want.tolist())


def test_javascript_says_why_it_does_not_fit():
    state = {
        "image": np.zeros((1, 5, 7)).tolist(),
        "filter_height": 3,
        "filter_width": 3,
    }
    sentences = run_script(
        "[misfits({...given[0], stride: 3, padding: 1}),"
        " misfits({...given[0], stride: 2, padding: 0}),"
        " misfit('Width', 2, 5, 1, 1), short(-2.5), short(1/3)]",
        state,
    )
    assert " ".join(sentences[0]) == (
        "Height: 5 \N{MINUS SIGN} 3 + 2·1 = 4 is not a multiple of the stride 3. "
        "Strides that fit: 1, 2, 4."
    )
    assert sentences[1] == []
    assert "negative" in sentences[2]
    assert sentences[3:] == ["\N{MINUS SIGN}2.5", "0.3333"]


WIDGET = "application/vnd.jupyter.widget-view+json"


class Line(LiveFigure):
    _esm = "export default {};"

    height = traitlets.Int(1)

    def draw(self, figure):
        figure.subplots().plot([0, self.height])

    def __repr__(self):
        return f'a "line" to {self.height}'


def test_two_things_are_displayed(monkeypatch):
    shown = []
    monkeypatch.setattr(widgets, "display", lambda data, raw: shown.append(data))
    Line(height=3)._ipython_display_()
    figure, twin = shown
    assert WIDGET in figure and "text/html" not in figure
    assert WIDGET not in twin
    assert {each["text/plain"] for each in shown} == {'a "line" to 3'}


def test_without_scripts_the_twin_is_a_picture_with_a_text():
    page = re.sub(r"<script>.*</script>", "", Line().twin["text/html"], flags=re.DOTALL)
    assert 'alt="a &quot;line&quot; to 1"' in page
    assert 'src="data:image/png;base64,iVBOR' in page


def test_the_picture_is_of_the_present_state_and_sharp():
    line = Line()
    first = line.picture()
    line.height = 2
    assert line.picture() != first
    width = int.from_bytes(first[16:20], "big")
    assert width == pytest.approx(2 * 110 * widgets.style.WIDTH, rel=0.2)
    page = Line(height=1).twin["text/html"]
    assert f'width="{width // 2}"' in page


def test_a_figure_says_how_it_is_drawn():
    class Empty(LiveFigure):
        _esm = "export default {};"

    with pytest.raises(NotImplementedError):
        Empty().picture()
