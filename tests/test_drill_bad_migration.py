"""A migration corrupts values under live traffic; its reverse restores them, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from hrmsops.sandbox.blueprint import PRODUCTION
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.destruction import destroy
from hrmsops.sandbox.estate import Estate
from hrmsops.sandbox.home import Home
from tests.test_drill import drill, why

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drills")]


def test_the_migration_is_taken_back_under_traffic_and_every_write_holds(tmp_path: Path) -> None:
    home = tmp_path / "drill"
    try:
        ended = drill(
            "--json", "--keep", "--dir", str(home), cwd=tmp_path, scenario="bad-migration"
        )
        assert ended.code == 0, why(ended)
        told = ended.document
        assert (told["scenario"], told["recovered"], told["lost_writes"]) == (
            "bad-migration",
            True,
            [],
        )
        assert [each["event"] for each in told["timeline"]] == [
            "deployed", "traffic", "released", "detected", "advised", "decided", "shifted",
            "verified",
        ]  # fmt: skip
        client = Client.of(Home(home))
        estate = Estate(client, environments=(PRODUCTION,), say=lambda _sentence: None)
        with psycopg.connect(estate.dsn(PRODUCTION)) as database:
            damaged = "SELECT count(*) FROM leave_leaverequest WHERE leave_type = ''"
            assert database.execute(damaged).fetchone() == (0,)
            applied = database.execute(
                "SELECT name FROM django_migrations WHERE app = 'leave' ORDER BY id"
            ).fetchall()
            ledger = database.execute(
                "SELECT name, outcome FROM hrmsops.migrations WHERE is_reverse ORDER BY id"
            ).fetchall()
        assert applied == [("0001_initial",)]
        assert ledger == [
            ("0003_default_leave_type", "reversed"),
            ("0002_leave_type_index", "reversed"),
        ]
        newest = str(estate.service(PRODUCTION)["latestReadyRevision"])
        assert not newest.endswith(estate.serving(PRODUCTION)), "the release before serves"
    finally:
        destroy(Home(home))
