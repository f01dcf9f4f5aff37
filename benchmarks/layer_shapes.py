"""The ten layers that are measured, and a tiny one that shows that the program runs."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Shape:
    """One convolutional layer and its batch, in the course's letters."""

    name: str
    N: int
    C: int
    H: int
    W: int
    K: int
    F: int
    S: int = 1
    P: int = 0

    @property
    def places(self) -> int:
        """Positions of the filter on one image: HO * WO."""
        rows, columns = (self.H - self.F + 2 * self.P), (self.W - self.F + 2 * self.P)
        return (rows // self.S + 1) * (columns // self.S + 1)

    @property
    def text(self) -> str:
        """The layer in one cell of a table."""
        extra = (f" S{self.S}" if self.S > 1 else "") + (
            f" P{self.P}" if self.P else ""
        )
        filters = f"{self.K} of {self.F}x{self.F}"
        return f"{self.N}x{self.C}x{self.H}x{self.W}, {filters}{extra}"

    def share(self, neurons: int) -> tuple[int, int]:
        """Images and filters of a part of the layer that has at most `neurons` neurons.

        Whole images with all filters first; where one image is too much, fewer filters.
        """
        if self.K * self.places <= neurons:
            return min(self.N, neurons // (self.K * self.places)), self.K
        return 1, max(1, neurons // self.places)

    def as_dict(self) -> dict:
        return asdict(self)


SHAPES = (
    Shape("CS231n", N=100, C=3, H=31, W=31, K=25, F=3, S=2, P=1),
    Shape("LeNet 1", N=64, C=1, H=32, W=32, K=6, F=5),
    Shape("LeNet 2", N=64, C=6, H=14, W=14, K=16, F=5),
    Shape("CIFAR 1", N=64, C=3, H=32, W=32, K=32, F=3, P=1),
    Shape("CIFAR 2", N=64, C=32, H=32, W=32, K=32, F=3, P=1),
    Shape("CIFAR 3", N=64, C=64, H=16, W=16, K=64, F=3, P=1),
    Shape("AlexNet 1", N=4, C=3, H=227, W=227, K=96, F=11, S=4),
    Shape("VGG 2", N=1, C=64, H=224, W=224, K=64, F=3, P=1),
    Shape("256 channels", N=4, C=256, H=28, W=28, K=256, F=3, P=1),
    Shape("ResNet 1x1", N=4, C=256, H=56, W=56, K=64, F=1),
)
TINY = Shape("tiny", N=2, C=3, H=7, W=7, K=4, F=3, S=2, P=1)
