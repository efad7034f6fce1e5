"""A production of two revisions for each test, and hrmsops typed against it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.home import Home
from tests.fixtures.sandboxes import assert_replies_are_googles, hrmsops, take_down
from tests.rollback.estate import Recovery
from tests.rollback.production import Production


@pytest.fixture
def production(faults: Client, images: dict[str, str], name: str, tmp_path: Path) -> Production:
    """Two good revisions, the second of which serves; faults are disarmed afterwards."""
    made = Production(client=faults, image=images["echo"], service=name, folder=tmp_path)
    made.write_config()
    made.deploy()
    made.deploy()
    return made


@contextmanager
def hrms() -> Iterator[Home]:
    """The HRMS in miniature on a sandbox of its own; what it answered is held against Google's."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-tests-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder) / "sandbox")
        hrmsops("sandbox", "up", "--detach", "--dir", str(home.root))
        yield home
        take_down(home)
        assert_replies_are_googles(home)
        hrmsops("sandbox", "down", "--destroy", "--yes", "--dir", str(home.root))


@pytest.fixture(scope="module")
def estate() -> Iterator[Client]:
    """The HRMS in miniature on a sandbox of its own, for the tests of a module."""
    with hrms() as home:
        yield Client.of(home)


@pytest.fixture(scope="session")
def engineer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recovery]:
    """Whoever copies rows back and replays, on one HRMS for all those tests.

    They are of one group (`xdist_group("replay")`), so that only one worker has a sandbox for them.
    """
    with hrms() as home:
        yield Recovery(client=Client.of(home), folder=tmp_path_factory.mktemp("engineer"))
