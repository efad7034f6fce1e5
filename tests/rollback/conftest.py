"""A production of two revisions for each test, and hrmsops typed against it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from tests.rollback.production import Production


@pytest.fixture
def production(faults: Client, images: dict[str, str], name: str, tmp_path: Path) -> Production:
    """Two good revisions, the second of which serves; faults are disarmed afterwards."""
    made = Production(client=faults, image=images["echo"], service=name, folder=tmp_path)
    made.write_config()
    made.deploy()
    made.deploy()
    return made
