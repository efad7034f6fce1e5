"""What every test may ask for, and how many run at once."""

from __future__ import annotations

import os
import tracemalloc  # noqa: F401 - pytest imports it when something is collected: in any thread.

import pytest

pytest_plugins = ["tests.fixtures.sandboxes"]

WORKERS_PER_CORE = 2
"""The tests wait for processes and clusters more than they compute."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a module's own sandbox run on one worker: else each would start one."""
    for item in items:
        shares = "estate" in getattr(item, "fixturenames", ())
        if shares and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many workers `-n auto` starts; each has a sandbox of its own."""
    return WORKERS_PER_CORE * (os.cpu_count() or 1)
