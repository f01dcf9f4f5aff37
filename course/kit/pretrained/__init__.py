"""Networks that have learned already, as npz files, with the script that made them.

network.load(pretrained("shapes")) puts the parameters into a Sequential of the same layers.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = ("digits", "shapes", "photographs")


def pretrained(name: str) -> Path:
    """The npz file with the parameters of a trained network: "digits", "shapes" or "photographs".

    Each was trained by `train.py` in this folder, which also says on what and how well. Raises ValueError for another name.
    """
    if name not in NAMES:
        raise ValueError(f"there is no network {name!r}: choose {', '.join(NAMES)}")
    return FOLDER / f"{name}.npz"
