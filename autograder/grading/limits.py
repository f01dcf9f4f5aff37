"""What one submission may use."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Limits:
    """Seconds of wall time, and bytes. Plain numbers, so that they travel as JSON.

    `memory_bytes` is the address space that one process may use beyond what the warm
    parent had before it; `processes` counts threads too; `disk_bytes` is all that the
    private folder may hold, `file_bytes` one file of it.
    """

    cell_seconds: float = 60
    total_seconds: float = 300
    grace_seconds: float = (
        15  # for a cell that is interrupted, or whose output comes late
    )
    output_bytes: int = 1_000_000  # per cell
    total_output_bytes: int = 10_000_000
    memory_bytes: int = 2 * 2**30
    processes: int = 64
    file_bytes: int = 50 * 2**20
    disk_bytes: int = 200 * 2**20
    open_files: int = 256

    def as_json(self) -> dict[str, float]:
        """The limits by name; `Limits(**limits.as_json())` gives them back."""
        return asdict(self)
