"""What every test may ask for, who runs it, and how many run at once."""

from __future__ import annotations

import gc
import os
import tracemalloc  # noqa: F401 - pytest imports it when something is collected: in any thread.

import pytest

pytest_plugins = ["tests.fixtures.memory", "tests.fixtures.sandboxes", "tests.fixtures.failed"]

NIGHT = {
    "rollback/test_backfill_outside.py",
    "rollback/test_bucket_kills_all.py",
    "rollback/test_cutover_ends.py",
    "rollback/test_cutover_kills.py",
    "rollback/test_far_away.py",
    "sandbox/test_cloud_sql_kills.py",
    "test_drill_by_wizard.py",
    "test_drill_lost_data.py",
}
"""Kill sweeps, far clouds and long drills: a fifth of all the time. `nox -s night` runs them."""

WORKERS_PER_CORE = 2
"""The tests wait for processes and clusters more than they compute."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a module's own sandbox run on one worker: else each would start one."""
    for item in items:
        if _shares(item) and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
        if item.nodeid.partition("::")[0].removeprefix("tests/") in NIGHT:
            item.add_marker(pytest.mark.night)


@pytest.hookimpl(specname="pytest_collection_modifyitems", trylast=True)
def long_ones_first(items: list[pytest.Item]) -> None:
    """Groups are handed out in this order: a long one that began last would be waited for."""
    items.sort(key=lambda item: not (_grouped(item) and item.get_closest_marker("slow")))


def _shares(item: pytest.Item) -> bool:
    definitions = item._fixtureinfo.name2fixturedefs if isinstance(item, pytest.Function) else {}
    return any(each.scope == "module" for found in definitions.values() for each in found)


def _grouped(item: pytest.Item) -> bool:
    return item.get_closest_marker("xdist_group") is not None


def pytest_collection_finish() -> None:
    """What was collected is no garbage: looking through it again and again took a tenth."""
    gc.freeze()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many workers `-n auto` starts; each has a sandbox of its own."""
    return WORKERS_PER_CORE * (os.cpu_count() or 1)
