"""A revision that names its database by an address alone is led to the recovered one as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hrmsops.sandbox.client import Client
from tests.doctor.witness import HELD, only_what_is_listed
from tests.rollback.cutting import SERVICE, Cutting
from tests.rollback.facts import facts, revision

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rebinding")]


@pytest.fixture
def cutting(estate: Client, tmp_path: Path) -> Iterator[Cutting]:
    yield Cutting(client=estate, folder=tmp_path)
    estate.clear_faults()


def test_a_cutover_leads_an_address_and_its_port_to_the_new_instance(cutting: Cutting) -> None:
    old = cutting.source
    template = cutting.client.service(SERVICE)["template"]
    template.pop("revision", None)
    by_address = at_address(template, *place_of(cutting, old))
    ended = cutting.client.patch_service(SERVICE, {"template": by_address}, mask="template")
    assert "error" not in ended, ended
    assert cutting.ask("GET", "/readyz") == 200
    cutting.query("CREATE TABLE kept (id int)")
    cutting.query("INSERT INTO kept VALUES (1)")
    moment = cutting.query("SELECT clock_timestamp()")[0][0]
    cutting.query("DELETE FROM kept")

    own, idle = (cutting.client, cutting.client.home.config), rf"{HELD}|run\.(jobs|exec|worker).*"
    with only_what_is_listed(
        *own, "rollback pitr", also=("tell an instance by its address",), unused=idle
    ):
        promoted = cutting.hrmsops(
            *("rollback", "pitr", "-e", "production", "--at", moment.isoformat(), "--promote"),
            *("--reason", "lost", "--json", "--confirm", old),
            *("--no-hold", "--accept", "hold-skipped", "--acknowledge", "bank_files"),
        )

    assert promoted.code == 0, promoted.out + promoted.err
    new = promoted.document["clone"]
    assert promoted.document["instance"] == old, "The address was looked up among the instances."
    bound = variables(cutting)
    assert (bound["DB_HOST"], int(bound["PGPORT"])) == place_of(cutting, new)
    assert place_of(cutting, new) != place_of(cutting, old)
    assert cutting.ask("GET", "/readyz") == 200
    assert cutting.query("SELECT count(*) FROM kept", instance=new) == [(1,)]
    assert cutting.is_closed(old)


def test_a_revision_bound_by_a_variable_to_a_database_that_was_left_is_not_eligible() -> None:
    from hrmsops.rollback.candidates import trouble_of

    left, serving = revision(1, instance="p:us-central1:left"), revision(2)
    assert "bound to database p:us-central1:left" in trouble_of(left, facts(left, serving))


def at_address(template: dict[str, Any], host: str, port: int) -> dict[str, Any]:
    """The same, with the instance's address in a variable instead of a Cloud SQL volume."""
    [container] = template["containers"]
    kept = [each for each in container["env"] if each["name"] not in ("DB_HOST", "PGPORT")]
    address = [{"name": "DB_HOST", "value": host}, {"name": "PGPORT", "value": str(port)}]
    made = {**container, "env": [*kept, *address]}
    del made["volumeMounts"]
    return {**template, "containers": [made], "volumes": []}


def place_of(cutting: Cutting, instance: str) -> tuple[str, int]:
    """The address that the API tells of an instance, and the port in its label."""
    shown = cutting.client.sql("GET", f"instances/{instance}")
    port = int(shown["settings"]["userLabels"]["sandbox-port"])
    return shown["ipAddresses"][0]["ipAddress"], port


def variables(cutting: Cutting) -> dict[str, str]:
    """Of the revision that serves."""
    serving = cutting.serving
    found = next(r for r in cutting.client.revisions(SERVICE) if r["name"].endswith(serving))
    return {each["name"]: each.get("value", "") for each in found["containers"][0]["env"]}
