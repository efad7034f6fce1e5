"""A cutover from the damaged database to the recovered one, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from hrmsops.sandbox.blueprint import PRODUCTION
from hrmsops.sandbox.client import Client
from tests.doctor.witness import HELD, only_what_is_listed
from tests.github.rolling_back import RollbackWorkflow
from tests.rollback.cutting import SERVICE, Cutting, writing

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cutover")]

HIRED = {"request_id": "r-1", "staff_number": "S-1", "name": "Ama", "hire_date": "2026-01-05"}


@pytest.fixture
def cutting(estate: Client, tmp_path: Path) -> Iterator[Cutting]:
    yield Cutting(client=estate, folder=tmp_path)
    estate.clear_faults()


def result(document: Any, step: str) -> Any:
    """What the last step of that name left in a run's document."""
    return [each["result"] for each in document["steps"] if each["step"] == step][-1]


def test_users_are_led_to_the_database_as_it_was_and_nobody_writes_to_the_old_one(
    cutting: Cutting,
) -> None:
    old = cutting.active
    before = cutting.serving
    cutting.query("CREATE TABLE paid (id int PRIMARY KEY, amount int)", instance=old)
    cutting.query("CREATE TABLE written (id int PRIMARY KEY)", instance=old)
    cutting.query("INSERT INTO paid SELECT n, n FROM generate_series(1, 100) n", instance=old)
    moment = cutting.now()
    cutting.query("UPDATE paid SET amount = 0", instance=old)

    own = cutting.client.home.root / "hrmsops.toml"
    with (
        writing(cutting, old, "written") as writers,
        only_what_is_listed(cutting.client, own, "rollback pitr", unused=HELD),
    ):
        ended = cutting.promote(moment)

    assert ended.code == 0, ended.out + ended.err
    new = cutting.active
    assert new == ended.document["clone"]
    assert cutting.query("SELECT sum(amount) FROM paid", instance=new) == [(5050,)]
    assert cutting.ask("GET", "/readyz") == 200
    # What was acknowledged is in the old database, and not a row more: the fence held.
    hired = writers.acknowledged.pop("service")
    acknowledged = sorted(n for numbers in writers.acknowledged.values() for n in numbers)
    rows = sorted(n for (n,) in cutting.query("SELECT id FROM written", instance=old))
    assert rows == acknowledged
    assert set(writers.acknowledged) == {"kept session", "new session"}
    assert cutting.query("SELECT count(*) FROM written", instance=new) == [(0,)]
    assert cutting.is_closed(old)
    assert not cutting.is_closed(new)
    # Whom users hired is in one of the two: in the old one, and kept for the replay, or in the new.
    known = {n for instance in (old, new) for n in _hired(cutting, instance)}
    assert set(hired) <= known
    captured = result(ended.document, "capture-differences")
    assert {"table": "written", "rows": len(rows)}.items() <= next(
        each.items() for each in captured["tables"] if each["table"] == "written"
    )
    # The revision is the one that served, by digest, and carries the run's id.
    made, like = (_revision(cutting, name) for name in (cutting.serving, before))
    assert cutting.serving.endswith(ended.document["run"])
    assert made["containers"][0]["image"] == like["containerStatuses"][0]["imageDigest"]
    assert _without_instance(made, new) == _without_instance(like, old)
    _assert_prepared(cutting, old, new)
    assert cutting.client.sql("GET", f"instances/{old}")["settings"]["userLabels"][
        "hrmsops-superseded-by"
    ] == new[-63:].lstrip("-")
    to_do = "\n".join(result(ended.document, "tell-follow-ups")["to_do"])
    assert f'instance = "{new}"' in to_do
    assert "Terraform" in to_do


def test_a_workflow_recovers_goes_on_from_the_clone_and_takes_the_cutover_back(
    cutting: Cutting, tmp_path: Path
) -> None:
    old, before = cutting.active, cutting.serving
    workflow = RollbackWorkflow(cutting, tmp_path / "repository")
    first = workflow.done(kind="pitr", target=cutting.now().isoformat())
    assert first["next"].startswith(f"hrmsops rollback pitr --continue {first['run']} --promote")
    sent = "INSERT INTO payroll_paymentoutbox (number, amount, created_at, sent_at)"
    cutting.query(f"{sent} VALUES ('BF-{first['run']}', 100, now(), now())", instance=old)

    unsaid = workflow.plan(kind="pitr", target=first["run"])
    assert unsaid.ended["Ask for what is not said yet"].code == 3
    assert unsaid.runner.outputs["needs"] == f"--confirm {old} --acknowledge bank_files"
    assert "- **--acknowledge bank\\_files**: " in unsaid.runner.summary
    other = cutting.go_on(first["run"], "--confirm", "production", "--plan-out", "plan.json")
    assert (other.code, other.document["error"]["code"]) == (2, "confirmation-differs")
    confirmed = cutting.go_on(first["run"], "--plan-out", str(tmp_path / "plan.json"))
    assert confirmed.document["needs"] == ["--acknowledge bank_files"]
    said = {"confirm": old, "acknowledge": "bank_files"}
    ended = workflow.done(kind="pitr", target=first["run"], **said)

    new = first["clone"]
    assert cutting.active == new
    assert ended["continues"] == first["run"]
    assert cutting.ask("POST", "/api/employees", HIRED) in (200, 201)
    words = ("hold", "on", "-e", "production", "--reason", "x", "--dry-run")
    assert f"instance {new}\n" in cutting.hrmsops(*words).err, "not the one in hrmsops.toml"

    workflow.done(kind="cutback", target=ended["run"], confirm=new)

    assert (cutting.serving, cutting.active) == (before, old)
    assert cutting.ask("GET", "/readyz") == 200
    assert cutting.is_closed(new)
    assert not cutting.is_closed(old)
    labels = cutting.client.sql("GET", f"instances/{old}")["settings"]["userLabels"]
    assert "hrmsops-superseded-by" not in labels


def test_jobs_and_worker_pools_follow_the_service_and_come_back_with_it(cutting: Cutting) -> None:
    job = "nhia-hrms-production-generate"
    both = (f"jobs/{job}", f"workerPools/{PRODUCTION.worker_pool}")
    config = cutting.folder / "hrmsops.toml"
    also = f'service = "{SERVICE}"\njobs = ["{job}"]'
    text = cutting.client.home.config.read_text()
    config.write_text(text.replace(f'service = "{SERVICE}"', also))
    old = cutting.active
    first = cutting.clone_of_now().document

    ended = cutting.go_on(first["run"], "--config", str(config))

    assert ended.code == 0, ended.out + ended.err
    assert [_bound(cutting, each) for each in both] == [first["clone"]] * 2
    consent = ("--confirm", first["clone"], "--config", str(config))
    back = cutting.cut_back(ended.document["run"], *consent)
    assert back.code == 0, back.out + back.err
    assert [_bound(cutting, each) for each in both] == [old] * 2


def test_what_was_taken_away_since_is_taken_away_again_before_traffic(cutting: Cutting) -> None:
    old = cutting.active
    cutting.query(
        "CREATE TABLE person (id int PRIMARY KEY, name text, erased_at timestamptz)", instance=old
    )
    cutting.query(
        "INSERT INTO person VALUES (1, 'to-be-erased'), (2, 'stays'), (3, '100%')", instance=old
    )
    config = _config(
        cutting,
        """
[environments.production.reapply.erasures]
find = "select id, erased_at as \\"when\\" from person where erased_at > :since and name is null"
apply = "update person set name = null, erased_at = :when where id = :id"
[environments.production.irrevocable]
bank_files = "select id from person where id = 3 and :since is not null"
""",
    )
    moment = cutting.now()
    cutting.query(
        "UPDATE person SET name = null, erased_at = clock_timestamp() WHERE id = 1", instance=old
    )

    refused = cutting.promote(moment, "--config", config)
    assert refused.code == 3, refused.out + refused.err
    assert refused.document["error"]["code"] == "irrevocable-not-acknowledged"
    assert cutting.active == old

    ended = cutting.promote(moment, "--config", config, "--acknowledge", "bank_files")

    assert ended.code == 0, ended.out + ended.err
    assert cutting.query("SELECT id, name FROM person ORDER BY id", instance=cutting.active) == [
        (1, None),
        (2, "stays"),
        (3, "100%"),
    ]
    assert result(ended.document, "reapply-removals")["counts"] == {"erasures": 1}


def test_numbers_of_rows_that_were_lost_are_not_given_again(cutting: Cutting) -> None:
    old = cutting.active
    cutting.query("CREATE TABLE slip (id serial PRIMARY KEY)", instance=old)
    moment = cutting.now()
    cutting.query("INSERT INTO slip SELECT FROM generate_series(1, 40)", instance=old)

    ended = cutting.promote(moment, "--proxy")

    assert ended.code == 0, ended.out + ended.err
    [[number]] = cutting.query(
        "INSERT INTO slip DEFAULT VALUES RETURNING id", instance=cutting.active
    )
    assert number > 40


def test_the_moment_before_a_migration_and_before_a_run_are_known(cutting: Cutting) -> None:
    first = cutting.clone_of_now().document
    by_run = _dry(cutting, "--before-run", first["run"])
    assert by_run["at"] == first["began_at"].replace("Z", "+00:00")

    [[applied]] = cutting.query(
        "INSERT INTO django_migrations (app, name, applied)"
        " VALUES ('payroll', '0009_zero', clock_timestamp()) RETURNING applied",
        instance=cutting.active,
    )
    told = _dry(cutting, "--at", first["began_at"])
    assert any("before payroll.0009_zero was applied" in each for each in told["because"])
    by_migration = _dry(cutting, "--before-migration", "payroll.0009_zero")
    assert any("when payroll.0009_zero was recorded" in each for each in by_migration["because"])
    assert by_migration["at"] == applied.astimezone(UTC).isoformat()

    unknown = cutting.hrmsops(
        "rollback",
        "pitr",
        "-e",
        "production",
        "--before-migration",
        "payroll.0009_zer",
        "--dry-run",
        "--json",
    )
    assert unknown.code == 2
    assert "payroll.0009_zero" in unknown.document["error"]["why"]
    cutting.query("DELETE FROM django_migrations WHERE name = '0009_zero'", instance=cutting.active)


def _hired(cutting: Cutting, instance: str) -> set[int]:
    query = "SELECT substr(request_id, 3)::int FROM employees_employee WHERE request_id LIKE 'w-%'"
    return {number for (number,) in cutting.query(query, instance=instance)}


def _dry(cutting: Cutting, *words: str) -> Any:
    ended = cutting.hrmsops("rollback", "pitr", "-e", "production", *words, "--dry-run", "--json")
    assert ended.code == 0, ended.out + ended.err
    return {**ended.document, **ended.document["subject"]}


def _config(cutting: Cutting, more: str) -> str:
    """The sandbox's configuration without its own lists, and with these."""
    file = cutting.folder / "hrmsops.toml"
    text = cutting.client.home.config.read_text()
    kept, skipping = [], False
    for line in text.splitlines():
        if line.startswith("["):
            skipping = line in ("[environments.production.irrevocable]",)
        if not skipping:
            kept.append(line)
    file.write_text("\n".join(kept) + more)
    return str(file)


def _revision(cutting: Cutting, name: str) -> Any:
    return next(r for r in cutting.client.revisions(SERVICE) if r["name"].endswith(f"/{name}"))


def _without_instance(revision: Any, instance: str) -> Any:
    """All that the template gave it, the instance's name and the image's tag taken out."""
    import json

    kept = ("containers", "volumes", "scaling", "timeout", "serviceAccount", "labels")
    told = {name: revision.get(name) for name in kept}
    told["containers"] = [{**each, "image": ""} for each in revision["containers"]]
    return json.dumps(told, sort_keys=True).replace(instance, "INSTANCE")


def _bound(cutting: Cutting, resource: str) -> str:
    path = f"/v2/projects/nhia-hrms/locations/us-central1/{resource}"
    template = cutting.client.call("GET", path)["template"]
    [connection] = template.get("template", template)["volumes"][0]["cloudSqlInstance"]["instances"]
    return str(connection).rpartition(":")[2]


def _assert_prepared(cutting: Cutting, old: str, new: str) -> None:
    before = cutting.client.sql("GET", f"instances/{old}")["settings"]
    after = cutting.client.sql("GET", f"instances/{new}")["settings"]
    assert after["backupConfiguration"]["enabled"]
    assert after["backupConfiguration"]["pointInTimeRecoveryEnabled"]
    assert after["deletionProtectionEnabled"]
    for name in ("availabilityType", "databaseFlags", "maintenanceWindow", "tier"):
        assert after[name] == before[name], name
    runs = cutting.client.sql("GET", f"instances/{new}/backupRuns")["items"]
    assert [each["status"] for each in runs] == ["SUCCESSFUL"] * len(runs)
    assert runs


def test_a_hold_comes_off_after_the_cutover_on_what_was_acknowledged_once(
    cutting: Cutting,
) -> None:
    cutting.let_work()  # Other tests leave it on hold.
    old, moment = cutting.active, cutting.now()
    cutting.query(
        "INSERT INTO payroll_paymentoutbox (number, amount, created_at, sent_at)"
        " VALUES ('BF-hold', 100, now(), now())",
        instance=old,
    )
    off = ("hold", "off", "-e", "production", "--reason", "mended", "--yes", "--json")

    ended = cutting.promote(moment, "--acknowledge", "bank_files")
    assert ended.code == 0, ended.out + ended.err
    assert cutting.works() == {"PAUSED", 0}
    let_go = cutting.hrmsops(*off)

    assert let_go.code == 0, let_go.out + let_go.err
    listed = [step["result"] for step in let_go.document["steps"] if "items" in step["result"]]
    counts = {each["instance"]: each["count"] for one in listed for each in one["items"]}
    assert counts == {cutting.active: 0, old: 1}
    assert cutting.works() == {"ENABLED", "RUNNING", 1}
    assert _bound(cutting, f"workerPools/{PRODUCTION.worker_pool}") == cutting.active
