"""A bucket that refuses: told with what mends it, and nobody holds what nobody can give back."""

from __future__ import annotations

from typing import Any

import pytest

from hrmsops.engine.clock import SystemClock
from hrmsops.engine.holder import Holder
from hrmsops.engine.lease import Lease
from hrmsops.engine.run import Operator
from hrmsops.sandbox.cloud_run.names import service_name
from tests.command_line import Ended
from tests.engine.stores import Place, make_bucket
from tests.rollback.production import Production

BUCKET = "hrms-ops-refused"
GRANT = (
    f"gcloud storage buckets add-iam-policy-binding gs://{BUCKET} --member=user:oncall@nhia.example"
    " --role=roles/storage.objectUser"
)
CREATE, DELETE, GET = (f"storage.objects.{verb}" for verb in ("create", "delete", "get"))


@pytest.fixture
def refused(production: Production, name: str) -> Production:
    """An engineer whose record is in a bucket that will refuse."""
    make_bucket(production.client, BUCKET)
    patch(production, retentionPolicy=None)
    production.store = f"gs://{BUCKET}/{name}"
    production.write_config()
    return production


def patch(production: Production, **settings: Any) -> None:
    production.client.call("PATCH", f"/storage/v1/b/{BUCKET}", settings)


def holder(production: Production) -> Holder | None:
    store = Place(endpoint=production.client.endpoint, url=production.store).store()
    [lease] = store.names("leases/") or [""]
    scope = lease.removeprefix("leases/")
    nobody = Operator(account="", host="")
    return Lease(store, SystemClock(), nobody, scope=scope).holder() if scope else None


def error(ended: Ended) -> tuple[int, str, str]:
    told = ended.document["error"]
    assert "local-record" not in told["fix"], "It is offered where a bucket is silent, not here."
    return ended.code, told["code"], told["fix"]


def test_who_may_not_write_a_lease_over_begins_nothing_and_holds_nothing(
    refused: Production,
) -> None:
    before = refused.shares
    refused.client.arm(kind="deny", permission=DELETE)
    ended = refused.rollback()
    again = refused.rollback()

    for each in (ended, again):
        assert error(each) == (9, "store-forbidden", GRANT)
        assert f"({DELETE})" in each.document["error"]["what"]
    assert refused.shares == before
    refused.client.clear_faults()
    assert holder(refused) is None
    assert refused.hrmsops("runs", "--json").document["runs"] == []
    assert refused.rollback().code == 0


def test_who_may_not_read_is_not_led_past_those_who_may_be_at_work(refused: Production) -> None:
    refused.client.arm(kind="deny", permission=GET)
    ended = refused.rollback()
    shown = refused.hrmsops("status", "-e", "production", "--json")

    assert error(ended) == (9, "store-forbidden", GRANT)
    assert f"({GET})" in ended.document["error"]["what"]
    assert (shown.code, "Not allowed to" in shown.document["record_unknown"]) == (0, True)


def test_a_bucket_that_is_not_there_is_to_be_made(refused: Production) -> None:
    refused.store = "gs://hrms-ops-nowhere/records"
    refused.write_config()

    code, name, fix = error(refused.rollback())
    assert (code, name) == (2, "store-missing")
    assert fix.startswith("gcloud storage buckets create gs://hrms-ops-nowhere --project=nhia-hrms")


def test_a_bucket_that_lets_go_of_nothing_is_no_matter_of_permissions(refused: Production) -> None:
    patch(refused, retentionPolicy={"retentionPeriod": "86400"})
    ended = refused.rollback()
    patch(refused, retentionPolicy=None)

    mend = f"gcloud storage buckets update gs://{BUCKET} --clear-retention-period"
    assert error(ended) == (2, "store-retained", mend)
    assert holder(refused) is None


def test_a_right_that_is_taken_away_midway_leaves_the_run_to_be_gone_on_with(
    refused: Production,
) -> None:
    path = service_name(refused.service) + "$"
    fault = refused.client.arm(kind="delay", seconds=4, method="PATCH", path=path)
    words = ("rollback", "app", "-e", "production", "--reason", "Error spike", "--yes", "--json")
    process = refused.start(*words)
    refused.until_met(fault, process)
    denied = refused.client.arm(kind="deny", permission=f"{CREATE}|{DELETE}")
    out, err = process.communicate(timeout=60)
    refused.client.clear_faults(denied["id"])
    held = holder(refused)
    ended = refused.hrmsops("resume", "--json")

    told = Ended(code=process.returncode, out=out, err=err).document["failure"]
    assert (process.returncode, told["code"]) == (6, "stopped-halfway"), out + err
    [run] = refused.hrmsops("runs", "--json").document["runs"]
    assert told["fix"] == f"{GRANT} and then hrmsops resume {run['run']}"
    assert held is not None, "It could not be given back, and bars others until it is gone on with."
    assert held.run == run["run"]
    assert ended.code == 0, ended.err
    assert holder(refused) is None
