"""Plans of `rollback app` and `unpin`: what they name is what they will change."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hrmsops.config.settings import Health
from hrmsops.engine.plan import Plan
from hrmsops.errors.rollback import LatestNotEligible, LatestWasRolledBack
from hrmsops.errors.schema import SchemaDoesNotFit
from hrmsops.gcp.traffic import LATEST, Target, Traffic
from hrmsops.rollback import mark_good, unpin
from hrmsops.rollback.candidates import choose
from hrmsops.rollback.facts import ServiceFacts
from hrmsops.rollback.history import History
from hrmsops.rollback.kinds import app
from hrmsops.rollback.known import Known, no, unknown
from hrmsops.steps.cloud_run.shift_traffic import ShiftTraffic
from tests.rollback.facts import environment, facts, revision, shares

THREE = (revision(1), revision(2), revision(3))


def rollback(
    known: ServiceFacts,
    folder: Path,
    wanted: str = "previous",
    *,
    fit: Known | None = None,
    accepted: tuple[str, ...] = (),
) -> Plan:
    return app.plan(
        known,
        choose(known, wanted),
        environment=environment(folder),
        reason="Error spike",
        fit=fit,
        accepted=accepted,
    )


def names(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def shift_of(plan: Plan) -> ShiftTraffic:
    return next(step for step in plan.steps if isinstance(step, ShiftTraffic))


def test_a_rollback_tags_probes_shifts_checks_and_marks(tmp_path: Path) -> None:
    plan = rollback(facts(*THREE), tmp_path)
    assert names(plan) == [
        "tag-revision",
        "probe-revision",
        "shift-traffic",
        "check-health",
        "tag-last-good",
    ]
    assert plan.subject == {
        "service": facts(*THREE).service.name,
        "from": "api-00003",
        "to": "api-00002",
        "direction": "back",
    }


def test_the_tag_of_the_probe_is_gone_with_the_shift_and_others_stay(tmp_path: Path) -> None:
    asked = Traffic.of(
        [Target(revision=LATEST, percent=100), Target(revision="api-00003", tag="canary")]
    )
    plan = rollback(facts(*THREE, traffic=asked), tmp_path)
    shift = shift_of(plan)
    assert shift.want == Traffic(shares=(("api-00002", 100),), tags=(("canary", "api-00003"),))
    assert dict(shift.before.tags) == {"canary": "api-00003", f"p-{plan.run}": "api-00002"}


def test_a_revision_with_a_tag_is_probed_through_that(tmp_path: Path) -> None:
    asked = Traffic.of(
        [Target(revision=LATEST, percent=100), Target(revision="api-00002", tag="last-good")]
    )
    plan = rollback(facts(*THREE, traffic=asked), tmp_path)
    assert names(plan) == ["probe-revision", "shift-traffic", "check-health"]


def test_a_revision_that_serves_all_already_is_only_looked_at(tmp_path: Path) -> None:
    plan = rollback(facts(*THREE, traffic=shares(api_00002=100)), tmp_path, "api-00002")
    assert names(plan) == ["check-health", "tag-last-good"]
    assert plan.undo is None


def test_the_undo_names_the_revision_that_served(tmp_path: Path) -> None:
    plan = rollback(facts(*THREE), tmp_path)
    assert plan.undo == (
        f"hrmsops rollback app -e production --revision api-00003 --reason 'undo {plan.run}'"
    )


def test_a_split_has_no_undo_since_one_revision_would_get_the_others_share(tmp_path: Path) -> None:
    """The canary got a tenth; to "take back" by sending it everyone is no way back."""
    plan = rollback(facts(*THREE, traffic=shares(api_00002=90, api_00003=10)), tmp_path)
    assert plan.subject["to"] == "api-00002"
    assert plan.undo is None
    assert any("shared" in warning for warning in plan.warnings)


def test_a_long_service_name_leaves_no_room_for_a_tag(tmp_path: Path) -> None:
    """Tag and service together may have 46 characters; a refused tag would refuse the rollback."""
    known = facts(*THREE)
    for length, steps in ((26, 5), (27, 4), (37, 4), (38, 3)):
        name = f"projects/p/locations/r/services/{'s' * length}"
        service = msgspec.structs.replace(known.service, name=name)
        plan = rollback(msgspec.structs.replace(known, service=service), tmp_path)
        assert len(plan.steps) == steps, names(plan)
        if steps < 5:
            assert shift_of(plan).before == known.service.traffic


def test_newer_revisions_that_nobody_saw_healthy_are_a_warning(tmp_path: Path) -> None:
    asked = Traffic.of(
        [Target(revision=LATEST, percent=100), Target(revision="api-00001", tag="last-good")]
    )
    plan = rollback(facts(*THREE, traffic=asked), tmp_path)
    assert plan.warnings == (
        "Newer revisions are Ready, but none of them was ever seen healthy here.",
        "Deploys get no traffic from then on, until hrmsops unpin.",
    )


def test_the_same_facts_make_a_plan_of_the_same_hash(tmp_path: Path) -> None:
    assert rollback(facts(*THREE), tmp_path).hash == rollback(facts(*THREE), tmp_path).hash


def test_another_deploy_in_between_makes_another_hash(tmp_path: Path) -> None:
    before = rollback(facts(*THREE), tmp_path)
    after = rollback(facts(*THREE, revision(4)), tmp_path)
    assert before.hash != after.hash


def test_unpin_is_refused_while_the_latest_is_the_bad_one(tmp_path: Path) -> None:
    known = facts(*THREE, traffic=shares(api_00002=100), history=History(left={"api-00003": "r1"}))
    with pytest.raises(LatestWasRolledBack) as caught:
        unpin.plan(known, environment=environment(tmp_path), reason="fixed", accepted=())
    assert caught.value.exit_code == 3
    accepted = [LatestWasRolledBack.code]
    plan = unpin.plan(known, environment=environment(tmp_path), reason="x", accepted=accepted)
    assert plan.warnings == ("Run r1 rolled away from api-00003.",)


def test_unpin_gives_traffic_to_the_latest(tmp_path: Path) -> None:
    known = facts(*THREE, traffic=shares(api_00002=100))
    plan = unpin.plan(known, environment=environment(tmp_path), reason="fixed", accepted=())
    assert shift_of(plan).want.shares == ((LATEST, 100),)


def test_unpin_holds_on_to_the_latest_that_was_shown(tmp_path: Path) -> None:
    known = facts(*THREE, traffic=shares(api_00002=100))
    plan = unpin.plan(known, environment=environment(tmp_path), reason="fixed", accepted=())
    assert shift_of(plan).latest == "api-00003"
    assert shift_of(rollback(facts(*THREE), tmp_path)).latest == ""


def test_unpin_is_refused_where_the_latest_is_bound_to_another_database(tmp_path: Path) -> None:
    """After a recovery that is the database that was left."""
    old = revision(3, instance="nhia-hrms:us-central1:pg-0000")
    known = facts(revision(1), revision(2), old, traffic=shares(api_00002=100))
    with pytest.raises(LatestNotEligible) as caught:
        unpin.plan(known, environment=environment(tmp_path), reason="fixed", accepted=())
    assert caught.value.exit_code == 3
    accepted = [LatestNotEligible.code]
    plan = unpin.plan(known, environment=environment(tmp_path), reason="x", accepted=accepted)
    assert "pg-0000" in plan.warnings[0]


def test_without_health_paths_nothing_is_said_to_be_remembered(tmp_path: Path) -> None:
    bare = msgspec.structs.replace(environment(tmp_path), health=Health(paths=()))
    plan = mark_good.plan(facts(*THREE), environment=bare, reason="x")
    assert plan.steps == ()
    assert "no health paths" in plan.headline


def test_unpin_has_nothing_to_do_where_nothing_is_pinned(tmp_path: Path) -> None:
    plan = unpin.plan(facts(*THREE), environment=environment(tmp_path), reason="x", accepted=())
    assert plan.steps == ()


def test_a_revision_that_the_schema_breaks_is_refused_unless_it_is_accepted(tmp_path: Path) -> None:
    broken = no("payroll.0003 takes from it what it needs")
    with pytest.raises(SchemaDoesNotFit) as refused:
        rollback(facts(*THREE), tmp_path, fit=broken)
    assert refused.value.why == broken.evidence
    plan = rollback(facts(*THREE), tmp_path, fit=broken, accepted=("schema-does-not-fit",))
    assert f"Accepted although {broken.evidence}" in plan.warnings


def test_a_schema_that_nobody_could_read_is_a_warning(tmp_path: Path) -> None:
    plan = rollback(facts(*THREE), tmp_path, fit=unknown("no answer within 4 s"))
    assert "Not known whether it fits the schema: no answer within 4 s" in plan.warnings
