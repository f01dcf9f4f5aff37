"""The shipped trainings of lesson 10: all there, plausible, and made by the script."""

import json

import pytest

from course.kit.pretrained import tune_shapes
from course.kit.training import one_thread
from course.transfer import fine_tune, freeze


def test_the_numbers_are_those_of_every_case():
    right = tune_shapes.tuned_numbers()
    assert {
        (name, int(count)): tuple(ways)
        for name, counts in right.items()
        for count, ways in counts.items()
    } == tune_shapes.CASES
    for counts in right.values():
        for ways in counts.values():
            for found in ways.values():
                assert (
                    len(found["test"]) == len(found["validation"]) == tune_shapes.DRAWS
                )
                for looks in found["validation"]:
                    assert len(looks) == tune_shapes.PARTS
                    assert all(0 <= look <= 100 for look in looks)


@pytest.mark.parametrize("way", tune_shapes.WAYS)
def test_a_way_moves_what_it_says(way, monkeypatch):
    """Two parts of one epoch each: the views, the frozen layers and the looks."""
    one_thread()
    monkeypatch.setattr(tune_shapes, "PARTS", 2)
    monkeypatch.setattr(tune_shapes, "EPOCHS", {2: 2})
    task = tune_shapes.task_images("other shapes")
    name = tune_shapes.WAYS[way].start
    classes = len(tune_shapes.SEEN) if name == "photographs" else 10
    start = tune_shapes.ten_layers(tune_shapes.np.random.default_rng(3), classes)
    if name:
        start.load(tune_shapes.pretrained(name))
    network, looks, test = tune_shapes.tuned(fine_tune, freeze, task, way, 2, seed=3)
    assert len(looks) == 2 and 0 <= test <= 100
    for place in (0, 3, 6):
        old, new = (n.layers[place].parameters["w"] for n in (start, network))
        assert (old == new).all() == (place in tune_shapes.WAYS[way].frozen)


def test_every_part_is_whole_epochs():
    for _, count in tune_shapes.CASES:
        assert tune_shapes.EPOCHS[count] % tune_shapes.PARTS == 0


def test_the_file_is_as_the_script_writes_it(tmp_path, monkeypatch):
    monkeypatch.setattr(tune_shapes, "CASES", {("gratings", 10): ("fine-tuned",)})
    found = {"validation": [[1.0]], "test": [2.0]}
    monkeypatch.setattr(tune_shapes, "measure", lambda *case: found)
    tune_shapes.main(tmp_path / "again.json")
    again = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    shipped = json.loads(tune_shapes.NUMBERS.read_text(encoding="utf-8"))
    assert again["right"] == {"gratings": {"10": {"fine-tuned": found}}}
    assert again["about"] == shipped["about"]
