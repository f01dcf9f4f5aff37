"""Cut a cell's output while it streams in, so that nobody can fill the memory or the disk."""

from dataclasses import dataclass, field

CUT = "\n... the rest of this cell's output was cut: it was longer than {limit:,} bytes ...\n"
LEFT_OUT = "<an output of {size:,} bytes was left out>"
LONGEST_ERROR_LINE = 10_000  # characters
ENDS_OF_ERROR = 20  # frames of a traceback that are kept at its start and at its end


@dataclass
class OutputBudget:
    """Bytes of output that one cell may still add. Errors always pass, shortened."""

    limit: int
    left: int = field(init=False)
    was_cut: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.left = self.limit

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
        return {**content, "data": {"text/plain": LEFT_OUT.format(size=size)}}

    def _error(self, content: dict) -> dict:
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
