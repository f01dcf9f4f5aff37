"""What one submission may use, and the output of its cells cut to that while it comes."""

from dataclasses import asdict, dataclass, field

RESERVE_BYTES = 50_000  # of output for each cell after a notebook has written too much
CUT = "\n... the rest of this cell's output was cut: it was longer than {limit:,} bytes ...\n"
LEFT_OUT = "<an output of {size:,} bytes was left out>"
LONGEST_ERROR_LINE = 10_000  # characters
MOST_ERRORS = 20
ENDS_OF_ERROR = 20  # frames of a traceback that are kept at its start and at its end


CELL_SECONDS = 60.0  # unless `autograder grade --timeout` says otherwise
MEMORY_MB = 2048  # likewise, --memory

# The environment of a process whose libraries for arrays use one thread. Kernels, workers and
# test runs go on beside each other: with a thread per core in each of them, threads wait for
# each other most of the time, and cells took many times as long.
ONE_THREAD = dict.fromkeys(
    (
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)


@dataclass(frozen=True)
class Limits:
    """Seconds of wall time, and bytes. Plain numbers, so that they travel as JSON.

    `memory_bytes` is the address space that one process may use beyond what the warm
    parent had before it; `processes` counts threads too; `disk_bytes` is all that the
    private folder may hold, `file_bytes` one file of it.
    """

    cell_seconds: float = CELL_SECONDS
    total_seconds: float = 300
    grace_seconds: float = (
        15  # for a cell that is interrupted, or whose output comes late
    )
    output_bytes: int = 1_000_000  # per cell
    total_output_bytes: int = 10_000_000
    memory_bytes: int = MEMORY_MB * 2**20
    processes: int = 64
    file_bytes: int = 50 * 2**20
    disk_bytes: int = 200 * 2**20
    open_files: int = 256

    def as_json(self) -> dict[str, float]:
        """The limits by name; `Limits(**limits.as_json())` gives them back."""
        return asdict(self)


@dataclass
class OutputTotal:
    """Bytes that all cells of a notebook have written, what was cut included."""

    limit: int
    written: int = 0

    @property
    def is_exceeded(self) -> bool:
        return self.written > self.limit


@dataclass
class OutputBudget:
    """Bytes of output that one cell may still add. The first errors always pass, shortened."""

    limit: int
    total: OutputTotal | None = None
    left: int = field(init=False)
    was_cut: bool = field(init=False, default=False)
    errors: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.left = self.limit

    def count(self, size: int) -> None:
        """So many bytes have come in, whether or not they are kept."""
        if self.total is not None:
            self.total.written += size

    @property
    def is_flooded(self) -> bool:
        """Whether the cell has to be stopped."""
        return self.total is not None and self.total.is_exceeded

    def admit(self, kind: str, content: dict) -> dict | None:
        """The message's content as far as it fits; None when nothing of it does."""
        if kind == "stream":
            return self._stream(content)
        if kind in ("display_data", "execute_result", "update_display_data"):
            return self._display(content)
        if kind == "error":
            return self._error(content)
        return content

    def _stream(self, content: dict) -> dict | None:
        text = str(content.get("text", ""))
        size = len(text.encode("utf-8", "replace"))
        if size <= self.left:
            self.left -= size
            return content
        if self.was_cut:
            return None
        kept = text.encode("utf-8", "replace")[: self.left].decode("utf-8", "ignore")
        self.left, self.was_cut = 0, True
        return {**content, "text": kept + CUT.format(limit=self.limit)}

    def _display(self, content: dict) -> dict | None:
        data = content.get("data", {})
        size = sum(len(str(value)) for value in data.values())
        if size <= self.left:
            self.left -= size
            return content
        if self.was_cut and "execution_count" not in content:
            return None
        self.was_cut = True
        text = data.get("text/plain")
        if "execution_count" in content and _is_number(text):
            return {**content, "data": {"text/plain": text}}
        return {**content, "data": {"text/plain": LEFT_OUT.format(size=size)}}

    def _error(self, content: dict) -> dict | None:
        self.errors += 1
        if self.errors > MOST_ERRORS:
            return None
        traceback = [str(part) for part in content.get("traceback", [])]
        if len(traceback) > 2 * ENDS_OF_ERROR:
            traceback[ENDS_OF_ERROR:-ENDS_OF_ERROR] = ["..."]
        short = [part[:LONGEST_ERROR_LINE] for part in traceback]
        return {
            **content,
            "ename": str(content.get("ename", ""))[:200],
            "evalue": str(content.get("evalue", ""))[:LONGEST_ERROR_LINE],
            "traceback": short,
        }


def _is_number(text: object) -> bool:
    """Whether a result may be a mark, which is never cut."""
    try:
        float(str(text)[:100])
    except ValueError:
        return False
    return True
