"""The parts of `course.kit.build`, from live definitions to a module; and its one error."""


class BuildError(ValueError):
    """Says what cannot be built, why, and what to change. Nothing was written."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message, not the frames of `build`."""
        return [f"BuildError: {self}"]
