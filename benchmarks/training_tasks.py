"""The trainings that the benchmark times: data of fixed shape, one small network each."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class TrainingTask:
    """One epoch over N images (C, H, W) with [CONV - NORM? - RELU - POOL?] and FC.

    Each convolution is (filters, size, pooled): stride 1, padding that keeps H and W, then
    batch normalisation if `normalised`, and 2x2 pooling where it is pooled.
    """

    name: str
    N: int
    C: int
    H: int
    W: int
    convolutions: tuple[tuple[int, int, bool], ...]
    batch: int
    normalised: bool = False

    def as_dict(self) -> dict:
        """The task as it is sent to a worker."""
        return asdict(self)

    @property
    def text(self) -> str:
        """The task in words, for the table."""
        layers = [f"{K} filters {F}x{F}" for K, F, _ in self.convolutions]
        if self.normalised:
            layers.append("batch normalisation")
        return (
            f"{self.N} images {self.C}x{self.H}x{self.W}, {', '.join(layers)}, "
            f"batches of {self.batch}"
        )


READER = ((16, 5, True), (32, 3, True), (32, 3, False))
TASKS = (
    TrainingTask("digits", 1205, 1, 8, 8, ((16, 3, True),), batch=32),
    TrainingTask("shapes", 512, 3, 32, 32, ((12, 5, True),), batch=32),
    TrainingTask("reader", 512, 1, 28, 28, READER, batch=64, normalised=True),
)
TINY = TrainingTask("tiny", 20, 1, 4, 4, ((2, 3, True),), batch=8)
