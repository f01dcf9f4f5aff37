"""The trainings that the benchmark times: data of fixed shape, one small network each."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class TrainingTask:
    """One epoch over N images (C, H, W) with [CONV - RELU - POOL - FC]."""

    name: str
    N: int
    C: int
    H: int
    W: int
    filters: int
    size: int
    batch: int

    def as_dict(self) -> dict:
        """The task as it is sent to a worker."""
        return asdict(self)

    @property
    def text(self) -> str:
        """The task in words, for the table."""
        return (
            f"{self.N} images {self.C}x{self.H}x{self.W}, {self.filters} filters "
            f"{self.size}x{self.size}, batches of {self.batch}"
        )


TASKS = (
    TrainingTask("digits", 1205, 1, 8, 8, filters=16, size=3, batch=32),
    TrainingTask("shapes", 512, 3, 32, 32, filters=12, size=5, batch=32),
)
TINY = TrainingTask("tiny", 20, 1, 4, 4, filters=2, size=3, batch=8)
