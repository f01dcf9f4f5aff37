"""Arrays in files: whole or not at all, and never with pickle."""

import numpy as np
import pytest

from course.kit import checkpoint
from course.kit.checkpoint import differences, load_arrays, save_arrays


def test_there_and_back(tmp_path):
    arrays = {
        "3.w": np.arange(6.0).reshape(2, 3),
        "file": np.float32(2) * np.ones(2, np.float32),
        "empty": np.zeros((0, 4), int),
    }
    save_arrays(tmp_path / "weights", arrays)
    found = load_arrays(str(tmp_path / "weights"))
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_numpy_reads_it_without_pickle(tmp_path):
    save_arrays(tmp_path / "weights.npz", {"0.w": np.eye(2)})
    with np.load(tmp_path / "weights.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["0.w"], np.eye(2))


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "weights.npz"
    save_arrays(path, {"w": np.ones(3)})
    before = path.read_bytes()

    def stopped(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.np.lib.format, "write_array", stopped)
    with pytest.raises(KeyboardInterrupt):
        save_arrays(path, {"w": np.zeros(3)})
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["weights.npz"]


def test_objects_are_refused(tmp_path):
    with pytest.raises(ValueError, match="w holds Python objects"):
        save_arrays(tmp_path / "weights.npz", {"w": np.array([{}])})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", [b"", b"PK no zip", b"text"])
def test_a_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "weights.npz"
    path.write_bytes(damage)
    with pytest.raises(ValueError, match=r"weights\.npz is no whole npz"):
        load_arrays(path)


def test_half_a_file_is_named(tmp_path):
    path = tmp_path / "weights.npz"
    save_arrays(path, {"w": np.random.default_rng(0).standard_normal(500)})
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(ValueError, match=r"weights\.npz is no whole npz"):
        load_arrays(path)


def test_a_single_array_is_no_checkpoint(tmp_path):
    np.save(tmp_path / "one.npy", np.ones(2))
    with pytest.raises(ValueError, match="no whole npz"):
        load_arrays(tmp_path / "one.npy")


def test_pickled_objects_are_not_opened(tmp_path):
    np.savez(tmp_path / "bad.npz", w=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="no whole npz"):
        load_arrays(tmp_path / "bad.npz")


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_arrays(tmp_path / "nowhere.npz")


def test_differences():
    wanted = {"a": np.zeros(2), "b": np.zeros((2, 3))}
    assert differences(wanted, wanted) == []
    found = {"b": np.zeros((3, 2)), "c": np.zeros(1)}
    assert differences(found, wanted) == [
        "a is not in the file",
        "c is not in the network",
        "b is (3, 2) in the file and (2, 3) in the network",
    ]
