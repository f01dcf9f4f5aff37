"""What export_page and `course explore` write, and what they refuse. The page itself: tests/browser."""

import json
import re
import sys

import numpy as np
import pytest

from course.architectures import DepthwiseConv2D, Residual
from course.kit import UsageError, cli
from course.kit import layers as kit
from course.kit import page as page_module
from course.kit.page import export_page, read_network
from course.kit.page.layers import describe
from course.kit.pretrained import pretrained
from course.network import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential


def small(filters=2):
    rng = np.random.default_rng(0)
    layers = [Conv2D(1, filters, 3, padding=1, rng=rng), ReLU(), MaxPool2D()]
    return Sequential([*layers, Dense(filters * 6, 3, rng=rng)])


@pytest.fixture
def samples():
    return np.random.default_rng(1).random((2, 1, 4, 6))


def data_of(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def numbers(text):
    import base64

    return np.frombuffer(base64.b64decode(text), "<f4")


def test_the_page_holds_the_network(tmp_path, samples):
    network = small()
    before = {name: array.copy() for name, array in network.parameters.items()}
    path = export_page(network, tmp_path / "a.html", samples=samples, mean=0.25)
    data = data_of(path)
    assert [node["name"] for node in data["nodes"]] == [
        "0 Conv2D",
        "1 ReLU",
        "2 MaxPool2D",
        "3 Dense",
    ]
    assert (
        data["nodes"][0] | {"stride": 1, "padding": 1, "shape": [2, 4, 6]}
        == data["nodes"][0]
    )
    weights = np.concatenate([a.ravel() for a in before.values()]).astype(np.float32)
    assert np.array_equal(numbers(data["weights"]), weights)
    assert np.array_equal(
        numbers(data["samples"][1]), samples[1].ravel().astype(np.float32)
    )
    assert (numbers(data["mean"]) == 0.25).all()
    assert data["classes"] == ["0", "1", "2"]
    scores = network.forward(samples[:1] - 0.25)
    assert np.allclose(numbers(data["fixtures"][0]["scores"]), scores, atol=1e-6)
    for name, array in network.parameters.items():
        assert np.array_equal(array, before[name])
    assert [each.name for each in tmp_path.iterdir()] == ["a.html"]


def test_names_cannot_end_what_they_stand_in(tmp_path, samples):
    names = ["</script><script>alert(1)</script>", "<!--", "{{script}}"]
    path = export_page(
        small(),
        tmp_path / "a.html",
        classes=names,
        samples=samples,
        title="<b>{{data}}",
    )
    assert data_of(path)["classes"] == names
    text = path.read_text(encoding="utf-8")
    assert text.count("</script>") == 2 and "<title>&lt;b&gt;{{data}}</title>" in text


def test_the_network_is_neither_trained_nor_changed(tmp_path, samples):
    class Dropout(kit.Dropout):
        training = True

        def forward(self, x):
            assert not self.training
            return x

    dropout = Dropout()
    network = Sequential([Sequential([dropout]), Flatten(), Dense(24, 3)])
    export_page(network, tmp_path / "a.html", samples=samples)
    assert dropout.training and not hasattr(network.layers[1], "shape")


class Swish(ReLU):
    pass


class Nameless(Conv2D):
    def __init__(self, *args):
        super().__init__(*args)
        self.step = self.stride
        del self.stride


Nameless.__name__ = "Conv2D"


@pytest.mark.parametrize(
    ("layers", "options", "words"),
    [
        ([Swish(), Dense(24, 3)], {}, ["layer 0 is a Swish", "ReLU"]),
        ([Sequential([ReLU(), Swish()]), Dense(24, 3)], {}, ["layer 0.1 is a Swish"]),
        ([Nameless(1, 2, 3), Dense(16, 3)], {}, ["layer 0", "Conv2D", "self.stride"]),
        ([ReLU()], {}, ["(1, 4, 6)", "scores"]),
        ([], {}, ["no layers"]),
        (None, {"samples": None}, ["samples=", "(N, C, H, W)"]),
        (None, {"samples": np.zeros((1, 2, 4, 6))}, ["(1, 2, 4, 6)", "1 or 3"]),
        (None, {"samples": np.zeros((4, 6))}, ["(4, 6)"]),
        (None, {"samples": np.full((1, 1, 4, 6), 2.0)}, ["from 2 to 2", "mean="]),
        (None, {"samples": np.full((1, 1, 4, 6), np.nan)}, ["nan"]),
        (None, {"samples": np.zeros((1, 1, 4, 200))}, ["200", "128"]),
        (None, {"classes": ["a"]}, ["1 classes", "3 scores"]),
        (None, {"mean": np.zeros(5)}, ["(5,)", "(1, 4, 6)"]),
        (
            None,
            {"checkpoints": {"first": {"0.w": np.zeros(3)}}},
            ["first", "0.w is (3,)", "3.b"],
        ),
        (None, {"checkpoints": {"first": "no.npz"}}, ["no.npz"]),
    ],
)
def test_what_cannot_be_shown_is_refused(tmp_path, samples, layers, options, words):
    network = small() if layers is None else Sequential(layers)
    with pytest.raises(UsageError) as refusal:
        export_page(network, tmp_path / "a.html", **({"samples": samples} | options))
    assert [word for word in words if word not in str(refusal.value)] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("network", "options", "advice"),
    [
        (Sequential([Dense(24, 30_000)]), {}, "fewer filters"),
        (small(), {"samples": np.zeros((30_000, 1, 4, 6))}, "fewer samples"),
        (
            Sequential([Dense(24, 3_000)]),
            {
                "checkpoints": {
                    str(n): Sequential([Dense(24, 3_000)]).parameters for n in range(7)
                }
            },
            "fewer checkpoints",
        ),
    ],
)
def test_more_than_2_mb_is_refused(tmp_path, samples, network, options, advice):
    with pytest.raises(UsageError, match=f"2 MB.*{advice}"):
        export_page(network, tmp_path / "a.html", **({"samples": samples} | options))


def test_an_old_page_survives_a_refusal(tmp_path, samples):
    path = tmp_path / "a.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(UsageError):
        export_page(Sequential([Swish()]), path, samples=samples)
    assert path.read_text(encoding="utf-8") == "old"
    with pytest.raises(UsageError, match="no folder"):
        export_page(small(), tmp_path / "no" / "a.html", samples=samples)
    with pytest.raises(UsageError, match="is a folder"):
        export_page(small(), tmp_path, samples=samples)


def test_a_checkpoint_may_lack_statistics(samples):
    network = Sequential([kit.BatchNorm(1), Dense(24, 3)])
    found = describe(network, samples[:1])
    weights = found.with_parameters(network.parameters, "epoch 1")
    assert np.array_equal(weights, found.weights)


def test_parts_of_layers_have_their_own_parameters(samples):
    body = Sequential([Conv2D(1, 1, 1), ReLU()])
    network = Sequential([Residual(body), kit.Branches([body, body]), Dense(48, 3)])
    found = describe(network, samples[:1])
    assert [node["from"] for node in found.nodes] == [
        [-1],
        [0],
        [1, -1],
        [2],
        [3],
        [2],
        [5],
        [4, 6],
        [7],
    ]
    new = {name: array + 1 for name, array in network.parameters.items()}
    wanted = np.concatenate([array.ravel() for array in new.values()]).astype(
        np.float32
    )
    assert np.array_equal(found.with_parameters(new, "later"), wanted)


@pytest.fixture
def course(monkeypatch, capsys, tmp_path):
    """Call `course explore` in an empty folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["course", "explore", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out, printed.err

    return call


def test_explore_shows_the_shipped_network_or_ones_own(course, tmp_path):
    code, out, _ = course()
    assert code == 0 and "digits: Conv2D, ReLU" in out and "explorer.html" in out
    assert data_of(tmp_path / "explorer.html")["title"].endswith("reads digits")

    shipped = read_network("digits").network
    shipped.layers[-1].parameters["b"] += 1
    shipped.save(tmp_path / "network.npz")
    code, out, _ = course(
        "--to", "mine.html", "--checkpoint", str(pretrained("digits"))
    )
    assert code == 0 and "network.npz" in out
    data = data_of(tmp_path / "mine.html")
    assert data["title"] == "Inside your network" and len(data["samples"]) == 10
    assert [each["name"] for each in data["checkpoints"]] == ["digits"]
    assert np.allclose(
        numbers(data["weights"])[-10:], shipped.layers[-1].parameters["b"]
    )


def test_explore_reads_the_networks_of_the_lessons(tmp_path):
    rng = np.random.default_rng(0)
    conv, dense = Conv2D(1, 4, 3, padding=1, rng=rng), Dense(64, 10, rng=rng)
    networks = [
        Sequential([conv, ReLU(), MaxPool2D(), dense]),
        Sequential([conv, ReLU(), MaxPool2D(), Flatten(), dense]),
        Sequential(
            [conv, ReLU(), Conv2D(4, 4, 5, padding=2), ReLU(), MaxPool2D(), dense]
        ),
        Sequential([Dense(64, 20), ReLU(), Dense(20, 10)]),
    ]
    for network in networks:
        network.save(tmp_path / "saved.npz")
        saved = read_network(tmp_path / "saved.npz")
        kinds = [type(layer).__name__ for layer in saved.network.layers]
        assert kinds == [type(layer).__name__ for layer in network.layers]
        x = saved.samples[:2]
        assert np.array_equal(saved.network.forward(x), network.forward(x))


def test_explore_refuses_what_it_cannot_read(course, tmp_path):
    Sequential([Conv2D(1, 2, 3), Dense(5, 2)]).save(tmp_path / "odd.npz")
    Sequential([kit.BatchNorm(1), Dense(64, 10)]).save(tmp_path / "norm.npz")
    (tmp_path / "text.npz").write_text("no", encoding="utf-8")
    for name, words in {
        "nix.npz": "no file nix.npz",
        "odd.npz": "export_page",
        "norm.npz": "0.gamma",
        "text.npz": "save it again",
    }.items():
        code, out, err = course("--network", name)
        assert (code, out) == (2, "") and words in err and err.count("\n") == 1
    assert not (tmp_path / "explorer.html").exists()


def test_the_sources_reach_for_nothing_outside():
    """No request, no eval, no other script: what the policy of the page forbids is not tried."""
    for path in page_module.HERE.rglob("*"):
        if path.suffix in (".js", ".css", ".html"):
            text = path.read_text(encoding="utf-8").replace(
                "http://www.w3.org/2000/svg", ""
            )
            assert not re.search(
                r"https?://|\bfetch\(|XMLHttp|\beval\(|new Function|@import|url\((?!\))",
                text,
            ), path
            assert not re.search(r"\bstyle=", text), path


def test_depthwise_filters_of_lesson_09_and_their_checkpoints(tmp_path, samples):
    rng = np.random.default_rng(0)
    layers = [DepthwiseConv2D(1, 3, padding=1, rng=rng), Dense(24, 3, rng=rng)]
    network = Sequential(layers)
    kept = {"epoch 0": {n: 2 * a for n, a in network.parameters.items()}}
    path = export_page(network, tmp_path / "a.html", samples=samples, checkpoints=kept)
    data = data_of(path)
    first = data["nodes"][0]
    assert (first["name"], first["type"], first["groups"]) == (
        "0 DepthwiseConv2D",
        "Conv2D",
        1,
    )
    assert first["arrays"]["w"] == [1, 1, 3, 3]
    twice = numbers(data["checkpoints"][0]["weights"])
    np.testing.assert_allclose(twice, 2 * numbers(data["weights"]), rtol=1e-6)
