"""The viewer of units: its state, its picture, and the same numbers in JavaScript as in Python."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest

from course.kit import unit_viewer
from course.kit.receptive_field import unit_field
from course.kit.unit_viewer import UnitViewer
from course.network import Conv2D, Dense, MaxPool2D, ReLU, Sequential

SCRIPT = Path(unit_viewer.__file__).with_suffix(".js")
STYLE = SCRIPT.with_suffix(".css")


@pytest.fixture
def network():
    rng = np.random.default_rng(0)
    return Sequential(
        [
            Conv2D(3, 4, 3, padding=1, rng=rng),
            ReLU(),
            MaxPool2D(),
            Dense(4 * 4 * 5, 2, rng=rng),
        ]
    )


@pytest.fixture
def images():
    return np.random.default_rng(1).random((3, 3, 8, 10))


def test_the_page_gets_what_it_draws(network, images):
    viewer = UnitViewer(network, images, names=["a", "b", "c"], image=1, layer=2)
    assert viewer.layers == [[0, "0 Conv2D"], [1, "1 ReLU"], [2, "2 MaxPool2D"]]
    assert viewer.shown == [1, 2]
    assert (viewer.row, viewer.column) == (2, 2)
    volume = network.layers[2].forward(
        network.layers[1].forward(network.layers[0].forward(images[1:2]))
    )
    np.testing.assert_allclose(viewer.maps, volume[0], rtol=1e-3)
    np.testing.assert_allclose(
        viewer.pixels, 255 * images[1].transpose(1, 2, 0), atol=0.51
    )
    assert viewer.field == {"size": [4, 4], "step": [2, 2], "start": [-1, -1]}


def test_another_layer_and_another_image(network, images):
    viewer = UnitViewer(network, images, layer=0, channel=3, row=7, column=9)
    viewer.layer = 2
    assert viewer.shown == [0, 2]
    assert (viewer.channel, viewer.row, viewer.column) == (3, 3, 4)
    before = viewer.maps
    viewer.image = 2
    assert viewer.shown == [2, 2]
    assert viewer.maps != before


def test_what_the_page_asks_in_vain_changes_nothing(network, images):
    viewer = UnitViewer(network, images)
    maps = viewer.maps
    viewer.layer = 3
    viewer.image = 17
    assert viewer.shown == [0, 0]
    assert viewer.maps == maps


def test_nothing_is_changed(network, images):
    kept = {name: array.copy() for name, array in network.parameters.items()}
    before = images.copy()
    viewer = UnitViewer(network, images)
    viewer.layer = 1
    viewer.picture()
    np.testing.assert_array_equal(images, before)
    for name, array in network.parameters.items():
        np.testing.assert_array_equal(array, kept[name])


def test_the_output_carries_a_live_figure_a_picture_and_a_text(network, images):
    viewer = UnitViewer(network, images, names=["x", "y", "z"], layer=1, channel=2)
    data, metadata = viewer._repr_mimebundle_()
    live = data["application/vnd.jupyter.widget-view+json"]
    assert live["model_id"] == viewer.model_id
    assert data["image/png"].startswith("iVBORw0KGgo")  # a PNG in base64
    assert data["text/plain"] == (
        "UnitViewer: image 0 (x), layer 1 ReLU, channel 2, unit (4, 5)"
    )
    assert isinstance(metadata, dict)
    json.dumps(data)


def test_pictures_leave_no_figure_open(network, images):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    assert UnitViewer(network, images).picture().startswith(b"\x89PNG")
    assert plt.get_fignums() == before


@pytest.mark.parametrize("value", [0.0, -2.0, 5.0])
def test_constant_images_of_one_channel(value, recwarn):
    network = Sequential([Conv2D(1, 2, 3)])
    viewer = UnitViewer(network, np.full((1, 1, 5, 6), value))
    assert np.shape(viewer.pixels) == (5, 6, 3)
    assert 0 <= np.min(viewer.pixels) <= np.max(viewer.pixels) <= 255
    assert viewer.picture().startswith(b"\x89PNG")
    assert not recwarn.list


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"images": np.zeros((2, 2, 8, 10))}, ["(2, 2, 8, 10)", "1 or 3"]),
        ({"images": np.zeros((3, 8, 10))}, ["(3, 8, 10)"]),
        ({"images": np.zeros((1, 3, 8, 65))}, ["65", "64"]),
        ({"pictures": np.zeros((1, 3, 8, 10))}, ["(1, 3, 8, 10)", "(3, 3, 8, 10)"]),
        ({"names": ["a"]}, ["1 names", "3 images"]),
        ({"layer": 3}, ["layer 3", "0, 1, 2"]),
        ({"image": 3}, ["image 3", "0 to 2"]),
        ({"channel": 4}, ["channel 4", "0 to 3"]),
    ],
)
def test_what_cannot_be_shown_is_refused(network, images, given, words):
    with pytest.raises(ValueError) as caught:
        UnitViewer(network, **({"images": images} | given))
    assert all(word in str(caught.value) for word in words)


def test_the_figure_needs_no_network():
    text = SCRIPT.read_text(encoding="utf-8") + STYLE.read_text(encoding="utf-8")
    assert not re.search(r"https?://|\bimport\b|\bfetch\b|@import|url\(|\beval\b", text)


def test_script_and_style_go_together():
    """Every class that the script gives is styled, but for one, and nothing else is."""
    pattern = r"uv-[a-z]+"
    script = set(re.findall(pattern, SCRIPT.read_text(encoding="utf-8")))
    style = set(re.findall(rf"\.({pattern})", STYLE.read_text(encoding="utf-8")))
    assert style <= script
    assert script - style == {"uv-labelled"}


def run_script(expression, *arguments):
    """The value of a JavaScript expression that uses the functions of unit_viewer.js."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    source = SCRIPT.read_text(encoding="utf-8")
    program = (
        f"{source}\nconst given = {json.dumps(arguments)};\n"
        f"console.log(JSON.stringify({expression}));"
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


def test_javascript_frames_what_python_measures(network, images):
    viewer = UnitViewer(network, images, layer=2)
    field = unit_field(network, 2, images.shape[1:])
    places = [[0, 0], [1, 3], [3, 4]]
    got = run_script(
        "given[1].map(([i, j]) => seen(given[0], i, j))", viewer.field, places
    )
    want = [
        dict(zip(("top", "left"), field.corner(*place))) | {"height": 4, "width": 4}
        for place in places
    ]
    assert got == want


def test_javascript_shades_and_finds():
    maps = [[[1.0, 3.0]], [[-1.0, 3.0]]]
    assert run_script("range(given[0])", maps) == [-1, 3]
    assert run_script("range(given[0])", [[[2.0, 2.0]]]) == [0, 2]
    assert run_script("range(given[0])", [[[0.0]]]) == [0, 1]
    assert run_script("[-1, 1, 3].map((v) => shade(v, [-1, 3]))") == [0, 128, 255]
    assert run_script("strongest(given[0])", [[1, 5, 2], [5, 0, 0]]) == [0, 1]


def test_javascript_makes_room_for_the_fields_of_corner_units(network, images):
    """A frame that leaves the image must not cover what stands beside it."""
    _, _, HO, WO = network.layers[2].forward(network.layers[0].forward(images)).shape
    field = unit_field(network, 2, images.shape[1:])
    H, W = images.shape[2:]
    corners = [
        field.corner(row, column) for row in (0, HO - 1) for column in (0, WO - 1)
    ]
    FH, FW = field.size
    wanted = [
        max(0, -min(top for top, _ in corners)),
        max(0, max(left for _, left in corners) + FW - W),
        max(0, max(top for top, _ in corners) + FH - H),
        max(0, -min(left for _, left in corners)),
    ]
    assert max(wanted) > 0
    given = {"size": field.size, "step": field.step, "start": field.start}
    found = run_script("overhang(...given)", given, [HO, WO], [H, W])
    assert found == wanted
