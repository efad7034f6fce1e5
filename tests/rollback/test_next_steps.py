"""What a run that is done names as the command to type next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from hrmsops import steps
from hrmsops.commands.next_steps import ways_on
from hrmsops.engine import entries
from hrmsops.engine.clock import SystemClock
from hrmsops.engine.journal import Journal
from hrmsops.engine.plan import Plan
from hrmsops.engine.run import Operator, Run
from hrmsops.engine.store import LocalStore
from hrmsops.rollback.cutover import cutover_steps
from hrmsops.steps.cloud_run.changed import closing
from hrmsops.steps.cloud_run.expect_traffic import onwards
from hrmsops.steps.cloud_sql.verify_clone import VerifyClone
from hrmsops.steps.schema.agents import Migrating
from hrmsops.steps.schema.rehearse_reversal import RehearseReversal, ToReverse
from hrmsops.steps.schema.schema_fits import SchemaWanted
from tests.rollback.facts import NOON, environment
from tests.rollback.test_cutover_plans import NEW, OLD, RUN, cutover

LOST = {"table": "Weird Täble", "only_clone": 3}
SAME = {"table": "payslip", "only_clone": 0}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    store = LocalStore(tmp_path / "records")
    return Journal(store, steps.catalog(), SystemClock(), Operator(account="", host=""))


def verified(journal: Journal, command: str, *tables: object) -> Run:
    """A run that made a clone, verified it, and stopped there."""
    plan = Plan(
        run=RUN,
        made_at=NOON,
        command=command,
        environment="production",
        reason="x",
        headline="",
        subject={"instance": OLD, "clone": NEW, "at": (NOON - timedelta(hours=1)).isoformat()},
        because=(),
        warnings=(),
        undo=None,
        steps=(VerifyClone(source=OLD, clone=NEW, checks=()),),
    )
    run = journal.begin(plan, fence=1)
    run.record(entries.Started(step=1))
    run.record(entries.Finished(step=1, result={"tables": list(tables)}))
    run.record(entries.Closed(outcome="done", exit_code=0))
    return run


def test_a_verified_clone_leads_on_to_the_cutover_or_to_the_tables_that_lost_rows(
    journal: Journal,
) -> None:
    run = verified(journal, "rollback pitr", LOST, SAME)

    assert ways_on(run) == (
        f"hrmsops rollback pitr --continue {RUN} --promote",
        f"hrmsops rollback pitr --continue {RUN} --tables 'Weird Täble'",
    )


def test_a_restored_backup_leads_on_to_the_cutover_alone(journal: Journal) -> None:
    run = verified(journal, "rollback backup", LOST)

    assert ways_on(run) == (f"hrmsops rollback backup --continue {RUN} --promote",)


@pytest.mark.parametrize(("old", "ways"), [(OLD, (f"hrmsops replay {RUN}",)), ("", ())])
def test_a_cutover_leads_on_to_what_users_wrote_where_that_was_kept(
    journal: Journal, tmp_path: Path, old: str, ways: tuple[str, ...]
) -> None:
    facts = cutover() if old else cutover(trouble="it is gone")
    plan = verified(journal, "rollback pitr").plan
    taken = cutover_steps(
        facts,
        environment=environment(tmp_path),
        run=RUN,
        accepted=("fence-impossible",),
        first=1,
    )
    other = msgspec.structs.replace(plan, run=f"{RUN[:-1]}b", steps=taken)
    run = journal.begin(other, fence=1)

    assert [way.replace(other.run, RUN) for way in ways_on(run)] == list(ways)


@pytest.mark.parametrize("continues", ["", "261122-101500-aaaa"])
def test_a_cutover_that_was_overtaken_before_its_fence_leads_to_another_from_the_same_clone(
    journal: Journal, tmp_path: Path, continues: str
) -> None:
    facts, where = cutover(), environment(tmp_path)
    taken = cutover_steps(facts, environment=where, run=RUN, accepted=(), first=1)
    plan = verified(journal, "rollback pitr").plan
    subject = plan.subject | ({"continues": continues} if continues else {})
    plan = msgspec.structs.replace(plan, run=f"{RUN[:-1]}b", steps=taken, subject=subject)
    run = journal.begin(plan, fence=1)
    ways = [closing(run)]
    for number, step in enumerate(taken, start=1):
        run.record(entries.Started(step=number))
        run.record(entries.Finished(step=number, result={}))
        if step.name in ("expect-traffic", "fence-database"):
            ways.append(closing(run))

    # What has changed nothing is closed by itself; behind a fence nobody is to be left there.
    assert ways == ["hrmsops status", f"hrmsops runs abandon {plan.run}", "hrmsops status"]
    made_by = continues or plan.run
    assert onwards(run) == f"hrmsops rollback pitr --continue {made_by} --promote"


def test_a_rehearsal_alone_leads_to_what_was_rehearsed(journal: Journal) -> None:
    how = Migrating(
        instance=OLD, app="payroll", to="", statement_ms=1, lock_ms=1, image="", commit="",
        repeats=False, as_job=False,
    )  # fmt: skip
    reverses = tuple(
        ToReverse(app=app, migration=name, fingerprint="")
        for app, name in (("leave", "0004_by"), ("payroll", "0004_x"), ("payroll", "0003_y"))
    )
    rehearsal = RehearseReversal(
        clone=NEW, how=how, reverses=reverses, schema=SchemaWanted(), known=()
    )
    plan = msgspec.structs.replace(
        verified(journal, "rollback migration").plan, run=f"{RUN}0", steps=(rehearsal,)
    )
    assert ways_on(journal.begin(plan, fence=1)) == (
        "hrmsops rollback migration payroll --undo 0003_y --reason x",
    )
