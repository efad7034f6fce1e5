"""The plan of a cutover: its order, what is refused before anything is done, and the way back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hrmsops.config import Environment
from hrmsops.config.settings import Reapply
from hrmsops.errors.binding import BindingInSecret
from hrmsops.errors.cutover import RunNotCutOver
from hrmsops.errors.fence import FenceImpossible, NothingToFence
from hrmsops.gcp.traffic import LATEST
from hrmsops.rollback.cutover import cutover_steps, held_in_place, warnings_of
from hrmsops.rollback.cutover_facts import CutoverFacts, SecretAddress
from hrmsops.rollback.kinds import cutback
from hrmsops.rollback.serving_at import ServedAt
from hrmsops.steps.cloud_run.create_revision import REVISION_NAME_MAX, name_of_revision
from hrmsops.steps.cloud_run.expect_traffic import ExpectTraffic
from tests.rollback.facts import NOON, environment, facts, revision, shares

RUN = "261123-104512-7f3a"
OLD, NEW = "pg-0001", f"pg-0001-{RUN}"
SERVICE = facts(revision(1), revision(2))


def cutover(**changes: Any) -> CutoverFacts:
    made = CutoverFacts(
        service=SERVICE,
        source=OLD,
        clone=NEW,
        at=NOON + timedelta(hours=1),
        served=ServedAt(revision=revision(1), evidence="named", is_inferred=False),
        trouble="",
        roles=("hrms_app",),
        jobs=("projects/p/locations/r/jobs/nightly",),
        worker_pools=("projects/p/locations/r/workerPools/payments",),
    )
    return msgspec.structs.replace(made, **changes)


def names(found: CutoverFacts, of: Environment, *accepted: str) -> list[str]:
    steps = cutover_steps(found, environment=of, run=RUN, accepted=accepted, first=1)
    return [step.name for step in steps]


@pytest.fixture
def plain(tmp_path: Path) -> Environment:
    return environment(tmp_path)


@pytest.fixture
def full(plain: Environment) -> Environment:
    """With something of everything that a cutover looks after."""
    return msgspec.structs.replace(
        plain,
        irrevocable={"bank_files": "select 1"},
        reapply={
            "erasures": Reapply(find="select id from a", apply="delete from a where id = :id"),
            "revoked": Reapply(find="select id from b"),
        },
    )


def test_what_takes_long_comes_before_the_fence_and_nothing_writes_before_the_capture(
    full: Environment,
) -> None:
    assert names(cutover(), full) == [
        "quarantine-clone",
        "list-irrevocable",
        "require-acknowledged",
        "prepare-instance",
        "compare-servers",
        "take-backup",
        "expect-traffic",
        "fence-database",
        "capture-differences",
        "advance-sequences",
        "list-irrevocable",
        "require-acknowledged",
        "reapply-removals",
        "open-database",
        "create-revision",
        "tag-revision",
        "probe-revision",
        "shift-traffic",
        "check-health",
        "tag-last-good",
        "repoint",
        "repoint",
        "label-superseded",
        "tell-follow-ups",
    ]


def test_before_the_fence_what_truly_serves_is_looked_at_and_not_only_what_was_asked_for(
    full: Environment,
) -> None:
    planned = cutover()
    steps = cutover_steps(planned, environment=full, run=RUN, accepted=(), first=1)
    [expects] = [each for each in steps if isinstance(each, ExpectTraffic)]
    assert expects.serving == planned.service.service.statuses


def test_steps_that_name_others_name_the_right_ones_wherever_the_plan_begins(
    full: Environment,
) -> None:
    steps = cutover_steps(cutover(), environment=full, run=RUN, accepted=(), first=5)
    numbered = dict(enumerate(steps, start=5))
    for number, step in numbered.items():
        if step.name == "tag-last-good":
            assert numbered[step.after].name == "check-health"  # type: ignore[attr-defined]
            assert step.after < number  # type: ignore[attr-defined]
        if step.name == "require-acknowledged":
            named = [numbered[each].name for each in step.after]  # type: ignore[attr-defined]
            assert set(named) == {"list-irrevocable"}


def test_a_removal_that_no_statement_applies_is_acknowledged_instead(full: Environment) -> None:
    steps = cutover_steps(cutover(), environment=full, run=RUN, accepted=(), first=1)
    listed = next(step for step in steps if step.name == "list-irrevocable")
    assert [name for name, _query in listed.queries] == [  # type: ignore[attr-defined]
        "bank_files",
        "revoked",
    ]


def test_without_the_old_database_there_is_no_fence_and_a_person_has_said_so(
    full: Environment,
) -> None:
    gone = cutover(trouble="No PostgreSQL server answers.")
    with pytest.raises(FenceImpossible):
        names(gone, full)

    found = names(gone, full, FenceImpossible.code)

    assert "fence-database" not in found
    assert "reapply-removals" not in found
    assert found.count("list-irrevocable") == 1
    assert {"capture-differences", "advance-sequences"} <= set(found)
    assert any("NOT fenced" in warning for warning in warnings_of(gone))


def test_a_clone_that_has_served_is_not_taken_for_the_moment_it_showed(plain: Environment) -> None:
    found = names(cutover(has_served=True), plain)
    assert "capture-differences" not in found
    assert "advance-sequences" in found


def test_an_address_in_a_secret_and_an_application_without_roles_are_refused(
    plain: Environment,
) -> None:
    words = "DATABASE_URL is url:latest, not pinned"
    secret = SecretAddress(holder="api-00001", sentence=words, secret="url")
    with pytest.raises(BindingInSecret) as raised:
        names(cutover(secrets=(secret,)), plain)
    assert "not pinned" in raised.value.why
    assert names(cutover(secrets=(secret,)), plain, BindingInSecret.code)
    with pytest.raises(NothingToFence):
        names(cutover(roles=()), plain)


def test_traffic_that_follows_the_latest_revision_is_held_before_a_new_one_is_made() -> None:
    assert SERVICE.service.traffic.shares == ((LATEST, 100),)
    held = held_in_place(SERVICE.service).traffic
    assert held.shares == (("api-00002", 100),)
    split = facts(revision(1), revision(2), serving=shares(api_00001=20, api_00002=80))
    pinned = msgspec.structs.replace(split.service, traffic=split.service.statuses)
    assert held_in_place(pinned).traffic == pinned.traffic


@pytest.mark.parametrize("service", ["a", "nhia-hrms-production-api", "s" * 49])
def test_a_revisions_name_fits_whatever_the_service_is_called(service: str) -> None:
    name = name_of_revision(service, run=RUN)
    assert len(name) <= REVISION_NAME_MAX
    assert name.startswith(f"{service}-")
    assert name.endswith(RUN[-4:])


def made(**changes: Any) -> cutback.CutOver:
    found = cutback.CutOver(
        run=RUN,
        is_over=True,
        left=OLD,
        taken=NEW,
        revision_before="api-00001",
        revision_made="api-00002",
        roles=("hrms_app",),
        jobs=(),
        worker_pools=(),
        continues=RUN,
    )
    return msgspec.structs.replace(found, **changes)


def back(found: cutback.CutOver, of: Environment, *, active: str) -> list[str]:
    plan = cutback.plan(
        SERVICE,
        found,
        active=active,
        trouble="",
        trouble_back="",
        environment=of,
        reason="worse",
        accepted=(),
    )
    return [step.name for step in plan.steps]


def test_on_the_way_back_the_new_database_is_closed_before_the_old_one_opens(
    plain: Environment,
) -> None:
    found = back(made(), plain, active=NEW)
    assert found.index("fence-database") < found.index("open-database")
    assert found.index("open-database") < found.index("shift-traffic")
    assert found.count("label-superseded") == 2


def test_an_unfinished_cutover_is_closed_first_so_that_nobody_resumes_it(
    plain: Environment,
) -> None:
    found = back(made(is_over=False), plain, active=OLD)
    assert found[0] == "close-run"
    assert "fence-database" not in found
    assert found.index("quarantine-clone") < found.index("open-database")


def test_a_cutover_is_not_taken_back_once_a_third_instance_serves(plain: Environment) -> None:
    with pytest.raises(RunNotCutOver) as raised:
        back(made(), plain, active="pg-0001-261201-000000-aaaa")
    assert "serves by now" in raised.value.why
