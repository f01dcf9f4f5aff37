"""Command line of the instructor."""


def main() -> None:
    """Entry point of the `autograder` command."""
