"""A colleague with Google's own tools and hrmsops change one service by turns.

What each prints is true of what the other did, and what one has set survives the other.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from hrmsops.sandbox.cloud_run.names import service_name
from tests.command_line import Ended, begin_python, ended
from tests.rollback.colleagues import ByClient, ByGcloud, Colleague
from tests.rollback.production import Production

BACK = ("rollback", "app", "-e", "production")
COLLEAGUES = (
    pytest.param(ByClient, id="client"),
    pytest.param(
        ByGcloud,
        id="gcloud",
        marks=[
            pytest.mark.gcloud,
            pytest.mark.slow,
            pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed"),
        ],
    ),
)


@pytest.fixture(params=COLLEAGUES)
def colleague(request: pytest.FixtureRequest, production: Production) -> Colleague:
    made: Colleague = request.param(production)
    return made


def test_each_sees_what_the_other_did_and_leaves_it(
    production: Production, colleague: Colleague
) -> None:
    first, second = production.revisions

    colleague.pin(first, trial=second)
    seen = status(production)
    assert (seen["serving"], seen["is_pinned"]) == (f"100 % to {first}", True)
    followed = production.hrmsops(
        "unpin", "-e", "production", "--reason", "mended", "--yes", "--json"
    )
    assert followed.code == 0, followed.out
    assert (production.shares, production.tags["trial"]) == ({second: 100}, second)

    planned = (*BACK, "--revision", first, "--reason", "Error spike", "--plan-out", "plan.json")
    assert production.hrmsops(*planned).code == 0
    third = colleague.deploy()
    stale = production.hrmsops(*BACK, "--revision", first, "--plan", "plan.json", "--json")
    assert (stale.code, stale.document["error"]["code"]) == (5, "plan-changed")
    assert f"from: {second} is now {third}" in stale.document["error"]["why"]

    # The newest that a run has seen well under traffic, whoever else has deployed since.
    undone = production.rollback()
    assert (undone.code, undone.document["to"]) == (0, second), undone.out

    # They mean it, whatever our record says of that revision.
    colleague.follow_latest()
    seen = status(production)
    assert (seen["serving"], seen["is_pinned"]) == (f"100 % to {third}", False)
    assert [each["name"] for each in seen["revisions"] if each["left_by_run"]] == []
    again = production.hrmsops("unpin", "-e", "production", "--reason", "x", "--yes", "--json")
    assert (again.code, again.document["steps"]) == (0, [])

    refused = resumed_after(production, lambda: colleague.tag("trial", first))
    assert (refused.code, refused.document["failure"]["code"]) == (5, "traffic-changed")
    now = f"it is now 100 % to the latest revision, {third}; tag trial is on {first}."
    assert refused.document["failure"]["why"].endswith(now)

    undone = production.rollback()
    assert undone.code == 0, undone.out
    assert colleague.read() == ({second: 100}, {"trial": first, "last-good": second})


def test_a_deploy_of_theirs_is_met_before_the_old_database_is_closed(
    production: Production,
) -> None:
    """The service follows its latest revision: what was asked for stays as it was planned for."""
    asked, true = ({"shares": [[each, 100]]} for each in ("", production.revisions[-1]))
    third = production.deploy()

    words = (f"traffic={json.dumps(asked)}", f"serving={json.dumps(true)}")
    service = f"service={service_name(production.service)}"
    program = ("-m", "tests.rollback.one_step", "expect-traffic", service, *words)
    variables = production.environment()
    told = ended(begin_python(*program, cwd=production.folder, variables=variables)).document

    assert (told["outcome"], told["failure"]["code"]) == ("failed", "traffic-changed")
    assert told["failure"]["why"].endswith(f"it is now 100 % to the latest revision, {third}.")


def status(production: Production) -> Any:
    """What `status` tells of the service."""
    seen = production.hrmsops("status", "-e", "production", "--json")
    assert seen.code == 0, seen.out + seen.err
    return seen.document


def resumed_after(production: Production, change: Callable[[], None]) -> Ended:
    """A rollback that dies before its shift, a change by somebody else, and `resume`."""
    path = service_name(production.service) + "$"
    fault = production.client.arm(kind="hang", method="PATCH", path=path)
    words = (*BACK, "--reason", "Error spike", "--yes", "--json")
    process = production.start(*words)
    production.kill_when_met(fault, process)
    production.client.clear_faults()
    change()
    return production.hrmsops("resume", "--json")
