"""Plans of `rollback migration`: every refusal, what needs consent, and which revision follows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hrmsops.commands.accepting import REFUSALS
from hrmsops.engine.plan import Plan
from hrmsops.errors.base import HrmsopsError
from hrmsops.rollback.candidates import PREVIOUS, choose
from hrmsops.rollback.kinds.migration import fitting, plan, serves_already
from hrmsops.rollback.known import no
from hrmsops.rollback.migration_facts import (
    CloneWanted,
    Half,
    Loss,
    Obstacle,
    Rehearsal,
    ReversalFacts,
    Reverse,
    ReversedOperation,
    Traffic,
)
from hrmsops.rollback.moments import Applied
from hrmsops.rollback.sighting import SchemaFacts, Seen
from hrmsops.steps.cloud_sql.own_clone import is_own
from hrmsops.steps.schema.schema_fits import SchemaWanted
from hrmsops.steps.schema.verify_reversal import VerifyReversal
from tests.rollback.facts import NOON, environment, facts, revision

NET = Reverse(
    app="payroll",
    name="0003_net",
    is_atomic=True,
    replaces=(),
    operations=(
        ReversedOperation(kind="AddField", text="Add net", is_reversible=True, is_code=False),
    ),
    sql=("ALTER TABLE payroll_payslip DROP COLUMN net;",),
    locks={"payroll_payslip": "ACCESS EXCLUSIVE"},
    losses=(Loss(table="payroll_payslip", column="net", rows=200_113, values=120_042),),
    obstacles=(),
    fingerprint="f00",
    kind="lossy",
    why=("what was written in payslip.net goes",),
)
INDEX = msgspec.structs.replace(NET, name="0002_index", losses=(), kind="lossless", why=())
SCHEMA = SchemaFacts(
    applied=(
        Applied(migration="payroll.0001_initial", at=NOON),
        Applied(migration="payroll.0002_index", at=NOON + timedelta(hours=2, minutes=30)),
        Applied(migration="payroll.0003_net", at=NOON + timedelta(hours=2, minutes=31)),
    ),
    checks={},
    leaves_by_image={},
)
SERVICE = facts(revision(1), revision(2), revision(3))
FACTS = ReversalFacts(
    observed_at=NOON + timedelta(days=1),
    service=SERVICE,
    schema=Seen(value=SCHEMA),
    instance="pg-0001",
    database="hrms",
    role="hrms_app",
    server="15.18",
    django="5.2",
    commit="c0ffee",
    image="",
    as_job=False,
    app="payroll",
    to="",
    undo="0002",
    applied=tuple(each.migration for each in SCHEMA.applied),
    reverses=(NET, INDEX),
    forwards=(),
    missing=(),
    owners={},
    known=(),
    half=(),
    under_way=None,
    rehearsal=Rehearsal(is_done=True, seconds=2.0),
)
LOSSY = ("reverse-is-lossy",)


def of(known: ReversalFacts, folder: Path, *accepted: str, traffic: Traffic | None = None) -> Plan:
    choice = choose(fitting(known.service, known), PREVIOUS)
    return plan(
        known,
        traffic or Traffic(choice=choice),
        environment=environment(folder),
        reason="it was wrong",
        accepted=accepted,
        statement_ms=30_000,
        lock_ms=10_000,
    )


def changed(**changes: Any) -> ReversalFacts:
    return msgspec.structs.replace(FACTS, **changes)


def with_first(**changes: Any) -> ReversalFacts:
    return changed(reverses=(msgspec.structs.replace(NET, **changes), INDEX))


def test_a_backup_then_the_reverses_then_the_last_revision_that_never_had_them(
    tmp_path: Path,
) -> None:
    made = of(FACTS, tmp_path, *LOSSY)
    assert [step.name for step in made.steps][:6] == [
        "back-up-first",
        "reverse-lossy-migration",
        "reverse-migration",
        "settle-reversal",
        "verify-reversal",
        "tag-revision",
    ]
    assert made.subject["to"] == "api-00002"
    assert made.steps[1].loses_data, "What loses data needs the environment's name."
    assert msgspec.to_builtins(made.steps[1])["lost"] == {
        "payroll_payslip.net": "about 100,000 values"
    }
    assert "payroll_payslip.net (about 100,000 values)" in " ".join(made.warnings)
    assert made.undo == (
        f"hrmsops rollback pitr -e production --before-run {made.run} --reason 'undo {made.run}'"
    )


REFUSED: dict[str, ReversalFacts] = {
    "code-lacks-migrations": changed(missing=(("payroll.0004_x", "commit 1f2e3d"),)),
    "tables-of-another-owner": changed(owners={"payroll_payslip": "ama"}),
    "not-behind": changed(reverses=(), forwards=("payroll.0004_x",), to="0004"),
    "reverse-not-possible": with_first(kind="irreversible", why=("RunPython has no reverse",)),
    "reverse-would-fail": with_first(
        obstacles=(Obstacle(kind="null", table="payroll_payslip", column="net", rows=3),)
    ),
    "rehearsal-failed": changed(
        rehearsal=Rehearsal(is_done=True, failed="payroll.0003_net", why="It broke.")
    ),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_stands_against_it_is_overridden_by_nothing(tmp_path: Path, code: str) -> None:
    with pytest.raises(HrmsopsError) as raised:
        of(REFUSED[code], tmp_path, code, *LOSSY)
    assert raised.value.code == code


ASKED: dict[str, ReversalFacts] = {
    "reverse-is-lossy": FACTS,
    "reverse-is-fake": with_first(kind="fake", losses=(), why=("its reverse does nothing",)),
    "half-reversed": changed(
        reverses=(INDEX,), half=(Half(migration="payroll.0002_index", run="r1"),)
    ),
    "reverse-differs": changed(
        reverses=(INDEX,), rehearsal=Rehearsal(is_done=True, differs=("index x is missing",))
    ),
}


@pytest.mark.parametrize("code", ASKED)
def test_what_can_be_accepted_is_accepted_by_its_own_code_alone(tmp_path: Path, code: str) -> None:
    assert code in REFUSALS["rollback migration"], "It could not be typed."
    others = set(ASKED) - {code}
    with pytest.raises(HrmsopsError) as raised:
        of(ASKED[code], tmp_path, *others)
    assert raised.value.code == code
    assert of(ASKED[code], tmp_path, code).steps


def test_a_revision_that_does_not_fit_the_schema_afterwards_is_refused(tmp_path: Path) -> None:
    traffic = Traffic(choice=choose(SERVICE, PREVIOUS), fit=no("payslip.tax is gone"))
    with pytest.raises(HrmsopsError) as raised:
        of(FACTS, tmp_path, *LOSSY, traffic=traffic)
    assert raised.value.code == "schema-does-not-fit"
    assert of(FACTS, tmp_path, *LOSSY, "schema-does-not-fit", traffic=traffic).steps


def test_a_lossy_reverse_with_nothing_to_lose_asks_for_nothing(tmp_path: Path) -> None:
    empty = (Loss(table="payroll_payslip", column="net", rows=9, values=0),)
    made = of(with_first(losses=empty), tmp_path)
    assert not any(step.loses_data for step in made.steps)
    assert any("nothing is there to lose" in each for each in made.because)


def test_values_that_could_not_be_counted_are_not_taken_for_none(tmp_path: Path) -> None:
    unknown = (Loss(table="payroll_payslip", column="net", rows=None, values=None),)
    with pytest.raises(HrmsopsError) as raised:
        of(with_first(losses=unknown), tmp_path)
    assert raised.value.why == "payroll.0003_net: payroll_payslip.net (values not counted)."


def test_what_never_had_the_migrations_goes_on_serving(tmp_path: Path) -> None:
    before = facts(revision(1), revision(2))
    known = changed(service=before)
    assert serves_already(before, known)
    assert not serves_already(SERVICE, FACTS)
    made = of(known, tmp_path, *LOSSY, traffic=Traffic(choice=None, why="it never had them"))
    assert not any(step.name == "shift-traffic" for step in made.steps)
    assert any(step.name == "check-health" for step in made.steps)


def test_what_is_not_applied_is_nothing_to_do(tmp_path: Path) -> None:
    made = of(changed(reverses=()), tmp_path, traffic=Traffic(choice=None, why="nothing goes"))
    assert not made.steps
    assert made.headline == "payroll 0002 is not applied"


def test_the_same_plan_is_made_after_another_few_rows(tmp_path: Path) -> None:
    more = (Loss(table="payroll_payslip", column="net", rows=200_200, values=120_090),)
    assert of(FACTS, tmp_path, *LOSSY).hash == of(with_first(losses=more), tmp_path, *LOSSY).hash


def test_a_rehearsal_on_a_clone_comes_before_anything_real_and_all_of_it_is_scaffold(
    tmp_path: Path,
) -> None:
    made = of(changed(clone=CloneWanted(last_seconds=73, is_all=False)), tmp_path, *LOSSY)
    clone = f"pg-0001-rehearsal-{made.run}"
    assert [step.name for step in made.steps][:4] == [
        "clone-for-rehearsal",
        "rehearse-reversal",
        "delete-own-clone",
        "back-up-first",
    ]
    assert all(step.is_scaffold for step in made.steps[:4])
    assert clone in made.steps[2].sentence()
    assert is_own(clone, made.run)
    assert not is_own("pg-0001", made.run)
    assert any("the last one took 73 s" in each for each in made.because)


def test_a_rehearsal_alone_asks_for_no_consent_and_leads_no_requests(tmp_path: Path) -> None:
    alone = changed(clone=CloneWanted(last_seconds=None, is_all=True))
    made = of(alone, tmp_path, traffic=Traffic(choice=None, why="it is a rehearsal"))
    assert [step.name for step in made.steps] == [
        "clone-for-rehearsal",
        "rehearse-reversal",
        "delete-own-clone",
    ]
    assert (made.undo, made.subject["to"]) == (None, "")
    assert made.headline.startswith("Rehearse on a clone of pg-0001: take back ")


def test_what_the_schema_was_before_is_a_warning_and_is_expected_afterwards(
    tmp_path: Path,
) -> None:
    schema = SchemaWanted(structure="x", drift=("index by_hand of staff is there",))
    made = of(changed(rehearsal=Rehearsal(is_done=True, schema=schema)), tmp_path, *LOSSY)
    assert any("index by_hand of staff is there" in each for each in made.warnings)
    [verify] = [step for step in made.steps if isinstance(step, VerifyReversal)]
    assert verify.schema.uncounted == schema.drift
