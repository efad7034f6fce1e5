"""A production of two revisions for each test, and hrmsops typed against it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.home import Home
from tests.fixtures.sandboxes import assert_replies_are_googles, hrmsops, take_down
from tests.rollback.production import Production


@pytest.fixture
def production(faults: Client, images: dict[str, str], name: str, tmp_path: Path) -> Production:
    """Two good revisions, the second of which serves; faults are disarmed afterwards."""
    made = Production(client=faults, image=images["echo"], service=name, folder=tmp_path)
    made.write_config()
    made.deploy()
    made.deploy()
    return made


@pytest.fixture(scope="module")
def estate() -> Iterator[Client]:
    """The HRMS in miniature on a sandbox of its own, for the tests of a module."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-tests-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder) / "sandbox")
        hrmsops("sandbox", "up", "--detach", "--dir", str(home.root))
        yield Client.of(home)
        take_down(home)
        assert_replies_are_googles(home)
        hrmsops("sandbox", "down", "--destroy", "--yes", "--dir", str(home.root))
