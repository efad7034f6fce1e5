"""What `sandbox up` deploys, and what it writes down about it."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from hrmsops.config import load
from hrmsops.sandbox.blueprint import PRODUCTION, STAGING, Environment
from hrmsops.sandbox.client import Client
from hrmsops.sandbox.daemon import Wish
from hrmsops.sandbox.destruction import destroy
from hrmsops.sandbox.estate import Estate, deploy
from hrmsops.sandbox.home import Home
from hrmsops.sandbox.launch import start
from hrmsops.sandbox.passwords import passwords
from hrmsops.sandbox.sample_config import pointed_at, sample_config
from hrmsops.sandbox.shared_record import BUCKET, STORE, share, shared


def test_the_sample_config_is_one_that_hrmsops_reads(tmp_path: Path) -> None:
    file = tmp_path / "hrmsops.toml"
    file.write_text(sample_config([PRODUCTION, STAGING], endpoint="http://127.0.0.1:8085"))
    production, staging = load(file).environments.values()
    assert (production.kind, production.protected) == ("production", True)
    assert (staging.kind, staging.protected) == ("staging", False)
    assert production.endpoint == "http://127.0.0.1:8085"
    assert production.health.paths == ("/healthz", "/readyz")
    assert production.health.host == PRODUCTION.host


def test_passwords_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    home = Home(tmp_path / "sandbox")
    home.prepare()
    first = passwords(home, ["pg-0001"], ["hrms_app"])
    later = passwords(home, ["pg-0001", "pg-0002"], ["hrms_app", "hrms_ops"])
    assert later["pg-0001/hrms_app"] == first["pg-0001/hrms_app"]
    assert len(set(later.values())) == 4
    assert stat.S_IMODE((home.root / "passwords.json").stat().st_mode) == 0o600


def test_a_config_follows_the_sandbox_to_another_port_and_keeps_what_was_written() -> None:
    before = sample_config([PRODUCTION], endpoint="http://127.0.0.1:8085") + "# mine\n"
    after = pointed_at(before, "http://127.0.0.1:9000")
    assert after == before.replace(":8085", ":9000")


def test_a_config_is_led_to_the_shared_record_once_and_keeps_a_store_of_its_own() -> None:
    mine = sample_config([STAGING], endpoint="http://127.0.0.1:8085").replace(
        "endpoint = ", 'store = "gs://mine/records"\nendpoint = '
    )
    before = sample_config([PRODUCTION], endpoint="http://127.0.0.1:8085")
    line = 'endpoint = "http://127.0.0.1:8085"\n'

    after = shared(before + mine)

    assert after == before.replace(line, f'{line}store = "{STORE}"\n') + mine
    assert shared(after) == after


def test_a_shared_record_has_a_bucket_however_often_it_is_asked_for(sandbox: Client) -> None:
    share(sandbox)
    share(sandbox)
    assert BUCKET in sandbox.status()["buckets"]


def _databases(client: Client) -> dict[str, list[str]]:
    """The names of each instance's databases."""
    names = [each["name"] for each in client.sql("GET", "instances")["items"]]
    return {
        name: [each["name"] for each in client.sql("GET", f"instances/{name}/databases")["items"]]
        for name in names
    }


@pytest.fixture(scope="module")
def deployed() -> Iterator[Client]:
    """A sandbox with everything that `sandbox up` deploys."""
    with tempfile.TemporaryDirectory(prefix="hrmsops-tests-") as folder:
        client = start(Home(Path(folder) / "sandbox"), Wish())
        try:
            deploy(client, lambda _sentence: None)
            yield client
        finally:
            destroy(client.home)


@pytest.mark.slow
@pytest.mark.xdist_group("estate")
class TestDeployed:
    """Both environments, looked at from outside."""

    @pytest.mark.parametrize("environment", [PRODUCTION, STAGING])
    def test_two_good_revisions_are_ready_and_the_later_one_serves(
        self, deployed: Client, environment: Environment
    ) -> None:
        images = [
            each["containers"][0]["image"] for each in deployed.revisions(environment.service)
        ]
        assert [image.rpartition(":")[2] for image in images] == ["2024.2", "2024.1"]
        answer = requests.get(f"{deployed.service(environment.service)['uri']}/version", timeout=10)
        assert answer.json()["release"] == "2024.2"

    @pytest.mark.parametrize("environment", [PRODUCTION, STAGING])
    def test_the_database_is_migrated_filled_and_ready(
        self, deployed: Client, environment: Environment
    ) -> None:
        url = deployed.service(environment.service)["uri"]
        assert requests.get(f"{url}/readyz", timeout=10).json() == {"status": "ok"}
        assert requests.get(f"{url}/api/employees", timeout=10).json()["count"] == 300

    def test_no_role_of_ours_is_a_superuser(self, deployed: Client) -> None:
        estate = Estate(deployed, environments=(PRODUCTION,), say=lambda _sentence: None)
        with psycopg.connect(estate.dsn(PRODUCTION)) as connection:
            roles = connection.execute(
                "SELECT rolname FROM pg_roles WHERE rolsuper AND rolname <> 'cloudsqladmin'"
            ).fetchall()
            owner = connection.execute(
                "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
        assert (roles, owner) == ([], [("hrms_app",)])

    def test_a_tag_url_needs_the_hosts_name(self, deployed: Client) -> None:
        service = deployed.service(STAGING.service)
        latest = service["latestReadyRevision"].rpartition("/")[2]
        by_type = "TRAFFIC_TARGET_ALLOCATION_TYPE_"
        traffic = [
            {"type": f"{by_type}LATEST", "percent": 100},
            {"type": f"{by_type}REVISION", "revision": latest, "tag": "candidate"},
        ]
        changed = deployed.patch_service(STAGING.service, {"traffic": traffic}, mask="traffic")
        (url,) = [each["uri"] for each in changed["response"]["trafficStatuses"] if "tag" in each]
        refused = requests.get(f"{url}/healthz", timeout=10)
        probed = requests.get(f"{url}/healthz", headers={"Host": STAGING.host}, timeout=10)
        assert (refused.status_code, probed.status_code) == (400, 200)

    def test_deploying_again_makes_no_second_database(self, deployed: Client) -> None:
        estate = Estate(deployed, environments=(PRODUCTION,), say=lambda _sentence: None)
        before = _databases(deployed)

        estate.prepare(releases=())
        estate.migrate(PRODUCTION, "2024.2")

        assert _databases(deployed) == before
        assert "hrms" in before[PRODUCTION.instance]
