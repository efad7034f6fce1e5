"""Each leaf of the guide's tree, by the wizard: what was broken is found out and recovered."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from hrmsops.sandbox.blueprint import PRODUCTION
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.destruction import destroy
from hrmsops.sandbox.estate import Estate
from hrmsops.sandbox.home import Home
from tests.command_line import hrmsops
from tests.engineer import plays
from tests.sandbox.waiting import eventually
from tests.test_drill import command_lines

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("drills")]


def test_a_bad_release_is_found_out_and_the_sandbox_can_be_looked_at(tmp_path: Path) -> None:
    folder = str(tmp_path / "drill")
    try:
        told, _asked = plays("--surprise", "--pick", "1", "--keep", "--dir", folder, cwd=tmp_path)
        assert (told["scenario"], told["taken"], told["lost_writes"]) == ("bad-release", "app", [])
        assert told["recovered"]
        assert None not in told["seconds"].values()
        seen = hrmsops("sandbox", "status", "--json", "--dir", folder, cwd=tmp_path)
        (service,) = seen.document["services"]
        assert service["name"] == "nhia-hrms-production-api"
        names = [path.name for path in Path(folder).rglob("*")]
        assert not [each for each in (*names, seen.out) if "2024.3-" in each or "bad-" in each]
        down = hrmsops("sandbox", "down", "--destroy", "--yes", "--dir", folder, cwd=tmp_path)
        assert down.code == 0, down.err
        eventually(lambda: not any(folder in words for words in command_lines()))
    finally:
        if Path(folder).exists():
            destroy(Home(Path(folder)))


def test_a_corrupting_migration_is_found_out_and_taken_back(tmp_path: Path) -> None:
    home = Home(tmp_path / "drill")
    try:
        told, _asked = plays(
            "--surprise", "--pick", "2", "--keep", "--dir", str(home.root), cwd=tmp_path
        )
        estate = Estate(Client.of(home), environments=(PRODUCTION,), say=lambda _sentence: None)
        with psycopg.connect(estate.dsn(PRODUCTION)) as database:
            damaged = "SELECT count(*) FROM leave_leaverequest WHERE leave_type = ''"
            assert database.execute(damaged).fetchone() == (0,)
    finally:
        destroy(home)
    assert (told["scenario"], told["taken"]) == ("bad-migration", "migration")
    assert (told["recovered"], told["lost_writes"]) == (True, [])
    assert told["payments_doubled"] == 0


def test_a_lost_instance_is_found_out_and_its_backup_comes_back(tmp_path: Path) -> None:
    told, _asked = plays("--surprise", "--pick", "4", cwd=tmp_path)
    assert (told["scenario"], told["taken"]) == ("total-failure", "backup")
    assert (told["recovered"], told["lost_writes"]) == (True, [])
    assert told["replayed"] >= 120, "at least what was awaited after the backup"
    assert told["payments_doubled"] == 0
    assert [each.name for each in tmp_path.iterdir()] == ["told.json"]
