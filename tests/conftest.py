"""What `make test-quick` leaves out, and what only `make test-whole` runs."""

from pathlib import Path

import pytest

# Folders and files whose tests run notebooks, kernels, sandboxes, servers or whole classes.
SLOW = (
    "abuse",
    "benchmarks",
    "browser",
    "test_autograder_cli",
    "test_build",
    "test_build_processes",
    "test_check_notebook",
    "test_checks_apart",
    "test_confine",
    "test_conformance",
    "test_escape_sequences",
    "test_execute",
    "test_execute_walls",
    "test_grade",
    "test_hostile_pages",
    "test_integration_nbgrader",
    "test_mistakes",
    "test_mistakes_table",
    "test_notebook_check",
    "test_parallel",
    "test_postgres",
    "test_queue",
    "test_release",
    "test_sandbox",
    "test_sandbox_users",
    "test_scheduler",
    "test_shell",
    "test_simulate",
    "test_truth",
    "test_unit_viewer",
    "test_warm",
    "test_what_tests_start",
    "test_widgets",
)
# Pages in a browser, and both executors on the known answers: of these `make test` runs none.
WHOLE = ("browser",)
WHOLE_TESTS = ("test_known_answers",)
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        place = item.path.relative_to(HERE)
        if not {*place.parent.parts, place.stem}.isdisjoint(SLOW):
            item.add_marker(pytest.mark.slow)
        name = getattr(item, "originalname", item.name)
        if not {*place.parent.parts}.isdisjoint(WHOLE) or name in WHOLE_TESTS:
            item.add_marker(pytest.mark.whole)
