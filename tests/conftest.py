"""What `pytest --quick` (make test-quick) leaves out, and what only `make test-whole` runs."""

from pathlib import Path

import pytest

# Folders and files whose tests run notebooks, kernels, sandboxes, servers or whole classes, or
# read very large files.
SLOW = (
    "abuse",
    "benchmarks",
    "browser",
    "test_autograder_cli",
    "test_build",
    "test_build_processes",
    "test_bridge_notebook",
    "test_bundle",
    "test_check_notebook",
    "test_checks_apart",
    "test_confine",
    "test_collect_hostile",
    "test_conformance",
    "test_escape_sequences",
    "test_execute",
    "test_execute_walls",
    "test_exchange",
    "test_grade",
    "test_history",
    "test_hostile_pages",
    "test_imports",
    "test_integration_nbgrader",
    "test_lateness",
    "test_leaks",
    "test_marking",
    "test_mistakes",
    "test_mistakes_table",
    "test_notebook_check",
    "test_parallel",
    "test_plot_sharp",
    "test_postgres",
    "test_prepare_hostile",
    "test_queue",
    "test_regrade",
    "test_release",
    "test_sandbox",
    "test_sandbox_users",
    "test_scheduler",
    "test_shell",
    "test_simulate",
    "test_solution_notebook",
    "test_submitted",
    "test_truth",
    "test_unit_viewer",
    "test_warm",
    "test_term",
    "test_what_tests_start",
    "test_widgets",
)
# Pages in a browser, and what starts whole programs for half a minute: of these `make test`
# runs none. Of what is proven for every lesson it runs a part; the tests say which.
WHOLE = (
    "benchmarks",
    "browser",
    "test_bundle",
    "test_conformance",
    "test_exchange",
    "test_queue",
    "test_scheduler",
    "test_term",
    "test_what_tests_start",
)
HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave files out before they are imported: some read all known answers then."""
    is_slow = collection_path.stem in SLOW and HERE in collection_path.parents
    return True if is_slow and config.getoption("--quick") else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE not in item.path.parents:
            continue
        place = item.path.relative_to(HERE).with_suffix("")
        if not {*place.parts}.isdisjoint(WHOLE):
            item.add_marker(pytest.mark.whole)
