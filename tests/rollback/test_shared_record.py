"""One record for all machines: what one began, another sees, and goes on with."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from hrmsops import steps
from hrmsops.engine.clock import SystemClock
from hrmsops.engine.entries import Closed
from hrmsops.engine.journal import Journal
from hrmsops.engine.lease import Lease
from hrmsops.engine.plan import new_run_id
from hrmsops.engine.run import Operator
from hrmsops.sandbox.cloud_run.names import service_name
from tests import command_line
from tests.doctor.witness import only_what_is_listed
from tests.engine.stores import BUCKET, Place, make_bucket
from tests.engine.world import HandClock, plan_of
from tests.rollback.production import Production

FILE = "hrmsops.toml"
LISTED = r"storage\.objects\.get"
"""Of no use where each record is so small that it comes with the list."""
ADDED = rf"{LISTED}|storage\.objects\.delete"
"""Nor is anything written over."""
WORDS = ("rollback", "app", "-e", "production", "--reason", "Error spike", "--yes", "--json")


@pytest.fixture
def ci(production: Production, name: str) -> Production:
    """A machine whose record is in a bucket."""
    make_bucket(production.client, BUCKET)
    production.store = f"gs://{BUCKET}/{name}"
    production.write_config()
    return production


@pytest.fixture
def laptop(ci: Production, tmp_path: Path) -> Production:
    """Another machine of the same team: the same configuration, and a state folder of its own."""
    folder = tmp_path / "laptop"
    folder.mkdir()
    made = replace(ci, folder=folder)
    made.write_config()
    return made


def killed_in_the_shift(production: Production) -> None:
    """A rollback that dies while the shift, its second write, is not answered."""
    path = service_name(production.service) + "$"
    production.client.arm(kind="delay", seconds=0, method="PATCH", path=path)
    fault = production.client.arm(kind="hang-after", method="PATCH", path=path)
    process = production.start(*WORDS)
    production.kill_when_met(fault, process)
    production.client.clear_faults()


def test_what_ci_began_a_laptop_finishes(ci: Production, laptop: Production) -> None:
    killed_in_the_shift(ci)

    with only_what_is_listed(laptop.client, laptop.folder / FILE, "runs", unused=LISTED):
        [seen] = laptop.hrmsops("runs", "--json").document["runs"]
    refused = laptop.rollback("--revision", laptop.revisions[1])
    own = (laptop.client, laptop.folder / FILE)
    with only_what_is_listed(*own, "rollback app", unused=r"run\.revisions\.list"):
        ended = laptop.hrmsops("resume", "--json")

    assert seen["outcome"] == "unfinished"
    assert refused.document["error"]["code"] == "lease-held"
    assert ended.code == 0, ended.err
    assert ended.document["run"] == seen["run"]
    assert ci.shares == {ci.revisions[0]: 100}
    shown = ci.hrmsops("runs", "show", seen["run"])
    assert "resumed" in shown.out
    assert "closed: done" in shown.out
    with only_what_is_listed(ci.client, ci.folder / FILE, "report", unused=ADDED):
        assert ci.hrmsops("report", seen["run"]).code == 0
    with only_what_is_listed(ci.client, ci.folder / FILE, "checklist", unused=ADDED):
        assert ci.hrmsops("checklist", seen["run"], "--done", "notified").code in (0, 7)
    assert not (ci.folder / "state" / "records" / "runs").exists()


def test_what_others_began_is_listed_when_asked_for(laptop: Production) -> None:
    store = Place(endpoint=laptop.client.endpoint, url=laptop.store).store()
    other = Operator(account="ci@nhia.example", host="runner-7")
    run = Journal(store, steps.catalog(), SystemClock(), other).begin(plan_of(), fence=1)
    began = laptop.hrmsops("runs").out
    run.record(Closed(outcome="done", exit_code=0))

    with only_what_is_listed(laptop.client, laptop.folder / FILE, "status"):
        status = laptop.hrmsops("status", "-e", "production")
    ours = laptop.hrmsops("runs")
    all_hosts = laptop.hrmsops("runs", "--all-hosts")

    assert run.id in began, "What is unfinished concerns everybody."
    assert status.code == 0, status.err
    assert "No run is on record here." in ours.out
    assert "1 more were begun elsewhere: hrmsops runs --all-hosts" in ours.err
    assert run.id in all_hosts.out


def test_old_records_leave_when_asked_for_and_never_what_is_unfinished_or_at_work(
    ci: Production, laptop: Production
) -> None:
    """They are of two machines, and of another environment that has its record there too."""
    store = Place(endpoint=ci.client.endpoint, url=ci.store).store()
    runner = Operator(account="ci@nhia.example", host="runner-7")
    clock = HandClock(datetime.now(UTC) - timedelta(days=120))

    def ran(
        environment: str = "production", *, is_over: bool = True, host: str = "runner-7"
    ) -> str:
        clock.sleep(timedelta(seconds=1))
        plan = msgspec.structs.replace(
            plan_of(run=new_run_id(clock.now())), environment=environment, command="seed"
        )
        operator = replace(runner, host=host)
        run = Journal(store, steps.catalog(), clock, operator).begin(plan, fence=1)
        if is_over:
            run.record(Closed(outcome="done", exit_code=0))
        return run.id

    gone = {ran(), ran(host=socket.gethostname())}
    at_work, open_here, open_elsewhere = ran(), ran(is_over=False, host="x"), ran(is_over=False)
    elsewhere, newest = ran("staging"), ran()
    prune = ("runs", "prune", "--older-than", "90d", "-e", "production", "--json")

    scope = "nhia-hrms/production"
    with Lease(store, SystemClock(), runner, scope=scope).acquire(
        run=at_work, why="x", take_over=False
    ):
        asked = laptop.hrmsops(*prune)
        shown = laptop.hrmsops(*prune, "--dry-run").document
        done = laptop.hrmsops(*prune, "--confirm", "production")

    assert asked.code != 0, "Nobody has consented."
    assert (set(shown["runs"]), shown["is_done"]) == (gone, False)
    assert (set(done.document["runs"]), done.document["is_done"]) == (gone, True)
    left = {at_work, open_here, open_elsewhere, elsewhere, newest}
    assert {run.id for run in Journal(store, steps.catalog(), clock, runner).runs()} == left
    assert {name.split("/")[1] for name in store.names("runs/")} == left


def test_a_run_that_no_record_has_is_told_with_those_that_are(laptop: Production) -> None:
    missing = laptop.hrmsops("runs", "show", f"{datetime.now(UTC):%y%m%d-%H%M%S}-0000", "--json")

    assert missing.code == 2
    assert missing.document["error"]["code"] == "run-not-found"


def refused(production: Production, *words: str) -> str:
    ended = production.rollback(*words)
    assert ended.code == 3, ended.out + ended.err
    return str(ended.document["error"]["code"])


def silence(production: Production) -> None:
    """No call of the bucket has an answer."""
    production.client.arm(kind="error", code=503, path="storage/v1/", times=10_000)


def test_while_the_bucket_is_silent_status_shows_the_cloud_without_the_record(
    ci: Production,
) -> None:
    silence(ci)
    shown = ci.hrmsops("status", "-e", "production")
    told = ci.hrmsops("status", "-e", "production", "--json")

    assert shown.code == told.code == 0, shown.err + told.err
    assert ci.revisions[1] in shown.out
    words = " ".join(shown.out.split())
    assert "! Runs, holds and who is at work are not known: Could not list runs/ in gs:" in words
    assert "no usable answer. 503" in told.document["record_unknown"]
    assert told.document["revisions"][0]["percent"] == 100


def test_a_bucket_that_accepts_calls_and_never_answers_is_done_without_or_told(
    ci: Production,
) -> None:
    """Side by side, since each waits some seconds for it."""
    ci.client.arm(kind="hang", path="storage/v1/", times=10_000)
    looks = [
        ("status", "-e", "production"),
        ("rollback", "--advise", "-e", "production"),
        ("runs",),
    ]
    looking = [ci.start(*words) for words in looks]
    changing = ci.start(*WORDS[:-1])

    status, advice, runs = (command_line.ended(process, seconds=180) for process in looking)
    refused = command_line.ended(changing, seconds=180)

    assert (status.code, advice.code, runs.code, refused.code) == (0, 0, 0, 3)
    assert "who is at work are not known: Could not list runs/" in " ".join(status.out.split())
    assert f"100 % to {ci.revisions[1]}" in status.out
    assert "→ app" in advice.out
    assert "It gave no answer." in " ".join(advice.out.split())
    assert "no usable answer. It gave no answer." in " ".join(runs.err.split())
    assert "--accept local-record" in refused.err
    assert ci.shares == {ci.revisions[1]: 100}


def test_a_run_begun_while_the_bucket_is_silent_follows_later(
    ci: Production, laptop: Production
) -> None:
    """Accepted, killed, seen by who can see it, brought over, and finished by another machine."""
    silence(laptop)
    assert refused(laptop) == "local-record"
    path = service_name(laptop.service) + "$"
    laptop.client.arm(kind="delay", seconds=0, method="PATCH", path=path)
    fault = laptop.client.arm(kind="hang-after", method="PATCH", path=path)
    process = laptop.start(*WORDS[:-1], "--accept", "local-record")
    laptop.until_met(fault, process)
    beside = laptop.rollback("--accept", "local-record")
    process.kill()
    _, said = process.communicate(timeout=60)
    laptop.client.clear_faults()

    [run] = laptop.hrmsops("runs", "--json").document["runs"]
    barred = laptop.rollback("--revision", laptop.revisions[1])
    ended = ci.hrmsops("resume", run["run"], "--json")

    assert "nobody else sees it" in " ".join(said.split())
    assert beside.document["error"]["code"] == "lease-held"
    assert barred.document["error"]["code"] == "lease-held", barred.out + barred.err
    assert ended.code == 0, ended.out + ended.err
    assert "kept aside" in ci.hrmsops("runs", "show", run["run"]).out
    assert laptop.hrmsops("runs", "sync").out == (
        "Nothing waits here: every record is where it belongs.\n"
    )
