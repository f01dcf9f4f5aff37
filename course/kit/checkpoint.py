"""Arrays in a file: npz without pickle, and never half-written.

zipfile is imported where a file is: it brings lzma and threads, which a browser's Python lacks.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def save_arrays(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays to `path` (npz); an interruption leaves the old file whole.

    Raises ValueError for an array of Python objects, which only pickle could store.
    """
    import zipfile

    path = Path(path)
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise ValueError(f"{name} holds Python objects: give arrays of numbers")
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # Through the zip file, since np.savez takes no array that is called "file".
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, array in arrays.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, array, allow_pickle=False)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def load_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of an npz file by their names, in the order in which they were saved.

    Nothing in the file is executed. Raises ValueError, naming the file, for a file that
    is no npz or is damaged; FileNotFoundError when it is not there.
    """
    from zipfile import BadZipFile

    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise
    except (
        OSError,
        ValueError,
        EOFError,
        AttributeError,
        TypeError,
        BadZipFile,
    ) as error:
        raise ValueError(
            f"{path} is no whole npz file with numbers ({error}): save it again"
        ) from error


def differences(
    found: Mapping[str, np.ndarray], wanted: Mapping[str, np.ndarray]
) -> list[str]:
    """What keeps the arrays of a file from fitting a network, a phrase each; [] if they fit."""
    lines = [f"{name} is not in the file" for name in wanted if name not in found]
    lines += [f"{name} is not in the network" for name in found if name not in wanted]
    for name in wanted:
        if name in found and found[name].shape != wanted[name].shape:
            lines.append(
                f"{name} is {found[name].shape} in the file "
                f"and {wanted[name].shape} in the network"
            )
    return lines
