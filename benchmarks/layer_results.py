"""From times to ratios: each round gives one, and the rounds give median and spread."""

import math
import statistics
from dataclasses import dataclass, field

KINDS = {"forward": "forward", "both": "forward + backward"}
NAMES = {
    "naive": "naive",
    "window": "window",
    "im2col": "im2col",
    "fast": "fast",
    "im2col-avx512": "im2col, AVX-512",
    "fast-avx512": "fast, AVX-512",
    "torch": "PyTorch",
}


@dataclass(frozen=True)
class Spread:
    """A middle value and the lowest and highest that a round gave."""

    middle: float
    low: float
    high: float

    @property
    def text(self) -> str:
        return f"{short(self.middle)} ({short(self.low)} - {short(self.high)})"


@dataclass
class Measured:
    """All times of one layer: seconds[kind][implementation], one number per round."""

    layer: str
    text: str
    parts: str
    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    backward: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, kind: str, implementation: str, answer: dict, times: float) -> None:
        """Keep one answer of a worker that ran one part in `times` of the layer."""
        if answer["seconds"] is None:
            return
        rounds = self.seconds.setdefault(kind, {}).setdefault(implementation, [])
        rounds.append(answer["seconds"] * times)
        if kind == "both":
            backward = self.backward.setdefault(implementation, [])
            backward.append(answer["backward"] * times)

    def milliseconds(self, kind: str, implementation: str) -> Spread | None:
        rounds = self.seconds.get(kind, {}).get(implementation)
        return spread([1000 * second for second in rounds]) if rounds else None

    def ratio(self, kind: str, implementation: str, base: str) -> Spread | None:
        """Time of one implementation over that of `base` in the same round."""
        times = self.seconds.get(kind, {})
        if implementation not in times or base not in times:
            return None
        pairs = zip(times[implementation], times[base])
        return spread([mine / other for mine, other in pairs])


def spread(values: list[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


def geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, values)))


def mean_ratio(
    results: list[Measured], kind: str, implementation: str, base: str
) -> float | None:
    """Geometric mean over the layers of the median ratios; None if one is missing."""
    ratios = [result.ratio(kind, implementation, base) for result in results]
    return None if None in ratios else geometric_mean([r.middle for r in ratios])


def short(value: float) -> str:
    """Three digits at most before and after the point: 0.123, 12.3, 1230."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table_rows(
    results: list[Measured], kind: str, others: list[str], base: str
) -> list[list[str]]:
    """One row per layer: its shape, milliseconds of the base, ratios of the others."""
    rows = []
    for result in results:
        milliseconds = result.milliseconds(kind, base)
        ratios = [result.ratio(kind, other, base) for other in others]
        texts = [ratio.text if ratio else "-" for ratio in ratios]
        rows.append(
            [
                result.layer,
                milliseconds.text if milliseconds else "-",
                *texts,
                result.parts,
                result.text,
            ]
        )
    return rows


def memory_rows(results: list[Measured]) -> list[list[str]]:
    """One row per layer: the shares that Runner.memory measured, forward and both."""
    return [
        [result.layer]
        + [
            short(share[kind]) if kind in share else "-"
            for share in result.memory.values()
            for kind in KINDS
        ]
        for result in results
    ]
