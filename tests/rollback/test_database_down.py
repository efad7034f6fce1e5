"""The database is gone; the application can still be rolled back, and is told apart from it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hrmsops.sandbox.client import Client
from hrmsops.sandbox.home import Home
from tests import command_line
from tests.command_line import Ended
from tests.fixtures.sandboxes import hrmsops, take_down

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def estate() -> Iterator[Client]:
    """The HRMS in miniature, its production database stopped."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-tests-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder) / "sandbox")
        hrmsops("sandbox", "up", "--detach", "--dir", str(home.root))
        client = Client.of(home)
        client.call("POST", "/_sandbox/instances/nhia-hrms-production-pg-0001:stop", {})
        yield client
        take_down(home)
        hrmsops("sandbox", "down", "--destroy", "--yes", "--dir", str(home.root))


def rollback(estate: Client, folder: Path, *, paths: list[str]) -> Ended:
    """`rollback app` with other health paths than the estate's own."""
    text = estate.home.config.read_text()
    config = folder / "hrmsops.toml"
    config.write_text(
        text.replace('paths = ["/healthz", "/readyz"]', f"paths = {json.dumps(paths)}")
    )
    assert config.read_text() != text or paths == ["/healthz", "/readyz"]
    words = ("rollback", "app", "-e", "production", "--reason", "x", "--yes", "--json")
    return command_line.hrmsops(*words, cwd=folder, HRMSOPS_STATE_DIR=str(folder / "state"))


def test_no_step_of_the_rollback_needs_the_database(estate: Client, tmp_path: Path) -> None:
    ended = rollback(estate, tmp_path, paths=["/healthz"])
    assert ended.code == 0, ended.out + ended.err
    older = estate.revisions("nhia-hrms-production-api")[1]["name"]
    assert ended.document["to"] == older.rpartition("/")[2]


def test_a_candidate_without_its_database_is_told_to_be_unwell(
    estate: Client, tmp_path: Path
) -> None:
    """Nobody is sent to it: the mend is not the application's."""
    estate.patch_service(
        "nhia-hrms-production-api",
        {"traffic": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]},
        mask="traffic",
    )
    ended = rollback(estate, tmp_path, paths=["/healthz", "/readyz"])
    assert ended.code == 3, ended.out + ended.err
    assert ended.document["failure"]["code"] == "candidate-unhealthy"
    assert "/healthz healthy (200); /readyz unhealthy (503)" in ended.document["failure"]["why"]
