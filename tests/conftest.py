"""What every test may ask for, and how many run at once."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["tests.fixtures.sandboxes"]

WORKERS_PER_CORE = 2
"""The tests wait for processes and clusters more than they compute."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many workers `-n auto` starts; each has a sandbox of its own."""
    return WORKERS_PER_CORE * (os.cpu_count() or 1)
